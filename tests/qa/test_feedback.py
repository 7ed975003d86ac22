"""What readers said last is kept, and comes out as questions whose answer is known."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa.feedback
from qa.errors import HomeUnusable, QuestionRefused
from qa.feedback import (
    FEEDBACK,
    PASSAGES,
    QUERIES,
    TO_LABEL,
    UNANSWERABLE,
    Cited,
    Feedback,
    FeedbackStore,
    Rating,
    cleaned,
    export,
    placed,
)
from qa.generations import Generations, Kept
from qa.known import read_known, read_unanswerable
from qa.shared import SharedGenerations
from qa.sources import read_paths
from qa.store import ArticleStore, Draft
from qa.store.postgres import Server
from qa.training.rows import read_rows
from qa.types import Span, Status

from .conftest import make_article, named

FERRY = "The night ferry to Anholm begins on 3 May. It sails from pier 4."
TRAM = "三号电车线平均每天运送4.2万人次。票价仍为两欧元。"
DAY = date(2026, 11, 23)


@pytest.fixture
def articles(tmp_path: Path) -> ArticleStore:
    store = ArticleStore(tmp_path / "articles.sqlite")
    keep(store, make_article("ferry", FERRY, title="Ferry", published="2026-03-01T08:00:00+01:00"))
    keep(store, make_article("tram", TRAM, title="电车", categories=("交通",)))
    return store


@pytest.fixture(params=["folder", "database"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Return where a corpus is kept, of both kinds."""
    if request.param == "folder":
        return Generations(tmp_path)
    return SharedGenerations(tmp_path, Server(request.getfixturevalue("postgres")))


@pytest.fixture
def store(kept: Kept) -> FeedbackStore:
    return FeedbackStore(kept)


def keep(store: ArticleStore, *articles: Any) -> None:
    store.put([named(article) for article in articles])


def cited(id: str, text: str, quote: str, *marks: str, version: int = 1) -> Cited:
    start = text.index(quote)
    marked = (Span(text.index(mark), text.index(mark) + len(mark)) for mark in marks)
    return Cited(id, version, start, start + len(quote), tuple(marked))


BEGINS = cited("ferry", FERRY, "The night ferry to Anholm begins on 3 May.", "3 May")
CARRIES = cited("tram", TRAM, "三号电车线平均每天运送4.2万人次。")


def said(
    number: int,
    rating: Rating = "up",
    status: Status = "answered",
    citations: Sequence[Cited] = (BEGINS,),
    question: str = "When does the ferry begin?",
    comment: str = "",
) -> Feedback:
    answer = f"ask-{number:032x}"
    return Feedback(answer, rating, question, status, tuple(citations), comment, DAY)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_is_kept_is_what_was_said(store: FeedbackStore, kept: Kept) -> None:
    assert list(store.all()) == []
    assert kept.beside(FEEDBACK, "", make=False) is None
    both = [said(1), said(2, "down", "not_found", (), "问题？", "一行\n另一行")]
    for one in both:
        store.keep(one)
    assert list(store.all()) == both
    assert list(FeedbackStore(kept).all()) == both


def test_of_an_answer_the_last_counts_and_it_can_be_taken_back(store: FeedbackStore) -> None:
    store.take_back(said(1).answer)
    store.keep(said(1))
    store.keep(said(2))
    store.keep(said(1, "down", comment="It begins in June."))
    assert list(store.all()) == [said(2), said(1, "down", comment="It begins in June.")]
    store.take_back(said(1).answer)
    assert list(store.all()) == [said(2)]


def test_the_oldest_give_way(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.feedback, "MOST", 3)
    for number in range(5):
        store.keep(said(number))
    assert list(store.all()) == [said(number) for number in (2, 3, 4)]


@given(st.text())
def test_nothing_unseen_is_left_of_words(words: str) -> None:
    seen = cleaned(words)
    assert cleaned(seen) == seen
    assert not [c for c in seen if (c < " " and c != "\n") or "\x7f" <= c < "\xa0"]
    assert not set(seen) & {"\u202e", "\u2066", "\u2029"}
    assert seen.split() == cleaned(f" {words} ").split()


def test_citations_are_placed_in_the_version_they_were_made_of(articles: ArticleStore) -> None:
    assert placed([BEGINS], articles) == (BEGINS,)
    keep(articles, make_article("ferry", f"Corrected. {FERRY}", title="Ferry"))
    assert placed([BEGINS], articles) == (BEGINS,)
    unnamed = replace(BEGINS, version=0)
    assert placed([unnamed], articles) == (replace(BEGINS, version=2),)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(BEGINS, article_id="none"), "article_id"),
        (replace(BEGINS, article_id="gone"), "article_id"),
        (replace(BEGINS, version=7), "version"),
        (replace(BEGINS, end=1_000), "source_end"),
        (replace(BEGINS, start=50), "source_end"),
        (replace(BEGINS, marks=(Span(40, 60),)), "marks"),
        (replace(BEGINS, marks=(Span(7, 7),)), "marks"),
    ],
)
def test_what_is_cited_has_to_be_there(articles: ArticleStore, wrong: Cited, field: str) -> None:
    keep(articles, make_article("gone", FERRY))
    articles.remove(["gone"])
    with pytest.raises(QuestionRefused) as refused:
        placed([CARRIES, wrong], articles)
    assert refused.value.field == f"citations.1.{field}"


def test_praise_makes_known_questions_and_blame_work(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    store.keep(said(1))
    store.keep(said(2, citations=(CARRIES, BEGINS), status="conflicting", question="多少人次？"))
    store.keep(said(3, "up", "not_found", (), "月球基地何时建成？"))
    store.keep(said(4, "down", comment="No, in June."))
    store.keep(said(5, "down", "not_found", (), "Where does it sail from?"))
    to = tmp_path / "to" / "here"

    made = export(store.all(), articles, to)

    assert (made.queries, made.unanswerable, made.to_label, made.passages) == (2, 1, 2, 2)
    first, second = read_known(to / QUERIES)
    assert (first.question, first.language) == ("When does the ferry begin?", "en")
    assert first.answers == ("3 May",)
    assert first.relevant == {"ferry"}
    assert second.answers == ("三号电车线平均每天运送4.2万人次。", "3 May")
    assert second.relevant == {"tram", "ferry"}
    [nothing] = read_unanswerable([to / UNANSWERABLE])
    assert nothing.question == "月球基地何时建成？"
    blamed, missed = lines(to / TO_LABEL)
    assert (blamed["comment"], blamed["rating"]) == ("No, in June.", "down")
    assert blamed["cited"] == [
        {"id": "ferry", "title": "Ferry", "quote": "The night ferry to Anholm begins on 3 May."}
    ]
    assert (missed["question"], missed["cited"]) == ("Where does it sail from?", [])
    with pytest.raises(QuestionRefused, match="unanswerable"):
        read_known(to / TO_LABEL)
    labelled = {**missed, "relevant": ["ferry"], "answers": ["pier 4"]}
    (to / TO_LABEL).write_text(json.dumps(labelled))
    assert read_known(to / TO_LABEL)[0].answers == ("pier 4",)


def test_the_articles_are_read_again_as_they_are(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    export(store.all(), articles, tmp_path / "to")
    again = [
        draft.article
        for draft in read_paths([str(tmp_path / "to" / PASSAGES)])
        if isinstance(draft, Draft)
    ]
    kept = [articles.get(id) for id in ("ferry", "tram")]
    assert [replace(one, origin="") for one in again] == kept


def test_it_can_be_trained_on(store: FeedbackStore, articles: ArticleStore, tmp_path: Path) -> None:
    store.keep(said(1))
    store.keep(said(2, citations=(CARRIES,), question="多少人次？"))
    export(store.all(), articles, tmp_path / "to")
    rows = read_rows(str(tmp_path / "to"))
    assert [row.question for row in rows] == ["When does the ferry begin?", "多少人次？"]
    for row in rows:
        assert row.answers
        assert all(row.text[start:].startswith(text) for text, start in row.answers)


def test_no_word_of_a_withdrawn_article_comes_out(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    store.keep(said(1))
    store.keep(said(2, "down"))
    store.keep(said(3, citations=(BEGINS, CARRIES)))
    export(store.all(), articles, tmp_path / "to")
    articles.remove(["ferry"])
    made = export(store.all(), articles, tmp_path / "to")
    assert (made.queries, made.to_label, made.passages) == (1, 2, 1)
    for file in (tmp_path / "to").iterdir():
        assert "Anholm" not in file.read_text()
        assert "3 May" not in file.read_text()
    assert lines(tmp_path / "to" / QUERIES)[0]["relevant"] == ["tram"]


def test_what_the_newest_version_says_no_more_is_no_known_answer(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    store.keep(said(1))
    keep(articles, make_article("ferry", FERRY.replace("3 May", "9 June"), title="Ferry"))
    made = export(store.all(), articles, tmp_path / "to")
    assert (made.queries, made.to_label) == (0, 1)
    [row] = lines(tmp_path / "to" / TO_LABEL)
    assert row["rating"] == "up"
    assert row["cited"][0]["quote"] == "The night ferry to Anholm begins on 3 May."


def test_an_unmarked_passage_is_relevant_but_no_answer(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    store.keep(said(1, citations=(Cited("ferry", 1, 0, len(FERRY)),)))
    export(store.all(), articles, tmp_path / "to")
    [row] = lines(tmp_path / "to" / QUERIES)
    assert (row["answers"], row["relevant"]) == ([], ["ferry"])


def test_a_folder_that_cannot_be_written_is_said(
    store: FeedbackStore, articles: ArticleStore, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match="file"):
        export(store.all(), articles, tmp_path / "file" / "to")
