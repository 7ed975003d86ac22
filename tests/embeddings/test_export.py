"""An export is there whole or not at all, and only if it is faithful."""

import json
from pathlib import Path
from typing import Any

import pytest

from embeddings import export as module
from embeddings.encoder import OnnxEncoder
from embeddings.export import Export, export
from embeddings.models import ExportRefused, Model, ModelUnusable, find_model


@pytest.fixture(scope="session")
def tiny(make_model: Any) -> Model:
    return find_model(str(make_model("bert")))


def test_an_export_is_three_files_made_once(
    tiny: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = export(tiny, tmp_path / "cache")
    assert {path.name for path in folder.iterdir()} == {
        "model.onnx",
        "tokenizer.json",
        "encoder.json",
    }
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "6/6" in printed.err
    made = (folder / "model.onnx").stat().st_mtime_ns
    assert export(tiny, tmp_path / "cache") == folder
    assert (folder / "model.onnx").stat().st_mtime_ns == made
    assert capsys.readouterr().err == ""


def test_the_description_says_how_to_run_it(tiny: Model, tmp_path: Path) -> None:
    folder = export(tiny, tmp_path)
    description = Export.read(folder)
    assert description.name == tiny.name
    assert description.fingerprint == folder.name
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


@pytest.mark.parametrize("step", ["_trace", "_optimise", "_quantise", "_check"])
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
        first.append((export(tiny, tmp_path) / "model.onnx").stat().st_ino)
        check(*arguments)

    first: list[int] = []
    monkeypatch.setattr(module, "_check", check_while_another_finishes)
    folder = export(tiny, tmp_path)
    assert [(folder / "model.onnx").stat().st_ino] == first
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    assert OnnxEncoder(folder).model.fingerprint == folder.name


@pytest.mark.parametrize("pooling", ["max", "lasttoken"])
def test_other_poolings_are_refused(pooling: str, make_model: Any, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match=pooling):
        export(find_model(str(make_model("bert", pooling))), tmp_path)


def test_other_architectures_are_refused(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ARCHITECTURES", ("xlm-roberta",))
    with pytest.raises(ExportRefused, match="architecture is bert"):
        export(tiny, tmp_path)


def test_a_folder_that_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    with pytest.raises(ModelUnusable, match=r"broken.*cannot be loaded"):
        export(find_model(str(tmp_path / "broken")), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_weights_too_large_for_one_file_are_refused(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_BYTES", 1000)
    with pytest.raises(ExportRefused, match="over 2 GB"):
        export(tiny, tmp_path)
