import codecs
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles.decoding import read_text
from qa.articles.errors import Unreadable

SIMPLIFIED = (
    "本报讯（记者李明）昨天上午，滨江市举行跨江大桥开工仪式，市长和有关部门负责人出席。据介绍，大桥全长六公里，"
    "总投资四十二亿元，预计二〇二六年底建成通车。建成以后，两岸居民过江的时间将由四十分钟缩短到十分钟。\n"
    "“这座桥我们等了二十年。”家住南岸的张女士说。她每天坐轮渡上班，遇到大雾就要停航。市交通局表示，"
    "施工期间轮渡不会停运，并将增加班次；对沿线企业的补偿方案，也将在下个月公布，征求大家的意见。"
)
TRADITIONAL = (
    "本報訊（記者李明）昨天上午，濱江市舉行跨江大橋開工儀式，市長和有關部門負責人出席。據介紹，大橋全長六公里，"
    "總投資四十二億元，預計二〇二六年底建成通車。建成以後，兩岸居民過江的時間將由四十分鐘縮短到十分鐘。\n"
    "「這座橋我們等了二十年。」家住南岸的張女士說。她每天坐渡輪上班，遇到大霧就要停航。市交通局表示，"
    "施工期間渡輪不會停運，並將增加班次；對沿線企業的補償方案，也將在下個月公布，徵求大家的意見。"
)
ENGLISH = (
    "The city’s new bridge will open in 2026, the mayor said on Tuesday – two years late. “We have "
    "waited for this,” said José Álvarez, who runs a café by the ferry. It will cost £420m."
)
TEXTS = {
    "utf-8": SIMPLIFIED,
    "utf-8-sig": TRADITIONAL,
    "gb2312": SIMPLIFIED.replace("〇", "零"),
    "gbk": SIMPLIFIED + "朱镕基、陶喆",
    "gb18030": SIMPLIFIED + "㐂𠮷",
    "big5": TRADITIONAL.replace("〇", "零"),
    "cp950": TRADITIONAL.replace("〇", "零"),
    "big5hkscs": TRADITIONAL.replace("〇", "零") + "佢哋喺呢度嘅",
    "cp1252": ENGLISH,
    "utf-16": SIMPLIFIED,
    "utf-16-le": SIMPLIFIED,
    "utf-16-be": ENGLISH,
    "utf-32": TRADITIONAL,
    "utf-32-le": TRADITIONAL,
    "utf-32-be": SIMPLIFIED,
}
DECLARATIONS = ("", "utf-8", "gb2312", "big5", "iso-8859-1", "no-such-encoding", "unicode_escape")


def decode(data: bytes, declared: str = "") -> str:
    return read_text(data, declared).text


def page(text: str, declared: str) -> str:
    charset = f"<meta charset='{declared}'>" if declared else ""
    return f"<!DOCTYPE html>\n<html><head>{charset}<title>{text[:12]}</title></head><p>{text}</p>"


@pytest.mark.parametrize("declared", DECLARATIONS)
@pytest.mark.parametrize("encoding", TEXTS)
def test_bytes_are_read_whatever_is_declared(encoding: str, declared: str) -> None:
    document = page(TEXTS[encoding], declared)

    assert decode(document.encode(encoding)) == document
    assert decode(TEXTS[encoding].encode(encoding), declared) == TEXTS[encoding]


@given(st.sampled_from(sorted(TEXTS)), st.data())
def test_sixty_characters_are_enough(encoding: str, data: st.DataObject) -> None:
    text = TEXTS[encoding]
    start = data.draw(st.integers(0, len(text) - 60))
    piece = text[start : start + 60]

    assert decode(piece.encode(encoding)) == piece


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_all_that_utf8_can_hold_is_read(text: str) -> None:
    assert read_text(text.encode()).damaged == text.count("\ufffd")
    assert decode(text.encode()) == text.removeprefix("\ufeff")


def test_a_header_decides_where_the_bytes_leave_a_doubt() -> None:
    assert decode("привет".encode("koi8-r"), "koi8-r") == "привет"
    assert decode("ニュースを読む".encode("shift_jis"), "Shift_JIS") == "ニュースを読む"


@pytest.mark.parametrize(
    ("encoding", "stray", "name"),
    [
        ("utf-8", b"\xff", "UTF-8"),
        ("utf-8", b"\xb5", "UTF-8"),
        ("gb18030", b"\xff", "GB 18030"),
        ("gb18030", b"\xb5", "GB 18030"),
        ("big5", b"\xff", "Big5"),
    ],
)
def test_one_stray_byte_costs_a_few_characters_and_is_told(
    encoding: str, stray: bytes, name: str
) -> None:
    text = TEXTS[encoding]
    encoded = text[:50].encode(encoding) + stray + text[50:].encode(encoding)

    decoded = read_text(encoded)

    assert decoded.text[:48] == text[:48]
    assert decoded.text[-100:] == text[-100:]
    assert decoded.damaged == 1
    assert decoded.warnings == (f"text: damaged in 1 place (read as {name})",)


def test_a_lost_byte_does_not_shift_the_rest_of_a_line() -> None:
    encoded = SIMPLIFIED.encode("gb18030")

    for lost in range(0, 120, 7):
        decoded = read_text(encoded[:lost] + encoded[lost + 1 :])

        assert decoded.damaged
        assert decoded.text[-120:] == SIMPLIFIED[-120:]
        assert len(decoded.text) >= len(SIMPLIFIED) - 2


def test_whole_text_is_not_damaged() -> None:
    assert all(read_text(text.encode(encoding)).warnings == () for encoding, text in TEXTS.items())


def test_what_is_damaged_all_over_is_refused() -> None:
    encoded = bytearray(SIMPLIFIED.encode())
    encoded[::40] = b"\xff" * len(encoded[::40])

    with pytest.raises(Unreadable, match=r"damaged in \d+ places \(read as UTF-8\): save it again"):
        decode(bytes(encoded))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"PK\x03\x04\x14\x00", "a ZIP archive or an office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "an old office document"),
        (b"{\\rtf1\\ansi text}", "an RTF document"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG image"),
        (b"\x00\x00\x00\x20ftypisom", "a film or an image"),
        (b"SQLite format 3\x00", "a SQLite database"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(data: bytes, kind: str) -> None:
    with pytest.raises(Unreadable, match=f"this is {kind}.*: save its text as UTF-8"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [random.Random(5).randbytes(5_000), bytes(5_000), b"\xff" * 5_000, b"a\x01\x02\x03" * 99],
)
def test_bytes_that_read_as_nothing_are_refused(data: bytes) -> None:
    with pytest.raises(Unreadable, match="save it"):
        decode(data, "iso-8859-12")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "cp1252"])
def test_ten_megabytes_are_read_within_seconds(encoding: str) -> None:
    text = TEXTS[encoding] * (10_000_000 // len(TEXTS[encoding].encode(encoding)))
    began = time.process_time()

    assert decode(text.encode(encoding)) == text
    assert time.process_time() - began < 10


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decoded = read_text(data)
    except Unreadable:
        return
    assert decoded.damaged == decoded.text.count("\ufffd")


def test_marks_are_not_part_of_the_text() -> None:
    assert decode(codecs.BOM_UTF8 + b"text") == "text"
    assert decode(codecs.BOM_UTF16_BE + "正文".encode("utf-16-be")) == "正文"
