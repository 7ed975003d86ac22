"""`newsqa serve`, beside the verbs of `qa.cli`: the application in one process or in several."""

import gc
import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qa.cli import Home, app, examples, failing, open_engine, say
from qa.config import Settings
from qa.keys import Keys

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["app", "serve", "worker"]

STOP_SECONDS = 30
"""Who is being answered when the server is stopped is answered to the end, as long as this."""

MOST_CONNECTIONS = 900
"""Beyond them a connection is answered 503 and closed: a process may have 1,024 files open."""


@app.command(epilog=examples("newsqa serve", "newsqa serve --host 0.0.0.0 --port 80 --workers 4"))
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address (or NEWSQA_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port (or NEWSQA_PORT).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes (or NEWSQA_WORKERS).")
    ] = None,
    home: Home = None,
) -> None:
    """Serve the page and the API."""
    import uvicorn  # with the application a third of a second

    from web.access import is_loopback
    from web.app import create_app
    from web.logs import configure

    with failing():
        settings = Settings()
        engine = open_engine(context, home)
        guarded = Keys(engine.corpus.home, settings.operator_key).guarded()
    address = host or settings.host
    where = settings.port if port is None else port
    shown = f"[{address}]" if ":" in address else address
    say(f"newsqa serves http://{shown}:{where}")
    if guarded:
        say(f"the operator's page is http://{shown}:{where}/operator")
    elif not is_loopback(address):
        say(
            "nobody but this machine may write until there is a key: `newsqa key add NAME --may"
            " write` makes one"
        )
    options: dict[str, Any] = {
        "host": address,
        "port": where,
        "http": "web.connections:Patience",
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "forwarded_allow_ips": list(settings.proxies),
        "limit_concurrency": MOST_CONNECTIONS,
        "timeout_graceful_shutdown": STOP_SECONDS,
    }
    settings = settings.model_copy(update={"workers": workers or settings.workers})
    configure(settings)
    with failing():
        # Where there are several processes this one only sees that each can make its own.
        application = create_app(engine, settings)
    if settings.workers == 1:
        uvicorn.run(application, **options)
        return
    with TemporaryDirectory(prefix="newsqa-metrics-") as folder:
        # What the processes share is what they inherit.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        os.environ["NEWSQA_HOME"] = str(engine.corpus.home)
        os.environ["NEWSQA_WORKERS"] = str(settings.workers)
        uvicorn.run("web.serve:worker", factory=True, workers=settings.workers, **options)


def worker() -> "FastAPI":
    """Return the application of one of several processes, which share the cores among them."""
    from qa.home import open_home
    from web.app import create_app
    from web.cli import YOUNG
    from web.logs import configure

    gc.set_threshold(YOUNG)
    settings = Settings()
    configure(settings)
    threads = settings.threads or max(1, (os.cpu_count() or 1) // settings.workers)
    settings = settings.model_copy(update={"threads": threads})
    return create_app(open_home(settings=settings), settings)
