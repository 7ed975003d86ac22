"""Passages keep every sentence, whole and in order, and fit into the encoder."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.encoder import Encoder
from qa.articles import Reading, read_articles
from qa.passages import HEADER_TITLE, TARGET_TOKENS, embedded_text, split_each, split_passages
from qa.types import Article

from .conftest import HashingEncoder, make_article

SEEDS = Path(__file__).parents[2] / "seeds"

AWKWARD = [
    "😀👩‍👩‍👧 emoji. " * 60,
    "ﷺ﷽ ligatures. " * 60,
    "龘靐齉龗。" * 80,
    "Кириллица и ещё. עברית. हिन्दी। " * 20,
    "a" * 3_000 + ". short. " * 40,
    "1,234,567.89% 2025-10-27T11:03:00Z. " * 40,
    "第一段。第二句！\n\n第三段？\n" * 50,
    "～全角～波浪～。" * 60,
    "e\u0301\u0301\u0301 combining. " * 80,
]

count = HashingEncoder().count_tokens


def assert_lawful(article: Article, room: int, encoder: Encoder, target: int) -> None:
    passages = split_passages(article, encoder.count_tokens, room, target)

    covered = [n for passage in passages for n in range(passage.first, passage.last + 1)]
    assert covered == list(range(len(article.sentences)))
    for passage in passages:
        assert passage.article_id == article.id
        assert passage.text == passage.span.of(article.text)
        assert passage.span.start == article.sentences[passage.first].start
        assert passage.span.end == article.sentences[passage.last].end
        (taken,) = encoder.count_tokens([embedded_text(article, passage.text)])
        assert taken <= room or passage.first == passage.last


_text = st.lists(
    st.sampled_from(
        ["短。", "A short one. ", "一个比较长的句子，有很多字，说了不少的事情。", "\n"]
    ),
    max_size=40,
).map("".join)


@given(_text, st.text(max_size=150), st.integers(5, 300), st.integers(1, 250), st.booleans())
@settings(max_examples=150)
def test_sentences_are_kept_whole_in_order_and_within_the_room(
    text: str, title: str, room: int, target: int, dated: bool
) -> None:
    published = "2021-10-27T11:03:00+08:00" if dated else ""
    article = make_article("a", text, title=title, published=published)
    assert_lawful(article, room, HashingEncoder(), target)


@pytest.mark.parametrize("room", [48, 128, 509])
def test_no_passage_is_longer_than_the_real_tokenizer_allows(encoder: Encoder, room: int) -> None:
    for path in sorted(SEEDS.iterdir()):
        for reading in read_articles(path.read_bytes(), path.name):
            assert isinstance(reading, Reading)
            assert_lawful(reading.article, room, encoder, TARGET_TOKENS)
    for text in AWKWARD:
        article = make_article("a", text, title=text[:300], published="2021-10-27T11:03+08:00")
        assert_lawful(article, room, encoder, TARGET_TOKENS)


@given(st.lists(_text, max_size=5), st.integers(30, 300))
def test_articles_are_split_together_as_they_are_alone(texts: list[str], room: int) -> None:
    """And their tokens are counted in one call."""
    articles = [make_article(f"a{at}", text, title=text[:9]) for at, text in enumerate(texts)]
    counting = Mock(wraps=count)
    together = list(split_each(articles, counting, room))
    assert counting.call_count == 1
    assert together == [split_passages(article, count, room) for article in articles]


def test_a_passage_holds_as_many_sentences_as_the_target_allows() -> None:
    article = make_article("a", "十个字的一句话就这样。" * 10)  # 11 characters each

    passages = split_passages(article, count, room=500, target=33)

    assert [(p.first, p.last) for p in passages] == [(0, 2), (3, 5), (6, 8), (9, 9)]


def test_a_paragraph_closes_a_passage_that_is_half_full() -> None:
    text = "十个字的一句话就这样。" * 2 + "\n" + "十个字的一句话就这样。" * 2
    article = make_article("a", text)

    assert len(split_passages(article, count, room=500, target=44)) == 2
    assert len(split_passages(article, count, room=500, target=66)) == 1


def test_a_sentence_longer_than_the_room_stands_alone() -> None:
    article = make_article("a", f"短句。{'长' * 300}。短句。")

    assert len(split_passages(article, count, room=100)) == 3


def test_a_title_that_fills_the_room_leaves_a_sentence_a_passage() -> None:
    article = make_article("a", "一。二。三。", title="题" * 100)

    assert len(split_passages(article, count, room=50)) == 3


def test_no_sentences_make_no_passages() -> None:
    assert split_passages(make_article("a", ""), count, room=100) == ()


def test_title_and_date_stand_in_front_of_what_is_embedded() -> None:
    article = make_article("a", "正文。", title="标题", published="2021-10-27T23:59:00+08:00")

    assert embedded_text(article, "正文。") == "标题 2021-10-27\n正文。"
    assert embedded_text(replace(article, published=None), "正文。") == "标题\n正文。"
    assert embedded_text(replace(article, title=""), "正文。") == "2021-10-27\n正文。"
    assert embedded_text(make_article("a", ""), "正文。") == "正文。"


def test_a_runaway_title_is_cut() -> None:
    article = make_article("a", "正文。", title="题" * 1_000)

    assert embedded_text(article, "正文。") == "题" * HEADER_TITLE + "\n正文。"


def test_the_year_is_written_in_four_digits() -> None:
    article = replace(make_article("a", ""), published=datetime(987, 1, 2, tzinfo=UTC))

    assert embedded_text(article, "x").startswith("0987-01-02\n")


def test_a_passage_is_named_by_its_sentences() -> None:
    (passage,) = split_passages(make_article("a", "一。二。"), count, room=100)

    assert passage.id == "a:0-1"
