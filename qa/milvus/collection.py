"""The passages of one generation as rows of a Milvus collection, and what is asked of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from embeddings.vectors import Vectors
from qa.errors import EngineUnreachable
from qa.milvus.server import ANSWER_SECONDS, WRITE_SECONDS, Milvus
from qa.types import Filters

MOST = 16_384
"""Rows that Milvus returns at a time."""

BLOCK = 500
"""Rows of a message: 2 MB as a rule, and 35 MB if each had as many words as there is room for. What
Milvus takes is 64 MB."""

LISTED = 5_000
"""Keys that an expression names at a time."""

_NOT_LOADED = 101
"""The code of what Milvus says of it."""

TEXT_BYTES = 65_535
"""Of a VARCHAR, the most that Milvus allows."""

CATEGORIES = 4_096
"""Of an article, likewise."""

_BUILT: Mapping[str, Mapping[str, int]] = {
    "HNSW": {"M": 16, "efConstruction": 200},
    "IVF_SQ8": {"nlist": 1_024},
}

LOOKED_AT = 8
"""Times as many vectors are looked at as are asked for, of an index that does not look at all."""

Row = dict[str, Any]

Moment = int
"""Of the server's clock: an answer counts in all that was written until then; 0 stands for now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows an answer: an expression, empty for none, and the moment it is to know of."""

    expression: str
    since: Moment


class Collection:
    """One generation's rows; `words` says whether they are to hold words."""

    def __init__(self, milvus: Milvus, name: str, *, words: bool) -> None:
        self._milvus = milvus
        self._name = name
        self._words = words

    def properties(self) -> dict[str, str] | None:
        """Return what was noted when it was made, and make ready to answer; None if there is none.

        Whether it has words is then as it was made.
        """
        if self._name not in self._milvus.collections():
            return None
        client = self._milvus.client
        with self._milvus.told():
            made: Any = client.describe_collection(self._name, timeout=ANSWER_SECONDS)
            client.load_collection(self._name, timeout=WRITE_SECONDS)
        self._words = any(field["name"] == "words" for field in made["fields"])
        return dict(made["properties"])

    @property
    def has_words(self) -> bool:
        """Whether its rows hold words."""
        return self._words

    def create(self, dimension: int, properties: Mapping[str, str]) -> None:
        """Make it, with its indexes; nothing if another makes it at the same time."""
        client = self._milvus.client
        try:
            with self._milvus.told():
                client.create_collection(
                    self._name,
                    schema=self._schema(dimension),
                    index_params=self._indexes(),
                    properties=dict(properties),
                    timeout=WRITE_SECONDS,
                )
        except EngineUnreachable:
            if self._name not in self._milvus.collections():
                raise

    def _schema(self, dimension: int) -> Any:
        from pymilvus import DataType, Function, FunctionType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        schema.add_field("day", DataType.INT32)
        schema.add_field("publisher", DataType.INT64)
        schema.add_field("author", DataType.INT64)
        schema.add_field(
            "categories", DataType.ARRAY, element_type=DataType.INT64, max_capacity=CATEGORIES
        )
        if self._words:
            schema.add_field(
                "words",
                DataType.VARCHAR,
                max_length=TEXT_BYTES,
                enable_analyzer=True,
                enable_match=True,
                analyzer_params={"tokenizer": "standard"},
            )
            schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
            schema.add_function(Function("bm25", FunctionType.BM25, ["words"], ["sparse"]))
        return schema

    def _indexes(self) -> Any:
        indexes = self._milvus.client.prepare_index_params()
        kind = self._milvus.address.index
        indexes.add_index(
            "vector", index_type=kind, metric_type="IP", params=dict(_BUILT.get(kind, {}))
        )
        if self._words:
            indexes.add_index(
                "sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params={}
            )
        return indexes

    def upsert(self, rows: Sequence[Row]) -> None:
        """Write rows over those of their keys."""
        client = self._milvus.client
        for start in range(0, len(rows), BLOCK):
            with self._milvus.told():
                client.upsert(self._name, rows[start : start + BLOCK], timeout=WRITE_SECONDS)

    def delete(self, keys: Sequence[int]) -> None:
        """Delete the rows of these keys, of those there are."""
        client = self._milvus.client
        for start in range(0, len(keys), LISTED):
            some = list(keys[start : start + LISTED])
            with self._milvus.told():
                client.delete(self._name, ids=some, timeout=WRITE_SECONDS)

    def flush(self) -> None:
        """Have what was written lately kept and indexed as the rest is."""
        client = self._milvus.client
        with self._milvus.told():
            client.flush(self._name, timeout=WRITE_SECONDS)

    def clear(self) -> None:
        """Delete all rows."""
        client = self._milvus.client
        with self._milvus.told():
            client.delete(self._name, filter="key >= 0", timeout=WRITE_SECONDS)

    def count(self, asked: Asked) -> int:
        """Return how many rows there are that it lets through."""
        return int(self._query(asked, ["count(*)"])[0]["count(*)"])

    def keys(self, asked: Asked, most: int) -> list[int]:
        """Return the keys of up to `most` rows, ascending."""
        rows = self._query(asked, ["key"], limit=min(most, MOST))
        return sorted(int(row["key"]) for row in rows)

    def documents(self, asked: Asked, most: int) -> dict[int, str]:
        """Return the words of up to `most` rows by key."""
        rows = self._query(asked, ["key", "words"], limit=min(most, MOST))
        return {int(row["key"]): str(row["words"]) for row in rows}

    def nearest(self, vector: Vectors, depth: int, asked: Asked) -> list[tuple[int, float]]:
        """Return up to `depth` keys by their cosine to a unit vector, float32[dimension]."""
        limit = min(depth, MOST)
        looked = LOOKED_AT * max(limit, 128)
        params = {
            "HNSW": {"ef": min(looked, 2 * MOST)},
            "IVF_SQ8": {"nprobe": 256},
            "DISKANN": {"search_list": min(looked, 4 * MOST)},
        }.get(self._milvus.address.index, {})
        hits = self._search(
            vector, limit, asked, anns_field="vector", search_params={"params": params}
        )
        return [(hit.id, float(hit.distance)) for hit in hits]

    def saying(self, text: str, depth: int, asked: Asked) -> dict[int, str]:
        """Return the words of the `depth` rows that Milvus finds best by BM25, by key."""
        hits = self._search(
            text, min(depth, MOST), asked, anns_field="sparse", output_fields=["words"]
        )
        return {hit.id: str(hit["entity"]["words"]) for hit in hits}

    def _loaded(self, ask: Callable[..., Any], *given: Any, **how: Any) -> Any:
        """Return what it answers, loading what was released or a server that began anew has not."""
        from pymilvus.exceptions import MilvusException

        try:
            return ask(*given, **how)
        except MilvusException as error:
            if error.code != _NOT_LOADED:
                raise
            self._milvus.client.load_collection(self._name, timeout=WRITE_SECONDS)
            return ask(*given, **how)

    def _search(self, wanted: Any, limit: int, asked: Asked, **how: Any) -> list[Any]:
        client = self._milvus.client
        with self._milvus.told():
            (hits,) = self._loaded(
                client.search,
                self._name,
                [wanted],
                limit=limit,
                filter=asked.expression,
                timeout=ANSWER_SECONDS,
                **_consistent(asked.since),
                **{"output_fields": [], **how},
            )
        return list(hits)

    def _query(self, asked: Asked, fields: list[str], **how: Any) -> list[Row]:
        client = self._milvus.client
        with self._milvus.told():
            rows: Any = self._loaded(
                client.query,
                self._name,
                filter=asked.expression,
                output_fields=fields,
                timeout=ANSWER_SECONDS,
                **_consistent(asked.since),
                **how,
            )
        return list(rows)


def _consistent(since: Moment) -> dict[str, Any]:
    """Return how to say what an answer has to know of.

    With the moment of the last write Milvus answers in 3 ms, as soon as it has come that far; to
    know of all that is written by now (`Strong`) it waits for its next tick, 200 ms.
    """
    if not since:
        return {"consistency_level": "Strong"}
    return {"consistency_level": "Customized", "guarantee_timestamp": since}


def number(text: str) -> int:
    """Return what stands for a value in rows and expressions, 63 bits of its BLAKE2b.

    So no value is too long for a field, and none can say anything in an expression.
    """
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def numbers(texts: Iterable[str]) -> list[int]:
    """Return what stands for each of these values, ascending, each once."""
    return sorted({number(text) for text in texts})


def day_number(day: date | None) -> int:
    """Return a day as 20230719; 0 if it is not known.

    >>> day_number(date(2023, 7, 19))
    20230719
    """
    return 0 if day is None else day.year * 10_000 + day.month * 100 + day.day


def expression(filters: Filters) -> str:
    """Return what Milvus is to let through, empty for all; who has no day passes no date."""
    parts = []
    if filters.date_from:
        parts.append(f"day >= {day_number(filters.date_from)}")
    if filters.date_to:
        parts.append(f"day > 0 and day <= {day_number(filters.date_to)}")
    for field, values in (("publisher", filters.source), ("author", filters.author)):
        if values:
            parts.append(f"{field} in {numbers(values)}")
    if filters.category:
        parts.append(f"array_contains_any(categories, {numbers(filters.category)})")
    return " and ".join(parts)


def within(keys: Sequence[int], filtered: str) -> Iterator[str]:
    """Yield expressions that let through these keys, some at a time, of what is let through."""
    for start in range(0, len(keys), LISTED):
        some = f"key in {[int(key) for key in keys[start : start + LISTED]]}"
        yield f"{some} and {filtered}" if filtered else some
