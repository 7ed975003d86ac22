"""What an operator's tools ask: alive, ready, and in numbers."""

from dataclasses import dataclass
from http import HTTPMethod
from time import perf_counter
from typing import Literal

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as exposition
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.engine import Engine
from qa.types import Mode

router = APIRouter(tags=["operation"])

_METHODS = frozenset(HTTPMethod)


@dataclass(frozen=True, slots=True)
class Ready:
    """How questions can be answered; `model` is the language model of the mode `llm`, if any."""

    status: Literal["ready"]
    modes: tuple[Mode, ...]
    model: str | None


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process is alive."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request) -> Ready:
    """Say that questions can be answered, and how; 503 until then."""
    if not request.app.state.ready.is_set():
        opening = "the model and the index are still being opened; ask again soon"
        raise HTTPException(503, request.app.state.trouble or opening)
    engine: Engine = request.app.state.engine
    model = engine.writes_with
    return Ready("ready", ("extractive", "passages", *(("llm",) if model else ())), model)


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Return the counters for Prometheus."""
    return Response(exposition(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


def count_requests(app: FastAPI) -> None:
    """Count every request of the app and time it, by route."""
    app.state.registry = CollectorRegistry()
    app.add_middleware(_Counting, registry=app.state.registry)


class _Counting:
    """Middleware that counts and times; made of functions it would take 0.5 ms of each request."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "newsqa_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "newsqa_request_seconds",
            "Seconds until the answer began.",
            ["route"],
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its answer begins."""
        begun = perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, never the address, and no invented method: labels stay few.
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._requests.labels(method, route, message["status"]).inc()
                self._seconds.labels(route).observe(perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counted)
