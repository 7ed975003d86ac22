"""`newsqa serve` as operators run it: under too many questions, in several processes, stopped."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from qa.engine import Engine
from qa.sources import read_paths
from tests.bench.served import Served, serving

from .problem import assert_problem

SEEDS = Path(__file__).parents[2] / "seeds"
QUESTION = "How late is the Larkwater library open?"
FERRY = {"title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture(scope="module")
def home(open_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of the seeds."""
    home = tmp_path_factory.mktemp("served")
    assert not open_engine(home).corpus.add(read_paths([str(SEEDS)])).refused
    return home


def ask(served: Served, stream: bool = False) -> httpx2.Response:
    """Ask over a connection of its own."""
    body = {"question": QUESTION, "stream": stream}
    return httpx2.post(f"{served.address}/ask", json=body, timeout=120)


def test_who_asks_beyond_what_can_wait_is_told_when_to_come_again(home: Path) -> None:
    with serving(home, NEWSQA_WAITING="2") as served, ThreadPoolExecutor(48) as pool:
        served.until_answered(QUESTION)
        responses = list(pool.map(lambda number: ask(served, number % 2 == 0), range(96)))
    answered = [one for one in responses if one.status_code == 200]
    shed = [one for one in responses if one.status_code != 200]
    assert len(answered) >= 16
    assert all("22:00" in one.text or "10 p.m." in one.text for one in answered)
    assert shed
    for one in shed:
        assert_problem(one, 503)
        assert 1 <= int(one.headers["Retry-After"]) <= 60


def test_several_processes_serve_one_home(home: Path) -> None:
    with serving(home, "--workers", "2") as served:
        served.until_answered(QUESTION)
        pid = served.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if children.exists():
            assert len(children.read_text().split()) >= 2
        put = httpx2.put(f"{served.address}/articles/ferry", json=FERRY, timeout=120)
        assert put.status_code == 201
        asked = {"question": "When does the night ferry to Anholm begin?"}
        for _ in range(12):
            answer = httpx2.post(f"{served.address}/ask", json=asked, timeout=120).json()
            assert answer["citations"][0]["article_id"] == "ferry"
        assert httpx2.delete(f"{served.address}/articles/ferry").status_code == 204
        for _ in range(12):
            answer = httpx2.post(f"{served.address}/ask", json=asked, timeout=120).json()
            assert all(one["article_id"] != "ferry" for one in answer["sources"])


def begun(served: Served) -> int:
    """Return how many questions have come, those included that are answered."""
    told = httpx2.get(f"{served.address}/metrics", timeout=60).text
    names = "newsqa_questions_running|newsqa_questions_waiting|newsqa_questions_total[{].*[}]"
    return sum(int(float(one)) for one in re.findall(rf"(?m)^(?:{names}) (\S+)$", told))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_was_begun_is_finished_before_a_server_stops(home: Path, workers: str) -> None:
    with serving(home, "--workers", workers) as served, ThreadPoolExecutor(12) as pool:
        served.until_answered(QUESTION)
        before = begun(served)
        asked = [pool.submit(ask, served, number % 2 == 0) for number in range(12)]
        deadline = time.monotonic() + 60
        while begun(served) < before + 12:
            assert time.monotonic() < deadline
        os.kill(served.process.pid, signal.SIGTERM)
        responses = [one.result() for one in asked]
        served.process.wait(60)
    for number, response in enumerate(responses):
        assert response.status_code == 200
        assert "10 p.m." in response.text
        assert ("event: done" in response.text) == (number % 2 == 0)
