"""What is told of an answer to a response of OpenAI's Responses API, whole or in events.

That the articles do not answer is said in the text, where every client shows it, and again in a
part of its own, a refusal, by which a program can tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from time import time
from typing import Any, Literal
from uuid import uuid4

from pydantic_core import to_json

from qa.types import Answer, Meta
from web.openai.answers import Piece, Place, Told, Whole


@dataclass(frozen=True, slots=True)
class Annotation(Place):
    """A citation."""

    type: Literal["url_citation"] = "url_citation"


@dataclass(frozen=True, slots=True)
class OutputText:
    """The answer."""

    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    logprobs: tuple[()] = ()
    type: Literal["output_text"] = "output_text"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The same words where the articles do not answer."""

    refusal: str
    type: Literal["refusal"] = "refusal"


@dataclass(frozen=True, slots=True)
class Message:
    """The only item of the output."""

    id: str
    status: Literal["in_progress", "completed"] = "in_progress"
    content: tuple[OutputText | Refusal, ...] = ()
    role: Literal["assistant"] = "assistant"
    type: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class InputDetails:
    """Nothing is cached."""

    cached_tokens: Literal[0] = 0
    cache_write_tokens: Literal[0] = 0


@dataclass(frozen=True, slots=True)
class OutputDetails:
    """Nothing is thought and left unsaid."""

    reasoning_tokens: Literal[0] = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the question as it was searched for, and of the answer, as the encoder counts."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: InputDetails = InputDetails()
    output_tokens_details: OutputDetails = OutputDetails()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer."""

    message: str
    code: Literal["server_error"] = "server_error"


@dataclass(frozen=True, slots=True)
class PlainText:
    """What a text is formatted as: as nothing."""

    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How the answer is written."""

    format: PlainText = PlainText()


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `newsqa` is the answer as `POST /ask` gives it. Nothing of it is kept."""

    id: str
    created_at: int
    model: str
    status: Literal["in_progress", "completed", "failed"] = "in_progress"
    output: tuple[Message, ...] = ()
    usage: Usage | None = None
    error: Failure | None = None
    newsqa: Answer | None = None
    object: Literal["response"] = "response"
    store: Literal[False] = False
    background: Literal[False] = False
    incomplete_details: None = None
    instructions: None = None
    metadata: None = None
    previous_response_id: None = None
    parallel_tool_calls: Literal[False] = False
    tool_choice: Literal["none"] = "none"
    tools: tuple[()] = ()
    temperature: None = None
    top_p: None = None
    max_output_tokens: None = None
    text: TextFormat = TextFormat()
    truncation: Literal["disabled"] = "disabled"


def response(model: str, told: Told) -> Response:
    """Return the answer as a response of the model of this name."""
    _, *pieces, whole = told
    assert isinstance(whole, Whole)
    places = [place for piece in pieces if isinstance(piece, Piece) for place in piece.places]
    return _completed(_begun(model), _annotations(places), whole)


class Events:
    """The server-sent events of one response, numbered as they are made."""

    def __init__(self, model: str) -> None:
        self._response = _begun(model)
        self._item = self._response.id.replace("resp_", "msg_")
        self._annotations: list[Annotation] = []
        self._number = 0

    def of(self, told: Told) -> Iterator[bytes]:
        """Yield those of an answer: the first as soon as it is begun."""
        for one in told:
            if isinstance(one, Meta):
                yield self._opening()
            elif isinstance(one, Piece):
                yield self._piece(one)
            else:
                yield self._closing(one)

    def failure(self, error: Mapping[str, Any]) -> bytes:
        """Return the last event where there is no answer, and before it the first if need be."""
        opening = b"" if self._number else self._event("response.created", response=self._response)
        failed = replace(self._response, status="failed", error=Failure(error["error"]["message"]))
        return opening + self._event("response.failed", response=failed)

    def _opening(self) -> bytes:
        return (
            self._event("response.created", response=self._response)
            + self._event("response.in_progress", response=self._response)
            + self._event("response.output_item.added", output_index=0, item=Message(self._item))
            + self._part("response.content_part.added", 0, part=OutputText())
        )

    def _piece(self, piece: Piece) -> bytes:
        events = self._part("response.output_text.delta", 0, delta=piece.text, logprobs=())
        for annotation in _annotations(piece.places):
            events += self._part(
                "response.output_text.annotation.added",
                0,
                annotation_index=len(self._annotations),
                annotation=annotation,
            )
            self._annotations.append(annotation)
        return events

    def _closing(self, whole: Whole) -> bytes:
        completed = _completed(self._response, tuple(self._annotations), whole)
        (item,) = completed.output
        events = b""
        for at, part in enumerate(item.content):
            if isinstance(part, OutputText):
                events += self._part("response.output_text.done", at, text=part.text, logprobs=())
            else:
                said = part.refusal
                events += self._part("response.content_part.added", at, part=Refusal(""))
                events += self._part("response.refusal.delta", at, delta=said)
                events += self._part("response.refusal.done", at, refusal=said)
            events += self._part("response.content_part.done", at, part=part)
        events += self._event("response.output_item.done", output_index=0, item=item)
        return events + self._event("response.completed", response=completed)

    def _part(self, kind: str, at: int, **fields: Any) -> bytes:
        """Return an event of the part of the item that is counted so."""
        place = {"item_id": self._item, "output_index": 0, "content_index": at}
        return self._event(kind, **place, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = to_json({"type": kind, "sequence_number": self._number, **fields})
        self._number += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


def _begun(model: str) -> Response:
    return Response(f"resp_{uuid4().hex}", int(time()), model)


def _completed(begun: Response, annotations: tuple[Annotation, ...], whole: Whole) -> Response:
    asked, answered = whole.question_tokens, whole.answer_tokens
    text = OutputText(whole.answer.answer, annotations)
    refusal = (Refusal(whole.refusal),) if whole.refusal else ()
    item = Message(begun.id.replace("resp_", "msg_"), "completed", (text, *refusal))
    return replace(
        begun,
        status="completed",
        output=(item,),
        usage=Usage(asked, answered, asked + answered),
        newsqa=whole.answer,
    )


def _annotations(places: Sequence[Place]) -> tuple[Annotation, ...]:
    return tuple(Annotation(**asdict(place)) for place in places)
