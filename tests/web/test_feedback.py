"""What a reader says of an answer: kept as last said, with nothing of the reader, or refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.engine import Engine
from qa.feedback import Cited, FeedbackStore
from qa.types import Span

from .problem import assert_problem

ANSWER = "ask-0123456789abcdef0123456789abcdef"
TEXT = "The night ferry to Anholm begins on 3 May. It sails from pier 4."
CITED = {"article_id": "ferry", "source_start": 0, "source_end": 42}
SAID: dict[str, Any] = {
    "answer": ANSWER,
    "rating": "up",
    "question": "When does the ferry begin?",
    "status": "answered",
    "citations": [{**CITED, "version": 1, "marks": [[36, 41]]}],
}


@pytest.fixture
def reader(client: TestClient) -> TestClient:
    """A reader of a house with one article."""
    sent = client.post("/articles", json={"id": "ferry", "title": "Ferry", "text": TEXT})
    assert sent.status_code in (200, 201)
    return client


def kept(engine: Engine) -> list[Any]:
    return list(FeedbackStore(engine.corpus.generations).all())


def test_what_is_said_is_kept_and_the_same_answer_again_replaces_it(
    reader: TestClient, engine: Engine
) -> None:
    first = reader.post("/feedback", json=SAID)
    assert (first.status_code, first.json()) == (201, {"id": ANSWER})
    [one] = kept(engine)
    assert one.citations == (Cited("ferry", 1, 0, 42, (Span(36, 41),)),)
    assert (one.rating, one.comment) == ("up", "")
    again = {**SAID, "rating": "down", "comment": " In\x00 June.\u202e\n"}
    assert reader.post("/feedback", json=again).status_code == 201
    [one] = kept(engine)
    assert (one.rating, one.comment) == ("down", "In  June.")


def test_it_can_be_taken_back(reader: TestClient, engine: Engine) -> None:
    reader.post("/feedback", json=SAID)
    for _ in range(2):
        assert reader.post("/feedback", json={**SAID, "rating": None}).status_code == 201
        assert kept(engine) == []


def test_nothing_of_the_reader_is_kept(reader: TestClient, engine: Engine) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.77",
        "User-Agent": "a-browser-of-mine",
        "Referer": "http://testserver/somewhere-of-mine",
        "Cookie": "mine=a-cookie-of-mine",
    }
    reader.post("/feedback", json=SAID, headers=headers)
    files = sorted(Path(engine.corpus.home).glob("feedback.sqlite*"))
    assert files
    held = b"".join(file.read_bytes() for file in files)
    assert b"ferry begin" in held
    for word in (b"203.0.113.77", b"of-mine", b"testclient", b"127.0.0.1"):
        assert word not in held
    assert not re.search(rb"T\d\d:\d\d", held), "the day is kept, and not the hour"


def test_what_stood_when_nothing_was_found_needs_no_citation(
    reader: TestClient, engine: Engine
) -> None:
    said = {**SAID, "status": "not_found"}
    del said["citations"]
    assert reader.post("/feedback", json=said).status_code == 201
    assert kept(engine)[0].citations == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"answer": "ask-1"}, "answer"),
        ({"answer": f"{ANSWER}\n"}, "answer"),
        ({"rating": "sideways"}, "rating"),
        ({"rating": 1}, "rating"),
        ({"question": ""}, "question"),
        ({"question": "\x00\u202e"}, "question"),
        ({"question": "x" * 1_001}, "question"),
        ({"question": "\ud800"}, "question"),
        ({"comment": "x" * 2_001}, "comment"),
        ({"comment": 7}, "comment"),
        ({"status": "wonderful"}, "status"),
        ({"citations": [CITED] * 51}, "citations"),
        ({"citations": [{**CITED, "quote": "mine"}]}, "citations.0.quote"),
        ({"citations": [{**CITED, "article_id": "none"}]}, "citations.0.article_id"),
        ({"citations": [CITED, {**CITED, "version": 2}]}, "citations.1.version"),
        ({"citations": [{**CITED, "version": 2**70}]}, "citations.0.version"),
        ({"citations": [{**CITED, "source_end": 65}]}, "citations.0.source_end"),
        ({"citations": [{**CITED, "source_end": 2**70}]}, "citations.0.source_end"),
        ({"citations": [{**CITED, "source_start": -1}]}, "citations.0.source_start"),
        ({"citations": [{**CITED, "marks": [[0, 43]]}]}, "citations.0.marks"),
        ({"citations": [{**CITED, "marks": [[3]]}]}, "citations.0.marks.0"),
        ({"address": "mine"}, "address"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_the_field(
    reader: TestClient, engine: Engine, wrong: dict[str, Any], field: str
) -> None:
    body = json.dumps({**SAID, **wrong})
    headers = {"Content-Type": "application/json"}
    assert_problem(reader.post("/feedback", content=body, headers=headers), 422, field)
    assert kept(engine) == []


def test_a_withdrawn_article_is_cited_no_more(reader: TestClient) -> None:
    assert reader.delete("/articles/ferry").status_code == 204
    assert_problem(reader.post("/feedback", json=SAID), 422, "citations.0.article_id")


def test_it_outlives_a_rebuild(reader: TestClient, engine: Engine) -> None:
    reader.post("/feedback", json=SAID)
    engine.corpus.rebuild()
    assert len(kept(engine)) == 1
