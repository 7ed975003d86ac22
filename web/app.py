"""An engine to a web application: the API, the page and what operators' tools ask."""

import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.metadata import version
from types import FrameType

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.telemetry import TelemetryConfig
from sse_starlette.sse import AppStatus

from qa.config import Settings
from qa.engine import Engine
from qa.feedback import FeedbackStore
from qa.keys import Keys
from qa.suggestions import Suggestions
from qa.types import Query
from web import health, logs, page, problems, routes
from web.access import Access, Operator, guarded
from web.assets import read_assets
from web.gate import Gate
from web.head import Head
from web.headers import OwnHeaders
from web.limits import BodyLimit
from web.logs import Logged
from web.mcp import route as mcp
from web.metrics import CountedGate, Counting, Metrics
from web.origins import Origins
from web.rates import Rates
from web.rebuilds import Rebuilds
from web.routes import openai
from web.streams import Streams

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10.0
"""Between attempts to open a model or an index that cannot be opened."""

AT_ONCE = 16
"""Questions that are worked on at once, for they share the encoder's batches. Measured on two cores
with 16 clients, questions a second: 2 at once 14.6, 4 15.9, 8 16.6, 16 17.4."""

COMPOSED = 16
"""Answers that a language model writes at once; what a server does for them is mostly waiting."""

TAKEN = 6
WRITING_SECONDS = 900.0
"""Requests that write at once, each in its turn: a rebuild may keep them waiting, ten minutes."""

SETTLE_SECONDS = 2.0
"""From when questions can be answered to what can wait, so that the first of them come before."""

UNTRACED: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""Left alone FastAPI tells whatever sends traces from this process, and questions in addresses."""


def create_app(engine: Engine, settings: Settings | None = None) -> FastAPI:
    """Return the application; it opens the model and the index when it starts.

    Without `settings` it goes by those of the environment.
    """
    settings = settings or Settings()
    traces = None
    if settings.traces:
        from web.tracing import Traces

        traces = Traces(settings.traces)
    app = FastAPI(
        title="newsqa",
        version=version("newsqa"),
        description="Questions over news articles; every sentence of an answer is cited.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        telemetry=traces.telemetry if traces else UNTRACED,
    )
    app.state.engine = engine
    app.state.ready = threading.Event()
    app.state.trouble = ""
    app.state.streams = Streams()
    app.state.closing = threading.Event()
    app.state.rebuilds = Rebuilds(engine.corpus, app.state.closing)
    app.state.metrics = metrics = Metrics(engine.corpus, app.state.rebuilds)
    app.state.traces = traces
    app.state.hearers = (metrics.question, logs.hear, *([traces.question] if traces else []))
    app.state.asking = CountedGate(metrics, AT_ONCE, settings.waiting, settings.deadline)
    app.state.composing = CountedGate(metrics, COMPOSED, settings.waiting, settings.deadline)
    app.state.taking = Gate(TAKEN, settings.waiting, WRITING_SECONDS)
    app.state.mcp = None  # until somebody speaks it
    app.state.suggestions = Suggestions(engine)
    app.state.feedback = FeedbackStore(engine.corpus.generations)
    app.state.private_addresses = settings.private_addresses
    app.state.origins = frozenset(settings.origins)
    # Innermost, where what is sent is whole still; streams of events it passes on as they come.
    app.add_middleware(GZipMiddleware)
    app.add_middleware(BodyLimit)
    problems.install(app)
    keys = Keys(engine.corpus.home, settings.operator_key)
    app.state.closed = closed = settings.reading == "key"
    app.add_middleware(
        Access, keys=keys, rates=Rates(settings.rate, settings.workers), closed=closed
    )
    app.add_middleware(Origins, allowed=settings.origins, guarded=partial(guarded, keys))
    app.add_middleware(Counting, metrics=metrics)
    app.add_middleware(Logged, questions=settings.log_questions)
    app.add_middleware(OwnHeaders)
    app.add_middleware(Head)
    app.include_router(page.router)
    app.include_router(routes.router, dependencies=[Operator] if closed else None)
    app.include_router(openai.router, dependencies=[Operator] if closed else None)
    app.include_router(mcp.router)
    app.include_router(health.router)
    page.mount_files(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    closing: threading.Event = app.state.closing
    threading.Thread(target=_open, args=(app, closing), daemon=True).start()
    # Streams end by themselves when their answer does; what takes articles ends by `closing`.
    AppStatus.enable_automatic_graceful_drain = False
    with _told_of_stopping(closing):
        yield
    closing.set()
    app.state.rebuilds.wait()
    app.state.metrics.close()
    if traces := app.state.traces:
        await run_in_threadpool(traces.close)


@contextmanager
def _told_of_stopping(closing: threading.Event) -> Iterator[None]:
    """Have `closing` set as soon as the process is told to stop.

    The server waits for all requests before it ends the lifespan, and some wait for this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {stop: signal.getsignal(stop) for stop in (signal.SIGINT, signal.SIGTERM)}

    def stopping(stop: int, frame: FrameType | None) -> None:
        closing.set()
        if callable(handler := before[signal.Signals(stop)]):
            handler(stop, frame)

    for stop in before:
        signal.signal(stop, stopping)
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler)


def _open(app: FastAPI, closing: threading.Event) -> None:
    """Open the models and the index and ask once, so that no reader waits for them.

    What is made ready for the page comes later: a reader who is sooner waits a tenth of a second.
    """
    while not app.state.ready.is_set():
        try:
            app.state.engine.ask(Query("newsqa"))
        except Exception as error:
            # Not ready, and each question says why. An operator may mend it meanwhile, by a rebuild
            # say.
            app.state.trouble = problems.reason(error)
            logger.error("not ready: %s", error, exc_info=not problems.foreseen(error))
            if closing.wait(RETRY_SECONDS):
                return
        else:
            app.state.ready.set()
    if not closing.wait(SETTLE_SECONDS):
        read_assets()
        app.state.suggestions.run(closing)
