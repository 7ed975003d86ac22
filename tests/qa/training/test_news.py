"""The news that is written to learn from is what its card says."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import qa.training
from qa.training.rows import Row, read_rows

NEWS = Path(qa.training.__file__).parent / "news"

_HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_rows(str(NEWS))


def test_every_answer_stands_in_its_text_word_for_word(rows: list[Row]) -> None:
    assert [row for row in rows if not all(row.answered_by(row.text) for _ in row.answers)] == []
    assert [row for row in rows if any(start < 0 for _, start in row.answers)] == []


def test_every_question_is_asked_in_both_languages(rows: list[Row]) -> None:
    asked = Counter((row.article, row.asked_in) for row in rows)
    assert {language for _, language in asked} == {"zh", "en"}
    assert all(asked[article, "zh"] == asked[article, "en"] for article, _ in asked)
    wrong = [row for row in rows if bool(_HAN.search(row.question)) != (row.asked_in == "zh")]
    assert wrong == []


def test_every_article_is_asked_about_and_has_a_title_and_a_date(rows: list[Row]) -> None:
    articles = (NEWS / "passages.jsonl").read_bytes().splitlines()
    assert len({row.article for row in rows}) == len(articles)
    assert all(row.title and date.fromisoformat(row.date) for row in rows)


def test_one_question_in_ten_is_not_answered(rows: list[Row]) -> None:
    assert 0.05 <= sum(not row.answers for row in rows) / len(rows) <= 0.15


def test_the_card_counts_what_is_there(rows: list[Row]) -> None:
    card = (NEWS / "CARD.md").read_text("utf-8")
    languages = Counter({row.article: row.language for row in rows}.values())
    assert f"{languages.total():,} articles and {len(rows):,} questions" in card
    assert f"{languages['zh']} in Chinese, {languages['zh-Hant']} in traditional" in card
    assert f"{languages['en']} in\nEnglish" in card
