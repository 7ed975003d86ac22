"""A question and sentences that answer it -> the words in each that do."""

import re
from collections.abc import Iterable, Sequence

from qa.answer_types import AnswerType, marked, wanted
from qa.candidates import Candidate
from qa.types import Span, Time
from qa.when import elsewhen

_FRONT = re.compile(r"[\s,;:!?，。；：、！？]*")
_END = re.compile(r"(?:[\s,;:!?，。；：、！？]|(?:(?<=\w\w)|(?<=\d))\.)+$")  # not of "p.m."

SURE = 0.5
"""How sure a reader must be of its words to be asked before the rules.

F1 of the words marked in the first sentence, 1,000 development questions of six kinds: .625 so,
.618 by the reader alone, .601 if the rules came first (`qa.measures.overlap_f1`). Where both mark a
sentence that answers, the rules have .90 of dates, .79 of numbers and .57 of persons, the reader
.91, .80 and .93."""


class Marks:
    """Finds the words that answer a question: as a reader says, or by the form of the answer.

    What a reader says of another time than is asked about is not heard: of "by 2025 …, for 2035 …"
    the second half does not answer what is planned for 2025.
    """

    def __init__(self, question: str, time: Time | None = None) -> None:
        """Take a question as it was asked, and the time that it asks about."""
        self._question, self._kind = question, wanted(question)
        self._time = None if self._kind.type is AnswerType.DATE else time

    def of(self, candidates: Iterable[Candidate]) -> list[tuple[Span, ...]]:
        """Return of each sentence where in its article's text the words stand that answer."""
        return [
            tuple(
                Span(one.span.start + mark.start, one.span.start + mark.end)
                for mark in self._within(one)
            )
            for one in candidates
        ]

    def _within(self, one: Candidate) -> Sequence[Span]:
        words = one.reading and one.reading.words
        read = _bare(one.text, words.start, words.end) if words else []
        if any(self._elsewhen(one, run) for run in read):
            read = []
        if words and read and words.sure >= SURE:
            return read
        return marked(one.text, self._kind, self._question) or read

    def _elsewhen(self, one: Candidate, run: Span) -> bool:
        published = one.hit.article.published
        day = published.date() if published else None
        return self._time is not None and elsewhen(self._time, run.of(one.text), day)


def _bare(text: str, start: int, end: int) -> list[Span]:
    """Return a run of tokens without the blanks and the punctuation that they bring at the ends."""
    run = _END.sub("", text[start:end])
    front = _FRONT.match(run)
    first = start + (front.end() if front else 0)
    return [Span(first, start + len(run))] if first < start + len(run) else []
