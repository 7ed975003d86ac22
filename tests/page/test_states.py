"""What holds in every state of the page, whatever its language and theme, over the real product."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from .axe import faults
from .conftest import serving
from .states import KEY, LOCALES, STATES
from .visitor import Theme, Visitor

THEMES: tuple[Theme, ...] = ("light", "dark")

CONTRASTING = "document.documentElement.dataset.theme = 'contrast'"

SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; }
    * { word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }
  `);
  document.adoptedStyleSheets = [sheet];
}"""

COVERED = """() => {
  const form = document.querySelector("#ask");
  const focused = document.activeElement;
  if (focused === document.body || form.contains(focused)) return [];
  const { top, bottom } = focused.getBoundingClientRect();
  const free = top >= 0 && bottom <= form.getBoundingClientRect().top;
  return free ? [] : [focused.outerHTML];
}"""

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


def reached(guest: Visitor, name: str, locale: str, width: int, height: int = 800) -> Page:
    state = STATES[name]
    page = guest.visit(state.path, locale=locale, width=width, height=height)
    state.reach(page, locale)
    return page


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", STATES)
def test_every_state_keeps_to_wcag(guest: Visitor, name: str, locale: str) -> None:
    """To AA in every theme, and in that of high contrast to the contrast of AAA."""
    page = reached(guest, name, locale, 1280)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert faults(page, "target-size") == []
    page.evaluate(CONTRASTING)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert faults(page, "color-contrast-enhanced") == []


def test_a_fault_would_be_found(guest: Visitor) -> None:
    page = reached(guest, "empty", "en-GB", 1280)
    page.evaluate("document.querySelector('main').append(new Image())")
    assert [fault for fault in faults(page) if fault.startswith("image-alt")]


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", STATES)
def test_every_state_fits_a_window_of_320_pixels(guest: Visitor, name: str, locale: str) -> None:
    """As narrow as one of 640 pixels is at 200 %, and of 1280 at 400 %; letters may stand apart."""
    page = reached(guest, name, locale, 320)
    assert page.evaluate(OVERFLOWING) == []
    page.evaluate(SPACED)
    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize(("width", "height"), [(1280, 600), (390, 700), (844, 390)])
@pytest.mark.parametrize("name", ["not-found", "conflicting"])
def test_what_has_the_focus_stands_above_the_field(
    guest: Visitor, name: str, width: int, height: int
) -> None:
    page = reached(guest, name, "en-GB", width, height)
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
        page.keyboard.press(key)
        assert page.evaluate(COVERED) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_finger_hits_what_matters(guest: Visitor, locale: str) -> None:
    page = guest.visit(locale=locale, width=320, touch=True)
    STATES["answered"].reach(page, locale)
    buttons = page.locator("header button:visible, #send").all()
    boxes = [box for button in buttons if (box := button.bounding_box())]
    assert all(min(box["width"], box["height"]) >= 44 for box in boxes)
    assert len({box["y"] for box in boxes[:-1]}) == 1


def test_who_presses_a_suggestion_goes_on_in_the_field(guest: Visitor) -> None:
    page = reached(guest, "empty", "en-GB", 1280)
    page.locator("#suggestions button").first.press("Enter")
    expect(page.locator("#question")).to_be_focused()
