"""The measures say what the field says they say; values are worked out by hand or by others."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from qa.confidence import THRESHOLD
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.errors import QuestionRefused
from qa.evaluate import Outcome, corpus_home, index_articles, run
from qa.figures import abstention, as_table, figures_of
from qa.known import Known, held_out, located, read_known, read_unanswerable
from qa.measures import (
    auroc,
    calibration_error,
    hit,
    ndcg,
    overlap_f1,
    recall,
    reciprocal_rank,
    risk_at,
    selective_risks,
)
from qa.types import Answer, Citation, IndexInfo, Query, Span, Timings

from .conftest import HashingEncoder

FOUND = ("a", "b", "c", "d")


def write_rows(path: Path, *rows: Mapping[str, object]) -> Path:
    """Write JSON lines and return the path."""
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def asked_of(*relevant: str, files: tuple[str, ...] = ()) -> Known:
    """Return a question that means these articles."""
    return Known("?", "zh", (), frozenset(relevant), frozenset(files))


def test_ndcg_discounts_by_the_logarithm_of_the_rank() -> None:
    assert ndcg(FOUND, frozenset("a"), 10) == 1.0
    assert ndcg(FOUND, frozenset("b"), 10) == pytest.approx(1 / math.log2(3))
    both = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
    assert ndcg(FOUND, frozenset("bd"), 10) == pytest.approx(both)
    assert ndcg(FOUND, frozenset("d"), 3) == 0.0


def test_rank_measures_look_at_the_first_relevant_article() -> None:
    assert (hit(FOUND, frozenset("b"), 1), hit(FOUND, frozenset("b"), 2)) == (False, True)
    assert reciprocal_rank(FOUND, frozenset("cd")) == pytest.approx(1 / 3)
    assert reciprocal_rank(FOUND, frozenset("z")) == 0.0
    assert recall(FOUND, frozenset("az"), 100) == 0.5


@given(
    found=st.lists(st.sampled_from("abcdefghijklmnop"), unique=True, max_size=14),
    relevant=st.frozensets(st.sampled_from("abcdefghijklmnopqr"), min_size=1, max_size=6),
)
def test_measures_agree_with_ir_measures(found: list[str], relevant: frozenset[str]) -> None:
    judged = [ir_measures.Qrel("q", id, 1) for id in relevant]
    # What is judged for no question is not counted as a miss: a dummy keeps an empty run counted.
    ranked = [ir_measures.ScoredDoc("q", id, -float(rank)) for rank, id in enumerate(found)]
    ranked.append(ir_measures.ScoredDoc("q", "none of these", -99.0))
    ours = {
        ir_measures.nDCG @ 10: ndcg(found, relevant, 10),
        ir_measures.RR: reciprocal_rank(found, relevant),
        ir_measures.R @ 100: recall(found, relevant, 100),
        **{ir_measures.Success @ n: float(hit(found, relevant, n)) for n in (1, 5, 10)},
    }
    assert ir_measures.calc_aggregate(list(ours), judged, ranked) == pytest.approx(ours)


def test_overlap_counts_english_words_and_chinese_characters() -> None:
    # Three words told, two known, both in common: precision 2/3, recall 1.
    assert overlap_f1("The ferry, in May.", ["in May"]) == pytest.approx(4 / 5)
    assert overlap_f1("an $80 fare", ["80"]) == pytest.approx(2 / 3)
    assert overlap_f1("二〇二五年五月", ["五月"]) == pytest.approx(4 / 9)
    assert overlap_f1("约90个议席", ["90个"]) == pytest.approx(4 / 7)
    assert overlap_f1("《谜之村雨城》", ["村雨城", "谜之 村雨城"]) == 1.0
    # Each as often as both have it.
    assert overlap_f1("天天", ["天"]) == pytest.approx(2 / 3)
    assert overlap_f1("五月", ["六号", "May"]) == overlap_f1("", ["五月"]) == 0.0
    assert overlap_f1("the …", ["a ?"]) == overlap_f1("五月", []) == 0.0


PIECES = st.lists(st.sampled_from(["Ferry", "may", "80", "U.S.", "五", "月", "开航", "上海"]))


@given(told=PIECES, known=PIECES, other=PIECES, random=st.randoms())
def test_overlap_is_symmetric_and_blind_to_order_case_and_signs(
    told: list[str], known: list[str], other: list[str], random: Random
) -> None:
    overlap = overlap_f1(" ".join(told), [" ".join(known)])
    assert 0 <= overlap <= 1
    assert overlap == overlap_f1(" ".join(known), [" ".join(told)])
    assert overlap <= overlap_f1(" ".join(told), [" ".join(known), " ".join(other)])
    assert (overlap == 1) == (sorted("".join(told)) == sorted("".join(known)) != [])
    random.shuffle(told)
    assert overlap == overlap_f1("， the ".join(told).upper(), [f"“{' '.join(known)}”"])


def test_auroc_is_the_chance_that_a_positive_outranks_a_negative() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.9, 0.1], [0.5]) == 0.5
    assert auroc([0.5], [0.5]) == 0.5


JUDGED = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1)
"""Confidences, many of them equal, and whether the answer was right."""


@given(JUDGED)
def test_auroc_agrees_with_scikit_learn(judged: list[tuple[float, bool]]) -> None:
    told, right = zip(*[*judged, (0.3, True), (0.7, False)], strict=True)
    ours = auroc(
        *([t for t, r in zip(told, right, strict=True) if r is of] for of in (True, False))
    )
    assert ours == pytest.approx(roc_auc_score(right, told))


def test_risk_is_the_error_among_the_surest() -> None:
    risks = selective_risks([0.2, 0.9, 0.6, 0.4], [False, True, False, True])
    assert risks == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert [risk_at(risks, percent) for percent in (1, 25, 26, 50, 75, 100)] == pytest.approx(
        [0, 0, 1 / 2, 1 / 2, 1 / 3, 1 / 2]
    )


@given(JUDGED, st.randoms())
def test_risk_is_that_of_a_threshold_whatever_the_order(
    judged: list[tuple[float, bool]], random: Random
) -> None:
    risks = selective_risks(*zip(*judged, strict=True))
    for at, (threshold, _) in enumerate(sorted(judged, reverse=True)):
        answered = [right for told, right in judged if told >= threshold]
        assert risks[at] == pytest.approx(answered.count(False) / len(answered))
    random.shuffle(judged)
    assert selective_risks(*zip(*judged, strict=True)) == risks


def test_calibration_error_is_how_far_confidence_lies_from_the_share_of_right_ones() -> None:
    assert calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0.0
    assert calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0.0)
    # Bins are judged apart: .2 too sure in one does not make up for .2 too unsure in the other.
    assert calibration_error([0.2, 0.8], [False, True]) == pytest.approx(0.2)
    assert calibration_error([0.8, 0.8], [False, True]) == pytest.approx(0.3)


@given(JUDGED)
def test_calibration_error_lies_between_bias_and_distance(judged: list[tuple[float, bool]]) -> None:
    told, right = zip(*judged, strict=True)
    error = calibration_error(told, right)
    assert error == pytest.approx(calibration_error(told[::-1], right[::-1]))
    bias = abs(sum(told) - sum(right)) / len(told)
    distance = sum(abs(t - r) for t, r in judged) / len(told)
    assert bias - 1e-9 <= error <= distance + 1e-9
    assert calibration_error(told, right, bins=1) == pytest.approx(bias)


def test_a_limit_takes_questions_from_the_whole_file(tmp_path: Path) -> None:
    rows = [{"question": f"问题{n}", "lang": "zh", "relevant": [f"{n}"]} for n in range(10)]
    path = write_rows(tmp_path / "queries.jsonl", *rows)
    assert len(read_known(path)) == 10
    assert [known.question for known in read_known(path, 3)] == ["问题0", "问题3", "问题6"]


@given(
    tasks=st.lists(st.sampled_from(["event", "qa1", "qa2"]), max_size=30), limit=st.integers(1, 12)
)
def test_a_limit_holds_for_each_value_of_a_field(
    tmp_path_factory: pytest.TempPathFactory, tasks: list[str], limit: int
) -> None:
    rows = [{"question": f"{n}", "relevant": ["a"], "task": task} for n, task in enumerate(tasks)]
    path = write_rows(tmp_path_factory.mktemp("asked") / "queries.jsonl", *rows)
    parts = [known.part for known in read_known(path, limit, by="task")]
    assert {part: parts.count(part) for part in parts} == {
        f"task={task}": min(limit, tasks.count(task)) for task in tasks
    }


def test_a_limit_holds_for_each_language(tmp_path: Path) -> None:
    # In turns, as in sets whose questions are all asked in both.
    rows = [{"question": f"{n}", "relevant": ["a"], "lang": ("zh", "en")[n % 2]} for n in range(8)]
    asked = read_known(write_rows(tmp_path / "queries.jsonl", *rows), 2)
    assert [(known.language, known.question) for known in asked] == [
        ("zh", "0"), ("zh", "4"), ("en", "1"), ("en", "5"),
    ]  # fmt: skip


def test_a_question_is_held_out_wherever_and_in_whichever_language_it_is_asked(
    tmp_path: Path,
) -> None:
    def held(rows: Iterable[Mapping[str, object]]) -> list[bool]:
        path = write_rows(tmp_path / "asked.jsonl", *({**row, "relevant": ["a"]} for row in rows))
        return [held_out(known) for known in read_known(path)]

    zh = held({"id": f"q{n}-zh", "question": f"问题{n}", "lang": "zh"} for n in range(200))
    en = held({"id": f"q{n}-en", "question": f"question {n}", "lang": "en"} for n in range(200))
    assert zh == en
    assert 80 < sum(zh) < 120
    # Without ids the words tell.
    once, again = (held({"question": f"question {n}"} for n in range(200)) for _ in range(2))
    assert once == again
    assert 80 < sum(once) < 120


def test_what_is_given_as_unanswerable_is_whatever_it_names(tmp_path: Path) -> None:
    one = write_rows(tmp_path / "one.jsonl", {"question": "问", "relevant": ["a"]})
    two = write_rows(tmp_path / "two.jsonl", {"question": "答", "relevant_files": ["a.md"]})
    asked = read_unanswerable([one, two])
    assert [(known.question, known.relevant, known.files) for known in asked] == [
        ("问", frozenset(), frozenset()), ("答", frozenset(), frozenset()),
    ]  # fmt: skip


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    right = {"question": "问", "relevant": ["a"]}
    wrongs: tuple[Mapping[str, object], ...] = (
        {"relevant": ["a"]},
        {"question": 2025, "lang": "en", "relevant": ["a"]},
        {"question": "问", "relevant": "a"},
        {"question": "问", "relevant": ["a"], "answers": "2025"},
        {"question": "问", "relevant": []},
    )
    for wrong in wrongs:
        path = write_rows(tmp_path / "queries.jsonl", right, wrong)
        with pytest.raises(QuestionRefused, match=r"queries\.jsonl:2"):
            read_known(path)
    with pytest.raises(QuestionRefused, match=r"queries\.jsonl:1.*task"):
        read_known(path, by="task")
    assert len(read_known(path, answerable=False)) == 2


def test_an_index_is_kept_by_what_the_files_hold(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two"
    one.write_text("1")
    (two / "deep").mkdir(parents=True)
    (two / "deep" / "a.md").write_text("2")
    before = corpus_home([one, two], tmp_path)
    assert before.parent == tmp_path / "evaluations"
    (two / "deep" / "a.md").rename(two / "deep" / "b.md")
    assert corpus_home([one, two], tmp_path) == before
    assert corpus_home([one], tmp_path) != before
    (two / "deep" / "b.md").write_text("3")
    assert corpus_home([one, two], tmp_path) != before


def test_articles_of_several_places_are_known_by_their_files(
    hashing: HashingEncoder, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "渡轮.md").write_text("---\ntitle: 渡轮\n---\n\n夜间渡轮五月开航。", "utf-8")
    # The same article under two names is kept once, and found by both.
    (folder / "ferry.md").write_bytes((folder / "渡轮.md").read_bytes())
    (folder / "empty.md").write_text("---\ntitle: 空\n---\n", "utf-8")
    lines = write_rows(
        tmp_path / "lines.jsonl", {"id": "a", "text": "一"}, {"id": "b", "text": "二"}
    )
    corpus = Corpus(tmp_path / "home", lambda _: hashing, "hashing")
    for _ in range(2):
        report, files = index_articles(corpus, [folder, lines])
        assert len(corpus.articles) == 3
        assert [refused.origin for refused in report.refused] == ["empty.md"]
        assert files["渡轮.md"] == files["ferry.md"]
        assert files["lines.jsonl"] == {"a", "b"}
        assert "empty.md" not in files
    (ferry,) = files["ferry.md"]
    placed, lost = located([asked_of("上游的编号", files=("ferry.md",))], files)
    assert placed[0].relevant == {ferry}
    assert lost == 0


def test_files_are_asked_only_where_ids_say_nothing() -> None:
    files = {"a.md": {"a"}, "b.md": {"b"}}
    known = [asked_of("a", "gone", files=("b.md",)), asked_of(files=("b.md", "a.md"))]
    placed, lost = located(known, files)
    assert [one.relevant for one in placed] == [{"a", "gone"}, {"a", "b"}]
    assert lost == 0


def test_what_is_relevant_but_not_there_counts_as_missed() -> None:
    placed, lost = located([asked_of("gone"), asked_of(files=("gone.md",))], {"a.md": {"a"}})
    assert lost == 2
    assert all(
        ndcg(["a"], one.relevant, 10) == recall(["a"], one.relevant, 10) == 0 for one in placed
    )


def outcome(known: Known, quote: str, confidence: float, article: str = "a") -> Outcome:
    """Return what became of a question whose answer cites this sentence first."""
    citation = Citation(1, article, f"{article}:0-0", quote, 0, len(quote), 0, len(quote), "", 1)
    answer = Answer(
        id="",
        status="answered",
        question=known.question,
        standalone_question=known.question,
        language="zh",
        answer=quote,
        confidence=confidence,
        index=IndexInfo("", "", 0, 0),
        timings_ms=Timings(),
        citations=(citation,) if quote else (),
    )
    return Outcome(known, (article,), "", answer, 1.0)


def test_right_is_what_holds_a_known_string_or_is_of_the_article() -> None:
    told = Known("?", "zh", ("2025年",), frozenset("b"))
    assert outcome(told, "2025年开航。", 0.0).right
    assert not outcome(told, "明年开航。", 1.0, "b").right
    retold = Known("?", "zh", (), frozenset("b"))
    assert outcome(retold, "开航。", 0.0, "b").right
    assert not outcome(retold, "开航。", 1.0, "a").right
    assert not outcome(told, "", 0.0).right
    # Its string may stand in an article by chance.
    assert not outcome(Known("?", "zh", ("2025年",), frozenset()), "2025年开航。", 1.0).right


def test_marked_words_are_judged_where_the_answer_is_stated() -> None:
    asked = Known("?", "zh", ("五月",), frozenset("a"))

    def marking(confidence: float, *marks: Span) -> Outcome:
        told = outcome(asked, "渡轮五月六日开航。", confidence)
        (citation,) = told.answer.citations
        moved = replace(citation, marks=marks, answer_start=3)
        later = replace(citation, marks=(Span(5, 7),))
        answer = replace(told.answer, answer=f"上海：{citation.quote}", citations=(moved, later))
        return replace(told, answer=answer)

    right, half = marking(1.0, Span(5, 7)), marking(1.0, Span(5, 7), Span(7, 9))
    unmarked, below = marking(1.0), marking(THRESHOLD / 2, Span(5, 7))
    assert [one.marked for one in (right, half, unmarked)] == ["五月", "五月 六日", ""]
    assert [one.marked_f1 for one in (right, half, unmarked)] == pytest.approx([1, 2 / 3, 0])
    told = figures_of([right, half, unmarked, below, outcome(asked, "", 1.0)])["all"]
    assert told["answer_f1"] == pytest.approx((1 + 2 / 3) / 5)
    assert told["mark_f1"] == pytest.approx((1 + 2 / 3) / 2)
    # Not judged: nothing is known to answer, or nothing is marked.
    assert figures_of([outcome(asked_of("a"), "五月。", 1.0)])["all"]["answer_f1"] is None
    assert figures_of([unmarked, below])["all"]["mark_f1"] is None


def test_abstention_is_judged_by_the_best_sentence_whether_stated_or_not() -> None:
    asked = Known("?", "zh", ("五月",), frozenset("a"))
    nothing = Known("?", "zh", (), frozenset())
    below, above = THRESHOLD / 2, (1 + THRESHOLD) / 2
    outcomes = [
        outcome(asked, "五月开航。", 0.99),
        outcome(asked, "六月开航。", above),
        outcome(asked, "五月开航。", below),
    ]
    figures = abstention(outcomes, [outcome(nothing, "五月开航。", below / 2)])
    assert (figures["questions"], figures["unanswerable"]) == (3, 1)
    assert figures["auroc"] == 1.0
    assert figures["coverage"] == pytest.approx(2 / 3)
    assert figures["error"] == pytest.approx(1 / 2)
    risks = (0, 1 / 2, 1 / 3, 1 / 2)
    assert [figures[f"risk@{at}"] for at in (50, 80, 95)] == pytest.approx([1 / 2, 1 / 2, 1 / 2])
    assert figures["aurc"] == pytest.approx(sum(risks) / 4)
    told = [0.99, above, below, below / 2]
    assert figures["ece"] == pytest.approx(calibration_error(told, [True, False, True, False]))
    assert figures_of(outcomes)["all"]["answer_hit@1"] == pytest.approx(1 / 3)


def test_abstention_is_told_by_language_and_of_the_half_held_out() -> None:
    def asked(language: str, relevant: str, part: str = "") -> list[Outcome]:
        return [
            outcome(
                Known(f"{n}", language, (), frozenset(relevant), part=part, id=f"{n}"),
                "五月。",
                0.5,
            )
            for n in range(20)
        ]

    answerable = [*asked("zh", "a", "task=qa1"), *asked("en", "a")]
    parts = figures_of(answerable, asked("zh", ""))
    told = {name: figures for name, figures in parts.items() if "abstention" in name}
    names = ["", " zh", " task=qa1"]
    assert list(told) == [f"abstention{half}{name}" for half in ("", " held") for name in names]
    held = sum(held_out(one.known) for one in asked("zh", ""))
    assert 0 < held < 20
    counts = [figures["questions"] for figures in told.values()]
    assert counts == [40, 20, 20, 2 * held, held, held]
    assert {figures["unanswerable"] for figures in told.values()} == {20, held}


def test_a_report_judges_articles_answers_and_abstention(
    seeds_engine: Engine, dictionary: Dictionary, tmp_path: Path
) -> None:
    (shanghai, *_) = (source.article_id for source in seeds_engine.search(Query("上海数字化")))
    asked = write_rows(
        tmp_path / "asked.jsonl",
        {
            "question": "上海哪一年获得世界智慧城市大奖",
            "answers": ["2020年"],
            "relevant": [shanghai],
            "task": "year",
        },
        {
            "question": "what targets did Shanghai set for 2025",
            "relevant": [shanghai],
            "task": "targets",
        },
    )
    nothing = write_rows(tmp_path / "nothing.jsonl", {"question": "今天天气怎么样", "relevant": []})
    engine = Engine(seeds_engine.corpus, dictionary, threshold=0.0)
    outcomes, others = (
        run(engine, read_known(asked, by="task")),
        run(engine, read_unanswerable([nothing])),
    )
    for one in (*outcomes, *others):
        assert one.answer.citations
        served = seeds_engine.ask(Query(one.known.question))
        assert one.answered == (served.status != "not_found")
    parts = figures_of(outcomes, others)
    asked_by = [part for part in parts if "abstention" not in part]
    assert asked_by == ["all", "en", "zh", "task=targets", "task=year"]
    assert parts["zh"]["questions"] == parts["zh"]["hit@1"] == parts["zh"]["answer_hit@1"] == 1
    assert parts["zh"] == parts["task=year"]
    assert parts["en"]["answer_hit@1"] is None
    assert parts["abstention"]["auroc"] == 1.0
    assert parts["abstention"]["coverage"] == 1.0
    assert "abstention en" not in parts
    above, below = as_table(parts).split("\n\n")
    header, *rows = above.splitlines()
    assert header.split() == asked_by
    assert ["hit@10", *["1.000"] * 5] in [row.split() for row in rows]
    header, row, *_ = below.splitlines()
    assert (len(row.split()), row.split()[0]) == (1 + len(header.split()), "abstention")
