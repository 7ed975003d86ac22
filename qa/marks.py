"""A question and sentences that answer it -> the words in each that do."""

from collections.abc import Sequence

from embeddings.reader import Reader
from qa.answer_types import marked, wanted
from qa.candidates import Candidate
from qa.search import Asked
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

    def __init__(self, question: str, asked: Asked, reader: Reader | None) -> None:
        """Take a question as it was asked, and as retrieval sees it."""
        self._question, self._asked, self._reader = question, asked, reader

    def of(self, candidates: Sequence[Candidate]) -> list[tuple[Span, ...]]:
        """Return of each sentence where in its article's text the words stand that answer."""
        kind = wanted(self._question)
        told = [marked(one.text, kind, self._question) for one in candidates]
        unmarked = [at for at, marks in enumerate(told) if not marks]
        for at, words in zip(
            unmarked, self._read([candidates[at] for at in unmarked]), strict=True
        ):
            told[at] = words
        return [
            tuple(Span(one.span.start + mark.start, one.span.start + mark.end) for mark in marks)
            for one, marks in zip(candidates, told, strict=True)
        ]

    def _read(self, candidates: Sequence[Candidate]) -> list[tuple[Span, ...]]:
        """Return the words that the reader is sure of."""
        if self._reader is None or not candidates:
            return [()] * len(candidates)
        read = self._reader.words(self._asked.tokens, [one.tokens.vectors for one in candidates])
        found: list[tuple[Span, ...]] = []
        for one, words in zip(candidates, read, strict=True):
            if words is None or words.sure < SURE:
                found.append(())
            else:
                spans = one.tokens.spans
                found.append((Span(int(spans[words.first, 0]), int(spans[words.last, 1])),))
        return found
