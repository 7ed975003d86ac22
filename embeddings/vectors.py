"""Vectors under integer ids to their nearest neighbours, by exact inner product in FAISS."""

import os
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

MERGE_AT_LEAST = 1_000
"""Changes are merged into the sealed part once they are this many and a tenth of it: copying
100,000 vectors of 384 dimensions takes about 0.1 s, so it must stay rare."""


class VectorIndex:
    """An immutable set of vectors; a change returns a new index that shares what stayed.

    A sealed part carries the mass, a small flat delta what came since, and `gone` the ids of the
    sealed part that were removed. Readers keep searching the index they hold while a writer makes
    the next one, so no lock is needed.
    """

    def __init__(self, sealed: Any, delta: Any, gone: Ids) -> None:
        self._sealed = sealed
        self._delta = delta
        self._gone = gone

    @classmethod
    def empty(cls, dimension: int) -> Self:
        """Return an index without vectors."""
        return cls(_flat(dimension), _flat(dimension), np.empty(0, np.int64))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the index that `save` wrote.

        Raises:
            RuntimeError: the file is absent or is no FAISS index.
        """
        sealed = faiss.read_index(str(path))
        return cls(sealed, _flat(sealed.d), np.empty(0, np.int64))

    @property
    def dimension(self) -> int:
        """Components of a vector."""
        return int(self._sealed.d)

    def __len__(self) -> int:
        """How many vectors can be found."""
        return int(self._sealed.ntotal + self._delta.ntotal - len(self._gone))

    def ids(self) -> Ids:
        """Return all ids, ascending."""
        kept = np.setdiff1d(_ids(self._sealed), self._gone)
        return np.union1d(kept, _ids(self._delta))

    def updated(self, ids: Ids, vectors: Vectors, removed: Ids) -> "VectorIndex":
        """Return an index without `removed` and with `vectors: float32[n, dim]` under `ids`.

        An id that is already there is replaced; removing an absent one changes nothing.
        """
        leaving = np.union1d(removed, ids)
        gone = np.union1d(self._gone, np.intersect1d(leaving, _ids(self._sealed)))
        staying = np.setdiff1d(_ids(self._delta), leaving)
        delta = _flat(self.dimension)
        delta.add_with_ids(
            np.concatenate([_rows(self._delta, staying), vectors.astype(np.float32)]),
            np.concatenate([staying, ids]).astype(np.int64),
        )
        changed = VectorIndex(self._sealed, delta, gone)
        pending = len(gone) + delta.ntotal
        if pending >= max(MERGE_AT_LEAST, self._sealed.ntotal // 10):
            return changed.merged()
        return changed

    def merged(self) -> "VectorIndex":
        """Return the same vectors as one sealed part."""
        if not len(self._gone) and not self._delta.ntotal:
            return self
        ids = self.ids()
        sealed = _flat(self.dimension)
        recent = np.isin(ids, _ids(self._delta))
        vectors = np.empty((len(ids), self.dimension), np.float32)
        vectors[recent] = _rows(self._delta, ids[recent])
        vectors[~recent] = _rows(self._sealed, ids[~recent])
        sealed.add_with_ids(vectors, ids)
        return VectorIndex(sealed, _flat(self.dimension), np.empty(0, np.int64))

    def search(
        self, query: Vectors, depth: int, allowed: Ids | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `depth` (id, inner product) for `query: float32[dim]`, best first.

        Of equal ones those with the lower ids come first, and are the ones that come at all.
        `allowed` limits the search to these ids, exactly.
        """
        found: list[tuple[int, float]] = []
        if depth < 1 or (allowed is not None and not len(allowed)):
            return found
        for part, gone in ((self._sealed, self._gone), (self._delta, None)):
            if not part.ntotal:
                continue
            # FAISS keeps bare pointers to selectors: `held` keeps them alive until it returns.
            selector, held = _selector(allowed, gone)
            found += _best(part, query.reshape(1, -1), depth, _parameters(selector))
            del held
        return sorted(found, key=lambda row: (-row[1], row[0]))[:depth]

    def save(self, path: Path) -> None:
        """Write the index as one file, by a rename at the end: a reader sees the old or the new."""
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        faiss.write_index(self.merged()._sealed, str(partial))
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)


def _flat(dimension: int) -> Any:
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))


def _ids(part: Any) -> Ids:
    return np.array(faiss.vector_to_array(part.id_map), np.int64)


def _rows(part: Any, ids: Ids) -> Vectors:
    if not len(ids):
        return np.empty((0, part.d), np.float32)
    return np.asarray(part.reconstruct_batch(ids), np.float32)


def _best(part: Any, query: Vectors, depth: int, parameters: Any) -> list[tuple[int, float]]:
    """Return the `depth` best of one part, and all that are as good as the last of them."""
    (scores,), (ids,) = part.search(query, min(depth + 1, part.ntotal), params=parameters)
    if len(ids) > depth and ids[depth] != -1 and scores[depth] == scores[depth - 1]:
        # FAISS keeps any of those that tie for the last places; copies of an article do.
        worse = np.nextafter(scores[depth], np.float32(-np.inf))
        _, scores, ids = part.range_search(query, float(worse), params=parameters)
    return [(int(i), float(s)) for i, s in zip(ids, scores, strict=True) if i != -1]


def _parameters(selector: Any) -> Any:
    if selector is None:
        return None
    parameters = faiss.SearchParameters()
    parameters.sel = selector
    return parameters


def _selector(allowed: Ids | None, gone: Ids | None) -> tuple[Any, list[Any]]:
    """Return the FAISS selector of `allowed` less `gone` (None: all), and what it points to."""
    held: list[Any] = []
    if gone is not None and len(gone):
        if allowed is None:
            held.append(faiss.IDSelectorBatch(gone))
            held.append(faiss.IDSelectorNot(held[-1]))
        else:
            held.append(faiss.IDSelectorBatch(np.setdiff1d(allowed, gone)))
    elif allowed is not None:
        held.append(faiss.IDSelectorBatch(allowed))
    return (held[-1] if held else None), held
