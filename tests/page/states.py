"""The states of the page, each reached as its reader or operator reaches it, over the real product.

What is checked in every state, and the pictures of `make screenshots`, are made of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from .visitor import ask, run_on

KEY = "a-key-for-nothing-but-tests"
"""Of the operator of a house that is served for this."""

SEEDS = Path(__file__).parents[2] / "seeds"

LOCALES = ("zh-CN", "en-GB")

ANSWERED = {
    "zh-CN": "云帆制冷计划什么时候投产第三条生产线？",
    "en-GB": "How late is the library open from Monday to Thursday?",
}
NOT_FOUND = {"zh-CN": "月球基地何时建成？", "en-GB": "When will the moon base open?"}
CONFLICTING = {
    "zh-CN": "云帆制冷2024年二季度净利润是多少？",
    "en-GB": "What was Yunfan’s net profit in the second quarter of 2024?",
}

HELD = r"""() => {
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const response = await fetched(...request);
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return response;
    let told = "";
    const held = new TransformStream({
      transform(text, out) {
        const sent = told.length;
        told += text;
        const [all] = /^.*?event: statement.*?\r?\n\r?\n/s.exec(told) ?? [told];
        out.enqueue(all.slice(sent));
      },
      flush: () => new Promise(() => {}),
    });
    const body = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(held)
      .pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: response.headers });
  };
}"""
"""Lets through what the server tells up to the first statement, and nothing after it."""

SUGGESTING = """async () => {
  const address = `/suggestions?language=${document.documentElement.lang.slice(0, 2)}`;
  while ((await (await fetch(address)).json()).questions.length === 0) {
    await new Promise((again) => setTimeout(again, 200));
  }
}"""
"""Waits until the server, which may have been started just now, suggests something."""


@dataclass(frozen=True)
class State:
    """Where a page is opened, and what is done there in a language until it shows the state."""

    reach: Callable[[Page, str], None]
    path: str = "/"


def _empty(page: Page, _: str) -> None:
    page.evaluate(SUGGESTING)
    page.reload()
    expect(page.locator("#suggestions button").first).to_be_visible()


def _streaming(page: Page, locale: str) -> None:
    page.evaluate(HELD)
    ask(page, CONFLICTING[locale])
    expect(page.locator(".statement")).to_have_count(1)


def _answered(page: Page, locale: str) -> None:
    ask(page, ANSWERED[locale])
    settled(page)


def _judged(page: Page, locale: str) -> None:
    _answered(page, locale)
    page.locator(".thumbs .up").click()
    expect(page.locator(".feedback textarea")).to_be_visible()


def _keyless(page: Page, locale: str) -> None:
    page.route("**/ask", lambda route: route.fulfill(status=401))
    ask(page, ANSWERED[locale])
    expect(page.locator("dialog[open] #key")).to_be_visible()


def _not_found(page: Page, locale: str) -> None:
    ask(page, NOT_FOUND[locale])
    settled(page)
    expect(page.locator(".absence")).to_be_visible()


def _conflicting(page: Page, locale: str) -> None:
    ask(page, CONFLICTING[locale])
    settled(page)
    expect(page.get_by_role("table")).to_be_visible()


def _error(page: Page, locale: str) -> None:
    broken = {"title": "Internal Server Error", "status": 500, "detail": "see the server's log"}
    page.route("**/ask", lambda route: route.fulfill(status=500, json=broken))
    ask(page, ANSWERED[locale])
    expect(page.locator(".trouble")).to_be_visible()


def _offline(page: Page, locale: str) -> None:
    page.clock.install()
    page.context.set_offline(True)
    ask(page, ANSWERED[locale])
    run_on(page, page.locator(".trouble"))
    page.clock.resume()


def _article(page: Page, locale: str) -> None:
    _answered(page, locale)
    page.locator("a.chip").first.click()
    expect(page.locator("dialog mark").first).to_be_visible()


def _filters(page: Page, _: str) -> None:
    page.locator("#filters summary").click()
    page.locator("#filters .facets input").first.check()
    expect(page.locator("#chosen .tag")).to_be_visible()


def _history(page: Page, locale: str) -> None:
    _answered(page, locale)
    page.locator("#history").click()
    expect(page.locator("dialog[open] li").first).to_be_visible()


def _locked(page: Page, _: str) -> None:
    expect(page.locator("#entry")).to_be_visible()


def _operator(page: Page, _: str) -> None:
    page.locator("#key").fill(KEY)
    page.locator("#key").press("Enter")
    expect(page.locator("#figures dd").first).to_be_visible()


def _added(page: Page, locale: str) -> None:
    _operator(page, locale)
    known = SEEDS / "city-library-hours.md"
    page.locator("#files").set_input_files(
        [
            FilePayload(name=known.name, mimeType="", buffer=known.read_bytes()),
            FilePayload(name="pier.json", mimeType="", buffer=b'{"title": "Pier"}'),
        ]
    )
    expect(page.locator("#rows .done")).to_be_visible()
    expect(page.locator("#rows .refused")).to_be_visible()
    page.locator("#rows").scroll_into_view_if_needed()


def settled(page: Page) -> None:
    """Wait until the last answer is there to its end."""
    expect(page.locator("qa-answer").last).to_have_attribute("aria-busy", "false")


STATES: Mapping[str, State] = {
    "empty": State(_empty),
    "streaming": State(_streaming),
    "answered": State(_answered),
    "judged": State(_judged),
    "not-found": State(_not_found),
    "conflicting": State(_conflicting),
    "error": State(_error),
    "offline": State(_offline),
    "keyless": State(_keyless),
    "article": State(_article),
    "filters": State(_filters),
    "history": State(_history),
    "operator-locked": State(_locked, "/operator"),
    "operator": State(_operator, "/operator"),
    "operator-added": State(_added, "/operator"),
}
