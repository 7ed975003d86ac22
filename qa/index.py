"""Articles to rankings: what an index must be, and the one that lives in a folder on this machine.

A generation is a folder made with one model: `manifest.json`, `passages.sqlite` (its truth:
passages, embeddings, a log of changes), and `vectors-N.faiss` and `words/`, which follow that log
and remember how far they have read. So a crash between them is repaired by reading on, and what is
damaged of them is read anew.
"""

import json
import logging
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from embeddings.encoder import Encoder, ModelInfo
from embeddings.late import count_parts, pack
from embeddings.vectors import VectorIndex, Vectors
from qa.errors import HomeUnusable, IndexUnusable
from qa.lexical import Concept, WordIndex, words
from qa.passages import embedded_text, split_passages
from qa.store import ArticleStore, Change, Embedding, PassageStore
from qa.types import Article, Facets, Filters, IndexInfo, Passage, Ranked, Ranking

logger = logging.getLogger(__name__)

FORMAT = 3
"""Raised when the files of a generation change shape; an older one is then rebuilt, and the vectors
it has are taken over."""

BATCH = 64
"""Articles taken in at a time: one transaction, one call of the encoder."""

TEXTS = 256
"""Passages whose token vectors are held in full at a time, 0.3 MB each."""

SAVE_AT_LEAST = 1_000
"""Vectors are written out once so many changes, and a tenth of them, have come since the last time;
opening reads the rest from the passages."""

Progress = Callable[[int], object]

_REBUILD = "`newsqa rebuild` makes the index anew from the articles"

ANY = Filters()
"""Lets all through."""

Keys = Sequence[int] | None
"""Keys of passages; None stands for all."""


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


@dataclass(frozen=True, slots=True)
class _View:
    """The vectors as of one change of the passages."""

    cursor: int
    vectors: VectorIndex


class LocalIndex:
    """One generation on disk: exact vectors in FAISS, words in tantivy, passages in SQLite."""

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
        self._refreshing = threading.Lock()
        self._following = threading.Lock()
        self._counting = threading.Lock()
        self._facets: tuple[int, Facets] | None = None
        self._filtered: tuple[tuple[int, Filters], list[int]] | None = None
        self._damaged: list[Path] = []
        if not (folder / "passages.sqlite").exists():
            raise IndexUnusable(f"{folder / 'passages.sqlite'}: missing; {_REBUILD}")
        self._store = PassageStore(folder / "passages.sqlite")
        self._view = self._load()
        self._words, self._own_words = self._open_words()
        if max(self._view.cursor, self._words.cursor) > self._store.cursor:
            raise IndexUnusable(
                f"{folder / 'passages.sqlite'}: older than what was made from it; {_REBUILD}"
            )
        if self._own_words:
            self._follow_words()

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
        view = self._fresh()
        return IndexInfo(
            generation=f"{self.folder.name}.{view.cursor}",
            model=self._manifest.model,
            articles=self._store.articles(),
            passages=len(view.vectors),
        )

    def dense(
        self, vector: Vectors, depth: int, filters: Filters = ANY, among: Keys = None
    ) -> Ranking:
        """Rank by cosine, exactly, whatever the filters."""
        allowed = self._allowed(filters, among)
        ids = None if allowed is None else np.array(allowed, np.int64)
        found = self._fresh().vectors.search(vector, depth, ids)
        return tuple(Ranked(key, score) for key, score in found)

    def lexical(
        self,
        concepts: Sequence[Concept],
        depth: int,
        filters: Filters = ANY,
        among: Keys = None,
    ) -> Ranking:
        """Rank by BM25."""
        return self._fresh_words().rank(concepts, depth, self._allowed(filters, among))

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        return self._fresh_words().weights(concepts)

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
        """Return what the filters can be set to; counted once for each state of the articles."""
        with self._counting:
            cursor = self._store.cursor
            if self._facets is None or self._facets[0] != cursor:
                self._facets = cursor, self._store.facets()
            return self._facets[1]

    def newest(self, most: int) -> list[str]:
        """Return the articles that were published last, by id, the newest first."""
        return self._store.newest(most)

    def copied(self, article_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these articles of which there is an earlier copy."""
        return frozenset(id for id in article_ids if self.earlier(id))

    def close(self) -> None:
        """Let go of this thread's connection to the passages."""
        self._store.close()

    def behind(self, articles: ArticleStore) -> int:
        """Return how many changed articles this generation has not taken in yet.

        At least one where files on disk lag behind its passages, or are damaged.
        """
        lagging = self._words.cursor < self._store.cursor or bool(self._damaged)
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
        known = [self._store, *reuse]
        while changes := articles.changes(self._store.article_seq, BATCH):
            made = _embed(changes, encoder, known, self._manifest.token_vectors)
            self._store.take(changes, made)
            progress(len(changes))
        self.follow()

    def follow(self) -> None:
        """Bring words, vectors and manifest up to the log of the passages; one writer at a time."""
        self._follow_words()
        self._mend()
        view = self._fresh()
        saved = self._saved()
        if view.cursor - (saved[-1][0] if saved else 0) >= max(
            SAVE_AT_LEAST, len(view.vectors) // 10
        ):
            view.vectors.save(self.folder / f"vectors-{view.cursor}.faiss")
            # The one before stays: a reader may be about to open it.
            for _, path in saved[:-1]:
                path.unlink()
        replace(self._manifest, articles=self._store.articles(), passages=len(view.vectors)).write(
            self.folder
        )

    def _follow_words(self) -> None:
        with self._following:
            came, went = self._store.since(self._words.cursor)
            if came or went:
                entries = ((entry.key, words(entry.embedded)) for entry in came)
                self._words.apply(entries, went, self._store.cursor)

    def _mend(self) -> None:
        """Put what was made anew in the place of what is damaged, and clear away what is left.

        That are the parts of files that a writer was stopped in.
        """
        folder = self.folder / "words"
        if folder in self._damaged:
            made, away = self.folder / ".words", self.folder / ".words.damaged"
            for path in (made, away):
                shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(self._words.folder, made)
            if folder.exists():
                folder.rename(away)
            made.rename(folder)
            self._words, self._own_words = WordIndex(folder), False
            shutil.rmtree(away, ignore_errors=True)
            self._damaged.remove(folder)
        for path in (*self._damaged, *self.folder.glob(".vectors-*")):
            path.unlink(missing_ok=True)
        self._damaged.clear()

    def _fresh_words(self) -> WordIndex:
        """Return the words; those on disk follow when the articles are written."""
        if self._own_words and self._words.cursor < self._store.cursor:
            self._follow_words()
        return self._words

    def _open_words(self) -> tuple[WordIndex, bool]:
        """Return the words and whether they are this index's own, not those on disk.

        They are where those are damaged, until a writer mends them, or cannot be locked, as tantivy
        does to read them.
        """
        folder = self.folder / "words"
        try:
            if self._store.read_only:
                return WordIndex(shutil.copytree(folder, self._temporary() / "words")), True
            kept = WordIndex(folder)
            if self._accounts_for(kept):
                return kept, False
            raise ValueError(f"{folder}: not as many passages as in passages.sqlite")
        except (OSError, ValueError, shutil.Error) as error:
            logger.warning("%s; its words are read from the passages instead", error)
            if not self._store.read_only:
                self._damaged.append(folder)
            return WordIndex(self._temporary()), True

    def _accounts_for(self, kept: WordIndex) -> bool:
        """Say whether there are as many words' passages as passages, unless they lag behind."""
        cursor = kept.cursor
        same = len(kept) == len(self._store)
        return same or cursor != self._store.cursor

    def _temporary(self) -> Path:
        """Return a folder that is there as long as this index."""
        folder = Path(tempfile.mkdtemp(prefix="newsqa-words-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _saved(self) -> list[tuple[int, Path]]:
        """Return the vector files with the change each was written at, oldest first."""
        return sorted(
            (int(path.stem.removeprefix("vectors-")), path)
            for path in self.folder.glob("vectors-*.faiss")
        )

    def _load(self) -> _View:
        view = _View(0, VectorIndex.empty(self._manifest.dimension))
        for cursor, path in reversed(self._saved()):
            try:
                view = _View(cursor, VectorIndex.load(path))
                break
            except (OSError, ValueError) as error:
                if not path.exists():  # a writer has written the one after the next
                    continue
                logger.warning("%s; its vectors are read from the passages instead", error)
                if not self._store.read_only:
                    self._damaged.append(path)
        return self._advanced(view)

    def _fresh(self) -> _View:
        """Return a view of everything committed so far, by this process or another."""
        if self._store.cursor > self._view.cursor:
            with self._refreshing:
                self._view = self._advanced(self._view)
        return self._view

    def _advanced(self, view: _View) -> _View:
        cursor = self._store.cursor
        if cursor <= view.cursor:
            return view
        came, went = self._store.since(view.cursor)
        vectors = view.vectors.updated(
            np.array([entry.key for entry in came], np.int64),
            np.array([entry.vector for entry in came], np.float32).reshape(
                -1, self._manifest.dimension
            ),
            np.array(went, np.int64),
        )
        return _View(cursor, vectors)

    def _allowed(self, filters: Filters, among: Keys) -> Keys:
        if not filters:
            return among
        # Both retrievers are asked twice; listing 30,000 passages that are allowed takes 20 ms.
        asked = (self._store.cursor, filters)
        held = self._filtered
        if held is None or held[0] != asked:
            held = self._filtered = (asked, self._store.allowed(filters))
        return held[1] if among is None else sorted(set(held[1]).intersection(among))


def _embed(
    changes: Sequence[Change],
    encoder: Encoder,
    known: Sequence[PassageStore],
    token_vectors: bool,
) -> list[tuple[Article, Passage, Embedding]]:
    """Return the passages of the changed articles, each with its embedding."""
    made = [
        (change.article, passage)
        for change in changes
        if change.article is not None
        for passage in split_passages(
            change.article, encoder.count_tokens, encoder.model.max_tokens
        )
    ]
    parts = [_parts(article, passage) for article, passage in made]
    embeddings: dict[_Parts, Embedding] = {}
    for store in known:
        found = store.embeddings(text for text, _ in parts)
        for text, starts in parts:
            embedding = found.get(text)
            if embedding and not token_vectors:
                embeddings[text, starts] = Embedding(embedding.vector)
            elif embedding and embedding.tokens and count_parts(embedding.tokens) == len(starts):
                embeddings[text, starts] = embedding
    missing = [one for one in dict.fromkeys(parts) if one not in embeddings]
    for start in range(0, len(missing), TEXTS):
        some = missing[start : start + TEXTS]
        encoded = encoder.encode([text for text, _ in some], "passage", tokens=token_vectors)
        for at, (text, starts) in enumerate(some):
            packed = pack(encoded.tokens[at], text, starts) if token_vectors else b""
            embeddings[text, starts] = Embedding(encoded.vectors[at], packed)
    return [
        (article, passage, embeddings[one])
        for (article, passage), one in zip(made, parts, strict=True)
    ]


_Parts = tuple[str, tuple[int, ...]]


def _parts(article: Article, passage: Passage) -> _Parts:
    """Return the embedded text and where its parts begin: what stands in front, each sentence.

    One text has other parts where what is a title here is the first sentence there.
    """
    text = embedded_text(article, passage.text)
    front = len(text) - len(passage.text)
    sentences = article.sentences[passage.first : passage.last + 1]
    return text, (0, *(front + one.start - passage.span.start for one in sentences))


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
        build after this.
        """
        building = self._folder / ".building"
        shutil.rmtree(building, ignore_errors=True)
        if token_vectors is None:
            made = self.made()
            token_vectors = made is None or made.token_vectors
        index = LocalIndex.create(building, encoder.model, token_vectors)
        reusable = [one for folder in self.all() if (one := _reusable(folder, encoder.model))]
        index.catch_up(articles, encoder, progress, reusable)
        for one in reusable:
            one.close()
        # To the microsecond: a name that comes again would hide the swap from who holds the old.
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
        folder = self._folder / f"{now}-{_sign(encoder.model.fingerprint)}"
        index.close()
        building.rename(folder)
        self.adopt(folder)
        return LocalIndex(folder, encoder.model)

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
                shutil.rmtree(path)

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


def _sign(fingerprint: str) -> str:
    """Return what the name of a generation says of its model."""
    return sha256(fingerprint.encode()).hexdigest()[:8]
