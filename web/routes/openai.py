"""A question in either of OpenAI's APIs to its answer, by the same engine and gate as `/ask`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_json
from sse_starlette import EventSourceResponse

from qa.engine import Engine
from qa.types import Mode, Query
from web.events import IN_WORDS, PING_SECONDS
from web.gate import Gate
from web.openai import chat, errors, responses
from web.openai.answers import Told, told
from web.openai.requests import MODELS, ChatRequest, ResponsesRequest
from web.openai.streams import Failure, sent
from web.problems import told as in_part
from web.routes.state import TheEngine, asking
from web.told import telling

router = APIRouter(prefix="/v1", tags=["OpenAI"], responses=errors.DESCRIBED)

_STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": IN_WORDS}}


@dataclass(frozen=True, slots=True)
class Model:
    """A way to answer, where a model is to be named; `created` is 0, for it has no day."""

    id: str
    created: Literal[0] = 0
    object: Literal["model"] = "model"
    owned_by: Literal["newsqa"] = "newsqa"


@dataclass(frozen=True, slots=True)
class Models:
    """All ways to answer."""

    data: tuple[Model, ...]
    object: Literal["list"] = "list"


@router.get("/models")
async def models(engine: TheEngine) -> Models:
    """List the ways to answer: `newsqa` quotes sentences, `newsqa-passages` whole passages.

    Where the operator has named a language model, `newsqa-llm` has it write.
    """
    return Models(tuple(map(Model, _modes(engine))))


@router.get("/models/{model}", response_model=Model)
async def model(model: str, engine: TheEngine) -> Any:
    """Return one of the ways to answer."""
    return Model(model) if model in _modes(engine) else _unknown(model)


@router.post("/chat/completions", response_model=chat.Completion, responses=_STREAMED)
async def chat_completions(body: ChatRequest, request: Request, engine: TheEngine) -> Any:
    """Answer the last message of a user's, as a chat completion.

    `content` is the answer's text, and each citation an annotation of it, whose indexes count code
    points, half-open. What was said before completes the question; what system and developer say is
    ignored, and so is every parameter that has no bearing on quotes. Where the articles do not
    answer, `refusal` says so as `content` does.

    With `stream` each statement is a chunk, its annotations in the same `delta`.
    """
    mode = _modes(engine).get(body.model)
    if mode is None:
        return _unknown(body.model)
    question = body.query(mode)
    if not body.stream:
        return await _whole(request, engine, question, partial(chat.completion, body.model))
    with_usage = bool(body.stream_options and body.stream_options.include_usage)
    chunks = partial(chat.chunks, body.model, with_usage=with_usage)
    return _stream(request, engine, question, chunks, chat.failure)


@router.post("/responses", response_model=responses.Response, responses=_STREAMED)
async def create_response(body: ResponsesRequest, request: Request, engine: TheEngine) -> Any:
    """Answer a text, or the last message of a user's among the items, as a response.

    The text and its annotations are those of a chat completion; where the articles do not answer a
    part of its own, a `refusal`, says so again. Nothing is kept: `store` is false whatever was
    asked, and `previous_response_id` is refused.

    With `stream` it comes in the events of that API, from `response.created` to
    `response.completed`, or `response.failed`.
    """
    mode = _modes(engine).get(body.model)
    if mode is None:
        return _unknown(body.model)
    question = body.query(mode)
    if not body.stream:
        return await _whole(request, engine, question, partial(responses.response, body.model))
    events = responses.Events(body.model)
    return _stream(request, engine, question, events.of, events.failure)


def _modes(engine: Engine) -> dict[str, Mode]:
    """Return the modes that can be asked for, by the names of models."""
    writes = engine.writes_with is not None
    return {name: mode for name, mode in MODELS.items() if mode != "llm" or writes}


def _unknown(name: str) -> Response:
    problem = {
        "status": HTTPStatus.NOT_FOUND,
        "detail": in_part(f"there is no model {name!r}; GET /v1/models lists those there are"),
        "errors": [{"field": "model"}],
    }
    return JSONResponse(errors.error(problem, "model_not_found"), HTTPStatus.NOT_FOUND)


async def _whole(
    request: Request, engine: Engine, question: Query, made: Callable[[Told], object]
) -> Response:
    gate = asking(request, question.mode)
    events = _told(request, engine, question, gate)
    said = await gate.run(partial(made, events), request)
    # What is of our own making need not be checked against the model of it.
    return Response(to_json(said), media_type="application/json")


def _stream(
    request: Request,
    engine: Engine,
    question: Query,
    blocks: Callable[[Told], Iterator[bytes]],
    failure: Failure,
) -> Response:
    gate = asking(request, question.mode)
    gate.admit()  # refused before the stream begins, so that it is still an ordinary error
    events = _told(request, engine, question, gate)
    made = sent(blocks(events), failure, gate, writes=question.mode == "llm")
    return EventSourceResponse(made, ping=PING_SECONDS)


def _told(request: Request, engine: Engine, question: Query, gate: Gate) -> Told:
    events = engine.stream(question, monotonic() + gate.deadline)
    heard = telling(request.app.state.hearers, question, events)
    return told(heard, engine.corpus, str(request.base_url).rstrip("/"))
