"""Vectors in memory to the nearest of them, by exact inner product in FAISS."""

from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Places = NDArray[np.int64]
Vectors = NDArray[np.float32]

AHEAD = 16
"""So many times as many as are asked for are taken from a scan of bytes, and as many times again if
the best may be among more. Of 100,000 vectors of news the best hundred are among 990 (median of 32
questions) or 2,280 (most). Of 9,000 and 33,000, where 1,600 were too few for one question of 120,
a scan takes 0.7 and 1.5 ms; with 32 it takes 1.0 and 1.9, with 8 0.6 and 2.9.
"""

NONE = np.empty(0, np.int64)

_ROUNDING = 1e-4
"""More than sums of float32 are off, as a share of the product of two vectors' lengths."""

_ROWS = 10_000  # quantised at a time: 15 MB


class Exact:
    """An immutable set of vectors, all in memory in full, with a scan that tells where to look.

    Attributes:
        part: the vectors.
        ids: of the vectors, ascending.
    """

    def __init__(self, part: "Part") -> None:
        self.part = part
        self.ids = part.ids
        self.dimension = part.dimension
        self._scan = Scan(part.vectors)

    def nearest(
        self, query: Vectors, depth: int, allowed: Ids | None, gone: Ids
    ) -> tuple[Ids, Vectors]:
        """Return the `depth` nearest, of those allowed and not gone, maybe among others.

        They are told by their ids and products, in no order.
        """
        places = self.part.places(allowed, gone)
        if len(places) > max(depth, len(self.ids) // 4):
            places = self._scan.head(query, depth, places)
        return self.ids[places], self.part.products(query, places)

    def holds(self, ids: Ids, vectors: Vectors) -> bool:
        """Say whether these vectors are here under these ids."""
        places = find(self.ids, ids)
        return len(places) == len(ids) and np.array_equal(self.part.vectors[places], vectors)

    def save(self, path: Path, gone: Ids) -> None:
        """Write those that are not gone as one index of FAISS."""
        staying = self.part.places(None, gone)
        kept = Part.of(self.ids[staying], self.part.vectors[staying]) if len(gone) else self.part
        faiss.write_index(kept.index, str(path))


class Part:
    """Vectors in a flat index of FAISS.

    Attributes:
        index: FAISS's.
        ids: of the vectors, ascending.
        vectors: float32[n, dim], the memory of `index`.
    """

    def __init__(self, index: Any) -> None:
        flat: Any = faiss.downcast_index(index.index)
        self.index = index
        self.ids: Ids = np.array(faiss.vector_to_array(index.id_map), np.int64)
        self._flat = flat
        self.dimension = int(index.d)
        held = faiss.rev_swig_ptr(flat.get_xb(), len(self.ids) * self.dimension)
        self.vectors: Vectors = held.reshape(-1, self.dimension)

    @classmethod
    def of(cls, ids: Ids, vectors: Vectors) -> Self:
        """Return these vectors under these ids, whatever their order."""
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        order = np.argsort(ids)
        index.add_with_ids(np.asarray(vectors[order], np.float32), np.asarray(ids[order], np.int64))
        return cls(index)

    @classmethod
    def empty(cls, dimension: int) -> Self:
        """Return no vectors."""
        return cls.of(NONE, np.empty((0, dimension), np.float32))

    def places(self, allowed: Ids | None, gone: Ids) -> Places:
        """Return where the vectors stand whose ids are allowed (None: all) and not gone."""
        here = np.full(len(self.ids), allowed is None)
        if allowed is not None:
            here[find(self.ids, allowed)] = True
        here[find(self.ids, gone)] = False
        return np.flatnonzero(here)

    def products(self, query: Vectors, places: Places) -> Vectors:
        """Return the inner products with the vectors at these places, float32[n].

        Equal vectors have equal products, which numpy's does not promise.
        """
        asked = np.ascontiguousarray(query, np.float32)
        products = np.empty(len(places), np.float32)
        if len(places):
            self._flat.compute_distance_subset(
                1,
                faiss.swig_ptr(asked),
                len(places),
                faiss.swig_ptr(products),
                faiss.swig_ptr(places),
            )
        return products


class Scan:
    """Vectors at one byte a component, which tell where the nearest of them may be.

    A flat search spends its time on reading memory. Of 100,000 vectors of 384 dimensions it takes
    12 to 18 ms on one core; with a scan of their bytes a search takes 4, or 6.5 where other work
    has emptied the caches. What rounding loses is bounded (Cauchy and Schwarz), so whatever may be
    among the best is kept, to be compared exactly.
    """

    def __init__(self, vectors: Vectors) -> None:
        # What all have in common moves all products alike: bytes need not tell it.
        filled = vectors if len(vectors) else np.zeros((1, vectors.shape[1]), np.float32)
        low, high = filled.min(axis=0), filled.max(axis=0)
        middle = (low + high) / 2
        self._steps = _steps(high - middle)
        self._bytes = faiss.IndexScalarQuantizer(
            vectors.shape[1],
            faiss.ScalarQuantizer.QT_8bit_direct_signed,
            faiss.METRIC_INNER_PRODUCT,
        )
        self._lost = self._length = 0.0  # the most that rounding moves a vector; the longest bytes
        for start in range(0, len(vectors), _ROWS):
            rows = vectors[start : start + _ROWS] - middle
            levels = np.rint(rows / self._steps)
            self._bytes.add(levels)
            lost = np.linalg.norm(rows - levels * self._steps, axis=1)
            lost += _ROUNDING * np.linalg.norm(rows + middle, axis=1)
            self._lost = max(self._lost, float(lost.max()))
            self._length = max(self._length, float(np.linalg.norm(levels, axis=1).max()))

    def head(self, query: Vectors, depth: int, places: Places) -> Places:
        """Return those of the places (more than `depth`) where the `depth` best of them may be."""
        # q·v = (q * steps)·(v / steps): the query is rounded to bytes as well.
        scaled = query * self._steps
        step = _steps(np.abs(scaled).max())
        levels = np.rint(scaled / step)
        off = float(np.linalg.norm(query)) * self._lost
        off += float(np.linalg.norm(scaled - levels * step)) * self._length
        wanted = np.zeros(self._bytes.ntotal, bool)
        wanted[places] = True
        # FAISS keeps bare pointers to the selector and its bits: both live until this returns.
        bits = np.packbits(wanted, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        asked = levels.reshape(1, -1)
        limit = 0
        while True:
            limit = min(AHEAD * max(limit, depth), len(places))
            (products,), (found,) = self._bytes.search(asked, limit, params=parameters)
            near = products >= products[depth - 1] - 2 * off / step
            if limit == len(places) or not near[-1]:
                head: Places = found[near]
                return head


def _steps(reach: Any) -> Any:
    """Return the steps by which what reaches so far is told in 127 of them."""
    return np.where(reach > 0, reach / 127, 1).astype(np.float32)


def best(depth: int, ids: Ids, products: Vectors) -> tuple[Ids, Vectors]:
    """Return the best by product, best first, ties by id."""
    order = np.lexsort((ids, -products))[:depth]
    return ids[order], products[order]


def find(held: Ids, ids: Ids) -> Places:
    """Return where those of the ids stand among those held, ascending, that are there."""
    places = np.searchsorted(held, ids)
    ids, places = ids[places < len(held)], places[places < len(held)]
    found: Places = places[held[places] == ids]
    return found
