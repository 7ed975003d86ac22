"""Problem documents to errors as OpenAI's clients read them: `{"error": {...}}`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

ROOT = "/v1/"
"""What the paths begin with whose clients read errors so."""

_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_CONTENT = {"application/json": {"schema": _SCHEMA}}

DESCRIBED: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "The request cannot be used as it is (400), needs a key (401) or another"
        " (403), names a model that is not there (404, `model_not_found`), is too large (413), or"
        " one of too many (429, `Retry-After`).",
        "content": _CONTENT,
    },
    "5XX": {
        "description": "It cannot be answered now: `Retry-After` says when to come again, where"
        " that is known.",
        "content": _CONTENT,
    },
}
"""What all routes say of their errors in the API's description."""

_CODES = {
    HTTPStatus.UNAUTHORIZED: "invalid_api_key",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_exceeded",
}


def status(problem: Mapping[str, Any]) -> int:
    """Return the status of a problem: what cannot be used is 400 there, never 422."""
    told: int = problem["status"]
    return HTTPStatus.BAD_REQUEST if told == HTTPStatus.UNPROCESSABLE_ENTITY else told


def error(problem: Mapping[str, Any], code: str | None = None) -> dict[str, Any]:
    """Return a problem document as an error; its `param` is the first field that is at fault."""
    number = status(problem)
    if number == HTTPStatus.TOO_MANY_REQUESTS:
        kind = "rate_limit_error"
    elif number >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = "server_error"
    else:
        kind = "invalid_request_error"
    fields = problem.get("errors", ())
    return {
        "error": {
            "message": problem["detail"],
            "type": kind,
            "param": fields[0]["field"] if fields else None,
            "code": code or _CODES.get(HTTPStatus(number)),
        }
    }
