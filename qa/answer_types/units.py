"""What numbers count, under one name in both languages: 名 and "persons" are people."""

import re
from functools import cache

# A unit, its words in simplified Chinese, and in English. Sizes of one kind are one unit: who asks
# for metres is answered in feet.
_UNITS = """
percent   | % ％ ‰ 个百分点 百分点 成 | % percent per+cent percentage+points?
money     | 亿元 元 块钱 美元 欧元 英镑 日元 港元 港币 韩元 新元 澳元 加元 卢布 卢比 人民币 美金 法郎 马克 文 两银 | dollars? usd cents? euros? pounds? sterling yuan yen rmb won francs? marks? rupees?
people    | 人次 人 名 位 | people persons? men women children students? workers employees members residents inhabitants soldiers troops players passengers patients citizens immigrants settlers colonists undergraduates
year      | 年 周年 载 | years?
month     | 个月 个多月 | months?
week      | 周 个星期 星期 个礼拜 | weeks?
day       | 天 日 昼夜 | days?
hour      | 小时 个小时 个钟头 | hours?
minute    | 分钟 | minutes?
second    | 秒钟 秒 毫秒 | seconds? milliseconds?
age       | 岁 周岁 | years+old years+of+age
length    | 公里 千米 英里 海里 里 米 公尺 厘米 公分 毫米 微米 纳米 英尺 英寸 尺 寸 丈 光年 | kilomet(?:er|re)s? km miles? met(?:er|re)s? m cm mm nm centimet(?:er|re)s? feet foot ft inch(?:es)? yards? light-years?
area      | 平方公里 平方千米 平方米 平方公尺 平方英里 平方英尺 公顷 英亩 亩 坪 | square+(?:kilomet(?:er|re)s?|met(?:er|re)s?|miles?|feet|km|yards?) km2 km² hectares? acres?
weight    | 吨 公斤 千克 毫克 克 斤 磅 | tonn?es? tons? kilograms? kg grams? g lbs?
volume    | 立方米 立方公里 升 毫升 加仑 桶 | cubic+(?:met(?:er|re)s?|feet|km) lit(?:er|re)s? gallons? barrels?
degree    | 摄氏度 华氏度 ℃ °c °f ° 度 | degrees? °c? °f
power     | 千瓦时 千瓦 兆瓦 瓦 马力 伏 | [kmg]wh? megawatts? kilowatts? horsepower watts? volts?
speed     | 公里/小时 km/h 节 | km/h mph miles+per+hour kilomet(?:er|re)s+per+hour knots
point     | 分 积分 | points?
time      | 次 回 遍 | times
multiple  | 倍 | fold
"""  # noqa: E501  a unit a line

DURATIONS = frozenset(["year", "month", "week", "day", "hour", "minute", "second"])


@cache
def _tables() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    chinese: dict[str, str] = {}
    english = []
    for line in _UNITS.strip().splitlines():
        name, han, latin = (part.split() for part in line.split(" | "))
        chinese |= dict.fromkeys(han, name[0])
        pattern = "|".join(latin).replace("+", r"\s")
        english.append((re.compile(pattern, re.IGNORECASE), name[0]))
    return chinese, english


@cache
def words() -> str:
    """Return the pattern of a unit, English ones as whole words."""
    chinese, english = _tables()
    han = sorted(chinese, key=len, reverse=True)
    # A longer one before its own beginning: "years old", "square miles", km/h.
    latin = sorted((way for p, _ in english for way in _ways(p)), key=len, reverse=True)
    return rf"(?:{'|'.join(map(re.escape, han))}|(?:{'|'.join(latin)})(?![a-z]))"


def _ways(pattern: re.Pattern[str]) -> list[str]:
    # At the bars that stand in no group.
    return re.split(r"\|(?![^(]*\))", pattern.pattern)


def unit_of(word: str) -> str:
    """Return the unit that a word names, empty if none.

    >>> unit_of("公里"), unit_of("Miles"), unit_of("家")
    ('length', 'length', '')
    """
    chinese, english = _tables()
    word = word.lower()
    return chinese.get(word) or next((n for p, n in english if p.fullmatch(word)), "")
