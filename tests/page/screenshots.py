"""Pictures of every state of the page: `make screenshots` puts them beside this file.

In both languages and both themes, on a wide screen and on a telephone. Only those that the README
shows are kept under version control.
"""

import shutil
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright

from .conftest import FLAGS, serving
from .states import KEY, LOCALES, STATES
from .visitor import Theme, Visitor

FOLDER = Path(__file__).parent / "screenshots"
THEMES: tuple[Theme, ...] = ("light", "dark")
SCREENS = {"wide": (1200, 675), "phone": (390, 844)}


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home), NEWSQA_OPERATOR_KEY=KEY) as url,
        sync_playwright() as playwright,
    ):
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, locale, theme, screen in product(STATES, LOCALES, THEMES, SCREENS):
            width, height = SCREENS[screen]
            page = Visitor(browser, url).visit(
                STATES[name].path, locale=locale, width=width, height=height, theme=theme
            )
            STATES[name].reach(page, locale)
            page.screenshot(path=FOLDER / f"{name}-{locale[:2]}-{theme}-{screen}.png")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
