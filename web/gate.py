"""Calls of many clients to threads: a bounded number at once, a bounded number waiting, in turn."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from math import ceil
from time import monotonic
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from qa.errors import Overloaded

Result = TypeVar("Result")

SMOOTHING = 0.05
"""The weight of the newest call in what is known of how long one takes."""


class Gate:
    """Lets `at_once` calls run and `waiting` more wait for their turn; for one event loop.

    Whoever comes beyond that, or would wait longer than `deadline` seconds, is refused at once and
    told when to come again, rather than kept for an answer that comes too late.

    Attributes:
        running: calls that are being made, whether or not anybody waits for them still.
        waiting: calls whose turn has not come.
        shed: calls that were refused so far.
    """

    def __init__(self, at_once: int, waiting: int, deadline: float) -> None:
        self.at_once = at_once
        self.deadline = deadline
        self.running = 0
        self.waiting = 0
        self.shed = 0
        self._most = waiting
        self._seconds = 0.0
        self._turns = asyncio.Semaphore(at_once)
        self._pool = ThreadPoolExecutor(at_once, "gate")

    def admit(self) -> None:
        """Say that one more call may come.

        Raises:
            Overloaded: too many wait for their turn already.
        """
        if self._turns.locked() and (self.waiting >= self._most or self._wait() > self.deadline):
            raise self._overloaded()

    async def run(
        self, call: Callable[[], Result], request: Request | None = None, *, admitted: bool = False
    ) -> Result:
        """Return what a call returns, made in a thread in its turn.

        With a `request` it is not made when the client has gone away by then. Of whom was admitted
        and has been promised an answer, no call is refused but for the time.

        Raises:
            Overloaded: too many wait for their turn, or it has not come by the deadline.
            ClientDisconnect: the client has gone away.
            Exception: whatever the call raised.
        """
        if not admitted:
            self.admit()
        self.waiting += 1
        try:
            async with asyncio.timeout(self.deadline):
                await self._turns.acquire()
        except TimeoutError:
            raise self._overloaded() from None
        finally:
            self.waiting -= 1
        self.running += 1
        with ExitStack() as turn:
            turn.callback(self._end, monotonic())
            if request and await request.is_disconnected():
                raise ClientDisconnect
            loop = asyncio.get_running_loop()
            made = loop.run_in_executor(self._pool, copy_context().run, call)
            end = turn.pop_all().close

        # A thread goes on when nobody waits for it any more, and has its turn as long as it does.
        def ended(made: asyncio.Future[Result]) -> None:
            end()
            made.exception()  # heard, even if nobody is there

        made.add_done_callback(ended)
        return await asyncio.shield(made)

    def _end(self, begun: float) -> None:
        self._seconds += SMOOTHING * (monotonic() - begun - self._seconds)
        self.running -= 1
        self._turns.release()

    def _wait(self) -> float:
        """Return how long the next to come will wait for its turn, in seconds."""
        return self._seconds * (self.waiting + 1) / self.at_once

    def _overloaded(self) -> Overloaded:
        self.shed += 1
        return Overloaded(max(1, ceil(self._wait())))
