"""Requests as spans, sent to a collector on this machine that reads what they say."""

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from qa.config import Settings
from qa.engine import Engine
from web.app import create_app

ASKED = {"question": "上海2025年的目标是什么"}
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


class Collector(ThreadingHTTPServer):
    """Keeps the spans that are sent to it, and of whom, and the bytes they came in."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiving)
        self.spans: list[Span] = []
        self.resources: list[dict[str, str]] = []
        self.bodies = b""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def named(self, name: str) -> Span:
        (span,) = (span for span in self.spans if span.name == name)
        return span


class Receiving(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        collector = self.server
        assert isinstance(collector, Collector)
        assert self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        collector.bodies += body
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            collector.resources.append(attributes(sent.resource))
            for scope in sent.scope_spans:
                collector.spans += scope.spans
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()


def traced(engine: Engine, address: str) -> TestClient:
    app = create_app(engine, Settings(traces=address))
    return TestClient(app, client=("127.0.0.1", 50000))


@pytest.mark.parametrize("how", ["as JSON", "as events", "by address"])
def test_a_question_is_a_span_and_its_stages_are_below(
    seeds_engine: Engine, collector: Collector, how: str
) -> None:
    with traced(seeds_engine, collector.address) as client:
        if how == "by address":
            client.get("/ask", params={"q": ASKED["question"]}, headers=SENT)
        else:
            body = {**ASKED, "stream": how == "as events"}
            client.post("/ask", json=body, headers=SENT)
    method = "GET" if how == "by address" else "POST"
    assert len(collector.spans) == 4
    served = collector.named(f"{method} /ask")
    assert served.kind == Span.SPAN_KIND_SERVER
    assert (served.trace_id.hex(), served.parent_span_id.hex()) == (TRACE, PARENT)
    told = attributes(served)
    assert told["http.request.method"] == method
    assert told["http.route"] == "/ask"
    assert told["http.response.status_code"] == 200
    assert (told["newsqa.mode"], told["newsqa.language"]) == ("extractive", "zh")
    assert told["newsqa.status"] in ("answered", "not_found", "conflicting")

    stages = [collector.named(stage) for stage in ("encode", "search", "answer")]
    for stage in stages:
        assert stage.trace_id == served.trace_id
        assert stage.parent_span_id == served.span_id
        assert served.start_time_unix_nano <= stage.start_time_unix_nano
        assert stage.start_time_unix_nano < stage.end_time_unix_nano
        assert stage.end_time_unix_nano <= served.end_time_unix_nano
    for one, after in pairwise(stages):
        assert one.end_time_unix_nano == after.start_time_unix_nano

    # No word of the question, however it is written.
    for form in (ASKED["question"], "%E4%B8%8A", "\\u4e0a"):
        assert form.encode() not in collector.bodies
    (resource,) = collector.resources
    assert resource["service.name"] == "newsqa"
    assert resource["service.version"]


def test_a_request_that_fails_is_marked(
    seeds_engine: Engine, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of the inside")

    monkeypatch.setattr(seeds_engine, "stream", fail)
    with traced(seeds_engine, collector.address) as client:
        client.post("/ask", json=ASKED)
        client.get("/articles/nothing")
        for path in ("/healthz", "/readyz", "/metrics", "/static/app.js"):
            client.get(path)
    failed = collector.named("POST /ask")
    assert attributes(failed)["http.response.status_code"] == 500
    assert failed.status.code == 2
    missing = collector.named("GET /articles/{article_id}")
    assert attributes(missing)["http.response.status_code"] == 404
    assert missing.status.code != 2
    assert len(collector.spans) == 2
    assert b"of the inside" not in collector.bodies


def test_nobody_waits_for_a_collector_that_is_not_there(seeds_engine: Engine) -> None:
    with Collector() as gone:
        address = gone.address
    begun = time.monotonic()
    with traced(seeds_engine, address) as client:
        assert client.post("/ask", json=ASKED).status_code == 200
    assert time.monotonic() - begun < 20


def test_where_it_is_not_configured_nothing_of_it_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from qa.home import open_home;"
        "from web.app import create_app; create_app(open_home(Path(sys.argv[1])));"
        "print(*sys.modules)"
    )
    imported = _run(code, str(tmp_path)).stdout.split()
    assert not [name for name in imported if name.startswith(("opentelemetry.sdk", "requests"))]
    assert "opentelemetry.exporter" not in imported
    assert "pythonjsonlogger" not in imported


def test_what_is_missing_is_named() -> None:
    code = "import sys; sys.modules['opentelemetry.sdk.trace'] = None; import web.tracing"
    done = _run(code)
    assert done.returncode
    assert "NewsqaError: NEWSQA_TRACES is set" in done.stderr
    assert "pip install 'newsqa[traces]'" in done.stderr


def _run(code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    run = [sys.executable, "-c", code, *arguments]
    return subprocess.run(run, capture_output=True, text=True)
