"""A stream into the files it holds: itself, what is packed in it, or the members of an archive.

A file is handed on as it is unpacked, a block at a time, and all of them together may unpack to so
much and no more: that stops archives made to burst, however their entries are nested, repeated or
laid over each other.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, BinaryIO

from qa.articles.errors import Unreadable
from qa.errors import ArticleRefused

if TYPE_CHECKING:
    from typing_extensions import Buffer

SUFFIXES = frozenset(
    {
        ".md", ".markdown", ".txt", ".html", ".htm", ".xhtml", ".shtml", ".mht", ".mhtml",
        ".json", ".jsonl", ".ndjson", ".xml", ".rss", ".atom", ".gz", ".zip",
    }
)  # fmt: skip
"""What folders and archives are searched for; a file that is named itself is read whatever it is
called."""
MAX_UNPACKED = 20_000_000_000
"""Bytes that one file may unpack to."""
MAX_RATIO = 100
"""And how many times its own size, above 100 MB: articles pack to between a third and a twentieth
of their size, copies of one line to a two-hundredth, zeros to a thousandth."""
MAX_MEMBERS = 100_000
"""An archive may have this many entries."""
BLOCK = 65_536
"""Bytes that are unpacked at a time, and that a file's `stream.peek()` gives, if it has as many."""

_FREE = 100_000_000
# An entry of an archive's directory is 46 bytes and its name: an archive of 100,000 fits.
_MAX_DIRECTORY = 16_000_000
# Files packed in blocks have one per 64 kB; millions of empty ones take a minute to pass over.
_MAX_GZIP_PARTS = 500_000
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE = frozenset({"[Content_Types].xml", "mimetype"})
_BAD_ZIP = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error)
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_NAME_IS_UTF8, _ENCRYPTED = 0x800, 0x1
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class File:
    """One file, unpacked.

    Attributes:
        name: in its archive; "" if it is no archive's member.
        origin: the stream's, with the name behind it.
        stream: read from the start to the end, once, before the next file is asked for; reading
            raises Unreadable.
    """

    name: str
    origin: str
    stream: io.BufferedReader


def files_in(stream: BinaryIO, origin: str) -> Iterator[File | ArticleRefused]:
    """Yield the files that a seekable stream holds, and refusals of those that cannot be had.

    They are the stream itself, what it is packed from by gzip, or the members of a zip archive,
    opened if they are gzip; archives in archives and what is packed twice are refused.
    """
    budget = _Budget(max(_FREE, min(MAX_UNPACKED, MAX_RATIO * stream.seek(0, io.SEEK_END))))
    stream.seek(0)
    opening = stream.read(8)
    stream.seek(0)
    if opening.startswith(_ZIP):
        yield from _members(stream, origin, budget)
    else:
        yield from _opened(File("", origin, buffered(_blocks(stream))), budget)


def _members(stream: BinaryIO, origin: str, budget: "_Budget") -> Iterator[File | ArticleRefused]:
    try:
        # Its constructor reads the whole directory at once, as long as the archive says it is.
        archive = zipfile.ZipFile(_Sparing(stream))
    except _BAD_ZIP as error:
        yield ArticleRefused(origin, f"the zip archive is damaged ({error}): pack it again")
        return
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS:
        yield ArticleRefused(origin, f"more than {MAX_MEMBERS:,} files: split the archive")
        return
    if entries and entries[0].filename in _OFFICE:
        yield ArticleRefused(origin, "an Office document or e-book: save it as text or HTML")
        return
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        if name.endswith("/") or _is_passed_over(name):
            continue
        place = f"{origin}/{name}"
        if reason := _unfit(entry, name, seen):
            yield ArticleRefused(place, reason)
            continue
        seen.add(name)
        try:
            member = archive.open(entry)
        except _BAD_ZIP as error:
            yield ArticleRefused(place, f"damaged ({error}): pack it again")
            continue
        with member:
            blocks = budget.spend(_blocks(member))
            yield from _opened(File(name, place, buffered(blocks)), budget)


def _is_passed_over(name: str) -> bool:
    """Say whether a member is no article by its name, as files in folders are."""
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        return True
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith((".", "__MACOSX")) and part.strip(".") for part in parts)


def _unfit(entry: zipfile.ZipInfo, name: str, seen: set[str]) -> str:
    """Return why a member is not taken, "" if nothing is wrong with it."""
    if name.startswith("/") or "\\" in name or ".." in name.split("/") or _DRIVE.match(name):
        return "its name leads out of the archive: pack it again under a plain name"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a symbolic link: pack the file itself"
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted: pack it without a password"
    if entry.compress_type not in _METHODS:
        # zipfile bounds what it unpacks at a time for these alone.
        return "packed by another method than deflate: pack it as plain zip"
    return "the archive has two files of this name: rename one" if name in seen else ""


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name: as UTF-8, marked so or not, or as Chinese Windows writes it."""
    if not entry.flag_bits & _NAME_IS_UTF8:
        written = entry.filename.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            try:
                return written.decode(encoding)
            except UnicodeDecodeError:
                continue
    return entry.filename


def _opened(file: File, budget: "_Budget") -> Iterator[File | ArticleRefused]:
    """Yield the file, or what it is packed from."""
    try:
        if file.stream.peek()[:2] == _GZIP:
            blocks = budget.spend(_gunzipped(file.stream))
            file = File(file.name, file.origin, buffered(blocks))
            if file.stream.peek()[:2] == _GZIP:
                yield ArticleRefused(file.origin, "packed twice: unpack it once")
                return
        opening = file.stream.peek()[:512]
    except Unreadable as error:
        yield ArticleRefused(file.origin, str(error))
        return
    if opening.startswith(_ZIP):
        yield ArticleRefused(file.origin, "an archive inside another: unpack it first")
    elif opening[257:262] == b"ustar":
        yield ArticleRefused(file.origin, "a tar archive: pack it as zip")
    else:
        yield file


class _Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def spend(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks as long as there is room for them.

        Raises:
            Unreadable: there is none.
        """
        while self._left >= 0 and (block := next(blocks, None)) is not None:
            self._left -= len(block)
            yield block
        if self._left < 0:
            raise Unreadable(f"it unpacks to more than {self._most:,} bytes: split it, unpacked")


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield what a file or a member of an archive holds."""
    try:
        while block := stream.read(BLOCK):
            yield block
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Unreadable(f"damaged ({error}): pack it again") from error


def _gunzipped(packed: BinaryIO) -> Iterator[bytes]:
    """Yield what a gzip file holds.

    The module gzip reads the name in its header a byte at a time: one of 200 MB takes a minute.
    """
    block = packed.read(BLOCK)
    for _ in range(_MAX_GZIP_PARTS):
        part = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not part.eof:
            if not block:
                raise Unreadable("the gzip file is damaged (it breaks off): pack it again")
            try:
                yield part.decompress(block, BLOCK)
            except zlib.error as error:
                raise Unreadable(f"the gzip file is damaged ({error}): pack it again") from error
            block = part.unconsumed_tail or (b"" if part.eof else packed.read(BLOCK))
        # Zeros may fill up a tape's block.
        block = part.unused_data.lstrip(b"\0")
        while not block and (block := packed.read(BLOCK)):
            block = block.lstrip(b"\0")
        if not block:
            return
    raise Unreadable(f"the gzip file has more than {_MAX_GZIP_PARTS:,} parts: pack it again")


def buffered(blocks: Iterator[bytes]) -> io.BufferedReader:
    """Return a stream of the blocks; its `peek()` gives BLOCK bytes if there are as many."""
    return io.BufferedReader(_Blocks(blocks), BLOCK)


class _Blocks(io.RawIOBase):
    """Blocks as a file, which is read as far as it is whole before it is said to be damaged."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest: memoryview | None = memoryview(b"")
        self._damage: Unreadable | None = None

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fill the buffer, unless the blocks end; return how much of it is filled."""
        room, filled = memoryview(buffer).cast("B"), 0
        while filled < len(room) and self._rest is not None:
            if not self._rest:
                self._rest = self._next()
            else:
                part = self._rest[: len(room) - filled]
                room[filled : filled + len(part)] = part
                filled += len(part)
                self._rest = self._rest[len(part) :]
        if not filled and self._damage:
            raise self._damage
        return filled

    def _next(self) -> memoryview | None:
        """Return the next block that is not empty, None at the end or where the damage begins."""
        try:
            block = next(filter(None, self._blocks), None)
        except Unreadable as damage:
            self._damage = damage
            return None
        return None if block is None else memoryview(block)


class _Sparing:
    """A file that is not read in pieces larger than an archive's directory may be."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.tell = stream.tell
        self.seekable = stream.seekable

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and not 0 <= offset <= 1 << 62:
            raise zipfile.BadZipFile("it names a place outside the file")
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"its directory is longer than {_MAX_DIRECTORY:,} bytes")
        return self._stream.read(size)
