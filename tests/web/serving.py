"""The application on a port of this machine, and a client that can lose its connection."""

import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import httpx2
import uvicorn

from qa.config import Settings
from qa.engine import Engine
from web.app import create_app

from .events import read_events


@contextmanager
def served(engine: Engine, settings: Settings | None = None) -> Iterator[str]:
    """Serve the engine and yield the address to ask; TestClient cannot lose a connection."""
    app = create_app(engine, settings)
    config = uvicorn.Config(app, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/ask"
        finally:
            server.should_exit = True
            thread.join()


def listen(
    url: str, last: str = "", question: str = "x", mode: str = "extractive"
) -> Generator[dict[str, str], None, None]:
    """Yield events as they arrive; closing this drops the connection."""
    body = {"question": question, "mode": mode, "stream": True}
    headers = {"Last-Event-ID": last}
    with httpx2.stream("POST", url, json=body, headers=headers, timeout=20) as response:
        yield from read_events(response.iter_lines())


def drop_after(url: str, count: int) -> list[dict[str, str]]:
    """Return the first events and drop the connection."""
    with closing(listen(url)) as stream:
        return [next(stream) for _ in range(count)]
