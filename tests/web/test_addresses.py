"""An address of the web that an operator names: read as `newsqa add` reads it, or refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from tests.news_site import NewsSite, Page, news_site

from .events import events
from .operating import keyed
from .problem import assert_problem

STORY = (
    b"<html lang='en'><head><title>Night ferry to Anholm</title></head><body><article>"
    b"<h1>Night ferry to Anholm</h1><p>The night ferry to Anholm begins on 3 May. A cabin costs"
    b" 85 euros, and the crossing takes nine hours.</p></article></body></html>"
)
QUESTION = {"question": "When does the night ferry to Anholm begin?"}


@pytest.fixture
def site() -> Iterator[NewsSite]:
    with news_site() as serving:
        yield serving


@pytest.fixture
def client(engine: Engine) -> TestClient:
    """A client of a server that may read addresses of this machine."""
    return keyed(engine)


def feed(site: NewsSite, *paths: str) -> Page:
    items = [{"id": path, "url": site.at(path), "content_text": "In short."} for path in paths]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "The Strait"}
    headers = {"content-type": "application/feed+json"}
    return Page(json.dumps({**document, "items": items}).encode(), headers=headers)


def post(client: TestClient, address: object, **more: Any) -> Any:
    return client.post("/addresses", json={"address": address, **more})


def test_a_page_is_kept_and_found_by_the_next_question(client: TestClient, site: NewsSite) -> None:
    site.pages["/story"] = Page(STORY, headers={"content-type": "text/html", "etag": '"1"'})
    response = post(client, site.at("/story"))
    assert response.status_code == 201
    ((taken),) = response.json()["articles"]
    assert taken["outcome"] == "added"
    answer = client.post("/ask", json=QUESTION).json()
    assert answer["citations"][0]["article_id"] == taken["id"]
    assert client.get(f"/articles/{taken['id']}").json()["origin"] == site.at("/story")
    again = post(client, site.at("/story"))
    assert again.status_code == 200
    assert again.json()["articles"] == [{"id": taken["id"], "outcome": "unchanged"}]
    assert site.asked[-1].headers["if-none-match"] == '"1"'


def test_what_was_withdrawn_by_name_is_not_brought_back_by_its_address(
    client: TestClient, site: NewsSite
) -> None:
    site.pages["/story"] = Page(STORY)
    ((taken),) = post(client, site.at("/story")).json()["articles"]
    client.delete(f"/articles/{taken['id']}")
    again = post(client, site.at("/story"))
    assert again.status_code == 200
    assert again.json()["articles"] == [{"id": taken["id"], "outcome": "withdrawn"}]


def test_of_a_feed_the_entries_are_kept_or_the_pages_they_link_to(
    client: TestClient, site: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.linked.sleep", lambda _: None)
    site.pages |= {"/feed": feed(site, "/1", "/2"), "/1": Page(STORY)}
    assert len(post(client, site.at("/feed")).json()["articles"]) == 2
    assert site.paths() == ["/feed"]
    document = post(client, site.at("/feed"), linked=True).json()
    assert len(document["articles"]) == 1
    ((refused),) = document["refused"]
    assert refused["origin"] == site.at("/2")
    assert "404" in refused["reason"]


def test_events_end_in_the_document_that_is_answered_without_them(
    client: TestClient, site: NewsSite
) -> None:
    site.pages["/feed"] = feed(site, "/1", "/2")

    def told(address: str) -> list[tuple[str, Any]]:
        headers = {"Accept": "text/event-stream"}
        response = client.post("/addresses", json={"address": address}, headers=headers)
        return [(one["event"], json.loads(one["data"])) for one in events(response.text)]

    (first, progress), (last, document) = told(site.at("/feed"))
    assert (first, progress, last) == ("progress", {"finished": 2}, "done")
    assert {one["outcome"] for one in document["articles"]} == {"added"}
    assert told(site.at("/feed"))[-1] == ("done", post(client, site.at("/feed")).json())
    nothing = site.at("/nothing")
    assert told(nothing)[-1] == ("error", post(client, nothing).json())


def test_what_cannot_be_had_is_refused_with_the_reason(client: TestClient, site: NewsSite) -> None:
    with news_site() as closed:
        address = closed.at("/")
    closed.server_close()
    site.pages["/empty"] = Page(b"<html><body></body></html>")
    site.pages["/broken"] = Page(STORY, missing=10)
    for place, reason in (
        (site.at("/nothing"), "404"),
        (site.at("/empty"), "text"),
        (site.at("/broken"), "broke off"),
        (address, "cannot be reached"),
        ("http://", "no address"),
    ):
        response = post(client, place)
        assert response.status_code == 422, place
        assert reason in response.json()["detail"], place
    assert client.get("/articles").json()["articles"] == []


@pytest.mark.parametrize(
    "address",
    ["", "news.example", "ftp://news.example/", "file:///etc/passwd", "/etc/passwd", "-", "seeds",
     "https://a b", "https://news.example/" + "x" * 2_000, None, 7],
)  # fmt: skip
def test_only_an_address_of_the_web_is_one(client: TestClient, address: object) -> None:
    assert_problem(post(client, address), 422, "address")


def test_other_fields_are_checked_strictly(client: TestClient) -> None:
    assert_problem(post(client, "https://news.example/", linked="yes"), 422, "linked")
    assert_problem(post(client, "https://news.example/", deep=True), 422, "deep")
    assert_problem(client.post("/addresses", json={}), 422, "address")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
)
@pytest.mark.parametrize("linked", [False, True])
def test_an_address_in_the_servers_own_network_is_not_asked(
    engine: Engine, site: NewsSite, host: str, linked: bool
) -> None:
    client = keyed(engine, private_addresses=False)
    site.pages["/story"] = Page(STORY)
    response = post(client, site.at("/story", host), linked=linked)
    assert_problem(response, 422, "body")
    assert "outside the public network" in response.json()["detail"]
    assert site.asked == []


def test_nor_is_one_without_a_host(engine: Engine) -> None:
    client = keyed(engine, private_addresses=False)
    for address in ("http://", "http:///x", "http://:80/x", "https://?x"):
        assert "no address" in post(client, address).json()["detail"], address


def test_a_password_in_an_address_is_not_shown(client: TestClient, site: NewsSite) -> None:
    address = site.at("/story", "me:secret@127.0.0.1")
    assert "secret" not in post(client, address).text
    site.pages["/story"] = Page(STORY)
    ((taken),) = post(client, address).json()["articles"]
    assert "secret" not in client.get(f"/articles/{taken['id']}").text
