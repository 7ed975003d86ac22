"""An answer's events to a stream of them, which a client that lost it may take up again."""

import asyncio
import json
import logging
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator
from functools import partial
from uuid import uuid4

from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json
from sse_starlette import ServerSentEvent

from qa.errors import Overloaded
from qa.types import Done, Event, Meta, Query, Source, Statement
from web.problems import foreseen, problem

logger = logging.getLogger(__name__)

Draw = Callable[[Callable[[], bytes | None]], Awaitable[bytes | None]]
"""Has an event drawn in a thread, when its turn has come."""

AreThere = Callable[[Collection[str]], bool]
"""Says whether all articles of these ids are there still."""

KEPT_SECONDS = 30.0
"""How long a stream that nobody reads can be taken up; an EventSource tries it after 3 s or so."""

MOST_KEPT = 64
MOST_KEPT_BYTES = 16_000_000
"""Of streams that nobody reads, all together; beyond it those left longest ago go first."""

_NAMES: dict[type, str] = {Meta: "meta", Source: "source", Statement: "statement", Done: "done"}
_ID = re.compile(r"([0-9a-f]{32}):([1-9][0-9]{0,8})")
_LAST_ID = re.compile(r"[0-9a-f]{32}:end")


def is_over(last_event_id: str) -> bool:
    """Say whether nothing follows the event of this id: it was `done` or `error`.

    The id itself says so, whatever became of the stream: an EventSource comes back after the last
    event as after any other, and would otherwise ask the same again for ever.
    """
    return _LAST_ID.fullmatch(last_event_id) is not None


class Stream:
    """The events of one answer, as they are sent; safe to share by threads.

    The first who reads an event draws it from the engine, and it is kept for others: nothing is
    worked out that nobody waits for, and nothing twice.

    Attributes:
        articles: the ids of those that the events drawn so far tell of.
        void: one of these was withdrawn, so that nobody can take the stream up any more.
        ended: the last event has been drawn.
    """

    def __init__(self, query: Query, events: Generator[Event, None, None]) -> None:
        self.id = uuid4().hex
        self.query = query
        self.readers = 0
        self.drawn: list[bytes] = []
        self.articles: frozenset[str] = frozenset()
        self.void = False
        self.ended = False
        self._events = events
        self._drawing = threading.Lock()

    def event(self, number: int) -> bytes | None:
        """Return an event, counted from 0, that is drawn or comes next; None behind the last."""
        with self._drawing:
            if number == len(self.drawn):
                self._draw()
            return self.drawn[number] if number < len(self.drawn) else None

    def end(self, error: Exception) -> None:
        """End what the engine is doing for it; the last event tells why."""
        with self._drawing:
            self._events.close()
            if not self.ended:
                self._add("error", json.dumps(problem(error)))

    def close(self) -> None:
        """End what the engine is doing for it."""
        with self._drawing:
            self._events.close()

    def _draw(self) -> None:
        try:
            event = next(self._events, None)
        except Exception as error:
            # The status line is long gone: whatever happens now can only be told inside the stream.
            if not foreseen(error):
                logger.exception("a stream of events broke off")
            self._add("error", json.dumps(problem(error)))
        else:
            if event:
                self.articles |= _articles(event)
                self._add(_NAMES[type(event)], to_json(event).decode())

    def _add(self, name: str, data: str) -> None:
        last = name in {"done", "error"}
        number = "end" if last else len(self.drawn) + 1
        self.drawn.append(ServerSentEvent(data, event=name, id=f"{self.id}:{number}").encode())
        self.ended = last  # only now: who sees that nothing follows must find it


class Streams:
    """The streams that are being read or can be taken up again; for one event loop."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._left: dict[str, asyncio.TimerHandle] = {}
        """Those that nobody reads, left longest ago first, and what will forget each."""

    async def read(
        self,
        query: Query,
        events: Generator[Event, None, None],
        last_event_id: str,
        are_there: AreThere,
        draw: Draw,
    ) -> AsyncGenerator[bytes, None]:
        """Yield what follows the event that the client had last.

        If that is no event of an answer to this query, or is forgotten, all of `events`; so too
        when an article that the answer tells of has been withdrawn meanwhile.
        """
        stream, number = self._known(query, last_event_id) or (Stream(query, events), 0)
        taken_up = number > 0
        self._enter(stream)
        try:
            while (event := await self._next(stream, number, draw)) is not None:
                if taken_up and not await run_in_threadpool(are_there, stream.articles):
                    stream.void = True
                    self._leave(stream)
                    stream, number, taken_up = Stream(query, events), 0, False
                    self._enter(stream)
                else:
                    yield event
                    number += 1
        finally:
            self._leave(stream)

    async def _next(self, stream: Stream, number: int, draw: Draw) -> bytes | None:
        if number == len(stream.drawn) and not stream.ended:
            # With the first source all is worked out, but for what a language model writes.
            working = number == 1 or (number > 1 and stream.query.mode == "llm")
            try:
                take = draw if working else run_in_threadpool
                return await take(partial(stream.event, number))
            except Overloaded as error:
                await run_in_threadpool(stream.end, error)
        return stream.drawn[number] if number < len(stream.drawn) else None

    def _known(self, query: Query, last_event_id: str) -> tuple[Stream, int] | None:
        if (
            (named := _ID.fullmatch(last_event_id))
            and (stream := self._streams.get(named[1]))
            and stream.query == query
            and not stream.void
            and (number := int(named[2])) <= len(stream.drawn)
        ):
            return stream, number
        return None

    def _enter(self, stream: Stream) -> None:
        self._streams[stream.id] = stream
        stream.readers += 1
        if forgetting := self._left.pop(stream.id, None):
            forgetting.cancel()

    def _leave(self, stream: Stream) -> None:
        stream.readers -= 1
        if stream.readers:
            return
        kept = 0.0 if stream.void else KEPT_SECONDS
        loop = asyncio.get_running_loop()
        self._left[stream.id] = loop.call_later(kept, self._forget, stream.id)
        while len(self._left) > MOST_KEPT or self._bytes_left() > MOST_KEPT_BYTES:
            self._forget(next(iter(self._left)))

    def _bytes_left(self) -> int:
        return sum(len(event) for id in self._left for event in self._streams[id].drawn)

    def _forget(self, id: str) -> None:
        self._left.pop(id).cancel()
        # What the engine does to end may take its time, and others are being served here.
        asyncio.get_running_loop().run_in_executor(None, self._streams.pop(id).close)


def _articles(event: Event) -> frozenset[str]:
    """Return the ids of the articles that an event tells of."""
    if isinstance(event, Source):
        return frozenset((event.article_id, *event.copies))
    if isinstance(event, Statement):
        return frozenset(citation.article_id for citation in event.citations)
    return frozenset()
