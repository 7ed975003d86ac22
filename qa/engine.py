"""One question, start to end: a stream of events, and the answer they fold into."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from math import inf
from time import monotonic, perf_counter
from typing import TYPE_CHECKING
from uuid import uuid4

from embeddings.encoder import Encoder, ModelInfo
from embeddings.reader import Reader
from qa.answer import NOT_FOUND, SEPARATOR, source, state
from qa.candidates import CANDIDATE_HITS, Candidate, candidates
from qa.claims import Claims, Quote, claims, passages
from qa.confidence import THRESHOLD, confidence
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.errors import Overloaded, QuestionRefused
from qa.marks import Marks
from qa.ranking import SERVED, Weights
from qa.search import Asked, Found, read_question, search
from qa.text import detect_language
from qa.types import (
    Answer,
    Done,
    Event,
    Hit,
    Meta,
    Query,
    Source,
    Statement,
    Status,
    Time,
    Timings,
    Writing,
)
from qa.when import asked_time, read_time

if TYPE_CHECKING:
    from qa.writer import Writer

MAX_QUESTION = 1_000
"""Code points; a longer question is refused."""

MAX_TOP_K = 100


class Engine:
    """Answers questions from a corpus; safe to share by threads.

    Nothing is quoted in answer with less confidence than `threshold`. Without a `writer` no answer
    is written by a language model. `reader` returns what reads for a model, None if nothing does.
    """

    def __init__(
        self,
        corpus: Corpus,
        dictionary: Dictionary,
        weights: Weights = SERVED,
        threshold: float = THRESHOLD,
        writer: "Writer | None" = None,
        reader: Callable[[ModelInfo], Reader | None] = lambda _: None,
    ) -> None:
        self.corpus = corpus
        self._dictionary = dictionary
        self._weights = weights
        self._threshold = threshold
        self._writer = writer
        self._reader = reader

    @property
    def writes_with(self) -> str | None:
        """The name of the language model that writes answers, if there is one."""
        return self._writer.model if self._writer else None

    def search(self, query: Query | str) -> tuple[Source, ...]:
        """Return the best passages, without making an answer of them.

        Raises:
            QuestionRefused: the question is empty or too long, or `top_k` out of bounds.
        """
        query = _checked(query)
        time = _time(query, query.question)
        _, _, found = self._found(query.question, time, query)
        return tuple(source(hit) for hit in found.hits)

    def ask(self, query: Query | str) -> Answer:
        """Return the whole answer: the fold of `stream`."""
        return fold(self.stream(query))

    def stream(self, query: Query | str, until: float = inf) -> Generator[Event, None, None]:
        """Yield Meta, the Sources (those cited first), the Statements of the answer, and Done.

        Closing the generator stops the work, and so does the clock: what is not found by `until`,
        as time.monotonic tells it, is given up. A language model has a time of its own.

        Raises:
            QuestionRefused: the question is empty or too long, an option is out of bounds, or the
                mode needs a language model and none is configured. Raised before the first event.
            Overloaded: it was given up.
        """
        query = _checked(query)
        if query.mode == "llm" and self._writer is None:
            raise QuestionRefused(
                "mode",
                "no language model is configured; set NEWSQA_LLM_URL and NEWSQA_LLM_MODEL, or use"
                " 'extractive' or 'passages'",
            )
        return self._stream(query, until)

    def _stream(self, query: Query, until: float) -> Generator[Event, None, None]:
        begun = perf_counter()
        _, index = self.corpus.serving()
        question = _standalone(query)
        language = detect_language(query.question)
        time = _time(query, question)
        yield Meta(
            f"ask-{uuid4().hex}", query.question, question, language, index.info, asked_time(time)
        )

        depth = replace(query, top_k=max(query.top_k, CANDIDATE_HITS))
        encoder, asked, found = self._found(question, time, depth, until)

        _in_time(until)
        answering = perf_counter()
        reader = self._reader(encoder.model)
        ranked = candidates(asked, question, found.hits, encoder, found.weights, reader)
        _in_time(until)
        asked_in = detect_language(question)
        sure = confidence(question, asked_in, time, ranked, self._dictionary)
        stated = Claims()
        if ranked and sure >= self._threshold:
            marks = Marks(question, time)
            stated = self._claims(query, question, asked, found, ranked, marks)
        shown = _shown(query.top_k, stated.claims, found.hits)
        yield from (source(hit) for hit in shown)

        statements: list[Statement] = []
        status: Status = "answered"
        writing = None
        if query.mode == "llm" and self._writer:
            writing = yield from _noted(self._writer.write(question, language, shown), statements)
        if writing is None or (writing.failure and not statements):
            statements += state(_among(stated.claims, shown))
            status = "conflicting" if stated.conflicting else "answered"
            yield from statements
        now = perf_counter()
        yield Done(
            status=status if statements else "not_found",
            answer=SEPARATOR.join(one.text for one in statements) or NOT_FOUND[language],
            confidence=sure,
            timings_ms=Timings(
                encode=1e3 * asked.encode_seconds,
                search=1e3 * found.search_seconds,
                answer=1e3 * (now - answering),
                total=1e3 * (now - begun),
            ),
            writing=writing,
        )

    def _found(
        self,
        question: str,
        time: Time | None,
        query: Query,
        until: float = inf,
    ) -> tuple[Encoder, Asked, Found]:
        """Return what is found, what was asked, and the encoder that has read it.

        An index that a rebuild has replaced may be deleted while it is being asked: then it is what
        the one in its place finds.
        """
        _in_time(until)
        encoder, index = self.corpus.serving()
        try:
            asked = read_question(question, encoder, self._dictionary, time)
            _in_time(until)
            found = search(asked, index, self.corpus.articles, query, self._weights)
        except Exception:
            if index.there:
                raise
            return self._found(question, time, query, until)
        return encoder, asked, found

    def _claims(
        self,
        query: Query,
        question: str,
        asked: Asked,
        found: Found,
        ranked: Sequence[Candidate],
        marks: Marks,
    ) -> Claims:
        """Return what the answer quotes: sentences, or whole passages if the mode asks for them."""
        if query.mode == "passages":
            return passages(ranked)
        return claims(question, asked, ranked, found.weights, self._dictionary, marks)


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


def _noted(
    written: Generator[Statement, None, Writing], into: list[Statement]
) -> Generator[Statement, None, Writing]:
    """Yield what is written and note it; return what became of the whole."""
    with closing(written):
        try:
            while True:
                into.append(next(written))
                yield into[-1]
        except StopIteration as end:
            writing: Writing = end.value
            return writing


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


def _in_time(until: float) -> None:
    if monotonic() > until:
        raise Overloaded()


def _time(query: Query, question: str) -> Time | None:
    return read_time(question, query.as_of or date.today()) if query.time else None


def _standalone(query: Query) -> str:
    """Return the question as it would be asked without what was said before."""
    if not query.history:
        return query.question
    from qa.conversation import standalone  # a server of single questions never needs it

    return standalone(query.question, query.history)


def _checked(asked: Query | str) -> Query:
    """Return what is asked; a question alone is asked as usual."""
    query = Query(asked) if isinstance(asked, str) else asked
    if not query.question.strip():
        raise QuestionRefused("question", "it is empty; ask something")
    if len(query.question) > MAX_QUESTION:
        raise QuestionRefused(
            "question", f"{len(query.question)} characters; ask in at most {MAX_QUESTION}"
        )
    if not 1 <= query.top_k <= MAX_TOP_K:
        raise QuestionRefused("top_k", f"{query.top_k}; it must be from 1 to {MAX_TOP_K}")
    return query
