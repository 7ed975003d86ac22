"""What the stores keep their tables in: a SQLite file, or a schema of a PostgreSQL database.

One SQL text serves both: what only SQLite writes so, PostgreSQL is given in its own words
(qa/store/postgres/dialect.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Values = Sequence[Any] | Mapping[str, Any]
"""What stands for `?` in a statement, or for `:name`."""


class Rows(Protocol):
    """What a statement returns."""

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """What statements are given to; outside a transaction each is one of its own."""

    def execute(self, query: str, values: Values = (), /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one statement with each of these values, which returns nothing."""
        ...

    def each(self, query: str, rows: Iterable[Sequence[Any]], /) -> Iterator[list[Any]]:
        """Run one statement with each of these values; yield what each returns."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], /) -> None:
        """Put rows into a table, in their order; none of them is there yet."""
        ...


class Database(Protocol):
    """Tables that any number of threads and processes read, and one writes at a time.

    Whatever is done with it raises HomeUnusable where it cannot be read or written, and HomeBusy
    where others write for too long; what is derived from the articles raises IndexUnusable where it
    is damaged or gone.
    """

    @property
    def read_only(self) -> bool:
        """Whether it is only read, as it must be where nothing can be written."""
        ...

    def connection(self) -> Connection:
        """Return this thread's connection; inside a transaction of the thread, that one's."""
        ...

    def transaction(self) -> AbstractContextManager[Connection]:
        """Commit everything that is done inside, or nothing; one writer at a time."""
        ...

    def snapshot(self) -> AbstractContextManager[Connection]:
        """Read one state inside, whatever becomes of it meanwhile."""
        ...

    def stream(self, query: str, values: Values = ()) -> Iterator[Any]:
        """Yield the rows of one state, a few in memory at a time."""
        ...

    def numbers(self, query: str, values: Values = ()) -> NDArray[np.int64]:
        """Return the only column of many rows: int64[n]."""
        ...

    def listed(self, values: Iterable[int] | Iterable[str]) -> object:
        """Return what stands for the `?` in `IN (SELECT value FROM json_each(?))`."""
        ...

    def sought(self, text: str) -> str:
        """Return as much of a name as can be looked up, from its beginning."""
        ...

    def has(self, table: str) -> bool:
        """Say whether there is such a table."""
        ...

    def intact(self) -> bool:
        """Say whether all of it is found to be as it should."""
        ...

    def forget(self) -> None:
        """Leave nothing of what was erased where it could still be read, as far as that goes."""
        ...

    def close(self) -> None:
        """Close what this thread has open; the next use opens it again."""
        ...


class Stepped(Database, Protocol):
    """A database that is told what to make of it step by step, as versions of this program went."""

    def make(self, steps: Sequence[str]) -> None:
        """Take those of the steps that were not taken yet, in their order, all or none.

        Each is a script in SQLite's words, but for what both write alike.

        Raises:
            HomeUnusable: more were taken than there are: a newer version has made it.
        """
        ...
