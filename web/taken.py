"""Articles that are being taken to what became of them: as JSON, or as events on the way there."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json
from sse_starlette import EventSourceResponse, ServerSentEvent

from qa.corpus import CHANGED, Report
from qa.index import Progress
from qa.store import Outcome
from web.events import EVENTS, IN_WORDS, PING_SECONDS
from web.gate import Gate
from web.metrics import Metrics
from web.problems import foreseen, problem

logger = logging.getLogger(__name__)

Take = Callable[[Progress], Report]
"""Takes articles, telling how many have just been finished."""

Apart = Callable[[Callable[[], Report]], "asyncio.Task[Report]"]
"""Has them taken beside what readers ask."""


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


@dataclass(frozen=True, slots=True)
class Finished:
    """How many articles have been taken or refused so far."""

    finished: int


IN_JSON: dict[int | str, dict[str, Any]] = {
    200: {"description": "All of it was known."},
    201: {"description": "Something is new or has changed.", "model": Added},
}
DESCRIBED: dict[int | str, dict[str, Any]] = {
    **IN_JSON,
    200: {"description": "All of it was known, or the events of it.", "content": IN_WORDS},
}
"""What routes that answer so say of it in the API's description."""


def added(report: Report) -> Added:
    """Return what became of the articles.

    Raises:
        ArticleRefused: not one of them could be kept, and this is why the first could not.
    """
    if report.refused and not report.taken:
        raise report.refused[0]
    return Added(
        tuple(Taken(id, outcome) for id, outcome in report.taken),
        tuple(Refused(refusal.origin, refusal.reason) for refusal in report.refused),
        # Each has the origin in front, which for what was sent is empty.
        tuple(warning.removeprefix(": ") for warning in report.warnings),
    )


def as_json(one: Added) -> Response:
    """Return the document, with 201 if anything is new or changed."""
    new = any(taken.outcome in CHANGED for taken in one.articles)
    return Response(to_json(one), 201 if new else 200, media_type="application/json")


def apart(request: Request, act: Callable[[], Report]) -> asyncio.Task[Report]:
    """Return what will become of articles, for which others that write may be waited for long.

    It is done in none of the threads that answer readers, and to the end if the client goes away.

    Raises:
        Overloaded: too many wait to write.
    """
    gate: Gate = request.app.state.taking
    gate.admit()
    metrics: Metrics = request.app.state.metrics
    return asyncio.create_task(gate.run(partial(metrics.taking, act), admitted=True))


async def answer(request: Request, take: Take, accept: str) -> Response:
    """Return what becomes of articles: as events if these are accepted, else the last of them.

    Who goes away has them taken all the same, to the last that was sent.
    """
    told = taking(partial(apart, request), take)
    if EVENTS in accept:
        return EventSourceResponse(_encoded(told), ping=PING_SECONDS)
    *_, last = [event async for event in told]
    assert isinstance(last, Added)
    return as_json(last)


async def taking(apart: Apart, take: Take) -> AsyncGenerator[Finished | Added, None]:
    """Yield how far it is, time and again, then what became of the articles.

    They are taken in a thread that goes on to the end when nobody listens any more.

    Raises:
        Exception: whatever `take` raised.
    """
    loop = asyncio.get_running_loop()
    steps = asyncio.Queue[int | None]()

    def tell(count: int) -> None:
        loop.call_soon_threadsafe(steps.put_nowait, count)

    report = apart(partial(take, tell))
    report.add_done_callback(lambda _: steps.put_nowait(None))
    finished = 0
    while (count := await steps.get()) is not None:
        finished += count
        yield Finished(finished)
    yield added(await report)


async def _encoded(
    told: AsyncGenerator[Finished | Added, None],
) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events as they are sent: `progress`, then `done` or `error`."""
    async with aclosing(told):
        try:
            async for event in told:
                name = "done" if isinstance(event, Added) else "progress"
                yield ServerSentEvent(to_json(event).decode(), event=name)
        except Exception as error:
            # The status line is long gone: whatever happens now can only be told as an event.
            if not foreseen(error):
                logger.exception("articles were not taken")
            yield ServerSentEvent(json.dumps(problem(error)), event="error")
