"""A home -> the product serving it in a process of its own, and a client."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

NEWSQA = (sys.executable, "-c", "from web.cli import main; main()")
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server, reached over loopback.

    Attributes:
        address: without a path.
        begun: when its process was started, by time.perf_counter.
    """

    process: "subprocess.Popen[bytes]"
    client: httpx2.Client
    address: str
    begun: float

    def ask(self, question: str, **options: Any) -> Mapping[str, Any]:
        """Return the answer of `/ask`; raises httpx2.HTTPStatusError where it is refused."""
        asked = {"question": question, **options}
        answer: Mapping[str, Any] = self.client.post("/ask", json=asked).raise_for_status().json()
        return answer

    def until_answered(self, question: str) -> float:
        """Ask until there is an answer; return how long that is after the start, in seconds."""
        while True:
            try:
                self.ask(question)
                return time.perf_counter() - self.begun
            except httpx2.TransportError:
                if time.perf_counter() - self.begun > PATIENCE:
                    raise
                time.sleep(0.01)


@contextmanager
def serving(home: Path, *options: str, **settings: str) -> Iterator[Served]:
    """Serve the home as long as the context lasts, with these flags, and NEWSQA_... of these names.

    The process is told to stop, and has then all the time it wants.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*NEWSQA, "serve", "--home", str(home), "--port", str(port), *options],
        env={**os.environ, **settings},
    )
    try:
        with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
            yield Served(process, client, address, begun)
    finally:
        process.terminate()
        process.wait()
