"""What the tools return, as a language model reads it.

The results of `search` and `fetch` have the fields that deep research and connectors look for.
"""

from dataclasses import dataclass
from datetime import datetime

from qa.types import AskedTime, Language, Status, Writing


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of an article.

    Attributes:
        id: what `fetch` takes: the article's id and where in its text the passage stands.
        text: the passage, word for word.
        url: to cite it by: the publisher's address or, where there is none, newsqa's own.
        version: of the article: more than 1 says that it was corrected.
    """

    id: str
    title: str
    text: str
    url: str
    publisher: str
    author: str
    published: datetime | None
    language: Language
    version: int


@dataclass(frozen=True, slots=True)
class Results:
    """The best passages, the best first."""

    results: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The passage that was asked for: code points of the article's text, and what stands there."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an article; `passage` is null where the whole article was asked for."""

    article: str
    publisher: str
    author: str
    published: datetime | None
    updated: datetime | None
    categories: tuple[str, ...]
    language: Language
    version: int
    passage: Excerpt | None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole article; `id` is what was asked for."""

    id: str
    title: str
    text: str
    url: str
    metadata: About


@dataclass(frozen=True, slots=True)
class Quoted:
    """What stands behind a statement: the words of an article.

    Attributes:
        index: counts the citations of an answer, from 1.
        id: what `fetch` takes to show the quote in its article.
        url: to cite it by: the publisher's address or, where there is none, newsqa's own.
        correction: whether its article corrects what an earlier one said.
    """

    index: int
    id: str
    quote: str
    title: str
    publisher: str
    published: datetime | None
    url: str
    correction: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """A piece of the answer, and what stands behind it."""

    text: str
    citations: tuple[Quoted, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: `conflicting`: the articles contradict one another, and each side is a statement;
            `not_found`: they do not answer the question, and the sources are merely near it.
        confidence: that the articles answer the question, from 0 to 1.
        time: how what the question says of time was read.
        sources: the passages that were found, those that are quoted first.
        writing: what became of an answer that a language model of newsqa's was asked to write.
    """

    status: Status
    answer: str
    confidence: float
    language: Language
    statements: tuple[Stated, ...]
    sources: tuple[Found, ...]
    time: AskedTime | None
    writing: Writing | None


Result = Results | Document | Reply
