"""One record a request, each with the request's id; of what readers ask nothing unless wanted."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from qa.config import Settings
from qa.engine import Engine
from qa.errors import IndexUnusable
from web import logs
from web.app import create_app

QUESTION = "上海2025年的目标是什么"
SENT = {"X-Request-ID": "of-a-proxy.42"}


def here(engine: Engine, **settings: Any) -> TestClient:
    """Return a client on this machine, which may write."""
    return TestClient(create_app(engine, Settings(**settings)), client=("127.0.0.1", 50000))


class Kept(logging.Handler):
    """Keeps the records that come, with ids, as the handler that is configured gets them."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(logs._with_id)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """What is logged from now on."""
    kept, logger = Kept(), logging.getLogger("web")
    logger.addHandler(kept)
    with caplog.at_level(logging.DEBUG, "web"):
        yield kept.records
    logger.removeHandler(kept)


def of_requests(records: list[logging.LogRecord]) -> list[dict[str, Any]]:
    """Return the fields of the records of requests."""
    return [vars(record) for record in records if record.name == "web.logs"]


def test_a_question_is_one_record_that_does_not_hold_it(
    seeds_engine: Engine, records: list[logging.LogRecord]
) -> None:
    client = here(seeds_engine)
    answers = [
        client.post("/ask", json={"question": QUESTION}),
        client.get("/ask", params={"q": QUESTION}),
        client.post("/ask", json={"question": QUESTION, "stream": True}),
    ]
    told = of_requests(records)
    assert len(told) == len(answers)
    for record, answer in zip(told, answers, strict=True):
        assert record["route"] == "/ask"
        assert record["status"] == 200
        assert record["milliseconds"] > 0
        assert record["request_id"] == answer.headers["X-Request-ID"]
        asked = record["asked"]
        assert asked.keys() == {"status", "mode", "language", "milliseconds"}
        assert asked["milliseconds"].keys() == {"encode", "search", "answer", "total"}
        assert (asked["mode"], asked["language"]) == ("extractive", "zh")
    assert answers[0].json()["status"] == told[0]["asked"]["status"]
    written = " ".join(f"{record.getMessage()} {vars(record)}" for record in records)
    assert "上海" not in written
    assert "%E4" not in written
    # Nor who asked.
    assert "127.0.0.1" not in written


def test_the_question_is_told_to_who_wants_it(
    seeds_engine: Engine, records: list[logging.LogRecord]
) -> None:
    here(seeds_engine, log_questions=True).post("/ask", json={"question": QUESTION})
    (record,) = of_requests(records)
    assert record["asked"]["question"] == QUESTION


def test_the_id_of_a_request_is_on_all_that_is_logged_meanwhile(
    engine: Engine, records: list[logging.LogRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the gate's threads too."""

    def damaged() -> None:
        logging.getLogger("web").warning("in a thread")
        raise IndexUnusable("rebuild it")

    monkeypatch.setattr(engine.corpus, "serving", damaged)
    client = here(engine)
    response = client.post("/ask", json={"question": "x"}, headers=SENT)
    assert response.status_code == 503
    assert response.headers["X-Request-ID"] == SENT["X-Request-ID"]
    own = [record for record in records if record.name in ("web", "web.logs")]
    assert [vars(record)["request_id"] for record in own] == [SENT["X-Request-ID"]] * 2
    assert vars(own[-1])["asked"] == {"status": "failed", "mode": "extractive", "language": "en"}


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\tb", "a\u00e9", 'a"b', "a;b", "a%0Ab"])
def test_an_id_that_could_mislead_is_replaced(client: TestClient, sent: str) -> None:
    response = client.get("/healthz", headers={b"X-Request-ID": sent.encode("latin-1")})
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_every_answer_has_an_id_of_its_own(client: TestClient) -> None:
    paths = ["/", "/healthz", "/nowhere", "/articles/none", "/static/app.js"]
    ids = {client.get(path).headers["X-Request-ID"] for path in paths}
    assert len(ids) == len(paths)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/static/app.js"])
def test_what_is_asked_for_all_the_time_is_told_to_who_debugs(
    client: TestClient, records: list[logging.LogRecord], path: str
) -> None:
    client.get(path)
    client.get("/facets", params={"secret": "query"})
    told = [record for record in records if record.name == "web.logs"]
    assert [record.levelno for record in told] == [logging.DEBUG, logging.INFO]
    assert "secret" not in str(vars(told[1]))
    assert vars(told[1])["route"] == "/facets"


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\n\r\t\0\x1b\x7f\x85\u2028\u2029\u202e\u2066 a{\"'\\上\ud800"),
        st.characters(),
    )
)


def record_of(message: str, error: Exception | None = None) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    return logging.LogRecord("web", logging.ERROR, "", 1, "%s", (message,), info)


@given(HOSTILE, HOSTILE)
def test_no_value_forges_a_line_of_text(message: str, error: str) -> None:
    formatter = logs._Text("%(levelname)s %(name)s %(message)s")
    line, *below = formatter.format(record_of(message, ValueError(error))).split("\n")
    assert line.startswith("ERROR web ")
    assert all(more.startswith("    ") for more in below)
    for written in (line, *below):
        assert not logs._UNSAFE.search(written)
        assert len(written.splitlines()) == 1


@given(HOSTILE, HOSTILE)
def test_a_record_in_json_is_one_line_of_ascii(message: str, error: str) -> None:
    line = logs._json().format(record_of(message, ValueError(error)))
    assert line.isascii()
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["message"] == message
    assert told["exc_info"].startswith("ValueError")
    assert error in told["exc_info"]


TELL = """
import logging, sys, warnings

from fastapi.testclient import TestClient
from pathlib import Path
from qa.config import Settings
from qa.home import open_home
from web import logs
from web.app import create_app

settings = Settings(log=sys.argv[2])
logs.configure(settings)
logs.configure(settings)
client = TestClient(create_app(open_home(Path(sys.argv[1])), settings))
client.get("/facets?q=secret", headers={"X-Request-ID": "one"})
client.get("/healthz")
logging.getLogger("uvicorn.access").info("GET /ask?q=secret")
logging.getLogger("uvicorn.error").info("begun", extra={"color_message": "begun in colour"})
logging.getLogger("another").info("not told")
warnings.warn("beware")
try:
    raise ValueError("first\\nsecond")
except ValueError:
    logging.getLogger("uvicorn.error").exception("broken")
"""


def told_by(home: Any, log: str) -> list[str]:
    run = [sys.executable, "-W", "default", "-c", TELL, str(home), log]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    assert not done.stdout
    assert "secret" not in done.stderr
    assert "not told" not in done.stderr
    return done.stderr.splitlines()


def test_in_json_each_line_is_a_document(tmp_path: Any) -> None:
    request, begun, warning, broken = map(json.loads, told_by(tmp_path, "json"))
    assert request["level"] == "INFO"
    assert request["request_id"] == "one"
    assert (request["method"], request["route"], request["key"]) == ("GET", "/facets", None)
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00$", request["time"])
    assert begun == {
        "time": begun["time"],
        "level": "INFO",
        "logger": "uvicorn.error",
        "message": "begun",
    }
    assert (warning["logger"], warning["level"]) == ("py.warnings", "WARNING")
    assert broken["message"] == "broken"
    assert broken["exc_info"].startswith("Traceback")


def test_as_text_only_what_is_wrong_is_told(tmp_path: Any) -> None:
    lines = [line for line in told_by(tmp_path, "text") if not line.startswith("    ")]
    assert len(lines) == 2
    assert "WARNING py.warnings" in lines[0]
    assert re.match(r"\d{4}-.* ERROR uvicorn\.error - broken$", lines[1])
