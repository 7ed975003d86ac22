"""Calls take their turn: so many at once, so many waiting; beyond, one is told when to come."""

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.requests import ClientDisconnect, Request

from qa.errors import Overloaded
from tests.awaited import awaited
from web.gate import Gate

GONE = cast(Request, SimpleNamespace(is_disconnected=lambda: asyncio.sleep(0, True)))
HERE = cast(Request, SimpleNamespace(is_disconnected=lambda: asyncio.sleep(0, False)))


class Held:
    """Calls that last until they are let go, noted in the order in which they were made."""

    def __init__(self) -> None:
        self.made: list[int] = []
        self.go = threading.Event()
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def call(self, number: int) -> Callable[[], int]:
        def made() -> int:
            with self._lock:
                self.made.append(number)
                self._now += 1
                self.most = max(self.most, self._now)
            assert self.go.wait(20)
            with self._lock:
                self._now -= 1
            return number

        return made


async def settle(until: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not until():
            await asyncio.sleep(0.001)


def run(test: Callable[[], Coroutine[None, None, None]]) -> None:
    awaited(test())


def test_no_more_than_so_many_run_at_once_and_all_in_turn() -> None:
    async def test() -> None:
        gate, held = Gate(3, 20, 20), Held()
        calls = [asyncio.create_task(gate.run(held.call(number))) for number in range(20)]
        await settle(lambda: (gate.running, gate.waiting) == (3, 17))
        held.go.set()
        assert await asyncio.gather(*calls) == list(range(20))
        assert held.most == 3
        assert (gate.running, gate.waiting, gate.shed) == (0, 0, 0)
        # Those that are let in together begin in any order.
        assert all(abs(place - number) < 3 for place, number in enumerate(held.made))

    run(test)


def test_beyond_those_who_may_wait_whoever_comes_is_told_when_to_come_again() -> None:
    async def test() -> None:
        gate, held = Gate(2, 3, 20), Held()
        calls = [asyncio.create_task(gate.run(held.call(number))) for number in range(5)]
        await settle(lambda: gate.waiting == 3)
        with pytest.raises(Overloaded) as refused:
            await gate.run(held.call(5))
        with pytest.raises(Overloaded):
            gate.admit()
        assert refused.value.seconds >= 1
        assert gate.shed == 2
        held.go.set()
        await asyncio.gather(*calls)
        assert await gate.run(held.call(6)) == 6
        assert 5 not in held.made

    run(test)


def test_nobody_waits_beyond_the_deadline() -> None:
    async def test() -> None:
        gate, held = Gate(1, 10, 0.05), Held()
        first = asyncio.create_task(gate.run(held.call(0)))
        await settle(lambda: gate.running == 1)
        with pytest.raises(Overloaded):
            await gate.run(held.call(1))
        assert gate.waiting == 0
        held.go.set()
        assert await first == 0
        assert held.made == [0]

    run(test)


def test_where_calls_are_slow_fewer_are_let_in_than_might_wait() -> None:
    async def test() -> None:
        gate, held = Gate(1, 1_000, 2.0), Held()
        for _ in range(30):
            await gate.run(partial(time.sleep, 0.1))
        calls = [asyncio.create_task(gate.run(held.call(number))) for number in range(1_000)]
        await settle(lambda: gate.shed > 0 and gate.running == 1)
        # Two seconds are the time of twenty calls of a tenth, as far as thirty have shown it.
        assert 5 < gate.waiting < 60
        held.go.set()
        told = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, int | Overloaded) for one in told)

    run(test)


def test_what_nobody_waits_for_any_more_is_not_made() -> None:
    async def test() -> None:
        gate, held = Gate(1, 1, 20), Held()
        held.go.set()
        with pytest.raises(ClientDisconnect):
            await gate.run(held.call(0), GONE)
        assert await gate.run(held.call(1), HERE) == 1
        assert held.made == [1]

    run(test)


def test_who_goes_away_gives_his_turn_to_another_when_his_call_has_ended() -> None:
    async def test() -> None:
        gate, held = Gate(1, 1, 20), Held()
        gone = asyncio.create_task(gate.run(held.call(0)))
        await settle(lambda: held.made == [0])
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert gate.running == 1
        next = asyncio.create_task(gate.run(held.call(1)))
        await settle(lambda: gate.waiting == 1)
        with pytest.raises(Overloaded):
            gate.admit()
        held.go.set()
        assert await next == 1
        assert held.most == 1
        assert gate.running == 0

    run(test)


def test_what_a_call_raises_when_nobody_waits_for_it_troubles_nobody() -> None:
    async def test() -> None:
        gate, go, troubles = Gate(1, 1, 20), threading.Event(), list[object]()
        asyncio.get_running_loop().set_exception_handler(lambda _, told: troubles.append(told))

        def fail() -> None:
            assert go.wait(20)
            raise LookupError("it")

        gone = asyncio.create_task(gate.run(fail))
        await settle(lambda: gate.running == 1)
        await asyncio.sleep(0.01)
        gone.cancel()
        go.set()
        await settle(lambda: gate.running == 0)
        del gone  # which holds what was raised
        gc.collect()
        assert not troubles

    run(test)


def test_what_a_call_raises_is_raised_and_gives_its_turn_back() -> None:
    def fail() -> None:
        raise LookupError("it")

    async def test() -> None:
        gate = Gate(1, 0, 20)
        for _ in range(3):
            with pytest.raises(LookupError, match="it"):
                await gate.run(fail)
        assert gate.running == 0

    run(test)


def test_a_call_sees_the_context_of_who_made_it() -> None:
    who: ContextVar[str] = ContextVar("who")

    async def test() -> None:
        gate = Gate(2, 2, 20)

        async def ask(name: str) -> str:
            who.set(name)
            return await gate.run(who.get)

        assert [*await asyncio.gather(ask("a"), ask("b"))] == ["a", "b"]

    run(test)
