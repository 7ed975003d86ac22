"""Files, bytes and JSON objects into articles.

All that read clean the text, split it into sentences and keep the bytes it came from. What they
read with is half a second's work to import, which a server that only answers never does.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from qa.articles.article import MAX_ARTICLE_BYTES, Reading, article_id
from qa.articles.containers import SUFFIXES
from qa.errors import ArticleRefused
from qa.types import Article

if TYPE_CHECKING:
    from qa.articles.feeds import Entry

__all__ = [
    "MAX_ARTICLE_BYTES",
    "READER",
    "SUFFIXES",
    "Reading",
    "article_id",
    "read_articles",
    "read_feed",
    "read_record",
    "read_stream",
    "record_of",
]

READER = 2
"""Raised when reading improves, so that files that have not changed are read again."""


def read_stream(
    stream: BinaryIO, origin: str, declared: str = ""
) -> Iterator[Reading | ArticleRefused]:
    """Return the articles of whatever a file holds, as they are read (qa/articles/reading.py)."""
    from qa.articles import reading

    return reading.read_stream(stream, origin, declared)


def read_articles(
    data: bytes, origin: str, declared: str = ""
) -> Iterator[Reading | ArticleRefused]:
    """Return the articles of a file's bytes, likewise."""
    from qa.articles import reading

    return reading.read_articles(data, origin, declared)


def read_feed(data: bytes, origin: str, declared: str = "") -> "Iterator[Entry]":
    """Return the entries of a feed, also those that hold no text of their own, likewise."""
    from qa.articles import reading

    return reading.read_feed(data, origin, declared)


def read_record(record: Mapping[str, object], origin: str) -> Reading:
    """Return the article of a JSON object (qa/articles/records.py).

    Raises:
        ArticleRefused: a field has another type or no usable value, or there is no text.
    """
    from qa.articles import records

    return records.read_record(record, origin)


def record_of(article: Article) -> dict[str, object]:
    """Return the JSON object of an article, that it is read from again, likewise."""
    from qa.articles import records

    return records.record_of(article)
