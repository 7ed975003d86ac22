"""What strangers may not send, and what they are told: RFC 9457, naming the field."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from qa.errors import HomeBusy, IndexUnusable, NewsqaError
from web import problems
from web.app import create_app

from .problem import assert_problem


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": " \n\t\u3000"}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"question": 7}, "question"),
        ({"question": None}, "question"),
        ({"question": ["x"]}, "question"),
        ({"top_k": 0}, "top_k"),
        ({"top_k": 101}, "top_k"),
        ({"top_k": "5"}, "top_k"),
        ({"top_k": True}, "top_k"),
        ({"top_k": 5.5}, "top_k"),
        ({"stream": "true"}, "stream"),
        ({"mode": "abstractive"}, "mode"),
        ({"mode": "llm"}, "mode"),
        ({"mode": "llm", "stream": True}, "mode"),
        ({"retriever": "dense"}, "retriever"),
        ({"filters": {"date_from": "2021-02-30"}}, "filters.date_from"),
        ({"filters": {"date_from": "20211027"}}, "filters.date_from"),
        ({"filters": {"date_from": "2021-W43-3"}}, "filters.date_from"),
        ({"filters": {"date_to": "2021-10-27T11:03:00"}}, "filters.date_to"),
        ({"filters": {"date_to": 1635332580}}, "filters.date_to"),
        ({"filters": {"date_from": "2021-10-28", "date_to": "2021-10-27"}}, "filters.date_to"),
        ({"filters": {"category": "要闻"}}, "filters.category"),
        ({"filters": {"source": [5]}}, "filters.source.0"),
        ({"filters": {"publisher": ["x"]}}, "filters.publisher"),
        ({"filters": []}, "filters"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "20211027"}, "as_of"),
        ({"as_of": "2021-10-27T00:00:00"}, "as_of"),
        ({"as_of": 1635332580}, "as_of"),
        ({"time": "false"}, "time"),
        ({"time": 0}, "time"),
        ({"time": None}, "time"),
        ({"history": "x"}, "history"),
        ({"history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"history": [{"role": "user"}]}, "history.0.content"),
    ],
)
def test_a_question_that_breaks_the_contract_is_refused_by_field(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    assert_problem(client.post("/ask", json={"question": "上海", **change}), 422, field)


def test_every_wrong_field_is_named_at_once(client: TestClient) -> None:
    response = client.post("/ask", json={"top_k": "5", "questoin": "上海"})
    assert_problem(response, 422, "question", "questoin", "top_k")


@pytest.mark.parametrize("question", ["x", "x" * 1000, "上" * 1000, "😀" * 1000])
def test_a_question_of_a_thousand_characters_is_taken(seeds: TestClient, question: str) -> None:
    assert seeds.post("/ask", json={"question": question}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"query": " "}, "query"),
        ({"retriever": "bm25"}, "retriever"),
        ({"question": "x"}, "question"),
        ({"top_k": 0}, "top_k"),
        ({"filters": {"date_from": "2021-10-28", "date_to": "2021-10-27"}}, "filters.date_to"),
        ({"as_of": "2021-02-30"}, "as_of"),
        ({"time": "no"}, "time"),
    ],
)
def test_a_search_that_breaks_the_contract_is_refused_by_field(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    assert_problem(client.post("/search", json={"query": "上海", **change}), 422, field)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 1001}, "q"),
        ({"q": "x", "top_k": "0"}, "top_k"),
        ({"q": "x", "top_k": "true"}, "top_k"),
        ({"q": "x", "mode": "llm"}, "mode"),
        ({"q": "x", "as_of": "today"}, "as_of"),
        ({"q": "x", "time": "no"}, "time"),
        ({"q": "x", "time": "0"}, "time"),
        ({"q": "x", "question": "x"}, "question"),
    ],
)
def test_a_question_in_the_address_is_checked_alike(
    client: TestClient, parameters: dict[str, str], field: str
) -> None:
    assert_problem(client.get("/ask", params=parameters), 422, field)


@pytest.mark.parametrize("body", [b"{", b'"x"', b"", b"question=x"])
@pytest.mark.parametrize("path", ["/ask", "/search"])
def test_a_body_that_is_no_json_object_is_refused(
    client: TestClient, path: str, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(client.post(path, content=body, headers=headers), 422, "body")


def test_what_is_not_there_is_a_problem_too(client: TestClient) -> None:
    assert_problem(client.get("/nowhere"), 404)
    assert_problem(client.get("/static/nothing.js"), 404)
    assert_problem(client.get("/static/%2e%2e/app.py"), 404)
    assert_problem(client.get("/articles/nothing"), 404)
    assert_problem(client.delete("/articles/nothing"), 404)


def test_a_wrong_method_is_told_which_is_right(client: TestClient) -> None:
    for method, path in (("PUT", "/ask"), ("DELETE", "/search"), ("POST", "/healthz")):
        response = client.request(method, path)
        assert_problem(response, 405)
        assert response.headers["allow"]


@pytest.mark.parametrize("error", [IndexUnusable("rebuild it"), HomeBusy("wait for it")])
def test_what_an_operator_must_mend_is_a_503_with_the_remedy(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, error: NewsqaError
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(engine, "stream", fail)
    response = TestClient(create_app(engine)).post("/ask", json={"question": "x"})
    assert_problem(response, 503)
    assert response.json()["detail"] == str(error)


def test_an_unforeseen_error_tells_nothing_of_itself_and_is_counted(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(engine, "stream", fail)
    client = TestClient(create_app(engine))
    response = client.post("/ask", json={"question": "x"})
    assert_problem(response, 500)
    assert "secret" not in response.text
    assert "a secret" in caplog.text
    counted = 'newsqa_requests_total{method="POST",route="/ask",status="500"} 1.0'
    assert counted in client.get("/metrics").text


def below(error: type[NewsqaError]) -> set[type[NewsqaError]]:
    kinds = set(error.__subclasses__())
    return kinds.union(*map(below, kinds))


def test_every_error_of_ours_has_a_status() -> None:
    for kind in below(NewsqaError):
        assert problems.STATUS.keys() & set(kind.__mro__), kind
