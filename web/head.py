"""A request for the head of a response to the request for all of it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Head:
    """Middleware by which HEAD is answered as GET is; the server itself sends no body to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # The server goes by its own scope, which still says HEAD.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
