"""The page, its policy, and what an operator's tools ask."""

import inspect
import re
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.middleware.base import BaseHTTPMiddleware

from embeddings.encoder import Encoder
from qa.corpus import Corpus
from qa.engine import Engine
from qa.errors import IndexUnusable
from qa.generations import Generations
from qa.index import StoredIndex
from web import app as application
from web.app import create_app
from web.assets import STATIC
from web.headers import HEADERS

from .problem import assert_problem

ROUTES = ["/", "/docs", "/openapi.json", "/healthz", "/metrics", "/articles", "/articles/none"]
OURS = sorted(path for path in STATIC.rglob("*") if path.is_file())


def wait_for(client: TestClient, status: int) -> None:
    deadline = time.monotonic() + 30
    while client.get("/readyz").status_code != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_readyz_is_503_until_questions_can_be_answered(
    seeds_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()

    def slow(corpus: Corpus) -> tuple[Encoder, StoredIndex]:
        opened.wait(30)
        return serving(corpus)

    serving = Corpus.serving
    monkeypatch.setattr(Corpus, "serving", slow)
    with TestClient(create_app(seeds_engine)) as client:
        assert_problem(client.get("/readyz"), 503)
        assert client.get("/healthz").json() == {"status": "ok"}
        opened.set()
        wait_for(client, 200)


def test_readyz_notices_when_the_index_has_been_mended(
    seeds_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mended = threading.Event()

    def damaged(corpus: Corpus) -> tuple[Encoder, StoredIndex]:
        if not mended.is_set():
            raise IndexUnusable("rebuild it")
        return serving(corpus)

    serving = Corpus.serving

    monkeypatch.setattr(application, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(Corpus, "serving", damaged)
    with TestClient(create_app(seeds_engine)) as client:
        assert_problem(client.get("/readyz"), 503)
        assert_problem(client.post("/ask", json={"question": "x"}), 503)
        mended.set()
        wait_for(client, 200)


@pytest.mark.parametrize("lost", ["home", "generation"])
def test_readyz_says_that_the_home_is_gone_and_that_it_is_back(engine: Engine, lost: str) -> None:
    home = engine.corpus.home
    with TestClient(create_app(engine), client=("127.0.0.1", 50000)) as client:
        wait_for(client, 200)
        folder = Generations(home).current()
        assert folder is not None
        gone = home if lost == "home" else folder
        kept = gone.rename(gone.with_name(f".{gone.name}"))
        refused = client.get("/readyz")
        assert_problem(refused, 503)
        assert str(home) in refused.json()["detail"]
        # Nothing was made in its place.
        assert not gone.exists()
        kept.rename(gone)
        assert client.get("/readyz").status_code == 200


def test_readyz_says_what_every_question_would_be_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(create_app(engine)) as client:
        wait_for(client, 200)
        with monkeypatch.context() as broken:
            broken.setattr(engine.corpus, "serving", lambda: _raise(IndexUnusable("rebuild it")))
            assert client.get("/readyz").json()["detail"] == "rebuild it"
            broken.setattr(engine.corpus, "serving", lambda: _raise(OSError("a secret path")))
            refused = client.get("/readyz")
            assert_problem(refused, 503)
            assert "secret" not in refused.text
        assert client.get("/readyz").status_code == 200


def test_a_server_that_is_being_stopped_is_not_ready(engine: Engine) -> None:
    with TestClient(create_app(engine)) as client:
        wait_for(client, 200)
        served = client.app
        assert isinstance(served, FastAPI)
        served.state.closing.set()
        assert_problem(client.get("/readyz"), 503)
        assert client.get("/healthz").status_code == 200


def _raise(error: Exception) -> NoReturn:
    raise error


def test_only_what_a_route_does_takes_a_thread_or_a_task(client: TestClient) -> None:
    served = client.app
    assert isinstance(served, FastAPI)
    middleware: list[object] = [each.cls for each in served.user_middleware]
    assert BaseHTTPMiddleware not in middleware
    for route in served.routes:
        if isinstance(route, APIRoute):
            for needed in route.dependant.dependencies:
                assert inspect.iscoroutinefunction(needed.call), (route.path, needed.call)


def test_metrics_count_by_the_routes_pattern(client: TestClient) -> None:
    for id in ("a", "b/c", "d"):
        client.get(f"/articles/{id}")
    client.post("/ask", json={})
    for path in ("/one", "/two"):
        client.get(path)
    client.request("INVENTED", "/healthz")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    counters = dict(
        line.rsplit(" ", 1)
        for line in response.text.splitlines()
        if line.startswith("newsqa_requests_total{")
    )
    assert counters == {
        'newsqa_requests_total{method="GET",route="/articles/{article_id:path}",status="404"}': (
            "3.0"
        ),
        'newsqa_requests_total{method="POST",route="/ask",status="422"}': "1.0",
        'newsqa_requests_total{method="GET",route="none",status="404"}': "2.0",
        'newsqa_requests_total{method="other",route="/healthz",status="405"}': "1.0",
    }
    assert 'newsqa_request_seconds_count{route="/ask"} 1.0' in response.text


@pytest.mark.parametrize("path", [*ROUTES, "/static/app.js", "/swagger/swagger-ui.css", "/nowhere"])
def test_every_response_carries_the_headers_that_keep_readers_safe(
    client: TestClient, path: str
) -> None:
    response = client.get(path)
    for name, value in HEADERS.items():
        if not (path == "/docs" and name == "Content-Security-Policy"):
            assert response.headers[name] == value
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "script-src" not in policy
    assert not re.search(r"https?:|\*|unsafe-eval", policy)


def test_a_stream_carries_them_too(seeds: TestClient) -> None:
    response = seeds.post("/ask", json={"question": "x", "stream": True})
    # Nothing of an answer stays behind in a cache.
    for name, value in {**HEADERS, "Cache-Control": "no-store"}.items():
        assert response.headers[name] == value


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_load_nothing_from_elsewhere(client: TestClient, path: Path) -> None:
    response = client.get(f"/static/{path.relative_to(STATIC).as_posix()}")
    assert response.status_code == 200
    # Neither a comment nor the name of SVG's vocabulary is an address to load anything from.
    text = re.sub(r"/\*.*?\*/|http://www\.w3\.org/2000/svg", "", response.text, flags=re.DOTALL)
    assert not re.search(r"""https?://\w|["'(]//""", text)


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_and_all_that_it_names_is_served_here(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    assert named
    for address in named:
        assert client.get(address).status_code == 200, address
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page.text)


def test_the_api_describes_its_routes(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    routes = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert routes == {
        ("post", "/ask"),
        ("get", "/ask"),
        ("post", "/search"),
        ("post", "/feedback"),
        ("get", "/v1/models"),
        ("get", "/v1/models/{model}"),
        ("post", "/v1/chat/completions"),
        ("post", "/v1/responses"),
        ("get", "/facets"),
        ("get", "/suggestions"),
        ("get", "/articles"),
        ("post", "/articles"),
        ("get", "/articles/{article_id}"),
        ("put", "/articles/{article_id}"),
        ("delete", "/articles/{article_id}"),
        ("post", "/addresses"),
        ("get", "/operation"),
        ("post", "/operation/rebuild"),
        ("get", "/healthz"),
        ("get", "/readyz"),
        ("get", "/metrics"),
    }
