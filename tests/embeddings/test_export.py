"""An export is there whole or not at all, and only if it is faithful."""

import json
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from embeddings import export as module
from embeddings.encoder import ExportedEncoder
from embeddings.export import Export, export
from embeddings.models import ExportRefused, Model, ModelUnusable, find_model


@pytest.fixture(scope="session")
def tiny(make_model: Any) -> Model:
    return find_model(str(make_model("bert")))


def test_an_export_is_made_once(
    tiny: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = export(tiny, tmp_path / "cache")
    names = ("compiled-*.bin", "embeddings.npy", "encoder.json", "model.bin", "model.xml")
    found = sorted(path.name for path in folder.iterdir())
    assert len(found) == len(names) + 1
    assert all(map(fnmatch, found, (*names, "tokenizer.json")))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "5/5" in printed.err
    made = (folder / "model.xml").stat().st_mtime_ns
    assert export(tiny, tmp_path / "cache") == folder
    assert (folder / "model.xml").stat().st_mtime_ns == made
    assert capsys.readouterr().err == ""


def test_the_description_says_how_to_run_it(tiny: Model, tmp_path: Path) -> None:
    folder = export(tiny, tmp_path)
    description = Export.read(folder)
    assert description.name == tiny.name
    assert folder.name.startswith(f"{description.fingerprint}-")
    assert (description.dimension, description.max_length) == (32, 64)
    assert description.prompts == {"query": "find: ", "passage": "text: "}
    assert json.loads((folder / "encoder.json").read_text())["name"] == tiny.name


def test_an_unfaithful_export_is_refused_with_its_figure(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MIN_COSINE", 1.5)
    with pytest.raises(ExportRefused, match=r"cosine (0\.9|1\.0)\d+ .*not 1\.5"):
        export(tiny, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["_convert", "_write", "_check"])
def test_a_crash_leaves_nothing_behind(
    step: str, tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, step, crash)
    with pytest.raises(KeyboardInterrupt):
        export(tiny, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_two_exports_at_once_the_first_stays(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = module._check

    def check_while_another_finishes(*arguments: Any) -> None:
        monkeypatch.setattr(module, "_check", check)
        first.append((export(tiny, tmp_path) / "model.xml").stat().st_ino)
        check(*arguments)

    first: list[int] = []
    monkeypatch.setattr(module, "_check", check_while_another_finishes)
    folder = export(tiny, tmp_path)
    assert [(folder / "model.xml").stat().st_ino] == first
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert ExportedEncoder(folder).model.fingerprint == Export.read(folder).fingerprint


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
@pytest.mark.parametrize("pooling", ["lasttoken", "mean_sqrt_len_tokens", "weightedmean"])
def test_any_pooling_comes_out_faithful(
    kind: str, pooling: str, make_model: Any, tmp_path: Path
) -> None:
    """`_check` compares with the original, so to come out is to be faithful."""
    folder = export(find_model(str(make_model(kind, pooling))), tmp_path)
    assert Export.read(folder).dimension == 32


def test_what_cannot_be_converted_is_refused_with_the_reason(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise TypeError("this code cannot be traced")

    monkeypatch.setattr(module, "_convert", fail)
    with pytest.raises(ExportRefused, match=r"this code cannot be traced\); run it with"):
        export(tiny, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    with pytest.raises(ModelUnusable, match=r"broken.*cannot be loaded"):
        export(find_model(str(tmp_path / "broken")), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_is_reported_and_nothing_left_in_the_users_home(
    tiny: Model, tmp_path: Path
) -> None:
    """As it comes, importing openvino starts a process that calls its maker and writes to home."""
    program = f"""
import os, sys
from pathlib import Path

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "os.fork", "subprocess.Popen"):
        os.write(2, f"{{event}} {{arguments}}".encode())
        os._exit(3)

from embeddings.export import export
from embeddings.encoder import ExportedEncoder
from embeddings.models import Model
import sentence_transformers  # asks the system for its name
sys.addaudithook(refuse)
model = Model("tiny", "0", Path({str(tiny.files)!r}))
folder = export(model, Path({str(tmp_path / "cache")!r}))
ExportedEncoder(folder).encode(["a"], "query")
assert "openvino" in sys.modules
assert not sys.modules.get("openvino_telemetry")
"""
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home), "CI": ""}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert not (home / "intel").exists()
