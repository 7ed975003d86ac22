"""A server with an operator's key, and a client that has it."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr

from embeddings.encoder import Encoder, Encoding, HalfRead, ModelInfo
from embeddings.tokens import Role
from qa.config import Settings
from qa.engine import Engine
from web.app import create_app

KEY = "0123456789abcdef-operator"

LOCAL = ("127.0.0.1", 50_000)
"""Where a client on the server's own machine asks from; it may write as long as there is no key."""


def keyed(engine: Engine, *, private_addresses: bool = True) -> TestClient:
    """Return a client that sends the key with all it asks."""
    app = create_app(
        engine, Settings(operator_key=SecretStr(KEY), private_addresses=private_addresses)
    )
    return TestClient(app, headers={"Authorization": f"Bearer {KEY}"})


class Gate:
    """An encoder that lets articles through while it is open; questions always.

    Attributes:
        open: what passages wait for.
        failure: raised in their place.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.open = threading.Event()
        self.open.set()
        self.failure: Exception | None = None

    @property
    def model(self) -> ModelInfo:
        return self._encoder.model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        return self._encoder.encode(texts, role, tokens=tokens, progress=progress)

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        return self._encoder.read_half(question, passages)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        assert self.open.wait(30)
        if self.failure:
            raise self.failure
        return self._encoder.count_tokens(texts)


def until(client: TestClient, *states: str) -> Any:
    """Return how far the rebuild is as soon as it is in one of these states."""
    deadline = time.monotonic() + 30
    while (rebuild := client.get("/operation").json()["rebuild"])["state"] not in states:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return rebuild
