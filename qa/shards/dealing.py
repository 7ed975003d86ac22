"""Items that were read to the inputs of shards, and back: the very drafts that a home takes."""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal
from zlib import error as ZlibError

from pydantic import Base64UrlBytes, Field, TypeAdapter, ValidationError

from qa.errors import ArticleRefused, NewsqaError
from qa.shards.manifest import AGAIN, Shard, ShardSet
from qa.sources import Item, Unchanged
from qa.store import Draft, Finished
from qa.types import Article
from qa.written import written

Kept = Draft | ArticleRefused | Finished
"""What a home keeps of what was read."""

_SUFFIX = ".articles.jsonl.gz"


@dataclass(frozen=True, slots=True)
class _Draft:
    """A line of an input: an article as it was read. The fields are those of Draft."""

    article: Article
    source: Base64UrlBytes
    location: str
    named: bool
    warnings: tuple[str, ...]
    file: str
    swept: bool
    removed: tuple[str, ...]
    kind: Literal["draft"] = "draft"


@dataclass(frozen=True, slots=True)
class _Finished:
    """Another: that a file was read to its end. The fields are those of Finished."""

    file: str
    digest: Base64UrlBytes
    whole: bool
    etag: str
    last_modified: str
    kind: Literal["finished"] = "finished"


@dataclass(frozen=True, slots=True)
class _Refused:
    """Another: why something in a file could not be taken."""

    origin: str
    reason: str
    file: str
    kind: Literal["refused"] = "refused"


_LINE: TypeAdapter[_Draft | _Finished | _Refused] = TypeAdapter(
    Annotated[_Draft | _Finished | _Refused, Field(discriminator="kind")]
)


def deal(items: Iterable[Item], size: int) -> Iterator[list[Kept]]:
    """Yield the items in their order, in lists of `size` articles, the last of fewer.

    What is no article stands with the article before it.
    """
    dealt: list[Kept] = []
    articles = 0
    for item in items:
        if isinstance(item, Unchanged):
            continue  # of a home, which keeps it already
        if isinstance(item, Draft):
            if articles == size:
                yield dealt
                dealt, articles = [], 0
            articles += 1
        dealt.append(item)
    if dealt:
        yield dealt


def deal_out(
    items: Iterable[Item],
    folder: Path,
    about: ShardSet,
    progress: Callable[[int], object] = lambda _: None,
) -> ShardSet:
    """Write the inputs of the shards of `about`, then its manifest; return it with its shards.

    An input that is there already and is the same stays, and with it what was made of it; those of
    an earlier reading that had more articles go. `progress` is told how many articles were written.

    Raises:
        NewsqaError: the folder has shards of other paths, another model or size.
    """
    before = ShardSet.find(folder)
    _refuse_others(folder, before, about)
    kept = {} if before is None else {shard.name: shard.digest for shard in before.shards}
    if before is None:
        about.write(folder)  # before a shard is, so that nobody deals others into this folder
    shards: list[Shard] = []
    for number, dealt in enumerate(deal(items, about.size)):
        shard = _dealt(f"shard-{number:05}", dealt)
        if kept.pop(shard.name, "") != shard.digest or not input_of(folder, shard.name).exists():
            _write(input_of(folder, shard.name), dealt)
        shards.append(shard)
        progress(shard.articles)
    made = replace(about, shards=tuple(shards))
    made.write(folder)
    for name in kept:
        for path in (input_of(folder, name), folder / f"{name}.parquet"):
            path.unlink(missing_ok=True)
    return made


def input_of(folder: Path, name: str) -> Path:
    """Return the file with the articles of a shard."""
    return folder / f"{name}{_SUFFIX}"


def items_of(folder: Path, shard: Shard) -> list[Kept]:
    """Return what a shard's input holds.

    Raises:
        NewsqaError: it is missing, damaged, or another than the manifest says.
    """
    path = input_of(folder, shard.name)
    try:
        lines = gzip.decompress(path.read_bytes())
        if sha256(lines).hexdigest() != shard.digest:
            raise NewsqaError(f"{path}: not what manifest.json says; {AGAIN}")
        return [_item(_LINE.validate_json(line)) for line in lines.splitlines()]
    except (OSError, EOFError, ZlibError, ValidationError) as error:
        told = getattr(error, "strerror", None) or "damaged"
        raise NewsqaError(f"{path}: {told}; {AGAIN}") from error


def _refuse_others(folder: Path, before: ShardSet | None, about: ShardSet) -> None:
    if before is None:
        if any(folder.glob("shard-*")):
            raise NewsqaError(
                f"{folder}: shards are there and no manifest.json; name another folder, or delete"
                " them"
            )
        return
    for name, told in _COMMON.items():
        if (held := getattr(before, name)) != (asked := getattr(about, name)):
            raise NewsqaError(
                f"{folder}: its shards are of {told} {_shown(held)}, not {_shown(asked)}; name"
                " another folder, or delete this one"
            )


_COMMON = {
    "paths": "the paths",
    "model": "the model",
    "fingerprint": "a model with the fingerprint",
    "token_vectors": "the setting, whether token vectors are kept,",
    "size": "a size, in articles, of",
}
"""What the shards of a folder have in common, whoever goes on with them."""


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _dealt(name: str, items: Sequence[Kept]) -> Shard:
    digest = sha256(b"".join(_lines(items))).hexdigest()
    return Shard(name, sum(isinstance(item, Draft) for item in items), digest)


def _write(path: Path, items: Sequence[Kept]) -> None:
    # Neither a name nor the time goes in: the same articles are the same bytes.
    with written(path) as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        packed.writelines(_lines(items))


def _lines(items: Iterable[Kept]) -> Iterator[bytes]:
    for item in items:
        yield _LINE.dump_json(_line(item)) + b"\n"


def _line(item: Kept) -> _Draft | _Finished | _Refused:
    if isinstance(item, ArticleRefused):
        return _Refused(item.origin, item.reason, item.file)
    own = {one.name: getattr(item, one.name) for one in fields(item)}
    return _Draft(**own) if isinstance(item, Draft) else _Finished(**own)


def _item(line: _Draft | _Finished | _Refused) -> Kept:
    if isinstance(line, _Refused):
        return ArticleRefused(line.origin, line.reason, line.file)
    own = {one.name: getattr(line, one.name) for one in fields(line) if one.name != "kind"}
    return Draft(**own) if isinstance(line, _Draft) else Finished(**own)
