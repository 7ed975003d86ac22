"""Markup into lines that can be quoted: tables, lists, captions; and characters mended."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles.errors import Unreadable
from qa.articles.html import MAX_TAGS, html_to_text, parse_html, tidy


def text_of(markup: str) -> str:
    return html_to_text(parse_html(markup))


# Tables.


def test_a_row_can_be_quoted_alone() -> None:
    table = (
        "<table><caption>票价</caption><thead><tr><th>票种</th><th>价格</th></tr></thead>"
        "<tr><td>成人票</td><td>20元</td></tr><tr><th>学生票</th><td></td></tr></table>"
    )

    assert text_of(table) == ("票价\n票种 | 价格\n票种：成人票 | 价格：20元\n票种：学生票")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ("<tr><th>Fare</th><th>Price</th></tr><tr><td>Adult</td><td>20</td></tr>",
         "Fare | Price\nFare: Adult | Price: 20"),
        ("<tr><th></th><th>价格</th></tr><tr><td>成人票</td><td>20元</td></tr>",
         " | 价格\n成人票 | 价格：20元"),
        # no header, or one that does not tell which cell is whose
        ("<tr><td>票种</td><td>价格</td></tr><tr><td>成人票</td><td>20元</td></tr>",
         "票种 | 价格\n成人票 | 20元"),
        ("<tr><th>票种</th><th colspan='2'>价格</th></tr><tr><td>成人票</td><td>20</td></tr>",
         "票种 | 价格\n成人票 | 20"),
        ("<tr><th>票种</th><th>价格</th></tr><tr><td colspan='2'>均不变</td></tr>",
         "票种 | 价格\n均不变"),
        ("<tr><th>票价</th></tr><tr><td>20元</td></tr>", "票价\n20元"),
    ],
)  # fmt: skip
def test_cells_are_named_by_a_header_row_only(rows: str, text: str) -> None:
    assert text_of(f"<table>{rows}</table>") == text.strip()


def test_a_table_without_end_is_refused_soon() -> None:
    began = time.process_time()
    with pytest.raises(Unreadable, match=f"more than {MAX_TAGS:,} HTML tags"):
        parse_html("<table>" + "<tr><td>1</td></tr>" * 1_000_000 + "</table>")

    assert time.process_time() - began < 2


# What stays readable.


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h2>背景</h2><p>渡轮停运。</p>", "背景\n渡轮停运。"),
        ("<p>渡口啊渡口<br>潮水来了<br/>渡口啊</p>", "渡口啊渡口\n潮水来了\n渡口啊"),
        ("<dl><dt>渡轮</dt><dd>一种船</dd><dt>票价</dt><dd>20元</dd></dl>",
         "渡轮\n一种船\n票价\n20元"),
        ("<figure><img src='a'><figcaption>图为渡轮。王五摄</figcaption></figure>",
         "图为渡轮。王五摄"),
        ("<blockquote><p>不会涨价。</p><p>永远不会。</p></blockquote>", "不会涨价。\n永远不会。"),
        ("<p>票价<sup>[1]</sup>不变。</p><ol><li>见公告</li></ol>", "票价[1]不变。\n1. 见公告"),
        ("<ul><li>早班<ul><li>六点</li></ul></li></ul>", "- 早班\n- 六点"),
    ],
)  # fmt: skip
def test_each_part_stands_on_its_own_line(markup: str, text: str) -> None:
    assert text_of(markup) == text


# Characters.


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("甲&nbsp乙&nbsp;丙", "甲 乙 丙"),
        ("甲&amp;nbsp;乙 &amp;amp;ldquo;丙&amp;amp;rdquo;", "甲 乙 “丙”"),
        ("&#8220甲&#8221 &#x201c;乙&#x201d;", "“甲” “乙”"),
        ("&ldquo;甲&rdquo;&hellip;&mdash;乙", "“甲”…—乙"),
        ("AT&amp;T", "AT&T"),
        ("a&shy;b&zwnj;c", "abc"),
        ("甲\ufffd\ufffd\ufffd乙", "甲\ufffd乙"),
        ("\u3000\u3000甲\u00ad\u200b\ue123乙", "甲乙"),
        ("甲&#0;&#x8;乙", "甲\ufffd乙"),
    ],
)
def test_references_and_debris_are_mended(written: str, meant: str) -> None:
    assert tidy(written) == meant


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("text", ["Zoë’s café", "Ça coûte 20 €, déjà"])
def test_utf8_read_in_another_encoding_is_read_again(text: str, encoding: str) -> None:
    mangled = text.encode().decode(encoding)

    assert tidy(mangled) == text
    assert text_of(f"<p>{mangled}</p>") == text


def test_chinese_read_as_latin_is_read_again() -> None:
    text = "中国经济增长，关注“渡轮”。"

    assert tidy(text.encode().decode("latin-1")) == text


@pytest.mark.parametrize(
    "text",
    [
        "渡轮长 3 ×“米”，“宽”×‘二’",
        "ＡＢＣ１２３，。！？：；（）「」『』《》〈〉、…—～·",
        "“引号”‘单引号’ \"直引号\" 'it’s'",
        "ﾃｽﾄ カナ ㎡ ① Ⅳ ﬁ ½",
        "Ångström naïve façade – “quote” … é»",
        "R&D &lt;b&gt; ?a=1&copy=2&reg_id=3 &times2 &unknown;",
        "100 % © 2023 ® ™ £20 €5 ÷ ×",
    ],
)
def test_what_is_well_stays_as_it_is(text: str) -> None:
    assert tidy(text) == text


@given(st.text(alphabet="中国“”‘’…—×，。Ａａ１é～「」 "))
def test_chinese_signs_are_never_taken_for_another_encoding(text: str) -> None:
    assert tidy(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    ["Ã©" * 500_000, "â€œ" * 300_000, "中Ã©国" * 250_000, "Ã©\n" * 100_000, "&amp;" * 200_000,
     "&" + "amp;" * 250_000, "&#" * 500_000, "\ufffd" * 1_000_000],
    ids=lambda text: repr(text[:6]),
)  # fmt: skip
def test_mending_costs_no_more_than_the_length_of_the_text(text: str) -> None:
    began = time.process_time()
    tidy(text)

    assert time.process_time() - began < 5
