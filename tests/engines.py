"""Real engines for the tests, each on a free port of this machine with data in a temporary folder.

They are installed apart, because what they need is not what newsqa needs: a folder with `bin/`,
named by NEWSQA_ENGINES or `.venv-engines`, that has `milvus-lite[chinese]` with `pymilvus`, and
`milvus` 2.3.5, a whole server.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_VENV = Path(__file__).parents[1] / ".venv-engines"
FOLDER = Path(os.environ.get("NEWSQA_ENGINES") or _VENV).absolute()

REQUIRED = os.environ.get("NEWSQA_REQUIRE_ENGINES") == "1"
"""Whether a test that finds no engine fails, instead of being skipped."""

START_SECONDS = 120.0
"""How long a server may take to start; a real Milvus takes 7 s, and 14 on a busy machine."""

STOP_SECONDS = 20.0

ETCD = 2379
"""One of the ports that every Milvus of one process takes."""


def installed(program: str) -> Path | None:
    """Return where a program of the engines is, None if it is not installed."""
    path = FOLDER / "bin" / program
    return path if path.exists() else None


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Engine:
    """A server that runs, in a session of its own so that all its processes end with it.

    Attributes:
        command: what starts it, in its folder.
        address: what NEWSQA_INDEX would say.
        folder: its data, and what it prints.
        ready: what it prints as soon as it answers, or the address that says OK then.
        environment: what is added to that of the tests.
    """

    command: list[str]
    address: str
    folder: Path
    ready: str
    environment: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it ends, or is not ready in time.
        """
        printed = self.folder / "printed.txt"
        with printed.open("wb") as file:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers(printed):
                return
            time.sleep(0.1)
        self.kill()
        said = printed.read_text("utf-8", "replace")[-2_000:]
        raise RuntimeError(f"{self.command[0]} did not start:\n{said}")

    def _answers(self, printed: Path) -> bool:
        if not self.ready.startswith("http"):
            return self.ready in printed.read_text("utf-8", "replace")
        with suppress(OSError), urllib.request.urlopen(self.ready, timeout=2) as answer:
            return b"OK" in answer.read()
        return False

    def kill(self) -> None:
        """End it with SIGKILL, and all that it has started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        self._process = None

    def restart(self) -> None:
        """Kill it and start it again over the same data."""
        self.kill()
        self.start()


@contextmanager
def milvus_lite() -> Iterator[Engine]:
    """Run Milvus Lite, which speaks as a new Milvus does, BM25 included; ready in 2 s."""
    with _folder() as folder:
        port = free_port()
        command = [str(FOLDER / "bin" / "milvus-lite"), "server", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--data-dir", str(folder / "data")]
        yield from _running(Engine(command, f"milvus://127.0.0.1:{port}", folder, "listening"))


@contextmanager
def milvus_server() -> Iterator[Engine]:
    """Run the real Milvus 2.3.5; one on a machine, because its inner ports are what they are."""
    if _listens(ETCD):
        raise RuntimeError(f"a Milvus runs on this machine already: port {ETCD} is taken")
    with _folder() as folder:
        port, health = free_port(), free_port()
        command = [str(FOLDER / "bin" / "milvus-server"), "--data", str(folder)]
        command += ["--proxy-port", str(port)]
        engine = Engine(command, f"milvus://127.0.0.1:{port}", folder, "Welcome")
        for running in _running(engine):
            # Started anew by that it takes other ports, because these are not quite free yet.
            engine.command = [str(folder / "bin" / "milvus"), "run", "standalone"]
            engine.ready = f"http://127.0.0.1:{health}/healthz"
            engine.environment = {
                "DEPLOY_MODE": "STANDALONE",
                "LD_LIBRARY_PATH": str(folder / "bin"),
                "METRICS_PORT": str(health),
                "MILVUS_RUN_DIR": str(folder / "run"),
            }
            yield running


def _running(engine: Engine) -> Iterator[Engine]:
    try:
        engine.start()
        yield engine
    finally:
        engine.kill()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="newsqa-engine-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
