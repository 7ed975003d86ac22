"""What a question that may be suggested is made of."""

from dataclasses import dataclass
from enum import StrEnum

READ = 200
"""Sentences of an article that questions are made of, its first: at 0.5 ms for a Chinese one a book
would keep a reader waiting for a minute."""


class Kind(StrEnum):
    """What a suggested question asks for."""

    AMOUNT = "amount"
    TIME = "time"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and where it comes from.

    Attributes:
        told: the words that were cut out to ask for them: what is cited in answer must have them.
        version: of the article, so that what an article says no more is asked no more.
    """

    question: str
    kind: Kind
    told: str
    article_id: str
    version: int
