"""Tables under one name in a PostgreSQL database, which threads and machines share."""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.pq import TransactionStatus

from qa.errors import HomeBusy, HomeUnusable
from qa.store.database import Values
from qa.store.postgres.address import Address, Link
from qa.store.postgres.dialect import statement, tables

MOST = 8
"""Connections of a process to a schema, beside those of streams and of what is apart: these last,
and who has one may need another."""

WAIT_SECONDS = 60
"""How long a writer waits for another's transaction, and who reads for a free connection."""

APART_SECONDS = 600
"""How long what was made in a transaction apart waits to be written, for it took long to make."""

ROWS = 1_000
"""Of a stream, in memory at a time."""

LETTERS = 400
"""Of a publisher, an author or a category, that filters go by."""

_STREAMS = count()

# An array as it is sent: dimensions, flags, type, length and first index, then each element.
_HEAD = 20
_ELEMENT = np.dtype([("bytes", ">i4"), ("value", ">i8")])

_Made = TypeVar("_Made")


class _Lost(HomeUnusable):
    """A connection was lost; nobody but the schema that had it need know."""


class Schema:
    """Tables under one name in a PostgreSQL database: a Database, and its own Connection.

    Each statement takes a connection that is free, or that of its thread's open transaction.
    psycopg_pool makes connections aside, so that who waits for one is not told why none comes.

    Attributes:
        read_only: whether nothing can be written, as to a standby.
    """

    def __init__(self, server: Address, name: str, *, derived: bool) -> None:
        self.server = server
        self.name = name
        self.read_only = False
        self._derived = derived
        self._threads = threading.local()
        self._free = threading.BoundedSemaphore(MOST)
        self._idle: list[Link] = []
        weakref.finalize(self, _close, self._idle)

    def __repr__(self) -> str:
        return f"Schema({self.server.name!r}, {self.name!r})"

    def make(self, steps: Sequence[str]) -> None:
        """Take those of the steps that were not taken yet, in their order, all or none.

        Raises:
            HomeUnusable: a newer version has made it, or it is no database of UTF-8.
        """
        if self._behind(steps):
            with self.transaction():
                if self._behind(steps):  # nobody was first
                    self._take(steps)

    def connection(self) -> "Schema":
        """Return what statements are given to."""
        return self

    @contextmanager
    def transaction(self) -> Iterator["Schema"]:
        """Commit everything that is done inside, or nothing; it joins one that is open."""
        with self._within(writing(self.name), b"COMMIT"):
            yield self

    @contextmanager
    def snapshot(self) -> Iterator["Schema"]:
        """Read one state inside; a transaction that is open is one already."""
        with self._within(b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", b"ROLLBACK"):
            yield self

    @contextmanager
    def apart(self) -> Iterator["Apart"]:
        """Give a transaction beside this thread's own, which others need not wait for."""
        shared = f"SELECT pg_advisory_xact_lock_shared({claims_of(self.name)})"
        begin = f"BEGIN; SET LOCAL lock_timeout = '{APART_SECONDS}s'; {shared}".encode()
        connection = self._begun(begin)
        try:
            yield Apart(self, connection)
            with self._telling(connection):
                connection.execute(b"COMMIT")
        finally:
            self._give_back(connection)

    def execute(self, query: str, values: Values = ()) -> "_Rows":
        """Run one statement; what it returns is all read at once."""
        given = _given(values)

        def run(connection: Link) -> _Rows:
            cursor = connection.cursor(binary=True)
            cursor.execute(statement(query), given)
            return _Rows(cursor.fetchall() if cursor.description else [])

        return self._run(run)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each of these values, which are sent together."""
        given = [*map(_row, rows)]
        self._run(lambda connection: connection.cursor().executemany(statement(query), given))

    def each(self, query: str, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        """Run one statement with each of these values, sent together; yield what each returns."""
        given = [*map(_row, rows)]

        def run(connection: Link) -> list[list[Any]]:
            cursor = connection.cursor(binary=True)
            cursor.executemany(statement(query), given, returning=True)
            return [one.fetchall() for one in cursor.results()]

        return iter(self._run(run) if given else ())

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Copy rows into a table, in their order."""
        query = f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()
        given = [*map(_row, rows)]

        def run(connection: Link) -> None:
            with connection.cursor().copy(query) as copying:
                for row in given:
                    copying.write_row(row)

        if given:
            self._run(run)

    def stream(self, query: str, values: Values = ()) -> Iterator[Any]:
        """Yield the rows of one state, a few in memory at a time."""
        held = self._held()
        connection = held or self._begun(b"BEGIN READ ONLY")
        try:
            name = f"stream_{next(_STREAMS)}"  # several may be open in one transaction
            with self._telling(connection), connection.cursor(name, binary=True) as cursor:
                cursor.itersize = ROWS
                cursor.execute(statement(query), _given(values))
                yield from cursor
        finally:
            if held is None:
                self._give_back(connection)

    def numbers(self, query: str, values: Values = ()) -> NDArray[np.int64]:
        """Return the only column of many rows: as one array it comes three times as fast."""
        rows = b"SELECT array_agg(number) FROM (%b) AS rows (number)" % statement(query)
        given = _given(values)

        def run(connection: Link) -> NDArray[np.int64]:
            found = connection.cursor(binary=True).execute(rows, given).pgresult
            sent = found.get_value(0, 0) if found else None  # None: there are no rows
            elements = np.frombuffer((sent or b"")[_HEAD:], _ELEMENT)
            return elements["value"].astype(np.int64)

        return self._run(run)

    def listed(self, values: Iterable[int] | Iterable[str]) -> str:
        """Return the values as an array's text: psycopg takes ten times as long for a list."""
        return f"{{{','.join(map(_element, values))}}}"

    def sought(self, text: str) -> str:
        """Return its first letters: beside an article's id they have to fit into a B-tree."""
        return text[:LETTERS]

    def has(self, table: str) -> bool:
        """Say whether there is such a table."""
        return bool(self.execute("SELECT to_regclass(?) IS NOT NULL", (table,)).fetchone()[0])

    def intact(self) -> bool:
        """Say that it is: PostgreSQL looks after its files itself."""
        return True

    def forget(self) -> None:
        """Leave it to PostgreSQL's vacuum to overwrite what was erased."""

    def close(self) -> None:
        """Close the connections that are free; what is in use goes on."""
        _close(self._idle)

    def _behind(self, steps: Sequence[str]) -> bool:
        """Say whether steps are to be taken; know whether they can be."""
        begun, read_only, encoding = self.execute(
            "SELECT to_regclass('newsqa_steps') IS NOT NULL,"
            " current_setting('default_transaction_read_only') = 'on' OR pg_is_in_recovery(),"
            " current_setting('server_encoding')"
        ).fetchone()
        self.read_only = read_only
        if encoding != "UTF8":
            raise HomeUnusable(
                f"{self.server.name}: a database of {encoding}; make one with `createdb --encoding"
                " UTF8 --template template0`"
            )
        taken = self.execute("SELECT taken FROM newsqa_steps").fetchone()[0] if begun else 0
        if taken > len(steps):
            raise HomeUnusable(
                f"{self.server.name}: {self.name} was made by a newer version of newsqa; install"
                " that one here too"
            )
        return int(taken) < len(steps) and not read_only

    def _take(self, steps: Sequence[str]) -> None:
        there = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ?"
        if not self.execute(there, (self.name,)).fetchone()[0]:
            self.execute(f'CREATE SCHEMA "{self.name}"')
        self.execute("CREATE TABLE IF NOT EXISTS newsqa_steps (taken BIGINT NOT NULL)")
        (taken,) = self.execute("SELECT coalesce(max(taken), 0) FROM newsqa_steps").fetchone()
        for step in steps[taken:]:
            self._script(tables(step).encode())
        self.execute("DELETE FROM newsqa_steps")
        self.execute("INSERT INTO newsqa_steps VALUES (?)", (len(steps),))

    @contextmanager
    def _within(self, begin: bytes, end: bytes) -> Iterator[None]:
        """Let what this thread does inside be one transaction, or part of the one that is open."""
        if self._held():
            yield
            return
        with self._slot():
            connection = self._begun(begin)
            self._threads.connection = connection
            try:
                yield
                with self._telling(connection):
                    connection.execute(end)
            finally:
                self._threads.connection = None
                self._give_back(connection)

    @contextmanager
    def joined(self, connection: Link) -> Iterator[None]:
        """Let what this thread does inside be part of a transaction that is open there."""
        before = self._held()
        self._threads.connection = connection
        try:
            yield
        finally:
            self._threads.connection = before

    def _held(self) -> Link | None:
        return getattr(self._threads, "connection", None)

    def _begun(self, begin: bytes) -> Link:
        """Return a connection where a transaction has begun."""

        def begun() -> Link:
            connection = self._lent()
            try:
                with self._telling(connection):
                    connection.execute(begin)
            except BaseException:
                connection.close()
                raise
            return connection

        return self._again(begun)

    def _run(self, call: Callable[[Link], _Made]) -> _Made:
        """Return what is made with this thread's connection, or with one that is free."""
        if held := self._held():
            with self._telling(held):
                return call(held)

        def once() -> _Made:
            connection = self._lent()
            try:
                with self._telling(connection):
                    return call(connection)
            finally:
                self._give_back(connection)

        with self._slot():
            return self._again(once)

    def _script(self, script: bytes) -> None:
        self._run(lambda connection: connection.execute(script))

    def _again(self, call: Callable[[], _Made]) -> _Made:
        """Return what is made, at the second time where a connection turned out to be lost."""
        try:
            return call()
        except _Lost:
            self.close()  # those that are free are from before the same restart
            return call()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise HomeBusy(f"{self.server.name}: all of {MOST} connections are in use; try again")
        try:
            yield
        finally:
            self._free.release()

    def _lent(self) -> Link:
        try:
            return self._idle.pop()
        except IndexError:
            return self.server.connect(self.name)

    def _give_back(self, connection: Link) -> None:
        """Keep it for others, without what was begun with it and not committed."""
        if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
            with suppress(psycopg.Error):
                connection.execute(b"ROLLBACK")
        if connection.info.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    @contextmanager
    def _telling(self, connection: Link) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            told = self.server.told(error, self.name if self._derived else "")
            if connection.closed and isinstance(told, HomeUnusable):
                told = _Lost(*told.args)
            if told:
                raise told from error
            raise


class Apart:
    """A transaction of a schema beside those of the threads."""

    def __init__(self, schema: Schema, connection: Link) -> None:
        self._schema = schema
        self._connection = connection

    @contextmanager
    def joined(self, *, writing: bool = False) -> Iterator[Schema]:
        """Let what this thread does with the schema inside be part of this transaction.

        With `writing` it is the one writer's from then on, to its end.
        """
        with self._schema.joined(self._connection):
            if writing:
                self._schema.execute(lock_of(self._schema.name))
            yield self._schema


class _Rows:
    """Rows that were read."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


def _given(values: Values) -> Values:
    """Return values without NUL, which PostgreSQL's text cannot hold.

    Entries of some feeds are named with one; no article has any.
    """
    if isinstance(values, Mapping):
        return {name: _visible(value) for name, value in values.items()}
    return _row(values)


def _row(values: Sequence[Any]) -> list[Any]:
    return [*map(_visible, values)]


def _visible(value: Any) -> Any:
    return value.replace("\0", "␀") if isinstance(value, str) and "\0" in value else value


def _element(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def claims_of(schema: str) -> int:
    """Return the lock that transactions apart share, and who drops a schema waits for."""
    return number_of(f"claims {schema}")


def writing(schema: str, before: str = "SELECT") -> bytes:
    """Return what begins a transaction that is the only one to write to a schema.

    Numbers of its logs are then committed in their order: who reads up to one misses none.
    """
    return (
        f"BEGIN; SET LOCAL lock_timeout = '{WAIT_SECONDS}s'; {before}; {lock_of(schema)}".encode()
    )


def lock_of(schema: str) -> str:
    """Return what makes a transaction the only one to write to a schema, from then on."""
    return f"SELECT pg_advisory_xact_lock({number_of(f'schema {schema}')})"


def number_of(name: str) -> int:
    """Return the number by which PostgreSQL knows a lock of ours, of 64 bits."""
    return int.from_bytes(sha256(f"newsqa {name}".encode()).digest()[:8], "big", signed=True)


def _close(connections: list[Link]) -> None:
    while connections:
        with suppress(IndexError):  # another thread has taken the last
            connections.pop().close()
