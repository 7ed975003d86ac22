"""Files, bytes and JSON objects into articles.

`read_stream` takes whatever a file holds, `read_articles` the same as bytes, `read_record` one JSON
object; all clean the text, split it into sentences and keep the bytes it came from.
"""

from qa.articles.containers import SUFFIXES
from qa.articles.finishing import MAX_ARTICLE_BYTES, Reading, article_id
from qa.articles.reading import READER, read_articles, read_feed, read_stream
from qa.articles.records import read_record

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
]
