"""What articles say of themselves into dates, categories, addresses, languages."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from qa.articles.html import tidy_line
from qa.types import Language

MAX_TITLE = 300
"""Code points; a longer title is cut."""

_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)
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

    Read are RFC 1123, ISO 8601 and 2021/3/21 or 2021年3月21日 with or without a time. Where no zone
    is given it is UTC, so that the same file means the same moment everywhere.
    """
    value = value.strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime, _parse_loose_date):
        try:
            moment = parse(value)
        except (ValueError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _parse_loose_date(value: str) -> datetime:
    found = _DATE.fullmatch(value)
    if not found:
        raise ValueError(value)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second)


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
