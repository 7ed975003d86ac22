"""Hits to the sentences that may answer, best first.

The most promising by what is stored are read once more, each under its article's title and date as
passages are: by the encoder, or by a reader, if there is one, which goes on from where the encoder
has half read them with question and sentence together, each behind the sentence before it that it
may lean on. `make fit` finds the weights on the development sets.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from operator import mul
from typing import NamedTuple

import numpy as np

from embeddings.encoder import Encoder, TokenVectors
from embeddings.late import match_each
from embeddings.reader import Reader, Reading
from embeddings.vectors import Vectors
from qa.answer_types import AnswerType, Wanted, fits, wanted
from qa.context import in_context
from qa.lexical import Concept
from qa.passages import embedded_text
from qa.search import Asked
from qa.telling import Telling
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
        closeness: in meaning, of the question and the sentence under its title and date; 0 where a
            reader has read it.
        share: of the question's concepts, by weight, that it tells, 0 to 1; what only its title or
            the sentence before it tells counts BESIDE.
        match: how well each token of the question finds one like it among the sentence's own, on
            average: MaxSim (Khattab and Zaharia 2020), -1 to 1; where a reader has read it, among
            those that are stored.
        hit: the score of its passage.
        fit: how well it offers the kind of answer that is wanted, 0 to 1, or .5 to 1 where that is
            not TOLD_BY_FORM.
        asks: whether it is a question itself.
        lead: whether it opens its article.
        read: the logit that it answers, as the reader sees it; 0 where there is none.
    """

    closeness: float
    share: float
    match: float
    hit: float
    fit: float
    asks: bool
    lead: bool
    read: float = 0.0


WEIGHTS: tuple[float, ...] = (1.0, 0.17, 0.5, 0.5, 0.1, -0.2, 0.012, 0.0)
"""What each of the signals counts where there is no reader."""

READ_WEIGHTS: tuple[float, ...] = (0.0, 0.17, 0.5, 0.5, 0.1, -0.2, 0.012, 0.03)
"""The same where a reader has read the sentences.

Of 880 development questions the first sentence then answers .844 (.85 over crud_news and RGB, .74
to .90 over XQuAD); with .015 to .06 for what the reader says .834 to .844, and with each sentence
read without the one before it .835."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit that may answer, and its score: the weighted sum of its signals.

    Attributes:
        reading: what the reader says of it; None where there is none.
    """

    hit: Hit
    sentence: int
    signals: Signals
    reading: Reading | None = None

    @property
    def score(self) -> float:
        """Return how much speaks for the sentence; higher is better."""
        return math.fsum(map(mul, self.signals, READ_WEIGHTS if self.reading else WEIGHTS))

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
    def match(self) -> float | None:
        """How well the question's tokens match its own by what is stored; None if nothing is."""
        matches = self.hit.matches
        return matches[self.sentence - self.hit.passage.first] if matches else None

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
    reader: Reader | None = None,
) -> list[Candidate]:
    """Return the sentences of the first hits that may answer, best first.

    `weights` gives each concept of the question its weight (inverse document frequency). `reader`
    is to be one for this encoder.
    """
    places, kind = promising(hits, weights), wanted(question)
    readings = _read(question, places, encoder, reader) if reader else []
    matches = [place.match for place in places if place.match is not None]
    closeness = [0.0] * len(places)
    if not readings or len(matches) < len(places):
        texts = [embedded_text(place.hit.article, place.text) for place in places]
        encoding = encoder.encode(texts, "passage", tokens=True)
        own = [
            _own(tokens, len(text) - len(place.text))
            for tokens, text, place in zip(encoding.tokens, texts, places, strict=True)
        ]
        matches = match_each(asked.tokens, own)
        closeness = [*map(float, encoding.vectors @ asked.vector)]
    found = []
    for at, place in enumerate(places):
        reading = readings[at] if readings else None
        signals = Signals(
            closeness=0.0 if reading else closeness[at],
            share=place.share,
            match=matches[at],
            hit=place.hit.scores.fused,
            fit=_fit(place.text, kind, question),
            asks=_ASKS.search(place.text) is not None,
            lead=place.sentence == 0,
            read=reading.logit if reading else 0.0,
        )
        found.append(Candidate(place.hit, place.sentence, signals, reading))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.sentence))


def _read(
    question: str, places: Sequence[Place], encoder: Encoder, reader: Reader
) -> list[Reading]:
    """Return what the reader says of each sentence; nothing if they cannot be half read."""
    texts = [in_context(place.hit.article, place.sentence) for place in places]
    if not (halves := encoder.read_half(question, [text for text, _ in texts])):
        return []
    asked, *passages = halves
    starts = [start for _, start in texts]
    return [
        one._replace(words=one.words and one.words.behind(start))
        for one, start in zip(reader.read(asked, passages, starts), starts, strict=True)
    ]


def _own(tokens: TokenVectors, start: int) -> Vectors:
    """Return the vectors of the tokens that begin at `start` or behind it."""
    return tokens.vectors[np.searchsorted(tokens.spans[:, 0], start) :]  # they stand in their order


def promising(hits: Sequence[Hit], weights: Mapping[Concept, float]) -> list[Place]:
    """Return sentences of the first hits, the most promising by what is stored first.

    Which concepts a sentence shares is costly to tell and easily bounded. So the sentence that may
    promise most is looked at more closely, until one whose promise is known may promise most.
    """
    shares = _Shares(weights)
    places = [(hit, number) for hit in hits[:CANDIDATE_HITS] for number in _sentences(hit)]
    closer = [shares.closer(*place) for place in places]
    # Of equal ones those of the better hit come first.
    queue = [(-_promise(*place, 1.0), at, 1.0, False) for at, place in enumerate(places)]
    heapify(queue)
    found: list[Place] = []
    while queue and len(found) < CANDIDATE_SENTENCES:
        _, at, share, known = heappop(queue)
        if known:
            found.append(Place(*places[at], share))
        else:
            share, known = next(closer[at])
            heappush(queue, (-_promise(*places[at], share), at, share, known))
    return found


class _Shares:
    """Of each sentence the share of a question's concepts that it tells."""

    def __init__(self, weights: Mapping[Concept, float]) -> None:
        self._concepts = [
            (weight, [frozenset(phrase) for phrase in ways]) for ways, weight in weights.items()
        ]
        self._total = sum(weights.values()) or 1.0
        self._words = {word for ways in weights for phrase in ways for word in phrase}
        self._texts: dict[str, Telling] = {}

    def closer(self, hit: Hit, number: int) -> Iterator[tuple[float, bool]]:
        """Yield a share that a sentence's cannot exceed, then its own; say whether it is that."""
        own = self._telling(_sentence(hit.article, number))
        # News names its subject in the title, or a sentence before, and then says "the museum".
        beside = [own, self._telling(hit.article.title)]
        if number:
            beside.append(self._telling(_sentence(hit.article, number - 1)))
        yield self._share(own.may_say, [one.may_say for one in beside]), False
        yield self._share(own.says, [one.says for one in beside]), True

    def _telling(self, text: str) -> Telling:
        if text not in self._texts:
            self._texts[text] = Telling(text, self._words)
        return self._texts[text]

    def _share(self, own: set[str], beside: Iterable[set[str]]) -> float:
        around = set[str]().union(*beside)
        said = sum(
            weight * (1 if _says(own, ways) else BESIDE * _says(around, ways))
            for weight, ways in self._concepts
        )
        return said / self._total


def _sentences(hit: Hit) -> range:
    return range(hit.passage.first, hit.passage.last + 1)


def _promise(hit: Hit, number: int, share: float) -> float:
    return hit.scores.fused + (Place(hit, number, share).match or 0.0) + PROMISE * share


def _says(told: set[str], ways: Iterable[frozenset[str]]) -> bool:
    return any(map(told.issuperset, ways))


def _sentence(article: Article, number: int) -> str:
    return article.sentences[number].of(article.text)


def _fit(text: str, kind: Wanted, question: str) -> float:
    fit = fits(text, kind, question)
    return fit if kind.type in TOLD_BY_FORM else (1 + fit) / 2
