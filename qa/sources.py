"""What an operator names to what the store takes: files, folders, globs, feeds, standard input.

Files are told by their bytes: one that was read before and has not changed is not read again.
"""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from qa.articles import Reading, read_stream
from qa.errors import ArticleRefused
from qa.store import Draft, Finished, Known

SUFFIXES = (
    ".md", ".markdown", ".txt", ".html", ".htm", ".xhtml", ".shtml", ".mht", ".mhtml",
    ".json", ".jsonl", ".ndjson", ".xml", ".rss", ".atom", ".gz", ".zip",
)  # fmt: skip
"""What a folder is searched for; a file that is named itself is read whatever it is called."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that was read before and is as it was."""

    file: str


Item = Draft | ArticleRefused | Finished | Unchanged


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read.

    Attributes:
        origin: its place below the path that was named.
        named: it is that path itself, so just this file was asked for.
    """

    path: Path
    origin: str
    named: bool = False


class Sweep:
    """The articles at some paths, read one at a time as it is iterated.

    Attributes:
        roots: the folders and files that were named and are there, as absolute paths.
        total: bytes of all files together.
    """

    def __init__(self, paths: Iterable[str], known: Mapping[str, Known] | None = None) -> None:
        """Look at the paths: files, folders (searched to the bottom), globs, or `-`.

        `known` are the files that need not be read again if their bytes are the same.
        """
        self._known = known or {}
        self._items: list[_File | ArticleRefused | None] = []
        roots: list[str] = []
        for path in dict.fromkeys(paths):
            if path == "-":
                self._items.append(None)
                continue
            found = list(_files(Path(path)))
            self._items += found or [
                ArticleRefused(path, "no such file, and no articles in such a folder")
            ]
            if Path(path).exists():
                roots.append(str(Path(path).resolve()))
        self.roots: Sequence[str] = tuple(roots)
        there = [one.path for one in self._items if isinstance(one, _File)]
        self._there = {str(path.resolve()) for path in there}
        self._unread = tuple(
            one.file for one in self._items if isinstance(one, ArticleRefused) and one.file
        )
        self.total = sum(path.stat().st_size for path in there if path.exists())
        self._finished = 0
        self._open: BufferedReader | None = None

    def found(self, root: str) -> bool:
        """Say whether there is any file at this root, or none could be looked for."""
        return any(
            place == root or place.startswith(root.rstrip("/") + "/")
            for place in (*self._there, *self._unread)
        )

    def there(self, file: str) -> bool:
        """Say whether the file was found, or stands where nothing could be looked for."""
        below = (file == place or file.startswith(place + "/") for place in self._unread)
        return file in self._there or any(below)

    @property
    def done(self) -> int:
        """Bytes read so far, or passed over."""
        return self._finished + (self._open.tell() if self._open else 0)

    def __iter__(self) -> Iterator[Item]:
        """Yield what is read, each file's end after its articles."""
        for item in self._items:
            if item is None:
                yield from self._standard_input()
            elif isinstance(item, ArticleRefused):
                yield item
            else:
                yield from self._file(item)

    def _standard_input(self) -> Iterator[Item]:
        # What is read must be seekable, and a pipe may hold more than memory does.
        with TemporaryFile() as held:
            while block := sys.stdin.buffer.read(1 << 20):
                held.write(block)
            held.seek(0)
            for reading in read_stream(held, "-"):
                yield reading if isinstance(reading, ArticleRefused) else draft(reading)

    def _file(self, item: _File) -> Iterator[Item]:
        file = str(item.path.resolve())
        try:
            with item.path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                digest = file_digest(stream, "sha256").digest()
                known = self._known.get(file)
                back = known and known.withheld and item.named
                if known and known.digest == digest and not back:
                    self._finished += size
                    yield Unchanged(file)
                    return
                stream.seek(0)
                self._open = stream
                yield from read_file(stream, item.origin, file, digest, swept=not item.named)
        except OSError as error:
            yield ArticleRefused(item.origin, f"cannot be read: {error.strerror}", file)
        else:
            self._finished += size
        finally:
            self._open = None


def read_paths(paths: Iterable[str]) -> Iterator[Draft | ArticleRefused]:
    """Yield the articles at these paths, and what cannot be taken."""
    for item in Sweep(paths):
        if isinstance(item, Draft | ArticleRefused):
            yield item


def read_file(
    stream: BinaryIO, origin: str, file: str, digest: bytes, *, swept: bool
) -> Iterator[Draft | ArticleRefused | Finished]:
    """Yield the articles of an open file, and that it is finished."""
    whole = True
    for reading in read_stream(stream, origin):
        if isinstance(reading, ArticleRefused):
            whole = False
            yield ArticleRefused(reading.origin, reading.reason, file)
        else:
            # Who names an archive or an export does not ask for every article in it.
            yield replace(draft(reading, file), swept=swept or reading.part != "")
    yield Finished(file, digest, whole)


def draft(reading: Reading, file: str = "") -> Draft:
    """Return what was read, for the store."""
    # Lines of a file have no place of their own: they move about.
    location = f"{file}#{reading.part}" if reading.part else file
    return Draft(
        reading.article,
        reading.source,
        "" if reading.part is None else location,
        reading.named,
        reading.warnings,
        file,
    )


def _files(here: Path) -> Iterator[_File | ArticleRefused]:
    """Yield the files that a path stands for, in order, and what is no file to be read."""
    if here.is_dir():
        yield from _below(here)
    elif here.is_file():
        yield _File(here, here.name, named=True)
    elif os.path.lexists(here):
        yield ArticleRefused(str(here), f"cannot be read: {_kind(here)}", str(here.absolute()))
    else:
        root = Path(here.anchor or ".")
        try:
            matches = sorted(root.glob(str(here.relative_to(here.anchor))))
        except ValueError:  # no glob either
            matches = []
        for match in matches:
            for one in _files(match):
                yield replace(one, named=False) if isinstance(one, _File) else one


def _below(folder: Path) -> Iterator[_File | ArticleRefused]:
    """Yield the files in a folder; links to folders are followed, each folder once."""
    visited: set[tuple[int, int]] = set()
    found: list[_File | ArticleRefused] = []

    def unread(error: OSError) -> None:
        place = Path(error.filename)
        origin, reason = place.relative_to(folder).as_posix(), f"cannot be read: {error.strerror}"
        found.append(ArticleRefused(origin, reason, str(place.resolve())))

    for place, folders, names in os.walk(folder, onerror=unread, followlinks=True):
        about = Path(place).stat()
        if (about.st_dev, about.st_ino) in visited:
            folders.clear()
            continue
        visited.add((about.st_dev, about.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(place, name)
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                continue
            origin = path.relative_to(folder).as_posix()
            if path.is_file():
                found.append(_File(path, origin))
            else:
                reason = f"cannot be read: {_kind(path)}"
                found.append(ArticleRefused(origin, reason, str(path.absolute())))
    yield from sorted(found, key=lambda one: one.origin)


def _kind(path: Path) -> str:
    """Say what a path is that is no file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "a link to nothing"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    kinds = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket"}
    return next((name for asks, name in kinds.items() if asks(mode)), "a device")
