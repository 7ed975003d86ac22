"""The operator's key to who may write: whoever sends it, or anybody where none is set."""

from http import HTTPStatus
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from web.problems import described

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="operator",
    description="The key that the operator set as NEWSQA_OPERATOR_KEY. Where none is set nobody"
    " is asked for it. Reading and asking never need it.",
)

DENIED = described({HTTPStatus.UNAUTHORIZED: "The operator's key is asked for, and not sent."})
"""What routes that need the key say of its absence."""


async def _is_operator(
    request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> None:
    """Let the request pass if it carries the key, or there is none.

    Raises:
        HTTPException: 401 otherwise; what was sent is told nowhere.
    """
    held: SecretStr = request.app.state.operator_key
    key = held.get_secret_value().encode()
    if key and not compare_digest(sent.credentials.encode() if sent else b"", key):
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "send the operator's key, as `Authorization: Bearer KEY`",
            {"WWW-Authenticate": "Bearer"},
        )


Operator = Depends(_is_operator)
"""Among a route's dependencies: only the operator's requests come through."""
