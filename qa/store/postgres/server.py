"""A PostgreSQL database: its schemas, and the locks that processes everywhere take turns by."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import psycopg
from filelock import Timeout

from qa.store.postgres.address import Address, Link
from qa.store.postgres.schema import Schema, claims_of, number_of, writing

ARTICLES = "newsqa"
"""The schema of the articles."""

_PAUSE_SECONDS = 0.05
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,63}")


class Server(Address):
    """A PostgreSQL database with the articles, and generations of their index."""

    def __init__(self, url: str) -> None:
        """Take the address; nothing is asked of it yet.

        Raises:
            SettingsUnusable: it is none.
        """
        super().__init__(url)
        self._held = threading.local()

    def articles(self) -> Schema:
        """Return where the articles are, or are to be."""
        return Schema(self, ARTICLES, derived=False)

    def passages(self, name: str) -> Schema:
        """Return where the passages of a generation are, or are to be: a schema of this name."""
        return Schema(self, _checked(name), derived=True)

    def schema(self, name: str, *steps: str) -> Schema:
        """Return a schema, with tables that these steps make (see Stepped.make)."""
        made = Schema(self, _checked(name), derived=False)
        made.make(steps)
        return made

    def schemas(self) -> list[str]:
        """Return the names of the schemas that stores were made in, in order."""
        query = (
            b"SELECT schemaname FROM pg_catalog.pg_tables WHERE tablename = 'newsqa_steps'"
            b' ORDER BY schemaname COLLATE "C"'
        )
        with self._asked() as connection:
            return [name for (name,) in connection.execute(query).fetchall()]

    def drop(self, schema: str) -> None:
        """Delete a schema with all that is in it, once nobody writes to it or reads it."""
        _checked(schema)
        with self._asked() as connection:
            # As who claims does: first this, then the writers' lock.
            connection.execute(
                writing(schema, f"SELECT pg_advisory_xact_lock({claims_of(schema)})")
            )
            connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE; COMMIT'.encode())

    @contextmanager
    def lock(
        self, name: str, timeout_seconds: float, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[None]:
        """Hold what only one holds of all processes; a thread that has it may take it again.

        It falls back when the process dies, or the server restarts.

        Raises:
            filelock.Timeout: others have held it all the time, or until `stop` said so.
        """
        until = monotonic() + timeout_seconds
        with self._trying(name, lambda: monotonic() < until and not stop()) as held:
            if not held:
                raise Timeout(f"{self.name}: {name}")
            yield

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold it if nobody does; give whether it is held."""
        with self._trying(name, lambda: False) as held:
            yield held

    @contextmanager
    def _trying(self, name: str, again: Callable[[], bool]) -> Iterator[bool]:
        names: set[str] = self._held.__dict__.setdefault("names", set())
        if name in names:
            yield True
            return
        with self._asked() as connection:
            held = _locked(connection, name)
            while not held and again():
                sleep(_PAUSE_SECONDS)
                held = _locked(connection, name)
            if held:
                names.add(name)
            try:
                yield held
            finally:
                names.discard(name)

    @contextmanager
    def _asked(self) -> Iterator[Link]:
        connection = self.connect()
        try:
            yield connection
        except psycopg.Error as error:
            if told := self.told(error):
                raise told from error
            raise
        finally:
            connection.close()


def _locked(connection: Link, name: str) -> bool:
    query = f"SELECT pg_try_advisory_lock({number_of(f'lock {name}')})".encode()
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: name a schema by letters, digits and _ . -")
    return name
