"""Candidates to claims: what is stated, by whom, and when articles are said to differ."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.candidates import WEIGHTS, Candidate, Signals
from qa.claims import MARGIN, MAX_LISTED, MAX_STATEMENTS, chosen, listed, told_once
from qa.engine import Engine
from qa.types import Answer, Article, Query

from .conftest import make_article, make_hit, named

TEXT = (
    "上海提出16项指标。到2025年，比例达到80%😀。\n"
    "The plan was presented on Wednesday. It has six parts. 其中一项是“标杆示范”工程。"
)
ARTICLE = make_article("计划/1", TEXT, title="Plan", publisher="Paper")


def candidate(sentence: int, score: float) -> Candidate:
    return Candidate(
        make_hit(ARTICLE), sentence, Signals(score / WEIGHTS[0], 0, 0, 0, 0, False, False)
    )


numbers = st.integers(0, len(ARTICLE.sentences) - 1)


@given(st.lists(st.tuples(numbers, st.floats(0, 0.2)), max_size=12))
def test_the_best_is_stated_and_others_only_if_close_and_different(
    rows: list[tuple[int, float]],
) -> None:
    ranked = sorted((candidate(*row) for row in rows), key=lambda one: -one.score)
    groups = chosen(ranked)
    stated = [group[0] for group in groups]
    assert stated[:1] == ranked[:1]
    assert len(stated) <= MAX_STATEMENTS
    assert len({one.text for one in stated}) == len(stated)
    assert all(one.score >= ranked[0].score - MARGIN for one in stated)
    # An article backs itself in nothing.
    assert all(len(group) == 1 for group in groups)


def test_what_other_articles_say_in_the_same_words_backs_it() -> None:
    other = make_article("转载", TEXT, title="Reprint")
    reprint = replace(candidate(0, 0.98), hit=make_hit(other, 0, 0))
    assert chosen([candidate(0, 1.0), reprint]) == [[candidate(0, 1.0), reprint]]


def test_what_a_copy_repeats_is_told_once() -> None:
    other = make_article("转载", TEXT, title="Reprint")
    reprint = replace(candidate(0, 0.98), hit=make_hit(other, 0, 0))
    first = candidate(0, 1.0)
    copied = replace(first, hit=replace(first.hit, copies=("转载",)))
    assert told_once([copied, reprint, candidate(1, 0.9)]) == [copied, candidate(1, 0.9)]
    assert told_once([first, reprint]) == [first, reprint]


def test_several_things_may_take_more_statements() -> None:
    ranked = [candidate(number, 1.0) for number in range(len(ARTICLE.sentences))]
    assert len(chosen(ranked)) == MAX_STATEMENTS
    assert len(chosen(ranked, several=True)) == min(MAX_LISTED, len(ranked))


def test_a_list_is_stated_whole_though_its_hit_holds_a_part() -> None:
    lines = ["会议昨天举行。", "要求如下：", "一是加快建设。", "二是扩大开放。", "三是改善民生。"]
    article = make_article("会议", "\n".join(lines))
    hit = replace(make_hit(article, 3, 3), matches=(0.5,))
    quotes = listed(replace(candidate(3, 1.0), hit=hit))
    assert [quote.span.of(article.text) for quote in quotes] == lines[1:]
    for quote in quotes:
        wide, place = quote.hit.passage, quote.span
        assert wide.span.of(article.text) == wide.text == "\n".join(lines[1:])
        assert wide.span.start <= place.start < place.end <= wide.span.end


def test_a_sentence_in_no_list_is_no_list() -> None:
    assert listed(candidate(0, 1.0)) == []


def news(id: str, day: str, text: str, title: str = "澜桥大桥") -> Article:
    return make_article(id, text, title=title, published=f"{day}T08:00+08:00", publisher=id)


LONG = (
    "澜桥日报消息，澜桥大桥建设指挥部昨天在新闻发布会上介绍，大桥自开工以来各项工程进展顺利，主塔已经封顶，引桥基本完成；"
    "澜桥大桥总投资为58亿元，其中市财政承担三成，其余由企业筹集；"
    "指挥部同时表示，通车以后将对过往车辆实行分时段收费，具体办法另行公布，欢迎市民提出意见，意见可以寄到指挥部办公室。"
)
LIST = "青石新区昨天公布六大举措：\n" + "\n".join(
    f"{number}是{measure}。"
    for number, measure in zip(
        "一二三四五六",
        ("修建公园", "扩建学校", "开通公交", "改造老街", "治理河道", "引进企业"),
        strict=True,
    )
)
ARTICLES = [
    news("早报", "2024-05-02", "澜桥大桥将于2026年通车。澜桥大桥全长3.2公里，双向六车道。"),
    news("晚报", "2024-05-03", "澜桥大桥全长3200米，是本省最长的桥。桥面铺装下月开始。"),
    news("Post", "2024-05-04", "The Lanqiao Bridge will open in 2026. Its deck is red.", "Bridge"),
    news("快讯", "2024-05-03", "青石隧道昨天贯通。青石隧道耗资4.1亿元。", "青石隧道贯通"),
    news("更正", "2024-05-06", "更正：青石隧道耗资应为4.6亿元。本报致歉。", "青石隧道造价更正"),
    news("专题", "2024-05-05", LONG, "澜桥大桥总投资公布"),
    news("计划", "2024-05-07", LIST, "青石新区公布六大举措"),
]


@pytest.fixture(scope="module")
def engine(
    open_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    opened = open_engine(tmp_path_factory.mktemp("bridges"))
    assert not opened.corpus.add(map(named, ARTICLES)).refused
    return opened


def statements(answer: Answer) -> list[list[str]]:
    """Return the articles that each statement quotes."""
    count = max((one.statement for one in answer.citations), default=0)
    return [
        [one.article_id for one in answer.citations if one.statement == number]
        for number in range(1, count + 1)
    ]


def test_articles_that_give_the_same_figure_back_one_statement(engine: Engine) -> None:
    answer = engine.ask(Query("澜桥大桥全长多少"))
    assert answer.status == "answered"
    assert sorted(statements(answer)[0]) == ["早报", "晚报"]
    marks = [mark.of(answer.answer) for one in answer.citations[:2] for mark in one.marks]
    assert sorted(marks) == ["3.2公里", "3200米"]


def test_articles_that_differ_are_set_side_by_side_the_newer_first(engine: Engine) -> None:
    answer = engine.ask(Query("青石隧道耗资多少"))
    assert answer.status == "conflicting"
    assert statements(answer) == [["更正"], ["快讯"]]
    assert [one.correction for one in answer.citations] == [True, False]
    assert [mark.of(answer.answer) for one in answer.citations for mark in one.marks] == [
        "4.6亿元",
        "4.1亿元",
    ]


def test_articles_differ_though_only_one_is_shown(engine: Engine) -> None:
    answer = engine.ask(Query("青石隧道耗资多少", top_k=1))
    assert answer.status == "conflicting"
    assert {one.article_id for one in answer.citations} == {"更正"}


def test_passages_are_those_that_answer(engine: Engine) -> None:
    answer = engine.ask(Query("青石隧道耗资多少", mode="passages"))
    assert {one.article_id for one in answer.citations} <= {"快讯", "更正"}
    assert [one.correction for one in answer.citations if one.article_id == "更正"] == [True]


def test_another_period_is_no_conflict(engine: Engine) -> None:
    assert engine.ask(Query("2021年青石隧道耗资多少")).status != "conflicting"


def test_of_a_long_sentence_the_clause_is_quoted_that_answers(engine: Engine) -> None:
    answer = engine.ask(Query("澜桥大桥总投资多少"))
    first = answer.citations[0]
    assert first.article_id == "专题"
    assert first.quote == "澜桥大桥总投资为58亿元，其中市财政承担三成，其余由企业筹集；"
    assert [mark.of(answer.answer) for mark in first.marks] == ["58亿元"]
    assert answer.answer[first.answer_start : first.answer_end] == first.quote


def test_a_list_is_one_statement_that_cites_every_item(engine: Engine) -> None:
    answer = engine.ask(Query("青石新区的六大举措有哪些"))
    assert statements(answer) == [["计划"] * 7]
    assert [one.quote for one in answer.citations] == LIST.split("\n")
    assert answer.answer == LIST
