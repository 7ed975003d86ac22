"""What was learnt is written as a reader, which says what the network says."""

import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch import Tensor

from embeddings.encoder import Encoder, TokenVectors
from embeddings.late import pack, unpack
from embeddings.reader import Card, Reader
from qa.corpus import Corpus
from qa.training import __main__ as command
from qa.training import learning, mining
from qa.training.network import Network
from qa.training.writing import write_reader

from . import NOWHERE, ROWS, make_network, write_rows

DIMENSION = 24


def vectors(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def network() -> Network:
    return make_network(DIMENSION, spread=1.0)


@pytest.fixture(scope="module")
def graph(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reader") / "some.onnx"
    write_reader(network, path, "an encoder", "made by hand")
    return path


def test_a_graph_says_what_its_network_says(network: Network, graph: Path) -> None:
    """To what bfloat16 keeps of it, where a processor computes in that."""
    reader = Reader(graph, graph.parent, threads=1)
    question = vectors(7, 0)
    texts = [vectors(length, length) for length in (5, 33, 60)]
    packed = [
        pack(
            TokenVectors(rows, np.array([(at, at + 1) for at in range(len(rows))], np.int32)),
            "a" * len(rows),
            [0, 2, 3],
        )
        for rows in texts
    ]
    found = [0.9, 0.2, 0.5]
    told = reader.parts(question, packed, found)
    for own, one, score in zip(told, packed, found, strict=True):
        text = unpack(one)
        part = np.repeat(np.arange(3), text.counts)
        answers, _ = said(network, question, text.rows, part, score)
        np.testing.assert_allclose(own, answers[0].numpy(), rtol=0.05, atol=0.2)
    for words, rows in zip(reader.words(question, texts), texts, strict=True):
        _, edges = said(network, question, rows, np.ones(len(rows), np.int64), 0.0)
        assert words
        best = float(edges[0, words.first, 0] + edges[0, words.last, 1])
        likeliest = float(edges[0, :, 0].max() + edges[0, :, 1].max())
        assert words.last - words.first > 25 or best <= likeliest + 1e-3
        assert 0 <= words.sure <= 1


@torch.inference_mode()
def said(
    network: Network, question: np.ndarray, rows: np.ndarray, part: np.ndarray, found: float
) -> tuple[Tensor, Tensor]:
    asked = torch.ones(1, len(question), dtype=torch.bool)
    text = torch.from_numpy(np.ascontiguousarray(rows))[None]
    told: tuple[Tensor, Tensor] = network(
        torch.from_numpy(question)[None],
        asked,
        text,
        torch.from_numpy(part)[None],
        torch.arange(1, 3),
        torch.tensor([found]),
    )
    return told


def test_the_card_says_whose_tokens_are_read_and_what_made_the_graph(graph: Path) -> None:
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
    tmp_path: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Return what trains by the built-in model, as the command line does."""
    monkeypatch.setenv("NEWSQA_CACHE", str(model_cache))
    monkeypatch.setattr(command, "CHECKPOINT", 1)
    monkeypatch.setattr(learning, "Network", partial(Network, width=32, inner=32, layers=1))
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
    question, row = ROWS[0].question, ROWS[0]
    asked = neutral_encoder.encode([question], "query", tokens=True).tokens[0].vectors
    _, index = Corpus(
        tmp_path / "work" / "home", lambda _: neutral_encoder, neutral_encoder.model.name
    ).serving()
    places = index.passages(range(1, 50))
    packed = index.token_vectors([*places])
    logits = reader.parts(asked, [*packed.values()], [0.5] * len(packed))
    best = max(zip(packed, logits, strict=True), key=lambda one: one[1].max())[0]
    assert places[best].article_id == row.article


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
