"""A question and sentences that answer it -> the words in each that do."""

from collections.abc import Iterable

from qa.answer_types import marked, wanted
from qa.candidates import Candidate
from qa.types import Span

SURE = 0.15
"""How sure a reader must be of the words that it marks.

In the sentence that answers, the rules mark something for .39 and .18 of the questions over XQuAD's
Chinese paragraphs (asked in Chinese and in English), .23 and .09 over its English ones, .50 over
crud_news; F1 of these marks .69, .71, .74, .87 and .83. Where both mark, the rules are better. The
reader's marks have .65, .61, .61, .51 and .72, for .23, .24, .35, .36 and .12 of the questions;
from .05 on it would mark two to five times as many, with .40 to .47 (`qa.measures.overlap_f1`, 150
questions each)."""


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
    words = candidate.words
    return [Span(words.start, words.end)] if words and words.sure >= SURE else []
