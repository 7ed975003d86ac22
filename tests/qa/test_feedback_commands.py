"""`newsqa feedback`: what readers said, told and exported so that `newsqa evaluate` asks it."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

import qa.feedback_commands  # noqa: F401  its verbs register themselves
from qa import cli
from qa.config import Settings
from qa.engine import Engine
from qa.feedback import Feedback, FeedbackStore
from qa.generations import Generations
from web.app import create_app

SEEDS = Path(__file__).parents[2] / "seeds"
RIGHT = "How late is the library open from Monday to Thursday?"
CHINESE = "云帆制冷计划什么时候投产第三条生产线？"
NOTHING = "When will the moon base open?"

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, open_engine: Callable[[Path], Engine], home: Path) -> Run:
    """What runs `newsqa` in this process, with the model that is open already."""
    monkeypatch.setenv("NEWSQA_HOME", str(home))
    monkeypatch.setenv("NEWSQA_CACHE", str(home.parent / "cache"))
    monkeypatch.setattr(cli, "open_home", lambda home, **_: open_engine(home or Settings().home))

    def invoke(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli.app, [str(one) for one in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_what_was_said_is_listed(run: Run, home: Path) -> None:
    assert run("feedback", "list").stdout == ""
    assert json.loads(run("feedback", "list", "--json").stdout) == {"feedback": []}
    FeedbackStore(Generations(home)).keep(
        Feedback("ask-1", "down", "Where?", "not_found", (), "At\nthe pier.", date(2026, 11, 23))
    )
    told = run("feedback", "list").stdout
    assert "2026-11-23  -  Where?  (not_found)" in told
    assert [line.strip() for line in told.splitlines()[1:]] == ["At", "the pier."]
    [one] = json.loads(run("--json", "feedback", "list").stdout)["feedback"]
    assert (one["rating"], one["question"], one["comment"]) == ("down", "Where?", "At\nthe pier.")


def test_what_was_praised_is_evaluated(
    run: Run, open_engine: Callable[[Path], Engine], home: Path, tmp_path: Path
) -> None:
    assert run("add", SEEDS).exit_code == 0
    with TestClient(create_app(open_engine(home))) as client:
        for question in (RIGHT, CHINESE, NOTHING):
            answer = client.post("/ask", json={"question": question}).json()
            citations = [
                {name: one[name] for name in ("article_id", "source_start", "source_end")}
                for one in answer["citations"]
            ]
            said = {
                "answer": answer["id"],
                "rating": "up",
                "question": answer["standalone_question"],
                "status": answer["status"],
                "citations": citations,
            }
            assert client.post("/feedback", json=said).status_code == 201
    to = tmp_path / "to"

    counts = json.loads(run("feedback", "export", "--to", to, "--json").stdout)

    assert (counts["queries"], counts["unanswerable"], counts["to_label"]) == (2, 1, 0)
    files = ["--passages", to / "passages.jsonl", "--queries", to / "queries.jsonl"]
    files += ["--unanswerable", to / "unanswerable.jsonl"]
    report = json.loads(run("evaluate", *files, "--json").stdout)
    figures = report["all"]
    assert (figures["questions"], figures["hit@1"], figures["answer_hit@1"]) == (2, 1.0, 1.0)
    told = run("feedback", "export", "--to", to)
    assert "queries.jsonl: 2, unanswerable.jsonl: 1" in told.stdout
    assert "newsqa evaluate --passages" in told.stderr


def test_a_folder_that_cannot_be_written_is_a_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    failed = run("feedback", "export", "--to", tmp_path / "file" / "to")
    assert failed.exit_code == 1
    assert "name a folder" in failed.stderr
