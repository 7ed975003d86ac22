"""The times that are written of, to whether what is cited speaks of them."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from qa.checking.evidence import Cited, Evidence, in_plain
from qa.types import Period
from qa.when import spoken_of

_DAY = re.compile(r"(?<![月\d.])(\d{1,2})日(?![本元均报報益常前后後夜])")
"""A day of which only the number is said, as in reports of the same week: 台风7日登陆."""


def are_spoken_of(written: str, evidence: Evidence) -> bool:
    """Say whether each time that is written of holds one that is cited."""
    cited = {*evidence.periods, *(day for one in evidence.cited for day in _bare_days(one))}
    return any(
        all(any(_holds(outer, inner) for inner in cited) for outer in spoken_of(written, day))
        for day in {one.day for one in evidence.cited}
    )


def days_of(evidence: Evidence) -> Iterator[tuple[int, int | None, int | None]]:
    """Yield the years that are cited, with month and day where a single one is meant."""
    for begin, end in (*evidence.periods, *(p for one in evidence.cited for p in _bare_days(one))):
        if begin is None or end is None:
            continue
        month = begin.month if begin.replace(day=1) == end.replace(day=1) else None
        yield begin.year, month, begin.day if begin == end else None
        yield end.year, month, None


def _bare_days(cited: Cited) -> Iterator[Period]:
    if cited.day:
        for found in _DAY.finditer(in_plain(cited.text)):
            if day := _last(int(found[1]), cited.day):
                yield Period(day, day)


def _last(day: int, until: date) -> date | None:
    """Return the last such day of a month: a report of the 8th says 7日 and means the month's."""
    month = until if day <= until.day else until.replace(day=1) - timedelta(1)
    try:
        return month.replace(day=day)
    except ValueError:
        return None


def _holds(outer: Period, inner: Period) -> bool:
    begins = outer.date_from is None or (
        inner.date_from is not None and outer.date_from <= inner.date_from
    )
    return begins and (
        outer.date_to is None or (inner.date_to is not None and inner.date_to <= outer.date_to)
    )
