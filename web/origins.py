"""Requests of pages to those they may make: other sites' to ask and read where allowed, no writes.

A browser tells from what page a request comes, in headers that the page's scripts cannot set;
programs that are no browser send none, and are let through.
"""

import re
from collections.abc import Callable, Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from web.problems import response

_SHARED = {
    "GET": re.compile(
        r"/(?:static/.+|(?:embed|client)\.js|ask|suggestions|facets|readyz|articles(?:/.+)?)",
        re.DOTALL,
    ),
    "POST": re.compile(r"/(?:ask|search|feedback|mcp)"),
}
"""What an element in another site's page needs: all that asks and reads, nothing that writes but
what its reader says of an answer."""

_SPOKEN = ("Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version")
"""What the Model Context Protocol says of a message in the headers of its request."""

_SAFE = {"GET", "OPTIONS"}
"""What changes nothing (HEAD is GET here): a browser sees to it that no page reads the answer."""

_NOBODYS = re.compile(r"(?:localhost|[0-9.]+|\[[0-9a-f:.]+\])(?::[0-9]+)?", re.IGNORECASE)
"""A host that is called by no name of the DNS, which its owner may point at any machine."""


class Origins:
    """Middleware that shares answers with the pages of allowed origins, and refuses others' writes.

    Refused with 403 is what might change something and comes from another site's page, or from an
    allowed one's by a route that is not shared. Whether it does is what `Sec-Fetch-Site` says, and
    where a browser does not send that (over plain HTTP from another machine), whether `Origin` and
    `Host` name the same host: the scheme may be another, for what encrypts may stand before this.

    Where no key guards what is written a page may write only if it was opened by the machine's
    number: a page that its own name has led here since then would seem to be ours. So it is with
    the Model Context Protocol, which demands it of those who speak it.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str], guarded: Callable[[], bool]) -> None:
        self._app = app
        self._guarded = guarded
        self._allowed = frozenset(allowed)
        self._sharing = CORSMiddleware(
            app,
            allow_origins=self._allowed,
            allow_methods=tuple(_SHARED),
            allow_headers=("Authorization", "Last-Event-ID", *_SPOKEN),
            expose_headers=("Retry-After",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if self._allowed and _only_asks(scope, headers):
            app: ASGIApp = self._sharing
            trusted = headers.get("Origin") in self._allowed
        else:
            app, trusted = self._app, False
        if scope["method"] in _SAFE or trusted:
            return await app(scope, receive, send)
        if _is_foreign(headers):
            words = "another site's page may not do this; see NEWSQA_ORIGINS for what it may"
        elif _is_ours_alone(scope, headers) and _is_misled(headers) and not self._guarded():
            words = "a page needs a key for this; `newsqa key add NAME --may write` makes one"
        else:
            return await app(scope, receive, send)
        return await response(HTTPStatus.FORBIDDEN, words)(scope, receive, send)


def _only_asks(scope: Scope, headers: Headers) -> bool:
    """Say whether a request asks and reads, or asks leave to."""
    method = scope["method"]
    if method == "OPTIONS":
        method = headers.get("Access-Control-Request-Method", "")
    pattern = _SHARED.get(method)
    return pattern is not None and pattern.fullmatch(scope["path"]) is not None


def _is_ours_alone(scope: Scope, headers: Headers) -> bool:
    """Say whether a request is one that no page may make whose name was led here."""
    return scope["path"] == "/mcp" or not _only_asks(scope, headers)


def _is_foreign(headers: Headers) -> bool:
    """Say whether a request was made by a page of another origin."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != headers.get("Host")


def _is_misled(headers: Headers) -> bool:
    """Say whether a page made a request that another machine's name may have led here."""
    made = headers.get("Origin") or headers.get("Sec-Fetch-Site", "none") != "none"
    return bool(made) and not _NOBODYS.fullmatch(headers.get("Host", ""))
