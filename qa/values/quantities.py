"""Text to the numbers that have a unit, each in its place, with one name for a unit in all words.

3.2亿元, 三亿二千万元, "320 million yuan" and "RMB 320 million" are 320,000,000 元. Numbers without
a unit (dates, ordinals, scores, flights, telephones) are none.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from qa.numbers import in_digits
from qa.simplified import simplified
from qa.types import Span


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


# The name of a unit, what one is of it, and its words, _ for a space.
_UNITS = """
元 1 元 块钱 人民币 yuan renminbi rmb cny
美元 1 美元 美金 us_dollar dollar usd
港元 1 港元 港币 hong_kong_dollar
欧元 1 欧元 euro eur
英镑 1 英镑 pounds_sterling
日元 1 日元 yen
% 1 % 成 percent per_cent pct
百分点 1 个百分点 百分点 percentage_point
人 1 人 名 位
人次 1 人次
米 1 米 公尺 meter metre
米 1000 公里 千米 km kilometer kilometre
平方米 1 平方米 square_meter square_metre
平方米 1000000 平方公里 平方千米 square_kilometer square_kilometre
平方米 10000 公顷 hectare
亩 1 亩
立方米 1 立方米 cubic_meter cubic_metre
公斤 1 公斤 千克 kilogram kg
公斤 0.5 斤
公斤 1000 吨 公吨 ton tonne
千瓦 1 千瓦 kilowatt kw
千瓦 1000 兆瓦 megawatt mw
千瓦 1000000 吉瓦 gigawatt gw
千瓦时 1 千瓦时 kwh kilowatt-hour
倍 1 倍
级 1 级
岁 1 岁 years_old
天 1 天 day
小时 1 小时 个小时 hour
分钟 1 分钟 minute
个月 1 个月 month
次 1 次 time
个 1 个 家 套 台 辆 架 艘 座 栋 所 间 件 只 头 匹 株 棵 户 部 册 枚 颗 支 场 起 项 条 例 张 款 种 份 块 处 批 轮
"""  # noqa: E501
_NAMES: dict[str, tuple[str, Decimal]] = {
    word.replace("_", " "): (name, Decimal(factor))
    for line in _UNITS.strip().splitlines()
    for name, factor, *known in [line.split()]
    for word in known
}
_SIGNS = {
    "$": "美元",
    "us$": "美元",
    "hk$": "港元",
    "€": "欧元",
    "£": "英镑",
    "¥": "元",
    "rmb": "元",
}
_PEOPLE_WORDS = """
people persons employees workers staff students teachers pupils passengers visitors tourists
residents patients soldiers officers volunteers members delegates deaths dead killed injured
wounded missing lives
"""
_NOT_COUNTED_WORDS = """
and or in on of to at by for from the as is with than but per a an when while after before until
since less percentage years weeks
"""
_PEOPLE, _NOT_COUNTED = frozenset(_PEOPLE_WORDS.split()), frozenset(_NOT_COUNTED_WORDS.split())
_PASSED_OVER = frozenset(("were", "was", "are", "more", "other", "others", "have", "been"))


def _any_of(known: Collection[str]) -> str:
    return "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))


_ENGLISH = [name for name in _NAMES if name[0].isascii() and name != "%"]
_UNIT = rf"(?:{_any_of(_NAMES.keys() - set(_ENGLISH))}|(?:{_any_of(_ENGLISH)})s?(?![a-z]))"
_SPELT = (
    "(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
_CHINESE = "〇零一二两三四五六七八九十"
_NUMBER = (
    rf"(?:[\d{_CHINESE}](?:[\d{_CHINESE}百千万亿]|\.(?=\d)|点(?=[{_CHINESE}])|,(?=\d{{3}}(?!\d))"
    r"|[多余][百千万亿]| [多余]?[百千万亿])*+"
    rf"|\b{_SPELT}(?:[ -](?:and )?(?:{_SPELT}|one|hundred)\b)*+)"
)
_SCALE = r"(?:[ -]?(?:thousand|million|billion|trillion|bn|mn|tn|(?(sign)m|(?!)))\b)?"
_QUANTITY = re.compile(
    # Not within a longer number or name, nor the end of a range.
    r"(?<![a-z\d.:/#第几数前])(?<!\d,)(?<![\d%][-–—~至到])"
    rf"(?:(?P<sign>{_any_of(_SIGNS)}) ?)?(?P<tenths>百分之)?"
    rf"(?P<number>{_NUMBER}{_SCALE})(?P<over>[多余])?(?![:/.]?\d|[-–—~]\d)"
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
_NORMAL = str.maketrans("０１２３４５６７８９．％＄￥－　", "0123456789.%$¥- ")


def folded(text: str) -> str:
    """Return the text in simplified characters and digits of normal width, each in its place."""
    return simplified(text).translate(_NORMAL)


def read_quantities(plain: str) -> Iterator[Quantity]:
    """Yield every number that has a unit in a `folded` text, in order."""
    for match in _QUANTITY.finditer(plain):
        unit, factor, end = _unit(match)
        read = _amount(match) if unit is not None else None
        if unit is None or read is None:
            continue
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
    found = _UNIT_FIRST.match(folded(text).lower())
    if found is None or not (found["unit"] or found["counted"]):
        return ""
    return _named(found["unit"])[0] if found["unit"] else _counting(found["counted"].split())


def without_unit(text: str) -> str:
    """Return what follows the unit in words after 多少: 遇难 of 人遇难.

    >>> [without_unit(words) for words in ("人遇难", "亿美元的损失", "球队")]
    ['遇难', '的损失', '球队']
    """
    found = _UNIT_FIRST.match(folded(text).lower())
    return text if found is None or found["counted"] else text[found.end() :]


def _unit(match: re.Match[str]) -> tuple[str | None, Decimal, int]:
    """Return the unit, what one is of it, and where the words end; None if nothing is counted."""
    one, end = Decimal(1), match.end()
    if sign := match["sign"]:
        return _SIGNS[sign.lower()], one, match.end("unit" if match["unit"] else "number")
    if match["tenths"]:
        return "%", one, match.end("number")
    if match["unit"]:
        unit, factor = _named(match["unit"].lower())
        named = unit == "个" and _MODEL.search(match.string, 0, match.start())
        return (None if named else unit), factor, end
    if _SCALED.search(match["number"]) and not match["counted"]:
        bare = match.end("number")
        return (None if _WORD.match(match.string, bare) else ""), one, bare
    counted = [one for one in (match["counted"] or "").lower().split() if one not in _PASSED_OVER]
    if not counted or counted[0] in _NOT_COUNTED or _YEAR.fullmatch(match["number"]):
        return None, one, end
    if _NAME.search(match.string, 0, match.start()):
        return None, one, end
    return _counting(counted), one, match.end("number")


def _named(word: str) -> tuple[str, Decimal]:
    return _NAMES[word if word in _NAMES else word.removesuffix("s")]


def _counting(words: Collection[str]) -> str:
    return "个" if _PEOPLE.isdisjoint(words) else "人"


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
