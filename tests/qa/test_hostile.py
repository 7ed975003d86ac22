"""Input made to hurt ends as refusals or articles, within seconds, and in bounded memory.

Each case is a file on disk, read in a process of its own whose memory is measured. Times depend on
the machine and are bounded so loosely that only a cost that grows with the square, or with what a
bomb unpacks to, is caught.
"""

import gzip
import io
import json
import multiprocessing
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from qa.articles import Reading, read_stream
from qa.articles.containers import MAX_MEMBERS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads the process's memory from /proc"
)

MEMORY = 200_000_000
"""Bytes that a case may take beyond what the program itself does; 120 MB is the most measured."""
SECONDS = 90

# Forked from a process that has read the program and nothing else.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload([__name__])

M = 1_000_000
LINE = json.dumps({"text": "Short.", "more": "All of it is text. " * 500}).encode()
FEED = b"<rss><channel><item><title>t</title>"
ATOM = (
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
    b'<div xmlns="http://www.w3.org/1999/xhtml">'
)
POST = b"---\ntitle: t\n---\n"
LAUGHS = b"".join(b'<!ENTITY x%d "%s">' % (n + 1, b"&x%d;" % n * 10) for n in range(12))

Make = Callable[[], Iterable[bytes]]


def much(block: bytes, size: int = 100 * M) -> Iterator[bytes]:
    """Yield `size` bytes of a block over and over."""
    blocks = block * (M // len(block))
    yield from (blocks for _ in range(size // len(blocks)))


def gzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    for block in blocks:
        yield pack.compress(block)
    yield pack.flush()


def zipped(member: bytes, count: int, name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(count):
            file.writestr(name.format(number), member)
    return archive.getvalue()


CASES: dict[str, tuple[str, Make]] = {
    # 100 MB of each kind.
    "a document": ("a.txt", lambda: much(b"All of it is text. ")),
    "a page": ("a.html", lambda: much(b"<p>All of it is text.</p>")),
    "a film": ("a.txt", lambda: much(b"\0\0\0\x18ftypmp42")),
    "NULs": ("a.txt", lambda: much(b"\0")),
    "a line": ("a.jsonl", lambda: [b'{"text":"', *much(b"a"), b'"}']),
    "an element": ("a.json", lambda: [b'[{"text":"', *much(b"a"), b'"}]']),
    "an object": ("a.json", lambda: [b'{\n"text":\n"', *much(b"a"), b'"}']),
    "empty arrays": ("a.json", lambda: [b"[", *much(b"[],"), b"[]]"]),
    "blank lines": ("a.jsonl", lambda: [LINE, b"\n", *much(b"\n")]),
    "bad lines": ("a.jsonl", lambda: [LINE, b"\n", *much(b"{\n")]),
    # Nesting.
    "nested HTML": ("a.html", lambda: [b"<div>" * 10_000]),
    "nested HTML, unbounded": ("a.html", lambda: [b"<div>" * 1_900_000]),
    "nested JSON": ("a.json", lambda: [b'{"a":' * 10_000]),
    "nested arrays": ("a.json", lambda: [b'[{"a":' + b"[" * 100_000]),
    "nested YAML": ("a.md", lambda: [b"---\na: " + b"[" * 10_000 + b"\n---\nx"]),
    "nested TOML": ("a.md", lambda: [b"+++\na = " + b"[" * 10_000 + b"\n+++\nx"]),
    "nested TOML names": ("a.md", lambda: [b"+++\n" + b"a." * 3_900 + b"b = 1\n+++\nx"]),
    "nested XML": ("a.xml", lambda: [FEED + b"<a>" * 10_000]),
    "nested XML, as much as is read": ("a.xml", lambda: [FEED + b"<a>" * 190_000]),
    "nested XHTML in a feed": ("a.xml", lambda: [ATOM + b"<b>" * 190_000]),
    "nested parts": (
        "a.mht",
        lambda: [
            b"Content-Type: multipart/related; boundary=a\n\n",
            b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 10_000,
        ],
    ),
    # Entities, aliases.
    "a billion laughs": (
        "a.xml",
        lambda: [b'<!DOCTYPE rss [<!ENTITY x0 "ha">', LAUGHS, b"]>", FEED, b"&x12;"],
    ),
    "quadratic entities": (
        "a.xml",
        lambda: [b'<!DOCTYPE rss [<!ENTITY x "', b"x" * M, b'">]>', FEED, b"&x;" * M],
    ),
    "aliases": ("a.md", lambda: [b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nx"]),
    # Bombs.
    "10 GB of zeros": ("a.gz", lambda: [gzip.compress(bytes(100 * M))] * 100),
    "2 GB of blank lines": (
        "a.gz",
        lambda: [gzip.compress(LINE), *[gzip.compress(b"\n" * 100 * M)] * 20],
    ),
    "a name of 100 MB": ("a.gz", lambda: [b"\x1f\x8b\x08\x08" + bytes(6), *much(b"a")]),
    "a million empty parts": ("a.gz", lambda: much(gzip.compress(b""), 20 * M)),
    "archives in archives": (
        "a.zip",
        lambda: [zipped(zipped(b"0" * M, 16, "{}.txt"), 16, "{}.zip")],
    ),
    "an archive of 200 MB": ("a.zip", lambda: [zipped(b'{"a":"' + b"0" * 10 * M, 20, "{}.json")]),
    "too many files": ("a.zip", lambda: [zipped(b"", MAX_MEMBERS + 1, "{}.txt")]),
    # Feeds, tables and markup that are costly to read.
    "100,000 entries": ("a.xml", lambda: [b"<rss>", b"<item><title>t</title></item>" * 100_000]),
    "2 million items": (
        "a.json",
        lambda: [
            b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 2 * M + b"{}]}"
        ],
    ),
    "a million rows": ("a.html", lambda: [b"<table>" + b"<tr><td>1" * M]),
    "a million rows of Markdown": ("a.md", lambda: [b"|a|b|\n|-|-|\n" + b"|1|2|\n" * M]),
    "brackets": ("a.md", lambda: [POST + b"[" * 190_000]),
    "quotes": ("a.md", lambda: [POST + b">" * 190_000]),
    "emphasis": ("a.md", lambda: [POST + b"*a " * 60_000]),
    "links": ("a.md", lambda: [POST + b"[a](<b" * 30_000]),
    "comments": ("a.md", lambda: [POST + b"<!--" * 45_000]),
    "comments before a root": ("a.xml", lambda: [b"<!---->" * 1_300_000]),
    "a document type without end": ("a.xml", lambda: [b"<!DOCTYPE a [" + b"] " * 4_500_000]),
    "front matter without end": ("a.md", lambda: [b"---\n" + b"a: b\n" * 1_800_000]),
    "an attribute of 5 MB": ("a.html", lambda: [b"<p title='" + b"a" * 5 * M + b"'>x</p>"]),
    "spaces": ("a.txt", lambda: [b"x" + b" " * 9 * M + b"y"]),
    "spaces in a field": ("a.md", lambda: [b"---\ntitle: a" + b" " * 60_000 + b"b: c\n---\nx"]),
    "accents": ("a.txt", lambda: [b"a" + "\u0301\u0316".encode() * M]),
}


def memory(what: str) -> int:
    """Return bytes that this process holds (VmRSS), or held at most (VmHWM)."""
    found = re.search(rf"{what}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return 1024 * int(found[1])


def count(path: Path, name: str, result: Connection) -> None:
    """Send how many articles were taken and how many refused, and the bytes that it took."""
    before = memory("VmRSS")
    with path.open("rb") as stream:
        taken = [isinstance(one, Reading) for one in read_stream(stream, name)]
    result.send((sum(taken), len(taken) - sum(taken), memory("VmHWM") - before))


def read(path: Path, name: str) -> tuple[int, int]:
    """Return how many articles were taken and how many refused, by a process of its own."""
    results, result = FORKING.Pipe(duplex=False)
    process = FORKING.Process(target=count, args=(path, name, result))
    process.start()
    result.close()
    try:
        assert results.poll(SECONDS), f"took longer than {SECONDS} seconds"
        taken, refused, peak = results.recv()
    finally:
        process.kill()
        process.join()
    assert peak < MEMORY, f"{peak:,} bytes"
    return taken, refused


@pytest.mark.parametrize("case", CASES)
def test_hostile_input_ends_soon_and_in_little_memory(case: str, tmp_path: Path) -> None:
    name, make = CASES[case]
    with (tmp_path / "file").open("wb") as file:
        file.writelines(make())

    taken, refused = read(tmp_path / "file", name)

    assert 0 < taken + refused <= 10_002


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.jsonl.gz"])
def test_a_large_export_is_read_to_its_end_in_little_memory(name: str, tmp_path: Path) -> None:
    """A line that is too long is passed over; what stands behind it is read."""
    count, end = 2_000, (b",\n" if name == "a.json" else b"\n")
    parts = [LINE + end] * count + [b'{"text":"', *much(b"a", 20 * M), b'"}', end]
    if name == "a.json":
        parts = [b"[", *[LINE + end] * count, LINE + b"]"]
    else:
        parts += [LINE + end]
    with (tmp_path / "file").open("wb") as file:
        file.writelines(gzipped(parts) if name.endswith(".gz") else parts)

    assert read(tmp_path / "file", name) == (count + 1, int(name != "a.json"))
