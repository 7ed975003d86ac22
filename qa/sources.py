"""Paths to drafts: files, folders, globs and standard input, read one article at a time."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from qa.articles import MAX_FILE_BYTES, Reading, read_articles
from qa.errors import ArticleRefused
from qa.store import Draft

SUFFIXES = (".md", ".markdown", ".html", ".htm", ".txt", ".json", ".jsonl", ".gz")
"""What a folder is searched for; a file that is named itself is read whatever it is called."""


def read_paths(paths: Iterable[str]) -> Iterator[Draft | ArticleRefused]:
    """Yield the articles at each path: a file, a folder (searched to the bottom), a glob, or `-`.

    An article's origin is relative to the path it was found under.
    """
    for path in paths:
        if path == "-":
            yield from _drafts(sys.stdin.buffer.read(MAX_FILE_BYTES + 1), "-", "")
        elif files := list(_files(Path(path))):
            for file, origin in files:
                yield from _file(file, origin)
        else:
            yield ArticleRefused(path, "no such file, and no articles in such a folder")


def _files(here: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that a path stands for, each with its origin, in order."""
    if here.is_dir():
        for file in sorted(here.rglob("*")):
            below = file.relative_to(here)
            hidden = any(part.startswith(".") for part in below.parts)
            if file.is_file() and file.suffix.lower() in SUFFIXES and not hidden:
                yield file, below.as_posix()
    elif here.is_file():
        yield here, here.name
    else:
        root = Path(here.anchor or ".")
        try:
            matches = sorted(root.glob(str(here.relative_to(here.anchor))))
        except ValueError:  # no glob either
            matches = []
        for match in matches:
            yield from _files(match)


def _file(file: Path, origin: str) -> Iterator[Draft | ArticleRefused]:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            yield ArticleRefused(
                origin, f"larger than {MAX_FILE_BYTES:,} bytes; split it into several files"
            )
            return
        data = file.read_bytes()
    except OSError as error:
        yield ArticleRefused(origin, f"cannot be read: {error.strerror}")
        return
    yield from _drafts(data, origin, str(file.resolve()))


def _drafts(data: bytes, origin: str, location: str) -> Iterator[Draft | ArticleRefused]:
    for reading in read_articles(data, origin):
        if isinstance(reading, Reading):
            # Only a file that is one article is that article's place: lines move about in theirs.
            yield draft(reading, location if reading.part == "" else "")
        else:
            yield reading


def draft(reading: Reading, location: str = "") -> Draft:
    """Return what was read, for the store."""
    return Draft(reading.article, reading.source, location, reading.named, reading.warnings)
