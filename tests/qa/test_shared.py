"""Laws of a corpus in PostgreSQL, which several servers and workers share."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import qa.corpus
from embeddings.encoder import Encoding, ModelInfo
from qa.corpus import Corpus
from qa.errors import HomeUnusable, IndexUnusable
from qa.following import LocalRetrieval
from qa.index import Index
from qa.shared import SharedGenerations, SharedIndex
from qa.store import ArticleStore, Draft
from qa.store.postgres import Server
from qa.types import Article
from tests.postgres import Cluster

from .conftest import HashingEncoder, make_article, named
from .index_contract import *  # noqa: F403
from .index_contract import Indexed, answers, ids, vector


def open_corpus(url: str, home: Path, model: str = "hashing") -> Corpus:
    """Open the corpus in a database as one server does, with a home of its own."""
    return Corpus(
        home, HashingEncoder, model, None, lambda path: SharedGenerations(path, Server(url))
    )


class SharedCorpus:
    """An index in the database and its articles."""

    def __init__(self, url: str, folder: Path) -> None:
        self.corpus = open_corpus(url, folder)

    @property
    def index(self) -> Index:
        return self.corpus.serving()[1]

    def add(self, *articles: Article) -> None:
        self.corpus.add([named(article) for article in articles])

    def remove(self, *ids: str) -> None:
        self.corpus.remove(ids)


@pytest.fixture
def corpus(postgres: str, tmp_path: Path) -> Indexed:
    """Return an empty index in a database."""
    return SharedCorpus(postgres, tmp_path)


@pytest.fixture
def one(postgres: str, tmp_path: Path) -> Corpus:
    return open_corpus(postgres, tmp_path / "one")


@pytest.fixture
def other(postgres: str, tmp_path: Path) -> Corpus:
    """Return the same corpus as another server has it."""
    return open_corpus(postgres, tmp_path / "other")


def drafts(prefix: str, count: int) -> list[Draft]:
    return [named(make_article(f"{prefix}{n:03}", f"{prefix} says {n}.")) for n in range(count)]


def found(corpus: Corpus, word: str) -> set[str]:
    _, index = corpus.serving()
    return {*ids(index, index.lexical([((word,),)], 1_000))}


def near(corpus: Corpus, text: str) -> set[str]:
    _, index = corpus.serving()
    return {*ids(index, index.dense(vector(text), 1_000))}


def test_what_one_server_adds_the_other_finds_at_its_next_question(
    one: Corpus, other: Corpus
) -> None:
    one.add(drafts("ferry", 3))
    assert found(other, "ferri") == {"ferry000", "ferry001", "ferry002"}

    other.add(drafts("tea", 2))
    one.remove(["ferry001"])

    for corpus in (one, other):
        assert found(corpus, "ferri") == {"ferry000", "ferry002"}
        assert found(corpus, "tea") == {"tea000", "tea001"}
        assert near(corpus, "tea") == {"ferry000", "ferry002", "tea000", "tea001"}
        assert corpus.serving()[1].info.passages == 4


def test_a_home_in_a_folder_answers_alike(one: Corpus, tmp_path: Path) -> None:
    local = Corpus(tmp_path / "local", HashingEncoder, "hashing")
    for corpus in (one, local):
        corpus.add(drafts("tea", 12))
        corpus.add([named(make_article("tea003", "The ferry left the harbour."))])
        corpus.remove(["tea004"])

    assert answers(one.serving()[1]) == answers(local.serving()[1])


def test_a_server_that_starts_again_encodes_nothing(
    postgres: str, one: Corpus, tmp_path: Path
) -> None:
    one.add(drafts("tea", 5))
    encoder = HashingEncoder()
    again = Corpus(
        tmp_path / "new",
        lambda _: encoder,
        "hashing",
        None,
        lambda path: SharedGenerations(path, Server(postgres)),
    )

    assert near(again, "tea") == {f"tea{n:03}" for n in range(5)}
    assert encoder.encoded == []


def test_a_rebuild_by_one_server_is_answered_by_the_other(one: Corpus, other: Corpus) -> None:
    one.add(drafts("tea", 3))
    assert near(other, "tea")
    before = other.serving()[1].folder.name

    made = one.rebuild("another")
    other.add(drafts("ferry", 1))

    assert made.model == "another"
    assert other.serving()[1].folder.name != before
    assert near(other, "tea") == near(one, "tea") == {"tea000", "tea001", "tea002", "ferry000"}
    assert other.serving()[0].model.name == "another"


def held_before_the_swap(patch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """Have a rebuild say when its index is made, and wait to swap it in until it is told to."""
    begun, go = Event(), Event()
    pending = SharedIndex.pending

    def late(index: SharedIndex, articles: ArticleStore) -> int:
        begun.set()
        assert go.wait(30)
        return pending(index, articles)

    patch.setattr(SharedIndex, "pending", late)
    return begun, go


def test_articles_that_come_during_a_rebuild_are_in_the_new_index(
    one: Corpus, other: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.add(drafts("tea", 3))
    begun, go = held_before_the_swap(monkeypatch)
    rebuilding = Thread(target=one.rebuild)
    rebuilding.start()
    assert begun.wait(30)

    other.add(drafts("ferry", 2))  # nobody waits for the rebuild
    other.remove(["tea001"])
    assert found(other, "ferri") == {"ferry000", "ferry001"}
    go.set()
    rebuilding.join(30)

    for corpus in (one, other):
        assert found(corpus, "ferri") == {"ferry000", "ferry001"}
        assert found(corpus, "tea") == {"tea000", "tea002"}
        assert corpus.serving()[1].info.articles == 4


def test_a_builder_that_dies_once_its_index_answers_has_left_nothing_out(
    one: Corpus, other: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.add(drafts("tea", 3))

    def build() -> None:
        with pytest.raises(Crash):
            one.rebuild()

    with monkeypatch.context() as patched:
        begun, go = held_before_the_swap(patched)
        patched.setattr(LocalRetrieval, "serve", crash)
        rebuilding = Thread(target=build)
        rebuilding.start()
        assert begun.wait(30)
        other.articles.put(drafts("ferry", 1))
        other.articles.remove(["tea001"])
        go.set()
        rebuilding.join(30)

    assert found(other, "ferri") == {"ferry000"}
    assert near(other, "tea") == {"tea000", "tea002", "ferry000"}


def test_a_question_takes_in_nothing_that_workers_are_to(one: Corpus, other: Corpus) -> None:
    one.add(drafts("first", 1))
    one.articles.put(drafts("tea", 40))
    encoder, index = other.serving()
    assert isinstance(encoder, HashingEncoder)
    index.work(one.articles, HashingEncoder())  # another's batch, so that the log has grown

    assert len(near(other, "tea")) == 33

    assert [text for text in encoder.encoded if "tea" in text] == []
    assert index.pending(other.articles) == 8


def test_who_adds_while_the_generation_is_replaced_goes_on_with_the_next(
    one: Corpus, other: Corpus
) -> None:
    one.add(drafts("first", 5))
    failed: list[BaseException] = []

    def add() -> None:
        try:
            for n in range(12):
                other.add([named(make_article(f"tea{n}", f"Tea {n}."))])
        except BaseException as error:
            failed.append(error)

    adding = Thread(target=add)
    adding.start()
    for n in range(3):
        one.rebuild()
        one.remove([f"first00{n}"])
    adding.join(60)

    assert failed == []
    expected = {f"tea{n}" for n in range(12)} | {"first003", "first004"}
    assert near(one, "tea") == near(other, "tea") == expected


def test_a_rebuild_that_was_stopped_goes_on_where_it_was(
    one: Corpus, other: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.add(drafts("tea", 40))
    encoder = HashingEncoder("another")
    with monkeypatch.context() as patched:
        patched.setattr(SharedGenerations, "_adopt", crash)
        with pytest.raises(Crash):
            one.rebuild("another")
    monkeypatch.setattr(other, "_open_encoder", lambda _: encoder)

    other.rebuild("another")

    assert encoder.encoded == []
    assert len(near(other, "tea")) == 40


class Crash(BaseException):
    """The process dies here."""


def crash(*_: object) -> None:
    raise Crash


def test_two_generations_are_kept_at_most_and_one_after_a_withdrawal(
    one: Corpus, postgres: str, tmp_path: Path
) -> None:
    one.add(drafts("tea", 2))
    for _ in range(3):
        one.rebuild()
    made = [name for name in Server(postgres).schemas() if name.startswith("newsqa_at_")]
    assert len(made) == 2

    one.remove(["tea000"])

    made = [name for name in Server(postgres).schemas() if name.startswith("newsqa_at_")]
    assert len(made) == 1
    assert len([*(tmp_path / "one" / "shared").iterdir()]) == 1


class OtherEncoder(HashingEncoder):
    """An encoder of the same name that is another model."""

    @property
    def model(self) -> ModelInfo:
        return replace(super().model, fingerprint="another")


def test_the_index_of_another_model_is_refused(one: Corpus, postgres: str, tmp_path: Path) -> None:
    one.add(drafts("tea", 1))
    changed = Corpus(
        tmp_path / "changed",
        OtherEncoder,
        "hashing",
        None,
        lambda path: SharedGenerations(path, Server(postgres)),
    )

    with pytest.raises(IndexUnusable, match="newsqa rebuild"):
        changed.serving()


def test_a_home_in_a_folder_needs_no_workers(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable, match="NEWSQA_DATABASE"):
        Corpus(tmp_path, HashingEncoder, "hashing").work()


# Workers in processes of their own.


class SlowEncoder(HashingEncoder):
    """Takes a moment for each text, as a real one does."""

    def encode(self, texts: Sequence[str], *arguments: Any, **options: Any) -> Encoding:
        time.sleep(0.005 * len(texts))
        return super().encode(texts, *arguments, **options)


def work(url: str, home: Path) -> None:
    Corpus(
        home, SlowEncoder, "hashing", None, lambda path: SharedGenerations(path, Server(url))
    ).work()


def start(url: str, home: Path) -> ForkServerProcess:
    process = get_context("forkserver").Process(target=work, args=(url, home), daemon=True)
    process.start()
    return process


@pytest.fixture
def workers(postgres: str, tmp_path: Path) -> Iterator[Callable[[], ForkServerProcess]]:
    """Return what starts a worker; all are killed in the end."""
    started: list[ForkServerProcess] = []

    def begin() -> ForkServerProcess:
        started.append(start(postgres, tmp_path / f"worker{len(started)}"))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.join(30)


def test_workers_that_are_killed_lose_and_double_nothing(
    one: Corpus, workers: Callable[[], ForkServerProcess]
) -> None:
    one.add(drafts("first", 1))  # there is an index
    one.articles.put(drafts("tea", 300))
    _, index = one.serving()
    killed = 0
    deadline = time.monotonic() + 120
    alive = [workers(), workers()]
    while (left := index.pending(one.articles)) and time.monotonic() < deadline:
        time.sleep(0.3)
        if killed < 4 and left < 290:
            process = alive[killed % 2]
            assert process.pid
            os.kill(process.pid, signal.SIGKILL)
            alive[killed % 2] = workers()
            killed += 1

    assert killed > 0
    assert index.pending(one.articles) == 0
    assert near(one, "tea") == {f"tea{n:03}" for n in range(300)} | {"first000"}
    info = one.serving()[1].info
    assert (info.articles, info.passages) == (301, 301)


def test_a_worker_goes_on_after_the_database_was_away(
    one: Corpus,
    other: Corpus,
    postgres_cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(qa.corpus, "AWAY_SECONDS", 0.1)
    one.add(drafts("first", 1))
    begun, stop = Event(), Event()
    work = SharedIndex.work

    def noted(*arguments: Any) -> int:
        begun.set()
        return work(*arguments)

    monkeypatch.setattr(SharedIndex, "work", noted)
    working = Thread(target=other.work, args=(lambda _: stop.set(), stop.is_set))
    with caplog.at_level("WARNING"):
        working.start()
        assert begun.wait(30)
        postgres_cluster.stop()
        time.sleep(1.5)
        postgres_cluster.start()
        one.articles.put(drafts("tea", 3))
        working.join(60)

    assert "it is tried again" in caplog.text
    assert stop.is_set()
    assert len(near(one, "tea")) == 4


def test_who_adds_waits_for_what_a_worker_has_taken(
    one: Corpus, other: Corpus, workers: Callable[[], ForkServerProcess]
) -> None:
    one.add(drafts("first", 1))
    workers()

    other.add(drafts("tea", 100))

    assert near(one, "tea") >= {f"tea{n:03}" for n in range(100)}
