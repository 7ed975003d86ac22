"""What pages of other sites may do: ask and read if their origin is allowed, never write."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from qa.config import Settings
from qa.engine import Engine
from qa.keys import Keys
from web.app import create_app

from .operating import KEY, LOCAL
from .problem import assert_problem

ALLOWED = "https://paper.example"
OTHER = "https://elsewhere.example"
OWN = "http://127.0.0.1:8000"

READING = [
    ("GET", "/static/app.js"),
    ("GET", "/static/0123456789ab/app.js"),
    ("GET", "/ask?q=x"),
    ("POST", "/ask"),
    ("POST", "/search"),
    ("POST", "/feedback"),
    ("GET", "/suggestions?language=en"),
    ("GET", "/facets"),
    ("GET", "/readyz"),
    ("GET", "/articles"),
    ("GET", "/articles/a/b"),
]
WRITING = [
    ("POST", "/articles"),
    ("PUT", "/articles/a"),
    ("DELETE", "/articles/a"),
    ("POST", "/addresses"),
    ("POST", "/operation/rebuild"),
]
PRIVATE = [("GET", "/"), ("GET", "/metrics"), ("GET", "/operation"), ("GET", "/docs")]
ARTICLE = {"id": "a", "title": "A tram", "text": "The tram runs every six minutes from Monday."}


@pytest.fixture
def shared(engine: Engine) -> Iterator[TestClient]:
    """A client of a server that one origin may embed."""
    with TestClient(create_app(engine, Settings(origins=(ALLOWED,)))) as client:
        yield client


@pytest.fixture
def closed(engine: Engine) -> TestClient:
    """A client without a key of a server that asks for one, and that one origin may embed."""
    return TestClient(create_app(engine, Settings(origins=(ALLOWED,), reading="key")))


def sent(client: TestClient, route: tuple[str, str], **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(*route, headers=named, content=json.dumps(ARTICLE))


def preflight(client: TestClient, route: tuple[str, str], origin: str) -> Any:
    method, path = route
    asked = {"Access-Control-Request-Method": method}
    asked["Access-Control-Request-Headers"] = "authorization,content-type,last-event-id"
    return client.options(path, headers={"Origin": origin, **asked})


@pytest.mark.parametrize("route", READING, ids=" ".join)
def test_an_allowed_page_may_ask_and_read(shared: TestClient, route: tuple[str, str]) -> None:
    answer = sent(shared, route, Origin=ALLOWED, Sec_Fetch_Site="cross-site")
    assert answer.status_code != 403
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    leave = preflight(shared, route, ALLOWED)
    assert leave.status_code == 200
    assert leave.headers["Access-Control-Allow-Origin"] == ALLOWED


@pytest.mark.parametrize("route", READING, ids=" ".join)
def test_an_allowed_page_is_told_that_a_key_is_asked_for(
    closed: TestClient, route: tuple[str, str]
) -> None:
    assert preflight(closed, route, ALLOWED).status_code == 200
    answer = sent(closed, route, Origin=ALLOWED, Sec_Fetch_Site="cross-site")
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("route", READING, ids=" ".join)
@pytest.mark.parametrize("origin", [OTHER, "null", f"{ALLOWED}.elsewhere.example", "http://["])
def test_no_other_page_may(shared: TestClient, route: tuple[str, str], origin: str) -> None:
    answer = sent(shared, route, Origin=origin, Sec_Fetch_Site="cross-site")
    assert (answer.status_code == 403) == (route[0] == "POST")
    assert "Access-Control-Allow-Origin" not in answer.headers
    # No cache may hand what an allowed page got to another, nor the other way round.
    assert answer.status_code == 403 or "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Origin" not in preflight(shared, route, origin).headers


@pytest.mark.parametrize("route", [*WRITING, *PRIVATE], ids=" ".join)
@pytest.mark.parametrize("origin", [ALLOWED, OTHER])
def test_nothing_else_is_shared(shared: TestClient, route: tuple[str, str], origin: str) -> None:
    answer = sent(shared, route, Origin=origin, Sec_Fetch_Site="cross-site")
    assert "Access-Control-Allow-Origin" not in answer.headers
    if route in WRITING:
        assert_problem(answer, 403)
    leave = preflight(shared, route, origin)
    assert leave.status_code >= 400
    assert "Access-Control-Allow-Origin" not in leave.headers


def test_without_origins_nothing_is_shared(client: TestClient) -> None:
    for route in READING:
        answer = sent(client, route, Origin=ALLOWED)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" not in answer.headers.get("Vary", "")


FOREIGN = [
    {"Origin": OTHER},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://127.0.0.1:80000"},
    {"Origin": "http://127.0.0.1:8000."},
    {"Origin": "http://127.0.0.1.:8000"},
    {"Origin": OTHER, "Sec-Fetch-Site": "cross-site"},
    {"Origin": OTHER, "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_sites_page_cannot_write(client: TestClient, headers: dict[str, str]) -> None:
    """Not even by a form, or a request that asks no leave, such as one of plain text."""
    client.base_url = OWN
    for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded"):
        answer = client.post("/articles", json=ARTICLE, headers={**headers, "Content-Type": kind})
        assert_problem(answer, 403)
    assert client.get("/articles").json()["articles"] == []


OURS = [
    {},
    {"Origin": OWN},
    {"Origin": "https://127.0.0.1:8000"},  # what encrypts stands before the server
    {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
    {"Origin": "https://news.example", "Sec-Fetch-Site": "same-origin"},  # and renames the host
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_our_own_page_and_programs_can(client: TestClient, headers: dict[str, str]) -> None:
    client.base_url = OWN
    assert client.post("/articles", json=ARTICLE, headers=headers).status_code == 201


NAMES = ["rebound.example", "rebound.example:8000", "localhost.rebound.example", "127.0.0.1.nip.io"]
OF_A_PAGE: list[dict[str, str]] = [{}, {"Sec-Fetch-Site": "same-origin"}]


@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("headers", OF_A_PAGE, ids=str)
def test_a_page_whose_name_leads_here_since_it_was_opened_cannot_write(
    engine: Engine, host: str, headers: dict[str, str]
) -> None:
    page = {"Host": host, "Origin": f"http://{host}", **headers}
    client = TestClient(create_app(engine), client=LOCAL)
    for route in WRITING:
        assert_problem(client.request(*route, json=ARTICLE, headers=page), 403)
    assert client.post("/ask", json={"question": "x"}, headers=page).status_code == 200
    # Programs send no origin, and of pages the key is asked.
    assert client.post("/articles", json=ARTICLE, headers={"Host": host}).status_code == 201
    # As soon as there is one, be it the environment's or made while the server runs.
    guarded = TestClient(create_app(engine, Settings(operator_key=SecretStr(KEY))))
    for server, key in (
        (guarded, KEY),
        (client, Keys(engine.corpus.home).add("desk", "write")[1]),
    ):
        assert_problem(server.post("/articles", json=ARTICLE, headers=page), 401)
        holding = {**page, "Authorization": f"Bearer {key}"}
        assert server.post("/articles", json=ARTICLE, headers=holding).status_code == 200


def test_embed_js_brings_the_element_of_this_very_digest(shared: TestClient) -> None:
    answer = shared.get("/embed.js", headers={"Origin": ALLOWED})
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    address = answer.text.removeprefix('import "').removesuffix('";\n')
    module = shared.get(address, headers={"Origin": ALLOWED})
    assert module.status_code == 200
    assert module.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "immutable" in module.headers["Cache-Control"]


@pytest.mark.parametrize("origins", [(), (ALLOWED,)], ids=str)
@pytest.mark.parametrize("origin", [OTHER, "null", f"{ALLOWED}.", f"{ALLOWED}:8443"])
def test_embed_js_tells_any_other_page_that_it_may_not(
    engine: Engine, origins: tuple[str, ...], origin: str
) -> None:
    client = TestClient(create_app(engine, Settings(origins=tuple(origins))))
    answer = client.get("/embed.js", headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Origin" in answer.headers["Vary"]
    assert "NEWSQA_ORIGINS" in answer.text
    assert "import" not in answer.text


def test_origins_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQA_ORIGINS", "https://Paper.example, http://localhost:3000,")
    assert Settings().origins == ("https://paper.example", "http://localhost:3000")
    monkeypatch.setenv("NEWSQA_ORIGINS", "")
    assert Settings().origins == ()


NOT_ORIGINS = ["*", "https://*.example", "paper.example", "https://paper.example/", "null"]
NOT_ORIGINS += ["https://me@paper.example", "ftp://paper.example", "https://paper.example:443"]


@pytest.mark.parametrize("origin", NOT_ORIGINS)
def test_what_is_no_origin_is_refused(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("NEWSQA_ORIGINS", f"https://paper.example,{origin}")
    with pytest.raises(ValidationError, match=r"origins\n.*(number 2 is no origin|name each)"):
        Settings()


@given(st.text(max_size=40))
def test_only_what_is_scheme_host_and_port_is_an_origin(text: str) -> None:
    try:
        origins = Settings(origins=(text,)).origins
    except ValidationError:
        return
    assert all(one.partition("://")[0] in {"http", "https"} for one in origins)
    assert not any(set(one.partition("://")[2]) & set("/?#@*, ") for one in origins)
