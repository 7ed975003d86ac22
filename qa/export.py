"""A home's articles, or the passages they are cut into, to one file that others compute on.

JSON lines or Parquet, as the file's name says. It is of one state of the home, whoever writes to
that meanwhile, and it is there whole or not at all.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO

import numpy as np

from qa.articles import record_of
from qa.corpus import WAIT_SECONDS, Corpus
from qa.errors import HomeBusy, NewsqaError
from qa.index import Manifest
from qa.store import PassageStore
from qa.types import Article
from qa.written import written

STANDARD_OUTPUT = "-"

GROUP_ROWS, GROUP_CHARACTERS = 10_000, 8_000_000
"""Of a row group of Parquet, which is held in memory: it ends where it reaches either."""

_PAUSE_SECONDS = 0.02

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        articles: how many stand in the file, themselves or by their passages.
        passages: how many of these; 0 where the articles themselves are written.
        bytes: the size of the file; None of standard output.
    """

    articles: int
    passages: int
    bytes: int | None
    file: str


@dataclass(slots=True)
class _Table:
    """Rows of one kind, to be read once; the rows of an article stand together.

    Attributes:
        columns: by name, what stands in them: "text", "texts", "number" or "vector".
        key: the column that names the article.
        dimension: of the vectors.
        about: what there is to know of all rows.
        seen: how many rows were read so far,
        articles: and of how many articles.
    """

    rows: Iterable[_Row]
    columns: Mapping[str, str]
    key: str
    dimension: int = 0
    about: Mapping[str, str] = field(default_factory=dict)
    seen: int = 0
    articles: int = 0

    def __iter__(self) -> Iterator[_Row]:
        before = None
        for row in self.rows:
            self.seen += 1
            self.articles += row[self.key] != before
            before = row[self.key]
            yield row


_ARTICLE = {
    **dict.fromkeys(("id", "title", "text", "lang", "published", "updated"), "text"),
    **dict.fromkeys(("publisher", "author"), "text"),
    "categories": "texts",
    **dict.fromkeys(("url", "origin"), "text"),
    "version": "number",
}
_PASSAGE = {
    **dict.fromkeys(("article_id", "passage_id", "text"), "text"),
    **dict.fromkeys(("start", "end"), "number"),
}


def export(
    corpus: Corpus,
    to: str | Path,
    *,
    passages: bool = False,
    vectors: bool = False,
    since: date | None = None,
) -> Exported:
    """Write the articles to a file, or their passages, with their vectors if these are wanted.

    The name ends in .jsonl, .jsonl.gz or .parquet; "-" is standard output, which gets JSON lines.
    With `since` only those go that were published on that day or later, in their own time zone.
    `newsqa add` makes the same articles of the articles' JSON lines. Vectors are as the index has
    them: float32, not of unit length.

    Raises:
        NewsqaError: the name ends otherwise, or what writes Parquet is not installed.
        HomeUnusable: the file cannot be written.
        HomeBusy: writers keep the index from being that of the articles.
    """
    write = _writer(str(to))
    read = _passages(corpus, since, vectors) if passages else _articles(corpus, since)
    # Outside, so that nothing is written where nothing can be read.
    with read as table, _opened(to) as file:
        write(file, table)
    size = None if to == STANDARD_OUTPUT else Path(to).stat().st_size
    return Exported(table.articles, table.seen if passages else 0, size, str(to))


@contextmanager
def _articles(corpus: Corpus, since: date | None) -> Iterator[_Table]:
    with closing(corpus.articles.all()) as articles:
        chosen = (record_of(one) for one in articles if _is_since(one, since))
        yield _Table(chosen, _ARTICLE, "id")


def _is_since(article: Article, day: date | None) -> bool:
    return day is None or bool(article.published and article.published.date() >= day)


@contextmanager
def _passages(corpus: Corpus, since: date | None, vectors: bool) -> Iterator[_Table]:
    with _in_step(corpus) as (generation, made, store), closing(store.all(since)) as rows:
        kept = {"vector": "vector"} if vectors else {}
        yield _Table(
            (
                {
                    "article_id": passage.article_id,
                    "passage_id": passage.id,
                    "text": passage.text,
                    "start": passage.span.start,
                    "end": passage.span.end,
                    **dict.fromkeys(kept, vector),
                }
                for passage, vector in rows
            ),
            {**_PASSAGE, **kept},
            "article_id",
            made.dimension,
            {"newsqa.generation": generation, "newsqa.model": made.model},
        )


@contextmanager
def _in_step(corpus: Corpus) -> Iterator[tuple[str, Manifest, PassageStore]]:
    """Hold the passages of a moment when they are those of the articles, and what they are of.

    What has just come or been withdrawn is among articles before a writer takes it into the index.
    """
    until = monotonic() + WAIT_SECONDS
    while True:
        index = corpus.serving()[1]  # takes in what a writer left who was stopped
        with ExitStack() as held:
            try:
                held.enter_context(closing(index.store))
                held.enter_context(index.store.held())
                pending = index.pending(corpus.articles)
            except NewsqaError:
                if index.there:
                    raise
                continue  # deleted meanwhile, for another generation answers by now
            if not pending:
                yield index.folder.name, index.manifest, index.store
                return
        if monotonic() > until:
            raise HomeBusy(
                f"{corpus.home}: others write all the time, and the index is behind; try again"
                " when they have finished"
            )
        sleep(_PAUSE_SECONDS)


def _opened(to: str | Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdout.buffer) if to == STANDARD_OUTPUT else written(Path(to))


def _writer(name: str) -> Callable[[BinaryIO, _Table], None]:
    """Return what writes a file of this name."""
    if name == STANDARD_OUTPUT or name.endswith(".jsonl"):
        return _write_lines
    if name.endswith(".jsonl.gz"):
        return _write_packed
    if not name.endswith(".parquet"):
        raise NewsqaError(f"{name}: name a file that ends in .jsonl, .jsonl.gz or .parquet")
    try:
        import pyarrow  # noqa: F401  of an extra, and a fifth of a second
    except ImportError as error:
        raise NewsqaError(
            f"{name}: what writes Parquet is not installed: pip install 'newsqa[parquet]'"
        ) from error
    return _write_parquet


def _write_lines(file: BinaryIO, table: _Table) -> None:
    file.writelines(_lines(table))


def _write_packed(file: BinaryIO, table: _Table) -> None:
    # Neither a name nor the time goes in: the same articles are the same bytes.
    with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.writelines(_lines(table))


def _lines(table: _Table) -> Iterator[bytes]:
    for row in table:
        line = json.dumps(row, ensure_ascii=False, default=np.ndarray.tolist)
        yield f"{line}\n".encode()


def _write_parquet(file: BinaryIO, table: _Table) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    kinds = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "number": pa.int64(),
        "vector": pa.list_(pa.float32(), table.dimension),
    }
    columns = [(name, kinds[kind]) for name, kind in table.columns.items()]
    schema = pa.schema(columns, metadata=dict(table.about))
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(table):
            writer.write_table(pa.Table.from_pylist(group, schema))


def _groups(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Yield the rows in lists that fit in memory."""
    group: list[_Row] = []
    characters = 0
    for row in rows:
        group.append(row)
        characters += len(row["text"])
        if len(group) == GROUP_ROWS or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group
