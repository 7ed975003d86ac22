"""What whoever runs the house can count on, seen in a browser over the real server.

The tests share one house and leave it larger than they found it; none counts on what others added.
"""

import gzip
import io
import json
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from qa.articles import MAX_ARTICLE_BYTES, SUFFIXES
from tests.news_site import NewsSite, news_site
from tests.news_site import Page as SitePage

from .axe import faults
from .conftest import NEWSQA, ROOT, wait_until_ready
from .visitor import Visitor

KEY = "the-harbour-key-of-today"
OTHER_KEY = "the-harbour-key-of-tomorrow"
HOSTILE = "<img src=x onerror=alert(1)>.jsonl"
MANY = 600
"""Articles in the house: to rebuild the index from them takes some seconds."""
PATIENT = 60_000.0
"""Milliseconds, for what the model takes part in while others have the machine as well."""


@dataclass
class House:
    """A server with an operator's page, which can be stopped and started where it was."""

    home: Path
    port: int
    key: str = KEY
    _server: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        own = {"NEWSQA_HOME": str(self.home), "NEWSQA_LLM_URL": "", "NEWSQA_OPERATOR_KEY": self.key}
        return {**os.environ, **own, "NEWSQA_PRIVATE_ADDRESSES": "true"}

    def start(self) -> None:
        serve = [*NEWSQA, "serve", "--port", str(self.port)]
        self._server = subprocess.Popen(serve, cwd=ROOT, env=self.environment)
        wait_until_ready(self.url, self._server)

    def stop(self) -> None:
        if self._server:
            self._server.kill()
            self._server.wait()
            self._server = None


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`seeds/`, many small articles, and a file that was refused."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        house = House(tmp_path_factory.mktemp("house"), free.getsockname()[1])
    files = tmp_path_factory.mktemp("files")
    (files / "piers.jsonl").write_text("".join(pier(number) for number in range(MANY)))
    (files / HOSTILE).write_text('{"title": 3}\n')
    add = [*NEWSQA, "add", "seeds", str(files)]
    subprocess.run(add, cwd=ROOT, env=house.environment, check=False)
    house.start()
    yield house
    house.stop()


@pytest.fixture
def operator(browser: Browser, house: House) -> Iterator[Visitor]:
    operator = Visitor(browser, house.url)
    yield operator
    for context in browser.contexts:
        context.close()
    assert operator.faults == []


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with news_site() as site:
        yield site


def pier(number: int, id: str = "pier") -> str:
    text = (
        f"Pier {number} of the harbour opened on 3 May 2026. It took {number + 2} years to build."
    )
    return json.dumps({"id": f"{id}-{number}", "title": f"Pier {number}", "text": text}) + "\n"


def unlock(page: Page, key: str = KEY) -> None:
    page.locator("#key").fill(key)
    page.locator("#key").press("Enter")


def opened(operator: Visitor, locale: str = "en-GB", width: int = 1280) -> Page:
    page = operator.visit("/operator", locale=locale, width=width)
    unlock(page)
    expect(page.locator("#house")).to_be_visible()
    return page


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files by the drop zone, which is a file input's label."""
    given = [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
    page.locator("#files").set_input_files(given)  # type: ignore[arg-type]


def row(page: Page, name: str) -> Locator:
    return page.locator("#rows > li").filter(has=page.locator("strong", has_text=name))


def rested(page: Page) -> None:
    """Wait until nothing is being sent or waits for it."""
    expect(page.locator("#clear")).to_be_visible(timeout=PATIENT)


def told(page: Page) -> dict[str, Any]:
    """Return what the server says of itself."""
    answer = page.request.get("/operation", headers={"Authorization": f"Bearer {KEY}"})
    state: dict[str, Any] = answer.json()
    return state


def figure(page: Page, name: str) -> Locator:
    return page.locator("dl > div").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def posts(page: Page) -> list[Request]:
    """Return a list that grows by every file and address that is sent."""
    sent: list[Request] = []
    page.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    return sent


def hold_the_first(page: Page) -> list[Route]:
    """Return a list that the first file on its way is put into, to be let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/articles", hold)
    return held


def dry(request: Request) -> bool:
    return b"The dock is dry." in (request.post_data_buffer or b"")


# The key


def test_nothing_is_shown_before_the_key(operator: Visitor) -> None:
    page = operator.visit("/operator", locale="en-GB")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    house = page.locator("#house")
    expect(page.locator("#key")).to_be_focused()
    expect(house).to_be_hidden()
    expect(page.locator("dd")).to_have_count(0)
    for wrong in ("guessed", "钥匙"):
        unlock(page, wrong)
        expect(page.get_by_role("alert").first).to_have_text("This is not the key.")
        expect(house).to_be_hidden()
    assert page.evaluate("Object.values(sessionStorage).concat(Object.values(localStorage))") == [
        ""
    ]
    unlock(page)
    expect(house).to_be_visible()
    assert all(KEY not in url for url in asked)


def test_the_key_is_shown_only_when_asked_for(operator: Visitor) -> None:
    page = operator.visit("/operator", locale="en-GB")
    key = page.locator("#key")
    expect(key).to_have_attribute("type", "password")
    expect(key).to_have_attribute("autocomplete", "current-password")
    show = page.get_by_role("button", name="Show")
    show.click()
    expect(key).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(key).to_have_attribute("type", "password")


def test_the_tab_alone_remembers_the_key_until_it_is_locked(operator: Visitor) -> None:
    page = opened(operator)
    page.reload()
    expect(page.locator("#house")).to_be_visible()
    assert KEY not in page.evaluate("JSON.stringify(localStorage) + document.cookie")
    other = page.context.new_page()
    other.goto("/operator")
    expect(other.locator("#key")).to_be_visible()
    page.get_by_role("button", name="Lock").click()
    expect(page.locator("#key")).to_be_visible()
    expect(page.locator("#house")).to_be_hidden()
    assert KEY not in page.evaluate("JSON.stringify(sessionStorage)") + page.content()
    page.reload()
    expect(page.locator("#key")).to_be_visible()


def test_readers_are_not_shown_the_way_here(operator: Visitor) -> None:
    page = operator.visit("/")
    expect(page.locator("#question")).to_be_visible()
    expect(page.locator("a[href*=operator]")).to_have_count(0)
    page = opened(operator)
    page.get_by_role("link", name="To the page readers see").click()
    expect(page.locator("#question")).to_be_visible()


# How things stand


def test_the_figures_are_the_server_s(operator: Visitor) -> None:
    page = opened(operator)
    state = told(page)
    expect(figure(page, "Articles")).to_have_text(f"{state['articles']:,}")
    expect(figure(page, "Passages")).to_have_text(f"{state['passages']:,}")
    expect(figure(page, "Model")).to_have_text(state["model"])
    for name in ("Index built", "Last article taken"):
        expect(figure(page, name)).to_have_text(re.compile(r"^\d+ \w+ \d{4}, \d\d:\d\d$"))
    page.locator("#language").click()
    expect(figure(page, "文章")).to_have_text(f"{state['articles']:,}")
    expect(figure(page, "索引建于")).to_have_text(re.compile(r"^\d{4}年\d+月\d+日 \d\d:\d\d$"))
    expect(page).to_have_title("管理 · newsqa")


def test_what_was_refused_stands_there_as_text(operator: Visitor) -> None:
    page = opened(operator)
    refusal = page.locator("#refusals > li").filter(has_text=HOSTILE)
    expect(refusal).to_contain_text("title: must be a string, not int")
    expect(refusal.locator("time")).to_have_text(re.compile(r"\d{4}, \d\d:\d\d"))
    expect(page.locator("img[src=x]")).to_have_count(0)


# Adding


def test_files_are_taken_and_found(operator: Visitor) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/quay.txt", "The quay was widened by 12 metres in June 2026.")
        archive.writestr("a/odd.jsonl", '{"title": 3}\n')
    lamps = "# Lamps\n\nThe lighthouse of Tern Rock has had 48 lamps since 7 March 2026.\n"
    page = opened(operator)
    before = told(page)["articles"]
    lines = "".join(pier(number, "jetty") for number in range(3)) + '{"title": "no text"}\n'
    files = (
        ("lamps.md", lamps.encode()),
        ("jetties.jsonl", lines.encode()),
        ("quay.zip", packed.getvalue()),
        ("one.json.gz", gzip.compress(pier(1, "gangway").encode())),
        ("feed.json", json.dumps([json.loads(pier(2, "gangway"))]).encode()),
        ("<b>odd</b>.jsonl", b'{"title": 3}\n'),
    )
    choose(page, *files)
    rested(page)
    said = page.locator("#rows .said")
    expect(said).to_have_text(
        ["1 added", "3 added · 1 refused", "1 added · 1 refused", "1 added", "1 added", "Refused"]
    )
    jetties = row(page, "jetties.jsonl")
    jetties.get_by_text("1 refused", exact=True).click()
    expect(jetties.locator("li")).to_contain_text("jetties.jsonl:4: text: give one of")
    expect(row(page, "<b>odd</b>.jsonl")).to_contain_text("<b>odd</b>.jsonl: title: must be")
    expect(page.locator("#tally")).to_have_text("6 of 6 finished")
    expect(page.locator("#sent-spoken")).to_have_text("6 items sent: 7 added · 3 refused.")
    expect(figure(page, "Articles")).to_have_text(f"{before + 7:,}")

    page.get_by_role("button", name="Clear the list").click()
    expect(page.locator("#rows > li")).to_have_count(0)
    choose(page, *files[:2])
    rested(page)
    expect(said).to_have_text(["1 known already", "3 known already · 1 refused"])
    expect(figure(page, "Articles")).to_have_text(f"{before + 7:,}")

    question = {"question": "How many lamps has the lighthouse of Tern Rock?"}
    answer = page.request.post("/ask", data=question).json()
    assert "48 lamps" in answer["answer"]


def test_what_the_server_would_not_take_is_said_before_it_is_sent(operator: Visitor) -> None:
    page = opened(operator)
    sent = posts(page)
    choose(
        page, ("cover.png", b"x"), ("empty.md", b""), ("<i>.txt", b"." * (MAX_ARTICLE_BYTES + 1))
    )
    rested(page)
    expect(page.locator("#rows summary")).to_have_text("3 files were not sent")
    expect(page.locator("#rows details li")).to_have_text(
        [
            "cover.png: No kind of file that holds articles",
            "empty.md: Empty",
            "<i>.txt: Larger than 10 MB: split it, or use `newsqa add`",
        ]
    )
    assert sent == []


def test_the_page_knows_what_the_server_takes(operator: Visitor) -> None:
    page = operator.visit("/operator")
    endings, most = page.evaluate(
        "import('/static/operator/parcels.js').then(({kinds, most}) => [[...kinds.keys()], most])"
    )
    assert set(endings) == SUFFIXES
    assert most == MAX_ARTICLE_BYTES


def test_a_folder_may_be_dropped_anywhere(operator: Visitor, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    (folder / "2026" / ".hidden").mkdir(parents=True)
    for number in range(120):
        (folder / "2026" / f"{number:03}.jsonl").write_text(pier(number, "slip"))
    (folder / "2026" / ".hidden" / "a.md").write_text("hidden")
    (folder / "cover.png").write_bytes(b"x")
    page = opened(operator)
    devtools = page.context.new_cdp_session(page)
    dropped = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"type": kind, "x": 30, "y": 700}
        devtools.send("Input.dispatchDragEvent", {**place, "data": dropped})
    rested(page)
    expect(page.locator("#rows strong").first).to_have_text("archive/2026/000.jsonl")
    expect(page.locator("#sent-spoken")).to_have_text("120 items sent: 120 added.")
    expect(page.locator("#rows summary")).to_have_text("1 file was not sent")


def test_an_address_is_read_or_refused_with_why(operator: Visitor, site: NewsSite) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    text = "<p>The tide gate at Low Point closed 31 times in the winter of 2026.</p>" * 3
    article = f"<html><title>Tide gate</title><article><h1>Tide gate</h1>{text}</article></html>"
    site.pages["/gate"] = SitePage(article.encode(), headers=html)
    page = opened(operator)
    for address in (site.at("/gate"), site.at("/none")):
        page.get_by_label("Or the address of a page or feed").fill(address)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#address")).to_have_value("")
    rested(page)
    expect(row(page, "/gate")).to_contain_text("1 added")
    expect(row(page, "/none")).to_contain_text("Refused")
    expect(row(page, "/none").locator(".detail")).to_contain_text("404")


def test_what_a_feed_links_to_is_read_where_it_is_wished(operator: Visitor, site: NewsSite) -> None:
    text = "<p>The harbour master of Low Point counted 212 seals on 4 April 2026.</p>" * 3
    page_of_seals = f"<html><title>Seals</title><article><h1>Seals</h1>{text}</article></html>"
    entry = f"<item><title>Seals</title><link>{site.at('/seals')}</link></item>"
    feed = f"<rss version='2.0'><channel><title>Low Point</title>{entry}</channel></rss>"
    html = {"Content-Type": "text/html; charset=utf-8"}
    site.pages["/seals"] = SitePage(page_of_seals.encode(), headers=html)
    site.pages["/feed"] = SitePage(feed.encode(), headers={"Content-Type": "application/rss+xml"})
    page = opened(operator)
    linked = page.get_by_label("Of a feed, also the articles it links to")
    linked.check()
    page.locator("#address").fill(site.at("/feed"))
    page.locator("#address").press("Enter")
    rested(page)
    expect(row(page, "/feed")).to_contain_text("1 added")
    expect(linked).not_to_be_checked()
    assert "/seals" in site.paths()


def test_sending_stops_after_the_file_in_hand_and_goes_on(operator: Visitor) -> None:
    page = opened(operator)
    held = hold_the_first(page)
    sent = posts(page)
    choose(page, *((f"{n}.jsonl", pier(n, "stop").encode()) for n in range(3)))
    expect(row(page, "0.jsonl")).to_contain_text("Sending…")
    expect(row(page, "1.jsonl")).to_contain_text("Waiting")
    page.get_by_role("button", name="Stop after this one").click()
    held[0].continue_()
    expect(row(page, "0.jsonl")).to_contain_text("1 added", timeout=PATIENT)
    expect(page.locator("#sent-spoken")).to_have_text("Stopped. 2 items wait.")
    assert len(sent) == 1
    page.get_by_role("button", name="Send the rest (2)").click()
    rested(page)
    expect(page.locator("#rows .said")).to_have_text(["1 added"] * 3)


def test_a_lost_connection_is_said_and_nothing_is_lost_by_it(operator: Visitor) -> None:
    page = opened(operator)
    page.context.set_offline(True)
    choose(page, *((f"{n}.jsonl", pier(n, "lost").encode()) for n in range(2)))
    first = row(page, "0.jsonl")
    expect(first).to_contain_text("The connection was lost.")
    expect(row(page, "1.jsonl")).to_contain_text("Waiting")
    expect(page.get_by_role("button", name="Send the rest (1)")).to_be_visible()
    expect(page.locator("#standing-trouble")).to_contain_text("The server can’t be reached.")
    page.context.set_offline(False)
    first.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator("#tally")).to_be_focused()
    rested(page)
    expect(page.locator("#rows .said")).to_have_text(["1 added"] * 2)
    expect(page.locator("#standing-trouble")).to_be_empty()


# Rebuilding


def test_the_index_is_rebuilt_while_questions_are_answered(operator: Visitor) -> None:
    page = opened(operator)
    built = told(page)["rebuilt"]
    button = page.get_by_role("button", name="Rebuild")
    button.click()
    bar = page.get_by_role("progressbar", name="Rebuild the index")
    expect(bar).to_be_visible()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#rebuild-pace")).to_have_text(re.compile(r"\d of \d+|new index in place"))
    also = opened(operator)
    expect(also.get_by_role("progressbar", name="Rebuild the index")).to_be_visible()
    answer = page.request.post("/ask", data={"question": "When did pier 7 open?"})
    assert answer.ok
    spoken = page.locator("#rebuild-spoken")
    expect(spoken).to_contain_text("Rebuilt. The new index answers since", timeout=PATIENT)
    expect(bar).to_be_hidden()
    expect(button).to_have_attribute("aria-disabled", "false")
    expect(also.locator("#rebuild-spoken")).to_contain_text("Rebuilt.", timeout=PATIENT)
    assert told(page)["rebuilt"] > built


def test_the_pace_of_a_rebuild_is_that_of_the_last_looks(operator: Visitor) -> None:
    """Of so small a house it is over too soon to see: its answer is told with other numbers."""
    page = operator.visit("/operator", locale="en-GB")
    looks = iter(range(200, 10_000, 100))

    def go_on(route: Route) -> None:
        answer = route.fetch()
        state = answer.json()
        state["rebuild"] |= {"state": "running", "finished": next(looks), "total": 30_000}
        route.fulfill(response=answer, json=state)

    page.route("**/operation", go_on)
    unlock(page)
    pace = page.locator("#rebuild-pace")
    expect(pace).to_have_text(
        re.compile(r"^[4-9]00 of 30,000 · \d\d a second · about \d minutes left$")
    )
    page.locator("#language").click()
    expect(pace).to_have_text(re.compile(r"^[\d,]+ / 30,000 · 每秒 \d\d 篇 · 约剩\d分钟$"))


def test_a_rebuild_that_failed_says_why(operator: Visitor) -> None:
    """Nothing lets the real one fail at will: its own answer is told with another outcome."""
    page = operator.visit("/operator", locale="en-GB")

    def fail(route: Route) -> None:
        answer = route.fetch()
        state = answer.json()
        ended = {"ended": "2026-11-22T10:00:00Z", "error": "<b>no space is left</b>"}
        state["rebuild"] |= {"state": "failed", **ended}
        route.fulfill(response=answer, json=state)

    page.route("**/operation", fail)
    unlock(page)
    expect(page.locator("#rebuild-spoken")).to_have_text(
        "The rebuild failed: <b>no space is left</b>. The old index goes on answering."
    )


@pytest.fixture
def restarted(house: House) -> Iterator[House]:
    """The house, for who stops it or changes its key; afterwards it is as it was."""
    yield house
    house.stop()
    house.key = KEY
    house.start()


def test_a_server_that_is_started_anew_in_mid_rebuild_is_noticed(
    operator: Visitor, restarted: House
) -> None:
    page = opened(operator)
    page.get_by_role("button", name="Rebuild").click()
    expect(page.get_by_role("progressbar", name="Rebuild the index")).to_be_visible()
    restarted.stop()
    expect(page.locator("#rebuild-pace")).to_have_text("The server can’t be reached. Trying again…")
    restarted.start()
    expect(page.locator("#rebuild-spoken")).to_contain_text("was restarted in the middle")
    expect(page.locator("#standing-trouble")).to_be_empty()


def test_another_key_locks_the_page_and_loses_no_file(operator: Visitor, restarted: House) -> None:
    page = opened(operator)
    restarted.stop()
    restarted.key = OTHER_KEY
    restarted.start()
    choose(page, ("late.jsonl", pier(1, "late").encode()))
    expect(page.get_by_role("alert").first).to_contain_text("no longer accepts this key")
    expect(page.locator("#house")).to_be_hidden()
    unlock(page, OTHER_KEY)
    rested(page)
    expect(row(page, "late.jsonl")).to_contain_text("1 added")


# Withdrawing


def test_an_article_is_withdrawn_after_a_second_thought(operator: Visitor) -> None:
    page = opened(operator)
    choose(page, ("gone.jsonl", pier(9, "退潮/码头").encode()))
    rested(page)
    address = f"/articles/{quote('退潮/码头-9')}"
    please = {"Accept": "application/json"}
    field = page.get_by_label("Its id, or its address on this server")
    field.fill("退潮/码头-9")
    field.press("Enter")
    dialog = page.get_by_role("dialog", name="Withdraw “Pier 9”?")
    expect(dialog).to_contain_text("All its versions are erased")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.request.get(address, headers=please).ok
    field.fill(f"{operator.url}{address}")
    field.press("Enter")
    dialog.get_by_role("button", name="Withdraw it").click()
    spoken = page.locator("#withdraw-spoken")
    expect(spoken).to_have_text("“Pier 9” was withdrawn.")
    assert page.request.get(address, headers=please).status == 410
    for nothing in ("no such one", "../operation", "."):
        field.fill(nothing)
        field.press("Enter")
        expect(spoken).to_have_text("There is no such article.")
        expect(page.get_by_role("dialog")).to_be_hidden()


# The form of it


def test_the_keyboard_is_enough(operator: Visitor) -> None:
    page = operator.visit("/operator", locale="en-GB")
    # The browser is told of it a moment after: long before the key that needs it.
    page.on("filechooser", lambda _: None)
    page.keyboard.type(KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#desk")).to_be_focused()
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.type"))
    expected = ["lock", "files", "address", "submit", "linked", "rebuild", "withdraw-id", "submit"]
    assert reached[1:] == expected
    page.locator("#files").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    assert chooser.value.is_multiple()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_keeps_to_wcag(operator: Visitor, locale: str, theme: str) -> None:
    page = operator.visit("/operator", locale=locale)
    page.evaluate(f"localStorage.setItem('theme', '{theme}')")
    page.reload()
    unlock(page, "guessed")
    expect(page.locator("#entry-trouble")).not_to_be_empty()
    assert faults(page) == []
    unlock(page)
    expect(page.locator("#house")).to_be_visible()
    held = hold_the_first(page)
    choose(
        page,
        ("a.jsonl", pier(1, "axe").encode() + b'{"title": 3}\n'),
        ("b.jsonl", b'{"title": 3}\n'),
        ("c.png", b"x"),
        ("d.md", b"# D\n\nThe dock is dry."),
    )
    expect(page.locator("#rows .sending")).to_be_visible()
    assert faults(page) == []
    page.route("**/articles", lambda one: one.abort() if dry(one.request) else one.continue_())
    held[0].continue_()
    expect(page.locator("#rows .failed")).to_be_visible(timeout=PATIENT)
    for summary in page.locator("summary:visible").all():
        summary.click()
    page.locator("#rebuild").click()
    expect(page.locator("#rebuilding")).to_be_visible()
    assert faults(page) == []
    page.locator("#withdraw-id").fill("pier-3")
    page.locator("#withdraw-id").press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#rebuilding")).to_be_hidden(timeout=PATIENT)


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_a_narrow_window_is_wide_enough(operator: Visitor, locale: str) -> None:
    page = operator.visit("/operator", locale=locale, width=320)
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    unlock(page)
    expect(page.locator("#house")).to_be_visible()
    choose(
        page, ("a-name-without-an-end-" * 9 + ".jsonl", pier(1, "narrow").encode()), ("c.png", b"x")
    )
    rested(page)
    assert page.evaluate(fits)
