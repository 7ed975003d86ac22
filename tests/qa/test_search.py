"""Fusion, the three retrievers, and copies: the hits of a question."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.search import WORDS, fuse
from qa.types import Filters, Query, Ranked, Ranking, Retriever

from .conftest import HashingEncoder, make_article, named

RETRIEVERS: tuple[Retriever, ...] = ("hybrid", "dense", "lexical")
QUESTION = "上海2025年的目标是什么"


def ranking(scores: dict[int, float]) -> Ranking:
    rows = (Ranked(key, score) for key, score in scores.items())
    return tuple(sorted(rows, key=lambda row: (-row.score, row.key)))


rankings = st.dictionaries(st.integers(0, 20), st.floats(-1, 30), max_size=12).map(ranking)


@given(dense=rankings, lexical=rankings, bound=st.floats(0, 100))
def test_fusion_keeps_every_passage_once_best_first_ties_by_key(
    dense: Ranking, lexical: Ranking, bound: float
) -> None:
    fused = fuse(dense, lexical, bound)
    assert {key for key, _ in fused} == {key for key, _ in (*dense, *lexical)}
    assert len({key for key, _ in fused}) == len(fused)
    order = [(-scores.fused, key) for key, scores in fused]
    assert order == sorted(order)
    for key, scores in fused:
        assert (scores.dense, scores.lexical) == (dict(dense).get(key), dict(lexical).get(key))


@given(dense=rankings, lexical=rankings)
def test_without_words_in_the_question_meaning_alone_decides(
    dense: Ranking, lexical: Ranking
) -> None:
    for key, scores in fuse(dense, lexical, 0.0):
        assert scores.fused == dict(dense).get(key, 0.0)


@given(share=st.floats(0, 1), cosine=st.floats(-1, 1), bound=st.floats(1, 100))
def test_words_add_their_share_of_what_they_could_reach(
    share: float, cosine: float, bound: float
) -> None:
    ((_, scores),) = fuse((Ranked(1, cosine),), (Ranked(1, share * bound),), bound)
    assert scores.fused == pytest.approx(cosine + WORDS * share)


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_the_same_question_gets_the_same_hits(seeds_engine: Engine, retriever: Retriever) -> None:
    asked = Query(QUESTION, 10, retriever=retriever)
    assert seeds_engine.search(asked) == seeds_engine.search(asked)


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_fewer_hits_are_the_first_of_more(seeds_engine: Engine, retriever: Retriever) -> None:
    most = seeds_engine.search(Query(QUESTION, 100, retriever=retriever))
    assert len({hit.passage_id for hit in most}) == len(most)
    for top_k in (1, 3, 7):
        assert seeds_engine.search(Query(QUESTION, top_k, retriever=retriever)) == most[:top_k]


def test_a_hybrid_hit_has_both_scores_though_one_retriever_missed_it(
    seeds_engine: Engine,
) -> None:
    def by_passage(retriever: Retriever) -> dict[str, float]:
        hits = seeds_engine.search(Query(QUESTION, 100, retriever=retriever))
        return {hit.passage_id: hit.score for hit in hits}

    meaning, words = by_passage("dense"), by_passage("lexical")
    for hit in seeds_engine.search(Query(QUESTION, 100)):
        assert hit.scores.dense == pytest.approx(meaning[hit.passage_id], abs=1e-6)
        if hit.passage_id in words:
            assert hit.scores.lexical == pytest.approx(words[hit.passage_id], abs=1e-4)
        else:
            assert hit.scores.lexical is None


@pytest.fixture
def engine(tmp_path: Path, hashing: HashingEncoder, dictionary: Dictionary) -> Engine:
    return Engine(Corpus(tmp_path, lambda _: hashing, hashing.name), dictionary)


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_of_articles_with_one_text_the_first_has_the_hit_and_names_the_others(
    engine: Engine, retriever: Retriever
) -> None:
    text = "果园今年收获苹果四十二吨。"
    copies = [make_article(id, text, publisher=id) for id in ("a", "b", "c")]
    other = make_article("d", "苹果价格下跌。")
    engine.corpus.add([named(article) for article in (*copies, other)])
    hits = engine.search(Query("苹果", retriever=retriever))
    assert len(hits) == 2
    (kept,) = [hit for hit in hits if hit.article_id != "d"]
    assert {kept.article_id, *kept.copies} == {"a", "b", "c"}
    assert kept.article_id not in kept.copies


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_a_filter_holds_for_copies_too(engine: Engine, retriever: Retriever) -> None:
    text = "果园今年收获苹果四十二吨。"
    engine.corpus.add(named(make_article(id, text, publisher=id)) for id in ("a", "b"))
    asked = Query("苹果", filters=Filters(source=("b",)), retriever=retriever)
    assert [hit.article_id for hit in engine.search(asked)] == ["b"]


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_what_was_removed_is_not_found(engine: Engine, retriever: Retriever) -> None:
    texts = {"a": "果园今年收获苹果四十二吨。", "b": "苹果价格下跌。"}
    engine.corpus.add(named(make_article(id, text)) for id, text in texts.items())
    engine.corpus.remove(["a"])
    hits = engine.search(Query("苹果", retriever=retriever))
    assert [hit.article_id for hit in hits] == ["b"]


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_an_empty_home_has_no_hits(
    open_engine: Callable[[Path], Engine], tmp_path: Path, retriever: Retriever
) -> None:
    assert open_engine(tmp_path).search(Query(QUESTION, retriever=retriever)) == ()
