"""A shard's articles to the vectors of their passages, one Parquet file: the work of one core.

The same articles, model and kind of processor make the same bytes, whoever makes them: the encoder
is given the texts a few at a time, always the same few, and has one thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.encoder import Encoder
from embeddings.models import ModelUnusable
from qa.embedding import Batch, cut
from qa.errors import IndexUnusable, NewsqaError
from qa.shards.dealing import items_of
from qa.shards.manifest import AGAIN, FORMAT, Shard, ShardSet
from qa.store import Change, Draft, Embedding
from qa.written import written

TEXTS = 64
"""Passages that the encoder is given at a time: what it sorts by length and batches together. Given
more it begins the next before it is done with these, and how they are batched, and so the last bits
of a vector, depend on when."""

OpenEncoder = Callable[[str], Encoder]
"""Turns a model's name into an encoder with one thread; importable by name, so that other processes
can."""

_Metadata = dict[bytes, bytes]


def embed_shard(folder: Path, name: str, open_encoder: OpenEncoder) -> int:
    """Embed the shard of this name, unless it is; return how many different texts it has.

    The file has its name once it is whole.

    Raises:
        NewsqaError: its input is damaged, the model is not here, or pyarrow is not installed.
        IndexUnusable: the model is another here than where the articles were dealt.
        HomeUnusable: it cannot be written.
    """
    about = ShardSet.read(folder)
    shard = about.shard(name)
    if (done := _passages(folder, about, shard)) is not None:
        return done
    try:
        encoder = opened(open_encoder, about.model)
    except ModelUnusable as error:
        raise NewsqaError(str(error)) from error  # that one does not go from process to process
    if encoder.model.fingerprint != about.fingerprint:
        raise IndexUnusable(
            f"{folder}: to be embedded by the model {about.model} ({about.fingerprint}), which is"
            f" another here ({encoder.model.fingerprint}); install the same newsqa and model on"
            " every machine"
        )
    embeddings = _embedded(folder, shard, encoder, about.token_vectors)
    _write(folder, about, shard, embeddings)
    return len(embeddings)


@lru_cache(1)
def opened(open_encoder: OpenEncoder, model: str) -> Encoder:
    """Return the encoder of this process, which embeds many shards."""
    return open_encoder(model)


def missing(folder: Path, about: ShardSet) -> list[Shard]:
    """Return the shards that are not embedded: no whole file is there of this input and model."""
    return [shard for shard in about.shards if _passages(folder, about, shard) is None]


def finished(folder: Path, about: ShardSet) -> ShardSet:
    """Write into the manifest how many passages each shard has, and return it."""
    made = replace(
        about,
        shards=tuple(
            replace(shard, passages=_passages(folder, about, shard)) for shard in about.shards
        ),
    )
    made.write(folder)
    return made


def read_vectors(folder: Path, about: ShardSet, shard: Shard) -> Mapping[bytes, Embedding]:
    """Return what was made of the passages of a shard, by the sha256 of the embedded text.

    Raises:
        NewsqaError: the file is missing, damaged, or of another input or model.
    """
    parquet, path = import_parquet(), _file(folder, shard)
    if _passages(folder, about, shard) is None:
        raise NewsqaError(f"{path}: missing, damaged or of other articles; {AGAIN}")
    try:
        table = parquet.read_table(path, page_checksum_verification=True)
    except (OSError, ValueError) as error:
        raise NewsqaError(f"{path}: damaged; delete it: {AGAIN}") from error
    flat = table["vector"].combine_chunks().flatten()
    vectors = flat.to_numpy().reshape(-1, about.dimension)
    digests = table["digest"].to_pylist()
    tokens = table["tokens"].to_pylist() if about.token_vectors else [b""] * len(digests)
    return dict(zip(digests, map(Embedding, vectors, tokens), strict=True))


def digest_of(text: str) -> bytes:
    """Return by what an embedded text is known."""
    return sha256(text.encode()).digest()


def import_parquet() -> Any:
    """Return what reads and writes Parquet.

    Raises:
        NewsqaError: it is not installed.
    """
    try:
        from pyarrow import parquet  # of an extra, and a fifth of a second
    except ImportError as error:
        raise NewsqaError(
            "what reads and writes shards is not installed: pip install 'newsqa[parquet]'"
        ) from error
    return parquet


def _embedded(
    folder: Path, shard: Shard, encoder: Encoder, token_vectors: bool
) -> dict[str, Embedding]:
    """Return the embedding of each text that stands in the passages of a shard."""
    drafts = (item for item in items_of(folder, shard) if isinstance(item, Draft))
    changes = (Change(0, draft.article.id, draft.article) for draft in drafts)
    batch = Batch(encoder, (), token_vectors)
    for change, passages in cut(changes, encoder):
        batch.add(change, passages)
    texts = [text for piece in batch.pieces() for text in piece]
    made: dict[str, Embedding] = {}
    for start in range(0, len(texts), TEXTS):
        made |= batch.encode(texts[start : start + TEXTS])
    return made


def _write(folder: Path, about: ShardSet, shard: Shard, made: Mapping[str, Embedding]) -> None:
    parquet = import_parquet()
    import pyarrow as pa

    vectors = [embedding.vector.astype(np.float32) for embedding in made.values()]
    flat = np.concatenate(vectors) if vectors else np.empty(0, np.float32)
    columns = {
        "digest": pa.array(map(digest_of, made), pa.binary(32)),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(flat), about.dimension),
    }
    if about.token_vectors:
        columns["tokens"] = pa.array((one.tokens for one in made.values()), pa.large_binary())
    table = pa.table(columns, metadata=_metadata(about, shard))
    with written(_file(folder, shard)) as file:
        # Vectors do not get shorter; a sum of each page tells when one is damaged.
        parquet.write_table(
            table, file, compression="none", use_dictionary=False, write_page_checksum=True
        )


def _passages(folder: Path, about: ShardSet, shard: Shard) -> int | None:
    """Return how many rows the file of a shard has; None if it is not of this input and model."""
    parquet = import_parquet()
    try:
        found = parquet.read_metadata(_file(folder, shard))
    except (OSError, ValueError):  # it is not there, or no whole file
        return None
    held: _Metadata = found.metadata or {}
    same = all(held.get(name) == value for name, value in _metadata(about, shard).items())
    return int(found.num_rows) if same else None


def _metadata(about: ShardSet, shard: Shard) -> _Metadata:
    """Return what a file says of itself."""
    return {
        b"newsqa.format": str(FORMAT).encode(),
        b"newsqa.input": shard.digest.encode(),
        b"newsqa.model": about.fingerprint.encode(),
        b"newsqa.token_vectors": str(about.token_vectors).lower().encode(),
    }


def _file(folder: Path, shard: Shard) -> Path:
    return folder / f"{shard.name}.parquet"
