"""The articles over HTTP: kept, listed, opened, replaced, erased, and found at once."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from qa.articles import MAX_ARTICLE_BYTES

from .problem import assert_problem

FERRY = {
    "id": "ferry-1",
    "title": "Night ferry to Anholm begins in May",
    "text": "The night ferry to Anholm begins on 3 May. A cabin costs 85 euros.",
    "published": "2024-04-02T09:00:00+02:00",
    "publisher": "The Strait",
    "author": "Ida Holm",
    "categories": ["Travel", "Sea"],
    "url": "https://strait.example/ferry",
}
ORCHARD = {"id": "果园/一号", "title": "果园丰收", "text": "今年青石果园收获苹果四十二吨。"}


def post(client: TestClient, body: Any) -> Any:
    return client.post("/articles", json=body)


def cited(client: TestClient, question: str) -> list[str]:
    """Return the ids of the articles that the answer cites or offers."""
    answer = client.post("/ask", json={"question": question}).json()
    return [one["article_id"] for one in [*answer["citations"], *answer["sources"]]]


def test_what_was_added_is_found_by_the_very_next_question(client: TestClient) -> None:
    assert post(client, FERRY).status_code == 201
    answer = client.post(
        "/ask", json={"question": "When does the night ferry to Anholm begin?"}
    ).json()
    assert answer["citations"][0]["article_id"] == FERRY["id"]
    assert answer["sources"][0]["url"].startswith("/articles/ferry-1#char=")
    assert post(client, ORCHARD).status_code == 201
    answer = client.post("/ask", json={"question": "果园收获了多少吨苹果？"}).json()
    assert answer["citations"][0]["article_id"] == ORCHARD["id"]
    assert answer["index"]["articles"] == 2


def test_an_article_comes_back_as_it_was_sent(client: TestClient) -> None:
    response = post(client, FERRY)
    assert response.json() == {
        "articles": [{"id": "ferry-1", "outcome": "added"}],
        "refused": [],
        "warnings": [],
    }
    article = client.get("/articles/ferry-1").json()
    assert {name: article[name] for name in FERRY} == FERRY
    assert article["language"] == "en"
    assert article["sentences"] == [[0, 42], [43, 66]]


def test_of_several_those_that_can_be_are_kept(client: TestClient) -> None:
    response = post(client, [FERRY, {"title": "no text"}, "no object", ORCHARD])
    assert response.status_code == 201
    document = response.json()
    assert [one["id"] for one in document["articles"]] == ["ferry-1", "果园/一号"]
    assert [one["origin"] for one in document["refused"]] == ["articles[1]", "articles[2]"]
    assert "text" in document["refused"][0]["reason"]


def test_the_same_again_is_known(client: TestClient) -> None:
    post(client, FERRY)
    response = post(client, [FERRY])
    assert response.status_code == 200
    assert response.json()["articles"] == [{"id": "ferry-1", "outcome": "unchanged"}]


def test_one_without_an_id_keeps_the_one_it_is_given(client: TestClient) -> None:
    nameless = {"title": FERRY["title"], "text": FERRY["text"]}
    first, again = (post(client, nameless).json()["articles"][0]["id"] for _ in range(2))
    assert first == again
    assert client.get(f"/articles/{first}").json()["title"] == FERRY["title"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/markdown", "---\ntitle: 'A'\ndate: 2024-04-02\n---\n\nA **bold** claim is made."),
        ("text/markdown; charset=utf-8", "# A\n\nA **bold** claim is made."),
        ("text/html", "<html><title>A</title><body><p>A <b>bold</b> claim is made.</p></body>"),
    ],
)
def test_a_document_is_taken_as_it_is(client: TestClient, kind: str, body: str) -> None:
    response = client.post("/articles", content=body, headers={"Content-Type": kind})
    assert response.status_code == 201, response.text
    article = client.get(f"/articles/{response.json()['articles'][0]['id']}").json()
    assert (article["title"], article["text"]) == ("A", "A bold claim is made.")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"titel": "x"}, "titel"),
        ({"title": 5}, "title"),
        ({"text": None}, "text"),
        ({"text": " "}, "text"),
        ({"html": "<p>x</p>"}, "text"),
        ({"published": "soon"}, "published"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"id": "two words"}, "id"),
        ({"id": "x" * 201}, "id"),
    ],
)
def test_an_article_that_breaks_the_contract_is_refused_by_field(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    assert_problem(post(client, {**FERRY, **change}), 422, field)
    assert_problem(post(client, [{**FERRY, **change}]), 422, field)
    assert_problem(client.put("/articles/x", json={**FERRY, "id": "x", **change}), 422, field)
    assert client.get("/articles").json()["articles"] == []


def test_categories_are_strings(client: TestClient) -> None:
    response = post(client, {**FERRY, "categories": [1]})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"].startswith("categories")


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(client: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(client.post("/articles", content=body, headers=headers), 422)


def test_other_media_are_refused(client: TestClient) -> None:
    for kind in ("application/pdf", "text/plain", ""):
        response = client.post("/articles", content=b"x", headers={"Content-Type": kind})
        assert_problem(response, 415)


@pytest.mark.parametrize("path", ["/articles", "/ask", "/search"])
def test_more_than_the_limit_is_refused_however_it_is_sent(client: TestClient, path: str) -> None:
    body = b" " * MAX_ARTICLE_BYTES
    headers = {"Content-Type": "application/json"}
    for content in (body + b" ", iter([body, b" "])):
        assert_problem(client.post(path, content=content, headers=headers), 413)
    assert client.post(path, content=body, headers=headers).status_code == 422


def test_put_keeps_one_article_under_its_address(client: TestClient) -> None:
    path = "/articles/ferry-1"
    nameless = {name: value for name, value in FERRY.items() if name != "id"}
    assert client.put(path, json=nameless).status_code == 201
    assert client.put(path, json=FERRY).json()["articles"][0]["outcome"] == "updated"
    newer = {**FERRY, "text": "The night ferry to Anholm begins on 9 June."}
    response = client.put(path, json=newer)
    assert response.status_code == 201
    assert response.json()["articles"] == [{"id": "ferry-1", "outcome": "updated"}]
    assert client.get(path).json()["text"] == newer["text"]
    answer = client.post(
        "/ask", json={"question": "When does the night ferry to Anholm begin?"}
    ).json()
    assert [source["text"] for source in answer["sources"]] == [newer["text"]]
    markdown = {"Content-Type": "text/markdown"}
    assert client.put(path, content="It is cancelled.", headers=markdown).status_code == 201
    assert client.get(path).json()["text"] == "It is cancelled."


def test_put_refuses_another_id_and_several_articles(client: TestClient) -> None:
    assert_problem(client.put("/articles/ferry-2", json=FERRY), 422, "id")
    assert_problem(client.put("/articles/ferry-1", json=[FERRY, ORCHARD]), 422)
    assert_problem(client.put("/articles/ferry-1", json=[]), 422)
    assert_problem(client.put("/articles/two%20words", json={"text": "x"}), 422, "article_id")


def test_what_was_deleted_is_cited_by_no_answer(client: TestClient) -> None:
    post(client, [FERRY, ORCHARD])
    assert "ferry-1" in cited(client, "When does the night ferry to Anholm begin?")
    response = client.delete("/articles/ferry-1")
    assert (response.status_code, response.content) == (204, b"")
    assert "ferry-1" not in cited(client, "When does the night ferry to Anholm begin?")
    assert_problem(client.get("/articles/ferry-1"), 404)
    assert_problem(client.delete("/articles/ferry-1"), 404)
    assert post(client, FERRY).json()["articles"][0]["outcome"] == "added"
    assert "ferry-1" in cited(client, "When does the night ferry to Anholm begin?")


@pytest.mark.parametrize("id", ["a/b/c", "果园一号", "https://a.example/?x=1&y=2#z", "😀", "a.b"])
def test_an_id_is_kept_whatever_it_is_made_of(client: TestClient, id: str) -> None:
    assert post(client, {**FERRY, "id": id}).json()["articles"][0]["id"] == id
    answer = client.post(
        "/ask", json={"question": "When does the night ferry to Anholm begin?"}
    ).json()
    for place in (answer["citations"][0], answer["sources"][0]):
        assert place["article_id"] == id
        path = place["url"].partition("#")[0]
        assert path == f"/articles/{quote(id, safe='')}"
        assert client.get(path).json()["id"] == id
    assert client.put(path, json={**FERRY, "id": id}).json()["articles"][0]["id"] == id
    assert client.delete(path).status_code == 204


def test_the_pages_of_the_list_hold_each_article_once(client: TestClient) -> None:
    ids = [f"n{number}" for number in range(7)]
    texts = [{"id": id, "text": f"Item {id} is on sale."} for id in ids]
    assert post(client, texts).status_code == 201
    for limit in (1, 3, 7, 50):
        seen: list[str] = []
        parameters = {"limit": limit}
        while True:
            page = client.get("/articles", params=parameters).json()
            assert len(page["articles"]) <= limit
            seen += [article["id"] for article in page["articles"]]
            if page["next"] is None:
                break
            parameters["cursor"] = page["next"]
        assert seen == ids[::-1]
    assert "text" not in page["articles"][0]
    for limit in (0, 1001):
        assert_problem(client.get("/articles", params={"limit": limit}), 422, "limit")
    assert_problem(client.get("/articles", params={"cursor": "x"}), 422, "cursor")


def test_both_forms_of_an_article_say_that_they_differ_by_accept(client: TestClient) -> None:
    post(client, FERRY)
    page = client.get("/articles/ferry-1", headers={"Accept": "text/html,*/*;q=0.8"})
    data = client.get("/articles/ferry-1")
    assert page.text == client.get("/").text
    assert data.headers["content-type"] == "application/json"
    assert page.headers["vary"] == data.headers["vary"] == "Accept"


def test_the_openapi_document_describes_what_is_sent(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    body = document["paths"]["/articles"]["post"]["requestBody"]["content"]
    one, several = body["application/json"]["schema"]["anyOf"]
    assert several == {"type": "array", "items": one}
    assert one["properties"].keys() >= FERRY.keys() | {"html", "markdown"}
    assert body.keys() == {"application/json", "text/markdown", "text/html"}
    assert json.dumps(one).count("$ref") == 0
