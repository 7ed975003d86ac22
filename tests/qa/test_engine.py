"""One question, start to end: the stream, its fold, and what is refused."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.answer import NOT_FOUND, SEPARATOR
from qa.candidates import CANDIDATE_HITS
from qa.claims import MAX_STATEMENTS
from qa.confidence import THRESHOLD
from qa.engine import MAX_QUESTION, MAX_TOP_K, Engine, fold
from qa.errors import Overloaded, QuestionRefused
from qa.search import Asked, read_question
from qa.sources import read_paths
from qa.types import Answer, Done, Filters, Meta, Mode, Query, Source, Statement, Timings, Turn

QUESTIONS = [
    "上海2025年的目标是什么",
    "How late is the Larkwater library open?",
    "海事博物館何時重新開放？",
    "Who won the 2022 World Cup?",
]
SEEDS = Path(__file__).parents[2] / "seeds"
MODES: Sequence[Mode] = ("extractive", "passages")


def check(engine: Engine, answer: Answer) -> None:
    """Check what holds of every answer."""
    assert (answer.status == "not_found") == (not answer.citations)
    assert (answer.confidence >= THRESHOLD) == bool(answer.citations)
    assert 0 <= answer.confidence <= 1
    offered = {source.passage_id for source in answer.sources}
    at = 0
    for citation in answer.citations:
        article = engine.corpus.articles.get(citation.article_id)
        quote = article.text[citation.source_start : citation.source_end]
        assert quote == citation.quote
        assert answer.answer[citation.answer_start : citation.answer_end] == quote
        assert citation.answer_start == at
        at = citation.answer_end + len(SEPARATOR)
        assert citation.passage_id in offered
    if answer.citations:
        assert SEPARATOR.join(one.quote for one in answer.citations) == answer.answer
        assert len(answer.citations) <= MAX_STATEMENTS
    else:
        assert answer.answer == NOT_FOUND[answer.language]


def timeless(answer: Answer) -> Answer:
    return replace(answer, id="", timings_ms=Timings())


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("top_k", [1, 5, MAX_TOP_K])
def test_every_answer_is_made_of_its_citations(
    seeds_engine: Engine, question: str, mode: Mode, top_k: int
) -> None:
    answer = seeds_engine.ask(Query(question, top_k, mode=mode))
    check(seeds_engine, answer)
    assert 1 <= len(answer.sources) <= top_k


@pytest.mark.parametrize("question", QUESTIONS[:3])
def test_one_source_is_enough_to_answer(seeds_engine: Engine, question: str) -> None:
    answer = seeds_engine.ask(Query(question, 1))
    assert answer.status == "answered"
    assert {one.passage_id for one in answer.citations} == {answer.sources[0].passage_id}


def test_extractive_quotes_sentences_and_passages_whole_passages(seeds_engine: Engine) -> None:
    for question in QUESTIONS[:3]:
        answer = seeds_engine.ask(Query(question))
        for citation in answer.citations:
            article = seeds_engine.corpus.articles.get(citation.article_id)
            assert (citation.source_start, citation.source_end) in article.sentences
        answer = seeds_engine.ask(Query(question, mode="passages"))
        quoted = [citation.quote for citation in answer.citations]
        assert 0 < len(quoted) <= MAX_STATEMENTS
        assert quoted == [source.text for source in answer.sources[: len(quoted)]]


def test_the_answer_is_the_fold_of_the_stream(seeds_engine: Engine) -> None:
    for question in QUESTIONS:
        events = list(seeds_engine.stream(Query(question)))
        assert isinstance(events[0], Meta)
        assert isinstance(events[-1], Done)
        kinds = [type(event) for event in events[1:-1]]
        assert kinds == [Source] * kinds.count(Source) + [Statement] * kinds.count(Statement)
        assert timeless(fold(events)) == timeless(seeds_engine.ask(Query(question)))


def within(one: Source, other: Source) -> bool:
    """Say whether all of one source's text is in the other, of the same article."""
    return one.article_id == other.article_id and other.start <= one.start and one.end <= other.end


@pytest.mark.parametrize(
    "question", [*QUESTIONS, "云帆制冷最近怎么样？", "上个月 Larkwater 有何新闻"]
)
@pytest.mark.parametrize("time", [True, False])
def test_search_and_ask_find_the_same(seeds_engine: Engine, question: str, time: bool) -> None:
    """What an answer cites comes first among its sources; the others stay in their order."""
    for top_k in (1, 3, 12):
        query = Query(question, top_k, as_of=date(2024, 6, 3), time=time)
        answer = seeds_engine.ask(query)
        found = seeds_engine.search(replace(query, top_k=max(top_k, CANDIDATE_HITS)))
        quoted = {one.passage_id for one in answer.citations}
        cited = [one for one in answer.sources if one.passage_id in quoted]
        others = [one for one in found if not any(within(one, source) for source in cited)]
        assert list(answer.sources) == [*cited, *others][:top_k]
        assert {one.article_id for one in cited} <= {one.article_id for one in found}


def test_a_stream_that_broke_off_folds_into_no_answer(seeds_engine: Engine) -> None:
    events = list(seeds_engine.stream(Query(QUESTIONS[0])))
    for part in (events[:-1], events[1:]):
        with pytest.raises(ValueError, match="begins with Meta and ends with Done"):
            fold(part)


def test_every_answer_has_an_id_of_its_own(seeds_engine: Engine) -> None:
    assert len({seeds_engine.ask(Query(QUESTIONS[0], 1)).id for _ in range(3)}) == 3


def test_the_parts_of_the_time_are_within_the_whole(seeds_engine: Engine) -> None:
    spent = seeds_engine.ask(Query(QUESTIONS[0])).timings_ms
    assert min(spent.encode, spent.search, spent.answer) > 0
    assert spent.encode + spent.search + spent.answer <= spent.total


def test_threads_get_the_answers_that_one_alone_gets(seeds_engine: Engine) -> None:
    queries = [Query(question) for question in QUESTIONS]
    alone = [timeless(seeds_engine.ask(query)) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda query: timeless(seeds_engine.ask(query)), queries * 3)) == (
            alone * 3
        )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (Query(""), "question"),
        (Query(" \n\u3000"), "question"),
        (Query("x" * (MAX_QUESTION + 1)), "question"),
        (Query("x", 0), "top_k"),
        (Query("x", MAX_TOP_K + 1), "top_k"),
        (Query("x", mode="llm"), "mode"),
    ],
)
def test_what_cannot_be_answered_is_refused_before_the_first_event(
    seeds_engine: Engine, query: Query, field: str
) -> None:
    with pytest.raises(QuestionRefused) as refused:
        seeds_engine.stream(query)
    assert refused.value.field == field
    if field != "mode":
        with pytest.raises(QuestionRefused):
            seeds_engine.search(query)


def test_filters_hold_for_sources_and_citations(seeds_engine: Engine) -> None:
    filters = Filters(source=("newsqa sample",))
    for question in QUESTIONS:
        answer = seeds_engine.ask(Query(question, 50, filters))
        check(seeds_engine, answer)
        assert {source.publisher for source in answer.sources} == {"newsqa sample"}


def test_a_follow_up_is_searched_with_what_it_leans_on(seeds_engine: Engine) -> None:
    history = (Turn("user", "When does the Larkwater library close?"),)
    answer = seeds_engine.ask(Query("And on Sundays?", history=history))
    assert answer.question == "And on Sundays?"
    assert answer.standalone_question == "When does the Larkwater library close on Sundays?"
    assert answer.sources[0].title.startswith("Larkwater library")


def test_an_empty_home_answers_that_it_does_not_know(
    open_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_engine(tmp_path)
    answer = engine.ask(Query(QUESTIONS[0]))
    check(engine, answer)
    assert answer.sources == ()
    assert answer.index.articles == answer.index.passages == 0


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from("上海2025年的目标 ?what'\"*:()"),
        min_size=1,
        max_size=60,
    ).filter(str.strip)
)
def test_whatever_is_asked_is_answered_or_not_found(seeds_engine: Engine, question: str) -> None:
    answer = seeds_engine.ask(Query(question))
    assert answer.question == question
    check(seeds_engine, answer)


@pytest.mark.parametrize("verb", ["ask", "search"])
def test_a_question_outlives_the_index_that_it_was_asked_of(
    open_engine: Callable[[Path], Engine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    engine = open_engine(tmp_path)
    engine.corpus.add(read_paths([str(SEEDS)]))
    query = Query("How late is the Larkwater library open?")
    cited = engine.ask(query).citations[0].article_id
    other = next(one.id for one in engine.corpus.articles.all() if one.id != cited)
    gone: list[Path] = []

    def reading(*arguments: Any) -> Asked:
        if not gone:
            _, index = engine.corpus.serving()
            gone.append(index.folder)
            engine.corpus.rebuild()
            engine.corpus.remove([other])
            assert not index.folder.exists()
        return read_question(*arguments)

    monkeypatch.setattr("qa.engine.read_question", reading)
    found = engine.search(query) if verb == "search" else engine.ask(query).sources
    assert cited in {one.article_id for one in found}
    assert all(one.article_id != other for one in found)
    assert gone


def test_what_is_not_found_in_time_is_given_up(seeds_engine: Engine) -> None:
    events = seeds_engine.stream(Query(QUESTIONS[0]), until=time.monotonic() - 1)
    assert isinstance(next(events), Meta)
    with pytest.raises(Overloaded):
        next(events)
