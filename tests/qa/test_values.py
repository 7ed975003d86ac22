"""Values are read with what they count, in one form for both languages, and nothing else is one."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.types import Period
from qa.values import Value, read_values
from qa.values.quantities import read_quantities

PUBLISHED = date(2024, 8, 16)


def values(text: str) -> tuple[Value, ...]:
    return read_values(text, PUBLISHED)


def the(text: str) -> Value:
    (value,) = values(text)
    return value


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("营业收入3.2亿元", 320_000_000, "元"),
        ("營業收入3.2億元", 320_000_000, "元"),
        ("营业收入３．２亿元", 320_000_000, "元"),
        ("投资三亿二千万元", 320_000_000, "元"),
        ("revenue of 320 million yuan", 320_000_000, "元"),
        ("revenue was RMB 320 million", 320_000_000, "元"),
        ("售价3,499元", 3499, "元"),
        ("it cost US$3.5bn", 3_500_000_000, "美元"),
        ("it cost $3.5m", 3_500_000, "美元"),
        ("耗资35亿美元", 3_500_000_000, "美元"),
        ("增速为4.2%", Decimal("4.2"), "%"),
        ("占百分之八十", 80, "%"),
        ("占八成", 80, "%"),
        ("a rate of 4.2 per cent", Decimal("4.2"), "%"),
        ("提高3.7个百分点", Decimal("3.7"), "百分点"),
        ("up 3.7 percentage points", Decimal("3.7"), "百分点"),
        ("员工3,265人", 3265, "人"),
        ("录取1.4万名学生", 14_000, "人"),
        ("it has 3,265 employees", 3265, "人"),
        ("twenty-one people died", 21, "人"),
        ("全长22.4千米", 22_400, "米"),
        ("it is 22.4 km long", 22_400, "米"),
        ("产量300万吨", 3_000_000_000, "公斤"),
        ("建成住房1200套", 1200, "个"),
        ("the city built 1,200 homes", 1200, "个"),
        ("总票房60.39亿，居首", 6_039_000_000, ""),
    ],
)
def test_one_value_has_one_form(text: str, amount: Decimal, unit: str) -> None:
    value = the(text)
    assert (value.amount, value.unit) == (amount, unit)


@pytest.mark.parametrize(
    "text",
    [
        "2024年5月3日18时39分",
        "on 3 May 2024, at 18:39",
        "比分为2:1",
        "they won 2-1",
        "第三届、前10名",
        "电话010-88881234",
        "MU5735航班和iPhone 15",
        "the flight MU5735",
        "A Boeing 737 jet",
        "iPhone SE 3起售",
        "三亚统一十分重要",
        "预计在48亿元至50亿元之间",
        "增长4-6%",
        "赔偿6.2万亿兹罗提",
        "收入和利润分别增长5%、7%",
        "sales and profit rose 5% and 7% respectively",
        "the 1990s",
        "",
    ],
)
def test_what_only_looks_like_a_value_is_none(text: str) -> None:
    assert values(text) == ()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("净利润应为1.54亿元，而不是1.45亿元", ["1.54亿元"]),
        ("净利润由1.2亿元增至1.45亿元", ["1.45亿元"]),
        ("8月通胀率为9.1%，高于7月的8.9%", ["9.1%"]),
        ("总票房59.06亿元，超过2019年的59.05亿元", ["59.06亿元"]),
        ("profit was 5 million yuan, up from 3 million yuan", ["5 million yuan"]),
        ("profit was 5 million yuan, not 3 million yuan", ["5 million yuan"]),
    ],
)
def test_what_is_compared_with_or_denied_is_not_told(text: str, kept: list[str]) -> None:
    assert [value.span.of(text) for value in values(text)] == kept


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("共300人", "exact"),
        ("约300人", "about"),
        ("300人左右", "about"),
        ("about 300 people", "about"),
        ("超过300人", "at least"),
        ("300多人", "at least"),
        ("300人以上", "at least"),
        ("at least 300 people", "at least"),
        ("more than 300 people", "at least"),
        ("不到300人", "at most"),
        ("up to 300 people", "at most"),
    ],
)
def test_a_value_is_as_exact_as_it_is_said(text: str, bound: str) -> None:
    assert the(text).bound == bound


@pytest.mark.parametrize(
    ("text", "amount"),
    [("增长5%", 5), ("下降5%", -5), ("rose by 5%", 5), ("fell 5%", -5), ("a 5% drop", -5)],
)
def test_a_fall_is_negative(text: str, amount: int) -> None:
    assert the(text).change
    assert the(text).amount == Decimal(amount)


@pytest.mark.parametrize("text", ["达到5%", "增至5%", "a share of 5%", "reached 5%"])
def test_a_level_is_no_change(text: str) -> None:
    assert not the(text).change


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("力争营收达到50亿元", True),
        ("the company expects revenue of 50 million yuan", True),
        ("实现营收50亿元", False),
        ("revenue reached 50 million yuan", False),
    ],
)
def test_a_target_is_no_result(text: str, target: bool) -> None:
    assert the(text).target is target


def test_each_value_has_the_words_of_its_own_clause() -> None:
    revenue, growth, profit = values("当季营业收入12.8亿元，同比增长9.6%；净利润1.45亿元。")
    assert "营业收入" in revenue.lead
    assert "营业收入" in growth.lead
    assert growth.change
    assert (profit.lead, profit.trail) == ("净利润", "")


def test_the_words_after_a_number_may_say_what_it_counts() -> None:
    dead, hurt = values("At least 12 people died and 30 were injured")
    assert ("died" in dead.trail, "injured" in dead.trail) == (True, False)
    assert "injured" in hurt.trail


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2024年第二季度净利润1.54亿元", Period(date(2024, 4, 1), date(2024, 6, 30))),
        ("profit of 5 million yuan in 2023", Period(date(2023, 1, 1), date(2023, 12, 31))),
        ("去年净利润1.54亿元", Period(date(2023, 1, 1), date(2023, 12, 31))),
        ("8月15日公布，上半年净利润1亿元", Period(date(2024, 1, 1), date(2024, 6, 30))),
        ("净利润1.54亿元", None),
        ("公司8月15日公布净利润1.54亿元", None),
        ("净利润较去年增长5%", None),
    ],
)
def test_a_value_is_of_the_time_beside_it(text: str, period: Period | None) -> None:
    assert the(text).period == period


@given(st.text(alphabet="第约超过12,.万亿元人%年月日至从不是，。 aillonmpers$-", max_size=40))
def test_whatever_is_read_stands_in_the_text(text: str) -> None:
    last = 0
    for value in values(text):
        assert last <= value.span.start < value.span.end <= len(text)
        assert any(character.isalnum() for character in value.span.of(text))
        assert value.step > 0
        last = value.span.end


@pytest.mark.parametrize(
    "piece", ["亿", "多增", "9亿 ", "1,000", "two hundred ", "增约", "从", " a"]
)
def test_hostile_text_is_read_in_no_time(piece: str) -> None:
    values("9" + piece * 400 + "x")
    values(piece * 400 + "9x9%x")


@given(st.integers(2, 10**12))
def test_any_whole_number_is_read_as_it_is(number: int) -> None:
    (quantity,) = read_quantities(f"共{number}人")
    assert quantity.amount == Decimal(number)
    assert quantity.step == Decimal(1)
