"""One SQLite file, opened once for each thread that uses it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

MAPPED = 2**36
"""Bytes of a file that are read through a memory map: all of it, where SQLite was built so."""


class Database:
    """One SQLite file with a connection to each thread, in write-ahead mode."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path = path
        self._threads = threading.local()
        # SQLite does not wait for its turn to switch a new file's mode: one opens it at a time.
        with FileLock(path.with_suffix(".lock")):
            self.connection().executescript("PRAGMA journal_mode = WAL;" + schema)

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opening it at first use."""
        held: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if held is None:
            held = sqlite3.connect(
                self._path, timeout=60.0, isolation_level=None, check_same_thread=False
            )
            # A committed article survives losing power; one sync a batch is cheap beside encoding.
            held.execute("PRAGMA synchronous = FULL")
            # What was withdrawn does not linger in free pages.
            held.execute("PRAGMA secure_delete = ON")
            held.execute(f"PRAGMA mmap_size = {MAPPED}")
            self._threads.connection = held
        return held

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit everything that is done inside, or nothing."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def forget(self) -> None:
        """Empty the write-ahead log, where what was erased is still to be read."""
        self.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        if hasattr(self._threads, "connection"):
            self._threads.connection.close()
            del self._threads.connection
