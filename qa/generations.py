"""A home's articles -> the generation of their index that answers, made beside the one before."""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, Self

from filelock import FileLock

from embeddings.encoder import Encoder, ModelInfo
from qa.embedding import Known
from qa.errors import HomeUnusable, IndexUnusable
from qa.following import LocalRetrieval
from qa.index import LocalIndex, Manifest, Progress, StoredIndex
from qa.legs import Retrieval
from qa.store import ArticleStore, PassageStore
from qa.store.database import Database
from qa.store.sqlite import SQLiteFile


@dataclass(frozen=True, slots=True)
class Made:
    """By which model a generation was made and whether it has token vectors, whatever its format.

    Attributes:
        fingerprint: the model's.
    """

    model: str
    fingerprint: str
    token_vectors: bool

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return what the manifest in `folder` says; None if it cannot be read."""
        try:
            return cls.parse((folder / "manifest.json").read_bytes())
        except OSError:
            return None

    @classmethod
    def parse(cls, document: str | bytes) -> Self | None:
        """Return what a manifest says that is written as JSON; None if it is damaged."""
        try:
            fields: dict[str, Any] = json.loads(document)
            return cls(
                str(fields["model"]), str(fields["fingerprint"]), bool(fields["token_vectors"])
            )
        except (ValueError, KeyError, TypeError):
            return None


class Kept(Protocol):
    """Where the articles of a corpus and the generations of their index are kept.

    A generation is named by a folder, in which is what it keeps on this machine.
    """

    @property
    def articles(self) -> ArticleStore:
        """The articles."""
        ...

    def current(self) -> Path | None:
        """Return the generation that answers, None if there is none yet."""
        ...

    def made(self) -> Made | None:
        """Return what is known of the current generation, or else of another."""
        ...

    def manifest(self, folder: Path) -> Manifest:
        """Return what a generation is made of.

        Raises:
            IndexUnusable: that cannot be read.
        """
        ...

    def open(self, folder: Path, model: ModelInfo) -> StoredIndex:
        """Return a generation's index.

        Raises:
            IndexUnusable: it is damaged, of another format, or made by another model.
        """
        ...

    def build(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        token_vectors: bool | None = None,
        known: Sequence[Known] = (),
    ) -> StoredIndex:
        """Make a new generation of all articles beside the old, swap it in and return it."""
        ...

    def forget_earlier(self) -> None:
        """Delete every generation but the current one, with what was removed from that since."""
        ...

    def beside(self, name: str, tables: str, *, make: bool) -> Database | None:
        """Return tables that are kept beside the articles, made where `make` says so.

        None where they are not there.
        """
        ...

    def changing(
        self, seconds: float, stop: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[object]:
        """Return what is held while articles change.

        Raises:
            filelock.Timeout: others hold it for so long, or until `stop` said so.
        """
        ...

    def building(
        self, seconds: float, stop: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[object]:
        """Return what is held while a generation is made; raises like `changing`."""
        ...


class Generations:
    """The generations of a home; `current` is the one that answers, swapped by a rename."""

    def __init__(self, home: Path, retrieval: Retrieval | None = None) -> None:
        self.home = home
        self._folder = home / "generations"
        self._current = home / "current"
        self._lock = FileLock(home / "writer.lock")
        self._retrieval = retrieval or LocalRetrieval()

    @cached_property
    def articles(self) -> ArticleStore:
        """The articles, in a file that is made if it is not there."""
        return ArticleStore(self.home / "articles.sqlite")

    def open(self, folder: Path, model: ModelInfo) -> LocalIndex:
        """Return a generation's index.

        Raises:
            IndexUnusable: it is damaged, of another format, or made by another model.
        """
        index = LocalIndex(folder, model, self._retrieval)
        if folder == self.current():
            self._retrieval.serve(folder.name)
        return index

    def manifest(self, folder: Path) -> Manifest:
        """Return what a generation is made of.

        Raises:
            IndexUnusable: that cannot be read.
        """
        return Manifest.read(folder)

    def beside(self, name: str, tables: str, *, make: bool) -> Database | None:
        """Return the tables in a file of their own; None where it is neither there nor made."""
        path = self.home / f"{name}.sqlite"
        return SQLiteFile(path, tables) if make or path.exists() else None

    def changing(
        self, seconds: float, stop: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[object]:
        """Return the home's lock, which has one holder at a time.

        Raises:
            filelock.Timeout: others hold it for so long, or until `stop` said so.
        """
        return self._lock.acquire(timeout=seconds, cancel_check=stop)

    building = changing

    def current(self) -> Path | None:
        """Return the folder of the generation that answers, None if there is none yet.

        That is the newest if the link to it is lost.
        """
        try:
            folder = self._folder / self._current.readlink().name
        except OSError:  # there is none, or no link
            return max(self.all(), default=None)
        return folder if folder.exists() else max(self.all(), default=folder)

    def all(self) -> list[Path]:
        """Return the folders of all generations, oldest first."""
        return sorted(self._folder.glob("[!.]*"))

    def made(self) -> Made | None:
        """Return what is known of the current generation, or else of another."""
        current = self.current()
        folders = [*([current] if current else []), *reversed(self.all())]
        return next(filter(None, map(Made.read, folders)), None)

    def build(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        token_vectors: bool | None = None,
        known: Sequence[Known] = (),
    ) -> LocalIndex:
        """Make a new generation of all articles beside the old, swap it in and return it.

        What is `known` is not encoded, nor what other generations of this model know. It keeps
        `token_vectors` or does not; None: as the old one does, and the first does. Until the swap
        readers keep the old one, and after it until they are done: it is deleted by the
        build after this. What a build has encoded that was stopped is taken over.
        """
        name = f"{now()}-{sign(encoder.model.fingerprint)}"
        building = self._folder / ".building"
        left = self._left(encoder.model)
        if token_vectors is None:
            made = self.made()
            token_vectors = made is None or made.token_vectors
        index = LocalIndex.create(building, encoder.model, token_vectors, self._retrieval, name)
        before = (_reusable(folder, encoder.model) for folder in self.all())
        reusable = [*(one for one in before if one is not None), *left]
        index.catch_up(articles, encoder, progress, [*reusable, *known])
        for one in reusable:
            one.close()
        folder = self._folder / name
        index.close()
        building.rename(folder)
        index = self.open(folder, encoder.model)  # before anybody asks for it
        self.adopt(folder)
        return index

    def _left(self, model: ModelInfo) -> list[PassageStore]:
        """Return the passages of builds that were stopped, put aside for the next one.

        Of several the furthest has what the others have taken in, for each took over what was left
        before it; but not what they kept ahead.
        """
        building = self._folder / ".building"
        if building.exists():
            building.rename(self._folder / f".left-{now()}")
        kept: list[PassageStore] = []
        left = {path: _reusable(path, model) for path in self._folder.glob(".left-*")}
        came = {path: -1 if one is None else one.article_seq for path, one in left.items()}
        for path, one in left.items():
            if one is not None and (came[path] == max(came.values()) or one.ahead):
                kept.append(one)
            else:
                shutil.rmtree(path)
        return kept

    def adopt(self, folder: Path) -> None:
        """Let the generation in `folder`, which is one of the home's, answer from now on."""
        before = self.current()
        self._swap(folder)
        self._retrieval.serve(folder.name)
        self._keep_only(before, folder)

    def clear(self) -> None:
        """Delete every generation: the next question makes the first anew."""
        self._current.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._retrieval.keep_only(())

    def forget_earlier(self) -> None:
        """Delete every generation but the current one, with what was removed from that since."""
        self._keep_only(self.current())

    def _keep_only(self, *kept: Path | None) -> None:
        for path in self._folder.iterdir():
            if path not in kept:
                # Renamed, for what is merged there in a thread would write more into it meanwhile.
                away = self._folder / f".going-{now()}"
                path.rename(away)
                shutil.rmtree(away)
        self._retrieval.keep_only([path.name for path in kept if path])

    def _swap(self, folder: Path) -> None:
        partial = self._current.with_name(f".current.{os.getpid()}")
        partial.unlink(missing_ok=True)
        partial.symlink_to(Path(self._folder.name, folder.name))
        partial.replace(self._current)


def _reusable(folder: Path, model: ModelInfo) -> PassageStore | None:
    """Return the passages of the generation in `folder` if their vectors are this model's.

    It may be of an earlier format, and may have lost its manifest.
    """
    made = Made.read(folder)
    if made and made.fingerprint != model.fingerprint:
        return None
    if made is None and not folder.name.endswith(sign(model.fingerprint)):
        return None
    try:
        passages = PassageStore(folder / "passages.sqlite", as_is=True)
        return passages if passages.intact() else None
    except (HomeUnusable, IndexUnusable):
        # It is being replaced because it is unusable: nothing to reuse.
        return None


def now() -> str:
    """Return the time as it stands in a name, to the microsecond.

    A name that comes again would hide the swap from who holds the old.
    """
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def sign(fingerprint: str) -> str:
    """Return what the name of a generation says of its model."""
    return sha256(fingerprint.encode()).hexdigest()[:8]
