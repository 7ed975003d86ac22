"""A request to who asks and whether he may: decided before its route is sought or its body read."""

import re
from enum import IntEnum
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.errors import HomeUnusable
from qa.keys import Key, Keys
from web.openai.errors import ROOT
from web.problems import described, response, status_of
from web.rates import Rates, address

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="operator",
    description="A key that `newsqa key add` printed, or the one that the operator set as"
    " NEWSQA_OPERATOR_KEY. One that may write is asked for by what writes as soon as there is any;"
    " until then only the server's own machine may write. Reading and asking need a key where"
    " NEWSQA_READING says so.",
)

DENIED = described(
    {
        HTTPStatus.UNAUTHORIZED: "A key is asked for, and none that is valid was sent.",
        HTTPStatus.FORBIDDEN: "The key may only read; or there is no key yet, and the request comes"
        " from another machine.",
    }
)
"""What routes that need a key say of its absence."""


async def _declared(_: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
    """Have the API's description say that a key is asked for; `Access` has asked for it by now."""


Operator = Depends(_declared)
"""Among the dependencies of routes that need a key, as their description says by it."""


class Need(IntEnum):
    """What a request needs to be allowed."""

    NOTHING = 0
    READING = 1
    WRITING = 2


_OURS = re.compile(
    r"/(?:docs|openapi\.json|embed\.js|client\.js|operator|healthz|readyz|(?:static|swagger)(?:/.*)?)?",
    re.DOTALL,
)
"""The page's own files, which hold nothing of the articles, and what tells that the server runs."""

_ASKING = frozenset(
    {"/ask", "/search", "/feedback", "/mcp", "/v1/chat/completions", "/v1/responses"}
)

UNCOUNTED = "/metrics"
"""What may be read as often as one likes, beside what needs nothing."""

_FORWARDED = ("forwarded", "via", "x-real-ip", "x-forwarded-")
"""Headers by which a proxy on this machine gives itself away: it speaks for others."""

_LACKING = "send a key that may write, as `Authorization: Bearer KEY`"
_CLOSED = "send a key, as `Authorization: Bearer KEY`"
_WRONG = "the key that was sent is none, or was revoked"
_READS = "the key may only read; `newsqa key add NAME --may write` makes one that may write"
_REMOTE = (
    "until there is a key only the server's own machine may do this; there `newsqa key add NAME"
    " --may write` makes one, to be sent as `Authorization: Bearer KEY`"
)


class Access:
    """Middleware that lets through who may do what he asks, as often as he may.

    Reading is open unless `closed`, and then needs a key. Writing needs one that may write, as soon
    as there is any; until then it is left to programs on this machine that speak for themselves.
    The page's own files need nothing. The `key` in the state of a request is the id of the key
    that came with it, or None.
    """

    def __init__(self, app: ASGIApp, keys: Keys, rates: Rates, closed: bool) -> None:
        self._app = app
        self._keys = keys
        self._rates = rates
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            refusal = self._refusal(scope)
        except HomeUnusable as error:
            refusal = response(status_of(error), str(error))
        return await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return what is answered instead, None if the request may pass.

        Raises:
            HomeUnusable: the keys cannot be read, and it depends on them.
        """
        state = scope.setdefault("state", {})
        state["key"] = None
        headers = Headers(scope=scope)
        need = needed(scope, headers)
        if need is Need.NOTHING:
            return None
        sent = _sent(headers)
        key = None if sent is None else self._keys.find(sent)
        if key is None and need is Need.READING and not self._closed and _stands_in(scope, sent):
            sent = None
        state["key"] = key.id if key else None
        if scope["path"] != UNCOUNTED and (seconds := self._wait(scope, key)):
            return _too_many(seconds)
        if sent is not None and key is None:
            return _unknown(_WRONG)
        if need is Need.READING:
            return _unknown(_CLOSED) if self._closed and key is None else None
        if key:
            return None if key.may == "write" else response(HTTPStatus.FORBIDDEN, _READS)
        if self._keys.guarded():
            return _unknown(_LACKING)
        return None if _is_local(scope, headers) else response(HTTPStatus.FORBIDDEN, _REMOTE)

    def _wait(self, scope: Scope, key: Key | None) -> int:
        return self._rates.wait(key.id, key.rate) if key else self._rates.wait(address(scope))


def guarded(keys: Keys) -> bool:
    """Say whether who writes must send a key; so it is, too, where the keys cannot be read."""
    try:
        return keys.guarded()
    except HomeUnusable:
        return True


def needed(scope: Scope, headers: Headers) -> Need:
    """Return what a request needs; what is not known to read is taken to write."""
    method, path = scope["method"], scope["path"]
    if _OURS.fullmatch(path):
        return Need.NOTHING
    if method in ("GET", "HEAD", "OPTIONS"):
        if path.startswith("/articles/") and "text/html" in headers.get("Accept", ""):
            return Need.NOTHING  # the page, which asks for the article itself
        # Whatever begins so: "/operation" and a line's end is, to the router, the same path.
        return Need.WRITING if path.startswith("/operation") else Need.READING
    # To end a session, which there is none of, is asked for by DELETE and answered 405.
    asks = (method == "POST" and path in _ASKING) or (method == "DELETE" and path == "/mcp")
    return Need.READING if asks else Need.WRITING


def _sent(headers: Headers) -> str | None:
    """Return what was sent as a key, None if nothing was; another scheme is for others to read."""
    scheme, _, sent = headers.get("Authorization", "").partition(" ")
    return sent.strip() if scheme.lower() == "bearer" else None


def _stands_in(scope: Scope, sent: str | None) -> bool:
    """Say whether what was sent is no key of ours, but what OpenAI's clients do not go without."""
    return scope["path"].startswith(ROOT) and not (sent or "").startswith("newsqa_")


def _is_local(scope: Scope, headers: Headers) -> bool:
    """Say whether a request comes from this machine, and not by way of it."""
    host = scope["client"][0] if scope.get("client") else ""
    return is_loopback(host) and not any(name.startswith(_FORWARDED) for name in headers)


def is_loopback(host: str) -> bool:
    """Say whether an address is this machine's own, which no other reaches."""
    try:
        at = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(at, "ipv4_mapped", None) or at).is_loopback


def _unknown(words: str) -> Response:
    refusal = response(HTTPStatus.UNAUTHORIZED, words)
    refusal.headers["WWW-Authenticate"] = "Bearer"
    return refusal


def _too_many(seconds: int) -> Response:
    words = f"more requests than are allowed; ask again in {seconds} s"
    refusal = response(HTTPStatus.TOO_MANY_REQUESTS, words)
    refusal.headers["Retry-After"] = str(seconds)
    return refusal
