"""A small web site on this machine: the pages a test puts there, and what they were asked for."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Page:
    """What the site answers at one place; an `etag` among its headers is honoured.

    Attributes:
        body: all of it, or in pieces.
        pause: seconds before each line of the head, and before each piece of the body.
        missing: bytes that are promised and not sent.
    """

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    missing: int = 0


@dataclass(frozen=True)
class Asked:
    """One request that came in, its header names in lower case, and when."""

    path: str
    headers: Mapping[str, str]
    at: float


class NewsSite(ThreadingHTTPServer):
    """Answers 404 at every place that is not in `pages`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the address of a place."""
        return f"http://{host}:{self.server_port}{path}"

    def paths(self) -> list[str]:
        """Return the places that were asked for so far, in order."""
        return [one.path for one in self.asked]


class _Handler(BaseHTTPRequestHandler):
    server: NewsSite

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.path, headers, time.monotonic()))
        page = self.server.pages.get(self.path, Page(status=404))
        etag = page.headers.get("etag")
        if etag and headers.get("if-none-match") == etag:
            page = Page(status=304, headers=page.headers)
        try:
            self._send(page)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _send(self, page: Page) -> None:
        pieces = [page.body] if isinstance(page.body, bytes) else page.body
        self.wfile.write(f"HTTP/1.0 {page.status} Said\r\n".encode())
        headers = dict(page.headers)
        if page.missing:
            headers["content-length"] = str(sum(map(len, pieces)) + page.missing)
        for name, value in headers.items():
            self.wfile.flush()
            time.sleep(page.pause)
            self.wfile.write(f"{name}: {value}\r\n".encode())
        self.wfile.write(b"\r\n")
        for piece in pieces:
            self.wfile.flush()
            time.sleep(page.pause)
            self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def news_site() -> Iterator[NewsSite]:
    """Serve on a free port of this machine."""
    with NewsSite() as site:
        Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield site
        finally:
            site.shutdown()
