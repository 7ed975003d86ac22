"""The tables of `make eval` show the newest figures, each beside the part of the set it is for."""

import json
from pathlib import Path

from qa.known import learned_from

from .evaluation import (
    ABSTENTION_COLUMNS,
    SETS,
    Run,
    ablation_table,
    abstention_table,
    figures_table,
    halve,
    unlearned,
)


def report(**values: float) -> dict[str, dict[str, float]]:
    """Return a report with this nDCG@10 for each part, all of them first."""
    return {part: {"ndcg@10": value} for part, value in {"all": 0.5, **values}.items()}


def cells(table: str) -> list[list[str]]:
    """Return the cells of a Markdown table without its rule."""
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return [rows[0], *rows[2:]]


def test_figures_are_the_newest_of_each_set_and_part() -> None:
    history: list[Run] = [
        {
            "date": "2025-01-01",
            "sets": {"drcd": report(zh=0.1), "xquad_zh": report(zh=0.2, en=0.3)},
        },
        {"date": "2025-01-02", "without": None, "sets": {"drcd": report(zh=0.4)}},
        {"date": "2025-01-03", "without": "words", "sets": {"drcd": report(zh=0.9)}},
    ]
    header, *rows = cells(figures_table(history))
    at = header.index("ndcg@10")
    assert [(row[0], row[1], row[at], row[-1]) for row in rows] == [
        ("xquad_zh", "zh", "0.200", "2025-01-01"),
        ("xquad_zh", "en", "0.300", "2025-01-01"),
        ("drcd", "zh", "0.400", "2025-01-02"),
    ]
    assert list(SETS).index("xquad_zh") < list(SETS).index("drcd")


def test_ablation_has_a_row_for_each_part_taken_away() -> None:
    def sets(value: float) -> dict[str, object]:
        by_task = {"zh": {"ndcg@10": 0.0}, "task=event": {"ndcg@10": value}}
        return {"xquad_zh": report(en=value), "crud_news": {**report(), **by_task}}

    runs: list[Run] = [
        {"without": None, "sets": sets(0.9)},
        {"without": "words", "sets": sets(0.8)},
    ]
    assert cells(ablation_table(runs)) == [
        ["without", "xquad_zh en", "crud_news event"],
        ["nothing", "0.900", "0.900"],
        ["words", "0.800", "0.800"],
    ]


def test_abstention_is_shown_of_the_half_that_nothing_is_fitted_on() -> None:
    def told(auroc: float) -> dict[str, float]:
        return {**dict.fromkeys(ABSTENTION_COLUMNS, 0.5), "auroc": auroc}

    sets = {
        "xquad_en_half": {
            **report(en=0.1, zh=0.1),
            "abstention": told(0.1),
            "abstention en": told(0.2),
            "abstention held": told(0.3),
            "abstention held en": told(0.4),
        },
        "drcd": report(zh=0.1),
    }
    header, *rows = cells(abstention_table([{"date": "2025-01-01", "sets": sets}]))
    assert len(header) == len(rows[0])
    assert [(row[0], row[1], row[header.index("auroc")]) for row in rows] == [
        ("xquad_en_half", "en", "0.400")
    ]
    assert [
        row[:2] for row in cells(figures_table([{"date": "2025-01-01", "sets": sets}]))[1:]
    ] == [["drcd", "zh"]]


def test_half_of_a_set_keeps_every_question_and_every_second_article(tmp_path: Path) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    whole.mkdir()
    half.mkdir()
    articles = [json.dumps({"id": f"{n}", "text": "…"}) for n in range(5)]
    questions = [json.dumps({"question": "?", "relevant": [f"{n % 5}"]}) for n in range(10)]
    (whole / "passages.jsonl").write_text("\n".join(articles))
    (whole / "queries.jsonl").write_text("\n".join(questions))
    folder, unanswerable = halve(whole, half)
    assert (folder / "passages.jsonl").read_text().splitlines() == articles[::2]
    answered = (folder / "queries.jsonl").read_text().splitlines()
    lost = unanswerable.read_text().splitlines()
    assert [json.loads(line)["relevant"] for line in lost] == [["1"], ["3"], ["1"], ["3"]]
    assert sorted(answered + lost) == sorted(questions)


def test_of_a_set_half_learned_only_questions_of_the_other_half_are_asked(tmp_path: Path) -> None:
    titles = [f"title {at}" for at in range(40)]
    articles = [json.dumps({"id": f"{at}", "title": titles[at]}) for at in range(40)]
    questions = [json.dumps({"question": "?", "relevant": [f"{at % 40}"]}) for at in range(80)]
    (tmp_path / "passages.jsonl").write_text("\n".join(articles))
    (tmp_path / "queries.jsonl").write_text("\n".join(questions))
    asked = {titles[int(json.loads(line)["relevant"][0])] for line in unlearned(tmp_path)}
    assert asked == {title for title in titles if not learned_from(title)}
    assert len(unlearned(tmp_path)) == 2 * len(asked)


def test_nothing_is_told_of_answers_from_what_was_learned_from() -> None:
    sets = {"drcd": report(zh=0.4), "xquad_zh": report(zh=0.2)}
    for one in sets.values():
        one["zh"]["answer_hit@1"] = 0.9
    header, *rows = cells(figures_table([{"date": "2025-01-01", "sets": sets}]))
    hit, ndcg = (header.index(name) for name in ("answer_hit@1", "ndcg@10"))
    assert [(row[0], row[ndcg], row[hit]) for row in rows] == [
        ("xquad_zh", "0.200", "0.900"),
        ("drcd", "0.400", "-"),
    ]
