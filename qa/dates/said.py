"""What was said of a date, to days: years, months and days as said, and reckoning from today."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal, NamedTuple

from qa.types import Period

Toward = Literal["past", "nearest"]
"""Which October is meant where no year is said: the last one begun, or the one nearest."""

LONGEST_AGO = 100
"""Years; what lies further back (6600万年前) is no date."""


class Said(NamedTuple):
    """The parts of a date that were said.

    Attributes:
        years: the first and last; None: not said.
        days: the first day of the first month and the last of the last; 0 is the month's last.
        relative: whether they were reckoned from today.
        whole: the period itself, where years, months and days cannot tell it.
    """

    years: tuple[int, int] | None = None
    months: tuple[int, int] = (1, 12)
    days: tuple[int, int] = (1, 0)
    relative: bool = False
    whole: Period | None = None

    @property
    def lacks_year(self) -> bool:
        """Whether the year is for others to say."""
        return self.years is None and self.whole is None

    def period(self, today: date | None, toward: Toward) -> Period | None:
        """Return the days meant; None if there are none such, or no telling without `today`."""
        if self.whole:
            return self.whole
        if self.years:
            return self._in(*self.years)
        if today is None:
            return None
        near = (self._in(year, year) for year in range(today.year - 1, today.year + 2))
        periods = [period for period in near if period]
        if toward == "nearest":
            return min(periods, key=lambda period: _distance(period, today), default=None)
        return max((one for one in periods if begin(one) <= today), key=begin, default=None)

    def _in(self, first: int, last: int) -> Period | None:
        try:
            start = date(first, self.months[0], self.days[0])
            end = date(last, self.months[1], self.days[1] or monthrange(last, self.months[1])[1])
        except ValueError:  # 30 February, or the year 0
            return None
        return Period(start, end) if start <= end else None


def _distance(period: Period, today: date) -> timedelta:
    """Return how far a day lies outside a period."""
    return max(begin(period) - today, today - (period.date_to or today), timedelta())


def begin(period: Period) -> date:
    """Return the first day."""
    return period.date_from or date.min


class Match:
    """What a rule's pattern matched, what stands beside it, and the day it was said."""

    def __init__(self, match: re.Match[str], today: date | None) -> None:
        self._match = match
        self._today = today

    def __getitem__(self, group: str) -> str:
        """Return what a group holds: "" if nothing, or if the pattern has no such group."""
        return (self._match[group] or "") if group in self._match.re.groupindex else ""

    @property
    def words(self) -> str:
        """All that was matched."""
        return self._match[0]

    @property
    def today(self) -> date:
        """The day the words were said.

        Raises:
            ValueError: it is not known, so nothing can be reckoned from it.
        """
        if self._today is None:
            raise ValueError("relative words, and no day on which they were said")
        return self._today

    def after(self, pattern: re.Pattern[str]) -> bool:
        """Say whether the pattern matches what follows."""
        return pattern.match(self._match.string, self._match.end()) is not None

    def before(self, pattern: re.Pattern[str]) -> bool:
        """Say whether the pattern, which ends in $, matches what comes before."""
        start = self._match.start()
        return pattern.search(self._match.string, max(0, start - 24), start) is not None


class Rule(NamedTuple):
    """A way to say a date.

    Attributes:
        read: turns a match into what it says, or None if it is no date after all; may raise
            ValueError or OverflowError for what lies beyond the calendar.
        cues: every match holds one of them, in lower case; a text without is not searched. (Over
            passages of 300 characters that alone makes reading three times as fast.)
    """

    pattern: re.Pattern[str]
    read: Callable[[Match], Said | None]
    cues: tuple[str, ...]


def rule(pattern: str, read: Callable[[Match], Said | None], *cues: str) -> Rule:
    """Return the rule of a pattern, in which case does not matter."""
    return Rule(re.compile(pattern, re.IGNORECASE), read, cues)


def quarter(number: int) -> tuple[int, int]:
    """Return the first and last month of a quarter."""
    return 3 * number - 2, 3 * number


def on_day(today: date, shift: int) -> Said:
    """Return the day so many from today."""
    day = today + timedelta(shift)
    return Said(whole=Period(day, day), relative=True)


def on_weekday(today: date, weekday: int) -> Said:
    """Return the last such day of the week, today included; Monday is 0."""
    return on_day(today, -((today.weekday() - weekday) % 7))


def in_week(today: date, shift: int, weekdays: tuple[int, int] = (0, 6)) -> Said:
    """Return the week so many from this one, or some days of it; it begins on Monday."""
    monday = today + timedelta(7 * shift - today.weekday())
    first, last = (monday + timedelta(weekday) for weekday in weekdays)
    return Said(whole=Period(first, last), relative=True)


def in_unit(today: date, unit: str, shift: int) -> Said:
    """Return the day, week, month, quarter or year so many from today's."""
    if unit == "day":
        return on_day(today, shift)
    if unit == "week":
        return in_week(today, shift)
    size = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (12 * today.year + today.month - 1) // size * size + shift * size
    year, month = divmod(first, 12)
    return Said((year, year), (month + 1, month + size), relative=True)


def last_units(today: date, count: int, unit: str) -> Said:
    """Return the so many days, weeks, months, quarters, years or decades that end today."""
    if unit in ("day", "week"):
        days = count * (7 if unit == "week" else 1)
        return Said(whole=Period(today - timedelta(days - 1), today), relative=True)
    months = count * {"month": 1, "quarter": 3, "year": 12, "decade": 120}[unit]
    year, month = divmod(12 * today.year + today.month - 1 - months, 12)
    same_day = date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    return Said(whole=Period(same_day + timedelta(1), today), relative=True)


def units_ago(today: date, count: int, unit: str) -> Said | None:
    """Return the day, week, month or year so many ago; None if that is longer than news goes."""
    return None if unit == "year" and count > LONGEST_AGO else in_unit(today, unit, -count)
