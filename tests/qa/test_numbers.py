"""Numbers in one form: tables of equals and of look-alikes, and laws over all integers."""

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.lexical import words
from qa.numbers import in_digits

SAME = [
    ("80%", "百分之八十", "八成", "8成", "百分之80", "80 per cent", "eighty percent", "80 percent"),
    ("12%", "一成二", "百分之十二", "twelve per cent"),
    ("3.5%", "百分之三点五", "百分之三點五", "3.5 percent"),
    ("0.3%", "千分之三"),
    ("100%", "百分之百", "one hundred percent"),
    ("1/3", "三分之一", "one third", "one-third"),
    ("2/3", "三分之二", "two thirds", "two-thirds"),
    ("1/10", "十分之一", "one tenth"),
    ("2025年", "二〇二五年", "二零二五年", "2025 年"),
    ("320000000", "3.2亿", "三亿二千万", "三億二千萬", "3亿2000万", "320 million", "0.32 billion"),
    ("15000", "1.5万", "一万五", "一万五千", "1.5萬", "15 thousand", "fifteen thousand"),
    ("1200000000000", "1.2万亿", "一万二千亿", "1.2 trillion"),
    ("500000", "五十万", "half a million", "0.5 million", "five hundred thousand"),
    ("2000", "两千", "兩千", "2千", "two thousand"),
    ("10050", "一万零五十", "ten thousand and fifty"),
    ("105", "一百零五", "one hundred and five"),
    ("3500", "三千五", "三千五百"),
    ("23", "二十三", "廿三", "twenty-three"),
    ("0.5", "零点五", "zero point five"),
    ("13th", "第十三", "第13", "第 13", "thirteenth"),
    ("3rd", "第三", "第3", "third"),
    ("first", "1st"),
    ("第二", "第2"),
    ("10月", "十月", "October"),
    ("1月", "一月", "January"),
    ("数据,2季度", "数据,二季度"),
    ("10月27日", "十月二十七日", "10月27号", "October 27", "27 October", "October 27th", "Oct. 27"),
    ("10月27日", "27th of October", "October twenty-seventh", "october 27"),
    ("2025年10月7日", "二〇二五年十月七日", "2025 年 10 月 07 日", "October 7, 2025", "7 Oct 2025"),
    ("2025年3月", "二〇二五年三月", "March 2025", "March, 2025"),
    ("1980年代", "80年代", "八十年代", "20世纪80年代", "上世纪八十年代", "1980s", "1980’s"),
    ("$5000000", "$5m", "$5 million", "$five million"),
    ("£3200000000", "£3.2bn", "£3.2 billion"),
    ("5个", "五个"),
    ("16世纪", "十六世纪"),
    ("200000人", "二十多万人", "20多万人"),
]  # fmt: skip


@pytest.mark.parametrize("ways", SAME, ids=lambda ways: str(ways[0]))
def test_ways_to_write_a_number_are_one(ways: tuple[str, ...]) -> None:
    assert {in_digits(way) for way in ways} == {ways[0]}


LOOK_ALIKES = """
三亚市 四川 统一 万科 一定 一些 十分 十分重要 五粮液 三星 百度 万达 九江 六安 六合 七喜 八卦 九寨沟
双边 两国 两会 两岸 二战 唯一 之一 一个 一种 一名 一次 万一 周六大雨 星期三 周五 初三 老二 李四光
两三万 三四百 四五十 七八个 三三两两 七上八下 十有八九 一五一十 几十个 数百万 成千上万 百万 千万
十几个 成立 八成员 一成不变 三成立 十四五 十三五规划 五四运动 第一 第一名 第二次世界大战 二十大
四面八方 一心一意 一带一路 一刀两断 接二连三 朝三暮四
"""


@pytest.mark.parametrize("text", LOOK_ALIKES.split())
def test_chinese_that_only_looks_like_a_number_stays(text: str) -> None:
    assert in_digits(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "one of the first",
        "no one",
        "the first lady",
        "a second term",
        "tenant",
        "millions of people",
        "Hundreds were hurt",
        "several hundred",
        "may 5 people",
        "it may be in a march",
        "March on",
        "May I",
        "may mar 5 of them",
        "3 percentage points",
        "a one-way street",
        "5m",
        "v2.5.40",
        "iPhone15",
        "24/7",
        "10-27",
        "20,000",
        "hone",
        "often",
        "0 May",
        "99 May",
    ],
)
def test_english_that_only_looks_like_a_number_stays(text: str) -> None:
    assert in_digits(text) == text


MEET = [
    ("六大目标", "six major targets"),
    ("五公里", "5km"),
    ("五公里", "five kilometres"),
    ("三千万美元", "$30 million"),
    ("两百公斤", "200 kg"),
    ("一半", "50%"),
    ("一半", "half"),
    ("第三季度", "third quarter"),
    ("十六世纪", "16th century"),
    ("十月二十七日", "27 October"),
    ("八十年代", "the 1980s"),
    ("三名学生", "three students"),
    ("兩萬人", "20,000 people"),
]


@pytest.mark.parametrize(("chinese", "english"), MEET)
def test_a_number_in_one_language_is_found_in_the_other(
    dictionary: Dictionary, chinese: str, english: str
) -> None:
    number = re.compile(r"\d|half|一半")
    for question, passage in ((chinese, english), (english, chinese)):
        told = set(words(passage))
        concepts = read_concepts(words(question), dictionary)
        numbers = [concept for concept in concepts if number.search(concept[0][0])]
        assert numbers
        said = [one for one in numbers if any(told.issuperset(way) for way in one)]
        assert said, f"{passage} does not say {numbers}"


@pytest.mark.parametrize(
    ("chinese", "english"),
    [("公里", "km"), ("美元", "$"), ("欧元", "€"), ("英镑", "£"), ("元", "¥")],
)
def test_a_unit_is_found_by_its_sign(dictionary: Dictionary, chinese: str, english: str) -> None:
    (concept,) = read_concepts(words(chinese), dictionary)
    assert tuple(words(english)) in concept
    (concept,) = read_concepts(words(english), dictionary)
    assert (chinese,) in concept


HAN = "零一二三四五六七八九"


def in_chinese(number: int) -> str:
    """Write an integer below 10**16 as a Chinese newspaper does."""
    for size, scale in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return in_chinese(high) + scale + gap + (in_chinese(low) if low else "")
    written = ""
    for size, scale in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            written += HAN[digit] + scale
        elif written and number and not written.endswith("零"):
            written += "零"
    return written


SPELT = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
ONES = SPELT.split()
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_english(number: int) -> str:
    """Write an integer below 10**12."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    for size, scale in (
        (10**9, "billion"),
        (10**6, "million"),
        (1000, "thousand"),
        (100, "hundred"),
    ):
        if number >= size:
            high, low = divmod(number, size)
            joined = " and " if size == 100 else " "
            return f"{in_english(high)} {scale}" + (joined + in_english(low) if low else "")
    raise AssertionError(number)


@given(st.integers(10, 10**16 - 1) | st.integers(10, 10**5))
@example(10)
@example(110)
@example(10_010)
@example(1_903_971)
@example(100_000_000_000)
def test_every_integer_in_chinese_is_its_digits(number: int) -> None:
    assert in_digits(in_chinese(number)) == str(number)
    assert in_digits(f"近{in_chinese(number)}名学生") == f"近{number}名学生"


@given(st.integers(2, 9), st.sampled_from("个年月日名家位项次大岁倍"))
def test_a_numeral_before_a_unit_is_its_digit(number: int, unit: str) -> None:
    assert in_digits(HAN[number] + unit) == f"{number}{unit}"


@given(st.integers(2, 10**12 - 1) | st.integers(2, 10**4))
@example(100)
@example(1_000_000)
def test_every_integer_in_english_is_its_digits(number: int) -> None:
    assert in_digits(in_english(number)) == str(number)
    assert in_digits(f"The {in_english(number)} men") == f"The {number} men"


@given(st.integers(1000, 2999))
def test_every_year_is_its_digits(year: int) -> None:
    han = "".join(HAN[int(digit)] for digit in str(year))
    assert in_digits(f"{han}年") == in_digits(han.replace("零", "〇") + "年") == f"{year}年"


@given(st.integers(1, 10**6 - 1), st.integers(1, 10**6 - 1))
def test_every_fraction_has_one_form(part: int, whole: int) -> None:
    if whole < 10:
        whole += 10
    assert in_digits(f"{in_chinese(whole)}分之{in_chinese(part)}") == f"{part}/{whole}"


@given(
    st.text() | st.text("〇零一二两三十百千万亿点多余第分之成半年月日0123456789.,% onetwhird-$mMay")
)
@settings(max_examples=500)
def test_any_text_is_read_and_without_numerals_is_left_alone(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    in_digits(plain)
    bare = re.sub(r"[\d〇零一二两兩三四五六七八九十廿百千万萬亿億A-Za-z]", "", plain)
    assert in_digits(bare) == bare
