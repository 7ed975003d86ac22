"""What a rebuild costs beside encoding: reading, cutting, counting, packing, writing, indexing."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from embeddings.encoder import Encoder, Encoding, HalfRead, ModelInfo
from embeddings.models import BUILT_IN
from embeddings.tokens import Role
from qa.corpus import Corpus
from qa.sources import Sweep
from tests.bench.report import Figures


def rebuilding(articles: Sequence[str], encoder: Encoder) -> Figures:
    """Return what a rebuild of the articles at these paths costs beside encoding.

    They are encoded once for what that costs. What it gave is then given again at no cost.

    Returns:
        passages, the CPU milliseconds of encoding one and of all else that is done for it, and
        `share`, the second by the first.
    """
    with TemporaryDirectory() as folder:
        known = _Remembering(encoder)
        corpus = Corpus(Path(folder), lambda _: known, BUILT_IN)
        corpus.add(Sweep(articles))  # libraries are loaded, too
        encoding, count = known.seconds, len(known.known)
        shutil.rmtree(corpus.home / "generations")
        (corpus.home / "current").unlink()
        known.seconds = 0.0
        begun = time.process_time()
        made = Corpus(Path(folder), lambda _: known, BUILT_IN).rebuild()
        beside = time.process_time() - begun - known.seconds
    return {
        "passages": made.passages,
        "encoding_ms": 1e3 * encoding / count,
        "beside_ms": 1e3 * beside / made.passages,
        "share": (beside / made.passages) / (encoding / count),
    }


@dataclass
class _Remembering:
    """Encodes each text once.

    Attributes:
        known: what is made of each text.
        seconds: of CPU that calls took.
    """

    encoder: Encoder
    known: dict[str, Encoding] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def model(self) -> ModelInfo:
        return self.encoder.model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        begun = time.process_time()
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            made = self.encoder.encode(new, role, tokens=tokens, progress=progress)
            for at, text in enumerate(new):
                own = slice(at, at + 1)
                self.known[text] = Encoding(made.vectors[own], made.tokens[own])
        found = [self.known[text] for text in texts]
        vectors = np.concatenate([one.vectors for one in found])
        encoding = Encoding(vectors, tuple(part for one in found for part in one.tokens))
        self.seconds += time.process_time() - begun
        return encoding

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        return self.encoder.read_half(question, passages)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.encoder.count_tokens(texts)
