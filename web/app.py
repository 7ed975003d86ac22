"""An engine to a web application: the API, the page and what operators' tools ask."""

import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response

from embeddings.models import ModelUnusable
from qa.articles import MAX_ARTICLE_BYTES
from qa.engine import Engine
from qa.errors import NewsqaError
from qa.types import Query
from web import health, page, problems, routes
from web.head import Head
from web.limits import BodyLimit
from web.streams import Streams

logger = logging.getLogger(__name__)

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""On every answer: nothing but our own files runs, readers' questions go nowhere, and no browser
shows an article that was removed or mixes two versions of the page."""

RETRY_SECONDS = 10.0
"""Between attempts to open a model or an index that cannot be opened."""

DOCS_POLICY = f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Swagger UI styles itself from its script."""


def create_app(engine: Engine) -> FastAPI:
    """Return the application; it opens the model and the index when it starts."""
    app = FastAPI(
        title="newsqa",
        version=version("newsqa"),
        description="Questions over news articles; every sentence of an answer is cited.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.engine = engine
    app.state.ready = threading.Event()
    app.state.trouble = ""
    app.state.streams = Streams()
    app.add_middleware(BodyLimit, most=MAX_ARTICLE_BYTES)
    problems.install(app)
    health.count_requests(app)
    app.middleware("http")(_with_headers)
    app.add_middleware(Head)
    app.include_router(page.router)
    app.include_router(routes.router)
    app.include_router(health.router)
    page.mount_files(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    closing = threading.Event()
    threading.Thread(target=_open, args=(app, closing), daemon=True).start()
    yield
    closing.set()


def _open(app: FastAPI, closing: threading.Event) -> None:
    """Open the model and the index and ask once, so that no reader waits for it."""
    while not app.state.ready.is_set():
        try:
            app.state.engine.ask(Query("newsqa"))
        except Exception as error:
            # Not ready, and each question says why. An operator may mend it meanwhile, by a rebuild
            # say.
            foreseen = isinstance(error, NewsqaError | ModelUnusable)
            app.state.trouble = str(error) if foreseen else "see the server's log"
            logger.error("not ready: %s", error, exc_info=not foreseen)
            if closing.wait(RETRY_SECONDS):
                return
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
