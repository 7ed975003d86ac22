"""Text to the numbers that have a unit, each in its place, with one name for a unit in all words.

3.2亿元, 三亿二千万元, "320 million yuan" and "RMB 320 million" are 320,000,000 元. Numbers without
a unit (dates, ordinals, scores, flights, telephones) are none.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qa.numbers import in_digits
from qa.simplified import folded
from qa.types import Span
from qa.values.units import PATTERN, PEOPLE, SIGNS, THINGS, any_of, unit_of


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit.

    Attributes:
        span: where both stand in the text.
        step: what one more in the last digit written would add: ten million in 3.2亿元.
        unit: 元, %, 人 ...; 个 for things that are counted; empty where only a scale is written.
        over: whether the number itself says that it is more (300多).
    """

    span: Span
    amount: Decimal
    step: Decimal
    unit: str
    over: bool


_NOT_COUNTED_WORDS = """
and or in on of to at by for from the as is with than but per a an when while after before until
since less percentage
"""
_NOT_COUNTED = frozenset(_NOT_COUNTED_WORDS.split())
_PASSED_OVER = frozenset(("were", "was", "are", "more", "other", "others", "have", "been"))

SPELT = (
    "(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
"""An English numeral that is no ordinary word as well: not "one"."""

_CHINESE = "〇零一二两三四五六七八九十"
_WRITTEN = (
    rf"[\d{_CHINESE}](?:[\d{_CHINESE}百千万亿]|\.(?=\d)|点(?=[{_CHINESE}])|,(?=\d{{3}}(?!\d))"
    r"|[多余][百千万亿]| [多余]?[百千万亿])*+"
)
_SPELT_OUT = rf"\b{SPELT}(?:[ -](?:and )?(?:{SPELT}|one|hundred)\b)*+"
_SCALE = r"(?:[ -]?(?:thousand|million|billion|trillion|bn|mn|tn|(?(sign)m|(?!)))\b)?"
_UNIT = rf"(?:{PATTERN}|[{THINGS}])"
_QUANTITY = re.compile(
    # Not within a longer number or name, nor the end of a range.
    r"(?<![a-z\d.:/#第几数前])(?<!\d,)(?<![\d%][-–—~至到])"
    rf"(?:(?P<sign>{any_of(SIGNS)}) ?)?(?P<tenths>百分之)?"
    rf"(?P<number>(?:{_WRITTEN}|{_SPELT_OUT}){_SCALE})(?P<over>[多余])?(?![:/.]?\d|[-–—~]\d)"
    rf"(?:[ -]?(?P<unit>{_UNIT})|(?P<counted>(?: [a-z][a-z-]+){{1,3}}))?"
    r"(?!大战|元|方)(?:(?:/|每| per )(?P<each>[a-z]+|[\u4e00-\u9fff]))?",
    re.IGNORECASE,
)
_UNIT_FIRST = re.compile(
    rf"(?P<counted>(?: (?!{_UNIT})[a-z-]+){{1,3}})|\s*[百千万亿多余]*(?P<unit>{_UNIT})?"
)
_SCALED = re.compile(r"[万亿]$|[mb]illion$|[bt]n$", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
# Flight 737, Line 19: the name goes on. "The 48 teams" begins a sentence.
_NAME = re.compile(r"(?<=\S )[a-z]?[A-Z]\w* $")
# iPhone SE 3 起售价: no three things.
_MODEL = re.compile(r"[A-Za-z] ?$")
_WORD = re.compile(r"\w")
_LATIN = re.compile("[A-Za-z]")
_READ = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_DIGITS = re.compile(rf"(?P<digits>\d[\d,]*(?:\.(?P<decimals>\d+))?)[^\d{_CHINESE}]*")


def read_quantities(plain: str) -> Iterator[Quantity]:
    """Yield every number that has a unit in a text as `normal` returns it, in order."""
    for match in _QUANTITY.finditer(plain):
        counted, read = _counted(match), _amount(match)
        if counted is None or read is None:
            continue
        unit, factor, end = counted
        amount, step = read
        over = match["over"] or re.search("[多余]", match["number"])
        each = f"/{match['each']}" if match["each"] else ""
        yield Quantity(
            Span(match.start(), end), amount * factor, step * factor, unit + each, over is not None
        )


def unit_after(text: str) -> str:
    """Return the unit that words ask for after 多少 or "how many"; empty if they name none.

    >>> [unit_after(words) for words in ("亿美元", "人受伤", " people died", "钱", " teams play")]
    ['美元', '人', '人', '', '个']
    """
    found = _UNIT_FIRST.match(folded(text))
    if found is None or not (found["unit"] or found["counted"]):
        return ""
    return _named(found["unit"])[0] if found["unit"] else _of_things(found["counted"].split())


def without_unit(text: str) -> str:
    """Return what follows the unit in words after 多少: 遇难 of 人遇难.

    >>> [without_unit(words) for words in ("人遇难", "亿美元的损失", "球队")]
    ['遇难', '的损失', '球队']
    """
    found = _UNIT_FIRST.match(folded(text))
    return text if found is None or found["counted"] else text[found.end() :]


def _counted(match: re.Match[str]) -> tuple[str, Decimal, int] | None:
    """Return the unit, what one is of it, and where its word ends; None if nothing is counted."""
    bare = match.end("number")
    if sign := match["sign"]:
        return SIGNS[sign.lower()], Decimal(1), match.end("unit") if match["unit"] else bare
    if match["tenths"]:
        return "%", Decimal(1), bare
    if word := match["unit"]:
        unit, factor = _named(word)
        model = word in THINGS and _MODEL.search(match.string, 0, match.start())
        return (unit, factor, match.end()) if factor and not model else None
    if match["counted"]:
        words = [one for one in match["counted"].lower().split() if one not in _PASSED_OVER]
        return (_of_things(words), Decimal(1), bare) if _counts(match, words) else None
    if _SCALED.search(match["number"]) and not _WORD.match(match.string, bare):
        return "", Decimal(1), bare
    return None


def _counts(match: re.Match[str], words: Sequence[str]) -> bool:
    """Say whether these words after a number are what it counts: no "in 2024", "Line 19 opens"."""
    if not words or words[0] in _NOT_COUNTED or _YEAR.fullmatch(match["number"]):
        return False
    return _NAME.search(match.string, 0, match.start()) is None


def _named(word: str) -> tuple[str, Decimal]:
    unit = unit_of(word)
    return (unit.name, unit.factor) if unit else ("个", Decimal(1))


def _of_things(words: Collection[str]) -> str:
    return "个" if PEOPLE.isdisjoint(words) else "人"


def _amount(match: re.Match[str]) -> tuple[Decimal, Decimal] | None:
    """Return the value of a number and of one in its last digit; None if it says no one number."""
    number = match["number"]
    if match["unit"] == "成":
        shown = in_digits(number + "成").removesuffix("%")
    elif _LATIN.search(number):
        shown = in_digits("$" + number).removeprefix("$")
    else:
        # 三 alone is a number only before a word for things, and 个 is one for all.
        shown = in_digits(re.sub(r"\s", "", number) + "个").removesuffix("个")
    if not _READ.fullmatch(shown):
        return None
    amount = Decimal(shown.replace(",", ""))
    if (written := _DIGITS.fullmatch(number)) and amount:
        decimals = len(written["decimals"] or "")
        digits = Decimal(written["digits"].replace(",", ""))
        return amount, amount / digits * Decimal(1).scaleb(-decimals)
    return amount, Decimal(1).scaleb(int(amount.normalize().as_tuple().exponent))
