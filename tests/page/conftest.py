"""A browser and a server for the page's tests.

Needs Chromium; without it the tests are skipped, or fail where NEWSQA_REQUIRE_BROWSER is set.
NEWSQA_URL names a server that already runs over `seeds/`; without it one is started.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from .visitor import Visitor

ROOT = Path(__file__).parents[2]
NEWSQA = [sys.executable, "-c", "from web.cli import main; main()"]
START_SECONDS = 300
"""The first start on a machine exports the built-in model."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        missing = "the page's tests need Chromium on the PATH"
        if os.environ.get("NEWSQA_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The product over `seeds/`, as `newsqa serve` runs it."""
    if running := os.environ.get("NEWSQA_URL"):
        yield running.rstrip("/")
        return
    with serving(tmp_path_factory.mktemp("home")) as url:
        yield url


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[str]:
    """Serve `seeds/` from a home until done with; `settings` are more of the environment."""
    port = free_port()
    with started(home, port, add=True, **settings):
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def started(home: Path, port: int, *, add: bool = False, **settings: str) -> Iterator[None]:
    """Serve from a home on a port until done with, having added `seeds/` if asked."""
    own = {"NEWSQA_HOME": str(home), "NEWSQA_LLM_URL": "", **settings}
    environment = {**os.environ, **own}
    if add:
        subprocess.run([*NEWSQA, "add", "seeds"], check=True, cwd=ROOT, env=environment)
    serve = [*NEWSQA, "serve", "--port", str(port)]
    with subprocess.Popen(serve, cwd=ROOT, env=environment) as server:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", server)
            yield
        finally:
            server.terminate()


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"newsqa serve ended with exit code {server.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz"):
                return
        except urllib.error.HTTPError as error:
            error.close()
        except urllib.error.URLError:
            pass
        time.sleep(0.2)
    pytest.fail(f"newsqa serve was not ready after {START_SECONDS} s")


@pytest.fixture
def visitor(browser: Browser, server_url: str) -> Iterator[Visitor]:
    """A visitor no page of whose may reach another server, break the policy or raise an error."""
    visitor = Visitor(browser, server_url)
    yield visitor
    for context in browser.contexts:
        context.close()
    assert visitor.faults == []
