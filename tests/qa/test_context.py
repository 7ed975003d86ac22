"""What is read of a sentence: the sentence, whole and last, behind what tells what it speaks of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.context import MOST_BEFORE, in_context, leans
from qa.passages import embedded_text

from .conftest import make_article

ENGLISH = "The museum of Linjiang reopened in March. It has three halls. Admission is 60 yuan."
CHINESE = "临江博物馆三月重新开放。其展厅有三座。门票60元。"


@pytest.mark.parametrize("body", [ENGLISH, CHINESE])
def test_a_sentence_that_leans_is_read_behind_the_one_before_it(body: str) -> None:
    article = make_article("a", body, title="Linjiang")
    first, second, third = (span.of(article.text) for span in article.sentences)

    text, start = in_context(article, 1)

    assert text[start:] == second
    assert text[:start].rstrip().endswith(first)
    for number, alone in ((0, first), (2, third)):
        assert in_context(article, number)[0] == embedded_text(article, alone)


@given(
    st.lists(st.text("他它其 AItsé。.!？\n😀館", min_size=1, max_size=300), min_size=1, max_size=4)
)
def test_the_sentence_is_whole_and_what_is_before_it_is_bounded(parts: list[str]) -> None:
    article = make_article("a", "。".join(parts) + "句。", title="题")
    header = len(embedded_text(article, "").encode())
    for number, span in enumerate(article.sentences):
        text, start = in_context(article, number)
        assert text[start:] == span.of(article.text)
        assert len(text[:start].encode()) <= header + MOST_BEFORE


@pytest.mark.parametrize(
    "sentence",
    [
        "It rose.",
        "“They won,” he said.",
        "However, it fell.",
        "The latter won.",
        "他说。",
        "该公司获利。",
        "該公司獲利。",
        "此外，票价下降。",
        "“这是第一次。",
    ],
)
def test_pronouns_and_connectives_lean(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["Italy won.", "Sheffield lost.", "The mayor spoke.", "上海获利。", "公司获利。", ""],
)
def test_what_names_its_subject_does_not(sentence: str) -> None:
    assert not leans(sentence)
