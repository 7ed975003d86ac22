"""An engine to a web application: the API, the page and what operators' tools ask."""

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response

from qa.engine import Engine
from qa.types import Query
from web import health, page, problems, routes

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""On every answer: nothing but our own files runs, and readers' questions go nowhere."""

DOCS_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Swagger UI styles itself from its script."""


def create_app(engine: Engine) -> FastAPI:
    """Return the application; it opens the model and the index when it starts."""
    app = FastAPI(
        title="newsqa",
        version=version("newsqa"),
        description="Questions over news articles, answered in the articles' own sentences.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.engine = engine
    app.state.ready = threading.Event()
    health.count_requests(app)
    app.middleware("http")(_with_headers)
    problems.install(app)
    app.include_router(page.router)
    app.include_router(health.router)
    app.include_router(routes.router)
    page.mount_files(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    threading.Thread(target=_open, args=(app,), daemon=True).start()
    yield


def _open(app: FastAPI) -> None:
    """Open the model and the index and ask once, so that no reader waits for it."""
    try:
        app.state.engine.ask(Query("newsqa"))
    except Exception:
        # Not ready, and why stands in the log; each question tries again and says so itself.
        logger.exception("the model or the index could not be opened")
    else:
        app.state.ready.set()


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path == "/docs":
        response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response
