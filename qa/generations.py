"""A home's articles -> the generation of their index that answers, made beside the one before."""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from embeddings.encoder import Encoder, ModelInfo
from qa.errors import HomeUnusable, IndexUnusable
from qa.index import LocalIndex, Progress
from qa.store import ArticleStore, PassageStore


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
            fields: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
            return cls(
                str(fields["model"]), str(fields["fingerprint"]), bool(fields["token_vectors"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Generations:
    """The generations of a home; `current` is the one that answers, swapped by a rename."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "generations"
        self._current = home / "current"

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
    ) -> LocalIndex:
        """Make a new generation of all articles beside the old, swap it in and return it.

        It keeps `token_vectors` or does not; None: as the old one does, and the first does. Until
        the swap readers keep the old one, and after it until they are done: it is deleted by the
        build after this. What a build has encoded that was stopped is taken over.
        """
        building = self._folder / ".building"
        left = self._left(encoder.model)
        if token_vectors is None:
            made = self.made()
            token_vectors = made is None or made.token_vectors
        index = LocalIndex.create(building, encoder.model, token_vectors)
        known = (_reusable(folder, encoder.model) for folder in self.all())
        reusable = [*(one for one in known if one is not None), *left]
        index.catch_up(articles, encoder, progress, reusable)
        for one in reusable:
            one.close()
        folder = self._folder / f"{_now()}-{_sign(encoder.model.fingerprint)}"
        index.close()
        building.rename(folder)
        index = LocalIndex(folder, encoder.model)  # before anybody asks for it
        self.adopt(folder)
        return index

    def _left(self, model: ModelInfo) -> list[PassageStore]:
        """Return the passages of builds that were stopped, put aside for the next one.

        Of several the furthest has what the others have taken in, for each took over what was left
        before it; but not what they kept ahead.
        """
        building = self._folder / ".building"
        if building.exists():
            building.rename(self._folder / f".left-{_now()}")
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
        self._keep_only(before, folder)

    def clear(self) -> None:
        """Delete every generation: the next question makes the first anew."""
        self._current.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def forget_earlier(self) -> None:
        """Delete every generation but the current one, with what was removed from that since."""
        self._keep_only(self.current())

    def _keep_only(self, *kept: Path | None) -> None:
        for path in self._folder.iterdir():
            if path not in kept:
                # Renamed, for what is merged there in a thread would write more into it meanwhile.
                away = self._folder / f".going-{_now()}"
                path.rename(away)
                shutil.rmtree(away)

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
    if made is None and not folder.name.endswith(_sign(model.fingerprint)):
        return None
    try:
        passages = PassageStore(folder / "passages.sqlite", as_is=True)
        return passages if passages.intact() else None
    except (HomeUnusable, IndexUnusable):
        # It is being replaced because it is unusable: nothing to reuse.
        return None


def _now() -> str:
    """Return the time as it stands in a name, to the microsecond.

    A name that comes again would hide the swap from who holds the old.
    """
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def _sign(fingerprint: str) -> str:
    """Return what the name of a generation says of its model."""
    return sha256(fingerprint.encode()).hexdigest()[:8]
