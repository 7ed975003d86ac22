"""Articles and generations of their index in a PostgreSQL database, which servers share.

A generation is a schema of its own, and a row that says what it is made of and whether it answers.
What a server keeps of it on its own machine follows its log, and can be deleted.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from filelock import Timeout

from embeddings.encoder import Encoder, ModelInfo
from qa.embedding import Batch, Known, cut
from qa.errors import HomeBusy, IndexUnusable
from qa.following import LocalRetrieval
from qa.generations import Made, now, sign
from qa.index import Manifest, Progress, StoredIndex
from qa.legs import Retrieval
from qa.store import ArticleStore, PassageStore
from qa.store.database import Database
from qa.store.queue import Queue

if TYPE_CHECKING:
    from qa.store.postgres import Server

logger = logging.getLogger(__name__)

CLAIMED = 32
"""Articles that a worker takes at a time: some ten seconds of two cores."""

WAIT_SECONDS = 600.0
"""How long one who has added an article waits for another worker that has taken it."""

_PAUSE_SECONDS = 0.05

_GENERATIONS = "newsqa_index"
_PREFIX = "newsqa_at_"
"""Begins the name of a generation's schema."""

_TABLES = """
CREATE TABLE IF NOT EXISTS generations (
    name TEXT PRIMARY KEY,
    manifest TEXT NOT NULL,               -- as JSON
    state TEXT NOT NULL                   -- building, ready or current: one at most is that
) STRICT;
CREATE TABLE IF NOT EXISTS corpus (       -- one row
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL                      -- by which it is known where others are too
) STRICT;
"""


def identity(server: "Server") -> str:
    """Return what tells the corpus in a database from others, which is made up once."""
    rows = server.schema(_GENERATIONS, _TABLES)
    with rows.transaction() as connection:
        connection.execute(
            "INSERT INTO corpus VALUES (1, ?) ON CONFLICT (number) DO NOTHING", (uuid4().hex[:12],)
        )
        return str(connection.execute("SELECT id FROM corpus").fetchone()[0])


class SharedGenerations:
    """The generations in a database, of which one answers; beside it what a server keeps itself."""

    def __init__(self, home: Path, server: "Server", retrieval: Retrieval | None = None) -> None:
        self._folder = home / "shared"  # beside what the home may hold itself
        self._server = server
        self._retrieval = retrieval or LocalRetrieval(alone=True)

    @cached_property
    def articles(self) -> ArticleStore:
        """The articles."""
        return ArticleStore(self._server.articles())

    @cached_property
    def _rows(self) -> Database:
        return self._server.schema(_GENERATIONS, _TABLES)

    def current(self) -> Path | None:
        """Return the generation that answers, None if there is none yet."""
        names = self._named("current")
        return self._own(names[0]) if names else None

    def made(self) -> Made | None:
        """Return what is known of the current generation."""
        folder = self.current()
        document = folder and self._document(folder.name)
        return Made.parse(document) if document else None

    def manifest(self, folder: Path) -> Manifest:
        """Return what a generation is made of.

        Raises:
            IndexUnusable: it is gone, or of another format.
        """
        if (document := self._document(folder.name)) is None:
            raise IndexUnusable(f"{self._server}: the generation {folder.name} is gone")
        return Manifest.parse(document, f"{self._server}: {folder.name}")

    def open(self, folder: Path, model: ModelInfo) -> "SharedIndex":
        """Return a generation's index.

        Raises:
            IndexUnusable: it is gone, of another format, or made by another model.
        """
        manifest = self.manifest(folder).of(model, f"{self._server}: {folder.name}")
        self._tidy()
        passages = PassageStore(self._server.passages(_schema(folder.name)))
        index = SharedIndex(folder, manifest, passages, self._retrieval, self)
        if folder == self.current():
            self._retrieval.serve(folder.name)
        return index

    def build(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        token_vectors: bool | None = None,
        known: Sequence[Known] = (),
    ) -> "SharedIndex":
        """Make a new generation of all articles beside the old, swap it in and return it.

        Articles that change meanwhile are taken into both. One that was stopped is gone on with.
        Token vectors are kept or not as Generations.build says.
        """
        before = self.current()
        if token_vectors is None:
            made = self.made()
            token_vectors = made is None or made.token_vectors
        folder = self._begun(encoder.model, token_vectors)
        index = self.open(folder, encoder.model)
        own = [self._reusable(name, encoder.model) for name in self._named("current", "ready")]
        index.catch_up(articles, encoder, progress, [*filter(None, own), *known])
        while index.pending(articles) > CLAIMED:
            index.catch_up(articles, encoder, progress)
        with articles.database.transaction():  # nothing comes between the last change and the swap
            index.catch_up(articles, encoder)
            self._adopt(folder.name)
        self._retrieval.serve(folder.name)
        self._keep_only({folder.name, *([before.name] if before else [])})
        return index

    def forget_earlier(self) -> None:
        """Delete every generation but the current one, and one that is being made just now."""
        try:
            with self.building(0):
                self._keep_only({*self._named("current")})
        except Timeout:  # one that begins meanwhile is none of these
            self._delete(self._named("ready"))

    def beside(self, name: str, tables: str, *, make: bool) -> Database | None:
        """Return tables in a schema of their own; None where it is neither there nor made."""
        schema = f"newsqa_{name}"
        there = make or schema in self._server.schemas()
        return self._server.schema(schema, tables) if there else None

    def changing(
        self,
        seconds: float,  # noqa: ARG002  nobody is waited for
        stop: Callable[[], bool] = lambda: False,  # noqa: ARG002
    ) -> AbstractContextManager[object]:
        """Return what holds nothing: the database orders what workers write."""
        return nullcontext()

    def building(
        self, seconds: float, stop: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[object]:
        """Return the right to make a generation, which one process has at a time.

        Raises:
            filelock.Timeout: others have it for so long, or until `stop` said so.
        """
        return self._server.lock("building", seconds, stop)

    def following(self, name: str) -> AbstractContextManager[object]:
        """Return what is held while a generation's legs follow, for one at a time is to.

        Raises:
            filelock.Timeout: others have it for too long.
        """
        return self._server.lock(f"following {name}", WAIT_SECONDS)

    def there(self, name: str) -> bool:
        """Say whether a generation has not been deleted."""
        return self._document(name) is not None

    def keep(self, name: str, manifest: Manifest) -> None:
        """Write what a generation is made of by now, unless it was deleted meanwhile."""
        with self._rows.transaction() as connection:
            connection.execute(
                "UPDATE generations SET manifest = ? WHERE name = ?", (manifest.dump(), name)
            )

    def _begun(self, model: ModelInfo, token_vectors: bool) -> Path:
        """Return a generation that is being made for this model, begun if there is none."""
        for name in self._named("building"):
            with suppress(IndexUnusable):
                made = self.manifest(self._own(name)).of(model, name)
                if made.token_vectors == token_vectors:
                    return self._own(name)
        self._keep_only({*self._named("current", "ready")})
        name = f"{now()}-{sign(model.fingerprint)}"
        with self._rows.transaction() as connection:
            connection.execute(
                "INSERT INTO generations VALUES (?, ?, 'building')",
                (name, Manifest.begun(model, token_vectors).dump()),
            )
        return self._own(name)

    def _adopt(self, name: str) -> None:
        with self._rows.transaction() as connection:
            connection.execute("UPDATE generations SET state = 'ready' WHERE state = 'current'")
            connection.execute("UPDATE generations SET state = 'current' WHERE name = ?", (name,))

    def _keep_only(self, names: set[str]) -> None:
        """Delete the others: first the row, by which they are found, last what each server has."""
        self._delete(
            [name for name in self._named("building", "ready", "current") if name not in names]
        )
        kept = {_schema(name) for name in names}
        for schema in self._server.schemas():
            if schema.startswith(_PREFIX) and schema not in kept:
                self._drop(schema)
        self._retrieval.keep_only(names)
        self._tidy()

    def _delete(self, gone: Sequence[str]) -> None:
        with self._rows.transaction() as connection:
            connection.executemany(
                "DELETE FROM generations WHERE name = ?", [(name,) for name in gone]
            )
        for name in gone:
            self._drop(_schema(name))
        self._tidy()

    def _drop(self, schema: str) -> None:
        try:
            self._server.drop(schema)
        except HomeBusy as error:  # nobody finds it any more, and the next to delete any does it
            logger.warning("%s; %s is deleted later", error, schema)

    def _tidy(self) -> None:
        """Delete what this machine has of generations that are gone."""
        paths = [*self._folder.glob("*")]  # before: one that begins has its row first
        names = self._named("building", "ready", "current")
        for path in paths:
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)

    def _reusable(self, name: str, model: ModelInfo) -> PassageStore | None:
        document = self._document(name)
        made = Made.parse(document) if document else None
        if made is None or made.fingerprint != model.fingerprint:
            return None
        return PassageStore(self._server.passages(_schema(name)))

    def _document(self, name: str) -> str | None:
        row = self._rows.connection().execute(
            "SELECT manifest FROM generations WHERE name = ?", (name,)
        )
        found = row.fetchone()
        return None if found is None else str(found[0])

    def _named(self, *states: str) -> list[str]:
        rows = self._rows.connection().execute("SELECT name, state FROM generations ORDER BY name")
        return [name for name, state in rows if state in states]

    def _own(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class SharedIndex(StoredIndex):
    """A generation in the database; any number of workers take articles into it."""

    shared = True

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        store: PassageStore,
        retrieval: Retrieval,
        generations: SharedGenerations,
    ) -> None:
        """Open it, and have what is kept on this machine follow."""
        super().__init__(folder.name, folder, manifest, store, retrieval)
        self._refreshing = threading.Lock()
        self._generations = generations
        if self._legs.behind:
            self.follow()

    @property
    def there(self) -> bool:
        """Whether the generation has not been deleted meanwhile."""
        return self._generations.there(self.folder.name)

    def _keep(self, manifest: Manifest) -> None:
        self._generations.keep(self.folder.name, manifest)

    def follow(self) -> None:
        """Bring legs and manifest up to the log of the passages."""
        with self._generations.following(self.folder.name):
            super().follow()

    def refresh(self) -> None:
        """Have the legs follow, one thread of a process at a time: each takes a connection."""
        with self._refreshing:
            if self._legs.behind:
                self.follow()

    def pending(self, articles: ArticleStore) -> int:
        """Return how many changed articles this generation has not taken in yet."""
        return Queue(articles, self._store).pending()

    def behind(self, articles: ArticleStore) -> int:  # noqa: ARG002  questions wait for no worker
        """Return 1 if the legs lag behind the passages; articles in the queue are the workers'."""
        return int(self._legs.behind)

    def catch_up(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        reuse: Sequence[Known] = (),
    ) -> None:
        """Take in every change there is by now, beside other workers, and wait for theirs.

        Raises:
            HomeBusy: another has had some of them for too long.
        """
        until = articles.last_change
        queue = Queue(articles, self._store)
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            if taken := self._worked(queue, encoder, reuse):
                progress(taken)
                deadline = time.monotonic() + WAIT_SECONDS
            elif not queue.pending_until(until):
                break
            elif time.monotonic() > deadline:
                raise HomeBusy(
                    "another worker has had an article for ten minutes; see whether it hangs:"
                    " once it is stopped, others take what it had"
                )
            else:
                time.sleep(_PAUSE_SECONDS)
        self.follow()

    def work(
        self,
        articles: ArticleStore,
        encoder: Encoder,
    ) -> int:
        """Take in some of what nobody else is at, and return how many articles that were."""
        taken = self._worked(Queue(articles, self._store), encoder, ())
        if taken or self._legs.behind:
            self.follow()
        return taken

    def _worked(self, queue: Queue, encoder: Encoder, reuse: Sequence[Known]) -> int:
        with queue.claim(CLAIMED) as claimed:
            if not claimed.changes:
                return 0
            batch = Batch(encoder, [self._store, *reuse], self._manifest.token_vectors)
            for change, passages in cut(claimed.changes, encoder):
                batch.add(change, passages)
            for piece in batch.pieces():
                batch.encode(piece)
            claimed.take(batch.embedded())
            return len(claimed.changes)


def _schema(name: str) -> str:
    """Return the schema of a generation.

    >>> _schema("20260731T235959000000Z-1a2b3c4d")
    'newsqa_at_20260731t235959000000z_1a2b3c4d'
    """
    return _PREFIX + name.lower().replace("-", "_")
