"""Who may ask and write: by key where there is one, by where they ask from until then."""

import json
import logging
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from qa.articles import MAX_ARTICLE_BYTES
from qa.config import Settings
from qa.engine import Engine
from qa.keys import Keys
from web.app import create_app

from .operating import KEY, LOCAL, keyed
from .problem import assert_problem
from .serving import served

FERRY = {"id": "ferry", "title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}
ASKED = {"question": "When does the night ferry to Anholm begin?"}
OPERATORS = [("GET", "/operation"), ("POST", "/operation/rebuild"), ("POST", "/addresses")]
WRITES = [*OPERATORS, ("POST", "/articles"), ("PUT", "/articles/a"), ("DELETE", "/articles/a")]
READS = [
    ("POST", "/ask"),
    ("POST", "/search"),
    ("POST", "/feedback"),
    ("GET", "/ask"),
    ("GET", "/articles"),
    ("GET", "/articles/a"),
    ("GET", "/facets"),
    ("GET", "/suggestions"),
    ("GET", "/metrics"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/a"),
]
OPEN = [
    ("GET", path)
    for path in ("/", "/docs", "/openapi.json", "/embed.js", "/operator", "/healthz", "/readyz")
]
OPEN += [("GET", "/static/app.js"), ("GET", "/swagger/swagger-ui.css")]
NO_KEYS = ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"]
REMOTE = ("192.0.2.7", 50_000)

Open = Callable[..., TestClient]


@pytest.fixture
def keys(engine: Engine) -> Keys:
    """The keys of the home."""
    return Keys(engine.corpus.home)


@pytest.fixture
def opened(engine: Engine) -> Open:
    """What returns a client of a server with these settings."""

    def open(key: str = "", client: tuple[str, int] = LOCAL, **settings: Any) -> TestClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        app = create_app(engine, Settings(**settings))
        return TestClient(app, headers=headers, client=client)

    return open


@pytest.fixture
def guarded(opened: Open) -> TestClient:
    """A client that has no key, of a server that asks for one."""
    return opened(operator_key=SecretStr(KEY))


def described(client: TestClient) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the API's description says of each method and path, "a" being any article."""
    paths = client.get("/openapi.json").json()["paths"]
    return {
        (method.upper(), re.sub("{.*}", "a", path)): one
        for path in paths
        for method, one in paths[path].items()
    }


def is_refused(client: TestClient, route: tuple[str, str], **headers: str) -> bool:
    """Say whether a request is refused for who makes it, whatever it is."""
    response = client.request(*route, content=b"{", headers=headers)
    if response.status_code == 401:
        assert_problem(response, 401)
        assert response.headers["www-authenticate"] == "Bearer"
    elif response.status_code == 403:
        assert_problem(response, 403)
    return response.status_code in (401, 403)


def test_every_route_is_one_of_these(client: TestClient) -> None:
    """Whoever adds one says here who may use it."""
    known = {*WRITES, *READS, *OPEN}
    assert described(client).keys() <= known


def test_whatever_may_change_something_asks_for_the_key_and_what_reads_does_not(
    guarded: TestClient,
) -> None:
    documents = described(guarded)
    for route in WRITES:
        assert is_refused(guarded, route), route
        assert documents[route]["security"], route
        assert {"401", "403"} <= documents[route]["responses"].keys(), route
    for route in [*READS, *OPEN]:
        assert not is_refused(guarded, route), route
    for route in READS:
        assert "security" not in documents[route], route


def test_reading_by_key_asks_for_any_key_and_leaves_the_pages_files_open(
    opened: Open, keys: Keys
) -> None:
    closed = opened(reading="key")
    reader = opened(keys.add("reader")[1], reading="key")
    writer = opened(keys.add("writer", "write")[1], reading="key")
    for route in READS:
        assert is_refused(closed, route), route
        assert not is_refused(reader, route), route
        assert not is_refused(writer, route), route
        assert route[1] == "/metrics" or described(closed)[route]["security"], route
    for route in OPEN:
        assert not is_refused(closed, route), route
    for route in WRITES:
        assert not is_refused(writer, route), route


def test_of_an_article_only_the_page_comes_without_a_key(opened: Open, keys: Keys) -> None:
    key = keys.add("writer", "write")[1]
    assert opened(key).post("/articles", json=FERRY).status_code == 201
    closed = opened(reading="key")
    html, data = ("Accept", "text/html"), ("Accept", "application/json")
    page = closed.get("/articles/ferry", headers=[html])
    assert page.headers["content-type"].startswith("text/html")
    for headers in ([html], [data], [html, data], [data, html], [], [("Accept", "*/*")]):
        for path in ("/articles/ferry", "/articles", "/articles/", "/articles?a=text/html"):
            assert "Anholm" not in closed.get(path, headers=headers).text, (path, headers)
    assert "Anholm" in opened(key, reading="key").get("/articles/ferry").text


def test_without_a_key_nobody_is_told_which_articles_there_are(opened: Open, keys: Keys) -> None:
    writer = opened(keys.add("writer", "write")[1])
    for name in ("ferry", "gone"):
        assert writer.put(f"/articles/{name}", json={**FERRY, "id": name}).status_code == 201
    assert writer.delete("/articles/gone").status_code == 204
    html = {"Accept": "text/html"}
    told = {
        (page.status_code, page.content)
        for path in ("ferry", "gone", "never", "ferry?version=9")
        for page in [opened(reading="key").get(f"/articles/{path}", headers=html)]
    }
    assert len(told) == 1
    assert writer.get("/articles/ferry", headers=html).status_code == 200
    assert writer.get("/articles/gone", headers=html).status_code == 410


@pytest.mark.parametrize("end", ["%0A", "/", "/%0A", "%0D%0A", "%00", ";a", "%3F"])
def test_no_other_spelling_of_a_path_opens_it(opened: Open, keys: Keys, end: str) -> None:
    """Starlette's routes match a path with a line's end behind it, too."""
    _, sent = keys.add("reader")
    keys.add("writer", "write")
    for method, path in WRITES:
        assert is_refused(opened(sent), (method, path + end)), (method, path)
    for method, path in READS:
        assert is_refused(opened(reading="key"), (method, path + end)), (method, path)


def test_a_key_that_may_only_read_is_refused_with_403(opened: Open, keys: Keys) -> None:
    _, sent = keys.add("reader")
    keys.add("writer", "write")
    reader = opened(sent)
    for route in WRITES:
        assert_problem(reader.request(*route, content=b"{"), 403)
        assert "--may write" in reader.request(*route).json()["detail"]


@pytest.mark.parametrize("sent", [*NO_KEYS, "Bearer clé", f"Bearer {KEY} {KEY}"])
def test_nothing_but_the_key_itself_lets_anybody_write(
    guarded: TestClient, engine: Engine, sent: str
) -> None:
    headers = {b"Authorization": sent.encode()}
    assert_problem(guarded.post("/articles", json=FERRY, headers=headers), 401)
    assert_problem(guarded.delete("/articles/ferry", headers=headers), 401)
    assert len(engine.corpus.articles) == 0


@pytest.mark.parametrize("operator", ["", KEY])
@pytest.mark.parametrize("sent", ["Bearer", "Bearer nonsense", "bearer newsqa_0_1"])
def test_who_sends_a_wrong_key_is_told_even_where_none_is_needed(
    opened: Open, operator: str, sent: str
) -> None:
    client = opened(operator_key=SecretStr(operator))
    for route in [*READS, *WRITES]:
        # OpenAI's clients do not go without a key: there only one of our own is wrong.
        if "newsqa_" in sent or not route[1].startswith("/v1/"):
            assert_problem(client.request(*route, headers={"Authorization": sent}), 401)
    # What a proxy asks for itself is no key of ours, and none of our business.
    assert client.get("/articles", headers={"Authorization": "Basic bWU6aXQ="}).status_code == 200


def test_with_the_key_articles_are_written_and_without_it_they_are_read(
    engine: Engine, guarded: TestClient
) -> None:
    operator = keyed(engine)
    assert operator.post("/articles", json=FERRY).status_code == 201
    assert operator.put("/articles/ferry", json=FERRY).status_code == 200
    assert guarded.get("/articles/ferry").json()["title"] == "Ferry"
    assert guarded.post("/ask", json=ASKED).json()["citations"][0]["article_id"] == "ferry"
    assert operator.delete("/articles/ferry").status_code == 204


def test_a_running_server_notices_each_key_and_each_revocation(
    opened: Open, keys: Keys, engine: Engine
) -> None:
    """Several applications over one home are as several worker processes are."""
    anybody = [opened(), opened()]
    for client in anybody:
        assert not is_refused(client, ("POST", "/articles"))
    made, sent = Keys(engine.corpus.home).add("desk", "write")
    holders = [opened(sent), opened(sent)]
    for client in anybody:
        assert is_refused(client, ("POST", "/articles"))
    for client in holders:
        assert not is_refused(client, ("POST", "/articles"))
    keys.revoke(made.id)
    for client in holders:
        assert_problem(client.get("/articles"), 401)
    for client in anybody:
        assert not is_refused(client, ("POST", "/articles"))


def test_a_body_is_not_read_before_the_key(guarded: TestClient) -> None:
    # It would be found too long, or wrong.
    assert_problem(guarded.post("/articles", content=b"x" * (MAX_ARTICLE_BYTES + 1)), 401)
    assert_problem(guarded.post("/addresses", content=b"{"), 401)


def test_who_may_not_write_is_told_while_his_body_is_on_its_way(engine: Engine) -> None:
    Keys(engine.corpus.home).add("desk", "write")
    with served(engine) as url:
        host, port = url.split("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=20) as sent:
            head = "POST /articles HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
            sent.sendall(head.encode())
            assert sent.recv(4_096).startswith(b"HTTP/1.1 401 ")


def test_the_key_is_told_nowhere(
    engine: Engine, guarded: TestClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    _, other = keys.add("other", "write")
    with caplog.at_level(logging.DEBUG):
        told = [
            client.request(method, path, headers=headers).text
            for client in (keyed(engine), guarded)
            for method, path in [*OPERATORS, ("GET", "/openapi.json"), ("GET", "/metrics")]
            for key in (KEY, other)
            for headers in (
                {},
                {"Authorization": f"Basic {key}"},
                {"Authorization": f"Bearer {key}"},
                {"Authorization": f"Bearer {key}x"},
            )
        ]
    # The client that asks logs what it asks; the server's own loggers are what counts.
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    for key in (KEY, other):
        assert key not in "".join(told)
        assert not [one for one in ours if key in one.getMessage()]


LOCALS = ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("host", LOCALS)
def test_without_a_key_this_machine_writes_and_operates(opened: Open, host: str) -> None:
    client = opened(client=(host, 1))
    assert client.post("/articles", json=FERRY).status_code == 201
    assert client.get("/operation").json()["articles"] == 1
    assert client.delete("/articles/ferry").status_code == 204


@pytest.mark.parametrize("host", ["192.0.2.7", "10.0.0.2", "2001:db8::1", "::ffff:10.0.0.2", "x"])
def test_without_a_key_no_other_machine_does(opened: Open, host: str) -> None:
    client = opened(client=(host, 1))
    for route in WRITES:
        answer = client.request(*route, content=b"{")
        assert_problem(answer, 403)
        assert "newsqa key add NAME --may write" in answer.json()["detail"]
    for route in [*READS, *OPEN]:
        assert not is_refused(client, route), route


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"]
)
def test_a_proxy_on_this_machine_speaks_for_the_world(client: TestClient, header: str) -> None:
    for said in ("192.0.2.7", "127.0.0.1", "for=127.0.0.1", ""):
        for route in WRITES:
            assert_problem(client.request(*route, headers={header: said}), 403)


def test_with_a_key_any_machine_writes(opened: Open, keys: Keys) -> None:
    client = opened(keys.add("desk", "write")[1], client=REMOTE)
    headers = {"X-Forwarded-For": "192.0.2.9"}
    assert client.post("/articles", json=FERRY, headers=headers).status_code == 201


def test_where_keys_only_read_this_machine_writes_as_before(opened: Open, keys: Keys) -> None:
    keys.add("reader")
    assert opened().post("/articles", json=FERRY).status_code == 201
    assert_problem(opened(client=REMOTE).post("/articles", json=FERRY), 403)


@pytest.mark.parametrize("reading", ["open", "key"])
def test_damaged_keys_let_nobody_in_and_leave_open_what_needs_none(
    opened: Open, keys: Keys, engine: Engine, reading: str
) -> None:
    _, sent = keys.add("desk", "write")
    (engine.corpus.home / "keys.json").write_text("[")
    for client in (opened(sent, reading=reading), opened(reading=reading)):
        for route in WRITES:
            answer = client.request(*route)
            assert_problem(answer, 503)
            assert "keys.json" in answer.json()["detail"]
    assert_problem(opened(sent, reading=reading).get("/articles"), 503)
    status = {"open": 200, "key": 401}[reading]
    assert opened(reading=reading).get("/articles").status_code == status
    assert opened(reading=reading).get("/").status_code == 200
    operator = opened(KEY, reading=reading, operator_key=SecretStr(KEY))
    assert operator.post("/articles", json=FERRY).status_code == 201


@pytest.mark.parametrize("sent", [None, "wrong", "right"])
def test_who_asks_stands_in_the_state_of_a_request(
    opened: Open, keys: Keys, sent: str | None
) -> None:
    """For what logs and counts: the id of a key, never more of it."""
    key, right = keys.add("desk")
    told: list[str | None] = []
    client = opened({"wrong": "newsqa_x", "right": right}.get(sent or "", ""))
    app: Any = client.app
    stack = app.build_middleware_stack()

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        await stack(scope, receive, send)
        told.append(scope["state"]["key"])

    app.middleware_stack = noting
    client.get("/articles")
    client.post("/articles", content=json.dumps(FERRY))
    assert told == [key.id if sent == "right" else None] * 2
