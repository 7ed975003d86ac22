"""What a first visit to the page costs: bytes as they are sent, time until it shows."""

import shutil
import sys
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from tests.bench.report import Figures
from tests.bench.served import serving
from tests.page.conftest import FLAGS

VISITS = 7

_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_LOADED = """["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .filter(({ name }) => name === location.href || name.includes("/static/"))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""


def page(home: Path) -> Figures:
    """Return the figures of visits by a new visitor each; exits where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("no Chromium to visit the page with; name the other measures instead")
    with serving(home) as served, sync_playwright() as playwright:
        served.until_answered("六大工程有哪些")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        paints, loaded = [], []
        for _visit in range(VISITS):
            context = browser.new_context()
            visited = context.new_page()
            visited.goto(served.address, wait_until="networkidle")
            paints.append(visited.evaluate(_PAINTED))
            loaded.append(visited.evaluate(_LOADED))
            context.close()
        browser.close()
    return {"first_paint_ms": median(paints), "loaded_kb": median(loaded) / 1e3}
