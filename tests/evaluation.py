"""Asks the development sets: `make eval`. Writes README's tables and adds the runs to the history.

The sets are looked for in the folder that NEWSQA_DATA names; they are not part of the project.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.home import Part

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HISTORY = Path(__file__).parent / "evaluation.json"
DATA = Path(os.environ.get("NEWSQA_DATA") or ROOT.parent / "shared" / "data")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the articles of a set lie, and by which field of its questions it is reported.

    Attributes:
        folder: the set's name if it is empty.
    """

    passages: tuple[str, ...] = ("passages.jsonl",)
    by: str = ""
    folder: str = ""


SETS = {
    "xquad_zh": Asked(),
    "xquad_en": Asked(),
    "xquad_mixed": Asked(),
    "drcd": Asked(),
    "cmrc2018": Asked(),
    "rgb_zh": Asked(),
    "crud_news": Asked(("passages.jsonl.gz",), "task"),
    "hexo_news": Asked(("converted", "genuine"), "task"),
    "crud_news_scale": Asked(("passages.jsonl.gz", "distractors.jsonl.gz"), "task", "crud_news"),
}
SLOW = "crud_news_scale"
"""Embedding its 64,577 articles takes hours: asked only when it is named."""


PARTS = tuple(map(str, Part))

COLUMNS = (
    "questions", "ndcg@10", "hit@1", "hit@10", "recall@100", "answered", "answer_hit@1",
    "median_ms",
)  # fmt: skip

Report = Mapping[str, Mapping[str, Any]]
Run = Mapping[str, Any]


def main() -> None:
    """Evaluate the sets that are named, or all but the slow one, and write down what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}")
    options.add_argument("--limit", type=int, default=300, help="questions of each set and task")
    options.add_argument(
        "--ablation", action="store_true", help="ask again with each part of retrieval taken away"
    )
    chosen = options.parse_args()
    names = chosen.sets or [name for name in SETS if name != SLOW]
    if unknown := sorted(set(names) - SETS.keys()):
        options.error(f"no such set: {', '.join(unknown)}")
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no such folder; NEWSQA_DATA says where the sets are")
    for mark in ("evaluation", "ablation") if chosen.ablation else ("evaluation",):
        _around(mark)  # fails now, not after an hour
    history: list[Run] = json.loads(HISTORY.read_text("utf-8"))
    for without in (None, *PARTS) if chosen.ablation else (None,):
        results = {name: evaluated(name, chosen.limit, without) for name in names}
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        history.append({"date": today, "limit": chosen.limit, "without": without, "sets": results})
        # After each run, since the next may fail.
        HISTORY.write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    write("evaluation", figures_table(history))
    if chosen.ablation:
        write("ablation", ablation_table(history[-1 - len(PARTS) :]))


def evaluated(name: str, limit: int, without: str | None = None) -> Report:
    """Return the report of one set, asked with a part of retrieval taken away if one is named."""
    asked = SETS[name]
    folder = DATA / (asked.folder or name)
    arguments = ["--queries", folder / "queries.jsonl", "--limit", limit]
    for passages in asked.passages:
        arguments += ["--passages", folder / passages]
    if (unanswerable := folder / "queries_unanswerable.jsonl").exists():
        arguments += ["--unanswerable", unanswerable]
    if asked.by:
        arguments += ["--by", asked.by]
    if without:
        arguments += ["--without", without]
    newsqa = [sys.executable, "-c", "from web.cli import main; main()"]
    command = [*newsqa, "evaluate", *map(str, arguments), "--json"]
    report: Report = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return report


def figures_table(history: Sequence[Run]) -> str:
    """Return the newest figures of each set, with the day it was asked, and what abstaining did."""
    newest = {
        name: (run["date"], report)
        for run in history
        if not run.get("without")
        for name, report in run["sets"].items()
    }
    shown = {name: newest[name] for name in SETS if name in newest}
    rows = [["set", "part", *COLUMNS, "asked on"]]
    for name, (date, report) in shown.items():
        rows += [
            [name, _short(part), *(_cell(report[part].get(column)) for column in COLUMNS), date]
            for part in parts_of(report)
        ]
    told = [
        f"{name}: confidence tells its {figures['unanswerable']} unanswerable questions from the"
        f" others at an AUROC of {figures['auroc']:.3f}; at the served threshold"
        f" {figures['coverage']:.2f} of the answerable ones are answered."
        for name, (_, report) in shown.items()
        if (figures := report.get("abstention"))
    ]
    return "\n\n".join([_markdown(rows), *told])


def ablation_table(runs: Sequence[Run]) -> str:
    """Return nDCG@10 of the runs: a row for what was taken away, a column for a part of a set."""
    first: Mapping[str, Report] = runs[0]["sets"]
    columns = [(name, part) for name, report in first.items() for part in parts_of(report)]
    rows = [["without", *(f"{name} {_short(part)}" for name, part in columns)]]
    for run in runs:
        cells = (run["sets"][name][part]["ndcg@10"] for name, part in columns)
        rows.append([run["without"] or "nothing", *map(_cell, cells)])
    return _markdown(rows)


def parts_of(report: Report) -> list[str]:
    """Return the parts to show: those by a field if the report has any, else the languages."""
    fields = [part for part in report if "=" in part]
    return fields or [part for part in report if part not in ("all", "abstention")]


def write(mark: str, table: str) -> None:
    """Put the table into README, between the comments with this mark."""
    before, after = _around(mark)
    README.write_text(f"{before}\n{table}\n{after}", "utf-8")


def _around(mark: str) -> tuple[str, str]:
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = README.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{README}: no {begin} and {end} to put a table between")
    return before + begin, end + after


def _short(part: str) -> str:
    """Return "qa1" for "task=qa1", and a language as it is."""
    return part.rpartition("=")[2]


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    ruled = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}" if value <= 1 else f"{value:.0f}"


if __name__ == "__main__":
    main()
