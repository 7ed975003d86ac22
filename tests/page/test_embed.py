"""The box of newsqa in somebody else's page, of an allowed origin and of another."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from .conftest import serving

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

    def open(self, address: str) -> Page:
        page = self._browser.new_context(locale="en-GB").new_page()
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


def test_a_page_of_no_allowed_origin_gets_nothing(reader: Reader, sites: tuple[str, str]) -> None:
    page = reader.open(sites[1].replace("127.0.0.1", "localhost") + "/en")
    assert page.evaluate("customElements.get('news-qa') === undefined")
    assert any("CORS" in error for error in reader.errors)
