"""The client for Python: what it raises, what it waits out, and how it takes lost streams up."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from qa.client import AsyncClient, Client, Problem, asynchronous, blocking, listening
from qa.types import (
    Answer,
    AskedTime,
    Citation,
    Done,
    Event,
    IndexInfo,
    Meta,
    Scores,
    Source,
    Span,
    Statement,
    Timings,
)
from tests.awaited import awaited

INDEX = IndexInfo("g", "m", 1, 1)
META = Meta("ask-1", "?", "?", "en", INDEX, AskedTime("now", None, None, True, True, date.today()))
SOURCE = Source(
    "a/1", "a/1:0-0", "T", "P", "", ("c",), None, "en", "/articles/a%2F1", "", "It is.", 0, 6, 0.5,
    Scores(None, 1.0, 0.5), (), 2,
)  # fmt: skip
CITATION = Citation(
    1, "a/1", "a/1:0-0", "It is.", 10, 16, 0, 6, "/articles/a", 1, (Span(3, 5),), True
)
STATEMENT = Statement("It is.", (CITATION,))
DONE = Done("answered", "It is.", 0.9, Timings())
EVENTS: tuple[Event, ...] = (META, SOURCE, STATEMENT, DONE)
ANSWER = Answer(
    "ask-1", "answered", "?", "?", "en", "It is.", 0.9, INDEX, Timings(), (CITATION,), (SOURCE,),
    META.time,
)  # fmt: skip
NAMES = ("meta", "source", "statement", "done")

Reply = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that clients would have slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(blocking, "sleep", slept.append)
    monkeypatch.setattr(asynchronous, "sleep", sleep)
    return slept


def replying(*replies: httpx2.Response | Exception | Reply) -> tuple[Reply, list[httpx2.Request]]:
    """Return what replies so, one after the other, and what it was asked."""
    asked: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        one = replies[len(asked) - 1]
        if isinstance(one, Exception):
            raise one
        return one if isinstance(one, httpx2.Response) else one(request)

    return reply, asked


def client(reply: Reply, **options: Any) -> Client:
    return Client("http://news.example", transport=httpx2.MockTransport(reply), **options)


def problem(status: int, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
    document = {"title": "T", "status": status, "detail": "D", **more}
    kind = {"Content-Type": "application/problem+json", **(headers or {})}
    return httpx2.Response(status, headers=kind, content=json.dumps(document).encode())


def events(begin: int = 0, end: int = 4, id: str = "s") -> bytes:
    """Return the events of an answer from one to before another, as the server sends them."""
    return b"".join(
        f"id: {id}:{'end' if at == 3 else at + 1}\r\nevent: {NAMES[at]}\r\n"
        f"data: {to_json(EVENTS[at]).decode()}\r\n\r\n".encode()
        for at in range(begin, end)
    )


def stream(content: bytes) -> httpx2.Response:
    return httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, content=content)


def lost(content: bytes) -> Reply:
    """Return a reply whose connection is lost behind its content."""

    def parts() -> Iterator[bytes]:
        yield content
        raise httpx2.ReadError("gone")

    kind = {"Content-Type": "text/event-stream"}
    return lambda _: httpx2.Response(200, headers=kind, content=parts())


def test_importing_it_brings_nothing_heavy() -> None:
    heavy = ("faiss", "openvino", "numpy", "torch", "tantivy", "fastapi", "typer", "qa.engine")
    code = f"import qa.client, sys; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[tuple[str, object]]]:
        return {
            name: [(one.name, one.default) for one in inspect.signature(of).parameters.values()]
            for name, of in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert methods(Client) == methods(AsyncClient)
    assert len(methods(Client)) == 14


def test_an_answer_comes_back_as_it_was_and_what_it_has_more_is_passed_over() -> None:
    sent = {**json.loads(to_json(ANSWER)), "one_day": [1], "index": {**asdict(INDEX), "more": 2}}
    reply, asked = replying(httpx2.Response(200, json=sent))
    assert client(reply, key="newsqa_k").ask("?") == ANSWER
    assert asked[0].headers["Authorization"] == "Bearer newsqa_k"


@pytest.mark.parametrize(
    "changed", [{"answer": 1}, {"status": "perhaps"}, {"confidence": "0.9"}, {"sources": None}]
)
def test_an_answer_of_other_types_is_none(changed: dict[str, object]) -> None:
    reply, _ = replying(httpx2.Response(200, json={**json.loads(to_json(ANSWER)), **changed}))
    with pytest.raises(Problem, match=next(iter(changed))):
        client(reply).ask("?")


def test_an_address_below_another_is_kept() -> None:
    reply, asked = replying(httpx2.Response(204))
    transport = httpx2.MockTransport(reply)
    Client("http://news.example/qa/", transport=transport).remove("a/b c?#%/..")
    assert asked[0].url.raw_path == b"/qa/articles/a%2Fb%20c%3F%23%25%2F.."


def test_a_problem_is_told_in_full() -> None:
    errors = [{"field": "top_k", "message": "too many"}]
    reply, _ = replying(problem(410, errors=errors, withdrawn="2026-01-02T03:04:05+00:00"))
    with pytest.raises(Problem) as raised:
        client(reply).article("a")
    one = raised.value
    assert (one.status, one.title, one.detail) == (410, "T", "D")
    assert [(error.field, error.message) for error in one.errors] == [("top_k", "too many")]
    assert one.withdrawn is not None
    assert one.withdrawn.isoformat() == "2026-01-02T03:04:05+00:00"
    assert "410" in str(one)
    assert "D" in str(one)


@pytest.mark.parametrize("body", [b"<html>", b'{"title": 3}', b""])
@pytest.mark.parametrize("kind", ["text/html", "application/problem+json"])
def test_what_a_proxy_says_is_a_problem_too(body: bytes, kind: str) -> None:
    reply, _ = replying(httpx2.Response(502, headers={"Content-Type": kind}, content=body))
    with pytest.raises(Problem) as raised:
        client(reply).facets()
    assert (raised.value.status, raised.value.title) == (502, "Bad Gateway")


def test_a_server_that_cannot_be_reached_is_a_problem_of_status_0() -> None:
    reply, _ = replying(httpx2.ConnectError("refused"))
    with pytest.raises(Problem, match="refused") as raised:
        client(reply).ready()
    assert raised.value.status == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_waited_for_once_if_there_is_patience(
    status: int, waited: list[float]
) -> None:
    busy = {"Retry-After": "3"}
    answer = httpx2.Response(200, content=to_json(ANSWER))
    reply, _ = replying(problem(status, busy), answer)
    assert client(reply, patience=3).ask("?") == ANSWER
    assert waited == [3]
    reply, asked = replying(problem(status, busy), problem(status, busy))
    with pytest.raises(Problem) as raised:
        client(reply, patience=3).ask("?")
    assert raised.value.retry_after == 3
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("patience", "refusal"),
    [(2, problem(503, {"Retry-After": "3"})), (9, problem(503)), (9, problem(422))],
    ids=["too long", "for nobody knows how long", "of no use"],
)
def test_what_will_not_pass_in_time_is_not_waited_for(
    patience: float, refusal: httpx2.Response, waited: list[float]
) -> None:
    reply, asked = replying(refusal)
    with pytest.raises(Problem):
        client(reply, patience=patience).ask("?")
    assert (len(asked), waited) == (1, [])


def test_events_come_as_their_types() -> None:
    reply, asked = replying(stream(b": ping\n\nevent: new\ndata: {}\n\n" + events()))
    assert tuple(client(reply).stream("?")) == EVENTS
    assert asked[0].headers["Accept"] == "text/event-stream"
    assert "Last-Event-ID" not in asked[0].headers


@given(st.integers(1, len(events()) - 1), st.booleans())
def test_a_stream_that_is_lost_anywhere_is_taken_up_behind_the_last_event(
    at: int, breaks: bool
) -> None:
    begun = events()[:at]
    # Where no line feed comes any more, a carriage return ends a line, and httpx2 the event too.
    whole = begun if breaks else re.sub(rb"(}|\r\n)\r\Z", rb"\1\r\n\r\n", begun)
    had = whole.count(b"\r\n\r\n")
    reply, asked = replying(lost(begun) if breaks else stream(begun), stream(events(had)))
    if had == 0:
        with pytest.raises(Problem, match=r"lost|reached"):
            list(client(reply).stream("?"))
        return
    assert tuple(client(reply).stream("?")) == EVENTS
    if had < 4:
        assert asked[1].headers["Last-Event-ID"] == f"s:{had}"
        assert asked[1].content == asked[0].content


def test_a_server_that_starts_again_is_waited_for_and_one_that_stays_away_given_up(
    waited: list[float],
) -> None:
    away = httpx2.ConnectError("refused")
    reply, _ = replying(lost(events(0, 2)), away, problem(503), stream(events(0, 4, "t")))
    assert tuple(client(reply).stream("?")) == (META, SOURCE, *EVENTS)
    assert waited == list(listening.PAUSES[:3])
    reply, asked = replying(lost(events(0, 2)), *[away] * 9)
    with pytest.raises(Problem, match="refused"):
        list(client(reply).stream("?"))
    assert len(asked) == 1 + len(listening.PAUSES)


def test_an_error_in_a_stream_is_raised_or_waited_out(waited: list[float]) -> None:
    document = {"title": "T", "status": 503, "detail": "D", "retry_after": 2}
    error = f"id: s:end\nevent: error\ndata: {json.dumps(document)}\n\n".encode()
    reply, _ = replying(stream(events(0, 1) + error))
    with pytest.raises(Problem) as raised:
        list(client(reply).stream("?"))
    assert (raised.value.status, raised.value.retry_after) == (503, 2)
    reply, asked = replying(stream(events(0, 1) + error), stream(events()))
    assert tuple(client(reply, patience=5).stream("?")) == (META, *EVENTS)
    assert "Last-Event-ID" not in asked[1].headers
    assert waited == [2]


def test_what_is_awaited_is_the_same() -> None:
    busy = problem(503, {"Retry-After": "1"})
    answer = httpx2.Response(200, content=to_json(ANSWER))

    async def asking() -> None:
        reply, asked = replying(busy, answer, stream(events(0, 3)), stream(events(3)))
        transport = httpx2.MockTransport(reply)
        async with AsyncClient("http://news.example", patience=1, transport=transport) as newsqa:
            assert await newsqa.ask("?") == ANSWER
            assert [event async for event in newsqa.stream("?")] == list(EVENTS)
        assert asked[3].headers["Last-Event-ID"] == "s:3"
        reply, _ = replying(problem(404), httpx2.ConnectError("refused"))
        newsqa = AsyncClient("http://news.example", transport=httpx2.MockTransport(reply))
        with pytest.raises(Problem, match="404"):
            await newsqa.article("none")
        with pytest.raises(Problem, match="refused"):
            await newsqa.ready()

    awaited(asking())


def test_feedback_tells_where_the_answer_quotes_and_what_it_marks_there() -> None:
    reply, asked = replying(httpx2.Response(201, json={"id": "ask-1"}))
    client(reply).feedback(ANSWER, "up", "Yes.")
    said = json.loads(asked[0].content)
    assert said["citations"] == [
        {
            "article_id": "a/1",
            "version": 2,
            "source_start": 10,
            "source_end": 16,
            "marks": [[13, 15]],
        }
    ]
    assert (said["answer"], said["rating"], said["comment"]) == ("ask-1", "up", "Yes.")
