"""`newsqa embed` and `newsqa load`: what they make, what they say, and what they refuse."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from embeddings.encoder import Encoder
from qa import cli, shard_commands
from qa.config import Settings
from qa.engine import Engine
from qa.neutral import NeutralEncoder
from qa.shards import ShardSet
from qa.store import PassageStore

SEEDS = Path(__file__).parents[2] / "seeds"
NEWSQA = [sys.executable, "-c", "from web.cli import main; main()"]

Run = Callable[..., Result]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    open_engine: Callable[[Path], Engine],
    neutral_encoder: NeutralEncoder,
    tmp_path: Path,
) -> Run:
    """What runs `newsqa` in this process, with the model that is open already."""
    monkeypatch.setenv("NEWSQA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cli, "open_home", lambda home, **_: open_engine(home or Settings().home))

    def encoder(_: str) -> Encoder:  # another for each test, though all give the same
        return neutral_encoder

    monkeypatch.setattr(shard_commands, "passage_encoder", encoder)

    def invoke(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(cli.app, [str(one) for one in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("[!.]*"))}


def vectors(home: Path) -> dict[str, Any]:
    """Return the vector of each passage of a home, by its text."""
    store = PassageStore(next((home / "generations").glob("[!.]*")) / "passages.sqlite")
    found = store.vectors(store.keys().tolist())
    rows = found[1].reshape(len(found[0]), -1)
    texts = dict(store.texts(found[0]))
    store.close()
    return {texts[key]: row for key, row in zip(found[0], rows, strict=True)}


def test_articles_are_embedded_and_loaded_and_found(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    told = run("embed", SEEDS, "--shards", folder, "--articles", "3", "--processes", "1")
    assert told.exit_code == 0
    about = ShardSet.read(folder)
    assert told.stdout == (
        f"{folder}: 7 articles, {about.passages} passages in 3 shards, 3 of them embedded now;"
        " 0 refused\n"
    )
    loaded = run("load", folder)
    assert loaded.stdout == "7 added, 0 updated, 0 unchanged, 1 of them copies, 0 refused\n"
    hits = json.loads(run("search", "上海2025年的目标是什么", "--json").stdout)["hits"]
    assert "上海" in hits[0]["text"]
    again = json.loads(run("load", folder, "--json").stdout)
    assert again == {
        "added": 0,
        "updated": 0,
        "unchanged": 7,
        "withdrawn": 0,
        "copies": 0,
        "refused": [],
        "warnings": [],
    }


def test_json_tells_what_was_embedded(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    arguments = ("embed", SEEDS, "--shards", folder, "--processes", "1", "--json")
    first, second = (json.loads(run(*arguments).stdout) for _ in range(2))
    passages = ShardSet.read(folder).passages
    assert first == {
        "folder": str(folder),
        "model": "intfloat/multilingual-e5-small",
        "shards": 1,
        "embedded": 1,
        "articles": 7,
        "passages": passages,
        "refused": [],
    }
    assert second == {**first, "embedded": 0}


def test_what_is_refused_is_told_after_all_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "x", "title": "no text"}\n')
    folder = tmp_path / "shards"
    told = run("embed", tmp_path / "bad.jsonl", SEEDS, "--shards", folder, "--processes", "1")
    assert told.exit_code == 1
    assert "7 articles" in told.stdout
    assert "1 refused" in told.stdout
    assert "refused: bad.jsonl" in told.stderr
    loaded = run("load", folder)
    assert loaded.exit_code == 1
    assert "7 added" in loaded.stdout
    assert "refused: bad.jsonl" in loaded.stderr


def test_warnings_are_told_when_they_are_loaded(run: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text('{"title": "A", "text": "It sails.", "date": "someday"}\n')
    folder = tmp_path / "shards"
    added = run("--home", tmp_path / "other", "add", tmp_path / "odd.jsonl")
    run("embed", tmp_path / "odd.jsonl", "--shards", folder, "--processes", "1")
    assert run("load", folder).stderr == added.stderr != ""


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("embed", SEEDS, "--shards", SEEDS / "shards"), 2, "which is read"),
        (
            ("embed", SEEDS, "--shards", "s", "--ray", "auto", "--processes", "2"),
            2,
            "how many cores",
        ),
        (("embed", "", "--shards", "s"), 2, "a path is empty"),
        (("embed", SEEDS, "--shards", "s", "--ray", ""), 2, "it names no cluster"),
        (("embed", SEEDS), 2, "Missing option '--shards'"),
        (("load", "nowhere"), 2, "does not exist"),
        (("load", SEEDS), 1, "no shards are there; `newsqa embed` makes them"),
    ],
)
def test_wrong_usage_is_told(
    run: Run, arguments: tuple[str, ...], status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    result = run(*arguments)
    assert result.exit_code == status
    assert told in result.stderr
    assert not (SEEDS / "shards").exists()


def test_shards_of_other_paths_are_not_mixed_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    run("embed", SEEDS, "--shards", folder, "--processes", "1")
    (tmp_path / "a.txt").write_text("The ferry sails at eight.")
    failed = run("embed", tmp_path / "a.txt", "--shards", folder, "--processes", "1")
    assert failed.exit_code == 1
    assert f"its shards are of the paths {SEEDS}, not {tmp_path / 'a.txt'}" in failed.stderr
    assert "name another folder" in failed.stderr


def test_shards_are_no_articles(run: Run, tmp_path: Path) -> None:
    """A pattern that takes in the folder of the shards would embed what they hold once more."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text("The ferry sails at eight.")
    arguments = ("embed", tmp_path / "*", "--shards", tmp_path / "shards", "--processes", "1")
    assert run(*arguments).exit_code == 0
    assert run(*arguments).exit_code == 2


def test_a_folder_that_is_in_use_is_told(run: Run, tmp_path: Path) -> None:
    with FileLock(tmp_path / ".embedding.lock"):
        failed = run("embed", SEEDS, "--shards", tmp_path, "--processes", "1")
    assert failed.exit_code == 1
    assert "another process embeds it" in failed.stderr


def test_without_pyarrow_the_extra_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    failed = run("embed", SEEDS, "--shards", tmp_path / "shards")
    assert failed.exit_code == 1
    assert "pip install 'newsqa[parquet]'" in failed.stderr
    assert not (tmp_path / "shards").exists()


def test_without_ray_the_extra_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    failed = run("embed", SEEDS, "--shards", tmp_path / "shards", "--ray", "local")
    assert failed.exit_code == 1
    assert "pip install 'newsqa[ray]'" in failed.stderr
    assert not (tmp_path / "shards").exists()


def test_the_built_in_model_gives_the_same_bytes_by_one_process_and_by_two(
    run: Run, tmp_path: Path
) -> None:
    """As a user runs it; and what is loaded is what `add` makes, up to how texts were batched."""
    for folder, processes in (("one", "1"), ("two", "2")):
        subprocess.run(
            [
                *(*NEWSQA, "embed", str(SEEDS), "--shards", str(tmp_path / folder)),
                *("--articles", "3", "--processes", processes),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert run("load", tmp_path / "two").exit_code == 0
    assert run("--home", tmp_path / "added", "add", SEEDS).exit_code == 0
    loaded, added = vectors(tmp_path / "home"), vectors(tmp_path / "added")
    assert loaded.keys() == added.keys()
    for text, one in loaded.items():
        other = added[text]
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.99999
