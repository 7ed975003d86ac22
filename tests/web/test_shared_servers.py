"""Two servers on one database, as processes of their own: what one takes the other answers."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from qa.config import Settings
from qa.feedback import FeedbackStore
from qa.home import kept_as
from tests.bench.served import Served, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

PIER = {"id": "pier", "title": "Pier", "text": "The pier at Oakport cost 12 million dollars."}
QUESTION = "How much did the pier at Oakport cost?"


@pytest.fixture
def servers(postgres: str, tmp_path: Path) -> Iterator[tuple[Served, Served]]:
    settings = {"NEWSQA_DATABASE": postgres, "NEWSQA_THREADS": "1"}
    with (
        serving(tmp_path / "one", **settings) as one,
        serving(tmp_path / "other", **settings) as other,
    ):
        for server in (one, other):
            server.until_answered(QUESTION)
        yield one, other


def answer(server: Served) -> str:
    body = {"question": QUESTION}
    response = httpx2.post(f"{server.address}/ask", json=body, timeout=60).raise_for_status()
    return str(response.json()["answer"])


def sent(server: Served, *articles: dict[str, str]) -> httpx2.Response:
    return httpx2.post(f"{server.address}/articles", json=list(articles), timeout=120)


def test_what_one_server_takes_the_other_answers(
    servers: tuple[Served, Served], postgres: str, tmp_path: Path
) -> None:
    one, other = servers
    sent(one, PIER).raise_for_status()
    assert "12 million" in answer(other)

    httpx2.delete(f"{other.address}/articles/pier", timeout=60).raise_for_status()

    assert "12 million" not in answer(one)
    assert httpx2.get(f"{one.address}/articles/pier").status_code == 410

    said = {"answer": f"ask-{1:032x}", "rating": "up", "question": QUESTION, "status": "answered"}
    httpx2.post(f"{one.address}/feedback", json=said, timeout=60).raise_for_status()
    kept = kept_as(Settings(home=tmp_path, database=postgres))(tmp_path)  # type: ignore[arg-type]
    assert [feedback.question for feedback in FeedbackStore(kept).all()] == [QUESTION]


def test_a_server_that_is_killed_while_it_takes_articles_leaves_them_whole(
    servers: tuple[Served, Served],
) -> None:
    one, other = servers
    many = [
        {"id": f"n{n}", "title": f"Ship {n}", "text": f"The ship {n} left. It carried {n} tons."}
        for n in range(200)
    ]

    def send() -> None:
        with suppress(httpx2.HTTPError):
            sent(one, *many)

    sending = threading.Thread(target=send)
    sending.start()
    deadline = time.monotonic() + 60
    while not httpx2.get(f"{other.address}/articles").json()["articles"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    one.process.send_signal(signal.SIGKILL)
    sending.join()

    sent(other, PIER).raise_for_status()  # and takes in what the other left

    assert "12 million" in answer(other)
    told = httpx2.get(f"{other.address}/metrics").text
    assert "newsqa_index_articles 201.0" in told
    assert "newsqa_index_passages 201.0" in told
