"""What strangers send, checked strictly, to the domain's own types."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from qa.engine import MAX_QUESTION, MAX_TOP_K
from qa.feedback import Cited, Feedback, Rating, cleaned
from qa.sources import is_address
from qa.types import Filters, Mode, Query, Retriever, Span, Status, Turn


def _true_or_false(value: object) -> bool:
    """Let only JSON's words through: pydantic would take "yes" and 1."""
    if value not in ("true", "false"):
        raise ValueError("write true or false")
    return value == "true"


def _iso_day(value: object) -> date:
    """Let only days such as 2021-10-27 through: Python and pydantic would take much else."""
    if not (isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
        raise ValueError("write the day as 2021-10-27")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(_iso_day), Field(examples=["2021-10-27"])]
AsOf = Annotated[
    Day | None,
    Field(description='the day of asking, against which "last week" is read; by default today'),
]
Time = Annotated[bool, Field(description="whether the question's time is read and counts")]
Question = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_QUESTION, pattern=r"\S"),
    Field(examples=["上海2025年的目标是什么"]),
]
MOST_PLACE = 2**31
Place = Annotated[int, Field(ge=0, le=MOST_PLACE)]
Mark = Annotated[list[Place], Field(min_length=2, max_length=2)]
TopK = Annotated[int, Field(ge=1, le=MAX_TOP_K)]
Values = Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(max_length=100)]

MOST_FIELDS = 50
"""Beyond so many an object is nothing that has fields too many, but something else."""


class Strict(BaseModel):
    """Unknown fields and wrong types are refused, not guessed at."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, sent: object) -> object:
        # Each that is unknown would be told of: 2 s for the 200,000 that a body has room for.
        if isinstance(sent, dict) and len(sent) > MOST_FIELDS:
            raise ValueError(f"{len(sent):,} fields; there are {len(cls.model_fields)}")
        return sent


class FiltersRequest(Strict):
    """Which articles may answer. Days are inclusive; within a list any value will do."""

    date_from: Day | None = None
    date_to: Day | None = None
    category: Values = []
    source: Values = []
    author: Values = []

    @field_validator("date_to")
    @classmethod
    def _in_order(cls, date_to: date | None, others: ValidationInfo) -> date | None:
        date_from = others.data.get("date_from")
        if date_from and date_to and date_to < date_from:
            raise ValueError("it must not lie before date_from")
        return date_to

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
    as_of: AsOf = None
    time: Time = True

    def query(self) -> Query:
        """Return it as the domain has it."""
        return Query(
            self.question,
            self.top_k,
            self.filters.filters(),
            tuple(Turn(turn.role, turn.content) for turn in self.history),
            self.mode,
            as_of=self.as_of,
            time=self.time,
        )


class AskAddress(BaseModel):
    """A question in an address; what stands there is always a string."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Question
    top_k: TopK = 5
    mode: Mode = "extractive"
    as_of: AsOf = None
    time: Annotated[Time, BeforeValidator(_true_or_false)] = True

    def query(self) -> Query:
        """Return it as the domain has it."""
        return Query(self.q, self.top_k, mode=self.mode, as_of=self.as_of, time=self.time)


class SearchRequest(Strict):
    """What to search for, and by which retriever."""

    query: Question
    top_k: TopK = 5
    filters: FiltersRequest = FiltersRequest()
    retriever: Retriever = "hybrid"
    as_of: AsOf = None
    time: Time = True

    def to_query(self) -> Query:
        """Return it as the domain has it."""
        return Query(
            self.query,
            self.top_k,
            self.filters.filters(),
            retriever=self.retriever,
            as_of=self.as_of,
            time=self.time,
        )


class CitedRequest(Strict):
    """Where an answer quoted an article: code points into its text, as a citation tells them.

    `version` is the source's, by default the newest; `marks` are what is marked of the quote.
    """

    article_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    version: Annotated[int, Field(ge=1, le=MOST_PLACE)] | None = None
    source_start: Place
    source_end: Place
    marks: Annotated[list[Mark], Field(max_length=20)] = []

    def cited(self) -> Cited:
        """Return it as the domain has it."""
        marks = tuple(Span(*mark) for mark in self.marks)
        place = (self.source_start, self.source_end)
        return Cited(self.article_id, self.version or 0, *place, marks)


class FeedbackRequest(Strict):
    """What a reader says of an answer; `question` is best its `standalone_question`."""

    answer: Annotated[str, Field(pattern=r"^ask-[0-9a-f]{32}$", description="the answer's `id`")]
    rating: Annotated[Rating | None, Field(description="null takes back what was said")]
    question: Question
    status: Status
    citations: Annotated[list[CitedRequest], Field(max_length=50)] = []
    comment: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @field_validator("question", "comment")
    @classmethod
    def _without_what_is_unseen(cls, words: str, field: ValidationInfo) -> str:
        seen = cleaned(words)
        if field.field_name == "question" and not seen:
            raise ValueError("nothing can be seen of it")
        return seen

    def feedback(self, day: date) -> Feedback | None:
        """Return it as the domain has it, None if it is taken back."""
        if self.rating is None:
            return None
        cited = tuple(one.cited() for one in self.citations)
        return Feedback(
            self.answer, self.rating, self.question, self.status, cited, self.comment, day
        )


class AddressRequest(Strict):
    """A page or a feed of the web; with `linked` the pages that the feed's entries link to."""

    address: Annotated[
        str,
        StringConstraints(max_length=2_000),
        Field(examples=["https://news.example/feed.xml"]),
    ]
    linked: bool = False

    @field_validator("address")
    @classmethod
    def _is_of_the_web(cls, address: str) -> str:
        if not is_address(address) or re.search(r"\s", address):
            raise ValueError("write an address that begins with http:// or https://")
        return address


class ArticleRequest(BaseModel):
    """An article, its fields as in a line of JSON; give one of `text`, `html` and `markdown`.

    These names are all that may be sent; `qa.articles` checks the values and says what is wrong.
    """

    id: str | None = None
    title: str | None = None
    text: str | None = None
    html: str | None = None
    markdown: str | None = None
    published: str | None = None
    date: str | None = None
    updated: str | None = None
    modified: str | None = None
    url: str | None = None
    publisher: str | None = None
    author: str | None = None
    categories: str | list[str] | None = None
    lang: str | None = None
