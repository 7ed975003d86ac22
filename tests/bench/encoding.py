"""The served encoder beside sentence-transformers fp32: what passages cost, and how alike."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from embeddings.encoder import Encoder, open_encoder
from qa.neutral import PARALLEL
from tests.bench.clocks import cpu_seconds, seconds
from tests.bench.report import Figures

ROUNDS = 5
PASSAGES = 48
QUESTION = "上海2025年的目标是什么"


def encoding(cache: Path) -> Figures:
    """Return passages per CPU second of both, in turn, and the least cosine of their vectors."""
    ours, peer = open_encoder(cache=cache), open_encoder(cache=cache, runtime="torch")
    texts = passages()
    rates = [(_rate(ours, texts), _rate(peer, texts)) for _ in range(ROUNDS)]
    one, other = (encoder.encode(texts, "passage").vectors for encoder in (ours, peer))
    asking = [seconds(partial(ours.encode, [QUESTION], "query", tokens=True)) for _ in range(50)]
    return {
        "tokens": median(ours.count_tokens(texts)),
        "passages_per_cpu_second": median(rate for rate, _ in rates),
        "peer_passages_per_cpu_second": median(rate for _, rate in rates),
        "ratio": median(rate / other for rate, other in rates),
        "cosine": float((one * other).sum(axis=1).min()),
        "question_ms": 1e3 * median(asking),
    }


def passages() -> list[str]:
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
    return len(texts) / cpu_seconds(partial(encoder.encode, texts, "passage"))
