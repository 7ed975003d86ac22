"""A reader tells of each part of a text whether it answers, and which words of a text do."""

import json
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from embeddings.encoder import Encoder, TokenVectors
from embeddings.late import pack, unpack
from embeddings.reader import (
    BUILT_IN,
    LONGEST,
    MOST_TOKENS,
    Card,
    Reader,
    ReaderUnusable,
    _run_of,
)
from embeddings.vectors import Vectors
from qa.training.network import Network
from qa.training.writing import write_reader
from tests.qa.training import make_network

DIMENSION = 24
RTOL, ATOL = 0.05, 0.15
"""Where a processor computes in bfloat16 a logit of 10 is known to .04, and sums less so."""

LARGEST = 20e6
"""Bytes of the built-in reader at most: it comes with the package."""

seeds = st.integers(0, 10_000)


def vectors(count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def packed(sizes: Sequence[int], seed: int) -> bytes:
    """Return a text whose parts have so many tokens, two of which share a vector."""
    text = "a" * sum(sizes)
    spans = np.array([(at, at + 1) for at in range(len(text))], np.int32).reshape(-1, 2)
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return pack(TokenVectors(vectors(len(text), seed), spans), text, starts)


texts = st.builds(packed, st.lists(st.integers(0, 9), min_size=1, max_size=5), seeds)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def reader(cache: Path) -> Reader:
    """Return a reader whose network has a say in every logit."""
    write_reader(make_network(DIMENSION), cache / "reader.onnx", "made up", "by a test")
    return Reader(cache / "reader.onnx", cache, threads=2)


@pytest.fixture(scope="module")
def unlearnt(cache: Path) -> Reader:
    """Return a reader as it is before it has learnt anything."""
    write_reader(Network(DIMENSION), cache / "unlearnt.onnx", "made up", "by a test")
    return Reader(cache / "unlearnt.onnx", cache, threads=2)


def matches(question: Vectors, text: bytes) -> list[float]:
    """Return of each part but the first how well the question's tokens find their like in it."""
    rows, counts = unpack(text)
    ends = [0, *np.cumsum(counts, dtype=np.int64).tolist()]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return [
        float((question @ unit[start:end].T).max(axis=1).mean())
        for start, end in pairwise(ends[1:])
    ]


@settings(max_examples=20)
@given(seed=seeds, sizes=st.lists(st.lists(st.integers(1, 9), min_size=2), min_size=1, max_size=4))
def test_before_it_has_learnt_anything_a_reader_ranks_as_would_be_done_without_it(
    unlearnt: Reader, seed: int, sizes: list[list[int]]
) -> None:
    question = vectors(5, seed)
    some = [packed(each, seed + at) for at, each in enumerate(sizes, 1)]
    found = np.random.default_rng(seed).random(len(some)).tolist()
    for told, text, score in zip(unlearnt.parts(question, some, found), some, found, strict=True):
        known = [10 * score + 10 * match - 12 for match in matches(question, text)]
        assert told == pytest.approx(known, rel=RTOL, abs=ATOL)


@settings(max_examples=30)
@given(
    seed=seeds,
    asked=st.integers(1, 9),
    some=st.lists(st.tuples(texts, st.floats(0, 1)), min_size=1, max_size=5),
)
def test_a_text_is_read_among_others_as_it_is_alone(
    reader: Reader, seed: int, asked: int, some: list[tuple[bytes, float]]
) -> None:
    """Others are longer, have more parts, or none of their tokens; and come in any order."""
    question = vectors(asked, seed)
    together = reader.parts(question, [text for text, _ in some], [found for _, found in some])
    turned = reader.parts(
        question, [text for text, _ in some[::-1]], [found for _, found in some[::-1]]
    )
    for own, other, (text, found) in zip(together, turned[::-1], some, strict=True):
        (alone,) = reader.parts(question, [text], [found])
        assert own.shape == alone.shape == (len(unpack(text).counts) - 1,)
        np.testing.assert_allclose(own, alone, RTOL, ATOL)
        np.testing.assert_allclose(own, other, RTOL, ATOL)


@settings(max_examples=20)
@given(seed=seeds, lengths=st.lists(st.integers(0, 40), max_size=5))
def test_the_words_of_a_text_are_those_of_the_text_alone(
    reader: Reader, seed: int, lengths: list[int]
) -> None:
    question = vectors(4, seed)
    rows = [vectors(length, seed + at) for at, length in enumerate(lengths, 1)]
    told = reader.words(question, rows)
    assert [words is None for words in told] == [length == 0 for length in lengths]
    for words, own in zip(told, rows, strict=True):
        (alone,) = reader.words(question, [own])
        if words and alone:
            assert words.sure == pytest.approx(alone.sure, abs=0.05)


@given(
    edges=arrays(
        np.float32,
        st.tuples(st.integers(1, 3 * LONGEST), st.just(2)),
        elements=st.floats(-500, 500, width=32),
    )
)
def test_the_words_are_the_likeliest_run_that_is_not_too_long(edges: NDArray[np.float32]) -> None:
    first, last, sure = _run_of(edges)
    assert 0 <= first <= last < min(len(edges), first + LONGEST)
    assert 0 <= sure <= 1
    runs = [(a, b) for a in range(len(edges)) for b in range(a, min(a + LONGEST, len(edges)))]
    best = max(edges[a, 0] + edges[b, 1] for a, b in runs)
    assert edges[first, 0] + edges[last, 1] == pytest.approx(best, abs=1e-3)


def test_who_asks_nothing_is_told_nothing(reader: Reader) -> None:
    nothing = vectors(0, 0)
    (told,) = reader.parts(nothing, [packed([2, 3, 4], 1)], [0.5])
    assert told.tolist() == [told.min()] * 2
    assert reader.words(nothing, [vectors(3, 1)]) == [None]
    assert reader.parts(vectors(3, 0), [], []) == []
    assert reader.words(vectors(3, 0), []) == []


def test_a_part_without_tokens_answers_least(reader: Reader) -> None:
    question = vectors(3, 0)
    least = reader.parts(vectors(0, 0), [packed([1, 1], 1)], [0.5])[0][0]
    for sizes in ([0], [0, 0], [4], [4, 0, 0], [0, 0, 5], [3, 4, 0, 6]):
        (told,) = reader.parts(question, [packed(sizes, 1)], [0.5])
        assert [logit == least for logit in told] == [size == 0 for size in sizes[1:]]


def test_of_a_long_text_the_beginning_is_read(reader: Reader) -> None:
    question = vectors(3, 0)
    # Two tokens share a vector: the third part begins where no more are read.
    sizes = [8, 2 * MOST_TOKENS - 8, 40, 6]
    (told,) = reader.parts(question, [packed(sizes, 1)], [0.5])
    (least,) = reader.parts(vectors(0, 0), [packed(sizes, 1)], [0.5])
    assert told[0] > least[0]
    assert told[1:].tolist() == least[1:].tolist()
    rows = vectors(2 * MOST_TOKENS, 2)
    (words,) = reader.words(question, [rows])
    (short,) = reader.words(question, [rows[:MOST_TOKENS]])
    assert words
    assert words.last < MOST_TOKENS
    assert words == short


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


def test_the_built_in_reader_is_for_the_built_in_model(neutral_encoder: Encoder) -> None:
    card = Card.read(BUILT_IN)
    assert card.encoder == neutral_encoder.model.fingerprint
    assert card.sha256 == sha256(BUILT_IN.read_bytes()).hexdigest()
    assert card.command.startswith("python -m qa.training ")
    assert BUILT_IN.stat().st_size <= LARGEST
