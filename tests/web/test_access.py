"""Who may write: whoever sends the operator's key, and anybody where none is set."""

import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from qa.articles import MAX_ARTICLE_BYTES
from qa.config import Settings
from qa.engine import Engine
from web.app import create_app

from .operating import KEY, keyed
from .problem import assert_problem

FERRY = {"id": "ferry", "title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}
OPERATORS = [
    ("GET", "/operator"),
    ("GET", "/operation"),
    ("POST", "/operation/rebuild"),
    ("POST", "/addresses"),
]
ASKING = {("post", "/ask"), ("post", "/search")}
NO_KEYS = ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"]


def described(client: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the API's description says of each method and path."""
    paths = client.get("/openapi.json").json()["paths"]
    return {(method, path): one for path in paths for method, one in paths[path].items()}


@pytest.fixture
def guarded(engine: Engine) -> TestClient:
    """A client that has no key, of a server that asks for one."""
    return TestClient(create_app(engine, Settings(operator_key=SecretStr(KEY))))


def test_whatever_may_change_something_asks_for_the_key_and_what_reads_does_not(
    guarded: TestClient,
) -> None:
    for (method, path), one in described(guarded).items():
        writes = method != "get" and (method, path) not in ASKING
        response = guarded.request(method, path)
        if writes or path == "/operation":
            assert_problem(response, 401)
            assert response.headers["www-authenticate"] == "Bearer"
            assert one["security"] == [{"operator": []}], path
            assert "401" in one["responses"], path
        else:
            assert response.status_code != 401, path
            assert "security" not in one, path
    assert guarded.get("/operator").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("sent", [*NO_KEYS, "Bearer clé", f"Bearer {KEY} {KEY}"])
def test_nothing_but_the_key_itself_lets_anybody_write(
    guarded: TestClient, engine: Engine, sent: str
) -> None:
    headers = {b"Authorization": sent.encode()}
    assert_problem(guarded.post("/articles", json=FERRY, headers=headers), 401)
    assert_problem(guarded.delete("/articles/ferry", headers=headers), 401)
    assert len(engine.corpus.articles) == 0


def test_with_the_key_articles_are_written_and_without_it_they_are_read(
    engine: Engine, guarded: TestClient
) -> None:
    operator = keyed(engine)
    assert operator.post("/articles", json=FERRY).status_code == 201
    assert operator.put("/articles/ferry", json=FERRY).status_code == 200
    assert guarded.get("/articles/ferry").json()["title"] == "Ferry"
    asked = {"question": "When does the night ferry to Anholm begin?"}
    assert guarded.post("/ask", json=asked).json()["citations"][0]["article_id"] == "ferry"
    assert operator.delete("/articles/ferry").status_code == 204


def test_a_body_is_not_read_before_the_key(guarded: TestClient) -> None:
    # It would be found too long.
    assert_problem(guarded.post("/articles", content=b"x" * (MAX_ARTICLE_BYTES + 1)), 401)


def test_the_key_is_told_nowhere(
    engine: Engine, guarded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        told = [
            client.request(method, path, headers=headers).text
            for client in (keyed(engine), guarded)
            for method, path in [*OPERATORS, ("GET", "/openapi.json"), ("GET", "/metrics")]
            for headers in ({}, {"Authorization": f"Basic {KEY}"})
        ]
    assert KEY not in "".join(told)
    # The client that asks logs what it asks; the server's own loggers are what counts.
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert not [one for one in ours if KEY in one.getMessage()]


@pytest.mark.parametrize(("method", "path"), OPERATORS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer {KEY}"}])
def test_without_a_key_there_is_nothing_for_operators(
    client: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    assert_problem(client.request(method, path, json={}, headers=headers), 404)
    assert (method.lower(), path) not in described(client)


def test_without_a_key_anybody_writes(client: TestClient) -> None:
    assert client.post("/articles", json=FERRY).status_code == 201
    assert client.delete("/articles/ferry").status_code == 204
