"""A reader tells of each text whether it answers, and in which words."""

import json
import warnings
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from torch import nn

from embeddings.encoder import Encoder, HalfRead
from embeddings.reader import (
    BUILT_IN,
    LONGEST,
    MOST_ASKED,
    MOST_TOKENS,
    Card,
    Reader,
    ReaderUnusable,
    Reading,
    best_run,
)
from qa.training.writing import write_reader
from tests.qa.training import make_network

DIMENSION = 24
RTOL, ATOL = 0.05, 0.15
"""Where a processor computes in bfloat16 a logit of 10 is known to .04, and sums less so."""

LARGEST = 20e6
"""Bytes of the built-in reader at most: it comes with the package."""

seeds = st.integers(0, 10_000)


def half_read(length: int, seed: int) -> HalfRead:
    """Return a text of so many tokens of two code points each, between two that are not its own."""
    random = np.random.default_rng((seed, length))
    rows = random.standard_normal((length + 2, DIMENSION)).astype(np.float32)
    spans = np.full((length + 2, 2), -1, np.int32)
    spans[1:-1] = [(2 * at, 2 * at + 2) for at in range(length)] or spans[1:-1]
    return HalfRead(rows, spans)


def cut(text: HalfRead, count: int) -> HalfRead:
    return HalfRead(text.rows[:count], text.spans[:count])


def assert_alike(some: Sequence[Reading], others: Sequence[Reading]) -> None:
    """Words may be others where two runs are almost alike in how sure they are."""
    for one, other in zip(some, others, strict=True):
        assert one.logit == pytest.approx(other.logit, rel=RTOL, abs=ATOL)
        assert (one.words is None) == (other.words is None)
        if one.words and other.words:
            assert one.words.sure == pytest.approx(other.words.sure, abs=0.05)


texts = st.builds(half_read, st.integers(0, 40), seeds)
asked = st.builds(half_read, st.integers(0, 20), seeds)
starts = st.integers(0, 90)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def reader(cache: Path) -> Reader:
    """Return a reader whose network has a say in every logit."""
    write_reader(make_network(DIMENSION), cache / "reader.onnx", "made up", "by a test")
    return Reader(cache / "reader.onnx", cache, threads=2)


@settings(max_examples=30)
@given(question=asked, some=st.lists(st.tuples(texts, starts), min_size=1, max_size=9))
def test_a_text_is_read_among_others_as_it_is_alone(
    reader: Reader, question: HalfRead, some: list[tuple[HalfRead, int]]
) -> None:
    """Others are longer, or have nothing behind their start; and come in any order."""
    together = reader.read(question, *zip(*some, strict=True))
    turned = reader.read(question, *zip(*some[::-1], strict=True))
    assert_alike(together, turned[::-1])
    assert_alike(together, [reader.read(question, [text], [at])[0] for text, at in some])


@settings(max_examples=30)
@given(question=asked, some=st.lists(st.tuples(texts, starts), max_size=5))
def test_words_lie_in_their_text_and_not_in_front_of_its_start(
    reader: Reader, question: HalfRead, some: list[tuple[HalfRead, int]]
) -> None:
    """A token may begin in front of it: it takes the white space there along."""
    told = reader.read(question, [text for text, _ in some], [start for _, start in some])
    for (text, start), (_, words) in zip(some, told, strict=True):
        assert (words is None) == (text.spans.max() <= start)
        if words:
            assert start <= words.start < words.end <= text.spans.max()
            assert 0 <= words.sure <= 1


def test_a_text_without_tokens_behind_its_start_answers_least(reader: Reader) -> None:
    question, text = half_read(5, 0), half_read(9, 1)
    told = reader.read(question, [text, text, half_read(0, 2)], [0, 18, 0])
    assert told[1] == told[2]
    assert told[0].logit > told[1].logit
    assert told[1].words is None
    assert reader.read(question, [], []) == []


def test_what_stands_in_front_of_a_text_is_read(reader: Reader) -> None:
    """Title and date say what the sentence is about, and are no part of the words."""
    question, text = half_read(5, 0), half_read(9, 1)
    other = HalfRead(text.rows.copy(), text.spans)
    other.rows[1:4] = half_read(3, 7).rows[:3]
    (first,), (second,) = (reader.read(question, [one], [6]) for one in (text, other))
    assert first.logit != pytest.approx(second.logit, abs=1e-3)


def test_of_a_long_text_and_a_long_question_the_beginning_is_read(reader: Reader) -> None:
    question, text = half_read(2 * MOST_ASKED, 0), half_read(2 * MOST_TOKENS, 1)
    (told,) = reader.read(question, [text], [0])
    (short,) = reader.read(cut(question, MOST_ASKED), [cut(text, MOST_TOKENS)], [0])
    assert told == short
    assert told.words
    assert told.words.end <= text.spans[MOST_TOKENS - 1, 1]
    # What answers begins where no more is read.
    (unread,) = reader.read(question, [text], [int(text.spans[MOST_TOKENS, 0])])
    assert unread == reader.read(question, [half_read(0, 2)], [0])[0]


@given(
    edges=arrays(
        np.float32,
        st.tuples(st.integers(1, 3 * LONGEST), st.just(2)),
        elements=st.floats(-500, 500, width=32),
    )
)
def test_the_words_are_the_likeliest_run_that_is_not_too_long(edges: NDArray[np.float32]) -> None:
    first, last, sure = best_run(edges)
    assert 0 <= first <= last < min(len(edges), first + LONGEST)
    assert 0 <= sure <= 1
    runs = [(a, b) for a in range(len(edges)) for b in range(a, min(a + LONGEST, len(edges)))]
    best = max(edges[a, 0] + edges[b, 1] for a, b in runs)
    assert edges[first, 0] + edges[last, 1] == pytest.approx(best, abs=1e-3)


def test_a_reader_needs_both_its_files_whole(reader: Reader, cache: Path, tmp_path: Path) -> None:
    graph, card = tmp_path / "some.onnx", tmp_path / "some.json"

    def refused(path: Path) -> None:
        with pytest.raises(ReaderUnusable, match="put both of its files back") as told:
            Reader(graph, tmp_path / "cache")
        assert told.value.path == path
        assert str(path) in str(told.value)

    refused(card)
    for damaged in ("", "{", "[]", '{"encoder": "e"}'):
        card.write_text(damaged)
        refused(card)
    card.write_bytes((cache / "reader.json").read_bytes())
    refused(graph)
    graph.write_bytes((cache / "reader.onnx").read_bytes())
    assert Reader(graph, tmp_path / "cache").card == reader.card
    graph.write_bytes(graph.read_bytes()[:-1])
    refused(graph)


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    graph = tmp_path / "some.onnx"
    graph.write_bytes(b"no graph")
    card = {"encoder": "e", "sha256": sha256(b"no graph").hexdigest(), "command": "c"}
    graph.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(ReaderUnusable, match=r"(?s)no graph that runs here.*put both") as told:
        Reader(graph, tmp_path / "cache")
    assert told.value.path == graph


def test_a_graph_that_reads_something_else_is_refused(tmp_path: Path) -> None:
    """Such as a reader of an earlier kind."""
    graph = tmp_path / "some.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            nn.Linear(2, 2), (torch.zeros(1, 2),), str(graph), input_names=["x"], dynamo=False
        )
    card = {"encoder": "e", "sha256": sha256(graph.read_bytes()).hexdigest(), "command": "c"}
    graph.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(ReaderUnusable, match=r"reads something else.*put both") as told:
        Reader(graph, tmp_path / "cache")
    assert told.value.path == graph


def test_the_built_in_reader_is_for_the_built_in_model(
    neutral_encoder: Encoder, model_cache: Path
) -> None:
    card = Card.read(BUILT_IN)
    assert card.encoder == neutral_encoder.model.fingerprint
    assert card.sha256 == sha256(BUILT_IN.read_bytes()).hexdigest()
    assert card.command.startswith("python -m qa.training ")
    assert BUILT_IN.stat().st_size <= LARGEST
    sentences = ["大桥全长1280米。", "园主李禾说，雨水比往年多。"]
    question, *read = neutral_encoder.read_half("大桥全长多少米？", sentences)
    answering, unrelated = Reader(BUILT_IN, model_cache).read(question, read, [0, 0])
    assert answering.logit > unrelated.logit
    assert answering.words
    assert "1280" in sentences[0][answering.words.start : answering.words.end]
