"""A question asked of one time to the same question asked of another."""

import re
from datetime import date

from qa.dates import read_dates
from qa.types import Span

_ANY_DAY = date(2024, 2, 29)
"""Where words of time stand does not depend on the day."""

# What comes again, or lacks its year, and yet is a time to ask for.
_RECURRING = re.compile(
    r"(?:周|週|星期|礼拜|禮拜)[一二三四五六日天末](?!期)|平日|节假日|節假日|假日|上一?年|前一年|次年|下一年"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\bweek(?:end|day)s?\b"
    r"|\b(?:first|second|third|fourth)\s+(?:quarter|half)\b",
    re.IGNORECASE,
)
_BARE_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR = re.compile(
    r"(?:19|20)\d\d年?|[去今明前]年|上一?年|前一年|[次下]一?年|\b(?:last|this|next)\s+year\b",
    re.IGNORECASE,
)
_PART_OF_YEAR = re.compile(r"季度|半年|月|\b(?:quarter|half)\b", re.IGNORECASE)
_LED = re.compile(
    r"\b(?:in|by|for|on|since|until|before|after|during|at|from|through)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_HAN = re.compile(r"[㐀-鿿]")


def times(text: str) -> tuple[Span, ...]:
    """Return where the text speaks of time, in order, disjoint."""
    found = [one.span for one in read_dates(text, _ANY_DAY, "past")]
    found += [Span(*one.span()) for one in _RECURRING.finditer(text)]
    if _BARE_YEAR.fullmatch(text):
        found.append(Span(0, len(text)))
    joined: list[Span] = []
    for span in sorted(found):
        if joined and span.start < joined[-1].end:
            span = Span(joined[-1].start, max(span.end, joined.pop().end))
        joined.append(span)
    return tuple(joined)


def led(text: str, span: Span) -> Span:
    """Return the place of a time with the English preposition before it, if there is one."""
    lead = _LED.search(text, 0, span.start)
    return Span(lead.start(), span.end) if lead else span


def retimed(question: str, said: str, new: Span) -> str:
    """Return the question asked of another time, which stands in `said`, in place of its own.

    What the new time lacks stays: the year of a quarter, the quarter of a year, the preposition.

    >>> retimed("云帆制冷2024年二季度的净利润是多少", "一季度", Span(0, 3))
    '云帆制冷2024年一季度的净利润是多少'
    >>> retimed("what targets did Shanghai set for 2025", "by 2035", Span(3, 7))
    'what targets did Shanghai set by 2035'
    """
    own = times(question)
    if not own:
        return _added(question, led(said, new).of(said))
    place, words = _fitted(question, _like(question, own, new.of(said)), new.of(said))
    if led(said, new) != new and led(question, place) != place:
        words = said[led(said, new).start : new.start] + words
        place = led(question, place)
    elif _YEAR.match(words) and not words[0].isdigit():  # "in 2023" gives way to "last year"
        place = led(question, place)
    return question[: place.start] + words + question[place.end :]


def _added(question: str, said: str) -> str:
    if _HAN.search(question):
        return said + question
    return f"{question.rstrip(' ?.!')} {said}?"


def _like(question: str, own: tuple[Span, ...], new: str) -> Span:
    """Return which of the question's times is of the new one's kind: with a year, or without."""
    dated = bool(_YEAR.search(new))
    return next((one for one in own if bool(_YEAR.search(one.of(question))) == dated), own[0])


def _fitted(question: str, place: Span, new: str) -> tuple[Span, str]:
    """Return the part of a time that the new one replaces, and how it is written there."""
    old = place.of(question)
    year = _YEAR.search(old)
    if _YEAR.fullmatch(new):
        if year:
            place = Span(place.start + year.start(), place.start + year.end())
        if _BARE_YEAR.match(new) and _BARE_YEAR.match(place.of(question)):
            new = new[:4] + place.of(question)[4:]
    elif year and _PART_OF_YEAR.search(new) and not _YEAR.search(new):
        if _HAN.search(old):
            return place, year[0] + new
        the = "" if question[: place.start].endswith("the ") else "the "
        new = f"{the}{new} of {year[0]}"
    return place, new
