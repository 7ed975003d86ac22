"""A feed (RSS 0.9 to 2.0, Atom, JSON Feed) into records, one for each entry."""

import io
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin

import feedparser

from qa.articles.errors import Unreadable
from qa.articles.fields import parse_date, parse_url
from qa.articles.html import html_to_text, parse_html, tidy_line

MAX_TAGS = 200_000
"""A feed with more is refused: this many take 3 s where they are nested, 1 s where not."""

_END = re.compile(r"</(?:\w+:)?(?:rss|rdf|feed)\s*>", re.IGNORECASE)
# Servers add comments and counters behind a feed.
_TAIL = 4_096
_JSON_FEED = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/")
# What a picture shows would pass for the entry's own description.
_CAPTION = re.compile(r"(?<=[</]media:)(?:description|text)\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    Attributes:
        key: its id, else its address: what it is known by in this feed.
        record: the fields of a JSON record, those that can be used.
        warnings: what had to do for what is missing.
    """

    key: str
    record: Mapping[str, object]
    warnings: tuple[str, ...] = ()


def xml_entries(xml: str) -> Iterator[Entry]:
    """Yield the entries of an RSS or Atom feed, given from its root element on.

    What stands before that declares entities, which can grow and be fetched: it is left out.

    Raises:
        Unreadable: it has too many tags; or, behind all entries that are whole, it does not end.
    """
    if xml.count("<") > MAX_TAGS:
        raise Unreadable(f"the feed has more than {MAX_TAGS:,} tags: split it")
    # Bytes, lest it be taken for an address. Only text is made of it: nothing need be sanitised.
    feed = feedparser.parse(
        io.BytesIO(_CAPTION.sub("caption", xml).encode("utf-8", "replace")),
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    about = feed["feed"]
    entries = feed["entries"]
    whole = bool(_END.search(xml, max(0, len(xml) - _TAIL)))
    for entry in entries if whole else entries[:-1]:
        contents = (one.get("value", "") for one in dict.get(entry, "content", []))
        authors = entry.get("authors") or about.get("authors") or []
        publisher = _title(dict.get(entry, "source", {})) or _title(about)
        yield _entry(
            key=entry.get("id", ""),
            title=_title(entry),
            html=max(contents, key=len, default=""),
            summary=entry.get("summary", ""),
            published=_moment(entry, "published"),
            updated=_moment(entry, "updated"),
            url=urljoin(about.get("link", ""), entry.get("link", "")),
            publisher=publisher,
            authors=[one.get("name", "") for one in authors],
            categories=[one.get("label") or one.get("term") or "" for one in entry.get("tags", [])],
            lang=(entry.get("title_detail") or {}).get("language") or about.get("language", ""),
        )
    if not whole:
        raise Unreadable("the feed breaks off, its last entry is left out: fetch or save it again")


def is_json_feed(document: Mapping[str, object]) -> bool:
    """Say whether a JSON object is a JSON Feed."""
    return bool(_JSON_FEED.match(str(document.get("version"))))


def json_entries(feed: Mapping[str, object]) -> Iterator[Entry]:
    """Yield the entries of a JSON Feed (version 1 or 1.1); what has a wrong type is left out.

    Raises:
        Unreadable: it has no list of items.
    """
    items = feed.get("items")
    if not isinstance(items, list):
        raise Unreadable("items: the feed has no list of entries")
    for item in items:
        fields = item if isinstance(item, dict) else {}
        authors = _people(fields) or _people(feed)
        yield _entry(
            key=_text(fields, "id"),
            title=_text(fields, "title"),
            html=_text(fields, "content_html"),
            text=_text(fields, "content_text"),
            summary=_text(fields, "summary"),
            published=_date(_text(fields, "date_published")),
            updated=_date(_text(fields, "date_modified")),
            url=_text(fields, "url") or _text(fields, "external_url"),
            publisher=_text(feed, "title"),
            authors=[_text(one, "name") for one in authors if isinstance(one, dict)],
            categories=[tag for tag in _list(fields, "tags") if isinstance(tag, str)],
            lang=_text(fields, "language") or _text(feed, "language"),
        )


def _entry(
    *,
    key: str,
    title: str,
    html: str,
    summary: str,
    published: str,
    updated: str,
    url: str,
    publisher: str,
    authors: list[str],
    categories: list[str],
    lang: str,
    text: str = "",
) -> Entry:
    record: dict[str, object] = {
        "title": title,
        # Atom asks only for the time of the last change.
        "published": published or updated,
        "updated": updated if published and updated != published else "",
        "url": parse_url(url),
        "publisher": publisher,
        "author": ", ".join(name for name in map(tidy_line, authors) if name),
        "categories": categories,
        "lang": lang,
    }
    if html.strip():
        return Entry(key or url, record | {"html": html})
    if text.strip():
        return Entry(key or url, record | {"text": text})
    return Entry(key or url, record | {"html": summary}, ("text: only the feed's summary",))


def _title(of: Mapping[str, object]) -> str:
    """Return a title as it is to be read: most are HTML, so `A &amp;amp; B` has one ampersand."""
    title = _text(of, "title")
    detail = of.get("title_detail")
    if isinstance(detail, dict) and detail.get("type") != "text/plain" and re.search("[<&]", title):
        title = html_to_text(parse_html(title))
    return tidy_line(title)


def _moment(entry: "feedparser.FeedParserDict", name: str) -> str:
    """Return a date of an entry in ISO 8601: in its own zone if that can be told, else in UTC."""
    # The mapping's own `get` gives one date for the other.
    written, parsed = dict.get(entry, name), dict.get(entry, f"{name}_parsed")
    if not (date := _date(written or "")) and parsed:
        date = datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
    return date


def _date(written: str) -> str:
    moment = parse_date(written)
    return moment.isoformat() if moment else ""


def _people(of: Mapping[str, object]) -> list[object]:
    """Return the authors of a feed or an item: a list since version 1.1, one before."""
    return _list(of, "authors") or ([of["author"]] if "author" in of else [])


def _list(of: Mapping[str, object], name: str) -> list[object]:
    value = of.get(name)
    return value if isinstance(value, list) else []


def _text(of: Mapping[str, object], name: str) -> str:
    value = of.get(name)
    return value if isinstance(value, str) else ""
