"""Rows are found as questions are, each once, and kept whole."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa.passages import embedded_text
from qa.search import read_question
from qa.training import mining as module
from qa.training.mining import DEPTH, Example, Words, _load, _save
from qa.types import Passage

from . import BRIDGE, KEPT, NOWHERE, ROWS, UNANSWERED, row
from .conftest import Mining, OpenMine


def same(some: list[Example], others: list[Example]) -> bool:
    """Say whether examples are equal, array by array."""
    return len(some) == len(others) and all(
        np.array_equal(own, other)
        if isinstance(own, np.ndarray)
        else (own is None) == (other is None) and all(map(np.array_equal, own or (), other or ()))
        for one, another in zip(some, others, strict=True)
        for own, other in zip(astuple(one), astuple(another), strict=True)
    )


def passages(mining: Mining) -> dict[int, Passage]:
    _, index = mining.engine.corpus.serving()
    return index.passages(range(1, 100))


def test_each_row_whose_answer_stands_in_its_text_is_an_example(
    mining: Mining, examples: list[Example]
) -> None:
    places = passages(mining)
    for one, source in zip(examples, KEPT, strict=True):
        assert len(set(one.keys.tolist())) == len(one.keys) == len(one.found)
        assert len(one.keys) <= DEPTH + len(one.right)
        assert bool(len(one.right)) == bool(source.answers)
        assert (one.words is None) == (not source.answers)
        for key, part in one.right.tolist():
            passage = places[key]
            assert key in one.keys
            assert passage.article_id == source.article
            article = mining.engine.corpus.articles.find({source.article})[source.article]
            sentence = article.sentences[passage.first + part].of(article.text)
            assert any(answer in sentence for answer, _ in source.answers)
    assert UNANSWERED in KEPT
    assert NOWHERE not in KEPT


def test_the_words_are_the_tokens_of_the_answer(mining: Mining, examples: list[Example]) -> None:
    for one, source in zip(examples, KEPT, strict=True):
        if one.words is None:
            continue
        (answer, start), *_ = source.answers
        article = mining.engine.corpus.articles.find({source.article})[source.article]
        (sentence,) = [span for span in article.sentences if span.start <= start < span.end]
        text = embedded_text(article, sentence.of(article.text))
        (read,) = mining.encoder.encode([text], "passage", tokens=True).tokens
        spans = read.spans - (len(text) - (sentence.end - sentence.start)) + sentence.start
        own = spans[:, 0] >= sentence.start
        np.testing.assert_array_equal(one.words.vectors, read.vectors[own].astype(np.float16))
        first, last = spans[own][one.words.first], spans[own][one.words.last]
        assert source.text[first[0] : last[1]] == answer


def test_a_sentence_is_unsure_that_holds_the_words_of_an_answer(
    mining: Mining, examples: list[Example]
) -> None:
    places = passages(mining)
    for one, source in zip(examples, KEPT, strict=True):
        unsure = {tuple(pair) for pair in one.unsure.tolist()}
        for key in one.keys.tolist():
            passage = places[key]
            article = mining.engine.corpus.articles.get(passage.article_id)
            for number in range(passage.first, passage.last + 1):
                text = article.sentences[number].of(article.text)
                holds = any(answer in text for answer, _ in source.answers)
                assert ((key, number - passage.first) in unsure) == holds


def test_what_was_found_is_neither_encoded_nor_asked_again(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    first = open_mine(tmp_path)
    with patch.object(module, "CHUNK", 5):
        first.mine.index(ROWS, lambda _: None)
        found = [*first.mine.examples(ROWS, lambda _: None)]
        files = sorted(tmp_path.glob("examples-*.npz"))
        assert len(files) == 3
        again = open_mine(tmp_path)
        asked: list[int] = []
        with patch.object(module, "read_question", side_effect=AssertionError("asked again")):
            again.mine.index(ROWS, lambda _: None)
            assert same([*again.mine.examples(ROWS, asked.append)], found)
        assert again.encoder.encoded == []
        assert sum(asked) == len(ROWS)
        assert passages(again) == passages(first)
        keys = [int(key) for one in found for key in one.keys]
        assert again.mine.packed(keys) == first.mine.packed(keys)
        files[1].unlink()
        with patch.object(module, "read_question", wraps=read_question) as reading:
            assert same([*again.mine.examples(ROWS, lambda _: None)], found)
        assert [call.args[0] for call in reading.call_args_list] == [
            one.question for one in ROWS[5:10]
        ]


def test_a_file_of_examples_is_whole_or_absent(open_mine: OpenMine, tmp_path: Path) -> None:
    mining = open_mine(tmp_path)
    mining.mine.index(ROWS, lambda _: None)

    def stopped() -> Iterator[int]:
        yield from (1, 1, 1)
        raise KeyboardInterrupt

    coming = stopped()
    with pytest.raises(KeyboardInterrupt):
        [*mining.mine.examples(ROWS, lambda _: next(coming))]
    assert not [*tmp_path.glob("examples-*")]
    with (
        patch.object(np, "savez", side_effect=OSError("the disk is full")),
        pytest.raises(OSError, match="full"),
    ):
        [*mining.mine.examples(ROWS, lambda _: None)]
    assert not [*tmp_path.glob("examples-*.npz")]


def test_rows_of_which_none_is_answered_give_no_example(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    """An article without a text is not taken, and its questions are left out like others."""
    rows = [NOWHERE, row("多长？", "", "1280米", title="大桥")]
    mining = open_mine(tmp_path)
    mining.mine.index([*rows, row("?", BRIDGE)], lambda _: None)
    assert [*mining.mine.examples(rows, lambda _: None)] == []
    assert [*mining.mine.examples(rows, lambda _: None)] == []


def rows(count: int, width: int = 4) -> NDArray[np.float16]:
    return np.random.default_rng(count).random((count, width)).astype(np.float16)


halves = st.integers(0, 3).map(rows)
pairs = st.integers(0, 3).map(lambda count: np.arange(2 * count).reshape(-1, 2))


@st.composite
def made_up(draw: st.DrawFn) -> Example:
    keys = np.arange(draw(st.integers(1, 3)))
    found = np.linspace(0, 1, len(keys), dtype=np.float32)
    words = draw(st.none() | st.builds(Words, st.just(rows(3)), st.just(0), st.integers(0, 2)))
    return Example(draw(halves), draw(halves), keys, found, draw(pairs), draw(pairs), words)


@settings(max_examples=30)
@given(some=st.lists(made_up(), max_size=4))
def test_examples_are_loaded_as_they_were_saved(
    tmp_path_factory: pytest.TempPathFactory, some: list[Example]
) -> None:
    path = tmp_path_factory.mktemp("saved") / "examples-000.npz"
    _save(path, some)
    assert same([*_load(path)], some)
