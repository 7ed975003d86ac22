"""What every index promises: laws to be imported where there is a fixture `corpus` of each kind."""

from datetime import date
from typing import Protocol

import pytest

import qa.index
from embeddings.late import count_parts
from embeddings.vectors import Vectors
from qa.index import Index
from qa.types import Article, Filters, Ranking

from .conftest import DIMENSION, HashingEncoder, make_article


class Indexed(Protocol):
    """An index and the way articles get into it."""

    @property
    def index(self) -> Index:
        """The index as it is now."""

    def add(self, *articles: Article) -> None:
        """Take these articles in, in place of those with their ids."""

    def remove(self, *ids: str) -> None:
        """Take these articles out."""


TEA = make_article(
    "tea",
    "龙井茶今年上市。Green tea is sold.",
    title="茶",
    published="2021-10-27T00:30:00+08:00",
    publisher="茶报",
    author="陆羽",
    categories=("农业", "要闻"),
)
SHIP = make_article(
    "ship",
    "The ferry left the harbour at noon.",
    title="Ferry",
    published="2021-10-28T23:30:00+08:00",
    publisher="Harbour News",
    author="A. Lee",
    categories=("要闻",),
)
UNDATED = make_article("undated", "没有日期的茶。Tea again.", title="无", publisher="茶报")
EVERYTHING = Filters(date_from=date.min, date_to=date.max)


def vector(text: str) -> Vectors:
    return HashingEncoder().encode([text], "query").vectors.reshape(DIMENSION)


def ids(index: Index, ranking: Ranking) -> list[str]:
    found = index.passages([row.key for row in ranking])
    return [found[row.key].article_id for row in ranking]


def dense(index: Index, filters: Filters = qa.index.ANY, depth: int = 10) -> list[str]:
    return ids(index, index.dense(vector("tea"), depth, filters))


def lexical(index: Index, word: str, filters: Filters = qa.index.ANY) -> list[str]:
    return ids(index, index.lexical([((word,),)], 10, filters))


def test_an_empty_index_answers_nothing(corpus: Indexed) -> None:
    assert corpus.index.dense(vector("tea"), 5) == ()
    assert corpus.index.lexical([(("tea",),)], 5) == ()
    assert corpus.index.passages([1, 2]) == {}
    assert corpus.index.copies("tea") == ()
    assert (corpus.index.info.articles, corpus.index.info.passages) == (0, 0)


def test_what_is_added_is_found_by_both(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP)

    assert set(dense(corpus.index)) == {"tea", "ship"}
    assert lexical(corpus.index, "ferri") == ["ship"]
    assert (corpus.index.info.articles, corpus.index.info.passages) == (2, 2)


def test_what_is_updated_is_found_only_as_it_is_now(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP)
    before = corpus.index.info.generation

    corpus.add(make_article("tea", "Coffee has taken over.", title="茶"))

    assert lexical(corpus.index, "tea") == []
    assert lexical(corpus.index, "coffe") == ["tea"]
    assert sorted(dense(corpus.index)) == ["ship", "tea"]
    assert corpus.index.info.generation != before


def test_what_is_removed_is_found_no_more(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP)
    keys = [row.key for row in corpus.index.dense(vector("tea"), 10)]

    corpus.remove("tea", "absent")

    assert dense(corpus.index) == ["ship"]
    assert lexical(corpus.index, "tea") == []
    assert len(corpus.index.passages(keys)) == 1
    assert (corpus.index.info.articles, corpus.index.info.passages) == (1, 1)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"tea", "ship", "undated"}),
        (Filters(date_from=date(2021, 10, 27)), {"tea", "ship"}),
        (Filters(date_from=date(2021, 10, 28)), {"ship"}),
        (Filters(date_from=date(2021, 10, 29)), set()),
        (Filters(date_to=date(2021, 10, 28)), {"tea", "ship"}),
        (Filters(date_to=date(2021, 10, 27)), {"tea"}),
        (Filters(date_to=date(2021, 10, 26)), set()),
        (Filters(date_from=date(2021, 10, 27), date_to=date(2021, 10, 27)), {"tea"}),
        (Filters(date_from=date(2021, 10, 28), date_to=date(2021, 10, 27)), set()),
        (EVERYTHING, {"tea", "ship"}),
        (Filters(category=("要闻",)), {"tea", "ship"}),
        (Filters(category=("农业", "体育")), {"tea"}),
        (Filters(category=("要",)), set()),
        (Filters(source=("茶报",)), {"tea", "undated"}),
        (Filters(source=("茶报", "Harbour News")), {"tea", "ship", "undated"}),
        (Filters(author=("陆羽",)), {"tea"}),
        (Filters(source=("茶报",), author=("A. Lee",)), set()),
        (Filters(source=("茶报",), date_from=date(2000, 1, 1)), {"tea"}),
        (Filters(category=("要闻",), author=("A. Lee",)), {"ship"}),
    ],
    ids=lambda one: str(one) if isinstance(one, Filters) else f"{len(one)} left",
)
def test_filters_let_through_what_meets_all_of_them(
    corpus: Indexed, filters: Filters, expected: set[str]
) -> None:
    corpus.add(TEA, SHIP, UNDATED)

    assert set(dense(corpus.index, filters)) == expected
    assert set(lexical(corpus.index, "tea", filters)) == expected & {"tea", "undated"}


def test_a_filter_does_not_change_scores(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP, UNDATED)
    filters = Filters(source=("茶报",))

    for narrowed, everything in (
        [corpus.index.dense(vector("tea"), 10, f) for f in (filters, Filters())],
        [corpus.index.lexical([(("tea",),), (("茶",),)], 10, f) for f in (filters, Filters())],
    ):
        assert narrowed
        assert set(narrowed) < set(everything) or len(narrowed) == len(everything)


def test_a_filter_finds_what_would_not_be_among_the_best(corpus: Indexed) -> None:
    crowd = [make_article(f"n{n:02}", "tea tea tea.", title=f"{n}") for n in range(30)]
    corpus.add(*crowd, SHIP)

    assert dense(corpus.index, Filters(author=("A. Lee",)), depth=1) == ["ship"]


def test_among_limits_a_ranking_to_these_keys(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP, UNDATED)
    everything = corpus.index.dense(vector("tea"), 10)
    chosen = [everything[0].key, everything[2].key]

    assert corpus.index.dense(vector("tea"), 10, among=chosen) == (everything[0], everything[2])
    assert corpus.index.dense(vector("tea"), 10, among=[]) == ()
    words = corpus.index.lexical([(("tea",),)], 10)
    assert corpus.index.lexical([(("tea",),)], 10, among=[words[1].key]) == words[1:]
    assert corpus.index.dense(vector("tea"), 10, Filters(author=("nobody",)), chosen) == ()


def test_dense_scores_are_cosines_best_first(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP, UNDATED)

    ranking = corpus.index.dense(vector("Ferry\nThe ferry left the harbour at noon."), 10)

    assert ids(corpus.index, ranking)[0] == "ship"
    assert list(ranking) == sorted(ranking, key=lambda row: (-row.score, row.key))
    assert all(-1.0001 <= row.score <= 1.0001 for row in ranking)


def test_equals_are_ordered_by_key_and_the_lowest_come_first(corpus: Indexed) -> None:
    corpus.add(*[make_article(f"n{n}", "tea.") for n in range(8)])

    for ranking in (
        corpus.index.dense(vector("tea"), 8),
        corpus.index.lexical([(("tea",),)], 8),
    ):
        keys = [row.key for row in ranking]
        assert keys == sorted(keys)
        assert len({row.score for row in ranking}) == 1
        assert len(keys) == 8
    assert corpus.index.dense(vector("tea"), 3) == corpus.index.dense(vector("tea"), 8)[:3]
    concepts = [(("tea",),)]
    assert corpus.index.lexical(concepts, 3) == corpus.index.lexical(concepts, 8)[:3]


def test_a_rarer_concept_weighs_more(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP, UNDATED)

    common, rare, absent = corpus.index.weights([(("tea",),), (("harbour",),), (("x",),)])

    assert common < rare < absent


def test_copies_are_the_articles_with_the_same_text(corpus: Indexed) -> None:
    corpus.add(*[make_article(id, "同文。", title=id) for id in ("c", "a", "b")], SHIP)

    assert corpus.index.copies("a") == ("b", "c")
    corpus.remove("b")
    assert corpus.index.copies("a") == ("c",)


def test_only_copies_that_the_filters_let_through_are_told(corpus: Indexed) -> None:
    publishers = {"a": "甲", "b": "乙", "c": "甲"}
    corpus.add(*[make_article(id, "同文。", publisher=name) for id, name in publishers.items()])

    assert corpus.index.copies("a", Filters(source=("甲",))) == ("c",)
    assert corpus.index.copies("a", Filters(source=("乙",))) == ("b",)
    assert corpus.index.copies("a", EVERYTHING) == ()  # they have no day


def tokens(index: Index) -> dict[str, bytes]:
    """Return all token vectors that an index keeps, by passage."""
    keys = [row.key for row in index.dense(vector("tea"), 1_000)]
    found = index.passages(keys)
    return {found[key].id: packed for key, packed in index.token_vectors(keys).items()}


def test_token_vectors_have_a_part_for_each_sentence(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP, UNDATED)

    parts = {id: count_parts(packed) for id, packed in tokens(corpus.index).items()}

    assert parts == {"tea:0-1": 3, "ship:0-0": 2, "undated:0-1": 3}


def test_token_vectors_come_and_go_with_their_passages(corpus: Indexed) -> None:
    corpus.add(TEA, SHIP)
    before = tokens(corpus.index)
    keys = [row.key for row in corpus.index.dense(vector("tea"), 10)]

    corpus.add(make_article("tea", "Coffee has taken over.", title="茶"))
    after = tokens(corpus.index)
    assert after.keys() == {"tea:0-0", "ship:0-0"}
    assert after["ship:0-0"] == before["ship:0-0"]
    assert len(corpus.index.token_vectors(keys)) == 1

    corpus.remove("tea")
    assert tokens(corpus.index).keys() == {"ship:0-0"}


def test_passages_are_the_articles_own_text(corpus: Indexed) -> None:
    corpus.add(TEA)

    keys = [row.key for row in corpus.index.dense(vector("tea"), 10)]

    for passage in corpus.index.passages(keys).values():
        assert passage.text == passage.span.of(TEA.text)


def answers(index: Index) -> tuple[object, ...]:
    """Return what an index says to a few questions, by passage and not by key."""
    rankings = [
        index.dense(vector("tea"), 20),
        index.lexical([(("tea",),)], 20),
        index.lexical([(("ferri",), ("harbour",))], 20),
    ]
    told = []
    for ranking in rankings:
        found = index.passages([row.key for row in ranking])
        told.append([(found[row.key].id, round(row.score, 4)) for row in ranking])
    return (*told, index.info.articles, index.info.passages)
