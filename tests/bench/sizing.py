"""Figures, passages and questions a second -> machines, how long questions take, what all costs."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from random import Random

from tests.bench.beyond import Known
from tests.bench.queueing import APART, Group, Network, Visit

MILLION = 1_000_000
QUESTIONS = 6_000
"""Simulated at least; the first tenth, which finds all cores idle, is left out."""
LASTING = 20
"""Seconds that are simulated at least."""
SIZES = (2, 4, 8, 16)
"""Cores of the machines that can be had."""
WORKER = 2
"""Cores of a serving process: as many as it was measured on."""
MONTH = 730
"""Hours."""
Times = tuple[float, float]
"""Median and 99th percentile, milliseconds."""


@dataclass(frozen=True, slots=True)
class Part:
    """Machines of a kind: how many, the cores of each, and the GB that all together fill."""

    machines: int
    cores: int
    gb: float

    @property
    def all_cores(self) -> int:
        """Of all machines."""
        return self.machines * self.cores

    def __str__(self) -> str:
        """Return it as the table tells it."""
        return f"{self.machines:,} x {self.cores} cores, {gigabytes(self.gb)}"


@dataclass(frozen=True, slots=True)
class Machines:
    """What serves so many passages and questions a second; without engines where one machine can.

    Attributes:
        searching: Milvus's machines.
        beside: the one for all else that Milvus needs.
    """

    serving: Part
    searching: Part | None = None
    beside: Part | None = None
    database: Part | None = None

    @property
    def parts(self) -> Sequence[Part]:
        """All kinds that there are."""
        every = (self.serving, self.searching, self.beside, self.database)
        return [part for part in every if part]


@dataclass(frozen=True, slots=True)
class Plan:
    """Machines with the disk they fill, how long questions take, and what all costs a month."""

    passages: int
    rate: int
    machines: Machines
    disk_gb: float
    median_ms: float
    p99_ms: float
    cost: float

    @property
    def gb(self) -> float:
        """The memory that is filled."""
        return sum(part.gb for part in self.machines.parts)


def plan(known: Known, passages: int, rate: int, lasting: float = LASTING) -> Plan:
    """Return the machines: one with all that newsqa brings where that is enough, else engines."""
    alone = _alone(known, passages, rate, lasting)
    machines, times = alone or _together(known, passages, rate, lasting)
    disk = passages * stored_bytes(known) / 1e9
    if machines.database:
        disk *= machines.database.machines
        disk += passages * _milvus_bytes(known) * known["milvus_disk_times"] / 1e9
    cost = disk * known["disk_gb_month"]
    for part in machines.parts:
        bought = max(part.all_cores * known["gb_a_core"], part.gb / known["memory_filled"])
        hourly = part.all_cores * known["core_hour"] + bought * known["gb_hour"]
        cost += MONTH * hourly
    return Plan(passages, rate, machines, disk, *times, cost)


def _alone(known: Known, passages: int, rate: int, lasting: float) -> tuple[Machines, Times] | None:
    if passages > known["one_machine_passages"]:
        return None
    work = known["question_cpu_ms"] + known["vectors_ms"] + _words_ms(known, passages)
    visits = ((0, work / 1e3),)
    serving, times = _serving(known, rate, lasting, (), visits, known["local_mb"] / 1e3)
    return (Machines(serving), times) if serving.machines == 1 else None


def _together(known: Known, passages: int, rate: int, lasting: float) -> tuple[Machines, Times]:
    searching, database = _searching(known, passages, rate), _database(known, passages, rate)
    segment = known["segment_ms"] + _words_ms(known, known["segment_passages"])
    after = known["question_cpu_ms"] - known["encode_ms"]
    after += known["database_client_ms"] + known["milvus_client_ms"]
    visits = (
        (0, known["encode_ms"] / 1e3),
        (APART, (known["milvus_call_ms"] + known["round_trip_ms"] + segment) / 1e3),
        (1, _search_ms(known, passages) / searching.all_cores / 1e3),
        (APART, known["database_calls"] * known["round_trip_ms"] / 1e3),
        (2, known["database_ms"] / 1e3),
        (0, after / 1e3),
    )
    groups = (Group(1, 1), Group(database.machines, database.cores))
    serving, times = _serving(known, rate, lasting, groups, visits, known["worker_mb"] / 1e3)
    beside = Part(1, round(known["milvus_beside_cores"]), known["milvus_beside_gb"])
    return Machines(serving, searching, beside, database), times


def _searching(known: Known, passages: int, rate: int) -> Part:
    """Return Milvus's machines: memory for all, cores for the rate and for one search in time."""
    work = _search_ms(known, passages)
    cores = max(rate * work / 1e3 / known["busy"], work / known["search_limit_ms"])
    return _fitted(known, cores, passages * _milvus_bytes(known) * known["milvus_headroom"] / 1e9)


def _database(known: Known, passages: int, rate: int) -> Part:
    """Return PostgreSQL's machines: one, and copies to read from where it cannot send enough."""
    cores = rate * known["database_ms"] / 1e3 / known["busy"]
    network = rate * known["database_mb"] / 1e3 / known["network_gb_a_second"]
    machines = ceil(max(cores / SIZES[-1], network))
    kept = passages * stored_bytes(known) * known["postgres_in_memory"] / 1e9
    return Part(machines, _size(cores / machines), machines * max(kept, known["postgres_least_gb"]))


def _serving(
    known: Known,
    rate: int,
    lasting: float,
    groups: Sequence[Group],
    visits: Sequence[Visit],
    gb: float,
) -> tuple[Part, Times]:
    """Return the fewest machines that keep the bounds; `gb` is a process's memory."""
    work = sum(seconds for group, seconds in visits if group == 0)
    few = ceil(rate * work / known["busy"] / WORKER)
    for processes in range(few, 4 * few + 4):
        servers = Group(processes, WORKER)
        times = latencies(known, rate, lasting, (servers, *groups), visits)
        if times[1] <= known["p99_ms"]:
            return _fitted(known, processes * WORKER, processes * gb), times
    sys.exit(f"{rate} questions a second: p99 is {times[1]:.0f} ms with {processes} processes")


def latencies(
    known: Known, rate: int, lasting: float, groups: Sequence[Group], visits: Sequence[Visit]
) -> Times:
    """Return the median and the 99th percentile of simulated questions, in milliseconds.

    The last visit differs from question to question as measured; the seed is always the same.
    """
    random, count = Random(0), max(QUESTIONS, round(lasting * rate))
    arrivals = [*accumulate(random.expovariate(rate) for _ in range(count))]
    shares = random.choices(known.shape, k=count)
    *before, (last, seconds) = visits
    network = Network(groups, lambda number: (*before, (last, seconds * shares[number])))
    took = sorted(1e3 * (end - begun) for begun, end in network.run(arrivals)[count // 10 :])
    return took[len(took) // 2], took[len(took) * 99 // 100]


def closed_loop(known: Known) -> tuple[float, float]:
    """Return the questions a second that clients at once get of two cores: simulated, measured."""
    random, clients = Random(0), round(known["clients"])
    shares = random.choices(known.shape, k=QUESTIONS)
    work = known["question_cpu_ms"] / 1e3
    network = Network([Group(1, WORKER)], lambda number: ((0, work * shares[number]),))
    answered = network.run([0.0] * clients, QUESTIONS - clients)
    return len(answered) / answered[-1][1], known["clients_rate"]


def _words_ms(known: Known, passages: float) -> float:
    return passages / MILLION * known["words_ms"]


def _search_ms(known: Known, passages: int) -> float:
    """Return the work of one search in Milvus, of one core."""
    segments = ceil(passages / known["segment_passages"])
    work = known["milvus_work_ms"] + segments * known["segment_ms"]
    return work + _words_ms(known, passages)


def _milvus_bytes(known: Known) -> float:
    return sum(known[f"milvus_{what}_bytes"] for what in ("vector", "graph", "words", "field"))


def stored_bytes(known: Known) -> float:
    """Return what a passage takes in PostgreSQL, with its share of the article."""
    return sum(known[f"{what}_bytes"] for what in ("article", "passage", "token_vector"))


def _fitted(known: Known, cores: float, gb: float) -> Part:
    """Return the fewest machines with so many cores and room for so many GB."""
    needed = max(cores, gb / known["memory_filled"] / known["gb_a_core"])
    return Part(ceil(needed / SIZES[-1]), _size(needed), gb)


def _size(cores: float) -> int:
    return next((size for size in SIZES if size >= cores), SIZES[-1])


def gigabytes(number: float) -> str:
    """Return so many gigabytes as they are told."""
    return f"{number:,.0f} GB" if number >= 10 else f"{number:.1f} GB"
