"""An article made to hurt, in the real page: nothing of it runs, and nothing stands elsewhere."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page

from .conftest import serving
from .visitor import Visitor, ask

CANARY = "window.canary=1"
SAID = "The harbour of Zembla handles 7,214 containers a day."

BODY = f"""
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example">
<style>@import url(https://evil.example/a.css);
body {{ display: none; width: expression({CANARY}) }}
</style><script>{CANARY}</script><script src="https://evil.example/a.js"></script>
<p>{SAID}</p>
<p>Its guards wrote
&lt;img src=x onerror={CANARY}&gt; and &lt;script&gt;{CANARY}&lt;/script&gt;.</p>
<img src=x onerror="{CANARY}"><svg onload="{CANARY}"><script>{CANARY}</script>
<foreignObject><iframe src="javascript:{CANARY}"></iframe></foreignObject>
<animate onbegin="{CANARY}" attributeName="x" dur="1s"/>
<a xlink:href="javascript:{CANARY}">x</a></svg>
<a href="javascript:{CANARY}">one</a> <a href="vbscript:x">two</a>
<a href="data:text/html,<script>{CANARY}</script>">three</a>
<iframe srcdoc="<script>parent.canary=1</script>"></iframe>
<noscript><p title="</noscript><img src=x onerror={CANARY}>"></noscript>
<template><script>{CANARY}</script></template><math><mtext><table><mglyph><style><img src=x
onerror={CANARY}></style></mglyph></table></mtext></math>
<p>&amp;lt;script&amp;gt;{CANARY}&amp;lt;/script&amp;gt;</p>
<p>Z{"&#x301;&#x316;" * 5_000}algo of Zembla.</p>
<p>The \u202eabmeZ\u202c of \u2066Zembla\u2069 and \U000e0041\u200bZembla.</p>
<p>Zembla {"x" * 3_000} is unbroken.</p>
"""
ARTICLE = {
    "id": "hostile",
    "title": f"\u202eHarbour <img src=x onerror={CANARY}> of \u2067Zembla",
    "html": BODY,
    "author": f"<svg onload={CANARY}>\u202e Kinbote",
    "publisher": f"\u202d<b onmouseover={CANARY}>Zembla Times</b>" + "e\u0301\u0316" * 60,
    "published": "2025-03-04",
    "url": "https://news.example/%E2%80%AE%3Cscript%3E" + "a" * 1_500,
}


@pytest.fixture(scope="module")
def hostile_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product, over an article that is made to hurt."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    with serving(folder) as url:
        request = urllib.request.Request(
            f"{url}/articles", json.dumps(ARTICLE).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            assert response.status == 201
        yield url


@pytest.fixture
def reader(browser: Browser, hostile_url: str) -> Iterator[Visitor]:
    """A visitor of it; a request that leaves the server, or breaks the policy, is a fault."""
    visitor = Visitor(browser, hostile_url)
    yield visitor
    for context in browser.contexts:
        context.close()
    assert visitor.faults == []


def watch(page: Page) -> list[str]:
    """Return what the page does that it must not, as it does so."""
    found: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        found.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("popup", lambda popup: found.append(popup.url))
    return found


def assert_calm(page: Page, found: list[str]) -> None:
    """Check that nothing ran, nothing foreign is in the page, and it is no wider than it shows."""
    assert found == []
    assert page.evaluate("window.canary") is None
    assert page.locator("iframe, foreignObject, base, object, embed").count() == 0
    handlers = "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])"
    assert not page.evaluate(f"{handlers}.some(a => /^on|^style$/.test(a.name))")
    schemes = page.evaluate("[...document.links].map(a => a.protocol)")
    assert set(schemes) <= {"http:", "https:"}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not page.evaluate(
        "/[\\u202a-\\u202e\\u2066-\\u2069\\u{e0041}]/u.test(document.body.textContent)"
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_an_article_made_to_hurt_is_read_as_words(reader: Visitor, width: int) -> None:
    page = reader.visit("/articles/hostile", locale="en-GB", width=width)
    found = watch(page)

    page.get_by_text(SAID).wait_for()

    assert f"<img src=x onerror={CANARY}>" in page.locator("body").inner_text()
    assert_calm(page, found)


@pytest.mark.parametrize("width", [320, 1280])
def test_an_answer_from_it_is_words_as_well(reader: Visitor, width: int) -> None:
    page = reader.visit(locale="en-GB", width=width)
    found = watch(page)

    ask(page, "How many containers does the harbour of Zembla handle a day?")
    page.locator("#thread").get_by_text("7,214 containers").first.wait_for()

    assert_calm(page, found)


QUESTION = "\u202eabc <img src=x onerror=window.canary=1> " + "Z\u0301\u0316" * 100 + " ما هي?"


def test_a_question_made_to_hurt_is_shown_as_it_was_asked(reader: Visitor) -> None:
    page = reader.visit(locale="en-GB")
    found = watch(page)

    ask(page, QUESTION)
    page.locator("#thread").get_by_text("onerror=window.canary=1").first.wait_for()
    page.wait_for_load_state("networkidle")

    assert found == []
    assert page.evaluate("window.canary") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
