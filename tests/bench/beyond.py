"""`report.json` and `beyond.json` -> the figures that reckoning beyond one machine rests on.

`python -m tests.bench.beyond` measures anew how the work of questions differs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median

from qa.home import open_home
from qa.types import Query
from tests.bench import report
from tests.bench.clocks import cpu_seconds
from tests.bench.homes import Homes

BEYOND = Path(__file__).parent / "beyond.json"
MEASURED = (
    ("question_cpu_ms", "clients", "cpu_ms", "ms of a core for a question, 16 at once"),
    ("clients", "clients", "clients", "clients"),
    ("clients_rate", "clients", "questions_per_second", "questions a second for them"),
    ("alone_ms", "ask", "ask_ms", "ms for one that is alone"),
    ("encode_ms", "encoding", "question_ms", "ms of it to encode the question"),
    ("vectors_ms", "vectors 1,000,000", "ms", "ms of a core for a vector among a million"),
    ("worker_mb", "start", "mb_later", "MB of a serving process"),
    ("local_mb", "start 1,000,000", "mb_later", "MB of one with an index of a million"),
    ("embedding_ms", "rebuild", "encoding_ms", "ms of a core to embed a passage"),
    ("load_ms", "rebuild", "beside_ms", "ms of a core to take one in, with SQLite"),
)
"""Of `report.json`: name, measure, figure, unit."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that the tables rest on; `basis` is "measured", "reckoned" or "assumed"."""

    value: float
    unit: str
    basis: str
    source: str

    def __str__(self) -> str:
        """Return it with its unit, and where it is from."""
        number = f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:.3g}"
        return f"{number} {self.unit}" + (f" ({self.source})" if self.source else "")


@dataclass(frozen=True, slots=True)
class Known:
    """All figures by their names, and how the work of questions differs: shares of the mean."""

    figures: Mapping[str, Figure]
    shape: Sequence[float]

    def __getitem__(self, name: str) -> float:
        """Return a figure's value; raises KeyError where there is none of that name."""
        return self.figures[name].value

    def told(self) -> str:
        """Return a line for each basis, with the figures that have it."""
        lines = []
        for basis in ("measured", "reckoned", "assumed"):
            told = [str(figure) for figure in self.figures.values() if figure.basis == basis]
            lines.append(f"- **{basis.capitalize()}**: {'; '.join(told)}.")
        return "\n".join(lines)


def read() -> Known:
    """Return the figures of `report.json` that are needed here, and over them `beyond.json`'s."""
    beyond, taken = json.loads(BEYOND.read_text("utf-8")), report.read()
    figures = {
        name: Figure(float(taken[measure][figure]), unit, "measured", f"report.json: {measure}")
        for name, measure, figure, unit in MEASURED
    }
    figures["words_ms"] = _words(taken)
    figures |= {name: Figure(**figure) for name, figure in beyond["figures"].items()}
    return Known(figures, beyond["shape"])


def _words(taken: report.Report) -> Figure:
    """Return what a million passages more add to a search, vectors apart."""
    (few, many) = (taken[f"search {number}"] for number in ("100,000", "1,000,000"))
    more = [float(many[what]) - float(few[what]) for what in ("search_ms", "vectors_ms")]
    source = "report.json: search 1,000,000 and 100,000, with tantivy, not Milvus"
    return Figure(
        (more[0] - more[1]) / 0.9, "ms of a core for a million passages' words", "reckoned", source
    )


def shares(home: Path, questions: Sequence[str], rounds: int = 5) -> list[float]:
    """Return each question's work as a share of the mean, ascending: the medians of rounds."""
    engine = open_home(home)
    asked = [partial(engine.ask, Query(question)) for question in questions]
    for ask in asked:
        ask()
    work = [
        median(each) for each in zip(*(map(cpu_seconds, asked) for _ in range(rounds)), strict=True)
    ]
    return sorted(round(one / mean(work), 3) for one in work)


def main() -> None:
    """Measure how the work of questions differs, and keep it."""
    homes, kept = Homes(), json.loads(BEYOND.read_text("utf-8"))
    kept["shape"] = shares(homes.news, homes.questions)
    BEYOND.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
