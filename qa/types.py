"""The nouns of the domain: articles, passages, hits, citations, answers.

All are immutable. Those that leave the house (`Source`, `Citation`, `Answer`, the events) carry the
field names of the HTTP contract, so their fields are the JSON.
Offsets are Unicode code points, half-open, into `Article.text`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple


def _html(noun: object) -> str:
    """Return what a notebook shows of a noun; it asks for it by the name that a class gives it."""
    from qa.html_repr import html_of

    return html_of(noun)


Language = Literal["zh", "zh-Hant", "en", "und"]
"""BCP 47: Chinese in simplified characters, in traditional ones, English, undetermined."""

Retriever = Literal["hybrid", "dense", "lexical"]
Mode = Literal["extractive", "passages", "llm"]
Status = Literal["answered", "not_found", "conflicting"]


class Span(NamedTuple):
    """A half-open range of code points, [start, end)."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the part of `text` this span covers."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Article:
    """One news article as it is quoted.

    Attributes:
        text: the body: paragraphs separated by newlines; the title and metadata are not in it.
        sentences: where the sentences stand: in order, disjoint, none blank; only white space
            lies outside them. A citation is one of these.
        published: aware, or None where the article does not say.
        url: the publisher's address, if known.
        origin: the file (relative to the path that was added) or address it came from.
        version: counts the states of its title and text that were taken, from 1.
        updated: when it was changed last: as the publisher says, or, of a later version, when it
            was taken; aware, or None.
    """

    id: str
    title: str
    text: str
    sentences: tuple[Span, ...]
    language: Language
    published: datetime | None = None
    publisher: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    url: str = ""
    origin: str = ""
    version: int = 1
    updated: datetime | None = None
    _repr_html_ = _html


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one article, small enough to embed: `first` to `last`, inclusive."""

    article_id: str
    first: int
    last: int
    span: Span
    text: str
    _repr_html_ = _html

    @property
    def id(self) -> str:
        """The passage's public name, stable as long as the article's text is."""
        return f"{self.article_id}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer; an empty field lets all through.

    `date_from` and `date_to` are days, both inclusive, in the article's own time zone; within
    `category`, `source` and `author` any of the values will do.
    """

    date_from: date | None = None
    date_to: date | None = None
    category: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked for at all."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Facet:
    """A value that a filter takes, and how many articles it lets through alone."""

    value: str
    articles: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What the filters can be set to, the most frequent first.

    Attributes:
        date_from: the day of the earliest article; None if none says when it was published.
        date_to: of the latest.
    """

    categories: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    authors: tuple[Facet, ...]
    date_from: date | None
    date_to: date | None


class Period(NamedTuple):
    """Whole days, both inclusive; None leaves that side open."""

    date_from: date | None
    date_to: date | None


@dataclass(frozen=True, slots=True)
class Time:
    """What a question says of time.

    Attributes:
        spans: where in the question the words stand.
        expression: those words.
        period: the days they name; open on both sides where they only ask for the newest.
        relative: whether they name other days when asked on another day.
        latest: whether the newest is asked for.
        as_of: the day of asking that they were read against.
        words: other ways to say the period, in both languages.
    """

    spans: tuple[Span, ...]
    expression: str
    period: Period
    relative: bool
    latest: bool
    as_of: date
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedTime:
    """A time as it leaves the house."""

    expression: str
    date_from: date | None
    date_to: date | None
    relative: bool
    latest: bool
    as_of: date


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and how: the whole of a question's options.

    Attributes:
        as_of: the day of asking, against which "last week" is read; None: today.
        time: whether the question's time is read at all.
    """

    question: str
    top_k: int = 5
    filters: Filters = Filters()
    history: tuple[Turn, ...] = ()
    mode: Mode = "extractive"
    retriever: Retriever = "hybrid"
    as_of: date | None = None
    time: bool = True


class Ranked(NamedTuple):
    """One row of a ranking: a passage's key in the index and the retriever's own score."""

    key: int
    score: float


Ranking = tuple[Ranked, ...]
"""Best first; equal scores are ordered by key, so the same corpus and question rank alike."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What each retriever said of a passage (None: it did not return it) and the two fused."""

    dense: float | None
    lexical: float | None
    fused: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, its article, and why.

    Attributes:
        copies: the articles that say the same and that the filters let through, by id.
        matches: how well each of its sentences matches the question, token by token; empty where
            the index keeps no token vectors.
    """

    article: Article
    passage: Passage
    scores: Scores
    copies: tuple[str, ...] = ()
    matches: tuple[float, ...] = ()
    _repr_html_ = _html


@dataclass(frozen=True, slots=True)
class Source:
    """A hit as it leaves the house.

    Attributes:
        version: of the article: more than 1 says that it was corrected.
        updated: when, if that is known.
        copies: the articles that say the same, by id.
    """

    article_id: str
    passage_id: str
    title: str
    publisher: str
    author: str
    categories: tuple[str, ...]
    published: datetime | None
    language: Language
    url: str
    origin: str
    text: str
    start: int
    end: int
    score: float
    scores: Scores
    copies: tuple[str, ...]
    version: int = 1
    updated: datetime | None = None
    _repr_html_ = _html


@dataclass(frozen=True, slots=True)
class Citation:
    """One sentence of one article: `quote == article.text[source_start:source_end]`, always.

    Attributes:
        index: counts the citations of an answer, from 1.
        answer_start: with `answer_end`, where the same words stand in `Answer.answer`; in an answer
            that a language model wrote, where the sentence stands that it is cited for.
        url: newsqa's own page, opened at the quote.
        statement: counts the statements of the answer, from 1: which one this stands behind.
        marks: where in `Answer.answer` the part stands that answers, within the quoted words.
        correction: whether its article corrects what an earlier one said.
    """

    index: int
    article_id: str
    passage_id: str
    quote: str
    source_start: int
    source_end: int
    answer_start: int
    answer_end: int
    url: str
    statement: int
    marks: tuple[Span, ...] = ()
    correction: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of the answer and what stands behind it: at least one citation.

    Articles that say the same in their own words are quoted one below the other in `text`, and so
    are the items of a list.
    """

    text: str
    citations: tuple[Citation, ...]

    def __post_init__(self) -> None:
        """Refuse a statement that nothing stands behind."""
        if not self.citations:
            raise ValueError("a statement needs at least one citation")


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which state of the corpus answered."""

    generation: str
    model: str
    articles: int
    passages: int


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds spent."""

    encode: float = 0.0
    search: float = 0.0
    answer: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Meta:
    """First event of a stream: what was understood, and what is being searched."""

    id: str
    question: str
    standalone_question: str
    language: Language
    index: IndexInfo
    time: AskedTime | None = None


Failure = Literal[
    "unreachable",
    "unauthorized",
    "no_such_model",
    "rate_limited",
    "refused",
    "timeout",
    "interrupted",
    "unreadable",
    "length",
    "content_filter",
    "empty",
    "ungrounded",
]
FAILURES: Mapping[Failure, str] = {
    "unreachable": "its endpoint could not be reached",
    "unauthorized": "its endpoint did not accept the key",
    "no_such_model": "its endpoint does not know it, or is not at this address",
    "rate_limited": "its endpoint takes no more requests for now",
    "refused": "its endpoint refused the request",
    "timeout": "it took too long",
    "interrupted": "its answer broke off",
    "unreadable": "its answer could not be read",
    "length": "its answer grew too long",
    "content_filter": "its endpoint withheld the answer, or the rest of it",
    "empty": "it wrote nothing",
    "ungrounded": "nothing it wrote is borne out by the sentences it cites",
}
"""Why a language model did not write an answer, or not to the end."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What became of an answer that a language model was asked to write.

    If it failed and none of its sentences is told, the answer is quoted from the articles.

    Attributes:
        model: its name at the endpoint.
        dropped: sentences it wrote that are not told, since what they cite does not say them.
        failure: why it did not write, or not to the end; None if it did.
    """

    model: str
    dropped: int = 0
    failure: Failure | None = field(
        default=None,
        metadata={"description": "\n".join(f"- `{one}`: {why}" for one, why in FAILURES.items())},
    )


@dataclass(frozen=True, slots=True)
class Done:
    """Last event of a stream. `answer` is the whole text that the statements make up."""

    status: Status
    answer: str
    confidence: float
    timings_ms: Timings
    writing: Writing | None = None


Event = Meta | Source | Statement | Done


@dataclass(frozen=True, slots=True)
class Answer:
    """The fold of a stream of events: the body of `POST /ask`."""

    id: str
    status: Status
    question: str
    standalone_question: str
    language: Language
    answer: str
    confidence: float
    index: IndexInfo
    timings_ms: Timings
    citations: tuple[Citation, ...] = ()
    sources: tuple[Source, ...] = ()
    time: AskedTime | None = None
    writing: Writing | None = None
    _repr_html_ = _html
