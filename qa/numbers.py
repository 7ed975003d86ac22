"""Text to the same text with its numbers in digits, so that each has one form in both languages.

`80%` for 百分之八十, 八成 and "eighty per cent"; `320000000` for 三亿二千万, 3.2亿 and "320
million"; `3rd` for 第三 and "third"; `2025年10月27日` for 二〇二五年十月二十七日 and "October 27,
2025".

What cannot be told for a number stays as it is written (三亚, 统一, 十分, 两三万, "one of",
"millions of"), and so does what has a usual word in each language, which the dictionary knows (第一
and "first", 第二 and "second").

English is read by text2num. Of the readers of Chinese, cn2an 0.5 turns 四川 to 4川 and 十分重要 to
10分重要 and leaves 一点五万 and 3.2亿 as they are, and so Chinese is read here.
"""

import re
from decimal import Decimal
from functools import lru_cache

from text_to_num import alpha2digit

KEPT = 1_000
"""Chinese numerals remembered with their digits, 0.2 MB."""


def in_digits(text: str) -> str:
    """Return `text`, of normal width (NFKC), with the numbers it writes out in digits.

    >>> in_digits("第三季度增长八成，投资三亿二千万元")
    '3rd季度增长80%，投资320000000元'
    >>> in_digits("On 3 May 2025 some 1.5 million people, two-thirds of them from the third city,")
    'On 2025年5月3日 some 1500000 people, 2/3 of them from the 3rd city,'
    """
    if _HAN.search(text):
        text = _chinese(text)
    if _LATIN.search(text):
        text = _english(text)
    return text


_HAN = re.compile("[\u3007\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z$€£¥]")


# Chinese.

_D = "〇零一二两兩三四五六七八九"
_PLAIN = str.maketrans(
    dict(zip(_D, "0012223456789", strict=True))
    | {"廿": "2十", "萬": "万", "億": "亿", "点": ".", "點": "."}
    | dict.fromkeys("多余餘,", "")
)
# After one of these comes no numeral, or a piece of one: 统一, 周六, 初三, 几十, 成千上万.
_NOT_AFTER = rf"(?<!\d,)(?<![\d.{_D}十廿百千万萬亿億统統唯同单單老初周週期拜几幾数數上])"
_RUN = (
    rf"{_NOT_AFTER}(?:[{_D}十廿]|\d+(?:,\d{{3}})*(?:\.\d+)?(?=[多余餘]?[百千万萬亿億]))"
    rf"(?:[{_D}十廿百千万萬亿億]|[点點](?=[{_D}]++(?![十分刻]))|[多余餘](?=[万萬亿億])|\d+(?=[千万萬]))*"
)
# Before one of these 三 is a number; elsewhere it may be part of a name or of another word.
_UNIT = (
    "年级|年級|周年|週年|周岁|小时|小時|分钟|分鐘|季度|世纪|世紀|平方|立方|公里|公斤|公顷|公頃|公尺|公分|"
    "千米|美元|欧元|歐元|英镑|英鎊|日元|港元|"
    "[个個名位家项項次年月日号號天岁歲倍种種座条條件所届屆场場级級層层支架艘辆輛台颗顆枚张張部本篇首"
    "吨噸米秒元块塊大人户戶处處批轮輪集章版楼樓代只隻匹株棵队隊组組款强強]"
)
_NUMERAL = re.compile(rf"(?=[第{_D}十廿\d])(?P<ordinal>第)?(?P<run>{_RUN})(?P<unit>{_UNIT})?")
_PART = re.compile(rf"(?P<whole>[百千万萬]|{_RUN})分之(?P<part>\d+(?:\.\d+)?|百|{_RUN})")
_PERCENT = {"百": 0, "千": -1, "万": -2, "萬": -2}
# 八成 and 一成二, but not 成立 and 成为.
_TENTHS = re.compile(
    rf"{_NOT_AFTER}([1-9一二两兩三四五六七八九])成([一二三四五六七八九]?)"
    "(?![立为為功员員就本都长長分交型果名语語绩績效因不])"
)
_TWO_DIGITS = re.compile("[一二两兩三四五六七八九]{2}")
_DIGITS = re.compile("[〇零一二三四五六七八九]{3,}")
_BELOW_10000 = re.compile(r"(?:(\d+(?:\.\d+)?)千)?0?(?:(\d+)百)?0?(?:(\d?)十)?0?(\d?)")
_SHORT = re.compile(r"(\d)([千百])([1-9])")
_NTH = re.compile(r"第 ?(\d+)(?![\d.,%])")
_SPACED = re.compile(r"(?<=\d) ?([年月]) ?(?=\d)|(?<=\d) ([年月日号號])")
_PADDED = re.compile(r"(?<![\d.,])0(?=[1-9][月日号號])")
_DAY = re.compile(r"(?<=月)(\d{1,2})[号號]")
_DECADE = re.compile(
    r"(?:上[个個]?世[纪紀]|(?P<century>1\d|20|21)世[纪紀]|(?<!\d)(?=[3-9]))(?P<years>[1-9]0)年代"
)


def _chinese(text: str) -> str:
    # To look for a character first is a hundred times as fast as to look for a pattern in vain.
    if "分之" in text:
        text = _PART.sub(_part, text)
    if "成" in text:
        text = _TENTHS.sub(_tenths, text)
    text = _NUMERAL.sub(_numeral, text)
    if "第" in text:
        text = _NTH.sub(_nth, text)
    if " " in text:
        text = _SPACED.sub(r"\1\2", text)
    if "0" in text:
        text = _PADDED.sub("", text)
    if "月" in text:
        text = _DAY.sub(r"\1日", text)
    if "年代" in text:
        text = _DECADE.sub(lambda m: f"{int(m['century'] or 20) - 1}{m['years']}年代", text)
    return text


def _part(match: re.Match[str]) -> str:
    part = "100" if match["part"] == "百" else _value(match["part"])
    if part is None:
        return match[0]
    if (zeros := _PERCENT.get(match["whole"])) is not None:
        return _shown(Decimal(part).scaleb(zeros)) + "%"
    whole = _value(match["whole"])
    return match[0] if whole is None else f"{part}/{whole}"


def _tenths(match: re.Match[str]) -> str:
    return match[1].translate(_PLAIN) + (match[2].translate(_PLAIN) or "0") + "%"


def _numeral(match: re.Match[str]) -> str:
    run, unit = match["run"], match["unit"] or ""
    value = _value(run)
    if value is None:
        return match[0]
    if match["ordinal"]:
        return f"第{value}{unit}"
    if len(run) == 1:  # 一 is "a" but in a date
        return value + unit if unit and (value not in "01" or unit in "月日") else match[0]
    return match[0] if unit == "大" else value + unit  # a congress: 二十大


def _nth(match: re.Match[str]) -> str:
    number = match[1]
    if number in _ORDINALS:
        return _ORDINALS[number]
    teen = number[-2:-1] == "1"
    return number + ("th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th"))


@lru_cache(KEPT)
def _value(run: str) -> str | None:
    """Return the digits of a Chinese numeral, None where it says no one number (两三万, 四五十)."""
    whole, point, rest = run.replace("點", "点").partition("点")
    if _DIGITS.fullmatch(whole):
        return run.translate(_PLAIN)
    if _TWO_DIGITS.search(whole):
        return None
    amount = _amount((whole + point + rest).translate(_PLAIN))
    return None if amount is None else _shown(amount)


def _amount(numeral: str) -> Decimal | None:
    """Return the value of a numeral in ASCII digits and scales, such as 3亿2千万."""
    for scale, zeros in (("亿", 8), ("万", 4)):
        if scale in numeral:
            head, _, tail = numeral.rpartition(scale)
            high, low = _amount(head), _amount(tail) if tail else Decimal(0)
            if high is None or low is None:
                return None
            # 一万二 leaves the last scale out.
            return high.scaleb(zeros) + (low.scaleb(zeros - 1) if len(tail) == 1 else low)
    if re.fullmatch(r"\d+(?:\.\d+)?", numeral):
        return Decimal(numeral)
    if short := _SHORT.fullmatch(numeral):
        return Decimal(short[1] + short[3]).scaleb(2 if short[2] == "千" else 1)
    parts = _BELOW_10000.fullmatch(numeral)
    if not numeral or parts is None:
        return None
    thousands, hundreds, tens, ones = parts.groups()
    below = 100 * int(hundreds or 0) + int(ones or 0) + (0 if tens is None else 10 * int(tens or 1))
    return Decimal(thousands or 0).scaleb(3) + below


def _shown(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


# English.

_NUMBER_WORDS = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
million billion trillion third fourth fifth sixth seventh eighth ninth tenth
"""
_SPELT = frozenset(_NUMBER_WORDS.split())
_HYPHEN = re.compile(r"\b([A-Za-z]+)-(?=([a-z]+))")
_STRETCH = re.compile(r"[A-Za-z][ -~\n]*")
_MANY = re.compile(
    r"(\b(?:[Hh]undreds|[Tt]housands|[MmBb]illions|[Tt]rillions)\b"
    r"|\b(?:[Ff]ew|[Ss]everal|[Mm]any) (?:hundred|thousand|million|billion|trillion)\b)"
)
_HALF = re.compile(r"\bhalf an? (?=[mbt]r?illion)")
_ZEROS = {
    "thousand": 3,
    "m": 6,
    "mn": 6,
    "million": 6,
    "bn": 9,
    "billion": 9,
    "tn": 12,
    "trillion": 12,
}
_SCALED = re.compile(
    r"(?<![\d.,])(?P<money>[$€£¥])?(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)"
    r"[ -]?(?P<scale>thousand|million|billion|trillion|bn|tn|mn|(?(money)m|(?!)))\b",
    re.IGNORECASE,
)
_PERCENT_WORD = re.compile(r"(?<=\d)[ -]?(?:per ?cent|pct)\b", re.IGNORECASE)
_FRACTION = re.compile(
    r"\b(?:(\d+) (\d+)(?:rd|th)s|one (\d+)(?:rd|th)|a (\d+)(?:rd|th)(?= of\b))\b"
)
_MEASURE = re.compile(r"(?<=\d)(?=(?:km|cm|kg)\b)", re.IGNORECASE)
_YEARS = re.compile(r"\b(1\d|20)(\d)0['’]?s\b")
_ORDINAL = re.compile(r"\b[12](?:st|nd)\b", re.IGNORECASE)
_ORDINALS = {"1": "第一", "2": "第二", "1st": "first", "2nd": "second"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(
    r"(?:(?<![\w.,$])(?P<before>\d{1,2})(?:st|nd|rd|th)?(?: of)? )?"
    r"\b(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
    r"(?(before)| (?P<after>\d{1,2})(?:st|nd|rd|th)?(?![\w%]|[.,:]\d))?"
    r"(?:(?: of)?,? (?P<year>\d{4})(?![\w%]))?",
    re.IGNORECASE,
)
_IN = re.compile(r"\b(?:in|by|of|to|from|since|until|till|last|next|this|early|late|mid) $")


def _english(text: str) -> str:
    text = _SCALED.sub(_scaled, _HALF.sub("0.5 ", text))
    text = _STRETCH.sub(_spelt, text)
    text = _PERCENT_WORD.sub("%", text)
    text = _DATE.sub(_date, text)
    text = _FRACTION.sub(lambda m: f"{m[1] or 1}/{m[2] or m[3] or m[4]}", text)
    text = _MEASURE.sub(" ", text)
    text = _YEARS.sub(r"\1\g<2>0年代", text)
    return _ORDINAL.sub(lambda m: _ORDINALS.get(m[0].lower(), m[0]), text)


def _scaled(match: re.Match[str]) -> str:
    number = Decimal(match["number"].replace(",", ""))
    return (match["money"] or "") + _shown(number.scaleb(_ZEROS[match["scale"].lower()]))


def _spelt(match: re.Match[str]) -> str:
    """Return a stretch of English with spelt numbers from two on in digits."""
    pieces = _MANY.split(_HYPHEN.sub(_parted, match[0]))
    # A number alone below the threshold ("one", "first") stays.
    pieces[::2] = [alpha2digit(piece, "en", threshold=2) for piece in pieces[::2]]
    return "".join(pieces)


def _parted(match: re.Match[str]) -> str:
    word = match[1].lower()
    number = word in _SPELT or (word == "one" and match[2] in _SPELT)
    return f"{match[1]} " if number else match[0]


def _date(match: re.Match[str]) -> str:
    name, day, year = match["month"], match["before"] or match["after"], match["year"]
    if day and not 1 <= int(day) <= 31:
        return match[0]
    if not _is_month(name, match.string[: match.start()][-6:], dated=bool(day or year)):
        return match[0]
    month = _MONTHS.index(name[:3].lower()) + 1
    return f"{year}年" * bool(year) + f"{month}月" + (f"{int(day)}日" if day else "")


def _is_month(name: str, before: str, dated: bool) -> bool:
    """Tell May from may, March from march, and a month's name from an abbreviation of more."""
    if name in ("mar", "march", "may"):
        return False
    if dated:
        return True
    if name in ("March", "May"):
        return _IN.search(before) is not None
    return len(name) > 4 or name.lower() in ("june", "july")
