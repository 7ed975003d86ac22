"""Texts -> vectors: one protocol, served by ONNX Runtime or by sentence-transformers.

What is promised of every encoder is tested of every encoder (tests/embeddings/test_encoder.py).
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.export import Export, export, load
from embeddings.models import (
    BUILT_IN,
    ExportRefused,
    Model,
    ModelUnusable,
    find_model,
    model_folder,
)
from embeddings.tokens import PromptTokenizer, Role, role_prompts

logger = logging.getLogger(__name__)

Runtime = Literal["auto", "onnx", "torch"]
Vectors = NDArray[np.float32]

_WINDOW = 256  # texts on their way at once, between two reports of progress for torch
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

    ONNX Runtime serves the model, exported into `cache` on first use; a model that cannot be
    exported is run by sentence-transformers, 2.6 times as slow (41 passages of 128 tokens per CPU
    second against 16), unless `runtime` says otherwise. `threads` is how many cores a call may
    use, 0 for all.

    Raises:
        ModelUnusable: there is no such model, or it cannot be run as asked.
    """
    model = find_model(name)
    if runtime != "torch":
        try:
            return OnnxEncoder(export(model, cache), threads=threads)
        except ExportRefused as refusal:
            if runtime == "onnx":
                raise
            logger.warning("%s. Running it with sentence-transformers.", refusal)
    return SentenceTransformerEncoder(model, threads=threads)


class OnnxEncoder:
    """Serves an exported model: no torch, one graph for all threads.

    Every text runs alone, on one core, `threads` texts at a time. Activations are quantised with
    one scale for a whole tensor, so in a batch a text's vector would depend on its neighbours
    (measured: down to cosine 0.995), and padding would cost what batching saves. Measured, built-in
    model, passages per CPU second: alone 41 (128 tokens) and 15 (240 on average); in batches of
    512, 4,096 and 16,384 tokens 16, 12 and 9 (240 on average). A query takes 4.4 ms.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        description = Export.read(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = PromptTokenizer(
            Tokenizer.from_file(str(folder / "tokenizer.json")),
            description.prompts,
            description.max_length,
        )
        self._threads = threads or os.cpu_count() or 1
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
        encode = partial(self._encode, role=role, tokens=tokens)
        with ThreadPoolExecutor(self._threads) as pool:
            for start in range(0, len(texts), _WINDOW):
                results = pool.map(encode, texts[start : start + _WINDOW])
                for position, (vector, part) in enumerate(results, start):
                    vectors[position] = vector
                    if part:
                        parts.append(part)
                    if progress:
                        progress(1)
        return Encoding(vectors, tuple(parts))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes as a passage, beside prefix and specials."""
        return self._tokenizer.count(texts)

    def _encode(self, text: str, role: Role, tokens: bool) -> tuple[Vectors, TokenVectors | None]:
        """Return one text's vector, and its tokens' if wanted."""
        (encoded,) = self._tokenizer.encode([text], role)
        ids = np.array([self._tokenizer.ids(encoded)], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        if not tokens:
            return self._session.run(["sentence_embedding"], inputs)[0][0], None
        pooled, rows = self._session.run(["sentence_embedding", "token_embeddings"], inputs)
        own, spans = self._tokenizer.spans(encoded, role)
        return pooled[0], TokenVectors(_unit(rows[0, own]), spans)


class SentenceTransformerEncoder:
    """Runs any sentence-transformers model, with torch."""

    def __init__(self, model: Model, *, threads: int = 0) -> None:
        with model_folder(model) as folder:
            self._transformer = load(folder)
        self._lock = Lock()  # its tokenizer is set up anew for every batch, for all threads
        if threads:
            import torch

            torch.set_num_threads(threads)
        self._tokenizer = PromptTokenizer(
            _fast_tokenizer(self._transformer.tokenizer, model.name),
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
        for start in range(0, len(texts), _WINDOW):
            window = texts[start : start + _WINDOW]
            features = self._features(window, role)
            for row, item in enumerate(features, start):
                vectors[row] = item["sentence_embedding"].numpy()
            if tokens:
                parts += self._token_vectors(window, role, features)
            if progress:
                progress(len(window))
        return Encoding(_unit(vectors), tuple(parts))

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
