"""A corpus to a new index of it, made beside serving: one at a time, and how far it is."""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from qa.corpus import Corpus
from web.problems import foreseen, reason

logger = logging.getLogger(__name__)

STOP_SECONDS = 30.0
"""A server that is stopped waits so long for the batch in hand: 64 articles, some seconds."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How far the last rebuild of this server is, in changes of articles, and what came of it."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    finished: int = 0
    total: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    error: str | None = None


class _Stopped(Exception):
    """The server is being stopped."""


class Rebuilds:
    """The rebuilds of a corpus; safe to share by threads.

    Questions are answered by the old index until the new one is there. A rebuild that is stopped
    with the server, or fails, leaves the old one as it was.
    """

    def __init__(self, corpus: Corpus, closing: threading.Event) -> None:
        """Rebuild `corpus` when asked to, until `closing` is set."""
        self._corpus = corpus
        self._closing = closing
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last = Rebuild()

    def begin(self) -> Rebuild | None:
        """Begin one and return how far it is; None if one is running."""
        with self._beginning:
            if self.last.state == "running":
                return None
            total = self._corpus.articles.pending(0)
            self.last = begun = Rebuild("running", total=total, began=datetime.now(UTC))
            self._thread = threading.Thread(target=self._run, name="rebuild", daemon=True)
            self._thread.start()
            return begun

    def wait(self) -> None:
        """Wait for the one that is running to stop; `closing` is set."""
        if self._thread:
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._corpus.rebuild(progress=self._step)
        except _Stopped:
            self._end("failed", "the server was stopped")
        except Exception as error:
            # It is told to whoever asks how far it is, whatever it was: nobody else waits for it.
            logger.error("the rebuild failed: %s", error, exc_info=not foreseen(error))
            self._end("failed", reason(error))
        else:
            self._end("done")

    def _step(self, count: int) -> None:
        if self._closing.is_set():
            raise _Stopped
        finished = self.last.finished + count
        # What came in between the counting and the beginning is made anew as well.
        self.last = replace(self.last, finished=finished, total=max(finished, self.last.total))

    def _end(self, state: Literal["done", "failed"], error: str | None = None) -> None:
        self.last = replace(self.last, state=state, ended=datetime.now(UTC), error=error)
