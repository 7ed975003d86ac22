"""A corpus to a new index of it, made beside serving: one at a time, and how far it is."""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from qa.corpus import Corpus
from web.problems import foreseen, reason

logger = logging.getLogger(__name__)

STOP_SECONDS = 30.0
"""A server that is stopped waits so long for the batch in hand: 64 articles, some seconds."""


TOLD_SECONDS = 0.3
"""How often a rebuild says how far it is."""

STOPPED = "the server was stopped"

State = Literal["idle", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How far a rebuild is, in changes of articles, and what came of it."""

    state: State = "idle"
    finished: int = 0
    total: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    error: str | None = None


_REBUILD = TypeAdapter(Rebuild)


class _Stopped(Exception):
    """The server is being stopped."""


class Rebuilds:
    """The rebuilds of a corpus; safe to share by threads, and told to other processes by a file.

    Questions are answered by the old index until the new one is there. A rebuild that is stopped
    with the server, or fails, leaves the old one as it was.
    """

    def __init__(self, corpus: Corpus, closing: threading.Event) -> None:
        """Rebuild `corpus` when asked to, until `closing` is set."""
        self._corpus = corpus
        self._closing = closing
        self._file = corpus.home / "rebuild.json"
        self._thread: threading.Thread | None = None
        self._written = 0.0

    @property
    def last(self) -> Rebuild:
        """How far the last rebuild is that a server of this home began."""
        try:
            told = _REBUILD.validate_json(self._file.read_bytes())
        except (FileNotFoundError, ValidationError):  # none yet, or not written by us
            return Rebuild()
        if told.state == "running" and not self._is_running():
            return replace(told, state="failed", error=STOPPED)
        return told

    def begin(self) -> Rebuild | None:
        """Begin one and return how far it is; None if one is running, here or in another process.

        Raises:
            HomeUnusable: the home cannot be read.
        """
        total = self._corpus.articles.pending(0)
        running = self._lock()
        try:
            # One that has told its end is about to let go.
            running.acquire(timeout=0 if self.last.state == "running" else TOLD_SECONDS)
        except Timeout:
            return None
        begun = Rebuild("running", total=total, began=datetime.now(UTC))
        self._tell(begun)
        args = (begun, running)
        self._thread = threading.Thread(target=self._run, args=args, name="rebuild", daemon=True)
        self._thread.start()
        return begun

    def wait(self) -> None:
        """Wait for the one that is running to stop; `closing` is set."""
        if self._thread:
            self._thread.join(STOP_SECONDS)

    def _run(self, rebuild: Rebuild, running: FileLock) -> None:
        def step(count: int) -> None:
            nonlocal rebuild
            if self._closing.is_set():
                raise _Stopped
            finished = rebuild.finished + count
            # What came in between the counting and the beginning is made anew as well.
            rebuild = replace(rebuild, finished=finished, total=max(finished, rebuild.total))
            if monotonic() - self._written > TOLD_SECONDS:
                self._tell(rebuild)

        error = None
        try:
            self._corpus.rebuild(progress=step)
        except _Stopped:
            error = STOPPED
        except Exception as failure:
            # It is told to whoever asks how far it is, whatever it was: nobody else waits for it.
            logger.error("the rebuild failed: %s", failure, exc_info=not foreseen(failure))
            error = reason(failure)
        state: State = "failed" if error else "done"
        self._tell(replace(rebuild, state=state, ended=datetime.now(UTC), error=error))
        running.release()

    def _tell(self, rebuild: Rebuild) -> None:
        self._written = monotonic()
        written = self._file.with_suffix(".new")
        written.write_bytes(_REBUILD.dump_json(rebuild))
        written.replace(self._file)

    def _is_running(self) -> bool:
        try:
            with self._lock():
                return False
        except Timeout:
            return True

    def _lock(self) -> FileLock:
        return FileLock(self._file.with_suffix(".lock"), timeout=0, thread_local=False)
