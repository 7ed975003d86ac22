"""What is reckoned of many machines: its simulation keeps to theory, and more never takes less."""

from dataclasses import replace
from itertools import accumulate, pairwise
from math import factorial
from random import Random

import pytest

from tests.bench.beyond import Known, read
from tests.bench.capacity import NEAR, PASSAGES, RATES, embedding, machines, main
from tests.bench.queueing import APART, Group, Network
from tests.bench.sizing import Plan, closed_loop, plan
from tests.evaluation import README

KNOWN = read()
LASTING = 3.0


def erlang_c(cores: int, load: float) -> float:
    """Return how likely it is to wait, with so many cores and so many of them busy on average."""
    last = load**cores / factorial(cores) * cores / (cores - load)
    return last / (sum(load**k / factorial(k) for k in range(cores)) + last)


@pytest.mark.parametrize(("cores", "busy"), [(1, 0.5), (2, 0.7), (8, 0.8)])
def test_waiting_is_as_erlang_has_it(cores: int, busy: float) -> None:
    random, load, count = Random(1), cores * busy, 200_000
    arrivals = [*accumulate(random.expovariate(load) for _ in range(count))]
    work = [random.expovariate(1) for _ in range(count)]
    answered = Network([Group(1, cores)], lambda number: ((0, work[number]),)).run(arrivals)
    waited = sum(end - begun for begun, end in answered) / count - sum(work) / count
    assert waited == pytest.approx(erlang_c(cores, load) / (cores - load), rel=0.04)


def test_who_is_served_in_turn_waits_for_those_before() -> None:
    network = Network([Group(1, 1)], lambda _: ((0, 1.0), (APART, 0.5), (0, 1.0)))
    # The second's first visit is between the two of the first; the first's second one waits for it.
    assert network.run([0.0, 0.1]) == [(0.0, 3.0), (0.1, 4.0)]


def test_a_question_goes_to_the_process_with_the_fewest() -> None:
    work = [9.0, 1.0, 1.0, 1.0]
    network = Network([Group(2, 1)], lambda number: ((0, work[number]),))
    assert [end for _, end in network.run([0.0, 1.0, 2.5, 4.0])] == [2.0, 3.5, 5.0, 9.0]


def test_clients_at_once_are_simulated_as_they_were_measured() -> None:
    simulated, measured = closed_loop(KNOWN)
    assert simulated == pytest.approx(measured, rel=NEAR)


@pytest.fixture(scope="module")
def plans() -> dict[tuple[int, int], Plan]:
    return {(size, rate): plan(KNOWN, size, rate, LASTING) for size in PASSAGES for rate in RATES}


def cores(one: Plan) -> int:
    return sum(part.all_cores for part in one.machines.parts)


@pytest.mark.parametrize("rate", RATES)
def test_more_passages_never_take_less(plans: dict[tuple[int, int], Plan], rate: int) -> None:
    for fewer, more in pairwise(plans[size, rate] for size in PASSAGES):
        assert fewer.gb < more.gb
        assert fewer.disk_gb < more.disk_gb
        assert cores(fewer) <= cores(more)
        assert fewer.cost < more.cost


@pytest.mark.parametrize("size", PASSAGES)
def test_more_questions_never_take_less(plans: dict[tuple[int, int], Plan], size: int) -> None:
    for slower, faster in pairwise(plans[size, rate] for rate in RATES):
        assert slower.machines.serving.all_cores < faster.machines.serving.all_cores
        assert cores(slower) < cores(faster)
        assert slower.gb <= faster.gb
        assert slower.cost < faster.cost


def test_all_fits_and_keeps_its_bounds(plans: dict[tuple[int, int], Plan]) -> None:
    room = KNOWN["gb_a_core"] * KNOWN["memory_filled"]
    for one in plans.values():
        assert one.median_ms <= one.p99_ms <= KNOWN["p99_ms"]
        work = one.rate * KNOWN["question_cpu_ms"] / 1e3
        assert work <= KNOWN["busy"] * one.machines.serving.all_cores
        if searching := one.machines.searching:
            assert searching.gb <= searching.all_cores * room


def given(name: str, value: float) -> Known:
    return replace(
        KNOWN, figures={**KNOWN.figures, name: replace(KNOWN.figures[name], value=value)}
    )


def test_a_bound_that_no_number_of_cores_keeps_is_told() -> None:
    with pytest.raises(SystemExit, match=r"10 questions a second: p99 is \d+ ms"):
        plan(given("p99_ms", 50), 1_000_000, 10, LASTING)


def test_a_simulation_far_from_what_was_measured_is_not_told() -> None:
    with pytest.raises(SystemExit, match=r"answers \d+\.\d questions a second, not 40\.0"):
        machines(given("clients_rate", 40))


def test_every_figure_is_told_with_its_basis() -> None:
    told = KNOWN.told()
    assert {figure.basis for figure in KNOWN.figures.values()} == {
        "measured",
        "reckoned",
        "assumed",
    }
    for name, figure in KNOWN.figures.items():
        assert str(figure) in told, name
        assert bool(figure.source) is (figure.basis != "assumed"), name


def test_another_figure_changes_the_tables_and_not_readme(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = README.read_bytes()
    monkeypatch.setattr(
        "sys.argv", ["capacity", "--set", "embedding_ms=36", "--set", "embedding_share=1"]
    )
    main()
    # 36 ms x 100 million = 1,000 hours
    assert "| 100,000,000 | 1,000 |" in capsys.readouterr().out.partition("hours of one core")[2]
    assert README.read_bytes() == before
    monkeypatch.setattr("sys.argv", ["capacity", "--set", "nothing=1"])
    with pytest.raises(SystemExit):
        main()
    assert "nothing is none of" in capsys.readouterr().err


def test_the_tables_of_readme_are_those_of_the_figures() -> None:
    text = README.read_text("utf-8")
    assert machines(KNOWN) in text, "run `make capacity`"
    assert embedding(KNOWN) in text
