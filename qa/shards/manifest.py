"""What the shards of a folder are made of, and which there are: `manifest.json`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from qa.errors import HomeUnusable, NewsqaError
from qa.written import written

FORMAT = 1
"""Raised when the files of a shard change shape."""

_NAME = "manifest.json"

AGAIN = "`newsqa embed` with the same paths and this folder goes on"


@dataclass(frozen=True, slots=True)
class Shard:
    """Some articles, one after the other.

    Attributes:
        name: what its files' names begin with.
        articles: how many there are.
        digest: sha256 of its input's lines, in hexadecimal digits.
        passages: different texts that they are embedded by; None as long as they are not.
    """

    name: str
    articles: int
    digest: str
    passages: int | None = None


@dataclass(frozen=True, slots=True)
class ShardSet:
    """What all shards of a folder have in common, and which there are.

    Attributes:
        paths: what was read: absolute paths, addresses, or "-".
        size: articles of a shard, but for the last.
        fingerprint: the model's, by which the vectors are known to fit a home's.
        max_tokens: the model's, by which passages were cut.
        reader: the version of qa.articles that read the articles.
    """

    paths: tuple[str, ...]
    size: int
    model: str
    fingerprint: str
    dimension: int
    max_tokens: int
    token_vectors: bool
    reader: int
    shards: tuple[Shard, ...] = ()
    format: int = FORMAT

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """Return what the folder's manifest says; None if it has none.

        Raises:
            NewsqaError: it cannot be read, is damaged or of another format.
        """
        path = folder / _NAME
        try:
            found = TypeAdapter(cls).validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            told = error.strerror if isinstance(error, OSError) else "it is no manifest of shards"
            raise NewsqaError(f"{path}: {told}; name another folder, or delete this") from error
        if found.format != FORMAT:
            raise NewsqaError(
                f"{path}: format {found.format}, this version reads {FORMAT}; embed the articles"
                " again into another folder"
            )
        return found

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what the folder's manifest says.

        Raises:
            NewsqaError: likewise, or there is none.
        """
        if (found := cls.find(folder)) is None:
            raise NewsqaError(f"{folder}: no shards are there; `newsqa embed` makes them")
        return found

    def write(self, folder: Path) -> None:
        """Write it by a rename, so that a reader sees the old or the new."""
        with written(folder / _NAME) as file:
            file.write(TypeAdapter(ShardSet).dump_json(self, indent=2) + b"\n")

    @property
    def articles(self) -> int:
        """How many articles there are in all shards."""
        return sum(shard.articles for shard in self.shards)

    @property
    def passages(self) -> int:
        """How many different texts they are embedded by, as far as they are."""
        return sum(shard.passages or 0 for shard in self.shards)

    def shard(self, name: str) -> Shard:
        """Return the shard of this name.

        Raises:
            NewsqaError: there is none.
        """
        for shard in self.shards:
            if shard.name == name:
                return shard
        raise NewsqaError(f"{name}: no such shard; {AGAIN}")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder if it is not there, and let nobody else deal or embed its shards meanwhile.

    Raises:
        NewsqaError: somebody does.
        HomeUnusable: it cannot be made or written.
    """
    lock = FileLock(folder / ".embedding.lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise NewsqaError(f"{folder}: another process embeds it; let that finish") from error
    except OSError as error:
        raise HomeUnusable(f"{folder}: {error.strerror or error}; name another folder") from error
    try:
        for left in folder.glob(".*.partial"):  # of who was killed
            left.unlink(missing_ok=True)
        yield
    finally:
        lock.release()
