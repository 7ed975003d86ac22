"""Errors to `application/problem+json` (RFC 9457): one shape for everything that goes wrong."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embeddings.models import ModelUnusable
from qa.errors import (
    ArticleGone,
    ArticleNotFound,
    ArticleRefused,
    EngineUnreachable,
    HomeBusy,
    HomeUnusable,
    IndexUnusable,
    NewsqaError,
    Overloaded,
    QuestionRefused,
    SettingsUnusable,
    SyncRefused,
)
from web.openai import errors as openai

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")

MOST_ERRORS = 20
MOST_TOLD = 400
"""Errors of a request that are told, and code points of each text: what is sent comes back in them,
and may be a megabyte of field names."""

_MESSAGES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
    },
}
_SCHEMA = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": _MESSAGES,
        "withdrawn": {"type": "string", "format": "date-time"},
        "retry_after": {"type": "integer"},
    },
}


def described(why: Mapping[HTTPStatus, str]) -> dict[int | str, dict[str, Any]]:
    """Return what routes say of their problems in the API's description."""
    content = {MEDIA_TYPE: {"schema": _SCHEMA}}
    return {
        status.value: {"description": words, "content": content} for status, words in why.items()
    }


DESCRIBED = described(
    {
        HTTPStatus.BAD_REQUEST: "The body is nothing that can be read.",
        HTTPStatus.UNAUTHORIZED: "A key is asked for and not sent, or what was sent is none now.",
        HTTPStatus.FORBIDDEN: "Whoever sent this may not do it; `detail` says who may.",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body has more bytes than are read.",
        HTTPStatus.UNPROCESSABLE_ENTITY: (
            "The request cannot be used as it is; `errors` names the fields."
        ),
        HTTPStatus.TOO_MANY_REQUESTS: "More requests than one may make; come `Retry-After` later.",
        HTTPStatus.SERVICE_UNAVAILABLE: (
            "It cannot be done now: too much is asked at once, or the index or the home cannot be"
            " used; `Retry-After` says when to come again, where that is known."
        ),
    }
)
"""What all routes say of it."""

STATUS: dict[type[NewsqaError], HTTPStatus] = {
    ArticleRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    ArticleNotFound: HTTPStatus.NOT_FOUND,
    ArticleGone: HTTPStatus.GONE,
    QuestionRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    IndexUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    SyncRefused: HTTPStatus.CONFLICT,
    HomeBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    HomeUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    EngineUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    SettingsUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: NewsqaError) -> HTTPStatus:
    """Return the status of an error: its own class's, else that of the nearest one above."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def foreseen(error: Exception) -> bool:
    """Say whether an error says what is wrong and the remedy; else it is one of ours."""
    return isinstance(error, NewsqaError | ModelUnusable)


def reason(error: Exception) -> str:
    """Return what may be told of an error; of an unforeseen one nothing but where to look."""
    return str(error) if foreseen(error) else "see the server's log"


def problem(error: Exception) -> dict[str, Any]:
    """Return the problem document of an error; an unforeseen one tells nothing of itself."""
    if isinstance(error, QuestionRefused):
        return _document(STATUS[QuestionRefused], error.reason, [(error.field, error.reason)])
    if isinstance(error, ArticleRefused):
        named = re.match(r"(\S+): ", error.reason)
        field = named[1] if named else "body"
        return _document(STATUS[ArticleRefused], str(error), [(field, error.reason)])
    if isinstance(error, ArticleGone):
        document = _document(STATUS[ArticleGone], str(error))
        return {**document, "withdrawn": error.when.isoformat()}
    if isinstance(error, Overloaded):
        # In a stream of events there is no header for it.
        document = _document(STATUS[Overloaded], str(error))
        return {**document, "retry_after": error.seconds}
    if isinstance(error, NewsqaError):
        return _document(status_of(error), str(error))
    return _document(HTTPStatus.INTERNAL_SERVER_ERROR, reason(error))


def response(status: HTTPStatus, detail: str) -> JSONResponse:
    """Return a problem as a response, for middleware, around which no error becomes one."""
    return _response(_document(status, detail))


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document.

    Call it before any other middleware is added: an unforeseen error becomes a response here, so
    that what lies around it counts it and gives it headers like any other.
    """
    app.add_middleware(_Unforeseen)
    app.add_exception_handler(NewsqaError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def _field_name(location: Sequence[int | str]) -> str:
    """Return where in a request something is wrong, "body" for all of it.

    >>> _field_name(("filters", "category", 0)), _field_name((17,))
    ('filters.category.0', 'body')
    """
    # A number alone is a place in text that is no JSON.
    return ".".join(map(str, location)) if location and isinstance(location[0], str) else "body"


def _document(
    status: HTTPStatus, detail: str, errors: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "title": status.phrase,
        "status": status.value,
        "detail": told(detail),
    }
    if errors:
        document["errors"] = [
            {"field": told(field), "message": told(message)}
            for field, message in errors[:MOST_ERRORS]
        ]
    return document


def told(text: str) -> str:
    r"""Return what holds somebody's words as it may be told: in part, if it is long.

    JSON may hold halves of characters, which no answer can.

    >>> told("no such field: \ud800")
    'no such field: ?'
    """
    whole = text.encode(errors="replace").decode()
    return whole if len(whole) <= MOST_TOLD else whole[: MOST_TOLD - 1] + "…"


def _response(document: dict[str, Any], headers: Any = None) -> JSONResponse:
    return _Problem(document, document["status"], headers, MEDIA_TYPE)


class _Problem(JSONResponse):
    """A problem document; to the clients of OpenAI's API an error as they read it."""

    def render(self, content: dict[str, Any]) -> bytes:
        """Return the document as it is sent to others."""
        self._document = content
        return super().render(content)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if not scope["path"].startswith(openai.ROOT):
            return await super().__call__(scope, receive, send)
        own = ("content-type", "content-length")
        headers = {name: value for name, value in self.headers.items() if name not in own}
        status, error = openai.status(self._document), openai.error(self._document)
        return await JSONResponse(error, status, headers)(scope, receive, send)


class _Unforeseen:
    """Middleware that makes an error a problem document, unless an answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            return  # nobody is there to be told
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            logger.exception("%s %s failed", scope["method"], scope["path"])
            await _response(problem(error))(scope, receive, send)


async def _foreseen(_: Request, error: Exception) -> JSONResponse:
    later = {"Retry-After": str(error.seconds)} if isinstance(error, Overloaded) else None
    return _response(problem(error), later)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [
        (_field_name(one["loc"][1:]), one["msg"].removeprefix("Value error, "))
        for one in error.errors()
    ]
    detail = "; ".join(f"{field}: {message}" for field, message in errors[:MOST_ERRORS])
    return _response(_document(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return _response(_document(status, error.detail), headers)


def _allowed(request: Request) -> Iterator[str]:
    """Yield what can be done at an address; Starlette names what its first route there does."""
    for method in METHODS:
        asked = {**request.scope, "method": "GET" if method == "HEAD" else method}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            yield method
