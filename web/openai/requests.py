"""What OpenAI's clients send, checked, to a question and what was said before it.

What has no bearing on an answer that quotes (temperature, token limits, tools that may go unused)
is taken and ignored, whatever it is called. What asks for another kind of answer is refused.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from qa.engine import MAX_QUESTION
from qa.errors import QuestionRefused
from qa.types import Mode, Query, Turn
from web.requests import AsOf, FiltersRequest, Strict, Time, TopK

MODELS: dict[str, Mode] = {
    "newsqa": "extractive",
    "newsqa-passages": "passages",
    "newsqa-llm": "llm",
}
"""The names of the modes, where a model is to be named."""

MOST_SAID = 1_000
MOST_PARTS = 100
"""Messages of a request, and parts of each, that are looked at."""

TOLD_BEFORE = 50
"""Turns before a question that are passed on; no more are looked back at."""

_TEXTS = ("text", "input_text", "output_text")


def _only(*fine: object, why: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in fine):
            raise ValueError(why)
        return value

    return BeforeValidator(check)


_NOTHING_KEPT = "nothing is kept between requests; send the whole conversation instead"
_TEXT_ONLY = "answers are plain text; leave it out"


def _kept_nowhere(kind: Any) -> Any:
    if kind == "item_reference":
        raise ValueError(_NOTHING_KEPT)
    return kind


NotKept = Annotated[None, _only(None, why=_NOTHING_KEPT)]
No = Annotated[None, _only(None, why=_TEXT_ONLY)]
Never = Annotated[Literal[False] | None, _only(None, False, why="it is not to be had")]
Choice = Annotated[
    Literal["none", "auto"] | None,
    _only(None, "none", "auto", why="no tool is ever called; leave it out, or send 'none'"),
]


class Lenient(BaseModel):
    """Unknown fields are ignored; those that are known are of the right type."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Options(Strict):
    """What a question may be sent with that OpenAI's API has no name for: as in `POST /ask`."""

    top_k: TopK = 5
    filters: FiltersRequest = FiltersRequest()
    as_of: AsOf = None
    time: Time = True

    def query(self, question: str, history: tuple[Turn, ...], mode: Mode) -> Query:
        """Return a question with these options."""
        filters = self.filters.filters()
        return Query(question, self.top_k, filters, history, mode, as_of=self.as_of, time=self.time)


OwnOptions = Annotated[Options, Field(description="newsqa's own options, as of `POST /ask`")]


def _kind(sent: object) -> str:
    """Return which of two kinds something is meant to be, so that only its faults are told."""
    return "parts" if isinstance(sent, list) else "text"


class Part(Lenient):
    """A part of a message; all but text is ignored, and refused in the question itself."""

    type: str
    text: str | None = None


Parts = Annotated[list[Part], Field(max_length=MOST_PARTS, fail_fast=True)]
Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[Parts, Tag("parts")], Discriminator(_kind)
]


class Said(Lenient):
    """A message of the conversation: what `system`, `developer` and tools say is ignored."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | None = None


class Item(Lenient):
    """An item of the conversation; what is no message is ignored."""

    type: Annotated[str | None, BeforeValidator(_kept_nowhere)] = None
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: Content | None = None


class TextFormat(Lenient):
    """How the answer is written: as plain text."""

    type: Annotated[Literal["text"], _only("text", why="answers are plain text; send 'text'")]


class TextConfig(Lenient):
    """How the answer is written."""

    format: TextFormat | None = None


class StreamOptions(Lenient):
    """With `include_usage` a stream ends with the numbers of tokens."""

    include_usage: bool | None = None


class ChatRequest(Lenient):
    """A question as the last message of a user's; what users and assistant said before goes along.

    Parameters that are not listed here are taken and ignored.
    """

    model: Annotated[str, Field(examples=["newsqa"])]
    messages: Annotated[list[Said], Field(min_length=1, max_length=MOST_SAID, fail_fast=True)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    newsqa: OwnOptions = Options()
    n: Annotated[Literal[1] | None, _only(None, 1, why="there is one answer; send 1")] = None
    tool_choice: Choice = None
    function_call: Choice = None
    response_format: TextFormat | None = None
    audio: No = None
    modalities: Annotated[
        list[Literal["text"]] | None, _only(None, [], ["text"], why=_TEXT_ONLY)
    ] = None
    logprobs: Never = None

    def query(self, mode: Mode) -> Query:
        """Return it as the domain has it.

        Raises:
            QuestionRefused: no message of a user's is a question.
        """
        said = [(one.role, one.content) for one in self.messages]
        return self.newsqa.query(*_question(said, "messages"), mode)


class ResponsesRequest(Lenient):
    """A question, alone or as the last message of a user's; what was said before goes along.

    `instructions` and parameters that are not listed here are taken and ignored.
    """

    model: Annotated[str, Field(examples=["newsqa"])]
    input: Annotated[
        Annotated[str, Tag("text")]
        | Annotated[
            list[Item], Field(min_length=1, max_length=MOST_SAID, fail_fast=True), Tag("parts")
        ],
        Discriminator(_kind),
    ]
    stream: bool | None = None
    newsqa: OwnOptions = Options()
    tool_choice: Choice = None
    text: TextConfig | None = None
    previous_response_id: NotKept = None
    conversation: NotKept = None
    prompt: NotKept = None
    background: Never = None

    def query(self, mode: Mode) -> Query:
        """Return it as the domain has it.

        Raises:
            QuestionRefused: it is no question, or no message of a user's is one.
        """
        if isinstance(self.input, str):
            said: list[tuple[str | None, Content | None]] = [("user", self.input)]
        else:
            said = [(one.role, one.content) for one in self.input]
        return self.newsqa.query(*_question(said, "input"), mode)


def _question(
    said: Sequence[tuple[str | None, Content | None]], field: str
) -> tuple[str, tuple[Turn, ...]]:
    """Return what a user said last, and the turns before it.

    Raises:
        QuestionRefused: that is no question; `field` is where it stood.
    """
    last = max((at for at, (role, _) in enumerate(said) if role == "user"), default=None)
    if last is None:
        raise QuestionRefused(field, "there is no message of a user's; ask something")
    content = said[last][1]
    question = _text(content).strip()
    if others := sorted({part.type for part in _parts(content)} - {*_TEXTS}):
        raise QuestionRefused(field, f"only text can be asked, not {', '.join(others)}")
    if not question:
        raise QuestionRefused(field, "the last message of a user's is empty; ask something")
    if len(question) > MAX_QUESTION:
        raise QuestionRefused(
            field, f"{len(question)} characters were asked; ask in at most {MAX_QUESTION}"
        )
    return question, tuple(_turns(said[:last]))[-TOLD_BEFORE:]


def _turns(said: Iterable[tuple[str | None, Content | None]]) -> Iterable[Turn]:
    for role, content in said:
        if role == "user":
            yield Turn("user", _text(content))
        elif role == "assistant":
            yield Turn("assistant", _text(content))


def _parts(content: Content | None) -> Sequence[Part]:
    return content if isinstance(content, list) else ()


def _text(content: Content | None) -> str:
    """Return the text of a message, its parts below each other."""
    if isinstance(content, str):
        return content
    return "\n".join(part.text or "" for part in _parts(content) if part.type in _TEXTS)
