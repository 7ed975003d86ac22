"""Token vectors in few bytes still tell which text a question's tokens find their like in."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embeddings import late
from embeddings.encoder import Encoder, TokenVectors
from embeddings.late import Match, count_parts, match, match_each, pack, pack_each
from embeddings.vectors import Vectors

DIMENSION = 24
TEXT = "ab cd. ef, gh; ij"


def tokens_of(text: str, vectors: Vectors) -> TokenVectors:
    """Return the characters of `text` as tokens."""
    spans = np.array([(at, at + 1) for at in range(len(text))], np.int32).reshape(-1, 2)
    return TokenVectors(vectors[: len(text)], spans)


@st.composite
def rows(draw: st.DrawFn, count: int) -> Vectors:
    values = st.floats(-1, 1, width=32, allow_subnormal=False)
    drawn: Vectors = draw(arrays(np.float32, (count, DIMENSION), elements=values))
    return drawn


def matched(question: Vectors, packed: bytes) -> Match:
    (found,) = match(question, [packed])
    return found


@given(vectors=rows(len(TEXT)), question=rows(3), starts=st.sets(st.integers(1, len(TEXT))))
def test_a_text_matches_as_well_as_the_best_of_its_parts_or_better(
    vectors: Vectors, question: Vectors, starts: set[int]
) -> None:
    packed = pack(tokens_of(TEXT, vectors), TEXT, [0, *sorted(starts)])
    found = matched(question, packed)
    assert count_parts(packed) == len(found.parts) == len(starts) + 1
    filled = [part for part in found.parts if part]
    assert found.whole >= max(filled, default=0.0) - 1e-5


@given(vectors=rows(len(TEXT)), question=rows(2), others=st.lists(rows(len(TEXT)), max_size=3))
def test_company_changes_nothing(
    vectors: Vectors, question: Vectors, others: list[Vectors]
) -> None:
    packed = pack(tokens_of(TEXT, vectors), TEXT, [0, 7])
    company = [pack(tokens_of(TEXT, other), TEXT, [0]) for other in others]
    alone = matched(question, packed)
    among = match(question, [*company, packed])[-1]
    assert among.whole == pytest.approx(alone.whole, abs=1e-5)
    assert np.allclose(among.parts, alone.parts, atol=1e-5)


@given(several=st.lists(st.tuples(rows(len(TEXT)), st.sets(st.integers(1, 20))), max_size=20))
def test_texts_are_packed_together_as_they_are_alone(
    several: list[tuple[Vectors, set[int]]],
) -> None:
    tokens = [tokens_of(TEXT, vectors) for vectors, _ in several]
    starts = [[0, *sorted(inner)] for _, inner in several]
    together = list(pack_each(tokens, len(several) * [TEXT], starts))
    assert together == [pack(own, TEXT, at) for own, at in zip(tokens, starts, strict=True)]


def test_the_parts_of_many_texts_are_pooled_in_step() -> None:
    """What merges rows runs once for many parts, not once for each."""
    random = np.random.default_rng(0)
    vectors = random.standard_normal((32, len(TEXT), DIMENSION)).astype(np.float32)
    tokens = [tokens_of(TEXT, own) for own in vectors]
    with patch.object(late, "_merged", wraps=late._merged) as merged:
        assert len(list(pack_each(tokens, 32 * [TEXT], 32 * [[0, 3, 7, 11]]))) == 32
    assert merged.call_count == 2
    assert sum(len(call.args[0]) for call in merged.call_args_list) == 4 * 32


@given(vectors=rows(len(TEXT)))
def test_marks_say_nothing(vectors: Vectors) -> None:
    """What stands at a full stop or a space makes no difference."""
    changed = vectors.copy()
    changed[[at for at, character in enumerate(TEXT) if not character.isalnum()]] = 1.0
    assert pack(tokens_of(TEXT, changed), TEXT, [0]) == pack(tokens_of(TEXT, vectors), TEXT, [0])


def test_alike_tokens_share_a_vector_within_their_part_only() -> None:
    one, other = np.eye(DIMENSION, dtype=np.float32)[:2]
    vectors = np.array([one, one, other, other, one, one, other, other])
    whole = pack(tokens_of("abcdefgh", vectors), "abcdefgh", [0])
    parted = pack(tokens_of("abcdefgh", vectors), "abcdefgh", [0, 4])
    width = DIMENSION // 4 + 2  # two bits a component, and a scale
    assert len(whole) == 2 + 2 + 4 * width
    assert len(parted) == 2 + 2 * 2 + (2 + 2) * width


def test_many_texts_are_read_in_as_few_steps_as_one() -> None:
    packed = pack(tokens_of(TEXT, np.ones((len(TEXT), DIMENSION), np.float32)), TEXT, [0, 7])
    question = np.ones((2, DIMENSION), np.float32)
    steps = []
    for texts in ([packed], 50 * [packed]):
        with patch.object(np, "frombuffer", wraps=np.frombuffer) as read:
            match(question, texts)
        steps.append(read.call_count)
    assert steps[0] == steps[1] > 0


def test_a_part_without_words_matches_nothing_and_harms_nothing() -> None:
    vectors = np.ones((4, DIMENSION), np.float32)
    packed = pack(tokens_of("a...", vectors), "a...", [0, 1, 3])
    found = matched(np.ones((1, DIMENSION), np.float32), packed)
    assert found.parts[0] > 1.0
    assert list(found.parts[1:]) == [0.0, 0.0]
    silent = pack(tokens_of("...", vectors), "...", [0])
    assert matched(np.ones((1, DIMENSION), np.float32), silent).whole == 0.0


def test_no_texts_and_no_question_match_nothing() -> None:
    packed = pack(tokens_of("ab", np.ones((2, DIMENSION), np.float32)), "ab", [0, 1])
    assert match(np.ones((1, DIMENSION), np.float32), []) == []
    silent = matched(np.empty((0, DIMENSION), np.float32), packed)
    assert (silent.whole, list(silent.parts)) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize("dimension", [101, 102, 384])
def test_a_dimension_that_fills_no_byte_is_kept_as_well(dimension: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((6, dimension)).astype(np.float32)
    packed = pack(tokens_of("abcdef", vectors), "abcdef", list(range(6)))
    question = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = [matched(one[None], packed) for one in question]
    # Each token finds itself, at about its length: two bits keep 0.88 of the variance.
    assert [one.parts.index(max(one.parts)) for one in found] == list(range(6))
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.allclose([one.whole for one in found], lengths, rtol=0.25)


def test_little_is_lost_of_real_tokens(encoder: Encoder) -> None:
    """Pooled and in two bits, matches stay in order with those of all tokens in full."""
    texts = [
        "上海将重点实施六大工程，到2025年基本建成数字城市。",
        "海事博物馆将于三月重新开放，成人门票一百二十元。",
        "The library stays open until ten on weekdays, and until six at weekends.",
        "Net profit rose twelve per cent in the third quarter.",
    ]
    asked = encoder.encode(
        [texts[0][:10], "门票多少钱", "opening hours", "profit"], "query", tokens=True
    )
    read = encoder.encode(texts, "passage", tokens=True).tokens
    packed = [pack(one, text, [0]) for one, text in zip(read, texts, strict=True)]
    for number, question in enumerate(asked.tokens):
        full = [float((question.vectors @ one.vectors.T).max(axis=1).mean()) for one in read]
        kept = [one.whole for one in match(question.vectors, packed)]
        assert int(np.argmax(kept)) == int(np.argmax(full)) == number
        assert np.allclose(kept, full, atol=0.1)
    size = sum(map(len, packed)) / sum(len(one.vectors) for one in read)
    assert size < 60  # bytes for each token that was read


@pytest.mark.parametrize("lengths", [[], [0], [3], [0, 70, 1, 0, 300]])
def test_texts_in_full_are_matched_as_one_by_one(lengths: list[int]) -> None:
    random = np.random.default_rng(0)
    question, *texts = (
        random.standard_normal((length, DIMENSION)).astype(np.float32) for length in (30, *lengths)
    )
    expected = [(question @ rows.T).max(axis=1).mean() if len(rows) else 0.0 for rows in texts]
    assert match_each(question, texts) == pytest.approx(expected, abs=1e-5)
