"""Asks the development sets: `make eval`. Writes README's table and adds a run to the history.

The sets are looked for in the folder that NEWSQA_DATA names; they are not part of the project.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
HISTORY = Path(__file__).parent / "evaluation.json"
DATA = Path(os.environ.get("NEWSQA_DATA") or ROOT.parent / "shared" / "data")

SETS = ("xquad_zh", "xquad_en", "xquad_mixed", "drcd", "cmrc2018", "rgb_zh", "crud_news")
COLUMNS = ("questions", "ndcg@10", "hit@1", "recall@100", "answered", "answer_hit@1", "median_ms")
BEGIN, END = "<!-- evaluation -->", "<!-- /evaluation -->"


def main() -> None:
    """Evaluate the sets that are named, or all, and write down what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sets", nargs="*", default=SETS)
    options.add_argument("--limit", type=int, default=300, help="questions of each set")
    chosen = options.parse_args()
    if not DATA.is_dir():
        sys.exit(f"{DATA}: no such folder; NEWSQA_DATA says where the sets are")
    results = {name: _evaluated(DATA / name, chosen.limit) for name in chosen.sets}
    history = json.loads(HISTORY.read_text("utf-8"))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    history.append({"date": today, "limit": chosen.limit, "sets": results})
    HISTORY.write_text(json.dumps(history, indent=1) + "\n", "utf-8")
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{_table(results)}\n{END}{after}", "utf-8")


def _evaluated(folder: Path, limit: int) -> dict[str, Any]:
    """Return the report of one set."""
    (passages,) = folder.glob("passages.jsonl*")
    arguments = ["--passages", passages, "--queries", folder / "queries.jsonl"]
    if (unanswerable := folder / "queries_unanswerable.jsonl").exists():
        arguments += ["--unanswerable", unanswerable]
    newsqa = [sys.executable, "-c", "from web.cli import main; main()"]
    command = [*newsqa, "evaluate", *map(str, arguments), "--limit", str(limit), "--json"]
    report: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return report


def _table(results: dict[str, dict[str, Any]]) -> str:
    rows = [["set", "asked in", *COLUMNS], ["---"] * (2 + len(COLUMNS))]
    for name, report in results.items():
        rows += [
            [name, language, *(_cell(figures[column]) for column in COLUMNS)]
            for language, figures in report.items()
            if language not in ("all", "abstention")
        ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    told = [
        f"{name}: confidence tells its {figures['unanswerable']} unanswerable questions from the"
        f" others at an AUROC of {figures['auroc']:.3f}; at the served threshold"
        f" {figures['coverage']:.2f} of the answerable ones are answered."
        for name, report in results.items()
        if (figures := report.get("abstention"))
    ]
    return "\n\n".join([table, *told])


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}" if value <= 1 else f"{value:.0f}"


if __name__ == "__main__":
    main()
