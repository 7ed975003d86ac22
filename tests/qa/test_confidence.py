"""Candidates to confidence: a probability, and what raises it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.candidates import Candidate, Signals
from qa.confidence import COEFFICIENTS, READ_COEFFICIENTS, Signs, confidence, signs
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.text import detect_language
from qa.types import Article, Language
from qa.when import read_time

from .conftest import make_article, make_hit

WORDS = Dictionary(Settings().cache)

shares = st.floats(0, 1)
cosines = st.floats(-1, 1)


NONE = Signals(0, 0, 0, 0, 0, False, False)


def candidate(article: Article, sentence: int = 0, signals: Signals = NONE) -> Candidate:
    return Candidate(make_hit(article, 0, 0), sentence, signals)


HERE = make_article("a", "广场昨天开放。比赛今天举行。", title="临江消息")
THERE = make_article("b", "另一件事。")


@given(cosines, shares, cosines, st.floats(0, 1))
def test_it_is_a_probability_that_every_sign_raises(
    closeness: float, share: float, match: float, more: float
) -> None:
    behind = Signals(-1, 0, 0, 0, 0, False, False)
    others = [candidate(THERE, 0, behind), candidate(HERE, 1, behind)]

    def sure(signals: Signals) -> float:
        return confidence("广场何时开放", "zh", None, [candidate(HERE, 0, signals), *others], WORDS)

    plain = Signals(closeness, share, match, 0, 0, False, False)
    assert 0 <= sure(plain) <= 1
    assert sure(plain._replace(closeness=closeness + more)) >= sure(plain)
    assert sure(plain._replace(share=share + more)) >= sure(plain)
    assert sure(plain._replace(match=match + more)) >= sure(plain)


def test_nothing_is_sure_where_nothing_is_read() -> None:
    assert confidence("广场何时开放", "zh", None, [], WORDS) == 0.0


def test_a_sentence_alone_is_ahead_of_none() -> None:
    alone = signs("广场何时开放", "zh", None, [candidate(HERE)], WORDS)
    assert (alone.ahead, alone.agreeing) == (0.0, 1.0)
    assert (
        signs("广场何时开放", "zh", None, [candidate(HERE), candidate(THERE)], WORDS).agreeing
        == 0.5
    )


def test_a_name_that_nothing_tells_speaks_against_it() -> None:
    best = [candidate(HERE)]
    assert signs("上海广场何时开放", "zh", None, best, WORDS).unnamed
    assert not signs("临江广场何时开放", "zh", None, best, WORDS).unnamed
    assert not signs("广场何时开放", "zh", None, best, WORDS).unnamed
    assert confidence("上海广场", "zh", None, best, WORDS) < confidence(
        "广场", "zh", None, best, WORDS
    )


@pytest.mark.parametrize(
    ("question", "text", "unnamed"),
    [
        ("What targets did Beijing set?", "上海确定了目标。", True),
        ("What targets did Shanghai set?", "上海确定了目标。", False),
        ("What targets did Shanghai set?", "一项关于Shanghai的研究说，这座城市确定了目标。", False),
        ("Which lake is in Macedonia and Albania?", "阿爾巴尼亞与马其顿之间有湖。", False),
        ("What did Gong Zheng say?", "市长谈到了目标。", False),  # the dictionary has no such name
        ("What did Li Wei say?", "市长谈到了目标。", False),  # nor is 华里, which it does have, one
        ("How did Shanghai's GDP grow in 2024?", "公司的营业收入去年增长了一成。", True),
        ("Name a target.", "上海确定了目标。", False),
        ("北京确定了什么目标？", "Shanghai has set its targets for the coming year.", False),
    ],
)
def test_across_two_languages_a_dictionary_tells_names(
    question: str, text: str, unnamed: bool
) -> None:
    told = signs(
        question, detect_language(question), None, [candidate(make_article("c", text))], WORDS
    )
    assert told.across
    assert told.unnamed == unnamed


@pytest.mark.parametrize("question", ["莱恩和威尔资助了什么？", "在亚马逊雨林中有多少种树？"])
def test_a_name_is_told_where_the_segmenter_slipped(question: str) -> None:
    article = make_article("c", "罗伯特·莱恩和本杰明·威尔资助了公司，亚马逊的雨林有一万种树。")
    assert not signs(question, "zh", None, [candidate(article)], WORDS).unnamed


def test_an_english_name_ends_where_chinese_goes_on() -> None:
    article = make_article("c", "Galor和Zeira指出了不平等的影响。")
    asked = "Galor和Zeira什么时候说了什么？"
    assert not signs(asked, "zh", None, [candidate(article)], WORDS).unnamed


def test_a_day_of_the_week_is_no_name() -> None:
    article = make_article("c", "The Larkwater library is open until ten from Monday to Friday.")
    asked = "How late is the Larkwater library open on Mondays?"
    assert not signs(asked, "en", None, [candidate(article)], WORDS).unnamed


@pytest.mark.parametrize("question", ["谁是上海市长？", "Who is the mayor of Shanghai?"])
def test_a_deputy_speaks_against_it(question: str) -> None:
    language = detect_language(question)
    best, other = (
        [candidate(make_article("c", text))]
        for text in ("副市长吴清来到上海。", "市长吴清来到上海。")
    )
    assert signs(question, language, None, best, WORDS).deputy
    assert confidence(question, language, None, best, WORDS) < confidence(
        question, language, None, other, WORDS
    )


def test_a_place_is_named_without_its_rank() -> None:
    article = make_article("c", "上海昨天下雨。")
    language: Language = "zh"
    assert not signs("上海市昨天下雨了吗", language, None, [candidate(article)], WORDS).unnamed


@pytest.mark.parametrize(
    ("question", "said", "elsewhen"),
    [
        ("三季度净利润多少", "2024年第二季度净利润为1.5亿元。", True),
        ("二季度净利润多少", "2024年第二季度净利润为1.5亿元。", False),
        ("2023年二季度净利润多少", "2024年第二季度净利润为1.5亿元。", True),
        ("去年净利润多少", "2021年净利润为1.5亿元。", True),
        ("三季度净利润多少", "公司8月15日公布，净利润为1.5亿元。", False),
        ("三季度净利润多少", "净利润为1.5亿元。", False),
        ("8月16日气温多少", "8月15日气温30度。", True),
        ("8月16日气温多少", "本报8月17日讯 气温升到30度。", False),
        ("What was the profit in 2023?", "Since 2021 the profit has been 3 million yuan.", False),
    ],
)
def test_what_speaks_of_another_time_speaks_against_it(
    question: str, said: str, elsewhen: bool
) -> None:
    article = make_article("报", said, published="2024-08-20T08:00+08:00")
    time = read_time(question, date(2024, 11, 1))
    assert signs(question, "zh", time, [candidate(article)], WORDS).elsewhen == elsewhen


@pytest.mark.parametrize("question", ["2024", "[1]", "多少？", '" 1=1 --'])
def test_who_asks_about_nothing_gets_no_answer(question: str) -> None:
    best = candidate(HERE, 0, Signals(1, 1, 1, 1, 1, False, False))
    assert confidence("广场", "zh", None, [best], WORDS) > 0.5
    assert confidence(question, "zh", None, [best], WORDS) == 0.0


def test_as_many_coefficients_as_signs() -> None:
    assert len(COEFFICIENTS) == len(READ_COEFFICIENTS) == len(Signs._fields)
