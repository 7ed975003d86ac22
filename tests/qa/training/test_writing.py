"""What was learnt is written as a reader, which says what the network says."""

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from embeddings.encoder import Encoder, HalfRead
from embeddings.models import BUILT_IN
from embeddings.reader import Card, Reader, ReaderUnusable, best_run
from qa.training import __main__ as command
from qa.training import mining
from qa.training.learning import Half, Learning, Plan
from qa.training.mining import Example
from qa.training.network import Network
from qa.training.writing import take_weights, write_reader

from . import KEPT, NOWHERE, ROWS, make_half, make_network, write_rows

DIMENSION = 24


def half_read(length: int) -> HalfRead:
    """Return a text of so many tokens of one code point each, behind one that is not its own."""
    rows = np.random.default_rng(length).standard_normal((length, DIMENSION)).astype(np.float32)
    return HalfRead(rows, np.array([(at - 1, at or -1) for at in range(length)], np.int32))


@pytest.fixture(scope="module")
def network() -> Network:
    return make_network(DIMENSION, spread=1.0)


@pytest.fixture(scope="module")
def graph(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reader") / "some.onnx"
    write_reader(network, path, "an encoder", "made by hand")
    return path


@pytest.mark.parametrize("asked", [1, 7, 60])
def test_a_graph_says_what_its_network_says(network: Network, graph: Path, asked: int) -> None:
    """To what 8 bits keep of it, and bfloat16 where a processor computes in that."""
    reader = Reader(graph, graph.parent, threads=1)
    question, texts = half_read(asked), [half_read(length) for length in (5, 16, 33, 60, 2)]
    starts = [0, 3, 8, 20, 0]
    told = reader.read(question, texts, starts)
    for one, text, start in zip(told, texts, starts, strict=True):
        answer, edges = said(network, question, text, text.spans[:, 1] > start)
        assert one.logit == pytest.approx(answer, rel=0.05, abs=0.2)
        first, last, _ = best_run(edges)
        best = edges[first, 0] + edges[last, 1]
        assert one.words
        own = edges[one.words.start - start, 0] + edges[one.words.end - 1 - start, 1]
        assert own == pytest.approx(best, rel=0.05, abs=0.4)


@torch.inference_mode()
def said(
    network: Network, question: HalfRead, text: HalfRead, own: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float32]]:
    """Return the logit of the text, and those of its own tokens."""
    answers, edges = network(
        torch.from_numpy(question.rows)[None],
        torch.ones(1, len(question.rows), dtype=torch.bool),
        torch.from_numpy(text.rows)[None],
        torch.from_numpy(own.astype(np.int64))[None],
    )
    return float(answers[0]), edges[0].numpy()[own]


def test_a_graph_keeps_its_matrices_in_8_bits(tmp_path: Path) -> None:
    network = make_network(256)
    write_reader(network, tmp_path / "some.onnx", "an encoder", "made by hand")
    weights = sum(one.numel() for one in network.parameters())
    assert weights < (tmp_path / "some.onnx").stat().st_size < 1.2 * weights


def test_a_network_that_was_written_is_as_before(network: Network, tmp_path: Path) -> None:
    before = {name: one.clone() for name, one in network.state_dict().items()}
    write_reader(network, tmp_path / "some.onnx", "an encoder", "made by hand")
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())


def test_a_network_begins_with_the_weights_of_a_reader(tmp_path: Path) -> None:
    """To what 8 bits keep of them; written again they are the same."""
    learnt = make_network(DIMENSION, seed=1)
    for weight in learnt.parameters():  # no two are alike, as they are when nothing was learnt
        torch.nn.init.normal_(weight)
    write_reader(learnt, tmp_path / "some.onnx", "an encoder", "made by hand")
    begun = make_network(DIMENSION)
    take_weights(begun, tmp_path / "some.onnx")
    for name, weight in learnt.state_dict().items():
        apart = (begun.state_dict()[name] - weight).abs().amax(-1)
        assert (apart <= weight.abs().amax(-1) / 253).all()
    write_reader(begun, tmp_path / "again.onnx", "an encoder", "made by hand")
    again = make_network(DIMENSION, seed=2)
    take_weights(again, tmp_path / "again.onnx")
    for name, weight in begun.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight)


def test_what_is_no_reader_is_nothing_to_begin_with(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(ReaderUnusable, match="does not describe"):
        take_weights(make_network(DIMENSION), tmp_path / "none.onnx")
    (tmp_path / "other.json").write_text(graph.with_suffix(".json").read_text())
    (tmp_path / "other.onnx").write_bytes(b"no graph")
    with pytest.raises(ReaderUnusable, match="no reader to begin with"):
        take_weights(make_network(DIMENSION), tmp_path / "other.onnx")
    with pytest.raises(ReaderUnusable, match="no reader to begin with"):
        take_weights(make_network(DIMENSION + 4), graph)


def test_the_card_says_whose_texts_are_read_and_what_made_the_graph(graph: Path) -> None:
    digest = sha256(graph.read_bytes()).hexdigest()
    assert Card.read(graph) == Card("an encoder", digest, "made by hand")
    assert sorted(path.name for path in graph.parent.glob("some*")) == ["some.json", "some.onnx"]


def test_one_network_makes_one_file(network: Network, graph: Path, tmp_path: Path) -> None:
    write_reader(network, tmp_path / "other.onnx", "an encoder", "made by hand")
    assert (tmp_path / "other.onnx").read_bytes() == graph.read_bytes()
    assert (tmp_path / "other.json").read_bytes() == graph.with_suffix(".json").read_bytes()


def test_a_reader_that_is_not_written_to_its_end_leaves_the_one_before(
    network: Network, graph: Path
) -> None:
    before = graph.read_bytes(), Card.read(graph)

    def broken(_: object, __: object, path: str, **_options: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("the disk is full")

    with patch.object(torch.onnx, "export", broken), pytest.raises(OSError, match="full"):
        write_reader(network, graph, "another", "again")
    assert (graph.read_bytes(), Card.read(graph)) == before
    graph.with_suffix(".partial").unlink()


@pytest.fixture
def train(
    tmp_path: Path,
    model_cache: Path,
    neutral_encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., None]:
    """Return what trains as the command line does, for the built-in model, by a smaller one."""

    def opened(name: str, _: Path) -> Half:
        assert name == BUILT_IN
        return make_half(neutral_encoder.model.dimension)

    monkeypatch.setenv("NEWSQA_CACHE", str(model_cache))
    monkeypatch.setattr(command, "CHECKPOINT", 1)
    monkeypatch.setattr(command, "open_half", opened)
    folder, reader = tmp_path / "work", tmp_path / "tiny.onnx"

    def trained(rows: Path, *more: str) -> None:
        made = ["--rows", str(rows), "--folder", str(folder), "--reader", str(reader)]
        monkeypatch.setattr(sys, "argv", ["training", *made, "--steps", "2", *more])
        command.main()

    return trained


def test_the_command_goes_on_until_a_reader_of_the_served_encoder_is_written(
    train: Callable[..., None], tmp_path: Path, neutral_encoder: Encoder
) -> None:
    rows = tmp_path / "rows.jsonl"
    write_rows(ROWS, rows)
    with pytest.raises(SystemExit) as told:
        train(rows, "--minutes", "0")
    assert told.value.code == "1 of 2 steps; the same command goes on"
    assert not (tmp_path / "tiny.onnx").exists()
    with patch.object(mining, "read_question", side_effect=AssertionError("asked again")):
        train(rows, "--minutes", "0")
    reader = Reader(tmp_path / "tiny.onnx", tmp_path / "cache")
    assert reader.card.encoder == neutral_encoder.model.fingerprint
    made = "python -m qa.training --rows rows.jsonl --steps 2 --share 1.0 --seed 0"
    assert reader.card.command == made
    texts = [one.text for one in ROWS]
    asked, *read = neutral_encoder.read_half(ROWS[0].question, texts)
    for one, text in zip(reader.read(asked, read, [0] * len(read)), texts, strict=True):
        assert np.isfinite(one.logit)
        assert one.words
        assert 0 <= one.words.start < one.words.end <= len(text)


def test_the_command_learns_from_the_share_that_it_is_told(
    train: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, counts = tmp_path / "rows.jsonl", list[int]()
    write_rows(ROWS, rows)

    def noted(plan: Plan, examples: list[Example], *more: Any) -> Learning:
        counts.append(len(examples))
        return Learning(plan, examples, *more)

    monkeypatch.setattr(command, "Learning", noted)
    train(rows)
    train(rows, "--share", "0.5")
    assert counts == [len(KEPT), round(len(KEPT) / 2)]


def test_the_command_goes_on_from_a_reader(train: Callable[..., None], tmp_path: Path) -> None:
    rows, first, made = tmp_path / "rows.jsonl", tmp_path / "first.onnx", tmp_path / "tiny.onnx"
    write_rows(ROWS, rows)
    train(rows)
    for suffix in (".onnx", ".json"):
        made.with_suffix(suffix).replace(first.with_suffix(suffix))
    train(rows, "--begin", str(first))
    assert "rows.jsonl --begin first.onnx --steps 2" in Card.read(made).command
    assert made.read_bytes() != first.read_bytes()
    with pytest.raises(SystemExit, match=r"nowhere\.json"):
        train(rows, "--begin", str(tmp_path / "nowhere.onnx"))


def test_the_command_says_what_is_wrong_with_its_rows(
    train: Callable[..., None], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("[]\n")
    with pytest.raises(SystemExit, match=r"rows\.jsonl:1: no JSON object"):
        train(rows)
    write_rows([NOWHERE], rows)
    with pytest.raises(SystemExit, match="nothing to learn from"):
        train(rows)
