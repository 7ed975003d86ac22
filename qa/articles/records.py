"""One JSON object into an article, and an article into one."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from qa.articles.article import Reading
from qa.articles.errors import Unreadable
from qa.articles.feeds import Entry
from qa.articles.fields import shorten
from qa.articles.finishing import Parsed, check_size, finish, made_title, parse_body
from qa.articles.html import markdown_to_html, tidy
from qa.errors import ArticleRefused
from qa.types import Article

BODIES = ("text", "html", "markdown")
"""The fields of which a record has one."""

_FIELDS = (
    "id", "title", *BODIES, "published", "date", "updated", "modified", "url", "publisher",
    "author", "lang",
)  # fmt: skip
_ID = re.compile(
    r"(?!\.{1,2}\Z)"
    r"[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]{1,200}"
)


def read_record(record: Mapping[str, object], origin: str) -> Reading:
    """Return the article of a JSON object; its source is that object's known fields, sorted.

    They are `id`, `title`, one of `text`, `html` and `markdown`, `published` or `date`, `updated`
    or `modified`, `url`, `publisher`, `author`, `categories`, `lang`: strings all, `categories`
    also a list of strings. null is the same as absent; other fields are ignored. `text` is a
    paragraph a line. An `id` is kept.

    Raises:
        ArticleRefused: a field has another type or no usable value, or there is no text.
    """
    values = {name: _string(record, name, origin) for name in _FIELDS}
    fields: dict[str, object] = {**values, "categories": _categories(record, origin)}
    source = json.dumps({k: v for k, v in fields.items() if v}, sort_keys=True).encode()
    check_size(len(source), origin)
    if not (values["id"] == "" or _ID.fullmatch(values["id"])):
        raise ArticleRefused(
            origin, "id: use 1 to 200 visible characters, no spaces, and not . or .."
        )
    bodies = [name for name in BODIES if values[name].strip()]
    if len(bodies) != 1:
        found = " and ".join(bodies) or "none of them"
        raise ArticleRefused(origin, f"text: give one of text, html, markdown; found {found}")
    fields["published"] = values["published"] or values["date"]
    fields["updated"] = values["updated"] or values["modified"]
    try:
        match bodies[0]:
            case "text":
                parsed = Parsed(fields, tidy(values["text"]))
            case "html":
                parsed = parse_body(fields, values["html"])
            case _:
                parsed = parse_body(fields, markdown_to_html(values["markdown"]))
    except Unreadable as error:
        raise ArticleRefused(origin, str(error)) from error
    reading = finish(parsed, source, origin)
    if reading.warnings:
        # Whoever sends a record can mend it; a file from elsewhere is taken as it is.
        raise ArticleRefused(origin, reading.warnings[0])
    return reading


def record_of(article: Article) -> dict[str, object]:
    """Return the JSON object of an article, that it is read from again; null where it says nothing.

    `origin` and `version` are told and not read: they are the home's own. A title that was made of
    the first sentence is null: given as one, it would be taken out of the text, where it is said
    again.
    """
    made = article.title == made_title(article.text, article.sentences)
    return {
        "id": article.id,
        "title": None if made else article.title,
        "text": article.text,
        "lang": article.language,
        "published": article.published.isoformat() if article.published else None,
        "updated": article.updated.isoformat() if article.updated else None,
        "publisher": article.publisher or None,
        "author": article.author or None,
        "categories": list(article.categories),
        "url": article.url or None,
        "origin": article.origin or None,
        "version": article.version,
    }


def read_entries(
    entries: Iterable[Entry], origin: str, member: str = ""
) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of a feed's entries, each from the record of it that is its source.

    `member` is the feed's name in its archive: ids are one feed's own.
    """
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        if entry.key and entry.key in seen:
            reason = f"id: {shorten(entry.key, 80)!r} is an earlier entry's; that one is taken"
            yield ArticleRefused(f"{origin}:{number}", reason)
            continue
        seen.add(entry.key)
        try:
            reading = read_record(entry.record, origin)
        except ArticleRefused as refusal:
            yield ArticleRefused(f"{origin}:{number}", refusal.reason)
        else:
            part = f"{member}#{entry.key}" if member else entry.key
            yield replace(reading, part=part if entry.key else None, warnings=entry.warnings)


def _string(record: Mapping[str, object], name: str, origin: str) -> str:
    value = record.get(name)
    if not (value is None or isinstance(value, str)):
        raise ArticleRefused(origin, f"{name}: must be a string, not {type(value).__name__}")
    return value or ""


def _categories(record: Mapping[str, object], origin: str) -> str | list[str]:
    value = record.get("categories")
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ArticleRefused(origin, "categories: must be a string or a list of strings")
