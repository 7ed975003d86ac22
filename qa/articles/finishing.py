"""What a format gives, fields as written and a text, into an article with its sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qa.articles.article import MAX_ARTICLE_BYTES, Reading, article_id
from qa.articles.cleaning import clean
from qa.articles.fields import (
    MAX_TITLE,
    parse_categories,
    parse_date,
    parse_language,
    parse_url,
    shorten,
)
from qa.articles.html import heading_of, html_to_text, parse_html, tidy_line
from qa.errors import ArticleRefused
from qa.text import detect_language, split_sentences
from qa.types import Article, Span

_TITLE_FROM_SENTENCE = 60


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format gives: the fields as written, the tidied text, the heading it may open with."""

    fields: Mapping[str, object]
    text: str
    heading: str = ""
    warnings: tuple[str, ...] = ()


def parse_body(fields: Mapping[str, object], markup: str) -> Parsed:
    """Return what an article's own HTML gives.

    Raises:
        Unreadable: it has too many tags, or is nested too deeply.
    """
    root = parse_html(markup)
    text = html_to_text(root)
    return Parsed(fields, text, heading_of(root, text))


def check_size(size: int, origin: str) -> None:
    """Let pass what may be one article.

    Raises:
        ArticleRefused: it has more bytes than one may have.
    """
    if size > MAX_ARTICLE_BYTES:
        raise ArticleRefused(
            origin, f"longer than {MAX_ARTICLE_BYTES:,} bytes: split it into several articles"
        )


def finish(parsed: Parsed, source: bytes, origin: str) -> Reading:
    """Return the article that was parsed, with warnings for what could not be used.

    Raises:
        ArticleRefused: there is no text.
    """
    warnings = list(parsed.warnings)

    def line(name: str) -> str:
        value = parsed.fields.get(name)
        if value is not None and not isinstance(value, str):
            warnings.append(f"{name}: no text, left out; write it on one line")
        return tidy_line(value) if isinstance(value, str) else ""

    def moment(name: str) -> datetime | None:
        written = line(name)
        read = parse_date(written)
        if written and read is None:
            warnings.append(f"{name}: {shorten(written, 40)!r} is no date; write it as 2021-10-27")
        return read

    title = shorten(line("title") or parsed.heading, MAX_TITLE)
    text = parsed.text
    if parsed.heading and title == parsed.heading and text.startswith(parsed.heading + "\n"):
        text = text[len(parsed.heading) + 1 :]
    cleaned = clean(text, title)
    if not cleaned.text:
        raise ArticleRefused(origin, "the body is empty: put the article's text into it")
    sentences = split_sentences(cleaned.text)
    url = line("url")
    address = parse_url(url)
    published, updated = moment("published"), moment("updated")
    if url and not address:
        warnings.append(f"url: {shorten(url, 80)!r} is no web address; write it with https://")
    article = Article(
        id=line("id") or article_id(source),
        title=title or made_title(cleaned.text, sentences),
        text=cleaned.text,
        sentences=sentences,
        language=parse_language(line("lang")) or detect_language(cleaned.text),
        published=published,
        publisher=line("publisher"),
        author=line("author"),
        categories=parse_categories(parsed.fields.get("categories")),
        url=address,
        origin=origin,
        updated=updated,
    )
    named = bool(line("id"))
    return Reading(article, source, None, named, tuple(warnings), cleaned.removed)


def made_title(text: str, sentences: Sequence[Span]) -> str:
    """Return the title of an article that has none: its first sentence, cut if it is long."""
    return shorten(sentences[0].of(text), _TITLE_FROM_SENTENCE)
