"""The articles over HTTP: kept, listed, opened, replaced, erased, and found at once."""

import gzip
import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from qa.articles import MAX_ARTICLE_BYTES
from web.limits import MAX_ASKED_BYTES

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


FEED = """<?xml version="1.0"?>{}<title>The Strait</title>{}"""
RSS = FEED.format(
    "<rss version='2.0'><channel>",
    "<item><title>A</title><description>&lt;p&gt;A &lt;b&gt;bold&lt;/b&gt; claim is made.&lt;/p"
    "&gt;</description></item></channel></rss>",
).encode()
ATOM = FEED.format(
    "<feed xmlns='http://www.w3.org/2005/Atom'><id>x</id>",
    "<entry><id>e</id><title>A</title><content type='html'>&lt;p&gt;A &lt;b&gt;bold&lt;/b&gt; "
    "claim is made.&lt;/p&gt;</content></entry></feed>",
).encode()
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Strait",
        "items": [{"id": "e", "title": "A", "content_html": "<p>A <b>bold</b> claim is made.</p>"}],
    }
).encode()
PAGE = b"<html><title>A</title><body><p>A <b>bold</b> claim is made.</p></body>"
LINE = json.dumps({"title": "A", "html": "<p>A <b>bold</b> claim is made.</p>"}).encode()


def zipped(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, data)
    return packed.getvalue()


FILES = {
    "text/markdown": b"---\ntitle: 'A'\ndate: 2024-04-02\n---\n\nA **bold** claim is made.",
    "text/html": PAGE,
    "text/plain": b"A\nA bold claim is made.",
    "application/x-ndjson": LINE + b"\n",
    "application/jsonl": LINE,
    "application/zip": zipped("a.html", PAGE),
    "application/gzip": gzip.compress(PAGE),
    "application/rss+xml": RSS,
    "application/atom+xml": ATOM,
    "application/xml": RSS,
    "text/xml": ATOM,
    "application/feed+json": JSON_FEED,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_taken_by_what_it_holds(client: TestClient, kind: str) -> None:
    response = client.post("/articles", content=FILES[kind], headers={"Content-Type": kind})
    assert response.status_code == 201, response.text
    article = client.get(f"/articles/{response.json()['articles'][0]['id']}").json()
    assert (article["title"], article["text"]) == ("A", "A bold claim is made.")


def test_whatever_a_file_is_sent_as_its_content_tells_what_it_is(client: TestClient) -> None:
    ids = set()
    for kind in ("text/html", "text/plain", "text/markdown; charset=utf-8", "application/xml"):
        response = client.post("/articles", content=PAGE, headers={"Content-Type": kind})
        ids |= {one["id"] for one in response.json()["articles"]}
    assert len(ids) == 1


def test_what_is_sent_as_markdown_is_read_as_such(client: TestClient) -> None:
    for kind, text in (("text/markdown", "It is cancelled."), ("text/plain", "It is *cancelled*.")):
        client.put("/articles/x", content="It is *cancelled*.", headers={"Content-Type": kind})
        assert client.get("/articles/x").json()["text"] == text


def test_what_had_to_be_mended_is_told_with_its_place(client: TestClient) -> None:
    body = zipped("a.md", b"---\ntitle: A\ndate: soon\n---\n\nIt is cancelled.")
    headers = {"Content-Type": "application/zip"}
    (warning,) = client.post("/articles", content=body, headers=headers).json()["warnings"]
    assert warning.startswith("body/a.md: published: ")


def test_of_lines_those_that_can_be_are_kept(client: TestClient) -> None:
    lines = b"\n".join([json.dumps(FERRY).encode(), b"{", json.dumps(ORCHARD).encode()])
    headers = {"Content-Type": "application/x-ndjson"}
    response = client.post("/articles", content=lines, headers=headers)
    assert response.status_code == 201
    document = response.json()
    assert [one["id"] for one in document["articles"]] == ["ferry-1", "果园/一号"]
    assert [one["origin"] for one in document["refused"]] == ["body.jsonl:2"]
    assert client.get("/articles/ferry-1").json()["origin"] == ""


def test_two_archives_with_a_file_of_one_name_hold_two_articles(client: TestClient) -> None:
    headers = {"Content-Type": "application/zip"}
    for text in (b"The bridge is open.", b"The library is closed."):
        body = zipped("news/index.txt", text)
        assert client.post("/articles", content=body, headers=headers).status_code == 201
    listed = client.get("/articles").json()["articles"]
    assert [one["version"] for one in listed] == [1, 1]


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
    for kind in ("application/pdf", "image/png", "application/octet-stream", ""):
        response = client.post("/articles", content=b"x", headers={"Content-Type": kind})
        assert_problem(response, 415)


@pytest.mark.parametrize("path", ["/articles", "/ask", "/search"])
def test_more_than_the_limit_is_refused_however_it_is_sent(client: TestClient, path: str) -> None:
    body = b" " * (MAX_ARTICLE_BYTES if path == "/articles" else MAX_ASKED_BYTES)
    headers = {"Content-Type": "application/json"}
    for content in (body + b" ", iter([body, b" "])):
        assert_problem(client.post(path, content=content, headers=headers), 413)
    assert client.post(path, content=body, headers=headers).status_code == 422


def test_put_keeps_one_article_under_its_address(client: TestClient) -> None:
    path = "/articles/ferry-1"
    nameless = {name: value for name, value in FERRY.items() if name != "id"}
    assert client.put(path, json=nameless).status_code == 201
    assert client.put(path, json=FERRY).json()["articles"][0]["outcome"] == "unchanged"
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
    assert_problem(client.get("/articles/ferry-1"), 410)
    assert_problem(client.delete("/articles/ferry-1"), 410)
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
    for cursor in ("x", "0", str(2**63)):
        assert_problem(client.get("/articles", params={"cursor": cursor}), 422, "cursor")


def test_both_forms_of_an_article_say_that_they_differ_by_accept(client: TestClient) -> None:
    post(client, FERRY)
    page = client.get("/articles/ferry-1", headers={"Accept": "text/html,*/*;q=0.8"})
    data = client.get("/articles/ferry-1")
    assert page.text == client.get("/").text
    assert data.headers["content-type"] == "application/json"
    for response in (page, data):
        assert "Accept" in response.headers["vary"].split(", ")


def test_the_openapi_document_describes_what_is_sent(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    body = document["paths"]["/articles"]["post"]["requestBody"]["content"]
    one, several = body["application/json"]["schema"]["anyOf"]
    assert several == {"type": "array", "items": one}
    assert one["properties"].keys() >= FERRY.keys() | {"html", "markdown"}
    assert body.keys() == {"application/json", *FILES}
    assert json.dumps(one).count("$ref") == 0
    gets = document["paths"]["/articles/{article_id}"]["get"]
    assert gets["responses"].keys() >= {"200", "404", "410", "422"}
    assert "version" in {parameter["name"] for parameter in gets["parameters"]}


def test_an_article_names_those_that_say_the_same(client: TestClient) -> None:
    """The earliest first, those alone that are there, at the address of a version as well."""
    text = f"{FERRY['text']} The crossing takes nine hours, and breakfast is served at six. "
    first = {**FERRY, "text": text}
    later = {"id": "reprint", "title": "Night ferry", "text": text, "published": "2024-04-05"}
    undated = {"id": "another", "title": "Ferry", "text": text, "publisher": "The Sound"}
    post(client, [first, undated, later, ORCHARD])
    assert [one["id"] for one in client.get("/articles/another").json()["copies"]] == [
        "ferry-1",
        "reprint",
    ]
    assert client.get("/articles/ferry-1").json()["copies"] == [
        {
            "id": "reprint",
            "title": "Night ferry",
            "publisher": "",
            "published": "2024-04-05T00:00:00Z",
            "language": "en",
        },
        {
            "id": "another",
            "title": "Ferry",
            "publisher": "The Sound",
            "published": None,
            "language": "en",
        },
    ]
    assert client.get(f"/articles/{quote(ORCHARD['id'], safe='')}").json()["copies"] == []
    client.delete("/articles/another")
    copies = client.get("/articles/ferry-1?version=1").json()["copies"]
    assert [one["id"] for one in copies] == ["reprint"]
