"""A home to what is wrong with it: every file is read, and all that must agree is compared.

It may be asked while others read and write: each file is read as of one moment, and what changed
between two moments is left out of comparing them.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from embeddings.vectors import Ids, VectorIndex
from qa.errors import NewsqaError
from qa.following import WRITING
from qa.generations import Generations
from qa.index import Manifest
from qa.lexical import WordIndex
from qa.store import ArticleStore, PassageStore
from qa.store.passages import TALLIED
from qa.store.sqlite import SQLiteFile, writable

ROWS = 10_000
"""Vectors compared at a time, 15 MB."""

_REBUILD = "`newsqa rebuild`"
_RESTORE = "`newsqa restore` of a backup"
_OPENING = "the next `newsqa add` or start of `newsqa serve`, by itself"

# Rows that belong to none: of which table and column, and what they must be found in.
_BELONG = (
    ("passages", "article_id", "documents", "article_id"),
    ("categories", "article_id", "documents", "article_id"),
    ("token_vectors", "key", "passages", "key"),
    ("documents", "text", "texts", "number"),
    ("texts", "number", "documents", "text"),
    ("runs", "text", "texts", "number"),
    ("copies", "text", "texts", "number"),
    ("copies", "copy", "texts", "number"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        part: the file or folder, relative to the home.
        remedy: what mends it.
    """

    part: str
    problem: str
    remedy: str


def check(home: Path) -> tuple[Finding, ...]:
    """Return what is wrong with a home; nothing if it is sound."""
    articles, folder = home / "articles.sqlite", Generations(home).current()
    if not articles.exists():
        return (Finding(articles.name, "it is missing", _RESTORE),) if folder else ()
    found = _examined(articles, articles.name, _RESTORE, _wrong_articles)
    if folder:
        found += _link(home, folder) + _index(folder, articles if not found else None)
    return tuple(found + _left(home, folder, whole=not found))


def _link(home: Path, folder: Path) -> list[Finding]:
    link = home / "current"
    if link.is_symlink() and link.resolve() == folder.resolve():
        return []
    return [Finding(link.name, "it leads to no index; the newest is used", _REBUILD)]


def _index(folder: Path, articles: Path | None) -> list[Finding]:
    """Check a generation in itself, and beside the articles if these are whole."""
    name = f"generations/{folder.name}"
    path = folder / "passages.sqlite"
    try:
        manifest = Manifest.read(folder)
    except NewsqaError as error:
        return [Finding(f"{name}/manifest.json", str(error), _REBUILD)]
    if not path.exists():
        return [Finding(f"{name}/{path.name}", "it is missing", _REBUILD)]
    # What follows the passages is read before them: it is never ahead of what they are then.
    found: list[Finding] = []
    kept: list[tuple[str, int, Ids, VectorIndex | None]] = []
    for file in sorted(folder.glob("vectors-*.faiss")):
        try:
            cursor = int(file.stem.removeprefix("vectors-"))
            index = VectorIndex.load(file)
            kept.append((file.name, cursor, index.ids(), index))
        except (OSError, ValueError) as error:
            if file.exists():  # else a writer has written the one after the next
                found.append(Finding(f"{name}/{file.name}", str(error), _OPENING))
    try:
        if (folder / "words").exists():
            kept.append(("words", *_words(folder / "words"), None))
    except (OSError, ValueError) as error:
        found.append(Finding(f"{name}/words", str(error), _OPENING))

    def wrong(connection: sqlite3.Connection) -> Iterator[str]:
        yield from _wrong_passages(connection, manifest)
        if articles:
            yield from _wrong_beside(connection, articles)

    inside = _examined(path, f"{name}/{path.name}", _REBUILD, wrong)
    if inside:
        return found + inside
    for part, cursor, keys, vectors in kept:
        differing = partial(_wrong_follower, cursor, keys, vectors)
        found += _examined(path, f"{name}/{part}", _REBUILD, differing, whole=True)
    return found


def _words(folder: Path) -> tuple[int, Ids]:
    """Return the last change that the words have taken in and the keys that are there then."""
    with TemporaryDirectory() as temporary:
        # To be read they are locked, which a disk that cannot be written does not allow.
        kept = folder if writable(folder) else shutil.copytree(folder, Path(temporary, "words"))
        words = WordIndex(kept, thorough=True)
        cursor = words.cursor
        return cursor, np.array(words.keys(), np.int64)


def _examined(
    path: Path,
    part: str,
    remedy: str,
    wrong: Callable[[sqlite3.Connection], Iterable[str]],
    *,
    whole: bool = False,
) -> list[Finding]:
    """Return what is wrong with a part, as a file of SQLite tells that is known to be `whole`."""
    database = None
    problems: list[str] = []
    try:
        database = SQLiteFile(path, "")
        connection = database.connection()
        connection.execute("BEGIN")
        if not whole:
            problems += [
                row for row in _column(connection, "PRAGMA integrity_check(3)") if row != "ok"
            ]
        if not problems:
            problems += wrong(connection)
    except (NewsqaError, sqlite3.Error, ValueError) as error:
        problems.append(str(error))
    finally:
        if database:
            database.close()
    return [Finding(part, problem, remedy) for problem in problems]


def _wrong_articles(connection: sqlite3.Connection) -> Iterator[str]:
    for table in ("articles", "versions"):
        rows = connection.execute(
            f"SELECT id, digest, source, json_valid(article) FROM {table} WHERE article IS NOT NULL"
        )
        for id, digest, source, valid in rows:
            if not valid or sha256(source).digest() != digest:
                yield f"the article {id!r} is not as it was written"


def _wrong_passages(connection: sqlite3.Connection, manifest: Manifest) -> Iterator[str]:
    rows = connection.execute("SELECT key, embedded, digest, length(vector) FROM passages")
    for key, embedded, digest, size in rows:
        if sha256(embedded.encode()).digest() != digest or size != 4 * manifest.dimension:
            yield f"passage {key} is not as it was written"
    for table, column, other, among in _BELONG:
        (count,) = _column(
            connection,
            f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT {among} FROM {other})",
        )
        if count:
            yield f"{count} rows of {table} belong to none of {other}"
    (single,) = _column(
        connection,
        "SELECT count(*) FROM copies AS one WHERE NOT EXISTS ("
        " SELECT 1 FROM copies WHERE text = one.copy AND copy = one.text)",
    )
    if single:
        yield f"{single} copies are so one way round only"
    for what, table, value in TALLIED:
        counted = f"SELECT {value.format(row=table)}, count(*) FROM {table} GROUP BY 1"
        told = f"SELECT value, number FROM tallies WHERE what = '{what}'"
        if _column(connection, f"SELECT 1 FROM ({told} EXCEPT {counted})") or _column(
            connection, f"SELECT 1 FROM ({counted} EXCEPT {told})"
        ):
            yield f"{table} are not as many as its tallies say"
    (without,) = _column(
        connection,
        "SELECT count(*) FROM passages WHERE key NOT IN (SELECT key FROM token_vectors)",
    )
    if without and manifest.token_vectors:
        yield f"{without} passages have no token vectors"


def _wrong_beside(connection: sqlite3.Connection, articles: Path) -> Iterator[str]:
    """Compare passages with the articles, but for those that changed since they were taken in."""
    (seq,) = _column(connection, "SELECT coalesce(max(article_seq), 0) FROM progress")
    documents = set(_column(connection, "SELECT article_id FROM documents"))
    rows = connection.execute(
        "SELECT article_id, span_start, span_end, text FROM passages ORDER BY article_id"
    )
    passages = {id: list(group) for id, group in groupby(rows, key=lambda row: row[0])}
    database = SQLiteFile(articles, "")
    try:
        present = database.connection().execute(
            "SELECT id, seq, article ->> 'text' FROM articles WHERE article IS NOT NULL OR seq > ?",
            (seq,),
        )
        for id, last, text in present:
            taken_in = last <= seq
            if taken_in and id not in documents:
                yield f"the article {id!r} is not in it"
            elif taken_in and any(
                text[start:end] != said for _, start, end, said in passages.get(id, ())
            ):
                yield f"the article {id!r} has another text"
            documents.discard(id)
    finally:
        database.close()
    yield from (f"the article {id!r} is in it, but there is no such article" for id in documents)


def _wrong_follower(
    cursor: int, keys: Ids, vectors: VectorIndex | None, connection: sqlite3.Connection
) -> Iterator[str]:
    """Compare what was made of the passages as of change `cursor`, but for what changed since."""
    (newest,) = _column(connection, "SELECT coalesce(max(seq), 0) FROM changes")
    if cursor > newest:
        yield "it is ahead of the passages"
    changed = _column(connection, "SELECT key FROM changes WHERE seq > ?", cursor)
    there = np.array(_column(connection, "SELECT key FROM passages"), np.int64)
    differ = np.setdiff1d(np.setxor1d(keys, there), np.array(changed, np.int64))
    if len(differ):
        yield f"{len(differ)} passages are missing in it or too many"
    if vectors is None:
        return
    rows = connection.execute("SELECT key, vector FROM passages ORDER BY key")
    while some := rows.fetchmany(ROWS):
        held = np.array([key for key, _ in some], np.int64)
        told = np.array([np.frombuffer(vector, np.float32) for _, vector in some])
        both = np.isin(held, keys)
        if not vectors.holds(held[both], told[both]):
            yield "vectors differ from those of the passages"
            return


def _left(home: Path, folder: Path | None, *, whole: bool) -> list[Finding]:
    """Return what writers left that were stopped, unless one is at work."""
    try:
        with FileLock(home / "writer.lock", timeout=0):
            paths = [*home.glob("generations/.*"), *home.glob(".current.*")]
            paths += [] if folder is None else _parts(folder)
            found = [
                Finding(path.relative_to(home).as_posix(), "left by one that was stopped", _REBUILD)
                for path in paths
            ]
            if folder and whole:
                passages = PassageStore(folder / "passages.sqlite", as_is=True)
                behind = ArticleStore(home / "articles.sqlite").pending(passages.article_seq)
                passages.close()
                if behind:
                    problem = f"{behind} changes of articles are not in it yet"
                    found.append(Finding(f"generations/{folder.name}", problem, _OPENING))
            return found
    except (Timeout, OSError):  # at work, or nothing can be written
        return []


def _parts(folder: Path) -> Iterator[Path]:
    """Yield what is half-written in a generation, but for vectors that are written just now."""
    try:
        with FileLock(folder / WRITING, timeout=0):
            yield from folder.glob(".*")
    except Timeout:
        yield from (path for path in folder.glob(".*") if not path.match(".vectors-*"))


def _column(connection: sqlite3.Connection, query: str, *values: object) -> list[Any]:
    return [row[0] for row in connection.execute(query, values)]
