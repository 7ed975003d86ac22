"""The numbers in what is written, to whether they are stated in what is cited."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from qa.checking.days import days_of
from qa.checking.evidence import Evidence
from qa.simplified import normal
from qa.values.quantities import read_quantities


class _Number(NamedTuple):
    """A number in digits, and what kind it is."""

    value: Decimal
    kind: str


_NUMBER = re.compile(
    r"(?P<value>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    # Of a range (3-5%, 10月3日至5日) what follows the second number counts for both.
    r"(?=(?:\s?(?:[-–—~〜至到]|to\b)\s?\d[\d.,]*)?"
    r"(?:(?P<nth>(?:st|nd|rd|th)\b(?!\s?(?:quarter|季度|century|世[纪紀])))|(?P<percent>%)"
    r"|(?P<year>年(?![级級]))|(?P<month>月)|(?P<day>日))?)"
)
_AGREEING = {"": {"", "year"}, "year": {"year", ""}, "day": {"day", "nth"}, "nth": {"nth", "day"}}
"""Of what kind a number may be where it is cited, if not of its own alone: 2025 is 2025年."""

_COUNTED = frozenset(("", "个", "人"))
"""Units that need not be the same: "five deaths" are 5人遇难, and five companies 5家."""


def are_stated(plain: str, evidence: Evidence) -> bool:
    """Say whether each number is stated in what is cited, as the same kind and with its unit."""
    stated = {*_numbers(evidence.plain), *_dated(evidence)}
    for number in _numbers(plain):
        agreeing = _AGREEING.get(number.kind, {number.kind})
        if not any(_Number(number.value, kind) in stated for kind in agreeing):
            return False
    measured = _measured(evidence.plain)
    return all(
        unit in _COUNTED or (amount, unit) in measured or (amount, "") in measured
        for amount, unit in _measured(plain)
    )


def _numbers(plain: str) -> Iterator[_Number]:
    for found in _NUMBER.finditer(plain):
        kind = found.lastgroup if found.lastgroup != "value" else ""
        yield _Number(Decimal(found["value"].replace(",", "")), kind or "")


def _dated(evidence: Evidence) -> Iterator[_Number]:
    """Yield the numbers of the dates that are cited in other words: this year, last Monday."""
    for year, month, day in days_of(evidence):
        yield _Number(Decimal(year), "year")
        if month:
            yield _Number(Decimal(month), "month")
        if day:
            yield _Number(Decimal(day), "day")


def _measured(plain: str) -> set[tuple[Decimal, str]]:
    return {(one.amount, one.unit) for one in read_quantities(normal(plain))}


def in_words(plain: str, evidence: Evidence) -> bool:
    """Say whether each amount that is said in words is cited, in words or digits."""
    return all(cited.search(evidence.plain) or not one.search(plain) for one, cited in _WORDS)


_WORDS = tuple(
    (re.compile(written, re.IGNORECASE), re.compile(f"{written}|{also}", re.IGNORECASE))
    for written, also in (
        (r"\bhal(?:f|ve[sd]?)\b|一半|半数|半數|[减減]半", r"半|50%|1/2"),
        (
            r"\bdoubl|\btwice\b|\btwofold\b|翻番|翻一番|翻倍|倍增",
            r"[两兩2]倍|[增高多][长長出]?[一1]倍|100%",
        ),
        (r"\btripl|\bthreefold\b|[增高多][长長出]?[两兩2]倍", r"[三3]倍|[两兩2]倍|\b3 times|200%"),
        (r"\bdozens\b|[几幾数數]十[^万萬亿億]", r"[几幾数數]十"),
        (r"\bhundreds\b(?! of (?:thou|mil))|[几幾数數]百[^万萬亿億]", r"[几幾数數上成]百"),
        (r"(?<!of )\bthousands\b|[几幾数數]千[^万萬亿億]", r"[几幾数數上成]千"),
        (r"\btens of thousands\b|[几幾数數][万萬]", r"[上成][万萬]"),
        (r"\bhundreds of thousands\b|[几幾数數]十[万萬]", r"\bseveral hundred thousand"),
        (r"(?<!of )\bmillions\b|[几幾数數]百[万萬]", r"[上成]百[万萬]"),
        (r"(?<!of )\bbillions\b|[几幾数數]十[亿億]", r"[上成]十[亿億]"),
        (r"\bfirst\b(?!,)|第一", r"首|前|率先|最早|冠|初|[一1]季|最先|先后|原"),
        (r"\bsecond\b(?!s)|第二", r"[二2]季|[亚亞][军軍]|次|秒|下半|其二|另|再"),
        (
            r"(?<!no )(?<!any)\bone (?:person|man|woman|child|people)\b|一[名人]",
            r"\b(?:a|an|1)\b|[一1单單]",
        ),
    )
)
"""How the same amount is said in words: written in one of the first ways, and cited in any."""
