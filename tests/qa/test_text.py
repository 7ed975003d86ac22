"""Sentences and language: laws for any text, and a table of awkward cases."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text import MAX_SENTENCE, detect_language, split_sentences
from qa.types import Language

AWKWARD = [
    # Chinese ends, with what closes after them.
    ("他来了。她走了！真的？", ["他来了。", "她走了！", "真的？"]),
    ("他说：“好。”", ["他说：“好。”"]),
    ("“我去。”第二天，他走了。", ["“我去。”", "第二天，他走了。"]),
    ("“好！”，他说。", ["“好！”，他说。"]),
    ("“太好了！”王女士高兴地说。大家鼓掌。", ["“太好了！”王女士高兴地说。", "大家鼓掌。"]),
    ("“他说：‘好。’然后走了。”", ["“他说：‘好。’然后走了。”"]),
    ("「好。」他走了。", ["「好。」", "他走了。"]),
    ("「她說：『不好。』我信。」", ["「她說：『不好。』我信。」"]),
    ("这是“怎么办？”的问题。", ["这是“怎么办？”的问题。"]),
    ("《你好。再见！》上映了。票房很好。", ["《你好。再见！》上映了。", "票房很好。"]),
    ("公司（原名“甲公司。”）宣布扩产。", ["公司（原名“甲公司。”）宣布扩产。"]),
    ("活动结束。(完)", ["活动结束。(完)"]),
    ("怎么会？！他走了。", ["怎么会？！", "他走了。"]),
    ("等等……然后走了。", ["等等……然后走了。"]),
    ("他说:\"好。\"\"不好。\"她说。", ['他说:"好。"', '"不好。"她说。']),
    # Markers, figures and names with points.
    ("一、提高效率。二、降低成本。", ["一、提高效率。", "二、降低成本。"]),
    ("（一）总则。（二）附则。", ["（一）总则。", "（二）附则。"]),
    ("1.苹果。2.梨。", ["1.苹果。", "2.梨。"]),
    ("1. Apples rose. 2. Pears fell.", ["1. Apples rose.", "2. Pears fell."]),
    ("增长3.5%，达1,234.5万元。", ["增长3.5%，达1,234.5万元。"]),
    ("v2.5.5.40已发布。下载吧。", ["v2.5.5.40已发布。", "下载吧。"]),
    ("详见https://example.com/a?b=1。他走了。", ["详见https://example.com/a?b=1。", "他走了。"]),
    ("See https://example.com/a.html. Then go.", ["See https://example.com/a.html.", "Then go."]),
    ("他用Node.js写成。iPhone 15 已发布。", ["他用Node.js写成。", "iPhone 15 已发布。"]),
    ("利润1.2亿.收入3.4亿.", ["利润1.2亿.", "收入3.4亿."]),
    # English.
    ("Mr. Lee of Acme Inc. met J. K. Rowling.", ["Mr. Lee of Acme Inc. met J. K. Rowling."]),
    ("He joined Acme Inc. The firm grew.", ["He joined Acme Inc.", "The firm grew."]),
    ("U.S. jury agrees. It is over in the U.S. The end.",
     ["U.S. jury agrees.", "It is over in the U.S.", "The end."]),
    ("On Jan. 5 at 10 a.m. Monday, No. 7 won.", ["On Jan. 5 at 10 a.m. Monday, No. 7 won."]),
    ("He said no. Then he left in Jan. The rest stayed.",
     ["He said no.", "Then he left in Jan.", "The rest stayed."]),
    ("Use e.g. Python, etc. and rest.", ["Use e.g. Python, etc. and rest."]),
    ('"Go!" he said. "Why?" She left.', ['"Go!" he said.', '"Why?"', "She left."]),
    ("Well... maybe. Yes!", ["Well... maybe.", "Yes!"]),
    ("It cost $3.5 mln. In 2024 it fell.", ["It cost $3.5 mln.", "In 2024 it fell."]),
    # Lines.
    ("标题\n正文。\n\n  第二段  \n", ["标题", "正文。", "第二段"]),
    (" \n\u3000\t", []),
]  # fmt: skip


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text)]


@pytest.mark.parametrize(("text", "expected"), AWKWARD)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(
    st.one_of(
        st.text(),
        st.text(
            alphabet="ab汉。．.…！？!?”’」』）》《（“\"' \n\u30001A,，；:的说\u0301", max_size=60
        ),
        st.lists(st.sampled_from([text for text, _ in AWKWARD])).map(" ".join),
        st.integers(1, 2000).flatmap(
            lambda n: st.text("汉a ，\u0301\u200d", min_size=n, max_size=n)
        ),
    )
)
def test_sentences_cover_all_but_white_space_once(text: str) -> None:
    spans = split_sentences(text)

    assert "".join("".join(span.of(text).split()) for span in spans) == "".join(text.split())
    for before, after in pairwise(spans):
        assert before.end <= after.start
    for span in spans:
        sentence = span.of(text)
        assert sentence == sentence.strip() != ""
        assert "\n" not in sentence
        assert len(sentence) <= MAX_SENTENCE


def test_an_overlong_sentence_is_cut_at_its_clauses() -> None:
    clause = "各地继续推进有关工作，"

    pieces = sentences(clause * 60)

    assert all(piece.endswith("，") and len(piece) > MAX_SENTENCE // 4 for piece in pieces)


def test_a_cut_does_not_part_a_letter_from_its_accent() -> None:
    for piece in sentences("e\u0301" * 1000):
        assert piece.startswith("e")
        assert piece.endswith("\u0301")


@pytest.mark.parametrize(
    "unit", ["(", ".", "”", "。”", '."', "《", "（", "A. ", "1. ", "。x", "\n"]
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))

    began = time.process_time()
    split_sentences(text)
    detect_language(text)

    # 0.03-0.6 s on one core; a quadratic splitter takes minutes.
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("上海2025年的目标是什么", "zh"),
        ("陸特開創了哪一地區的研究", "zh-Hant"),
        ("what targets did Shanghai set for 2025", "en"),
        ("Who is 顾行舟?", "en"),
        ("The Laundress在哪里发布了首批产品？", "zh"),
        ("iPhone 15什么时候发布", "zh"),
        ("COVID-19", "en"),
        ("2025", "und"),
        ("", "und"),
        ("……！？", "und"),
        ("東京都が新しい計画を発表した", "und"),
        ("Привет, мир", "und"),
        ("优の良品是哪里的品牌", "zh"),
        ("中山大学在哪里", "zh"),
        ("臺北與香港的博物館", "zh-Hant"),
    ],
)
def test_language_is_that_of_most_of_the_text(text: str, language: Language) -> None:
    assert detect_language(text) == language
