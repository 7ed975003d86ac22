"""The time a question asks for: what is read, what is not, and what agrees with it."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dates import chinese, english, read_dates
from qa.dates.said import Rule
from qa.types import Period, Span, Time
from qa.when import (
    HALF_LIFE_DAYS,
    PUBLISHED,
    agreement,
    asked_time,
    freshness,
    read_time,
    spoken_of,
)

AS_OF = date(2026, 11, 22)
"""A Sunday."""

Row = tuple[str, str, str | None, str | None]
"""A question, its words of time, and the first and last day they name."""

ABSOLUTE: list[Row] = [
    ("上海2025年的目标是什么", "2025年", "2025-01-01", "2025-12-31"),
    ("上海2025目标", "2025", "2025-01-01", "2025-12-31"),
    ("２０２５年目標", "２０２５年", "2025-01-01", "2025-12-31"),
    ("2025", "2025", "2025-01-01", "2025-12-31"),
    ("二〇二四年第四季度的营收", "二〇二四年第四季度", "2024-10-01", "2024-12-31"),
    ("2024年Q3的营收", "2024年Q3", "2024-07-01", "2024-09-30"),
    ("2023年7月的洪水", "2023年7月", "2023-07-01", "2023-07-31"),
    ("2023年08月18日", "2023年08月18日", "2023-08-18", "2023-08-18"),
    ("2021年10月27日的公告", "2021年10月27日", "2021-10-27", "2021-10-27"),
    ("2021年10月27號的公告", "2021年10月27號", "2021-10-27", "2021-10-27"),
    ("二〇二一年十月二十七日", "二〇二一年十月二十七日", "2021-10-27", "2021-10-27"),
    ("2021年2月下旬", "2021年2月下旬", "2021-02-21", "2021-02-28"),
    ("2023年上半年的净利润", "2023年上半年", "2023-01-01", "2023-06-30"),
    ("2023年前三季度GDP", "2023年前三季度", "2023-01-01", "2023-09-30"),
    ("2021年前7个月", "2021年前7个月", "2021-01-01", "2021-07-31"),
    ("2019年至2021年", "2019年至2021年", "2019-01-01", "2021-12-31"),
    ("2019-2021年的变化", "2019-2021年", "2019-01-01", "2021-12-31"),
    ("从2019年到2021年6月", "2019年到2021年6月", "2019-01-01", "2021-06-30"),
    ("2023年7月至9月的销量", "2023年7月至9月", "2023-07-01", "2023-09-30"),
    ("2023年7月29日至31日", "2023年7月29日至31日", "2023-07-29", "2023-07-31"),
    ("2023年12月30日至1月2日", "2023年12月30日至1月2日", "2023-12-30", "2024-01-02"),
    ("2020年以来的政策", "2020年", "2020-01-01", None),
    ("自2010年起", "2010年", "2010-01-01", None),
    ("截至2022年底有多少家", "2022年", None, "2022-12-31"),
    ("2004年以后", "2004年", "2005-01-01", None),
    ("2030年前碳达峰", "2030年", None, "2029-12-31"),
    ("2021年6月30日前完成", "2021年6月30日", None, "2021-06-30"),
    ("1990年代的音乐", "1990年代", "1990-01-01", "1999-12-31"),
    ("90年代的音乐", "90年代", "1990-01-01", "1999-12-31"),
    ("20世纪80年代的北京", "20世纪80年代", "1980-01-01", "1989-12-31"),
    ("法国15世紀的改革", "15世紀", "1401-01-01", "1500-12-31"),
    ("民國105年的選舉", "民國105年", "2016-01-01", "2016-12-31"),
    ("2023-08-05的公告", "2023-08-05", "2023-08-05", "2023-08-05"),
    ("2023/8/5", "2023/8/5", "2023-08-05", "2023-08-05"),
    ("2023年发生了什么，7月呢", "2023年 … 7月", "2023-07-01", "2023-07-31"),
    ("2023年7月25日的2023年大会", "2023年7月25日 … 2023年", "2023-07-25", "2023-07-25"),
    ("2022年和2023年的营收", "2022年 … 2023年", "2022-01-01", "2023-12-31"),
    ("2023年7月27日，今年第二季度", "2023年7月27日 … 今年第二季度", "2023-04-01", "2023-07-27"),
    ("What happened in 2008?", "2008", "2008-01-01", "2008-12-31"),
    ("2025 targets of Shanghai", "2025", "2025-01-01", "2025-12-31"),
    ("Q3 2024 revenue", "Q3 2024", "2024-07-01", "2024-09-30"),
    ("revenue in 2024 Q3", "2024 Q3", "2024-07-01", "2024-09-30"),
    ("the third quarter of 2024", "third quarter of 2024", "2024-07-01", "2024-09-30"),
    ("the first half of 2023", "first half of 2023", "2023-01-01", "2023-06-30"),
    ("2023's second half", "2023's second half", "2023-07-01", "2023-12-31"),
    ("first nine months of 2024", "first nine months of 2024", "2024-01-01", "2024-09-30"),
    ("the last quarter of 2023", "last quarter of 2023", "2023-10-01", "2023-12-31"),
    ("in July 2023", "July 2023", "2023-07-01", "2023-07-31"),
    ("on 27 October 2021", "27 October 2021", "2021-10-27", "2021-10-27"),
    ("October 27th, 2021", "October 27th, 2021", "2021-10-27", "2021-10-27"),
    ("on the 5th of March 2024", "5th of March 2024", "2024-03-05", "2024-03-05"),
    ("Oct. 27, 2021", "Oct. 27, 2021", "2021-10-27", "2021-10-27"),
    ("March 5-9, 2024", "March 5-9, 2024", "2024-03-05", "2024-03-09"),
    ("between 2019 and 2021", "2019 and 2021", "2019-01-01", "2021-12-31"),
    ("from 2019 to 2021", "2019 to 2021", "2019-01-01", "2021-12-31"),
    ("January to March 2023", "January to March 2023", "2023-01-01", "2023-03-31"),
    ("the 2012-13 season", "2012-13", "2012-01-01", "2013-12-31"),
    ("2008–09年的联赛", "2008–09年", "2008-01-01", "2009-12-31"),
    ("in the 1990s", "1990s", "1990-01-01", "1999-12-31"),
    ("in the 19th century", "19th century", "1801-01-01", "1900-12-31"),
    ("since May 2019", "May 2019", "2019-05-01", None),
    ("before 2010", "2010", None, "2009-12-31"),
    ("until the end of 2020", "2020", None, "2020-12-31"),
    ("after June 2021", "June 2021", "2021-07-01", None),
    ("since 2020, as of March 2024", "2020 … March 2024", "2020-01-01", "2024-03-31"),
]

RELATIVE: list[Row] = [
    ("去年三季度的净利润", "去年三季度", "2025-07-01", "2025-09-30"),
    ("今年上半年销量", "今年上半年", "2026-01-01", "2026-06-30"),
    ("前年的票房", "前年", "2024-01-01", "2024-12-31"),
    ("明年的计划", "明年", "2027-01-01", "2027-12-31"),
    ("去年10月27日", "去年10月27日", "2025-10-27", "2025-10-27"),
    ("今年以来的涨幅", "今年", "2026-01-01", None),
    ("昨天的比赛", "昨天", "2026-11-21", "2026-11-21"),
    ("前天发布的公告", "前天", "2026-11-20", "2026-11-20"),
    ("今日要闻", "今日", "2026-11-22", "2026-11-22"),
    ("上周发生了什么", "上周", "2026-11-09", "2026-11-15"),
    ("上週五的會議", "上週五", "2026-11-13", "2026-11-13"),
    ("本周末的展览", "本周末", "2026-11-21", "2026-11-22"),
    ("下个星期三的发布会", "下个星期三", "2026-11-25", "2026-11-25"),
    ("上個月的出口", "上個月", "2026-10-01", "2026-10-31"),
    ("本月的CPI", "本月", "2026-11-01", "2026-11-30"),
    ("上季度的利润", "上季度", "2026-07-01", "2026-09-30"),
    ("近三个月的价格", "近三个月", "2026-08-23", "2026-11-22"),
    ("最近一周的新闻", "最近一周", "2026-11-16", "2026-11-22"),
    ("過去兩年的變化", "過去兩年", "2024-11-23", "2026-11-22"),
    ("近半年的销量", "近半年", "2026-05-23", "2026-11-22"),
    ("三天前的地震", "三天前", "2026-11-19", "2026-11-19"),
    ("两个月前的会议", "两个月前", "2026-09-01", "2026-09-30"),
    ("五年前的价格", "五年前", "2021-01-01", "2021-12-31"),
    ("10月27日的公告", "10月27日", "2026-10-27", "2026-10-27"),
    ("12月的数据", "12月", "2025-12-01", "2025-12-31"),
    ("3月以来的变化", "3月", "2026-03-01", None),
    ("截至3月的余额", "3月", None, "2026-03-31"),
    ("3-5月的降雨", "3-5月", "2026-03-01", "2026-05-31"),
    ("三季度的GDP", "三季度", "2026-07-01", "2026-09-30"),
    ("下半年的目标", "下半年", "2026-07-01", "2026-12-31"),
    ("上世纪90年代", "上世纪90年代", "1990-01-01", "1999-12-31"),
    ("2019年到去年", "2019年到去年", "2019-01-01", "2025-12-31"),
    ("What happened last month?", "last month", "2026-10-01", "2026-10-31"),
    ("last week's vote", "last week", "2026-11-09", "2026-11-15"),
    ("What did he say yesterday?", "yesterday", "2026-11-21", "2026-11-21"),
    ("the day before yesterday", "the day before yesterday", "2026-11-20", "2026-11-20"),
    ("this year's budget", "this year", "2026-01-01", "2026-12-31"),
    ("What happened in March?", "March", "2026-03-01", "2026-03-31"),
    ("as of March", "March", None, "2026-03-31"),
    ("since June", "June", "2026-06-01", None),
    ("since june", "june", "2026-06-01", None),
    ("in May", "May", "2026-05-01", "2026-05-31"),
    ("last December", "last December", "2025-12-01", "2025-12-31"),
    ("on July 4", "July 4", "2026-07-04", "2026-07-04"),
    ("from March to May", "March to May", "2026-03-01", "2026-05-31"),
    ("on Friday", "on Friday", "2026-11-20", "2026-11-20"),
    ("last Tuesday", "last Tuesday", "2026-11-10", "2026-11-10"),
    ("in the past three months", "past three months", "2026-08-23", "2026-11-22"),
    ("over the last 10 days", "last 10 days", "2026-11-13", "2026-11-22"),
    ("in the last year", "last year", "2025-11-23", "2026-11-22"),
    ("three days ago", "three days ago", "2026-11-19", "2026-11-19"),
    ("two years ago", "two years ago", "2024-01-01", "2024-12-31"),
    ("third quarter of last year", "third quarter of last year", "2025-07-01", "2025-09-30"),
    ("last year's third quarter", "last year's third quarter", "2025-07-01", "2025-09-30"),
    ("in June this year", "June this year", "2026-06-01", "2026-06-30"),
    ("Q3 earnings of Apple", "Q3", "2026-07-01", "2026-09-30"),
]

NEWEST = [
    ("上海最新的政策", "最新"),
    ("最近哪家公司上市了", "最近"),
    ("近期的地震", "近期"),
    ("近日，央行宣布了什么", "近日"),
    ("目前的市长是谁", "目前"),
    ("現在誰是主席", "現在"),
    ("the latest on the strike", "the latest"),
    ("recent earthquakes", "recent"),
    ("the newest model", "the newest"),
    ("Who is mayor now?", "now"),
    ("Who is currently mayor?", "currently"),
    ("most recent figures", "most recent"),
]

QUESTIONS = [row[0] for row in (*ABSOLUTE, *RELATIVE)] + [row[0] for row in NEWEST]

NO_DATES = """
iPhone 15 的价格
5G 基站有多少
波音737坠机
10号线巴沟站在哪里
第二张专辑叫什么
第一季的主角是谁
哪一世纪建成
哪一年上半年投产
明年轻人喜欢什么
疫情前年均增长
比去年同期增长多少
比去年增长多少
上周期的利润
登上月球的是谁
本周刊的主编
明日方舟的角色
今日头条的创始人
6600万年前发生了什么
2000年前的文物
长达1000年的历史
公元前1046年的战争
农历3月初三
2021财年的营收
2023财年第三季度
6月龄的婴儿
一个月的孩子
八月长安的小说
用了近三年建成
附近三天的天气
3个月大
300天的航行
百年老店
共2008名员工
2001人参加
2000元的手机
中证2000指数
车牌2023号
《2012》的导演
《昨天》是谁唱的
出现在哪里
离车站最近的医院
近日点的距离
同年3月上映
《如果》3月刊
周六福的股价
奥迪Q3的价格
May I ask who won?
May said so
Theresa May resigned
the second largest city
in the second quarter of the match
the first half ended 1-0
protesters march on Rome
Mr. March won
the 2008 employees of the plant
2008 people were hurt
2,008 homes
$2008
Boeing 2023 jets for Room 2023
a 2020 km road
flight 2020
COVID-2019
version 2023.1.2
fiscal 2024 results
FY2024
in fiscal year 2024
200 BC
in 1046 BC
the last year of the war
the next year
at the latest
in recent years
now known as Istanbul
now-defunct airline
more than last year
USA Today reported
21st Century Fox
on Friday Night Lights
who may 5 people be
30 February 2023
2023-02-30
the sun sat low
a minute second to none
Audi Q3 price
every Monday
""".strip().splitlines()


def told(time: Time | None) -> tuple[str, str | None, str | None]:
    assert time is not None
    begin, end = (str(day) if day else None for day in time.period)
    return time.expression, begin, end


@pytest.mark.parametrize(("question", "words", "begin", "end"), ABSOLUTE)
def test_a_date_named_outright_is_read_the_same_on_any_day(
    question: str, words: str, begin: str | None, end: str | None
) -> None:
    for as_of in (AS_OF, date(2023, 3, 31), date(1999, 1, 1)):
        time = read_time(question, as_of)
        assert told(time) == (words, begin, end)
        assert time is not None
        assert not time.relative


@pytest.mark.parametrize(("question", "words", "begin", "end"), RELATIVE)
def test_relative_words_are_read_against_the_day_of_asking(
    question: str, words: str, begin: str | None, end: str | None
) -> None:
    time = read_time(question, AS_OF)
    assert told(time) == (words, begin, end)
    assert time is not None
    assert time.relative
    assert time.as_of == AS_OF


@pytest.mark.parametrize(("question", "words"), NEWEST)
def test_the_newest_is_asked_for_without_a_period(question: str, words: str) -> None:
    time = read_time(question, AS_OF)
    assert told(time) == (words, None, None)
    assert time is not None
    assert time.latest


def test_the_newest_of_a_period_and_the_state_of_a_day_are_both() -> None:
    for question in ("2023年最新的政策", "the latest figures for 2023"):
        time = read_time(question, AS_OF)
        assert time is not None
        assert time.latest
        assert time.period == Period(date(2023, 1, 1), date(2023, 12, 31))
    assert all(
        time is not None and time.latest
        for time in (read_time("as of March", AS_OF), read_time("截至3月", AS_OF))
    )


@pytest.mark.parametrize("question", NO_DATES)
def test_what_only_looks_like_a_date_is_not_read(question: str) -> None:
    assert read_time(question, AS_OF) is None


@given(
    st.lists(
        st.sampled_from(QUESTIONS)
        | st.text("0123456789年月日季度前后至-/上下本半去今 ofinMaylstQ'", max_size=12),
        max_size=4,
    ).map(" ".join)
    | st.text(max_size=30),
    st.dates(),
)
def test_whatever_is_asked_on_whatever_day_spans_are_words_and_days_are_in_order(
    question: str, as_of: date
) -> None:
    time = read_time(question, as_of)
    spoken_of(question, as_of)
    if time is None:
        return
    assert time.spans == tuple(sorted(time.spans))
    assert " … ".join(span.of(question) for span in time.spans) == time.expression
    assert all(span.start < span.end <= len(question) for span in time.spans)
    ends = [span.end for span in time.spans]
    assert all(end <= span.start for end, span in zip(ends, time.spans[1:], strict=False))
    begin, end = time.period
    assert begin is None or end is None or begin <= end
    assert time.latest or (begin, end) != (None, None)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    month = english.MONTHS[day.month - 1].capitalize()
    for written in (
        f"{day.year}年{day.month}月{day.day}日",
        day.isoformat(),
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
    ):
        time = read_time(written, AS_OF)
        assert time is not None
        assert time.period == (day, day)
        assert time.spans == (Span(0, len(written)),)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("去年三季度", {"2025年", "第三季度", "Q3", "third quarter"}),
        ("last month", {"2026年", "10月", "October"}),
        ("昨天", {"2026年", "11月21日", "November 21", "21 November"}),
        ("今年上半年", {"2026年", "first half", "H1"}),
        ("last year", {"2025年", "2025"}),
        ("Q3 2024", {"2024年", "第三季度", "三季度", "third quarter"}),
        ("上周", set[str]()),
        ("since June", set[str]()),
    ],
)
def test_the_period_is_said_in_the_other_ways(question: str, words: set[str]) -> None:
    time = read_time(question, AS_OF)
    assert time is not None
    assert words <= set(time.words)
    assert bool(time.words) == bool(words)
    assert not any(word in question for word in time.words)


PUBLISHED_ON = date(2021, 1, 27)


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("到2025年，比例达到80%。", ["2025-01-01 2025-12-31"]),
        ("去年，本市完成了目标。", ["2020-01-01 2020-12-31"]),
        ("12月，本市完成了目标。", ["2020-12-01 2020-12-31"]),
        ("大会将于3月5日开幕。", ["2021-03-05 2021-03-05"]),
        ("自2019年以来", ["2019-01-01 2019-12-31"]),
        ("in 2019, and again in 2019", ["2019-01-01 2019-12-31"]),
        ("yesterday; in December", ["2021-01-26 2021-01-26", "2020-12-01 2020-12-31"]),
        ("最近，2008名员工", []),
    ],
)
def test_a_passage_speaks_of_times_seen_from_its_own_day(text: str, periods: list[str]) -> None:
    found = [" ".join(map(str, period)) for period in spoken_of(text, PUBLISHED_ON)]
    assert found == periods


def test_without_a_day_only_what_is_said_in_full_is_spoken_of() -> None:
    text = "去年3月、昨天和10月27日；last week, in May. 2025年"
    assert spoken_of(text, None) == (Period(date(2025, 1, 1), date(2025, 12, 31)),)


@pytest.mark.parametrize("rule", [*chinese.RULES, *english.RULES])
def test_every_match_of_a_rule_holds_one_of_its_cues(rule: Rule) -> None:
    """The cues only save time: searching every text would find the same."""
    for text in QUESTIONS + NO_DATES:
        for match in rule.pattern.finditer(text):
            assert any(cue in match[0].lower() for cue in rule.cues)


def asked(question: str) -> Time:
    time = read_time(question, AS_OF)
    assert time is not None
    return time


def test_targets_for_2025_are_found_in_an_article_of_2021() -> None:
    time, published = asked("上海2025年的目标"), date(2021, 10, 27)
    speaks = agreement(time, published, spoken_of("到2025年", published))
    silent = agreement(time, published, spoken_of("目标很高", published))
    assert (speaks, silent) == (1.0, 0.0)
    assert agreement(time, date(2025, 5, 1), ()) == PUBLISHED < speaks


def test_for_relative_words_publication_counts_as_much_as_speaking_of_the_time() -> None:
    time = asked("上周发生了什么")
    assert agreement(time, date(2026, 11, 12), ()) == 1.0
    assert agreement(time, date(2026, 11, 20), spoken_of("11月12日", AS_OF)) == 1.0
    assert agreement(time, date(2026, 11, 20), ()) == 0.0
    assert agreement(time, None, ()) == 0.0


def test_the_nearer_the_time_spoken_of_to_the_time_asked_for_the_better() -> None:
    time = asked("2023年7月的洪水")
    texts = ["2023年7月20日", "2023年7月", "2023年三季度", "2023年", "21世纪", "2022年"]
    scores = [agreement(time, None, spoken_of(text, None)) for text in texts]
    assert scores[0] == scores[1] == 1.0
    assert scores[-1] == 0.0
    assert scores[1:] == sorted(set(scores[1:]), reverse=True)


@given(
    st.sampled_from(QUESTIONS),
    st.none() | st.dates(),
    st.lists(st.tuples(st.dates(), st.dates()).map(sorted), max_size=4),
)
def test_agreement_lies_between_0_and_1_and_more_said_never_lowers_it(
    question: str, published: date | None, days: list[list[date]]
) -> None:
    periods = [Period(begin, end) for begin, end in days]
    scores = [agreement(asked(question), published, periods[:n]) for n in range(len(days) + 1)]
    assert scores == sorted(scores)
    assert 0 <= scores[0] <= scores[-1] <= 1


def test_who_asks_only_for_the_newest_agrees_with_no_period() -> None:
    assert agreement(asked("最新的政策"), AS_OF, [Period(AS_OF, AS_OF)]) == 0.0


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 10_000))
def test_freshness_halves_with_every_half_life(newest: date, age: int) -> None:
    published = newest - timedelta(age)
    older = freshness(published - timedelta(HALF_LIFE_DAYS), newest)
    assert older == pytest.approx(freshness(published, newest) / 2)
    assert 0 <= older < freshness(published, newest) <= 1
    assert freshness(newest, newest) == freshness(newest + timedelta(1), newest) == 1
    assert freshness(None, newest) == 0


def test_a_time_leaves_the_house_with_the_contracts_fields() -> None:
    assert asked_time(None) is None
    out = asked_time(asked("去年三季度的净利润"))
    assert out is not None
    assert (out.expression, out.date_from, out.date_to) == (
        "去年三季度",
        date(2025, 7, 1),
        date(2025, 9, 30),
    )
    assert (out.relative, out.latest, out.as_of) == (True, False, AS_OF)


def test_a_hostile_text_costs_no_more_than_any_other() -> None:
    for unit in ("2023年", "1月", "第", "in ", "2019-", "一二三十", "the last ", "12 ", "最近"):
        text = unit * (1_000 // len(unit))
        begun = datetime.now()
        read_time(text, AS_OF)
        assert datetime.now() - begun < timedelta(seconds=1)


def test_expressions_are_disjoint_and_in_order() -> None:
    text = "；".join(row[0] for row in (*ABSOLUTE, *RELATIVE))
    spans = [found.span for found in read_dates(text, AS_OF, "past")]
    assert spans == sorted(spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert re.search(r"\d", "".join(span.of(text) for span in spans))
