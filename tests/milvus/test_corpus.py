"""Whole corpora whose passages Milvus ranks: what every index promises, and how they get there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.generations import Generations
from qa.index import Index
from qa.migrate import migrate
from qa.milvus import Milvus, MilvusRetrieval
from qa.shared import SharedGenerations
from qa.store.postgres import Server
from qa.types import Article
from tests.qa.conftest import HashingEncoder, make_article, named
from tests.qa.index_contract import *  # noqa: F403
from tests.qa.index_contract import TEA, Indexed, answers, dense, vector

from .conftest import CORPUS, connected


class MilvusCorpus:
    """A home in a folder, or a corpus in a database, whose passages are ranked in Milvus."""

    def __init__(self, folder: Path, milvus: Milvus, database: str = "") -> None:
        retrieval = MilvusRetrieval(milvus, CORPUS, alone=bool(database))
        self.encoder = HashingEncoder()
        self.corpus = Corpus(
            folder,
            lambda name: HashingEncoder(name) if name != "hashing" else self.encoder,
            "hashing",
            None,
            lambda home: (
                SharedGenerations(home, Server(database), retrieval)
                if database
                else Generations(home, retrieval)
            ),
        )

    @property
    def index(self) -> Index:
        return self.corpus.serving()[1]

    def add(self, *articles: Article) -> None:
        self.corpus.add([named(article) for article in articles])

    def remove(self, *ids: str) -> None:
        self.corpus.remove(ids)


@pytest.fixture(scope="module")
def kept(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusCorpus]:
    """Return a corpus on every engine: to make a collection takes seconds."""
    with connected(address) as milvus:
        made = MilvusCorpus(tmp_path_factory.mktemp("home"), milvus)
        yield made
        made.corpus.serving()[1].close()


@pytest.fixture
def corpus(kept: MilvusCorpus) -> Iterator[Indexed]:
    """Return an index without articles on every engine."""
    yield kept
    kept.remove(*[article.id for article in kept.corpus.articles.all()])


def drafts(count: int) -> list[Article]:
    return [
        make_article(f"n{n}", f"The ferry {n} left at noon. 茶{n}。", title=f"Ferry {n}")
        for n in range(count)
    ]


def ranked(index: Index) -> list[tuple[str, float]]:
    """Return what an index finds for a few questions, with the scores."""
    rankings: Any = answers(index)[:-2]  # without the counts
    return [one for ranking in rankings for one in ranking]


def test_it_answers_as_a_home_in_a_folder_does(kept: MilvusCorpus, tmp_path: Path) -> None:
    local = Corpus(tmp_path, HashingEncoder, "hashing")
    kept.add(*drafts(40))
    local.add([named(article) for article in drafts(40)])

    here, there = ranked(local.serving()[1]), ranked(kept.index)
    # In what order those are whose scores differ in the seventh digit may differ.
    assert {id for id, _ in there} == {id for id, _ in here}
    assert [score for _, score in there] == pytest.approx([score for _, score in here], rel=1e-3)

    kept.remove(*[f"n{n}" for n in range(40)])


def test_a_rebuild_leaves_one_collection_and_the_alias_on_it(
    milvus: Milvus, tmp_path: Path
) -> None:
    corpus = MilvusCorpus(tmp_path, milvus)
    corpus.add(TEA)
    held = corpus.index

    corpus.corpus.rebuild("another")

    name = milvus.address.name
    there = [one for one in milvus.collections() if one.startswith(name)]
    assert len(there) == 2  # who asks the one before is not cut off
    assert milvus.alias(name) == max(there)
    assert dense(corpus.index) == dense(held) == ["tea"]
    corpus.remove("tea")
    assert [one for one in milvus.collections() if one.startswith(name)] == [max(there)]
    assert dense(corpus.index) == []


def test_a_home_goes_there_and_back_without_encoding(
    milvus: Milvus, tmp_path: Path, dictionary: Dictionary
) -> None:
    encoder = HashingEncoder()
    local = Engine(Corpus(tmp_path, lambda _: encoder, "hashing"), dictionary)
    local.corpus.add([named(article) for article in drafts(30)])
    before = answers(local.corpus.serving()[1])
    there = MilvusCorpus(tmp_path, milvus)

    made = migrate(local, Engine(there.corpus, dictionary), apart=False)

    assert (made.articles, made.passages, made.lexical) == (30, 30, 1.0)
    assert made.dense > 0.95
    assert milvus.alias(milvus.address.name)
    assert [text for text in there.encoder.encoded if "\n" in text] == []
    # And back: it is still there, and has followed what was added meanwhile.
    there.add(make_article("new", "Coffee is sold."))
    again = Corpus(tmp_path, lambda _: encoder, "hashing")
    assert answers(again.serving()[1]) != before
    assert "new" in dense(again.serving()[1], depth=40)


def test_servers_share_a_database_and_a_milvus(
    milvus: Milvus, postgres: str, tmp_path: Path
) -> None:
    one, other = (MilvusCorpus(tmp_path / name, milvus, postgres) for name in ("one", "other"))

    one.add(*drafts(5))
    assert len(dense(other.index)) == 5
    other.add(TEA)
    other.remove("n0")

    for corpus in (one, other):
        assert sorted(dense(corpus.index)) == ["n1", "n2", "n3", "n4", "tea"]
        assert len(corpus.index.dense(vector("tea"), 10)) == 5
        assert [*corpus.index.lexical([(("tea",),)], 10)]
