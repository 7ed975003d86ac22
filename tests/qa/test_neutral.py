"""Passages lose what their language gives any passage; questions and rankings lose nothing."""

from pathlib import Path
from unittest.mock import Mock, patch

import numpy as np

from embeddings.encoder import Encoder
from qa.neutral import PARALLEL, NeutralEncoder

CHINESE = [
    "上海将重点实施六大工程。",
    "规模以上制造业企业数字化转型比例达到80%。",
    "海事博物馆将于三月重新开放。",
]
ENGLISH = [
    "The library stays open until ten.",
    "Membership reached 48,200 at the end of April.",
    "The night ferry begins in May.",
]
NEITHER = ["2024-05-14 08:30", "..."]
QUESTIONS = ["上海2025年的目标是什么", "How late is the library open?"]


def test_questions_stay_as_they_are(encoder: Encoder, neutral_encoder: NeutralEncoder) -> None:
    plain = encoder.encode(QUESTIONS, "query").vectors
    assert np.array_equal(neutral_encoder.encode(QUESTIONS, "query").vectors, plain)


def test_a_passage_loses_its_languages_mean(
    encoder: Encoder, neutral_encoder: NeutralEncoder
) -> None:
    def mean(side: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        texts = [pair[side] for pair in PARALLEL]
        return np.asarray(encoder.encode(texts, "passage").vectors.mean(axis=0), np.float32)

    chinese, english = mean(0), mean(1)
    for texts, lost in (
        (CHINESE, chinese),
        (ENGLISH, english),
        (NEITHER, (chinese + english) / 2),
    ):
        plain = encoder.encode(texts, "passage").vectors
        neutral = neutral_encoder.encode(texts, "passage").vectors
        assert neutral.dtype == np.float32
        assert np.allclose(neutral, plain - lost, atol=1e-3)


def test_token_vectors_lose_theirs_where_they_are(
    encoder: Encoder, neutral_encoder: NeutralEncoder
) -> None:
    """Those of a rebuild's call are too many to hold twice."""
    made = encoder.encode(CHINESE, "passage", tokens=True)
    plain = [part.vectors.copy() for part in made.tokens]
    with patch.object(neutral_encoder, "_encoder", Mock(encode=Mock(return_value=made))):
        neutral = neutral_encoder.encode(CHINESE, "passage", tokens=True)
    for before, given, after in zip(plain, made.tokens, neutral.tokens, strict=True):
        lost = before - after.vectors
        assert after.vectors is given.vectors
        assert np.abs(lost).max() > 0.01
        assert np.allclose(lost, lost[0], atol=1e-6)


def test_within_a_language_meaning_ranks_as_before(
    encoder: Encoder, neutral_encoder: NeutralEncoder
) -> None:
    asked = encoder.encode(QUESTIONS, "query").vectors
    for texts in (CHINESE, ENGLISH):
        before = encoder.encode(texts, "passage").vectors @ asked.T
        after = neutral_encoder.encode(texts, "passage").vectors @ asked.T
        assert np.array_equal(np.argsort(before, axis=0), np.argsort(after, axis=0))


def test_parallel_texts_are_as_near_in_either_language(neutral_encoder: NeutralEncoder) -> None:
    """Over all of them, a question is no nearer to its own language than to the other."""
    chinese, english = (
        neutral_encoder.encode([pair[side] for pair in PARALLEL], "passage").vectors
        for side in (0, 1)
    )
    for question in neutral_encoder.encode(QUESTIONS, "query").vectors:
        assert abs(float((chinese @ question).mean() - (english @ question).mean())) < 1e-4


def test_tokens_lose_the_mean_token_of_their_language(
    encoder: Encoder, neutral_encoder: NeutralEncoder
) -> None:
    assert neutral_encoder.count_tokens(CHINESE) == encoder.count_tokens(CHINESE)
    for texts, side in ((CHINESE, 0), (ENGLISH, 1)):
        parallel = encoder.encode([pair[side] for pair in PARALLEL], "passage", tokens=True).tokens
        lost = np.concatenate([part.vectors for part in parallel]).mean(axis=0)
        plain = encoder.encode(texts, "passage", tokens=True).tokens
        neutral = neutral_encoder.encode(texts, "passage", tokens=True).tokens
        for one, other in zip(plain, neutral, strict=True):
            assert np.array_equal(one.spans, other.spans)
            assert np.allclose(one.vectors - lost, other.vectors, atol=1e-5)


def test_the_languages_are_measured_once(
    encoder: Encoder, neutral_encoder: NeutralEncoder, tmp_path: Path
) -> None:
    measured = NeutralEncoder(encoder, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    written = kept.stat().st_mtime_ns
    again = NeutralEncoder(encoder, tmp_path / "cache")
    assert kept.stat().st_mtime_ns == written
    vectors = [one.encode(ENGLISH, "passage").vectors for one in (measured, again, neutral_encoder)]
    assert np.array_equal(vectors[0], vectors[1])
    assert np.allclose(vectors[0], vectors[2], atol=1e-5)


def test_an_index_of_the_plain_model_is_told_apart(
    encoder: Encoder, neutral_encoder: NeutralEncoder
) -> None:
    assert neutral_encoder.model.name == encoder.model.name
    assert neutral_encoder.model.dimension == encoder.model.dimension
    assert neutral_encoder.model.fingerprint != encoder.model.fingerprint
