"""Asks the development sets: `make eval`. Writes README's tables and adds the runs to the history.

The sets are looked for in the folder that NEWSQA_DATA names; they are not part of the project.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from qa.home import Part
from qa.known import learned_from

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HISTORY = Path(__file__).parent / "evaluation.json"
DATA = Path(os.environ.get("NEWSQA_DATA") or ROOT.parent / "shared" / "data")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the articles of a set lie, and by which field of its questions it is reported.

    Attributes:
        folder: the set's name if it is empty.
        unanswerable: questions that nothing in it answers: a file in the data folder.
        halved: whether every second article is taken away, and with it the answers to half of the
            questions; the neighbours that stay are on the same subjects.
        half: whether the built-in reader has learned from half of its articles (`make train`): only
            questions of the others are asked.
        learned: whether it has learned from all of them: figures of answers would say nothing.
    """

    passages: tuple[str, ...] = ("passages.jsonl",)
    by: str = ""
    folder: str = ""
    unanswerable: str = ""
    halved: bool = False
    half: bool = False
    learned: bool = False


SETS = {
    "xquad_zh": Asked(half=True),
    "xquad_en": Asked(half=True),
    "xquad_mixed": Asked(half=True),
    "drcd": Asked(learned=True),
    "cmrc2018": Asked(learned=True),
    "rgb_zh": Asked(),
    "crud_news": Asked(
        ("passages.jsonl.gz",), "task", unanswerable="crud_news/queries_unanswerable.jsonl"
    ),
    "hexo_news": Asked(("converted", "genuine"), "task"),
    "crud_news_scale": Asked(("passages.jsonl.gz", "distractors.jsonl.gz"), "task", "crud_news"),
}
SLOW = "crud_news_scale"
"""Embedding its 64,577 articles takes hours: asked only when it is named."""

ABSTAINING = {
    "cdqa": Asked(
        ("passages.jsonl.gz",), "task", folder="crud_news", unanswerable="cdqa/queries.jsonl"
    ),
    "xquad_zh_half": Asked(folder="xquad_zh", halved=True, half=True),
    "xquad_en_half": Asked(folder="xquad_en", halved=True, half=True),
}
"""Asked for their figures of abstention only."""

ALL = {**SETS, **ABSTAINING}

PARTS = tuple(map(str, Part))

COLUMNS = (
    "questions", "ndcg@10", "hit@1", "hit@10", "recall@100", "answered", "answer_hit@1",
    "answer_f1", "median_ms",
)  # fmt: skip

ABSTENTION_COLUMNS = (
    "questions", "unanswerable", "auroc", "coverage", "error", "risk@50", "risk@80", "risk@95",
    "ece",
)  # fmt: skip
HELD = "abstention held"
OF_ANSWERS = ("answered", "answer_hit@1", "answer_f1")

Report = Mapping[str, Mapping[str, Any]]
Run = Mapping[str, Any]


def main() -> None:
    """Evaluate the sets that are named, or all but the slow one, and write down what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(ALL)}")
    options.add_argument("--limit", type=int, default=300, help="questions of each set and task")
    options.add_argument(
        "--ablation", action="store_true", help="ask again with each part of retrieval taken away"
    )
    chosen = options.parse_args()
    usual = SETS if chosen.ablation else ALL
    names = chosen.sets or [name for name in usual if name != SLOW]
    if unknown := sorted(set(names) - ALL.keys()):
        options.error(f"no such set: {', '.join(unknown)}")
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no such folder; NEWSQA_DATA says where the sets are")
    for mark in ("evaluation", "abstention", "ablation"):
        _around(mark)  # fails now, not after an hour
    history: list[Run] = json.loads(HISTORY.read_text("utf-8"))
    for without in (None, *PARTS) if chosen.ablation else (None,):
        results = {name: evaluated(name, chosen.limit, without) for name in names}
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        history.append({"date": today, "limit": chosen.limit, "without": without, "sets": results})
        # After each run, since the next may fail.
        HISTORY.write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    write("evaluation", figures_table(history))
    write("abstention", abstention_table(history))
    if chosen.ablation:
        write("ablation", ablation_table(history[-1 - len(PARTS) :]))


def evaluated(name: str, limit: int, without: str | None = None) -> Report:
    """Return the report of one set, asked with a part of retrieval taken away if one is named."""
    asked = ALL[name]
    folder = DATA / (asked.folder or name)
    unanswerable = DATA / asked.unanswerable if asked.unanswerable else None
    with TemporaryDirectory() as scratch:
        if asked.halved:
            folder, unanswerable = halve(folder, Path(scratch), asked.half)
        queries = folder / "queries.jsonl"
        if asked.half:
            queries = Path(scratch) / "unlearned.jsonl"
            queries.write_text("\n".join(unlearned(folder)), "utf-8")
        arguments = ["--queries", queries, "--limit", limit]
        for passages in asked.passages:
            arguments += ["--passages", folder / passages]
        if unanswerable:
            arguments += ["--unanswerable", unanswerable]
        if asked.by:
            arguments += ["--by", asked.by]
        if without:
            arguments += ["--without", without]
        newsqa = [sys.executable, "-c", "from web.cli import main; main()"]
        command = [*newsqa, "evaluate", *map(str, arguments), "--json"]
        report: Report = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return report


def halve(folder: Path, into: Path, half: bool = False) -> tuple[Path, Path]:
    """Write every second article of a set, the questions it answers, and those that lost theirs.

    Returns the folder these are in and the file of the questions that nothing answers any more.
    """
    articles = _lines(folder / "passages.jsonl")[::2]
    kept = {json.loads(line)["id"] for line in articles}
    questions = unlearned(folder) if half else _lines(folder / "queries.jsonl")
    lost = [line for line in questions if kept.isdisjoint(json.loads(line)["relevant"])]
    answered = [line for line in questions if kept.issuperset(json.loads(line)["relevant"])]
    unanswerable = into / "unanswerable.jsonl"
    for path, lines in (
        (into / "passages.jsonl", articles),
        (into / "queries.jsonl", answered),
        (unanswerable, lost),
    ):
        path.write_text("\n".join(lines), "utf-8")
    return into, unanswerable


def unlearned(folder: Path) -> list[str]:
    """Return the questions, as lines, of the articles that the built-in reader learned nothing of.

    Of parallel sets it learned the same half of the titles (`FOLDER:half` of `qa.training`).
    """
    articles = map(json.loads, _lines(folder / "passages.jsonl"))
    learned = {one["id"] for one in articles if learned_from(one["title"])}
    lines = _lines(folder / "queries.jsonl")
    return [line for line in lines if learned.isdisjoint(json.loads(line)["relevant"])]


def figures_table(history: Sequence[Run]) -> str:
    """Return the newest figures of each set, with the day it was asked."""
    rows = [["set", "part", *COLUMNS, "asked on"]]
    for name, (date, report) in _newest(history, SETS):
        rows += [
            [name, _short(part), *(_figure(name, report[part], one) for one in COLUMNS), date]
            for part in parts_of(report)
        ]
    return markdown(rows)


def abstention_table(history: Sequence[Run]) -> str:
    """Return the newest figures of abstention of each set, of the half nothing is fitted on."""
    rows = [["set", "part", *ABSTENTION_COLUMNS, "asked on"]]
    for name, (date, report) in _newest(history, [one for one in ALL if not ALL[one].learned]):
        for part in parts_of(report):
            if told := report.get(f"{HELD} {part}"):
                cells = (_cell(told[column]) for column in ABSTENTION_COLUMNS)
                rows.append([name, _short(part), *cells, date])
    return markdown(rows)


def _newest(history: Sequence[Run], names: Iterable[str]) -> list[tuple[str, tuple[str, Report]]]:
    """Return day and report of the newest run of each of these sets with nothing taken away."""
    newest = {
        name: (run["date"], report)
        for run in history
        if not run.get("without")
        for name, report in run["sets"].items()
    }
    return [(name, newest[name]) for name in names if name in newest]


def ablation_table(runs: Sequence[Run]) -> str:
    """Return nDCG@10 of the runs: a row for what was taken away, a column for a part of a set."""
    first: Mapping[str, Report] = runs[0]["sets"]
    columns = [(name, part) for name, report in first.items() for part in parts_of(report)]
    rows = [["without", *(f"{name} {_short(part)}" for name, part in columns)]]
    for run in runs:
        cells = (run["sets"][name][part]["ndcg@10"] for name, part in columns)
        rows.append([run["without"] or "nothing", *map(_cell, cells)])
    return markdown(rows)


def parts_of(report: Report) -> list[str]:
    """Return the parts to show: those by a field if the report has any, else the languages."""
    parts = [part for part in report if part != "all" and not part.startswith("abstention")]
    return [part for part in parts if "=" in part] or parts


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


def _lines(path: Path) -> list[str]:
    # Not str.splitlines: a text may hold U+2028, which ends no line of a file.
    return path.read_text("utf-8").strip().split("\n")


def _figure(name: str, told: Mapping[str, Any], column: str) -> str:
    learned = SETS[name].learned and column in OF_ANSWERS
    return _cell(None if learned else told.get(column))


def _short(part: str) -> str:
    """Return "qa1" for "task=qa1", and a language as it is."""
    return part.rpartition("=")[2]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its header first."""
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
