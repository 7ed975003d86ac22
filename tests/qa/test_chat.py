"""`newsqa chat`: questions read by those before them, from a pipe and at a terminal."""

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qa import cli
from qa.chat_commands import MOST_TURNS, Conversation
from qa.engine import Engine
from qa.types import Query

QUESTION, FOLLOW_UP = "上海2025年的目标是什么", "那2035年呢？"
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, seeds_engine: Engine) -> Run:
    """What runs `newsqa` over the seeds in this process."""
    monkeypatch.setattr(cli, "open_home", lambda _: seeds_engine)

    def invoke(*arguments: str, input: str = "", **environment: str) -> Result:
        result = CliRunner().invoke(
            cli.app, arguments, input=input, env=environment, prog_name="newsqa"
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def asked(result: Result) -> list[str]:
    """Return the questions as they were read, of answers a line each."""
    return [json.loads(line)["standalone_question"] for line in result.stdout.splitlines()]


def test_a_question_is_read_by_those_before_it_until_they_are_forgotten(run: Run) -> None:
    lines = f"{QUESTION}\n\n{FOLLOW_UP}\n/new\n{FOLLOW_UP}\n/quit\nnever asked\n"
    first, second, alone = asked(run("chat", "--json", input=lines))
    assert (first, alone) == (QUESTION, FOLLOW_UP)
    assert "上海" in second
    assert "2035" in second


def test_a_pipe_is_given_what_ask_prints(run: Run) -> None:
    one, two = run("ask", QUESTION).stdout, run("ask", "who is the mayor").stdout
    assert run("chat", input=f"{QUESTION}\n/new\nwho is the mayor").stdout == f"{one}\n{two}\n"


def test_flags_hold_for_every_question(run: Run) -> None:
    lines = run("chat", "--json", "--source", "nobody", input=f"{QUESTION}\n{QUESTION}\n").stdout
    assert [json.loads(line)["sources"] for line in lines.splitlines()] == [[], []]


def test_a_question_that_is_refused_is_told_and_the_others_answered(run: Run) -> None:
    result = run("chat", "--json", input=f"{'?' * 2000}\n{QUESTION}\n")
    assert result.exit_code == 1
    assert asked(result) == [QUESTION]
    assert result.stderr.startswith("error: question")


def test_sources_are_shown_by_their_numbers(run: Run) -> None:
    result = run("chat", input=f"/sources\n{QUESTION}\n/sources 1\n/sources 9\n/what\n")
    (cited,) = json.loads(run("ask", "--json", QUESTION).stdout)["citations"]
    assert cited["quote"] in result.stdout.partition("\n[1] ")[2].partition("\n[1] ")[2]
    assert result.stderr.splitlines()[:2] == [
        "nothing was asked yet",
        "the last answer has none such",
    ]
    assert "/new" in result.stderr


def test_no_more_is_remembered_than_a_server_takes(seeds_engine: Engine) -> None:
    conversation = Conversation(seeds_engine, Query(""))
    for _ in range(MOST_TURNS):
        conversation.ask("上海")
    assert len(conversation._turns) == MOST_TURNS


def test_ids_are_completed_from_the_home_and_none_is_made_for_it(
    run: Run, seeds_engine: Engine, tmp_path: Path
) -> None:
    (first, title), *_ = seeds_engine.corpus.articles.beginning("", 1)
    home = str(seeds_engine.corpus.home)

    def completed(*before: str, home: str) -> str:
        words = " ".join(("newsqa", *before, "remove", first[:3]))
        asking = {"_NEWSQA_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": words}
        return run(**asking, NEWSQA_HOME=home).stdout

    assert f'"{first}":"{title}"' in completed(home=home)
    nowhere = tmp_path / "none"
    assert first not in completed(home=str(nowhere))
    assert first in completed("--home", home, home=str(nowhere))
    assert not nowhere.exists()


def test_at_a_terminal_it_prompts_and_links(seeds_engine: Engine) -> None:
    home = {**os.environ, "NEWSQA_HOME": str(seeds_engine.corpus.home), "TERM": "xterm"}
    command = [sys.executable, "-c", "from web.cli import main; main()", "chat"]
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, command, {**home, "NO_COLOR": "1"})
    told, typed = b"", [f"{QUESTION}\n".encode(), b"\x04"]
    while True:
        try:
            told += os.read(terminal, 65_536)
        except OSError:  # its other end is closed
            break
        if typed and told.endswith(b"> "):
            os.write(terminal, typed.pop(0))
            told += b"|"
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert status == 0
    assert b"\x1b]8;" in told
    assert b"file://" in told
    assert b"\x1b[36m" not in told
    assert b"Traceback" not in told
