"""Reprints are told from other news: edits make copies, other numbers make other news."""

import gzip
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles.cleaning import clean
from qa.articles.html import tidy
from qa.copies import LONGEST, SHARE, Fingerprint, adds, alike, fingerprint

NEWS = Path(os.environ.get("NEWSQA_DATA", Path(__file__).parents[3] / "shared" / "data")) / (
    "crud_news"
)

CHINESE = (
    "临江市图书馆星期六重新开放，闭馆修缮历时十四个月，耗资三千二百万元。新馆藏书四十八万册，比修缮前"
    "多出六万册，其中盲文读物两千余册。馆长何慕云在开放仪式上说，阅览座位由520个增至1,150个，晚间开放"
    "时间延长到二十二点，周末不休息。\n"
    "为了方便老年读者，一楼设立了大字阅览区，并安排志愿者讲解手机借书的步骤。儿童馆迁到二楼东侧，窗外"
    "就是滨江公园，家长可以陪孩子边看书边看江景。古籍部首次向公众展出清代地方志，展期到10月31日为止。\n"
    "工程由市建筑设计院承担，外墙保留了原来的红砖，屋顶加装的光伏板每年发电约18.5万度，可以满足全馆"
    "四成的用电。市民陈先生一早就来排队，他说小时候常在这里做作业，如今带着女儿回来，感觉既熟悉又新鲜。"
)
TRADITIONAL = (
    "臨江市圖書館星期六重新開放，閉館修繕歷時十四個月，耗資三千二百萬元。新館藏書四十八萬冊，比修繕前"
    "多出六萬冊，其中盲文讀物兩千餘冊。館長何慕雲在開放儀式上說，閱覽座位由520個增至1,150個，晚間開放"
    "時間延長到二十二點，週末不休息。\n"
    "為了方便老年讀者，一樓設立了大字閱覽區，並安排志願者講解手機借書的步驟。兒童館遷到二樓東側，窗外"
    "就是濱江公園，家長可以陪孩子邊看書邊看江景。古籍部首次向公眾展出清代地方志，展期到10月31日為止。\n"
    "工程由市建築設計院承擔，外牆保留了原來的紅磚，屋頂加裝的光伏板每年發電約18.5萬度，可以滿足全館"
    "四成的用電。市民陳先生一早就來排隊，他說小時候常在這裡做作業，如今帶著女兒回來，感覺既熟悉又新鮮。"
)
ENGLISH = (
    "The night ferry between Port Alden and Skerry Island will run again from 4 May, fourteen "
    "months after its engine room burned out, the harbour company said on Tuesday. Repairs at the "
    "Marlow yard cost 12.6 million crowns, a third more than planned, because the wiring of two "
    "decks had to be replaced as well.\n"
    "The ship carries 380 passengers and 95 cars and leaves Port Alden at 22:15. Tickets go on "
    "sale next week; islanders pay half. During the closure a smaller vessel made the crossing by "
    "day only, and the fish market moved its auction to the afternoon so that the catch could "
    "still reach the mainland restaurants before evening.\n"
    "Mayor Ingrid Solheim called the return of the ferry the best news of the year for the island, "
    "whose hotels lost a fifth of their guests. The company has ordered a second ship with "
    "electric drive, which is expected to enter service in 2028 and to need seven crew instead of "
    "eleven."
)
STORIES = pytest.mark.parametrize("story", [CHINESE, ENGLISH], ids=["zh", "en"])

EDITS: dict[str, Callable[[str], str]] = {
    "headline": lambda text: "原标题：城中大事 News of the day\n" + text,
    "lead": lambda text: (
        "【本报讯】好消息来了。 This was made known today by those who know.\n" + text
    ),
    "time stamp": lambda text: "2023-08-01 13:47:55，正文：" + text,
    "editor": lambda text: text + "\n（完）责任编辑：张胶 Editing by A. Smith",
    "one line": lambda text: re.sub(r"\s+", " ", text),
    "spaces": lambda text: re.sub(r"([,，。.]\s*)(?!\d)", r"\1　 ", text),
    "wide": lambda text: text.translate({at: at + 0xFEE0 for at in range(0x21, 0x7F)}),
    "quotes": lambda text: text.replace("，", ",").replace("。", ". ").replace(";", ","),
    "a sentence cut": lambda text: re.sub(r"市民陈先生.*|Tickets go[^.]*\. ", "", text),
    "words": lambda text: text.replace("方便", "便利").replace("best", "happiest"),
}

NUMBERS = {
    "一个数": (CHINESE, "520个", "530个"),
    "小数": (CHINESE, "18.5万度", "18.6万度"),
    "汉字数": (CHINESE, "四十八万册", "四十六万册"),
    "日子": (CHINESE, "10月31日", "10月30日"),
    "figure": (ENGLISH, "380 passengers", "360 passengers"),
    "decimal": (ENGLISH, "12.6 million", "12.9 million"),
    "in words": (ENGLISH, "need seven crew", "need nine crew"),
    "hour": (ENGLISH, "22:15", "22:45"),
}


def copies(one: str, other: str) -> bool:
    """Say whether the texts are copies of each other."""
    return alike(fingerprint(one), fingerprint(other))


def some_words(count: int, seed: int) -> list[str]:
    return ["".join(Random(f"{seed} {at}").choices("abcdefghij", k=6)) for at in range(count)]


@STORIES
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_reprint_is_a_copy(story: str, edit: Callable[[str], str]) -> None:
    assert copies(story, edit(story))


def test_the_other_script_is_a_copy() -> None:
    assert copies(CHINESE, TRADITIONAL)


@pytest.mark.parametrize(("story", "number", "another"), NUMBERS.values(), ids=NUMBERS)
def test_another_number_is_another_story(story: str, number: str, another: str) -> None:
    assert number in story
    assert not copies(story, story.replace(number, another))


@pytest.mark.parametrize(
    ("form", "another"),
    [
        ("1,150个", "1150个"),
        ("1,150个", "１１５０个"),
        ("18.5万度", "18.50万度"),
        ("四十八万册", "48万册"),
        ("10月31日", "31日"),
    ],
)
def test_another_form_of_a_number_is_none(form: str, another: str) -> None:
    assert copies(CHINESE, CHINESE.replace(form, another))


def test_reports_after_one_pattern_are_no_copies() -> None:
    def report(day: int) -> str:
        numbers = iter(Random(day).sample(range(100, 999), 8))
        return re.sub("#", lambda _: str(next(numbers)), (
            "本市气象台今天发布天气预报，白天最高气温#度，夜间最低气温#度，相对湿度百分之#，空气质量指数#。"
            "受冷空气影响，未来三天气温略有下降，请市民注意添加衣物，驾车出行注意安全，老人和儿童尽量减少外出。"
            "昨天全市用电负荷#万千瓦，自来水日供应量#万吨，地铁客运量#万人次，公共汽车客运量#万人次。"
            "气象台提醒，森林公园等处严禁烟火，建筑工地应当加强防风措施，农业大棚应当及时加固并关闭通风口。"
        ))  # fmt: skip

    reports = [report(day) for day in range(12)]

    assert all(copies(each, each) for each in reports)
    assert not any(copies(one, other) for one in reports for other in reports if one is not other)


@STORIES
def test_a_brief_is_a_copy_of_the_long_report_that_begins_with_it(story: str) -> None:
    assert copies(story, "\n".join(story.split("\n")[:2]))


def test_a_report_with_another_storys_text_behind_its_own_is_no_copy() -> None:
    assert not copies(CHINESE, ENGLISH + "\n" + CHINESE)
    assert not copies(ENGLISH, CHINESE * 2 + "\n" + ENGLISH)


def test_copying_is_no_chain() -> None:
    words = some_words(320, 1)
    first, second, third = (" ".join(words[at : at + 200]) for at in (0, 55, 110))

    assert copies(first, second)
    assert copies(second, third)
    assert not copies(first, third)


@given(
    st.integers(120, 900),
    st.integers(0, 10**9),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.floats(0, 0.5),
)
def test_it_goes_both_ways_and_copies_share_part_of_their_samples(
    count: int, seed: int, lead: float, cut: float, more: float
) -> None:
    words = some_words(count, seed)
    one = fingerprint(" ".join(words))
    other = fingerprint(
        " ".join(
            some_words(int(lead * count), seed + 1)
            + words[int(cut * count) :]
            + some_words(int(more * count), seed + 2)
        )
    )

    assert alike(one, one)
    assert alike(one, other) == alike(other, one)
    if alike(one, other):
        fewest = min(len(one.sample), len(other.sample))
        assert len(set(one.sample.tolist()) & set(other.sample.tolist())) >= SHARE / 2 * fewest


def test_half_of_the_shorter_text_is_the_measure() -> None:
    words = some_words(400, 1)
    for length in (400, 800, 1600):
        long = words + some_words(length - 400, 2)
        assert copies(" ".join(long), " ".join(words[:230] + some_words(170, 3)))
        assert not copies(" ".join(long), " ".join(words[:190] + some_words(210, 3)))


def test_two_languages_have_nothing_in_common() -> None:
    assert not set(fingerprint(CHINESE).runs.tolist()) & set(fingerprint(ENGLISH).runs.tolist())
    assert not copies(CHINESE, ENGLISH)


@pytest.mark.parametrize(
    "text",
    ["", "短讯。", "A short note. " * 3, "老生常谈。" * 100, "8 " * 500, "字" * (LONGEST + 1)],
)
def test_of_a_text_that_says_too_little_or_too_much_none_is_told(text: str) -> None:
    assert not fingerprint(text).sample.size
    assert not copies(text, text)
    assert not copies(CHINESE, text)


@given(st.text(max_size=400))
def test_any_text_is_a_copy_of_itself(text: str) -> None:
    made = fingerprint(text + CHINESE)

    assert list(made.runs) == sorted(set(made.runs.tolist()))
    assert alike(made, made)


# What a part of a copy adds.


@STORIES
@pytest.mark.parametrize("edit", [EDITS["wide"], EDITS["quotes"], EDITS["one line"]])
def test_what_stands_in_the_other_text_adds_nothing(story: str, edit: Callable[[str], str]) -> None:
    for paragraph in story.split("\n"):
        assert not adds(edit(paragraph), story)


def test_an_editors_name_adds_nothing_and_a_sentence_does() -> None:
    assert not adds(CHINESE.split("\n")[2] + "（完）责任编辑：张胶", CHINESE)
    more = "据了解，下一步还将修缮城南的分馆，届时读者凭身份证可在两处借书还书，不限册数。"
    assert adds(CHINESE.split("\n")[2] + more, CHINESE)
    assert adds(CHINESE, CHINESE.split("\n")[0])


# Copies in the news.


@pytest.mark.skipif(not NEWS.is_dir(), reason="needs NEWSQA_DATA with crud_news in it")
def test_news_that_was_copied_is_told() -> None:
    """Of the reprints that share half of the shorter text, .96 are told among 11,583 articles.

    The number of pairs stands here to be noticed if it changes.
    """
    originals, near = rows("passages"), rows("near_copies")
    made = {row["id"]: fingerprint(as_read(row)) for row in originals + near}
    labels = {
        frozenset((row["id"], row["copy_of"])): max(row["share_of_copy"], row["share_of_gold"])
        for row in near
    }

    told = all_pairs(made)

    half = {pair for pair, share in labels.items() if share >= 0.5}
    assert len(told & half) >= 0.95 * len(half)
    assert len(told) < 830


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(NEWS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def as_read(row: dict[str, Any]) -> str:
    """Return the text of the article that newsqa keeps."""
    return clean(tidy(row["text"]), row.get("title", "")).text


def all_pairs(made: dict[str, Fingerprint]) -> set[frozenset[str]]:
    """Return the pairs of copies."""
    seen: defaultdict[int, list[str]] = defaultdict(list)
    pairs = set()
    for id, own in made.items():
        met = Counter(other for run in own.sample.tolist() for other in seen[run])
        for other, shared in met.items():
            fewest = min(len(own.sample), len(made[other].sample))
            if shared >= SHARE / 2 * fewest and alike(own, made[other]):
                pairs.add(frozenset((id, other)))
        for run in own.sample.tolist():
            seen[run].append(id)
    return pairs
