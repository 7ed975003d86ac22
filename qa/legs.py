"""What ranks the passages of a store, by meaning and by words, and follows the log of its changes.

The store is the truth of an index; its legs are made from it, here (qa/following.py) or in an
engine of their own (qa/milvus), and remember how far they have read.
"""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from embeddings.vectors import Ids, Kind, Vectors
from qa.lexical import Concept
from qa.store import PassageStore
from qa.types import Filters, Ranking

ANY = Filters()
"""Lets all through."""

Keys = Sequence[int] | Ids | None
"""Keys of passages, ascending; None stands for all."""

FILTERED = 4
"""Filters whose passages are kept in mind, 8 MB each at a million."""


class Legs(Protocol):
    """Both retrievers of one generation."""

    @property
    def cursor(self) -> int:
        """The last change of the passages that both have taken in."""
        ...

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        ...

    @property
    def behind(self) -> bool:
        """Whether a writer is to have them follow: they lag behind the passages, or are damaged."""
        ...

    def ready(self) -> None:
        """Do nothing if questions can be answered now.

        Raises:
            NewsqaError: they cannot, and why.
        """
        ...

    def state(self) -> tuple[int, int]:
        """Return the last change that a question finds by its meaning, and how many passages."""
        ...

    def dense(self, vector: Vectors, depth: int, filters: Filters, among: Keys) -> Ranking:
        """Rank by cosine to `vector: float32[dim]`, a unit vector."""
        ...

    def lexical(
        self, concepts: Sequence[Concept], depth: int, filters: Filters, among: Keys
    ) -> Ranking:
        """Rank by BM25."""
        ...

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        ...

    def follow(self) -> None:
        """Take in what came and went; doing it again changes nothing."""
        ...

    def settle(self) -> None:
        """Wait until nothing is at work any more that `follow` began."""
        ...


class Retrieval(Protocol):
    """Where the legs of generations are."""

    def open(
        self, name: str, folder: Path, store: PassageStore, dimension: int, fingerprint: str
    ) -> Legs:
        """Return the legs of the generation of that name, begun if need be.

        What they keep on this machine is in `folder`.

        Raises:
            IndexUnusable: what is there was made by another model.
        """
        ...

    def serve(self, name: str) -> None:
        """Note that this generation is the one that answers from now on."""
        ...

    def keep_only(self, names: Collection[str]) -> None:
        """Delete what belongs to none of these generations of this corpus."""
        ...


class Allowed:
    """The passages that filters let through, those of the last few filters at hand."""

    def __init__(self, store: PassageStore) -> None:
        self._store = store
        # Both retrievers are asked twice; listing 30,000 passages that are allowed takes 15 ms.
        self._listed: Callable[[int, Filters], Ids] = lru_cache(FILTERED)(
            lambda _cursor, filters: store.allowed(filters)
        )

    def __call__(self, filters: Filters, among: Keys) -> Keys:
        """Return those of `among` that the filters let through, ascending; None for all."""
        if not filters:
            return among
        allowed = self._listed(self._store.cursor, filters)
        return allowed if among is None else np.intersect1d(allowed, np.array(among, np.int64))
