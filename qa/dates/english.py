"""The rules of English dates, and of dates in figures, which Chinese has too."""

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

BARE_YEARS = range(1950, 2040)
"""A number in here may be a year though no word beside it says so: "2025 targets"."""

_MONTHS = "january february march april may june july august september october november december"
MONTHS = tuple(_MONTHS.split())
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    " thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
    " twenty-first"
)
_WHICH = {"last": -1, "this": 0, "next": 1}


def _any(words: str) -> str:
    return words.replace(" ", "|")


_YEAR = r"[12]\d{3}"
_MONTH = rf"(?P<month>(?:{_any(_MONTHS)})\b|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_WEEKDAY = rf"(?P<weekday>{_any(_WEEKDAYS)})"
_COUNT = rf"(?P<count>an?|{_any(_NUMBERS)}|\d{{1,3}})"
_NTH = r"\d{1,2}(?![\d,.]?\d)(?:st|nd|rd|th)?"
_TO_NTH = rf"(?:\s?(?:-|–|to|and)\s?(?P<d1>{_NTH}))?"
_YEAR_OF = rf"(?:,?\s+(?:of\s+)?(?P<y>{_YEAR})(?!\d)|\s+(?:of\s+)?(?P<which>last|this|next)\s+year)"
_PART = (
    r"(?:Q(?P<q>[1-4])|H(?P<h>[12])|(?P<nth>first|second|third|fourth|last|final|1st|2nd|3rd|4th)"
    rf"[\s-](?:(?P<part>quarter|half)|{_COUNT}\s(?P<unit>months|quarters)))"
)

# Months that are verbs or names too are taken where only a month can stand.
_NAMES_TOO = frozenset({"march", "april", "may", "june", "august"})
_IN = re.compile(
    r"\b(?:in|since|until|till|during|through|as\s+of|between|(?:early|mid|late)-?"
    r"|(?:end|beginning|start|month|middle)\s+of)\s*$",
    re.IGNORECASE,
)
_OF = re.compile(r"\b(?:by|from|to|of|and|for|before|after|the)\s+$", re.IGNORECASE)
_NAME = re.compile(r"\s+(?-i:[A-Z])")
_MARCHING = re.compile(r"\s+(?:on|against|for|towards?|into|past)\b", re.IGNORECASE)
_TO_MONTH = re.compile(
    rf"\s*(?:to|through|until|till|and|-|–)\s*(?:{_any(_MONTHS)})\b", re.IGNORECASE
)
_MONTH_TO = re.compile(
    rf"\b(?:{_any(_MONTHS)})\s*(?:to|through|until|till|and|-|–)\s*$", re.IGNORECASE
)
_RESULTS = re.compile(
    r"\s(?:revenues?|results|earnings|profits?|sales|gdp|growth)\b", re.IGNORECASE
)

_YEAR_LEAD = re.compile(
    r"\b(?:in|since|during|until|till|before|after|by|from|of|for|through|between|around|circa"
    r"|early|late|mid|year|as\s+of|an?|the|to|and)\s+$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\b(?:room|flight|model|type|number|no|channel|route|highway|line|boeing|airbus|windows"
    r"|office|server|about|over|nearly|approximately|than|least|most|another|exactly|only|some|all"
    r"|with|has|have|had|page|section|article|chapter|rule|iso|rfc|version)\.?\s*"
    r"|[共约近超逾达余仅有满型号款代码第证素]\s?)$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s*(?:[人名个位只件辆台架艘家所座栋户间张条份本部集首字分秒小时天日周岁次种项度倍股点吨克瓦伏米"
    r"公里厘毫亩平立方页篇多余几美元欧英镑港韩卢比号路线班级款系列型房室万亿千百股年]"
    r"|(?:people|persons?|men|women|children|employees|workers|jobs|staff|students|soldiers|troops"
    r"|patients|cases|deaths|homes|houses|households|families|cars|vehicles|units|tonn?e?s|miles"
    r"|k?m|kilomet\w+|met(?:er|re)s|feet|foot|dollars?|yuan|euros?|pounds?|rupees|yen|years?|days|hours"
    r"|minutes|seconds|points|votes|seats|copies|pages|stores|shops|shares|megawatts|[mgk]w|kg"
    r"|calories|participants|attendees|delegates|members|residents|migrants|refugees|species"
    r"|followers|users|customers|passengers|victims|survivors|items|articles|words|others|more"
    r"|square|cubic|per\s?cent|times|million|billion|thousand|degrees|volts|rpm|hp)\b)",
    re.IGNORECASE,
)
_THE = re.compile(r"\bthe\s+$", re.IGNORECASE)
_COMPARED = re.compile(
    r"\b(?:than|compared\s+(?:to|with)|versus|vs\.?|from|with)\s+$", re.IGNORECASE
)
_OF_SOMETHING = re.compile(r"\s+of\b", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"\w\s+$")


def number(word: str) -> int:
    """Return the value of a count or ordinal, in figures or words.

    >>> [number(word) for word in ("07", "3rd", "a", "Twelve", "twenty-first")]
    [7, 3, 1, 12, 21]
    """
    word = word.lower()
    if word[0].isdecimal():
        return int(word.rstrip("stndrh"))
    if word in ("a", "an"):
        return 1
    words = _NUMBERS if word in _NUMBERS.split() else _ORDINALS
    return words.split().index(word)


def _years(match: Match) -> tuple[int, int] | None:
    if match["which"]:
        return (match.today.year + _WHICH[match["which"].lower()],) * 2
    return (int(match["y"]),) * 2 if match["y"] else None


def _month(match: Match) -> Said | None:
    if not _is_month(match):
        return None
    month, days = _month_number(match["month"]), (1, 0)
    if match["d"]:
        days = (number(match["d"]), number(match["d1"] or match["d"]))
    return Said(_years(match), (month, month), days, relative=bool(match["which"]))


def _month_number(name: str) -> int:
    return [month[:3] for month in MONTHS].index(name[:3].lower()) + 1


def _is_month(match: Match) -> bool:
    """Say whether a month's name is one here, and not a verb or somebody's name."""
    name, capital = match["month"].lower(), match["month"][0].isupper()
    if match["y"] or match["which"]:
        return True
    if match["d"]:
        return capital or name not in ("may", "march") or match["d"][-1].isalpha()
    if name not in MONTHS:
        return False  # an abbreviation, and no figure with it
    if match.after(_TO_MONTH) or match.before(_MONTH_TO):
        return True
    if match.before(_IN):
        return not (name == "march" and match.after(_MARCHING))
    if not capital or match.after(_NAME):
        return False
    return name not in _NAMES_TOO or (name != "may" and match.before(_OF))


def _part(match: Match) -> Said | None:
    years, nth = _years(match), match["nth"].lower()
    closing = nth in ("last", "final")
    if match["count"]:
        count = number(match["count"]) * (1 if match["unit"].lower() == "months" else 3)
        if years is None or not (closing or number(nth) == 1) or not 1 <= count <= 12:
            return None
        months = (13 - count, 12) if closing else (1, count)
    elif match["q"] or match["part"].lower() == "quarter":
        if years is None and (closing or not match.after(_RESULTS)):
            return None  # of a match; or Q3 is a car
        months = quarter(4 if closing else number(match["q"] or nth))
    else:
        half = 2 if closing else number(match["h"] or nth)
        if years is None or half > 2:
            return None
        months = (1, 6) if half == 1 else (7, 12)
    return Said(years, months, relative=bool(match["which"]))


def _bare_year(match: Match) -> Said | None:
    """Read a number that stands for a year, or two of them."""
    year, to = int(match["y"]), match["to"]
    if match.after(_COUNTED):
        return None
    may_be = year in BARE_YEARS and year != 2000 and not match.before(_NUMBERED)
    if not (may_be or match.before(_YEAR_LEAD)):
        return None
    if not to:
        return Said((year, year))
    last = int(to) if len(to) == 4 else year // 100 * 100 + int(to)
    if len(to) == 2 and last != year + 1 and 1 <= int(to) <= 12:
        return Said((year, year), (int(to), int(to)))  # 2023-07
    return Said((year, last)) if year < last else None


def _numeric(match: Match) -> Said | None:
    if match.before(_NUMBERED):
        return None  # version 2023.1.2
    year, month, day = (int(match[part]) for part in ("y", "m", "d"))
    return Said((year, year), (month, month), (day, day))


def _century(match: Match) -> Said | None:
    nth = number(match["nth"])
    if not 1 <= nth <= 21 or (match.words.endswith("Century") and match.after(_NAME)):
        return None  # 21st Century Fox
    return Said((100 * nth - 99, 100 * nth))


def _decade(match: Match) -> Said | None:
    if match["decade"]:
        year = 1900 + int(match["decade"])
        return Said((year, year + 9))
    year = int(match["y"])
    return Said((year, year + (99 if year % 100 == 0 and year < 2000 else 9)))


def _unit(match: Match) -> Said | None:
    which, unit, today = match["which"].lower(), match["unit"].lower(), match.today
    if match.after(_OF_SOMETHING) or match.before(_COMPARED):
        return None  # the last year of the war; more than last year
    the = match.before(_THE)
    if which == "past" or (which == "last" and unit and (the or unit == "decade")):
        return last_units(today, 1, unit) if unit and unit != "weekend" else None
    if unit == "decade" or (which == "next" and the):
        return None  # the next year is another year's
    shift = _WHICH[which]
    if unit == "weekend":
        return in_week(today, shift, (5, 6))
    if match["weekday"]:
        day = _WEEKDAYS.split().index(match["weekday"].lower())
        return in_week(today, shift, (day, day))
    if match["month"]:
        return _month_of(match, shift) if match["month"].lower() in MONTHS else None
    return in_unit(today, unit, shift)


def _month_of(match: Match, shift: int) -> Said:
    """Read "last March", the one that is over; "this March", this year's; "next March"."""
    month, today = _month_number(match["month"]), match.today
    year = today.year
    if shift == -1 and month >= today.month:
        year -= 1
    if shift == 1 and month <= today.month:
        year += 1
    return Said((year, year), (month, month), relative=True)


def _last(match: Match) -> Said | None:
    if match.after(_OF_SOMETHING):
        return None
    return last_units(match.today, number(match["count"]), match["unit"].lower())


def _ago(match: Match) -> Said | None:
    if match.before(_COMPARED):
        return None
    return units_ago(match.today, number(match["count"]), match["unit"].lower())


def _day(match: Match) -> Said | None:
    if match.words[0].isupper() and match.before(_WORD_BEFORE):
        return None  # USA Today
    words = match.words.lower().split()
    shifts = {"the": -2, "yesterday": -1, "last": -1, "tomorrow": 1}
    return on_day(match.today, shifts.get(words[0], 0))


def _weekday(match: Match) -> Said | None:
    if match.after(_NAME):
        return None
    return on_weekday(match.today, _WEEKDAYS.split().index(match["weekday"].lower()))


_MONTH_CUES = tuple(month[:3] for month in MONTHS)
_PART_CUES = ("quarter", "half", "months", *(f"{part}{n}" for part in "qh" for n in range(1, 5)))

RULES: tuple[Rule, ...] = (
    rule(
        rf"(?P<y>{_YEAR})(?P<mark>[-/.])(?P<m>\d{{1,2}})(?P=mark)(?P<d>\d{{1,2}})",
        _numeric,
        *"-/.",
    ),
    rule(rf"(?P<y>{_YEAR})(?:\s?[-–—/~]\s?(?P<to>{_YEAR}|\d\d)年?)?(?![\d年])", _bare_year, *"12"),
    rule(
        rf"\b(?=[jfmasond]){_MONTH}(?:\s+(?P<d>{_NTH}){_TO_NTH})?{_YEAR_OF}?", _month, *_MONTH_CUES
    ),
    rule(rf"(?P<d>{_NTH}){_TO_NTH}\s+(?:of\s+)?{_MONTH}{_YEAR_OF}?", _month, *_MONTH_CUES),
    rule(rf"\b(?=[qhfstl1-4]){_PART}(?:\s+of)?{_YEAR_OF}?", _part, *_PART_CUES),
    rule(
        rf"(?:(?P<y>{_YEAR})|(?P<which>last|this|next)\s+year)(?:['’]s)?\s+{_PART}",
        _part,
        *_PART_CUES,
    ),
    rule(rf"(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|{_any(_ORDINALS)})[\s-]century", _century, "century"),
    rule(
        r"(?P<y>[12]\d\d0)['’]?s|the\s+(?:(?:early|late|mid)[\s-]*)?['’]?(?P<decade>[2-9]0)['’]?s",
        _decade,
        "0s",
        "0'",
        "0’",
    ),
    rule(
        rf"(?P<which>last|this|next|past)\s+"
        rf"(?:(?P<unit>week|month|quarter|year|decade|weekend)|{_WEEKDAY}|{_MONTH})",
        _unit,
        *("last", "this", "next", "past"),
    ),
    rule(
        rf"(?:last|past)\s+{_COUNT}\s+(?P<unit>day|week|month|quarter|year|decade)s",
        _last,
        *("last", "past"),
    ),
    rule(rf"{_COUNT}\s+(?P<unit>day|week|month|year)s?\s+ago", _ago, "ago"),
    rule(
        r"the\s+day\s+before\s+yesterday|yesterday|today|tonight|tomorrow|last\s+night"
        r"|this\s+(?:morning|afternoon|evening)",
        _day,
        *("day", "night", "tomorrow", "this"),
    ),
    rule(rf"on\s+{_WEEKDAY}", _weekday, "day"),
)
