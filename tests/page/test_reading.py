"""How an answer is read: its sentences in their paragraphs, its articles, its dates, in peace.

The product itself answers, over `seeds/` and what a test adds to it; canned answers stand in only
where a small corpus has no such answer or the network must be slow.
"""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .answers import (
    CORRECTION,
    LINE,
    QUOTE,
    TRAM,
    Said,
    done,
    event_stream,
    meta,
    source,
    statements,
    time_read,
    told,
)
from .visitor import Visitor, ask

MUSEUM = "青嶼海事博物館的成人門票是多少？"
PROFIT = "云帆制冷2024年第二季度净利润是多少？"
FARES = "Fares stay at two euros."
LINE_SAYS = "该线平均每天运送4.2万人次，超过预期。"
CORRECTED = "三号线平均每天运送4.1万人次。"
THREE = statements([Said(TRAM, QUOTE, "40,000")], [Said(LINE, LINE_SAYS)], [Said(TRAM, FARES)])
JSON = {"Accept": "application/json"}


def settled(page: Page, question: str) -> Locator:
    """Ask, and return the answer when it is there."""
    ask(page, question)
    answer = page.locator("qa-answer").last
    expect(answer).to_have_attribute("aria-busy", "false", timeout=20_000)
    return answer


def three(visitor: Visitor, *, width: int = 1280, touch: bool = False) -> Page:
    """Return a page that has answered with three citations of two articles."""
    visitor.answers = [told(THREE, [TRAM, LINE], "en")]
    visitor.articles = {one["id"]: one for one in (TRAM, LINE)}
    page = visitor.visit(locale="en-GB", width=width, touch=touch)
    settled(page, "tram")
    return page


# A citation's card


def test_pointing_at_a_citation_shows_its_sentence_in_its_paragraph(visitor: Visitor) -> None:
    page = visitor.visit()
    answer = settled(page, MUSEUM)
    chip = answer.locator("a.chip").first
    quote = answer.locator(".statement .text").first.inner_text()
    chip.hover()
    card = page.get_by_role("tooltip")
    expect(card.locator("mark")).to_have_text(quote)
    paragraph = card.locator("p").inner_text()
    article = page.request.get((chip.get_attribute("href") or "").split("#")[0], headers=JSON)
    assert paragraph.strip("…") in article.json()["text"].split("\n")
    expect(card.locator("strong")).to_have_text(article.json()["title"])
    expect(card.locator("time")).to_have_text("2024年3月9日")
    expect(chip).to_have_accessible_description(card.inner_text().replace("\n", " "))
    expect(chip).not_to_have_attribute("title", "")


def test_the_card_stays_while_it_is_pointed_at_and_goes_when_it_is_left(visitor: Visitor) -> None:
    page = three(visitor)
    page.locator("a.chip").first.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_be_visible()
    card.hover()
    page.wait_for_timeout(400)
    expect(card).to_be_visible()
    page.mouse.move(2, 2)
    expect(card).to_have_count(0)


def test_a_card_shows_for_the_keyboard_and_escape_puts_it_away_alone(visitor: Visitor) -> None:
    page = three(visitor)
    chips = page.locator(".statement a.chip")
    chips.last.click()
    expect(page.locator("dialog mark")).to_have_text(FARES)
    chips.nth(1).focus()
    page.keyboard.press("Shift+Tab")
    expect(chips.first).to_be_focused()
    card = page.get_by_role("tooltip")
    expect(card.locator("mark")).to_have_text(QUOTE)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(chips.first).to_be_focused()
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    expect(card.locator("mark")).to_have_text(LINE_SAYS)


def test_a_finger_opens_the_article_and_no_card(visitor: Visitor) -> None:
    page = three(visitor, width=380, touch=True)
    page.evaluate("""() => {
      const watch = () => { window.carded ||= document.querySelector(".preview") !== null; };
      new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
    }""")
    page.locator("a.chip").first.tap()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    assert page.evaluate("window.carded ?? false") is False


@pytest.mark.parametrize("width", [320, 1280])
def test_a_card_stays_in_the_window_and_says_where_it_is_cut(visitor: Visitor, width: int) -> None:
    sentence = "🚋 " + "A tram is a tram. " * 8
    long = "One.\n" + "Before it much is said. " * 40 + sentence + "🚒 And after it too. " * 40
    article = {**TRAM, "text": long}
    (one,) = statements([Said(article, sentence)])
    visitor.answers = [told([one], [article], "en")]
    page = visitor.visit(locale="en-GB", width=width)
    settled(page, "tram")
    page.locator("a.chip").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    card = page.get_by_role("tooltip")
    expect(card.locator("mark")).to_have_text(sentence.strip())
    words = card.locator("p").inner_text()
    assert words.startswith("…")
    assert words.endswith("…")
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800


# The article beside the thread, or over it


def test_the_article_stands_beside_the_thread_where_there_is_room(visitor: Visitor) -> None:
    page = visitor.visit()
    answer = settled(page, MUSEUM)
    chip = answer.locator("a.chip").first
    quote = answer.locator(".statement .text").first.inner_text()
    chip.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("mark")).to_have_text(quote)
    expect(dialog.locator("mark")).to_be_focused()
    expect(page.locator("dialog:modal")).to_have_count(0)
    thread, panel = page.locator("main").bounding_box(), dialog.bounding_box()
    assert thread
    assert panel
    assert thread["x"] + thread["width"] <= panel["x"], "nothing of the thread is covered"
    expect(page.locator("#question")).to_be_editable()
    page.locator("#question").click()
    expect(dialog).to_be_visible()
    dialog.locator("mark").focus()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(chip).to_be_focused()
    expect(page).to_have_url(f"{visitor.url}/")


def test_one_article_after_another_is_closed_in_one_step(visitor: Visitor) -> None:
    page = three(visitor)
    chips = page.locator(".statement a.chip")
    chips.first.click()
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    chips.nth(1).click()
    expect(page.locator("dialog mark")).to_have_text(LINE_SAYS)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog")).to_be_hidden()
    expect(chips.nth(1)).to_be_focused()
    expect(page).to_have_url(f"{visitor.url}/")


def test_the_way_to_the_question_leaves_the_article_as_it_is(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    settled(page, MUSEUM).locator("a.chip").first.click()
    expect(page.locator("dialog mark")).to_be_focused()
    before = page.url
    page.get_by_role("link", name="Skip to the question").press("Enter")
    expect(page.locator("#question")).to_be_focused()
    expect(page.locator("dialog mark")).to_be_visible()
    assert page.url == before


def test_closing_the_article_leaves_the_thread_where_it_was_read(visitor: Visitor) -> None:
    visitor.answers = [told(THREE, [TRAM, LINE], "en")] * 6
    visitor.articles = {one["id"]: one for one in (TRAM, LINE)}
    page = visitor.visit(locale="en-GB")
    for number in range(6):
        settled(page, f"tram {number}")
    page.locator(".statement a.chip").last.click()
    expect(page.locator("dialog mark")).to_be_focused()
    page.mouse.move(100, 300)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(300)
    before = page.evaluate("scrollY")
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_url(f"{visitor.url}/")
    page.wait_for_timeout(300)
    assert abs(page.evaluate("scrollY") - before) < 120


def test_the_article_stays_open_when_the_window_changes(visitor: Visitor) -> None:
    page = three(visitor)
    page.locator(".statement a.chip").first.click()
    mark = page.locator("dialog mark")
    expect(mark).to_be_focused()
    for width, modal in ((700, 1), (1280, 0)):
        page.set_viewport_size({"width": width, "height": 800})
        expect(page.locator("dialog:modal")).to_have_count(modal)
        expect(mark).to_be_visible()
        expect(mark).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator(".statement a.chip").first).to_be_focused()


# From one citation to the next


@pytest.mark.parametrize("width", [1280, 380])
def test_the_citations_of_an_answer_are_read_one_after_the_other(
    visitor: Visitor, width: int
) -> None:
    page = three(visitor, width=width)
    page.locator(".statement a.chip").first.click()
    mark, place = page.locator("dialog mark"), page.locator(".trail [role=status]")
    expect(mark).to_have_text(QUOTE)
    expect(place).to_have_text("1 of 3")
    expect(page.locator("dialog .cited")).to_have_text([FARES])
    following = page.get_by_role("link", name="Next citation")
    following.focus()
    for said, number, others in ((LINE_SAYS, 2, []), (FARES, 3, [QUOTE]), (QUOTE, 1, [FARES])):
        page.keyboard.press("Enter")
        expect(mark).to_have_text(said)
        expect(mark).to_be_in_viewport()
        expect(place).to_have_text(f"{number} of 3")
        expect(page.locator("dialog .cited")).to_have_text(others)
        expect(following).to_be_focused()
    page.get_by_role("link", name="Previous citation").press("Enter")
    expect(mark).to_have_text(FARES)
    page.locator("dialog .cited").click()
    expect(mark).to_have_text(QUOTE)
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{visitor.url}/")


def test_an_address_of_its_own_leads_to_no_other_citation(visitor: Visitor) -> None:
    visitor.articles = {"tram/1": TRAM}
    start = TRAM["text"].index(QUOTE)
    page = visitor.visit(f"/articles/tram%2F1#char={start}-{start + len(QUOTE)}", locale="en-GB")
    expect(page.locator("dialog mark")).to_have_text(QUOTE)
    expect(page.locator(".trail")).to_be_hidden()
    expect(page.locator("dialog .cited")).to_have_count(0)


# What else is known of the article


def test_copies_and_versions_stand_with_the_article(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    twin = {
        "id": "page-reading-twin",
        "title": "Harbour bridge closes for repairs",
        "text": "The Kelmouth harbour bridge closes for repairs on 4 May. It reopens in June. "
        "Buses will be diverted along the northern quay while the work goes on.",
        "publisher": "The Kelmouth Mail",
        "published": "2024-05-01T08:00:00Z",
        "url": "https://example.org/bridge",
    }
    reprint = {**twin, "id": "page-reading-reprint", "publisher": "Evening Post"}
    paths = [f"/articles/{one['id']}" for one in (twin, reprint)]
    for path, one in zip(paths, (twin, reprint), strict=True):
        assert page.request.put(path, data={k: v for k, v in one.items() if k != "id"}).ok
    try:
        body = {**twin, "title": "Harbour bridge to close for repairs"}
        assert page.request.put(paths[0], data={k: v for k, v in body.items() if k != "id"}).ok
        answer = settled(page, "When does the Kelmouth harbour bridge close for repairs?")
        answer.locator(".statement a.chip").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("mark")).to_contain_text("4 May")
        expect(dialog.get_by_role("link", name="Read at the publisher")).to_be_visible()
        page.goto(paths[0])
        expect(dialog.get_by_text("Versions (2)")).to_be_visible()
        dialog.get_by_text("Also in 1 article").click()
        expect(dialog.locator(".also li")).to_have_text(
            "Harbour bridge closes for repairs Evening Post 1 May 2024"
        )
        dialog.locator(".also a").click()
        expect(dialog.locator("h1")).to_have_text(twin["title"])
        expect(page).to_have_url(visitor.url + paths[1])
    finally:
        for path in paths:
            page.request.delete(path)


COPIED = {
    "Plain text": f"{QUOTE} [1]\n\nSources\n[1] Third tram line opens. The Harbour Gazette, "
    "1 Mar 2026. https://example.org/tram",
    "Markdown": f"{QUOTE} [[1]](https://example.org/tram)\n\n**Sources**\n\n"
    "1. [Third tram line opens](https://example.org/tram). The Harbour Gazette, 1 Mar 2026.",
    "GB/T 7714": "[1] LIND J. Third tram line opens[N/OL]. The Harbour Gazette, "
    "2026-03-01[2026-11-22]. https://example.org/tram.",
    "APA": "Lind, J. (2026, March 1). Third tram line opens. The Harbour Gazette. "
    "https://example.org/tram",
}


def test_the_marked_sentence_is_copied_with_its_reference(visitor: Visitor) -> None:
    page = three(visitor)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.set_fixed_time("2026-11-22T12:00:00")
    page.locator(".statement a.chip").first.click()
    page.get_by_role("dialog").get_by_text("Copy citation").click()
    for name, words in COPIED.items():
        page.get_by_role("dialog").get_by_role("button", name=name).click()
        expect(page.locator("dialog .copy [role=status]")).to_have_text(f"Copied: {name}")
        assert page.evaluate("navigator.clipboard.readText()") == words


def test_a_copied_link_to_our_own_page_names_the_version(visitor: Visitor) -> None:
    own = {**TRAM, "url": "", "version": 2}
    visitor.answers = [told(statements([Said(own, QUOTE)]), [own], "en")]
    visitor.articles = {"tram/1": own}
    page = visitor.visit(locale="en-GB")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = settled(page, "tram")
    answer.locator(".copy summary").click()
    answer.get_by_role("button", name="Plain text").click()
    expect(answer.locator(".copy [role=status]")).to_have_text("Copied: Plain text")
    start = own["text"].index(QUOTE)
    link = f"{visitor.url}/articles/tram%2F1?version=2#char={start}-{start + len(QUOTE)}"
    assert page.evaluate("navigator.clipboard.readText()").endswith(link)


# Figures that differ, and dates


@pytest.mark.parametrize("width", [1280, 360])
def test_figures_that_differ_are_a_table_by_date(visitor: Visitor, width: int) -> None:
    page = visitor.visit(width=width)
    settled(page, PROFIT)
    table = page.get_by_role("table", name="这些文章给出的数字不同，较新的在前：")
    heads = table.get_by_role("columnheader")
    expect(heads).to_have_text(["日期", "数字", "原文", "来源"])
    rows = table.get_by_role("row").filter(has=page.get_by_role("cell"))
    expect(rows).to_have_count(2)
    first, second = rows.nth(0).get_by_role("cell"), rows.nth(1).get_by_role("cell")
    expect(first.nth(0)).to_have_text("2024年8月16日")
    expect(first.nth(1)).to_have_text("1.54亿元")
    expect(first.nth(2)).to_contain_text("更正")
    expect(first.nth(2).locator("mark")).to_have_text("1.54亿元")
    expect(first.nth(3).locator("a.chip .number")).to_have_text("1")
    expect(second.nth(0)).to_have_text("2024年8月15日")
    expect(second.nth(1)).to_have_text("1.45亿元")
    expect(second.nth(2)).not_to_contain_text("更正")
    edges = {box["x"] for cell in first.all() if (box := cell.bounding_box())}
    assert len(edges) == (1 if width == 360 else 4)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(".timeline")).to_have_count(0)


def test_where_no_figure_is_marked_the_table_points_to_the_sentence(visitor: Visitor) -> None:
    undated = {**TRAM, "published": None}
    claims = statements([Said(LINE, LINE_SAYS, "4.2万人次")], [Said(undated, QUOTE)])
    visitor.answers = [told(claims, [LINE, undated], "en", "conflicting")]
    page = visitor.visit(locale="en-GB")
    settled(page, "tram")
    cells = page.get_by_role("row").last.get_by_role("cell")
    expect(cells.nth(0)).to_have_text("Undated")
    expect(cells.nth(1)).to_have_text("See the sentence")


def dated(count: int) -> list[dict[str, Any]]:
    return [
        {**TRAM, "id": f"day-{day}", "title": f"Day {day}", "published": f"2026-03-0{day}T08:00Z"}
        for day in range(count, 0, -1)
    ]


def test_articles_of_several_days_are_listed_the_oldest_first(visitor: Visitor) -> None:
    articles = dated(3)
    claims = statements(*([Said(one, QUOTE)] for one in articles), [Said(articles[0], FARES)])
    visitor.answers = [told(claims, articles, "en")]
    visitor.articles = {one["id"]: one for one in articles}
    page = visitor.visit(locale="en-GB")
    answer = settled(page, "tram")
    expect(answer.get_by_role("heading", name="By date")).to_be_visible()
    items = answer.locator(".timeline li")
    expect(items.locator("time")).to_have_text(["1 Mar 2026", "2 Mar 2026", "3 Mar 2026"])
    expect(items.locator(".number")).to_have_text(["3", "2", "1", "4"])
    expect(items.last).to_contain_text("Day 3 The Harbour Gazette")
    items.first.locator("a.chip").click()
    expect(page.locator("dialog h1")).to_have_text("Day 1")
    expect(page.locator(".trail [role=status]")).to_have_text("3 of 4")


@pytest.mark.parametrize(("count", "folded", "listed"), [(1, 0, 0), (5, 0, 1), (6, 1, 1)])
def test_a_timeline_is_there_from_two_days_and_folded_from_six_articles(
    visitor: Visitor, count: int, folded: int, listed: int
) -> None:
    articles = dated(count)
    claims = statements(*([Said(one, QUOTE)] for one in articles))
    visitor.answers = [told(claims, articles, "en")]
    page = visitor.visit(locale="en-GB")
    settled(page, "tram")
    expect(page.locator(".timeline")).to_have_count(listed)
    expect(page.locator("details.timeline")).to_have_count(folded)


def test_a_story_and_what_followed_it_stand_by_date(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    path = "/articles/page-reading-sequel"
    sequel = {
        "title": "Larkwater library opens its roof garden",
        "text": "The Larkwater City Library will stay open until midnight in August. "
        "The Larkwater City Library also opens a roof garden.",
        "published": "2024-07-02T08:00:00Z",
        "publisher": "Larkwater Times",
    }
    assert page.request.put(path, data=sequel).ok
    try:
        answer = settled(page, "When is the Larkwater City Library open?")
        days = answer.locator(".timeline time").all_inner_texts()
        if days:
            assert days[0] == "14 May 2024"
        cited = {chip.get_attribute("href") for chip in answer.locator(".statements a.chip").all()}
        assert bool(days) == (len({(href or "").split("?")[0] for href in cited}) > 1)
    finally:
        page.request.delete(path)


# Nothing moves while it is told

WATCH = """() => {
  window.shifts = [];
  let since = Infinity;
  // The question takes its place in the thread at once: that is what pressing Enter is for.
  addEventListener("keydown", ({ key }) => {
    if (key !== "Enter") return;
    const told = () => { since = performance.now(); };
    requestAnimationFrame(() => requestAnimationFrame(told));
    since = Infinity;
  });
  new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries()) {
      const nodes = sources.map(({ node }) => node?.className || node?.nodeName);
      if (startTime >= since) window.shifts.push([value, String(nodes)]);
    }
  }).observe({ type: "layout-shift" });
}"""
"""Entries count whatever the reader did just before: an answer arrives by itself."""


def shifted(page: Page) -> tuple[float, object]:
    """Return how much has moved since it was last asked, and what."""
    page.wait_for_timeout(150)
    shifts = page.evaluate("window.shifts.splice(0)")
    return sum(value for value, _ in shifts), shifts


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("question", [MUSEUM, PROFIT, "上海2025年的目标是什么", "月亮有多远？"])
def test_nothing_moves_while_the_product_answers(
    visitor: Visitor, width: int, question: str
) -> None:
    page = visitor.visit(width=width)
    page.evaluate(WATCH)
    for asked in (question, "图书馆几点关门？", question):
        settled(page, asked)
        moved, shifts = shifted(page)
        assert moved < 0.01, shifts


TRICKLE = """([events, pause]) => {
  const wait = (time) => new Promise((end) => setTimeout(end, time));
  const encoder = new TextEncoder();
  const { fetch } = window;
  const stream = () => new ReadableStream({
    async start(controller) {
      await wait(300);
      for (const event of events) {
        await wait(pause);
        controller.enqueue(encoder.encode(event));
      }
      controller.close();
    },
  });
  const headers = { "Content-Type": "text/event-stream" };
  window.fetch = async (address, options) => String(address).endsWith("/ask")
    ? new Response(stream(), { headers })
    : fetch(address, options);
}"""
"""A server that tells an answer event by event."""

LONG = statements(
    [Said(TRAM, QUOTE, "40,000"), Said(LINE, LINE_SAYS)],
    [Said(LINE, LINE_SAYS, "4.2万人次")],
    [Said(TRAM, FARES)],
    [Said(CORRECTION, CORRECTED, correction=True)],
    [Said(TRAM, "The line opened.")],
)


def trickled(page: Page, question: str, status: str) -> None:
    """Ask while an answer of five statements comes slowly; return when it is there."""
    read = time_read("2025-07-01", "2026-09-30", latest=True)
    understood = {**meta(question, "en", read), "standalone_question": "How many ride the tram?"}
    events: list[tuple[str, Any]] = [
        ("meta", understood),
        *(("source", source(article)) for article in (TRAM, LINE, CORRECTION)),
        *(("statement", one) for one in LONG),
        ("done", done(status, "\n".join(one["text"] for one in LONG))),
    ]
    split = [event_stream([event]).decode() for event in events]
    page.evaluate(TRICKLE, [split, 80])
    ask(page, question)
    expect(page.locator("qa-answer").last).to_have_attribute("aria-busy", "false", timeout=20_000)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("status", ["answered", "conflicting"])
def test_nothing_moves_while_an_answer_comes_slowly(
    visitor: Visitor, width: int, status: str
) -> None:
    page = visitor.visit(locale="en-GB", width=width)
    page.evaluate(WATCH)
    for question in ("tram", "And by ferry?"):
        trickled(page, question, status)
        moved, shifts = shifted(page)
        assert moved < 0.01, shifts


def test_what_moves_is_seen_to_move(visitor: Visitor) -> None:
    """The check of the checks above: a line that pushes the statements down is found."""
    page = three(visitor)
    page.evaluate(WATCH)
    page.locator("#question").press("Enter")
    page.wait_for_timeout(200)
    page.evaluate("""() => {
      const line = document.createElement("hr");
      line.style.height = "200px";
      document.querySelector(".statements").prepend(line);
    }""")
    moved, _ = shifted(page)
    assert moved > 0.01


def test_an_answer_is_told_once_it_is_whole(visitor: Visitor) -> None:
    """Nothing is announced until the table stands in the place of the statements."""
    page = visitor.visit(locale="en-GB")
    page.evaluate("""() => {
      window.early = [];
      new MutationObserver(() => {
        const [answer, table] = ["qa-answer", "table"].map((one) => document.querySelector(one));
        if (answer?.ariaBusy === "false" && !table) window.early.push(answer.textContent);
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    }""")
    trickled(page, "tram", "conflicting")
    expect(page.get_by_role("table")).to_be_visible()
    assert page.evaluate("window.early") == []
    page.locator(".from a.chip").first.hover()
    expect(page.get_by_role("tooltip")).to_have_attribute("aria-live", "off")


def test_who_asks_about_days_without_articles_is_told_which_have_some(visitor: Visitor) -> None:
    page = visitor.visit(locale="en-GB")
    ask(page, "What did the harbour museum announce in 1987?")
    expect(page.locator(".absence")).to_contain_text("The articles are from")
    with page.expect_response("**/facets"):
        ask(page, "What did the moon base announce in March 2024?")
    expect(page.locator(".absence")).to_have_count(2)
    expect(page.locator(".absence").last).not_to_contain_text("The articles are from")
