"""Units of measure: what each measures, and one name for it in all its words."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit.

    Attributes:
        kind: what it measures: money, length, people ...
        name: the unit that others of its kind are told in: 元, 美元, %, 米, 人 ...
        factor: what one is of that; 0 for those that values are not compared in, because they tell
            too little (5分, "5 m") or are too rare.
    """

    kind: str
    name: str
    factor: Decimal


# Kind and name; then a factor, and the words for which it holds: _ for a space, English without -s.
_TABLE = """
percent % 1 % 成 percent per_cent pct 0.1 ‰
percent 百分点 1 个百分点 百分点 percentage_point
money 元 1 元 块钱 人民币 yuan renminbi rmb cny
money 美元 1 美元 美金 us_dollar dollar usd
money 港元 1 港元 港币 hong_kong_dollar
money 澳元 1 澳元 australian_dollar
money 欧元 1 欧元 euro eur
money 英镑 1 英镑 pounds_sterling
money 日元 1 日元 yen
money 钱 0 韩元 新元 加元 卢布 卢比 法郎 马克 两银 pound sterling cent won franc mark rupee
people 人 1 人 名 位
people 人次 1 人次
length 米 1 米 公尺 meter metre 1000 公里 千米 km kilometer kilometre 1609.344 英里 mile 0.3048 英尺 foot feet ft 0 里 海里 厘米 公分 毫米 微米 纳米 英寸 尺 寸 丈 光年 m cm mm nm centimeter centimetre inch inches yard light-year
area 平方米 1 平方米 平方公尺 square_meter square_metre 1000000 平方公里 平方千米 square_kilometer square_kilometre square_km km2 km² 10000 公顷 hectare 0 平方英里 平方英尺 英亩 坪 square_mile square_feet square_yard acre
area 亩 1 亩
volume 立方米 1 立方米 cubic_meter cubic_metre 0 立方公里 升 毫升 加仑 桶 cubic_feet cubic_km liter litre gallon barrel
weight 公斤 1 公斤 千克 kilogram kg 0.5 斤 1000 吨 公吨 ton tonne 0 毫克 克 磅 gram g lb
power 千瓦 1 千瓦 kilowatt kw 1000 兆瓦 megawatt mw 1000000 吉瓦 gigawatt gw
power 千瓦时 1 千瓦时 kwh kilowatt-hour 0 瓦 马力 伏 watt volt horsepower mwh gwh
speed 公里/小时 1 公里/小时 km/h kph kilometer_per_hour kilometers_per_hour kilometre_per_hour kilometres_per_hour 1.609344 mph miles_per_hour 0 节 knot
degree 度 1 摄氏度 ℃ °c 0 华氏度 度 ° °f degree
multiple 倍 1 倍 fold
级 级 1 级
age 岁 1 岁 years_old 0 周岁 years_of_age
year 年 0 年 周年 载 year
month 个月 1 个月 month 0 个多月
week 周 0 周 个星期 星期 个礼拜 week
day 天 1 天 day 0 日 昼夜
hour 小时 1 小时 个小时 hour 0 个钟头
minute 分钟 1 分钟 minute
second 秒 0 秒 秒钟 毫秒 second millisecond
point 分 1 point 0 分 积分
time 次 1 次 times 0 回 遍
"""  # noqa: E501  a unit a line


def _read() -> Iterator[tuple[str, Unit]]:
    for line in _TABLE.strip().splitlines():
        kind, name, *words = line.split()
        factor = Decimal()
        for word in words:
            if word[0].isdecimal():
                factor = Decimal(word)
            else:
                yield word.replace("_", " "), Unit(kind, name, factor)


_UNITS = dict(_read())
SIGNS = {
    **dict.fromkeys(("$", "us$"), "美元"),
    **dict.fromkeys(("¥", "rmb"), "元"),
    "hk$": "港元",
    "a$": "澳元",
    "€": "欧元",
    "£": "英镑",
}
"""What is written before a sum of money, and the unit it names."""

THINGS = "个家套台辆架艘座栋所间件只头匹株棵户部册枚颗支场起项条例张款种份块处批轮"
"""Classifiers of things: values count all in 个, but who asks how many 家 is not told in 座."""

_PEOPLE_WORDS = """
people person persons men women children employees workers staff students undergraduates teachers
pupils players passengers visitors tourists residents inhabitants citizens immigrants settlers
patients soldiers troops officers volunteers members delegates deaths dead killed injured wounded
missing lives
"""
PEOPLE = frozenset(_PEOPLE_WORDS.split())
"""English words that people are counted by."""


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of these words, a longer one before its own beginning."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_ENGLISH = [word for word in _UNITS if re.match("[a-z]", word)]
PATTERN = rf"(?:{any_of(_UNITS.keys() - set(_ENGLISH))}|(?:{any_of(_ENGLISH)})s?(?![a-z]))"
"""A word for a unit; in English a whole one, in lower case or for a pattern that ignores case."""


def unit_of(word: str) -> Unit | None:
    """Return the unit that a word names, in either number; None if none.

    >>> unit_of("公里"), unit_of("dollars").name, unit_of("teams")
    (Unit(kind='length', name='米', factor=Decimal('1000')), '美元', None)
    """
    word = word.lower()
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))


def kind_of(word: str) -> str:
    """Return what the unit measures that a word names; empty if it names none.

    >>> kind_of("公里"), kind_of("Miles"), kind_of("workers"), kind_of("家")
    ('length', 'length', 'people', '')
    """
    if word.lower() in PEOPLE:
        return "people"
    return unit.kind if (unit := unit_of(word)) else ""
