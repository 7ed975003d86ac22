"""What is written is borne out by what it cites, or the objection says what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.checking import Cited, Objection, objection, speaks_of
from qa.dictionary import Dictionary
from qa.types import Hit, Passage, Scores, Span

from .conftest import make_article


def cite(text: str, title: str = "", published: str = "2025-11-03T00:00:00+08:00") -> Cited:
    article = make_article("a", text, title=title, published=published)
    (span,) = article.sentences
    return Cited(Hit(article, Passage("a", 0, 0, span, text), Scores(1.0, 1.0, 1.0)), 0)


GROWTH = "今年前三季度，上海市软件业务收入3.2亿元，同比增长八成，高于去年的5.5个百分点。"
OPENING = "市长龚正10月27日表示，临港新片区计划到2030年建成20座数据中心。"
VIEW = "The company did not cut jobs, Anna Weber told the Financial Review on Tuesday."
SALES = "Sales at Volkswagen fell 12% to 1.5 million cars in the second quarter of 2025."


@pytest.mark.parametrize(
    ("written", "cited"),
    [
        ("上海市软件业务收入为3.2亿元，增长80%。", GROWTH),
        ("2025年前三季度，上海软件业务收入3.2亿元。", GROWTH),
        ("Shanghai's software revenue grew by 80% to 320 million yuan.", GROWTH),
        ("Software revenue in Shanghai was 5.5 percentage points higher than in 2024.", GROWTH),
        ("龚正说，临港新片区计划建成二十座数据中心。", OPENING),
        (
            "Mayor Gong Zheng said on October 27 that Lingang plans to have 20 data centres.",
            OPENING,
        ),
        ("The company didn't cut any jobs, said Anna Weber.", VIEW),
        ("Volkswagen's sales fell by 12 per cent in the second quarter.", SALES),
        ("2025年第二季度销量下降12%，为150万辆。", SALES),
    ],
)
def test_what_the_cited_sentence_says_is_borne_out(
    written: str, cited: str, dictionary: Dictionary
) -> None:
    assert objection(written, [cite(cited)], dictionary) is None


@pytest.mark.parametrize(
    ("written", "cited", "expected"),
    [
        ("上海市软件业务收入为3.3亿元，增长80%。", GROWTH, "number"),
        ("上海市软件业务收入为3.2亿美元，增长80%。", GROWTH, "number"),
        ("上海市软件业务收入增长八个百分点。", GROWTH, "number"),
        ("Software revenue in Shanghai grew by 8%.", GROWTH, "number"),
        ("Software revenue in Shanghai was 320 million dollars.", GROWTH, "number"),
        ("上海市软件业务收入翻番。", GROWTH, "amount"),
        ("Shanghai's software revenue has doubled.", GROWTH, "amount"),
        ("2024年前三季度，上海市软件业务收入3.2亿元。", GROWTH, "date"),
        ("2023年前三季度，上海市软件业务收入3.2亿元。", GROWTH, "number"),
        ("市长龚正10月28日表示，临港新片区计划建成20座数据中心。", OPENING, "number"),
        ("市长龚正10月20日表示，临港新片区计划建成数据中心。", OPENING, "number"),
        ("Volkswagen's sales fell by 12% in the first quarter.", SALES, "amount"),
        ("Sales at Volkswagen fell 12% in the third quarter of 2025.", SALES, "number"),
        ("市长陈吉宁表示，临港新片区计划建成20座数据中心。", OPENING, "name"),
        ("市长龚正表示，浦东新区计划建成20座数据中心。", OPENING, "name"),
        ("Mayor Li Qiang said Lingang plans to have 20 data centres.", OPENING, "name"),
        ("Anna Keller said the company did not cut jobs.", VIEW, "name"),
        ("Sales at Toyota fell 12%.", SALES, "name"),
        ("丰田的销量下降12%，为150万辆。", SALES, "name"),
        ("The company did not cut jobs, see evil.example for more.", VIEW, "name"),
        ("《解放日报》称，上海市软件业务收入3.2亿元。", GROWTH, "quotation"),
        ('The company "will never" cut jobs, Anna Weber said.', VIEW, "quotation"),
        ("The company cut jobs, Anna Weber said.", VIEW, "sense"),
        ("上海市软件业务收入没有增长。", GROWTH, "sense"),
        ("上海市软件业务收入下降80%。", GROWTH, "sense"),
        ("Volkswagen's sales rose 12%.", SALES, "sense"),
        ("龚正表示，临港新片区已建成20座数据中心。", OPENING, "sense"),
        ("The museum opens on weekdays.", SALES, "subject"),
        ("今天天气很好。", GROWTH, "subject"),
        ("", GROWTH, "subject"),
    ],
)
def test_what_it_does_not_say_is_objected_to(
    written: str, cited: str, expected: Objection, dictionary: Dictionary
) -> None:
    assert objection(written, [cite(cited)], dictionary) == expected


def test_several_sentences_bear_out_together_what_none_does_alone(dictionary: Dictionary) -> None:
    written = "上海市软件业务收入3.2亿元，龚正表示，计划建成20座数据中心。"
    growth, opening = cite(GROWTH), cite(OPENING)
    assert objection(written, [growth], dictionary)
    assert objection(written, [opening], dictionary)
    assert objection(written, [growth, opening], dictionary) is None


def test_a_name_may_stand_in_the_title_and_a_number_may_not(dictionary: Dictionary) -> None:
    cited = cite("该市去年软件业务收入大幅增长。", title="上海软件业务收入3.2亿元")
    assert objection("上海市软件业务收入大幅增长。", [cited], dictionary) is None
    assert objection("上海市软件业务收入3.2亿元。", [cited], dictionary) == "number"


def test_a_day_of_the_month_is_that_of_the_report(dictionary: Dictionary) -> None:
    cited = cite("台风“天兔”30日在海南登陆。", published="2025-11-03T00:00:00+08:00")
    assert objection("台风“天兔”10月30日在海南登陆。", [cited], dictionary) is None
    assert objection("台风“天兔”11月30日在海南登陆。", [cited], dictionary) == "number"


@pytest.mark.parametrize(
    ("written", "speaks"), [("上海的软件", True), ("Shanghai", True), ("Tokyo weather", False)]
)
def test_a_citation_speaks_of_what_it_is_cited_for(
    written: str, speaks: bool, dictionary: Dictionary
) -> None:
    assert speaks_of(written, cite(GROWTH), dictionary) is speaks


@given(text=st.sampled_from([GROWTH, OPENING, VIEW, SALES]))
def test_a_sentence_bears_itself_out(text: str, dictionary: Dictionary) -> None:
    assert objection(text, [cite(text)], dictionary) is None


@given(written=st.text(max_size=80))
def test_any_text_can_be_checked(written: str, dictionary: Dictionary) -> None:
    objection(written, [cite(GROWTH), cite(SALES)], dictionary)


@given(amount=st.integers(0, 10**7))
def test_only_the_number_that_is_cited_is_borne_out(amount: int, dictionary: Dictionary) -> None:
    found = objection(f"港口吞吐量达到{amount}吨。", [cite("港口吞吐量为4321吨。")], dictionary)
    assert found == (None if amount == 4321 else "number")


def test_the_span_is_the_sentences_own() -> None:
    cited = cite(SALES)
    assert cited.span == Span(0, len(SALES))
    assert cited.text == SALES
