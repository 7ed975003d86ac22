"""Candidates to confidence: a probability, and what raises it."""

from hypothesis import given
from hypothesis import strategies as st

from qa.candidates import Candidate, Signals
from qa.confidence import COEFFICIENTS, Signs, confidence, signs
from qa.types import Article, Hit, Language, Passage, Scores

from .conftest import make_article

shares = st.floats(0, 1)
cosines = st.floats(-1, 1)


NONE = Signals(0, 0, 0, 0, 0, False, False)


def candidate(article: Article, sentence: int = 0, signals: Signals = NONE) -> Candidate:
    span = article.sentences[0]
    passage = Passage(article.id, 0, 0, span, span.of(article.text))
    return Candidate(Hit(article, passage, Scores(0.5, None, 0.5)), sentence, signals)


HERE = make_article("a", "广场昨天开放。比赛今天举行。", title="临江消息")
THERE = make_article("b", "另一件事。")


@given(cosines, shares, cosines, st.floats(0, 1))
def test_it_is_a_probability_that_every_sign_raises(
    closeness: float, share: float, match: float, more: float
) -> None:
    behind = Signals(-1, 0, 0, 0, 0, False, False)
    others = [candidate(THERE, 0, behind), candidate(HERE, 1, behind)]

    def sure(signals: Signals) -> float:
        return confidence("广场何时开放", "zh", [candidate(HERE, 0, signals), *others])

    plain = Signals(closeness, share, match, 0, 0, False, False)
    assert 0 <= sure(plain) <= 1
    assert sure(plain._replace(closeness=closeness + more)) >= sure(plain)
    assert sure(plain._replace(share=share + more)) >= sure(plain)
    assert sure(plain._replace(match=match + more)) >= sure(plain)


def test_nothing_is_sure_where_nothing_is_read() -> None:
    assert confidence("广场何时开放", "zh", []) == 0.0


def test_a_sentence_alone_is_ahead_of_none() -> None:
    alone = signs("广场何时开放", "zh", [candidate(HERE)])
    assert (alone.ahead, alone.agreeing) == (0.0, 1.0)
    assert signs("广场何时开放", "zh", [candidate(HERE), candidate(THERE)]).agreeing == 0.5


def test_a_name_that_nothing_tells_speaks_against_it() -> None:
    best = [candidate(HERE)]
    assert signs("上海广场何时开放", "zh", best).unnamed
    assert not signs("临江广场何时开放", "zh", best).unnamed
    assert not signs("广场何时开放", "zh", best).unnamed
    assert confidence("上海广场", "zh", best) < confidence("广场", "zh", best)


def test_between_two_languages_names_are_not_compared() -> None:
    told = signs("When does the square in Shanghai open?", "en", [candidate(HERE)])
    assert told.across
    assert not told.unnamed


def test_a_place_is_named_without_its_rank() -> None:
    article = make_article("c", "上海昨天下雨。")
    language: Language = "zh"
    assert not signs("上海市昨天下雨了吗", language, [candidate(article)]).unnamed


def test_as_many_coefficients_as_signs() -> None:
    assert len(COEFFICIENTS) == len(Signs._fields)
