"""What is wanted of a server to the request that is sent for it, and how its answer is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import Field, TypeAdapter
from pydantic_core import to_json

from qa.client.nouns import Added, Ready
from qa.listing import Opened, Page
from qa.types import Answer, Citation, Facet, Facets, Filters, Mode, Retriever, Source, Turn

T = TypeVar("T")

JSON = "application/json"
EVENTS = "text/event-stream"

Record = Mapping[str, object]
"""An article as it is sent: `title`, and one of `text`, `html` and `markdown`; `id`, `published`,
`url`, `publisher`, `author`, `categories`, `lang`."""

ANY = Filters()

MOST_ASKED, MOST_CITED, MOST_MARKED = 1_000, 50, 20
"""What is taken of an answer that is judged: code points, citations, and marks of each."""

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and what becomes of the body of its answer.

    Attributes:
        read: raises pydantic.ValidationError where the body is not what it should be.
        kind: the body's media type.
        accept: what is wanted in return.
        writes: whether its turn to write may be waited for, as long as it takes.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    body: bytes | None = None
    kind: str = JSON
    accept: str = JSON
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    writes: bool = False

    def request(self, timeout: float) -> dict[str, Any]:
        """Return it as the arguments of a request; `timeout` is in seconds."""
        headers = {"Accept": self.accept}
        if self.body is not None:
            headers["Content-Type"] = self.kind
        return {
            "method": self.method,
            "url": self.path,
            "content": self.body,
            "params": dict(self.parameters) or None,
            "headers": headers,
            "timeout": _timeout(timeout, self.writes),
        }


@dataclass(frozen=True, slots=True)
class _Hits:
    hits: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class _Suggested:
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Offered:
    categories: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    authors: tuple[Facet, ...]
    date_from: Annotated[date | None, Field(alias="from")]
    date_to: Annotated[date | None, Field(alias="to")]


def _strictly(kind: type[T]) -> Callable[[bytes], T]:
    adapter = TypeAdapter(kind)
    return lambda body: adapter.validate_json(body, strict=True)


_answer = _strictly(Answer)
_hits = _strictly(_Hits)
_suggested = _strictly(_Suggested)
_page = _strictly(Page)
_opened = _strictly(Opened)
_added = _strictly(Added)
_ready = _strictly(Ready)
_offered = _strictly(_Offered)


def _facets(body: bytes) -> Facets:
    one = _offered(body)
    return Facets(one.categories, one.sources, one.authors, one.date_from, one.date_to)


def _nothing(_: bytes) -> None:
    return None


def ask(
    question: str,
    top_k: int,
    filters: Filters,
    history: Sequence[Turn],
    mode: Mode,
    as_of: date | None,
    time: bool,
    *,
    stream: bool = False,
) -> Call[Answer]:
    """Return the call that asks a question."""
    asked = {
        "question": question,
        "top_k": top_k,
        "filters": filters,
        "history": list(history),
        "mode": mode,
        "stream": stream,
        "as_of": as_of,
        "time": time,
    }
    return Call("POST", "ask", _answer, to_json(asked), accept=EVENTS if stream else JSON)


def search(
    query: str,
    top_k: int,
    filters: Filters,
    retriever: Retriever,
    as_of: date | None,
    time: bool,
) -> Call[tuple[Source, ...]]:
    """Return the call that finds passages."""
    asked = {
        "query": query,
        "top_k": top_k,
        "filters": filters,
        "retriever": retriever,
        "as_of": as_of,
        "time": time,
    }
    return Call("POST", "search", lambda body: _hits(body).hits, to_json(asked))


def feedback(answer: Answer, rating: Rating | None, comment: str) -> Call[None]:
    """Return the call that says whether an answer was right."""
    versions = {source.passage_id: source.version for source in answer.sources}
    cited = [_cited(one, versions.get(one.passage_id)) for one in answer.citations[:MOST_CITED]]
    said = {
        "answer": answer.id,
        "rating": rating,
        "question": answer.standalone_question[:MOST_ASKED],
        "status": answer.status,
        "citations": cited,
        "comment": comment,
    }
    return Call("POST", "feedback", _nothing, to_json(said))


def articles(cursor: int | None, limit: int) -> Call[Page]:
    """Return the call that lists articles."""
    parameters = {"limit": limit} if cursor is None else {"limit": limit, "cursor": cursor}
    return Call("GET", "articles", _page, parameters=parameters)


def article(id: str, version: int | None) -> Call[Opened]:
    """Return the call that opens an article."""
    parameters = {} if version is None else {"version": version}
    return Call("GET", _place(id), _opened, parameters=parameters)


def add(articles: Record | Sequence[Record] | bytes, kind: str) -> Call[Added]:
    """Return the call that sends articles to be kept."""
    body = articles if isinstance(articles, bytes) else to_json(articles)
    return Call("POST", "articles", _added, body, kind, writes=True)


def add_address(address: str, linked: bool) -> Call[Added]:
    """Return the call that has a page or a feed of the web read."""
    body = to_json({"address": address, "linked": linked})
    return Call("POST", "addresses", _added, body, writes=True)


def put(id: str, article: Record | bytes, kind: str) -> Call[Added]:
    """Return the call that keeps one article under this id."""
    body = article if isinstance(article, bytes) else to_json(article)
    return Call("PUT", _place(id), _added, body, kind, writes=True)


def remove(id: str) -> Call[None]:
    """Return the call that withdraws an article."""
    return Call("DELETE", _place(id), _nothing, writes=True)


def facets() -> Call[Facets]:
    """Return the call that tells what questions can be filtered by."""
    return Call("GET", "facets", _facets)


def suggestions(language: Literal["zh", "en"]) -> Call[tuple[str, ...]]:
    """Return the call that tells questions to begin with."""
    parameters = {"language": language}
    return Call(
        "GET", "suggestions", lambda body: _suggested(body).questions, parameters=parameters
    )


def ready() -> Call[Ready]:
    """Return the call that tells how questions can be answered now."""
    return Call("GET", "readyz", _ready)


def _cited(one: Citation, version: int | None) -> dict[str, object]:
    """Return where an answer quotes an article, and what it marks there."""
    # A sentence that a language model wrote is none of the article's: what is marked in it neither.
    quoted = one.answer_end - one.answer_start == one.source_end - one.source_start
    moved = one.source_start - one.answer_start
    marks = one.marks[:MOST_MARKED] if quoted else ()
    return {
        "article_id": one.article_id,
        "version": version,
        "source_start": one.source_start,
        "source_end": one.source_end,
        "marks": [(start + moved, end + moved) for start, end in marks],
    }


def _place(id: str) -> str:
    return f"articles/{quote(id, safe='')}"


def _timeout(seconds: float, writes: bool) -> httpx2.Timeout:
    return httpx2.Timeout(seconds, read=None) if writes else httpx2.Timeout(seconds)
