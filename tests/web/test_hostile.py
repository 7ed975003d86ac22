"""What is made to hurt over HTTP: bodies, questions, and clients that do not keep pace."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from qa.engine import MAX_QUESTION
from web.connections import ENOUGH_BYTES, Patience
from web.limits import MAX_ASKED_BYTES, BodyLimit

from .problem import assert_problem

JSON = {"Content-Type": "application/json"}
N = 100_000

BOMBS = {
    "arrays": b"[" * N,
    "objects": b'{"question":' * N,
    "a nested question": b'{"question":' + b"[" * N + b"]" * N + b"}",
    "a number": b'{"question":"x","top_k":' + b"9" * 10 * N + b"}",
    "a power": b'{"question":"x","top_k":1e999999}',
    "NaN": b'{"question":"x","top_k":NaN}',
    "infinity": b'{"question":"x","top_k":-Infinity}',
    "half a character": b'{"question":"\\ud800"}',
    "half a character in a list": b'{"question":"x","filters":{"source":["\\udfff"]}}',
    "half a character as a field": b'{"question":"x","\\ud800":1}',
    "no UTF-8": b'{"question":"\xff\xfe"}',
    "fields": b"{" + b",".join(b'"k%d":1' % number for number in range(N)) + b"}",
    "a field's name": b'{"question":"x","' + b"k" * 10 * N + b'":1}',
    "values": b'{"question":"x","filters":{"source":[' + b"1," * N + b"1]}}",
    "turns": b'{"question":"x","history":[' + b"1," * N + b"1]}",
    "nothing": b"",
}

TOLD = 20_000
"""Bytes of a problem; what is sent comes back in it only in part."""


@pytest.mark.parametrize("path", ["/ask", "/search", "/articles"])
@pytest.mark.parametrize("bomb", BOMBS)
def test_what_is_no_question_is_refused_soon_and_briefly(
    client: TestClient, path: str, bomb: str
) -> None:
    begun = time.process_time()

    response = client.post(path, content=BOMBS[bomb], headers=JSON)

    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.content) < TOLD
    assert time.process_time() - begun < 10


def test_what_is_refused_of_several_is_told_whatever_its_characters(client: TestClient) -> None:
    sent = b'[{"text": "One."}, {"\\ud800": 1}, {"' + b"k" * N + b'": 1}]'

    response = client.post("/articles", content=sent, headers=JSON)

    assert response.status_code == 201
    assert len(response.json()["refused"]) == 2
    assert len(response.content) < TOLD


QUESTIONS = {
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467\U0001f3fd?",
    "marks alone": "\u0301" * 300,
    "zalgo": "Z" + "\u0301\u0316" * 400 + "algo?",
    "right to left": "ما هي أهداف شنغهاي؟ מה המטרות?",
    "overrides": "\u202eabc\u202c \u2066x\u2069",
    "NUL": "a\0b",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85x",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "query": '") OR title:* AND (\\"a~2^5[1 TO *]',
    "thai": "เป้าหมายของเซี่ยงไฮ้คืออะไร",
    "longest": "上" * MAX_QUESTION,
    "longest of four bytes": "𠀀" * MAX_QUESTION,
    "no character": "\ufffe\uffff\ufdd0",
    "tags": "\U000e0041\U000e0042 x",
}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_question_of_any_characters_is_answered_and_told_as_it_was_asked(
    seeds: TestClient, kind: str
) -> None:
    asked = QUESTIONS[kind]

    answer = seeds.post("/ask", json={"question": asked})
    by_address = seeds.get("/ask", params={"q": asked})
    hits = seeds.post("/search", json={"query": asked})

    assert (answer.status_code, by_address.status_code, hits.status_code) == (200, 200, 200)
    assert answer.json()["question"] == by_address.json()["question"] == asked


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(question=st.text(), before=st.lists(st.text(max_size=50), max_size=4))
def test_any_text_is_answered_or_refused(
    seeds: TestClient, question: str, before: list[str]
) -> None:
    history = [{"role": "user", "content": text} for text in before]

    response = seeds.post("/ask", json={"question": question, "history": history})

    if response.status_code == 200:
        assert response.json()["question"] == question
    else:
        assert_problem(response, 422, "question")


def test_a_question_has_room_for_all_that_it_may_bring() -> None:
    """Counted in UTF-8, at the four bytes that a character takes at most."""
    turns = [{"role": "assistant", "content": "𠀀" * 20_000}] * 50
    values = ["𠀀" * 200] * 100
    filters = {"category": values, "source": values, "author": values}
    body = {"question": "𠀀" * MAX_QUESTION, "history": turns, "filters": filters}

    assert len(json.dumps(body, ensure_ascii=False).encode()) < MAX_ASKED_BYTES


def test_a_body_that_says_it_is_too_long_is_not_read(client: TestClient) -> None:
    read = []

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        read.append(await receive())

    sender = TestClient(BodyLimit(app))
    length = {"Content-Length": str(MAX_ASKED_BYTES + 1)}

    response = sender.post("/ask", content=b"x", headers=length)

    assert response.status_code == 413
    assert not read
    whole = b" " * (MAX_ASKED_BYTES + 1)
    assert_problem(client.post("/ask", content=iter([whole]), headers=JSON), 413)


PATIENCE = 1.0


class Short(Patience):
    """Patience that a test can wait out."""

    patience = PATIENCE


BIG = 20_000_000


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Take a body to its end, then answer: at `/later` after a while, at `/big` at length."""
    assert scope["type"] == "http"
    while (message := await receive()).get("more_body"):
        pass
    if scope["path"] == "/later":
        await asyncio.sleep(3 * PATIENCE)
    size = BIG if scope["path"] == "/big" else 2
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    begin: Message = {"type": "http.response.body", "body": b"o" * size}
    await send(begin)
    assert message


@contextmanager
def served() -> Iterator[tuple[uvicorn.Server, tuple[str, int]]]:
    """Serve, by a protocol whose patience is short, and yield the server and where it is."""
    config = uvicorn.Config(answers, http=Short, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield server, listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def closed(connection: socket.socket) -> bool:
    """Say whether the server hangs up within a time that is long beside its patience."""
    connection.settimeout(30 * PATIENCE)
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize("sent", [b"", b"GE", HEAD, HEAD + b"\r\n", HEAD + b"\r\nxxx"])
def test_who_does_not_finish_a_request_is_hung_up_on(sent: bytes) -> None:
    with served() as (_, place), socket.create_connection(place) as connection:
        connection.sendall(sent)

        assert closed(connection)


def test_who_sends_a_head_a_byte_at_a_time_is_hung_up_on() -> None:
    hung_up_on = pytest.raises((ConnectionResetError, BrokenPipeError))
    with served() as (_, place), socket.create_connection(place) as connection, hung_up_on:
        drip(connection)


def drip(connection: socket.socket) -> None:
    """Send a head for thirty times the patience."""
    for _ in range(300):
        connection.sendall(b"x")
        time.sleep(PATIENCE / 10)


def test_who_does_not_take_an_answer_is_hung_up_on() -> None:
    with served() as (server, place), socket.create_connection(place) as connection:
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        deadline = time.monotonic() + 30
        while not server.server_state.connections and time.monotonic() < deadline:
            time.sleep(0.05)
        while server.server_state.connections and time.monotonic() < deadline:
            time.sleep(0.05)

        assert not server.server_state.connections


def test_who_waits_for_an_answer_or_keeps_pace_is_served() -> None:
    """Longer than the patience in all: in the answer's making, and in the sending of a body."""
    with served() as (_, place), socket.create_connection(place) as connection:
        connection.settimeout(30)
        connection.sendall(b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")

        pieces = 15
        size = str(pieces * ENOUGH_BYTES).encode()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + b"\r\n\r\n")
        for _ in range(pieces):
            connection.sendall(b"x" * ENOUGH_BYTES)
            time.sleep(PATIENCE / 5)
        assert b"200 OK" in connection.recv(1 << 16)
