"""The articles of a home and their index, kept in step: add, remove, rebuild, and who answers."""

import logging
import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS
from itertools import islice
from pathlib import Path

from filelock import Timeout

from embeddings.encoder import Encoder
from qa.articles import READER
from qa.backup import finish_restore, restoring
from qa.embedding import BATCH, Known
from qa.errors import (
    ArticleRefused,
    EngineUnreachable,
    HomeBusy,
    HomeUnusable,
    NewsqaError,
    SyncRefused,
)
from qa.generations import Generations, Kept
from qa.index import Manifest, Progress, StoredIndex
from qa.sources import Item, Sweep, Unchanged
from qa.store import Draft, Finished, Outcome
from qa.types import Article

logger = logging.getLogger(__name__)

Stop = Callable[[], bool]
"""Says whether to stop before the end."""

WAIT_SECONDS = 600.0
"""How long a writer waits for another to finish before it gives up."""

PATIENCE_SECONDS = 0.2
"""How long the first question after another process's rebuild waits for its index to be opened:
longer than a small one takes. Until a large one is open the one before answers."""

IDLE_SECONDS = 0.5
"""How often a worker with nothing to do looks whether there is something."""

AWAY_SECONDS = 2.0
"""How long a worker waits before it tries again what has failed: a database that starts anew, or an
index that another has replaced."""

CHANGED = frozenset({"added", "updated"})
"""The outcomes that leave something else to be found than before."""

_Serving = tuple[Path, Encoder, StoredIndex]

_Lock = Callable[[float, Stop], AbstractContextManager[object]]

_DISK = frozenset({ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EPERM, EIO})


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the articles that were to be added.

    Attributes:
        taken: the id and outcome of each that was read, and of those in files that did not change.
        refused: why each of the others was not, now or when its file was read last.
        warnings: what reading had to mend, each with the origin in front.
        copies: how many of those that were added or updated say what an earlier one says.
        gone: the ids of those withdrawn since they are found no more.
    """

    taken: tuple[tuple[str, Outcome], ...]
    refused: tuple[ArticleRefused, ...]
    warnings: tuple[str, ...]
    copies: int = 0
    gone: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything came, went, or became another."""
        return bool(self.gone) or any(outcome in CHANGED for _, outcome in self.taken)

    def count(self, outcome: Outcome) -> int:
        """Return how many articles had this outcome."""
        return sum(taken == outcome for _, taken in self.taken)


class Corpus:
    """Articles and their index, of one home. Any number of processes read and write it."""

    def __init__(
        self,
        home: Path,
        open_encoder: Callable[[str], Encoder],
        default_model: str,
        token_vectors: bool | None = None,
        kept: Callable[[Path], Kept] = Generations,
    ) -> None:
        """Open the home, making the folder if it is not there.

        `open_encoder` turns a model's name into an encoder; `default_model` is used by a home that
        has no index yet. An index that is built anew keeps `token_vectors` or does not; with None
        it does as the one before, and a first one keeps them. `kept` returns where articles and
        index are, given the home's folder: by default in it.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeUnusable(
                f"{home}: {error.strerror}; name a folder that can be written"
            ) from error
        self.home = home
        self._open_encoder = open_encoder
        self._default_model = default_model
        self._token_vectors = token_vectors
        self.generations = kept(home)
        self.articles = self.generations.articles
        self._opening = threading.Lock()
        self._serving: _Serving | None = None
        self._coming: tuple[Path, Future[_Serving]] | None = None
        if restoring(home):
            with self._changing():
                pass  # what was stopped half-way is finished as soon as the lock is held

    def serving(self) -> tuple[Encoder, StoredIndex]:
        """Return the encoder and the index that answer now, caught up with the articles.

        Raises:
            IndexUnusable: the index on disk is damaged or made by another model.
            HomeBusy: a first index is needed and another process writes for too long.
        """
        held, folder = self._serving, self.generations.current()
        if held and folder and held[0] != folder and self._meanwhile(held, folder):
            return held[1], held[2]
        return self._newest()

    def _newest(self) -> tuple[Encoder, StoredIndex]:
        """Return the encoder and the index of the current generation, caught up."""
        encoder, index = self._answering()
        self._catch_up(encoder, index)
        return encoder, index

    def _answering(self) -> tuple[Encoder, StoredIndex]:
        """Return the encoder and the index of the current generation, as it is."""
        while (folder := self.generations.current()) is None:
            self._first()
        return self._opened(folder)[1:]

    def _meanwhile(self, held: _Serving, folder: Path) -> bool:
        """Say whether what is held is to answer while the generation in `folder` is being opened.

        It is, but for what it has not taken in.
        """
        if not held[2].there or held[2].behind(self.articles):
            return False
        if self._coming is None or self._coming[0] != folder:
            opener = ThreadPoolExecutor(1)
            self._coming = folder, opener.submit(self._opened, folder)
            opener.shutdown(wait=False)
            wait([self._coming[1]], PATIENCE_SECONDS)
        return not self._coming[1].done()

    def _opened(self, folder: Path) -> _Serving:
        held = self._serving
        if held is None or held[0] != folder:
            with self._opening:
                held = self._serving
                if held is None or held[0] != folder:
                    before, held = held, self._open(folder)
                    self._serving = held
                    if before:  # who asks it still opens again what is closed here
                        before[2].store.close()
        return held

    def copies(self, article_id: str) -> list[Article]:
        """Return the other articles that say the same and are there, the earliest first.

        None before an index has been opened to answer: to read an article needs no model.
        """
        if self._serving is None:
            return []
        found = self.articles.find(self._serving[2].copies(article_id)).values()
        dated = ((one.published.timestamp() if one.published else math.inf, one) for one in found)
        return [one for _, one in sorted(dated, key=lambda pair: (pair[0], pair[1].id))]

    def add(
        self,
        items: Iterable[Item],
        progress: Progress = lambda _: None,
        stop: Stop = lambda: False,
        known: Sequence[Known] = (),
    ) -> Report:
        """Keep the articles and index them; a refused one is reported and the others go on.

        When this returns the next question finds them. `progress` is told how many were finished.
        Between batches other writers get their turn. `stop` is asked then, and while one of another
        process has his. What is `known`, of this index's model, is not encoded again.
        """
        taken: list[tuple[str, Outcome]] = []
        refused: list[ArticleRefused] = []
        warnings: list[str] = []
        reading = time.time_ns()
        rows = iter(items)
        # Reading is not writing: the lock is held while a batch is kept, not while it is read.
        while not stop() and (batch := list(islice(rows, BATCH))):
            same = [item.file for item in batch if isinstance(item, Unchanged)]
            changed = [item for item in batch if not isinstance(item, Unchanged)]
            if changed:
                taken += self._take(changed, reading, stop, known)
            if same:
                taken += self.articles.held_by(same)
                refused += [
                    ArticleRefused(one.origin, one.reason, one.file)
                    for one in self.articles.refusals(same)
                ]
            for item in changed:
                if isinstance(item, ArticleRefused):
                    refused.append(item)
                elif isinstance(item, Draft):
                    place = item.article.origin
                    warnings += [f"{place}: {one}" if place else one for one in item.warnings]
            progress(len(batch) - sum(isinstance(item, Finished) for item in batch))
        new = [id for id, outcome in taken if outcome in CHANGED]
        copies = len(self._newest()[1].copied(new)) if new else 0
        return Report(tuple(taken), tuple(refused), tuple(warnings), copies)

    def look(
        self,
        paths: Iterable[str],
        moving: Collection[Path] = (),
        *,
        linked: bool = False,
        public: bool = False,
    ) -> Sweep:
        """Return the articles at these paths, to be read: what was read before only if changed.

        Files that are `moving` are left for another time; of feeds on the web the articles are read
        that they link to, if `linked`. With `public` nothing is asked that is not in the public
        network.
        """
        known = self.articles.known_files(READER)
        return Sweep(paths, known, moving, linked=linked, public=public)

    def sweep(
        self,
        sweep: Sweep,
        progress: Progress = lambda _: None,
        stop: Stop = lambda: False,
        *,
        sync: bool = False,
        emptied: bool = False,
    ) -> Report:
        """Add what is new or has changed at some paths; with `sync` withdraw what is gone there.

        Raises:
            SyncRefused: no file is left where articles were, though it is not said that it was
                `emptied`: a disk may be gone instead.
        """
        empty = [root for root in sweep.roots if not sweep.found(root)]
        if sync and not emptied:
            for root in empty:
                if held := self.articles.held_under(root):
                    raise SyncRefused(
                        f"{root}: no file is there any more, where {held} articles were; with"
                        " --emptied they are withdrawn"
                    )
        with self._changing(stop):
            missing = sweep.roots if emptied else set(sweep.roots).difference(empty)
            self.articles.miss(list(missing), sweep.there)
            sweep.known = self.articles.known_files(READER)
        report = self.add(sweep, progress, stop)
        if not sync or stop():
            return report
        with self._changing(stop):
            gone = self.articles.leave(sweep.roots)
            self._forget(gone)
        return replace(report, gone=tuple(gone))

    def _take(
        self,
        items: Sequence[Draft | ArticleRefused | Finished],
        reading: int,
        stop: Stop,
        known: Sequence[Known],
    ) -> list[tuple[str, Outcome]]:
        with self._changing(stop):
            self._newest()  # before: where no index can be opened nothing is to be put
            taken = self.articles.put(items, reading, READER)
            try:
                self._take_in(known)
            except EngineUnreachable as error:
                raise EngineUnreachable(
                    f"{error}; the articles are kept, and are found once it answers"
                ) from error
        return taken

    def _take_in(self, known: Sequence[Known] = ()) -> None:
        """Have the index that answers take in what has changed."""
        while True:
            encoder, index = self._answering()  # as it is: what is known is to be told to it
            try:
                index.catch_up(self.articles, encoder, reuse=known)
            except NewsqaError:
                if index.there:
                    raise
            if self.generations.current() == index.folder:
                return  # else another was made meanwhile, which may know nothing of it

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Withdraw these articles for good; return the ids that were there.

        No version of them stays, no index has their passages, and no sweep over files brings them
        back.
        """
        with self._changing():
            removed = self.articles.remove(ids)
            self._forget(removed)
        return removed

    def _forget(self, ids: Sequence[str]) -> None:
        """Take articles that were withdrawn out of every index."""
        if ids:
            self._newest()  # which forgets first: who is stopped here leaves nothing either
            self._take_in()
            self.generations.forget_earlier()

    def work(self, progress: Progress = lambda _: None, stop: Stop = lambda: False) -> None:
        """Take into the index what others have added, until told to stop.

        Any number of processes do so at once; an article is taken in by one.

        Raises:
            HomeUnusable: the articles are in this folder, where who adds them takes them in.
        """
        begun = False
        while not stop():
            try:
                encoder, index = self._newest()
                begun = index.shared
                taken = index.work(self.articles, encoder)
            except NewsqaError as error:
                if not begun:  # it is wrong, not just away for a while
                    raise
                logger.warning("%s; it is tried again", error)
                time.sleep(AWAY_SECONDS)
                continue
            if taken:
                progress(taken)
            else:
                time.sleep(IDLE_SECONDS)

    def rebuild(
        self,
        model: str | None = None,
        progress: Progress = lambda _: None,
        known: Sequence[Known] = (),
        token_vectors: bool | None = None,
    ) -> Manifest:
        """Make the index anew from the articles, by `model` or the one it has, and swap it in.

        What is `known`, of this model, is not encoded again. It keeps `token_vectors` or does not;
        None: as the corpus was told to.
        """
        if token_vectors is None:
            token_vectors = self._token_vectors
        with self._holding(self.generations.building):
            encoder = self._encoder(model or self._model())
            index = self.generations.build(self.articles, encoder, progress, token_vectors, known)
            self._serving = (index.folder, encoder, index)
            return self.generations.manifest(index.folder)

    def manifest(self) -> Manifest | None:
        """Return what the current generation is made of, None if there is none yet."""
        folder = self.generations.current()
        return None if folder is None else self.generations.manifest(folder)

    def _encoder(self, model: str) -> Encoder:
        held = self._serving
        return held[1] if held and held[1].model.name == model else self._open_encoder(model)

    def _model(self) -> str:
        """Return the model that this home's index is made by, the default if that is not known."""
        made = self.generations.made()
        if made is None and self.generations.current():
            logger.warning(
                "%s: by which model the index was made is not known: it is made by the default",
                self.home,
            )
        return made.model if made else self._default_model

    def _first(self) -> None:
        with self._holding(self.generations.building):
            if self.generations.current() is None:
                self.rebuild()

    def _open(self, folder: Path) -> _Serving:
        encoder = self._encoder(self.generations.manifest(folder).model)
        return folder, encoder, self.generations.open(folder, encoder.model)

    def _catch_up(self, encoder: Encoder, index: StoredIndex) -> None:
        """Take in what a writer left that was stopped half-way.

        If one is at work just now it will finish; questions are answered meanwhile by what there
        is, and so they are where nothing can be written.
        """
        if not index.behind(self.articles):
            return
        try:
            with self.generations.changing(0):
                if index.shared:
                    index.refresh()  # articles in the queue are the workers'
                    return
                # It may be withdrawing an article, and nothing tells so once that is taken in.
                self.generations.forget_earlier()
                index.catch_up(self.articles, encoder)
        except Timeout:
            pass
        except (HomeUnusable, OSError) as error:
            logger.warning("%s; answered meanwhile by what is indexed", error)

    def _changing(self, stop: Stop = lambda: False) -> AbstractContextManager[None]:
        return self._holding(self.generations.changing, stop)

    @contextmanager
    def _holding(self, lock: _Lock, stop: Stop = lambda: False) -> Iterator[None]:
        try:
            with lock(WAIT_SECONDS, stop):
                finish_restore(self.home)
                yield
        except Timeout as error:
            raise HomeBusy(
                f"{self.home}: another process has been writing all the time; wait for it to"
                " finish and try again"
            ) from error
        except OSError as error:
            if error.errno not in _DISK:
                raise
            raise HomeUnusable(
                f"{self.home}: {error}; see whether its disk is full or read-only"
            ) from error
