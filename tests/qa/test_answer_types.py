"""What kind of answer a question wants, and which part of a sentence it is, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer_types import AnswerType, fits, marked, wanted
from qa.types import Span

ASKED = {
    AnswerType.NUMBER: (
        "净利润是多少",
        "有幾個城市入選？",
        "比例占多少",
        "失業率是多少",
        "项目要多久",
        "排名第几",
        "How many people died?",
        "How much did it cost?",
        "What percentage of seats did they win",
        "What is the population of Shanghai?",
    ),
    AnswerType.DATE: (
        "会议什么时候举行",
        "會議何時舉行",
        "哪一年建成",
        "几点开门",
        "When did it open?",
        "What year was it built?",
        "On what date was it signed?",
    ),
    AnswerType.PERSON: (
        "誰宣布了這個計劃",
        "哪位副市长介绍了规划",
        "作者是谁",
        "Who is the mayor of Shanghai?",
        "Whose plan was it?",
        "Which scientist found it?",
    ),
    AnswerType.PLACE: (
        "会议在哪里举行",
        "總部設在哪裡",
        "哪些国家参加",
        "Where was it held?",
        "Which city hosts the games?",
    ),
    AnswerType.ORGANISATION: ("哪家公司中标", "哪所大學", "Which company won the bid?"),
    AnswerType.WORK: ("哪部电影获奖", "哪本書", "What book did he write?"),
    AnswerType.REASON: ("为什么推迟", "為何延期", "延期的原因是什么", "Why was it delayed?"),
    AnswerType.YES_NO: ("是否已经开工", "橋修好了嗎？", "Did the bridge open?"),
    AnswerType.LIST: ("六大工程有哪些", "What are the six major projects?"),
    AnswerType.OTHER: (
        "标志是什么颜色",
        "改名为什么",
        "龚正是谁",
        "电影叫什么名字",
        "What position does he hold?",
        "Who is Gong Zheng?",
        "",
    ),
}


@pytest.mark.parametrize(
    ("kind", "question"), [(kind, one) for kind, asked in ASKED.items() for one in asked]
)
def test_the_asking_words_tell_the_kind_of_answer(kind: AnswerType, question: str) -> None:
    assert wanted(question).type == kind


@pytest.mark.parametrize(
    ("question", "units"),
    [
        ("有多少人參加", {"people"}),
        ("How many workers were hired?", {"people"}),
        ("铁路有多少公里", {"length"}),
        ("How many miles is it?", {"length"}),
        ("投资多少亿元", {"money"}),
        ("投资多少万元", {"money"}),
        ("有多少员工", {"people"}),
        ("占比多少", {"percent"}),
        ("贷款增速是多少", {"percent"}),
        ("What was the net profit of Yunfan?", {"money"}),
        ("What is the population of Larkwater?", {"people"}),
        ("What was the death toll?", {"people"}),
        ("What was the revenue growth in 2023?", {"percent"}),
        ("2025年生产总值增长目标是多少", {"percent", "money"}),
        ("有几家医院", {"家"}),
        ("How many new hospitals were built?", {"hospitals"}),
        ("哪一年", {"year"}),
        ("what time does it open", {"clock"}),
        ("是多少", set()),
    ],
)
def test_what_a_number_should_count(question: str, units: set[str]) -> None:
    assert wanted(question).units == units


@pytest.mark.parametrize(
    ("question", "aspect"),
    [
        ("2025年的增长目标是多少", "target"),
        ("預計投資多少", "target"),
        ("How many homes are planned?", "target"),
        ("去年完成投资多少", "result"),
        ("How much was achieved?", "result"),
        ("投资多少", ""),
    ],
)
def test_a_target_is_told_from_a_result(question: str, aspect: str) -> None:
    assert wanted(question).aspect == aspect


ANSWERED = [
    ("项目总投资多少？", "项目总投资3.2亿元，2023年开工。", "3.2亿元"),
    ("項目總投資多少？", "項目總投資3.2億元，2023年開工。", "3.2億元"),
    ("How much was invested?", "项目总投资3.2亿元，2023年开工。", "3.2亿元"),
    ("What percentage of seats did they win?", "In 2012 they won 75% of the seats.", "75%"),
    ("How many people died?", "消息说，5人死亡。", "5人"),
    ("净利润增长多少？", "净利润1.45亿元，同比增长4.2%。", "4.2%"),
    ("岗位有多少个？", "岗位将从34.5万个增至46万个。", "46万个"),
    ("产量是多少？", "产量突破亿吨，达到1.2亿吨。", "1.2亿吨"),
    ("How far is it?", "It is 15 km (9 miles) from the city.", "15 km"),
    ("预计营收多少？", "预计营收48亿元至50亿元。", "48亿元至50亿元"),
    ("地铁什么时候开通？", "地铁3号线于2024年5月1日开通。", "2024年5月1日"),
    ("When did line 3 open?", "Line 3 opened on 1 May 2024 in Shanghai.", "1 May 2024"),
    ("谁介绍了规划？", "发布会上，李四光介绍了规划。", "李四光"),
    ("谁介绍了规划？", "新华社电（记者 王小明）李四光介绍了规划。", "李四光"),
    ("会议在哪些城市举行？", "会议在北京、上海、广州举行，由广东承办。", "北京、上海、广州"),
    ("蒙山大街在哪里？", "蒙山大街（Mount Street）是北京的一条街道。", "北京"),
    (
        "Who opened the bridge?",
        "The bridge was opened by Mayor John Smith on Monday.",
        "Mayor John Smith",
    ),
    ("会议在哪里举行？", "会议在北京举行。", "北京"),
    ("哪家公司中标？", "远东建设公司中标。", "远东建设公司"),
    ("哪部电影获得最佳影片？", "《山河》获得最佳影片。", "《山河》"),
    ("为什么推迟？", "由于天气原因，比赛推迟。", "由于天气原因"),
    ("Why was the race delayed?", "The race was delayed because of rain.", "because of rain"),
    ("政府将太政官制改为什么？", "政府在1885年将太政官制改为内阁制度。", "内阁制度"),
    ("What is the new ship called?", "The new ship is called Sea Wolf.", "sea wolf"),
]


@pytest.mark.parametrize(("question", "sentence", "answer"), ANSWERED)
def test_the_part_that_answers_is_marked(question: str, sentence: str, answer: str) -> None:
    assert [span.of(sentence).lower() for span in marked(sentence, wanted(question), question)] == [
        answer.lower()
    ]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("投资多少？", "会议昨天举行。"),
        ("是否开工？", "项目已于5月1日开工。"),
        ("他怎么看？", "他说项目进展顺利，下一步将扩大规模。"),
        ("Who proposed it?", "张三和李四、王五提出了建议。"),
        ("What did he think?", "The weather was fine in London."),
        ("在哪些城市试点？", "湖北省决定试点。"),
        ("投资多少？", "投资于2024年开始，同比增长5%。"),
        ("他担任过哪些职务？", "他和同事先后介绍了交通、住房、教育等情况。"),
    ],
)
def test_nothing_is_marked_where_that_is_unsure(question: str, sentence: str) -> None:
    assert marked(sentence, wanted(question), question) == ()


FITTING = [
    ("有多少人？", "约300人参加。", "约300公里长。", "会议举行。"),
    ("How many people came?", "约300人参加。", "约300公里长。", "会议举行。"),
    ("有多少人？", "300 people came.", "It is 300 km long.", "It rained."),
    ("生产总值目标是多少？", "生产总值目标增长5%。", "生产总值实现增长5%。", "会议举行。"),
    ("为什么推迟？", "因为下雨推迟。", "天气不好，导致推迟。", "推迟到周五。"),
]


@pytest.mark.parametrize(("question", "best", "good", "poor"), FITTING)
def test_a_sentence_fits_that_has_what_is_wanted(
    question: str, best: str, good: str, poor: str
) -> None:
    asked = wanted(question)
    fit = [fits(sentence, asked, question) for sentence in (best, good, poor)]
    assert fit == sorted(fit, reverse=True)
    assert len(set(fit)) == 3


@given(st.text())
def test_where_the_kind_has_no_form_every_sentence_fits(sentence: str) -> None:
    assert fits(sentence, wanted("他怎么看"), "他怎么看") == 1


SAID = [
    ("投资3亿元的是多少家公司？", "它投资3亿元。"),
    ("三千人中多少人有票？", "共3000人。"),
    ("谁和李四光一起介绍？", "李四光先介绍。"),
    ("Which city is near Paris?", "Paris is large."),
]


@pytest.mark.parametrize(("question", "sentence"), SAID)
def test_what_the_question_says_is_no_answer(question: str, sentence: str) -> None:
    assert fits(sentence, wanted(question), question) == 0


ASKING = st.sampled_from([one for asked in ASKED.values() for one in asked])
_PIECES = """
上海 市 李四光 在 2025年 5月1日 3.2亿元 第三 约 300 人 % 《山河》 因为 ， 。 、 和 公司 奥巴马·李
什么 是 為 ½ İ in the Paris because of rain John Smith two hundred on May 1 , .
臺灣 億 ㎞ ＡＢ １２
"""
PIECES = st.sampled_from(_PIECES.split())
SENTENCES = st.text() | st.lists(PIECES, max_size=20).map("".join) | st.lists(PIECES).map(" ".join)


@given(SENTENCES, ASKING | SENTENCES)
def test_what_is_marked_is_in_the_text_and_news_to_the_question(
    sentence: str, question: str
) -> None:
    asked = wanted(question)
    assert 0 <= fits(sentence, asked, question) <= 1
    for span in marked(sentence, asked, question):
        assert isinstance(span, Span)
        assert 0 <= span.start < span.end <= len(sentence)
        told = span.of(sentence)
        assert told.strip()
        assert told.isascii() or told not in question


@given(SENTENCES, ASKING)
def test_a_whole_sentence_is_never_marked(sentence: str, question: str) -> None:
    for start, end in marked(sentence, wanted(question), question):
        assert end - start < len(sentence)
