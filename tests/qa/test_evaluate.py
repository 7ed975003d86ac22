"""The measures say what the field says they say; values here are worked out by hand."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import Corpus
from qa.engine import Engine
from qa.errors import QuestionRefused
from qa.evaluate import as_table, corpus_home, figures_of, index_articles, run
from qa.known import Known, located, read_known
from qa.measures import auroc, hit, ndcg, recall, reciprocal_rank
from qa.types import Query

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


def test_auroc_is_the_chance_that_a_positive_outranks_a_negative() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.9, 0.1], [0.5]) == 0.5
    assert auroc([0.5], [0.5]) == 0.5


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


def test_a_report_judges_articles_answers_and_abstention(
    seeds_engine: Engine, tmp_path: Path
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
    outcomes = run(seeds_engine, read_known(asked, by="task"))
    parts = figures_of(outcomes, run(seeds_engine, read_known(nothing, answerable=False)))
    assert list(parts) == ["all", "en", "zh", "task=targets", "task=year", "abstention"]
    assert parts["zh"]["questions"] == parts["zh"]["hit@1"] == parts["zh"]["answer_hit@1"] == 1
    assert parts["zh"] == parts["task=year"]
    assert parts["en"]["answer_hit@1"] is None
    assert parts["abstention"]["auroc"] == 1.0
    header, *rows = as_table(parts).splitlines()
    assert header.split() == ["all", "en", "zh", "task=targets", "task=year"]
    assert ["hit@10", *["1.000"] * 5] in [row.split() for row in rows]
