"""Cited sentences to the forms in which what is written is looked for in them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.lexical import Concept, words
from qa.numbers import in_digits
from qa.sounds import syllables
from qa.text import detect_language
from qa.types import Hit, Period, Span
from qa.when import spoken_of

_HAN = re.compile("[\u3400-\u9fff]{2,}")


@dataclass(frozen=True, slots=True)
class Cited:
    """One sentence of a hit's article, as what is written may cite it."""

    hit: Hit
    sentence: int

    @property
    def span(self) -> Span:
        """Where the sentence stands in its article."""
        return self.hit.article.sentences[self.sentence]

    @property
    def text(self) -> str:
        """The sentence, in the article's own words."""
        return self.span.of(self.hit.article.text)

    @property
    def day(self) -> date | None:
        """The day its article was published."""
        published = self.hit.article.published
        return published.date() if published else None


class Evidence:
    """What a written sentence cites.

    Attributes:
        dictionary: what words mean in the other language.
        cited: the sentences.
        plain: their text, with numbers in digits.
        titled: the same and the titles of their articles.
    """

    def __init__(self, cited: Sequence[Cited], dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self.cited = cited
        titles = {one.hit.article.id: one.hit.article.title for one in cited}
        self.plain = in_plain("\n".join(one.text for one in cited))
        self.titled = "\n".join((self.plain, *map(in_plain, titles.values())))
        self._told = frozenset(words(self.titled))

    def is_across(self, written: str) -> bool:
        """Say whether any cited article is in the other language."""
        english = detect_language(written) == "en"
        return any(english != (one.hit.article.language == "en") for one in self.cited)

    def concepts(self, written: str) -> tuple[Concept, ...]:
        """Return what is written of, each with the ways to say it."""
        return read_concepts(words(written), self.dictionary)

    def share(self, written: str) -> float:
        """Return the share of the concepts of what is written that is told; 0 if it has none."""
        concepts = self.concepts(written)
        return sum(map(self.tells, concepts)) / len(concepts) if concepts else 0.0

    def tells(self, concept: Concept) -> bool:
        """Say whether a concept is told, in the sentences or the titles."""
        return any(self._told.issuperset(phrase) or self._has(phrase) for phrase in concept)

    def has(self, written: str) -> bool:
        """Say whether these very words stand there, whatever their case and white space."""
        return squeezed(written) in self._squeezed

    @cached_property
    def syllables(self) -> list[str]:
        """How the Chinese sounds, character by character; what is not Chinese stays."""
        return [one.replace("v", "u") for one in syllables(self.titled)]

    @cached_property
    def periods(self) -> frozenset[Period]:
        """The times that the sentences speak of, however their digits are written."""
        return frozenset(
            period
            for one in self.cited
            for text in (one.text, in_plain(one.text))
            for period in spoken_of(text, one.day)
        )

    @cached_property
    def _squeezed(self) -> str:
        return squeezed(self.titled)

    def _has(self, phrase: tuple[str, ...]) -> bool:
        # However the segmenter cut it: 上海市 has 上海, and a 美国人 is of 美国.
        word = phrase[0].removesuffix("人") if len(phrase) == 1 else ""
        return _HAN.fullmatch(word) is not None and word in self.titled


def in_plain(text: str) -> str:
    """Return text of normal width with its numbers in digits."""
    return in_digits(unicodedata.normalize("NFKC", text))


def squeezed(text: str) -> str:
    """Return text without case and white space."""
    return "".join(text.casefold().split())
