"""Packed files: what is in them is read, and none of them can leave, burst or stop the rest."""

import gzip
import io
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles import Reading, containers, read_articles, read_stream
from qa.errors import ArticleRefused

POST = "---\ntitle: 开工\n---\n今天开工。\n".encode()
LINES = b'{"id": "a", "text": "One."}\n{"text": "Two."}\n'
FEED = (
    "<rss version='2.0'><channel><title>报</title><item><guid>g1</guid><title>甲</title>"
    "<description>正文。</description></item></channel></rss>"
).encode()


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of these members."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return archive.getvalue()


def results(data: bytes, origin: str = "news.zip") -> list[Reading | ArticleRefused]:
    return list(read_articles(data, origin))


def titles(data: bytes) -> list[str]:
    """Return the titles of what is taken."""
    return [one.article.title for one in results(data) if isinstance(one, Reading)]


def refusals(data: bytes) -> dict[str, str]:
    """Return why what is refused is, by origin."""
    found = results(data)
    return {one.origin: one.reason for one in found if isinstance(one, ArticleRefused)}


def test_an_archive_is_read_member_by_member() -> None:
    data = packed({"b/post.md": POST, "lines.jsonl": LINES, "feed.xml": FEED, "a.json.gz": LINES})

    read = [one for one in results(data) if isinstance(one, Reading)]

    assert not refusals(data)
    assert [(one.article.origin, one.part, one.article.title) for one in read] == [
        ("news.zip/b/post.md", "b/post.md", "开工"),
        ("news.zip/lines.jsonl", None, "One."),
        ("news.zip/lines.jsonl", None, "Two."),
        ("news.zip/feed.xml", "feed.xml#g1", "甲"),
        ("news.zip/a.json.gz", None, "One."),
        ("news.zip/a.json.gz", None, "Two."),
    ]
    for one in read:
        (again,) = read_articles(one.source, one.article.origin)
        assert isinstance(again, Reading)
        assert again.article == one.article


def test_a_member_packed_by_gzip_is_opened() -> None:
    assert titles(packed({"post.md.gz": gzip.compress(POST)})) == ["开工"]


@pytest.mark.parametrize("name", ["feed.xml", "post.md", "lines.jsonl", "post"])
@pytest.mark.parametrize("data", [POST, LINES, FEED])
def test_gzip_changes_nothing(name: str, data: bytes) -> None:
    plain = list(read_articles(data, name))
    halves = gzip.compress(data[:20]) + gzip.compress(data[20:]) + bytes(100)

    assert list(read_articles(gzip.compress(data), name)) == plain
    assert list(read_articles(halves, name)) == plain


def test_what_is_no_article_by_its_name_is_passed_over() -> None:
    names = ["picture.jpg", "style.css", ".hidden.md", "__MACOSX/a.md", "a/.git/b.md", "noname"]

    assert titles(packed(dict.fromkeys([*names, "a.MD"], POST))) == ["开工"]
    assert not refusals(packed(dict.fromkeys(names, POST)))


@pytest.mark.parametrize(
    "name", ["../a.md", "a/../../b.md", "/etc/a.md", "C:/a.md", "c:a.md", "..\\a.md", "a\\b.md"]
)
def test_a_name_that_leads_out_is_refused_and_the_rest_is_read(name: str) -> None:
    data = packed({"a.txt": POST, name: POST, "z.txt": POST})

    assert titles(data) == ["开工", "开工"]
    ((place, reason),) = refusals(data).items()
    assert place == f"news.zip/{name}"
    assert reason.startswith("its name leads out of the archive")


def test_a_link_is_refused() -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(link, "/etc/passwd")
        file.writestr("a.md", POST)

    assert titles(archive.getvalue()) == ["开工"]
    assert refusals(archive.getvalue())["news.zip/link.md"].startswith("a symbolic link")


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(packed({"secret.md": POST}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1

    assert refusals(bytes(data))["news.zip/secret.md"].startswith("encrypted")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_unpacks_without_bound_is_refused(method: int) -> None:
    reason = refusals(packed({"a.md": POST}, method))["news.zip/a.md"]

    assert reason.startswith("packed by another method")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_names_are_read_as_they_were_written(encoding: str) -> None:
    written = "新闻/上海.md".encode(encoding)
    name = "x" * len(written)
    data = packed({name: POST}).replace(name.encode(), written)

    (reading,) = results(data)

    assert isinstance(reading, Reading)
    assert reading.part == "新闻/上海.md"


def test_a_name_that_comes_twice_is_taken_once() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.md", POST)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.md", b"Another.")

    assert titles(archive.getvalue()) == ["开工"]
    assert "two files of this name" in refusals(archive.getvalue())["news.zip/a.md"]


def test_a_damaged_member_is_refused_and_the_others_are_read() -> None:
    data = packed({"a.md": POST, "b.md": b"Damaged text.", "c.md": POST}, zipfile.ZIP_STORED)

    assert titles(data.replace(b"Damaged text.", b"Damaged tixt.")) == ["开工", "开工"]
    assert refusals(data.replace(b"Damaged text.", b"Damaged tixt."))["news.zip/b.md"].startswith(
        "damaged (Bad CRC-32"
    )


def test_what_comes_before_the_damage_is_read() -> None:
    data = gzip.compress(LINES * 2_000)[:-20]

    *read, refused = read_articles(data, "a.jsonl.gz")

    assert len(read) > 1_000
    assert isinstance(refused, ArticleRefused)
    assert refused.reason.startswith("the gzip file is damaged")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed({"in.zip": packed({"a.md": POST})}), "an archive inside another"),
        (gzip.compress(packed({"a.md": POST})), "an archive inside another"),
        (gzip.compress(gzip.compress(POST)), "packed twice"),
        (packed({"[Content_Types].xml": b"<Types/>"}), "an Office document"),
        (packed({"a.md": POST})[:-30], "the zip archive is damaged"),
        (b"%PDF-1.7\n", "this is a PDF document"),
        (b"Rar!\x1a\x07\x00" + bytes(20_000_000), "this is an archive"),
        (bytes(257) + b"ustar\0" + bytes(500), "a tar archive"),
    ],
    ids=["zip in zip", "zip in gzip", "gzip in gzip", "office", "damaged", "pdf", "rar", "tar"],
)
def test_what_is_not_opened_is_refused_by_its_kind(data: bytes, reason: str) -> None:
    (refused,) = refusals(data).values()

    assert refused.startswith(reason)


def bomb(size: int) -> bytes:
    """Return a gzip file of a JSON line with `size` zeros in it."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1_000_000).replace(b"\0", b"0")
    parts = [pack.compress(b'{"text": "')]
    parts += [pack.compress(block) for _ in range(size // len(block))]
    return b"".join([*parts, pack.flush()])


def test_what_unpacks_to_far_more_than_its_size_is_refused() -> None:
    reasons = list(refusals(bomb(200_000_000)).values())

    assert reasons == ["it unpacks to more than 100,000,000 bytes: split it, unpacked"]


def test_the_members_of_an_archive_share_what_it_may_unpack_to() -> None:
    line = bomb(30_000_000)
    data = packed({f"{n}.jsonl.gz": line for n in range(6)})

    reasons = list(refusals(data).values())

    assert [reason.startswith("it unpacks to more") for reason in reasons] == [
        *[False] * 3, True, True, True
    ]  # fmt: skip


def test_members_laid_over_each_other_are_counted_each_time() -> None:
    """A directory of entries that all name the same packed bytes unpacks to its limit."""
    data = packed({"0.jsonl.gz": bomb(40_000_000)})
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    entries = b"".join(
        data[start:end].replace(b"0.jsonl.gz", f"{n}.jsonl.gz".encode()) for n in range(5)
    )
    tail = bytearray(data[end:])
    tail[8:12] = (5).to_bytes(2, "little") * 2
    tail[12:16] = len(entries).to_bytes(4, "little")

    assert not titles(data[:start] + entries + bytes(tail))
    assert len(refusals(data[:start] + entries + bytes(tail))) == 5


def test_an_archive_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MAX_MEMBERS", 2)

    (reason,) = refusals(packed(dict.fromkeys(["a.md", "b.md", "c.md"], POST))).values()

    assert reason.startswith("more than 2 files")


def test_a_member_without_a_name_is_passed_over() -> None:
    whole = packed({"a.md": POST, "b": POST}).replace(b"b", b"\0")

    (kept,) = results(whole)

    assert isinstance(kept, Reading)


@given(st.data())
def test_any_damage_to_an_archive_is_a_refusal_or_nothing(data: st.DataObject) -> None:
    whole = bytearray(packed({"a.md": POST, "b.jsonl": LINES, "c.txt.gz": gzip.compress(POST)}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    for one in results(bytes(whole)):
        assert isinstance(one, Reading | ArticleRefused)


@given(st.data())
def test_any_damage_to_a_gzip_file_is_a_refusal_or_nothing(data: st.DataObject) -> None:
    whole = bytearray(gzip.compress(LINES))
    whole[data.draw(st.integers(2, len(whole) - 1))] = data.draw(st.integers(0, 255))

    for one in results(bytes(whole)):
        assert isinstance(one, Reading | ArticleRefused)


def test_a_stream_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": f"Number {n}."}) + "\n" for n in range(1_000))
    for data in (POST, lines.encode(), packed({"a.md": POST, "b.jsonl": lines.encode()})):
        (tmp_path / "file").write_bytes(data)
        with (tmp_path / "file").open("rb") as stream:
            assert list(read_stream(stream, "o")) == list(read_articles(data, "o"))
