"""The box of newsqa in somebody else's page, of an allowed origin and of another."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from .axe import faults
from .conftest import serving

WHEN = "Until what time will the Larkwater City Library stay open?"
WAIT = 15_000
"""Milliseconds until an answer is there: the server may still be busy."""

POLICY = "default-src 'none'; script-src {0}; connect-src {0}; style-src 'unsafe-inline';"
POLICY += " img-src data:"
"""As strict as a page may be that lets newsqa in; styles and images are the paper's own."""

STORY = """<!doctype html>
<html lang="{1}">
  <head>
    <link rel="icon" href="data:,">
    <style>news-qa {{ --accent: rgb(160, 20, 60); color-scheme: light; }}</style>
    <script type="module" src="{0}/embed.js"></script>
  </head>
  <body><h1>The paper</h1><news-qa></news-qa></body>
</html>"""


class Story(BaseHTTPRequestHandler):
    """A page of the newspaper's site; its path is the language it is in."""

    def __init__(self, newsqa: list[str], *arguments: object) -> None:
        self._newsqa = newsqa
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY.format(*self._newsqa))
        self.end_headers()
        self.wfile.write(STORY.format(*self._newsqa, self.path[1:]).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of newsqa over `seeds/` and of a newspaper that may embed it."""
    newsqa: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Story, newsqa)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        home = tmp_path_factory.mktemp("home")
        with serving(home, NEWSQA_ORIGINS=f"http://127.0.0.1:{port}") as url:
            newsqa.append(url)
            yield url, f"http://127.0.0.1:{port}"
        server.shutdown()


class Reader:
    """Reads the newspaper in a browser; `errors` is what its pages report."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.errors: list[str] = []

    def open(self, address: str, **context: Any) -> Page:
        page = self._browser.new_context(locale="en-GB", **context).new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        return page

    def _listen(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self.errors.append(said.text)


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    yield Reader(browser)
    for context in browser.contexts:
        context.close()


@pytest.mark.parametrize(
    ("lang", "question", "label"),
    [("en", "How often does the tram run?", "Ask"), ("zh-Hans", "电车多久一班？", "提问")],
)
def test_a_question_is_answered_in_the_papers_own_page(
    reader: Reader, sites: tuple[str, str], lang: str, question: str, label: str
) -> None:
    newsqa, paper = sites
    page = reader.open(f"{paper}/{lang}")
    expect(page.locator("news-qa form button").first).to_have_text(label, timeout=WAIT)
    page.locator("news-qa textarea").fill(question)
    page.locator("news-qa textarea").press("Enter")
    answer = page.locator("news-qa qa-answer")
    expect(answer).to_have_attribute("aria-busy", "false", timeout=WAIT)
    links = answer.locator("a[href]")
    expect(links.first).to_be_attached()
    for link in links.all():
        assert (link.get_attribute("href") or "").startswith(f"{newsqa}/")
        assert link.get_attribute("target") == "_blank"
    assert reader.errors == []


LOUD = """
html { font-size: 62.5% } body { font-size: 1.6rem; text-transform: uppercase; text-align: end }
* { color: red; font-family: cursive; letter-spacing: 3px; font-style: italic; line-height: 3 }
button { background: pink !important } form { display: none } h2 { font-size: 60px }
"""
"""What a paper may say of its own words, and half of the web does of all."""


def asked(box: Locator, question: str) -> Locator:
    """Ask, and return the answer once it is there."""
    box.locator("#question").fill(question, timeout=WAIT)
    box.locator("#question").press("Enter")
    answer = box.locator("qa-answer").last
    expect(answer).to_have_attribute("aria-busy", "false", timeout=WAIT)
    return answer


def test_what_the_paper_says_of_its_own_words_is_not_for_these(
    reader: Reader, sites: tuple[str, str]
) -> None:
    page = reader.open(f"{sites[1]}/en")
    page.add_style_tag(content=LOUD)
    answer = asked(page.locator("news-qa"), WHEN)
    words = answer.locator(".statement p").first
    expect(words).to_have_css("font-size", "18px")
    for name, value in {
        "letter-spacing": "normal",
        "text-transform": "none",
        "font-style": "normal",
    }.items():
        expect(words).to_have_css(name, value)
    assert words.evaluate("(words) => getComputedStyle(words).color !== 'rgb(255, 0, 0)'")
    expect(page.locator("news-qa form button").first).to_have_css(
        "background-color", "rgb(160, 20, 60)"
    )
    # Its letters are as large as those around it, whatever a rem is there.
    page.add_style_tag(content="news-qa { font-size: 20px }")
    expect(words).to_have_css("font-size", "22.5px")
    page.locator("news-qa").evaluate("(box) => box.hidden = true")
    expect(page.locator("news-qa")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["", "dark"])
def test_the_box_is_light_or_dark_as_the_paper_is(
    reader: Reader, sites: tuple[str, str], scheme: Literal["", "dark"]
) -> None:
    page = reader.open(f"{sites[1]}/en", color_scheme="dark")
    page.add_style_tag(content=f"html {{ color-scheme: {scheme or 'normal'} }}")
    page.add_style_tag(content="news-qa { color-scheme: inherit !important }")
    box = page.locator("news-qa #box")
    paper = "rgb(20, 23, 26)" if scheme else "rgb(250, 249, 246)"
    expect(box).to_have_css("background-color", paper, timeout=WAIT)


def test_two_boxes_speak_each_its_own_language_and_follow_when_it_changes(
    reader: Reader, sites: tuple[str, str]
) -> None:
    page = reader.open(f"{sites[1]}/en")
    page.evaluate("""() => {
      const other = document.createElement("news-qa");
      other.lang = "zh-CN";
      document.body.append(other);
    }""")
    english, chinese = page.locator("news-qa").nth(0), page.locator("news-qa").nth(1)
    asked(chinese, WHEN)
    asked(english, WHEN)
    asked(chinese, WHEN)
    expect(english.locator(".act.again")).to_have_text("Ask again")
    expect(chinese.locator(".act.again")).to_have_text(["再问一次", "再问一次"])
    page.evaluate("document.documentElement.lang = 'zh'")
    expect(english.locator(".act.again")).to_have_text("再问一次")
    # Moved elsewhere in the page it keeps what was said.
    english.evaluate("(box) => document.body.prepend(box)")
    expect(page.locator("news-qa").nth(0).locator("qa-answer")).to_have_count(1)
    assert reader.errors == []


def test_a_citation_is_previewed_beside_it_and_opens_at_newsqa(
    reader: Reader, sites: tuple[str, str]
) -> None:
    newsqa, paper = sites
    page = reader.open(f"{paper}/en")
    page.add_style_tag(content="news-qa { display: block; margin: 60vh 0 60vh 20vw }")
    chip = asked(page.locator("news-qa"), WHEN).locator(".chip").first
    chip.hover()
    card = page.locator("news-qa .preview")
    expect(card).to_be_visible()
    at, shown = chip.bounding_box(), card.bounding_box()
    assert at
    assert shown
    assert abs(shown["x"] - at["x"]) < 1
    assert (
        min(abs(shown["y"] - at["y"] - at["height"]), abs(shown["y"] + shown["height"] - at["y"]))
        < 9
    )
    with page.context.expect_page() as opened:
        chip.click()
    assert opened.value.url.startswith(f"{newsqa}/articles/")
    assert page.url.startswith(paper)


def test_axe_finds_nothing_in_the_box(reader: Reader, sites: tuple[str, str]) -> None:
    page = reader.open(f"{sites[1]}/en", reduced_motion="reduce")
    asked(page.locator("news-qa"), WHEN)
    assert faults(page, within="news-qa") == []


def test_a_server_that_has_gone_meanwhile_is_told_of(
    reader: Reader, sites: tuple[str, str]
) -> None:
    page = reader.open(f"{sites[1]}/blank")
    page.route("**/style/*.css", lambda route: route.abort())
    page.goto(f"{sites[1]}/en")
    expect(page.locator("news-qa")).to_contain_text("The server can’t be reached", timeout=WAIT)


def test_the_paper_sets_the_colours_and_keeps_its_own_look(
    reader: Reader, sites: tuple[str, str]
) -> None:
    page = reader.open(f"{sites[1]}/zh")
    send = page.locator("news-qa form button").first
    expect(send).to_have_css("background-color", "rgb(160, 20, 60)", timeout=WAIT)
    assert page.locator("html").get_attribute("lang") == "zh"
    expect(page.locator("h1")).to_have_css("margin-top", "21.44px")
    assert page.evaluate("document.styleSheets.length + document.adoptedStyleSheets.length") == 1
    assert reader.errors == []


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "may not use newsqa yet"), ("zh", "还不能使用")]
)
def test_a_page_of_no_allowed_origin_is_told_what_to_do(
    reader: Reader, sites: tuple[str, str], lang: str, words: str
) -> None:
    paper = sites[1].replace("127.0.0.1", "localhost")
    page = reader.open(f"{paper}/{lang}")
    box = page.locator("news-qa")
    expect(box).to_contain_text(words)
    expect(box).to_contain_text(paper)
    expect(box).to_contain_text("NEWSQA_ORIGINS")
    expect(box.locator("form")).to_have_count(0)
    assert reader.errors == []
