import pytest

from qa.conversation import standalone
from qa.types import Turn

FIRST = "上海2025年的目标是什么"
HISTORY = [Turn("user", FIRST), Turn("assistant", "打造数字化标杆城市。")]
ENGLISH = [Turn("user", "When does the night ferry begin?"), Turn("assistant", "On 3 May.")]

FOLLOW_UPS = [
    "那广州呢？",
    "那2035年的呢",
    "为什么？",
    "它的总体目标呢",
    "其中有哪些工程",
    "該市還有什麼計劃",
    "这个规划是谁介绍的",
    "有数字吗？",
    "And in 2035?",
    "What about Beijing?",
    "why?",
    "Who said it?",
    "How many are there?",
    "When will they be finished?",
]
STAND_ALONE = [
    "六大工程有哪些",
    "其他城市有哪些指标",
    "企业应该怎么做",
    "上海获得过世界智慧城市大奖吗",
    "Who is Wu Qing?",
    "Where is Larkwater?",
    "What targets did Shanghai set for 2025?",
]


@pytest.mark.parametrize("question", [*FOLLOW_UPS, *STAND_ALONE])
def test_a_question_without_a_conversation_stands_alone(question: str) -> None:
    assert standalone(question, []) == question
    assert standalone(question, [Turn("assistant", "Ask me something.")]) == question


@pytest.mark.parametrize("question", FOLLOW_UPS)
def test_a_follow_up_gets_the_question_it_leans_on(question: str) -> None:
    assert standalone(question, HISTORY) == f"{FIRST} {question}"


@pytest.mark.parametrize("question", STAND_ALONE)
def test_a_question_that_names_what_it_is_about_is_left_alone(question: str) -> None:
    assert standalone(question, HISTORY) == question


def test_a_follow_up_to_a_follow_up_leans_on_the_question_before_both() -> None:
    history = [*HISTORY, Turn("user", "那2035年的呢"), Turn("assistant", "国际数字之都。")]
    assert standalone("为什么？", history) == f"{FIRST} 为什么？"


def test_the_last_question_that_stands_alone_is_the_one_meant() -> None:
    assert standalone("why?", [*HISTORY, *ENGLISH]) == f"{ENGLISH[0].content} why?"


def test_what_was_answered_and_what_is_blank_is_not_leant_on() -> None:
    history = [*HISTORY, Turn("user", " "), Turn("assistant", "The library is open.")]
    assert standalone("why?", history) == f"{FIRST} why?"
    assert standalone("why?", [Turn("user", "and then?")]) == "why?"
