"""What a reader sees of an article that was corrected, withdrawn, or printed elsewhere too."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from .answers import LINE, QUOTE, TRAM, Said, answered, statements, told
from .axe import faults
from .visitor import Visitor, ask

FIRST = {**TRAM, "version": 1}
SECOND = {
    **TRAM,
    "version": 2,
    "updated": "2026-03-03T10:00:00+00:00",
    "text": "Corrected: the line opened. 🚋 It carries 41,000 people a day.\n\nFares stay as is.",
}
THIRD = {**SECOND, "version": 3, "title": "Third tram line open", "updated": "2026-03-04T10:00:00Z"}
VERSIONS = [
    {"version": 1, "taken": "2026-03-02T08:00:00Z", "title": FIRST["title"]},
    {"version": 2, "taken": "2026-03-03T10:00:00Z", "title": SECOND["title"]},
    {"version": 3, "taken": "2026-03-04T10:00:00Z", "title": THIRD["title"]},
]
CORRECTED_QUOTE = "It carries 41,000 people a day."


class House:
    """A server that holds `states` of the tram's article, the last being the newest."""

    def __init__(self, page: Page, *states: dict[str, Any]) -> None:
        self.states = list(states)
        self.withdrawn = ""
        self.asked: list[str] = []
        page.route("**/articles/tram*", self._answer)

    def _answer(self, route: Route) -> None:
        if route.request.is_navigation_request():
            route.fallback()
            return
        self.asked.append(route.request.url)
        _, _, wanted = route.request.url.partition("?version=")
        found = [state for state in self.states if not wanted or str(state["version"]) == wanted]
        if self.withdrawn:
            problem = {"title": "Gone", "status": 410, "withdrawn": self.withdrawn}
            route.fulfill(status=410, json=problem, content_type="application/problem+json")
        elif not found:
            route.fulfill(status=404, json={"title": "Not Found", "status": 404})
        else:
            versions = [one for one in VERSIONS if one["version"] <= self.states[-1]["version"]]
            route.fulfill(json={**found[-1], "versions": versions})


def fits(page: Page) -> bool:
    """Say whether neither the page nor the dialog is wider than the window."""
    wide = "document.documentElement.scrollWidth <= innerWidth && "
    wide += "document.querySelector('dialog').scrollWidth <= innerWidth"
    said: bool = page.evaluate(wide)
    return said


def test_a_source_and_its_citation_say_that_the_article_was_corrected(visitor: Visitor) -> None:
    visitor.answers = [answered(SECOND, CORRECTED_QUOTE)]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    notes = page.locator(".updated")
    expect(notes).to_have_text(["Updated · version 2 · 3 Mar 2026"] * 2)
    expect(page.locator(".statements .updated")).to_be_visible()
    page.get_by_text("Sources (1)").click()
    expect(page.locator(".sources .updated")).to_be_visible()
    page.locator("#language").click()
    expect(notes).to_have_text(["已更新 · 第2版 · 2026年3月3日"] * 2)


@pytest.mark.parametrize(
    ("updated", "notes"),
    [
        (None, []),
        (TRAM["published"], []),
        ("2026-03-01T23:59:00-05:00", []),
        ("2026-03-06T12:00:00+00:00", ["Updated · 6 Mar 2026"]),
    ],
)
def test_what_its_publisher_changed_later_says_so(
    visitor: Visitor, updated: str | None, notes: list[str]
) -> None:
    visitor.answers = [answered({**TRAM, "updated": updated})]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")
    expect(page.locator("qa-answer .updated")).to_have_text(notes)


def test_an_old_answer_opens_the_version_that_it_quotes(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit(locale="en-GB")
    house = House(page, FIRST)
    ask(page, "tram")
    chip = page.locator("a.chip")
    chip.click()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    expect(page.locator(".earlier")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visitor.url}/")

    house.states += [SECOND]
    page.reload()
    chip.click()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    expect(page.locator("dialog mark")).to_be_in_viewport()
    banner = page.locator("dialog .earlier")
    expect(banner).to_have_text("This is an earlier version (1). Open the newest")
    expect(banner).to_be_in_viewport()
    expect(page.get_by_role("dialog")).to_have_accessible_description(
        "This is an earlier version (1). Open the newest"
    )
    assert page.url.startswith(f"{visitor.url}/articles/tram%2F1?version=1#char=")
    page.reload()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    expect(banner).to_be_visible()


def test_closing_goes_back_to_the_answer_whatever_versions_were_read(visitor: Visitor) -> None:
    visitor.answers = [answered()]
    page = visitor.visit(locale="en-GB")
    House(page, FIRST, SECOND, THIRD)
    ask(page, "tram")
    page.locator("a.chip").click()
    page.get_by_role("link", name="Open the newest").click()
    expect(page.locator("dialog h1")).to_have_text(THIRD["title"])
    expect(page.locator("dialog h1")).to_be_focused()
    expect(page.locator(".earlier")).to_have_count(0)
    expect(page).to_have_url(f"{visitor.url}/articles/tram%2F1")
    expect(page.locator("dialog .updated")).to_have_text("Updated · version 3 · 4 Mar 2026")
    page.get_by_text("Versions (3)").click()
    page.get_by_role("link", name="Version 2 · 3 Mar 2026, 10:00").click()
    expect(page.locator("dialog .body")).to_contain_text("Corrected: the line opened.")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page).to_have_url(f"{visitor.url}/")
    expect(page.locator(".statements")).to_contain_text(QUOTE)


def test_the_versions_are_listed_newest_first_and_reached_by_keyboard(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    House(page, FIRST, SECOND, THIRD)
    page.goto("/articles/tram%2F1")
    expect(page.locator("dialog h1")).to_be_visible()
    fold = page.locator("dialog summary")
    fold.focus()
    page.keyboard.press("Enter")
    links = page.locator(".versions a")
    expect(links).to_have_text(
        [
            "Version 3, the newest · 4 Mar 2026, 10:00",
            "Version 2 · 3 Mar 2026, 10:00",
            "Version 1 · 2 Mar 2026, 08:00",
        ]
    )
    expect(page.locator(".versions li span")).to_have_text([TRAM["title"]] * 2)
    expect(links.first).to_have_attribute("aria-current", "true")
    expect(links.last).to_have_attribute("href", "/articles/tram%2F1?version=1")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(links.last).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".earlier")).to_be_visible()
    expect(page.locator("dialog .body")).to_contain_text("40,000")
    expect(page.locator("dialog h1")).to_be_focused()
    assert page.evaluate("document.querySelector('dialog').scrollTop") == 0


def test_an_article_of_one_version_lists_none(visitor: Visitor) -> None:
    visitor.articles = {"tram/1": TRAM}
    page = visitor.visit("/articles/tram%2F1")
    expect(page.locator("dialog h1")).to_have_text(TRAM["title"])
    expect(page.locator("dialog details, .earlier, dialog .updated")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh-CN", "这篇文章已于2026年11月20日撤回。"),
        ("en-GB", "This article was withdrawn on 20 Nov 2026."),
    ],
)
def test_a_withdrawn_article_is_said_to_be_and_when(
    visitor: Visitor, locale: str, words: str
) -> None:
    visitor.answers = [answered()]
    page = visitor.visit(locale=locale)
    House(page, FIRST).withdrawn = "2026-11-20T09:00:00.123456+00:00"
    ask(page, "tram")
    page.locator("a.chip").click()
    expect(page.get_by_role("alert")).to_have_text(words)
    page.goto("/articles/tram%2F1")
    expect(page.get_by_role("alert")).to_have_text(words)
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visitor.url}/")


def test_the_product_itself_tells_what_was_corrected_and_withdrawn(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    send = page.request
    path = "/articles/page-test-ferry"
    states = ["The ferry sails at nine.", "🚢 It was misprinted. The ferry sails at ten."]
    for text in states:
        assert send.put(path, data={"title": "Ferry", "text": text}).status == 201
    page.goto(f"{path}?version=1#char=0-{len(states[0])}")
    expect(page.locator("dialog mark")).to_have_text(states[0])
    expect(page.locator(".earlier")).to_be_visible()
    page.goto(f"{path}?version=3")
    expect(page.get_by_role("alert")).to_have_text("There is no article in this version.")
    assert send.delete(path).status == 204
    response = page.goto(f"{path}?version=2")
    assert response
    assert response.status == 410
    expect(page.get_by_role("alert")).to_contain_text("This article was withdrawn on ")


def test_copies_are_named_when_they_are_asked_for(visitor: Visitor) -> None:
    ids = ["line-3", "gone", "a b/č"]
    (statement,) = statements([Said(TRAM, QUOTE)])
    answer = told([statement], [TRAM], "en").replace(
        b'"copies": []', f'"copies": {ids}'.replace("'", '"').encode()
    )
    visitor.answers = [answer]
    page = visitor.visit(locale="en-GB")
    fetched: list[str] = []

    def answer_for(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        fetched.append(name)
        if name == "gone":
            problem = {"status": 410, "withdrawn": "2026-11-20T09:00:00Z"}
            route.fulfill(status=410, json=problem, content_type="application/problem+json")
        else:
            route.fulfill(json={**LINE, "title": f"{LINE['title']} {name[:4]}"})

    page.route("**/articles/*", answer_for)
    ask(page, "tram")
    page.get_by_text("Sources (1)").click()
    fold = page.get_by_text("Also in 3 articles")
    expect(fold).to_have_count(1)
    assert fetched == []
    fold.focus()
    page.keyboard.press("Enter")
    items = page.locator(".also li")
    expect(items).to_have_text(
        [
            "三号电车线开通一年 line 港城日报 5 Mar 2026",
            "This article was withdrawn on 20 Nov 2026.",
            "三号电车线开通一年 a%20 港城日报 5 Mar 2026",
        ]
    )
    links = items.get_by_role("link")
    expect(links).to_have_count(2)
    expect(links.last).to_have_attribute("href", "/articles/a%20b%2F%C4%8D")
    expect(links.last).to_have_attribute("lang", "zh-Hans")
    page.locator("#language").click()
    expect(page.locator(".also summary")).to_have_text("另见于 3 篇文章")
    links.first.click()
    expect(page.locator("dialog h1")).to_contain_text(LINE["title"])


@pytest.mark.parametrize("width", [380, 1100])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_versions_and_copies_keep_to_wcag_and_the_window(
    visitor: Visitor, locale: str, theme: str, width: int
) -> None:
    visitor.answers = [
        answered(SECOND, CORRECTED_QUOTE).replace(b'"copies": []', b'"copies": ["line-3", "none"]')
    ]
    visitor.articles = {"line-3": LINE}
    page = visitor.visit(locale=locale, width=width)
    page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    page.reload()
    house = House(page, FIRST, SECOND, THIRD)
    ask(page, "tram")
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false")
    page.locator(".folds summary").first.click()
    page.locator(".also summary").click()
    expect(page.locator(".also")).to_contain_text(LINE["title"])
    assert faults(page) == []
    assert fits(page)
    page.locator("a.chip").click()
    expect(page.locator(".earlier")).to_be_visible()
    page.locator(".versions summary").click()
    assert faults(page) == []
    assert fits(page)
    house.withdrawn = "2026-11-20T09:00:00Z"
    page.reload()
    expect(page.get_by_role("alert")).to_be_visible()
    assert faults(page) == []
