"""The measures say what the field says they say; values here are worked out by hand."""

import math
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.engine import Engine
from qa.errors import QuestionRefused
from qa.evaluate import (
    as_table,
    auroc,
    figures_of,
    hit,
    ndcg,
    read_known,
    recall,
    reciprocal_rank,
    run,
)
from qa.types import Query

FOUND = ("a", "b", "c", "d")


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
        ir_measures.Success @ 5: float(hit(found, relevant, 5)),
    }
    assert ir_measures.calc_aggregate(list(ours), judged, ranked) == pytest.approx(ours)


def test_auroc_is_the_chance_that_a_positive_outranks_a_negative() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.9, 0.1], [0.5]) == 0.5
    assert auroc([0.5], [0.5]) == 0.5


def test_a_limit_takes_questions_from_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    lines = (f'{{"question": "问题{n}", "lang": "zh", "relevant": ["{n}"]}}' for n in range(10))
    path.write_text("\n".join(lines), "utf-8")
    assert len(read_known(path)) == 10
    assert [known.question for known in read_known(path, 3)] == ["问题0", "问题3", "问题6"]


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    path = tmp_path / "queries.jsonl"
    path.write_text('{"question": "问", "relevant": []}\n{"relevant": []}\n', "utf-8")
    with pytest.raises(QuestionRefused, match=r"queries\.jsonl:2"):
        read_known(path)


def test_a_report_judges_articles_answers_and_abstention(
    seeds_engine: Engine, tmp_path: Path
) -> None:
    (shanghai, *_) = (source.article_id for source in seeds_engine.search(Query("上海数字化")))
    asked = tmp_path / "asked.jsonl"
    asked.write_text(
        f'{{"question": "上海哪一年获得世界智慧城市大奖", "answers": ["2020年"],'
        f' "relevant": ["{shanghai}"]}}\n'
        f'{{"question": "what targets did Shanghai set for 2025", "relevant": ["{shanghai}"]}}\n',
        "utf-8",
    )
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text('{"question": "今天天气怎么样", "relevant": []}\n', "utf-8")
    parts = figures_of(run(seeds_engine, read_known(asked)), run(seeds_engine, read_known(nothing)))
    assert list(parts) == ["all", "en", "zh", "abstention"]
    assert parts["zh"]["questions"] == parts["zh"]["hit@1"] == parts["zh"]["answer_hit@1"] == 1
    assert parts["en"]["answer_hit@1"] is None
    assert parts["abstention"]["auroc"] == 1.0
    assert "ndcg@10" in as_table(parts)
