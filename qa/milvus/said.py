"""The words of a passage as Milvus keeps them, and how well they tell what is asked.

The BM25 of Milvus finds passages that may tell it; scores are made here, from their words, so that
they are those of qa/lexical.py: a concept counts once whatever ways it is said, and phrases count.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Self

from qa.lexical import K1, SOUND, TOLD, Concept, Phrase

B = 0.75
"""How far BM25 holds its length against a passage, as tantivy has it."""

WORD, HEARD = "w", "s"  # no hexadecimal digits, so that they can be counted

MOST = 4_000
"""Words of a passage that are kept; a VARCHAR holds 4,095. A passage has 300 at most as a rule."""

_EXACT = 24  # lengths below that are kept as they are


@lru_cache(100_000)
def form(token: str) -> str:
    """Return what stands for a token, which every tokenizer takes whole: 15 letters and digits.

    >>> form("上海"), form("~gongzheng")[0]
    ('w7d1db341941e20', 's')
    """
    digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=7).hexdigest()
    return (HEARD if token.startswith(SOUND) else WORD) + digest


def document(words: Iterable[str]) -> str:
    """Return the words of a passage as they are kept: in their order, what is only heard last."""
    forms = [form(word) for word in words]
    heard = [one for one in forms if one[0] == HEARD]
    return " ".join([*(one for one in forms if one[0] == WORD), *heard][:MOST])


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many words passages have in the mean, and how many that are only heard."""

    words: float
    heard: float

    @classmethod
    def of(cls, documents: Sequence[str]) -> Self:
        """Return the means of these."""
        many = max(1, len(documents))
        return cls(
            sum(one.count(WORD) for one in documents) / many,
            sum(one.count(HEARD) for one in documents) / many,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """A concept as the passages have it.

    Attributes:
        asked: its inverse document frequency; a way that is named twice counts twice.
        weight: the same where each counts once, which is what telling it is worth.
        ways: those of its phrases whose words there are, as they are kept.
    """

    asked: float
    weight: float
    ways: tuple[str, ...]

    @classmethod
    def of(cls, concept: Concept, passages: int, held: Mapping[str, int]) -> Self:
        """Return it where so many of so many passages hold a token."""
        each = [(_kept(phrase), min(held[token] for token in phrase)) for phrase in concept]
        told = {way: many for way, many in each if many}
        asked = _idf(passages, sum(many for _, many in each))
        return cls(asked, _idf(passages, sum(told.values())), tuple(told))


def score(told: Sequence[Told], words: str, lengths: Lengths) -> float:
    """Return how well a passage tells these concepts, 0 if not at all."""
    norms = {
        WORD: _norm(words.count(WORD), lengths.words),
        HEARD: _norm(words.count(HEARD), lengths.heard),
    }
    total = 0.0
    for concept in told:
        best = 0.0
        for way in concept.ways:
            if many := _count(words, way):
                best = max(best, many / (many + norms[way[0]]))
        if best:
            total += concept.weight * ((K1 + 1) * best + TOLD)
    return total


def _kept(phrase: Phrase) -> str:
    return " ".join(form(token) for token in phrase)


def _count(words: str, way: str) -> int:
    """Return how often a phrase is said, also where one begins in another."""
    many = words.count(way)
    if many < 1 or way.find(way[: len(form(""))], 1) < 0:
        return many
    many, at = 0, words.find(way)
    while at >= 0:
        many, at = many + 1, words.find(way, at + 1)
    return many


def _norm(length: int, mean: float) -> float:
    """Return what a passage's length sets against how often it says a word."""
    return K1 * (1 - B + B * _rounded(length) / (mean or 1.0))


def _rounded(length: int) -> int:
    """Return a length as tantivy keeps it in a byte: beyond 24 four binary digits of the rest.

    >>> [_rounded(length) for length in (23, 40, 41, 43, 150)]
    [23, 40, 40, 42, 144]
    """
    rest = length - _EXACT
    if rest < 0:
        return length
    dropped = max(0, rest.bit_length() - 4)
    return _EXACT + (rest >> dropped << dropped)


def _idf(passages: int, frequency: int) -> float:
    held = min(frequency, passages)
    return math.log(1 + (passages - held + 0.5) / (held + 0.5))
