"""A language model that writes answers: offered, chosen, remembered, and named if it fails."""

import re
from typing import get_args

import pytest
from playwright.sync_api import expect

from qa.types import FAILURES, Failure

from .answers import QUOTE, TRAM, Said, answered, statements, told, writing
from .visitor import Visitor, ask

MODEL = "tern-7b"
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError"); } });
}"""


def test_without_a_language_model_there_is_nothing_to_choose(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit()
    page.evaluate("localStorage.setItem('written', 'true')")
    assert page.request.get("/readyz").json()["modes"] == ["extractive", "passages"]
    page.reload(wait_until="networkidle")
    expect(page.locator("#writer")).to_be_hidden()
    ask(page, "电车")
    expect(page.locator(".statements .text")).to_have_text(QUOTE)
    assert "mode" not in visitor.asked[0]


def test_the_choice_is_made_by_keyboard_sent_and_remembered(visitor: Visitor) -> None:
    visitor.writer = MODEL
    visitor.answers = [answered()] * 3
    page = visitor.visit()
    choice = page.get_by_role("checkbox", name=f"让 {MODEL} 撰写回答")
    expect(choice).not_to_be_checked()
    ask(page, "一")
    expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(1)
    for _ in ("send", "filter", "choice"):
        page.keyboard.press("Tab")
    expect(choice).to_be_focused()
    page.keyboard.press("Space")
    ask(page, "二")
    expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(2)
    page.reload()
    expect(choice).to_be_checked()
    page.locator("#language").click()
    page.get_by_text(f"Let {MODEL} write the answer").click()
    ask(page, "three")
    expect(page.locator("qa-answer[aria-busy=false]")).to_have_count(3)
    assert [sent.get("mode") for sent in visitor.asked] == [None, "llm", None]
    page.reload()
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_a_question_in_the_address_is_asked_as_chosen(visitor: Visitor) -> None:
    visitor.writer = MODEL
    visitor.answers = [answered()]
    page = visitor.visit()
    page.evaluate("localStorage.setItem('written', 'true')")
    page.goto("/?q=tram")
    expect(page.locator(".statements .text")).to_have_text(QUOTE)
    assert [sent.get("mode") for sent in visitor.asked] == ["llm"]


def test_a_server_that_is_not_ready_is_asked_again(visitor: Visitor) -> None:
    visitor.writer = MODEL
    page = visitor.visit()
    expect(page.locator("#writer")).to_be_visible()
    page.clock.install()
    page.route("**/readyz", lambda route: route.fulfill(status=503), times=1)
    page.reload(wait_until="networkidle")
    expect(page.locator("#writer")).to_be_hidden()
    page.clock.run_for(3000)
    expect(page.locator("#writer")).to_be_visible()


def test_a_browser_that_remembers_nothing_is_enough(visitor: Visitor) -> None:
    visitor.writer = MODEL
    visitor.answers = [answered()]
    page = visitor.visit(locale="en-GB")
    page.add_init_script(NO_STORAGE)
    page.reload()
    page.get_by_role("checkbox").check()
    page.locator("#theme").click()
    ask(page, "tram")
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".statements .text")).to_have_text(QUOTE)
    assert visitor.asked[0]["mode"] == "llm"


def test_it_can_be_touched_on_a_small_telephone(visitor: Visitor) -> None:
    visitor.writer = "tern-" * 20
    page = visitor.visit(width=360, touch=True)
    page.locator("#writer").tap()
    expect(page.get_by_role("checkbox")).to_be_checked()
    box = page.locator("#writer").bounding_box()
    assert box
    assert box["height"] >= 24
    assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize("failure", get_args(Failure))
def test_every_failure_is_said_in_both_languages(visitor: Visitor, failure: Failure) -> None:
    quoted = statements([Said(TRAM, QUOTE)])
    visitor.answers = [told(quoted, [TRAM], "en", writing=writing(0, failure))]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    note = page.locator(".writing").first
    expect(note).to_have_text(f"The language model tern-7b did not answer: {FAILURES[failure]}.")
    page.locator("#language").click()
    expect(note).to_have_text(re.compile("^语言模型 tern-7b 没有作答：[\u4e00-\u9fff，]{3,}。$"))
