"""Follow-ups are completed by what was said before; what stands alone is left alone."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.answer import NOT_FOUND
from qa.conversation import standalone
from qa.conversation.earlier import LONGEST
from qa.types import Turn

SHANGHAI = "上海2025年的目标是什么"
BRIDGE = "青河大桥什么时候建成"
COMPANY = "华远集团2023年的营业收入是多少"
FESTIVAL = "雲麓藝術節的單日票多少錢"
TARGETS = "what targets did Shanghai set for 2025"
HALDEN = "When will the Halden Bridge open?"
FOODS = "How much did Norvik Foods earn in 2023?"
ELECTION = "Who won the mayoral election in Larkwater?"

FOLLOW_UPS = [
    # Time by time, place by place, one thing by another.
    (SHANGHAI, "那2035年呢？", "上海2035年的目标是什么"),
    (SHANGHAI, "那广州呢？", "广州2025年的目标是什么"),
    (SHANGHAI, "那广州2035年呢", "广州2035年的目标是什么"),
    (COMPANY, "上一年呢", "华远集团上一年的营业收入是多少"),
    (COMPANY, "兴海集团2022年的净利润呢？", "兴海集团2022年的净利润是多少"),
    (BRIDGE, "那白水大桥呢？", "白水大桥什么时候建成"),
    ("小学几点放学", "中学呢？", "中学几点放学"),
    ("上海地铁有几条线", "那广州呢？", "广州地铁有几条线"),
    ("华远集团有几家工厂", "那上海呢？", "上海有几家工厂"),
    ("拉萨的海拔是多少", "那曲呢？", "那曲的海拔是多少"),
    (SHANGHAI, "那广州", "广州2025年的目标是什么"),
    (SHANGHAI, "2035年？", "上海2035年的目标是什么"),
    (TARGETS, "and by 2035?", "what targets did Shanghai set by 2035"),
    (TARGETS, "what about Beijing?", "what targets did Beijing set for 2025"),
    (TARGETS, "那2035年呢？", "what targets did Shanghai set for 2035"),
    (SHANGHAI, "and by 2035?", "上海2035年的目标是什么"),
    (HALDEN, "What about the Orrin Bridge?", "When will the Orrin Bridge open?"),
    (FOODS, "what about last year?", "How much did Norvik Foods earn last year?"),
    (FOODS, "In 2022?", "How much did Norvik Foods earn in 2022?"),
    (FOODS, "And its rival Belmar Foods?", "How much did Belmar Foods earn in 2023?"),
    ("When does Line 4 open?", "and in Eastholm?", "When does Line 4 open in Eastholm?"),
    ("Is the city museum open?", "Who runs it?", "Who runs the city museum?"),
    (ELECTION, "And in Eastholm?", "Who won the mayoral election in Eastholm?"),
    # What a quarter lacks of its year stays, and what a year lacks of its quarter.
    ("云帆2024年二季度的净利润是多少", "一季度呢", "云帆2024年一季度的净利润是多少"),
    ("云帆2024年二季度的净利润是多少", "2023年呢", "云帆2023年二季度的净利润是多少"),
    (FOODS, "And the first quarter?", f"{FOODS[:-5]}the first quarter of 2023?"),
    # A time where there was none.
    ("图书馆开到几点", "周五呢？", "周五图书馆开到几点"),
    ("Is the Corin Library open?", "and on Fridays?", "Is the Corin Library open on Fridays?"),
    # Another side of the same.
    (COMPANY, "净利润呢？", "华远集团2023年的净利润是多少"),
    (BRIDGE, "全长呢？", "青河大桥的全长是多少"),
    (FESTIVAL, "那通行證呢？", "雲麓藝術節的通行證多少錢"),
    ("科技館的成人票多少錢", "學生呢？", "科技館的學生票多少錢"),
    (HALDEN, "And the length?", "What is the length of the Halden Bridge?"),
    (HALDEN, "全长呢？", "the Halden Bridge的全长是多少"),
    (FOODS, "and revenue?", "What is the revenue of Norvik Foods in 2023?"),
    # Pronouns, and this, the, 该 with a noun.
    (BRIDGE, "它有几个车道？", "青河大桥有几个车道？"),
    (BRIDGE, "这座桥收费吗？", "青河大桥收费吗？"),
    (BRIDGE, "該橋的設計師是誰", "青河大桥的設計師是誰"),
    (BRIDGE, "大桥多长？", "青河大桥多长？"),
    (BRIDGE, "how much will it cost?", "how much will 青河大桥 cost?"),
    (COMPANY, "他们今年的目标呢？", "华远集团今年的目标呢？"),
    (COMPANY, "其中海外收入是多少？", "华远集团2023年的营业收入中海外收入是多少？"),
    ("启澜汽车的新工厂建在哪里", "该工厂何时投产？", "启澜汽车的新工厂何时投产？"),
    (HALDEN, "How much did it cost?", "How much did the Halden Bridge cost?"),
    (HALDEN, "它的总投资是多少", "the Halden Bridge的总投资是多少"),
    ("北京地铁4号线多长", "它何时开通？", "北京地铁4号线何时开通？"),
    ("Larkwater City图书馆开到几点", "它有多大", "Larkwater City图书馆有多大"),
    ("哪位建筑师设计了松洲图书馆", "它有多高", "松洲图书馆有多高"),
    (HALDEN, "Did Nora Ashby speak of it?", "Did Nora Ashby speak of the Halden Bridge?"),
    (FOODS, "What are its plans?", "What are Norvik Foods' plans?"),
    (
        "Where is Norvik Foods building a mill?",
        "When does the mill open?",
        "When does the mill of Norvik Foods open?",
    ),
    (HALDEN, "what is its length", "what is the Halden Bridge's length"),
    (HALDEN, "How long is the bridge?", "How long is the Halden Bridge?"),
    (HALDEN, "Can cyclists use this bridge?", "Can cyclists use the Halden Bridge?"),
    (HALDEN, "What did the mayor say about it?", "What did the mayor say about the Halden Bridge?"),
    (FOODS, "What does the company make?", "What does Norvik Foods make?"),
    (FOODS, "Who is the CEO?", "Who is the CEO of Norvik Foods?"),
    ("When does the night ferry begin?", "Who runs it?", "Who runs the night ferry?"),
    # What has it or does it was said before.
    (BRIDGE, "为什么延期？", "青河大桥为什么延期？"),
    (BRIDGE, "谁负责施工？", "青河大桥谁负责施工？"),
    (BRIDGE, "有多少人参与建设？", "青河大桥有多少人参与建设？"),
    (COMPANY, "董事长是谁", "华远集团的董事长是谁"),
    (COMPANY, "海外营收是多少", "华远集团海外营收是多少"),
    (BRIDGE, "何时开工？", "青河大桥何时开工？"),
    (COMPANY, "净利润增长率是多少", "华远集团的净利润增长率是多少"),
    (COMPANY, "有多少家门店？", "华远集团有多少家门店？"),
    (HALDEN, "How many lanes?", "How many lanes does the Halden Bridge have?"),
    (HALDEN, "How many were injured?", "The Halden Bridge: how many were injured?"),
    (HALDEN, "Is there a toll?", "Does the Halden Bridge have a toll?"),
    # Asking again of the whole.
    (BRIDGE, "后来呢？", "青河大桥什么时候建成，后来呢？"),
    (SHANGHAI, "还有呢？", "上海2025年的目标还有什么？"),
    ("上海将实施哪些工程", "还有呢？", "上海将实施哪些工程，还有呢？"),
    (SHANGHAI, "这是谁说的？", "上海2025年的目标是谁说的？"),
    (SHANGHAI, "为什么？", "上海2025年的目标是什么？为什么？"),
    (SHANGHAI, "那第二个呢？", "上海2025年的目标是什么？第二个呢？"),
    (HALDEN, "who said that?", "When will the Halden Bridge open? Who said that?"),
    (TARGETS, "what about the second one?", f"{TARGETS}? The second one?"),
    (TARGETS, "What else?", "what targets did Shanghai set for 2025? What else?"),
    (ELECTION, "By how many votes?", f"{ELECTION} By how many votes?"),
]  # fmt: skip

STAND_ALONE = [
    "六大工程有哪些",
    "其他城市有哪些指标",
    "企业应该怎么做",
    "上海获得过世界智慧城市大奖吗",
    "那不勒斯在哪里",
    "那曲的海拔是多少",
    "今天天气怎么样",
    "人工智能是什么",
    "为什么天空是蓝色的",
    "该不该买房",
    "这个世界上最高的山是什么",
    "電影票多少錢",
    "谁是美国总统",
    "林致远和他的家人住在哪里",
    "澜浦市市长是谁",
    "Who is Wu Qing?",
    "Where is Larkwater?",
    TARGETS,
    "Is it raining in Paris?",
    "Is it true that pigs can fly?",
    "What time is it in London?",
    "How long does it take to fly to Mars?",
    "Who is the president of Brazil?",
    "When did Corvane open its plant?",
    "What are the six major projects?",
    "Shanghai digital plan",
]


def history(*questions: str, answer: str = "…") -> list[Turn]:
    """Return the turns of a conversation in which each question got the same answer."""
    turns = ((Turn("user", question), Turn("assistant", answer)) for question in questions)
    return [turn for pair in turns for turn in pair]


@pytest.mark.parametrize(("earlier", "question", "complete"), FOLLOW_UPS)
def test_a_follow_up_is_completed_by_the_question_before(
    earlier: str, question: str, complete: str
) -> None:
    assert standalone(question, history(earlier)) == complete


@pytest.mark.parametrize("earlier", [SHANGHAI, FESTIVAL, HALDEN])
@pytest.mark.parametrize("question", STAND_ALONE)
def test_a_question_that_names_what_it_is_about_is_left_alone(earlier: str, question: str) -> None:
    assert standalone(question, history(earlier)) == question


@pytest.mark.parametrize("question", [*(asked for _, asked, _ in FOLLOW_UPS), *STAND_ALONE])
def test_a_question_without_another_before_it_stands_alone(question: str) -> None:
    assert standalone(question, []) == question
    assert standalone(question, [Turn("assistant", "Ask me something.")]) == question


@pytest.mark.parametrize(
    "said",
    [
        (SHANGHAI, "那2035年呢", "那广州呢", "广州2035年的目标是什么"),
        (BRIDGE, "它的造价是多少", "那全长呢", "青河大桥的全长是多少"),
        (HALDEN, "What will it cost?", "and the Orrin Bridge?", "What will the Orrin Bridge cost?"),
        (SHANGHAI, HALDEN, "Who designed it?", "Who designed the Halden Bridge?"),
        (HALDEN, SHANGHAI, "那广州呢", "广州2025年的目标是什么"),
        (SHANGHAI, HALDEN, BRIDGE, "它的造价是多少", "青河大桥的造价是多少"),
    ],
)  # fmt: skip
def test_a_follow_up_is_itself_completed_before_the_next(said: tuple[str, ...]) -> None:
    *earlier, question, complete = said
    assert standalone(question, history(*earlier)) == complete


def test_a_word_that_only_begins_the_question_is_no_name() -> None:
    earlier = "Until what time will the Larkwater City Library stay open?"
    complete = "How much does the Larkwater City Library cost?"
    assert standalone("How much does it cost?", history(earlier)) == complete


@pytest.mark.parametrize(
    ("earlier", "answer", "question", "complete"),
    [
        (ELECTION, "Nora Ashby won by 312 votes.", "How old is she?", "How old is Nora Ashby?"),
        ("谁当选了松原市市长", "林致远当选松原市市长。", "他多大了？", "林致远多大了？"),
        ("谁当选了松原市市长", "林致远说，他当选了。", "他多大了？", "林致远多大了？"),
        ("Who is Adrian Voss?", "The chief of Corvane.", "Is he old?", "Is Adrian Voss old?"),
        ("which one is longest?", "The Orrin Bridge.", "Is it old?", "Is the Orrin Bridge old?"),
    ],
)  # fmt: skip
def test_a_pronoun_may_stand_for_what_answered(
    earlier: str, answer: str, question: str, complete: str
) -> None:
    assert standalone(question, history(earlier, answer=answer)) == complete


@pytest.mark.parametrize("nothing", NOT_FOUND.values())
def test_that_nothing_was_found_is_no_answer(nothing: str) -> None:
    asked = "which one is the longest?"
    complete = f"{asked} When was it built?"
    assert standalone("When was it built?", history(asked, answer=nothing)) == complete


def test_what_is_blank_or_longer_than_a_question_was_not_asked() -> None:
    turns = [*history(SHANGHAI), *history(" "), *history("那" * 20_000)]
    assert standalone("那广州呢", turns) == "广州2025年的目标是什么"


PIECES = st.sampled_from(
    [word for follow_up in FOLLOW_UPS for text in follow_up for word in (text, text[:4], text[-4:])]
)
TEXTS = st.text(max_size=400) | st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join)
TURNS = st.builds(Turn, st.sampled_from(["user", "assistant"]), TEXTS)


@given(TEXTS, st.lists(TURNS, max_size=8))
@example("那İ呢", [Turn("user", "İ大桥İ的目标是什么")])
def test_whatever_was_said_a_question_is_not_completed_to_more_than_a_question(
    question: str, turns: list[Turn]
) -> None:
    complete = standalone(question, turns)
    assert complete == question or len(complete) <= LONGEST
    assert not question.strip() or complete.strip()


def test_a_long_conversation_of_follow_ups_stays_a_question() -> None:
    follow_ups = ["why?", "还有呢？", "And then?", "这是谁说的？"] * 12
    for _, question in pairwise(follow_ups):
        assert len(standalone(question, history(SHANGHAI, *follow_ups))) <= LONGEST
