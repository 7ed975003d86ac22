"""Ready chat front ends ask as they do, and read what comes as they do.

Their requests are written down from what they say of themselves: LibreChat's documentation lists
the default parameters of a custom endpoint; Open WebUI sends a chat with `stream_options`, and
through a connection of the type Responses the same as items. None of them sends what only newsqa
knows.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from qa.engine import Engine

from .events import read_events
from .serving import served

LIBRECHAT = """
{
  "model": "newsqa",
  "temperature": 1,
  "top_p": 1,
  "presence_penalty": 0,
  "frequency_penalty": 0,
  "user": "LibreChat_User_ID",
  "stream": true,
  "messages": [
    {"role": "user", "content": "How late is the Larkwater library open?"}
  ]
}
"""

OPEN_WEBUI = """
{
  "stream": true,
  "model": "newsqa",
  "messages": [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "上海2025年的目标是什么"},
    {"role": "assistant", "content": "到2025年，上海全面推进城市数字化转型取得显著成效。"},
    {"role": "user", "content": [{"type": "text", "text": "那2035年呢？"}]}
  ],
  "temperature": 0.8,
  "max_tokens": 128,
  "stop": ["</s>"],
  "stream_options": {"include_usage": true},
  "tools": [
    {
      "type": "function",
      "function": {
        "name": "get_current_timestamp",
        "description": "Get the current Unix timestamp in seconds.",
        "parameters": {"type": "object", "properties": {}, "required": []}
      }
    }
  ]
}
"""

OPEN_WEBUI_RESPONSES = """
{
  "stream": true,
  "model": "newsqa",
  "temperature": 0.8,
  "max_output_tokens": 128,
  "instructions": "You are a helpful assistant.",
  "input": [
    {
      "type": "message",
      "role": "user",
      "content": [{"type": "input_text", "text": "上海2025年的目标是什么"}]
    },
    {"type": "function_call", "call_id": "call_1", "name": "search_web", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "[]"},
    {
      "type": "message",
      "role": "assistant",
      "content": [
        {"type": "output_text", "text": "到2025年，上海全面推进城市数字化转型取得显著成效。"}
      ]
    },
    {
      "type": "message",
      "role": "user",
      "content": [{"type": "input_text", "text": "那2035年呢？"}]
    }
  ],
  "tools": [
    {
      "type": "function",
      "name": "get_current_timestamp",
      "description": "Get the current Unix timestamp in seconds.",
      "parameters": {"type": "object", "properties": {}, "required": []},
      "strict": false
    }
  ]
}
"""

TITLE = """
{
  "model": "newsqa",
  "messages": [
    {
      "role": "user",
      "content": "### Task:\\nGenerate a concise, 3-5 word title.\\n### Output:\\nJSON"
    }
  ],
  "stream": false,
  "max_completion_tokens": 1000
}
"""
"""What Open WebUI asks of the same model behind the reader's back."""


@pytest.fixture(scope="module")
def address(seeds_engine: Engine) -> Iterator[str]:
    with served(seeds_engine) as url:
        yield url.removesuffix("/ask")


def streamed(address: str, path: str, body: str) -> list[dict[str, Any]]:
    """Return what the events of a stream hold, but for the mark at its end."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-anything"}
    url = address + path
    with httpx2.stream("POST", url, content=body, headers=headers, timeout=60) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        data = [event["data"] for event in read_events(response.iter_lines())]
    return [json.loads(one) for one in data if one != "[DONE]"]


def asked(address: str, question: str, history: list[dict[str, str]]) -> dict[str, Any]:
    body = {"question": question, "history": history}
    answer: dict[str, Any] = httpx2.post(f"{address}/ask", json=body, timeout=60).json()
    assert answer["citations"]
    return answer


@pytest.mark.parametrize("body", [LIBRECHAT, OPEN_WEBUI], ids=["LibreChat", "Open WebUI"])
def test_a_front_end_shows_the_answer_and_its_sources_from_chunks(address: str, body: str) -> None:
    chunks = streamed(address, "/v1/chat/completions", body)
    *before, said = json.loads(body)["messages"]
    parts = said["content"]
    question = parts if isinstance(parts, str) else parts[0]["text"]
    history = [one for one in before if one["role"] != "system"]
    answer = asked(address, question, history)
    content = ""
    sources: list[dict[str, Any]] = []
    for chunk in chunks:
        for choice in chunk["choices"]:
            content += choice["delta"].get("content") or ""
            sources += choice["delta"].get("annotations") or []
    assert content == answer["answer"]
    urls = [one["url_citation"]["url"] for one in sources if one["type"] == "url_citation"]
    assert urls == [address + one["url"] for one in answer["citations"]]
    assert bool(chunks[-1].get("usage")) == ("stream_options" in json.loads(body))


def test_a_front_end_shows_the_answer_and_its_sources_from_events(address: str) -> None:
    told = streamed(address, "/v1/responses", OPEN_WEBUI_RESPONSES)
    said = [one for one in json.loads(OPEN_WEBUI_RESPONSES)["input"] if one["type"] == "message"]
    *history, last = [{"role": one["role"], "content": one["content"][0]["text"]} for one in said]
    answer = asked(address, last["content"], history)
    content, sources = "", []
    for event in told:
        if event["type"] == "response.output_text.delta":
            content += event["delta"]
        elif event["type"] == "response.output_text.annotation.added":
            sources.append(event["annotation"]["url"])
    assert content == answer["answer"]
    assert sources == [address + one["url"] for one in answer["citations"]]
    (message,) = told[-1]["response"]["output"]
    assert message["content"][0]["text"] == content


def test_a_front_end_that_asks_for_a_title_is_told_that_there_is_none(address: str) -> None:
    """It is no question to the articles; that is no error, and it makes a title of its own."""
    url = f"{address}/v1/chat/completions"
    headers = {"Content-Type": "application/json"}
    response = httpx2.post(url, content=TITLE, headers=headers, timeout=60)
    assert response.status_code == 200
    assert response.json()["choices"][0]["message"]["refusal"]


def test_a_front_end_lists_the_models_before_anything_else(address: str) -> None:
    headers = {"Authorization": "Bearer sk-anything"}
    listed = httpx2.get(f"{address}/v1/models", headers=headers).json()
    assert listed["object"] == "list"
    for model in listed["data"]:
        assert model.keys() == {"id", "object", "created", "owned_by"}
