"""Connections to those whose clients keep pace: who sends or takes too slowly is hung up on.

uvicorn waits without end for the rest of a request, and for a client to take what it was sent.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_SECONDS = 20.0
ENOUGH_BYTES = 20_000
"""Within each such time that many bytes must move, or what is left of a request or an answer: a
kilobyte a second, where the slowest telephones have ten. A head is shorter, and comes in one."""

LOOKS = 4
"""How often within that time each connection is looked at, so a client may take a quarter more."""


class Patience(H11Protocol):
    """uvicorn's protocol, with an end to its patience; name it as `http` to uvicorn.

    It is the client who is waited for while its request is not whole, or while what it was sent
    waits for it to be taken and there is nothing to add. Whoever waits for an answer waits on.
    """

    patience: float = PATIENCE_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._looking: asyncio.TimerHandle | None = None
        self._waiting: object = None
        self._since = 0.0
        self._came = 0
        self._left = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look after a connection."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Take what was sent."""
        self._came += len(data)
        super().data_received(data)

    def resume_writing(self) -> None:
        """Send on, for the client has taken most of what waited for it."""
        self._waiting = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look after it no more."""
        if self._looking:
            self._looking.cancel()
        self._looking = None
        super().connection_lost(exc)

    def _look(self) -> None:
        now, waiting = self.loop.time(), self._waits_for()
        left = self.transport.get_write_buffer_size()
        moved = max(self._came, self._left - left)
        if waiting != self._waiting or moved >= ENOUGH_BYTES:
            self._waiting, self._since, self._came, self._left = waiting, now, 0, left
        elif waiting and now - self._since >= self.patience:
            self.transport.abort()
            return
        self._looking = self.loop.call_later(self.patience / LOOKS, self._look)

    def _waits_for(self) -> object:
        """Return what the client is to do, another for each request, None if it is not its turn."""
        answered = self.cycle is None or self.cycle.response_complete
        taking = (self.flow.write_paused or answered) and self.transport.get_write_buffer_size() > 0
        sending = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.flow.read_paused
        if not (taking or sending):
            return None
        return self.cycle, self.conn.their_state, taking
