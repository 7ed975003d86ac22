"""Errors to `application/problem+json` (RFC 9457): one shape for everything that goes wrong."""

import logging
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embeddings.models import ModelUnusable
from qa.errors import (
    ArticleGone,
    ArticleNotFound,
    ArticleRefused,
    HomeBusy,
    HomeUnusable,
    IndexUnusable,
    NewsqaError,
    Overloaded,
    QuestionRefused,
    SyncRefused,
)

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

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
        HTTPStatus.UNPROCESSABLE_ENTITY: (
            "The request cannot be used as it is; `errors` names the fields."
        )
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
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
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
    document: dict[str, Any] = {"title": status.phrase, "status": status.value, "detail": detail}
    if errors:
        document["errors"] = [{"field": field, "message": message} for field, message in errors]
    return document


def _response(document: dict[str, Any], headers: Any = None) -> JSONResponse:
    return JSONResponse(document, document["status"], headers, MEDIA_TYPE)


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
    detail = "; ".join(f"{field}: {message}" for field, message in errors)
    return _response(_document(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors))


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    return _response(_document(status, error.detail), error.headers)
