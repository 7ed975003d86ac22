"""What strangers send, checked strictly, to the domain's own types."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from qa.engine import MAX_QUESTION, MAX_TOP_K
from qa.types import Filters, Mode, Query, Retriever, Turn


def _iso_day(value: object) -> object:
    """Let only ISO dates through: pydantic would also take numbers and times of day."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value


Day = Annotated[date, BeforeValidator(_iso_day), Field(examples=["2021-10-27"])]
Question = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_QUESTION, pattern=r"\S"),
    Field(examples=["上海2025年的目标是什么"]),
]
TopK = Annotated[int, Field(ge=1, le=MAX_TOP_K)]
Values = Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(max_length=100)]


class Strict(BaseModel):
    """Unknown fields and wrong types are refused, not guessed at."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FiltersRequest(Strict):
    """Which articles may answer. Days are inclusive; within a list any value will do."""

    date_from: Day | None = None
    date_to: Day | None = None
    category: Values = []
    source: Values = []
    author: Values = []

    def filters(self) -> Filters:
        """Return them as the domain has them."""
        return Filters(
            self.date_from,
            self.date_to,
            tuple(self.category),
            tuple(self.source),
            tuple(self.author),
        )


class TurnRequest(Strict):
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=20_000)]


class AskRequest(Strict):
    """A question, and how it is to be answered."""

    question: Question
    top_k: TopK = 5
    filters: FiltersRequest = FiltersRequest()
    history: Annotated[list[TurnRequest], Field(max_length=50)] = []
    mode: Mode = "extractive"
    stream: Annotated[bool, Field(description="answer with server-sent events")] = False

    def query(self) -> Query:
        """Return it as the domain has it."""
        history = tuple(Turn(turn.role, turn.content) for turn in self.history)
        return Query(self.question, self.top_k, self.filters.filters(), history, self.mode)


class SearchRequest(Strict):
    """What to search for, and by which retriever."""

    query: Question
    top_k: TopK = 5
    filters: FiltersRequest = FiltersRequest()
    retriever: Retriever = "hybrid"

    def to_query(self) -> Query:
        """Return it as the domain has it."""
        return Query(self.query, self.top_k, self.filters.filters(), retriever=self.retriever)
