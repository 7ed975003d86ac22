"""A real PostgreSQL server on this machine, for as long as a test needs it."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

READY_SECONDS = 60.0


@dataclass
class Cluster:
    """A server with databases of its own, which only this machine reaches.

    Attributes:
        password: of its only user, newsqa.
    """

    folder: Path
    programs: Path
    password: str
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    numbers: "count[int]" = field(default_factory=count)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://newsqa:{self.password}@127.0.0.1:{self.port}/{database}"

    def database(self, options: str = "") -> str:
        """Make an empty database and return its address."""
        name = f"newsqa_{next(self.numbers)}"
        self.ask(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what the server answers in the database that every cluster has."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 60,
            "shared_buffers": "64MB",
            "fsync": "off",  # the machine is not going to lose power in a test
            "autovacuum": "off",
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", *given],
                stdout=log,
                stderr=log,
                **_unprivileged(),
            )
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server as it were pulled from under its clients."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(READY_SECONDS)
            self.process = None

    def _answers(self) -> bool:
        import psycopg

        with suppress(psycopg.OperationalError):
            self.ask("SELECT 1")
            return True
        return False


def programs() -> Path | None:
    """Return the folder with PostgreSQL's own programs, None where it is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in folders), default=None)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server with a folder of its own; both are gone afterwards."""
    found = programs()
    if found is None:
        raise FileNotFoundError("initdb: install PostgreSQL (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="newsqa-postgres-"))
    made = Cluster(folder, found, secrets.token_hex(8), _free_port())
    try:
        _initialise(made)
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _initialise(made: Cluster) -> None:
    secret = made.folder / "password"
    secret.write_text(made.password)
    if who := _unprivileged().get("user"):
        shutil.chown(made.folder, who)
        shutil.chown(secret, who)
    flags = ("--username=newsqa", f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync")
    subprocess.run(
        [made.programs / "initdb", "-D", made.folder / "data", *flags, "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        **_unprivileged(),
    )


def _unprivileged() -> dict[str, Any]:
    """Return who is to run the server, which refuses to be run by root."""
    cwd = {"cwd": tempfile.gettempdir()}
    return {**cwd, "user": "postgres", "group": "postgres"} if os.geteuid() == 0 else cwd


def _free_port() -> int:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """Start a server for this process of the tests."""
    if not os.environ.get("NEWSQA_REQUIRE_POSTGRES"):
        pytest.importorskip("psycopg")
        if programs() is None:
            pytest.skip("PostgreSQL is not installed")
    with cluster() as made:
        yield made


@pytest.fixture
def postgres(postgres_cluster: Cluster) -> str:
    """Return the address of an empty database."""
    return postgres_cluster.database()
