"""What a server tells beside answers and articles: what became of those that were sent."""

from dataclasses import dataclass

from qa.types import Mode


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
