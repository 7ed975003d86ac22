"""A deputy is not who holds the office."""

import pytest

from qa.config import Settings
from qa.dictionary import Dictionary
from qa.offices import only_a_deputy
from qa.text import detect_language

WORDS = Dictionary(Settings().cache)
CHINESE = "上海市副市长吴清介绍了规划的有关情况。"
ENGLISH = "Vice Mayor Dana Reyes opened the bridge."
TRADITIONAL = "常務副市長陳文介紹了情況。"

ASKS_FOR_THE_HEAD = (
    "上海市长是谁",
    "谁是上海市市长？",
    "上海 市长",
    "上海市長現在是誰？",
    "担任上海市长的是谁？",
    "上海市市长的名字是什么？",
    "Who is the mayor of Shanghai?",
    "Who was Shanghai's mayor in 2021?",
    "Who’s the mayor of Shanghai?",
    "Shanghai mayor",
)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH, TRADITIONAL])
@pytest.mark.parametrize("question", ASKS_FOR_THE_HEAD)
def test_who_holds_an_office_is_not_told_by_its_deputy(question: str, text: str) -> None:
    assert only_a_deputy(question, detect_language(question), text, WORDS)


@pytest.mark.parametrize("text", [f"{CHINESE}市长龚正出席。", f"{ENGLISH} The mayor spoke."])
@pytest.mark.parametrize("question", ASKS_FOR_THE_HEAD)
def test_it_may_be_told_beside_the_deputy(question: str, text: str) -> None:
    assert not only_a_deputy(question, detect_language(question), text, WORDS)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH])
@pytest.mark.parametrize(
    "question",
    [
        "上海副市长是谁",
        "上海市副市长吴清介绍了什么？",
        "Who is the deputy mayor of Shanghai?",
        "Shanghai vice-mayor",
        "谁介绍了规划？",
        "市长候选人的副手是谁",  # asks for another
        "Who was the mayor's guest?",
        "谁是上海市书记？",  # an office of which nothing is told
        "上海的桥有多长？",
    ],
)
def test_other_questions_a_deputy_may_answer(question: str, text: str) -> None:
    assert not only_a_deputy(question, detect_language(question), text, WORDS)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("公司总经理是谁？", "副总经理周岚签了字。"),
        ("Who is the prime minister?", "Deputy Prime Minister Ana Cole resigned."),
        ("中央银行行长叫什么名字", "央行副行长李文表示，利率不变。"),
        ("谁担任部长的？", "The deputy minister, Ana Cole, resigned."),
    ],
)
def test_it_holds_for_any_office(question: str, text: str) -> None:
    assert only_a_deputy(question, detect_language(question), text, WORDS)
