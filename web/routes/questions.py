"""A question or a search to its answer, as JSON or as server-sent events."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json
from sse_starlette import EventSourceResponse

from qa.engine import Engine, fold
from qa.types import Answer, Source
from qa.types import Query as Question
from web.events import EVENTS, IN_WORDS, PING_SECONDS, Accept
from web.requests import AskAddress, AskRequest, SearchRequest
from web.routes.state import TheEngine, TheStreams, asking
from web.streams import Streams, is_over
from web.told import telling

router = APIRouter(tags=["questions"])

_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": IN_WORDS},
    204: {"description": "`Last-Event-ID` names the last event of an answer; nothing follows."},
}

LastEventID = Annotated[str, Header(description="the last event had of a stream that was lost")]


@dataclass(frozen=True, slots=True)
class Hits:
    """The best passages for a search."""

    hits: tuple[Source, ...]


@router.post("/ask", response_model=Answer, responses=_STREAMED)
async def ask(
    body: AskRequest,
    request: Request,
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
    the same again with `Last-Event-ID` and gets the rest of it, or after a while, or when one of
    its articles was withdrawn, a new answer: a second `meta`, and what came before it is void.
    """
    if body.stream or EVENTS in accept:
        return _as_events(request, engine, streams, body.query(), last_event_id)
    return await _as_json(request, engine, body.query())


@router.get("/ask", response_model=Answer, responses=_STREAMED)
async def ask_by_address(
    address: Annotated[AskAddress, Query()],
    request: Request,
    engine: TheEngine,
    streams: TheStreams,
    accept: Accept = "",
    last_event_id: LastEventID = "",
) -> Any:
    """Answer a question from a browser's address bar, or as events to its EventSource."""
    if EVENTS in accept:
        return _as_events(request, engine, streams, address.query(), last_event_id)
    return await _as_json(request, engine, address.query())


@router.post("/search", response_model=Hits)
async def search(body: SearchRequest, request: Request, engine: TheEngine) -> Any:
    """Find the best passages, without making an answer of them."""
    hits = await asking(request).run(partial(engine.search, body.to_query()), request)
    return _encoded(Hits(hits))


async def _as_json(request: Request, engine: Engine, question: Question) -> Response:
    gate = asking(request, question.mode)
    until = monotonic() + gate.deadline
    said = await gate.run(partial(_answered, request, engine, question, until), request)
    return _encoded(said)


def _answered(request: Request, engine: Engine, question: Question, until: float) -> Answer:
    hearers = request.app.state.hearers
    return fold(telling(hearers, question, engine.stream(question, until)))


def _encoded(said: Answer | Hits) -> Response:
    # What is of our own making need not be checked against the model of it, which takes 2 ms.
    return Response(to_json(said), media_type="application/json")


def _as_events(
    request: Request, engine: Engine, streams: Streams, question: Question, last_event_id: str
) -> Response:
    if is_over(last_event_id):
        return Response(status_code=204)

    def are_there(ids: Collection[str]) -> bool:
        return engine.corpus.articles.find(ids).keys() >= set(ids)

    # Refused before the stream begins, so that it is still an ordinary error.
    gate = asking(request, question.mode)
    gate.admit()
    events = engine.stream(question, monotonic() + gate.deadline)
    events = telling(request.app.state.hearers, question, events)
    told = streams.read(
        question, events, last_event_id, are_there, partial(gate.run, admitted=True)
    )
    return EventSourceResponse(told, ping=PING_SECONDS)
