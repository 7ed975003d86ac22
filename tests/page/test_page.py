"""What a reader can count on, seen in a browser.

The first tests ask the real product; the others give the page answers that a small corpus cannot.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from .answers import (
    NOT_FOUND,
    QUOTE,
    TRAM,
    Said,
    answered,
    done,
    event_stream,
    meta,
    not_found,
    source,
    statement,
    statements,
    time_read,
    told,
    writing,
)
from .axe import faults
from .visitor import Visitor, ask, run_on

HERE = Path(__file__).parent
QUESTION = "上海2025年的目标是什么"


def test_a_question_is_answered_and_its_citation_opens_at_the_sentence(visitor: Visitor) -> None:
    page = visitor.visit()
    ask(page, QUESTION)
    first = page.locator(".statements p").first
    quote = first.locator(".text").inner_text()
    assert "2025年" in quote
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")

    first.locator("a.chip").click()

    expect(page.locator("dialog mark")).to_have_text(quote)
    expect(page.locator("dialog mark")).to_be_in_viewport()
    assert re.search(r"/articles/.+#char=\d+-\d+$", page.url)


def test_a_citation_opened_elsewhere_opens_at_the_sentence(visitor: Visitor) -> None:
    page = visitor.visit()
    ask(page, QUESTION)
    first = page.locator(".statements p").first
    with page.context.expect_page() as elsewhere:
        first.locator("a.chip").click(modifiers=["ControlOrMeta"])

    mark = elsewhere.value.locator("dialog mark")
    expect(mark).to_have_text(first.locator(".text").inner_text())
    expect(mark).to_be_in_viewport()
    expect(page.locator("dialog")).to_be_hidden()


def test_an_address_opens_every_sentence_of_an_article(visitor: Visitor, server_url: str) -> None:
    page = visitor.visit()
    json_please = {"Accept": "application/json"}
    listed = page.request.get("/articles?limit=1", headers=json_please).json()["articles"][0]
    article = page.request.get(f"/articles/{listed['id']}", headers=json_please).json()
    for start, end in article["sentences"][:3]:
        page.goto(f"{server_url}/articles/{listed['id']}#char={start}-{end}")
        expect(page.locator("dialog mark")).to_have_text(article["text"][start:end])
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{server_url}/")


def test_the_keyboard_is_enough(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    visitor.articles = {"tram/1": TRAM}
    page = visitor.visit(locale="en-GB")
    page.keyboard.type("How many ride the tram?")
    page.keyboard.press("Enter")
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")
    for _ in ("wrong", "right", "link", "edit", "again", "copy", "sources", "chip"):
        page.keyboard.press("Shift+Tab")
    chip = page.locator("a.chip")
    expect(chip).to_be_focused()
    expect(chip).to_have_accessible_name("Citation 1 The Harbour Gazette 1 Mar 2026")
    page.keyboard.press("Enter")
    expect(page.locator("dialog mark")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(chip).to_be_focused()
    expect(page).to_have_url(f"{visitor.url}/")


def test_back_closes_the_article_and_forward_opens_it_again(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    visitor.articles = {"tram/1": TRAM}
    page = visitor.visit()
    ask(page, "电车")
    page.locator("a.chip").click()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    page.go_back()
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator(".statements")).to_contain_text(QUOTE)
    page.go_forward()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)


def test_shift_enter_breaks_the_line_and_composing_never_sends(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit()
    question = page.locator("#question")
    question.press_sequentially("上")
    question.press("Shift+Enter")
    question.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    question.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    question.press_sequentially("海")
    assert question.input_value() == "上\n海"
    assert visitor.asked == []


def test_a_statement_in_another_language_says_so(visitor: Visitor) -> None:
    visitor.answers = [answered(language="zh"), answered(language="en")]
    page = visitor.visit()
    ask(page, "电车每天运送多少人？")
    text = page.locator(".statements .text")
    expect(text).to_have_attribute("lang", "en")
    expect(page.locator(".statements .note")).to_have_text("英文原文")
    page.locator("#language").click()
    expect(page.locator(".statements .note")).to_have_text("English original")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    ask(page, "How many ride the tram?")
    expect(page.locator("qa-answer").last.locator(".text")).to_have_text(QUOTE)
    expect(page.locator("qa-answer").last.locator(".note")).to_have_count(0)


def test_no_answer_does_not_look_like_one(visitor: Visitor) -> None:
    visitor.answers = [not_found()]
    page = visitor.visit(locale="en-GB")
    ask(page, "Is there a moon base?")
    absence = page.locator(".absence")
    expect(absence).to_contain_text("These articles don’t answer this question.")
    expect(absence).to_contain_text("Related, not an answer")
    expect(absence.get_by_role("link", name=TRAM["title"])).to_be_visible()
    stated = page.locator("qa-answer :is(.statements p, .confidence, .folds details)")
    expect(stated).to_have_count(0)


@pytest.mark.parametrize(
    ("read", "chinese", "english"),
    [
        (
            time_read("2025-07-01", "2025-09-30"),
            ["时间理解为：2025年7月1日至9月30日"],
            ["Time read as: 1 Jul – 30 Sept 2025"],
        ),
        (
            time_read("2026-11-21", "2026-11-21"),
            ["时间理解为：2026年11月21日"],
            ["Time read as: 21 Nov 2026"],
        ),
        (
            time_read("2026-06-01", None),
            ["时间理解为：2026年6月1日以来"],
            ["Time read as: since 1 Jun 2026"],
        ),
        (
            time_read(None, "2026-03-31", latest=True),
            ["时间理解为：2026年3月31日为止", "最新的在先"],
            ["Time read as: until 31 Mar 2026", "Newest first"],
        ),
        (
            time_read("2025-12-30", "2026-01-02"),
            ["时间理解为：2025年12月30日至2026年1月2日"],
            ["Time read as: 30 Dec 2025 – 2 Jan 2026"],
        ),
        (time_read(None, None, latest=True), ["最新的在先"], ["Newest first"]),
    ],
)
def test_how_the_time_was_read_is_said(
    visitor: Visitor, read: dict[str, Any], chinese: list[str], english: list[str]
) -> None:
    visitor.answers = [answered(time=read)]
    page = visitor.visit()
    ask(page, "电车")
    told = page.locator("qa-answer .tag [data-say]:not(.aside)")
    expect(told).to_have_text(chinese)
    page.locator("#language").click()
    expect(told).to_have_text(english)


def test_a_question_is_asked_again_without_its_time_by_keyboard(visitor: Visitor) -> None:
    timed = time_read("2025-07-01", "2025-09-30")
    visitor.answers = [answered(time=timed), answered(), answered()]
    page = visitor.visit(locale="en-GB")
    ask(page, "How many rode the tram last summer?")
    again = page.get_by_role("button", name="Remove: Time read as")
    again.focus()
    page.keyboard.press("Enter")
    expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(2)
    assert [sent.get("time") for sent in visitor.asked] == [None, False]
    assert visitor.asked[0]["question"] == visitor.asked[1]["question"]
    expect(page.locator("qa-answer").last.locator(".tag")).to_have_count(0)
    ask(page, "And this summer?")
    assert "time" not in visitor.asked[2]


def test_asking_again_after_a_fault_leaves_the_time_out_once_more(visitor: Visitor) -> None:
    broken = event_stream([("error", PROBLEM)])
    read = answered(time=time_read("2025-07-01", "2025-09-30"))
    visitor.answers = [read, broken, answered()]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    page.get_by_role("button", name="Remove: Time read as").click()
    expect(page.locator("qa-answer").last.locator(".trouble")).to_be_visible()
    page.get_by_role("button", name="Ask again").last.click()
    expect(page.locator("qa-answer .statements p")).to_have_count(2)
    assert [sent.get("time") for sent in visitor.asked] == [None, False, False]


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.75, "可信度：高"),
        (0.74, "可信度：中"),
        (0.45, "可信度：中"),
        (0.44, "可信度：低，请核对原文"),
    ],
)
def test_confidence_is_said_in_words(visitor: Visitor, confidence: float, words: str) -> None:
    events = [("meta", meta("?", "zh")), ("statement", statement(TRAM, QUOTE))]
    visitor.answers = [event_stream([*events, ("done", done("answered", QUOTE, confidence))])]
    page = visitor.visit()
    ask(page, "电车")
    expect(page.locator(".confidence")).to_have_text(words)


def test_articles_that_disagree_are_announced(visitor: Visitor) -> None:
    events = [("meta", meta("?", "zh")), ("statement", statement(TRAM, QUOTE))]
    visitor.answers = [event_stream([*events, ("done", done("conflicting", QUOTE, 0.3))])]
    page = visitor.visit()
    ask(page, "电车")
    expect(page.locator("table.compared")).to_contain_text(QUOTE)


def test_a_reload_keeps_the_conversation_and_the_brand_begins_another(visitor: Visitor) -> None:
    visitor.answers = [answered(), not_found(), answered()]
    visitor.articles = {"tram/1": TRAM}
    page = visitor.visit(locale="en-GB")
    for count, question in enumerate(["How many ride the tram?", "And the moon base?"], start=1):
        ask(page, question)
        expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(count)
    told = page.locator("#thread").inner_text()
    page.locator("a.chip").click()
    expect(page.locator("dialog mark")).to_be_visible()
    page.reload()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    page.keyboard.press("Escape")
    expect(page.locator("#thread")).to_have_text(told, use_inner_text=True)
    ask(page, "And now?")
    expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(3)
    assert len(visitor.asked[-1]["history"]) == 4

    page.locator(".brand").click()
    expect(page.locator("#newest")).to_be_visible()
    expect(page.locator("qa-answer")).to_have_count(0)


def test_an_article_is_one_source_however_much_of_it_was_found(visitor: Visitor) -> None:
    again = {**source(TRAM), "passage_id": "tram/1:2-3", "text": "Fares stay at two euros."}
    events = [("meta", meta("?", "en")), ("source", source(TRAM)), ("source", again)]
    events += [("statement", statement(TRAM, QUOTE)), ("done", done("answered", QUOTE))]
    visitor.answers = [event_stream(events)]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    page.get_by_text("Sources (1)").click()
    expect(page.locator(".sources li:visible")).to_have_count(1)
    expect(page.locator("details .fine")).to_contain_text("Cited: 1")
    expect(page.locator(".excerpt")).to_have_text([TRAM["text"], "Fares stay at two euros."])


def test_a_touch_keyboard_does_not_cover_the_answer(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit(width=360, touch=True)
    expect(page.locator("#question")).not_to_be_focused()
    page.locator("#question").fill("电车")
    page.locator("#send").tap()
    expect(page.locator(".statements")).to_contain_text(QUOTE)
    expect(page.locator("#question")).not_to_be_focused()


def test_print_shows_the_sources_and_nothing_to_press(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit()
    ask(page, "电车")
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")
    page.emulate_media(media="print")
    expect(page.locator(".excerpt")).to_be_visible()
    expect(page.locator("button:visible, textarea:visible")).to_have_count(0)


def test_a_long_article_is_printed_to_its_end(visitor: Visitor) -> None:
    visitor.articles = {"tram/1": {**TRAM, "text": "\n".join([QUOTE] * 200)}}
    page = visitor.visit(f"/articles/tram%2F1#char=0-{len(QUOTE)}")
    expect(page.locator("dialog mark")).to_be_visible()
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf())
    assert len(sheets) > 2
    expect(page.locator("dialog[open]")).to_contain_text(QUOTE)


def test_the_api_is_documented_without_a_network(visitor: Visitor) -> None:
    page = visitor.visit("/docs")
    expect(page.locator("#operations-questions-ask_ask_post")).to_be_visible()
    page.locator("#operations-operation-healthz_healthz_get").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text("200")


def test_language_and_theme_are_remembered(visitor: Visitor) -> None:
    page = visitor.visit(locale="zh-TW")
    expect(page.get_by_role("heading", level=1)).to_have_text("向新闻提问")
    page.locator("#language").click()
    expect(page.locator("#theme")).to_have_accessible_name("Theme: System")
    page.locator("#theme").click()
    page.locator("#theme").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask the news")
    expect(page.locator("#theme")).to_have_accessible_name("Theme: Dark")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_nothing_is_wider_than_a_small_telephone(visitor: Visitor, locale: str) -> None:
    wide = {**TRAM, "text": "W" * 300 + ". " + TRAM["text"], "publisher": "The " + "Long" * 20}
    visitor.answers = [answered(wide, time=time_read("2025-07-01", "2026-09-30", latest=True))]
    visitor.articles = {"tram/1": wide}
    visitor.writer = "tern-" * 20
    page = visitor.visit(locale=locale, width=360)
    expect(page.locator("#writer")).to_be_visible()
    too_wide = "() => document.querySelector('dialog').scrollWidth > 360 || innerWidth < "
    too_wide += "document.documentElement.scrollWidth"
    assert not page.evaluate(too_wide)
    ask(page, "tram " * 20)
    page.locator(".folds summary").first.click()
    assert not page.evaluate(too_wide)
    page.locator("a.chip").click()
    expect(page.locator("dialog mark")).to_be_visible()
    assert not page.evaluate(too_wide)


def test_a_question_in_the_address_is_asked_at_once(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit("/?q=%E7%94%B5%E8%BD%A6%E5%91%A2%EF%BC%9F")
    expect(page.locator(".statements")).to_contain_text(QUOTE)
    assert [sent["question"] for sent in visitor.asked] == ["电车呢？"]


def test_a_follow_up_carries_the_last_six_turns(visitor: Visitor) -> None:
    visitor.answers = [answered(), not_found(), *[answered()] * 3]
    page = visitor.visit()
    for count, question in enumerate(["一", "二", "三", "四", "五"], start=1):
        ask(page, question)
        expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(count)
    said = [(turn["role"], turn["content"]) for turn in visitor.asked[-1]["history"]]
    user, assistant = "user", "assistant"
    assert said == [
        (user, "二"),
        (assistant, NOT_FOUND),
        (user, "三"),
        (assistant, QUOTE),
        (user, "四"),
        (assistant, QUOTE),
    ]
    assert visitor.asked[0] == {"question": "一", "history": [], "stream": True}


def test_hostile_text_is_only_text(visitor: Visitor) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script> & <b>bold</b>"
    names = ("title", "publisher", "author", "origin")
    hostile = {**TRAM, **dict.fromkeys(names, attack), "categories": [attack]}
    hostile |= {"text": attack + " Mild end.", "url": "javascript://example.org/%0Aalert(3)"}
    visitor.answers = [answered(hostile, attack)]
    visitor.articles = {"tram/1": hostile}
    page = visitor.visit()
    ask(page, attack)
    expect(page.locator("qa-answer h2")).to_have_text(attack)
    expect(page.locator(".statements .text")).to_have_text(attack)
    page.locator("a.chip").click()
    expect(page.locator("dialog mark")).to_have_text(attack)
    expect(page.locator("main img, main b, main script, dialog img, dialog b")).to_have_count(0)
    expect(page.locator("dialog a[href]")).to_have_count(0)


@pytest.mark.parametrize("before", ["", "🚋", "👩‍🚒👨‍👩‍👧 a\u0301", "中文𠮷。\n\n\n🙂\n"])
def test_what_stands_before_a_quote_does_not_shift_it(visitor: Visitor, before: str) -> None:
    article = {**TRAM, "text": f"{before}{QUOTE}\n🚋 end"}
    visitor.answers = [answered(article)]
    visitor.articles = {"tram/1": article}
    page = visitor.visit()
    ask(page, "电车")
    page.locator("a.chip").click()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)


def test_an_article_shows_what_is_known_of_it(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    visitor.articles = {"tram/1": TRAM}
    page = visitor.visit()
    ask(page, "电车")
    page.locator("a.chip").click()
    about = page.locator("dialog .fine")
    for part in ("The Harbour Gazette", "2026年3月1日", "J. Lind", "Transport", "tram.md"):
        expect(about).to_contain_text(part)
    link = about.get_by_role("link", name="阅读发布者原文")
    expect(link).to_have_attribute("href", TRAM["url"])
    expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_a_house_without_articles_says_so(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.route("**/articles?*", lambda route: route.fulfill(json={"articles": [], "next": None}))
    page.reload()
    expect(page.locator("#newest")).to_have_text("There are no articles yet to answer from.")


def test_an_article_that_is_gone_is_said_to_be(visitor: Visitor) -> None:
    page = visitor.visit("/articles/no-such-article", locale="en-GB")
    expect(page.locator("dialog")).to_contain_text("There is no such article.")


def test_stop_ends_the_question_and_lets_another_be_asked(visitor: Visitor) -> None:
    page = visitor.visit()
    held: list[Route] = []
    page.route("**/ask", lambda route: held.append(route))
    ask(page, "慢")
    with page.expect_event("requestfailed"):
        page.locator("#stop").click()
    expect(page.locator(".trouble")).to_contain_text("已停止。")
    expect(page.locator("#send")).to_be_visible()
    page.unroute("**/ask")
    page.route(
        "**/ask", lambda route: route.fulfill(body=answered(), content_type="text/event-stream")
    )
    page.get_by_role("button", name="再问一次").click()
    expect(page.locator("qa-answer").last.locator(".statements")).to_contain_text(QUOTE)


PROBLEM = {"title": "Unprocessable", "status": 422, "detail": "question: too odd", "errors": []}


@pytest.mark.parametrize(
    ("status", "content_type", "body", "words"),
    [
        (422, "application/problem+json", json.dumps(PROBLEM).encode(), "question: too odd"),
        (503, "text/plain", b"starting", "Not ready yet"),
        (500, "text/html", b"<h1>oops</h1>", "Something went wrong on the server."),
        (200, "text/event-stream", answered()[:-40], "The connection was lost"),
        (200, "text/event-stream", event_stream([("error", PROBLEM)]), "question: too odd"),
    ],
)
def test_errors_are_said_in_words(
    visitor: Visitor, status: int, content_type: str, body: bytes, words: str
) -> None:
    page = visitor.visit(locale="en-GB")
    page.route(
        "**/ask",
        lambda route: route.fulfill(status=status, content_type=content_type, body=body),
    )
    page.clock.install()
    ask(page, "tram")
    # A connection that is lost is tried again first.
    run_on(page, page.locator(".trouble"))
    expect(page.locator(".trouble")).to_contain_text(words)
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")


def test_a_server_that_is_away_is_said_to_be(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.route("**/ask", lambda route: route.abort())
    page.clock.install()
    ask(page, "tram")
    run_on(page, page.locator(".trouble"))
    expect(page.locator(".trouble")).to_contain_text("The server can’t be reached.")


CUTS = """async (stream) => {
  const { readEvents } = await import("/static/ask.js");
  const bytes = Uint8Array.from(stream);
  const read = async (...cuts) => {
    const parts = [0, ...cuts].map((cut, at) => bytes.slice(cut, cuts[at]));
    const events = [];
    const body = new ReadableStream({
      start(out) { parts.forEach((part) => out.enqueue(part)); out.close(); },
    });
    for await (const { event, data } of readEvents(body)) events.push([event, data]);
    return JSON.stringify(events);
  };
  const seen = new Set();
  for (let a = 0; a <= bytes.length; a++) {
    for (let b = a; b <= bytes.length; b++) seen.add(await read(a, b));
  }
  return [...seen].map(JSON.parse);
}"""


def test_the_network_may_cut_a_stream_anywhere(visitor: Visitor) -> None:
    stream = "\ufeff: hi\r\nevent:a\r\ndata: 🚋\r\rid: 2\ndata\ndata:  x:y\n\n"
    stream += ": keepalive\n\ndata: z\r\n\r\ndata: never finished"
    seen = visitor.visit().evaluate(CUTS, list(stream.encode()))
    assert seen == [[["a", "🚋"], ["message", "\n x:y"], ["message", "z"]]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_keeps_to_wcag(visitor: Visitor, locale: str, theme: str) -> None:
    read = time_read("2025-07-01", "2025-09-30", latest=True)
    twice = statements([Said(TRAM, QUOTE, "40,000", correction=True), Said(TRAM, QUOTE)])
    at_odds = told(twice, [TRAM], "zh", "conflicting", writing=writing(1, "timeout"))
    visitor.answers = [answered(language="zh", time=read), not_found(), at_odds]
    visitor.articles = {"tram/1": TRAM}
    visitor.writer = "tern-7b"
    page = visitor.visit(locale=locale)
    page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    page.reload()

    assert faults(page) == []
    for count in (1, 2, 3):
        ask(page, "电车")
        expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(count)
    for summary in page.locator("#thread summary:visible").all():
        summary.click()
    page.locator(".formats button").last.click()
    assert faults(page) == []
    page.locator("a.chip").first.click()
    expect(page.locator("dialog mark")).to_be_visible()
    assert faults(page) == []


def test_the_types_of_the_modules_hold() -> None:
    compiler = HERE / "node_modules/.bin/tsc"
    if not compiler.exists():
        pytest.skip("run `npm install` in tests/page for the type check")
    checked = subprocess.run([compiler, "--project", HERE], capture_output=True, text=True)
    assert checked.stdout == ""
