"""The clients for Python and for JavaScript against the server and its description of itself."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.client import AsyncClient, Client, Opened, Problem
from qa.client.nouns import Added, Ready, Refused, Taken
from qa.config import Settings
from qa.engine import Engine
from qa.listing import Copy, Listed, Page, Version
from qa.types import Answer, Done, Filters, Meta, Statement, Turn
from tests.awaited import awaited
from web.app import create_app
from web.assets import STATIC

from .recording import Recorder, recorded

CLIENT = STATIC / "client.js"
OURS = ("/ask", "/search", "/articles", "/addresses", "/feedback", "/facets", "/suggestions",
        "/readyz")  # fmt: skip
BY_ADDRESS = ("GET", "/ask")
"""For a browser's address bar; programs send the same by POST."""

FERRY = {"id": "ferry/1", "title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}
QUESTION = "When does the night ferry to Anholm begin?"
HISTORY = [{"role": "user", "content": "Is there a ferry?"}]

Ask = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def server(engine: Engine) -> Iterator[Recorder]:
    """A server over a home of the test's own."""
    with recorded(create_app(engine)) as recorder:
        yield recorder


@pytest.fixture(scope="session")
def document() -> Any:
    from qa.home import open_home

    return create_app(open_home()).openapi()


def routes(document: Any) -> set[tuple[str, str]]:
    """Return what the description says that a program may ask, as methods and paths."""
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(OURS)
    } - {BY_ADDRESS}


def used(server: Recorder) -> set[tuple[str, str]]:
    return {(one.method, one.path.replace(":path}", "}")) for one in server.asked}


def properties(document: Any, name: str) -> set[str]:
    return set(document["components"]["schemas"][name]["properties"])


def sent(server: Recorder, path: str) -> set[str]:
    """Return the names of all that was sent to a path by POST."""
    return {
        name
        for one in server.asked
        if (one.method, one.path) == ("POST", path)
        for name in one.fields
    }


def use_everything(newsqa: Client) -> Answer:
    """Call each method with each parameter."""
    newsqa.add([FERRY])
    newsqa.put("ferry/1", FERRY)
    assert newsqa.ready().modes
    options: dict[str, Any] = {"top_k": 3, "filters": Filters(category=()), "as_of": None}
    answer = newsqa.ask(QUESTION, history=(Turn("user", "Is there a ferry?"),), **options)
    newsqa.search(QUESTION, retriever="lexical", **options)
    newsqa.feedback(answer, "up", "Yes.")
    assert [one.id for one in newsqa.articles()] == ["ferry/1"]
    assert newsqa.article("ferry/1", version=1).text == FERRY["text"]
    assert newsqa.facets().date_from is None
    assert isinstance(newsqa.suggestions("en"), tuple)
    with pytest.raises(Problem, match="422"):
        newsqa.add_address("http://127.0.0.1:9/", linked=True)
    newsqa.remove("ferry/1")
    return answer


def test_every_route_is_reached_and_every_field_sent(server: Recorder, document: Any) -> None:
    with Client(server.address) as newsqa:
        answer = use_everything(newsqa)
    assert answer.status == "answered"
    assert used(server) == routes(document)
    assert sent(server, "/ask") == properties(document, "AskRequest")
    assert sent(server, "/search") == properties(document, "SearchRequest")
    assert sent(server, "/feedback") == properties(document, "FeedbackRequest")
    assert sent(server, "/addresses") == properties(document, "AddressRequest")
    (asked,) = (one.fields for one in server.asked if one.path == "/ask")
    assert set(asked["filters"]) == properties(document, "FiltersRequest")
    assert {name for turn in asked["history"] for name in turn} == properties(
        document, "TurnRequest"
    )
    (said,) = (one.fields for one in server.asked if one.path == "/feedback")
    assert set(said["citations"][0]) == properties(document, "CitedRequest")


@pytest.mark.parametrize(
    "noun",
    [Answer, Opened, Added, Copy, Listed, Page, Ready, Refused, Taken, Version],
    ids=lambda noun: noun.__name__,
)
def test_what_is_told_is_what_the_description_says(noun: type, document: Any) -> None:
    assert {one.name for one in fields(noun)} == properties(document, noun.__name__)


def test_articles_come_page_by_page(server: Recorder) -> None:
    with Client(server.address) as newsqa:
        lines = "\n".join(json.dumps({**FERRY, "id": str(n)}) for n in range(5))
        newsqa.add(lines.encode(), kind="application/x-ndjson")
        ids = [one.id for one in newsqa.articles(limit=2)]
    assert ids == ["4", "3", "2", "1", "0"]
    assert sum(one.method == "GET" for one in server.asked) == 3


def test_a_stream_that_the_server_drops_is_the_same_answer(server: Recorder) -> None:
    with Client(server.address) as newsqa:
        newsqa.add(FERRY)
        server.losing = 2
        events = list(newsqa.stream(QUESTION))
        asked = newsqa.ask(QUESTION)
    assert [type(event) for event in events].count(Meta) == 1
    assert isinstance(events[-1], Done)
    told = [event.text for event in events if isinstance(event, Statement)]
    assert "\n".join(told) == events[-1].answer == asked.answer
    assert sum(one.path == "/ask" for one in server.asked) == 4


def test_awaited_it_is_the_same(server: Recorder) -> None:
    async def asking() -> None:
        async with AsyncClient(server.address) as newsqa:
            await newsqa.put("ferry", {**FERRY, "id": "ferry"})
            answer = await newsqa.ask(QUESTION)
            events = [event async for event in newsqa.stream(QUESTION)]
            assert isinstance(events[-1], Done)
            assert events[-1].answer == answer.answer
            assert [one.id async for one in newsqa.articles()] == ["ferry"]
            with pytest.raises(Problem, match="404"):
                await newsqa.article("none")

    awaited(asking())


# --- JavaScript


def typedefs() -> dict[str, set[str]]:
    """Return the types that the client for JavaScript declares, with the names of their fields."""
    return {
        name: set(re.findall(r"@property \{.*\} \[?(\w+)", body))
        for name, body in re.findall(
            r"@typedef \{object\} (\w+)(.*?)\*/", CLIENT.read_text(), re.DOTALL
        )
    }


PARAMETERS = {"AskRequest": {"question", "stream"}, "SearchRequest": {"query"}}
"""What is an argument of its own, or a method."""


def test_its_types_are_those_of_the_description(document: Any) -> None:
    schemas = document["components"]["schemas"]
    declared = {name: names for name, names in typedefs().items() if name in schemas}
    assert {"Answer", "Source", "Citation", "AskRequest", "Opened", "Listed"} <= declared.keys()
    for name, names in declared.items():
        assert names | PARAMETERS.get(name, set()) == properties(document, name), name


SCRIPT = """
import { Newsqa, Problem } from %(module)s;
const [ferry, question, history] = %(given)s;
const newsqa = new Newsqa(%(address)s, { patience: 5 });
const options = { top_k: 3, filters: { category: [] }, as_of: null, time: true };
const told = {};
await newsqa.add([ferry]);
await newsqa.put("ferry/1", ferry);
told.ready = (await newsqa.ready()).status;
told.answer = await newsqa.ask(question, { ...options, mode: "extractive", history });
told.hits = (await newsqa.search(question, { ...options, retriever: "lexical" })).length;
await newsqa.feedback(told.answer, "up", "Yes.");
told.ids = [];
for await (const { id } of newsqa.articles({ limit: 1 })) told.ids.push(id);
told.text = (await newsqa.article("ferry/1", { version: 1 })).text;
told.from = (await newsqa.facets()).from;
told.suggestions = await newsqa.suggestions("en");
told.events = [];
for await (const { event, data } of newsqa.stream(question)) told.events.push([event, data.text]);
told.problems = [];
for (const failing of [
  () => newsqa.addAddress("http://127.0.0.1:9/", { linked: true }),
  () => newsqa.ask(""),
  () => newsqa.article("none"),
  () => new Newsqa("http://127.0.0.1:9").ready(),
  () => newsqa.ask(question, { signal: AbortSignal.abort() }),
]) {
  try {
    await failing();
  } catch (error) {
    told.problems.push(error instanceof Problem ? error.status : error.name);
  }
}
await newsqa.remove("ferry/1");
console.log(JSON.stringify(told));
"""


def test_the_client_for_javascript_does_the_same(
    server: Recorder, document: Any, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the client for JavaScript is tried in Node, which is not there")
    script = tmp_path / "use.mjs"
    module = tmp_path / "newsqa.mjs"
    module.write_text(CLIENT.read_text())
    given = json.dumps([FERRY, QUESTION, HISTORY])
    names = {"module": json.dumps(module.as_uri()), "given": given}
    script.write_text(SCRIPT % {**names, "address": json.dumps(server.address)})
    run = subprocess.run([node, script], capture_output=True, text=True)
    assert run.stderr == ""
    told = json.loads(run.stdout)
    assert told["ready"] == "ready"
    assert (told["answer"]["status"], told["ids"]) == ("answered", ["ferry/1"])
    assert told["text"] == FERRY["text"]
    names_of_events = [name for name, _ in told["events"]]
    assert names_of_events[0] == "meta"
    assert names_of_events[-1] == "done"
    assert [text for name, text in told["events"] if name == "statement"] == [
        told["answer"]["answer"]
    ]
    assert told["problems"] == [422, 422, 404, 0, "AbortError"]
    assert used(server) == routes(document)
    bodies = {"/ask": "Ask", "/search": "Search", "/feedback": "Feedback", "/addresses": "Address"}
    for path, name in bodies.items():
        assert sent(server, path) == properties(document, f"{name}Request")


STREAM = """
import { Newsqa } from %(module)s;
const events = [];
for await (const { event } of new Newsqa(%(address)s).stream(%(question)s)) events.push(event);
console.log(JSON.stringify(events));
"""


def test_in_javascript_too_a_stream_that_is_dropped_goes_on(
    server: Recorder, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the client for JavaScript is tried in Node, which is not there")
    with Client(server.address) as newsqa:
        newsqa.add(FERRY)
    server.losing = 2
    module, script = tmp_path / "newsqa.mjs", tmp_path / "use.mjs"
    module.write_text(CLIENT.read_text())
    script.write_text(
        STREAM
        % {
            "module": json.dumps(module.as_uri()),
            "address": json.dumps(server.address),
            "question": json.dumps(QUESTION),
        }
    )
    run = subprocess.run([node, script], capture_output=True, text=True)
    assert run.stderr == ""
    assert json.loads(run.stdout) == ["meta", "source", "statement", "done"]
    assert sum(one.path == "/ask" for one in server.asked) == 3


FAILING = """
import { Newsqa, Problem } from %(module)s;
const newsqa = new Newsqa("http://127.0.0.1:9");
const problem = { status: 503, headers: { "Content-Type": "application/problem+json" } };
const cut = () => new ReadableStream({ start: (one) => one.error(new Error("cut off")) });
const told = [];
for (const answered of [
  () => new Response(cut()),
  () => new Response("<p>Welcome"),
  () => new Response("{", problem),
]) {
  globalThis.fetch = async () => answered();
  await newsqa.ready().catch((error) => told.push(error instanceof Problem && error.status));
}
const late = AbortSignal.timeout(1);
globalThis.fetch = async () => new Response(new ReadableStream({
  start: (one) => late.addEventListener("abort", () => one.error(late.reason)),
}));
try {
  for await (const _ of newsqa.stream("?", { signal: late }));
} catch (error) {
  told.push(error.name);
}
console.log(JSON.stringify(told));
"""


def test_in_javascript_an_answer_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the client for JavaScript is tried in Node, which is not there")
    module, script = tmp_path / "newsqa.mjs", tmp_path / "use.mjs"
    module.write_text(CLIENT.read_text())
    script.write_text(FAILING % {"module": json.dumps(module.as_uri())})
    run = subprocess.run([node, script], capture_output=True, text=True)
    assert run.stderr == ""
    assert json.loads(run.stdout) == [0, 200, 503, "TimeoutError"]


def test_it_is_served_as_it_was_written_to_allowed_pages_alone(engine: Engine) -> None:
    allowed = "https://paper.example"
    server = TestClient(create_app(engine, Settings(origins=(allowed,), reading="key")))
    answer = server.get("/client.js", headers={"Origin": allowed})
    assert answer.content == CLIENT.read_bytes()
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Access-Control-Allow-Origin"] == allowed
    other = server.get("/client.js", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert not re.search(rb"^import|\bimport\(", answer.content, re.MULTILINE)
