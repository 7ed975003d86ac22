"""Measures what newsqa costs on this machine: `make bench`. One JSON line a figure, on stdout.

Peers run in turn with us in the same process, and the median of the ratios is what counts: machines
differ and are noisy.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from statistics import median
from unittest.mock import patch

import httpx2
import jieba
import numpy as np
from playwright.sync_api import sync_playwright

import qa.index
from embeddings.encoder import Encoder, Encoding, ModelInfo, TokenVectors, open_encoder
from embeddings.late import match, pack
from embeddings.models import BUILT_IN
from embeddings.tokens import Role
from qa.candidates import CANDIDATE_HITS, candidates, promising
from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.home import open_home
from qa.neutral import PARALLEL
from qa.search import read_question, search
from qa.store import Draft
from qa.types import Article, Query, Span
from tests.page.conftest import FLAGS

ROUNDS = 5
PASSAGES = 48
ARTICLES = 25_000
SENTENCES = 4
"""Of an article made up; each is a passage, of WORDS."""
WORDS = 80
TOKENS = 120
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
        if chromium := shutil.which("chromium") or shutil.which("google-chrome"):
            _print("page", _page(home, chromium))
        _print("sentences", _sentences(Path(home)))
    with tempfile.TemporaryDirectory() as home:
        _print("scale", _scale(Path(home), ours, cache))


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


def _page(home: str, chromium: str) -> dict[str, float]:
    """Return what a first visit to the page costs: bytes as they are sent, time until it shows."""
    with _server(home) as (_, client), sync_playwright() as playwright:
        _answered(client, QUESTIONS[0], time.perf_counter() + 60)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        paints, loaded = [], []
        for _round in range(ROUNDS + 2):
            context = browser.new_context()
            page = context.new_page()
            page.goto(str(client.base_url), wait_until="networkidle")
            paints.append(page.evaluate(_PAINTED))
            loaded.append(page.evaluate(_LOADED))
            context.close()
        browser.close()
    return {"first_paint_ms": median(paints), "loaded_kb": median(loaded) / 1e3}


_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_LOADED = """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .filter(({ name }) => name === location.href || name.includes("/static/"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""


def _sentences(home: Path) -> dict[str, float]:
    """Return what choosing sentences costs: by what is stored alone, and when eight are read."""
    settings = Settings()
    engine, dictionary = open_home(home, settings), Dictionary(settings.cache)
    encoder, index = engine.corpus.serving()
    stored, reading = [], []
    for question in ROUNDS * 4 * QUESTIONS:
        asked = read_question(question, encoder, dictionary)
        found = search(asked, index, engine.corpus.articles, Query(question, CANDIDATE_HITS))
        seen = found.hits, found.weights
        stored.append(_seconds(partial(promising, *seen)))
        read = partial(candidates, asked, question, seen[0], encoder, seen[1])
        reading.append(_seconds(read))
    return {"stored_ms": 1e3 * median(stored), "reading_ms": 1e3 * median(reading)}


def _scale(home: Path, encoder: Encoder, cache: Path) -> dict[str, float]:
    """Return what a search costs in 100,000 passages, and matching a hundred token by token.

    Words are as frequent as in Chinese at large, and vectors point anywhere.
    """
    corpus = Corpus(home, lambda _: _MadeUp(encoder), BUILT_IN)
    random = np.random.default_rng(0)
    packed = [_packed(random, encoder.model.dimension) for _ in range(100)]
    # What would take minutes, and say no more about a search: pooling noise, cutting what is cut.
    with (
        patch.object(qa.index, "pack", lambda *_: packed[random.integers(100)]),
        patch.object(qa.index, "words", str.split),
    ):
        corpus.articles.put(_articles())
        made = corpus.rebuild()
    engine = Engine(corpus, Dictionary(cache))
    for question in QUESTIONS:
        engine.search(Query(question))
    times = []
    for question in ROUNDS * 4 * QUESTIONS:
        asked = _seconds(partial(encoder.encode, [question], "query", tokens=True))
        times.append((asked, _seconds(partial(engine.search, Query(question)))))
    tokens = encoder.encode([QUESTIONS[0]], "query", tokens=True).tokens[0].vectors
    return {
        "passages": made.passages,
        "question_ms": 1e3 * median(asked for asked, _ in times),
        "search_ms": 1e3 * median(searched for _, searched in times),
        "ratio": median(searched / asked for asked, searched in times),
        "match_100_cpu_ms": 1e3
        * median(_cpu_seconds(partial(match, tokens, packed)) for _ in range(50)),
    }


@dataclass(frozen=True)
class _MadeUp:
    """An encoder that reads questions and makes passages' vectors up; one sentence fills one."""

    encoder: Encoder

    @property
    def model(self) -> ModelInfo:
        return self.encoder.model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        if role == "query":
            return self.encoder.encode(texts, role, tokens=tokens, progress=progress)
        dimension = self.model.dimension
        vectors = np.random.default_rng().standard_normal((len(texts), dimension)).astype("f")
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        none = TokenVectors(np.empty((0, dimension), np.float32), np.empty((0, 2), np.int32))
        return Encoding(vectors, len(texts) * (none,) if tokens else ())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return len(texts) * [TOKENS]


def _packed(random: np.random.Generator, dimension: int) -> bytes:
    """Return the packed token vectors of a passage after its title."""
    spans = np.array([(at, at + 1) for at in range(TOKENS)], np.int32)
    vectors = random.standard_normal((TOKENS, dimension)).astype(np.float32)
    return pack(TokenVectors(vectors, spans), TOKENS * "字", [0, TOKENS // 10])


def _articles() -> Iterator[Draft]:
    """Yield articles of words that a space divides, as frequent as jieba has counted them."""
    jieba.initialize()
    counts = jieba.dt.FREQ
    words = Random(0).choices([*counts], [*counts.values()], k=ARTICLES * SENTENCES * WORDS)
    every = [" ".join(words[at : at + WORDS]) for at in range(0, len(words), WORDS)]
    for number in range(ARTICLES):
        lines = every[number * SENTENCES : (number + 1) * SENTENCES]
        ends = list(accumulate(len(line) + 1 for line in lines))
        spans = tuple(Span(a, b - 1) for a, b in pairwise([0, *ends]))
        text = "\n".join(lines)
        yield Draft(Article(f"{number}", "", text, spans, "zh"), text.encode(), named=True)


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


def _cpu_seconds(call: Callable[[], object]) -> float:
    begun = time.process_time()
    call()
    return time.process_time() - begun


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _print(what: str, figures: dict[str, float]) -> None:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    sys.stdout.write(json.dumps({"measured": what, "model": BUILT_IN, **rounded}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
