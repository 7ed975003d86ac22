"""What happens to lines on standard error: one for each request, all of them with its id."""

import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.config import Settings
from web.told import STAGES, Told

logger = logging.getLogger(__name__)

_OURS = ("embeddings", "qa", "web", "uvicorn")
"""Whose records are told from INFO on in JSON; of other libraries' only warnings are."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_QUIET = re.compile(r"/(?:healthz|readyz|metrics|embed\.js|(?:static|swagger)/.*)", re.DOTALL)

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What ends a line, steers a terminal, or shows other text than there is."""


@dataclass(slots=True)
class _Served:
    """A request that is being served, and what became of the question in it."""

    id: str
    asked: dict[str, Any] = field(default_factory=dict)


_served: ContextVar[_Served | None] = ContextVar("served", default=None)


def configure(settings: Settings) -> None:
    """Tell what happens on standard error, as the operator set it; once in each process.

    As text warnings are told, as JSON requests as well. Uvicorn's records are told likewise, but
    for those of requests: they name addresses, and these hold questions.
    """
    handler = logging.StreamHandler()
    handler.addFilter(_with_id)
    if settings.log == "json":
        handler.setFormatter(_json())
    else:
        line = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
        handler.setFormatter(_Text(line, defaults={"request_id": "-"}))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO if settings.log == "json" else logging.NOTSET)
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    logging.captureWarnings(True)


def is_quiet(path: str) -> bool:
    """Say whether a path is asked for so often, and says so little, that nobody is told."""
    return _QUIET.fullmatch(path) is not None


def hear(told: Told) -> None:
    """Keep what became of a question for the record of the request that is being served."""
    if served := _served.get():
        served.asked = {"status": told.status, "mode": told.mode, "language": told.language}
        if told.timings:
            served.asked["milliseconds"] = {
                stage: round(getattr(told.timings, stage), 1) for stage in (*STAGES, "total")
            }
        served.asked["question"] = told.question


class Logged:
    """Middleware that gives each request an id, and logs it when it has been answered.

    The id is the one that was sent as `X-Request-ID` or a new one; it is returned as that. Neither
    the client's address nor the query is logged, for a reader's question stands in it; the question
    is with `questions`.
    """

    def __init__(self, app: ASGIApp, questions: bool) -> None:
        self._app = app
        self._questions = questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begun, status = perf_counter(), None
        sent = Headers(scope=scope).get("X-Request-ID", "")
        served = _Served(sent if _ID.fullmatch(sent) else uuid4().hex)

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = served.id
            await send(message)

        token = _served.set(served)
        try:
            await self._app(scope, receive, named)
        finally:
            self._log(scope, status, 1e3 * (perf_counter() - begun), served)
            _served.reset(token)

    def _log(self, scope: Scope, status: int | None, milliseconds: float, served: _Served) -> None:
        level = logging.DEBUG if is_quiet(scope["path"]) else logging.INFO
        if not logger.isEnabledFor(level):
            return
        fields: dict[str, Any] = {
            "method": scope["method"],
            "route": getattr(scope.get("route"), "path", None),
            "status": status,
            "milliseconds": round(milliseconds, 1),
            "key": scope.get("state", {}).get("key"),
        }
        if served.asked:
            if not self._questions:
                del served.asked["question"]
            fields["asked"] = served.asked
        words = fields["method"], fields["route"], status, milliseconds
        logger.log(level, "%s %s %s in %.1f ms", *words, extra=fields)


class _Text(logging.Formatter):
    """One line for each record; the lines of a traceback are set in below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the record's line."""
        return _safe(super().formatMessage(record))

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | Any
    ) -> str:
        """Return the lines of a traceback; what an error says can forge none."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"    {_safe(line)}" for line in lines)


def _safe(line: str) -> str:
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def _json() -> logging.Formatter:
    from pythonjsonlogger.core import RESERVED_ATTRS
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger"},
        # Uvicorn's colours.
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        timestamp="time",
    )


def _with_id(record: logging.LogRecord) -> bool:
    if served := _served.get():
        record.request_id = served.id
    return True
