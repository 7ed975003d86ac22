"""A question and texts, half read by an encoder -> which of the texts answer, and in which words.

A network goes on from where the encoder's lower layers leave both (qa/training/network.py): it was
trained for one encoder. A reader is two files, `NAME.onnx` and `NAME.json` (the fields of `Card`).
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

from embeddings.encoder import HalfRead
from embeddings.graph import TILE, open_graph
from embeddings.models import ModelUnusable

BUILT_IN = Path(__file__).parent / "reader.onnx"

LONGEST = 30
"""Tokens of the words that answer, at most."""

MOST_TOKENS = 160
"""Of a text that are read."""

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
        encoder: the fingerprint of the encoder whose texts it goes on to read.
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
    """A run of words, as code points of the text, and how sure it is beside all others, 0 to 1."""

    start: int
    end: int
    sure: float

    def behind(self, start: int) -> "Words":
        """Return the same words of the text behind `start`."""
        return Words(self.start - start, self.end - start, self.sure)


class Reading(NamedTuple):
    """What a reader says of a text.

    Attributes:
        logit: that it answers, against 0 for "nothing here does".
        words: those that answer best; None of a text without tokens.
    """

    logit: float
    words: Words | None


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
        if {name for port in compiled.inputs for name in port.names} != _INPUTS:
            raise ReaderUnusable(graph, f"it reads something else than is read here; {_REMEDY}")
        self._request: Any = compiled.create_infer_request()
        self._lock = Lock()

    def read(
        self, question: HalfRead, texts: Sequence[HalfRead], starts: Sequence[int]
    ) -> list[Reading]:
        """Return what is said of each text from its start on: what stands in front is only read."""
        told = [_NOTHING] * len(texts)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at].rows))
        for at in range(0, len(order), _TOGETHER):
            some = order[at : at + _TOGETHER]
            own = [_own(texts[x], starts[x]) for x in some]
            answers, edges = self._run(question, [texts[x] for x in some], own)
            for x, part, answer, edge in zip(some, own, answers, edges, strict=True):
                told[x] = _reading(texts[x], starts[x], part, float(answer), edge)
        return told

    def _run(
        self, question: HalfRead, texts: Sequence[HalfRead], own: Sequence[NDArray[Any]]
    ) -> tuple[Rows, Rows]:
        asked = question.rows[:MOST_ASKED]
        width = asked.shape[1]
        # Few shapes: for each the graph is made ready anew, and that is kept.
        inputs = {
            "question": np.zeros((_whole(len(asked)), width), np.float32),
            "asked": np.arange(_whole(len(asked))) < len(asked),
            "text": np.zeros((len(texts), _whole(max(map(len, own))), width), np.float32),
            "part": np.full((len(texts), _whole(max(map(len, own)))), -1, np.int64),
        }
        inputs["question"][: len(asked)] = asked
        for at, (text, part) in enumerate(zip(texts, own, strict=True)):
            inputs["text"][at, : len(part)] = text.rows[: len(part)]
            inputs["part"][at, : len(part)] = part
        with self._lock:
            self._request.infer(inputs, share_inputs=True, share_outputs=True)
            answers, edges = (
                self._request.get_tensor(name).data.copy() for name in ("answers", "edges")
            )
        return answers, edges


_INPUTS = {"question", "asked", "text", "part"}

_NOTHING = Reading(-20.0, None)

_TOGETHER = 4  # texts that are alike in length


def _whole(length: int) -> int:
    return -(-length // TILE) * TILE


def _own(text: HalfRead, start: int) -> NDArray[np.bool_]:
    """Return which of the tokens that are read are of what begins at `start`."""
    own: NDArray[np.bool_] = text.spans[:MOST_TOKENS, 1] > start
    return own


def _reading(
    text: HalfRead, start: int, own: NDArray[np.bool_], answer: float, edges: Rows
) -> Reading:
    places = np.flatnonzero(own)
    if not len(places):
        return _NOTHING
    first, last, sure = best_run(edges[places])
    spans = text.spans[places]
    return Reading(answer, Words(max(int(spans[first, 0]), start), int(spans[last, 1]), sure))


def best_run(edges: Rows) -> tuple[int, int, float]:
    """Return the likeliest run of at most LONGEST tokens, given the logits of its two ends.

    Args:
        edges: float32[t, 2].

    Returns:
        Its first and its last token, and how likely it is, beside all other runs.
    """
    together = edges[:, :1] + edges[None, :, 1]
    there = np.tri(len(edges), dtype=bool).T & np.tri(len(edges), k=LONGEST - 1, dtype=bool)
    chances = np.exp(np.where(there, together - together[there].max(), -np.inf))
    first, last = divmod(int(chances.argmax()), len(edges))
    return first, last, float(chances[first, last] / chances.sum())
