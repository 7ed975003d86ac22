"""What reading gives: an article, the bytes it came from, and the id made of them."""

import hashlib
from dataclasses import dataclass

from qa.types import Article

MAX_ARTICLE_BYTES = 10_000_000
"""A single article may have this many bytes, and so may a feed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One article as read.

    Attributes:
        source: the bytes this one article came from; reading them again gives it again.
        part: where in the file the article stands: "" if it is the file, a name inside an archive,
            an entry's own id in a feed; None where that says nothing, as a line's number does not.
        named: the id came with the article; otherwise it is made of the bytes.
        warnings: what was mended or left out, each beginning with its field.
        removed: the lines that were taken out of the text as not the article's, in order.
    """

    article: Article
    source: bytes
    part: str | None = None
    named: bool = False
    warnings: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def article_id(source: bytes) -> str:
    """Return the id of an article that has none: 20 hexadecimal digits, a hash of its bytes."""
    return hashlib.blake2b(source, digest_size=10).hexdigest()
