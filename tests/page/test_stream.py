"""What a reader sees where the connection breaks in the middle of an answer."""

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, Route, expect

from .answers import QUOTE, TRAM, answered, done, event_stream, meta, source, statement
from .visitor import Visitor, run_on

OTHER = {**TRAM, "id": "ferry", "title": "Ferry cancelled", "text": "The ferry does not run."}
PATIENCE = 15_000
"""Milliseconds: the page itself waits for some of them."""


def ask(page: Page, replies: Sequence[Callable[[Route], None]]) -> list[str]:
    """Ask while the server replies so, the last one ever after; return what the page had each time.

    What it had is the id of the last event.
    """
    had: list[str] = []

    def reply(route: Route) -> None:
        had.append(route.request.headers.get("last-event-id", ""))
        replies[min(len(had), len(replies)) - 1](route)

    page.route("**/ask", reply)
    page.locator("#question").fill("?")
    page.locator("#question").press("Enter")
    return had


def told(body: bytes) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=body, content_type="text/event-stream")


def away(route: Route) -> None:
    route.abort()


def cut(stream: bytes, event: str) -> tuple[bytes, bytes]:
    """Return a stream to the middle of its first event of a name, and from that event on."""
    whole = stream.index(f"event: {event}".encode())
    begun = stream.rindex(b"id: ", 0, whole)
    return stream[: whole + 30], stream[begun:]


@pytest.mark.parametrize("event", ["source", "statement", "done"])
def test_a_broken_answer_is_taken_up_where_it_broke(visitor: Visitor, event: str) -> None:
    page = visitor.visit(locale="en-GB")
    first, rest = cut(answered(), event)
    had = ask(page, [told(first), away, told(rest)])
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    expect(page.locator(".statements .text")).to_have_text([QUOTE])
    expect(page.locator("qa-answer .sources li")).to_have_count(1)
    expect(page.locator(".trouble")).to_have_count(0)
    last = str(["meta", "source", "statement", "done"].index(event) - 1)
    assert had == ["", last, last]


def test_an_answer_that_begins_anew_replaces_what_was_told(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    before = [
        ("meta", meta("?", "en")),
        ("source", source(TRAM)),
        ("statement", statement(TRAM, QUOTE)),
    ]
    words = OTHER["text"]
    anew = [("meta", {**meta("?", "en"), "id": "2"}), ("source", source(OTHER))]
    anew += [("statement", statement(OTHER, words)), ("done", done("answered", words))]
    ask(page, [told(event_stream(before)), told(event_stream(anew))])
    expect(page.locator("qa-answer")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    expect(page.locator(".statements .text")).to_have_text([words])
    expect(page.locator("qa-answer .sources li")).to_have_count(1)
    shown = page.locator("#thread").inner_text()
    page.reload()
    expect(page.locator("#thread")).to_have_text(shown, use_inner_text=True)


@pytest.mark.parametrize("again", [away, told(b"")])
def test_a_connection_that_does_not_come_back_is_given_up(
    visitor: Visitor, again: Callable[[Route], None]
) -> None:
    page = visitor.visit(locale="en-GB")
    page.clock.install()
    had = ask(page, [told(cut(answered(), "done")[0]), again])
    expect(page.locator(".progress")).to_have_text("Connection lost. Trying again…")
    lost = page.locator(".trouble")
    run_on(page, lost)
    expect(lost).to_contain_text("The connection was lost")
    expect(page.locator(".statements .text")).to_have_text([QUOTE])
    assert had == ["", *["2"] * 9]


def test_a_server_that_was_never_there_is_given_up_sooner(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.clock.install()
    had = ask(page, [away])
    expect(page.locator(".progress")).to_contain_text("can’t be reached. Trying again…")
    run_on(page, page.locator(".trouble"))
    expect(page.locator(".trouble")).to_contain_text("The server can’t be reached.")
    assert len(had) == 6


def test_a_server_that_is_starting_is_waited_for(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    starting = [lambda route: route.fulfill(status=503)] * 2
    had = ask(page, [*starting, told(answered())])
    expect(page.locator(".progress")).to_have_text("The server is starting. One moment…")
    expect(page.locator(".statements .text")).to_have_text([QUOTE], timeout=PATIENCE)
    assert len(had) == 3


def test_the_network_that_comes_back_is_used_at_once(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.clock.install()
    page.context.set_offline(True)
    page.locator("#question").fill("上海2025年的目标是什么")
    page.locator("#question").press("Enter")
    expect(page.locator(".progress")).to_have_text("You’re offline. Waiting for the connection…")
    page.context.set_offline(False)
    expect(page.locator(".statements .chip").first).to_be_visible()


def test_who_stays_offline_is_told_so(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.clock.install()
    page.context.set_offline(True)
    page.locator("#question").fill("?")
    page.locator("#question").press("Enter")
    run_on(page, page.locator(".trouble"))
    expect(page.locator(".trouble")).to_contain_text("You’re offline.")


def test_stop_ends_the_waiting_for_a_lost_connection(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    page.clock.install(time=0)
    page.clock.pause_at(1)
    had = ask(page, [told(cut(answered(), "done")[0]), told(answered())])
    expect(page.locator(".statements .text")).to_have_text([QUOTE])
    page.locator("#stop").click()
    expect(page.locator(".trouble")).to_contain_text("Stopped.")
    page.clock.run_for(10_000)
    assert had == [""]


EVENT_SOURCE = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("it is answered again and again")), 15_000);
  const source = new EventSource("/ask?q=Shanghai");
  const told = [];
  for (const name of ["meta", "done"]) source.addEventListener(name, () => told.push(name));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) resolve(told); };
})"""


def test_an_event_source_is_answered_once(visitor: Visitor) -> None:
    assert visitor.visit().evaluate(EVENT_SOURCE) == ["meta", "done"]
