"""A question is said word for word in the other language."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.dictionary import Dictionary
from qa.lexical import stem
from qa.training import switching
from qa.training.switching import switched

from . import ROWS

HAN = re.compile(r"[\u4e00-\u9fff]")
QUESTIONS = st.sampled_from([(one.question, one.language) for one in ROWS])
CHINESE = st.text("临江大桥有多长谁设计比赛在哪里举行龚禾岚的了？， 2025a", min_size=1)
WORDS = (
    "bridge",
    "Bridges",
    "storm",
    "company",
    "water",
    "designed",
    "Brook",
    "qwxz",
    "12",
    "U.S.",
)


@given(asked=QUESTIONS, seed=st.integers())
def test_one_source_of_chance_gives_one_question(
    dictionary: Dictionary, asked: tuple[str, str], seed: int
) -> None:
    first = switched(*asked, dictionary, Random(seed))
    assert first == switched(*asked, dictionary, Random(seed))


@given(question=CHINESE, seed=st.integers())
def test_no_chinese_is_left_where_all_words_are_switched(
    dictionary: Dictionary, question: str, seed: int
) -> None:
    """What the dictionary does not know is a name, and spelt."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(switching, "SWITCHED", 1.0)
        assert not HAN.search(switched(question, "zh", dictionary, Random(seed)))


@given(said=st.lists(st.sampled_from(WORDS), min_size=1), seed=st.integers())
def test_no_english_is_left_that_the_dictionary_knows(
    dictionary: Dictionary, said: list[str], seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(switching, "SWITCHED", 1.0)
        left = switched(" ".join(said), "en", dictionary, Random(seed))
    for word in re.findall(r"[A-Za-z]{2,}", left):
        assert not dictionary.chinese((stem(word.lower()),))
    assert left.count("qwxz") == said.count("qwxz")
    assert left.count("12") == said.count("12")


@given(asked=QUESTIONS, seed=st.integers())
def test_where_no_word_is_switched_the_question_stays(
    dictionary: Dictionary, asked: tuple[str, str], seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(switching, "SWITCHED", -1.0)
        told = switched(*asked, dictionary, Random(seed))
    assert told.split() != []
    assert "".join(told.split()) == "".join(asked[0].split())


def test_what_asks_is_switched_by_hand(dictionary: Dictionary) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(switching, "SWITCHED", 1.0)
        assert switched("When is the", "en", dictionary, Random(0)) == "什么时候是"


def test_what_asks_in_chinese_is_switched_by_hand_and_words_by_their_parts(
    dictionary: Dictionary,
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(switching, "SWITCHED", 1.0)
        told = {
            switched("大桥是由谁合作设计的？", "zh", dictionary, Random(at)) for at in range(20)
        }
    assert all("is by who" in one and one.endswith("of ？") for one in told)
    assert any("cooperate design" in one for one in told)
