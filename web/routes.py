"""The HTTP contract: each route turns a request into a call of the engine or the corpus."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from pydantic_core import to_json
from sse_starlette import EventSourceResponse

from qa.articles import Reading, read_articles, read_record
from qa.engine import Engine
from qa.errors import ArticleNotFound, ArticleRefused
from qa.sources import draft
from qa.store import Draft, Outcome
from qa.types import Answer, Article, Language, Source
from qa.types import Query as Question
from web.page import SHELL
from web.problems import DESCRIBED
from web.requests import ArticleRequest, AskAddress, AskRequest, SearchRequest
from web.streams import Streams, is_over

router = APIRouter(responses=DESCRIBED)

PING_SECONDS = 15
"""A comment goes out this often while an answer is being made, so that no proxy hangs up."""

_EVENTS = "text/event-stream"
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {_EVENTS: {"schema": {"type": "string"}}}},
    204: {"description": "`Last-Event-ID` names the last event of an answer; nothing follows."},
}
_DOCUMENTS = {"text/markdown", "text/html"}
_RECORD = ArticleRequest.model_json_schema()
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_RECORD, {"type": "array", "items": _RECORD}]}
            },
            "text/markdown": {"schema": {"type": "string"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Hits:
    """The best passages for a search."""

    hits: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in a list: everything but its text."""

    id: str
    title: str
    language: Language
    published: datetime | None
    publisher: str
    author: str
    categories: tuple[str, ...]
    url: str
    origin: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of articles, the last changed first; `next` is the cursor of the page after it."""

    articles: tuple[Listed, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """An article that was sent, and what became of it."""

    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Refused:
    """An article that was sent and cannot be kept."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the articles that were sent."""

    articles: tuple[Taken, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


TheEngine = Annotated[Engine, Depends(_engine)]
TheStreams = Annotated[Streams, Depends(_streams)]
Accept = Annotated[str, Header()]
LastEventID = Annotated[str, Header(description="the last event had of a stream that was lost")]


@router.post("/ask", response_model=Answer, responses=_STREAMED, tags=["questions"])
def ask(
    body: AskRequest,
    engine: TheEngine,
    streams: TheStreams,
    accept: Accept = "",
    last_event_id: LastEventID = "",
) -> Any:
    """Answer a question, each sentence cited.

    By `mode` the answer is made of the articles' own sentences (`extractive`), of whole passages
    (`passages`), or of sentences that a language model writes (`llm`), where the operator has
    named one: `GET /readyz` lists the modes. Of what the model writes only those sentences are
    told that the sentences they cite bear out. If nothing is left since it failed, the answer is
    `extractive`, and `writing.failure` says why.

    With `stream` or `Accept: text/event-stream` the answer comes as server-sent events: `meta`,
    `source` and `statement` as they are found, then `done` or `error`. Who loses the stream asks
    the same again with `Last-Event-ID` and gets the rest of it, or after a while a new answer.
    """
    if body.stream or _EVENTS in accept:
        return _as_events(engine, streams, body.query(), last_event_id)
    return engine.ask(body.query())


@router.get("/ask", response_model=Answer, responses=_STREAMED, tags=["questions"])
def ask_by_address(
    address: Annotated[AskAddress, Query()],
    engine: TheEngine,
    streams: TheStreams,
    accept: Accept = "",
    last_event_id: LastEventID = "",
) -> Any:
    """Answer a question from a browser's address bar, or as events to its EventSource."""
    if _EVENTS in accept:
        return _as_events(engine, streams, address.query(), last_event_id)
    return engine.ask(address.query())


@router.post("/search", tags=["questions"])
def search(body: SearchRequest, engine: TheEngine) -> Hits:
    """Find the best passages, without making an answer of them."""
    return Hits(engine.search(body.to_query()))


@router.get("/articles", tags=["articles"])
def list_articles(
    engine: TheEngine,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Page:
    """List the articles, the last changed first."""
    changes = engine.corpus.articles.page(cursor, limit)
    listed = tuple(_listed(change.article) for change in changes if change.article)
    return Page(listed, changes[-1].seq if len(changes) == limit else None)


@router.get("/articles/{article_id:path}", response_model=Article, tags=["articles"])
def get_article(article_id: str, engine: TheEngine, accept: Accept = "") -> Response:
    """Return an article as it is quoted; a browser gets the page, which opens it."""
    if "text/html" in accept:
        return FileResponse(SHELL, headers={"Vary": "Accept"})
    article = engine.corpus.articles.get(article_id)
    return Response(to_json(article), media_type="application/json", headers={"Vary": "Accept"})


@router.post("/articles", response_model=Added, tags=["articles"], openapi_extra=_BODY)
async def add_articles(request: Request, engine: TheEngine) -> Any:
    """Keep one article or several; the next question finds them.

    Of a list, those that cannot be kept are named and the others are taken. 201 if anything is new
    or changed, 200 if all was known, 422 if nothing could be kept.
    """
    drafts = [
        row if isinstance(row, ArticleRefused) else draft(row) for row in await _readings(request)
    ]
    return await _add(engine, drafts)


@router.put(
    "/articles/{article_id:path}", response_model=Added, tags=["articles"], openapi_extra=_BODY
)
async def put_article(
    article_id: Annotated[str, Path(pattern=r"^\S{1,200}$")], request: Request, engine: TheEngine
) -> Any:
    """Keep one article under this id, in place of what is there."""
    readings = await _readings(request)
    if len(readings) != 1:
        raise HTTPException(422, f"{len(readings)} articles; one is put under one id")
    reading = readings[0]
    if isinstance(reading, ArticleRefused):
        raise reading
    named = draft(reading)
    if named.named and named.article.id != article_id:
        raise ArticleRefused(f"articles/{article_id}", f"id: the body says {named.article.id!r}")
    article = replace(named.article, id=article_id)
    return await _add(engine, [replace(named, article=article, named=True)])


@router.delete("/articles/{article_id:path}", status_code=204, tags=["articles"])
def delete_article(article_id: str, engine: TheEngine) -> None:
    """Erase an article: from now on no answer cites it."""
    if not engine.corpus.remove([article_id]):
        raise ArticleNotFound(article_id)


def _as_events(
    engine: Engine, streams: Streams, question: Question, last_event_id: str
) -> Response:
    if is_over(last_event_id):
        return Response(status_code=204)
    # Refused before the stream begins, so that it is still an ordinary error.
    events = engine.stream(question)
    return EventSourceResponse(streams.read(question, events, last_event_id), ping=PING_SECONDS)


async def _readings(request: Request) -> list[Reading | ArticleRefused]:
    """Return the articles in the body of a request."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind in _DOCUMENTS:
        return list(read_articles(body, ""))
    if kind != "application/json":
        raise HTTPException(415, f"{kind or 'no'} content; send JSON, text/markdown or text/html")
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"the body is no JSON: {error}") from error
    records = sent if isinstance(sent, list) else [sent]
    return [_reading(record, f"articles[{n}]") for n, record in enumerate(records)]


def _reading(record: object, origin: str) -> Reading | ArticleRefused:
    if not isinstance(record, dict):
        return ArticleRefused(origin, "an article is a JSON object")
    if unknown := sorted(record.keys() - ArticleRequest.model_fields.keys()):
        return ArticleRefused(origin, f"{unknown[0]}: no such field")
    try:
        reading = read_record(record, origin)
    except ArticleRefused as refusal:
        return refusal
    # Its place in the request is told to the sender, and is no place where it can be found.
    return replace(reading, article=replace(reading.article, origin=""))


async def _add(engine: Engine, drafts: list[Draft | ArticleRefused]) -> Response:
    report = await run_in_threadpool(engine.corpus.add, drafts)
    if report.refused and not report.taken:
        raise report.refused[0]
    added = Added(
        tuple(Taken(id, outcome) for id, outcome in report.taken),
        tuple(Refused(refusal.origin, refusal.reason) for refusal in report.refused),
        report.warnings,
    )
    new = any(outcome != "unchanged" for _, outcome in report.taken)
    return Response(to_json(added), 201 if new else 200, media_type="application/json")


def _listed(article: Article) -> Listed:
    return Listed(
        article.id,
        article.title,
        article.language,
        article.published,
        article.publisher,
        article.author,
        article.categories,
        article.url,
        article.origin,
    )
