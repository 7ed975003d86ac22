"""What the bench tells: its table, and which figures fell short of their bounds."""

import json

import pytest

from tests.bench import report
from tests.bench.__main__ import MEASURES, ROWS
from tests.bench.report import Report, Row, missed, table
from tests.evaluation import README


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (Row("m", "", "", "x", at_least=3), True),
        (Row("m", "", "", "x", at_least=3.5), False),
        (Row("m", "", "", "x", at_most=3), True),
        (Row("m", "", "", "x", at_most=2.5), False),
        (Row("m", "", ""), True),
    ],
)
def test_a_bound_is_kept_or_missed(row: Row, kept: bool) -> None:
    figures: Report = {"m": {"x": 3.0, "date": "2026-01-01"}}
    assert row.kept(figures["m"]) is kept
    assert missed(figures, (row,)) == ([] if kept else [f"m.x is 3.0, not {row.bound}"])
    assert ("**missed**" in table(figures, (row,))) is not kept


def test_what_was_not_measured_is_not_in_the_table() -> None:
    rows = (Row("there", "one", "{x:.1f}"), Row("absent", "another", "{y}"))
    assert table({"there": {"x": 0.25, "date": "2026-01-01"}}, rows).splitlines()[2:] == [
        "| one | 0.2 | - | 2026-01-01 |"
    ]


def test_every_row_is_of_a_measure() -> None:
    assert {row.measure for row in ROWS} == MEASURES.keys()


def test_the_table_of_readme_is_that_of_the_report() -> None:
    known = json.loads(report.REPORT.read_text("utf-8"))
    assert table(known, ROWS) in README.read_text("utf-8")
