"""What was measured of one machine -> tables of many in README: `python -m tests.bench.capacity`.

None of it was run at such sizes: it is reckoned and simulated, and told with all that it rests on.
"""

import argparse
import sys
from dataclasses import replace
from math import ceil, isfinite

from tests.bench.beyond import Known, read
from tests.bench.sizing import (
    LASTING,
    MILLION,
    SIZES,
    Plan,
    closed_loop,
    gigabytes,
    plan,
    stored_bytes,
)
from tests.evaluation import markdown, write

PASSAGES = (MILLION, 10 * MILLION, 100 * MILLION)
RATES = (10, 100, 1_000)
NEAR = 0.2
"""How far the simulation may be from what clients at once were measured to get."""
SAID = """Nothing of this was run at such a size. Questions come at random and go to the serving \
process, of two cores, that has the fewest. Those processes work as with 10,000 passages: how \
many are read and compared does not grow. Where one machine is not enough, Milvus finds passages \
by vectors (HNSW) and by words, all in memory, each held once, and a search spreads evenly over \
its cores; one machine more is for the rest of it. Most of its work comes from segments of the \
default size; fewer, larger ones should take less. Finding words in it was never run, and is taken \
to be the work that it is for tantivy. Nothing is answered from a cache, no articles change \
meanwhile, and no machine stands by for one that fails. The prices are assumptions: {core_hour} \
for a core an hour, {gb_hour} for a GB of memory an hour, {disk_gb_month} for a GB of disk a \
month, in any currency. `make capacity` tells all that is measured, reckoned or assumed here, and \
`python -m tests.bench.capacity --set core_hour=0.05` reckons with yours."""


def machines(known: Known, lasting: float = LASTING) -> str:
    """Return the table of machines, and what it rests on; exits where the simulation is far off."""
    simulated, measured = closed_loop(known)
    if abs(simulated / measured - 1) > NEAR:
        sys.exit(f"the simulation answers {simulated:.1f} questions a second, not {measured:.1f}")
    header = "passages,a second,serving,Milvus,PostgreSQL,memory,disk,median,p99,a month"
    rows = [_row(plan(known, size, rate, lasting)) for size in PASSAGES for rate in RATES]
    agreement = (
        f"Simulated, the {known['clients']:.0f} clients of `make bench` get {simulated:.1f}"
        f" questions a second of two cores; measured were {measured:.1f}. One that is alone"
        f" takes {known['question_cpu_ms']:.0f} ms there, {known['alone_ms']:.0f} when measured."
    )
    return "\n\n".join((markdown([header.split(","), *rows]), f"{_said(known)} {agreement}"))


def _said(known: Known) -> str:
    prices = ("core_hour", "gb_hour", "disk_gb_month")
    return SAID.format(**{name: known[name] for name in prices})


def _row(one: Plan) -> list[str]:
    kinds = one.machines
    return [
        f"{one.passages:,}",
        f"{one.rate:,}",
        str(kinds.serving),
        str(kinds.searching or "-"),
        str(kinds.database or "-"),
        gigabytes(one.gb),
        gigabytes(one.disk_gb),
        f"{one.median_ms:.0f} ms",
        f"{one.p99_ms:.0f} ms",
        f"{one.cost:,.0f}",
    ]


def embedding(known: Known) -> str:
    """Return the table of what it takes to embed so many passages and to load them."""
    header = (
        "passages,hours of one core,machines of 16 cores for a day,cost,shards,"
        "taken in by one process,indexed by Milvus,PostgreSQL,without token vectors"
    )
    rows = [header.split(",")]
    bare = stored_bytes(known) - known["token_vector_bytes"]
    for passages in PASSAGES:
        hours = passages * known["embedding_ms"] / known["embedding_share"] / 3.6e6
        price = known["core_hour"] + known["gb_a_core"] * known["gb_hour"]
        days = ceil(hours / 24 / SIZES[-1])
        kept = (known["shard_bytes"], stored_bytes(known), bare)
        shards, *stored = (gigabytes(passages * each / 1e9) for each in kept)
        taken = f"{passages * known['load_ms'] / 3.6e6:,.1f} h"
        indexed = f"{passages * known['milvus_index_ms'] / 3.6e6:,.1f} core-hours"
        cells = (f"{passages:,}", f"{hours:,.0f}", f"{days}", f"{hours * price:,.1f}")
        rows.append([*cells, shards, taken, indexed, *stored])
    return markdown(rows)


def main() -> None:
    """Print the tables, and put them into README unless other figures are given."""
    options = argparse.ArgumentParser(description=__doc__)
    told = "reckon with this figure of beyond.json instead; README stays as it is"
    options.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=told)
    given, known = options.parse_args().set, read()
    for name, _, value in (one.partition("=") for one in given):
        if name not in known.figures:
            options.error(f"{name} is none of {', '.join(sorted(known.figures))}")
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not (isfinite(number) and number > 0):
            options.error(f"{name}: {value!r} is no number above 0")
        figure = replace(known.figures[name], value=number, basis="assumed", source="given")
        known = replace(known, figures={**known.figures, name: figure})
    sys.stdout.write(f"{known.told()}\n\n")
    for mark, table in (("capacity", machines(known)), ("embedding", embedding(known))):
        sys.stdout.write(f"{table}\n\n")
        if not given:
            write(mark, table)


if __name__ == "__main__":
    main()
