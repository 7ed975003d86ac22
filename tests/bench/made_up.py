"""A number of passages -> a home of so many: words as frequent as in Chinese, vectors as in news.

What would take hours is made up, and nothing else: vectors are real ones `moved`, and token vectors
one of a hundred. The passages, the words and the index of vectors are kept by the product.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from unittest.mock import patch

import jieba
import numpy as np

import qa.embedding
import qa.following
from embeddings.encoder import Encoder, Encoding, HalfRead, ModelInfo, TokenVectors
from embeddings.late import pack
from embeddings.tokens import Role
from embeddings.vectors import Vectors
from qa.corpus import Corpus
from qa.generations import Generations
from qa.index import FORMAT
from qa.store import Draft, PassageStore
from qa.types import Article, Span

SENTENCES = 4
"""Of an article; each is a passage, of WORDS."""
WORDS = 80
TOKENS = 120
MOVED = 0.25
"""How far a vector is moved, as a share of the difference of two others. The nearest neighbours of
passages are then as near as real ones (median product .174; .179 where moved by .2, .168 by .3) and
those of questions as well."""


def made_up(passages: int, encoder: Encoder, real: Path, folder: Path) -> Path:
    """Return a home with so many passages in `folder`, made if it is not there; `real` has vectors.

    A million takes 10 GB of disk.
    """
    home = folder / f"{passages}-{encoder.model.fingerprint}-{FORMAT}"
    if not home.exists():
        partial = home.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _make(partial, passages, _MadeUp(encoder, real_vectors(real)))
        partial.rename(home)
    return home


def _make(home: Path, passages: int, encoder: Encoder) -> None:
    random = np.random.default_rng(0)
    packed = [_packed(random, encoder.model.dimension) for _ in range(100)]
    corpus = Corpus(home, lambda _: encoder, encoder.model.name)
    # What would take hours, and say no more: pooling noise, cutting what is cut.
    with (
        patch.object(
            qa.embedding,
            "pack_each",
            lambda tokens, *_: (packed[random.integers(len(packed))] for _ in tokens),
        ),
        patch.object(qa.following, "words", str.split),
    ):
        corpus.articles.put(_articles(passages // SENTENCES))
        corpus.rebuild()


def real_vectors(home: Path) -> Vectors:
    """Return the vectors of all passages of a home: float32[n, dim]."""
    folder = Generations(home).current()
    assert folder, f"{home} has no index"
    passages = PassageStore(folder / "passages.sqlite", as_is=True)
    keys, vectors = passages.vectors(passages.keys().tolist())
    return vectors.reshape(len(keys), -1)


def moved(real: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """Return so many vectors, each a real one moved along the difference of two others.

    That keeps how real ones lie: their mean, covariance and lengths.
    """
    middle = real.mean(axis=0)
    start, plus, minus = real[random.integers(len(real), size=(3, count))]
    made = middle + (start - middle + MOVED * (plus - minus)) / np.sqrt(1 + 2 * MOVED**2)
    made *= (np.linalg.norm(start, axis=1) / np.linalg.norm(made, axis=1))[:, None]
    as_kept: Vectors = made.astype(np.float32)
    return as_kept


@dataclass(frozen=True)
class _MadeUp:
    """An encoder that reads questions and makes passages' vectors up; one sentence fills one."""

    encoder: Encoder
    real: Vectors

    @cached_property
    def _random(self) -> np.random.Generator:
        return np.random.default_rng(0)

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
        vectors = moved(self.real, len(texts), self._random)
        dimension = self.model.dimension
        none = TokenVectors(np.empty((0, dimension), np.float32), np.empty((0, 2), np.int32))
        return Encoding(vectors, len(texts) * (none,) if tokens else ())

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        return self.encoder.read_half(question, passages)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return len(texts) * [TOKENS]


def _packed(random: np.random.Generator, dimension: int) -> bytes:
    """Return the packed token vectors of a passage after its title."""
    spans = np.array([(at, at + 1) for at in range(TOKENS)], np.int32)
    vectors = random.standard_normal((TOKENS, dimension)).astype(np.float32)
    return pack(TokenVectors(vectors, spans), TOKENS * "字", [0, TOKENS // 10])


def _articles(count: int) -> Iterator[Draft]:
    """Yield articles of words that a space divides, as frequent as jieba has counted them."""
    with jieba.dt.get_dict_file() as lines:
        rows = [line.decode().split() for line in lines]
    words, limits = [row[0] for row in rows], [*accumulate(int(row[1]) for row in rows)]
    random = Random(0)
    for number in range(count):
        some = random.choices(words, cum_weights=limits, k=SENTENCES * WORDS)
        lines = [" ".join(some[at : at + WORDS]) for at in range(0, len(some), WORDS)]
        ends = list(accumulate(len(line) + 1 for line in lines))
        spans = tuple(Span(a, b - 1) for a, b in pairwise([0, *ends]))
        text = "\n".join(lines)
        yield Draft(Article(f"{number}", "", text, spans, "zh"), text.encode(), named=True)
