"""A coroutine to what it returns, beside whatever event loop this thread may have running."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def awaited(coroutine: Coroutine[None, None, Result]) -> Result:
    """Return what comes of a coroutine, run in a thread and an event loop of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
