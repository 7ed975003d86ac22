"""An article as it was, as it is, and when it is gone: versions and withdrawals over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine

from .problem import assert_problem

PATH = "/articles/ferry-1"
FIRST = {
    "id": "ferry-1",
    "title": "Night ferry to Anholm begins in May",
    "text": "The night ferry to Anholm begins on 3 May. A cabin costs 85 euros.",
    "published": "2024-04-02T09:00:00+02:00",
}
SECOND = {**FIRST, "text": "🚢 The night ferry to Anholm begins on 9 June. A cabin costs 95 euros."}
THIRD = {**SECOND, "title": "Night ferry to Anholm begins in June"}
QUESTION = {"question": "When does the night ferry to Anholm begin?"}
PAGE = {"Accept": "text/html,*/*;q=0.8"}


def put(client: TestClient, *states: dict[str, Any]) -> None:
    for state in states:
        assert client.put(PATH, json=state).status_code == 201


def moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    assert when.tzinfo
    return when


def test_an_article_is_read_as_it_was_in_each_of_its_versions(client: TestClient) -> None:
    before = datetime.now(UTC)
    put(client, FIRST, SECOND, THIRD)
    newest = client.get(PATH).json()
    assert newest["version"] == 3
    assert newest["title"] == THIRD["title"]
    assert [one["version"] for one in newest["versions"]] == [1, 2, 3]
    assert [one["title"] for one in newest["versions"]] == [
        state["title"] for state in (FIRST, SECOND, THIRD)
    ]
    taken = [moment(one["taken"]) for one in newest["versions"]]
    assert before - timedelta(seconds=1) < taken[0] < taken[1] < taken[2]
    for number, state in enumerate((FIRST, SECOND, THIRD), start=1):
        article = client.get(PATH, params={"version": number}).json()
        assert article["version"] == number
        assert {name: article[name] for name in state} == state
        assert article["versions"] == newest["versions"]
        sentences = [article["text"][start:end] for start, end in article["sentences"]]
        assert " ".join(sentences) == state["text"]


def test_what_is_quoted_stands_in_the_version_that_the_source_names(client: TestClient) -> None:
    put(client, FIRST)
    old = client.post("/ask", json=QUESTION).json()
    put(client, SECOND)
    new = client.post("/ask", json=QUESTION).json()
    for answer, version in ((old, 1), (new, 2)):
        assert answer["sources"][0]["version"] == version
        text = client.get(PATH, params={"version": version}).json()["text"]
        for citation in answer["citations"]:
            start, end = citation["source_start"], citation["source_end"]
            assert citation["quote"] == text[start:end]
            assert citation["url"] == f"{PATH}#char={start}-{end}"
    assert old["sources"][0]["updated"] is None
    assert moment(new["sources"][0]["updated"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert "3 May" not in new["answer"]


def test_when_its_publisher_changed_it_is_kept_to_the_letter(client: TestClient) -> None:
    changed = "2024-04-05T08:30:00+02:00"
    put(client, FIRST, {**SECOND, "updated": changed})
    assert client.get(PATH).json()["updated"] == changed
    assert client.post("/ask", json=QUESTION).json()["sources"][0]["updated"] == changed
    assert client.get(PATH, params={"version": 1}).json()["updated"] is None


def test_the_same_again_is_no_version(client: TestClient) -> None:
    put(client, FIRST)
    assert client.put(PATH, json=FIRST).status_code == 200
    assert len(client.get(PATH).json()["versions"]) == 1


def test_the_list_tells_of_the_newest_version(client: TestClient) -> None:
    put(client, FIRST, SECOND)
    (listed,) = client.get("/articles").json()["articles"]
    article = client.get(PATH).json()
    assert listed["version"] == 2
    assert listed == {name: article[name] for name in listed}


def test_a_version_that_never_was_is_not_found(client: TestClient) -> None:
    put(client, FIRST)
    for number in (2, 99, 2**62):
        assert_problem(client.get(PATH, params={"version": number}), 404)
        assert_problem(client.get("/articles/none", params={"version": number}), 404)
    for odd in ("0", "-1", "x", "1.5", "", str(2**63)):
        assert_problem(client.get(PATH, params={"version": odd}), 422, "version")


def test_a_withdrawn_article_says_when_it_was(client: TestClient) -> None:
    put(client, FIRST, SECOND)
    assert client.delete(PATH).status_code == 204
    for method in ("GET", "DELETE"):
        for parameters in ({}, {"version": 1}, {"version": 9}):
            response = client.request(method, PATH, params=parameters)
            assert_problem(response, 410)
            document = response.json()
            assert document["title"] == "Gone"
            when = moment(document["withdrawn"])
            assert abs(datetime.now(UTC) - when) < timedelta(minutes=5)
            assert f"{when:%Y-%m-%d}" in document["detail"]
    assert client.get("/articles").json()["articles"] == []
    for method in ("GET", "DELETE"):
        assert_problem(client.request(method, "/articles/none"), 404)


@pytest.mark.parametrize("how", ["PUT", "POST"])
def test_who_sends_a_withdrawn_article_brings_it_back_and_its_versions_are_gone(
    client: TestClient, how: str
) -> None:
    put(client, FIRST, SECOND)
    client.delete(PATH)
    response = client.request(how, PATH if how == "PUT" else "/articles", json=THIRD)
    assert response.status_code == 201
    assert response.json()["articles"] == [{"id": "ferry-1", "outcome": "added"}]
    article = client.get(PATH).json()
    assert article["text"] == THIRD["text"]
    # No address with a version comes to mean another text.
    assert (article["version"], len(article["versions"])) == (3, 1)
    assert client.get(f"{PATH}?version=1").status_code == 404
    assert client.post("/ask", json=QUESTION).json()["citations"]


def test_what_is_withdrawn_is_the_copy_of_no_source(client: TestClient) -> None:
    reprint = {**FIRST, "id": "reprint", "title": "To Anholm by night", "publisher": "The Quay"}
    put(client, FIRST)
    client.post("/articles", json=reprint)
    (source,) = client.post("/ask", json=QUESTION).json()["sources"]
    assert {source["article_id"], *source["copies"]} == {"ferry-1", "reprint"}
    client.delete(f"/articles/{source['copies'][0]}")
    (source,) = client.post("/ask", json=QUESTION).json()["sources"]
    assert source["copies"] == []


def test_a_browser_gets_the_page_and_a_status_that_is_true(client: TestClient) -> None:
    put(client, FIRST)
    shell = client.get("/").text
    for path, status in ((PATH, 200), (f"{PATH}?version=2", 404), ("/articles/none", 404)):
        response = client.get(path, headers=PAGE)
        assert (response.status_code, response.text) == (status, shell)
        assert "Accept" in response.headers["vary"].split(", ")
    client.delete(PATH)
    response = client.get(PATH, headers=PAGE)
    assert (response.status_code, response.text) == (410, shell)


def test_nothing_of_an_article_is_left_in_a_cache(client: TestClient) -> None:
    put(client, FIRST)
    response = client.get(PATH)
    assert response.headers["cache-control"] == "no-store"
    assert not response.headers.keys() & {"etag", "last-modified", "expires"}


@pytest.mark.parametrize("accept", ["application/json", PAGE["Accept"]])
@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/metrics", "/articles", PATH, f"{PATH}?version=1", f"{PATH}?version=9",
     "/articles/none", "/nowhere", "/static/app.js", "/ask?q=ferry", "/search"],
)  # fmt: skip
def test_head_tells_what_get_would(client: TestClient, path: str, accept: str) -> None:
    put(client, FIRST)
    headers = {"Accept": accept}
    got, head = (client.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.status_code == got.status_code
    changing = {"date", "x-request-id"}
    if path in {"/metrics", "/ask?q=ferry"}:
        changing.add("content-length")
    for name in got.headers.keys() | head.headers.keys() - changing:
        if name not in changing:
            assert head.headers[name] == got.headers[name]


def test_head_of_what_is_withdrawn_says_gone(client: TestClient, engine: Engine) -> None:
    put(client, FIRST)
    engine.corpus.remove(["ferry-1"])
    assert client.head(PATH).status_code == 410
