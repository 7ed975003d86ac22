"""Figures -> the report that machines read, README's table, and what fell short of its bound."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.evaluation import markdown, write

REPORT = Path(__file__).parent / "report.json"
MARK = "bench"

Figures = Mapping[str, float]
Report = Mapping[str, Mapping[str, float | str]]
"""The newest figures of each measure, with the day (`date`) and the processor they are of."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what is told of a measure's figures, and the bound of one of them.

    Attributes:
        told: a format of the figures.
        figure: which of them is bounded, if one is.
    """

    measure: str
    label: str
    told: str
    figure: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bound(self) -> str:
        """The bound in words, empty if there is none."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"

    def kept(self, figures: Mapping[str, float | str]) -> bool:
        """Say whether the figure keeps its bound."""
        if not self.figure:
            return True
        value = float(figures[self.figure])
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)


def read() -> dict[str, Mapping[str, float | str]]:
    """Return the report as it stands."""
    known: dict[str, Mapping[str, float | str]] = json.loads(REPORT.read_text("utf-8"))
    return known


def keep(report: Report, rows: tuple[Row, ...]) -> None:
    """Write the report and README's table."""
    REPORT.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", "utf-8")
    write(MARK, table(report, rows))


def table(report: Report, rows: tuple[Row, ...]) -> str:
    """Return the rows whose measures are known; a bound that is not kept says so."""
    cells = [["", "measured", "bound", "on"]]
    for row in rows:
        if figures := report.get(row.measure):
            bound = row.bound if row.kept(figures) else f"**missed**: {row.bound}"
            told = row.told.format_map(figures)
            cells.append([row.label, told, bound or "-", str(figures["date"])])
    return markdown(cells)


def missed(report: Report, rows: tuple[Row, ...]) -> list[str]:
    """Return a line for each figure that does not keep its bound."""
    return [
        f"{row.measure}.{row.figure} is {report[row.measure][row.figure]}, not {row.bound}"
        for row in rows
        if row.measure in report and not row.kept(report[row.measure])
    ]
