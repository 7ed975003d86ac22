"""Fusion, the three retrievers, and copies: the hits of a question."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.ranking import SERVED, Weights
from qa.search import Candidate, candidates, read_question
from qa.types import Filters, Query, Retriever

from .conftest import HashingEncoder, make_article, named

RETRIEVERS: tuple[Retriever, ...] = ("hybrid", "dense", "lexical")
QUESTION = "上海2025年的目标是什么"


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


def ranked(engine: Engine, retriever: Retriever, weights: Weights = SERVED) -> list[Candidate]:
    encoder, index = engine.corpus.serving()
    asked = read_question(QUESTION, encoder, Dictionary(Settings().cache))
    importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    return candidates(asked, index, Query(QUESTION, 100, retriever=retriever), importance, weights)


def test_a_hybrid_candidate_has_both_scores_though_one_retriever_missed_it(
    seeds_engine: Engine,
) -> None:
    meaning = {one.key: one.scores.dense for one in ranked(seeds_engine, "dense")}
    words = {one.key: one.scores.lexical for one in ranked(seeds_engine, "lexical")}
    for one in ranked(seeds_engine, "hybrid"):
        assert one.scores.dense == pytest.approx(meaning[one.key], abs=1e-6)
        if one.key in words:
            assert one.scores.lexical == pytest.approx(words[one.key], abs=1e-4)
        else:
            assert one.scores.lexical is None


def test_the_evidence_makes_the_score_and_the_score_the_order(seeds_engine: Engine) -> None:
    for weights in (SERVED, Weights(words=0.0), Weights(match=0.0), Weights(lead=1.0)):
        found = ranked(seeds_engine, "hybrid", weights)
        assert [one.scores.fused for one in found] == [weights.score(one.evidence) for one in found]
        order = [(-one.scores.fused, one.key) for one in found]
        assert order == sorted(order)


def test_every_sentence_of_a_candidate_has_its_match(seeds_engine: Engine) -> None:
    for one in ranked(seeds_engine, "hybrid"):
        assert len(one.matches) == one.passage.last - one.passage.first + 1
        assert max(one.matches) <= one.evidence.match + 1e-3
    assert not any(one.matches for one in ranked(seeds_engine, "hybrid", Weights(match=0.0)))


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
