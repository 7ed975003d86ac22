"""Articles that are taken, told as they are: JSON is the last of the events."""

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from embeddings.models import BUILT_IN
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.neutral import NeutralEncoder

from .events import events
from .operating import LOCAL, Gate
from .problem import assert_problem
from .serving import served

AS_EVENTS = {"Accept": "text/event-stream"}
SENT: list[dict[str, Any]] = [
    *({"id": str(number), "text": f"Ferry {number} sails on 3 May."} for number in range(4)),
    {"id": "4", "title": "no text"},
]
FERRY = {"text": "The night ferry sails on 3 May."}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two articles are taken at a time."""
    monkeypatch.setattr("qa.corpus.BATCH", 2)


def sent(client: TestClient, body: object) -> list[tuple[str, Any]]:
    """Return the events by which articles are taken: name and data of each."""
    response = client.post("/articles", json=body, headers=AS_EVENTS)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    return [(one["event"], json.loads(one["data"])) for one in events(response.text)]


def test_it_is_told_how_many_are_finished_and_then_what_became_of_them(
    client: TestClient,
) -> None:
    *progress, (name, document) = sent(client, SENT)
    assert progress == [("progress", {"finished": count}) for count in (2, 4, 5)]
    assert name == "done"
    assert document["articles"] == [{"id": str(n), "outcome": "added"} for n in range(4)]
    assert [one["origin"] for one in document["refused"]] == ["articles[4]"]


def test_the_last_event_is_the_document_that_is_answered_without_events(
    client: TestClient,
) -> None:
    client.post("/articles", json=SENT)
    assert sent(client, SENT)[-1] == ("done", client.post("/articles", json=SENT).json())
    refusal = client.post("/articles", json=SENT[4:])
    assert_problem(refusal, 422, "text")
    assert sent(client, SENT[4:])[-1] == ("error", refusal.json())


def test_what_cannot_be_read_at_all_is_refused_before_the_stream_begins(
    client: TestClient,
) -> None:
    assert_problem(client.post("/articles", content=b"x", headers=AS_EVENTS), 415)
    headers = {**AS_EVENTS, "Content-Type": "application/json"}
    assert_problem(client.post("/articles", content=b"{", headers=headers), 422)


@pytest.fixture
def gate(neutral_encoder: NeutralEncoder) -> Gate:
    return Gate(neutral_encoder)


@pytest.fixture
def gated(gate: Gate, dictionary: Dictionary, tmp_path: Path) -> Engine:
    """An engine that can be held up in taking articles."""
    return Engine(Corpus(tmp_path, lambda _: gate, BUILT_IN), dictionary)


def test_an_unforeseen_failure_is_told_in_the_stream_and_kept_to_the_log(
    gated: Engine, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    from web.app import create_app

    gate.failure = RuntimeError("of the inside")
    with caplog.at_level(logging.ERROR, "web.taken"):
        name, document = sent(TestClient(create_app(gated), client=LOCAL), SENT)[-1]
    assert (name, document["status"]) == ("error", 500)
    assert document["detail"] == "see the server's log"
    assert "of the inside" in caplog.text


def test_what_was_sent_is_taken_to_the_end_though_the_client_goes_away(
    gated: Engine, gate: Gate
) -> None:
    gate.open.clear()
    with served(gated) as ask:
        address = ask.replace("/ask", "/articles")
        with httpx2.stream("POST", address, json=SENT, headers=AS_EVENTS, timeout=20) as response:
            assert response.status_code == 200
        gate.open.set()
        deadline = time.monotonic() + 20
        while len(gated.corpus.articles) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_readers_do_not_wait_with_those_who_wait_to_write(gated: Engine, gate: Gate) -> None:
    with served(gated) as ask, ThreadPoolExecutor(60) as many:
        url = ask.removesuffix("/ask")
        httpx2.post(f"{url}/articles", json=SENT[:2], timeout=20)
        gate.open.clear()
        first = many.submit(httpx2.post, f"{url}/articles", json=SENT, timeout=60)
        time.sleep(0.5)
        others = [
            many.submit(httpx2.request, method, f"{url}/articles/a-{n}", json=FERRY, timeout=60)
            for n in range(25)
            for method in ("PUT", "DELETE")
        ]
        try:
            time.sleep(1)
            assert httpx2.get(f"{url}/facets", timeout=5).status_code == 200
            assert not first.done()
        finally:
            gate.open.set()
        assert first.result().status_code == 201
        assert {one.result().status_code for one in others} <= {201, 200, 204, 404, 410}
