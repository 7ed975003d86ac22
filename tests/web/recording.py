"""The application on a port of this machine, and what it was asked."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its route's method and path, and the fields of its body and its address."""

    method: str
    path: str
    fields: Fields


@dataclass
class Recorder:
    """An application, and the requests that came to it, in their order.

    Attributes:
        losing: how many of the next answers break off behind their first part.
    """

    app: ASGIApp
    asked: list[Asked] = field(default_factory=list)
    losing: int = 0
    address: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        parts: list[bytes] = []
        told = 0
        losing = self.losing > 0
        self.losing -= losing

        async def read() -> Message:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            nonlocal told
            if message["type"] == "http.response.start":
                note()  # before who asks can look
            part = message["type"] == "http.response.body"
            told += part
            if losing and part and told == 2:
                message = {**message, "body": b"", "more_body": False}
            if not (losing and told > 2):
                await send(message)

        def note() -> None:
            fields: Fields = dict(parse_qsl(scope["query_string"].decode()))
            try:
                body = json.loads(b"".join(parts) or b"{}")
            except ValueError:
                body = {}
            fields.update(body if isinstance(body, dict) else {})
            route = scope.get("route")
            path = str(getattr(route, "path", scope["path"]))
            self.asked.append(Asked(scope["method"], path, fields))

        await self.app(scope, read, tell)


@contextmanager
def recorded(app: FastAPI) -> Iterator[Recorder]:
    """Serve the application until done with; `address` of what comes back says where."""
    recorder = Recorder(app)
    config = uvicorn.Config(recorder, lifespan="on", log_level="error", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        recorder.address = f"http://127.0.0.1:{bound.getsockname()[1]}"
        try:
            yield recorder
        finally:
            server.should_exit = True
            thread.join()
