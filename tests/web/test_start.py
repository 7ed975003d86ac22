"""What a server that answers costs: what it imports, and what it keeps in memory."""

import json
import subprocess
import sys

from qa.engine import Engine

NOT_TO_ANSWER = {
    "bs4", "charset_normalizer", "courlan", "dateparser", "feedparser", "ftfy", "htmldate",
    "httpx", "httpx2", "huggingface_hub", "lxml", "markdown_it", "onnx", "openai", "pypinyin",
    "rjieba", "scipy", "sentence_transformers", "sklearn", "torch", "trafilatura", "transformers",
    "yaml",
    "qa.articles.reading", "qa.checking", "qa.conversation", "qa.fetching", "qa.watching",
    "qa.suggestions.chinese", "qa.writer",
}  # fmt: skip
"""Modules that read articles, follow conversations, write answers or train models."""

ANSWERED = """
import asyncio, json, sys
from pathlib import Path

import jieba
import uvicorn

import web.serve
from qa.home import open_home
from web.app import create_app


async def ask(question):
    body = json.dumps({"question": question}).encode()
    sent = []

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/ask", "query_string": b"", "scheme": "http",
        "headers": [(b"content-type", b"application/json")], "http_version": "1.1",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "",
    }
    await create_app(open_home(Path(sys.argv[1])))(scope, receive, send)
    return sent[0]["status"]


status = asyncio.run(ask("上海2025年的目标是什么"))
print(json.dumps([status, sorted(sys.modules), jieba.dt.initialized]))
"""


def test_who_only_answers_imports_nothing_else(seeds_engine: Engine) -> None:
    seeds_engine.corpus.serving()
    home = str(seeds_engine.corpus.home)
    run = [sys.executable, "-c", ANSWERED, home]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    status, imported, in_memory = json.loads(told.splitlines()[-1])
    assert status == 200
    assert NOT_TO_ANSWER.isdisjoint(imported)
    assert not in_memory, "jieba has its dictionary in memory, beside ours"
