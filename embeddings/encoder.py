"""Texts -> vectors: one protocol, served by OpenVINO or by sentence-transformers.

What is promised of every encoder is tested of every encoder (tests/embeddings/test_encoder.py).
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.batches import Batches
from embeddings.export import Export, export, load, open_tokenizer
from embeddings.graph import Graph, Output, Vectors
from embeddings.models import (
    BUILT_IN,
    ExportRefused,
    Model,
    ModelUnusable,
    find_model,
    model_folder,
)
from embeddings.tokens import (
    PromptTokenizer,
    Role,
    Tokens,
    WholeVocabulary,
    role_prompts,
    special_tokens,
)

logger = logging.getLogger(__name__)

Runtime = Literal["auto", "openvino", "torch"]

_Item = TypeVar("_Item")

_TORCH_WINDOW = 256  # texts between two reports of progress
_WINDOW = 64  # texts sorted by length together
_FEW = 16  # texts; a question and the sentences read for it are fewer, a rebuild's calls more
_UNLIMITED = 2**20  # tokens; what is said of a model that reads texts of any length


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model an encoder runs.

    Attributes:
        name: as it was asked for.
        fingerprint: differs wherever vectors may differ, so also between the ways to run one model.
        dimension: of its vectors.
        max_tokens: a passage of up to so many tokens, as `count_tokens` counts, is read whole; of
            a longer text the end is not seen.
    """

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """One text, token by token; what the model adds (prefix, special tokens) is left out.

    Attributes:
        vectors: float32[t, dim], unit rows.
        spans: int32[t, 2], half-open code point offsets of the tokens into the text as given.
    """

    vectors: Vectors
    spans: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class HalfRead:
    """One text as the layer in the model's middle leaves it; what the model adds is there too.

    Attributes:
        rows: float32[t, dim], one for each token.
        spans: int32[t, 2], half-open code point offsets of the tokens into the text as given, (-1,
            -1) for what the model adds.
    """

    rows: Vectors
    spans: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """Texts as vectors.

    Attributes:
        vectors: float32[n, dim], unit rows, in the order of the texts.
        tokens: one item for each text if they were asked for, else empty.
    """

    vectors: Vectors
    tokens: tuple[TokenVectors, ...]


class Encoder(Protocol):
    """Turns texts into vectors, close where the texts say alike; threads may share one."""

    @property
    def model(self) -> ModelInfo:
        """Return which model this is."""
        ...

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        """Return the vectors of `texts`, read as queries or as passages.

        `progress` is called with the number of texts finished since it was last called.
        """
        ...

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        """Return the question and then the passages, each half read, in half the time of `encode`.

        Nothing is returned by an encoder that cannot tell.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes as a passage, beside prefix and specials."""
        ...


def open_encoder(
    name: str = BUILT_IN,
    *,
    cache: Path,
    threads: int = 0,
    runtime: Runtime = "auto",
) -> Encoder:
    """Return the encoder of the model called `name`.

    OpenVINO serves the model, exported into `cache` on first use; a model that cannot be exported
    is run by sentence-transformers, 4.5 times as slow, unless `runtime` says otherwise. `threads`
    is how many cores the encoder may use, 0 for all.

    Raises:
        ModelUnusable: there is no such model, or it cannot be run as asked.
    """
    model = find_model(name)
    if runtime != "torch":
        try:
            return ExportedEncoder(export(model, cache), threads=threads)
        except ExportRefused as refusal:
            if runtime == "openvino":
                raise
            logger.warning("%s. Running it with sentence-transformers.", refusal)
    return SentenceTransformerEncoder(model, threads=threads)


class ExportedEncoder:
    """Serves an exported model: no torch, one graph for all threads, which share its batches.

    Measured, built-in model, processor with AMX, passages of 241 tokens on average per CPU second:
    25, sentence-transformers in float32 5.4; cosine between the two .99998 at least. A text alone
    and among others has the same vector up to cosine .999999.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        description = Export.read(folder)
        threads = threads or os.cpu_count() or 1
        graph = Graph(folder, max_length=description.max_length, threads=threads)
        self._batches = Batches(graph.run, threads)
        self._tokenizer = open_tokenizer(folder)
        self._model = ModelInfo(
            name=description.name,
            fingerprint=description.fingerprint,
            dimension=description.dimension,
            max_tokens=self._tokenizer.max_tokens,
        )

    @property
    def model(self) -> ModelInfo:
        """Return which model this is."""
        return self._model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        """Return the vectors of `texts`, read as queries or as passages."""
        vectors = np.empty((len(texts), self._model.dimension), dtype=np.float32)
        parts: list[TokenVectors] = []
        urgent = len(texts) <= _FEW
        starts = range(0, len(texts), _WINDOW)
        windows = (self._submit(texts[x : x + _WINDOW], role, urgent) for x in starts)
        # A window's results are awaited when the next is on its way: no core runs out of work.
        for start, window in zip(starts, _one_ahead(windows), strict=True):
            encoded, finished = window
            whole = dict[int, Vectors]()
            for place, output in finished:
                vectors[start + place], whole[place] = output.vector, output.tokens
                if progress:
                    progress(1)
            if tokens:
                parts += [self._part(encoded[x], whole[x], role) for x in range(len(encoded))]
        return Encoding(vectors, tuple(parts))

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        """Return the question and then the passages, each half read."""
        roles: list[Role] = ["query"]
        roles += ["passage"] * len(passages)
        texts = [question, *passages]
        encoded = [
            self._tokenizer.encode([text], role)[0] for text, role in zip(texts, roles, strict=True)
        ]
        ids = [self._tokenizer.ids(item) for item in encoded]
        rows = {
            place: output.tokens
            for place, output in self._batches.submit(ids, urgent=True, half=True)
        }
        return [self._half(encoded[x], rows[x], role) for x, role in enumerate(roles)]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes as a passage, beside prefix and specials."""
        return self._tokenizer.count(texts)

    def _submit(
        self, texts: Sequence[str], role: Role, urgent: bool
    ) -> tuple[list[Tokens], Iterator[tuple[int, Output]]]:
        """Send texts on their way; return their tokens, and what will come of them."""
        encoded = self._tokenizer.encode(texts, role)
        ids = [self._tokenizer.ids(item) for item in encoded]
        return encoded, self._batches.submit(ids, urgent=urgent)

    def _part(self, encoded: Tokens, rows: Vectors, role: Role) -> TokenVectors:
        own, spans = self._tokenizer.spans(encoded, role)
        return TokenVectors(_unit(rows[own]), spans)

    def _half(self, encoded: Tokens, rows: Vectors, role: Role) -> HalfRead:
        own, spans = self._tokenizer.spans(encoded, role)
        everywhere = np.full((len(rows), 2), -1, np.int32)
        everywhere[own] = spans
        return HalfRead(rows, everywhere)


class SentenceTransformerEncoder:
    """Runs any sentence-transformers model, with torch."""

    def __init__(self, model: Model, *, threads: int = 0) -> None:
        with model_folder(model) as folder:
            self._transformer = load(folder)
        self._lock = Lock()  # its tokenizer is set up anew for every batch, for all threads
        if threads:
            import torch

            torch.set_num_threads(threads)
        tokenizer = _fast_tokenizer(self._transformer.tokenizer, model.name)
        self._tokenizer = PromptTokenizer(
            WholeVocabulary(tokenizer),
            special_tokens(tokenizer),
            role_prompts(self._transformer.prompts),
            int(min(self._transformer.max_seq_length or _UNLIMITED, _UNLIMITED)),
        )
        self._model = ModelInfo(
            name=model.name,
            fingerprint=f"{model.fingerprint}-torch",
            dimension=int(self._transformer.get_embedding_dimension() or 0),
            max_tokens=self._tokenizer.max_tokens,
        )

    @property
    def model(self) -> ModelInfo:
        """Return which model this is."""
        return self._model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        """Return the vectors of `texts`, read as queries or as passages."""
        vectors = np.empty((len(texts), self._model.dimension), dtype=np.float32)
        parts: list[TokenVectors] = []
        for start in range(0, len(texts), _TORCH_WINDOW):
            window = texts[start : start + _TORCH_WINDOW]
            features = self._features(window, role)
            for row, item in enumerate(features, start):
                vectors[row] = item["sentence_embedding"].numpy()
            if tokens:
                parts += self._token_vectors(window, role, features)
            if progress:
                progress(len(window))
        return Encoding(_unit(vectors), tuple(parts))

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:  # noqa: ARG002
        """Return nothing: the original tells of no layer but the last."""
        return []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes as a passage, beside prefix and specials."""
        return self._tokenizer.count(texts)

    def _features(self, texts: Sequence[str], role: Role) -> list[dict[str, Any]]:
        """Return everything the model says of each text."""
        transformer = self._transformer
        encode = transformer.encode_query if role == "query" else transformer.encode_document
        prompt = role_prompts(transformer.prompts)[role]
        with self._lock:
            features: Any = encode(
                list(texts), prompt=prompt, output_value=None, show_progress_bar=False
            )
        return list(features)

    def _token_vectors(
        self, texts: Sequence[str], role: Role, features: list[dict[str, Any]]
    ) -> Iterator[TokenVectors]:
        encoded = self._tokenizer.encode(texts, role)
        for item, feature in zip(encoded, features, strict=True):
            rows = feature["token_embeddings"][feature["attention_mask"].bool()].numpy()
            if len(rows) != len(self._tokenizer.ids(item)):
                reason = "it does not give one vector for each token of its tokenizer"
                raise ModelUnusable(self._model.name, reason)
            own, spans = self._tokenizer.spans(item, role)
            yield TokenVectors(_unit(rows[own]), spans)


def _one_ahead(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield the items, each when the next has been made."""
    waiting: list[_Item] = []
    for item in items:
        yield from waiting
        waiting = [item]
    yield from waiting


def _unit(rows: Vectors) -> Vectors:
    """Return the rows at length one."""
    lengths: Vectors = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def _fast_tokenizer(tokenizer: Any, name: str) -> Tokenizer:
    """Return a copy of the tokenizer inside a model's tokenizer."""
    inner = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not isinstance(inner, Tokenizer):
        raise ModelUnusable(name, "it has no tokenizer.json, by which passages are cut to its size")
    return Tokenizer.from_str(inner.to_str())
