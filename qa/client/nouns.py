"""What a server tells beside answers: its articles as listed and opened, what became of others."""

from dataclasses import dataclass
from datetime import datetime

from qa.types import Article, Language, Mode


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
    """Some articles, the last changed first; `next` is the cursor of the page after it."""

    articles: tuple[Listed, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article, and when it was taken, if that is known."""

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


@dataclass(frozen=True, slots=True)
class Taken:
    """An article that was sent, and what became of it: `added`, `updated`, `unchanged`..."""

    id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An article that was sent and cannot be kept."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the articles that were sent."""

    articles: tuple[Taken, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """How questions can be answered; `model` is the language model of the mode `llm`, if any."""

    status: str
    modes: tuple[Mode, ...]
    model: str | None
