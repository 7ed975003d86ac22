"""`newsqa export`: what it writes, what it says, and what it refuses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import qa.export_commands  # noqa: F401  its verb registers itself
from qa import cli
from qa.config import Settings
from qa.engine import Engine
from qa.store import ArticleStore

from .conftest import make_article, named

SEEDS = Path(__file__).parents[2] / "seeds"
NEWSQA = [sys.executable, "-c", "from web.cli import main; main()"]

Run = Callable[..., Result]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, open_engine: Callable[[Path], Engine], tmp_path: Path
) -> Run:
    """What runs `newsqa` in this process, with the model that is open already."""
    monkeypatch.setenv("NEWSQA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cli, "open_home", lambda home, **_: open_engine(home or Settings().home))

    def invoke(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli.app, [str(one) for one in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_what_is_exported_is_added_again(run: Run, tmp_path: Path) -> None:
    assert run("add", SEEDS).exit_code == 0
    to = tmp_path / "articles.jsonl.gz"
    told = run("export", "--to", to)
    assert told.stdout == f"{to}: 7 articles, {to.stat().st_size:,} bytes\n"
    other = tmp_path / "other"
    report = json.loads(run("--home", other, "add", to, "--json").stdout)
    assert (report["added"], report["refused"], report["warnings"]) == (7, [], [])
    first, second = run("export", "--to", "-"), run("--home", other, "export", "--to", "-")
    assert first.stderr == "7 articles\n"
    rows = [
        [{**json.loads(line), "origin": None} for line in one.stdout.splitlines()]
        for one in (first, second)
    ]
    assert rows[0] == rows[1]


def test_json_tells_what_was_written(run: Run, tmp_path: Path) -> None:
    run("add", SEEDS)
    to = tmp_path / "passages.parquet"
    told = json.loads(run("export", "--to", to, "--passages", "--vectors", "--json").stdout)
    assert told == {
        "articles": 7,
        "passages": told["passages"],
        "bytes": to.stat().st_size,
        "file": str(to),
    }
    assert told["passages"] > 7
    lately = json.loads(run("--json", "export", "--to", to, "--since", "2024-08-15").stdout)
    assert (lately["articles"], lately["passages"]) == (3, 0)
    assert " passages of 7 articles, " in run("export", "--to", to, "--passages").stdout


def test_an_empty_home_is_an_empty_file(run: Run, tmp_path: Path) -> None:
    for to in (tmp_path / "a.jsonl", tmp_path / "a.parquet"):
        assert json.loads(run("export", "--to", to, "--json").stdout)["articles"] == 0
        assert to.exists()
    assert (tmp_path / "a.jsonl").read_bytes() == b""


def test_what_makes_no_sense_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    for arguments, words in (
        (["--to", tmp_path / "a.jsonl", "--vectors"], "add --passages"),
        (["--to", "-", "--json"], "name a file"),
        (["--to", tmp_path / "a.jsonl", "--since", "May"], "May"),
        ([], "--to"),
    ):
        failed = run("export", *arguments)
        assert failed.exit_code == 2
        assert words in failed.stderr
    assert not list(tmp_path.glob("*.jsonl"))


def test_a_name_of_no_format_is_a_failure(run: Run, tmp_path: Path) -> None:
    failed = run("export", "--to", tmp_path / "a.csv")
    assert failed.exit_code == 1
    assert "ends in .jsonl, .jsonl.gz or .parquet" in failed.stderr


def test_without_pyarrow_the_extra_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    failed = run("export", "--to", tmp_path / "a.parquet")
    assert failed.exit_code == 1
    assert "pip install 'newsqa[parquet]'" in failed.stderr
    assert run("export", "--to", tmp_path / "a.jsonl").exit_code == 0


def test_a_reader_that_has_enough_breaks_nothing(tmp_path: Path) -> None:
    """As `newsqa export --to - | head -1`."""
    article = make_article("ferry", "The ferry leaves at ten. " * 20_000)
    (tmp_path / "home").mkdir()
    ArticleStore(tmp_path / "home" / "articles.sqlite").put([named(article)])
    with subprocess.Popen(
        [*NEWSQA, "--home", tmp_path / "home", "export", "--to", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(20).startswith(b'{"id": "ferry"')
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
