"""A sentence-transformers model from a folder goes through rebuild and asking, run either way."""

from pathlib import Path
from typing import Any

import pytest

from qa.config import Settings
from qa.home import open_home
from qa.sources import read_paths
from qa.types import Query

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.mark.parametrize(
    ("kind", "pooling", "dense", "way"),
    [
        ("bert", "mean", False, "openvino"),
        ("mpnet", "cls", False, "openvino"),
        ("bert", "mean", True, "torch"),
    ],
)
def test_any_model_rebuilds_a_home_and_answers(
    kind: str,
    pooling: str,
    dense: bool,
    way: str,
    make_model: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = str(make_model(kind, pooling, dense=dense))
    engine = open_home(settings=Settings(home=tmp_path / "home", cache=tmp_path / "cache"))
    engine.corpus.rebuild(model)
    assert not engine.corpus.add(read_paths([str(SEEDS)])).refused
    manifest = engine.corpus.manifest()
    assert manifest is not None
    assert manifest.model == model
    assert manifest.dimension == (16 if dense else 32)
    assert way in manifest.fingerprint
    assert ("Running it with sentence-transformers" in caplog.text) == (way == "torch")
    assert engine.ask(Query("上海2025年的目标是什么")).sources
