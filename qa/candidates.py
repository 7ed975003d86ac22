"""Hits to the sentences that may answer, best first.

The most promising by what is stored are read once more by the encoder, each under its article's
title and date as passages are. `make fit` finds the weights on the development sets.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from embeddings.encoder import Encoder, TokenVectors, Vectors
from qa.answer_types import AnswerType, Wanted, fits, wanted
from qa.lexical import Concept, words
from qa.passages import embedded_text
from qa.search import Asked
from qa.types import Article, Hit, Span

CANDIDATE_HITS = 10
CANDIDATE_SENTENCES = 8
"""Hits whose sentences are considered, and how many of these are read: the most promising by their
words, their stored token vectors and their hit. One that answers is among the first eight for .94
to .98 of the development questions. By what is stored alone the first sentence answers .67 of
CMRC's held-out questions, .57 of RGB's, .72 of crud_news's and .75 to .86 of XQuAD's; with the
eight read .78, .71, .74 and .77 to .88 (`make fit`)."""

PROMISE = 0.23
"""The weight of a sentence's shared concepts for choosing which to read, beside its hit's score and
its stored token vectors' match (logistic regression on the development sets)."""

BESIDE = 0.75
"""What a concept counts that not the sentence tells but its title or the sentence before it."""

TOLD_BY_FORM = (AnswerType.NUMBER, AnswerType.DATE)
"""What a sentence cannot answer without having its form; names and reasons have too many forms, so
to lack one counts half."""

_ASKS = re.compile(r"[?？][”」』\"'’]?$")


class Signals(NamedTuple):
    """What speaks for a sentence.

    Attributes:
        closeness: in meaning, of the question and the sentence under its title and date.
        share: of the question's concepts, by weight, that it tells, 0 to 1; what only its title or
            the sentence before it tells counts BESIDE.
        match: how well each token of the question finds one like it among the sentence's own, on
            average: MaxSim (Khattab and Zaharia 2020), -1 to 1.
        hit: the score of its passage.
        fit: how well it offers the kind of answer that is wanted, 0 to 1, or .5 to 1 where that is
            not TOLD_BY_FORM.
        asks: whether it is a question itself.
        lead: whether it opens its article.
    """

    closeness: float
    share: float
    match: float
    hit: float
    fit: float
    asks: bool
    lead: bool


WEIGHTS: tuple[float, ...] = (1.0, 0.17, 0.5, 0.5, 0.1, -0.2, 0.012)
"""What each of the signals counts."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit that may answer, and its score: the weighted sum of its signals."""

    hit: Hit
    sentence: int
    signals: Signals

    @property
    def score(self) -> float:
        """Return how much speaks for the sentence; higher is better."""
        return math.fsum(map(mul, self.signals, WEIGHTS))

    @property
    def span(self) -> Span:
        """Where the sentence stands in its article."""
        return self.hit.article.sentences[self.sentence]

    @property
    def text(self) -> str:
        """The sentence, in the article's own words."""
        return self.span.of(self.hit.article.text)


class Place(NamedTuple):
    """A sentence of a hit, and the share of the question's concepts that it tells."""

    hit: Hit
    sentence: int
    share: float

    @property
    def text(self) -> str:
        """The sentence, in the article's own words."""
        return _sentence(self.hit.article, self.sentence)


def candidates(
    asked: Asked,
    question: str,
    hits: Sequence[Hit],
    encoder: Encoder,
    weights: Mapping[Concept, float],
) -> list[Candidate]:
    """Return the sentences of the first hits that may answer, best first.

    `weights` gives each concept of the question its weight (inverse document frequency).
    """
    places = promising(hits, weights)[:CANDIDATE_SENTENCES]
    texts = [embedded_text(place.hit.article, place.text) for place in places]
    encoding = encoder.encode(texts, "passage", tokens=True)
    kind = wanted(question)
    found = []
    for place, text, vector, tokens in zip(
        places, texts, encoding.vectors, encoding.tokens, strict=True
    ):
        signals = Signals(
            closeness=float(vector @ asked.vector),
            share=place.share,
            match=_match(asked.tokens, tokens, len(text) - len(place.text)),
            hit=place.hit.scores.fused,
            fit=_fit(place.text, kind, question),
            asks=_ASKS.search(place.text) is not None,
            lead=place.sentence == 0,
        )
        found.append(Candidate(place.hit, place.sentence, signals))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.sentence))


def promising(hits: Sequence[Hit], weights: Mapping[Concept, float]) -> list[Place]:
    """Return the sentences of the first hits, the most promising by what is stored first."""
    places = [place for hit in hits[:CANDIDATE_HITS] for place in _places(hit, weights)]
    # The sort is stable: of equal ones those of the better hit come first.
    return sorted(places, key=_promise, reverse=True)


def _places(hit: Hit, weights: Mapping[Concept, float]) -> list[Place]:
    article, passage = hit.article, hit.passage
    total = sum(weights.values()) or 1.0
    # News names its subject in the title, or a sentence before, and then says "the museum".
    title = set(words(article.title))
    before = set(words(_sentence(article, passage.first - 1))) if passage.first else set()
    places = []
    for number in range(passage.first, passage.last + 1):
        own = set(words(_sentence(article, number)))
        beside = own | title | before
        said = sum(
            weight * (1 if _says(own, one) else BESIDE * _says(beside, one))
            for one, weight in weights.items()
        )
        places.append(Place(hit, number, said / total))
        before = own
    return places


def _promise(place: Place) -> float:
    hit = place.hit
    match = hit.matches[place.sentence - hit.passage.first] if hit.matches else 0.0
    return hit.scores.fused + match + PROMISE * place.share


def _says(told: set[str], concept: Concept) -> bool:
    return any(told.issuperset(phrase) for phrase in concept)


def _sentence(article: Article, number: int) -> str:
    return article.sentences[number].of(article.text)


def _fit(text: str, kind: Wanted, question: str) -> float:
    fit = fits(text, kind, question)
    return fit if kind.type in TOLD_BY_FORM else (1 + fit) / 2


def _match(question: Vectors, text: TokenVectors, start: int) -> float:
    """Return how well the question's tokens match those of the text from `start` on."""
    own = text.vectors[text.spans[:, 0] >= start]
    if not len(question) or not len(own):
        return 0.0
    return float((question @ own.T).max(axis=1).mean())
