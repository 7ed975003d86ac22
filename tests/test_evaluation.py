"""The tables of `make eval` show the newest figures, each beside the part of the set it is for."""

from .evaluation import SETS, Run, ablation_table, figures_table


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
