"""Articles agree, differ or speak of different things; who says they differ must be right."""

from collections.abc import Sequence

import pytest

from qa.concepts import read_concepts
from qa.conflicts import Told, Verdict, asked_value, compare, corrects, told, versions
from qa.dictionary import Dictionary
from qa.errors import ArticleRefused
from qa.lexical import words
from qa.sources import read_paths
from qa.types import Article, Hit, Passage, Period, Scores, Span
from tests.conftest import SEEDS
from tests.qa.conftest import make_article


def hit(article: Article) -> Hit:
    span = Span(0, len(article.text))
    passage = Passage(article.id, 0, len(article.sentences) - 1, span, article.text)
    return Hit(article, passage, Scores(None, None, 1.0))


def report(text: str, day: str = "2024-05-10", title: str = "", id: str = "") -> Article:
    published = f"{day}T08:00:00+08:00" if day else ""
    return make_article(id or f"{day} {text}", text, title=title, published=published)


def found(
    question: str,
    articles: Sequence[Article],
    dictionary: Dictionary,
    period: Period | None = None,
) -> list[Told]:
    """Return what the articles tell, each of whose concepts weighs the same."""
    weights = dict.fromkeys(read_concepts(words(question), dictionary), 1.0)
    asked = asked_value(question, weights, period, dictionary)
    every = [told(asked, hit(article), span) for article in articles for span in article.sentences]
    return [one for one in every if one]


def verdict(question: str, one: str, other: str, dictionary: Dictionary) -> Verdict:
    """Return how two reports of one week compare, "unrelated" where one does not answer."""
    both = [report(one, "2024-05-10"), report(other, "2024-05-12")]
    match found(question, both, dictionary):
        case [first, second]:
            return compare(first, second, dictionary)
        case _:
            return "unrelated"


SAME = [
    ("海曲大桥全长多少米？", "海曲大桥全长1820米。", "海曲大桥全长1.82公里，双向六车道。"),
    ("海曲大桥投资多少？", "海曲大桥总投资约3.2亿元。", "海曲大桥投资3.24亿元。"),
    ("云岭公司一季度营收是多少？", "云岭公司一季度营收3.2亿元。", "云岭公司一季度营收3.15亿元。"),
    ("安河市失业率是多少？", "安河市失业率约5%。", "安河市失业率为5.2%。"),
    ("海曲大桥总投资是多少？", "海曲大桥总投资超过3亿元。", "海曲大桥总投资3.24亿元。"),
    ("青禾公司有多少员工？", "青禾公司有员工3265人。", "青禾公司共有3,265名员工。"),
    (
        "What was Yunling's revenue in the first quarter?",
        "Yunling's revenue was 320 million yuan in the first quarter.",
        "Yunling reported first-quarter revenue of 320 million yuan.",
    ),
    (
        "How many schools does Anhe have?",
        "Anhe has 1,200 schools.",
        "Anhe now has 1,200 schools, the city says.",
    ),
    (
        "上海营收多少亿元？",
        "上海公司营收3.5亿元。",
        "The Shanghai company had revenue of 350 million yuan.",
    ),
]

DIFFERENT = [
    ("海曲大桥全长多少米？", "海曲大桥全长1820米。", "海曲大桥全长1280米，双向六车道。"),
    ("海曲大桥总投资是多少？", "海曲大桥总投资3.2亿元。", "海曲大桥总投资为3.6亿元。"),
    ("海曲大橋總投資是多少？", "海曲大橋總投資3.2億元。", "海曲大橋總投資為3.6億元。"),
    ("安河市失业率是多少？", "安河市失业率为4.2%。", "安河市失业率为5.2%。"),
    ("安河市房价上涨了多少？", "安河市房价同比上涨4.2%。", "安河市房价同比下降4.2%。"),
    ("青禾公司有多少员工？", "青禾公司有员工3265人。", "青禾公司共有2365名员工。"),
    ("安河市计划新建多少套住房？", "安河市计划新建住房1200套。", "安河市计划新建住房1500套。"),
    (
        "What was Yunling's revenue in the first quarter?",
        "Yunling's revenue was 320 million yuan in the first quarter.",
        "Yunling reported first-quarter revenue of 350 million yuan.",
    ),
    (
        "上海公司营收是多少？",
        "上海公司营收3.2亿元。",
        "The Shanghai company had revenue of 350 million yuan.",
    ),
    (
        "What was the Shanghai company's revenue?",
        "上海公司营收3.2亿元。",
        "The Shanghai company had revenue of 350 million yuan.",
    ),
    (
        "How many schools does Anhe have?",
        "Anhe has 1,200 schools.",
        "Anhe has 1,500 schools, the city says.",
    ),
]

UPDATED = [
    ("安河地震造成多少人遇难？", "安河地震已造成12人遇难。", "截至12日，安河地震造成15人死亡。"),
    (
        "How many people died in the Anhe earthquake?",
        "The Anhe earthquake has killed 12 people.",
        "15 people have died in the Anhe earthquake.",
    ),
]

UNRELATED = [
    # Another time.
    ("云岭公司营收是多少？", "云岭公司一季度营收3.2亿元。", "云岭公司二季度营收3.6亿元。"),
    ("云岭公司营收是多少？", "云岭公司2023年营收3.2亿元。", "云岭公司2024年营收3.6亿元。"),
    ("安河气温是多少度？", "安河5月10日最高气温31℃。", "安河5月12日最高气温27℃。"),
    # A target and a result.
    ("云岭公司营收是多少？", "云岭公司营收目标为3.6亿元。", "云岭公司实现营收3.2亿元。"),
    # Another kind of number.
    ("安河市失业率是多少？", "安河市失业率为5.2%。", "安河市失业率上升0.3个百分点。"),
    ("云岭公司净利润是多少？", "云岭公司净利润3.2亿元。", "云岭公司扣非净利润2.8亿元。"),
    ("云岭公司净利润是多少？", "云岭公司净利润3.2亿元。", "云岭公司净利润增加2.8亿元。"),
    ("安河市GDP是多少？", "安河市GDP为8万元。", "安河市人均GDP为9万元。"),
    # A part.
    ("安河地震造成多少人遇难？", "安河地震造成15人遇难。", "安河地震遇难者中有6人遇难时在家。"),
    ("安河录用多少人？", "安河共录用120人。", "安河录用一批人，其中女性录用70人。"),
    (
        "安河市高考报名人数是多少？",
        "安河市高考报名人数为9万人。",
        "安河市海口区高考报名人数为3万人。",
    ),
    # Another thing.
    ("云岭公司营收是多少？", "云岭公司营收3.2亿元。", "青禾公司营收3.6亿元。"),
    ("净利润是多少？", "云岭公司净利润3.2亿元。", "青禾公司净利润3.6亿元。"),
    # Room for both.
    ("海曲大桥总投资是多少？", "海曲大桥总投资超过3亿元。", "海曲大桥总投资4.6亿元。"),
]


@pytest.mark.parametrize(
    ("expected", "question", "one", "other"),
    [
        (expected, *case)
        for expected, cases in (
            ("same", SAME),
            ("different", DIFFERENT),
            ("updated", UPDATED),
            ("unrelated", UNRELATED),
        )
        for case in cases
    ],
)
def test_reports_compare(
    expected: str, question: str, one: str, other: str, dictionary: Dictionary
) -> None:
    assert verdict(question, one, other, dictionary) == expected
    assert verdict(question, other, one, dictionary) == expected


def test_an_article_never_contradicts_itself(dictionary: Dictionary) -> None:
    both = report("海曲大桥全长1820米。海曲大桥全长1280米。")
    one, other = found("海曲大桥全长多少米？", [both], dictionary)
    assert compare(one, other, dictionary) == "unrelated"


def test_without_a_day_and_a_period_nothing_is_known_to_differ(dictionary: Dictionary) -> None:
    one, other = found(
        "海曲大桥全长多少米？",
        [report("海曲大桥全长1820米。"), report("海曲大桥全长1280米。", day="")],
        dictionary,
    )
    assert compare(one, other, dictionary) == "unrelated"


def test_reports_far_apart_differ_only_if_they_say_of_one_time(dictionary: Dictionary) -> None:
    question = "云岭公司营收是多少？"
    early, late = "2024-01-10", "2024-09-10"
    apart = [report("云岭公司营收3.2亿元。", early), report("云岭公司营收3.6亿元。", late)]
    dated = [
        report("云岭公司2023年营收3.2亿元。", early),
        report("云岭公司2023年营收3.6亿元。", late),
    ]
    one, other = found(question, apart, dictionary)
    assert compare(one, other, dictionary) == "unrelated"
    one, other = found(question, dated, dictionary)
    assert compare(one, other, dictionary) == "different"


def test_of_several_values_the_one_with_the_words_of_the_question_answers(
    dictionary: Dictionary,
) -> None:
    text = "云岭公司实现营业收入12.8亿元，同比增长9.6%；净利润1.45亿元，同比增长4.2%。"
    for question, answer in {
        "云岭公司营业收入是多少？": "12.8亿元",
        "云岭公司净利润是多少？": "1.45亿元",
        "云岭公司净利润增长了多少？": "4.2%",
    }.items():
        (one,) = found(question, [report(text)], dictionary)
        assert one.mark.of(text) == answer


def test_marks_say_which_value_answers(dictionary: Dictionary) -> None:
    article = report("海曲大桥全长1820米，海曲大桥主跨长480米。")
    question = "海曲大桥长多少米？"
    asked = asked_value(
        question,
        dict.fromkeys(read_concepts(words(question), dictionary), 1.0),
        None,
        dictionary,
    )
    (sentence,) = article.sentences
    at = article.text.index("480米")
    one = told(asked, hit(article), sentence, [Span(at, at + 4)])
    assert one is not None
    assert one.mark.of(article.text) == "480米"


def test_three_articles_make_two_versions_the_newest_first(dictionary: Dictionary) -> None:
    articles = [
        report("海曲大桥总投资3.2亿元。", "2024-05-10", id="a"),
        report("海曲大桥总投资为3.2亿元，明年通车。", "2024-05-11", id="b"),
        report("更正：海曲大桥总投资应为3.6亿元。", "2024-05-12", id="c"),
    ]
    all_told = versions(found("海曲大桥总投资是多少？", articles, dictionary), dictionary)
    assert all_told.verdict == "different"
    assert [[one.hit.article.id for one in group] for group in all_told.groups] == [
        ["c"],
        ["b", "a"],
    ]


def test_those_that_say_the_same_stand_in_the_order_given(dictionary: Dictionary) -> None:
    articles = [
        report("海曲大桥总投资3.2亿元。", day, id=day) for day in ("2024-05-10", "2024-05-12")
    ]
    all_told = versions(found("海曲大桥总投资是多少？", articles, dictionary), dictionary)
    assert all_told.verdict == "same"
    assert [one.hit.article.id for group in all_told.groups for one in group] == [
        "2024-05-10",
        "2024-05-12",
    ]


def test_there_is_no_version_of_nothing(dictionary: Dictionary) -> None:
    with pytest.raises(ValueError, match="nothing"):
        versions([], dictionary)


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        ("更正：净利润应为1.54亿元", "正文。"),
        ("勘誤啟事", "正文。"),
        ("净利润1.54亿元", "本报5月3日的报道有误，特此致歉。"),
        ("Correction: profit was 154 million yuan", "Text."),
        ("Profit was 154 million yuan", "An earlier version of this article gave another figure."),
    ],
)
def test_a_correction_says_so(title: str, lead: str) -> None:
    assert corrects(report(lead, title=title))


@pytest.mark.parametrize(
    ("title", "lead"),
    [("净利润1.54亿元", "公司公布业绩。"), ("Profit rose", "The company reported its results.")],
)
def test_other_articles_correct_nothing(title: str, lead: str) -> None:
    assert not corrects(report(lead, title=title))


def seeds() -> list[Article]:
    drafts = read_paths([str(SEEDS)])
    return [one.article for one in drafts if not isinstance(one, ArticleRefused)]


@pytest.mark.parametrize(
    "question",
    [
        "云帆制冷2024年二季度净利润是多少？",
        "雲帆製冷二季度淨利潤是多少？",
        "What was Yunfan Refrigeration's net profit in the second quarter of 2024?",
    ],
)
def test_the_corrected_figure_of_the_seeds_comes_first(
    question: str, dictionary: Dictionary
) -> None:
    all_told = versions(found(question, seeds(), dictionary), dictionary)
    assert all_told.verdict == "different"
    assert [group[0].mark.of(group[0].hit.article.text) for group in all_told.groups] == [
        "1.54亿元",
        "1.45亿元",
    ]
    assert [corrects(group[0].hit.article) for group in all_told.groups] == [True, False]
