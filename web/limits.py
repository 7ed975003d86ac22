"""A request to one of bounded size, so that no sender fills the memory."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.articles import MAX_ARTICLE_BYTES
from web.problems import response

MAX_ASKED_BYTES = 4_500_000
"""All that a question may bring: 50 turns of 20,000 characters and 300 values to filter by, four
bytes each, are 4.3 MB. (The page sends some 10 kB at most.)"""

_TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class BodyLimit:
    """Middleware that refuses a body of more bytes than its route takes with 413.

    What says that it is longer is not read at all. The rest is counted as it comes, for a body in
    chunks does not say how long it will be.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = MAX_ARTICLE_BYTES if scope["path"].startswith("/articles") else MAX_ASKED_BYTES
        refusal = f"at most {most:,} bytes at a time"
        declared = Headers(scope=scope).get("Content-Length", "")
        if declared.isdecimal() and int(declared) > most:
            return await response(_TOO_LARGE, refusal)(scope, receive, send)
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(_TOO_LARGE, refusal)
            return message

        return await self._app(scope, counted, send)
