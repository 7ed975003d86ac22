"""JSON of any layout into articles: objects a line, an array, one object, an object with a list.

Lines and arrays are read one record at a time, whatever their length.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Literal

from qa.articles.article import MAX_ARTICLE_BYTES, Reading
from qa.articles.containers import BLOCK, File, buffered
from qa.articles.decoding import read_text
from qa.articles.errors import Unreadable
from qa.articles.feeds import is_json_feed, json_entries
from qa.articles.finishing import check_size
from qa.articles.records import BODIES, read_entries, read_record
from qa.errors import ArticleRefused

LISTS = ("articles", "items", "data")
"""An object that has no text of its own may hold records under one of these names."""

Layout = Literal["lines", "array", "object"]

_JSON = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\0\s]*[\[{]")
_ARRAY = re.compile(r"\s*\[\s*[{\[\]]")
_OBJECT = re.compile(r'\s*\{\s*["}]')
_ASCII_COMPATIBLE = {"GB 18030": "gb18030", "Big5": "big5hkscs", "Windows-1252": "cp1252"}
_BETWEEN = re.compile(r"[\s,]*")


def layout(opening: bytes, *, document: bool = False) -> Layout | None:
    """Return how the JSON is laid out that a file opens with, None if it does not open with JSON.

    One object stands on a single line ("lines") or on several. Of a `document`, whose name says
    that it is one, an object may also be the front matter ("object").
    """
    if not _JSON.match(opening):
        return None
    text = opening.decode(_encoding(opening), "ignore").removeprefix("\ufeff")
    if _ARRAY.match(text):
        return "array"
    if not _OBJECT.match(text):
        return None
    first, *rest = [line for line in text.split("\n") if line.strip()][:2]
    if not rest or rest[0].lstrip().startswith("{"):
        return "lines"
    return "lines" if not document and isinstance(value_of(first), dict) else "object"


def value_of(text: str) -> object:
    """Return the JSON value of `text`, None where it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_lines(file: File) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of objects that stand a line each; a single one is the whole file."""
    stream, encoding = _ascii_compatible(file.stream)
    lines = _lines(stream)
    two = [pair for pair in (next(lines, None), next(lines, None)) if pair]
    for number, line in chain(two, lines):
        try:
            if line is None:
                check_size(MAX_ARTICLE_BYTES + 1, file.origin)
            text, warnings = _text(line or b"", encoding)
            record = value_of(text)
            if not isinstance(record, dict):
                raise ArticleRefused(file.origin, "no JSON object: write one object a line")
            if len(two) == 1:
                yield from read_object(record, text, file)
            else:
                reading = read_record(_with_text_id(record), file.origin)
                yield replace(reading, source=text.encode(), warnings=warnings)
        except Unreadable as error:
            yield ArticleRefused(f"{file.origin}:{number}", str(error))
        except ArticleRefused as refusal:
            yield ArticleRefused(f"{file.origin}:{number}", refusal.reason)


def read_array(file: File) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of an array's objects."""
    stream, encoding = _ascii_compatible(file.stream)
    elements = _elements(io.TextIOWrapper(stream, encoding, newline=""))
    number = 0
    try:
        for number, (written, value) in enumerate(elements, 1):
            yield from _read_row(value, written, f"{file.origin}:{number}", file.origin)
    except UnicodeDecodeError:
        yield ArticleRefused(f"{file.origin}:{number + 1}", f"no {encoding}: save it as UTF-8")
    except _Broken as error:
        yield ArticleRefused(f"{file.origin}:{number + 1}", str(error))


def read_object(
    value: Mapping[str, object], text: str, file: File
) -> Iterator[Reading | ArticleRefused]:
    """Yield the articles of an object that is a whole file: a feed, a list under a name, or one.

    `text` is how it is written.
    """
    rows = next((value[name] for name in LISTS if isinstance(value.get(name), list)), None)
    if is_json_feed(value):
        try:
            yield from read_entries(json_entries(value), file.origin, file.name)
        except Unreadable as error:
            yield ArticleRefused(file.origin, str(error))
    elif isinstance(rows, list) and not any(value.get(name) for name in BODIES):
        for number, row in enumerate(rows, 1):
            yield from _read_row(row, json.dumps(row), f"{file.origin}:{number}", file.origin)
    else:
        try:
            reading = read_record(_with_text_id(value), file.origin)
        except ArticleRefused as refusal:
            yield refusal
        else:
            yield replace(reading, source=text.encode(), part=file.name)


def _read_row(
    value: object, written: str, place: str, origin: str
) -> Iterator[Reading | ArticleRefused]:
    try:
        if not isinstance(value, dict):
            raise ArticleRefused(origin, "no JSON object: write an array of objects")
        yield replace(read_record(_with_text_id(value), origin), source=written.encode())
    except ArticleRefused as refusal:
        yield ArticleRefused(place, refusal.reason)


def _with_text_id(record: Mapping[str, object]) -> Mapping[str, object]:
    """Return the record with its id as a string: databases give numbers."""
    id = record.get("id")
    return {**record, "id": str(id)} if type(id) is int else record


def _lines(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank with their numbers, None for one that is too long."""
    number = 0
    while line := stream.readline(MAX_ARTICLE_BYTES + 1):
        number += 1
        if len(line) > MAX_ARTICLE_BYTES:
            while line and not line.endswith(b"\n"):
                line = stream.readline(BLOCK)
            yield number, None
        elif line.strip():
            yield number, line
        else:
            # A run of blank lines is passed over at once: 200 MB of them take 40 s one by one.
            opening = stream.peek()
            blank = stream.read(len(opening) - len(opening.lstrip()))
            number += blank.count(b"\n")


class _Broken(Exception):
    """The rest of an array cannot be read; the message says why and the remedy."""


def _elements(stream: io.TextIOBase) -> Iterator[tuple[str, object]]:
    """Yield what stands in an array, as it is written and as a value.

    Raises:
        _Broken: it is no JSON from here on, or an element is longer than an article may be.
    """
    decoder = json.JSONDecoder()
    held = stream.read(BLOCK)
    at, more = held.index("[") + 1, True
    while True:
        start = _between(held, at)
        try:
            if held[start : start + 1] == "]":
                return
            value, at = decoder.raw_decode(held, start)
            if at == len(held) and more:
                raise ValueError("a number may go on")
            yield held[start:at], value
        except RecursionError as error:
            raise _Broken("nested too deeply: leave out what is no article's field") from error
        except ValueError as error:
            if len(held) - start > MAX_ARTICLE_BYTES:
                raise _Broken(f"longer than {MAX_ARTICLE_BYTES:,} bytes, or no JSON") from error
            if not more:
                raise _Broken(f"no JSON ({error}): mend the file") from error
            # Twice as much each time, so that a long element is not tried again and again.
            block = stream.read(max(BLOCK, len(held) - start))
            held, at, more = held[start:] + block, 0, bool(block)


def _between(held: str, at: int) -> int:
    """Return where what follows the white space and the comma at `at` begins."""
    space = _BETWEEN.match(held, at)
    return space.end() if space else at


def _text(line: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    """Return a line as text, in its file's encoding or its own, and warnings of what is damaged.

    Raises:
        Unreadable: it is in neither.
    """
    try:
        return line.decode(encoding).removeprefix("\ufeff").strip(), ()
    except UnicodeDecodeError:
        read = read_text(line)
        return read.text.strip(), read.warnings


def _ascii_compatible(stream: io.BufferedReader) -> tuple[io.BufferedReader, str]:
    """Return a stream in which a line's end is the one byte, and its encoding."""
    encoding = _encoding(stream.peek())
    if not encoding.startswith(("utf-16", "utf-32")):
        return stream, encoding
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    blocks = iter(lambda: stream.read(BLOCK), b"")
    texts = chain(map(decoder.decode, blocks), [decoder.decode(b"", final=True)])
    return buffered(text.encode("utf-8", "replace") for text in texts), "utf-8"


def _encoding(opening: bytes) -> str:
    """Return the encoding of a file that opens so, which is JSON."""
    # Its first characters are ASCII, so zeros among them tell UTF-16 and UTF-32.
    encoding: str = json.detect_encoding(opening)
    if encoding == "utf-8":
        with suppress(Unreadable):
            return _ASCII_COMPATIBLE.get(read_text(opening).encoding, encoding)
    return encoding
