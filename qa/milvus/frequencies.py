"""The words of a collection to how many passages hold each, as a process keeps it in mind."""

import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from qa.milvus.collection import LISTED, Asked, Collection, Moment, within
from qa.milvus.said import Lengths, form

READ = 5_000
"""Passages that are read to know how long they are, at 2 kB each; where there are no more, the
words in them are counted at once."""

STALE = 0.01
"""Changes, as a share of the passages, after which words are counted anew."""

AT_ONCE = 8
"""Words that the server is asked about at a time."""

MOST = 200_000
"""Words whose passages are kept in mind, 20 MB."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was counted at one change of the passages.

    Attributes:
        whole: whether `held` has all words, because all passages were read; else those that were
            asked for, each as of when it was.
    """

    cursor: int
    passages: int
    lengths: Lengths
    whole: bool
    held: dict[str, int] = field(default_factory=dict)

    def fits(self, cursor: int) -> bool:
        """Say whether few changes have come since."""
        return abs(cursor - self.cursor) <= STALE * self.passages


class Frequencies:
    """How many passages there are and hold a word, nearly, until one in a hundred has changed.

    The mean length is of a sample: a tally of all could not tell what a follower that was stopped
    had counted already.
    """

    def __init__(self, collection: Collection, *, read: int = READ) -> None:
        self._collection = collection
        self._read = read
        self._counting = threading.Lock()
        self._known: Known | None = None
        self._asking = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="milvus-words")

    def at(self, cursor: int, since: Moment) -> Known:
        """Return what is known as of a change of the passages, or of one nearly as new."""
        known = self._known
        if known is None or not known.fits(cursor):
            with self._counting:
                known = self._known
                if known is None or not known.fits(cursor):
                    known = self._known = self._count(cursor, since)
        return known

    def held(self, known: Known, tokens: Iterable[str], since: Moment) -> dict[str, int]:
        """Return how many passages hold each of these tokens."""
        wanted = dict.fromkeys(tokens)
        if not known.whole:
            if len(known.held) > MOST:
                known.held.clear()
            new = [token for token in wanted if token not in known.held]
            many = self._asking.map(lambda token: self._collection.count(_with(token, since)), new)
            known.held.update(zip(new, many, strict=True))
        return {
            token: known.held.get(token if not known.whole else form(token), 0) for token in wanted
        }

    def _count(self, cursor: int, since: Moment) -> Known:
        many = self._collection.count(Asked("", since))
        if many <= self._read:
            all_of_them = self._collection.documents(Asked("key >= 0", since), self._read)
            texts = list(all_of_them.values())
            held = Counter(one for text in texts for one in set(text.split()))
            return Known(cursor, many, Lengths.of(texts), True, dict(held))
        return Known(cursor, many, Lengths.of(self._sample(cursor, many, since)), False)

    def _sample(self, cursor: int, many: int, since: Moment) -> list[str]:
        """Return the words of passages drawn from all; the same ones as long as nothing changes."""
        # No key is greater than the number of the last change.
        drawn = min(self._read * cursor // many, 4 * LISTED)
        keys = np.unique(np.random.default_rng(0).integers(1, cursor + 1, drawn)).tolist()
        found: dict[int, str] = {}
        for expression in within(keys, ""):
            found |= self._collection.documents(Asked(expression, since), LISTED)
        return list(found.values())


def _with(token: str, since: Moment) -> Asked:
    return Asked(f"text_match(words, '{form(token)}')", since)
