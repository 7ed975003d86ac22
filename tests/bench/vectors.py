"""What it costs to search so many vectors, and what of the nearest is found.

They are real ones as far as there are any, and beyond them real ones `moved`.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import TypeVar

import numpy as np

from embeddings.vectors import Ids, VectorIndex, Vectors
from tests.bench.made_up import moved
from tests.bench.report import Figures

DEPTH = 100

_Made = TypeVar("_Made")

_ROWS = 50_000


def vectors(size: int, real: Vectors, questions: Vectors, folder: Path) -> Figures:
    """Return the figures of an index of so many vectors; `folder` takes 1.5 GB for a million.

    Recall is against exact search, `ms` what one search for a hundred takes of one core, `bytes`
    what is kept for a passage, and the others are seconds of one core.
    """
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        path, saved = Path(temporary, "vectors.npy"), Path(temporary, "vectors.faiss")
        exact = _write(real, questions, path, size)
        kept = np.load(path, mmap_mode="r")

        def truth(ids: Ids) -> tuple[Ids, Vectors]:
            return ids, np.ascontiguousarray(kept[ids])

        built, build = _timed(partial(VectorIndex.of, np.arange(size), truth, real.shape[1]))
        _, save = _timed(partial(built.save, saved))
        index, load = _timed(partial(VectorIndex.load, saved, truth))
        searched = [_timed(partial(index.search, question, DEPTH)) for question in questions]
        found = [[id for id, _ in near] for near, _ in searched]
        return {
            "recall_at_10": _recall(found, exact, 10),
            "recall_at_100": _recall(found, exact, DEPTH),
            "ms": 1e3 * median(took for _, took in searched),
            "bytes": saved.stat().st_size / size,
            "build_seconds": build,
            "save_seconds": save,
            "load_seconds": load,
        }


def _recall(found: Sequence[Sequence[int]], exact: Ids, most: int) -> float:
    pairs = zip(found, exact.tolist(), strict=True)
    return mean(len({*near[:most]} & {*best[:most]}) / most for near, best in pairs)


def _timed(call: Callable[[], _Made]) -> tuple[_Made, float]:
    begun = time.process_time()
    return call(), time.process_time() - begun


def _write(real: Vectors, questions: Vectors, path: Path, size: int) -> Ids:
    """Write so many vectors; return the nearest to each question, exactly: int64[n, DEPTH]."""
    random = np.random.default_rng(7)
    kept = np.lib.format.open_memmap(path, "w+", np.float32, (size, real.shape[1]))
    scores = np.full((len(questions), DEPTH), -np.inf, np.float32)
    nearest = np.full((len(questions), DEPTH), -1)
    for start in range(0, size, _ROWS):
        count = min(_ROWS, size - start)
        block = kept[start : start + count]
        block[:] = moved(real, count, random)
        known = max(0, min(len(real) - start, count))
        block[:known] = real[start : start + known]
        both = np.hstack([scores, questions @ block.T])
        ids = np.hstack([nearest, np.tile(np.arange(start, start + count), (len(questions), 1))])
        best = np.argsort(-both, axis=1, kind="stable")[:, :DEPTH]
        scores, nearest = (np.take_along_axis(one, best, 1) for one in (both, ids))
    return nearest
