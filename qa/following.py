"""The log of a generation's passages -> words and vectors that follow it, on disk and in memory.

Each remembers how far it has read, so whoever was stopped reads on; what is damaged is made anew.
"""

import logging
import shutil
import tempfile
import threading
import weakref
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from embeddings.vectors import MERGE_AT_MOST, Ids, Kind, Truth, VectorIndex, Vectors
from qa.errors import IndexUnusable, NewsqaError
from qa.legs import Allowed, Keys
from qa.lexical import Concept, WordIndex, words
from qa.segmenter import cut_in_bulk
from qa.store import PassageStore
from qa.types import Filters, Ranked, Ranking

logger = logging.getLogger(__name__)

SAVE_AT_LEAST = 1_000
"""Vectors are written out once so many changes, and a tenth of them or MERGE_AT_MOST, have come
since the last time; opening reads the rest from the passages."""

ASIDE = 20_000
"""Of so many vectors and more the index is merged and written in a thread, while what was there
before answers: of a million it takes a second, or 40 to make it anew. Changes that are more are not
taken in one by one: the vectors are read anew, a block at a time."""

WRITING = "vectors.lock"
"""Held in a generation while a file of vectors is written: by a thread that outlives the call."""

FOLLOWED = 100_000
"""Changes that the words take in at a time: so much is done again if they are stopped."""

IN_BULK = 300
"""Passages that are cut into words in Rust: 0.1 s instead of 0.25, once 0.1 s is spent on that."""


class LocalRetrieval:
    """Legs in the folders of their generations, with which they come and go.

    `alone`: each server has folders of its own, beside passages that all share, so that questions
    have the words follow and not only who writes.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self._alone = alone

    def open(
        self,
        name: str,  # noqa: ARG002  of an engine's own
        folder: Path,
        store: PassageStore,
        dimension: int,
        fingerprint: str,  # noqa: ARG002
    ) -> "LocalLegs":
        """Return the legs in this folder."""
        return LocalLegs(folder, store, dimension, alone=self._alone)

    def serve(self, name: str) -> None:
        """Do nothing: what answers is told by the home."""

    def keep_only(self, names: Collection[str]) -> None:
        """Do nothing: they go with their folders."""


class LocalLegs:
    """Both legs in a folder on this machine: `vectors-N.faiss` and `words/`."""

    def __init__(
        self, folder: Path, store: PassageStore, dimension: int, *, alone: bool = False
    ) -> None:
        """Open them.

        Raises:
            IndexUnusable: they have taken in more changes than the passages know of.
        """
        self._allowed = Allowed(store)
        self._vectors = FollowingVectors(folder, store, dimension)
        self._words = FollowingWords(folder / "words", store, alone=alone)
        if max(self._vectors.cursor, self._words.cursor) > store.cursor:
            raise IndexUnusable(
                f"{folder}: its passages are older than what was made from them; `newsqa rebuild`"
                " makes the index anew from the articles"
            )
        self._words.fresh()

    @property
    def cursor(self) -> int:
        """The last change of the passages that both have taken in."""
        return min(self._vectors.cursor, self._words.cursor)

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        return self._vectors.kind

    @property
    def behind(self) -> bool:
        """Whether files on disk lag behind the passages, or are damaged."""
        return self._words.behind or self._vectors.damaged

    def ready(self) -> None:
        """Do nothing: it is."""

    def state(self) -> tuple[int, int]:
        """Return the last change that a question finds by its meaning, and how many passages."""
        view = self._vectors.fresh()
        return view.cursor, len(view.vectors)

    def dense(self, vector: Vectors, depth: int, filters: Filters, among: Keys) -> Ranking:
        """Rank by cosine, whatever the filters: exactly, or of many vectors nearly so."""
        allowed = self._allowed(filters, among)
        ids = None if allowed is None else np.asarray(allowed, np.int64)
        found = self._vectors.fresh().vectors.search(vector, depth, ids)
        return tuple(Ranked(key, score) for key, score in found)

    def lexical(
        self, concepts: Sequence[Concept], depth: int, filters: Filters, among: Keys
    ) -> Ranking:
        """Rank by BM25."""
        return self._words.fresh().rank(concepts, depth, self._allowed(filters, among))

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        return self._words.fresh().weights(concepts)

    def follow(self) -> None:
        """Bring words and vectors up to the log of the passages; one writer at a time."""
        self._words.follow()
        self._vectors.follow()

    def settle(self) -> None:
        """Finish what writes to files."""
        self._words.settle()
        self._vectors.settle()


@dataclass(frozen=True, slots=True)
class View:
    """The vectors as of one change of the passages, and of which the mass of them is."""

    cursor: int
    vectors: VectorIndex
    sealed: int


class FollowingVectors:
    """The vectors of a generation: a view of them, and `vectors-N.faiss`, as of change N."""

    def __init__(self, folder: Path, store: PassageStore, dimension: int) -> None:
        """Take the newest file in `folder` that can be read, and what came since from `store`."""
        self._folder = folder
        self._store = store
        self._dimension = dimension
        self._truth: Truth = self._vectors
        self._refreshing = threading.Lock()
        self._sealing: threading.Thread | None = None
        self._unsealed = 0  # the change as of which that failed
        self._damaged: list[Path] = []
        self._view = self._load()

    @property
    def cursor(self) -> int:
        """The last change that has been taken in."""
        return self._view.cursor

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        return self._view.vectors.kind

    @property
    def damaged(self) -> bool:
        """Whether a file is to be cleared away, because it cannot be read."""
        return bool(self._damaged)

    def fresh(self) -> View:
        """Return a view of everything committed so far, by this process or another."""
        view = self._current()
        if view.vectors.due:
            self._seal_aside(view, save=False)
        return view

    def follow(self) -> VectorIndex:
        """Take in what came, write a file if much did, and return the vectors; one at a time."""
        self._clear_away()
        if self._store.cursor - self._view.cursor > ASIDE:
            self._view = self._anew()
        view = self._current()
        saved = self._saved()
        since = view.cursor - (saved[-1][0] if saved else 0)
        most = max(SAVE_AT_LEAST, min(len(view.vectors) // 10, MERGE_AT_MOST))
        if since >= most or view.vectors.due:
            if len(view.vectors) < ASIDE:
                self._seal(view, save=True)
            else:
                self._seal_aside(view, save=True)
        return view.vectors

    def settle(self) -> None:
        """Wait until nothing is being merged or written any more."""
        if sealing := self._sealing:
            sealing.join()

    def _vectors(self, keys: Ids) -> tuple[Ids, Vectors]:
        """Return what is there under these keys: the truth that an index is made from."""
        found, vectors = self._store.vectors(keys.tolist())
        return np.array(found, np.int64), vectors.reshape(-1, self._dimension)

    def _clear_away(self) -> None:
        """Delete what is damaged, and parts of files that a writer was stopped in."""
        try:
            with self._lock():
                left = [*self._damaged, *self._folder.glob(".vectors-*")]
                for path in left:
                    path.unlink(missing_ok=True)
                self._damaged.clear()
        except Timeout:  # one is being written just now
            pass

    def _lock(self) -> FileLock:
        """Return what is held while a file is written, ready to be taken if nobody has it."""
        return FileLock(self._folder / WRITING, timeout=0)

    def _saved(self) -> list[tuple[int, Path]]:
        """Return the vector files with the change each was written at, oldest first."""
        return sorted(
            (int(path.stem.removeprefix("vectors-")), path)
            for path in self._folder.glob("vectors-*.faiss")
        )

    def _load(self) -> View:
        view = self._newest_saved(0)
        if self._store.cursor - (view.cursor if view else 0) > ASIDE:
            return self._anew()
        return self._advanced(view or View(0, VectorIndex.empty(self._dimension, self._truth), 0))

    def _newest_saved(self, after: int) -> View | None:
        """Return the newest vectors on disk that can be read, of later than a change."""
        for cursor, path in reversed(self._saved()):
            if cursor <= after:
                break
            try:
                return View(cursor, VectorIndex.load(path, self._truth), cursor)
            except (OSError, ValueError) as error:
                if not path.exists():  # a writer has written the one after the next
                    continue
                logger.warning("%s; its vectors are read from the passages instead", error)
                if not self._store.read_only and path not in self._damaged:
                    self._damaged.append(path)
        return None

    def _anew(self) -> View:
        # What comes meanwhile is there already when its change is taken in.
        cursor = self._store.cursor
        return View(cursor, VectorIndex.of(self._store.keys(), self._truth, self._dimension), 0)

    def _current(self) -> View:
        if self._store.cursor > self._view.cursor:
            with self._refreshing:
                self._view = self._advanced(self._view)
        return self._view

    def _advanced(self, view: View) -> View:
        cursor = self._store.cursor
        if cursor - view.cursor > MERGE_AT_MOST:
            view = self._newest_saved(view.cursor) or view
        if cursor <= view.cursor:
            return view
        came, went = self._store.changed(view.cursor, cursor)
        vectors = view.vectors.updated(
            *self._truth(np.array(came, np.int64)), np.array(went, np.int64)
        )
        return replace(view, cursor=cursor, vectors=vectors)

    def _seal_aside(self, view: View, *, save: bool) -> None:
        """Merge the vectors in a thread, unless one is at it; it may outlive who began it."""
        if self._sealing and self._sealing.is_alive():
            return
        if view.cursor - self._unsealed < SAVE_AT_LEAST and self._unsealed:
            return
        # No daemon: a command that adds an article ends when what it began is written.
        self._sealing = threading.Thread(target=self._try_to_seal, args=(view, save))
        self._sealing.start()

    def _try_to_seal(self, view: View, save: bool) -> None:
        try:
            self._seal(view, save=save)
            self._unsealed = 0
        except (NewsqaError, OSError) as error:
            self._unsealed = view.cursor
            logger.warning("%s: its vectors are not merged: %s", self._folder, error)
        finally:
            self._store.close()  # this thread's connection

    def _seal(self, view: View, *, save: bool) -> None:
        """Merge the vectors, or take those that another has merged; `save` writes them as well."""
        if not save:
            made = self._newest_saved(view.sealed) or _merged(view)
        else:
            try:
                with self._lock():
                    made = _merged(view)
                    made.vectors.save(self._folder / f"vectors-{made.cursor}.faiss")
                    # The one before stays: a reader may be about to open it.
                    for _, path in self._saved()[:-2]:
                        path.unlink(missing_ok=True)
            except Timeout:  # another process writes what it has merged: that is taken when done
                return
        with self._refreshing:
            self._view = self._advanced(made)


def _merged(view: View) -> View:
    return View(view.cursor, view.vectors.merged(), view.cursor)


class FollowingWords:
    """The words of a generation: those on disk, which follow where passages are written.

    They are this object's own, in a temporary folder, where those are damaged, until a writer mends
    them, or cannot be locked, as tantivy does to read them.
    """

    def __init__(self, folder: Path, store: PassageStore, *, alone: bool = False) -> None:
        """Open them; `alone`, nobody follows here but who asks."""
        self._folder = folder
        self._store = store
        self._alone = alone
        self._following = threading.Lock()
        self._damaged = False
        self._words, self._own = self._opened()

    @property
    def cursor(self) -> int:
        """The last change that has been taken in."""
        return self._words.cursor

    @property
    def behind(self) -> bool:
        """Whether those on disk lag behind the passages, or are damaged."""
        return self.cursor < self._store.cursor or self._damaged

    def fresh(self) -> WordIndex:
        """Return the words; those on disk follow when the articles are written, or `alone`."""
        if (self._own or self._alone) and self.cursor < self._store.cursor:
            self._follow()
        return self._words

    def follow(self) -> None:
        """Take in what came, and put what was made anew in the place of what is damaged."""
        self._follow()
        if self._damaged:
            self._mend()

    def settle(self) -> None:
        """Wait until nothing is at work in the folder any more."""
        self._words.settle()

    def _follow(self) -> None:
        with self._following:
            while (cursor := self.cursor) < (newest := self._store.cursor):
                until = min(cursor + FOLLOWED, newest)
                came, went = self._store.changed(cursor, until)
                if len(came) > IN_BULK:
                    cut_in_bulk()
                entries = ((key, words(text)) for key, text in self._store.texts(came))
                self._words.apply(entries, went, until)

    def _mend(self) -> None:
        made, away = self._folder.with_name(".words"), self._folder.with_name(".words.damaged")
        for path in (made, away):
            shutil.rmtree(path, ignore_errors=True)
        self._words.settle()
        shutil.copytree(self._words.folder, made)
        if self._folder.exists():
            self._folder.rename(away)
        made.rename(self._folder)
        self._words, self._own = WordIndex(self._folder), False
        shutil.rmtree(away, ignore_errors=True)
        self._damaged = False

    def _opened(self) -> tuple[WordIndex, bool]:
        try:
            if self._store.read_only:
                return WordIndex(shutil.copytree(self._folder, self._temporary() / "words")), True
            kept = WordIndex(self._folder)
            if self._accounts_for(kept):
                return kept, False
            raise ValueError(f"{self._folder}: not as many passages as in passages.sqlite")
        except (OSError, ValueError, shutil.Error) as error:
            logger.warning("%s; its words are read from the passages instead", error)
            self._damaged = not self._store.read_only
            return WordIndex(self._temporary()), True

    def _accounts_for(self, kept: WordIndex) -> bool:
        """Say whether there are as many words' passages as passages, unless they lag behind."""
        cursor = kept.cursor
        same = len(kept) == len(self._store)
        return same or cursor != self._store.cursor

    def _temporary(self) -> Path:
        """Return a folder that is there as long as this object."""
        folder = Path(tempfile.mkdtemp(prefix="newsqa-words-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder
