"""Articles as they are listed and opened, by a server and by its clients."""

from dataclasses import dataclass
from datetime import datetime

from qa.types import Article, Language


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in a list: everything but its text."""

    id: str
    title: str
    language: Language
    published: datetime | None
    publisher: str
    author: str
    categories: tuple[str, ...]
    url: str
    origin: str
    version: int
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of articles, the last changed first; `next` is the cursor of the page after it."""

    articles: tuple[Listed, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article: its number and when it was taken, null if that is not known."""

    version: int
    taken: datetime | None
    title: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Another article that says the same."""

    id: str
    title: str
    publisher: str
    published: datetime | None
    language: Language


@dataclass(frozen=True, slots=True)
class Opened(Article):
    """An article in one of its versions.

    Attributes:
        versions: all there are, oldest first.
        copies: the articles that say the same as its newest, the earliest first.
    """

    versions: tuple[Version, ...] = ()
    copies: tuple[Copy, ...] = ()
