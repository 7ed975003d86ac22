"""Articles to rankings: what an index must be, and the one that lives in a folder on this machine.

A generation is a folder made with one model: `manifest.json`, `passages.sqlite` (its truth:
passages, embeddings, a log of changes), and `vectors-N.faiss` and `words/`, which follow that log
(qa/following.py).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from embeddings.encoder import Encoder, ModelInfo
from embeddings.vectors import Ids, Kind, Vectors
from qa.embedding import Batch, changes_of, cut
from qa.errors import IndexUnusable
from qa.following import FollowingVectors, FollowingWords
from qa.lexical import Concept
from qa.store import ArticleStore, PassageStore
from qa.types import Facets, Filters, IndexInfo, Passage, Ranked, Ranking

FORMAT = 4
"""Raised when the files of a generation change shape; an older one is then rebuilt, and the vectors
it has are taken over."""

Progress = Callable[[int], object]

_REBUILD = "`newsqa rebuild` makes the index anew from the articles"

ANY = Filters()
"""Lets all through."""

Keys = Sequence[int] | Ids | None
"""Keys of passages, ascending; None stands for all."""

FILTERED = 4
"""Filters whose passages are kept in mind, 8 MB each at a million."""


class Index(Protocol):
    """What answers rankings. Fusing them is done once, above, so every index answers alike."""

    @property
    def info(self) -> IndexInfo:
        """The state that answers now."""
        ...

    def dense(
        self, vector: Vectors, depth: int, filters: Filters = ANY, among: Keys = None
    ) -> Ranking:
        """Rank by cosine to `vector: float32[dim]`, a unit vector.

        `among` limits the ranking to these keys, so that another retriever's finds can be scored.
        """
        ...

    def lexical(
        self,
        concepts: Sequence[Concept],
        depth: int,
        filters: Filters = ANY,
        among: Keys = None,
    ) -> Ranking:
        """Rank by BM25 over the words of the passages."""
        ...

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        ...

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """Return the passages under these keys; one that is gone by now is left out."""
        ...

    def token_vectors(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Return the packed token vectors of these passages (embeddings/late.py).

        Their parts are what stands before the passage's first sentence, then each sentence. A
        passage that is gone, or kept without, is left out.
        """
        ...

    def days(self, keys: Sequence[int]) -> dict[int, date]:
        """Return when the articles of these passages were published, of those that say it."""
        ...

    def copies(self, article_id: str, filters: Filters = ANY) -> tuple[str, ...]:
        """Return the other articles that say the same and that the filters let through, by id."""
        ...

    def earlier(self, article_id: str) -> tuple[str, ...]:
        """Return the copies that are earlier than an article, the earliest first."""
        ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of; `format` and `fingerprint` decide whether it is usable.

    `token_vectors` says whether it keeps those of its passages.
    """

    format: int
    model: str
    fingerprint: str
    dimension: int
    created: str
    token_vectors: bool
    articles: int = 0
    passages: int = 0

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Return the manifest of a generation.

        Raises:
            IndexUnusable: it is absent, damaged, or of another format.
        """
        path = folder / "manifest.json"
        try:
            fields = json.loads(path.read_text("utf-8"))
            if fields["format"] != FORMAT:
                raise IndexUnusable(
                    f"{path}: format {fields['format']}, this version reads {FORMAT}; {_REBUILD}"
                )
            return cls(**fields)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexUnusable(f"{path}: {error}; {_REBUILD}") from error

    def write(self, folder: Path) -> None:
        """Write it by a rename, so that a reader sees the old or the new."""
        partial = folder / ".manifest.json"
        fields = {name: getattr(self, name) for name in self.__slots__}
        partial.write_text(json.dumps(fields, indent=2) + "\n", "utf-8")
        partial.replace(folder / "manifest.json")


class LocalIndex:
    """One generation on disk: passages in SQLite, and what follows them: words, vectors."""

    def __init__(self, folder: Path, model: ModelInfo) -> None:
        """Open the generation in `folder`.

        Raises:
            IndexUnusable: it is damaged, of another format, or made by another model.
        """
        manifest = Manifest.read(folder)
        if manifest.fingerprint != model.fingerprint:
            raise IndexUnusable(
                f"{folder}: made by the model {manifest.model} ({manifest.fingerprint}), not by"
                f" {model.name} ({model.fingerprint}); `newsqa rebuild --model {model.name}`"
                " makes it anew"
            )
        self.folder = folder
        self._manifest = manifest
        if not (folder / "passages.sqlite").exists():
            raise IndexUnusable(f"{folder / 'passages.sqlite'}: missing; {_REBUILD}")
        store = self._store = PassageStore(folder / "passages.sqlite")
        # Both retrievers are asked twice; listing 30,000 passages that are allowed takes 15 ms.
        self._listed = lru_cache(FILTERED)(lambda _cursor, filters: store.allowed(filters))
        self._vectors = FollowingVectors(folder, store, manifest.dimension)
        self._words = FollowingWords(folder / "words", store)
        if max(self._vectors.cursor, self._words.cursor) > store.cursor:
            raise IndexUnusable(
                f"{folder / 'passages.sqlite'}: older than what was made from it; {_REBUILD}"
            )
        self._words.fresh()

    @classmethod
    def create(cls, folder: Path, model: ModelInfo, token_vectors: bool = True) -> "LocalIndex":
        """Begin an empty generation in a new folder, that keeps token vectors or does not."""
        folder.mkdir(parents=True)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        Manifest(
            FORMAT, model.name, model.fingerprint, model.dimension, created, token_vectors
        ).write(folder)
        PassageStore(folder / "passages.sqlite").close()
        return cls(folder, model)

    @property
    def info(self) -> IndexInfo:
        """The generation's name with the number of its last change, its model and its size."""
        view = self._vectors.fresh()
        return IndexInfo(
            generation=f"{self.folder.name}.{view.cursor}",
            model=self._manifest.model,
            articles=self._store.articles(),
            passages=len(view.vectors),
        )

    def dense(
        self, vector: Vectors, depth: int, filters: Filters = ANY, among: Keys = None
    ) -> Ranking:
        """Rank by cosine, whatever the filters: exactly, or of many vectors nearly so."""
        allowed = self._allowed(filters, among)
        ids = None if allowed is None else np.asarray(allowed, np.int64)
        found = self._vectors.fresh().vectors.search(vector, depth, ids)
        return tuple(Ranked(key, score) for key, score in found)

    def lexical(
        self,
        concepts: Sequence[Concept],
        depth: int,
        filters: Filters = ANY,
        among: Keys = None,
    ) -> Ranking:
        """Rank by BM25."""
        return self._words.fresh().rank(concepts, depth, self._allowed(filters, among))

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        return self._words.fresh().weights(concepts)

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """Return the passages under these keys; one that is gone by now is left out."""
        return self._store.passages(keys)

    def token_vectors(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Return the packed token vectors of these passages, none if this index keeps none."""
        return self._store.token_vectors(keys) if self._manifest.token_vectors else {}

    def days(self, keys: Sequence[int]) -> dict[int, date]:
        """Return when the articles of these passages were published, of those that say it."""
        return self._store.days(keys)

    def copies(self, article_id: str, filters: Filters = ANY) -> tuple[str, ...]:
        """Return the other articles that say the same and that the filters let through, by id."""
        return self._store.copies(article_id, filters)

    def earlier(self, article_id: str) -> tuple[str, ...]:
        """Return the copies that are earlier than an article, the earliest first."""
        return self._store.earlier(article_id)

    def facets(self) -> Facets:
        """Return what the filters can be set to."""
        return self._store.facets()

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        return self._vectors.kind

    def newest(self, most: int) -> list[str]:
        """Return the articles that were published last, by id, the newest first."""
        return self._store.newest(most)

    def copied(self, article_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these articles of which there is an earlier copy."""
        return frozenset(id for id in article_ids if self.earlier(id))

    def close(self) -> None:
        """Let go of this thread's connection to the passages, and finish what writes to files."""
        self._words.settle()
        self._vectors.settle()
        self._store.close()

    def behind(self, articles: ArticleStore) -> int:
        """Return how many changed articles this generation has not taken in yet.

        At least one where files on disk lag behind its passages, or are damaged.
        """
        lagging = self._words.behind or self._vectors.damaged
        return max(articles.pending(self._store.article_seq), int(lagging))

    def catch_up(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        reuse: Sequence[PassageStore] = (),
    ) -> None:
        """Take in every change of the articles since the last time; one writer at a time.

        A passage whose text is already known, here or in `reuse` (of generations by the same
        model), keeps its vector. `progress` is told how many articles have just been finished.
        """
        batch = Batch(encoder, [self._store, *reuse], self._manifest.token_vectors)
        for change, passages in cut(changes_of(articles, self._store.article_seq), encoder):
            batch.add(change, passages)
            if batch.full:
                self._take(batch)
                progress(len(batch.changes))
                batch.clear()
        if batch.changes:  # a full disk allows no writing, even of nothing
            self._take(batch)
            progress(len(batch.changes))
        self.follow()

    def _take(self, batch: Batch) -> None:
        """Encode what is not known of a batch, and take it in."""
        pieces = batch.pieces()
        for piece in pieces[:-1]:
            self._store.keep(batch.encode(piece))
        for piece in pieces[-1:]:
            batch.encode(piece)
        self._store.take(batch.changes, batch.embedded())

    def follow(self) -> None:
        """Bring words, vectors and manifest up to the log of the passages; one writer at a time."""
        self._words.follow()
        vectors = self._vectors.follow()
        replace(self._manifest, articles=self._store.articles(), passages=len(vectors)).write(
            self.folder
        )

    def _allowed(self, filters: Filters, among: Keys) -> Keys:
        if not filters:
            return among
        allowed = self._listed(self._store.cursor, filters)
        return allowed if among is None else np.intersect1d(allowed, np.array(among, np.int64))
