"""A question and sentences that answer it -> the words in each that do."""

from collections.abc import Iterable

from qa.answer_types import marked, wanted
from qa.candidates import Candidate
from qa.types import Span

SURE = 0.1
"""How sure a reader must be of the words that it marks.

In the sentence that answers, the rules mark something for .39 and .18 of the questions over XQuAD's
Chinese paragraphs (asked in Chinese and in English), .23 and .09 over its English ones, .50 over
crud_news; F1 of these marks .69, .71, .74, .87 and .83. Where both mark, rules and reader are about
as good (F1 .78 and .77 of 119), the rules better of dates (.94 and .85). Where rules mark nothing,
the reader's marks have .62 and .58 over Chinese paragraphs, .70 and .54 over English ones and .76
over CMRC's, for .86 to .96 of what is left; from .25 on .62 to .80, for half of it
(`qa.measures.overlap_f1`, 100 questions each)."""


class Marks:
    """Finds the words that answer a question: by the form of the answer, else by a reader."""

    def __init__(self, question: str) -> None:
        """Take a question as it was asked."""
        self._question, self._kind = question, wanted(question)

    def of(self, candidates: Iterable[Candidate]) -> list[tuple[Span, ...]]:
        """Return of each sentence where in its article's text the words stand that answer."""
        return [
            tuple(
                Span(one.span.start + mark.start, one.span.start + mark.end)
                for mark in marked(one.text, self._kind, self._question) or _read(one)
            )
            for one in candidates
        ]


def _read(candidate: Candidate) -> list[Span]:
    """Return the words that a reader is sure of."""
    words = candidate.reading and candidate.reading.words
    return [Span(words.start, words.end)] if words and words.sure >= SURE else []
