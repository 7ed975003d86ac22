"""Articles to rankings: what an index must be, and the one that lives in a folder on this machine.

A generation is made with one model: its truth are the passages (qa/store), their embeddings and a
log of changes, which the legs that rank them follow (qa/legs.py). On this machine it is a folder
with `manifest.json`, `passages.sqlite`, `vectors-N.faiss` and `words/`.
"""

import json
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from embeddings.encoder import Encoder, ModelInfo
from embeddings.vectors import Kind, Vectors
from qa.embedding import Batch, Known, changes_of, cut
from qa.errors import HomeUnusable, IndexUnusable
from qa.following import LocalRetrieval
from qa.legs import ANY, Keys, Retrieval
from qa.lexical import Concept
from qa.store import ArticleStore, PassageStore
from qa.types import Facets, Filters, IndexInfo, Passage, Ranking

__all__ = ["ANY", "FORMAT", "Index", "Keys", "LocalIndex", "Manifest", "Progress", "StoredIndex"]

FORMAT = 4
"""Raised when the files of a generation change shape; an older one is then rebuilt, and the vectors
it has are taken over."""

Progress = Callable[[int], object]

_REBUILD = "`newsqa rebuild` makes the index anew from the articles"


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
    def begun(cls, model: ModelInfo, token_vectors: bool) -> "Manifest":
        """Return the manifest of a generation that begins now."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(FORMAT, model.name, model.fingerprint, model.dimension, created, token_vectors)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Return the manifest of a generation in a folder.

        Raises:
            IndexUnusable: it is absent, damaged, or of another format.
        """
        path = folder / "manifest.json"
        try:
            return cls.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise IndexUnusable(f"{path}: {error}; {_REBUILD}") from error

    @classmethod
    def parse(cls, document: str | bytes, place: str) -> "Manifest":
        """Return the manifest that is written there as JSON.

        Raises:
            IndexUnusable: it is damaged or of another format.
        """
        try:
            fields = json.loads(document)
            if fields["format"] != FORMAT:
                raise IndexUnusable(
                    f"{place}: format {fields['format']}, this version reads {FORMAT}; {_REBUILD}"
                )
            return cls(**fields)
        except (ValueError, KeyError, TypeError) as error:
            raise IndexUnusable(f"{place}: {error}; {_REBUILD}") from error

    def of(self, model: ModelInfo, place: str) -> "Manifest":
        """Return it if the generation was made by this model.

        Raises:
            IndexUnusable: it was made by another.
        """
        if self.fingerprint == model.fingerprint:
            return self
        raise IndexUnusable(
            f"{place}: made by the model {self.model} ({self.fingerprint}), not by"
            f" {model.name} ({model.fingerprint}); `newsqa rebuild --model {model.name}`"
            " makes it anew"
        )

    def dump(self) -> str:
        """Return it as JSON, as `parse` reads it."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, indent=2)

    def write(self, folder: Path) -> None:
        """Write it by a rename, so that a reader sees the old or the new."""
        partial = folder / ".manifest.json"
        partial.write_text(self.dump() + "\n", "utf-8")
        partial.replace(folder / "manifest.json")


class StoredIndex:
    """One generation: passages in a store, and the legs that follow it; an Index.

    Attributes:
        folder: what it keeps on this machine; called by its name, once it is made.
        shared: others take articles in, and questions only have the legs follow.
    """

    shared = False

    def __init__(
        self,
        name: str,
        folder: Path,
        manifest: Manifest,
        store: PassageStore,
        retrieval: Retrieval,
    ) -> None:
        """Open the generation of that name.

        Raises:
            IndexUnusable: the legs are ahead of the passages, or made by another model.
        """
        self.folder = folder
        self._manifest = manifest
        self._store = store
        self._legs = retrieval.open(name, folder, store, manifest.dimension, manifest.fingerprint)

    @property
    @abstractmethod
    def there(self) -> bool:
        """Whether the generation has not been deleted meanwhile."""

    @abstractmethod
    def _keep(self, manifest: Manifest) -> None:
        """Keep how many articles and passages there are now."""

    @property
    def info(self) -> IndexInfo:
        """The generation's name with the number of its last change, its model and its size."""
        cursor, passages = self._legs.state()
        return IndexInfo(
            generation=f"{self.folder.name}.{cursor}",
            model=self._manifest.model,
            articles=self._store.articles(),
            passages=passages,
        )

    @property
    def manifest(self) -> Manifest:
        """What it is made of, as it was when it was opened."""
        return self._manifest

    @property
    def store(self) -> PassageStore:
        """Its passages."""
        return self._store

    def dense(
        self, vector: Vectors, depth: int, filters: Filters = ANY, among: Keys = None
    ) -> Ranking:
        """Rank by cosine."""
        return self._legs.dense(vector, depth, filters, among)

    def lexical(
        self,
        concepts: Sequence[Concept],
        depth: int,
        filters: Filters = ANY,
        among: Keys = None,
    ) -> Ranking:
        """Rank by BM25."""
        return self._legs.lexical(concepts, depth, filters, among)

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        return self._legs.weights(concepts)

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
        return self._legs.kind

    def newest(self, most: int) -> list[str]:
        """Return the articles that were published last, by id, the newest first."""
        return self._store.newest(most)

    def copied(self, article_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these articles of which there is an earlier copy."""
        return frozenset(id for id in article_ids if self.earlier(id))

    def ready(self) -> None:
        """Do nothing if questions can be answered now.

        Raises:
            NewsqaError: they cannot, and why.
        """
        self._legs.ready()

    def close(self) -> None:
        """Let go of this thread's connection to the passages, and finish what writes to files."""
        self._legs.settle()
        self._store.close()

    def pending(self, articles: ArticleStore) -> int:
        """Return how many changed articles this generation has not taken in yet."""
        return articles.pending(self._store.article_seq)

    def behind(self, articles: ArticleStore) -> int:
        """Return how many changes questions wait for: of articles, or one of legs that lag."""
        return max(self.pending(articles), int(self._legs.behind))

    def catch_up(
        self,
        articles: ArticleStore,
        encoder: Encoder,
        progress: Progress = lambda _: None,
        reuse: Sequence[Known] = (),
    ) -> None:
        """Take in every change of the articles since the last time; one writer at a time.

        A passage whose text is already known, here or in `reuse` (embeddings by the same model),
        keeps its vector. `progress` is told how many articles have just been finished.
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

    def refresh(self) -> None:
        """Have the legs follow, if they lag."""
        self.follow()

    def work(self, articles: ArticleStore, encoder: Encoder) -> int:  # noqa: ARG002
        """Take in some of what others have added, and return how many articles that were.

        Raises:
            HomeUnusable: who adds an article here takes it in himself.
        """
        raise HomeUnusable(
            f"{self.folder}: articles are taken in as they are added; workers are for a database"
            " that several servers share (NEWSQA_DATABASE)"
        )

    def _take(self, batch: Batch) -> None:
        """Encode what is not known of a batch, and take it in."""
        pieces = batch.pieces()
        for piece in pieces[:-1]:
            self._store.keep(batch.encode(piece))
        for piece in pieces[-1:]:
            batch.encode(piece)
        self._store.take(batch.changes, batch.embedded())

    def follow(self) -> None:
        """Bring the legs and the manifest up to the log of the passages; one writer at a time."""
        self._legs.follow()
        passages = len(self._store)
        self._keep(replace(self._manifest, articles=self._store.articles(), passages=passages))


class LocalIndex(StoredIndex):
    """A generation in a folder of this machine; its legs may be in an engine all the same."""

    def __init__(
        self,
        folder: Path,
        model: ModelInfo,
        retrieval: Retrieval | None = None,
        name: str = "",
    ) -> None:
        """Open the generation in `folder`, which is called by its name or, being made, will be.

        Raises:
            IndexUnusable: it is damaged, of another format, or made by another model.
        """
        manifest = Manifest.read(folder).of(model, str(folder))
        path = folder / "passages.sqlite"
        if not path.exists():
            raise IndexUnusable(f"{path}: missing; {_REBUILD}")
        super().__init__(
            name or folder.name,
            folder,
            manifest,
            PassageStore(path),
            retrieval or LocalRetrieval(),
        )

    @classmethod
    def create(
        cls,
        folder: Path,
        model: ModelInfo,
        token_vectors: bool = True,
        retrieval: Retrieval | None = None,
        name: str = "",
    ) -> "LocalIndex":
        """Begin an empty generation in a new folder, that keeps token vectors or does not."""
        folder.mkdir(parents=True)
        Manifest.begun(model, token_vectors).write(folder)
        PassageStore(folder / "passages.sqlite").close()
        return cls(folder, model, retrieval, name)

    @property
    def there(self) -> bool:
        """Whether the generation has not been deleted meanwhile."""
        return self.folder.exists()

    def _keep(self, manifest: Manifest) -> None:
        manifest.write(self.folder)
