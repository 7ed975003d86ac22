"""A great many vectors, in two bits or six a component, to the nearest of them.

Vectors lie in lists of what is alike. A scan of the sketches (product quantisation at four bits:
Jégou, Douze and Schmid 2011; André, Kermarrec and Le Scouarnec 2017) in the lists that are nearest
to a question tells which vectors may be the nearest, what is kept at six bits a component which of
these are, and the last few are read from where they are kept in full, the truth, and compared
exactly.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from embeddings.exact import NONE, Ids, Part, Places, Vectors, best, find

Truth = Callable[[Ids], tuple[Ids, Vectors]]
"""Ids, ascending, to those that are there, ascending, and their vectors, float32[n, dim]."""

LISTS = 2_048
"""Lists of what is alike, of many vectors."""

SCANNED, SHARE = 150_000, 0.15
"""Vectors whose sketches are scanned: about so many, and this share at least. As 300 questions to
news are served, of a million vectors .998 of the ten and .983 to .987 of the hundred nearest are
found, of 100,000, all of which are scanned, 1.000 and .979. Real ones were 20,000 to 40,943, beyond
them the same moved a little. Where 73 % of the ten nearest were remnants of pages, which are near
to every question and in any list, .996 were found, and .927 with lists that were trained otherwise.
"""

LENGTH = 9.0
"""How long a question is made before lists are ranked by their distance from it, in lengths of
their middles. If it is short, wide lists come too late, in whose outskirts the nearest may be: of a
million's 1,024 lists 32 held .939 of the ten for 3 lengths, .977 for 7.5 and .976 for 12.
"""

HEAD = 1_000
"""Vectors that are looked at after the scan, and BESIDE as many as are asked for at least."""

BESIDE = 12

MOST = 8
"""Times as many are looked at where not all are allowed; where that is not enough, all that are
allowed are compared by six bits a component."""

FEW = 500
"""Where no more are allowed they are read and compared at once."""

TRIED = 50
"""Vectors that the recall is measured by."""

_SAMPLE = 60_000  # to train on: 92 MB
_TOLD = 128  # vectors in a list, at least, where there are fewer than LISTS
_SIZE = 4  # bytes
_ROWS = 10_000  # read at a time: 15 MB
_COMPONENTS = 2  # told by four bits
_LEAST = 1e-9  # a length that is none
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
        self._lists = int(_listed(index).nlist)
        self._length = LENGTH * _middle(index)
        self._truth = truth

    @classmethod
    def of(cls, ids: Ids, truth: Truth, dimension: int) -> Self:
        """Return the vectors under these ids, ascending; one that is gone is left out."""
        faiss.omp_set_num_threads(1)
        random = np.random.default_rng(len(ids))
        index = _empty(dimension, min(LISTS, max(len(ids) // _TOLD, 1)))
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
            return self._scanned(query, min(self._enough(depth), len(self.ids)), _head(depth), 1)
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
            more = len(self.ids) / count
            found = self._scanned(query, head, math.ceil(2 * _head(depth) * more), more)
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
        return max(HEAD, BESIDE * depth)

    def _scanned(self, query: Vectors, head: int, depth: int, wider: float) -> Places:
        """Return the `depth` nearest by six bits of the `head` nearest by sketch, best first.

        `wider` times as many lists are looked into as where all vectors are wanted.
        """
        depth = min(depth, head)
        share = wider * max(SHARE, SCANNED / len(self.ids))
        # Parameters keep bare pointers to each other: all live until this returns.
        lists = faiss.IVFSearchParameters()
        lists.nprobe = min(math.ceil(share * self._lists), self._lists)
        mixed = faiss.SearchParametersPreTransform()
        mixed.index_params = lists
        parameters = faiss.IndexRefineSearchParameters()
        parameters.k_factor = head / depth
        parameters.base_index_params = mixed
        longer = self._length / max(float(np.linalg.norm(query)), _LEAST)
        return self._found(self._index, query * longer, depth, parameters)

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


def sketched(index: Any) -> bool:
    """Say whether an index of FAISS that refines another is as it is made here."""
    return isinstance(_listed(index), faiss.IndexIVFPQFastScan)


def _listed(index: Any) -> Any:
    """Return the lists of an index that refines them."""
    base = faiss.downcast_index(index.base_index)
    return faiss.downcast_index(base.index) if isinstance(base, faiss.IndexPreTransform) else base


def _middle(index: Any) -> float:
    """Return how long the middles of the lists are, on average."""
    lists = _listed(index)
    middles: Any = faiss.downcast_index(lists.quantizer)
    rows = faiss.rev_swig_ptr(middles.get_xb(), lists.nlist * lists.d).reshape(-1, lists.d)
    return float(np.linalg.norm(rows, axis=1).mean())


def _empty(dimension: int, lists: int) -> Any:
    """Return an index without vectors, to be trained.

    Components are mixed (a random rotation): each then tells as much as another.
    """
    mixed = -(-dimension // _COMPONENTS) * _COMPONENTS
    rotation = faiss.RandomRotationMatrix(dimension, mixed)
    scan = faiss.IndexIVFPQFastScan(
        faiss.IndexFlatL2(mixed), mixed, lists, mixed // _COMPONENTS, 4, faiss.METRIC_INNER_PRODUCT
    )
    scan.by_residual = False  # one table of products serves all lists
    scan.cp.spherical = False
    scan.cp.min_points_per_centroid = scan.pq.cp.min_points_per_centroid = 1  # no warning
    compared = faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_6bit, faiss.METRIC_INNER_PRODUCT
    )
    return faiss.IndexRefine(faiss.IndexPreTransform(rotation, scan), compared)


def _some(random: np.random.Generator, ids: Ids, most: int) -> Ids:
    return ids if len(ids) <= most else np.sort(random.choice(ids, most, replace=False))


def _head(depth: int) -> int:
    """Return how many are read from the truth for the best `depth`."""
    return depth + max(_REFINED, depth // 4)
