"""What the corpus offers a reader: values to filter by, and questions to begin with."""

import threading
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from web.app import create_app

from .operating import LOCAL
from .problem import assert_problem


def article(id: str, text: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "title": id, "text": text, **fields}


FERRY = article(
    "ferry",
    "The night ferry to Anholm begins on 3 May.",
    published="2024-04-02T23:30:00-05:00",
    publisher="The Strait",
    author="Ida Holm",
    categories=["Travel", "Sea"],
)
ORCHARD = article(
    "orchard", "今年青石果园收获苹果四十二吨。", publisher="青石报", categories=["Sea"]
)
TRAM = article(
    "tram", "The tram is late.", published="2024-05-06T08:00:00Z", publisher="The Strait"
)


def test_facets_count_articles_and_the_most_frequent_come_first(client: TestClient) -> None:
    assert client.get("/facets").json() == {
        "categories": [],
        "sources": [],
        "authors": [],
        "from": None,
        "to": None,
    }
    client.post("/articles", json=[FERRY, ORCHARD, TRAM])
    assert client.get("/facets").json() == {
        "categories": [{"value": "Sea", "articles": 2}, {"value": "Travel", "articles": 1}],
        "sources": [{"value": "The Strait", "articles": 2}, {"value": "青石报", "articles": 1}],
        "authors": [{"value": "Ida Holm", "articles": 1}],
        "from": "2024-04-02",
        "to": "2024-05-06",
    }


def test_facets_are_those_of_the_articles_that_are_there(client: TestClient) -> None:
    client.post("/articles", json=[FERRY, TRAM])
    client.get("/facets")
    client.delete("/articles/ferry")
    facets = client.get("/facets").json()
    assert (facets["categories"], facets["authors"]) == ([], [])
    assert facets["sources"] == [{"value": "The Strait", "articles": 1}]
    assert facets["from"] == facets["to"] == "2024-05-06"
    client.put("/articles/tram", json={**TRAM, "publisher": "The Sound"})
    assert client.get("/facets").json()["sources"] == [{"value": "The Sound", "articles": 1}]


@pytest.mark.parametrize(
    ("facet", "filter"),
    [("categories", "category"), ("sources", "source"), ("authors", "author")],
)
def test_a_value_selects_as_many_articles_as_it_says(
    seeds: TestClient, facet: str, filter: str
) -> None:
    offered = seeds.get("/facets").json()[facet]
    assert offered
    for one in offered:
        body = {"query": "2024", "top_k": 100, "filters": {filter: [one["value"]]}}
        hits = seeds.post("/search", json=body).json()["hits"]
        found = {id for hit in hits for id in (hit["article_id"], *hit["copies"])}
        assert len(found) == one["articles"]


def suggested(client: TestClient, language: str) -> list[str]:
    """Return the questions as soon as there are any."""
    deadline = time.monotonic() + 60
    while not (questions := client.get(f"/suggestions?language={language}").json()["questions"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return list(questions)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_suggested_is_answered_with_confidence(seeds: TestClient, language: str) -> None:
    questions = suggested(seeds, language)
    assert 3 <= len(questions) <= 4
    assert len(set(questions)) == len(questions)
    for question in questions:
        answer = seeds.post("/ask", json={"question": question}).json()
        assert answer["status"] == "answered"
        assert answer["confidence"] >= 0.75
        assert answer["language"] == language


def test_a_language_has_to_be_named(client: TestClient) -> None:
    assert client.get("/suggestions?language=en").json() == {"questions": []}
    for query in ("", "?language=fr", "?language="):
        assert_problem(client.get(f"/suggestions{query}"), 422, "language")


LIBRARY = article(
    "library",
    "The Larkwater City Library will stay open until 10 p.m. on weekdays.",
)


def test_no_question_outlives_its_article(engine: Engine) -> None:
    """It goes at once with a withdrawn article or another version, and what is new is asked."""
    app = create_app(engine)
    client = TestClient(app, client=LOCAL)
    client.post("/articles", json=LIBRARY)
    app.state.suggestions.prepare(threading.Event())
    (question,) = client.get("/suggestions?language=en").json()["questions"]
    assert question == "Until what time will the Larkwater City Library stay open?"
    assert client.get("/suggestions?language=zh").json() == {"questions": []}
    changed = {**LIBRARY, "text": "The Larkwater City Library will be rebuilt."}
    client.put("/articles/library", json=changed)
    assert client.get("/suggestions?language=en").json() == {"questions": []}
    client.put("/articles/library", json=LIBRARY)
    app.state.suggestions.prepare(threading.Event())
    assert client.get("/suggestions?language=en").json() == {"questions": [question]}
    client.delete("/articles/library")
    assert client.get("/suggestions?language=en").json() == {"questions": []}
