"""Scores that are made of what Milvus keeps are those of the words on disk."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.lexical import Concept, WordIndex
from qa.milvus.said import MOST, Lengths, Told, document, form, score

TOKENS = ("上海", "市长", "~gongzheng", "gold", "a", "80%", "'", "é")
WRITTEN = [token for token in TOKENS if token[0] != "~"]

phrases = st.one_of(
    st.tuples(st.sampled_from([*TOKENS, "nowhere"])),
    st.lists(st.sampled_from(WRITTEN), min_size=2, max_size=4).map(tuple),
)
concepts = st.lists(st.lists(phrases, min_size=1, max_size=4).map(tuple), max_size=4)
passages = st.lists(st.lists(st.sampled_from(TOKENS), max_size=60), min_size=1, max_size=12)


@given(passages, concepts)
@example([["a", "a", "a", "gold"], ["a"]], [(("a", "a"),)])
@example([["gold"] * 43, ["gold", "a"]], [(("gold",), ("gold",), ("a",))])
def test_scores_are_those_of_the_words_on_disk(said: list[list[str]], asked: list[Concept]) -> None:
    """The same passages, scores and weights, whatever is asked, whichever way it is said."""
    texts = [document(tokens) for tokens in said]
    held = Counter(one for text in texts for one in set(text.split()))
    tokens = {token for concept in asked for phrase in concept for token in phrase}
    known = {token: held[form(token)] for token in tokens}
    told = [Told.of(concept, len(said), known) for concept in asked]
    own = {key: score(told, text, Lengths.of(texts)) for key, text in enumerate(texts)}

    with TemporaryDirectory() as folder:
        index = WordIndex(Path(folder))
        index.apply(enumerate(said), (), 1)
        index.settle()
        there = dict(index.rank(asked, len(said)))
        weights = index.weights(asked)

    assert {key: value for key, value in own.items() if value > 0} == pytest.approx(there, rel=1e-4)
    assert [concept.asked for concept in told] == pytest.approx(weights)


def test_a_passage_without_end_fits_into_a_field() -> None:
    text = document(["word", "~heard"] * 10_000)

    assert len(text) < 65_536
    assert text.split() == [form("word")] * MOST
