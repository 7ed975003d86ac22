"""One SQLite file, opened once for each thread that uses it."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Self

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from qa.errors import HomeBusy, HomeUnusable, IndexUnusable, NewsqaError
from qa.store.database import Values

_FAILING = "see whether its disk is full or failing"
_CLOSED = "see whether it is there, and who may write to it"
_DAMAGED = "the file is damaged, and `newsqa status --check` says what mends it"
_REMEDIES = {
    sqlite3.SQLITE_FULL: "free some space and try again; what was committed is kept",
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class SQLiteFile:
    """One SQLite file with a connection to each thread, in write-ahead mode.

    Whatever is done with it raises HomeUnusable where the file or its disk fails, IndexUnusable
    where it is damaged and `derived` from the articles, and HomeBusy where another process writes
    for too long.

    Attributes:
        read_only: whether it is only read, as it must be where nothing can be written.
    """

    def __init__(
        self, path: Path, schema: str, *, read_only: bool = False, derived: bool = False
    ) -> None:
        self._path = path
        self._derived = derived
        self._threads = threading.local()
        self.read_only = read_only or not writable(path)
        if self.read_only:
            self.connection()
            return
        # SQLite does not wait for its turn to switch a new file's mode: one opens it at a time.
        with FileLock(path.with_suffix(".lock")):
            # All of it or nothing: who is killed here leaves no file with some of the tables.
            script = f"PRAGMA journal_mode = WAL; BEGIN; {schema} COMMIT;"
            self.connection().executescript(script)

    def connection(self) -> "_Connection":
        """Return this thread's connection, opening it at first use."""
        state = _state(self._path) if self.read_only else None
        held: _Connection | None = getattr(self._threads, "connection", None)
        if held and held.state != state:
            held.close()
            held = None
        if held is None:
            held = self._threads.connection = _Connection.opened(self._path, state, self._derived)
        return held

    @contextmanager
    def transaction(self) -> Iterator["_Connection"]:
        """Commit everything that is done inside, or nothing."""
        connection = self.connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite has rolled back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator["_Connection"]:
        """See what is there at the first look inside, and nothing of what becomes of it."""
        connection = self.connection()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def stream(self, query: str, values: Values = ()) -> Iterator[Any]:
        """Yield the rows one by one; one statement sees one state, to its end."""
        yield from self.connection().execute(query, values)

    def numbers(self, query: str, values: Values = ()) -> NDArray[np.int64]:
        """Return the only column of many rows: int64[n]."""
        return np.fromiter((one for (one,) in self.connection().execute(query, values)), np.int64)

    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        """Return the values as JSON."""
        return json.dumps(list(values))

    def sought(self, text: str) -> str:
        """Return all of the name."""
        return text

    def has(self, table: str) -> bool:
        """Say whether there is such a table."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = ?"
        return bool(self.connection().execute(query, (table,)).fetchone()[0])

    def intact(self) -> bool:
        """Say whether SQLite finds the whole file as it should be."""
        check = self.connection().execute("PRAGMA quick_check(1)").fetchone()
        return bool(check == ("ok",))

    def forget(self) -> None:
        """Empty the write-ahead log, where what was erased is still to be read."""
        self.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""
        if hasattr(self._threads, "connection"):
            self._threads.connection.close()
            del self._threads.connection


def writable(path: Path) -> bool:
    """Say whether a file can be written, or made if it is not there."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


_State = tuple[bool, int, int]


def _state(path: Path) -> _State:
    """Return what changes when another process opens, writes or closes a file.

    First, whether it has a write-ahead log.
    """
    try:
        file = path.stat()
    except OSError as error:
        raise HomeUnusable(f"{path}: {error.strerror}; {_CLOSED}") from error
    return path.with_name(f"{path.name}-wal").exists(), file.st_mtime_ns, file.st_size


class _Connection(sqlite3.Connection):
    """SQLite's, that names the file and the remedy where the file fails."""

    path: Path
    state: _State | None
    derived: bool

    @classmethod
    def opened(cls, path: Path, state: _State | None, derived: bool) -> Self:
        """Open the file: for reading alone if its state is given, else to be written as well."""
        address = path.absolute().as_uri()
        if state:
            # Without its log the file is all there is: read as it is, it needs no file beside it.
            address += "?mode=ro" if state[0] else "?immutable=1"
        try:
            made = sqlite3.connect(
                address,
                timeout=60.0,
                isolation_level=None,
                check_same_thread=False,
                factory=cls,
                uri=True,
            )
        except sqlite3.OperationalError as error:
            raise _told(path, derived, error) or error from error
        made.path, made.state, made.derived = path, state, derived
        # A committed article survives losing power; one sync a batch is cheap beside encoding.
        made.execute("PRAGMA synchronous = FULL")
        # What was withdrawn does not linger in free pages.
        made.execute("PRAGMA secure_delete = ON")
        # Not through a memory map, as some builds of SQLite read: half a millisecond less for a
        # hundred passages, but at 100,000 of them 250 MB come to be resident, and so on.
        made.execute("PRAGMA mmap_size = 0")
        # Kilobytes of pages for each thread; the system keeps them anyway. With SQLite's own 2,000
        # a server that has answered many at once holds 45 MB more and is no faster.
        made.execute("PRAGMA cache_size = -512")
        return made

    # SQLite's own go by a cursor that knows nothing of this.

    def execute(self, *arguments: Any) -> Any:
        return self.cursor(_Cursor).execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self.cursor(_Cursor).executemany(*arguments)

    def executescript(self, script: str) -> Any:
        return self.cursor(_Cursor).executescript(script)

    def each(self, query: str, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        return (self.execute(query, row).fetchall() for row in rows)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        places = ", ".join("?" for _ in columns)
        self.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)


def _telling(call: Callable[..., Any]) -> Any:
    """Return a method of SQLite's cursor, made to raise what a user can act on."""

    @wraps(call)
    def telling(cursor: sqlite3.Cursor, *arguments: Any) -> Any:
        try:
            return call(cursor, *arguments)
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            connection: Any = cursor.connection
            if told := _told(connection.path, connection.derived, error):
                raise told from error
            raise

    return telling


class _Cursor(sqlite3.Cursor):
    execute = _telling(sqlite3.Cursor.execute)
    executemany = _telling(sqlite3.Cursor.executemany)
    executescript = _telling(sqlite3.Cursor.executescript)
    fetchone = _telling(sqlite3.Cursor.fetchone)
    fetchall = _telling(sqlite3.Cursor.fetchall)
    __next__ = _telling(sqlite3.Cursor.__next__)


def _told(path: Path, derived: bool, error: Exception) -> NewsqaError | None:
    """Return the error that says which file fails and the remedy; None if it is about no file."""
    # One that has no code is about text that is no UTF-8, be it SQLite's own message.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return HomeBusy(f"{path}: another process is writing to it; try again")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) and derived:
        return IndexUnusable(
            f"{path}: {error}; `newsqa rebuild` makes the index anew from the articles"
        )
    if code in _REMEDIES:
        return HomeUnusable(f"{path}: {error}; {_REMEDIES[code]}")
    return None
