"""A sentence to the value in it that answers, and to what may set it apart from others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from qa.conflicts.asked import AskedValue
from qa.conflicts.vocabulary import kinds
from qa.lexical import stem, words
from qa.simplified import normal
from qa.sounds import syllables
from qa.types import Hit, Period, Span
from qa.values import Value, read_values

TOLD = 0.9
"""The share of a question, by weight, that a sentence, its title and its article's first sentence
tell if its value answers. At .7 another company's results, or another province's, are taken."""

NEAREST = 3
"""Words before the one for what is counted that may narrow it: 扣非净利润, 产业互联网收入."""

KEPT = 5_000
"""Words of Chinese remembered with how they sound, 1 MB."""

RECENT = timedelta(days=120)
"""From the end of a period to a report that may be of it without saying so: the results of a year
come out in April."""


@dataclass(frozen=True, slots=True)
class Told:
    """A value that answers, as a sentence of an article tells it.

    Attributes:
        span: the sentence.
        mark: where the number stands in the article's text, its unit with it.
        period: the time the value is of, as far as its sentence or the question tell.
        dated: whether that is the time the question asks about, if it asks about one.
        grows: whether it counts what goes on: 截至, 已造成3人遇难, "so far".
        context: the words of the sentence, its title and its article's first sentence, and more
            ways to find a name among them.
        around: the words of the sentence up to it that are not the question's.
        beside: those of them in its clause.
        near: those of them that may narrow what is counted.
    """

    hit: Hit
    span: Span
    mark: Span
    value: Value
    period: Period | None
    dated: bool
    grows: bool
    context: frozenset[str]
    around: frozenset[str]
    beside: frozenset[str]
    near: frozenset[str]

    @property
    def published(self) -> date | None:
        """The day its article was published, if that is known."""
        return self.hit.article.published.date() if self.hit.article.published else None


def told(asked: AskedValue, hit: Hit, span: Span, marks: Sequence[Span] = ()) -> Told | None:
    """Return the value in a sentence that answers, None if none does or it is not clear which.

    `marks` say where in the article the part stands that answers, if that is known.
    """
    article, sentence = hit.article, normal(span.of(hit.article.text))
    published = article.published.date() if article.published else None
    fitting = [
        value
        for value in read_values(sentence, published)
        if _fits(asked, value)
        and _marked(value.span, span.start, marks)
        and not _PART.search(sentence, 0, value.span.start)
    ]
    if not fitting:
        return None
    title = normal(article.title)
    context = _context(f"{title}\n{normal(article.sentences[0].of(article.text))}\n{sentence}")
    value = _best(asked, fitting, sentence, title) if asked.share(context) >= TOLD else None
    if value is None:
        return None
    lead, trail = words(value.lead), words(value.trail)
    before = words(_DATELINE.sub("", sentence[: value.span.end]))
    return Told(
        hit=hit,
        span=span,
        mark=Span(span.start + value.span.start, span.start + value.span.end),
        value=value,
        period=(period := value.period or _implied(asked, published)),
        dated=period is not None or asked.period is None,
        grows=_GROWING.search(sentence[: value.span.end] + value.trail) is not None,
        context=context,
        around=asked.unasked([*before, *lead, *trail]),
        beside=asked.unasked([*lead, *trail]),
        near=asked.unasked(_nearest(asked, lead)),
    )


def is_recent(period: Period, published: date) -> bool:
    """Say whether a report of that day may be of a period without saying so."""
    begin, end = period.date_from or date.min, period.date_to or date.max
    # A day's temperature is no other day's.
    return begin < end and begin <= published and published - end <= RECENT


_DATELINE = re.compile(r"^[^，。]{0,40}?[电讯](?=[ （(])(?:\s?[（(][^）)]*[）)])?")
# 14人，其中4人获救，6人死亡: no more than parts. At its beginning 其中 ties a sentence to others.
_PART = re.compile(
    r"[^。；;]其中[^。；;]*$|\b(?:including|of (?:which|whom|them))\b[^;]*$", re.IGNORECASE
)
_GROWING = re.compile(
    r"截[至止]|至今|累计|已经?(?:造成|致|有)|遇难|死亡|丧生|受伤|失联"
    r"|确诊|票房|\bas of\b|\bso far\b|\btoll\b|\bdead\b|\bdied\b|\bkilled\b|\binjured\b"
    r"|\bmissing\b",
    re.IGNORECASE,
)


def _fits(asked: AskedValue, value: Value) -> bool:
    """Say whether a value is of the kind that is asked for."""
    if asked.unit and value.unit not in (asked.unit, ""):
        return False
    if value.unit == "百分点" and not asked.unit:
        return False
    if value.change != asked.change or (asked.target and not value.target):
        return False
    if kinds(f"{value.lead} {value.trail}") != asked.kinds:
        return False
    return not (asked.period and value.period) or asked.period == value.period


def _marked(span: Span, start: int, marks: Sequence[Span]) -> bool:
    return not marks or any(
        mark.start < start + span.end and start + span.start < mark.end for mark in marks
    )


def _context(text: str) -> frozenset[str]:
    """Return the words of a text, and more ways to find a name in it.

    Its characters, for a name that the question's segmentation took apart; and how each word sounds
    in pinyin, for one that no dictionary has in English.
    """
    told = words(text)
    sounds = (_sound(word) for word in told if not word.isascii())
    return frozenset([*told, *text, *sounds])


@lru_cache(KEPT)
def _sound(word: str) -> str:
    return stem("".join(syllables(word)))


def _best(asked: AskedValue, values: Sequence[Value], sentence: str, title: str) -> Value | None:
    """Return the value whose words tell most of the question; None if several do, and differ."""
    ranked = []
    for value in values:
        beside = [*words(value.lead), *words(value.trail)]
        if asked.names(beside):
            # What is said before holds for it too: 2021年，甲公司收入5亿元、净利润1亿元.
            before = [*words(title), *words(sentence[: value.span.end]), *beside]
            ranked.append(((asked.share(before), asked.share(beside)), value))
    most = max((score for score, _ in ranked), default=None)
    found = [value for score, value in ranked if score == most]
    return found[0] if len({value.amount for value in found}) == 1 else None


def _implied(asked: AskedValue, published: date | None) -> Period | None:
    """Return the period asked about, if a report of that day may be of it without saying so."""
    if asked.period and published and is_recent(asked.period, published):
        return asked.period
    return None


def _nearest(asked: AskedValue, lead: Sequence[str]) -> Sequence[str]:
    """Return the words before the one for what is counted, or before the number if it follows."""
    heads = {token for concept in asked.head for phrase in concept for token in phrase}
    at = next((place for place, token in enumerate(lead) if token in heads), len(lead))
    return lead[max(0, at - NEAREST) :]
