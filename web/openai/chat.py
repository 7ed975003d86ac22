"""What is told of an answer to a chat completion, whole or in chunks.

That the articles do not answer is said in the text, where every client shows it, and in `refusal`,
by which a program can tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any, Literal

from pydantic_core import to_json

from qa.types import Answer, Meta
from web.openai.answers import Piece, Place, Told, Whole

DONE = b"data: [DONE]\n\n"
"""The end of a stream."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A citation."""

    url_citation: Place
    type: Literal["url_citation"] = "url_citation"


@dataclass(frozen=True, slots=True)
class Message:
    """The answer; `refusal` holds the same words where the articles do not answer."""

    content: str
    refusal: str | None
    annotations: tuple[Annotation, ...]
    role: Literal["assistant"] = "assistant"


@dataclass(frozen=True, slots=True)
class Choice:
    """The only choice there is."""

    message: Message
    index: Literal[0] = 0
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the question as it was searched for, and of the answer, as the encoder counts."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A chat completion; `newsqa` is the answer as `POST /ask` gives it.

    `system_fingerprint` names the state of the index that answered.
    """

    id: str
    created: int
    model: str
    system_fingerprint: str
    choices: tuple[Choice]
    usage: Usage
    newsqa: Answer
    object: Literal["chat.completion"] = "chat.completion"


def completion(model: str, told: Told) -> Completion:
    """Return the answer as a chat completion of the model of this name."""
    meta, *pieces, whole = told
    assert isinstance(meta, Meta)
    assert isinstance(whole, Whole)
    places = [place for piece in pieces if isinstance(piece, Piece) for place in piece.places]
    message = Message(whole.answer.answer, whole.refusal, _annotations(places))
    head = _head(meta, model)
    return Completion(**head, choices=(Choice(message),), usage=_usage(whole), newsqa=whole.answer)


def chunks(model: str, told: Told, *, with_usage: bool) -> Iterator[bytes]:
    """Yield the answer as a stream of server-sent events: the first as soon as it is begun."""
    head: dict[str, Any] = {}
    for one in told:
        if isinstance(one, Meta):
            head = {"object": "chat.completion.chunk", **_head(one, model)}
            if with_usage:
                head["usage"] = None
            yield _event(head, _choice({"role": "assistant", "content": ""}))
        elif isinstance(one, Piece):
            cited = {"annotations": _annotations(one.places)} if one.places else {}
            yield _event(head, _choice({"content": one.text, **cited}))
        else:
            refused = {"refusal": one.refusal} if one.refusal else {}
            last = _event(head, _choice(refused, "stop"), newsqa=one.answer)
            usage = _event(head, usage=_usage(one)) if with_usage else b""
            yield last + usage + DONE


def failure(error: Mapping[str, Any]) -> bytes:
    """Return the last event of a stream where there is no answer."""
    return b"data: " + to_json(error) + b"\n\n"


def _head(meta: Meta, model: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{meta.id.removeprefix('ask-')}",
        "created": int(time()),
        "model": model,
        "system_fingerprint": meta.index.generation,
    }


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}


def _event(head: dict[str, Any], *choices: dict[str, Any], **more: Any) -> bytes:
    return b"data: " + to_json({**head, "choices": choices, **more}) + b"\n\n"


def _usage(whole: Whole) -> Usage:
    asked, answered = whole.question_tokens, whole.answer_tokens
    return Usage(asked, answered, asked + answered)


def _annotations(places: Sequence[Place]) -> tuple[Annotation, ...]:
    return tuple(map(Annotation, places))
