"""Clients of the application: over the seeds, which nobody changes, and over an empty home."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from web.app import create_app

from .operating import LOCAL


@pytest.fixture(scope="session")
def seeds(seeds_engine: Engine) -> Iterator[TestClient]:
    """A client of the application over `seeds/`: ask, and change nothing."""
    with TestClient(create_app(seeds_engine), client=LOCAL) as client:
        deadline = time.monotonic() + 60
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield client


@pytest.fixture
def engine(open_engine: Callable[[Path], Engine], tmp_path: Path) -> Engine:
    """An engine over a home of the test's own."""
    return open_engine(tmp_path)


@pytest.fixture
def client(engine: Engine) -> TestClient:
    """A client over that home; nothing is opened before the first question."""
    return TestClient(create_app(engine), client=LOCAL)
