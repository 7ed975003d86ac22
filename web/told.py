"""A question's events to what became of it, for those who count, log and trace it."""

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from qa.errors import QuestionRefused
from qa.text import detect_language
from qa.types import Done, Event, Language, Mode, Query, Status, Timings

STAGES = ("encode", "search", "answer")
"""Of a question, in their order; `Timings` has the milliseconds of each."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a question; one that failed has no timings."""

    question: str
    mode: Mode
    language: Language
    status: Status | Literal["failed"]
    timings: Timings | None = None


Hear = Callable[[Told], None]


def telling(
    hearers: Iterable[Hear], query: Query, events: Generator[Event, None, None]
) -> Generator[Event, None, None]:
    """Yield the events of an answer, and tell the hearers how it ended before the last is out.

    Nothing is told of a question that was given up by whoever asked it, or is refused as it is.
    They hear it where it is worked on: in the context of the request that draws the event.
    """
    language = detect_language(query.question)
    with closing(events):
        try:
            for event in events:
                if isinstance(event, Done):
                    told = Told(
                        query.question, query.mode, language, event.status, event.timings_ms
                    )
                    _tell(hearers, told)
                yield event
        except QuestionRefused:
            raise
        except Exception:
            _tell(hearers, Told(query.question, query.mode, language, "failed"))
            raise


def _tell(hearers: Iterable[Hear], told: Told) -> None:
    for hear in hearers:
        hear(told)
