"""Files, bytes and JSON objects into articles.

`read_articles` takes whatever a file holds, `read_record` one JSON object; both clean the text,
split it into sentences and keep the bytes it came from.
"""

from qa.articles.reading import (
    MAX_ARTICLE_BYTES,
    MAX_FILE_BYTES,
    Reading,
    article_id,
    read_articles,
    read_record,
)

__all__ = [
    "MAX_ARTICLE_BYTES",
    "MAX_FILE_BYTES",
    "Reading",
    "article_id",
    "read_articles",
    "read_record",
]
