"""One word has one form, and each of its characters stays where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.simplified import folded, normal, simplified

TEXTS = st.text() | st.text(alphabet="臺灣營收億麼乾 ０．２％￥，（ＡｂİK½㎞")


@given(TEXTS)
def test_every_character_stays_where_it_was(text: str) -> None:
    assert len(simplified(text)) == len(normal(text)) == len(folded(text)) == len(text)


@given(TEXTS)
def test_a_form_is_its_own_form(text: str) -> None:
    assert simplified(simplified(text)) == simplified(text)
    assert normal(normal(text)) == normal(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("臺灣營收", "台湾营收"),
        ("什麼", "什么"),
        ("３．２％", "3.2%"),
        ("￥５　￡６", "¥5 £6"),
        ("共，５人（約）", "共，5人（约）"),
        ("ＧＤＰ", "GDP"),
        ("甲#乙 !%", "甲#乙 !%"),
    ],
)
def test_signs_are_of_normal_width_and_punctuation_stays_chinese(text: str, form: str) -> None:
    assert normal(text) == form


def test_folding_ignores_case() -> None:
    assert folded("ＧＤＰ of Shanghai") == folded("gdp OF shanghai")
