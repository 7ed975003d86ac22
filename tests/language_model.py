"""A small OpenAI-compatible endpoint on this machine, that answers as a test tells it to."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Reply:
    """What the endpoint answers.

    Attributes:
        pieces: the text, as it comes.
        pause: seconds before each piece.
        finish: why the text ends; None: it just breaks off.
        body: sent instead of a stream of the pieces.
        missing: bytes that are promised and not sent.
    """

    pieces: Iterable[str] = ()
    pause: float = 0.0
    finish: str | None = "stop"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    missing: int = 0


@dataclass(frozen=True)
class Asked:
    """One request that came in, its header names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        """The instructions."""
        return str(self.body["messages"][0]["content"])

    @property
    def shown(self) -> dict[str, Any]:
        """The question and the articles, as the model reads them."""
        message: dict[str, Any] = json.loads(self.body["messages"][1]["content"])
        return message


class FakeEndpoint(ThreadingHTTPServer):
    """Answers every request with `reply`, or what it makes of it, and keeps what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Reply | Callable[[Asked], Reply] = Reply()
        self.asked: list[Asked] = []
        self.hung_up = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def says(self, *pieces: str) -> None:
        """Have it answer with this text."""
        self.reply = Reply(pieces)


class _Handler(BaseHTTPRequestHandler):
    server: FakeEndpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, body)
        self.server.asked.append(asked)
        reply = self.server.reply
        if not isinstance(reply, Reply):
            reply = reply(asked)
        try:
            self.send_response(reply.status)
            self.send_header("content-type", "text/event-stream")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.missing:
                self.send_header("content-length", str(10**6))
            self.end_headers()
            for part in [reply.body] if reply.body is not None else _stream(reply):
                self.wfile.write(part)
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _stream(reply: Reply) -> Iterator[bytes]:
    for piece in reply.pieces:
        time.sleep(reply.pause)
        yield _event({"delta": {"content": piece}, "finish_reason": None})
    if reply.finish:
        yield _event({"delta": {}, "finish_reason": reply.finish})
        yield b"data: [DONE]\n\n"


def _event(choice: dict[str, Any]) -> bytes:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "small"}
    return b"data: " + json.dumps(chunk | {"choices": [{"index": 0, **choice}]}).encode() + b"\n\n"


@contextmanager
def fake_endpoint() -> Iterator[FakeEndpoint]:
    """Serve on a free port of this machine."""
    with FakeEndpoint() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
