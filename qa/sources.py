"""What an operator names to what the store takes: files, folders, globs, feeds, standard input.

Files are told by their bytes: one that was read before and has not changed is not read again.
"""

import os
import stat
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from qa.articles import SUFFIXES, Reading, read_feed, read_stream
from qa.errors import ArticleRefused
from qa.store import Draft, Finished, Known

if TYPE_CHECKING:
    from qa.fetching import Fetched


_HOME = "articles.sqlite"
"""A folder with such a file is a home: what lies in it is no news."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that was read before and is as it was."""

    file: str


Item = Draft | ArticleRefused | Finished | Unchanged


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read.

    Attributes:
        place: its absolute path.
        origin: its place below the path that was named.
        named: it is that path itself, so just this file was asked for.
    """

    place: str
    size: int
    origin: str
    named: bool = False


class Sweep:
    """The articles at some paths, read one at a time as it is iterated.

    Attributes:
        roots: the folders and files that were named, as absolute paths; they may be missing.
        known: the files that need not be read again if their bytes are the same.
        total: bytes of all files together.
    """

    def __init__(
        self,
        paths: Iterable[str],
        known: Mapping[str, Known] | None = None,
        moving: Collection[Path] = (),
        *,
        linked: bool = False,
        public: bool = False,
    ) -> None:
        """Look at the paths: files, folders (searched to the bottom), globs, web addresses, or `-`.

        Files that are `moving` (still being written) are there, and are left for another time. Of a
        feed on the web what its entries link to is read if `linked`, else what stands in them. Of
        the web only what is `public` is read where somebody elsewhere named the address.
        """
        self._linked = linked
        self._public = public
        self.known = known or {}
        self._moving = {str(path) for path in moving}
        # A string is an address, or the dash that stands for standard input.
        self._items: list[_File | ArticleRefused | str] = []
        roots: list[str] = []
        for path in dict.fromkeys(paths):
            if path == "-" or is_address(path):
                self._items.append(path)
                continue
            found = list(_files(Path(path)))
            self._items += found or [
                ArticleRefused(path, "no such file, and no articles in such a folder")
            ]
            if not is_glob(path):
                roots.append(_place(path))
        self.roots: Sequence[str] = tuple(roots)
        there = [one for one in self._items if isinstance(one, _File)]
        self._there = {one.place for one in there}
        self._unread = tuple(
            one.file for one in self._items if isinstance(one, ArticleRefused) and one.file
        )
        self.total = sum(one.size for one in there)
        self._finished = 0
        self._open: BufferedReader | None = None

    def found(self, root: str) -> bool:
        """Say whether there is any file at this root, or none could be looked for."""
        return any(_is_within(place, root) for place in (*self._there, *self._unread))

    def there(self, file: str) -> bool:
        """Say whether the file was found, or stands where nothing could be looked for."""
        if file in self._there or any(_is_within(file, place) for place in self._unread):
            return True
        # What a search through folders passes over may have been named itself.
        return _is_passed_over(file) and os.path.lexists(file)

    @property
    def done(self) -> int:
        """Bytes read so far, or passed over."""
        return self._finished + (self._open.tell() if self._open else 0)

    def __iter__(self) -> Iterator[Item]:
        """Yield what is read, each file's end after its articles."""
        for item in self._items:
            if isinstance(item, ArticleRefused):
                yield item
            elif isinstance(item, str):
                yield from self._standard_input() if item == "-" else self._address(item)
            elif not self._moving or os.path.realpath(item.place) not in self._moving:
                yield from self._file(item)

    def _standard_input(self) -> Iterator[Item]:
        # What is read must be seekable, and a pipe may hold more than memory does.
        with TemporaryFile() as held:
            while block := sys.stdin.buffer.read(1 << 20):
                held.write(block)
            held.seek(0)
            for reading in read_stream(held, "-"):
                if isinstance(reading, ArticleRefused):
                    yield reading
                else:
                    yield replace(draft(reading), swept=reading.part != "")

    def _address(self, url: str) -> Iterator[Item]:
        from qa.fetching import FetchFailed, fetch, without_password  # a quarter of a second

        shown = without_password(url)
        # A feed whose links are read is another file than the feed itself.
        file = f"{shown}#" if self._linked else shown
        known = self.known.get(file, Known(b""))
        # What was refused is so for its content or for the way there: it is read again to tell.
        etag, last_modified = ("", "") if known.refused else (known.etag, known.last_modified)
        try:
            found_in = "" if self._public else None
            fetched = fetch(url, etag, last_modified, found_in=found_in)
        except FetchFailed as failure:
            # An address that never was read is a slip, and told once.
            failure.file = file if known.digest else ""
            yield failure
            return
        digest = sha256(fetched.body).digest() if fetched else known.digest
        if fetched is None or (digest == known.digest and not known.refused):
            yield Finished(file, digest, False, known.etag, known.last_modified)
            yield from map(Unchanged, self._pages_known(shown) if self._linked else [file])
            return
        self.total += len(fetched.body)
        # What has left a feed was not withdrawn: feeds hold what is newest.
        finished = Finished(file, digest, False, fetched.etag, fetched.last_modified)
        if self._linked:
            yield from self._pages(url, shown, fetched, finished)
        else:
            pages = self._pages_known(shown)
            for item in read_file(
                BytesIO(fetched.body), shown, file, digest, swept=True, declared=fetched.declared
            ):
                if isinstance(item, Finished):
                    yield finished
                elif not (isinstance(item, Draft) and item.location in pages):
                    # An entry's few words do not take the place of the page that was read.
                    yield item
        self._finished += len(fetched.body)

    def _pages_known(self, feed: str) -> Collection[str]:
        """Return the pages that were read by links of this feed, as files."""
        return {file for file in self.known if file.startswith(f"{feed}#")} - {f"{feed}#"}

    def _pages(self, url: str, feed: str, fetched: "Fetched", finished: Finished) -> Iterator[Item]:
        """Yield the articles that the entries of a feed link to."""
        from qa.linked import Pages, linked

        whole = True

        def known(key: str, digest: bytes) -> bool:
            before = self.known.get(f"{feed}#{key}")
            return before is not None and before.digest == digest

        try:
            entries = read_feed(fetched.body, feed, fetched.declared)
            for one in linked(entries, Pages("" if self._public else url), known):
                file = f"{feed}#{one.key}"
                if one.outcome is None:
                    yield Unchanged(file)
                elif isinstance(one.outcome, ArticleRefused):
                    whole = False
                    yield ArticleRefused(one.outcome.origin, one.outcome.reason, file)
                else:
                    yield replace(draft(one.outcome, file), swept=True)
                    yield Finished(file, one.digest)
        except ArticleRefused as refusal:
            whole = False
            yield ArticleRefused(refusal.origin, refusal.reason, finished.file)
        # What was refused is asked for again, though the feed be the same then.
        yield finished if whole else Finished(finished.file, b"", False)

    def _file(self, item: _File) -> Iterator[Item]:
        file = item.place
        try:
            with Path(file).open("rb") as stream:
                digest = file_digest(stream, "sha256").digest()
                known = self.known.get(file)
                back = known and known.withheld and item.named
                if known and known.digest == digest and not back:
                    yield Unchanged(file)
                else:
                    stream.seek(0)
                    self._open = stream
                    yield from read_file(stream, item.origin, file, digest, swept=not item.named)
        except OSError as error:
            yield ArticleRefused(item.origin, f"cannot be read: {error.strerror}", file)
        finally:
            self._open = None
            self._finished += item.size


def read_paths(paths: Iterable[str]) -> Iterator[Draft | ArticleRefused]:
    """Yield the articles at these paths, and what cannot be taken."""
    for item in Sweep(paths):
        if isinstance(item, Draft | ArticleRefused):
            yield item


def read_file(
    stream: BinaryIO,
    origin: str,
    file: str,
    digest: bytes,
    *,
    swept: bool,
    declared: str = "",
) -> Iterator[Draft | ArticleRefused | Finished]:
    """Yield the articles of an open file, and that it is finished."""
    whole = True
    for reading in read_stream(stream, origin, declared):
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
        removed=reading.removed,
    )


def is_address(path: str) -> bool:
    """Say whether an operator means a web address by this."""
    return path.lower().startswith(("http://", "https://"))


def is_glob(path: str) -> bool:
    """Say whether a path stands for those that match it."""
    return not os.path.lexists(path) and any(mark in path for mark in "*?[")


def _is_passed_over(file: str) -> bool:
    return "/." in file or Path(file).suffix.lower() not in SUFFIXES


def _is_within(place: str, root: str) -> bool:
    """Say whether a place is this file, or in this folder."""
    return place == root or place.startswith(root.rstrip("/") + "/")


def _files(here: Path) -> Iterator[_File | ArticleRefused]:
    """Yield the files that a path stands for, in order, and what is no file to be read."""
    if here.is_dir():
        yield from _below(here)
    elif os.path.lexists(here):
        yield _file(here, here.name, named=True)
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
        found.append(ArticleRefused(origin, reason, _place(place)))

    for place, folders, names in os.walk(folder, onerror=unread, followlinks=True):
        here = Path(place)
        about = here.stat()
        if (about.st_dev, about.st_ino) in visited or _HOME in names:
            folders.clear()
            continue
        visited.add((about.st_dev, about.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = here / name
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES:
                found.append(_file(path, path.relative_to(folder).as_posix()))
    yield from sorted(found, key=lambda one: one.origin)


def _file(path: Path, origin: str, *, named: bool = False) -> _File | ArticleRefused:
    """Return a file to be read, or why it is none."""
    place = _place(path)
    try:
        place.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(origin).decode("utf-8", "replace")
        return ArticleRefused(shown, "its name is not UTF-8: give it another")
    if not path.is_file():
        return ArticleRefused(origin, f"cannot be read: {_kind(path)}", place)
    return _File(place, path.stat().st_size, origin, named)


def _place(path: str | Path) -> str:
    """Return the absolute path by which a file is known.

    Links are not resolved: one that is set to another folder is an update of what it names.
    """
    return os.path.abspath(path)  # noqa: PTH100


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
