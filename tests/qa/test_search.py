"""Fusion, the three retrievers, passages that touch, copies and time: the hits of a question."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary, Unilingual
from qa.engine import Engine
from qa.passages import split_passages
from qa.ranking import SERVED, Weights
from qa.search import MERGEABLE, MERGED, Candidate, candidates, read_question, search
from qa.sources import read_paths
from qa.store import Draft
from qa.types import Article, Filters, Hit, Passage, Query, Retriever
from qa.when import read_time

from .conftest import HashingEncoder, make_article, named

SEEDS = Path(__file__).parents[2] / "seeds"
RETRIEVERS: tuple[Retriever, ...] = ("hybrid", "dense", "lexical")
QUESTION = "上海2025年的目标是什么"


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_the_same_question_gets_the_same_hits(seeds_engine: Engine, retriever: Retriever) -> None:
    asked = Query(QUESTION, 10, retriever=retriever)
    assert seeds_engine.search(asked) == seeds_engine.search(asked)


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_fewer_hits_are_the_first_of_more(seeds_engine: Engine, retriever: Retriever) -> None:
    most = seeds_engine.search(Query(QUESTION, 100, retriever=retriever))
    assert len({hit.passage_id for hit in most}) == len(most)
    for top_k in (1, 3, 7):
        assert seeds_engine.search(Query(QUESTION, top_k, retriever=retriever)) == most[:top_k]


def ranked(engine: Engine, retriever: Retriever, weights: Weights = SERVED) -> list[Candidate]:
    encoder, index = engine.corpus.serving()
    asked = read_question(QUESTION, encoder, Dictionary(Settings().cache))
    importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    return candidates(asked, index, Query(QUESTION, 100, retriever=retriever), importance, weights)


def test_a_hybrid_candidate_has_both_scores_though_one_retriever_missed_it(
    seeds_engine: Engine,
) -> None:
    meaning = {one.key: one.scores.dense for one in ranked(seeds_engine, "dense")}
    words = {one.key: one.scores.lexical for one in ranked(seeds_engine, "lexical")}
    for one in ranked(seeds_engine, "hybrid"):
        assert one.scores.dense == pytest.approx(meaning[one.key], abs=1e-6)
        if one.key in words:
            assert one.scores.lexical == pytest.approx(words[one.key], abs=1e-4)
        else:
            assert one.scores.lexical is None


def test_the_evidence_makes_the_score_and_the_score_the_order(seeds_engine: Engine) -> None:
    for weights in (SERVED, Weights(words=0.0), Weights(match=0.0), Weights(lead=1.0)):
        found = ranked(seeds_engine, "hybrid", weights)
        assert [one.scores.fused for one in found] == [weights.score(one.evidence) for one in found]
        order = [(-one.scores.fused, one.key) for one in found]
        assert order == sorted(order)


def test_every_sentence_of_a_candidate_has_its_match(seeds_engine: Engine) -> None:
    for one in ranked(seeds_engine, "hybrid"):
        assert len(one.matches) == one.passage.last - one.passage.first + 1
        assert max(one.matches) <= one.evidence.match + 1e-3
    assert not any(one.matches for one in ranked(seeds_engine, "hybrid", Weights(match=0.0)))


@pytest.fixture
def engine(tmp_path: Path, hashing: HashingEncoder, dictionary: Dictionary) -> Engine:
    return Engine(Corpus(tmp_path, lambda _: hashing, hashing.name), dictionary)


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_of_articles_with_one_text_the_first_has_the_hit_and_names_the_others(
    engine: Engine, retriever: Retriever
) -> None:
    text = "果园今年收获苹果四十二吨。"
    copies = [make_article(id, text, publisher=id) for id in ("a", "b", "c")]
    other = make_article("d", "苹果价格下跌。")
    engine.corpus.add([named(article) for article in (*copies, other)])
    hits = engine.search(Query("苹果", retriever=retriever))
    assert len(hits) == 2
    (kept,) = [hit for hit in hits if hit.article_id != "d"]
    assert {kept.article_id, *kept.copies} == {"a", "b", "c"}
    assert kept.article_id not in kept.copies


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_a_filter_holds_for_copies_too(engine: Engine, retriever: Retriever) -> None:
    text = "果园今年收获苹果四十二吨。"
    engine.corpus.add(named(make_article(id, text, publisher=id)) for id in ("a", "b"))
    asked = Query("苹果", filters=Filters(source=("b",)), retriever=retriever)
    assert [hit.article_id for hit in engine.search(asked)] == ["b"]


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_only_copies_that_the_filters_let_through_are_named(
    engine: Engine, retriever: Retriever
) -> None:
    text = "果园今年收获苹果四十二吨。"
    publishers = {"a": "甲报", "b": "乙报", "c": "甲报"}
    engine.corpus.add(
        named(make_article(id, text, publisher=name)) for id, name in publishers.items()
    )
    asked = Query("苹果", filters=Filters(source=("甲报",)), retriever=retriever)
    (hit,) = engine.search(asked)
    assert {hit.article_id, *hit.copies} == {"a", "c"}


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_what_was_removed_is_not_found(engine: Engine, retriever: Retriever) -> None:
    texts = {"a": "果园今年收获苹果四十二吨。", "b": "苹果价格下跌。"}
    engine.corpus.add(named(make_article(id, text)) for id, text in texts.items())
    engine.corpus.remove(["a"])
    hits = engine.search(Query("苹果", retriever=retriever))
    assert [hit.article_id for hit in hits] == ["b"]


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_an_empty_home_has_no_hits(
    open_engine: Callable[[Path], Engine], tmp_path: Path, retriever: Retriever
) -> None:
    assert open_engine(tmp_path).search(Query(QUESTION, retriever=retriever)) == ()


# Reprints.


@pytest.fixture
def report() -> Article:
    """Return an article long enough for its reprints to be told."""
    (draft,) = read_paths([str(SEEDS / "yunfan-quarter-results.md")])
    assert isinstance(draft, Draft)
    return replace(draft.article, id="report")


def reprint(id: str, text: str) -> Draft:
    return named(make_article(id, text, title="云帆业绩一览", publisher="转载网"))


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_a_reprint_with_another_headline_and_an_editors_line_counts_once(
    engine: Engine, report: Article, retriever: Retriever
) -> None:
    edited = report.text + "\n（完）责任编辑：张胶"
    engine.corpus.add([named(report), reprint("reprint", edited)])
    asked = Query("云帆制冷的净利润", 20, retriever=retriever)
    hits = engine.search(asked)
    assert len({hit.article_id for hit in hits}) == 1
    shown = hits[0].article_id
    for hit in hits:
        assert {shown, *hit.copies} == {"report", "reprint"}

    engine.corpus.remove([shown])

    (other,) = {"report", "reprint"} - {shown}
    hits = engine.search(asked)
    assert {hit.article_id for hit in hits} == {other}
    assert {hit.copies for hit in hits} == {()}


def test_a_report_with_other_numbers_is_no_copy(engine: Engine, report: Article) -> None:
    corrected = report.text.replace("净利润1.45亿元", "净利润1.54亿元")
    assert corrected != report.text
    engine.corpus.add([named(report), reprint("corrected", corrected)])
    hits = engine.search(Query("云帆制冷的净利润", 20))
    assert {hit.article_id for hit in hits} == {"report", "corrected"}
    assert {hit.copies for hit in hits} == {()}


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_what_only_the_longer_report_says_is_found_there(
    engine: Engine, report: Article, retriever: Retriever
) -> None:
    more = "云帆制冷的厂房顶上住着一群野鸽子，工人们给它们搭了十几个木头小屋，还轮流喂食。" * 2
    longer = make_article("longer", f"{report.text}\n{more}", published="2030-01-01T00:00:00Z")
    engine.corpus.add([named(report), named(longer)])

    found = engine.search(Query("云帆制冷的野鸽子", 20, retriever=retriever))
    assert "longer" in {hit.article_id for hit in found}
    assert "野鸽子" in next(hit.text for hit in found if hit.article_id == "longer")
    assert all("野鸽子" in hit.text for hit in found if hit.article_id == "longer")
    for hit in found:
        assert {hit.article_id, *hit.copies} == {"report", "longer"}


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_of_copies_the_earliest_published_is_quoted(
    engine: Engine, report: Article, retriever: Retriever
) -> None:
    """Of those that do not say when, it is the one that came first."""
    days = {"b": "2025-03-03", "c": "2025-03-01", "d": "2025-03-02", "e": "", "a": ""}
    engine.corpus.add(
        named(replace(make_article(id, report.text, published=day and f"{day}T08:00:00Z")))
        for id, day in days.items()
    )
    for first, others in (("c", "abde"), ("d", "abe"), ("b", "ae"), ("e", "a")):
        hits = engine.search(Query("云帆制冷的净利润", 20, retriever=retriever))
        assert {(hit.article_id, hit.copies) for hit in hits} == {(first, tuple(others))}
        engine.corpus.remove([first])


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_however_many_copies_there_are_the_others_are_found(
    engine: Engine, retriever: Retriever
) -> None:
    wire = [named(make_article(f"w{n:03}", "苹果丰收了。苹果很甜。")) for n in range(230)]
    others = [named(make_article(f"o{n}", f"第{n}种苹果运往邻国，人人都说好。")) for n in range(8)]
    engine.corpus.add([*wire, *others])
    hits = engine.search(Query("苹果丰收", 9, retriever=retriever))
    assert {hit.article_id for hit in hits[1:]} == {draft.article.id for draft in others}
    assert len(hits[0].copies) == 229


# Many articles, some with several passages, some alike.

WORDS = ("苹果", "渡轮", "博物馆", "图书馆", "利润", "harbour", "tea", "museum", "ferry", "profit")
PUBLISHERS = ("甲报", "乙报", "丙网")
CATEGORIES = ("要闻", "金融", "文化")
DAYS = [date(2024, month, 15) for month in range(1, 13)]


def some_article(number: int) -> Article:
    random = Random(number)
    sentences = [
        f"{random.choice(WORDS)}的事第{random.randrange(10**6)}号，"
        + "".join(random.choices("春夏秋冬东西南北山水云雨", k=random.randrange(10, 70)))
        + random.choice(("。", "。", "。\n"))
        for _ in range(random.choice((1, 1, 2, 4, 12, 24)))
    ]
    return make_article(
        f"n{number:03}",
        "".join(sentences).strip(),
        title=random.choice(("", "苹果", "ferry 渡轮", "第一版")),
        published=f"{random.choice(DAYS)}T12:00:00+08:00" if number % 7 else "",
        publisher=random.choice(PUBLISHERS),
        author=random.choice(("陆羽", "A. Lee", "")),
        categories=tuple(random.sample(CATEGORIES, random.randrange(3))),
    )


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return an engine over 300 articles, a tenth of them reprints. Change nothing in it."""
    articles = [some_article(number) for number in range(270)]
    for number in range(270, 300):
        again, first = some_article(number), articles[number % 50]
        articles.append(replace(again, text=first.text, sentences=first.sentences))
    hashing = HashingEncoder()
    corpus = Corpus(tmp_path_factory.mktemp("crowd"), lambda _: hashing, hashing.name)
    corpus.add(map(named, articles))
    return Engine(corpus, Unilingual())


def hits_of(engine: Engine, query: Query) -> tuple[Hit, ...]:
    encoder, index = engine.corpus.serving()
    time = read_time(query.question, DAYS[-1]) if query.time else None
    asked = read_question(query.question, encoder, Unilingual(), time)
    return search(asked, index, engine.corpus.articles, query).hits


def passes(article: Article, filters: Filters) -> bool:
    day = article.published.date() if article.published else None
    return (
        (not filters.date_from or (day is not None and day >= filters.date_from))
        and (not filters.date_to or (day is not None and day <= filters.date_to))
        and (not filters.source or article.publisher in filters.source)
        and (not filters.author or article.author in filters.author)
        and (not filters.category or bool({*filters.category} & {*article.categories}))
    )


def having_its_words(engine: Engine, query: Query) -> set[str]:
    encoder, index = engine.corpus.serving()
    asked = read_question(query.question, encoder, Unilingual())
    ranking = index.lexical(asked.concepts, EVERYTHING, query.filters)
    return {one.article_id for one in index.passages([row.key for row in ranking]).values()}


QUERIES = st.builds(
    Query,
    st.lists(
        st.sampled_from((*WORDS, "最新", "2024年三月", "上个月", "?")), min_size=1, max_size=4
    ).map(" ".join),
    filters=st.builds(
        Filters,
        st.none() | st.sampled_from(DAYS),
        st.none() | st.sampled_from(DAYS),
        *(
            st.just(()) | st.lists(st.sampled_from(values), unique=True).map(tuple)
            for values in (CATEGORIES, PUBLISHERS, ("陆羽", "A. Lee"))
        ),
    ),
    retriever=st.sampled_from(RETRIEVERS),
    time=st.booleans(),
)
EVERYTHING = 10_000


@settings(max_examples=40)
@example(Query("苹果"), 100)
@given(QUERIES, st.integers(1, 300))
def test_fewer_hits_are_the_first_of_more_whatever_is_asked(
    crowd: Engine, query: Query, top_k: int
) -> None:
    everything = hits_of(crowd, replace(query, top_k=EVERYTHING))
    assert hits_of(crowd, replace(query, top_k=top_k)) == everything[:top_k]


@settings(max_examples=40)
@example(Query("苹果"))
@given(QUERIES)
def test_every_article_that_may_answer_is_a_hit_or_the_copy_of_one(
    crowd: Engine, query: Query
) -> None:
    """So as many hits come back as are asked for, if so many exist: filters are no second step."""
    hits = hits_of(crowd, replace(query, top_k=EVERYTHING))
    listed = [change.article for change in crowd.corpus.articles.page(None, 1_000)]
    allowed = {one.id for one in listed if one and passes(one, query.filters)}
    shown = {hit.article.id for hit in hits}
    told = shown.union(*(hit.copies for hit in hits))
    if query.retriever == "lexical":
        assert told <= allowed
        assert told >= having_its_words(crowd, query)
    else:
        assert told == allowed
    for before, hit in combinations(hits, 2):
        if hit.article.id in before.copies:
            assert hit.passage.text not in before.passage.text


@settings(max_examples=40)
@example(Query("苹果"))
@given(QUERIES)
def test_a_hit_is_its_articles_own_text_and_no_passage_is_in_two(
    crowd: Engine, query: Query
) -> None:
    seen: set[tuple[str, int]] = set()
    for hit in hits_of(crowd, replace(query, top_k=EVERYTHING)):
        passage = hit.passage
        sentences = hit.article.sentences[passage.first : passage.last + 1]
        assert passage.span == (sentences[0].start, sentences[-1].end)
        assert passage.text == passage.span.of(hit.article.text)
        assert len(hit.matches) == (len(sentences) if query.retriever == "hybrid" else 0)
        told = {(hit.article.id, number) for number in range(passage.first, passage.last + 1)}
        assert seen.isdisjoint(told)
        seen |= told


@settings(max_examples=40)
@example(Query("苹果"))
@given(QUERIES)
def test_passages_that_touch_are_one_hit_with_the_scores_of_the_best(
    crowd: Engine, query: Query
) -> None:
    encoder, index = crowd.corpus.serving()
    time = read_time(query.question, DAYS[-1]) if query.time else None
    asked = read_question(query.question, encoder, Unilingual(), time)
    importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    best = candidates(asked, index, query, importance)[:MERGEABLE]
    scores = {one.passage.id: one.scores for one in best}
    merged: list[tuple[Passage, int]] = []
    for hit in hits_of(crowd, replace(query, top_k=EVERYTHING)):
        whole = hit.passage
        made = split_passages(hit.article, encoder.count_tokens, encoder.model.max_tokens)
        pieces = [one for one in made if whole.first <= one.first and one.last <= whole.last]
        assert (pieces[0].first, pieces[-1].last) == (whole.first, whole.last)
        assert len(pieces) <= MERGED
        told = [scores[piece.id] for piece in pieces if piece.id in scores]
        if told:
            assert len(told) == len(pieces)
            assert hit.scores == max(told, key=lambda one: one.fused)
            merged.append((whole, len(pieces)))
    for (one, size), (other, more) in combinations(merged, 2):
        if one.article_id == other.article_id and (
            one.last + 1 == other.first or other.last + 1 == one.first
        ):
            assert size + more > MERGED


def test_one_title_is_anothers_first_sentence_and_each_sentence_keeps_its_match(
    engine: Engine,
) -> None:
    """What is embedded is the same text; its parts are not."""
    untitled = make_article("untitled", "苹果丰收了。\n今年雨水好。果农高兴。")
    titled = make_article("titled", "今年雨水好。果农高兴。", title="苹果丰收了。")
    engine.corpus.add([named(untitled), named(titled)])
    found = {hit.article.id: hit for hit in hits_of(engine, Query("果农"))}
    assert {id: len(hit.matches) for id, hit in found.items()} == {"untitled": 3, "titled": 2}
    assert found["untitled"].matches[1:] == found["titled"].matches


@pytest.mark.parametrize("retriever", RETRIEVERS)
def test_until_the_index_has_an_update_its_passages_are_left_out(
    engine: Engine, retriever: Retriever
) -> None:
    """The article's text is the new one already: no hit can point into it by the old."""
    long = "苹果丰收了。" + "今年雨水好。" * 80
    engine.corpus.add([named(make_article("a", long)), named(make_article("b", "苹果。"))])
    query = Query("苹果 雨水", 20, retriever=retriever)
    before = [hit for hit in engine.search(query) if hit.article_id == "a"]

    with FileLock(engine.corpus.home / "writer.lock"):  # as one who is at work has it
        engine.corpus.articles.put([named(make_article("a", "苹果歉收。"))])
        assert {hit.article_id for hit in engine.search(query)} == {"b"}
        engine.ask(query)

        changed = "苹果歉收了。" + long[6:]
        engine.corpus.articles.put([named(make_article("a", changed))])
        after = [hit for hit in engine.search(query) if hit.article_id == "a"]
        assert [(hit.passage_id, hit.score) for hit in after] == [
            (hit.passage_id, hit.score) for hit in before if hit.start > 0
        ]


# Time, by the model that is served.


def news(id: str, day: str, text: str) -> Draft:
    return named(make_article(id, text, published=f"{day}T09:00:00+08:00"))


FARES = (
    "奥登港渡轮的成人票价为120元，学生半价。",
    "成人乘坐奥登港渡轮须付130元，学生付一半。",
    "奥登港渡轮成人票每张125元，学生减半。",
)
FARE_DAYS = ("2021-03-10", "2022-06-20", "2023-09-30")


def test_who_asks_for_the_latest_gets_the_newest_and_nobody_else(
    open_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    """Whichever of three that say alike is the newest, and whatever else is newer still."""
    firsts = []
    for turn in range(3):
        engine = open_engine(tmp_path / str(turn))
        days = FARE_DAYS[turn:] + FARE_DAYS[:turn]
        newest = str(days.index(FARE_DAYS[-1]))
        engine.corpus.add(news(str(n), days[n], FARES[n]) for n in range(3))
        engine.corpus.add([news("bakery", "2026-01-05", "江州一家面包店星期一开业。")])
        for question in ("奥登港渡轮最新票价是多少？", "What is the latest Port Alden ferry fare?"):
            assert engine.search(Query(question))[0].article_id == newest, question
        firsts.append(engine.search(Query("奥登港渡轮票价是多少？"))[0].article_id == newest)
    assert not all(firsts)


def test_the_latest_as_of_a_day_is_none_that_came_after(
    open_engine: Callable[[Path], Engine], tmp_path: Path
) -> None:
    engine = open_engine(tmp_path)
    engine.corpus.add(news(str(n), FARE_DAYS[n], FARES[n]) for n in range(3))
    first, second, _ = sorted(FARE_DAYS)
    for day in (first, second):
        asked = Query(f"As of {day}, what is the Port Alden ferry fare?")
        assert str(engine.search(asked)[0].published)[:10] == day
        asked = Query(
            f"截至{day[:4]}年{int(day[5:7])}月{int(day[8:])}日，奥登港渡轮最新票价是多少？"
        )
        assert str(engine.search(asked)[0].published)[:10] == day


BAKERIES = ("2024-03-14", "2024-04-11", "2024-05-16")


@pytest.fixture(scope="module")
def dated(
    open_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    """Return an engine over articles that differ mostly in their time. Change nothing in it."""
    engine = open_engine(tmp_path_factory.mktemp("dated"))
    engine.corpus.add(
        [
            news("plan", "2021-10-27", "江州市公布规划：到2025年，制造业数字化转型比例达到80%。"),
            news("result", "2025-02-11", "江州市统计：去年制造业数字化转型比例为71%。"),
            news("next", "2025-12-20", "江州市公布规划：到2030年，制造业数字化转型比例达到95%。"),
            news("march", "2024-03-13", "江州商会公布调查：会员企业用电同比增长一成。"),
            news("april", "2024-04-10", "江州商会公布调查：会员企业用电同比增长两成。"),
            news("may", "2024-05-15", "江州商会公布调查：会员企业用电同比增长三成。"),
            *(news(f"bakery {day}", day, "一家面包店开业。") for day in BAKERIES),
        ]
    )
    return engine


@pytest.mark.parametrize(
    "question",
    [
        "江州市2025年制造业数字化转型的目标是什么？",
        "What is Jiangzhou's target for digital transformation in manufacturing for 2025?",
    ],
)
def test_targets_for_a_year_are_found_in_an_article_published_years_before(
    dated: Engine, question: str
) -> None:
    assert dated.search(Query(question))[0].article_id == "plan"


@pytest.mark.parametrize(
    ("question", "as_of", "expected"),
    [
        ("上周江州商会公布了什么？", date(2024, 4, 17), "april"),
        ("上周江州商会公布了什么？", date(2024, 5, 20), "may"),
        ("上个月江州商会公布了什么？", date(2024, 4, 17), "march"),
        ("What did the Jiangzhou chamber publish last month?", date(2024, 5, 20), "april"),
        ("What did the Jiangzhou chamber publish last week?", date(2024, 3, 20), "march"),
    ],
)
def test_a_relative_time_is_the_publications_seen_from_the_day_of_asking(
    dated: Engine, question: str, as_of: date, expected: str
) -> None:
    assert dated.search(Query(question, as_of=as_of))[0].article_id == expected


@pytest.mark.parametrize("question", ["上周江州商会公布了什么？", "最新的用电调查", "2025年的目标"])
def test_time_that_is_not_read_changes_nothing(dated: Engine, question: str) -> None:
    encoder, index = dated.corpus.serving()
    untimed = read_question(question, encoder, Dictionary(Settings().cache))
    query = Query(question, 20, time=False)
    expected = search(untimed, index, dated.corpus.articles, query).hits
    for as_of in (None, date(2024, 4, 17), date(1999, 1, 1)):
        found = dated.search(replace(query, as_of=as_of))
        assert [(one.passage_id, one.scores) for one in found] == [
            (one.passage.id, one.scores) for one in expected
        ]
    assert dated.ask(query).time is None
