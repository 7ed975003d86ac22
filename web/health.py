"""What an operator's tools ask: alive, ready, and in numbers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPMethod
from time import perf_counter
from typing import Literal

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as exposition

from qa.engine import Engine
from qa.types import Mode

router = APIRouter(tags=["operation"])


@dataclass(frozen=True, slots=True)
class Ready:
    """How questions can be answered; `model` is the language model of the mode `llm`, if any."""

    status: Literal["ready"]
    modes: tuple[Mode, ...]
    model: str | None


@router.get("/healthz")
def healthz() -> dict[str, str]:
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
    registry = app.state.registry = CollectorRegistry()
    requests = Counter(
        "newsqa_requests_total",
        "Requests answered.",
        ["method", "route", "status"],
        registry=registry,
    )
    seconds = Histogram(
        "newsqa_request_seconds", "Seconds until the answer began.", ["route"], registry=registry
    )

    @app.middleware("http")
    async def count(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        begun = perf_counter()
        response = await call_next(request)
        # The route's pattern, never the address itself, and no invented method: labels stay few.
        route = getattr(request.scope.get("route"), "path", "none")
        method = request.method if request.method in set(HTTPMethod) else "other"
        requests.labels(method, route, response.status_code).inc()
        seconds.labels(route).observe(perf_counter() - begun)
        return response
