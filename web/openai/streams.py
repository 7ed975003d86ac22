"""A stream's blocks, which take work to make, to one that is sent as they are made, to its end."""

import logging
import threading
from asyncio import get_running_loop
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from functools import partial
from typing import Any

from fastapi.concurrency import run_in_threadpool

from qa.errors import Overloaded
from web.gate import Gate
from web.openai.errors import error
from web.problems import foreseen, problem

logger = logging.getLogger(__name__)

Failure = Callable[[Mapping[str, Any]], bytes]
"""Returns what a stream ends with that this error broke off."""


async def sent(
    blocks: Iterator[bytes], failure: Failure, gate: Gate, *, writes: bool
) -> AsyncGenerator[bytes, None]:
    """Yield the blocks, made in threads, those that take work in their turn; or why there are none.

    The second takes it, and where a language model `writes` those that follow.
    """
    drawing = _Drawing(_to_its_end(blocks, failure))
    number = 0
    try:
        while (block := await _next(drawing, gate, number == 1 or (number > 1 and writes))) != b"":
            yield block
            number += 1
    finally:
        # What the engine does to end may take its time, and others are being served here.
        get_running_loop().run_in_executor(None, drawing.close)


async def _next(drawing: "_Drawing", gate: Gate, working: bool) -> bytes:
    if not working:
        return await run_in_threadpool(drawing.draw)
    try:
        return await gate.run(drawing.draw, admitted=True)
    except Overloaded as overloaded:
        return await run_in_threadpool(partial(drawing.fail, overloaded))


class _Drawing:
    """Blocks that threads draw one at a time."""

    def __init__(self, blocks: Generator[bytes, None, None]) -> None:
        self._blocks = blocks
        self._lock = threading.Lock()

    def draw(self) -> bytes:
        """Return the next, nothing behind the last."""
        with self._lock:
            return next(self._blocks, b"")

    def fail(self, error: Exception) -> bytes:
        """Return what is told of an error from without, which is the last."""
        with self._lock:
            return self._blocks.throw(error)

    def close(self) -> None:
        """End what is being done for them."""
        with self._lock:
            self._blocks.close()


def _to_its_end(blocks: Iterator[bytes], failure: Failure) -> Generator[bytes, None, None]:
    try:
        yield from blocks
    except Exception as broken:
        # The status line is long gone: whatever happens now can only be told inside the stream.
        if not foreseen(broken):
            logger.exception("a stream of events broke off")
        yield failure(error(problem(broken)))
