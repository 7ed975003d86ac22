"""A file of any format into articles.

Formats are told by content: front matter (with HTML or Markdown after it), JSON, a feed, a web
page, Markdown, plain text, alone or packed. A name decides only between a document and JSON that
may be its front matter, between Markdown and plain text, and between broken JSON and either.
"""

import html
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO

from qa.articles.article import MAX_ARTICLE_BYTES, Reading
from qa.articles.containers import File, files_in
from qa.articles.decoding import read_text
from qa.articles.errors import Unreadable
from qa.articles.exports import layout, read_array, read_lines, read_object, value_of
from qa.articles.feeds import Entry, is_json_feed, json_entries, xml_entries
from qa.articles.fields import parse_url
from qa.articles.finishing import (
    Parsed,
    check_size,
    finish,
    parse_body,
)
from qa.articles.front_matter import Parts, split_front_matter
from qa.articles.html import markdown_to_html, tidy
from qa.articles.mhtml import html_of, is_mhtml
from qa.articles.pages import read_page
from qa.articles.records import read_entries
from qa.errors import ArticleRefused

MAX_IN_A_ROW = 10_000
"""After this many refusals in a row the file is left: 200 MB may hold 66 million."""

_TITLE_LINE = 80
_HTML = re.compile(r"\s*<(?:!--|!doctype|\?xml|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
_PROLOG = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"\s*<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[\s/>]")
_FEEDS = frozenset({"rss", "rdf", "feed"})
_OTHER_XML = {
    "opml": "a list of feeds (OPML), no articles: add the addresses of the feeds in it",
    "urlset": "a site map, no articles: add the pages or a feed",
    "sitemapindex": "a list of site maps, no articles: add the pages or a feed",
}
_MARKDOWN = re.compile(r"^#{1,6} \S|^(?:```|~~~)|\]\(https?://|^\|?[ :-]+-\|[ :|-]+$", re.MULTILINE)
# What Hugo and Jekyll put in the place of it: a picture, a video, another file.
_SHORTCODE = re.compile(r"\{\{[<%].{0,2000}?[%>]\}\}|\{%.{0,2000}?%\}", re.DOTALL)
_CAPTION = re.compile(r"""\b(?:caption|title)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MARKDOWN_NAMES = frozenset({".md", ".markdown"})
_JSON_NAMES = frozenset({".json", ".jsonl", ".ndjson"})
_SENTENCE_END = re.compile(r"[。！？.!?…；;，,：:”]\Z")
_YAML_NULLS = frozenset({"~", "null"})
_YES, _NO = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


def read_stream(
    stream: BinaryIO, origin: str, declared: str = ""
) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of a seekable file: one for a document, many for what holds many.

    `declared` is the encoding that whoever sent a document says it has.

    What cannot be taken is yielded as a refusal, its origin with a line's, an element's or an
    entry's number, or a member's name, where there are some ("news.jsonl:17", "news.zip/a.md"),
    and the rest goes on. Of whatever size the file is, little of it is held at a time.
    """
    in_a_row = 0
    for result in _read_files(stream, origin, declared):
        yield result
        in_a_row = in_a_row + 1 if isinstance(result, ArticleRefused) else 0
        if in_a_row == MAX_IN_A_ROW:
            yield ArticleRefused(origin, "refused so often in a row that the rest is not read")
            return


def _read_files(stream: BinaryIO, origin: str, declared: str) -> Iterator[Reading | ArticleRefused]:
    for file in files_in(stream, origin):
        if isinstance(file, ArticleRefused):
            yield file
            continue
        try:
            yield from _read_file(file, declared)
        except Unreadable as error:
            yield ArticleRefused(file.origin, str(error))
        except ArticleRefused as refusal:
            yield refusal


def read_articles(
    data: bytes, origin: str, declared: str = ""
) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of a file's bytes, as `read_stream` does."""
    return read_stream(io.BytesIO(data), origin, declared)


def read_feed(data: bytes, origin: str, declared: str = "") -> Iterator[Entry]:
    """Yield the entries of a feed, also those that hold no text of their own.

    Raises:
        ArticleRefused: it is none; or, behind all entries that are whole, it breaks off.
    """
    try:
        text = read_text(data, declared).text
        whole = value_of(text)
        if isinstance(whole, dict) and is_json_feed(whole):
            yield from json_entries(whole)
        elif feed := _feed(text):
            yield from xml_entries(feed)
        else:
            raise ArticleRefused(origin, "no feed: only a feed links to articles")
    except Unreadable as error:
        raise ArticleRefused(origin, str(error)) from error


def _read_file(file: File, declared: str) -> Iterator[Reading | ArticleRefused]:
    opening = file.stream.peek()
    markdown = _suffix(file.origin) in _MARKDOWN_NAMES
    json = layout(opening, document=markdown)
    if json == "lines":
        yield from read_lines(file)
        return
    if json == "array":
        yield from read_array(file)
        return
    data = file.stream.read(MAX_ARTICLE_BYTES + 1)
    if len(data) > MAX_ARTICLE_BYTES:
        # A film is no long article.
        read_text(opening)
    check_size(len(data), file.origin)
    if is_mhtml(opening):
        page = html_of(data)
        yield _whole(read_page(page.text), page.warnings, data, file)
        return
    decoded = read_text(data, declared)
    text = decoded.text
    whole = value_of(text) if json else None
    if isinstance(whole, dict):
        yield from read_object(whole, text, file)
    elif feed := _feed(text):
        yield from read_entries(xml_entries(feed), file.origin, file.name)
    elif text.lstrip().startswith(("{", "[")) and _is_broken_json(text, file.origin):
        raise ArticleRefused(
            file.origin, "no JSON, though its name says so: see where it breaks off"
        )
    else:
        yield _whole(_read_document(text, markdown=markdown), decoded.warnings, data, file)


def _is_broken_json(text: str, origin: str) -> bool:
    return _suffix(origin) in _JSON_NAMES and not split_front_matter(text)


def _suffix(origin: str) -> str:
    return PurePath(origin.lower().removesuffix(".gz")).suffix


def _whole(parsed: Parsed, warnings: tuple[str, ...], data: bytes, file: File) -> Reading:
    """Return the article that is all of a file, with warnings of how its bytes were read."""
    parsed = replace(parsed, warnings=(*warnings, *parsed.warnings))
    return replace(finish(parsed, data, file.origin), part=file.name)


def _feed(text: str) -> str:
    """Return a feed from its root element on, "" if the text is none.

    Raises:
        Unreadable: it is XML of a kind in which there are no articles.
    """
    if not text.lstrip().startswith("<"):
        return ""
    at = 0
    while prolog := _PROLOG.match(text, at):
        at = prolog.end()
    root = _ROOT.match(text, at)
    name = root[1].lower() if root else ""
    if name in _OTHER_XML:
        raise Unreadable(_OTHER_XML[name])
    if name in _FEEDS:
        return text[at:]
    if name and name != "html" and text.lstrip().startswith("<?xml"):
        raise Unreadable(f"XML of a kind that is not read ({name}): save it as HTML")
    return ""


def _read_document(text: str, *, markdown: bool) -> Parsed:
    if parts := split_front_matter(text):
        body = _SHORTCODE.sub(_caption, parts.body)
        body = body if _HTML.match(body) else markdown_to_html(body)
        return replace(parse_body(_front_matter_fields(parts), body), warnings=parts.warnings)
    if _HTML.match(text):
        return read_page(text)
    if markdown or _MARKDOWN.search(text):
        return parse_body({}, markdown_to_html(text))
    return _from_plain_text(text)


def _caption(shortcode: re.Match[str]) -> str:
    """Return what a reader sees of a shortcode: its caption, if it has one."""
    found = _CAPTION.search(shortcode[0])
    return (found[1] or found[2] or "") if found else ""


def _from_plain_text(text: str) -> Parsed:
    """Read plain text: a first line that is short and ends like no sentence is the title."""
    text = tidy(text)
    first, _, rest = text.partition("\n")
    if rest and len(first) <= _TITLE_LINE and not _SENTENCE_END.search(first):
        return Parsed({"title": first}, rest)
    return Parsed({}, text)


def _front_matter_fields(parts: Parts) -> Mapping[str, object]:
    """Return the fields under the names used here, the first of several names that is filled.

    Raises:
        Unreadable: the article is marked as not published.
    """
    fields = {name.lower(): _meant(value) for name, value in parts.fields.items()}
    published = str(fields.get("published")).lower()
    if str(fields.get("draft")).lower() in _YES or published in _NO:
        raise Unreadable("draft: it is not published yet: take the mark out once it is")
    if published in _YES:
        del fields["published"]
    names = {
        "title": ("title",),
        "published": ("date", "published"),
        "updated": ("lastmod", "updated", "last_modified_at", "modified"),
        "categories": ("categories", "category", "tags"),
        "lang": ("lang", "language"),
    }
    author = _names(fields.get("author") or fields.get("authors"))
    return {
        **{name: next(filter(None, map(fields.get, known)), None) for name, known in names.items()},
        "author": author,
        # In the seed's format the author is the outlet.
        "publisher": fields.get("publisher") or fields.get("source") or author,
        "url": _address(fields),
    }


def _meant(value: object) -> object:
    """Return what a field says: None for YAML's nulls, and `A &amp; B` as it is to be read."""
    if not isinstance(value, str):
        return value
    return None if value in _YAML_NULLS else html.unescape(value)


def _names(author: object) -> object:
    """Return authors in one line: a list's, a mapping's name; anything else as it is."""
    if isinstance(author, dict):
        return _names(author.get("name"))
    if isinstance(author, list):
        return ", ".join(name for one in author if isinstance(name := _names(one), str))
    return author


def _address(fields: Mapping[str, object]) -> object:
    """Return the article's address: paths within a site, which generators write, are none."""
    values = [fields.get(name) for name in ("url", "link", "permalink", "source_url")]
    written = [value for value in values if isinstance(value, str) and ":" in value]
    return next(filter(parse_url, written), written[0] if written else None)
