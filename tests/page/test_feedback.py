"""What a reader can say of an answer, and what becomes of it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .answers import LINE, TRAM, Said, not_found, statements, told, written
from .states import ANSWERED, LOCALES, NOT_FOUND, settled
from .visitor import Visitor, ask

MARKED = Said(TRAM, "🚋👩‍🚒 It carries 40,000 people a day.", "40,000 people")
PLAIN = Said(LINE, "票价仍为两欧元。")
RIGHT, WRONG = "It is right", "It is not right"


def thumb(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def press(page: Page, name: str, status: int = 201) -> dict[str, Any]:
    """Press a thumb and return what the page sent."""
    with page.expect_response("**/feedback") as response:
        thumb(page, name).click()
    assert response.value.status == status
    sent: dict[str, Any] = json.loads(response.value.request.post_data or "")
    return sent


def heard(page: Page) -> list[dict[str, Any]]:
    """Take what is said in the server's place; return where it will be."""
    said: list[dict[str, Any]] = []

    def take(route: Route) -> None:
        said.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=201, json={"id": said[-1]["answer"]})

    page.route("**/feedback", take)
    return said


@pytest.mark.parametrize("locale", LOCALES)
def test_the_server_takes_what_is_said_and_a_reload_shows_it(visitor: Visitor, locale: str) -> None:
    page = visitor.visit(locale=locale)
    right, add, yours, send, remark = (
        ("对", "补充说明", "你的说明", "发送", "说明")
        if locale == "zh-CN"
        else (RIGHT, "Add a comment", "Your comment", "Send", "Comment")
    )
    ask(page, ANSWERED[locale])
    settled(page)
    expect(thumb(page, right)).to_have_attribute("aria-pressed", "false")
    sent = press(page, right)
    assert (sent["rating"], sent["status"]) == ("up", "answered")
    assert sent["citations"]
    expect(thumb(page, right)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".feedback summary")).to_have_text(add)
    page.get_by_label(remark, exact=True).fill("三号线 <b>two</b>")
    with page.expect_response("**/feedback") as response:
        page.get_by_role("button", name=send, exact=True).click()
    assert response.value.status == 201
    again = json.loads(response.value.request.post_data or "")
    assert again == {**sent, "comment": "三号线 <b>two</b>"}
    expect(page.locator(".feedback summary")).to_have_text(yours)
    page.reload()
    expect(thumb(page, right)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label(remark, exact=True)).to_be_hidden()
    page.locator(".feedback summary").click()
    expect(page.get_by_label(remark, exact=True)).to_have_value("三号线 <b>two</b>")
    assert press(page, right)["rating"] is None
    expect(thumb(page, right)).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".feedback summary")).to_be_hidden()
    page.reload()
    expect(thumb(page, right)).to_have_attribute("aria-pressed", "false")


def test_who_finds_nothing_can_say_so_too(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, NOT_FOUND["en-GB"])
    settled(page)
    sent = press(page, WRONG)
    assert (sent["rating"], sent["status"], sent["citations"]) == ("down", "not_found", [])
    assert press(page, RIGHT)["rating"] == "up"
    expect(thumb(page, RIGHT)).to_have_attribute("aria-pressed", "true")
    expect(thumb(page, WRONG)).to_have_attribute("aria-pressed", "false")


def test_the_server_is_told_where_the_quotes_stand_and_what_is_marked(visitor: Visitor) -> None:
    visitor.answers = [told(statements([PLAIN], [MARKED]), [TRAM, LINE], "en")]
    page = visitor.visit(locale="en-GB")
    said = heard(page)
    ask(page, "tram")
    press(page, RIGHT)
    plain, marked = said[0]["citations"]
    assert (plain["article_id"], plain["version"], plain["marks"]) == ("line-3", 1, [])
    text = list(TRAM["text"])
    assert "".join(text[marked["source_start"] : marked["source_end"]]) == MARKED.quote
    assert ["".join(text[a:b]) for a, b in marked["marks"]] == ["40,000 people"]


def test_what_is_marked_of_a_sentence_that_a_model_wrote_is_none_of_the_article(
    visitor: Visitor,
) -> None:
    visitor.answers = [told([written("About 40,000 people ride it.", MARKED)], [TRAM], "en")]
    page = visitor.visit(locale="en-GB")
    said = heard(page)
    ask(page, "tram")
    press(page, RIGHT)
    assert [one["marks"] for one in said[0]["citations"]] == [[]]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "That could not be sent. Please try again. Something went wrong on the server."),
        (422, "That could not be sent. Please try again."),
        (429, "Please try again in 7 sec"),
        (0, "The server can’t be reached."),
    ],
)
def test_what_could_not_be_sent_is_said_and_can_be_tried_again(
    visitor: Visitor, status: int, words: str
) -> None:
    visitor.answers = [told(statements([MARKED]), [TRAM], "en")]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    said = heard(page)

    def fail(route: Route) -> None:
        if status:
            route.fulfill(status=status, headers={"Retry-After": "7"}, body="")
        else:
            route.abort()

    page.route("**/feedback", fail, times=1)
    thumb(page, WRONG).click()
    expect(page.locator(".feedback [role=status]")).to_contain_text(words)
    expect(thumb(page, WRONG)).to_have_attribute("aria-pressed", "false")
    assert press(page, WRONG)["rating"] == "down"
    expect(page.locator(".feedback [role=status]")).to_have_text("Thank you.")
    page.route("**/feedback", fail, times=1)
    page.get_by_label("Comment", exact=True).fill("Fewer.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".feedback [role=status]")).to_contain_text(words)
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Fewer.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".feedback [role=status]")).to_have_text("Thank you.")
    assert [one["comment"] for one in said] == ["", "Fewer."]


def test_the_keyboard_does_all_of_it(visitor: Visitor) -> None:
    visitor.answers = [not_found()]
    page = visitor.visit(locale="en-GB")
    said = heard(page)
    ask(page, "tram")
    expect(page.get_by_role("group", name="Is this right?")).to_be_visible()
    thumb(page, RIGHT).focus()
    page.keyboard.press("Tab")
    expect(thumb(page, WRONG)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_label("Comment", exact=True)).to_be_visible()
    expect(thumb(page, WRONG)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("It is there.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".feedback summary")).to_have_text("Your comment")
    expect(page.locator(".feedback summary")).to_be_focused()
    assert [(one["rating"], one["comment"]) for one in said] == [
        ("down", ""),
        ("down", "It is there."),
    ]
    page.locator("#language").click()
    expect(page.locator(".feedback summary")).to_have_text("你的说明")
    expect(thumb(page, "不对")).to_have_attribute("aria-pressed", "true")


def test_paper_has_nothing_to_press(visitor: Visitor) -> None:
    visitor.answers = [not_found()]
    page = visitor.visit()
    ask(page, "tram")
    expect(page.locator(".feedback")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".feedback")).to_be_hidden()
