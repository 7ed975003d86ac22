"""An article stays itself: its versions, the places it is found at, and how it goes."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.articles import article_id
from qa.errors import ArticleGone, ArticleNotFound, ArticleRefused
from qa.store import ArticleStore, Draft, Finished, Known
from qa.types import Article

from .conftest import make_article, named, unnamed

DAY = datetime(2025, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def articles(tmp_path: Path) -> ArticleStore:
    return ArticleStore(tmp_path / "articles.sqlite")


def found(text: str, file: str, part: str | None = "", **fields: object) -> Draft:
    """Return the draft of an article that was found in a file, among others."""
    article: Article = replace(make_article(article_id(text.encode()), text), **fields)  # type: ignore[arg-type]
    location = "" if part is None else f"{file}#{part}" if part else file
    return Draft(article, repr(article).encode(), location, file=file, swept=True)


def read(articles: ArticleStore, reading: int, file: str, *drafts: Draft) -> list[tuple[str, str]]:
    """Put what a reading of a file found there, and nothing else."""
    return list(articles.put([*drafts, Finished(file, bytes([reading]))], reading, reader=1))


# Versions.


def test_another_text_is_the_next_version_and_the_one_before_stays(articles: ArticleStore) -> None:
    ((id, _),) = articles.put([unnamed("票价10元。", "/1.md")])
    before = datetime.now(UTC)
    articles.put([unnamed("票价12元。", "/1.md")])

    newest = articles.get(id)
    assert (newest.version, newest.text) == (2, "票价12元。")
    assert newest.updated is not None
    assert before <= newest.updated <= datetime.now(UTC)
    assert articles.get(id, 2) == newest
    assert (articles.get(id, 1).text, articles.get(id, 1).updated) == ("票价10元。", None)
    assert [one.number for one in articles.versions(id)] == [1, 2]
    with pytest.raises(ArticleNotFound, match="no version 3"):
        articles.get(id, 3)


def test_a_version_is_dated_as_its_publisher_says(articles: ArticleStore) -> None:
    article = make_article("a", "旧文。")
    articles.put([named(article)])
    articles.put([named(replace(article, text="新文。", updated=DAY))])
    assert articles.get("a").updated == DAY

    # The same date with another text says nothing of that text.
    articles.put([named(replace(article, text="再改。", updated=DAY))])
    assert articles.get("a").version == 3
    assert articles.get("a").updated != DAY


def test_what_is_said_about_an_article_makes_no_version(articles: ArticleStore) -> None:
    article = make_article("a", "文。")
    articles.put([named(article)])

    assert articles.put([named(replace(article, publisher="报"))]) == [("a", "updated")]
    assert (articles.get("a").version, articles.get("a").publisher) == (1, "报")


def test_other_bytes_that_say_the_same_change_nothing(articles: ArticleStore) -> None:
    one = unnamed("文。", "/1.md")
    articles.put([one])
    before = articles.changes(0, 10)

    again = replace(one, source=one.source + b"\n")

    assert articles.put([again]) == [(one.article.id, "unchanged")]
    assert articles.changes(0, 10) == before
    assert articles.put([replace(again, location="/2.md")]) == [(one.article.id, "unchanged")]


# Identity.


def test_a_file_that_moves_stays_one_article(articles: ArticleStore) -> None:
    ((id, _), *_) = read(articles, 1, "/a.md", found("文。", "/a.md"))
    articles.miss(["/"], {"/b.md"}.__contains__)

    assert read(articles, 2, "/b.md", found("文。", "/b.md")) == [(id, "unchanged")]
    assert articles.leave(["/"]) == []
    assert read(articles, 3, "/b.md", found("新文。", "/b.md")) == [(id, "updated")]


def test_a_file_that_moves_and_changes_is_known_by_its_address(articles: ArticleStore) -> None:
    url = "https://news.example/2025/ferry.html"
    ((id, _),) = read(articles, 1, "/a.md", found("一。二。三。", "/a.md", url=url))
    articles.miss(["/"], {"/b.md"}.__contains__)

    moved = found("一。二。改。", "/b.md", url="http://news.example/2025/ferry.html#top")
    assert read(articles, 2, "/b.md", moved) == [(id, "updated")]


def test_a_line_that_changes_is_known_by_its_address(articles: ArticleStore) -> None:
    url = "https://news.example/?id=7"
    ((id, _),) = read(articles, 1, "/a.jsonl", found("一。二。", "/a.jsonl", None, url=url))

    changed = found("一。改。", "/a.jsonl", None, url=url)
    assert read(articles, 2, "/a.jsonl", changed) == [(id, "updated")]


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://news.example/", "/a.jsonl"),  # of no page of its own
        ("https://news.example/latest", "/a.jsonl"),  # of a page that shows now this, now that
        ("https://news.example/ferry", "/a.md"),  # of an article that still stands elsewhere
    ],
)
def test_an_address_alone_makes_no_version(articles: ArticleStore, url: str, first: str) -> None:
    text = "渡轮开航。" if first == "/a.md" else "今日有雨。"
    part = "" if first == "/a.md" else None
    read(articles, 1, first, found(text, first, part, title="一", url=url))
    other = found("渡轮开航。票价。", "/b.jsonl", None, title="二", url=url)

    ((_, outcome),) = read(articles, 2, "/b.jsonl", other)
    assert outcome == "added"


def test_a_copy_that_is_rewritten_is_another_article(articles: ArticleStore) -> None:
    ((id, _),) = read(articles, 1, "/a.md", found("旧文。", "/a.md"))
    read(articles, 1, "/b.md", found("旧文。", "/b.md"))

    ((other, outcome),) = read(articles, 2, "/a.md", found("新文。", "/a.md"))

    assert (outcome, articles.get(id).text, articles.get(other).text) == (
        "added",
        "旧文。",
        "新文。",
    )
    # An edit that is taken back leaves what it was before, and one article again.
    assert read(articles, 3, "/a.md", found("旧文。", "/a.md")) == [(id, "unchanged")]
    assert articles.leave(["/"]) == [other]


def test_what_stood_in_a_place_before_is_not_what_stands_there_now(
    articles: ArticleStore,
) -> None:
    ((one, _), (two, _)) = articles.put([unnamed("一。"), unnamed("二。")])
    for reading, text in enumerate(("一。", "二。", "三。"), 1):
        draft = replace(found(text, "/a.md"), source=text.encode())
        ((id, outcome),) = articles.put([draft], reading)

    assert (id, outcome) == (two, "updated")
    assert articles.get(one).text == "一。"


def test_a_file_that_was_sent_as_well_is_rewritten_as_one_article(articles: ArticleStore) -> None:
    ((id, _),) = read(articles, 1, "/a.md", found("旧文。", "/a.md"))
    articles.put([replace(found("旧文。", ""), location="")])

    assert read(articles, 2, "/a.md", found("新文。", "/a.md")) == [(id, "updated")]


def test_a_name_that_is_given_to_another_article_makes_no_version(articles: ArticleStore) -> None:
    ((one, _),) = read(articles, 1, "/latest.md", found("一。", "/latest.md"))

    read(articles, 2, "/2024.md", found("一。", "/2024.md"))
    ((two, outcome),) = read(articles, 2, "/latest.md", found("二。", "/latest.md"))

    assert (outcome, articles.get(one).text, articles.get(two).text) == ("added", "一。", "二。")
    # Names that are swapped change nothing.
    assert read(articles, 3, "/2024.md", found("二。", "/2024.md")) == [(two, "unchanged")]
    assert read(articles, 3, "/latest.md", found("一。", "/latest.md")) == [(one, "unchanged")]


def test_of_two_files_with_one_id_the_other_is_read_again_when_the_newer_goes(
    articles: ArticleStore,
) -> None:
    one, other = (
        replace(found(text, file, None, id="s1"), named=True)
        for text, file in (("一。", "/x.jsonl"), ("二。", "/y.jsonl"))
    )
    read(articles, 1, "/x.jsonl", one)
    read(articles, 1, "/y.jsonl", other)
    assert set(articles.known_files(1)) == {"/x.jsonl", "/y.jsonl"}

    articles.miss(["/"], "/x.jsonl".__eq__)

    assert articles.known_files(1) == {}
    assert read(articles, 2, "/x.jsonl", one) == [("s1", "updated")]
    articles.miss(["/"], "/x.jsonl".__eq__)
    assert set(articles.known_files(1)) == {"/x.jsonl"}


# Going.


def test_what_was_withdrawn_by_name_is_told_and_stays_out_of_every_sweep(
    articles: ArticleStore,
) -> None:
    draft = found("文。", "/a.md", url="https://news.example/1")
    ((id, _),) = read(articles, 1, "/a.md", draft)
    read(articles, 2, "/a.md", found("新文。", "/a.md"))
    articles.remove([id])

    for version in (None, 1, 2):
        with pytest.raises(ArticleGone, match="withdrawn on"):
            articles.get(id, version)
    assert articles.versions(id) == ()
    for again in (
        found("改了。", "/a.md"),
        found("文。", "/b.md", url="https://news.example/1"),
        replace(found("文。", "/c.md"), article=replace(draft.article, id=id), named=True),
    ):
        assert read(articles, 3, again.file, again) == [(id, "withdrawn")]
    assert len(articles) == 0
    # Asked for by name, it comes back.
    assert articles.put([replace(found("文。", "/a.md"), swept=False)]) == [(id, "added")]
    # Its number goes on: no address with a version comes to mean another text.
    assert articles.get(id).version == 3
    with pytest.raises(ArticleNotFound):
        articles.get(id, 1)


def test_what_was_withdrawn_is_known_by_every_text_it_had(articles: ArticleStore) -> None:
    ((id, _),) = read(articles, 1, "/a.md", found("一。", "/a.md"))
    read(articles, 2, "/a.md", found("二。", "/a.md"))
    articles.remove([id])
    assert read(articles, 3, "/a.md", found("三。", "/a.md")) == [(id, "withdrawn")]

    for text in ("一。", "二。", "三。"):
        assert read(articles, 4, "/b.md", found(text, "/b.md")) == [(id, "withdrawn")]


def test_what_is_found_nowhere_is_withdrawn_and_comes_back_with_its_file(
    articles: ArticleStore,
) -> None:
    ((one, _),) = read(articles, 1, "/n/a.md", found("一。", "/n/a.md"))
    ((two, _),) = read(articles, 1, "/n/b.md", found("二。", "/n/b.md"))
    read(articles, 1, "/m/b.md", found("二。", "/m/b.md"))
    articles.miss(["/n"], lambda _: False)

    assert articles.leave(["/n"]) == [one]
    with pytest.raises(ArticleGone):
        articles.get(one)
    assert articles.get(two).text == "二。"
    assert read(articles, 2, "/n/a.md", found("一。", "/n/a.md")) == [(one, "added")]


def test_lines_that_left_a_file_are_gone_unless_something_in_it_was_refused(
    articles: ArticleStore,
) -> None:
    one, two = (found(text, "/a.jsonl", None) for text in ("一。", "二。"))
    ids = [id for id, _ in read(articles, 1, "/a.jsonl", one, two)]

    refusal = ArticleRefused("a.jsonl:2", "no JSON", "/a.jsonl")
    articles.put([one, refusal, Finished("/a.jsonl", b"2", whole=False)], 2, 1)
    assert articles.leave(["/a.jsonl"]) == []
    assert [(one.origin, one.reason) for one in articles.refusals()] == [("a.jsonl:2", "no JSON")]

    read(articles, 3, "/a.jsonl", one)
    assert articles.leave(["/a.jsonl"]) == [ids[1]]
    assert articles.refusals() == []


def test_what_was_sent_stays_when_its_file_goes(articles: ArticleStore) -> None:
    ((id, _),) = read(articles, 1, "/a.md", found("文。", "/a.md"))
    articles.put([replace(found("文。", ""), location="")])
    articles.miss(["/a.md"], lambda _: False)

    assert articles.leave(["/a.md"]) == []
    assert articles.get(id).text == "文。"


def test_a_folder_of_like_name_is_another(articles: ArticleStore) -> None:
    for file in ("/news/a.md", "/news-old/a.md", "/news", "/new"):
        read(articles, 1, file, found(file, file))
    articles.miss(["/news"], lambda _: False)

    assert len(articles.leave(["/news"])) == 2
    assert articles.held_under("/news-old") == articles.held_under("/new") == 1


def test_files_are_known_by_who_read_them(articles: ArticleStore) -> None:
    ((id, _),) = read(articles, 1, "/a.md", found("文。", "/a.md"))

    assert articles.known_files(1) == {"/a.md": Known(b"\1")}
    assert articles.known_files(2) == {}
    assert articles.held_by(["/a.md"]) == [(id, "unchanged")]
    articles.remove([id])
    assert articles.known_files(1) == {"/a.md": Known(b"\1", withheld=True)}
    assert articles.held_by(["/a.md"]) == [(id, "withdrawn")]
    assert articles.held_under("/a.md") == 0


# Homes of before.


def test_a_home_of_before_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "articles.sqlite"
    article = (
        '{"id":"a","title":"题","text":"旧文。","sentences":[[0,3]],"language":"zh",'
        '"published":null,"publisher":"","author":"","categories":[],'
        '"url":"https://news.example/1","origin":"a.md"}'
    )
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE articles (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
            " location TEXT NOT NULL, digest BLOB NOT NULL, source BLOB, article TEXT) STRICT;"
            "CREATE INDEX article_by_location ON articles (location) WHERE location != '';"
            "CREATE INDEX article_by_digest ON articles (digest);"
        )
        connection.execute(
            "INSERT INTO articles VALUES (1, 'a', '/n/a.md', x'00', x'00', ?)", (article,)
        )
        connection.execute("INSERT INTO articles VALUES (2, 'b', '', x'01', NULL, NULL)")
    connection.close()

    articles = ArticleStore(path)

    assert (articles.get("a").text, articles.get("a").version) == ("旧文。", 1)
    assert articles.versions("a")[0].taken is None
    with pytest.raises(ArticleGone):
        articles.get("b")
    assert read(articles, 1, "/n/a.md", found("新文。", "/n/a.md")) == [("a", "updated")]
    assert (articles.get("a", 1).text, len(ArticleStore(path))) == ("旧文。", 1)
