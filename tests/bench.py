"""Measures what newsqa costs on this machine: `make bench`. One JSON line a figure, on stdout.

Peers run in turn with us in the same process, and the median of the ratios is what counts: machines
differ and are noisy.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import httpx2

from embeddings.encoder import Encoder, open_encoder
from embeddings.models import BUILT_IN
from qa.config import Settings
from qa.neutral import PARALLEL

ROUNDS = 5
PASSAGES = 48
QUESTIONS = ("上海2025年的目标是什么", "六大工程有哪些", "what targets did Shanghai set for 2025")
SEEDS = Path(__file__).parent.parent / "seeds"


def main() -> None:
    """Print every figure as it is known."""
    cache = Settings().cache
    ours = open_encoder(cache=cache)
    _print("encoding", _encoding(ours, open_encoder(cache=cache, runtime="torch")))
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([*_NEWSQA, "add", str(SEEDS), "--home", home], check=True)
        _print("serving", _serving(home))


def _encoding(ours: Encoder, peer: Encoder) -> dict[str, float]:
    """Return passages per CPU second of the served encoder and of sentence-transformers fp32."""
    texts = _passages()
    rates: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        rates.append((_rate(ours, texts), _rate(peer, texts)))
    asking = [_seconds(lambda: ours.encode([QUESTIONS[0]], "query")) for _ in range(50)]
    return {
        "tokens_per_passage": round(median(ours.count_tokens(texts))),
        "onnx_int8_passages_per_cpu_second": median(rate for rate, _ in rates),
        "sentence_transformers_fp32_passages_per_cpu_second": median(rate for _, rate in rates),
        "ratio": median(rate / other for rate, other in rates),
        "question_ms": 1e3 * median(asking),
    }


def _serving(home: str) -> dict[str, float]:
    """Return what a served question costs over HTTP, and the process's start and memory."""
    begun = time.perf_counter()
    with _server(home) as (process, client):
        _answered(client, QUESTIONS[0], begun + 60)
        first = time.perf_counter() - begun
        asked = [QUESTIONS[n % len(QUESTIONS)] for n in range(60)]
        times = [_seconds(partial(_ask, client, question)) for question in asked]
        return {
            "start_to_first_answer_seconds": first,
            "ask_ms": 1e3 * median(times),
            "resident_mb": _resident_mb(process.pid),
        }


_NEWSQA = [sys.executable, "-c", "from web.cli import main; main()"]


@contextmanager
def _server(home: str) -> Iterator[tuple["subprocess.Popen[bytes]", httpx2.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*_NEWSQA, "serve", "--home", home, "--port", str(port)])
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield process, client
    finally:
        process.terminate()
        process.wait()


def _answered(client: httpx2.Client, question: str, deadline: float) -> None:
    """Ask until there is an answer."""
    while True:
        try:
            return _ask(client, question)
        except httpx2.TransportError:
            if time.perf_counter() > deadline:
                raise
            time.sleep(0.02)


def _ask(client: httpx2.Client, question: str) -> None:
    answer = client.post("/ask", json={"question": question}).raise_for_status().json()
    assert answer["status"] == "answered", answer


def _passages() -> list[str]:
    """Return texts of about 130 tokens, Chinese and English in turn."""
    sides = [" ".join(side) for side in zip(*PARALLEL, strict=True)]
    texts = []
    for number in range(PASSAGES):
        side = sides[number % 2]
        start = number * len(side) // PASSAGES
        length = 200 if number % 2 == 0 else 560
        texts.append((side + side)[start : start + length])
    return texts


def _rate(encoder: Encoder, texts: Sequence[str]) -> float:
    begun = time.process_time()
    encoder.encode(texts, "passage")
    return len(texts) / (time.process_time() - begun)


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _print(what: str, figures: dict[str, float]) -> None:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    sys.stdout.write(json.dumps({"measured": what, "model": BUILT_IN, **rounded}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
