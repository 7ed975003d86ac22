"""Texts of many callers -> batches for as many cores as are allowed, what is asked first first.

No timer holds a text back: it waits only while every core is at work, and who becomes free takes
along whatever waits by then.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock
from time import monotonic

from embeddings.graph import TILE, Ids, Output

MAX_TOKENS = 512
"""Of a batch, padding included. Measured, CPU ms for a passage of 128 tokens: in batches of 128
tokens 20.4, of 256 15.4, of 512 13.4, of 1,024 12.8; and a question may have to wait for one."""

MAX_PADDING = 64
"""Tokens that may be read for nothing so that one more text comes along: a batch of its own would
take 5 ms and 0.085 ms a token, on one core."""

PATIENCE = 0.25
"""Seconds. Where there is always something urgent, the others have a batch this often: a tenth of
the work of two cores, and a new article is found within the second though all are asking."""

Run = Callable[[Sequence[Ids], bool], list[Output]]
"""Texts that are all to be read, or all to be half read, to what is said of each."""

on_batch: Callable[[int], object] | None = None
"""Called with the number of texts of every batch that is run; who counts them sets it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    ids: Ids
    place: int
    half: bool
    finished: "SimpleQueue[tuple[int, Output | BaseException]]"


class Batches:
    """Runs texts on `threads` cores at most; threads may share it.

    Texts of urgent calls go before all others, but for one batch in PATIENCE, and never wait for
    another's batch to fill.
    """

    def __init__(self, run: Run, threads: int) -> None:
        self._run = run
        self._pool = ThreadPoolExecutor(threads, "encoder")
        self._lock = Lock()
        self._urgent: list[_Text] = []
        self._patient: list[_Text] = []
        self._served = 0.0
        """When the patient had their last batch, or began to wait."""
        self._idle = threads
        self._free = 0  # cores about to look for work

    def submit(
        self, texts: Sequence[Ids], *, urgent: bool, half: bool = False
    ) -> Iterator[tuple[int, Output]]:
        """Return what will have become of the texts, each with its place, as they are finished."""
        finished: SimpleQueue[tuple[int, Output | BaseException]] = SimpleQueue()
        longest_first = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        waiting = [_Text(texts[place], place, half, finished) for place in longest_first]
        with self._lock:
            if not self._patient:
                self._served = monotonic()
            (self._urgent if urgent else self._patient).extend(waiting)
            called = min(self._idle, len(waiting))
            self._idle -= called
            self._free += called
        for _ in range(called):
            self._pool.submit(self._work)
        return _outputs(finished, len(texts))

    def _work(self) -> None:
        """Run batches until nothing waits."""
        while batch := self._next():
            try:
                if on_batch:
                    on_batch(len(batch))
                outputs: Sequence[Output | BaseException] = self._run(
                    [text.ids for text in batch], batch[0].half
                )
            except BaseException as error:  # raised where the texts came from
                outputs = [error] * len(batch)
            with self._lock:
                self._free += 1
            for text, output in zip(batch, outputs, strict=True):
                text.finished.put((text.place, output))

    def _next(self) -> list[_Text]:
        """Take the next batch, which shares what waits among the cores that are free."""
        with self._lock:
            now = monotonic()
            if self._patient and (not self._urgent or now - self._served > PATIENCE):
                lane, self._served = self._patient, now
            else:
                lane = self._urgent
            share = -(-len(lane) // self._free)
            self._free -= 1
            if not lane:
                self._idle += 1
                return []
            batch = _like_the_first(lane, share)
            taken = set(batch)
            lane[:] = [text for text in lane if text not in taken]
            return batch


def _like_the_first(waiting: Sequence[_Text], most: int) -> list[_Text]:
    """Return the text that has waited longest and up to `most` in all, the most like it in length.

    All are to be read like it.
    Whose texts they are does not matter, so that of many callers' little is padded.
    """
    alike = (text for text in waiting if text.half == waiting[0].half)
    ordered = sorted(alike, key=lambda text: len(text.ids))
    begin = ordered.index(waiting[0])
    end, longest = begin + 1, _padded(waiting[0])
    while (count := end - begin + 1) <= most:
        options = []
        if begin:
            options.append((longest - len(ordered[begin - 1].ids), longest, begin - 1, end))
        if end < len(ordered):
            longer = _padded(ordered[end])
            added = longer * count - longest * (count - 1) - len(ordered[end].ids)
            options.append((added, longer, begin, end + 1))
        padding, padded, *around = min(options, default=(MAX_PADDING + 1, longest, begin, end))
        if padding > MAX_PADDING or padded * count > MAX_TOKENS:
            break
        longest, (begin, end) = padded, around
    return ordered[begin:end]


def _padded(text: _Text) -> int:
    return -(-len(text.ids) // TILE) * TILE


def _outputs(
    finished: "SimpleQueue[tuple[int, Output | BaseException]]", count: int
) -> Iterator[tuple[int, Output]]:
    for _ in range(count):
        place, output = finished.get()
        if isinstance(output, BaseException):
            raise output
        yield place, output
