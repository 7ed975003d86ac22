"""Token vectors of a question and of texts -> which part of a text answers, and in which words.

A small network reads them (qa/training/network.py), which was trained for one encoder: it needs no
pass of the encoder over a text whose token vectors are kept. A reader is two files, `NAME.onnx` and
`NAME.json` (the fields of `Card`).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.graph import TILE, open_graph
from embeddings.late import unpack
from embeddings.models import ModelUnusable
from embeddings.vectors import Vectors

BUILT_IN = Path(__file__).parent / "reader.onnx"

LONGEST = 30
"""Tokens of the words that answer, at most."""

MOST_TOKENS = 192
"""Of a text that are read, pooled or not."""

MOST_ASKED = 64
"""Tokens of a question that are read."""

Rows = NDArray[np.float32]

_REMEDY = "put both of its files back, or name another reader, or none"


class ReaderUnusable(ModelUnusable):
    """A reader cannot be used; `path` is the file that says so, `reason` has the remedy."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file, and what is wrong with it."""
        super().__init__(str(path), reason)
        self.path = path


@dataclass(frozen=True, slots=True)
class Card:
    """What must be known of a reader.

    Attributes:
        encoder: the fingerprint of the encoder whose token vectors it reads.
        sha256: of the file of the graph.
        command: that made it.
    """

    encoder: str
    sha256: str
    command: str

    @classmethod
    def read(cls, graph: Path) -> "Card":
        """Return the card of the reader whose graph this is.

        Raises:
            ReaderUnusable: there is none, or it says something else.
        """
        path = graph.with_suffix(".json")
        try:
            told = json.loads(path.read_text("utf-8"))
            return cls(**{field.name: str(told[field.name]) for field in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"it does not describe a reader ({error!r}); {_REMEDY}"
            raise ReaderUnusable(path, reason) from error


class Words(NamedTuple):
    """The run of tokens that answers best, and how sure that is beside all other runs, 0 to 1."""

    first: int
    last: int
    sure: float


class Reader:
    """A trained reader; threads may share it, and take turns."""

    def __init__(self, graph: Path, cache: Path, threads: int = 0) -> None:
        """Open the reader whose graph this is; what is made of it for this processor is cached.

        Raises:
            ReaderUnusable: a file is missing, or is not what the card says.
        """
        self.card = Card.read(graph)
        try:
            digest = sha256(graph.read_bytes()).hexdigest()
        except OSError as error:
            raise ReaderUnusable(graph, f"it cannot be read ({error}); {_REMEDY}") from error
        if digest != self.card.sha256:
            reason = f"it is not the file that its card describes; {_REMEDY}"
            raise ReaderUnusable(graph, reason)
        try:
            threads = threads or os.cpu_count() or 1
            compiled, self._weights = open_graph(graph, cache / f"reader-{digest[:16]}", threads, 1)
        except RuntimeError as error:
            reason = f"it is no graph that runs here ({error}); {_REMEDY}"
            raise ReaderUnusable(graph, reason) from error
        self._request: Any = compiled.create_infer_request()
        self._lock = Lock()

    def parts(
        self, question: Vectors, packed: Sequence[bytes], found: Sequence[float]
    ) -> list[Rows]:
        """Return how well each part of the packed texts answers, but for the one in front.

        Args:
            question: float32[t, dim], the question's tokens.
            packed: texts as embeddings/late.py packs them.
            found: how well each was found, the score of its passage.

        Returns:
            For each text float32[parts - 1]: logits that it answers, against 0 for nothing here
            does. Where tokens are missing or too many, its least.
        """
        if not packed:
            return []
        texts = [unpack(one) for one in packed]
        counts = [len(text.counts) - 1 for text in texts]
        if not len(question) or not any(text.counts[1:].any() for text in texts):
            return [np.full(count, _LEAST, np.float32) for count in counts]
        rows = [text.rows[:MOST_TOKENS] for text in texts]
        part = [np.repeat(np.arange(len(text.counts)), text.counts) for text in texts]
        answers, _ = self._run(question, rows, part, max(counts), found)
        for own, text in zip(answers, texts, strict=True):
            read = np.minimum(np.cumsum(text.counts), MOST_TOKENS)
            own[: len(read) - 1][np.diff(read) == 0] = _LEAST
        return [own[:count] for own, count in zip(answers, counts, strict=True)]

    def words(self, question: Vectors, texts: Sequence[Vectors]) -> list[Words | None]:
        """Return which tokens of each text, float32[n, dim], answer; None of an empty one."""
        told: list[Words | None] = [None] * len(texts)
        filled = [at for at, rows in enumerate(texts) if len(rows)]
        if filled and len(question):
            rows = [texts[at][:MOST_TOKENS] for at in filled]
            part = [np.ones(len(one), np.int64) for one in rows]
            _, edges = self._run(question, rows, part, 1, [0.0] * len(rows))
            for at, own, edge in zip(filled, rows, edges, strict=True):
                told[at] = _run_of(edge[: len(own)])
        return told

    def _run(
        self,
        question: Vectors,
        rows: Sequence[Vectors],
        part: Sequence[NDArray[Any]],
        parts: int,
        found: Sequence[float],
    ) -> tuple[Rows, Rows]:
        longest, width = -(-max(map(len, rows)) // TILE) * TILE, question.shape[1]
        text = np.zeros((len(rows), longest, width), np.float32)
        places = np.full((len(rows), longest), -1, np.int64)
        for at, (own, place) in enumerate(zip(rows, part, strict=True)):
            text[at, : len(own)] = own.reshape(-1, width)  # what has no token has no width
            places[at, : len(own)] = place[: len(own)]
        inputs = {
            "question": np.ascontiguousarray(question[:MOST_ASKED], np.float32),
            "text": text,
            "part": places,
            "parts": np.arange(1, parts + 1),
            "found": np.array(found, np.float32),
        }
        with self._lock:
            self._request.infer(inputs, share_inputs=True, share_outputs=True)
            answers, edges = (
                self._request.get_tensor(name).data.copy() for name in ("answers", "edges")
            )
        return answers, edges


_LEAST = -20.0


def _run_of(edges: Rows) -> Words:
    """Return the likeliest run of at most LONGEST tokens, given the logits of its two ends."""
    together = edges[:, :1] + edges[None, :, 1]
    there = np.tri(len(edges), dtype=bool).T & np.tri(len(edges), k=LONGEST - 1, dtype=bool)
    chances = np.exp(np.where(there, together - together[there].max(), -np.inf))
    first, last = divmod(int(chances.argmax()), len(edges))
    return Words(first, last, float(chances[first, last] / chances.sum()))
