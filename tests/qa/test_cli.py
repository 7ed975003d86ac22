"""The command line: verbs, exit statuses, and one JSON document where it is asked for."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from tqdm import tqdm
from typer.testing import CliRunner, Result

from qa import cli
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.endpoint import Endpoint
from qa.engine import Engine
from qa.errors import HomeBusy
from qa.generations import Generations
from qa.keys import Keys
from qa.store import ArticleStore
from qa.types import Answer
from qa.writer import Writer
from tests.language_model import Reply, fake_endpoint
from web.serve import serve

from .conftest import HashingEncoder

ROOT = Path(__file__).parents[2]
NEWSQA = [sys.executable, "-c", "from web.cli import main; main()"]
FERRY = {"id": "ferry", "title": "Ferry", "text": "The night ferry to Anholm begins on 3 May."}
QUESTION = "When does the night ferry to Anholm begin?"

KEY = "0123456789abcdef-operator"

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, open_engine: Callable[[Path], Engine], home: Path) -> Run:
    """What runs `newsqa` in this process, with the model that is open already."""
    monkeypatch.setenv("NEWSQA_HOME", str(home))
    monkeypatch.setattr(cli, "open_home", lambda home, **_: open_engine(home or Settings().home))

    def invoke(*arguments: str | Path, input: str | None = None) -> Result:
        result = CliRunner().invoke(cli.app, [str(one) for one in arguments], input=input)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def ferry(tmp_path: Path) -> Path:
    """A file of one article."""
    file = tmp_path / "ferry.jsonl"
    file.write_text(json.dumps(FERRY))
    return file


def document(result: Result) -> Any:
    """Return the one JSON document that standard output is."""
    return json.loads(result.stdout)


def test_evaluate_reports_and_keeps_what_it_embedded(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ferry: Path
) -> None:
    monkeypatch.setenv("NEWSQA_CACHE", str(tmp_path / "cache"))
    queries, without = tmp_path / "queries.jsonl", tmp_path / "without.jsonl"
    queries.write_text(json.dumps({"question": QUESTION, "relevant": ["ferry"]}))
    without.write_text(json.dumps({"question": "今天天气怎么样", "relevant": []}))
    asked = ("evaluate", "--passages", ferry, "--queries", queries, "--unanswerable", without)
    first, again = (document(run(*asked, "--json")) for _ in range(2))
    assert first["all"]["ndcg@10"] == again["all"]["ndcg@10"] == 1.0
    assert first["all"]["questions"] == first["abstention"]["unanswerable"] == 1
    assert len(list((tmp_path / "cache" / "evaluations").iterdir())) == 1
    assert "ndcg@10" in run(*asked).stdout


def test_add_tells_what_it_had_to_mend(run: Run, tmp_path: Path) -> None:
    undated = tmp_path / "undated.md"
    undated.write_text("---\ntitle: T\ndate: Invalid Date\n---\n\n<p>Text.</p>\n")
    result = run("add", undated)
    assert result.exit_code == 0
    assert "warning: undated.md: published: 'Invalid Date'" in result.stderr


def test_a_citation_is_told_with_the_address_of_its_sentence(run: Run, tmp_path: Path) -> None:
    longer = tmp_path / "longer.jsonl"
    longer.write_text(json.dumps({**FERRY, "text": f"The harbour was dredged. {FERRY['text']}"}))
    run("add", longer)
    (citation,) = document(run("ask", QUESTION, "--json"))["citations"]
    assert citation["source_start"] > 0
    assert citation["url"] in run("ask", QUESTION).stdout


def test_add_takes_files_folders_globs_and_standard_input(
    run: Run, tmp_path: Path, ferry: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.md").write_text("# One\n\nThe first is here.")
    (folder / "two.html").write_text("<html><title>Two</title><p>The second is here.</p></html>")
    (folder / "notes.bin").write_bytes(b"\x00")
    result = run("--json", "add", folder, ferry, tmp_path / "folder" / "*.html")
    assert result.exit_code == 0
    added = document(result)
    assert (added["added"], added["unchanged"], added["refused"]) == (3, 1, [])
    result = run("add", "-", input='{"id": "in", "text": "It came by standard input."}\n')
    assert result.exit_code == 0
    assert result.stdout == "1 added, 0 updated, 0 unchanged, 0 refused\n"
    assert document(run("status", "--json"))["articles"] == 4


def test_a_dry_run_shows_what_would_be_read_and_keeps_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(
        "---\ntitle: 新桥\ndate: 2024-05-14\n---\n\n新桥今天通车。\n\n责任编辑：王五\n"
    )
    (tmp_path / "two.md").write_text("")
    result = run("add", "--dry-run", tmp_path)
    assert result.stdout == "one.md: 新桥 · 2024-05-14 · 1 sentences\n  - 责任编辑：王五\n"
    assert "refused: two.md" in result.stderr
    (article,) = document(run("add", "--dry-run", tmp_path, "--json"))["articles"]
    assert (article["text"], article["removed"]) == ("新桥今天通车。", ["责任编辑：王五"])
    assert document(run("status", "--json"))["articles"] == 0


def test_add_takes_all_it_can_lists_the_others_and_fails(run: Run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.jsonl"
    good.write_text("The night ferry to Anholm begins on 3 May.")
    bad.write_text(json.dumps(FERRY) + '\n{"title": "no text"}\n')
    result = run("add", bad, tmp_path / "missing.md", good)
    assert result.exit_code == 1
    assert result.stdout == "2 added, 0 updated, 0 unchanged, 1 of them copies, 2 refused\n"
    refused = [line for line in result.stderr.splitlines() if line.startswith("refused: ")]
    assert len(refused) == 2
    assert "bad.jsonl:2: text" in refused[0]
    assert "missing.md" in refused[1]
    again = run("add", bad, "--json")
    assert again.exit_code == 1
    assert document(again)["unchanged"] == 1
    assert [one["origin"] for one in document(again)["refused"]] == ["bad.jsonl:2"]


def test_ask_answers_with_its_sources(run: Run, ferry: Path) -> None:
    run("add", ferry)
    result = run("ask", QUESTION)
    assert result.exit_code == 0
    assert result.stdout.startswith(FERRY["text"])
    assert "[1] Ferry" in result.stdout
    answer = document(run("ask", QUESTION, "--json"))
    assert set(answer) == set(Answer.__slots__)
    assert answer["citations"][0]["article_id"] == "ferry"
    nothing = run("ask", "今天天气怎么样")
    assert nothing.exit_code == 0
    assert "这些文章没有回答这个问题。" in nothing.stdout


@pytest.mark.parametrize("retriever", ["hybrid", "dense", "lexical"])
def test_search_finds_passages(run: Run, ferry: Path, retriever: str) -> None:
    run("add", ferry)
    found = document(run("search", "Anholm ferry", "--retriever", retriever, "--json"))
    assert [hit["article_id"] for hit in found["hits"]] == ["ferry"]
    assert FERRY["text"] in run("search", "Anholm ferry").stdout


def test_filters_hold_on_the_command_line(run: Run) -> None:
    run("add", ROOT / "seeds")
    result = run(
        *("search", "上海", "--top-k", "50", "--date-to", "2021-10-27", "--json"),
        *("--source", "证券时报网", "--source", "nobody", "--category", "要闻"),
    )
    hits = document(result)["hits"]
    assert hits
    assert {hit["publisher"] for hit in hits} == {"证券时报网"}
    assert document(run("ask", "上海", "--author", "nobody", "--json"))["sources"] == []


def test_the_questions_time_is_read_against_the_day_that_is_given(run: Run, ferry: Path) -> None:
    run("add", ferry)
    asked = ("ask", "When did the night ferry to Anholm begin last month?")
    time = document(run(*asked, "--as-of", "2026-06-15", "--json"))["time"]
    assert (time["date_from"], time["date_to"]) == ("2026-05-01", "2026-05-31")
    told = run(*asked, "--as-of", "2026-06-15").stdout
    assert "“last month”  2026-05-01 – 2026-05-31" in told
    assert document(run(*asked, "--no-time", "--json"))["time"] is None
    assert "newest first" in run("ask", "the latest on the night ferry to Anholm").stdout
    for options in (("--as-of", "2026-06-15"), ("--no-time",)):
        assert document(run("search", "ferry last month", *options, "--json"))["hits"]


def test_remove_erases_and_names_what_was_not_there(run: Run, ferry: Path) -> None:
    run("add", ferry)
    result = run("remove", "ferry", "nothing", "--json")
    assert result.exit_code == 1
    assert document(result) == {"removed": ["ferry"], "missing": ["nothing"]}
    assert "nothing" in result.stderr
    assert document(run("ask", QUESTION, "--json"))["sources"] == []
    run("add", ferry)
    assert run("remove", "ferry").exit_code == 0


def test_rebuild_and_status_tell_of_the_index(run: Run, home: Path, ferry: Path) -> None:
    empty = document(run("status", "--json"))
    assert empty == {"home": str(home), "articles": 0, "refused": 0, "index": None}
    run("add", ferry)
    before = document(run("status", "--json"))
    rebuilt = document(run("rebuild", "--json"))
    after = document(run("status", "--json"))
    assert after["index"] == rebuilt
    assert (rebuilt["articles"], rebuilt["passages"]) == (1, 1)
    assert after["index"]["fingerprint"] == before["index"]["fingerprint"]
    assert "1 articles" in run("status").stdout


def test_a_rebuild_tells_what_it_does_when_all_articles_are_read(
    run: Run, ferry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full bar alone would look like a hang."""
    shown = io.StringIO()
    run("add", ferry)
    monkeypatch.setattr(
        cli,
        "progress",
        lambda what, total: tqdm(desc=what, total=total, file=shown, mininterval=0),
    )
    run("rebuild")
    lines = [line for line in shown.getvalue().replace("\n", "\r").split("\r") if line.strip()]
    assert "writing words and vectors" in "".join(lines[:-1])
    assert "1/1" in lines[-1]
    assert "writing" not in lines[-1]


def test_status_tells_of_token_vectors_and_of_what_a_rebuild_would_change(
    run: Run, monkeypatch: pytest.MonkeyPatch, ferry: Path
) -> None:
    run("add", ferry)
    kept = run("status").stdout
    assert "1 passages, with token vectors" in kept
    assert "rebuild" not in kept
    monkeypatch.setenv("NEWSQA_TOKEN_VECTORS", "false")
    assert "dropped by the next `newsqa rebuild`" in run("status").stdout


def test_status_tells_where_a_rebuild_would_add_token_vectors(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path, ferry: Path
) -> None:
    run("add", ferry)
    Generations(home).build(
        ArticleStore(home / "articles.sqlite"), HashingEncoder(), token_vectors=False
    )
    lean = run("status").stdout
    assert "1 passages, without token vectors" in lean
    assert "newsqa rebuild` adds token vectors" in lean
    monkeypatch.setenv("NEWSQA_TOKEN_VECTORS", "false")
    assert "rebuild" not in run("status").stdout


def test_the_home_is_named_before_the_verb_after_it_or_in_the_environment(
    run: Run, tmp_path: Path, home: Path, ferry: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    run("--home", one, "add", ferry)
    run("add", ferry, "--home", other)
    for arguments in (["--home", one, "status"], ["status", "--home", other]):
        status = document(run(*arguments, "--json"))
        assert status["articles"] == 1
        assert status["home"] in {str(one), str(other)}
    assert document(run("--home", one, "status", "--home", other, "--json"))["home"] == str(other)
    assert document(run("--json", "status"))["home"] == str(home)
    assert document(run("status", "--json"))["articles"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["add"],
        ["remove"],
        ["ask", "x", "--top-k", "0"],
        ["ask", "x", "--top-k", "101"],
        ["ask", "x", "--mode", "abstractive"],
        ["ask", "x", "--date-from", "27.10.2021"],
        ["ask", "x", "--as-of", "yesterday"],
        ["search", "x", "--as-of", "2021-02-30"],
        ["ask", "x", "--date-from", "2021-10-28", "--date-to", "2021-10-27"],
        ["search", "x", "--retriever", "bm25"],
        ["status", "--nonsense"],
        ["serve", "--port", "70000"],
        ["evaluate", "--passages", "no-such-file", "--queries", "no-such-file"],
    ],
)
def test_wrong_usage_is_2_and_prints_no_result(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


@pytest.mark.parametrize("arguments", [["ask", " "], ["ask", "x", "--mode", "llm"]])
def test_a_question_that_is_refused_is_a_failure_of_one_line(
    run: Run, arguments: list[str]
) -> None:
    result = run(*arguments, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_a_language_model_that_fails_is_named_beside_the_answer(
    run: Run,
    ferry: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_engine: Callable[[Path], Engine],
    dictionary: Dictionary,
) -> None:
    run("add", ferry)
    quoted = run("ask", QUESTION).stdout
    with fake_endpoint() as endpoint:
        endpoint.reply = Reply(status=429)
        writer = Writer(Endpoint(endpoint.url, "small", ""), dictionary)
        corpus = open_engine(Settings().home).corpus
        engine = Engine(corpus, dictionary, writer=writer)
        monkeypatch.setattr(cli, "open_home", lambda _: engine)
        result = run("ask", QUESTION, "--mode", "llm")
    assert (result.exit_code, result.stdout) == (0, quoted)
    assert result.stderr == (
        "warning: the language model small: its endpoint takes no more requests for now\n"
    )


def test_what_a_user_can_act_on_is_said_without_a_trace(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Path | None) -> Engine:
        raise HomeBusy("another process is writing; wait for it")

    monkeypatch.setattr(cli, "open_home", busy)
    for verb in (["status"], ["ask", "x"], ["remove", "x"], ["rebuild"], ["add", "x"]):
        result = run(*verb, "--json")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == "error: another process is writing; wait for it\n"


def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("NEWSQA_PORT", "many")
    monkeypatch.setenv("NEWSQA_LLM_URL", "ftp://x")
    result = run("status")
    assert result.exit_code == 1
    assert [line.split()[:2] for line in result.stderr.splitlines()] == [
        ["error:", "NEWSQA_PORT:"],
        ["error:", "NEWSQA_LLM_URL:"],
    ]


def test_serve_listens_where_the_flag_or_else_the_environment_says(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    where: list[tuple[Path, str, int]] = []

    def listen(app: FastAPI, *, host: str, port: int, **_: object) -> None:
        where.append((app.state.engine.corpus.home, host, port))

    monkeypatch.setattr(uvicorn, "run", listen)
    assert run("serve").exit_code == 0
    monkeypatch.setenv("NEWSQA_HOST", "::1")
    monkeypatch.setenv("NEWSQA_PORT", "9000")
    result = run("serve")
    assert (result.stdout, result.exit_code) == ("", 0)
    assert result.stderr == "newsqa serves http://[::1]:9000\n"
    run("serve", "--host", "127.0.0.2", "--port", "0")
    assert where == [
        (home, "127.0.0.1", 8000),
        (home, "::1", 9000),
        (home, "127.0.0.2", 0),
    ]


def test_serve_says_where_the_operators_page_is_where_there_is_a_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[FastAPI] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **_: made.append(app))
    monkeypatch.setenv("NEWSQA_OPERATOR_KEY", KEY)
    monkeypatch.setenv("NEWSQA_PRIVATE_ADDRESSES", "true")
    result = run("serve")
    assert result.stderr.splitlines()[1:] == [
        "the operator's page is http://127.0.0.1:8000/operator"
    ]
    assert KEY not in result.output
    assert made[0].state.private_addresses
    monkeypatch.setenv("NEWSQA_OPERATOR_KEY", KEY[:15])
    result = run("serve")
    assert (result.exit_code, len(made)) == (1, 1)
    assert result.stderr.startswith("error: NEWSQA_OPERATOR_KEY: it is at least 16 ")


def test_serve_says_who_may_write_and_does_not_start_with_damaged_keys(
    run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(uvicorn, "run", lambda *_, **__: None)
    told = "nobody but this machine may write until there is a key"
    for host in ("0.0.0.0", "::", "192.0.2.7", "news.example"):
        assert told in run("serve", "--host", host).stderr
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        assert told not in run("serve", "--host", host).stderr
    keys = Keys(home)
    keys.add("reader")
    assert told in run("serve", "--host", "::").stderr
    keys.add("writer", "write")
    assert run("serve", "--host", "::").stderr.splitlines() == [
        "newsqa serves http://[::]:8000",
        "the operator's page is http://[::]:8000/operator",
    ]
    (home / "keys.json").write_text("[")
    result = run("serve")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {home / 'keys.json'}: it is damaged")


def test_every_verb_is_in_the_help(run: Run) -> None:
    text = run("--help").stdout
    assert str(serve.__doc__) in text
    for verb in ("serve", "add", "remove", "rebuild", "ask", "search", "status", "evaluate"):
        assert verb in text


def test_the_command_itself_prints_one_document_and_nothing_else(
    tmp_path: Path, model_cache: Path
) -> None:
    """As a user runs it: in a process of its own, with the model it opens itself."""
    settings = {"NEWSQA_HOME": str(tmp_path), "NEWSQA_CACHE": str(model_cache)}

    def newsqa(*arguments: str, input: bytes = b"") -> Any:
        done = subprocess.run(
            [*NEWSQA, "--json", *arguments],
            input=input,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, **settings},
        )
        return json.load(io.BytesIO(done.stdout))

    added = newsqa("add", "-", input=json.dumps(FERRY).encode())
    assert added["articles"] == [{"id": "ferry", "outcome": "added"}]
    assert newsqa("ask", QUESTION)["answer"] == FERRY["text"]
