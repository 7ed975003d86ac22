"""Someone who reads the page in a browser: what they see is asserted, what leaves it is watched."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Route

Theme = Literal["light", "dark"]


def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")


def run_on(page: Page, until: Locator) -> None:
    """Let the page's clock, which has been installed, run until something is to be seen."""
    for _ in range(60):
        page.clock.run_for(1000)
        if until.is_visible():
            return


@dataclass
class Visitor:
    """Opens the page in fresh browser profiles and remembers what the page asked of its server.

    Attributes:
        answers: bodies of event streams given to the questions in order; none: the server's own.
        articles: articles by id, given in place of the server's.
        writer: a language model that the server is made to have; empty: its own, if any.
        asked: the body of every question sent.
    """

    browser: Browser
    url: str
    answers: list[bytes] = field(default_factory=list)
    articles: dict[str, Mapping[str, object]] = field(default_factory=dict)
    writer: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def visit(
        self,
        path: str = "/",
        *,
        locale: str = "zh-CN",
        width: int = 1280,
        height: int = 800,
        touch: bool = False,
        theme: Theme = "light",
    ) -> Page:
        context = self.browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
            base_url=self.url,
        )
        context.on("request", self._watch)
        context.on("weberror", lambda fault: self.faults.append(str(fault.error)))
        page = context.new_page()
        page.on("console", self._listen)
        if self.answers:
            page.route("**/ask", self._answer)
        if self.articles:
            page.route("**/articles/*", self._article)
        if self.writer:
            modes = ["extractive", "passages", "llm"]
            ready = {"status": "ready", "modes": modes, "model": self.writer}
            page.route("**/readyz", lambda route: route.fulfill(json=ready))
        page.goto(path)
        return page

    def _watch(self, request: Request) -> None:
        if not request.url.startswith(self.url + "/"):
            self.faults.append(f"{request.url} is not the page's own server")
        if request.url == f"{self.url}/ask":
            self.asked.append(json.loads(request.post_data or "{}"))

    def _listen(self, said: ConsoleMessage) -> None:
        # Some tests mean a request to fail; the browser remarks on each.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.faults.append(said.text)

    def _answer(self, route: Route) -> None:
        body = self.answers.pop(0)
        route.fulfill(body=body, content_type="text/event-stream; charset=utf-8")

    def _article(self, route: Route) -> None:
        name = unquote(urlsplit(route.request.url).path.removeprefix("/articles/"))
        if route.request.is_navigation_request() or name not in self.articles:
            route.fallback()
        else:
            route.fulfill(json=dict(self.articles[name]))
