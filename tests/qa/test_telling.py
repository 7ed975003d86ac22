"""A text to the words of a question that it says: as `words` has it, and cut no further."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa.telling
from qa.lexical import cut as cut_chinese
from qa.lexical import words
from qa.telling import Telling

_texts = st.one_of(
    st.text("上海市长龚正投资三亿元第2025年10月成%,，。- _a+b@12x㐀", max_size=40),
    st.lists(
        st.sampled_from(
            ["龚正", "中小企业", "on 3 May 2025", "two-thirds", "，", " ", "増资", "8成"]
        )
    ).map("".join),
)


@given(_texts, _texts)
def test_a_text_says_of_some_words_what_it_has_of_them(text: str, question: str) -> None:
    asked = frozenset(words(question))
    telling = Telling(text, asked)
    assert telling.says == asked.intersection(words(text))
    assert telling.says <= telling.may_say <= asked


@given(_texts)
def test_a_text_says_all_of_its_own_words(text: str) -> None:
    assert Telling(text, frozenset(words(text))).says == set(words(text))


@pytest.mark.parametrize("asked", [["北京"], ["2025"], []])
def test_what_holds_none_of_the_words_is_not_cut(asked: list[str]) -> None:
    with patch.object(qa.telling, "cut", side_effect=AssertionError):
        assert not Telling("上海市长龚正今天宣布，投资三亿元。", frozenset(asked)).says


def test_only_the_stretch_that_may_hold_a_word_is_cut() -> None:
    with patch.object(qa.telling, "cut", wraps=cut_chinese) as cut:
        assert Telling("上海市长今天宣布，投资三亿。", frozenset(["投资"])).says == {"投资"}
    assert [call.args[0] for call in cut.call_args_list] == ["投资"]
