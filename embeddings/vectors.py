"""Vectors under integer ids to their nearest neighbours, kept as suits how many there are."""

import os
import zlib
from pathlib import Path
from typing import BinaryIO, Self

import faiss
import numpy as np

from embeddings.exact import NONE, Exact, Ids, Part, Vectors, best, find
from embeddings.sketches import Kind, Sketches, Truth, sketched

__all__ = ["Ids", "Kind", "Truth", "VectorIndex", "Vectors"]

LARGE = 50_000
"""From so many vectors on they are kept as sketches, down to half as many. In full 50,000 take
96 MB and a search 2 to 3 ms; as sketches 22 MB, and a search of 100,000 takes 2 ms."""

MERGE_AT_LEAST = 1_000
MERGE_AT_MOST = 10_000
"""An index is due to be merged once the changes are a tenth of the sealed part, but at least and at
most so many: who opens it reads the vectors that came since."""

RETRAINED = 4
"""Sketches are made anew once there are so many times as many as there were, or a fifth is gone."""

_BLOCK = 2**20
_CHECKSUM = 4  # bytes


class VectorIndex:
    """An immutable set of vectors; a change returns a new index that shares what stayed.

    A sealed part carries the mass, a small delta what came since, and `gone` the ids of the sealed
    part that were removed. Readers keep searching the index they hold while a writer makes the next
    one, so no lock is needed. The sealed part is exact while there are few vectors. Of many, if
    their `truth` is known, it keeps sketches: what stands under an id must then never change.
    """

    def __init__(
        self,
        sealed: Exact | Sketches,
        delta: Part,
        gone: Ids,
        truth: Truth | None = None,
        settled: int = 0,
    ) -> None:
        self._sealed = sealed
        self._delta = delta
        self._gone = gone
        self._truth = truth
        self._settled = settled  # of those gone, how many were so when it was sealed

    @classmethod
    def empty(cls, dimension: int, truth: Truth | None = None) -> Self:
        """Return an index without vectors."""
        return cls._of(Exact(Part.empty(dimension)), truth)

    @classmethod
    def of(cls, ids: Ids, truth: Truth, dimension: int) -> Self:
        """Return an index of the vectors under these ids, ascending, that are there in truth.

        They are read a block at a time: of a million 400 MB are held.
        """
        if len(ids) < LARGE:
            found, vectors = truth(ids)
            return cls._of(Exact(Part.of(found, vectors.reshape(-1, dimension))), truth)
        return cls._of(Sketches.of(ids, truth, dimension), truth)

    @classmethod
    def load(cls, path: Path, truth: Truth | None = None) -> Self:
        """Return the index that `save` wrote.

        Raises:
            OSError: the file is absent or cannot be read.
            ValueError: it is not as it was written.
        """
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END) - _CHECKSUM
            found = _checksum(file, end)
            if file.read() != found:
                raise ValueError(f"{path}: not as it was written")
        try:
            index = faiss.read_index(str(path))
            if not isinstance(index, faiss.IndexRefine):
                return cls._of(Exact(Part(index)), truth)
            if not sketched(index):
                raise ValueError(f"{path}: sketches as they are no longer made")
            sealed, gone = Sketches.load(index, path, end, truth or _nowhere)
        except RuntimeError as error:  # FAISS opens it again, and it may be gone by then
            raise OSError(f"{path}: cannot be read ({error})") from error
        return cls._of(sealed, truth, gone)

    @classmethod
    def _of(cls, sealed: Exact | Sketches, truth: Truth | None, gone: Ids = NONE) -> Self:
        return cls(sealed, Part.empty(sealed.dimension), gone, truth, len(gone))

    @property
    def dimension(self) -> int:
        """Components of a vector."""
        return self._sealed.dimension

    @property
    def kind(self) -> Kind:
        """The kind of the index, and how it was made."""
        if isinstance(self._sealed, Sketches):
            return self._sealed.kind
        return Kind("exact", len(self._sealed.ids), 1.0)

    @property
    def due(self) -> bool:
        """Whether it should be merged: changes are many, or it is not of the kind for its size."""
        pending = len(self._delta.ids) + len(self._gone) - self._settled
        most = min(MERGE_AT_MOST, len(self._sealed.ids) // 10)
        return pending >= max(MERGE_AT_LEAST, most) or self._outgrown

    @property
    def _outgrown(self) -> bool:
        if isinstance(self._sealed, Exact):
            return self._truth is not None and len(self) >= LARGE
        return len(self) < LARGE // 2

    def __len__(self) -> int:
        """How many vectors can be found."""
        return len(self._sealed.ids) + len(self._delta.ids) - len(self._gone)

    def ids(self) -> Ids:
        """Return all ids, ascending."""
        return np.union1d(np.setdiff1d(self._sealed.ids, self._gone), self._delta.ids)

    def holds(self, ids: Ids, vectors: Vectors) -> bool:
        """Say whether `vectors: float32[n, dim]` stand under these ids, of which it has no delta.

        Of sketches, as far as they tell.
        """
        return self._sealed.holds(ids, vectors)

    def updated(self, ids: Ids, vectors: Vectors, removed: Ids) -> "VectorIndex":
        """Return an index without `removed` and with `vectors: float32[n, dim]` under `ids`.

        An id that is already there is replaced; removing an absent one changes nothing. Nothing is
        merged: that is for who finds it `due`.
        """
        if isinstance(self._sealed, Sketches):  # what has a sketch is as it was
            new = ~np.isin(ids, np.setdiff1d(self._among(ids), self._gone))
            ids, vectors = ids[new], vectors[new]
        leaving = np.union1d(removed, ids)
        gone = np.union1d(self._gone, self._among(leaving))
        staying = self._delta.places(None, leaving)
        delta = Part.of(
            np.concatenate([self._delta.ids[staying], ids]),
            np.concatenate([self._delta.vectors[staying], vectors]),
        )
        return VectorIndex(self._sealed, delta, gone, self._truth, self._settled)

    def _among(self, ids: Ids) -> Ids:
        """Return those of the ids that the sealed part has: to sort a million takes a second."""
        return self._sealed.ids[find(self._sealed.ids, ids)]

    def merged(self) -> "VectorIndex":
        """Return the same vectors as one sealed part, of the kind for so many.

        With sketches it takes a moment: a copy of 400 MB for a million, or 45 s to make them anew.
        """
        changed = bool(len(self._delta.ids)) or len(self._gone) > self._settled
        if self._outgrown:
            ids = self.ids()
            assert self._truth is not None
            return self.of(ids, self._truth, self.dimension)
        if not changed:
            return self
        if isinstance(self._sealed, Sketches):
            return self._following(self._sealed)
        sealed = self._sealed.part
        staying = sealed.places(None, self._gone)
        together = Part.of(
            np.concatenate([sealed.ids[staying], self._delta.ids]),
            np.concatenate([sealed.vectors[staying], self._delta.vectors]),
        )
        return self._of(Exact(together), self._truth)

    def _following(self, sealed: Sketches) -> "VectorIndex":
        assert self._truth is not None
        higher = not len(self._delta.ids) or self._delta.ids[0] > sealed.ids[-1]
        if (
            not higher
            or 5 * len(self._gone) > len(sealed.ids)
            or len(self) > RETRAINED * sealed.kind.vectors
        ):
            return self._of(Sketches.of(self.ids(), self._truth, self.dimension), self._truth)
        made = sealed.followed(self._delta) if len(self._delta.ids) else sealed
        return self._of(made, self._truth, self._gone)

    def search(
        self, query: Vectors, depth: int, allowed: Ids | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `depth` (id, inner product) for `query: float32[dim]`, best first.

        Of equal ones those with the lower ids come first and, where it is exact, are the ones that
        come at all. `allowed` limits the search to these ids, exactly.
        """
        if depth < 1:
            return []
        # A team of threads waits for its last member: on busy cores 16 ms for what takes one 2 ms.
        faiss.omp_set_num_threads(1)
        old, products = self._sealed.nearest(query, depth, allowed, self._gone)
        recent = self._delta.places(allowed, NONE)
        ids, scores = best(
            depth,
            np.concatenate([old, self._delta.ids[recent]]),
            np.concatenate([products, self._delta.products(query, recent)]),
        )
        return list(zip(ids.tolist(), scores.tolist(), strict=True))

    def save(self, path: Path) -> None:
        """Write the index as one file, by a rename at the end: a reader sees the old or the new.

        What is to be merged is merged first.

        Raises:
            OSError: it cannot be written; nothing is left of it.
        """
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        sealed = self.merged()
        try:
            try:
                sealed._sealed.save(partial, sealed._gone)
            except RuntimeError as error:  # of whatever the disk refused
                raise OSError(f"{path}: cannot be written; see whether its disk is full") from error
            with partial.open("r+b") as file:
                file.write(_checksum(file, partial.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _nowhere(_: Ids) -> tuple[Ids, Vectors]:
    raise LookupError("where the vectors are kept in full was not said")


def _checksum(file: BinaryIO, size: int) -> bytes:
    """Return the CRC-32 of the file's first `size` bytes, and leave off behind them.

    154 MB, 100,000 vectors of 384 dimensions, take 0.05 s of the 0.45 that loading them takes.
    """
    file.seek(0)
    found = 0
    for start in range(0, size, _BLOCK):
        found = zlib.crc32(file.read(min(_BLOCK, size - start)), found)
    return found.to_bytes(_CHECKSUM, "little")
