"""What an operator's tools ask: alive, ready, and in numbers."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from qa.engine import Engine
from qa.types import Mode
from web import problems
from web.routes.state import TheMetrics

router = APIRouter(tags=["operation"])


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
    """Say that questions can be answered now, and how; 503 until then, and when the server ends."""
    state = request.app.state
    engine: Engine = state.engine
    if state.closing.is_set():
        raise HTTPException(503, "the server is being stopped")
    if not state.ready.is_set():
        opening = "the model and the index are still being opened; ask again soon"
        raise HTTPException(503, state.trouble or opening)
    if trouble := _trouble(engine):
        raise HTTPException(503, trouble)
    model = engine.writes_with
    return Ready("ready", ("extractive", "passages", *(("llm",) if model else ())), model)


@router.get("/metrics", response_class=Response)
def metrics(metrics: TheMetrics) -> Response:
    """Return the counters for Prometheus."""
    return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


def _trouble(engine: Engine) -> str | None:
    """Return why the index cannot be served now; nothing is made anew to find out."""
    home = engine.corpus.home
    folder = engine.corpus.generations.current()
    if folder is None or not folder.exists():
        return f"{home}: the index is not there; see whether its disk is, or `newsqa rebuild`"
    try:
        engine.corpus.serving()[1].ready()
    except Exception as error:
        # Whatever it is, questions fail by it.
        return problems.reason(error)
    return None
