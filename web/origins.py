"""Requests of other sites' pages to those they may make: to ask and read where allowed, no writes.

A browser tells from what page a request comes, in headers that the page's scripts cannot set;
programs that are no browser send none, and are let through.
"""

import re
from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from web.problems import response

_SHARED = {
    "GET": re.compile(
        r"/(?:static/.+|embed\.js|ask|suggestions|facets|readyz|articles(?:/.+)?)", re.DOTALL
    ),
    "POST": re.compile(r"/(?:ask|search)"),
}
"""What an element in another site's page needs: all that asks and reads, nothing that writes."""

_SAFE = {"GET", "OPTIONS"}
"""What changes nothing (HEAD is GET here): a browser sees to it that no page reads the answer."""


class Origins:
    """Middleware that shares answers with the pages of allowed origins, and refuses others' writes.

    Refused with 403 is what might change something and comes from another site's page, or from an
    allowed one's by a route that is not shared. Whether it does is what `Sec-Fetch-Site` says, and
    where a browser does not send that (over plain HTTP from another machine), whether `Origin` and
    `Host` name the same host: the scheme may be another, for what encrypts may stand before this.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._sharing = CORSMiddleware(
            app,
            allow_origins=self._allowed,
            allow_methods=tuple(_SHARED),
            allow_headers=("Last-Event-ID",),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if self._allowed and _is_shared(scope, headers):
            app: ASGIApp = self._sharing
            trusted = headers.get("Origin") in self._allowed
        else:
            app, trusted = self._app, False
        if scope["method"] in _SAFE or trusted or not _is_foreign(headers):
            return await app(scope, receive, send)
        words = "another site's page may not do this; see NEWSQA_ORIGINS for what it may be let do"
        return await response(HTTPStatus.FORBIDDEN, words)(scope, receive, send)


def _is_shared(scope: Scope, headers: Headers) -> bool:
    """Say whether allowed origins may make this request, or the one that it asks leave for."""
    method = scope["method"]
    if method == "OPTIONS":
        method = headers.get("Access-Control-Request-Method", "")
    pattern = _SHARED.get(method)
    return pattern is not None and pattern.fullmatch(scope["path"]) is not None


def _is_foreign(headers: Headers) -> bool:
    """Say whether a request was made by a page of another origin."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != headers.get("Host")
