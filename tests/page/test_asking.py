"""Asking: suggestions, filters, chips, editing, links, and a server that goes and comes back.

All of it of the real product, save where an answer must be held or broken off.
"""

import re
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from .axe import faults
from .conftest import free_port, started
from .visitor import Visitor, ask

SHANGHAI = "上海2025年的目标是什么"
SHIFTS = """() => new Promise((resolve) => {
  let sum = 0;
  const watch = (list) => list.getEntries().forEach((entry) => { sum += entry.value; });
  new PerformanceObserver(watch).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 300);
})"""


def settled(page: Page, count: int = 1) -> Locator:
    """Wait for so many answers; return the last."""
    answers = page.locator("qa-answer")
    expect(answers).to_have_count(count)
    expect(answers.last).to_have_attribute("aria-busy", "false", timeout=40_000)
    return answers.last


def suggestions(page: Page) -> Locator:
    """Open the page once the server has made its questions; return their buttons."""
    deadline = time.monotonic() + 60
    for language in ("zh", "en"):
        while not page.request.get(f"/suggestions?language={language}").json()["questions"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    page.reload()
    return page.locator("#suggestions button")


def test_a_suggested_question_is_answered(visitor: Visitor) -> None:
    page = visitor.visit()
    buttons = suggestions(page)
    expect(buttons.first).to_be_visible()
    assert page.evaluate(SHIFTS) < 0.01
    chinese = buttons.all_inner_texts()
    page.locator("#language").click()
    expect(buttons.first).not_to_have_text(chinese[0])
    assert not re.search(r"[\u4e00-\u9fff]", buttons.first.inner_text())
    page.locator("#language").click()
    expect(buttons).to_have_text(chinese)
    buttons.first.click()
    answer = settled(page)
    expect(answer.locator("h2")).to_have_text(chinese[0])
    expect(answer.locator(".statements .chip").first).to_be_visible()
    expect(page.locator("#suggestions")).to_be_hidden()


def test_filters_hold_until_they_are_taken_away(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.locator("#filters summary").click()
    page.get_by_role("group", name="Source").get_by_label("证券时报网").check()
    page.get_by_label("From").fill("2021-10-31")
    page.get_by_label("To", exact=True).fill("2021-10-01")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    chosen = page.locator("#chosen .tag")
    october = re.compile(r"Remove: Date: 1\s–\s31 Oct 2021")
    expect(chosen).to_have_text([october, "Remove: Source: 证券时报网"])
    filters = {"date_from": "2021-10-01", "date_to": "2021-10-31", "source": ["证券时报网"]}
    for count in (1, 2):
        ask(page, SHANGHAI)
        expect(settled(page, count).locator(".chip").first).to_contain_text("证券时报网")
        assert visitor.asked[-1]["filters"] == filters

    settled(page, 2).get_by_role("button", name="Remove: Source: 证券时报网").click()
    settled(page, 3)
    expect(chosen).to_have_count(1)
    del filters["source"]
    assert visitor.asked[-1]["filters"] == filters
    assert visitor.asked[-1]["question"] == SHANGHAI
    chosen.click()
    expect(page.locator("#chosen")).to_be_hidden()
    ask(page, SHANGHAI)
    settled(page, 4)
    assert "filters" not in visitor.asked[-1]


def test_days_are_typed_digit_by_digit(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.locator("#filters summary").click()
    begin, end = page.get_by_label("From"), page.get_by_label("To", exact=True)
    for field, digits in ((begin, "10312021"), (end, "10012021")):
        field.focus()
        page.keyboard.type(digits)
    # Headless Chromium writes days as its own machine does, whatever the page's language.
    page.keyboard.press("Escape")
    expect(begin).to_have_value("2021-10-01")
    expect(end).to_have_value("2021-10-31")
    ask(page, SHANGHAI)
    settled(page)
    assert visitor.asked[0]["filters"] == {"date_from": "2021-10-01", "date_to": "2021-10-31"}


def test_a_filter_that_lets_nothing_through_finds_nothing(visitor: Visitor) -> None:
    page = visitor.visit("/?q=%E4%B8%8A%E6%B5%B7&from=1999-01-01&to=1999-12-31")
    expect(settled(page).locator(".absence")).to_be_visible()
    expect(page.locator("#chosen .tag")).to_have_count(1)


def test_a_long_list_of_sources_can_be_searched(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    many = [{"value": f"Paper {number}", "articles": 1} for number in range(40)]
    facets = {"categories": [], "sources": many, "authors": [], "from": None, "to": None}
    page.route("**/facets", lambda route: route.fulfill(json=facets))
    page.locator("#filters summary").click()
    page.get_by_label("Find in the list").fill("paper 17")
    expect(page.locator(".facets label:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    assert visitor.asked == []


def test_the_time_of_a_question_can_be_taken_away(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, "2024年8月云帆制冷的净利润是多少")
    tag = settled(page).locator(".tag")
    expect(tag).to_have_accessible_name(re.compile(r"^Remove: Time read as: 1\s–\s31 Aug 2024$"))
    tag.focus()
    page.keyboard.press("Enter")
    expect(settled(page, 2).locator(".tag")).to_have_count(0)
    assert [sent.get("time") for sent in visitor.asked] == [None, False]
    assert visitor.asked[1]["history"] == []


def test_what_a_question_was_read_with_is_taken_away(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    ask(page, "那2035年呢")
    tag = settled(page, 2).get_by_role("button", name="Remove: Understood as: 上海2035")
    assert visitor.asked[1]["history"] != []
    tag.click()
    last = settled(page, 3)
    expect(last.get_by_role("button", name="Understood as")).to_have_count(0)
    last.get_by_role("button", name="Ask again").click()
    settled(page, 4)
    for alone in visitor.asked[2:]:
        assert alone == {**visitor.asked[1], "history": []}


def test_an_edit_that_was_begun_ends_when_something_else_is_asked(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    page.get_by_role("button", name="Edit").click()
    ask(page, "云帆的营收")
    settled(page, 2)
    expect(page.locator(".editor")).to_have_count(0)
    expect(page.locator("qa-answer h2").first).to_have_text(SHANGHAI)


def test_the_last_question_is_edited_in_its_place(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    ask(page, "云帆的营收")
    settled(page, 2)
    expect(page.get_by_role("button", name="Edit")).to_have_count(1)

    page.locator("#question").press("ArrowUp")
    editor = page.get_by_label("Edit the question")
    expect(editor).to_be_focused()
    expect(editor).to_have_value("云帆的营收")
    page.keyboard.press("Escape")
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("qa-answer h2").last).to_be_visible()

    page.get_by_role("button", name="Edit").click()
    editor.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    editor.press("Shift+Enter")
    assert len(visitor.asked) == 2
    editor.fill("云帆制冷的净利润是多少")
    editor.press("Enter")
    last = settled(page, 2)
    expect(last.locator("h2")).to_have_text("云帆制冷的净利润是多少")
    assert visitor.asked[-1]["history"][0]["content"] == SHANGHAI
    assert len(visitor.asked[-1]["history"]) == 2
    expect(page.locator("#question")).to_be_focused()


def test_a_question_asked_again_follows_what_it_followed(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    for count, question in enumerate([SHANGHAI, "那深圳呢", "云帆的营收"], start=1):
        ask(page, question)
        settled(page, count)
    page.get_by_role("button", name="Ask again").nth(1).click()
    settled(page, 4)
    assert visitor.asked[3] == visitor.asked[1]


def test_a_link_asks_the_same_again(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#filters summary").click()
    page.get_by_role("group", name="Source").get_by_label("newsqa 样本").check()
    page.keyboard.press("Escape")
    ask(page, "云帆制冷前年的净利润是多少")
    expect(settled(page).locator(".tag")).to_have_count(2)
    page.get_by_role("link", name="Copy link").click()
    expect(page.locator(".actions [role=status]")).to_have_text("Link copied")
    link = page.evaluate("navigator.clipboard.readText()")
    given = parse_qs(urlsplit(link).query)
    assert given["source"] == ["newsqa 样本"]
    today = page.evaluate("new Date().toISOString().slice(0, 10)")
    assert given["as_of"] == [today]

    other = visitor.visit(link.removeprefix(visitor.url), locale="en-GB")
    expect(settled(other).locator(".tag")).to_have_count(2)
    expect(other.locator("#chosen .tag")).to_have_count(1)
    first, second = visitor.asked
    assert second == {**first, "as_of": today}


def test_a_link_is_offered_where_the_browser_does_not_copy(visitor: Visitor) -> None:
    page = visitor.visit()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    ask(page, SHANGHAI)
    settled(page).locator("a.act").click()
    expect(page.locator(".by-hand textarea")).to_have_value(re.compile(r"/\?q=%E4%B8%8A"))


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("&from=2026-02-31&to=soon&time=maybe&mode=poem&as_of=0000-00-00", {}),
        ("&from=2026-05-01&to=2025-05-01&category=&source=" + "x" * 201, {}),
        ("&time=false&to=2026-05-01", {"time": False, "filters": {"date_to": "2026-05-01"}}),
        ("&author=%3Cb%3E&author=%3Cb%3E", {"filters": {"author": ["<b>"]}}),
        ("&mode=llm", {}),
    ],
)
def test_what_makes_no_sense_in_a_link_is_passed_over(
    visitor: Visitor, query: str, sent: dict[str, object]
) -> None:
    page = visitor.visit(f"/?q=%E4%B8%8A%E6%B5%B7{query}")
    settled(page)
    expect(page.locator(".trouble")).to_have_count(0)
    assert visitor.asked == [{"question": "上海", "history": [], "stream": True, **sent}]


def test_a_server_that_is_started_again_is_waited_for(visitor: Visitor, tmp_path: Path) -> None:
    port = free_port()
    visitor.url = f"http://127.0.0.1:{port}"
    with started(tmp_path, port, add=True):
        page = visitor.visit(locale="en-GB")
        ask(page, SHANGHAI)
        settled(page)
    ask(page, "云帆制冷的净利润是多少")
    expect(page.locator(".progress")).to_have_text("The server can’t be reached. Trying again…")
    with started(tmp_path, port):
        expect(settled(page, 2).locator(".statements .chip").first).to_be_visible()
        expect(page.locator(".trouble")).to_have_count(0)


@pytest.mark.parametrize("theme", ["contrast", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width", [1280, 320])
def test_asking_keeps_to_wcag(visitor: Visitor, locale: str, theme: str, width: int) -> None:
    page = visitor.visit(locale=locale, width=width)
    page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    suggestions(page)
    expect(page.locator("#newest")).to_be_visible()
    rules = ["color-contrast-enhanced"] if theme == "contrast" else []

    def wrong() -> list[str]:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        return faults(page, *rules)

    assert wrong() == []
    page.locator("#filters summary").click()
    page.locator(".facets input").first.check()
    assert wrong() == []
    page.keyboard.press("Escape")
    ask(page, "2024年8月云帆制冷的净利润是多少")
    settled(page)
    page.locator(".act.edit").click()
    assert wrong() == []
    page.keyboard.press("Escape")
    page.locator("#history").click()
    assert wrong() == []
