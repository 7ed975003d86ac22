"""Questions on their way through processes with so many cores -> when each is answered."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

Visit = tuple[int, float]
"""The number of a group, or APART where time passes without a core; seconds."""
APART = -1


@dataclass(frozen=True, slots=True)
class Group:
    """Alike processes. A question goes to that with the fewest, and comes back to the same."""

    processes: int
    cores: int


class Network:
    """Groups, and the questions on their way through them; who finds no free core waits its turn.

    Forty lines over a heap: simpy's generators would read no better, run several times as long,
    and be one more package.
    """

    def __init__(self, groups: Sequence[Group], path: Callable[[int], Sequence[Visit]]) -> None:
        self._path = path
        self._free = [[group.cores] * group.processes for group in groups]
        self._held = [[0] * group.processes for group in groups]
        self._waiting = [[deque[int]() for _ in range(group.processes)] for group in groups]
        self._asked: list[float] = []
        self._ahead: list[deque[Visit]] = []
        self._chosen: list[dict[int, int]] = []
        self._over: list[tuple[float, int, int]] = []

    def run(self, arrivals: Iterable[float], again: int = 0) -> list[tuple[float, float]]:
        """Return the seconds at which each question was asked and answered, by the latter.

        `again` more are asked, each as soon as one is answered: so many clients as arrivals.
        """
        for moment in arrivals:
            self._ask(moment)
        answered: list[tuple[float, float]] = []
        while self._over:
            now, number, group = heappop(self._over)
            if group != APART:
                self._free_core(now, group, self._chosen[number][group])
            if self._ahead[number]:
                self._enter(now, number)
                continue
            answered.append((self._asked[number], now))
            for group, process in self._chosen[number].items():
                self._held[group][process] -= 1
            if again:
                again -= 1
                self._ask(now)
        return answered

    def _ask(self, moment: float) -> None:
        number = len(self._asked)
        self._asked.append(moment)
        self._ahead.append(deque(self._path(number)))
        self._chosen.append({})
        heappush(self._over, (moment, number, APART))

    def _enter(self, now: float, number: int) -> None:
        group, seconds = self._ahead[number][0]
        if group == APART:
            self._ahead[number].popleft()
            heappush(self._over, (now + seconds, number, APART))
            return
        process = self._chosen[number].get(group, -1)
        if process < 0:
            held = self._held[group]
            self._chosen[number][group] = process = held.index(min(held))
            held[process] += 1
        if self._free[group][process]:
            self._free[group][process] -= 1
            self._begin(now, number)
        else:
            self._waiting[group][process].append(number)

    def _begin(self, now: float, number: int) -> None:
        group, seconds = self._ahead[number].popleft()
        heappush(self._over, (now + seconds, number, group))

    def _free_core(self, now: float, group: int, process: int) -> None:
        if waiting := self._waiting[group][process]:
            self._begin(now, waiting.popleft())
        else:
            self._free[group][process] += 1
