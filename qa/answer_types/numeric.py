"""A sentence to its numbers, each with what it counts, and its times, each with how fine it is."""

import re
from collections.abc import Iterator
from datetime import date

from qa.answer_types.part import Part
from qa.answer_types.question_words import CLASSIFIERS
from qa.dates import read_dates
from qa.types import Span
from qa.values.modifiers import change_of
from qa.values.quantities import SPELT
from qa.values.units import PATTERN, PEOPLE, SIGNS, any_of, kind_of

ANY_DAY = date(2000, 6, 15)
"""Where a time is told is the same whatever the day."""

# Not as `values` reads them, which leaves out ranges and what has no unit: either may answer.
_FIGURES = r"(?:\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"(?:\s?(?:[百千万亿]+|million|billion|trillion|thousand|hundred|bn\b|m\b))?"
_UNIT = rf"[\s-]?(?:{PATTERN}|(?:{any_of(PEOPLE)})(?![a-z]))|[{CLASSIFIERS}]"
_RANGE = rf"{_FIGURES}{_SCALE}(?:(?:{_UNIT})?\s?(?:[-–~～至到]|to)\s?[$€£¥]?{_FIGURES}{_SCALE})?"
_HAN = "〇零一二两三四五六七八九十百千万亿"
_WORD = rf"(?:one|{SPELT}|dozens?|(?:hundred|thousand|million|billion|trillion)s?)"
_SPELT = (
    rf"\b(?:half an?|an?(?= (?:hundred|thousand|million|dozen))|{_WORD})"
    rf"(?:[\s-](?:and\s)?{_WORD})*\b"
)
_NUMBER = re.compile(
    rf"(?<![\d.,a-z])(?P<nth>第)?(?P<money>{any_of(SIGNS)})?"
    rf"(?:(?P<part>[百千万]分之(?:[{_HAN}点]+|\d+(?:\.\d+)?))|(?P<figures>{_RANGE})"
    rf"|(?P<han>(?<![上下“])[{_HAN}半][{_HAN}点几多余半]*|[几数][{_HAN}]+)|(?P<spelt>{_SPELT}))"
    rf"[多余]?(?P<unit>{_UNIT})?"
)
_YEAR = re.compile(r"1\d\d\d|20\d\d")
_OF_A_TIME = re.compile(r"[年月日号时点](?!间)|\s?年代|\s?世纪|\s?[ap]\.?m\b")
_AGAIN = re.compile(r"[\w%$]\s?[(（](?:约合?|about\s|or\s)?$")
_NTH = re.compile(r"(?:st|nd|rd|th)\b")


def numbers(low: str) -> Iterator[Part]:
    """Yield the numbers of a folded text that count something; years and dates do not.

    Left out is what is told again in another unit, 15 km (9 miles), and what was: 从3亿元增至.
    """
    for match in _NUMBER.finditer(low):
        if _AGAIN.search(low, 0, match.start()) or _is_former(match):
            continue
        told = (match["unit"] or "").strip(" -")
        unit = "money" if match["money"] else "percent" if match["part"] else kind_of(told)
        if match["nth"] or _NTH.match(low, match.end()):
            yield Part(Span(match.start(), match.end() + 2 * (not match["nth"])), "rank")
        elif not (_is_time(match, told) or _is_vague(match, told)):
            # 一 with a word of counting is mostly "a".
            yield Part(Span(*match.span()), unit or told, match["han"] != "一", _is_change(match))


_CLAUSES = re.compile(r"[，。；;、（）()]|,(?!\d)")


def _is_change(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()], match.string[match.end() :]
    return change_of(_CLAUSES.split(before)[-1], _CLAUSES.split(after, maxsplit=1)[0]) != 0


_FORMER = re.compile(r"(?:[从由]|\bfrom\s)[^，。；,;\d]{0,6}$")
_BECAME = re.compile(r"[^，。；,;\d]{0,8}?(?:[升增降减涨跌][至到]|[提降]?[高低]到|\bto\b)")


def _is_former(match: re.Match[str]) -> bool:
    low = match.string
    return bool(_BECAME.match(low, match.end()) and _FORMER.search(low, 0, match.start()))


_NO_NUMBER = frozenset((*_HAN, "半", "one", "万一"))


def _is_vague(match: re.Match[str], told: str) -> bool:
    """Say whether what looks like a number tells none: 三 in a name, 突破亿吨."""
    return (not told and match[0] in _NO_NUMBER) or (match["han"] or "一").strip("百千万亿") == ""


_MONTH = re.compile(r"\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?\s$")
_WITHIN_YEAR = re.compile(r"\d{1,2}月|[初底末]")


def _is_time(match: re.Match[str], told: str) -> bool:
    """Say whether a number is a year, or a part of a date or a time of day."""
    low, end, figures = match.string, match.end(), match["figures"] or ""
    if match["money"] or match["part"]:
        return False
    if told == "日" or (told in ("", "年") and _YEAR.fullmatch(figures)):
        return True
    if told == "年" and figures:
        return _WITHIN_YEAR.match(low, end) is not None
    if told:
        return False
    return bool(_OF_A_TIME.match(low, end) or _MONTH.search(low, 0, match.start()))


_DATE = (
    r"(?:公元)?前\d+年|\d{1,4}\s?年(?!来|前|后|间|的)(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?"
    r"|(?:[\u4e00-\u9fff]{2}|民国)[元一二三四五六七八九十]{1,3}年|\d{1,2}月(?:\d{1,2}日)?"
    r"|\b(?:1\d\d\d|20\d\d)\b(?![.,]?\d|\s?[%百千万亿多余个人])|\b\d+\s?(?:ad|bc|bce|ce)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
    r"|\b(?:january|february|june|july|september|october|november|december)\b"
)
_CENTURY = (
    r"[\d一二三四五六七八九十]{1,3}世纪(?:[初末中]|\d0年代)?"
    r"|\b\d{1,2}(?:st|nd|rd|th)[\s-]centur(?:y|ies)\b"
)
_CLOCK = (
    r"\d{1,2}[:：]\d\d(?:\s?[ap]\.?m\b)?|\d{1,2}(?:\.\d\d)?\s?[ap]\.?m\b\.?"
    r"|(?:[上下中]午|凌晨|晚上?)?\d{1,2}[时点](?:\d{1,2}分|半)?"
)
_TIME = re.compile(f"{_DATE}|{_CENTURY}|{_CLOCK}")
_ERA = (
    r"[^，。；、（）()\s]{1,8}?(?:时期|年间|期间|时代|王朝|朝代)|\b[\w-]+ (?:era|period|age)\b"
    r"|[夏商周秦汉晋隋唐宋元明清](?:[朝代末初]|末[元明清]初)"
)
_PART_OF_DAY_OR_YEAR = (
    r"[春夏秋冬][季天]|[清早凌]晨|傍晚|夜[间晚里]|白天|日间|每(?:年|月|周|日|天|逢)[^，。；、\s]{0,6}"
    r"|\b(?:spring|summer|autumn|winter|morning|evening|night|afternoon|yesterday|today)\b"
)
_CLAUSE_OF_TIME = (
    r"[^，。；\s]{2,12}[时后前](?=，)"
    r"|\b(?:when|after|before|during|while|until|since|at the end of)\s[^,.;]{3,50}"
)
_ABOUT = re.compile(f"{_ERA}|{_PART_OF_DAY_OR_YEAR}|{_CLAUSE_OF_TIME}")


def times(low: str) -> Iterator[Part]:
    """Yield the expressions of time of a folded text."""
    spans = [one.span for one in read_dates(low, ANY_DAY, "past")]
    spans += [Span(*match.span()) for match in _TIME.finditer(low)]
    yield from (Part(span, _grain(span.of(low))) for span in spans)
    yield from (Part(Span(*match.span()), sure=False) for match in _ABOUT.finditer(low))


_GRAINS = (
    ("clock", re.compile(r"[:：时点]|[ap]\.?m\b")),
    ("age", re.compile(r"世纪|年代|[朝代]$|century|\d0s")),
    ("day", re.compile(r"\d[日号]|[天日]$|day|[a-z]{3,}\.? \d{1,2}\b|\b\d{1,2} [a-z]{3}|-\d+-")),
    ("year", re.compile(r"\d{3}|年")),
    ("month", re.compile(r"月|[a-z]{3}")),
)


def _grain(told: str) -> str:
    return next((grain for grain, pattern in _GRAINS if pattern.search(told)), "")
