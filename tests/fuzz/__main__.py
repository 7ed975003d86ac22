"""Seeds to millions of inputs, and to those by which a law is broken: kept as files.

`python -m tests.fuzz` tries all laws, several at a time; `python -m tests.fuzz LAW FILE` tries one
input again. By Atheris, which goes where an input reaches new code, where it is installed; else, or
with --plain, by Hypothesis. What Atheris finds worth keeping it begins with the next time.
"""

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hypothesis import HealthCheck, given, settings

INPUTS = 1_000_000
SECONDS = 20
"""That an input may take at most; the slowest of the seeds takes some milliseconds."""
MOST_BYTES = 4_000
MOST_MEGABYTES = 2_000


def main() -> int:
    """Try all laws, or one again; return how many are broken."""
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("law", nargs="?", help="only this one")
    parser.add_argument("file", nargs="?", type=Path, help="an input to try again")
    parser.add_argument("--inputs", type=int, default=INPUTS, help="of all laws together")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "newsqa" / "fuzz")
    parser.add_argument("--plain", action="store_true", help="by Hypothesis alone")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    covering = not given.plain and importlib.util.find_spec("atheris") is not None
    if given.alone:
        (by_coverage if covering else by_chance)(given.law, given.inputs, given.folder)
        return 0
    from tests.fuzz.laws import LAWS

    if given.file:
        LAWS[given.law].check(given.file.read_bytes())
        return 0
    names = [given.law] if given.law else sorted(LAWS, key=lambda name: -LAWS[name].share)
    whole = sum(LAWS[name].share for name in names)

    def run(name: str) -> bool:
        share = round(given.inputs * LAWS[name].share / whole)
        return _run(name, share, given.folder, plain=not covering)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        broken = list(pool.map(run, names)).count(False)
    print(f"{broken} of {len(names)} laws broken")
    return broken


def _run(name: str, inputs: int, folder: Path, *, plain: bool) -> bool:
    """Try a law in a process of its own and say whether it held."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "broken").mkdir(exist_ok=True)
    log = folder / f"{name}.log"
    command = [sys.executable, "-m", "tests.fuzz", name, "--alone", "--inputs", str(inputs)]
    command += ["--folder", str(folder), *(["--plain"] if plain else [])]
    begun = time.monotonic()
    with log.open("wb") as told:
        held = subprocess.run(command, stdout=told, stderr=told, check=False).returncode == 0
    seconds = time.monotonic() - begun
    rate = f"{inputs:,} inputs in {seconds:.0f} s, {inputs / seconds:,.0f} a second"
    print(f"{name}: {rate}" if held else f"{name}: BROKEN, see {log}", flush=True)
    return held


def by_coverage(name: str, inputs: int, folder: Path) -> None:
    """Try a law by inputs that reach code which none before has reached; does not return."""
    import atheris

    with atheris.instrument_imports(include=["qa", "web.requests"], enable_loader_override=False):
        from tests.fuzz.laws import LAWS
    law = LAWS[name]
    for seed in law.seeds:
        (folder / name / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    options = [f"-runs={inputs}", f"-max_len={MOST_BYTES}", f"-timeout={SECONDS}", "-len_control=0"]
    options += [f"-rss_limit_mb={MOST_MEGABYTES}", "-print_final_stats=1", "-close_fd_mask=1"]
    options += [f"-artifact_prefix={folder / 'broken' / name}-"]
    atheris.Setup([sys.argv[0], *options, str(folder / name)], law.check)
    atheris.Fuzz()


def by_chance(name: str, inputs: int, folder: Path) -> None:
    """Try a law by inputs that Hypothesis makes.

    Raises:
        Exception: whatever broke it; the smallest input that does so is kept.
    """
    from tests.fuzz.laws import LAWS

    law = LAWS[name]
    quick = settings(
        max_examples=inputs, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )

    @quick
    @given(law.inputs)
    def held(data: bytes) -> None:
        try:
            law.check(data)
        except Exception:
            (folder / "broken" / f"{name}-least").write_bytes(data)
            raise

    held()


if __name__ == "__main__":
    sys.exit(main())
