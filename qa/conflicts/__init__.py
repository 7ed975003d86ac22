"""Sentences that may answer, to those that agree and those that give the same thing another value.

Values are compared only if both answer the question, of one unit and kind, for one time, and if
what is counted is the same as far as their words tell: a part, another place or another measure is
not. Who reads that articles disagree must be able to rely on it; a disagreement may be missed.

Read by eye, for 432 questions that ask a number (of rgb_zh and crud_news, headlines of crud_news
with 多少 for their number, and our own about what several articles report), over all sentences of
their first ten hits: for 12 questions values are said to differ, and for 11 they do (10 "updated":
tolls and a season's takings); in one the other value is of a part. Of 55 pairs said to agree 52
tell the same of the same. Much is missed: with one value of two that agree changed by a third, .39
of the pairs are said to differ; most of the others lack a day, or have other words beside it. The
rules were made on these questions: none were held out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from qa.concepts import read_concepts
from qa.conflicts.asked import AskedValue, asked_value
from qa.conflicts.told import Told, is_recent, told
from qa.dictionary import Dictionary
from qa.lexical import stem
from qa.simplified import simplified
from qa.sounds import syllables
from qa.types import Article
from qa.values import Value

__all__ = [
    "AskedValue",
    "Told",
    "Verdict",
    "Versions",
    "asked_value",
    "compare",
    "corrects",
    "told",
    "versions",
]

Verdict = Literal["same", "updated", "different", "unrelated"]
"""Of two values: equal as far as they are told; not equal, but both of a count that goes on (a
toll, takings up to a day), where the later is no contradiction; not equal; not of one thing."""

LARGEST = 10
"""Times one value may be the other; beyond, one is of a part or of something else."""

CLOSE = timedelta(days=7)
"""Between publications, for values whose sentences do not say of which time they are."""

GROWING = timedelta(days=14)
"""Between the days of two counts of one thing that goes on; other events are further apart."""

ROUNDED = Decimal("0.05")
"""The share by which "about" may be off."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What articles give for the value that is asked for.

    Attributes:
        groups: those in a group tell the same value. If there are several groups, the newest is
            first; if not, the order is as given. An article is in no more than one.
        verdict: how the groups compare: "same" if there is one.
    """

    groups: tuple[tuple[Told, ...], ...]
    verdict: Verdict


def versions(found: Sequence[Told], dictionary: Dictionary) -> Versions:
    """Return the first with those that tell its value, and those that give it another.

    Raises:
        ValueError: none was found.
    """
    if not found:
        raise ValueError("nothing to compare")
    groups, verdicts = [[found[0]]], set[Verdict]()
    articles = {found[0].hit.article.id}
    for one in found[1:]:
        verdict = compare(found[0], one, dictionary)
        if one.hit.article.id in articles or verdict == "unrelated":
            continue
        articles.add(one.hit.article.id)
        verdicts.add(verdict)
        alike = (group for group in groups if _agree(group[0].value, one.value))
        if (group := groups[0] if verdict == "same" else next(alike, None)) is not None:
            group.append(one)
        else:
            groups.append([one])
    if len(groups) > 1:
        groups = [sorted(group, key=_newness, reverse=True) for group in groups]
        groups.sort(key=lambda group: _newness(group[0]), reverse=True)
    verdict = next((one for one in ("different", "updated") if one in verdicts), "same")
    return Versions(tuple(map(tuple, groups)), verdict)


def compare(one: Told, other: Told, dictionary: Dictionary) -> Verdict:
    """Say how the values compare that two articles tell."""
    if one.hit.article.id == other.hit.article.id or not _comparable(one, other):
        return "unrelated"
    if _agree(one.value, other.value):
        return "same"
    grow = one.grows and other.grows
    if not _one_time(one, other) or _apart(one.value, other.value, grow):
        return "unrelated"
    if not (_covers(one, other, dictionary) and _covers(other, one, dictionary)):
        return "unrelated"
    sides = one.around - other.context, other.around - one.context
    elsewhere = [_names(side, dictionary) != [] for side in sides]
    # The toll's reports name more and more places.
    if all(elsewhere) or (any(elsewhere) and not grow):
        return "unrelated"
    return "updated" if grow else "different"


def corrects(article: Article) -> bool:
    """Say whether an article, by its title or first sentence, corrects what an earlier one said."""
    first = article.sentences[0].of(article.text) if article.sentences else ""
    return _CORRECTION.search(simplified(f"{article.title}\n{first}")) is not None


_CORRECTION = re.compile(
    r"更正|勘误|订正|修正为|致歉|有误|\bcorrections?\s*:|\bcorrected\b|\bcorrects\b"
    r"|\bcorrecting\b|\berratum\b|\ban earlier (?:report|version|article|story)\b",
    re.IGNORECASE,
)
_MEDIA = re.compile("[社网網报報视視台]$|路透|新华")


def _comparable(one: Told, other: Told) -> bool:
    units = {one.value.unit, other.value.unit}
    if len(units) > 1 and units not in ({"", "元"}, {"", "人"}):
        return False
    if one.value.target != other.value.target:
        return False
    if one.period and other.period and one.period != other.period:
        return one.grows and other.grows
    return True


def _one_time(one: Told, other: Told) -> bool:
    """Say whether two values are known to be of one time, by what is said or by publication."""
    if not (one.dated and other.dated):
        return False
    if one.period and one.period == other.period:
        return True
    if one.published is None or other.published is None:
        return one.period is other.period is None and one.published is other.published
    if one.grows and other.grows:
        return abs(_day(one) - _day(other)) <= GROWING
    if abs(one.published - other.published) > CLOSE:
        return False
    return not (one.period and not is_recent(one.period, other.published)) and not (
        other.period and not is_recent(other.period, one.published)
    )


def _day(one: Told) -> date:
    """Return the day that a value is of."""
    return (one.period and one.period.date_to) or one.published or date.min


def _newness(one: Told) -> tuple[date, bool]:
    """Return what is greater for the newer; of one day a correction is the last word."""
    return one.published or _day(one), corrects(one.hit.article)


def _agree(one: Value, other: Value) -> bool:
    """Say whether two values are one, as exactly as the rougher of them is told."""
    if "exact" == one.bound == other.bound and one.step == other.step:
        return one.amount == other.amount
    low, high = sorted((one, other), key=lambda value: value.amount)
    if low.bound == "at least" and high.amount - low.amount < low.step:
        return True
    slack = max(one.step, other.step) / 2
    if "about" in (one.bound, other.bound):
        slack = max(slack, ROUNDED * abs(one.amount))
    return abs(one.amount - other.amount) <= slack


def _apart(one: Value, other: Value, grow: bool) -> bool:
    """Say whether a bound leaves room for both, or one is too much to be another's version."""
    low, high = sorted((one, other), key=lambda value: value.amount)
    if not grow and (low.bound == "at least" or high.bound == "at most"):
        return True
    return abs(low.amount) * LARGEST < abs(high.amount)


def _covers(one: Told, other: Told, dictionary: Dictionary) -> bool:
    """Say whether all that narrows what the other counts is spoken of here."""
    if _names(other.beside - one.around, dictionary):
        return False
    missing = other.near - one.around
    if missing and (one.hit.article.language == "en") != (other.hit.article.language == "en"):
        said = read_concepts(sorted(one.around), dictionary)
        missing -= {token for concept in said for phrase in concept for token in phrase}
    return not missing


def _names(tokens: Iterable[str], dictionary: Dictionary) -> list[str]:
    """Return the Chinese words that the dictionary knows for names, of places for the most part."""
    return [
        token
        for token in tokens
        if not token.isascii()
        and not _MEDIA.search(token)
        and (stem("".join(syllables(token))),) in dictionary.english(token)
    ]
