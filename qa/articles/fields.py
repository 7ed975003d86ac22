"""What articles say of themselves into dates, categories, addresses, languages."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from qa.articles.html import tidy_line
from qa.types import Language

MAX_TITLE = 300
"""Code points; a longer title is cut."""

_TIME = (
    r"(?:[,，T\s]*(?:at\s+)?(?P<part>上午|下午|凌晨|早上|早晨|中午|晚上|晚|[AP]M)?\s*"
    r"(?P<hour>\d{1,2})[:：时時](?P<minute>\d{2})分?(?:[:：]?(?P<second>\d{2})(?:\.\d+)?秒?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?(?:\s*(?:UTC|GMT)?(?P<zone>Z|[+-]\d{2}:?\d{2}|UTC|GMT))?)?"
    r"(?:\s*\([\w .]{1,60}\))?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?P<name>(?:{'|'.join(_MONTHS)})[a-z]{{0,6}})\.?"
_ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WRITTEN = [
    re.compile(date + _TIME, re.IGNORECASE)
    for date in (
        r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
        r"(?:\s*[(（]?(?:星期|周|週)[一二三四五六日天][)）]?)?",
        rf"{_WEEKDAY}{_MONTH}\s+{_ORDINAL},?\s+(?P<year>\d{{4}})",
        rf"{_WEEKDAY}{_ORDINAL}\s+{_MONTH},?\s+(?P<year>\d{{4}})",
    )
]
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_LONGEST_DATE = 100
_CATEGORY_MARKS = re.compile(r"[,，、;；]")
_LANGUAGES: dict[str, Language] = {
    "zh": "zh", "zh-cn": "zh", "zh-sg": "zh", "zh-hans": "zh", "zh-hans-cn": "zh",
    "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "zh-hant": "zh-Hant",
    "zh-hant-tw": "zh-Hant", "zh-hant-hk": "zh-Hant",
    "en": "en", "en-us": "en", "en-gb": "en",
    "und": "und",
}  # fmt: skip


def parse_date(value: str) -> datetime | None:
    """Return an aware date and time, None if `value` is none.

    Read are ISO 8601, RFC 822, seconds or milliseconds since 1970 (of 2001 to 2033), 2021/3/21,
    2021年3月21日 下午6:41 and March 21, 2021 6:41 pm, with or without a time. Where no zone is
    given it is UTC, so that the same file means the same moment everywhere.
    """
    value = value.strip()
    if len(value) > _LONGEST_DATE:
        return None
    forms = (datetime.fromisoformat, _parse_written, parsedate_to_datetime)
    for parse in (_parse_digits,) if value.isdecimal() else forms:
        try:
            moment = parse(value)
        except (ValueError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _parse_digits(value: str) -> datetime:
    if len(value) in (8, 14):
        return datetime.strptime(value, "%Y%m%d%H%M%S"[: 6 if len(value) == 8 else None])
    if not _EPOCH.fullmatch(value):
        raise ValueError(value)
    return datetime.fromtimestamp(int(value[:10]), UTC)


def _parse_written(value: str) -> datetime:
    found = next((match for form in _WRITTEN if (match := form.fullmatch(value))), None)
    if found is None:
        raise ValueError(value)
    parts = found.groupdict()
    month = int(parts.get("month") or 0)
    if name := parts.get("name"):
        month = _MONTHS.index(name[:3].lower()) + 1
    hour = int(parts["hour"] or 0)
    part = (parts["part"] or parts["half"] or "").lower()
    if part and hour <= 12:
        afternoon = part in {"下午", "晚上", "晚", "pm", "p"} or (part == "中午" and hour < 11)
        hour = hour % 12 + 12 * (afternoon or (part == "中午" and hour == 12))
    zone = (parts["zone"] or "").upper().replace("GMT", "Z").replace("UTC", "Z")
    moment = datetime(
        int(parts["year"]), month, int(parts["day"]),
        hour, int(parts["minute"] or 0), int(parts["second"] or 0),
    )  # fmt: skip
    return datetime.fromisoformat(moment.isoformat() + zone)


def parse_categories(value: object) -> tuple[str, ...]:
    """Return the categories of a list, or of a string with commas, without blanks and repeats.

    Lists in a list are joined in order; what is neither string nor list is left out.
    """
    if isinstance(value, str):
        parts = _CATEGORY_MARKS.split(value)
    elif isinstance(value, list):
        inner = (item if isinstance(item, list) else [item] for item in value)
        parts = [part for items in inner for part in items if isinstance(part, str)]
    else:
        parts = []
    return tuple(dict.fromkeys(part for part in map(tidy_line, parts) if part))


def parse_url(value: str) -> str:
    """Return `value` if it is an http or https address, "" if not."""
    value = value.strip()
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    usable = parts.scheme in {"http", "https"} and parts.netloc and not re.search(r"\s", value)
    return value if usable else ""


def parse_language(value: str) -> Language | None:
    """Return the language a BCP 47 tag such as zh-TW or en_US means here, None if another."""
    return _LANGUAGES.get(value.strip().lower().replace("_", "-"))


def shorten(text: str, most: int) -> str:
    """Return `text` cut to at most `most` code points, at a clause where there is one."""
    if len(text) <= most:
        return text
    head = text[: most - 1]
    clause = re.match(r"(?s)(.{10,})(?:[，。；：！？、]|[,;:.!?]?\s)", head)
    return (clause[1] if clause else head).rstrip("，。；：！？、,;:.!? ") + "…"
