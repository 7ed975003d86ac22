"""A file, whatever its format, or one JSON object into articles with their sentences.

Formats are told by content: front matter (with HTML or Markdown after it), JSON a line, a web page,
Markdown, plain text.
"""

import hashlib
import html
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from bs4.element import Tag

from qa.articles.decoding import Undecodable, decode, gunzip
from qa.articles.fields import (
    MAX_TITLE,
    parse_categories,
    parse_date,
    parse_language,
    parse_url,
    shorten,
)
from qa.articles.front_matter import Malformed, begins_with_front_matter, split_front_matter
from qa.articles.html import (
    Unreadable,
    heading_of,
    html_to_text,
    markdown_to_html,
    parse_html,
    tidy,
    tidy_line,
)
from qa.errors import ArticleRefused
from qa.text import detect_language, split_sentences
from qa.types import Article

MAX_ARTICLE_BYTES = 10_000_000
"""A single article may have this many bytes."""
MAX_FILE_BYTES = 500_000_000
"""A file of many articles may have this many bytes, unpacked."""

_TITLE_FROM_SENTENCE = 60
_TITLE_LINE = 80
_RECORD_FIELDS = (
    "id", "title", "text", "html", "markdown", "published", "date", "url", "publisher", "author",
    "lang",
)  # fmt: skip
_HTML = re.compile(r"\s*<(?:!--|!doctype|\?xml|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
_ID = re.compile(r"(?!\.{1,2}\Z)[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]{1,200}")
_YAML_NULLS = frozenset({"~", "null"})
_JSON = re.compile(r'\s*\{\s*["}]')
_MARKDOWN = re.compile(r"^#{1,6} \S|^(?:```|~~~)|\]\(https?://|^\|?[ :-]+-\|[ :|-]+$", re.MULTILINE)

# The names of <meta> and itemprop that pages use, in lower case, best first.
_PAGE_META = {
    "title": ("og:title", "twitter:title"),
    "published": (
        "article:published_time", "datepublished", "publishdate", "publish_time", "pubdate",
        "dc.date", "date",
    ),
    "url": ("og:url",),
    "publisher": ("og:site_name",),
    "author": ("author", "dc.creator"),
    "categories": ("article:section",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """One article as read.

    Attributes:
        source: the bytes this one article came from; reading them again gives it again.
        part: where in the file the article stands: "" if it is the file, a name inside an archive,
            an entry's own id in a feed; None where that says nothing, as a line's number does not.
        named: the id came with the article; otherwise it is made of the bytes.
        warnings: what was mended or left out, each beginning with its field.
    """

    article: Article
    source: bytes
    part: str | None = None
    named: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a format gives: the fields as written, the tidied text, the heading it may open with."""

    fields: Mapping[str, object]
    text: str
    heading: str = ""
    warnings: tuple[str, ...] = ()


def article_id(source: bytes) -> str:
    """Return the id of an article that has none: 20 hexadecimal digits, a hash of its bytes."""
    return hashlib.blake2b(source, digest_size=10).hexdigest()


def read_articles(data: bytes, origin: str) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of a file: one for a document, many for JSON lines; gzip is opened.

    What cannot be taken is yielded as a refusal, its origin with a line number where there are
    lines ("news.jsonl:17"), and the rest goes on.
    """
    try:
        data = gunzip(data, MAX_FILE_BYTES)
        text = decode(data)
    except Undecodable as error:
        yield ArticleRefused(origin, str(error))
        return
    if _JSON.match(text):
        yield from _read_json(text, origin)
        return
    try:
        _check_size(len(data), origin)
        yield replace(_finished(_read_document(text, origin), data, origin), part="")
    except (Malformed, Unreadable) as error:
        yield ArticleRefused(origin, str(error))
    except ArticleRefused as refusal:
        yield refusal


def read_record(record: Mapping[str, object], origin: str) -> Reading:
    """Return the article of a JSON object; its source is that object's known fields, sorted.

    They are `id`, `title`, one of `text`, `html` and `markdown`, `published` or `date`, `url`,
    `publisher`, `author`, `categories`, `lang`: strings all, `categories` also a list of strings.
    null is the same as absent; other fields are ignored. `text` is taken as it stands, a paragraph
    a line. An `id` is kept.

    Raises:
        ArticleRefused: a field has another type or no usable value, or there is no text.
    """
    values = {name: _string(record, name, origin) for name in _RECORD_FIELDS}
    fields: dict[str, object] = {**values, "categories": _categories(record, origin)}
    source = json.dumps({k: v for k, v in fields.items() if v}, sort_keys=True).encode()
    _check_size(len(source), origin)
    if not (values["id"] == "" or _ID.fullmatch(values["id"])):
        raise ArticleRefused(
            origin, "id: use 1 to 200 visible characters, no spaces, and not . or .."
        )
    bodies = [name for name in ("text", "html", "markdown") if values[name].strip()]
    if len(bodies) != 1:
        found = " and ".join(bodies) or "none of them"
        raise ArticleRefused(origin, f"text: give one of text, html, markdown; found {found}")
    fields["published"] = values["published"] or values["date"]
    try:
        match bodies[0]:
            case "text":
                draft = _Draft(fields, tidy(values["text"]))
            case "html":
                draft = _from_html(fields, values["html"])
            case _:
                draft = _from_html(fields, markdown_to_html(values["markdown"]))
    except Unreadable as error:
        raise ArticleRefused(origin, str(error)) from error
    reading = _finished(draft, source, origin)
    if reading.warnings:
        # Whoever sends a record can mend it; a file from elsewhere is taken as it is.
        raise ArticleRefused(origin, reading.warnings[0])
    return reading


def _read_json(text: str, origin: str) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of JSON lines, or of one object written over several lines."""
    opening = text.lstrip().partition("\n")[0]
    if not isinstance(_loads(opening), dict) and isinstance(whole := _loads(text), dict):
        try:
            yield replace(read_record(whole, origin), source=text.encode(), part="")
        except ArticleRefused as refusal:
            yield refusal
        return
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        if not line.strip():
            continue
        try:
            _check_size(len(line), origin)
            record = _loads(line)
            if not isinstance(record, dict):
                raise ArticleRefused(origin, "no JSON object: write one object a line")
            yield replace(read_record(record, origin), source=line.strip().encode())
        except ArticleRefused as refusal:
            yield ArticleRefused(f"{origin}:{number}", refusal.reason)


def _loads(text: str) -> object:
    """Return the JSON value of `text`, None where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_document(text: str, origin: str) -> _Draft:
    if begins_with_front_matter(text):
        fields, body, warnings = split_front_matter(text)
        draft = _from_html({}, body if _HTML.match(body) else markdown_to_html(body))
        return replace(draft, fields=_front_matter_fields(fields), warnings=warnings)
    if _HTML.match(text):
        return _from_page(text)
    if PurePath(origin).suffix in {".md", ".markdown"} or _MARKDOWN.search(text):
        return _from_html({}, markdown_to_html(text))
    return _from_plain_text(text)


def _from_html(fields: Mapping[str, object], markup: str) -> _Draft:
    root = parse_html(markup)
    text = html_to_text(root)
    return _Draft(fields, text, heading_of(root, text))


def _from_page(markup: str) -> _Draft:
    """Read a web page: its own <article> or <main> if it marks one, and what its head says."""
    root = parse_html(markup)
    said: dict[str, str] = {}
    for tag in root.find_all(["meta", "time"]):
        for key in ("property", "name", "itemprop"):
            value = tag.get("content") or tag.get("datetime")
            if name := str(tag.get(key) or "").lower():
                said.setdefault(name, str(value or ""))
    fields = {
        field: next((said[name] for name in names if said.get(name)), "")
        for field, names in _PAGE_META.items()
    }
    canonical = root.find("link", rel="canonical")
    if isinstance(canonical, Tag):
        fields["url"] = str(canonical.get("href") or "") or fields["url"]
    if isinstance(root.html, Tag):
        fields["lang"] = str(root.html.get("lang") or "")
    articles = root.find_all("article", limit=2)
    main = articles[0] if len(articles) == 1 else root.find("main") or root.body or root
    text = html_to_text(main)
    heading = heading_of(root, text)
    if not (fields["title"] or heading) and isinstance(root.title, Tag):
        fields["title"] = root.title.get_text()
    return _Draft(fields, text, heading)


def _from_plain_text(text: str) -> _Draft:
    """Read plain text: a first line that is short and ends like no sentence is the title."""
    text = tidy(text)
    first, _, rest = text.partition("\n")
    if rest and len(first) <= _TITLE_LINE and not re.search(r"[。！？.!?…；;，,：:”]\Z", first):
        return _Draft({"title": first}, rest)
    return _Draft({}, text)


def _front_matter_fields(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Return the fields under the names used here, the first of several names that is filled."""
    names = {
        "title": ("title",),
        "author": ("author",),
        # In the seed's format the author is the outlet.
        "publisher": ("publisher", "source", "author"),
        "published": ("date", "published"),
        "url": ("url", "link", "permalink", "source_url"),
        "categories": ("categories", "category"),
        "lang": ("lang", "language"),
    }
    return {
        field: next((value for name in known if (value := _meant(fields.get(name)))), None)
        for field, known in names.items()
    }


def _meant(value: object) -> object:
    """Return what a field says: None for YAML's nulls, and `A &amp; B` as it is to be read."""
    if not isinstance(value, str):
        return value
    return None if value in _YAML_NULLS else html.unescape(value)


def _finished(draft: _Draft, source: bytes, origin: str) -> Reading:
    """Return the article a draft makes, with warnings for what could not be used.

    Raises:
        ArticleRefused: there is no text.
    """
    warnings = list(draft.warnings)

    def line(field: str) -> str:
        value = draft.fields.get(field)
        if value is not None and not isinstance(value, str):
            warnings.append(f"{field}: no text, left out; write it on one line")
        return tidy_line(value) if isinstance(value, str) else ""

    title = shorten(line("title") or draft.heading, MAX_TITLE)
    text = draft.text
    if draft.heading and title == draft.heading and text.startswith(draft.heading + "\n"):
        text = text[len(draft.heading) + 1 :]
    if not text:
        raise ArticleRefused(origin, "the body is empty: put the article's text into it")
    sentences = split_sentences(text)
    date, url = line("published"), line("url")
    published, address = parse_date(date), parse_url(url)
    if date and published is None:
        warnings.append(f"published: {shorten(date, 40)!r} is no date; write it as 2021-10-27")
    if url and not address:
        warnings.append(f"url: {shorten(url, 80)!r} is no web address; write it with https://")
    article = Article(
        id=line("id") or article_id(source),
        title=title or shorten(sentences[0].of(text), _TITLE_FROM_SENTENCE),
        text=text,
        sentences=sentences,
        language=parse_language(line("lang")) or detect_language(text),
        published=published,
        publisher=line("publisher"),
        author=line("author"),
        categories=parse_categories(draft.fields.get("categories")),
        url=address,
        origin=origin,
    )
    return Reading(article, source, named=bool(line("id")), warnings=tuple(warnings))


def _string(record: Mapping[str, object], name: str, origin: str) -> str:
    value = record.get(name)
    if not (value is None or isinstance(value, str)):
        raise ArticleRefused(origin, f"{name}: must be a string, not {type(value).__name__}")
    return value or ""


def _categories(record: Mapping[str, object], origin: str) -> str | list[str]:
    value = record.get("categories")
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    raise ArticleRefused(origin, "categories: must be a string or a list of strings")


def _check_size(size: int, origin: str) -> None:
    if size > MAX_ARTICLE_BYTES:
        raise ArticleRefused(
            origin, f"longer than {MAX_ARTICLE_BYTES:,} bytes: split it into several articles"
        )
