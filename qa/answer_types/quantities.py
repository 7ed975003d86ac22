"""A sentence to its numbers, each with what it counts, and its times, each with how fine it is."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from qa.answer_types.part import Part
from qa.answer_types.question_words import CLASSIFIERS
from qa.answer_types.units import unit_of
from qa.answer_types.units import words as unit_words
from qa.dates import read_dates
from qa.types import Span

ANY_DAY = date(2000, 6, 15)
"""Where a time is told is the same whatever the day."""

_SPELT = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion trillion dozens? hundreds thousands millions billions"
)
_WORD = rf"(?:{'|'.join(_SPELT.split())})"
_HAN = "〇零一二两三四五六七八九十百千万亿"
_FIGURES = r"(?:\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_MORE = r"(?:\s?(?:[百千万亿]+|million|billion|trillion|thousand|hundred|bn\b|m\b))?"


@cache
def _number() -> re.Pattern[str]:
    return re.compile(
        r"(?<![\d.,a-z])(?P<nth>第)?(?P<money>(?:us|hk|a|nt)?[$€£¥])?"
        rf"(?:(?P<part>[百千万]分之(?:[{_HAN}点]+|\d+(?:\.\d+)?))"
        rf"|(?P<figures>{_FIGURES}{_MORE}(?:\s?(?:[-–~～至到]|to)\s?{_FIGURES}{_MORE})?)"
        rf"|(?P<han>[{_HAN}半][{_HAN}点几多余半]*|[几数][{_HAN}]+)"
        rf"|(?P<spelt>\b(?:half an?|an?(?= (?:hundred|thousand|million|dozen))|{_WORD})"
        rf"(?:[\s-](?:and\s)?{_WORD})*\b))"
        rf"[多余]?(?P<unit>[\s-]?{unit_words()}|[{CLASSIFIERS}])?"
    )


_YEAR = re.compile(r"1\d\d\d|20\d\d")
_OF_A_TIME = re.compile(r"[年月日号时点](?!间)|\s?年代|\s?世纪|\s?[ap]\.?m\b")
_NTH = re.compile(r"(?:st|nd|rd|th)\b")


def numbers(low: str) -> Iterator[Part]:
    """Yield the numbers of a folded text that count something; years and dates do not."""
    for match in _number().finditer(low):
        told = (match["unit"] or "").strip(" -")
        unit = "money" if match["money"] else "percent" if match["part"] else unit_of(told)
        if match["nth"] or _NTH.match(low, match.end()):
            yield Part(Span(match.start(), match.end() + 2 * (not match["nth"])), "rank")
        elif not (_is_time(match, told) or (not told and match[0] in _NO_NUMBER)):
            # 一 with a word of counting is mostly "a".
            yield Part(Span(*match.span()), unit or told, sure=match["han"] != "一")


_NO_NUMBER = frozenset((*_HAN, "半", "one", "万一"))
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
    return not told and _OF_A_TIME.match(low, end) is not None


_TIME = re.compile(
    r"(?:公元)?前\d+年|\d{1,4}\s?年(?!来|前|后|间|的)(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?"
    r"|(?:[\u4e00-\u9fff]{2}|民国)[元一二三四五六七八九十]{1,3}年"
    r"|\d{1,2}月(?:\d{1,2}日)?|[\d一二三四五六七八九十]{1,3}世纪(?:[初末中]|\d0年代)?"
    r"|\d{1,2}[:：]\d\d(?:\s?[ap]\.?m\b)?|(?:[上下中]午|凌晨|晚上?)?\d{1,2}[时点](?:\d{1,2}分|半)?"
    r"|\d{1,2}(?:\.\d\d)?\s?[ap]\.?m\b\.?|每(?:年|月|周|日|天|逢)[^，。；、\s]{0,6}"
    r"|\b(?:1\d\d\d|20\d\d)\b|\b\d{1,2}(?:st|nd|rd|th)[\s-]centur(?:y|ies)\b|\b\d+\s?(?:ad|bc|bce|ce)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:january|february|june|july|september"
    r"|october|november|december)\b"
)
_ABOUT = re.compile(
    r"[^，。；、（）()\s]{1,8}?(?:时期|年间|期间|时代|王朝|朝代)|[春夏秋冬][季天]|[清早凌]晨|傍晚|夜[间晚里]|白天|日间"
    r"|[夏商周秦汉晋隋唐宋元明清](?:[朝代末初]|末[元明清]初)|[^，。；\s]{2,12}[时后前](?=，)"
    r"|\b(?:when|after|before|during|while|until|since|at the end of)\s[^,.;]{3,50}"
    r"|\b(?:spring|summer|autumn|winter|morning|evening|night|afternoon|yesterday|today)\b"
    r"|\b[\w-]+ (?:era|period|age)\b"
)


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
