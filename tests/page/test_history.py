"""What the browser keeps of conversations, and for nobody else: over the real product."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from .visitor import Visitor, ask

SHANGHAI = "上海2025年的目标是什么"
YUNFAN = "云帆制冷的净利润是多少"
KEPT = """() => Object.keys(localStorage).filter((key) => key.startsWith("conversation:"))
  .map((key) => localStorage[key])"""


def settled(page: Page, count: int = 1) -> Locator:
    answers = page.locator("qa-answer")
    expect(answers).to_have_count(count)
    expect(answers.last).to_have_attribute("aria-busy", "false")
    return answers.last


def beside(page: Page, path: str = "/") -> Page:
    """Open another tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(path)
    return tab


def history(page: Page) -> Locator:
    page.locator("#history").click()
    return page.locator("dialog.history")


def test_a_reload_tells_the_conversation_again_and_a_new_tab_begins_empty(
    visitor: Visitor,
) -> None:
    page = visitor.visit(locale="en-GB")
    expect(page.locator("#fresh")).to_be_hidden()
    ask(page, SHANGHAI)
    shown = settled(page).inner_text()
    page.reload()
    expect(settled(page)).to_have_text(shown, use_inner_text=True)
    page.goto(f"{visitor.url}/docs")
    page.go_back()
    expect(settled(page)).to_have_text(shown, use_inner_text=True)
    expect(beside(page).locator("qa-answer")).to_have_count(0)


def test_earlier_conversations_are_opened_and_gone_on_with(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    page.get_by_role("button", name="New").click()
    expect(page.locator("#newest")).to_be_visible()
    expect(page.locator("#question")).to_be_focused()
    ask(page, YUNFAN)
    settled(page)
    firsts = history(page).locator(".first")
    expect(firsts).to_have_text([YUNFAN, SHANGHAI])
    firsts.last.click()
    expect(page.locator("dialog.history")).to_have_count(0)
    expect(settled(page).locator("h2")).to_have_text(SHANGHAI)
    ask(page, "那2035年呢")
    settled(page, 2)
    assert visitor.asked[-1]["history"][0]["content"] == SHANGHAI
    expect(history(page)).to_contain_text("2 questions")
    page.keyboard.press("Escape")
    expect(page.locator("#history")).to_be_focused()


def test_conversations_are_deleted_one_by_one_and_all(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    for question in (SHANGHAI, YUNFAN, "上海"):
        ask(page, question)
        settled(page)
        page.locator("#fresh").click()
    dialog = history(page)
    dialog.get_by_role("button", name=f"Delete: {YUNFAN}").click()
    expect(dialog.locator(".first")).to_have_text(["上海", SHANGHAI])
    dialog.get_by_role("button", name="Delete all").click()
    expect(dialog.get_by_role("alert")).to_have_text("Delete all 2 conversations for good?")
    dialog.get_by_role("button", name="Keep them").click()
    expect(dialog.locator(".first")).to_have_count(2)
    dialog.get_by_role("button", name="Delete all").click()
    dialog.get_by_role("button", name="Delete all").click()
    expect(dialog).to_contain_text("Nothing has been asked yet.")
    assert page.evaluate(KEPT) == []


def test_what_is_shown_is_gone_when_it_is_deleted(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    history(page).get_by_role("button", name="Delete: ").click()
    expect(page.locator("qa-answer")).to_have_count(0)
    page.reload()
    expect(page.locator("#newest")).to_be_visible()
    assert page.evaluate(KEPT) == []


def test_a_conversation_is_exported_with_its_sources(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    ask(page, "月球上的*基地*何时开放")
    settled(page, 2)
    dialog = history(page)
    texts = {}
    for name in ("Export this one", "Export all"):
        with page.expect_download() as download:
            dialog.get_by_role("button", name=name).click()
        texts[name] = Path(download.value.path()).read_text()
        assert download.value.suggested_filename.endswith(".md")
    text = texts["Export this one"]
    assert text == texts["Export all"]
    assert f"## {SHANGHAI}\n" in text
    assert "## 月球上的\\*基地\\*何时开放\n" in text
    quote = page.locator(".statements .text").first.inner_text()
    assert quote in text
    place = page.locator(".statements a.chip").first.get_attribute("href")
    assert f"[[1]]({visitor.url}{place})" in text
    assert "**Sources**" in text


def test_tabs_do_not_overwrite_each_other(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    other = beside(page)
    ask(other, YUNFAN)
    settled(other)
    dialog = history(other)
    expect(dialog.locator(".first")).to_have_text([YUNFAN, SHANGHAI])
    dialog.locator(".first").last.click()
    settled(other)
    ask(other, "那2035年呢")
    settled(other, 2)
    dialog = history(other)
    ask(page, "上海有多少项指标")
    settled(page, 2)
    expect(dialog).to_contain_text("3 questions")
    kept = [json.loads(one)["exchanges"] for one in page.evaluate(KEPT)]
    questions = sorted([exchange["question"] for exchange in one] for one in kept)
    assert questions == sorted([[YUNFAN], [SHANGHAI, "那2035年呢", "上海有多少项指标"]])


def test_an_edited_question_takes_the_place_of_the_old_in_what_is_kept(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    page.get_by_role("button", name="Edit").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(YUNFAN)
    page.keyboard.press("Enter")
    settled(page)
    page.reload()
    expect(settled(page).locator("h2")).to_have_text(YUNFAN)


def test_the_oldest_make_room(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.evaluate(
        """() => { for (const at of [1, 2, 3]) {
          const events = [{ event: "done", data: {} }];
          const exchange = { id: "a", question: `${at}`, options: {}, events, x: "" };
          exchange.x = "字".repeat(1_200_000);
          const begun = `2026-0${at}-01T00:00:00.000Z`;
          const kept = { id: `${at}`, begun, exchanges: [exchange] };
          localStorage[`conversation:${at}`] = JSON.stringify(kept);
        } }"""
    )
    ask(page, SHANGHAI)
    settled(page)
    expect(history(page).locator(".first")).to_have_text([SHANGHAI, "3", "2"])


def test_what_is_deleted_in_one_tab_does_not_come_back_from_another(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, SHANGHAI)
    settled(page)
    dialog = history(beside(page))
    for _ in ("ask", "confirm"):
        dialog.get_by_role("button", name="Delete all").click()
    ask(page, YUNFAN)
    settled(page, 2)
    [kept] = [json.loads(one)["exchanges"] for one in page.evaluate(KEPT)]
    assert [exchange["question"] for exchange in kept] == [YUNFAN]


WHOLE = {
    "id": "old",
    "begun": "2026-01-01T00:00:00.000Z",
    "exchanges": [{"id": "a", "question": "?", "options": {}, "events": [{"event": "done"}]}],
}


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        "null",
        "[]",
        json.dumps({**WHOLE, "id": "other"}),
        json.dumps({**WHOLE, "begun": "soon"}),
        json.dumps({**WHOLE, "exchanges": [None]}),
        json.dumps({**WHOLE, "exchanges": [{"id": "a", "question": "?"}]}),
        json.dumps(WHOLE),
    ],
)
def test_what_was_kept_in_another_form_is_left_out(visitor: Visitor, kept: str) -> None:
    page = visitor.visit(locale="en-GB")
    page.evaluate(
        """(kept) => {
          localStorage["conversation:old"] = kept;
          sessionStorage.conversation = "old";
        }""",
        kept,
    )
    page.reload()
    expect(page.locator("#newest")).to_be_visible()
    expect(history(page)).to_contain_text("Nothing has been asked yet.")
    page.keyboard.press("Escape")
    assert page.evaluate(KEPT) == []
    ask(page, SHANGHAI)
    settled(page)
    page.reload()
    expect(settled(page).locator("h2")).to_have_text(SHANGHAI)


DENIED = """Object.defineProperty(window, "localStorage", { get() { throw new Error("no"); } });
Object.defineProperty(window, "sessionStorage", { get() { throw new Error("no"); } });"""
FULL = """Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError");
};"""


@pytest.mark.parametrize("trouble", [DENIED, FULL])
def test_without_storage_the_page_says_so_and_works(visitor: Visitor, trouble: str) -> None:
    page = visitor.visit(locale="en-GB")
    page.add_init_script(trouble)
    page.reload()
    for count in (1, 2):
        ask(page, SHANGHAI)
        expect(settled(page, count).locator(".chip").first).to_be_visible()
    expect(history(page).get_by_role("alert")).to_contain_text("conversations end with this tab")


@pytest.fixture
def articles(visitor: Visitor) -> Iterator[list[str]]:
    """Ids of articles that a test may add to the house, to be withdrawn after it."""
    ids: list[str] = []
    yield ids
    page = visitor.visit()
    for name in ids:
        page.request.delete(f"/articles/{name}")


def test_what_an_article_said_goes_with_it(visitor: Visitor, articles: list[str]) -> None:
    page = visitor.visit(locale="en-GB")
    said = "The Zorbland lighthouse has 4711 windows."
    articles.append("zorbland")
    added = {"id": "zorbland", "title": "The Zorbland lighthouse", "text": f"{said} It is tall."}
    assert page.request.post("/articles", data=added).ok
    ask(page, "How many windows does the Zorbland lighthouse have?")
    expect(settled(page).locator(".statements")).to_contain_text("4711")
    assert "4711" in "".join(page.evaluate(KEPT))

    changed = {**added, "text": f"{said} It is small."}
    assert page.request.put("/articles/zorbland", data=changed).ok
    with page.expect_response("**/articles/zorbland"):
        page.reload()
    expect(settled(page).locator(".statements .text")).to_have_text(said)
    page.locator("a.chip").first.click()
    expect(page.locator("dialog")).to_contain_text("It is tall.")
    page.go_back()

    assert page.request.delete("/articles/zorbland").ok
    page.reload()
    expect(page.locator("qa-answer .gone")).to_contain_text("This article was withdrawn on")
    expect(page.locator("#thread")).not_to_contain_text("4711")
    expect(page.locator(".confidence")).to_have_count(0)
    assert "4711" not in "".join(page.evaluate(KEPT))
    page.reload()
    expect(page.locator("qa-answer .gone")).to_contain_text("This article was withdrawn on")
