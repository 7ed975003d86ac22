"""How often somebody may ask: as often as is said, by key or else by address."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from qa.config import Settings
from qa.engine import Engine
from qa.keys import Keys
from web import rates
from web.app import create_app
from web.rates import Rates, address

from .operating import KEY
from .problem import assert_problem

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "monotonic", clock)
    return clock


Asking = Callable[..., TestClient]


@pytest.fixture
def asking(engine: Engine, clock: Clock) -> Asking:
    """What returns clients of one server from an address, with a key if one is given."""
    assert clock.now
    app = create_app(engine, Settings(rate="3/minute", operator_key=SecretStr(KEY)))

    def client(host: str = "192.0.2.7", key: str = "") -> TestClient:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return TestClient(app, client=(host, 1), headers=headers)

    return client


def statuses(client: TestClient, count: int, path: str = "/articles") -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


bound = st.tuples(st.integers(1, 20), st.sampled_from(sorted(SECONDS)))


@given(
    bounds=st.lists(bound, min_size=1, max_size=3),
    pauses=st.lists(st.floats(0, 100), max_size=60),
)
def test_in_no_span_of_time_are_more_let_through_than_is_said(
    bounds: list[tuple[int, str]], pauses: list[float]
) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rates, "monotonic", clock)
        counted = Rates(";".join(f"{most}/{span}" for most, span in bounds), 1)
        let: list[float] = []
        for pause in pauses:
            clock.now += pause
            wait = counted.wait("somebody")
            if not wait:
                let.append(clock.now)
            for most, span in bounds:
                within = [at for at in let if at > clock.now - SECONDS[span]]
                assert len(within) <= most
            # Refused is nobody for whom there is room.
            assert not wait or any(
                sum(at > clock.now - SECONDS[span] for at in let) >= most for most, span in bounds
            )


@given(
    bounds=st.lists(bound, min_size=1, max_size=3),
    pauses=st.lists(st.floats(0, 5), min_size=10, max_size=40),
)
def test_who_waits_as_long_as_he_is_told_is_let_through(
    bounds: list[tuple[int, str]], pauses: list[float]
) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rates, "monotonic", clock)
        counted = Rates(";".join(f"{most}/{span}" for most, span in bounds), 1)
        for pause in pauses:
            clock.now += pause
            if wait := counted.wait("somebody"):
                assert 1 <= wait <= max(SECONDS[span] for _, span in bounds) + 1
                clock.now += wait
                assert counted.wait("somebody") == 0


def test_too_many_are_refused_and_told_when_to_come_again(asking: Asking, clock: Clock) -> None:
    client = asking()
    assert statuses(client, 3) == [200, 200, 200]
    clock.now += 10
    refused = client.get("/articles")
    assert_problem(refused, 429)
    assert refused.headers["retry-after"] == "51"
    assert "51 s" in refused.json()["detail"]
    clock.now += 51
    assert statuses(client, 1) == [200]


def test_what_reads_and_what_writes_counts_and_the_pages_files_do_not(asking: Asking) -> None:
    files = ("/", "/docs", "/openapi.json", "/embed.js", "/operator", "/healthz", "/metrics")
    client = asking()
    assert statuses(client, 3) == [200, 200, 200]
    for path in (*files, "/static/app.js"):
        assert client.get(path).status_code == 200, path
    assert client.get("/articles/a", headers={"Accept": "text/html"}).status_code == 404
    for method, path in (("POST", "/ask"), ("POST", "/articles"), ("GET", "/nothing")):
        assert client.request(method, path).status_code == 429, path


def test_each_address_is_counted_for_itself_whatever_it_says_of_itself(asking: Asking) -> None:
    assert statuses(asking("192.0.2.7"), 4) == [200, 200, 200, 429]
    assert statuses(asking("192.0.2.8"), 1) == [200]
    headers = {"X-Forwarded-For": "192.0.2.9", "Forwarded": "for=192.0.2.9"}
    assert asking("192.0.2.7").get("/articles", headers=headers).status_code == 429


def test_of_ipv6_a_network_is_one(asking: Asking) -> None:
    hosts = [f"2001:db8:0:1::{number}" for number in range(4)]
    assert [asking(host).get("/facets").status_code for host in hosts][2:] == [200, 429]
    assert statuses(asking("2001:db8:0:2::1"), 1) == [200]


@given(st.ip_addresses(v=4))
def test_an_address_is_one_whichever_way_it_is_written(host: Any) -> None:
    assert address({"client": (str(host), 1)}) == address({"client": (f"::ffff:{host}", 1)})


@pytest.mark.parametrize("client", [None, ("", 0), ("x", 1)])
def test_what_has_no_address_is_counted_as_well(client: tuple[str, int] | None) -> None:
    assert isinstance(address({"client": client}), str)


def test_a_key_is_counted_for_itself_wherever_it_comes_from(asking: Asking, engine: Engine) -> None:
    keys = Keys(engine.corpus.home)
    one, other = keys.add("one")[1], keys.add("other")[1]
    hosts = [f"192.0.2.{number}" for number in range(4)]
    assert [asking(host, one).get("/articles").status_code for host in hosts][2:] == [200, 429]
    assert statuses(asking("192.0.2.0", other), 1) == [200]
    assert statuses(asking("192.0.2.0"), 4) == [200, 200, 200, 429]
    assert statuses(asking("192.0.2.0", KEY), 1, "/operation") == [200]


def test_a_keys_own_rate_takes_the_place_of_everybodys(asking: Asking, engine: Engine) -> None:
    keys = Keys(engine.corpus.home)
    often = asking(key=keys.add("often", "read", "5/minute")[1])
    seldom = asking(key=keys.add("seldom", "read", "1/minute;9/hour")[1])
    assert statuses(often, 6) == [200] * 5 + [429]
    assert statuses(seldom, 2) == [200, 429]


def test_who_tries_keys_is_counted_by_his_address(asking: Asking) -> None:
    wrong = [asking(key=f"newsqa_{number:08x}_{number:064x}") for number in range(5)]
    assert [one.get("/articles").status_code for one in wrong] == [401, 401, 401, 429, 429]
    assert statuses(asking(), 1) == [429]


def test_without_a_rate_anybody_asks_as_often_as_he_likes(client: TestClient) -> None:
    assert set(statuses(client, 50)) == {200}


@pytest.mark.parametrize(("workers", "shares"), [(1, 6), (2, 3), (4, 1), (64, 1)])
def test_each_of_several_workers_lets_its_share_through(workers: int, shares: int) -> None:
    # Two bounds of the same share are one.
    counted = Rates("6/hour;7/hour", workers)
    assert [counted.wait("x") == 0 for _ in range(8)] == [True] * shares + [False] * (8 - shares)


def held(counted: Rates) -> tuple[int, int]:
    """Return how many are remembered, and how much of all they asked."""
    made: Any = counted._limiter.storage
    return len(made._made), sum(map(len, made._made.values()))


def test_memory_is_bounded_whoever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 10_000)
    counted = Rates("5/second;100000/day", 1)
    for number in range(2_000):
        counted.wait(f"somebody {number}")
        people, requests = held(counted)
        assert people * rates.PLACE + requests <= rates.MOST
    alone = Rates("100000/day", 1)
    for _ in range(20_000):
        alone.wait("one")
    assert sum(held(alone)) <= rates.MOST


def test_who_asks_too_often_is_not_forgotten_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 10_000)
    counted = Rates("3/day", 1)
    let = 0
    for number in range(5_000):
        counted.wait(f"somebody {number}")
        let += counted.wait("again and again") == 0
    assert let == 3
