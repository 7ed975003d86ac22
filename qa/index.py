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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from hashlib import sha256
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from embeddings.encoder import Encoder, ModelInfo
from embeddings.late import count_parts, pack
from embeddings.vectors import MERGE_AT_MOST, Ids, Kind, Truth, VectorIndex, Vectors
from qa.errors import HomeUnusable, IndexUnusable, NewsqaError
from qa.lexical import Concept, WordIndex, words
from qa.passages import embedded_text, split_passages
from qa.segmenter import cut_in_bulk
from qa.store import ArticleStore, Change, Embedding, PassageStore
from qa.types import Article, Facets, Filters, IndexInfo, Passage, Ranked, Ranking

logger = logging.getLogger(__name__)

FORMAT = 4
"""Raised when the files of a generation change shape; an older one is then rebuilt, and the vectors
it has are taken over."""

BATCH = 256
"""Articles taken in at a time at most: one transaction."""

TEXTS = 256
"""Passages that the encoder is given at a time, at least, and what is done again where a writer is
killed. The token vectors of each are held in full meanwhile, 0.3 MB."""

SAVE_AT_LEAST = 1_000
"""Vectors are written out once so many changes, and a tenth of them or MERGE_AT_MOST, have come
since the last time; opening reads the rest from the passages."""

ASIDE = 20_000
"""Of so many vectors and more the index is merged and written in a thread, while what was there
before answers: of a million it takes a second, or 40 to make it anew. Changes that are more are not
taken in one by one: the vectors are read anew, a block at a time."""

Progress = Callable[[int], object]

_REBUILD = "`newsqa rebuild` makes the index anew from the articles"

ANY = Filters()
"""Lets all through."""

Keys = Sequence[int] | Ids | None
"""Keys of passages, ascending; None stands for all."""

FILTERED = 4
"""Filters whose passages are kept in mind, 8 MB each at a million."""

FOLLOWED = 100_000
"""Changes that the words take in at a time: so much is done again if they are stopped."""

IN_BULK = 1_000
"""Passages that are cut into words in Rust: 0.06 s instead of 0.5, once 0.1 s is spent on that."""


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
    """The vectors as of one change of the passages, and of which the mass of them is."""

    cursor: int
    vectors: VectorIndex
    sealed: int


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
        self._sealing: threading.Thread | None = None
        self._unsealed = 0  # the change as of which that failed
        self._damaged: list[Path] = []
        if not (folder / "passages.sqlite").exists():
            raise IndexUnusable(f"{folder / 'passages.sqlite'}: missing; {_REBUILD}")
        store = self._store = PassageStore(folder / "passages.sqlite")
        # Both retrievers are asked twice; listing 30,000 passages that are allowed takes 15 ms.
        self._listed = lru_cache(FILTERED)(lambda _cursor, filters: store.allowed(filters))
        self._truth: Truth = partial(_vectors, store, manifest.dimension)
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
        ids = None if allowed is None else np.asarray(allowed, np.int64)
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
        """Return what the filters can be set to."""
        return self._store.facets()

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        return self._view.vectors.kind

    def newest(self, most: int) -> list[str]:
        """Return the articles that were published last, by id, the newest first."""
        return self._store.newest(most)

    def copied(self, article_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these articles of which there is an earlier copy."""
        return frozenset(id for id in article_ids if self.earlier(id))

    def close(self) -> None:
        """Let go of this thread's connection to the passages, and finish what writes to files."""
        self._words.settle()
        if sealing := self._sealing:
            sealing.join()
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
        batch = _Batch(encoder, [self._store, *reuse], self._manifest.token_vectors)
        for change in _changes(articles, self._store.article_seq):
            batch.add(change)
            if batch.full:
                self._take(batch)
                progress(len(batch.changes))
                batch.clear()
        if batch.changes:  # a full disk allows no writing, even of nothing
            self._take(batch)
            progress(len(batch.changes))
        self.follow()

    def _take(self, batch: "_Batch") -> None:
        """Encode what is not known of a batch, and take it in."""
        pieces = batch.pieces()
        for piece in pieces[:-1]:
            self._store.keep(batch.encode(piece))
        for piece in pieces[-1:]:
            batch.encode(piece)
        self._store.take(batch.changes, batch.embedded())

    def follow(self) -> None:
        """Bring words, vectors and manifest up to the log of the passages; one writer at a time."""
        self._follow_words()
        self._mend()
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
        replace(self._manifest, articles=self._store.articles(), passages=len(view.vectors)).write(
            self.folder
        )

    def _follow_words(self) -> None:
        with self._following:
            while (cursor := self._words.cursor) < (newest := self._store.cursor):
                until = min(cursor + FOLLOWED, newest)
                came, went = self._store.changed(cursor, until)
                if len(came) > IN_BULK:
                    cut_in_bulk()
                entries = ((key, words(text)) for key, text in self._store.texts(came))
                self._words.apply(entries, went, until)

    def _mend(self) -> None:
        """Put what was made anew in the place of what is damaged, and clear away what is left.

        That are the parts of files that a writer was stopped in.
        """
        folder = self.folder / "words"
        if folder in self._damaged:
            made, away = self.folder / ".words", self.folder / ".words.damaged"
            for path in (made, away):
                shutil.rmtree(path, ignore_errors=True)
            self._words.settle()
            shutil.copytree(self._words.folder, made)
            if folder.exists():
                folder.rename(away)
            made.rename(folder)
            self._words, self._own_words = WordIndex(folder), False
            shutil.rmtree(away, ignore_errors=True)
            self._damaged.remove(folder)
        at_work = self._sealing is not None and self._sealing.is_alive()
        for path in (*self._damaged, *(() if at_work else self.folder.glob(".vectors-*"))):
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
        view = self._newest_saved(0)
        if self._store.cursor - (view.cursor if view else 0) > ASIDE:
            return self._anew()
        return self._advanced(
            view or _View(0, VectorIndex.empty(self._manifest.dimension, self._truth), 0)
        )

    def _newest_saved(self, after: int) -> _View | None:
        """Return the newest vectors on disk that can be read, of later than a change."""
        for cursor, path in reversed(self._saved()):
            if cursor <= after:
                break
            try:
                return _View(cursor, VectorIndex.load(path, self._truth), cursor)
            except (OSError, ValueError) as error:
                if not path.exists():  # a writer has written the one after the next
                    continue
                logger.warning("%s; its vectors are read from the passages instead", error)
                if not self._store.read_only and path not in self._damaged:
                    self._damaged.append(path)
        return None

    def _anew(self) -> _View:
        # What comes meanwhile is there already when its change is taken in.
        cursor, dimension = self._store.cursor, self._manifest.dimension
        return _View(cursor, VectorIndex.of(self._store.keys(), self._truth, dimension), 0)

    def _fresh(self) -> _View:
        """Return a view of everything committed so far, by this process or another."""
        view = self._current()
        if view.vectors.due:
            self._seal_aside(view, save=False)
        return view

    def _current(self) -> _View:
        if self._store.cursor > self._view.cursor:
            with self._refreshing:
                self._view = self._advanced(self._view)
        return self._view

    def _advanced(self, view: _View) -> _View:
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

    def _seal_aside(self, view: _View, *, save: bool) -> None:
        """Merge the vectors in a thread, unless one is at it; it may outlive who began it."""
        if self._sealing and self._sealing.is_alive():
            return
        if view.cursor - self._unsealed < SAVE_AT_LEAST and self._unsealed:
            return
        # No daemon: a command that adds an article ends when what it began is written.
        self._sealing = threading.Thread(target=self._try_to_seal, args=(view, save))
        self._sealing.start()

    def _try_to_seal(self, view: _View, save: bool) -> None:
        try:
            self._seal(view, save=save)
            self._unsealed = 0
        except (NewsqaError, OSError) as error:
            self._unsealed = view.cursor
            logger.warning("%s: its vectors are not merged: %s", self.folder, error)
        finally:
            self._store.close()  # this thread's connection

    def _seal(self, view: _View, *, save: bool) -> None:
        """Merge the vectors, or take those that another has merged; `save` writes them as well."""
        made = None if save else self._newest_saved(view.sealed)
        made = made or _View(view.cursor, view.vectors.merged(), view.cursor)
        if save:
            made.vectors.save(self.folder / f"vectors-{made.cursor}.faiss")
            # The one before stays: a reader may be about to open it.
            for _, path in self._saved()[:-2]:
                path.unlink(missing_ok=True)
        with self._refreshing:
            self._view = self._advanced(made)

    def _allowed(self, filters: Filters, among: Keys) -> Keys:
        if not filters:
            return among
        allowed = self._listed(self._store.cursor, filters)
        return allowed if among is None else np.intersect1d(allowed, np.array(among, np.int64))


def _changes(articles: ArticleStore, seq: int) -> Iterator[Change]:
    """Yield every change of the articles after `seq`."""
    while changes := articles.changes(seq, BATCH):
        yield from changes
        seq = changes[-1].seq


def _vectors(store: PassageStore, dimension: int, keys: Ids) -> tuple[Ids, Vectors]:
    """Return what a store has under these keys: the truth that an index is made from."""
    found, vectors = store.vectors(keys.tolist())
    return np.array(found, np.int64), vectors.reshape(-1, dimension)


_Parts = tuple[str, tuple[int, ...]]


class _Batch:
    """Changed articles on their way into an index: as many as fill a call of the encoder.

    Attributes:
        changes: what has become of them.
    """

    def __init__(
        self, encoder: Encoder, known: Sequence[PassageStore], token_vectors: bool
    ) -> None:
        self._encoder = encoder
        self._known = known
        self._token_vectors = token_vectors
        self.clear()

    def clear(self) -> None:
        """Begin the next one."""
        self.changes: list[Change] = []
        self._made: list[tuple[Article, Passage, _Parts]] = []
        self._embeddings: dict[_Parts, Embedding] = {}
        self._missing: dict[_Parts, None] = {}

    @property
    def full(self) -> bool:
        """Whether there is enough to encode, or to take in at once."""
        return len(self._missing) >= TEXTS or len(self.changes) >= BATCH

    def add(self, change: Change) -> None:
        """Cut an article into passages, and look for what is known of them."""
        self.changes.append(change)
        if (article := change.article) is None:
            return
        passages = split_passages(
            article, self._encoder.count_tokens, self._encoder.model.max_tokens
        )
        made = [(article, passage, _parts(article, passage)) for passage in passages]
        self._made += made
        wanted = dict.fromkeys(parts for _, _, parts in made)
        for store in self._known:
            wanted = dict.fromkeys(one for one in wanted if one not in self._embeddings)
            found = store.embeddings(text for text, _ in wanted) if wanted else {}
            for text, starts in wanted:
                embedding = found.get(text)
                if embedding and not self._token_vectors:
                    self._embeddings[text, starts] = Embedding(embedding.vector)
                elif (
                    embedding and embedding.tokens and count_parts(embedding.tokens) == len(starts)
                ):
                    self._embeddings[text, starts] = embedding
        self._missing.update((one, None) for one in wanted if one not in self._embeddings)

    def pieces(self) -> list[list[_Parts]]:
        """Return what is to be encoded, in pieces for a call each: one, but for long articles."""
        missing = [*self._missing]
        count = max(len(missing) // TEXTS, 1)
        bounds = [len(missing) * at // count for at in range(count + 1)]
        return [missing[start:end] for start, end in pairwise(bounds) if end > start]

    def encode(self, piece: Sequence[_Parts]) -> dict[str, Embedding]:
        """Encode a piece; return what is made of each text."""
        texts = [text for text, _ in piece]
        encoding = self._encoder.encode(texts, "passage", tokens=self._token_vectors)
        packed = (
            map(pack, encoding.tokens, texts, (starts for _, starts in piece))
            if self._token_vectors
            else repeat(b"")
        )
        made = dict(zip(piece, map(Embedding, encoding.vectors, packed), strict=False))
        self._embeddings |= made
        return {text: embedding for (text, _), embedding in made.items()}

    def embedded(self) -> list[tuple[Article, Passage, Embedding]]:
        """Return the passages of the articles, each with its embedding."""
        return [
            (article, passage, self._embeddings[parts]) for article, passage, parts in self._made
        ]


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


def _now() -> str:
    """Return the time as it stands in a name, to the microsecond.

    A name that comes again would hide the swap from who holds the old.
    """
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def _sign(fingerprint: str) -> str:
    """Return what the name of a generation says of its model."""
    return sha256(fingerprint.encode()).hexdigest()[:8]
