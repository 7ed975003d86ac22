"""A home to one file, while it serves, and back.

A backup is a zip of `articles.sqlite`, and of `passages.sqlite` with its manifest if there is an
index: with the passages come their vectors, so that restoring embeds nothing.

What is restored is made ready beside what is there. It is decided by one rename, to the folder
`restored`; who is stopped after it leaves the rest to whoever writes next.
"""

import os
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

from embeddings.encoder import ModelInfo
from qa.errors import HomeBusy, HomeUnusable, IndexUnusable
from qa.generations import Generations
from qa.index import LocalIndex, Manifest
from qa.store import ArticleStore
from qa.store.sqlite import SQLiteFile

ARTICLES, PASSAGES, MANIFEST = "articles.sqlite", "passages.sqlite", "manifest.json"

WAIT_SECONDS = 60.0
"""How long restoring waits for another writer to finish."""

_JOURNAL = "restored"
_NO_DATABASE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def backup(home: Path, destination: Path) -> Path:
    """Write a home to a new file, or to one with the time in its name in a folder; return it.

    It is read again before it has its name. Others may serve the home and write to it meanwhile.

    Raises:
        HomeUnusable: the home has no articles, a file of it is damaged, or the backup cannot be
            written.
    """
    if destination.is_dir():
        destination /= f"newsqa-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"
    if destination.exists():
        raise HomeUnusable(f"{destination}: is there already; name a new file")
    if not (home / ARTICLES).exists():
        raise HomeUnusable(f"{home}: holds no articles")
    if not destination.parent.is_dir():
        raise HomeUnusable(f"{destination.parent}: no such folder; name one that is there")
    partial = destination.with_name(f".{destination.name}.partial")
    with _failing(destination), TemporaryDirectory(dir=destination.parent) as temporary:
        folder = Path(temporary)
        try:
            if index := Generations(home).current():
                _copy(index / PASSAGES, folder / PASSAGES)
                shutil.copyfile(index / MANIFEST, folder / MANIFEST)
            # After the passages: an article that comes meanwhile is taken in after restoring.
            _copy(home / ARTICLES, folder / ARTICLES)
            with partial.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    for path in sorted(folder.iterdir()):
                        archive.write(path, path.name)
                file.flush()
                os.fsync(file.fileno())
            with zipfile.ZipFile(partial) as archive:
                if broken := archive.testzip():
                    raise HomeUnusable(f"{destination}: {broken} is not as it was written")
            partial.rename(destination)
        finally:
            partial.unlink(missing_ok=True)
    return destination


def restore(source: Path, home: Path, *, force: bool = False) -> int:
    """Make a home what it was at a backup; return how many articles it holds.

    Who serves it answers by the new state from the next question on, unless `articles.sqlite` was
    too damaged to be written: then it has to be started again.

    Raises:
        HomeUnusable: the file is no backup or is damaged, or the home holds articles and `force`
            does not say to replace them. Nothing has changed then.
        HomeBusy: another process is writing to the home.
    """
    with _failing(home):
        home.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(home / "writer.lock", timeout=WAIT_SECONDS):
                finish_restore(home)
                if not force and _holds_articles(home):
                    raise HomeUnusable(f"{home}: holds articles; --force replaces them all")
                _prepare(source, home)
                finish_restore(home)
                return len(ArticleStore(home / ARTICLES))
        except Timeout as error:
            raise HomeBusy(f"{home}: another process is writing to it; try again") from error


def restoring(home: Path) -> bool:
    """Say whether a restore was decided and is not finished."""
    return (home / _JOURNAL).exists()


def finish_restore(home: Path) -> None:
    """Go on with a restore that was stopped after it was decided; the writer's lock must be held.

    Doing it again changes nothing, so that it may be stopped any number of times.
    """
    journal, generations = home / _JOURNAL, Generations(home)
    if not restoring(home):
        return
    _replace(home / ARTICLES, journal / ARTICLES)
    link = journal / "current"
    if link.is_symlink():
        generations.adopt(home / "generations" / link.readlink().name)
    else:
        generations.clear()
    # Its name goes first: half of it must not be gone on with.
    away = home / f".{_JOURNAL}"
    shutil.rmtree(away, ignore_errors=True)
    journal.rename(away)
    shutil.rmtree(away)


def _prepare(source: Path, home: Path) -> None:
    """Make ready and decide what `finish_restore` does."""
    making = home / f".{_JOURNAL}"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    try:
        with _failing(source), zipfile.ZipFile(source) as archive:
            names = set(archive.namelist())
            if not {ARTICLES} <= names <= {ARTICLES, PASSAGES, MANIFEST}:
                raise HomeUnusable(f"{source}: is no backup of newsqa")
            for name in names:
                archive.extract(name, making)
            _verify(making / ARTICLES, "articles")
            if PASSAGES in names:
                _verify(making / PASSAGES, "passages")
        if PASSAGES in names:
            index = making / "index"
            index.mkdir()
            for name in (PASSAGES, MANIFEST):
                (making / name).rename(index / name)
            _follow(index)
            folder = home / "generations" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-restored"
            folder.parent.mkdir(exist_ok=True)
            index.rename(folder)
            (making / "current").symlink_to(folder.name)
        making.rename(home / _JOURNAL)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _follow(folder: Path) -> None:
    """Make the words and vectors of an index that has only its passages."""
    try:
        manifest = Manifest.read(folder)
        model = ModelInfo(manifest.model, manifest.fingerprint, manifest.dimension, 0)
        index = LocalIndex(folder, model)
    except IndexUnusable:
        return  # of an earlier version: `newsqa rebuild` is asked for, and takes its vectors over
    index.follow()
    index.close()


def _holds_articles(home: Path) -> bool:
    path = home / ARTICLES
    return path.exists() and len(ArticleStore(path)) > 0


def _copy(source: Path, target: Path) -> None:
    """Copy a file of SQLite as of one moment, and see that the copy is whole."""
    held = SQLiteFile(source, "")
    with closing(sqlite3.connect(target)) as made:
        held.connection().backup(made)
    held.close()
    _verify(target, "sqlite_schema")


def _verify(path: Path, table: str) -> None:
    """Raise HomeUnusable if a file of SQLite is damaged or has no such table."""
    with closing(sqlite3.connect(path)) as opened:
        (said,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise HomeUnusable(f"{path.name}: damaged ({said}); `newsqa status --check` says more")
        opened.execute(f"SELECT 1 FROM {table} LIMIT 1")


def _replace(held: Path, made: Path) -> None:
    """Give a file of SQLite the content of another, in one transaction: who has it open sees it."""
    try:
        with (
            closing(sqlite3.connect(made)) as source,
            closing(sqlite3.connect(held, timeout=60.0)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_DATABASE:
            raise
        for name in (held.name, f"{held.name}-wal", f"{held.name}-shm"):
            held.with_name(name).unlink(missing_ok=True)
        shutil.copyfile(made, held)


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    """Raise what files refuse as what a user can act on, with the path that was named."""
    try:
        yield
    except zipfile.BadZipFile as error:
        raise HomeUnusable(f"{path}: no backup of newsqa, or damaged ({error})") from error
    except (OSError, sqlite3.DatabaseError) as error:
        raise HomeUnusable(f"{path}: {error}; see whether the disk is full or damaged") from error
