"""A corpus to questions that a reader may begin with: made of its articles, and tried on it.

Rules make questions of sentences (`chinese`, `english`); which of them are good for anything the
engine says: a question is suggested if newsqa answers it with confidence, and in the first place by
what it was made of.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from time import perf_counter
from typing import Literal

from embeddings.models import ModelUnusable
from qa.engine import Engine
from qa.errors import NewsqaError
from qa.simplified import folded
from qa.suggestions.suggestion import Suggestion
from qa.types import Article, Query

__all__ = ["Suggestions", "Tongue"]

logger = logging.getLogger(__name__)

Tongue = Literal["zh", "en"]
"""The languages of readers; Chinese is written in simplified characters."""

MOST = 4
"""Questions in a language."""

NEWEST = 200
"""Articles that questions are made of, the last published."""

TRIED = 24
"""Questions put to the engine for a language, at most."""

SURE = 0.75
"""Confidence from which on the page calls an answer well supported."""

MOST_OF_A_KIND = 2

PAUSES = 3.0
"""Between two questions, as many times as long as the one took, so that readers go first."""

REST_SECONDS = 5.0
"""Between two rounds of questions."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What there is, made of the articles up to their change `seq`."""

    seq: int = -1
    suggestions: Mapping[Tongue, Sequence[Suggestion]] = field(default_factory=dict)


class Suggestions:
    """Questions of a corpus, kept up with its articles by one thread, for any number of others."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._articles = engine.corpus.articles
        self._prepared = _Prepared()
        self._stale = threading.Event()

    def questions(self, language: Tongue) -> tuple[str, ...]:
        """Return at once what has been prepared, of articles that are there as they were then.

        Where the articles have changed, `run` is told to prepare others.
        """
        prepared = self._prepared
        if prepared.seq != self._articles.last_change:
            self._stale.set()
        ready = prepared.suggestions.get(language, ())
        there = self._articles.find({one.article_id for one in ready})
        return tuple(
            one.question
            for one in ready
            if one.article_id in there and there[one.article_id].version == one.version
        )

    def run(self, closing: threading.Event) -> None:
        """Prepare questions now, and others when they were asked for and are stale."""
        while not closing.is_set():
            self._stale.clear()
            try:
                self.prepare(closing)
            except (NewsqaError, ModelUnusable) as error:
                # Readers are told when they ask; what there is stays.
                logger.warning("no questions to suggest: %s", error)
            while not closing.wait(REST_SECONDS) and not self._stale.is_set():
                pass

    def prepare(self, closing: threading.Event) -> None:
        """Prepare the questions of both languages; the same articles give the same ones."""
        from qa.suggestions.chinese import chinese  # what makes them is not needed to answer
        from qa.suggestions.english import english

        seq = self._articles.last_change
        _, index = self._engine.corpus.serving()
        newest = index.newest(NEWEST)
        found = self._articles.find(newest)
        articles = list(_varied(found[id] for id in newest if id in found))
        suggestions: dict[Tongue, Sequence[Suggestion]] = {
            "zh": self._chosen(
                (chinese(one) for one in articles if one.language in ("zh", "zh-Hant")), closing
            ),
            "en": self._chosen((english(one) for one in articles if one.language == "en"), closing),
        }
        if not closing.is_set():
            self._prepared = _Prepared(seq, suggestions)

    def _chosen(
        self, made: Iterable[Iterator[Suggestion]], closing: threading.Event
    ) -> tuple[Suggestion, ...]:
        """Return the first that the engine answers well, of different articles and kinds."""
        chosen: list[Suggestion] = []
        tried: set[str] = set()
        for one in _fair(_by_turns(made), chosen):
            if len(chosen) == MOST or len(tried) == TRIED or closing.is_set():
                break
            if one.question not in tried:
                tried.add(one.question)
                if self._answers(one, closing):
                    chosen.append(one)
        return tuple(chosen)

    def _answers(self, one: Suggestion, closing: threading.Event) -> bool:
        """Say whether the engine answers a question with confidence by what it was made of."""
        begun = perf_counter()
        answer = self._engine.ask(Query(one.question))
        closing.wait(PAUSES * (perf_counter() - begun))
        if answer.status != "answered" or answer.confidence < SURE:
            return False
        first = answer.citations[0]
        return first.article_id == one.article_id and folded(one.told) in folded(first.quote)


def _varied(articles: Iterable[Article]) -> Iterator[Article]:
    """Yield articles in turns by their last category, which is mostly the most special."""
    groups: dict[str, list[Article]] = defaultdict(list)
    for article in articles:
        groups["".join(article.categories[-1:])].append(article)
    for turn in zip_longest(*groups.values()):
        yield from (article for article in turn if article)


def _by_turns(made: Iterable[Iterator[Suggestion]]) -> Iterator[Suggestion]:
    """Yield the first of each article, then the second of each, and so on; none before its turn."""
    waiting = list(made)
    while waiting:
        for article in tuple(waiting):
            if one := next(article, None):
                yield one
            else:
                waiting.remove(article)


def _fair(made: Iterable[Suggestion], chosen: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """Yield those of a kind of which enough are chosen by then after all others."""
    postponed = []
    for one in made:
        if sum(one.kind == other.kind for other in chosen) < MOST_OF_A_KIND:
            yield one
        else:
            postponed.append(one)
    yield from postponed
