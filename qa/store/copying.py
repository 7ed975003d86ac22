"""The articles of one store into another, with all that is known of where they came from."""

from collections.abc import Callable, Iterator
from itertools import islice

from qa.errors import HomeUnusable
from qa.store.articles import ArticleStore
from qa.store.database import Database
from qa.store.sqlite import SQLiteFile

BLOCK = 256
"""Articles in a transaction."""

_ARTICLES = (
    "seq", "id", "digest", "source", "article", "taken", "address", "withdrawn", "last", "kept_out",
)  # fmt: skip
_States = dict[int, tuple[str, bytes]]

_BESIDE = {
    "versions": ("id", "number", "taken", "digest", "source", "article"),
    "places": ("file", "location", "id", "reading", "gone", "digest"),
    "withheld": ("digest", "id"),
    "files": ("file", "digest", "reader", "etag", "last_modified"),
    "refusals": ("file", "origin", "reason", "at", "reading"),
}


def copy_articles(
    source: ArticleStore, target: ArticleStore, progress: Callable[[int], object]
) -> None:
    """Make the target hold what the source does, under the same numbers of change.

    What it has already is not copied again, so that one that was stopped goes on. `progress` is
    told how many articles are there.

    Raises:
        HomeUnusable: the target holds articles that the source has never had, or later states.
    """
    here, there = source.database, target.database
    if later := _numbers(there, source.last_change, 2**62):
        raise HomeUnusable(
            f"the article {later[0][1][0]!r} and perhaps others have been changed there since they"
            " were brought, or are others; go on there, or name a place that is empty"
        )
    last = done = 0
    while rows := _numbers(here, last, 2**62):
        until = rows[-1][0]
        _bring(here, there, dict(rows), dict(_numbers(there, last, until + 1)))
        last, done = until, done + len(rows)
        progress(done)
    with there.transaction():
        for table, columns in _BESIDE.items():
            _replace(here, there, table, columns)
        if not isinstance(there, SQLiteFile):  # which goes on behind the highest by itself
            there.connection().execute(
                # Never back: an index may have read the log up to there.
                "SELECT setval(pg_get_serial_sequence('articles', 'seq'),"
                " greatest(?, nextval(pg_get_serial_sequence('articles', 'seq'))))",
                (last,),
            )


def _numbers(database: Database, after: int, before: int) -> list[tuple[int, tuple[str, bytes]]]:
    """Return the next numbers of change in between, ascending, with id and digest of each."""
    rows = database.connection().execute(
        "SELECT seq, id, digest FROM articles WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?",
        (after, before, BLOCK),
    )
    return [(seq, (id, bytes(digest))) for seq, id, digest in rows]


def _bring(here: Database, there: Database, wanted: _States, held: _States) -> None:
    """Copy those of the wanted articles that are not held, and drop what is held besides."""
    stale = {seq: state for seq, state in held.items() if wanted.get(seq) != state}
    _same(here, there, [seq for seq in stale if seq in wanted and wanted[seq][0] == stale[seq][0]])
    missing = [seq for seq in wanted if seq not in held or seq in stale]
    with there.transaction() as connection:
        if stale:
            _drop(here, there, stale)
        if missing:
            # It may stand there under an earlier number.
            ids = [wanted[seq][0] for seq in missing]
            connection.execute(
                "DELETE FROM articles WHERE id IN (SELECT value FROM json_each(?))",
                (there.listed(ids),),
            )
            rows = here.connection().execute(
                f"SELECT {', '.join(_ARTICLES)} FROM articles"
                " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (here.listed(missing),),
            )
            connection.insert("articles", _ARTICLES, rows)


def _same(here: Database, there: Database, seqs: list[int]) -> None:
    """Know that articles of one number, of other bytes, say the same: numbers are not used again.

    Raises:
        HomeUnusable: they do not.
    """
    query = (
        "SELECT id, article FROM articles"
        " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
    )
    ours, theirs = (
        one.connection().execute(query, (one.listed(seqs),)).fetchall() if seqs else []
        for one in (here, there)
    )
    for (id, own), (_, other) in zip(ours, theirs, strict=True):
        if own != other:
            raise _foreign(id)


def _foreign(id: str) -> HomeUnusable:
    return HomeUnusable(
        f"the article {id!r} and perhaps others are there already, which are not those to"
        " be brought; name a place that is empty"
    )


def _drop(here: Database, there: Database, stale: _States) -> None:
    """Delete earlier states of articles of the source.

    Raises:
        HomeUnusable: they are no states of its articles.
    """
    rows = here.connection().execute(
        "SELECT id FROM articles WHERE id IN (SELECT value FROM json_each(?))",
        (here.listed(id for id, _ in stale.values()),),
    )
    known = {id for (id,) in rows}
    if foreign := next((id for id, _ in stale.values() if id not in known), None):
        raise _foreign(foreign)
    there.connection().execute(
        "DELETE FROM articles WHERE seq IN (SELECT value FROM json_each(?))",
        (there.listed(stale),),
    )


def _replace(here: Database, there: Database, table: str, columns: tuple[str, ...]) -> None:
    connection = there.connection()
    connection.execute(f"DELETE FROM {table}")
    rows: Iterator[tuple[object, ...]] = iter(
        here.stream(f"SELECT {', '.join(columns)} FROM {table}")
    )
    while some := [*islice(rows, BLOCK)]:
        connection.insert(table, columns, some)
