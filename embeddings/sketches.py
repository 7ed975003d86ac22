"""A great many vectors, in two bits or six a component, to the nearest of them.

A scan of sketches (product quantisation at four bits: Jégou, Douze and Schmid 2011; André,
Kermarrec and Le Scouarnec 2017) tells which vectors may be the nearest, what is kept at six bits a
component which of these are, and the last few are read from where they are kept in full, the truth,
and compared exactly. Nothing depends on how the vectors lie, as lists of what is alike do: of a
million vectors of news the ten nearest to a question are in 3/16 of 1,024 such lists for .95 only,
which takes longer than to scan all sketches.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from embeddings.exact import NONE, Ids, Part, Places, Vectors, best, find

Truth = Callable[[Ids], tuple[Ids, Vectors]]
"""Ids, ascending, to those that are there, ascending, and their vectors, float32[n, dim]."""

HEAD, HEAD_OF_FEWER, FEWER = 1_536, 4_096, 400_000
"""Vectors that are looked at after the scan: more where there are fewer to scan, and BESIDE as many
as are asked for at least. As 300 questions are served, of a million vectors the first finds .996 of
the ten and .965 of the hundred nearest, the second .999 and .988 and takes 2 ms more; of 100,000,
.999 and .920, or .999 and .977 in 1 ms more. Those vectors are 85,759 real ones, and beyond them
the same moved a little; of a million made from 10,000, a hundred of each, the first finds .970.
"""

BESIDE = 12

MOST = 8
"""Times as many are looked at where not all are allowed; where that is not enough, all that are
allowed are compared by six bits a component."""

FEW = 500
"""Where no more are allowed they are read and compared at once."""

TRIED = 50
"""Vectors that the recall is measured by."""

_SAMPLE = 30_000  # to train on: 46 MB
_SIZE = 4  # bytes
_ROWS = 10_000  # read at a time: 15 MB
_COMPONENTS = 3  # told by four bits
_REFINED = 28  # read from the truth beside those that are asked for, at least


@dataclass(frozen=True, slots=True)
class Kind:
    """How an index was made.

    Attributes:
        name: `exact` or `sketched`.
        vectors: how many there were.
        recall: the share of the ten nearest to vectors of the index that a search found, then.
    """

    name: str
    vectors: int
    recall: float


class Sketches:
    """An immutable set of vectors by id; FAISS knows them by their places there.

    Attributes:
        ids: of the vectors, ascending.
    """

    def __init__(self, index: Any, ids: Ids, kind: Kind, truth: Truth) -> None:
        self.ids = ids
        self.kind = kind
        self.dimension = int(index.d)
        self._index = index
        self._bytes: Any = faiss.downcast_index(index.refine_index)
        self._truth = truth

    @classmethod
    def of(cls, ids: Ids, truth: Truth, dimension: int) -> Self:
        """Return the vectors under these ids, ascending; one that is gone is left out."""
        faiss.omp_set_num_threads(1)
        random = np.random.default_rng(len(ids))
        index = _empty(dimension)
        index.train(truth(_some(random, ids, _SAMPLE))[1])
        there = []
        for start in range(0, len(ids), _ROWS):
            some, vectors = truth(ids[start : start + _ROWS])
            index.add(vectors)
            there.append(some)
        ids = np.concatenate(there)
        return cls(index, ids, Kind("sketched", len(ids), 1.0), truth)._measured(random)

    def followed(self, delta: Part) -> Self:
        """Return these vectors and those of `delta`, whose ids are higher than all here."""
        faiss.omp_set_num_threads(1)
        index = faiss.clone_index(self._index)
        index.add(np.ascontiguousarray(delta.vectors))
        return type(self)(index, np.concatenate([self.ids, delta.ids]), self.kind, self._truth)

    def nearest(
        self, query: Vectors, depth: int, allowed: Ids | None, gone: Ids
    ) -> tuple[Ids, Vectors]:
        """Return the `depth` nearest, of those allowed and not gone, maybe among others.

        They are told by their ids and products, in no order.
        """
        return self._products(query, self._near(query, depth, allowed, gone))

    def _near(self, query: Vectors, depth: int, allowed: Ids | None, gone: Ids) -> Places:
        if allowed is None and not len(gone):
            return self._scanned(query, min(self._enough(depth), len(self.ids)), _head(depth))
        wanted = np.full(len(self.ids), allowed is None)
        if allowed is not None:
            wanted[find(self.ids, allowed)] = True
        wanted[find(self.ids, gone)] = False
        count = int(np.count_nonzero(wanted))
        if count <= max(FEW, 2 * depth):
            return np.flatnonzero(wanted)
        # As many that are wanted are looked at as where all are.
        head = self._enough(depth) * len(self.ids) // count
        if head <= min(MOST * self._enough(depth), len(self.ids)):
            found = self._scanned(query, head, head // BESIDE)
            found = found[wanted[found]]
            if len(found) >= _head(depth):
                near: Places = found[: _head(depth)]
                return near
        return self._compared(query, _head(depth), wanted)

    def holds(self, ids: Ids, vectors: Vectors) -> bool:
        """Say whether these vectors are here under these ids, as far as six bits tell."""
        places = find(self.ids, ids)
        if len(places) < len(ids) or not len(ids):
            return len(places) == len(ids)
        told = np.stack([self._bytes.reconstruct(int(place)) for place in places])
        codes = self._bytes.sa_encode(np.ascontiguousarray(vectors))
        return np.array_equal(self._bytes.sa_decode(codes), told)

    def save(self, path: Path, gone: Ids) -> None:
        """Write what FAISS writes, then the ids, then how it was made, and how long that is."""
        faiss.write_index(self._index, str(path))
        with path.open("ab") as file:
            self.ids.astype("<i8").tofile(file)
            told = json.dumps({**asdict(self.kind), "gone": gone.tolist()}).encode()
            file.write(told + len(told).to_bytes(_SIZE, "little"))

    @classmethod
    def load(cls, index: Any, path: Path, end: int, truth: Truth) -> tuple[Self, Ids]:
        """Return what `save` wrote up to the byte `end` of a file, and what is gone of it.

        `index` is what FAISS has read of it.
        """
        with path.open("rb") as file:
            file.seek(end - _SIZE)
            size = int.from_bytes(file.read(_SIZE), "little")
            file.seek(end - _SIZE - size - 8 * index.ntotal)
            ids = np.fromfile(file, "<i8", index.ntotal)
            told = json.loads(file.read(size))
        gone = np.array(told.pop("gone"), np.int64)
        return cls(index, ids, Kind(**told), truth), gone

    def _enough(self, depth: int) -> int:
        """Return how many are looked at after the scan for the best `depth`."""
        return max(HEAD if len(self.ids) > FEWER else HEAD_OF_FEWER, BESIDE * depth)

    def _scanned(self, query: Vectors, head: int, depth: int) -> Places:
        """Return the `depth` nearest by six bits of the `head` nearest by sketch, best first."""
        depth = min(depth, head)
        parameters = faiss.IndexRefineSearchParameters()
        parameters.k_factor = head / depth
        return self._found(self._index, query, depth, parameters)

    def _compared(self, query: Vectors, depth: int, wanted: Any) -> Places:
        """Return the nearest by six bits of those that are wanted, best first."""
        # FAISS keeps bare pointers to the selector and its bits: both live until this returns.
        bits = np.packbits(wanted, bitorder="little")
        selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        return self._found(self._bytes, query, depth, parameters)

    def _found(self, index: Any, query: Vectors, depth: int, parameters: Any) -> Places:
        asked = np.ascontiguousarray(query, np.float32).reshape(1, -1)
        _, (found,) = index.search(asked, depth, params=parameters)
        places: Places = found[found >= 0]
        return places

    def _products(self, query: Vectors, places: Places) -> tuple[Ids, Vectors]:
        """Return ids and exact products of what is still there."""
        near = Part.of(*self._truth(self.ids[np.sort(places)]))
        return near.ids, near.products(query, np.arange(len(near.ids)))

    def _measured(self, random: np.random.Generator) -> Self:
        """Return it with its recall."""
        every, right, known = np.ones(len(self.ids), bool), 0, 0
        for query in self._truth(_some(random, self.ids, TRIED))[1]:
            near, _ = best(10, *self.nearest(query, 10, None, NONE))
            exact, _ = best(10, *self._products(query, self._compared(query, _head(10), every)))
            right += len(np.intersect1d(near, exact))
            known += len(exact)
        kind = replace(self.kind, recall=round(right / max(known, 1), 4))
        return type(self)(self._index, self.ids, kind, self._truth)


def _empty(dimension: int) -> Any:
    """Return an index without vectors, to be trained.

    Components are mixed (a random rotation): each then tells as much as another.
    """
    mixed = -(-dimension // _COMPONENTS) * _COMPONENTS
    rotation = faiss.RandomRotationMatrix(dimension, mixed)
    scan = faiss.IndexPQFastScan(mixed, mixed // _COMPONENTS, 4, faiss.METRIC_INNER_PRODUCT)
    compared = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_6bit, faiss.METRIC_INNER_PRODUCT
    )
    scan.pq.cp.min_points_per_centroid = 1  # no warning
    return faiss.IndexRefine(faiss.IndexPreTransform(rotation, scan), compared)


def _some(random: np.random.Generator, ids: Ids, most: int) -> Ids:
    return ids if len(ids) <= most else np.sort(random.choice(ids, most, replace=False))


def _head(depth: int) -> int:
    """Return how many are read from the truth for the best `depth`."""
    return depth + max(_REFINED, depth // 4)
