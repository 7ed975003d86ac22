"""Laws of carrying a corpus to another place and back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.errors import ArticleGone, HomeUnusable
from qa.feedback import Feedback, FeedbackStore
from qa.migrate import migrate
from qa.shared import SharedGenerations
from qa.sources import read_paths
from qa.store import ArticleStore, copying
from qa.store.copying import copy_articles
from qa.store.postgres import Server

from .conftest import HashingEncoder, make_article, named
from .index_contract import answers

Open = Callable[[str], Engine]


@pytest.fixture
def opened(postgres: str, tmp_path: Path, dictionary: Dictionary) -> Open:
    """Return what opens a home in a folder or, by the name `shared`, the database."""

    def make(name: str) -> Engine:
        encoder = HashingEncoder()
        shared = name.startswith("shared")
        kept = [lambda path: SharedGenerations(path, Server(postgres))] if shared else []
        return Engine(
            Corpus(tmp_path / name, lambda _: encoder, "hashing", None, *kept), dictionary
        )

    return make


def said(engine: Engine) -> tuple[object, ...]:
    """Return what an index made anew says: BM25 counts what went until it is merged away."""
    engine.corpus.rebuild()
    return answers(engine.corpus.serving()[1])


def encoded(engine: Engine) -> list[str]:
    """Return what passages an engine has encoded: questions have no title in front."""
    encoder = engine.corpus.serving()[0]
    assert isinstance(encoder, HashingEncoder)
    return [text for text in encoder.encoded if "\n" in text]


def fill(corpus: Corpus) -> None:
    """Have a history: articles, versions, withdrawals, files, refusals."""
    corpus.add(
        [named(make_article(f"n{n}", f"Ferry {n} left.", title=f"F {n}")) for n in range(30)]
    )
    corpus.add([named(make_article("n3", "The ferry sank.", title="F 3"))])
    corpus.remove(["n4"])


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text("Tea is sold again this year, and much of it.")
    (folder / "b.txt").write_text("")
    return folder


def everything(articles: ArticleStore, news: Path) -> list[object]:
    return [
        [(change.seq, change.id, change.article) for change in articles.changes(0, 1_000)],
        articles.versions("n3"),
        articles.get("n3", 1),
        articles.refusals(),
        articles.known_files(0),
        [(article.id, articles.file(article.id)) for article in articles.all()],
        articles.held_under(str(news)),
    ]


def test_there_and_back_it_is_the_same_and_nothing_is_encoded(opened: Open, news: Path) -> None:
    home, shared, back = opened("home"), opened("shared"), opened("back")
    fill(home.corpus)
    home.corpus.add(read_paths([str(news)]))

    there = migrate(home, shared)
    again = migrate(shared, back)

    assert (there.articles, there.passages, there.dense, there.lexical) == (30, 30, 1.0, 1.0)
    assert (again.articles, again.passages, again.dense, again.lexical) == (30, 30, 1.0, 1.0)
    assert there.asked == 30
    states = [everything(engine.corpus.articles, news) for engine in (home, shared, back)]
    assert states[0] == states[1] == states[2]
    assert said(home) == said(shared) == said(back)
    assert encoded(shared) == encoded(back) == []


def test_articles_go_on_from_where_they_are(opened: Open) -> None:
    home, shared = opened("home"), opened("shared")
    fill(home.corpus)
    migrate(home, shared)

    for engine in (home, shared):
        engine.corpus.add([named(make_article("new", "Tea is new."))])
        engine.corpus.remove(["n5"])
        with pytest.raises(ArticleGone):
            engine.corpus.articles.get("n5")

    assert said(shared) == said(home)
    assert shared.corpus.articles.last_change == home.corpus.articles.last_change


def test_what_was_stopped_goes_on_though_articles_changed_meanwhile(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, shared = opened("home"), opened("shared")
    fill(home.corpus)
    monkeypatch.setattr(copying, "BLOCK", 8)
    told: list[int] = []

    class Stopped(Exception):
        pass

    def stop(done: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        copy_articles(home.corpus.articles, shared.corpus.articles, stop)
    home.corpus.add([named(make_article("n0", "Another text.")), named(make_article("z", "Tea."))])
    home.corpus.remove(["n1"])

    made = migrate(home, shared)

    assert made.articles == 30 - 1
    assert said(shared) == said(home)
    # Once more changes nothing.
    assert migrate(home, shared) == made


def test_a_home_that_is_left_stays_as_it_is(
    opened: Open, postgres: str, tmp_path: Path, dictionary: Dictionary
) -> None:
    """Also where the server that shares the database keeps its own in the same folder."""
    home = opened("home")
    fill(home.corpus)
    before = answers(home.corpus.serving()[1])
    kept = SharedGenerations(tmp_path / "home", Server(postgres))
    shared = Engine(
        Corpus(tmp_path / "home", HashingEncoder, "hashing", None, lambda _: kept), dictionary
    )

    migrate(home, shared)
    shared.corpus.rebuild()
    shared.corpus.remove(["n7"])

    again = opened("home")
    assert answers(again.corpus.serving()[1]) == before
    assert encoded(again) == []


def test_what_is_there_already_is_not_mixed_with_what_comes(opened: Open) -> None:
    home, shared = opened("home"), opened("shared")
    fill(home.corpus)
    shared.corpus.add([named(make_article("foreign", "Tea."))])

    with pytest.raises(HomeUnusable, match="'foreign'"):
        migrate(home, shared)

    assert shared.corpus.articles.get("foreign")


def test_other_articles_of_the_same_ids_are_told_from_those_to_be_brought(opened: Open) -> None:
    home, shared = opened("home"), opened("shared")
    home.corpus.add([named(make_article("n", "The ferry left."))])
    shared.corpus.add([named(make_article("n", "Tea is sold."))])

    with pytest.raises(HomeUnusable, match="'n'"):
        migrate(home, shared)

    assert "Tea" in shared.corpus.articles.get("n").text


def test_what_has_changed_there_since_is_not_set_back(opened: Open) -> None:
    home, shared = opened("home"), opened("shared")
    fill(home.corpus)
    migrate(home, shared)
    shared.corpus.add([named(make_article("n2", "The ferry was sold."))])

    with pytest.raises(HomeUnusable, match="'n2'"):
        migrate(home, shared)
    shared.corpus.add([named(make_article("new", "Tea."))])

    assert "sold" in shared.corpus.articles.get("n2").text
    assert answers(shared.corpus.serving()[1])[-2:] == (30, 30)


def test_what_readers_said_comes_along(opened: Open) -> None:
    home, shared = opened("home"), opened("shared")
    home.corpus.add([named(make_article("n", "The ferry left."))])
    said = Feedback("ask-" + "0" * 32, "up", "When?", "answered", (), "", date(2026, 1, 2))
    FeedbackStore(home.corpus.generations).keep(said)

    migrate(home, shared)
    migrate(home, shared)

    assert [*FeedbackStore(shared.corpus.generations).all()] == [said]
