"""A sentence to the values it gives: numbers with a unit, what they count, and for which time.

What states no value of its own is left out: what one is compared with (高于7月的8.9%, "from
3 million"), what is denied (而不是1.45亿元), ranges, and numbers told in one go of several things
(分别增长5%、7%).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from qa.dates import Expression, read_dates
from qa.simplified import normal
from qa.text import without_titles
from qa.types import Period, Span
from qa.values.modifiers import Bound, bound_of, change_of, is_bare, is_compared, is_target
from qa.values.quantities import Quantity, read_quantities


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its unit, as a sentence gives it.

    Attributes:
        span: where number and unit stand in the text.
        amount: in that unit; of a fall, negative.
        step: what one more in the last digit written would add: ten million in 3.2亿元.
        unit: one name in both languages: 元, %, 百分点, 人 ...; 个 for things that are counted;
            empty where only a scale is written (3.2亿).
        change: whether something grew or fell by so much.
        target: whether it is planned or expected rather than reached.
        lead: the words of its clause before it; where they only say how it changed or came about
            (同比增长, 达到), those of the clause before too.
        trail: the words of its clause after it.
        period: the days it speaks of, as far as its sentence tells.
    """

    span: Span
    amount: Decimal
    step: Decimal
    unit: str
    bound: Bound
    change: bool
    target: bool
    lead: str
    trail: str
    period: Period | None


def read_values(text: str, published: date | None) -> tuple[Value, ...]:
    """Return the values that a sentence gives, in order; "last year" is reckoned from `published`.

    >>> for value in read_values("营收约3.2亿元，下降5%；目标为350 million yuan", None):
    ...     print(value.amount, value.unit, value.bound, value.change, value.target)
    320000000 元 about False False
    -5 % exact True False
    350000000 元 exact False True
    """
    plain = normal(without_titles(text))
    dates = list(read_dates(plain, published, "past"))
    found = [one for one in read_quantities(plain) if not _within(one.span, dates)]
    ends = [0, *(one.span.end for one in found)]
    starts = [*(one.span.start for one in found), len(plain)]
    values: list[Value] = []
    for at, quantity in enumerate(found):
        room = Span(ends[at], starts[at + 1])
        if _states(plain, quantity.span, room):
            values.append(_value(plain, quantity, room, dates, values))
    return tuple(values)


_CLAUSE = re.compile(r"[，；;。：、()（）]|[,:](?!\d)")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_JOINS = re.compile(r"\s*(?:至|到|[-–—~～]|to|or|或)\s*", re.IGNORECASE)
_ENDS = re.compile(
    r"[，；;。：、()（）]|[,:](?!\d)|[和并及]|\b(?:and|but|while|with)\b", re.IGNORECASE
)
_EACH = re.compile("分别|依次|各自")
_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)
_APART = re.compile(r"[；;。]")

_THAN = re.compile(
    r"(?:[比较由从自]|相比|\b(?:than|from|over|versus|compared (?:with|to)))(?:the|\s)*$",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"[日号]?(?:从|由|在|下午|上午|晚间?|凌晨|当天|对)?[^，。；,;\d]{0,12}?"
    r"(?:发布|公布|披露|宣布|表示|消息|电|讯|获悉|报道|通报|介绍|刊发)"
)
_REPORTING = re.compile(
    r"\b(?:said|announced|reported|released|published|told)\b[^,;.]*$", re.IGNORECASE
)


def _states(plain: str, span: Span, room: Span) -> bool:
    """Say whether a number states a value of its own; `room` reaches to the numbers beside it."""
    before, after = plain[room.start : span.start], plain[span.end : room.end]
    if room.start and _JOINS.fullmatch(before):
        return False
    if room.end < len(plain) and _JOINS.fullmatch(after):
        return False
    part = Span(
        max((mark.end() for mark in _APART.finditer(plain, 0, span.start)), default=0),
        min((mark.start() for mark in _APART.finditer(plain, span.end)), default=len(plain)),
    )
    if _EACH.search(plain, part.start, span.start) or _RESPECTIVELY.search(plain, *part):
        return False
    clause = _CLAUSE.split(before)[-1]
    return change_of(clause, after) != 0 or not is_compared(clause)


def _value(
    plain: str,
    quantity: Quantity,
    room: Span,
    dates: Sequence[Expression],
    before: Sequence[Value],
) -> Value:
    span = quantity.span
    begun = before[-1].span.end if before else 0
    if begun and (ended := _ENDS.search(plain, begun, span.start)):
        begun = ended.start()
    ended = _ENDS.search(plain, span.end, room.end)
    text, after = plain[begun : span.start], plain[span.end : ended.start() if ended else room.end]
    *others, lead = _CLAUSE.split(text)
    change = change_of(lead, after)
    bound = bound_of(lead, after)
    if is_bare(lead) and not _LETTER.search(after):
        told = [one for one in others if not is_bare(one) and not _DIGIT.search(one)]
        lead = f"{told[-1] if told else before[-1].lead if before else ''} {lead}"
    return Value(
        span,
        quantity.amount * (change or 1),
        quantity.step,
        quantity.unit,
        "at least" if quantity.over and bound == "exact" else bound,
        change != 0,
        is_target(f"{text} {after}"),
        lead,
        after,
        _period(plain, span, room, dates),
    )


def _period(plain: str, span: Span, room: Span, dates: Sequence[Expression]) -> Period | None:
    """Return the period nearest to a number: in its clause before or after it, or further before.

    Not the day of a report (5月3日公布), nor a time that is compared with (较去年).
    """
    marks = [mark.span() for mark in _CLAUSE.finditer(plain)]
    begin = max((end for _, end in marks if end <= span.start), default=0)
    end = min((start for start, _ in marks if start >= span.end), default=len(plain))
    end = min(end, room.end)
    told = [one for one in dates if not _aside(plain, one)]
    ahead = [one.period for one in told if one.span.end <= span.start]
    inside = [one.period for one in told if begin <= one.span.start and one.span.end <= span.start]
    behind = [one.period for one in told if span.end <= one.span.start and one.span.end <= end]
    return next(iter([*inside[-1:], *behind[:1], *ahead[-1:]]), None)


def _aside(plain: str, found: Expression) -> bool:
    start, end = found.span
    if _THAN.search(plain, max(0, start - 12), start):
        return True
    one_day = found.period.date_from == found.period.date_to
    return one_day and (
        _REPORTED.match(plain, end) is not None
        or _REPORTING.search(plain, max(0, start - 24), start) is not None
    )


def _within(span: Span, dates: Sequence[Expression]) -> bool:
    return any(one.span.start < span.end and span.start < one.span.end for one in dates)
