"""Takes the measures that are named, or all that are not long: `make bench`, `make bench-scale`.

Prints a JSON line each, keeps the figures in `report.json` and README's table, and fails where
one does not keep its bound. Peers run in turn with newsqa in one process, and the median of the
ratios counts: machines differ and are noisy.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from tests.bench import report
from tests.bench.adding import adding
from tests.bench.encoding import encoding
from tests.bench.homes import Homes
from tests.bench.page import page
from tests.bench.questions import alone, during_a_rebuild, searching, together
from tests.bench.rebuilding import rebuilding
from tests.bench.report import Figures, Row
from tests.bench.starting import starting
from tests.bench.vectors import vectors

MILLION = 1_000_000
ASKED = ("上海2025年的目标是什么", "六大工程有哪些", "what targets did Shanghai set for 2025")
ARTICLES = 150

SHORT: dict[str, Callable[[Homes], Figures]] = {
    "encoding": lambda homes: encoding(homes.cache),
    "ask": lambda homes: alone(homes.news, homes.questions),
    "clients": lambda homes: together(homes.news, homes.questions),
    "ask during rebuild": lambda homes: during_a_rebuild(homes.news, homes.questions),
    "start": lambda homes: starting(homes.news, homes.questions),
    "add": lambda homes: adding(homes.made_up(1_000)),
    "rebuild": lambda homes: rebuilding(
        [str(path) for path in sorted(homes.articles.iterdir())[:ARTICLES]], homes.encoder
    ),
    "search 100,000": lambda homes: searching(homes.made_up(100_000), ASKED),
    "page": lambda homes: page(homes.seeds),
}
LONG: dict[str, Callable[[Homes], Figures]] = {
    "vectors 10,000": lambda homes: vectors(10_000, *homes.vectors(), homes.folder),
    "vectors 100,000": lambda homes: vectors(100_000, *homes.vectors(), homes.folder),
    "vectors 1,000,000": lambda homes: vectors(MILLION, *homes.vectors(), homes.folder),
    "ask 1,000,000": lambda homes: alone(homes.made_up(MILLION), ASKED),
    "start 1,000,000": lambda homes: starting(homes.made_up(MILLION), ASKED),
    "add 1,000,000": lambda homes: adding(homes.made_up(MILLION)),
    "search 1,000,000": lambda homes: searching(homes.made_up(MILLION), ASKED),
}
MEASURES = SHORT | LONG

_ADDED = "{seconds:.2f} s; withdrawn in {withdraw_seconds:.2f} s"
_ASKED = "{ask_ms:.0f} ms, {ratio:.1f} times what its models need"
_STARTED = "{seconds:.1f} s ({cpu_seconds:.1f} s of CPU)"
_RESIDENT = "{mb:.0f} MB, {mb_later:.0f} after 50 questions ({own_mb_later:.0f} its own)"
_SEARCHED = "{search_ms:.0f} ms, question and all; vectors alone {vectors_ms:.1f} ms of one core"
_VECTORS = (
    "recall@10 {recall_at_10:.3f}, @100 {recall_at_100:.3f}; {ms:.1f} ms of one core,"
    " {bytes:.0f} bytes a passage, made in {build_seconds:.0f} s, loaded in {load_seconds:.1f} s"
)

ROWS = (
    Row(
        "encoding",
        "encoding, passages of 130 tokens per CPU second",
        "{passages_per_cpu_second:.1f}; sentence-transformers fp32"
        " {peer_passages_per_cpu_second:.1f}: {ratio:.1f} times",
        "ratio",
        at_least=3,
    ),
    Row("encoding", "their cosine, the least", "{cosine:.5f}", "cosine", at_least=0.995),
    Row("encoding", "a question, encoded", "{question_ms:.1f} ms"),
    Row("ask", "`/ask` over HTTP, 10,000 passages", _ASKED, "ratio", at_most=2),
    Row("ask 1,000,000", "the same, 1,000,000 passages", _ASKED, "ratio", at_most=4),
    Row(
        "clients",
        "16 clients at once",
        "{questions_per_second:.1f} questions a second, {share:.2f} of what the models allow",
        "share",
        at_least=0.8,
    ),
    Row(
        "ask during rebuild",
        "`/ask` while another process rebuilds",
        "{rebuilding_ms:.0f} ms, {ratio:.1f} times; the slowest {slowest_rebuilding_ms:.0f} ms",
    ),
    Row("start", "start to first answer, 10,000 passages", _STARTED, "seconds", at_most=1.5),
    Row("start", "resident memory, serving them", _RESIDENT, "mb", at_most=450),
    Row("start 1,000,000", "the same, 1,000,000 passages", _STARTED, "seconds", at_most=2.5),
    Row("start 1,000,000", "resident memory, serving them", _RESIDENT, "mb", at_most=1600),
    Row("add", "an article added and found, 1,000 passages", _ADDED, "seconds", at_most=0.3),
    Row("add 1,000,000", "the same, 1,000,000 passages", _ADDED, "seconds", at_most=0.3),
    Row(
        "rebuild",
        "rebuilding, beside encoding",
        "{beside_ms:.1f} ms a passage, {share:.2f} of the encoder's {encoding_ms:.1f}",
        "share",
        at_most=0.15,
    ),
    Row("search 100,000", "a search, 100,000 passages", _SEARCHED),
    Row("search 1,000,000", "a search, 1,000,000 passages", _SEARCHED, "vectors_ms", at_most=5),
    Row("vectors 10,000", "vectors, 10,000", _VECTORS, "recall_at_10", at_least=0.99),
    Row("vectors 100,000", "vectors, 100,000", _VECTORS, "recall_at_10", at_least=0.99),
    Row("vectors 1,000,000", "vectors, 1,000,000", _VECTORS, "recall_at_10", at_least=0.99),
    Row("vectors 1,000,000", "of that, room", "{bytes:.0f} bytes a passage", "bytes", at_most=450),
    Row("page", "the page, first visit", "{loaded_kb:.0f} kB, shown after {first_paint_ms:.0f} ms"),
)


def main() -> None:
    """Take the measures; exit with those whose figures do not keep their bound."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}")
    options.add_argument("--scale", action="store_true", help="take the long ones")
    chosen = options.parse_args()
    names = chosen.measures or [*(LONG if chosen.scale else SHORT)]
    if unknown := sorted(set(names) - MEASURES.keys()):
        options.error(f"no such measure: {', '.join(unknown)}")
    homes, known = Homes(), report.read()
    for name in names:
        figures = {what: round(value, 4) for what, value in MEASURES[name](homes).items()}
        sys.stdout.write(json.dumps({"measured": name, **figures}) + "\n")
        sys.stdout.flush()
        known[name] = {**figures, "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": _machine()}
        report.keep(known, ROWS)  # after each, since the next may fail
    if missed := report.missed({name: known[name] for name in names}, ROWS):
        sys.exit("\n".join(missed))


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}"


if __name__ == "__main__":
    main()
