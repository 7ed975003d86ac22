"""The rules of Chinese dates, in simplified characters: read_dates folds traditional ones first."""

import re

from qa.dates.said import (
    Match,
    Rule,
    Said,
    in_unit,
    in_week,
    last_units,
    on_day,
    on_weekday,
    quarter,
    rule,
    units_ago,
)

# Patterns begin with a set of characters wherever they can: re then skips the text in between.
_DIGITS = "〇一二三四五六七八九"
_NUMBER = "[一二三四五六七八九十]{1,3}"
_YEAR = rf"[12一二](?:(?<=\d)\d{{3}}|(?<!\d)[{_DIGITS}]{{3}})"
_MONTH = r"[1-9一二三四五六七八九十0](?:(?<=1)[0-2]|(?<=0)[1-9]|(?<=十)[一二])?"
_DAY = rf"(?:\d{{1,2}}|{_NUMBER})"
_TO = r"\s?(?:至|到|[-—–~～]{1,2})\s?"
_COUNT = r"(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3}|半)"

# 月 begins other words too: 6月龄, 月薪, 月饼.
_MONTHS = (
    rf"(?P<m>{_MONTH})(?:月?{_TO}(?P<m1>{_MONTH}))?月(?![龄薪票租供活费均球亮饼刊])份?"
    rf"(?:(?P<third>[上中下])旬|(?P<d>{_DAY})(?:[日号]?{_TO}(?P<d1>{_DAY}))?[日号])?"
)
_QUARTER = r"[第一二三四1-4](?:(?<=第)[一二三四1-4])?(?<!第)季[度报]"
_HALF = r"(?P<half>[上下])半年"
_LETTER = r"Q(?P<q>[1-4])(?!\d)"
_FIRST = r"前(?P<n>[二两三四五六七八九十]|1[01]|[2-9])个?(?P<unit>月|季度)"
_WITHIN = rf"(?:度?的?\s?(?:{_MONTHS}|(?P<quarter>{_QUARTER})|{_HALF}|{_LETTER}|{_FIRST})|度)?"

_UNITS = {"天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week"}
_UNITS |= {"月": "month", "季度": "quarter", "年": "year", "年度": "year"}
_WEEKDAYS = {day: number for number, day in enumerate("一二三四五六日")} | {"天": 6}
_HALVES = {"year": (6, "month"), "month": (15, "day")}

# Round numbers of years may last: 2000年前, 1500年历史, 长达1000年.
_LASTING = re.compile(r"[前后来间]|的?历史|之久|[以之][前后]")
_LASTED = re.compile(r"(?:[约近逾了上达]|历经|经过|超过)$")
_NO_YEAR = re.compile(r"轻|同期|相比|一样")  # 明年|轻人; 去年同期 is only compared with
_EACH_YEAR = re.compile(r"[均产薪收销]")  # 疫情前|年均
_COMPARED = re.compile(r"[比较]$")
_COUNTED = re.compile(r"[年月日天周十百千万几多]$")  # 十年|前年产
_SOME_YEAR = re.compile(r"年$")  # 次年|3月, 哪一年|上半年
_RESULTS = re.compile(r"\s?(?:营收|财报|业绩|净利|利润|收入|销量|销售|出货)")
_NO_DAY = re.compile(
    r"头条|俄罗斯|美国|说法|方舟|之[子后]|香港|边缘|战记|会更好|控股|系|重现|[气津晴空]"
)
_NO_WEEK = re.compile(r"[期边围岁刊遭身年]")
_NO_MONTH = re.compile(r"[球亮台面老光饼票宫]")
_NEARLY = re.compile(r"(?:[附接将达时用隔了过为有历]|距今)$")  # 将近三年, 附近三天
_HOURS = re.compile(r"[上中下]午|傍晚|晚|凌晨|早|[在的，,。？?（(]|\s|$")


def number(digits: str) -> int:
    """Return the value of a number below a hundred, or of Chinese digits in a row.

    >>> [number(digits) for digits in ("07", "十", "二十一", "两", "二〇二四", "元")]
    [7, 10, 21, 2, 2024, 1]
    """
    if digits.isdecimal():
        return int(digits)
    tens, ten, ones = digits.replace("两", "二").replace("元", "一").rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS.index(digit)) for digit in ones))
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def _within(match: Match) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the months and days that were said within a year: all of it if none were."""
    months, days = (1, 12), (1, 0)
    if first := match["m"]:
        months = (number(first), number(match["m1"] or first))
        if third := match["third"]:
            days = {"上": (1, 10), "中": (11, 20), "下": (21, 0)}[third]
        elif day := match["d"]:
            days = (number(day), number(match["d1"] or day))
    elif nth := match["quarter"][-3:-2] or match["q"]:
        months = quarter(number(nth))
    elif half := match["half"]:
        months = (1, 6) if half == "上" else (7, 12)
    elif count := match["n"]:
        months = (1, number(count) * (1 if match["unit"] == "月" else 3))
    return months, days


def _year(match: Match) -> Said | None:
    first, last = number(match["y"]), number(match["y1"] or match["y"])
    round_number = match.words[-1] == "年" and last % 50 == 0
    if round_number and (match.after(_LASTING) or match.before(_LASTED)):
        return None
    months, days = _within(match)
    if match["y1"]:
        months, days = (1, months[1]), (1, days[1])  # 2019年到2021年|6月
    return Said((first, last), months, days)


def _republic(match: Match) -> Said:
    year = 1911 + number(match["y"])
    return Said((year, year), *_within(match))


def _this_year(match: Match) -> Said | None:
    word = match.words[0]
    if word in "前后" and (match.before(_COUNTED) or match.after(_EACH_YEAR)):
        return None
    if match.before(_COMPARED) or match.after(_NO_YEAR):
        return None
    year = match.today.year + "前去今明后".index(word) - 2
    return Said((year, year), *_within(match), relative=True)


def _months(match: Match) -> Said | None:
    if match.before(_SOME_YEAR):
        return None
    if not match["m"].isdecimal() and match.words[-1] == "月":
        return None  # 八月 may be a name
    return Said(None, *_within(match))


def _part(match: Match) -> Said | None:
    if match.before(_SOME_YEAR):
        return None
    if match["q"] and not match.after(_RESULTS):
        return None  # Q3 may be a car
    return Said(None, *_within(match))


def _century(match: Match) -> Said | None:
    decade = number(match["decade"]) if match["decade"] else None
    relative = match["c"][0] in "上本"
    if relative:
        base = match.today.year // 100 * 100 - (100 if match["c"][0] == "上" else 0)
    else:
        base = 100 * number(match["c"]) - 100
    if not 0 <= base <= 2000:
        return None
    years = (base + 1, base + 100) if decade is None else (base + decade, base + decade + 9)
    return Said(years, relative=relative)


def _decade(match: Match) -> Said | None:
    year = number(match["y"] or match["decade"])
    if not match["y"]:
        year += 2000 if year <= 20 else 1900
    return None if year % 10 else Said((year, year + 9))


def _day(match: Match) -> Said | None:
    word = match.words[0]
    if match.after(_NO_DAY) or (word == "前" and match.before(_COUNTED)):
        return None
    return on_day(match.today, "前昨今明".index(word) - 2)


def _unit(match: Match) -> Said | None:
    shift = {"上上": -2, "上": -1, "本": 0, "这": 0, "下": 1, "下下": 2}[match["which"]]
    if match["week"]:
        if match.after(_NO_WEEK):
            return None
        day = match["weekday"]
        if day == "末":
            return in_week(match.today, shift, (5, 6))
        return in_week(match.today, shift, (_WEEKDAYS[day],) * 2 if day else (0, 6))
    if match["unit"] == "月" and match.after(_NO_MONTH):
        return None
    return in_unit(match.today, _UNITS[match["unit"]], shift)


def _last(match: Match) -> Said | None:
    if match.before(_NEARLY):
        return None
    unit = _UNITS[match["unit"]]
    if match["count"] == "半":
        return last_units(match.today, *_HALVES[unit]) if unit in _HALVES else None
    return last_units(match.today, number(match["count"]), unit)


def _ago(match: Match) -> Said | None:
    unit = _UNITS[match["unit"]]
    if match["count"] == "半":
        return units_ago(match.today, *_HALVES[unit]) if unit in _HALVES else None
    return units_ago(match.today, number(match["count"]), unit)


def _weekday(match: Match) -> Said | None:
    if match.words[0] == "周" and not match.after(_HOURS):
        return None  # 周六福
    return on_weekday(match.today, _WEEKDAYS[match["weekday"]])


RULES: tuple[Rule, ...] = (
    rule(rf"(?P<y>{_YEAR})(?:年?{_TO}(?P<y1>{_YEAR}))?年{_WITHIN}", _year, "年"),
    rule(rf"民国(?P<y>\d{{1,3}}|{_NUMBER}|元)年{_WITHIN}", _republic, "民国"),
    rule(rf"[今去前明后]年{_WITHIN}", _this_year, "年"),
    rule(_MONTHS, _months, "月"),
    rule(rf"(?P<quarter>{_QUARTER})", _part, "季"),
    rule(_HALF, _part, "半年"),
    rule(_LETTER, _part, "q"),
    # Not 前三个月: the year's, or those before today.
    rule(r"前(?P<n>[二两三23])个?(?P<unit>季度)", _part, "季度"),
    rule(
        rf"(?P<c>\d{{1,2}}|{_NUMBER}|上个?|本)世纪(?:(?P<decade>[1-9]0|[二三四五六七八九]?十)年代)?",
        _century,
        "世纪",
    ),
    rule(
        rf"(?:(?P<y>{_YEAR})|(?P<decade>[1-9]0|[二三四五六七八九]十))年代",
        _decade,
        "年代",
    ),
    rule(r"昨[天日晚夜晨]|今[天日晚晨早]|明[天日晚晨早]|前天", _day, "昨", "今", "明", "前天"),
    rule(
        r"(?P<which>上上|上|本|这|下下|下)一?个?"
        r"(?:(?P<week>周|星期|礼拜)(?P<weekday>[一二三四五六日天末])?|(?P<unit>月|季度|年度))",
        _unit,
        *"上本这下",
    ),
    rule(
        rf"(?:最近|近|过去)的?这?{_COUNT}个?多?(?P<unit>天|日|周|星期|礼拜|(?<=个)月|季度|年)",
        _last,
        "近",
        "过去",
    ),
    rule(rf"{_COUNT}个?(?P<unit>天|周|星期|礼拜|(?<=个)月|年)(?:以|之)?前", _ago, "前"),
    rule(r"(?:星期|礼拜|周)(?P<weekday>[一二三四五六日天])", _weekday, "星期", "礼拜", "周"),
)
