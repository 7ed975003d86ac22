"""One question, start to end: a stream of events, and the answer they fold into."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from time import perf_counter
from uuid import uuid4

from qa.answer import (
    CANDIDATE_HITS,
    MAX_STATEMENTS,
    NOT_FOUND,
    SEPARATOR,
    THRESHOLD,
    Candidate,
    Quote,
    candidates,
    chosen,
    confidence,
    listed,
    source,
    state,
)
from qa.conversation import standalone
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.errors import QuestionRefused
from qa.lists import asks_for_several
from qa.ranking import SERVED, Weights
from qa.search import read_question, search
from qa.text import detect_language
from qa.types import Answer, Done, Event, Hit, Meta, Query, Source, Statement, Time, Timings
from qa.when import asked_time, read_time

MAX_QUESTION = 1_000
"""Code points; a longer question is refused."""

MAX_TOP_K = 100


class Engine:
    """Answers questions from a corpus; safe to share by threads.

    Nothing is stated with less confidence than `threshold`.
    """

    def __init__(
        self,
        corpus: Corpus,
        dictionary: Dictionary,
        weights: Weights = SERVED,
        threshold: float = THRESHOLD,
    ) -> None:
        self.corpus = corpus
        self._dictionary = dictionary
        self._weights = weights
        self._threshold = threshold

    def search(self, query: Query) -> tuple[Source, ...]:
        """Return the best passages, without making an answer of them.

        Raises:
            QuestionRefused: the question is empty or too long, or `top_k` out of bounds.
        """
        _check(query)
        encoder, index = self.corpus.serving()
        asked = read_question(
            query.question, encoder, self._dictionary, _time(query, query.question)
        )
        found = search(asked, index, self.corpus.articles, query, self._weights)
        return tuple(source(hit) for hit in found.hits)

    def ask(self, query: Query) -> Answer:
        """Return the whole answer: the fold of `stream`."""
        return fold(self.stream(query))

    def stream(self, query: Query) -> Iterator[Event]:
        """Yield Meta, the Sources best first, the Statements of the answer, and Done.

        Raises:
            QuestionRefused: the question is empty or too long, an option is out of bounds, or the
                mode needs a language model and none is configured. Raised before the first event.
        """
        _check(query)
        if query.mode == "llm":
            raise QuestionRefused(
                "mode", "no language model is configured; use 'extractive' or 'passages'"
            )
        return self._stream(query)

    def _stream(self, query: Query) -> Iterator[Event]:
        begun = perf_counter()
        encoder, index = self.corpus.serving()
        question = standalone(query.question, query.history)
        language = detect_language(query.question)
        time = _time(query, question)
        yield Meta(
            f"ask-{uuid4().hex}", query.question, question, language, index.info, asked_time(time)
        )

        asked = read_question(question, encoder, self._dictionary, time)
        depth = replace(query, top_k=max(query.top_k, CANDIDATE_HITS))
        found = search(asked, index, self.corpus.articles, depth, self._weights)

        answering = perf_counter()
        ranked = candidates(asked, found.hits, encoder, found.weights)
        sure = confidence(language, ranked[0]) if ranked else 0.0
        claims = _claims(query, question, found.hits, ranked) if sure >= self._threshold else []
        shown = _shown(query.top_k, claims, found.hits)
        yield from (source(hit) for hit in shown)
        statements = list(state(_among(claims, shown)))
        yield from statements
        now = perf_counter()
        yield Done(
            status="answered" if statements else "not_found",
            answer=SEPARATOR.join(one.text for one in statements) or NOT_FOUND[language],
            confidence=sure,
            timings_ms=Timings(
                encode=1e3 * asked.encode_seconds,
                search=1e3 * found.search_seconds,
                answer=1e3 * (now - answering),
                total=1e3 * (now - begun),
            ),
        )


def fold(events: Iterable[Event]) -> Answer:
    """Return the answer that a whole stream of events tells."""
    meta, *between, done = events
    if not (isinstance(meta, Meta) and isinstance(done, Done)):
        raise ValueError("a stream begins with Meta and ends with Done")
    return Answer(
        id=meta.id,
        status=done.status,
        question=meta.question,
        standalone_question=meta.standalone_question,
        language=meta.language,
        answer=done.answer,
        confidence=done.confidence,
        citations=tuple(
            citation for one in between if isinstance(one, Statement) for citation in one.citations
        ),
        sources=tuple(one for one in between if isinstance(one, Source)),
        index=meta.index,
        timings_ms=done.timings_ms,
        time=meta.time,
        writing=done.writing,
    )


def _claims(
    query: Query, question: str, hits: Sequence[Hit], ranked: Sequence[Candidate]
) -> list[list[Quote]]:
    """Return what the answer quotes: sentences, or in the mode that asks for it whole passages."""
    if query.mode == "passages":
        return [[Quote(hit, hit.passage.span)] for hit in hits[:MAX_STATEMENTS]]
    several = asks_for_several(question)
    if several and (items := listed(ranked[0])):
        return [[item] for item in items]
    return [[Quote(one.hit, one.span)] for one in chosen(ranked, several)]


def _shown(top_k: int, claims: Iterable[Sequence[Quote]], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the hits to show as sources: those that are cited, then the best of the others."""
    cited = {quote.hit.passage.id: quote.hit for claim in claims for quote in claim}.values()
    others = (hit for hit in hits if not any(_within(hit, one) for one in cited))
    return (*cited, *others)[:top_k]


def _among(claims: Iterable[Sequence[Quote]], shown: Collection[Hit]) -> Iterator[list[Quote]]:
    """Yield the claims with what is quoted from the hits that are shown."""
    for claim in claims:
        if kept := [quote for quote in claim if quote.hit in shown]:
            yield kept


def _within(hit: Hit, other: Hit) -> bool:
    return (
        hit.article.id == other.article.id
        and other.passage.first <= hit.passage.first
        and hit.passage.last <= other.passage.last
    )


def _time(query: Query, question: str) -> Time | None:
    return read_time(question, query.as_of or date.today()) if query.time else None


def _check(query: Query) -> None:
    if not query.question.strip():
        raise QuestionRefused("question", "it is empty; ask something")
    if len(query.question) > MAX_QUESTION:
        raise QuestionRefused(
            "question", f"{len(query.question)} characters; ask in at most {MAX_QUESTION}"
        )
    if not 1 <= query.top_k <= MAX_TOP_K:
        raise QuestionRefused("top_k", f"{query.top_k}; it must be from 1 to {MAX_TOP_K}")
