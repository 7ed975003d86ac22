"""What holds in every state of the page, whatever its language and theme, over the real product."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from .conftest import serving
from .states import KEY, LOCALES, STATES
from .visitor import Theme, Visitor

AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"

OVERFLOWING = """() => {
  const wide = [document.documentElement, ...document.querySelectorAll("dialog[open]")];
  return wide.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.localName);
}"""


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product over `seeds/` with its operator's page."""
    with serving(tmp_path_factory.mktemp("house"), NEWSQA_OPERATOR_KEY=KEY) as url:
        yield url


@pytest.fixture
def guest(browser: Browser, house: str) -> Iterator[Visitor]:
    guest = Visitor(browser, house)
    yield guest
    for context in browser.contexts:
        context.close()
    assert guest.faults == []


def reached(guest: Visitor, name: str, locale: str, width: int, theme: Theme = "light") -> Page:
    state = STATES[name]
    page = guest.visit(state.path, locale=locale, width=width, theme=theme)
    state.reach(page, locale)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", STATES)
def test_every_state_keeps_to_wcag(guest: Visitor, name: str, locale: str, theme: Theme) -> None:
    if not AXE.exists():
        pytest.skip("run `npm install` in tests/page for the accessibility check")
    page = reached(guest, name, locale, 1280, theme)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]] == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", STATES)
def test_every_state_fits_a_window_of_320_pixels(guest: Visitor, name: str, locale: str) -> None:
    """As narrow as a window of 640 pixels is at 200 %, and of 1280 at 400 %."""
    assert reached(guest, name, locale, 320).evaluate(OVERFLOWING) == []
