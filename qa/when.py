"""The time a question asks for, the times a passage speaks of, and how well the two agree.

When an article was published and when what it tells takes place are two things: "targets for 2025"
are published in 2021. A passage agrees by what it speaks of, and an article by its day as well.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from qa.dates import Bound, Expression, bound_of, read_dates
from qa.dates.english import MONTHS
from qa.text import without_titles
from qa.types import AskedTime, Period, Span, Time

PUBLISHED = 0.5
"""What publication within the time asked for is worth where it was named outright ("in 2025"), as
against speaking of it; where it is relative ("last week") both are worth the same."""

HALF_LIFE_DAYS = 30
"""An article this much older than another is half as fresh."""

_WHOLE = Period(None, None)
_DAY = timedelta(1)

# 离车站最近 is nearest, not newest; 近日点 and "recent years" are no time of asking.
_NEWEST = re.compile(
    r"最新(?!世)|(?<!离)最近(?!邻)|近期|近日(?!点)|近来|新近|目前|当前|如今|眼下|當前|近來"
    r"|(?<![出体體呈展表实實发發涌湧浮显顯闪閃再])[现現]在(?![时時])"
    r"|\b(?:(?:the\s+)?(?:latest|newest)|most\s+recent(?:ly)?|recently|lately|currently|nowadays"
    r"|recent(?!\s+(?:years|decades|months|weeks|days|centuries|history|times))"
    r"|(?<!at\s)at\s+present|right\s+now|as\s+of\s+now"
    r"|now(?![-\w]|\s+(?:known|called|named|part|a|an|the)\b))\b",
    re.IGNORECASE,
)
_AT_THE = re.compile(r"\bat\s+$", re.IGNORECASE)  # at the latest
_FROM = re.compile(r"[离離距][^，。？,?]{0,12}$")

_QUARTERS = "一二三四"


def read_time(question: str, as_of: date) -> Time | None:
    """Return what the question, asked on a day, says of time; None if it says nothing.

    Several periods count as one, from the first day to the last; of two that lie one within the
    other the narrower counts. Where a day is named outright, as in the lead of a report, "this
    year" is that day's. Of a title in 《》 nothing is read. "As of March" asks for the newest
    up to the end of March.

    >>> time = read_time("去年三季度的净利润是多少", date(2026, 11, 22))
    >>> time.expression, *map(str, time.period), time.relative, time.latest
    ('去年三季度', '2025-07-01', '2025-09-30', True, False)
    >>> time.words
    ('2025年', '第三季度', 'Q3', 'third quarter')
    """
    text = without_titles(question)
    dates = list(read_dates(text, as_of, "past"))
    reported = next((one.period.date_from for one in dates if _is_named(one)), None)
    if reported:
        dates = list(read_dates(text, reported, "past"))
    newest = _newest(text, dates)
    if not dates and not newest:
        return None
    bounds = [bound_of(text, found) for found in dates]
    spans = sorted([*(found.span for found in dates), *newest])
    period = _WHOLE
    if dates:
        period = _together(_bounded(*pair) for pair in zip(dates, bounds, strict=True))
    return Time(
        spans=tuple(spans),
        expression=" … ".join(span.of(question) for span in spans),
        period=period,
        relative=bool(newest) or (not reported and any(found.relative for found in dates)),
        latest=bool(newest) or "as of" in bounds,
        as_of=as_of,
        words=tuple(word for word in _ways_to_say(period) if word not in question),
    )


def spoken_of(text: str, published: date | None) -> tuple[Period, ...]:
    """Return the periods that a text published on a day speaks of, each once, in order.

    "Since June" speaks of June. Where the year is not said, the nearest one is meant; without
    `published` only what is said in full is read.
    """
    return tuple(dict.fromkeys(one.period for one in read_dates(text, published, "nearest")))


def agreement(time: Time, published: date | None, periods: Iterable[Period]) -> float:
    """Return from 0 to 1 how well a passage agrees with the time asked for.

    Speaking of it counts 1; speaking of a longer time around it, the square root of the share that
    was asked for. Publication within it counts 1 for what is relative and PUBLISHED for the rest.
    0 where no period is asked for.
    """
    if time.period == _WHOLE:
        return 0.0
    spoken = max((_overlap(time.period, period) for period in periods), default=0.0)
    if published is None or not _overlap(time.period, Period(published, published)):
        return spoken
    return max(spoken, 1.0 if time.relative else PUBLISHED)


def asked_for(time: Time, period: Period) -> bool:
    """Say whether a period overlaps the one asked for: of any year, if the question names none."""
    if time.period == _WHOLE or _overlap(time.period, period):
        return True
    begin, end = period
    if _YEAR.search(time.expression) or not begin or not end:
        return False
    years = range(begin.year - 1, end.year + 1)
    return any(_overlap(_moved(time.period, year), period) for year in years)


def elsewhen(time: Time, text: str, published: date | None) -> bool:
    """Say whether a text speaks of times, none of which is the one asked for.

    Of times that are only where another begins or ends, of datelines, and of single days where more
    than that is asked for (most are days of report), nothing is concluded.
    """
    begin, end = _closed(time.period)
    spoken = [
        one.period
        for one in read_dates(text, published, "nearest")
        if bound_of(text, one) is None
        and not _DATELINE.match(text, one.span.end)
        and not ((end - begin) > _REPORTED and _length(one.period) <= _REPORTED)
    ]
    return bool(spoken) and not any(asked_for(time, period) for period in spoken)


_REPORTED = timedelta(3)
_DATELINE = re.compile(r"\s*(?:电|電|讯|訊|消息|报道|報道|刊[发發]|发布|發布|公布)")
# A question that has one of these says which year it means.
_YEAR = re.compile(
    r"\d{4}|[去今明昨近]|[本这這]年|上(?!半)|前(?!三)|最|目前|当前|現|现"
    r"|\b(?:last|this|next|past|previous|ago|yesterday|today|tomorrow|recent|latest|current)",
    re.IGNORECASE,
)


def _moved(period: Period, year: int) -> Period:
    """Return the period as it lies in another year, to which its first day is moved."""
    begin, end = _closed(period)
    years = year - begin.year
    try:
        return Period(begin.replace(year=year), end.replace(year=end.year + years))
    except ValueError:  # 29 February
        return period


def _length(period: Period) -> timedelta:
    begin, end = _closed(period)
    return end - begin


def freshness(published: date | None, newest: date) -> float:
    """Return from 1, for what is as new as `newest`, down to 0, for what is old or without a day.

    It halves every HALF_LIFE_DAYS.
    """
    if published is None:
        return 0.0
    return float(0.5 ** (max((newest - published).days, 0) / HALF_LIFE_DAYS))


def asked_time(time: Time | None) -> AskedTime | None:
    """Return a time as it leaves the house."""
    if time is None:
        return None
    return AskedTime(time.expression, *time.period, time.relative, time.latest, time.as_of)


def _is_named(found: Expression) -> bool:
    """Say whether the words name a day, or days within a month, outright."""
    begin, end = _closed(found.period)
    return not found.relative and (end - begin).days <= 30


def _newest(text: str, dates: Iterable[Expression]) -> list[Span]:
    """Return where the question asks for the newest; 最近三天 is a period already."""
    taken = [found.span for found in dates]
    spans = []
    for match in _NEWEST.finditer(text):
        start, end = match.span()
        if any(start < other.end and other.start < end for other in taken):
            continue
        if _AT_THE.search(text, 0, start) or (match[0] == "最近" and _FROM.search(text, 0, start)):
            continue
        spans.append(Span(start, end))
    return spans


def _bounded(found: Expression, bound: Bound | None) -> Period:
    """Return the period that the words beside it leave open."""
    begin, end = _closed(found.period)
    if bound == "since":
        return Period(begin, None)
    if bound in ("until", "as of"):
        return Period(None, end)
    if bound == "after" and end < date.max:
        return Period(end + _DAY, None)
    if bound == "before" and begin > date.min:
        return Period(None, begin - _DAY)
    return found.period


def _together(periods: Iterable[Period]) -> Period:
    """Return one period for several: the narrower ones, from first to last."""
    unique = list(dict.fromkeys(periods))
    narrow = [
        one for one in unique if not any(_lies_in(other, one) for other in unique if other != one)
    ]
    begins = [begin for begin, _ in narrow if begin]
    ends = [end for _, end in narrow if end]
    # An end that one leaves open is the other's to close: "since 2020 ... as of March".
    period = Period(min(begins, default=None), max(ends, default=None))
    return narrow[0] if begins and ends and min(begins) > max(ends) else period


def _lies_in(one: Period, other: Period) -> bool:
    (begin, end), (since, until) = _closed(one), _closed(other)
    return since <= begin and end <= until


def _closed(period: Period) -> tuple[date, date]:
    return period.date_from or date.min, period.date_to or date.max


def _overlap(asked: Period, spoken: Period) -> float:
    (begin, end), (since, until) = _closed(asked), _closed(spoken)
    common = (min(end, until) - max(begin, since)).days + 1
    return float((max(common, 0) / ((until - since).days + 1)) ** 0.5)


def _ways_to_say(period: Period) -> tuple[str, ...]:
    """Return how a day, month, quarter, half or year is said in Chinese and English."""
    begin, end = period
    if begin is None or end is None or begin.year != end.year:
        return ()
    year, month = begin.year, begin.month
    if begin == end:
        name = MONTHS[month - 1].capitalize()
        return (
            f"{year}年",
            f"{month}月{begin.day}日",
            f"{name} {begin.day}",
            f"{begin.day} {name}",
        )
    if begin.day != 1 or (end < date.max and (end + _DAY).day != 1):
        return ()
    first = (f"{year}年",)
    match end.month - month + 1, month:
        case 1, _:
            return (*first, f"{month}月", MONTHS[month - 1].capitalize())
        case 3, 1 | 4 | 7 | 10:
            nth = month // 3
            ordinal = ("first", "second", "third", "fourth")[nth]
            quarter = f"{_QUARTERS[nth]}季度"
            return (*first, f"第{quarter}", quarter, f"Q{nth + 1}", f"{ordinal} quarter")
        case 6, 1:
            return (*first, "上半年", "first half", "H1")
        case 6, 7:
            return (*first, "下半年", "second half", "H2")
        case 12, 1:
            return (*first, str(year))
        case _:
            return first
