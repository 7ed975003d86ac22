"""What the server does, in numbers: of one process, and of several that share a home."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from qa.config import Settings
from qa.engine import Engine
from qa.errors import IndexUnusable
from qa.generations import Generations
from qa.types import Answer, Query
from web import gauges
from web.app import create_app
from web.assets import STATIC

DASHBOARD = STATIC.with_name("grafana.json")
ASKED = {"question": "上海2025年的目标是什么"}


def here(engine: Engine, **settings: Any) -> TestClient:
    """Return a client on this machine, which may write."""
    return TestClient(create_app(engine, Settings(**settings)), client=("127.0.0.1", 50000))


def samples(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return everything that is told, by name and labels."""
    return told(client.get("/metrics").text)


def told(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: TestClient, name: str, **labels: str) -> float:
    return samples(client).get((f"newsqa_{name}", frozenset(labels.items())), 0)


def test_a_question_is_counted_once_however_it_is_answered(seeds_engine: Engine) -> None:
    client = here(seeds_engine)
    answer = client.post("/ask", json=ASKED).json()
    client.post("/ask", json={**ASKED, "stream": True})
    client.get("/ask", params={"q": ASKED["question"], "mode": "passages"})
    labels = {"status": answer["status"], "language": "zh"}
    assert value(client, "questions_total", mode="extractive", **labels) == 2
    assert value(client, "questions_total", mode="passages", **labels) == 1
    for stage in ("encode", "search", "answer", "total"):
        assert value(client, "stage_seconds_count", stage=stage) == 3
    total = value(client, "stage_seconds_sum", stage="total")
    assert total >= answer["timings_ms"]["total"] / 1e3
    # One turn each, of however many events.
    assert value(client, "queue_seconds_count") == 3
    assert value(client, "questions_running") == value(client, "questions_waiting") == 0


def test_what_is_no_question_of_ours_to_answer_is_not_counted(seeds_engine: Engine) -> None:
    client = here(seeds_engine)
    assert client.post("/ask", json={**ASKED, "mode": "llm"}).status_code == 422
    assert client.post("/ask", json={}).status_code == 422
    assert not [name for name, _ in samples(client) if name == "newsqa_questions_total"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_question_that_fails_is_counted_as_that(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    def fail() -> None:
        raise IndexUnusable("rebuild it")

    monkeypatch.setattr(engine.corpus, "serving", fail)
    client = here(engine)
    client.post("/ask", json={"question": "Why?", "stream": stream})
    labels = {"status": "failed", "mode": "extractive", "language": "en"}
    assert value(client, "questions_total", **labels) == 1
    assert value(client, "stage_seconds_count", stage="total") == 0


def test_who_runs_who_waits_and_who_is_refused(
    seeds_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.app.AT_ONCE", 1)
    goes = threading.Event()
    search = seeds_engine.search

    def slow(query: Query) -> object:
        assert goes.wait(30)
        return search(query)

    monkeypatch.setattr(seeds_engine, "search", slow)
    with here(seeds_engine, waiting=1) as client:
        body = {"query": "x"}
        asking = [threading.Thread(target=client.post, args=("/search",), kwargs={"json": body})]
        asking.append(
            threading.Thread(target=client.post, args=("/search",), kwargs={"json": body})
        )
        for count, thread in enumerate(asking, 1):
            thread.start()
            deadline = time.monotonic() + 30
            while value(client, "questions_running") + value(client, "questions_waiting") < count:
                assert time.monotonic() < deadline
        assert value(client, "questions_running") == value(client, "questions_waiting") == 1
        assert client.post("/search", json=body).status_code == 503
        assert value(client, "shed_total") == 1
        goes.set()
        for thread in asking:
            thread.join()
        assert value(client, "questions_running") == value(client, "questions_waiting") == 0
        assert value(client, "queue_seconds_count") == 2


def test_the_index_is_told_of_as_it_is_and_no_model_is_opened_for_it(
    engine: Engine, open_engine: Callable[[Path], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = here(engine)
    assert value(client, "index_articles") == 0
    client.post("/articles", json=[{"id": id, "text": f"Ferry {id} sails."} for id in "ab"])
    folder = Generations(engine.corpus.home).current()
    assert folder is not None

    other = open_engine(engine.corpus.home)
    monkeypatch.setattr(type(other.corpus), "serving", None)
    client = here(other)
    assert value(client, "index_articles") == value(client, "index_passages") == 2
    _, index = engine.corpus._newest()
    assert value(client, "index_info", generation=folder.name, model=index.info.model) == 1
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert value(client, "index_bytes") == sum(file.stat().st_size for file in files)


def test_the_size_is_measured_again_after_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = here(engine)
    client.post("/articles", json={"text": "A ferry sails."})
    before = value(client, "index_bytes")
    folder = Generations(engine.corpus.home).current()
    assert folder is not None
    (folder / "more").write_bytes(bytes(1_000))
    assert value(client, "index_bytes") == before
    monkeypatch.setattr(gauges, "KEPT_SECONDS", -1)
    assert value(client, "index_bytes") >= before + 1_000


def test_a_damaged_home_is_told_of_as_far_as_it_can_be(engine: Engine) -> None:
    client = here(engine)
    client.post("/articles", json={"text": "A ferry sails."})
    folder = Generations(engine.corpus.home).current()
    assert folder is not None
    (folder / "manifest.json").write_text("{")
    names = {name for name, _ in samples(client)}
    assert "newsqa_index_articles" not in names
    assert {"newsqa_refusals", "newsqa_articles_total", "newsqa_rebuild_state"} <= names


def test_articles_are_counted_by_what_became_of_them(client: TestClient) -> None:
    one = {"id": "a", "text": "A ferry sails."}
    client.post("/articles", json=[one, {"id": "b", "text": "Another sails."}, {"title": "none"}])
    client.post("/articles", json=one)
    client.put("/articles/a", json={"text": "The ferry sails no more."})
    client.put("/articles/c", json={"title": "no text"})
    client.delete("/articles/b")
    client.delete("/articles/none")
    counted = {
        outcome: value(client, "articles_total", outcome=outcome)
        for outcome in ("added", "updated", "unchanged", "withdrawn", "refused")
    }
    assert counted == {"added": 2, "updated": 1, "unchanged": 1, "withdrawn": 1, "refused": 2}


def test_batches_are_counted_as_the_encoder_runs_them(seeds_engine: Engine) -> None:
    client = here(seeds_engine)
    before = value(client, "encoder_batch_texts_count")
    client.post("/ask", json=ASKED)
    assert value(client, "encoder_batch_texts_count") > before
    assert value(client, "encoder_batch_texts_sum") >= value(client, "encoder_batch_texts_count")


def test_what_readers_say_is_counted(engine: Engine) -> None:
    client = here(engine)
    served: Any = client.app
    for rating in ("up", None):
        served.state.metrics.rated(rating)
    assert value(client, "feedback_total", rating="up") == 1
    assert value(client, "feedback_total", rating="down") == 0
    assert value(client, "feedback_total", rating="withdrawn") == 1


def test_a_rebuild_is_in_one_state(engine: Engine) -> None:
    client = here(engine)
    states = {state: value(client, "rebuild_state", state=state) for state in ("idle", "running")}
    assert states == {"idle": 1, "running": 0}


SHARED = """
import sys
from pathlib import Path

from fastapi.testclient import TestClient

from qa.home import open_home
from web.app import create_app

app = create_app(open_home(Path(sys.argv[1])))
client = TestClient(app)
with app.state.metrics.waiting.track_inprogress():
    for _ in range(int(sys.argv[2])):
        client.get("/healthz")
    print(flush=True)
    for line in sys.stdin:
        print(client.get("/metrics").text, end="#\\n", flush=True)
app.state.metrics.close()
"""


def test_workers_are_told_of_as_one(tmp_path: Path) -> None:
    """Whichever is asked tells what all have counted, and the index once."""
    shared = tmp_path / "shared"
    shared.mkdir()

    def start(requests: int) -> "subprocess.Popen[str]":
        run = [sys.executable, "-c", SHARED, str(tmp_path / "home"), str(requests)]
        env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(shared)}
        pipe = subprocess.PIPE
        return subprocess.Popen(run, stdin=pipe, stdout=pipe, text=True, env=env)

    def ask(process: "subprocess.Popen[str]") -> str:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n")
        process.stdin.flush()
        return "".join(iter(process.stdout.readline, "#\n"))

    def requests(text: str) -> float:
        labels = {"method": "GET", "route": "/healthz", "status": "200"}
        return told(text)["newsqa_requests_total", frozenset(labels.items())]

    def plain(text: str, name: str) -> float:
        return told(text)[name, frozenset()]

    with start(3) as one, start(2) as other:
        for process in (one, other):
            assert process.stdout
            process.stdout.readline()
        text = ask(one)
        assert requests(text) == requests(ask(other)) == 5
        assert plain(text, "newsqa_questions_waiting") == 2
        assert text.count("\nnewsqa_refusals ") == 1
        both = sum(_resident(process.pid) for process in (one, other))
        assert plain(text, "process_resident_memory_bytes") == pytest.approx(both, rel=0.2)
        assert plain(text, "process_cpu_seconds_total") > 0
        with closing(one.stdin or sys.stdin):
            pass
        assert one.wait() == 0
        text = ask(other)
        assert requests(text) == 5
        assert plain(text, "newsqa_questions_waiting") == 1
        assert plain(text, "process_resident_memory_bytes") < 0.8 * both
        with closing(other.stdin or sys.stdin):
            pass
        assert other.wait() == 0


def _resident(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def test_no_label_holds_what_a_stranger_sent(client: TestClient) -> None:
    stranger = "stranger42"
    client.get(f"/{stranger}")
    client.request(stranger.upper(), "/")
    client.get(f"/articles/{stranger}", headers={"X-Request-ID": stranger, "Host": stranger})
    client.post("/ask", json={"question": stranger, "mode": stranger})
    client.post("/ask", json={"question": stranger})
    client.get("/ask", params={"q": stranger, stranger: stranger})
    assert stranger not in client.get("/metrics").text.lower()


def test_the_dashboard_asks_for_nothing_that_is_not_told(seeds_engine: Engine) -> None:
    client = here(seeds_engine)
    client.post("/ask", json=ASKED)
    told = samples(client)
    exposed = {name for name, _ in told}
    asked: set[tuple[str, str]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            found = re.findall(r"\b((?:newsqa|process)_\w+)\{([^}]*)\}", target["expr"])
            assert found, target["expr"]
            asked.update(found)
            by = re.findall(r"by \(([^)]*)\)", target["expr"])
            labels = {label.strip() for group in by for label in group.split(",")} - {"le"}
            labels.update(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            own = {key for name, pairs in told if name == found[0][0] for key, _ in pairs}
            assert labels <= own | {"status"}, (target["expr"], labels, own)
    assert {name for name, _ in asked} <= exposed
    # A number that nobody sees need not be counted: but for what the others are made of, all are.
    ours = {name for name in exposed if name.startswith("newsqa_")}
    made = {name for name in ours if name.endswith(("_bucket", "_sum", "_count", "_created"))}
    assert ours - made == {name for name, _ in asked if name.startswith("newsqa_")} - made


def test_the_dashboard_is_whole() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert [one["type"] for one in dashboard["templating"]["list"]] == ["datasource", "query"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        taken |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["targets"]
            assert panel["fieldConfig"]["defaults"]["unit"]
            for target in panel["targets"]:
                assert target["expr"].count("(") == target["expr"].count(")")


def test_an_answer_is_what_the_engine_says(seeds_engine: Engine) -> None:
    """Who counts changes nothing."""
    answer = here(seeds_engine).post("/ask", json=ASKED).json()
    plain: Answer = seeds_engine.ask(Query(ASKED["question"]))
    assert (answer["answer"], answer["status"]) == (plain.answer, plain.status)
