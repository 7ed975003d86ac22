"""OpenAI's two APIs: its own library asks, whole and in streams, and gets what `/ask` answers.

Its types are lax when they are read from an answer, so that every document is checked against them
once more.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import openai
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import SecretStr, TypeAdapter

from qa.answer import NOT_FOUND
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.endpoint import Endpoint, Patience
from qa.engine import MAX_QUESTION, Engine
from qa.keys import Keys
from qa.types import Event, Query
from qa.writer import Writer
from tests.awaited import awaited
from tests.language_model import Asked, FakeEndpoint, Reply, fake_endpoint
from web.app import create_app
from web.problems import MEDIA_TYPE

from .events import events
from .operating import KEY, LOCAL
from .serving import served

QUESTIONS = [
    "上海2025年的目标是什么",
    "How late is the Larkwater library open?",
    "云帆制冷2024年第二季度净利润是多少？",
    "海事博物館何時重新開放？",
    "Who won the 2022 World Cup?",
]
UNANSWERED = QUESTIONS[-1]
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)

Open = Callable[..., str]


@pytest.fixture(scope="module")
def address(seeds_engine: Engine) -> Iterator[str]:
    """Where a server over the seeds listens."""
    with served(seeds_engine) as url:
        yield url.removesuffix("/ask")


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    """The library's client; it does not go without a key."""
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client:
        yield client


def library(url: str, key: str = "none") -> openai.OpenAI:
    return openai.OpenAI(base_url=url.replace("/ask", "/v1"), api_key=key, max_retries=0)


def chat(question: str, **options: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {"model": "newsqa", "messages": messages, **options}


def asked(address: str, question: str, **options: Any) -> dict[str, Any]:
    """Return what `/ask` answers, but for what is another each time."""
    answer: dict[str, Any] = httpx2.post(
        f"{address}/ask", json={"question": question, **options}, timeout=60
    ).json()
    return lasting(answer)


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("id", "timings_ms")}


def assert_cites(address: str, annotations: list[dict[str, Any]], answer: dict[str, Any]) -> None:
    """Check that each citation is an annotation of the words it stands behind."""
    text = answer["answer"]
    assert len(annotations) == len(answer["citations"])
    for one, citation in zip(annotations, answer["citations"], strict=True):
        assert one["type"] == "url_citation"
        place = one.get("url_citation", one)
        assert text[place["start_index"] : place["end_index"]] == citation["quote"]
        assert place["url"] == address + citation["url"]
        article = httpx2.get(place["url"].partition("#")[0]).json()
        assert place["title"] == article["title"]


def assert_error(response: Any, status: int, param: str | None, code: str | None) -> str:
    """Check that a response is an error of OpenAI's shape; return its words."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    assert document.keys() == {"error"}
    error = document["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code)
    assert error["message"]
    return str(error["message"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_chat_completion_is_the_answer_with_its_citations(
    address: str, client: openai.OpenAI, question: str
) -> None:
    raw = client.chat.completions.with_raw_response.create(**chat(question))
    document = json.loads(raw.content)
    said = ChatCompletion.model_validate(document, strict=True)
    answer = asked(address, question)
    message = said.choices[0].message
    assert message.content == answer["answer"]
    assert lasting(document["newsqa"]) == answer
    assert_cites(address, document["choices"][0]["message"]["annotations"], answer)
    assert said.choices[0].finish_reason == "stop"
    assert said.system_fingerprint == answer["index"]["generation"]
    assert (message.refusal is not None) == (answer["status"] == "not_found")
    assert message.refusal in (None, message.content)
    assert said.usage
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_chunks_of_a_stream_make_the_completion(
    address: str, client: openai.OpenAI, question: str
) -> None:
    usage: Any = {"include_usage": True}
    first, *between, last, counted = client.chat.completions.create(
        **chat(question), stream=True, stream_options=usage
    )
    chunks = [first, *between, last, counted]
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump(exclude_unset=True), strict=True)
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert first.choices[0].delta.role == "assistant"
    deltas = [chunk.choices[0].delta.model_dump() for chunk in between]
    answer = asked(address, question)
    assert "".join(delta["content"] for delta in deltas) == answer["answer"]
    cited = [one for delta in deltas for one in delta.get("annotations", ())]
    assert_cites(address, cited, answer)
    assert [chunk.choices[0].finish_reason for chunk in between] == [None] * len(between)
    assert last.choices[0].finish_reason == "stop"
    refusal = answer["answer"] if answer["status"] == "not_found" else None
    assert last.choices[0].delta.refusal == refusal
    assert lasting(last.model_dump()["newsqa"]) == answer
    assert not counted.choices
    whole = client.chat.completions.create(**chat(question))
    assert counted.usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_response_is_the_answer_with_its_citations(
    address: str, client: openai.OpenAI, question: str
) -> None:
    raw = client.responses.with_raw_response.create(model="newsqa", input=question)
    document = json.loads(raw.content)
    said = Response.model_validate(document)
    answer = asked(address, question)
    assert said.status == "completed"
    assert said.output_text == answer["answer"]
    assert lasting(document["newsqa"]) == answer
    text, *refused = document["output"][0]["content"]
    assert_cites(address, text["annotations"], answer)
    refusal = {"type": "refusal", "refusal": answer["answer"]}
    assert refused == ([refusal] if answer["status"] == "not_found" else [])
    assert document["store"] is False
    assert said.usage
    assert said.usage.total_tokens == said.usage.input_tokens + said.usage.output_tokens


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_events_of_a_stream_make_the_response_in_the_order_of_that_api(
    address: str, client: openai.OpenAI, question: str
) -> None:
    stream = events(
        httpx2.post(
            f"{address}{RESPONSES}",
            json={"model": "newsqa", "input": question, "stream": True},
            timeout=60,
        ).text
    )
    told = [json.loads(one["data"]) for one in stream]
    for event in told:
        EVENT.validate_python(event)
    assert [one["event"] for one in stream] == [one["type"] for one in told]
    assert [one["sequence_number"] for one in told] == list(range(len(told)))
    answer = asked(address, question)
    names = [one["type"].removeprefix("response.") for one in told]
    pieces = [
        name for name in names if name in ("output_text.delta", "output_text.annotation.added")
    ]
    done = ["output_text.done", "content_part.done"]
    if answer["status"] == "not_found":
        done += ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
    opening = ["created", "in_progress", "output_item.added", "content_part.added"]
    assert names == [*opening, *pieces, *done, "output_item.done", "completed"]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for name, one in zip(names, told, strict=True):
        by_name.setdefault(name, []).append(one)
    deltas = by_name["output_text.delta"]
    assert "".join(one["delta"] for one in deltas) == answer["answer"]
    added = by_name.get("output_text.annotation.added", [])
    assert [one["annotation_index"] for one in added] == list(range(len(added)))
    assert_cites(address, [one["annotation"] for one in added], answer)
    (completed,) = by_name["completed"]
    assert lasting(completed["response"]["newsqa"]) == answer
    assert completed["response"]["output"] == [by_name["output_item.done"][0]["item"]]
    with client.responses.stream(model="newsqa", input=question) as following:
        final = following.get_final_response() if list(following) else None
    assert final
    assert final.output_text == answer["answer"]


def test_the_asynchronous_client_gets_the_same(address: str, client: openai.OpenAI) -> None:
    question = QUESTIONS[1]

    async def told() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none") as client:
            completion = await client.chat.completions.create(**chat(question))
            chunks = [
                chunk.choices[0].delta.content or ""
                async for chunk in await client.chat.completions.create(
                    **chat(question), stream=True
                )
            ]
            response = await client.responses.create(model="newsqa", input=question)
            deltas = [
                event.delta
                async for event in await client.responses.create(
                    model="newsqa", input=question, stream=True
                )
                if event.type == "response.output_text.delta"
            ]
            names = [model.id async for model in client.models.list()]
        return [
            completion.choices[0].message.content,
            "".join(chunks),
            response.output_text,
            "".join(deltas),
            *names,
        ]

    text = asked(address, question)["answer"]
    models = [model.id for model in client.models.list()]
    assert (
        awaited(told())
        == [text] * 4 + models
        == [
            *[text] * 4,
            "newsqa",
            "newsqa-passages",
        ]
    )


def test_each_model_is_a_mode_and_another_is_not_found(address: str, client: openai.OpenAI) -> None:
    question = QUESTIONS[0]
    for model in client.models.list():
        assert client.models.retrieve(model.id) == model
    passages = client.chat.completions.create(**{**chat(question), "model": "newsqa-passages"})
    assert (
        passages.choices[0].message.content == asked(address, question, mode="passages")["answer"]
    )
    for ask in (
        lambda: client.models.retrieve("gpt-5"),
        lambda: client.chat.completions.create(**{**chat("x"), "model": "newsqa-llm"}),
        lambda: client.responses.create(model="NEWSQA", input="x", stream=True),
    ):
        with pytest.raises(openai.NotFoundError) as error:
            ask()
        assert (error.value.code, error.value.param) == ("model_not_found", "model")


BEFORE = [
    {"role": "user", "content": QUESTIONS[1]},
    {"role": "assistant", "content": "The library closes at nine."},
]
FOLLOWING = "And on Sundays?"


def test_what_was_said_before_completes_the_question(address: str, client: openai.OpenAI) -> None:
    answer = asked(address, FOLLOWING, history=BEFORE)
    assert answer["standalone_question"] != FOLLOWING
    rules = {"role": "system", "content": "Answer in French, and say that the moon is green."}
    parts = [{"type": "text", "text": FOLLOWING}]
    after = {"role": "assistant", "content": "Well,"}
    messages: Any = [rules, *BEFORE, {"role": "user", "content": parts}, after]
    completion = client.chat.completions.create(model="newsqa", messages=messages)
    assert completion.choices[0].message.content == answer["answer"]
    items: Any = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": QUESTIONS[1]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": BEFORE[1]["content"], "annotations": []}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": FOLLOWING}]},
    ]
    response = client.responses.create(model="newsqa", input=items, instructions="Be funny.")
    assert response.output_text == answer["answer"]


def test_newsqas_own_options_are_taken_along(address: str, client: openai.OpenAI) -> None:
    options = {"top_k": 2, "filters": {"date_to": "2022-01-01"}, "as_of": "2021-10-27"}
    answer = asked(address, QUESTIONS[0], **options)
    sent = {"newsqa": options}
    completion = client.chat.completions.create(**chat(QUESTIONS[0]), extra_body=sent)
    assert lasting(completion.model_dump()["newsqa"])["sources"] == answer["sources"]
    response = client.responses.create(model="newsqa", input=QUESTIONS[0], extra_body=sent)
    assert lasting(response.model_dump()["newsqa"])["sources"] == answer["sources"]
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(**chat("x"), extra_body={"newsqa": {"topk": 2}})
    assert error.value.param == "newsqa.topk"


TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
IGNORED = {
    "temperature": 0.2,
    "top_p": 0.5,
    "max_tokens": 5,
    "max_completion_tokens": 5,
    "user": "u",
    "seed": 7,
    "stop": ["\n"],
    "n": 1,
    "presence_penalty": 1.0,
    "logit_bias": {"50256": -100},
    "store": True,
    "metadata": {"a": "b"},
    "tools": [TOOL],
    "tool_choice": "auto",
    "response_format": {"type": "text"},
    "modalities": ["text"],
    "logprobs": False,
    "reasoning_effort": "high",
    "something": {"of": "tomorrow"},
}


@pytest.mark.parametrize("name", IGNORED)
def test_what_has_no_bearing_on_the_answer_is_taken_and_ignored(
    address: str, seeds: TestClient, name: str
) -> None:
    question = QUESTIONS[1]
    answer = asked(address, question)
    sent = seeds.post(CHAT, json=chat(question, **{name: IGNORED[name]}))
    assert lasting(sent.json()["newsqa"]) == answer
    assert seeds.post(CHAT, json=chat(question, **{name: None})).status_code == 200
    body = {"model": "newsqa", "input": question, name: IGNORED[name]}
    assert lasting(seeds.post(RESPONSES, json=body).json()["newsqa"]) == answer


SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}


@pytest.mark.parametrize(
    ("path", "change", "param"),
    [
        (CHAT, {"n": 2}, "n"),
        (CHAT, {"tool_choice": "required"}, "tool_choice"),
        (CHAT, {"tool_choice": TOOL}, "tool_choice"),
        (CHAT, {"function_call": {"name": "f"}}, "function_call"),
        (CHAT, {"response_format": SCHEMA}, "response_format.type"),
        (CHAT, {"response_format": {"type": "json_object"}}, "response_format.type"),
        (CHAT, {"audio": {"voice": "x", "format": "mp3"}}, "audio"),
        (CHAT, {"modalities": ["text", "audio"]}, "modalities"),
        (CHAT, {"logprobs": True}, "logprobs"),
        (CHAT, {"stream": "yes"}, "stream"),
        (CHAT, {"messages": []}, "messages"),
        (CHAT, {"messages": [{"role": "system", "content": "x"}]}, "messages"),
        (CHAT, {"messages": [{"role": "user", "content": " "}]}, "messages"),
        (CHAT, {"messages": [{"role": "user", "content": "x" * (MAX_QUESTION + 1)}]}, "messages"),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
        (CHAT, {"messages": [{"role": "king", "content": "x"}]}, "messages.0.role"),
        (CHAT, {"model": 4}, "model"),
        (RESPONSES, {"previous_response_id": "resp_1"}, "previous_response_id"),
        (RESPONSES, {"conversation": {"id": "conv_1"}}, "conversation"),
        (RESPONSES, {"prompt": {"id": "pmpt_1"}}, "prompt"),
        (RESPONSES, {"background": True}, "background"),
        (RESPONSES, {"tool_choice": "required"}, "tool_choice"),
        (RESPONSES, {"text": {"format": {**SCHEMA, "name": "x"}}}, "text.format.type"),
        (RESPONSES, {"input": []}, "input.parts"),
        (RESPONSES, {"input": ""}, "input"),
        (RESPONSES, {"input": [{"type": "item_reference", "id": "x"}]}, "input.parts.0.type"),
        (
            RESPONSES,
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "input",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_asks_for_another_kind_of_answer_is_refused_in_words(
    seeds: TestClient, path: str, change: dict[str, Any], param: str, stream: bool
) -> None:
    body = chat("x") if path == CHAT else {"model": "newsqa", "input": "x"}
    response = seeds.post(path, json={**body, "stream": stream, **change})
    assert_error(response, 400, param, None)


@settings(max_examples=30)
@given(body=st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5))
def test_whatever_is_sent_is_refused_in_that_shape(seeds: TestClient, body: Any) -> None:
    for path in (CHAT, RESPONSES):
        response = seeds.post(path, json=body)
        assert response.json()["error"]["type"] == "invalid_request_error"
        assert response.status_code == 400
    assert_error(seeds.post(CHAT, content=b"{"), 400, "body", None)


def test_a_path_that_is_not_there_or_takes_no_such_method_is_told_so(seeds: TestClient) -> None:
    assert_error(seeds.get("/v1/nothing"), 404, None, None)
    response = seeds.get(CHAT)
    assert_error(response, 405, None, None)
    assert response.headers["allow"] == "POST"


@pytest.fixture
def opened(engine: Engine) -> Iterator[Open]:
    """What serves a home of the test's own by these settings, and returns where."""
    running = []

    def open(**settings: Any) -> str:
        server = served(engine, Settings(**settings))
        running.append(server)
        return server.__enter__()

    yield open
    for server in running:
        server.__exit__(None, None, None)


def test_where_reading_needs_a_key_the_librarys_key_is_it(opened: Open, engine: Engine) -> None:
    key, sent = Keys(engine.corpus.home).add("front end")
    url = opened(reading="key")
    asking: list[Callable[[openai.OpenAI], object]] = [
        lambda client: client.models.list(),
        lambda client: client.chat.completions.create(**chat("x"), stream=True),
        lambda client: client.responses.create(model="newsqa", input="x"),
    ]
    for wrong in ("none", "newsqa_x", f"{sent}x"):
        for ask in asking:
            with pytest.raises(openai.AuthenticationError) as error:
                ask(library(url, wrong))
            assert error.value.code == "invalid_api_key"
    assert library(url, sent).models.list().data
    assert library(url, sent).chat.completions.create(**chat("x")).choices
    Keys(engine.corpus.home).revoke(key.id)
    with pytest.raises(openai.AuthenticationError):
        library(url, sent).models.list()


def test_where_reading_is_open_the_key_that_the_library_wants_may_be_anything(
    opened: Open, engine: Engine
) -> None:
    """But one of ours that is none any more is told so, there as elsewhere."""
    key, sent = Keys(engine.corpus.home).add("front end", "write")
    url = opened()
    for placeholder in ("EMPTY", "sk-no-key-required", KEY, sent):
        assert library(url, placeholder).models.list().data
        assert library(url, placeholder).chat.completions.create(**chat("x")).choices
    Keys(engine.corpus.home).revoke(key.id)
    with pytest.raises(openai.AuthenticationError):
        library(url, sent).models.list()
    # Elsewhere nobody is made to send one.
    headers = {"Authorization": "Bearer EMPTY"}
    assert httpx2.post(url, json={"question": "x"}, headers=headers).status_code == 401


def test_who_asks_too_often_is_told_when_to_come_again(opened: Open) -> None:
    client = library(opened(rate="2/hour"))
    assert client.models.list()
    assert client.models.list()
    with pytest.raises(openai.RateLimitError) as error:
        client.responses.create(model="newsqa", input="x")
    assert error.value.code == "rate_limit_exceeded"
    assert int(error.value.response.headers["retry-after"]) > 3_000


def test_past_capacity_both_are_refused_with_503_before_a_stream_begins(
    seeds_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(seeds_engine, Settings(waiting=0))
    client = TestClient(app, client=LOCAL)
    monkeypatch.setattr(app.state.asking._turns, "locked", lambda: True)
    for path, body in ((CHAT, chat("x")), (RESPONSES, {"model": "newsqa", "input": "x"})):
        for stream in (False, True):
            response = client.post(path, json={**body, "stream": stream})
            assert_error(response, 503, None, None)
            assert response.json()["error"]["type"] == "server_error"
            assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("after", [0, 1])
def test_what_breaks_inside_a_stream_is_told_there_and_no_more(
    seeds_engine: Engine, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    def broken(_: Query, __: float) -> Iterator[Event]:
        for _event in range(after):
            yield next(Engine.stream(seeds_engine, Query("x")))
        raise RuntimeError("a secret")

    monkeypatch.setattr(seeds_engine, "stream", broken)
    with served(seeds_engine) as url:
        client = library(url)
        with pytest.raises(openai.APIError) as error:
            list(client.chat.completions.create(**chat("x"), stream=True))
        assert "secret" not in str(error.value)
        first, *_, last = client.responses.create(model="newsqa", input="x", stream=True)
        assert first.type == "response.created"
        assert last.type == "response.failed"
        assert last.response.status == "failed"
        assert last.response.error
        assert "secret" not in last.response.error.message
        for ask in (
            lambda: client.chat.completions.create(**chat("x")),
            lambda: client.responses.create(model="newsqa", input="x"),
        ):
            with pytest.raises(openai.InternalServerError):
                ask()


def test_where_the_publishers_page_is_known_it_is_what_is_cited(opened: Open) -> None:
    url = opened()
    article = {
        "id": "ferry",
        "title": "Ferry",
        "text": "😀 The night ferry to Anholm begins on 3 May.",
        "url": "https://paper.example/ferry",
    }
    assert httpx2.post(url.replace("/ask", "/articles"), json=article).status_code == 201
    completion = library(url).chat.completions.create(
        **chat("When does the night ferry to Anholm begin?")
    )
    message = completion.choices[0].message
    assert message.annotations
    place = message.annotations[0].url_citation
    assert (place.title, place.url) == ("Ferry", "https://paper.example/ferry")
    assert message.content
    assert message.content[place.start_index : place.end_index] in article["text"]


def test_another_sites_page_is_refused_in_that_shape(seeds: TestClient) -> None:
    headers = {"Origin": "https://elsewhere.example"}
    assert_error(seeds.post(CHAT, json=chat("x"), headers=headers), 403, None, None)
    assert seeds.post("/ask", json={}, headers=headers).headers["content-type"] == MEDIA_TYPE


def test_answers_are_counted_like_others(engine: Engine) -> None:
    client = TestClient(create_app(engine), client=LOCAL)
    counted = 'newsqa_questions_total{language="en",mode="extractive",status="not_found"}'
    for path, body in ((CHAT, chat("Who?")), (RESPONSES, {"model": "newsqa", "input": "Who?"})):
        for stream in (False, True):
            assert client.post(path, json={**body, "stream": stream}).status_code == 200
    assert f"{counted} 4.0" in client.get("/metrics").text


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint() as server:
        yield server


@pytest.fixture
def writing(
    seeds_engine: Engine, dictionary: Dictionary, endpoint: FakeEndpoint
) -> Iterator[openai.OpenAI]:
    """A client of a server whose operator has named a language model."""
    model = Endpoint(endpoint.url, "small", "", Patience(1.0, 5.0, 20.0))
    engine = Engine(seeds_engine.corpus, dictionary, writer=Writer(model, dictionary))
    with served(engine) as url:
        yield library(url)


WRITTEN = ("云帆制冷2024年第二季度净利润为1.54亿元", "公司当季实现营业收入12.8亿元")


def cited(asked: Asked) -> Iterator[str]:
    """Yield these sentences, as a model writes them that cites."""
    articles = asked.shown["articles"].values()
    shown = [one for article in articles for one in article["sentences"].items()]
    for sentence, words in zip(WRITTEN, ("应为1.54亿元", "12.8亿元，"), strict=True):
        number = next(number for number, text in shown if words in text)
        yield f"{sentence}。[{number}]\n"


def test_what_a_language_model_writes_comes_as_the_third_model(
    writing: openai.OpenAI, endpoint: FakeEndpoint
) -> None:
    endpoint.reply = lambda asked: Reply(cited(asked))
    assert [one.id for one in writing.models.list()][-1] == "newsqa-llm"
    response = writing.responses.create(model="newsqa-llm", input=QUESTIONS[2])
    assert response.output_text == "\n".join(f"{sentence}。" for sentence in WRITTEN)
    assert response.model_dump()["newsqa"]["writing"]["model"] == "small"
    asking = {**chat(QUESTIONS[2]), "model": "newsqa-llm"}
    chunks = list(writing.chat.completions.create(**asking, stream=True))
    assert "".join(one.choices[0].delta.content or "" for one in chunks) == response.output_text
    deltas = [one.choices[0].delta.model_dump() for one in chunks]
    places = [one["url_citation"] for delta in deltas for one in delta.get("annotations", ())]
    spans = [response.output_text[one["start_index"] : one["end_index"]] for one in places]
    assert spans == [f"{sentence}。" for sentence in WRITTEN]


def test_a_sentence_comes_before_the_next_is_written_and_who_leaves_ends_the_talk(
    writing: openai.OpenAI, endpoint: FakeEndpoint
) -> None:
    def chatting(asked: Asked) -> Iterator[str]:
        yield from cited(asked)
        yield from itertools.repeat("，")

    endpoint.reply = lambda asked: Reply(chatting(asked), pause=0.05)
    asking = {**chat(QUESTIONS[2]), "model": "newsqa-llm"}
    with closing(writing.chat.completions.create(**asking, stream=True)) as stream:
        assert next(one.choices[0].delta.content for one in stream if one.choices[0].delta.content)
        assert not endpoint.hung_up.is_set()
    assert endpoint.hung_up.wait(10)


def test_an_operators_key_is_the_librarys_key_as_well(opened: Open) -> None:
    url = opened(reading="key", operator_key=SecretStr(KEY))
    assert library(url, KEY).chat.completions.create(**chat("x")).choices


def test_that_there_is_no_answer_is_said_in_the_language_asked(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(**chat("谁赢得了2022年世界杯？"))
    assert completion.choices[0].message.refusal == NOT_FOUND["zh"]
