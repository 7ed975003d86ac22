"""The Model Context Protocol, spoken by its own library: over HTTP, over standard input."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import uvicorn
from fastapi.testclient import TestClient
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from qa.answer import NOT_FOUND
from qa.config import Settings
from qa.engine import Engine
from qa.keys import Keys
from qa.types import Event, Query
from tests.awaited import awaited
from tests.bench.served import NEWSQA
from web.app import create_app
from web.gate import Gate
from web.limits import MAX_ASKED_BYTES
from web.mcp.server import speaker
from web.mcp.tools import Tools

from .operating import LOCAL
from .problem import assert_problem

GOAL = "上海2025年的目标是什么"
INITIALIZE: Mapping[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPTED = {"Accept": "application/json, text/event-stream"}

Open = Callable[[], Any]


@contextmanager
def speaking(engine: Engine, **settings: Any) -> Iterator[str]:
    """Serve the engine with these settings, and yield where it speaks the protocol."""
    app = create_app(engine, Settings(**settings))
    config = uvicorn.Config(app, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def address(seeds_engine: Engine) -> Iterator[str]:
    with speaking(seeds_engine) as address:
        yield address


@pytest.fixture(params=["auto", "legacy"])
def connected(request: pytest.FixtureRequest, address: str) -> Open:
    """What connects a client over HTTP, by the protocol of today and by that of before."""
    return lambda: Client(address, mode=request.param)


@pytest.fixture
def started(seeds_engine: Engine) -> Open:
    """What connects a client to a process of its own, by standard input."""
    command, *arguments = [*NEWSQA, "mcp", "--home", str(seeds_engine.corpus.home)]
    return lambda: Client(StdioServerParameters(command=command, args=arguments))


@asynccontextmanager
async def with_key(address: str, key: str) -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers) as sending:  # noqa: SIM117 - one needs the other
        async with Client(streamable_http_client(address, http_client=sending)) as client:
            yield client


def run(conversation: Callable[[Client], Awaitable[None]], connected: Open) -> None:
    async def whole() -> None:
        async with connected() as client:
            await conversation(client)

    awaited(whole())


async def called(client: Client, name: str, **arguments: Any) -> Any:
    """Return what a tool returns, which is what it says it returns, and its text says the same."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    schema = listed[name].output_schema
    assert schema is not None
    jsonschema_rs.validate(schema, result.structured_content)
    (text,) = result.content
    assert text.type == "text"
    assert json.loads(text.text) == result.structured_content
    return result.structured_content


async def refused(client: Client, name: str, **arguments: Any) -> str:
    """Return why a tool refuses to do this."""
    result = await client.call_tool(name, arguments)
    assert result.is_error
    assert result.structured_content is None
    (text,) = result.content
    assert text.type == "text"
    return text.text


async def search_read_and_ask(client: Client) -> None:
    """What is found is read in its article, and what is answered is quoted from it."""
    found = (await called(client, "search", query=GOAL, top_k=3))["results"]
    assert len(found) == 3
    for one in found:
        document = await called(client, "fetch", id=one["id"])
        passage = document["metadata"]["passage"]
        assert document["text"][passage["start"] : passage["end"]] == one["text"]
        assert (document["id"], document["title"]) == (one["id"], one["title"])
        assert document["url"] == one["url"]
        whole = await called(
            client, "fetch", id=document["metadata"]["article"], version=one["version"]
        )
        assert whole["text"] == document["text"]
        assert whole["metadata"]["passage"] is None

    answer = await called(client, "ask", question=GOAL)
    assert answer["status"] == "answered"
    assert answer["answer"] == "\n".join(one["text"] for one in answer["statements"])
    for statement in answer["statements"]:
        for citation in statement["citations"]:
            document = await called(client, "fetch", id=citation["id"])
            passage = document["metadata"]["passage"]
            assert citation["quote"] == passage["text"]
            assert citation["quote"] in statement["text"]
            assert citation["title"] == document["title"]
    with pytest.raises(MCPError, match="no article"):
        await client.read_resource("newsqa://articles/none")


def test_a_model_is_told_what_it_can_do_and_that_it_changes_nothing(connected: Open) -> None:
    async def conversation(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["search", "fetch", "ask"]
        for tool in tools:
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is True
            assert tool.annotations.destructive_hint is False
            assert tool.annotations.idempotent_hint is True
            assert tool.annotations.open_world_hint is False
            assert tool.description
            assert tool.input_schema["type"] == "object"
            assert tool.input_schema["additionalProperties"] is False
        assert "cite" in (client.instructions or "")

    run(conversation, connected)


def test_what_is_found_is_read_in_its_article_and_the_answer_is_quoted(connected: Open) -> None:
    run(search_read_and_ask, connected)


def test_a_program_on_this_machine_starts_it_and_gets_the_same(started: Open) -> None:
    run(search_read_and_ask, started)


def test_what_the_articles_do_not_say_is_not_answered(connected: Open) -> None:
    async def conversation(client: Client) -> None:
        answer = await called(client, "ask", question="Who painted the Mona Lisa?")
        assert answer["status"] == "not_found"
        assert answer["answer"] == NOT_FOUND["en"]
        assert answer["statements"] == []

    run(conversation, connected)


def test_the_filters_hold(connected: Open) -> None:
    async def conversation(client: Client) -> None:
        none = await called(client, "search", query=GOAL, date_to="1999-12-31")
        assert none["results"] == []
        some = await called(client, "search", query=GOAL, date_from="2000-01-01")
        assert some["results"]
        publisher = some["results"][0]["publisher"]
        of_one = await called(client, "search", query=GOAL, source=[publisher], top_k=10)
        assert {one["publisher"] for one in of_one["results"]} == {publisher}

    run(conversation, connected)


def test_what_cannot_be_done_is_told_with_its_remedy(connected: Open) -> None:
    async def conversation(client: Client) -> None:
        assert "no article has the id 'none'" in await refused(client, "fetch", id="none")
        (found,) = (await called(client, "search", query=GOAL, top_k=1))["results"]
        article = found["id"].partition("#")[0]
        assert "characters" in await refused(client, "fetch", id=f"{article}#char=5-99999999")
        assert "characters" in await refused(client, "fetch", id=f"{article}#char=5-5")
        assert "no version 9" in await refused(client, "fetch", id=article, version=9)
        assert "question: " in await refused(client, "ask", question=" ")
        assert "NEWSQA_LLM_URL" in await refused(client, "ask", question=GOAL, mode="llm")
        assert "date_to: " in await refused(
            client, "search", query=GOAL, date_from="2025-01-02", date_to="2025-01-01"
        )
        words = await refused(client, "search", query=GOAL, top_k=0, depth=3)
        assert "top_k: " in words
        assert "depth: " in words
        assert "query: " in await refused(client, "search")
        assert "Traceback" not in words
        with pytest.raises(MCPError, match="no tool 'forget'; there are search, fetch, ask"):
            await client.call_tool("forget", {})

    run(conversation, connected)


def test_articles_are_resources(connected: Open, seeds_engine: Engine) -> None:
    async def conversation(client: Client) -> None:
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "newsqa://articles/{id}"
        listed, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            listed += page.resources
            if (cursor := page.next_cursor) is None:
                break
        assert {one.name for one in listed} == {
            change.id for change in seeds_engine.corpus.articles.page(None, 1_000)
        }
        for one in listed[:3]:
            (content,) = (await client.read_resource(one.uri)).contents
            article = seeds_engine.corpus.articles.get(one.name)
            assert content.uri == one.uri
            head, _, text = getattr(content, "text", "").partition("\n\n")
            assert head.startswith(article.title)
            assert text == article.text
        for nothing in ("newsqa://articles/none", "newsqa://elsewhere", "file:///etc/passwd"):
            with pytest.raises(MCPError, match=r"no article|nothing at"):
                await client.read_resource(nothing)
        with pytest.raises(MCPError, match="no cursor"):
            await client.list_resources(cursor="x")

    run(conversation, connected)


def test_without_a_publishers_address_an_article_is_cited_by_our_own(
    engine: Engine, client: TestClient
) -> None:
    sent = [
        {"id": "a-b/ü", "title": "Tram", "text": "The tram runs at six."},
        {"id": "b", "title": "Bus", "text": "The bus runs at ten.", "url": "https://p.example/b"},
    ]
    client.post("/articles", json=sent).raise_for_status()

    async def urls(client: Client) -> dict[str, str]:
        found = (await called(client, "search", query="When does it run?"))["results"]
        return {one["title"]: one["url"] for one in found}

    async def conversation() -> None:
        with speaking(engine) as address:
            async with Client(address) as http:
                told = await urls(http)
                page = told["Tram"].partition("#")[0]
                assert page == address.removesuffix("mcp") + "articles/a-b%2F%C3%BC"
                assert told["Bus"] == "https://p.example/b"
        gate = Gate(2, 2, 30.0)
        async with Client(speaker(Tools(engine, gate, gate))) as unserved:
            told = await urls(unserved)
            page = told["Tram"].partition("#")[0]
            assert page == "newsqa://articles/a-b%2F%C3%BC"
            (content,) = (await unserved.read_resource(told["Tram"])).contents
            assert "The tram runs at six." in getattr(content, "text", "")

    awaited(conversation())


def test_where_reading_needs_a_key_a_model_needs_one(engine: Engine) -> None:
    _, key = Keys(engine.corpus.home).add("model", "read", "")

    async def names(address: str, key: str) -> list[str]:
        async with with_key(address, key) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    with speaking(engine, reading="key") as address:
        assert awaited(names(address, key)) == ["search", "fetch", "ask"]
        for wrong in ("", f"{key}x"):
            with pytest.raises((MCPError, ExceptionGroup)):
                awaited(names(address, wrong))
            headers = {**ACCEPTED, **({"Authorization": f"Bearer {wrong}"} if wrong else {})}
            told = httpx2.post(address, json=INITIALIZE, headers=headers)
            assert_problem(told, 401)
            assert told.headers["WWW-Authenticate"] == "Bearer"


def test_clients_do_not_wait_for_one_another(address: str) -> None:
    async def asking(mode: str, question: str) -> str:
        async with Client(address, mode=mode) as client:
            replies = await asyncio.gather(
                *(called(client, "ask", question=question) for _ in range(4))
            )
            (answer,) = {reply["answer"] for reply in replies}
            return str(answer)

    async def both() -> tuple[str, str]:
        return await asyncio.gather(
            asking("auto", GOAL), asking("legacy", "Who painted the Mona Lisa?")
        )

    first, second = awaited(both())
    assert "上海" in first
    assert second == NOT_FOUND["en"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_is_given_up_is_worked_on_no_more(
    open_engine: Callable[[Path], Engine],
    seeds_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    engine = open_engine(seeds_engine.corpus.home)
    stream = engine.stream
    begun, given_up, ended = threading.Event(), threading.Event(), threading.Event()
    drawn: list[Event] = []

    def slowly(query: Query, until: float) -> Iterator[Event]:
        try:
            for event in stream(query, until):
                drawn.append(event)
                yield event
                begun.set()
                assert given_up.wait(30)
        finally:
            ended.set()

    monkeypatch.setattr(engine, "stream", slowly)
    monkeypatch.setattr("web.mcp.tools.Event", lambda: given_up)

    async def conversation() -> None:
        with speaking(engine) as address:
            async with Client(address, mode=mode) as client:
                asked = asyncio.create_task(client.call_tool("ask", {"question": GOAL}))
                assert await asyncio.to_thread(begun.wait, 30)
                asked.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asked
                if mode == "legacy":
                    # Then it is the connection's end that tells; the message about it finds nobody.
                    return
                assert await asyncio.to_thread(ended.wait, 30)

    awaited(conversation())
    assert ended.wait(30)
    assert len(drawn) == 2


def test_questions_are_counted(seeds_engine: Engine) -> None:
    async def conversation(client: Client) -> None:
        await called(client, "ask", question=GOAL)

    counted = 'newsqa_questions_total{language="zh",mode="extractive",status="answered"} 1.0'
    with speaking(seeds_engine) as address:
        run(conversation, lambda: Client(address))
        assert counted in httpx2.get(address.replace("/mcp", "/metrics")).text


def test_pages_speak_it_where_they_may_ask(engine: Engine) -> None:
    allowed, foreign = "https://paper.example", "https://elsewhere.example"
    client = TestClient(create_app(engine, Settings(origins=(allowed,))), client=LOCAL)

    def said(**headers: str) -> Any:
        return client.post("/mcp", json=INITIALIZE, headers={**ACCEPTED, **headers})

    assert said().status_code == 200
    shared = said(Origin=allowed)
    assert shared.status_code == 200
    assert shared.headers["Access-Control-Allow-Origin"] == allowed
    assert_problem(said(Origin=foreign), 403)
    asked = {"Origin": allowed, "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type, mcp-protocol-version, authorization"
    assert client.options("/mcp", headers=asked).status_code == 200
    # A page whose name was led to this machine after it was loaded.
    assert_problem(said(Origin="http://rebound.example", Host="rebound.example"), 403)
    own = {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"}
    assert said(**own).status_code == 200


def test_there_is_nothing_but_messages(client: TestClient) -> None:
    for method in ("GET", "DELETE"):
        told = client.request(method, "/mcp", headers=ACCEPTED)
        assert_problem(told, 405)
        assert told.headers["Allow"] == "POST"


@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"1" * 10_000,
        b"\xff",
        b"[]",
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
        b'{"name":"ask","arguments":{"question":"\\ud800","\\ud800":1}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"\\ud800"}}',
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(client: TestClient, body: bytes, version: str) -> None:
    headers = {**ACCEPTED, "Content-Type": "application/json", "Mcp-Protocol-Version": version}
    told = client.post("/mcp", content=body, headers=headers)
    assert told.status_code < 500
    assert "Traceback" not in told.text


def test_a_message_of_any_length_is_not_read(client: TestClient) -> None:
    pieces = (b" " * 100_000 for _ in range(MAX_ASKED_BYTES // 100_000 + 1))
    told = client.post("/mcp", content=pieces, headers={"Content-Type": "application/json"})
    assert_problem(told, 413)


def test_without_its_library_it_says_what_to_install(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    monkeypatch.delitem(sys.modules, "web.mcp.server", raising=False)
    told = client.post("/mcp", json=INITIALIZE, headers=ACCEPTED)
    assert_problem(told, 501)
    assert "newsqa[mcp]" in told.json()["detail"]


def test_nobody_else_imports_its_library() -> None:
    code = "import sys, web.app, web.serve, web.mcp_commands; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"mcp", "mcp_types", "jsonschema", "jwt"}.isdisjoint(told.stdout.split())


def test_standard_output_holds_messages_alone_and_its_input_ends_it(seeds_engine: Engine) -> None:
    messages = [
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask"}},
    ]
    process = subprocess.Popen(
        [*NEWSQA, "mcp", "--home", str(seeds_engine.corpus.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for message in messages:
            process.stdin.write(f"{json.dumps(message)}\n")
        process.stdin.flush()
        told = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.stdin.close()
        assert process.stdout.read() == ""
    assert process.returncode == 0
    assert [one["id"] for one in told] == [1, 2]
    assert told[1]["result"]["isError"] is True
