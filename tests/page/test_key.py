"""A server that lets in who has a key, and one that is asked too much, as a reader meets them."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from .answers import answered
from .conftest import NEWSQA, serving
from .states import ANSWERED, settled
from .visitor import Visitor, ask, run_on

KEY = "newsqa_ab12cd34_a-key-for-nothing-but-tests"
OTHER = "newsqa_ef56ab78_another-key-for-tests"
DENIED = "This key is not accepted: it is wrong, or it was revoked."


@dataclass
class Lock:
    """Stands before the server and asks for a key, as the server does where reading takes one.

    Attributes:
        open: it takes requests without a key, and still none with a wrong one.
        let_in: the addresses that were asked for with the key.
    """

    key: str = KEY
    open: bool = False
    let_in: list[str] = field(default_factory=list)

    def __call__(self, route: Route) -> None:
        request = route.request
        path = request.url.split("/", 3)[3]
        if request.resource_type != "fetch" or path.startswith(("static/", "readyz")):
            return route.fallback()
        sent = request.headers.get("authorization")
        if sent == f"Bearer {self.key}" or (self.open and sent is None):
            self.let_in.append(path)
            # The server behind has no such key, and would say so.
            others = {name: value for name, value in request.headers.items() if value != sent}
            return route.fallback(headers=others)
        problem = {"title": "Unauthorized", "status": 401, "detail": "send a key"}
        headers = {"WWW-Authenticate": "Bearer", "Content-Type": "application/problem+json"}
        return route.fulfill(status=401, json=problem, headers=headers)


def locked(visitor: Visitor, path: str = "/", locale: str = "en-GB") -> tuple[Page, Lock]:
    """Open the page of a server that asks for a key."""
    lock = Lock()
    page = visitor.visit("/static/icon.svg", locale=locale)
    page.route("**/*", lock)
    page.goto(path)
    return page, lock


def entry(page: Page) -> Locator:
    return page.locator("dialog.entry")


def enter(page: Page, key: str) -> None:
    entry(page).locator("input").fill(key)
    entry(page).locator("input").press("Enter")


def test_a_key_is_asked_for_and_carried_by_all_that_follows(visitor: Visitor) -> None:
    page, lock = locked(visitor)
    expect(page.get_by_role("dialog", name="A key is needed here")).to_be_visible()
    expect(entry(page).get_by_label("Key", exact=True)).to_be_focused()
    for wrong in ("no key at all", "密钥", OTHER):
        enter(page, wrong)
        expect(entry(page).get_by_role("alert")).to_have_text(DENIED)
    assert lock.let_in == []
    enter(page, f" {KEY} ")
    expect(entry(page)).to_be_hidden()
    expect(page.locator("#newest li").first).to_be_visible()
    ask(page, ANSWERED["en-GB"])
    settled(page)
    page.locator("a.chip").first.click()
    expect(page.locator("article-viewer mark").first).to_be_visible()
    assert "ask" in lock.let_in
    assert [path for path in lock.let_in if path.startswith("articles/")]
    page.reload()
    expect(page.locator("article-viewer mark").first).to_be_visible()
    expect(entry(page)).to_be_hidden()
    kept = page.evaluate("() => [Object.values(localStorage), Object.values(sessionStorage)]")
    assert not [value for value in kept[0] if KEY in value]
    assert KEY in kept[1]


def test_who_closes_the_tab_has_to_show_the_key_again(visitor: Visitor) -> None:
    page, lock = locked(visitor)
    enter(page, KEY)
    expect(entry(page)).to_be_hidden()
    other = page.context.new_page()
    other.route("**/*", lock)
    other.goto("/")
    expect(entry(other)).to_be_visible()


def test_what_was_asked_without_the_key_is_answered_with_it(visitor: Visitor) -> None:
    page, _ = locked(visitor, locale="zh-CN")
    expect(page.get_by_role("dialog", name="这里需要密钥")).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, ANSWERED["zh-CN"])
    expect(page.locator(".trouble")).to_have_text("这里需要密钥。")
    expect(entry(page)).to_be_visible()
    enter(page, OTHER)
    expect(entry(page).get_by_role("alert")).to_have_text("密钥无效：它不正确，或已被停用。")
    enter(page, KEY)
    settled(page)
    expect(page.locator("qa-answer")).to_have_count(1)
    expect(page.locator(".statement").first).to_be_visible()


def test_an_article_that_was_asked_for_opens_with_the_key(visitor: Visitor) -> None:
    with_key, _ = locked(visitor)
    enter(with_key, KEY)
    path = with_key.locator("#newest a").first.get_attribute("href")
    title = with_key.locator("#newest a").first.inner_text()
    assert path
    page, _ = locked(visitor, path)
    expect(entry(page)).to_be_visible()
    enter(page, KEY)
    expect(page.locator("article-viewer")).to_contain_text(title)


def test_a_revoked_key_is_said_to_be_none(visitor: Visitor) -> None:
    page, lock = locked(visitor)
    enter(page, KEY)
    expect(page.locator("#newest li").first).to_be_visible()
    lock.key = OTHER
    ask(page, ANSWERED["en-GB"])
    expect(entry(page).get_by_role("alert")).to_have_text(DENIED)
    enter(page, OTHER)
    settled(page)
    expect(page.locator(".statement").first).to_be_visible()


def test_where_reading_is_open_an_old_key_keeps_nobody_out(visitor: Visitor) -> None:
    page, lock = locked(visitor)
    enter(page, KEY)
    expect(page.locator("#newest li").first).to_be_visible()
    lock.key, lock.open = OTHER, True
    ask(page, ANSWERED["en-GB"])
    settled(page)
    expect(page.locator(".statement").first).to_be_visible()
    expect(entry(page)).to_be_hidden()


def test_the_keys_of_the_house_open_it_until_they_are_revoked(
    browser: Browser, tmp_path: Path
) -> None:
    def newsqa(*arguments: str) -> str:
        environment = {**os.environ, "NEWSQA_HOME": str(tmp_path)}
        return subprocess.run(
            [*NEWSQA, *arguments], check=True, capture_output=True, text=True, env=environment
        ).stdout.strip()

    with serving(tmp_path, NEWSQA_READING="key") as url:
        visitor = Visitor(browser, url)
        page = visitor.visit(locale="en-GB")
        enter(page, OTHER)
        expect(entry(page).get_by_role("alert")).to_have_text(DENIED)
        enter(page, newsqa("key", "add", "desk", "--may", "read"))
        expect(page.locator("#newest li").first).to_be_visible()
        ask(page, ANSWERED["en-GB"])
        settled(page)
        expect(page.locator(".statement").first).to_be_visible()
        newsqa("key", "revoke", "desk")
        page.get_by_role("button", name="It is right").click()
        expect(entry(page).get_by_role("alert")).to_have_text(DENIED)
        assert visitor.faults == []
        page.context.close()


Answer = Callable[[Route], None]


def status(code: int, seconds: int) -> Answer:
    headers = {"Retry-After": str(seconds)}
    return lambda route: route.fulfill(status=code, headers=headers, body="")


def stream(route: Route) -> None:
    route.fulfill(body=answered(), content_type="text/event-stream")


def asked_of(visitor: Visitor, answers: list[Answer], locale: str = "en-GB") -> Page:
    """Ask a server that answers so, one after the other, and never anything else."""
    page = visitor.visit(locale=locale)
    page.clock.install()
    page.route("**/ask", lambda route: answers.pop(0)(route))
    ask(page, "tram")
    return page


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-GB", "Many are asking at the moment. Trying again in 5 sec…"),
        ("zh-CN", "现在提问的人很多，5秒后重试……"),
    ],
)
def test_who_comes_when_many_ask_is_told_and_asks_again_once(
    visitor: Visitor, locale: str, words: str
) -> None:
    page = asked_of(visitor, [status(503, 5), stream], locale)
    expect(page.locator(".progress")).to_have_text(words)
    page.clock.run_for(4_000)
    expect(page.locator(".progress")).to_have_text(words)
    page.clock.run_for(1_500)
    expect(page.locator(".statement")).to_be_visible()
    assert len(visitor.asked) == 2


def test_who_is_refused_in_a_stream_is_answered_anew(visitor: Visitor) -> None:
    """Nothing follows the event that told of it, so that it is not asked for what does."""
    problem = json.dumps({"status": 503, "title": "Service Unavailable", "retry_after": 5})
    after: list[str | None] = []

    def refused(route: Route) -> None:
        body = f"id: x:end\nevent: error\ndata: {problem}\n\n"
        route.fulfill(body=body, content_type="text/event-stream")

    def answering(route: Route) -> None:
        after.append(route.request.headers.get("last-event-id"))
        stream(route)

    page = asked_of(visitor, [refused, answering])
    expect(page.locator(".progress")).to_have_text(
        "Many are asking at the moment. Trying again in 5 sec…"
    )
    page.clock.run_for(5_500)
    expect(page.locator(".statement")).to_be_visible()
    assert not any(after)
    assert len(after) == 1


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([(503, 5), (503, 8)], "Many are asking at the moment. Please try again in 8 sec."),
        ([(503, 600)], "Many are asking at the moment. Please try again in 10 min."),
        ([(429, 20)], "That was a lot at a time. Please try again in 20 sec."),
        ([(429, 3600)], "That was a lot at a time. Please try again in 60 min."),
    ],
)
def test_who_cannot_be_answered_soon_is_told_when_to_come_again(
    visitor: Visitor, answers: list[tuple[int, int]], words: str
) -> None:
    made = [status(code, seconds) for code, seconds in answers]
    page = asked_of(visitor, made)
    run_on(page, page.locator(".trouble"))
    expect(page.locator(".trouble")).to_have_text(words)
    assert len(visitor.asked) == len(answers)
    page.route("**/ask", stream)
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator(".statement")).to_be_visible()
