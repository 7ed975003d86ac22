"""Who asks, and how often, to how long to wait if it is too often.

Each worker process counts for itself what comes to it: of several each lets its share through, the
rate divided by their number and at least 1. Requests fall to them as they please, so that a client
of a single connection, which stays with one worker, has no more than that share.
"""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from time import monotonic

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

MOST = 1_000_000
"""Requests that are remembered, of everybody: 8 MB. Who has asked nothing for longest is forgotten
first, and may begin anew; who asks too often is not, for that he asks."""

PLACE = 50
"""How many requests somebody's place among the others weighs, beside those he made: 400 bytes."""


class Rates:
    """Counts the requests of everybody, by a moving window; for one event loop."""

    def __init__(self, rate: str, workers: int) -> None:
        self._rate = rate
        self._workers = workers
        self._limiter = MovingWindowRateLimiter(_Moments())

    def wait(self, who: str, rate: str = "") -> int:
        """Count a request, by the bounds that all have or by somebody's own `rate`.

        Returns 0, or if there were too many and it is not counted, in how many seconds one may be
        made again.
        """
        bounds = _bounds(rate or self._rate, self._workers)
        stats = [self._limiter.get_window_stats(bound, who) for bound in bounds]
        full = [free for free, left in stats if left < 1]
        if full:
            # A little more than it is, for the sum of two moments is not exact.
            return int(max(full) - monotonic() + 0.01) + 1
        for bound in bounds:
            self._limiter.hit(bound, who)
        return 0


def address(scope: Scope) -> str:
    """Return from where a request comes: of IPv6 the network, where one client has any number."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        at = ip_address(host)
    except ValueError:
        return str(host)
    if not isinstance(at, IPv6Address):
        return str(at)
    return str(at.ipv4_mapped or IPv6Address(int(at) >> 64 << 64))


@lru_cache(maxsize=1_024)
def _bounds(rate: str, workers: int) -> tuple[RateLimitItem, ...]:
    """Return a worker's share of each bound, that of the shortest time first."""
    bounds = parse_many(rate) if rate else []
    # Once each, for what two count under the same name would be counted twice.
    return tuple(sorted({type(one)(max(1, one.amount // workers)) for one in bounds}))


class _Moments(MemoryStorage):
    """The library's store, of a bounded size: its own forgets nobody who came once.

    That has, too, a thread that looks through everybody as often as a hundred times a second; here
    only who asks is looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self._made: OrderedDict[str, array[float]] = OrderedDict()
        self._weight = 0

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Remember that this many requests are made now, unless that is too many."""
        now = monotonic()
        made = self._made.setdefault(key, array("d"))
        self._made.move_to_end(key)
        self._weight += 0 if made else PLACE
        past = bisect_right(made, now - expiry)
        del made[:past]
        taken = amount if len(made) + amount <= limit else 0
        made.extend([now] * taken)
        self._weight += taken - past
        while self._weight > MOST:
            _, forgotten = self._made.popitem(last=False)
            self._weight -= PLACE + len(forgotten)
        return taken == amount

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """Return when the first of those that count was made, and how many there are."""
        made = self._made.get(key, array("d"))
        if made:
            self._made.move_to_end(key)
        past = bisect_right(made, monotonic() - expiry)
        return (made[past] if past < len(made) else monotonic()), len(made) - past
