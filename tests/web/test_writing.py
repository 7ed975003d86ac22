"""Answers that a language model writes, from the question over HTTP to the model and back."""

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.answer import SEPARATOR
from qa.dictionary import Dictionary
from qa.endpoint import Endpoint, Patience
from qa.engine import Engine
from qa.types import FAILURES
from qa.writer import Writer
from tests.language_model import Asked, FakeEndpoint, Reply, fake_endpoint
from web import streams
from web.app import create_app

from .events import events
from .problem import assert_problem
from .serving import listen, served

QUESTION = "云帆制冷2024年第二季度的业绩如何？"
PROFIT = "云帆制冷2024年第二季度净利润为1.54亿元"
REVENUE = "公司当季实现营业收入12.8亿元，比上年同期增长9.6%"
TRUE = ((PROFIT, "应为1.54亿元"), (REVENUE, "12.8亿元，"))
LIE = ("云帆制冷2024年第二季度净利润为9.99亿元", "应为1.54亿元")


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    with fake_endpoint() as server:
        yield server


@pytest.fixture
def writing_engine(seeds_engine: Engine, dictionary: Dictionary, endpoint: FakeEndpoint) -> Engine:
    """An engine over `seeds/` with a language model that must be quick."""
    model = Endpoint(endpoint.url, "small", "", Patience(1.0, 2.0, 20.0))
    return Engine(seeds_engine.corpus, dictionary, writer=Writer(model, dictionary))


@pytest.fixture
def client(writing_engine: Engine) -> TestClient:
    return TestClient(create_app(writing_engine))


def citing(*sentences: tuple[str, str]) -> Callable[[Asked], Reply]:
    """Return a model that writes sentences, each citing the first it is shown with some words."""
    return lambda asked: Reply(cited(asked, sentences))


def cited(asked: Asked, sentences: Iterable[tuple[str, str]]) -> Iterator[str]:
    articles = asked.shown["articles"].values()
    shown = [one for article in articles for one in article["sentences"].items()]
    for sentence, words in sentences:
        number = next(number for number, text in shown if words in text)
        yield f"{sentence}。[{number}]\n"


def ask(client: TestClient, mode: str = "llm") -> dict[str, Any]:
    response = client.post("/ask", json={"question": QUESTION, "mode": mode})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer tells, whoever made it."""
    return {name: answer[name] for name in ("status", "answer", "citations")}


def test_what_is_written_stands_on_the_articles_own_sentences(
    client: TestClient, endpoint: FakeEndpoint
) -> None:
    endpoint.reply = citing(*TRUE)
    answer = ask(client)
    assert answer["status"] == "answered"
    assert answer["answer"] == SEPARATOR.join(f"{sentence}。" for sentence, _ in TRUE)
    assert answer["writing"] == {"model": "small", "dropped": 0, "failure": None}
    assert [one["statement"] for one in answer["citations"]] == [1, 2]
    for citation, (sentence, words) in zip(answer["citations"], TRUE, strict=True):
        text = client.get(f"/articles/{citation['article_id']}").json()["text"]
        assert citation["quote"] == text[citation["source_start"] : citation["source_end"]]
        assert words in citation["quote"]
        written = answer["answer"][citation["answer_start"] : citation["answer_end"]]
        assert written == f"{sentence}。"
    assert {one["passage_id"] for one in answer["citations"]} <= {
        source["passage_id"] for source in answer["sources"]
    }


def test_a_question_in_the_address_is_written_on_alike(
    client: TestClient, endpoint: FakeEndpoint
) -> None:
    endpoint.reply = citing(*TRUE)
    response = client.get("/ask", params={"q": QUESTION, "mode": "llm"})
    assert told(response.json()) == told(ask(client))


def test_a_lie_is_dropped_and_counted(client: TestClient, endpoint: FakeEndpoint) -> None:
    endpoint.reply = citing(TRUE[0], LIE)
    answer = ask(client)
    assert answer["answer"] == f"{PROFIT}。"
    assert answer["writing"] == {"model": "small", "dropped": 1, "failure": None}


@pytest.mark.parametrize(
    ("reply", "dropped", "failure"),
    [
        (citing(LIE), 1, "ungrounded"),
        (Reply(["x"], pause=4.0), 0, "timeout"),
        (Reply(status=429), 0, "rate_limited"),
        (Reply(), 0, "empty"),
    ],
)
def test_a_model_that_fails_leaves_the_extractive_answer(
    client: TestClient,
    endpoint: FakeEndpoint,
    reply: Reply | Callable[[Asked], Reply],
    dropped: int,
    failure: str,
) -> None:
    endpoint.reply = reply
    answer = ask(client)
    assert answer["writing"] == {"model": "small", "dropped": dropped, "failure": failure}
    assert answer["citations"]
    assert told(answer) == told(ask(client, "extractive"))


def test_a_model_that_is_away_leaves_the_extractive_answer(
    client: TestClient, endpoint: FakeEndpoint
) -> None:
    endpoint.server_close()
    answer = ask(client)
    assert answer["writing"] == {"model": "small", "dropped": 0, "failure": "unreachable"}
    assert told(answer) == told(ask(client, "extractive"))


def test_a_model_that_finds_no_answer_is_believed(
    client: TestClient, endpoint: FakeEndpoint
) -> None:
    endpoint.says("NOT_FOUND")
    answer = ask(client)
    assert (answer["status"], answer["citations"]) == ("not_found", [])
    assert answer["writing"] == {"model": "small", "dropped": 0, "failure": None}


def test_other_modes_do_not_ask_the_model(client: TestClient, endpoint: FakeEndpoint) -> None:
    for mode in ("extractive", "passages"):
        assert ask(client, mode)["writing"] is None
    assert not endpoint.asked


def test_without_a_model_the_mode_is_refused_with_the_remedy(seeds: TestClient) -> None:
    for options in ({}, {"stream": True}):
        response = seeds.post("/ask", json={"question": QUESTION, "mode": "llm", **options})
        assert_problem(response, 422, "mode")
        assert "NEWSQA_LLM_URL" in response.json()["detail"]
    assert_problem(seeds.get("/ask", params={"q": QUESTION, "mode": "llm"}), 422, "mode")


def test_readyz_lists_the_modes_and_names_the_model(seeds: TestClient, client: TestClient) -> None:
    modes = ["extractive", "passages"]
    assert seeds.get("/readyz").json() == {"status": "ready", "modes": modes, "model": None}
    client.app.state.ready.set()  # type: ignore[attr-defined]
    with_model = {"status": "ready", "modes": [*modes, "llm"], "model": "small"}
    assert client.get("/readyz").json() == with_model


def test_the_api_describes_every_failure(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    described = schemas["Writing"]["properties"]["failure"]["description"]
    assert all(f"`{failure}`: {words}" in described for failure, words in FAILURES.items())


def test_sources_come_first_and_a_sentence_before_the_next_is_written(
    writing_engine: Engine, endpoint: FakeEndpoint
) -> None:
    heard = threading.Event()

    def halting(asked: Asked) -> Iterator[str]:
        first, second = cited(asked, TRUE)
        yield first + second[:-6]
        heard.wait(10)  # longer than a model may be silent
        yield second[-6:]

    endpoint.reply = lambda asked: Reply(halting(asked))
    had: list[dict[str, str]] = []
    with served(writing_engine) as url:
        for event in listen(url, question=QUESTION, mode="llm"):
            had.append(event)
            if event["event"] == "statement":
                heard.set()
    names = [one["event"] for one in had]
    assert names == ["meta", *["source"] * names.count("source"), "statement", "statement", "done"]
    assert json.loads(had[-1]["data"])["writing"]["failure"] is None


def test_a_stream_that_was_cut_is_taken_up_and_the_model_asked_once(
    client: TestClient, endpoint: FakeEndpoint
) -> None:
    endpoint.reply = citing(*TRUE)
    body = {"question": QUESTION, "mode": "llm", "stream": True}
    whole = events(client.post("/ask", json=body).text)
    for cut in range(1, len(whole)):
        rest = client.post("/ask", json=body, headers={"Last-Event-ID": whole[cut - 1]["id"]})
        assert whole[:cut] + events(rest.text) == whole
    assert len(endpoint.asked) == 1


def test_a_reader_who_is_gone_for_good_ends_the_talk_with_the_model(
    writing_engine: Engine, endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "KEPT_SECONDS", 0.1)

    def chatting(asked: Asked) -> Iterator[str]:
        yield from cited(asked, TRUE)
        yield from itertools.repeat("，")

    endpoint.reply = lambda asked: Reply(chatting(asked), pause=0.05)
    with served(writing_engine) as url:
        with closing(listen(url, question=QUESTION, mode="llm")) as stream:
            next(one for one in stream if one["event"] == "statement")
            assert not endpoint.hung_up.is_set()
        assert endpoint.hung_up.wait(10)
