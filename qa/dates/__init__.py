"""Words to days: the dates that Chinese and English sentences speak of.

Each rule is a pattern and a reader of what it matched. What is vague ("in recent years"), counted
otherwise (fiscal years, lunar months, years before our era) or only looks like a date ("May I",
"2008 employees", 十年前年产) is not read: no date is better than a wrong one.

The parsers there are were tried on 30 expressions and 26 look-alikes. dateparser 1.5 gives moments
for periods and takes "May I", "2008 employees" and "iPhone 15" for dates; recognizers-text 1.0.2a2
reads English well, but is an alpha of 2019 that does not import beside today's emoji package and
takes 21 ms a sentence; JioNLP 1.5 reads simplified Chinese alone, no open ends, in 13 ms a passage,
and brings 170 MB; timefhuman 0.1.5 read two rightly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from qa.dates import chinese, english
from qa.dates.said import Match, Said, Toward, begin
from qa.types import Period, Span

Bound = Literal["since", "until", "as of", "after", "before"]
"""What words make of the days beside them: all but the last two include these."""

_RULES = (*chinese.RULES, *english.RULES)


@dataclass(frozen=True, slots=True)
class Expression:
    """Words that name a period.

    Attributes:
        period: the days they name, without what stands beside them: June for "since June".
        relative: whether they name other days on another day.
        ranged: whether they name a first and a last: 7月至9月.
    """

    span: Span
    period: Period
    relative: bool
    ranged: bool = False


class _Found(NamedTuple):
    span: Span
    said: Said


def read_dates(text: str, today: date | None, toward: Toward) -> Iterator[Expression]:
    """Yield the expressions in `text` in order; none overlap. Without `today` only absolute ones.

    >>> for found in read_dates("去年三季度 / since 2019", date(2026, 11, 22), "past"):
    ...     print(*found.period)
    2025-07-01 2025-09-30
    2019-01-01 2019-12-31
    """
    plain = _plain(text)
    found = _found(plain, today)
    known: tuple[int, int] | None = None
    at = 0
    while at < len(found):
        (start, end), said = found[at]
        at += 1
        if said.lacks_year:
            # "In 2023 ... in July": the year said before goes on.
            said = said._replace(years=known, relative=known is None)
        period, reach = said.period(today, toward), None
        if period and at < len(found) and _joined(plain, start, end, found[at].span.start):
            (_, end_of_last), last = found[at]
            if reach := _reach(said, last, today, toward):
                own = said.relative and (last.lacks_year or last.relative)
                said = said._replace(relative=own or last.relative)
                period, end = reach, end_of_last
                at += 1
        if period:
            if said.years and said.years[0] == said.years[1]:
                known = said.years
            yield Expression(Span(start, end), period, said.relative, reach is not None)


def bound_of(text: str, found: Expression) -> Bound | None:
    """Return what the words beside a date make of it."""
    if found.ranged:
        return None
    plain, (start, end) = _plain(text), found.span
    # The words before count first: 截至6月30日止 tells the state of that day.
    beside = _LEAD.search(plain, max(0, start - 32), start) or _TRAIL.match(plain, end)
    bound = _BOUNDS[beside.lastgroup] if beside else None
    # A deadline is the last day on which the thing may be done.
    one_day = found.period.date_from == found.period.date_to
    return "until" if bound == "before" and one_day else bound


def _plain(text: str) -> str:
    # Looking first is ten times as fast as translating what needs none.
    return text.translate(_PLAIN) if _NOT_PLAIN.search(text) else text


def _found(plain: str, today: date | None) -> list[_Found]:
    """Return what the rules read, in order; of what overlaps the first, then the longest."""
    found = []
    lower = plain.lower()
    for pattern, read, cues in _RULES:
        for cue in cues:
            if cue in lower:
                break
        else:
            continue
        for match in pattern.finditer(plain):
            if _is_whole(match):
                try:
                    said = read(Match(match, today))
                except (ValueError, OverflowError):  # beyond the calendar, or no day to reckon from
                    continue
                if said:
                    found.append(_Found(Span(*match.span()), said))
    found.sort(key=lambda one: (one.span.start, -one.span.end))
    kept: list[_Found] = []
    for one in found:
        if not kept or one.span.start >= kept[-1].span.end:
            kept.append(one)
    return kept


def _reach(first: Said, last: Said, today: date | None, toward: Toward) -> Period | None:
    """Return the period from one date to another, which lend each other the year they lack."""
    if first.relative and first.whole is None and last.years and not last.relative:
        first = first._replace(years=last.years)
    begins = first.period(today, toward)
    if begins is None:
        return None
    year = begin(begins).year
    # Without a year of its own the end is in the year of the beginning or, if need be, in the next.
    ends = ((year, year), (year + 1, year + 1)) if last.lacks_year else (last.years,)
    for years in ends:
        period = last._replace(years=years).period(today, toward)
        if period and begins <= period:
            return Period(begins.date_from, period.date_to)
    return None


# Digits and marks of full width, and the traditional characters of time words, one for one.
_FOLDED = "０１２３４５６７８９／．－○零週個號後兩來當這過從禮紀於間時為開離據較歲萬幾國與農曆陰舊"
_PLAIN = str.maketrans(
    _FOLDED, "0123456789/.-〇〇周个号后两来当这过从礼纪于间时为开离据较岁万几国与农历阴旧"
)
_NOT_PLAIN = re.compile(f"[{_FOLDED}]")

_PART_OF_MORE = re.compile(r"[A-Za-z0-9][-/]|\d[.,:]|.?[$€£¥#前第每哪]")
_OTHER_CALENDARS = (
    "财年",
    "农历",
    "阴历",
    "夏历",
    "旧历",
    "fiscal",
    "financial",
    "fiscal year",
    "financial year",
)
_NOT_BEFORE = re.compile(
    r"\s?(?:财年|财政年度|财季|学年|fiscal|financial\s+year|B\.?\s?C)|[-,.]?\d|%|％|-[A-Za-z]",
    re.IGNORECASE,
)
_COUNTING = frozenset("〇零一二三四五六七八九两十百千万亿几数")

_LEAD = re.compile(
    r"(?:(?P<as_of>截[至止]到?|截止至|\bas\s+(?:of|at))|(?P<until>直[到至]|\b(?:until|till|up\s+to))"
    r"|(?P<since>(?<![来各独亲擅])自从?|\bsince)|(?P<after>\bafter)"
    r"|(?P<before>\b(?:before|prior\s+to)))"
    r"\s*(?:the\s+)?(?:(?:early|late|mid|end\s+of|beginning\s+of|start\s+of)[\s-]*(?:the\s+)?)?$",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"[初中底末]?的?(?:(?P<since>以来|至今|迄今|到现在|到目前|起(?![火诉义源草点步伏始飞来作因])"
    r"|\s+onwards?\b|\s+to\s+(?:date|now|the\s+present|present)\b)"
    r"|(?P<after>之后|以后|后(?![半期勤续者人来天]))"
    r"|(?P<before>之前|以前|前(?![半期十三夕锋者任后]))|(?P<until>为止|止))",
    re.IGNORECASE,
)
_BOUNDS: dict[str | None, Bound] = {
    "since": "since",
    "until": "until",
    "as_of": "as of",
    "after": "after",
    "before": "before",
}
_UP_TO = re.compile(
    r"\s*(?:至|到|[-—–~～/]{1,2}|\b(?:to|through|until|till)\b)\s*"
    r"(?:the\s+)?(?:(?:early|mid|late)[\s-])?",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:and|与|和)\s*(?:(?:early|mid|late)[\s-])?", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\bbetween|介于|在)\s*(?:(?:early|mid|late)[\s-])?$", re.IGNORECASE)


def _is_whole(match: re.Match[str]) -> bool:
    """Say whether the match is no part of a longer word or number, or another calendar's date."""
    text, (start, end) = match.string, match.span()
    before, first = text[start - 1 : start], text[start]
    last, after = text[end - 1], text[end : end + 1]
    if first.isascii() and before.isascii() and before.isalnum():
        return False
    if last.isascii() and last.isalpha() and after.isascii() and after.isalpha():
        return False
    if before and before in _COUNTING and first in _COUNTING:
        return False
    if _PART_OF_MORE.fullmatch(text, max(0, start - 2), start):
        return False
    if text[max(0, start - 16) : start].rstrip().lower().endswith(_OTHER_CALENDARS):
        return False
    return _NOT_BEFORE.match(text, end) is None


def _joined(plain: str, start: int, end: int, following: int) -> bool:
    """Say whether the words between two dates make them the ends of one period."""
    if _UP_TO.fullmatch(plain, end, following):
        return True
    between = _BETWEEN.search(plain, max(0, start - 16), start)
    return bool(between and _AND.fullmatch(plain, end, following))
