"""Hits to the sentences that may answer: what speaks for each, and in what order they come."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

import qa.candidates
import qa.telling
from embeddings.encoder import Encoder
from qa.candidates import (
    BESIDE,
    CANDIDATE_HITS,
    CANDIDATE_SENTENCES,
    WEIGHTS,
    Candidate,
    Signals,
    candidates,
    promising,
)
from qa.dictionary import Unilingual
from qa.lexical import Concept, words
from qa.lexical import cut as cut_chinese
from qa.search import Asked, read_question
from qa.types import Article, Hit, Scores

from .conftest import make_article, make_hit

BODY = (
    "本馆三月完成修缮。开放时间有调整。票价是多少？成人票每张60元。周一闭馆。"
    "馆内有三座展厅。地铁八号线可到。团体参观须预约。停车场在东门。馆长是周岚。"
)


def read(question: str, encoder: Encoder) -> Asked:
    return read_question(question, encoder, Unilingual())


def ranked(question: str, encoder: Encoder, *hits: Hit) -> list[Candidate]:
    asked = read(question, encoder)
    return candidates(asked, question, hits, encoder, dict.fromkeys(asked.concepts, 1.0))


@pytest.fixture(scope="module")
def museum() -> Article:
    return make_article("馆", BODY, title="临江博物馆重新开放")


def test_the_score_is_the_weighted_sum_of_the_signals(encoder: Encoder, museum: Article) -> None:
    found = ranked("临江博物馆的票价是多少", encoder, make_hit(museum))
    for one in found:
        assert one.score == pytest.approx(float(np.dot(one.signals, WEIGHTS)))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_no_more_are_read_than_are_promised(encoder: Encoder, museum: Article) -> None:
    found = ranked("票价", encoder, *[make_hit(museum)] * (CANDIDATE_HITS + 1))
    assert len(found) == CANDIDATE_SENTENCES


def test_the_sentence_that_answers_comes_before_the_one_that_asks(
    encoder: Encoder, museum: Article
) -> None:
    found = ranked("临江博物馆的票价是多少", encoder, make_hit(museum))
    assert found[0].text == "成人票每张60元。"
    (asking,) = [one for one in found if one.signals.asks]
    assert asking.text == "票价是多少？"


def test_what_the_title_or_the_sentence_before_tells_counts_less(encoder: Encoder) -> None:
    article = make_article("a", "临江在修桥。工期三年。", title="新闻")
    named = make_article("b", "工期三年。", title="临江")
    asked = read("临江工期", encoder)
    weights = dict.fromkeys(asked.concepts, 1.0)
    assert len(weights) == 2
    shares = {
        (one.hit.article.id, one.sentence): one.signals.share
        for one in candidates(
            asked,
            "临江工期",
            [make_hit(article, 1), make_hit(article, 0, 0), make_hit(named)],
            encoder,
            weights,
        )
    }
    half = pytest.approx((1 + BESIDE) / 2)
    assert shares == {("a", 1): half, ("a", 0): 0.5, ("b", 0): half}


def test_a_sentence_is_read_under_its_title(encoder: Encoder) -> None:
    line = "工期三年，投资五亿元。"
    bridge, school = (make_article(t, line, title=t) for t in ("临江大桥开工", "南山小学扩建"))
    best, _ = ranked("临江大桥投资多少", encoder, make_hit(school), make_hit(bridge))
    assert best.hit.article.id == bridge.id


def test_nothing_is_asked_of_no_hits(encoder: Encoder) -> None:
    assert ranked("票价", encoder) == []


def test_as_many_weights_as_signals() -> None:
    assert len(WEIGHTS) == len(Signals._fields)


def test_the_most_promising_are_the_first_of_all(museum: Article) -> None:
    """What is not looked at closely could not have come before."""
    hits = [
        replace(make_hit(museum, at, at + 2), scores=Scores(score, None, score), matches=matches)
        for at, score, matches in (
            (0, 0.3, (0.1, 0.2, 0.1)),
            (3, 0.35, (0.2, 0.05, 0.12)),
            (6, 0.1, (0.3, 0.1, 0.1)),
        )
    ]
    question = "临江博物馆三月的票价和停车场馆长周岚60元"
    weights: dict[Concept, float] = {((word,),): 1.0 for word in words(question)}
    with patch.object(qa.candidates, "CANDIDATE_SENTENCES", 100):
        every = promising(hits, weights)
    assert len(every) == 9
    for most in range(9):
        with patch.object(qa.candidates, "CANDIDATE_SENTENCES", most):
            assert promising(hits, weights) == every[:most]
    titled = set(words(museum.title))
    for place in every:
        sentences = [words(span.of(museum.text)) for span in museum.sentences]
        own = set(sentences[place.sentence])
        beside = own | titled | set(sentences[place.sentence - 1] if place.sentence else ())
        said = [1 if {word} <= own else BESIDE * ({word} <= beside) for ((word, *_), *_) in weights]
        assert place.share == pytest.approx(sum(said) / len(weights))


def test_what_promises_least_is_not_cut(museum: Article) -> None:
    far = replace(make_hit(museum), scores=Scores(-1.0, None, -1.0))
    near = make_hit(make_article("近", "票价60元。", title="票价"))
    weights: dict[Concept, float] = {(("票价",),): 1.0}
    with (
        patch.object(qa.candidates, "CANDIDATE_SENTENCES", 1),
        patch.object(qa.telling, "cut", wraps=cut_chinese) as cut,
    ):
        (best,) = promising([near, far], weights)
    assert best.hit is near
    assert {call.args[0] for call in cut.call_args_list} == {"票价"}
