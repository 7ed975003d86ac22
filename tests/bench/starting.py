"""A server's start: from the process to its first answer, and what it keeps in memory."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.bench.clocks import cpu_seconds_of
from tests.bench.report import Figures
from tests.bench.served import serving

ROUNDS = 5
MORE = 49
"""Questions after the first, at whose end memory is read once more."""

_FIELDS = {"mb": "VmRSS", "own_mb": "RssAnon"}


def starting(home: Path, questions: Sequence[str], rounds: int = ROUNDS) -> Figures:
    """Return medians over `rounds` of serving a home anew.

    `seconds` and `cpu_seconds` go from the start of the process to its first answer; `mb` is
    resident after it and `mb_later` after MORE questions, `own_mb` and `own_mb_later` what of it is
    no file's.
    """
    every = [_once(home, questions) for _ in range(rounds)]
    return {name: median(one[name] for one in every) for name in every[0]}


def _once(home: Path, questions: Sequence[str]) -> Figures:
    with serving(home) as served:
        pid = served.process.pid
        first = {"seconds": served.until_answered(questions[0]), "cpu_seconds": cpu_seconds_of(pid)}
        early = resident(pid)
        for number in range(MORE):
            served.ask(questions[number % len(questions)])
        return {**first, **early, **{f"{name}_later": mb for name, mb in resident(pid).items()}}


def resident(pid: int) -> Figures:
    """Return a process's resident megabytes, and those that no file holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = dict(one.split(":", 1) for one in lines)
    return {name: int(told[field].split()[0]) * 1024 / 1e6 for name, field in _FIELDS.items()}
