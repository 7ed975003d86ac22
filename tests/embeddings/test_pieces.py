"""A text is cut by the pieces that stand in it as it is by all."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from embeddings import pieces
from embeddings.pieces import Pieces, has_pieces, write_pieces
from embeddings.tokens import Cutter, WholeVocabulary

Cutters = tuple[Cutter, Cutter]

# What the built-in vocabulary has pieces of, what it normalises, and what stands apart in it.
_PARTS = (
    "上海 地铁 颱風 16 a ing the The ▁ \n 😀 ½ ＡＢ ～ e\u0301 é ㌀ ﬁ \u200b \0 ﷺ ܐ"
    " <s> <mask> <unk>"
)


@pytest.fixture(scope="module")
def built_in(built_in_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cutters:
    return _both(
        Tokenizer.from_file(str(built_in_folder / "tokenizer.json")), tmp_path_factory.mktemp("all")
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Cutters:
    """Return both ways to cut by a vocabulary whose pieces overlap in every way."""
    pieces = [("x", -1.0), ("<unk>", 0.0), ("a", -2.0), ("aa", -3.5), ("ab", -2.5), ("[K]", -9.0)]
    tokenizer = Tokenizer(models.Unigram([*pieces, ("b a", -0.5), ("aab", -7.0)], unk_id=1))
    tokenizer.normalizer = normalizers.Replace(Regex("c+"), "ab")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("|", "isolated")
    tokenizer.add_special_tokens(["[K]"])
    return _both(tokenizer, tmp_path_factory.mktemp("small"))


def _both(tokenizer: Tokenizer, folder: Path) -> Cutters:
    assert write_pieces(tokenizer, folder)
    assert has_pieces(folder)
    return Pieces(folder), WholeVocabulary(tokenizer)


def _assert_alike(cutters: Cutters, texts: list[str]) -> None:
    for one, other in zip(*(cutter.cut(texts) for cutter in cutters), strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.offsets, other.offsets)
        assert (one.ids.dtype, one.offsets.dtype) == (other.ids.dtype, other.offsets.dtype)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=3))
def test_any_text_is_cut_as_by_the_whole_vocabulary(built_in: Cutters, texts: list[str]) -> None:
    _assert_alike(built_in, texts)


@given(st.lists(st.sampled_from([*_PARTS.split(" "), " "]), max_size=20).map("".join))
def test_so_is_text_like_that_of_articles(built_in: Cutters, text: str) -> None:
    _assert_alike(built_in, [text])


@given(st.lists(st.sampled_from(["a", "b", "c", "x", " ", "|", "[K]", "?"])).map("".join))
def test_so_is_text_of_pieces_that_overlap(small: Cutters, text: str) -> None:
    _assert_alike(small, [text])


@pytest.mark.parametrize("window", [1, 100, 10_000])
def test_many_texts_are_cut_in_their_order(small: Cutters, window: int) -> None:
    with patch.object(pieces, "_WINDOW", window):
        _assert_alike(small, [number * "a" for number in range(100)])


def test_short_texts_share_a_vocabulary(small: Cutters) -> None:
    """However many they are: to make one for each takes longer than all else."""
    with patch.object(models, "Unigram", wraps=models.Unigram) as made:
        small[0].cut(1_000 * ["a b"])
    assert made.call_count == 1


_KINDS: tuple[Callable[[], models.Model], ...] = (
    lambda: models.WordLevel({"a": 0}, unk_token="a"),
    lambda: models.Unigram([("a", -1.0)], unk_id=None),
    lambda: models.Unigram([("a", -1.0), ("<0x00>", -2.0)], unk_id=0, byte_fallback=True),
    lambda: models.Unigram([("a", -1.0), ("a", -2.0)], unk_id=0),
)


@pytest.mark.parametrize("kind", _KINDS)
def test_other_kinds_of_vocabulary_are_not_written(
    kind: Callable[[], models.Model], tmp_path: Path
) -> None:
    assert not write_pieces(Tokenizer(kind()), tmp_path)
    assert not has_pieces(tmp_path)
    assert list(tmp_path.iterdir()) == []
