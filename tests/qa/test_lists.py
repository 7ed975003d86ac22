"""Several things asked for are answered by the whole list they stand in."""

import pytest

from qa.lists import asks_for_several, enumeration
from qa.text import split_sentences
from qa.types import Article


def article(*lines: str) -> Article:
    text = "\n".join(lines)
    return Article("a", "题", text, split_sentences(text), "zh")


def listed(of: Article, sentence: int) -> list[str]:
    return [of.sentences[number].of(of.text) for number in enumeration(of, sentence)]


@pytest.mark.parametrize(
    "question",
    [
        "六大工程有哪些",
        "哪几个城市入选？",
        "哪三项指标上升",
        "城中村改造可以采取哪些方式？",
        "他们分别是谁",
        "What are the six major projects?",
        "what targets did Shanghai set for 2025",
        "Which cities were chosen?",
        "Which of the bridges have been closed?",
        "Name the members of the board",
        "list the new opening hours",
    ],
)
def test_several_things_are_asked_for(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "净利润是多少",
        "哪位副市长介绍了规划",
        "哪一年获奖",
        "What is the address?",
        "What was the price of gas?",
        "How late is the library open?",
        "Which business has closed?",
        "Who lists the house?",
        "",
    ],
)
def test_one_thing_is_asked_for(question: str) -> None:
    assert not asks_for_several(question)


LISTS = {
    "counted": ("要求如下：", "一是加快建设。", "二是扩大开放。", "三是改善民生。"),
    "nth": ("措施包括：", "第一，加快建设。", "第二，扩大开放。", "第三，改善民生。"),
    "inside": ("要求如下：", "（一）加快建设。", "（二）扩大开放。", "（三）改善民生。"),
    "headed": ("要求如下：", "一、加快建设。", "二、扩大开放。", "三、改善民生。"),
    "number": ("要求如下：", "1.加快建设。", "2.扩大开放。", "3.改善民生。"),
    "circled": ("要求如下：", "①加快建设。", "②扩大开放。", "③改善民生。"),
    "spelt": ("Three steps follow:", "First, build.", "Second, open.", "Third, mend."),
    "dot": ("Three steps follow:", "- build", "- open", "- mend"),
}


@pytest.mark.parametrize("lines", LISTS.values(), ids=LISTS)
def test_wherever_in_a_list_one_stands_it_is_the_whole_list(lines: tuple[str, ...]) -> None:
    of = article("会议昨天举行。", *lines, "会议今天结束。")
    for sentence in range(1, 5):
        assert listed(of, sentence) == list(lines)
    assert listed(of, 0) == []


def test_what_explains_an_item_belongs_to_it() -> None:
    of = article("一是加快建设。今年投资三亿元。", "二是扩大开放。")
    assert listed(of, 1) == ["一是加快建设。", "二是扩大开放。"]


@pytest.mark.parametrize(
    "lines",
    [
        ("一是加快建设。", "会议结束。"),
        ("2.扩大开放。", "3.改善民生。"),
        ("1.5亿元已到位。", "2.3亿元明年到位。"),
        ("一是加快建设。", "2.扩大开放。"),
        ("会议举行。", "会议结束。"),
    ],
)
def test_what_is_no_list_stays_alone(lines: tuple[str, ...]) -> None:
    of = article(*lines)
    assert all(enumeration(of, sentence) == () for sentence in range(len(of.sentences)))


def test_lists_far_apart_are_two() -> None:
    between = [f"第{number}天下雨。" for number in range(12)]
    of = article("一是加快建设。", *between, "二是扩大开放。")
    assert enumeration(of, 0) == ()
