"""Claims to statements: where each quote stands, in its article and in the answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer import NOT_FOUND, SEPARATOR, place_url, source, state
from qa.claims import Quote
from qa.types import Span, Statement

from .conftest import make_article, make_hit

TEXT = (
    "上海提出16项指标。到2025年，比例达到80%😀。\n"
    "The plan was presented on Wednesday. It has six parts. 其中一项是“标杆示范”工程。"
)
ARTICLE = make_article("计划/1", TEXT, title="Plan", publisher="Paper")


numbers = st.integers(0, len(ARTICLE.sentences) - 1)


def test_a_statement_that_nothing_stands_behind_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="at least one citation"):
        Statement("上海。", ())


@given(st.lists(numbers, max_size=6))
def test_statements_tile_the_answer_and_quote_the_article(sentences: list[int]) -> None:
    places = [(make_hit(ARTICLE), ARTICLE.sentences[number]) for number in sentences]
    statements = list(state([[Quote(*place)] for place in places]))
    answer = SEPARATOR.join(statement.text for statement in statements)
    at = 0
    for number, ((hit, span), statement) in enumerate(zip(places, statements, strict=True), 1):
        (citation,) = statement.citations
        assert (citation.index, citation.article_id) == (number, ARTICLE.id)
        assert citation.passage_id == hit.passage.id
        assert citation.answer_start == at
        assert answer[citation.answer_start : citation.answer_end] == citation.quote
        assert TEXT[citation.source_start : citation.source_end] == citation.quote
        assert (citation.source_start, citation.source_end) == span
        assert citation.url == place_url(ARTICLE.id, span)
        at = citation.answer_end + len(SEPARATOR)
    assert not statements or at == len(answer) + len(SEPARATOR)


@given(st.lists(st.lists(numbers, min_size=1, max_size=3), max_size=4), st.integers(0, 3))
def test_a_claim_quotes_all_that_say_it_and_marks_stand_in_the_answer(
    claims: list[list[int]], inner: int
) -> None:
    quotes = [
        [
            Quote(make_hit(ARTICLE), span, (Span(span.start + inner, span.end),))
            for span in map(ARTICLE.sentences.__getitem__, claim)
        ]
        for claim in claims
    ]
    statements = list(state(quotes))
    answer = SEPARATOR.join(statement.text for statement in statements)
    citations = [citation for statement in statements for citation in statement.citations]
    assert [one.index for one in citations] == list(range(1, len(citations) + 1))
    for number, (claim, statement) in enumerate(zip(claims, statements, strict=True), 1):
        assert {one.statement for one in statement.citations} == {number}
        assert len(statement.citations) == len(claim)
    for citation in citations:
        assert answer[citation.answer_start : citation.answer_end] == citation.quote
        assert [mark.of(answer) for mark in citation.marks] == [citation.quote[inner:]]


def test_a_source_is_the_hit_with_its_articles_own_words() -> None:
    hit = replace(make_hit(ARTICLE, 1, 2), copies=("copy",))
    told = source(hit)
    assert told.text == TEXT[told.start : told.end] == hit.passage.text
    assert (told.article_id, told.title, told.publisher) == ("计划/1", "Plan", "Paper")
    assert told.passage_id == "计划/1:1-2"
    assert told.copies == ("copy",)
    assert told.score == told.scores.fused == 0.5
    assert told.url == place_url("计划/1", hit.passage.span)


def test_an_address_is_ascii_and_its_id_one_segment() -> None:
    assert place_url("a/b c?d#e", Span(3, 5)) == "/articles/a%2Fb%20c%3Fd%23e#char=3-5"
    assert place_url("果园", Span(0, 1)).isascii()


def test_that_nothing_was_found_is_said_in_every_language() -> None:
    assert set(NOT_FOUND) == {"zh", "zh-Hant", "en", "und"}
    assert all(NOT_FOUND.values())
