"""What an operator is shown, and the rebuild: beside questions, one at a time, whole or not."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from filelock import FileLock
from pydantic import SecretStr

from embeddings.models import BUILT_IN
from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.generations import Generations
from qa.neutral import NeutralEncoder
from qa.sources import read_paths
from web.app import create_app
from web.headers import POLICY
from web.routes import operation

from .operating import KEY, Gate, keyed, until
from .problem import assert_problem

FERRY = {"id": "ferry", "title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}
QUESTION = {"question": "When does the night ferry to Anholm begin?"}
IDLE = {
    "state": "idle",
    "finished": 0,
    "total": 0,
    "began": None,
    "ended": None,
    "error": None,
}


@pytest.fixture
def gate(neutral_encoder: NeutralEncoder) -> Iterator[Gate]:
    """The encoder of the engine."""
    gate = Gate(neutral_encoder)
    yield gate
    gate.open.set()


@pytest.fixture
def engine(gate: Gate, dictionary: Dictionary, tmp_path: Path) -> Engine:
    """An engine whose rebuild can be held up."""
    return Engine(Corpus(tmp_path / "home", lambda _: gate, BUILT_IN), dictionary)


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return keyed(engine)


def cited(client: TestClient) -> str:
    answer = client.post("/ask", json=QUESTION).json()
    return str(answer["citations"][0]["article_id"])


def test_an_empty_home_has_nothing_to_show(client: TestClient) -> None:
    assert client.get("/operation").json() == {
        "articles": 0,
        "passages": 0,
        "model": None,
        "generation": None,
        "rebuilt": None,
        "newest": None,
        "refusals": 0,
        "refused": [],
        "rebuild": IDLE,
        "trouble": None,
    }


def test_the_page_and_all_that_it_names_is_served_without_the_key(engine: Engine) -> None:
    app = create_app(engine, Settings(operator_key=SecretStr(KEY)))
    page = TestClient(app).get("/operator")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"] == POLICY
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert named
    for address in named:
        assert TestClient(app).get(address).status_code == 200, address


def test_an_operator_sees_what_the_server_holds(client: TestClient) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    client.post("/articles", json=[FERRY, {**FERRY, "id": "b", "text": "Another. " * 400}])
    shown = client.get("/operation").json()
    index = client.post("/ask", json=QUESTION).json()["index"]
    assert (shown["articles"], shown["passages"]) == (2, index["passages"])
    assert shown["passages"] > 2
    assert shown["model"] == index["model"]
    assert index["generation"].startswith(shown["generation"])
    for moment in ("rebuilt", "newest"):
        assert before < datetime.fromisoformat(shown[moment]) < datetime.now(UTC)
    assert shown["rebuild"] == IDLE


def test_newest_is_when_an_article_was_last_taken_or_changed(client: TestClient) -> None:
    moments = []
    for text in ("One.", "One.", "Two."):
        client.put("/articles/a", json={"text": text})
        moments.append(client.get("/operation").json()["newest"])
    assert moments[0] == moments[1] < moments[2]


def test_the_newest_refusals_are_shown_and_all_are_counted(
    client: TestClient, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        path = tmp_path / f"{number}.jsonl"
        path.write_text('{"title": "no text"}\n')
        engine.corpus.add(read_paths([str(path)]))
    shown = client.get("/operation").json()
    assert shown["refusals"] == 3
    assert [one["origin"] for one in shown["refused"]] == [f"{n}.jsonl" for n in (2, 1, 0)]
    assert all(one["reason"] and datetime.fromisoformat(one["when"]) for one in shown["refused"])
    monkeypatch.setattr(operation, "MOST_REFUSED", 2)
    shown = client.get("/operation").json()
    assert (shown["refusals"], len(shown["refused"])) == (3, 2)


def test_questions_are_answered_while_the_index_is_made_anew(
    client: TestClient, gate: Gate
) -> None:
    client.post("/articles", json=[FERRY, {**FERRY, "id": "b", "text": "Another text."}])
    client.delete("/articles/b")
    old = client.get("/operation").json()["generation"]
    gate.open.clear()
    response = client.post("/operation/rebuild")
    assert response.status_code == 202
    assert (response.json()["state"], response.json()["ended"]) == ("running", None)
    assert cited(client) == "ferry"
    assert_problem(client.post("/operation/rebuild"), 409)
    shown = client.get("/operation").json()
    assert (shown["generation"], shown["rebuild"]) == (old, response.json())
    gate.open.set()
    rebuild = until(client, "done")
    assert (rebuild["finished"], rebuild["error"]) == (rebuild["total"], None)
    assert rebuild["began"] == response.json()["began"] < rebuild["ended"]
    shown = client.get("/operation").json()
    assert shown["generation"] > old
    assert cited(client) == "ferry"
    assert client.post("/operation/rebuild").status_code == 202
    until(client, "done")


def test_a_server_that_is_stopped_in_a_rebuild_leaves_the_old_index(
    engine: Engine, gate: Gate, dictionary: Dictionary
) -> None:
    generations = Generations(engine.corpus.home)
    with keyed(engine) as client:
        client.post("/articles", json=FERRY)
        old = generations.current()
        gate.open = client.app.state.closing  # type: ignore[attr-defined]
        assert client.post("/operation/rebuild").status_code == 202
        rebuilds = client.app.state.rebuilds  # type: ignore[attr-defined]
    assert (rebuilds.last.state, rebuilds.last.error) == ("failed", "the server was stopped")
    assert generations.current() == old
    again = Engine(Corpus(engine.corpus.home, lambda _: gate, BUILT_IN), dictionary)
    started = keyed(again)
    shown = started.get("/operation").json()["rebuild"]
    assert (shown["state"], shown["error"]) == ("failed", "the server was stopped")
    assert cited(started) == "ferry"
    started.post("/operation/rebuild")
    until(started, "done")
    assert generations.current() != old


def test_another_process_of_the_home_tells_of_a_rebuild_and_begins_none_beside_it(
    client: TestClient, engine: Engine, gate: Gate, dictionary: Dictionary
) -> None:
    other = keyed(Engine(Corpus(engine.corpus.home, lambda _: gate, BUILT_IN), dictionary))
    client.post("/articles", json=FERRY)
    gate.open.clear()
    begun = client.post("/operation/rebuild").json()
    assert other.get("/operation").json()["rebuild"] == begun
    assert_problem(other.post("/operation/rebuild"), 409)
    gate.open.set()
    assert until(other, "done")["finished"] == 1
    assert other.post("/operation/rebuild").status_code == 202
    until(client, "done")


def test_a_rebuild_whose_process_is_gone_is_told_as_stopped(
    client: TestClient, engine: Engine
) -> None:
    client.post("/articles", json=FERRY)
    client.post("/operation/rebuild")
    ended = until(client, "done")
    killed = {**ended, "state": "running", "ended": None}
    (engine.corpus.home / "rebuild.json").write_text(json.dumps(killed))
    shown = client.get("/operation").json()["rebuild"]
    assert shown == {**killed, "state": "failed", "error": "the server was stopped"}
    assert client.post("/operation/rebuild").status_code == 202
    until(client, "done")


def test_a_rebuild_that_fails_says_why_and_leaves_the_old_index(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/articles", json=FERRY)
    monkeypatch.setattr("qa.corpus.WAIT_SECONDS", 0.1)
    with FileLock(engine.corpus.home / "writer.lock"):
        client.post("/operation/rebuild")
        rebuild = until(client, "failed")
    assert "another process has been writing" in rebuild["error"]
    assert rebuild["began"] < rebuild["ended"]
    assert cited(client) == "ferry"
    client.post("/operation/rebuild")
    assert until(client, "done")["error"] is None


def test_an_unforeseen_failure_is_in_the_log_and_nowhere_else(
    client: TestClient, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    client.post("/articles", json=FERRY)
    gate.failure = RuntimeError("of the inside")
    with caplog.at_level(logging.ERROR, "web.rebuilds"):
        client.post("/operation/rebuild")
        assert until(client, "failed")["error"] == "see the server's log"
    assert "of the inside" in caplog.text
    assert "Traceback" in caplog.text
    assert cited(client) == "ferry"


def test_an_index_that_is_damaged_is_told_and_mended_by_a_rebuild(
    client: TestClient, engine: Engine, gate: Gate, dictionary: Dictionary
) -> None:
    client.post("/articles", json=FERRY)
    current = Generations(engine.corpus.home).current()
    assert current
    (current / "manifest.json").write_text("{")
    damaged = keyed(Engine(Corpus(engine.corpus.home, lambda _: gate, BUILT_IN), dictionary))
    shown = damaged.get("/operation").json()
    assert "newsqa rebuild" in shown["trouble"]
    assert (shown["articles"], shown["passages"], shown["model"]) == (1, 0, None)
    damaged.post("/operation/rebuild")
    until(damaged, "done")
    assert damaged.get("/operation").json()["trouble"] is None
    assert cited(damaged) == "ferry"
