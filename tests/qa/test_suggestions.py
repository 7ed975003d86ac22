"""Articles to questions that a reader may begin with."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.engine import Engine
from qa.simplified import folded
from qa.suggestions import MOST, Suggestions, Tongue
from qa.suggestions.chinese import chinese
from qa.suggestions.english import english
from qa.suggestions.suggestion import READ, Suggestion
from qa.types import Query

from .conftest import make_article, named


def questions(text: str, title: str = "") -> dict[str, str]:
    """Return what is asked of an article of this text, and the words that answer it."""
    article = make_article("a", text, title=title)
    make = english if article.language == "en" else chinese
    return {one.question: one.told for one in make(article)}


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        ("杭州青山科技园区占地476亩，总投资63亿元。", "杭州青山科技园区占地多少亩？", "476"),
        ("截至目前，扬州已建成762间职工休息室。", "扬州已建成多少间职工休息室？", "762"),
        ("咸丰县公路总里程达8081公里。", "咸丰县公路总里程达到多少？", "8081"),
        ("2022年，武汉空气质量优良率80.5%。", "2022年武汉空气质量优良率是多少？", "80.5"),
        ("塞尔维亚总统武契奇表示，谈判会继续。", "塞尔维亚总统是谁？", "武契奇"),
        ("8月18日，上海城市信息化论坛举行。", "上海城市信息化论坛什么时候举行？", "8月18日"),
        (
            "關閉整修兩年的青嶼海事博物館將於三月十六日重新開放。",
            "青屿海事博物馆什么时候重新开放？",
            "三月十六日",
        ),
    ],
)
def test_a_chinese_sentence_is_asked_for_what_it_tells(text: str, question: str, told: str) -> None:
    assert questions(text).get(question) == told


@pytest.mark.parametrize(
    "text",
    [
        "该公司已在武汉建成20座换电站。",
        "他在北京有3套房子。",
        "今年上海新增就业人数达到60万人。",
        "昨日，北京气温达到38摄氏度。",
        "顾客取消支付86元。",
        "（记者王小明 北京）北京市有20家企业。",
        "县人武部部长陈坚表示欢迎。",
        "上海市副市长吴清介绍了情况。",
        "其余为咖啡，哥伦比亚占45%。",
    ],
)
def test_what_points_elsewhere_or_names_nothing_is_not_asked(text: str) -> None:
    assert questions(text) == {}


@pytest.mark.parametrize(
    ("filler", "told"),
    [
        ("居民们每天都会来这里散步。", "杭州青山科技园区占地476亩。"),
        ("There are boats. ", "The Larkwater City Library will stay open until 10 p.m. today."),
    ],
)
def test_of_a_book_the_beginning_is_read(filler: str, told: str) -> None:
    assert questions(told + filler * READ)
    assert questions(filler * READ + told) == {}


def test_a_figure_is_asked_of_what_its_article_is_about() -> None:
    text = (
        "云帆制冷设备公司15日公布业绩。公司实现营业收入12.8亿元。公司总经理顾行舟在会上说，会更好。"
    )
    asked = questions(text, title="云帆制冷公布二季度业绩")
    assert asked["云帆制冷二季度营业收入是多少？"] == "12.8亿"
    assert asked["云帆制冷总经理是谁？"] == "顾行舟"


@pytest.mark.parametrize(
    ("text", "question", "told"),
    [
        (
            "The Larkwater City Library will stay open until 10 p.m. on weekdays.",
            "Until what time will the Larkwater City Library stay open?",
            "10 p.m.",
        ),
        (
            "The Grainger Market was opened in 1835.",
            "When was the Grainger Market opened?",
            "1835",
        ),
        (
            "The Larkwater Museum was designed by Ines Vale.",
            "Who designed the Larkwater Museum?",
            "Ines Vale",
        ),
        (
            "The Larkwater Tunnel will cost the city about $1.2 million a year.",
            "How much will the Larkwater Tunnel cost the city a year?",
            "$1.2 million",
        ),
        (
            "The University of Larkwater has 12,400 students.",
            "How many students does the University of Larkwater have?",
            "12,400",
        ),
        (
            "It rained, said Imogen Pell, the mayor of Larkwater.",
            "Who is the mayor of Larkwater?",
            "Imogen Pell",
        ),
    ],
)
def test_an_english_sentence_is_asked_for_what_it_tells(
    text: str, question: str, told: str
) -> None:
    assert questions(text).get(question) == told


@pytest.mark.parametrize(
    "text",
    [
        "It was opened in 1835.",
        "His house will cost $300,000.",
        "The visitors will pay until 10 p.m. every day.",
        "The man who built the Grainger Market was born in 1800.",
    ],
)
def test_english_that_points_elsewhere_is_not_asked(text: str) -> None:
    assert questions(text) == {}


_PIECES = st.sampled_from(
    [
        "上海", "公司", "占地", "476", "亩", "，", "。", "8月18日", "举行", "市长", "王小明", "说",
        "的", "“", "\n",
        "The ", "Larkwater ", "Library ", "was ", "opened ", "in ", "1835", ". ", "will ", "cost ",
        "$5", "until ", "10 p.m.", "😀", "營業收入", "12.8億", "元",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=30).map("".join), st.lists(_PIECES, max_size=8).map("".join))
def test_what_is_asked_for_stands_in_the_article_and_not_in_the_question(
    text: str, title: str
) -> None:
    article = make_article("a", text, title=title)
    for one in (*chinese(article), *english(article)):
        assert folded(one.told) in folded(f"{title}\n{text}")
        assert one.question.endswith(("？", "?"))
        assert one.question == one.question.strip()


@pytest.fixture(scope="module")
def suggestions(seeds_engine: Engine) -> Suggestions:
    prepared = Suggestions(seeds_engine)
    prepared.prepare(threading.Event())
    return prepared


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_seeds_suggest_what_newsqa_answers_by_what_it_was_made_of(
    seeds_engine: Engine, suggestions: Suggestions, language: Tongue
) -> None:
    ids = seeds_engine.corpus.serving()[1].newest(100)
    made: list[Suggestion] = []
    for article in seeds_engine.corpus.articles.find(ids).values():
        made += (english if article.language == "en" else chinese)(article)
    found = suggestions.questions(language)
    assert 3 <= len(found) <= MOST
    for question in found:
        first = seeds_engine.ask(Query(question)).citations[0]
        assert any(
            one.article_id == first.article_id and folded(one.told) in folded(first.quote)
            for one in made
            if one.question == question
        )


def test_the_same_articles_suggest_the_same(seeds_engine: Engine, suggestions: Suggestions) -> None:
    again = Suggestions(seeds_engine)
    assert again.questions("zh") == ()
    again.prepare(threading.Event())
    for language in ("zh", "en"):
        assert again.questions(language) == suggestions.questions(language)


def test_it_runs_until_closed_and_prepares_anew_when_stale_questions_were_asked_for(
    open_engine: Callable[[Path], Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.suggestions.REST_SECONDS", 0.01)
    engine = open_engine(tmp_path)
    suggestions = Suggestions(engine)
    closing = threading.Event()
    thread = threading.Thread(target=suggestions.run, args=(closing,))
    thread.start()
    try:
        text = "The Larkwater City Library will stay open until 10 p.m. on weekdays."
        engine.corpus.add([named(make_article("library", text))])
        for _ in range(3_000):
            if suggestions.questions("en"):
                break
            closing.wait(0.01)
        assert len(suggestions.questions("en")) == 1
    finally:
        closing.set()
        thread.join(10)
    assert not thread.is_alive()
