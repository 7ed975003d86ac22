"""What axe-core finds wrong with the page as it stands."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

_AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
_FAULTS = """async ({ within, more }) => {
  const rules = Object.fromEntries(more.map((rule) => [rule, { enabled: true }]));
  const { violations } = await axe.run(document.querySelector(within), { rules });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}"""


def faults(page: Page, *more: str, within: str = "html") -> list[str]:
    """Return the faults, by axe-core's usual rules and `more` of them.

    Where it is not installed the test is skipped, or fails where NEWSQA_REQUIRE_BROWSER is set.
    """
    if not _AXE.exists():
        missing = "run `npm install` in tests/page for the accessibility check"
        if os.environ.get("NEWSQA_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    page.evaluate(_AXE.read_text())
    found: list[str] = page.evaluate(_FAULTS, {"within": within, "more": more})
    return found
