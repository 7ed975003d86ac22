"""Server-sent events to those of `qa.types`, and what to do where the connection is lost."""

from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic import TypeAdapter, ValidationError

from qa.client.problem import Problem, told, unreadable
from qa.types import Done, Event, Meta, Source, Statement

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each attempt to take a stream up again: within the half minute that it is kept."""

_KINDS: Mapping[str, TypeAdapter[Any]] = {
    "meta": TypeAdapter(Meta),
    "source": TypeAdapter(Source),
    "statement": TypeAdapter(Statement),
    "done": TypeAdapter(Done),
}


class Listening:
    """How far a stream has been heard, and how often it was lost.

    Attributes:
        over: its last event has come.
    """

    def __init__(self, patience: float) -> None:
        self.over = False
        self._patience = patience
        self._last = ""
        self._lost = 0

    @property
    def headers(self) -> dict[str, str]:
        """What has the server go on behind the last event that came."""
        return {"Last-Event-ID": self._last} if self._last else {}

    def take(self, sent: httpx2.ServerSentEvent) -> Event | None:
        """Return the event that was sent, None if it is of no kind that is known.

        Raises:
            Problem: it says that there is no answer, or cannot be read.
        """
        if not sent.data:
            return None  # the beginning of one that was cut off, or an id alone
        try:
            if sent.event == "error":
                self._last = ""  # Nothing follows it: what is asked again is answered anew.
                raise told(sent.data)
            kind = _KINDS.get(sent.event)
            event: Event | None = kind.validate_json(sent.data, strict=True) if kind else None
        except ValidationError as error:
            raise unreadable(200, error) from error
        self._last = sent.id
        self.over = isinstance(event, Done)
        return event

    def pause(self, problem: Problem) -> float:
        """Return the seconds after which to try again.

        Raises:
            Problem: this one, for it will not pass, or was waited out before.
        """
        # A server that is started again says 503 until it is ready.
        lost = problem.status == 0 or (problem.status == 503 and problem.retry_after is None)
        if self._last and lost and self._lost < len(PAUSES):
            self._lost += 1
            return PAUSES[self._lost - 1]
        seconds = problem.wait(self._patience)
        if seconds is None:
            raise problem
        self._patience = -1.0  # once
        return seconds


def broken_off() -> Problem:
    """Return the problem of a stream that ended before its last event."""
    return Problem(0, "The connection was lost", "the answer broke off before its end")
