"""A stream that was lost: the work stops, and whoever comes back gets the rest of it."""

import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx2
import pytest
from fastapi.testclient import TestClient

from qa.corpus import Corpus
from qa.engine import Engine
from qa.types import Citation, Done, Event, IndexInfo, Meta, Query, Statement, Timings
from web import streams
from web.app import create_app

from .events import events
from .operating import LOCAL
from .serving import drop_after, listen, served

ASKED = {"question": "x", "stream": True}
FORGOTTEN = "0" * 32


class Articles:
    """Articles of all ids but those that were withdrawn."""

    def __init__(self) -> None:
        self.withdrawn: set[str] = set()

    def find(self, ids: Iterable[str]) -> dict[str, None]:
        return dict.fromkeys(set(ids) - self.withdrawn)


def cites(article_id: str, text: str) -> Statement:
    url = f"/articles/{article_id}#char=0-1"
    return Statement(text, (Citation(1, article_id, f"{article_id}:0-0", "x", 0, 1, 0, 1, url, 1),))


def told(statements: int) -> Sequence[Event]:
    """Return an answer of so many statements."""
    return answer_of(*(cites("a", str(number)) for number in range(statements)))


def answer_of(*between: Event) -> Sequence[Event]:
    """Return an answer with these events between its first and its last."""
    meta = Meta("ask-1", "x", "x", "en", IndexInfo("1", "m", 1, 1))
    return meta, *between, Done("answered", "x", 0.5, Timings())


class Teller(Engine):
    """Tells the same answer to every question and counts what was drawn of it.

    Attributes:
        before: called before each event with its number, counted from 0.
        asked: questions of which something was drawn.
        drawn: events, of all of them.
        closed: set when an answer was given up before its end.
        answers: all that were begun, held here so that nothing but closing ends them.
        articles: those that it tells of.
    """

    def __init__(self, answer: Sequence[Event], before: Callable[[int], object] = str) -> None:
        self.articles = Articles()
        self.corpus = cast(
            Corpus, SimpleNamespace(articles=self.articles, home=Path(), generations=None)
        )
        self.answer = answer
        self.before = before
        self.asked = 0
        self.drawn = 0
        self.closed = threading.Event()
        self.answers: list[Generator[Event, None, None]] = []

    def stream(self, _: Query | str, until: float = inf) -> Generator[Event, None, None]:
        assert until < inf
        self.answers.append(self._tell())
        return self.answers[-1]

    def _tell(self) -> Generator[Event, None, None]:
        self.asked += 1
        try:
            for number, event in enumerate(self.answer):
                self.before(number)
                self.drawn += 1
                yield event
        except GeneratorExit:
            self.closed.set()
            raise


def after(client: TestClient, last: str, **options: object) -> httpx2.Response:
    return client.post("/ask", json={**ASKED, **options}, headers={"Last-Event-ID": last})


@pytest.mark.parametrize("question", ["上海2025年的目标是什么", "Who won the 2022 World Cup?"])
def test_cut_anywhere_the_first_events_and_the_rest_are_the_whole(
    seeds: TestClient, question: str
) -> None:
    whole = events(after(seeds, "", question=question).text)
    for cut in range(1, len(whole)):
        rest = after(seeds, whole[cut - 1]["id"], question=question)
        assert whole[:cut] + events(rest.text) == whole


def test_a_question_in_the_address_is_taken_up_alike(seeds: TestClient) -> None:
    headers = {"Accept": "text/event-stream"}
    whole = events(seeds.get("/ask", params={"q": "x"}, headers=headers).text)
    headers["Last-Event-ID"] = whole[0]["id"]
    assert events(seeds.get("/ask", params={"q": "x"}, headers=headers).text) == whole[1:]


def test_an_answer_that_was_dropped_anywhere_is_told_on_and_worked_out_once() -> None:
    for cut in range(1, 5):
        engine = Teller(told(3), lambda _: time.sleep(0.01))
        with served(engine) as url:
            first = drop_after(url, cut)
            rest = list(listen(url, first[-1]["id"]))
        id = first[0]["id"].partition(":")[0]
        assert [one["id"] for one in first + rest] == [f"{id}:{n}" for n in (1, 2, 3, 4, "end")]
        assert (engine.asked, engine.drawn) == (1, 5)


def test_a_dropped_client_stops_the_work() -> None:
    engine = Teller(told(1000), lambda _: time.sleep(0.005))
    with served(engine) as url:
        drop_after(url, 2)
        time.sleep(0.5)
        drawn = engine.drawn
        time.sleep(0.2)
        assert engine.drawn == drawn < 500
        assert not engine.closed.is_set()


def test_one_that_is_dropped_while_an_event_is_made_is_taken_up_meanwhile() -> None:
    making, made = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        if number == 2:
            making.set()
            made.wait(20)

    engine = Teller(told(3), wait)
    with served(engine) as url:
        with closing(listen(url)) as stream:
            first = [next(stream), next(stream)]
            assert making.wait(20)
        threading.Timer(0.3, made.set).start()
        rest = list(listen(url, first[-1]["id"]))
    assert [one["event"] for one in first + rest] == ["meta", *["statement"] * 3, "done"]
    assert engine.drawn == 5


def test_all_who_read_at_once_get_every_event_once() -> None:
    engine = Teller(told(200))
    stream = streams.Stream(Query("x"), engine.stream(Query("x"), 60.0))

    def read(_: int) -> list[bytes]:
        found: list[bytes] = []
        while (event := stream.event(len(found))) is not None:
            found.append(event)
        return found

    with ThreadPoolExecutor(4) as threads:
        readings = list(threads.map(read, range(4)))
    assert readings == [stream.drawn] * 4
    assert engine.drawn == len(stream.drawn) == 202


def test_what_nobody_takes_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "KEPT_SECONDS", 0.1)
    engine = Teller(told(3))
    engine.before = lambda number: time.sleep(0.05 * number)
    with served(engine) as url:
        first = drop_after(url, 2)
        assert engine.closed.wait(20)
        anew = list(listen(url, first[-1]["id"]))
    assert [one["event"] for one in anew] == ["meta", *["statement"] * 3, "done"]
    assert anew[0]["id"] != first[0]["id"]


def test_who_still_reads_is_not_cut_off_where_another_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "KEPT_SECONDS", 0.05)
    engine = Teller(told(8), lambda _: time.sleep(0.05))
    with served(engine) as url:
        with closing(listen(url)) as leaving:
            first = next(leaving)
            staying = listen(url, first["id"])
            rest = [next(staying)]
        rest += staying
    assert [one["event"] for one in rest] == [*["statement"] * 8, "done"]
    assert engine.drawn == 10


@pytest.mark.parametrize(("bound", "most"), [("MOST_KEPT", 1), ("MOST_KEPT_BYTES", 5000)])
def test_only_so_much_is_kept_and_the_last_left_longest(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(streams, bound, most)
    client = TestClient(create_app(Teller(told(10))))
    first, second = (events(after(client, "").text) for _ in range(2))
    assert events(after(client, second[0]["id"]).text) == second[1:]
    assert events(after(client, first[0]["id"]).text)[0]["event"] == "meta"


@pytest.mark.parametrize(
    "last",
    [
        "1",
        "x" * 1000,
        f"{FORGOTTEN}:1",
        "{}",
        "{}:",
        "{}:0",
        "{}:01",
        "{}:-1",
        "{}:6",
        "{}:999999999",
        "{}:END",
        "ask-{}:1",
    ],
)
def test_an_id_of_no_event_is_answered_anew(last: str) -> None:
    engine = Teller(told(3))
    client = TestClient(create_app(engine), client=LOCAL)
    whole = events(after(client, "").text)
    anew = events(after(client, last.format(whole[0]["id"].partition(":")[0])).text)
    assert [one["data"] for one in anew] == [one["data"] for one in whole]
    assert not {one["id"] for one in anew} & {one["id"] for one in whole}
    assert engine.asked == 2


@pytest.mark.parametrize("other", [{"question": "y"}, {"top_k": 4}, {"filters": {"author": ["x"]}}])
def test_another_question_is_never_answered_with_the_rest_of_this(other: dict[str, object]) -> None:
    client = TestClient(create_app(Teller(told(3))))
    whole = events(after(client, "").text)
    assert events(after(client, whole[1]["id"], **other).text)[0]["event"] == "meta"


@pytest.mark.parametrize("id", [None, FORGOTTEN])
def test_after_the_last_event_an_event_source_is_told_to_stop(id: str | None) -> None:
    engine = Teller(told(0))
    client = TestClient(create_app(engine), client=LOCAL)
    over = f"{id}:end" if id else events(after(client, "").text)[-1]["id"]
    asked = engine.asked
    response = after(client, over)
    assert (response.status_code, response.content) == (204, b"")
    assert engine.asked == asked


@pytest.mark.parametrize("told_before", [0, 1])
def test_an_error_is_told_again_until_it_was_heard(told_before: int) -> None:
    def fail(number: int) -> None:
        if number == told_before:
            raise RuntimeError("a secret")

    engine = Teller(told(3), fail)
    client = TestClient(create_app(engine), client=LOCAL)
    stream = events(after(client, "").text)
    assert [one["event"] for one in stream] == ["meta", "error"][1 - told_before :]
    for had in stream[:-1]:
        assert events(after(client, had["id"]).text) == stream[-1:]
    assert after(client, stream[-1]["id"]).status_code == 204
    assert engine.asked == 1


FERRY = {"id": "ferry", "text": "The night ferry to Anholm begins on 3 May."}
REPRINT = {**FERRY, "id": "reprint", "title": "To Anholm by night"}
BRIDGE = {"id": "bridge", "text": "The bridge to Anholm is open from May to October."}
ANHOLM = "When does the ferry to Anholm begin?"


@pytest.mark.parametrize("id", ["ferry", "bridge", "reprint"])
def test_who_comes_back_hears_nothing_of_what_was_withdrawn(engine: Engine, id: str) -> None:
    client = TestClient(create_app(engine), client=LOCAL)

    def keep() -> None:
        client.post("/articles", json=[FERRY, BRIDGE, REPRINT])

    keep()
    whole = events(after(client, "", question=ANHOLM).text)
    assert any(id in one["data"] for one in whole)
    for cut in range(1, len(whole)):
        keep()
        first = events(after(client, "", question=ANHOLM).text)[:cut]
        # As another process does it.
        engine.corpus.remove([id])
        anew = events(after(client, first[-1]["id"], question=ANHOLM).text)
        assert [one["event"] for one in (anew[0], anew[-1])] == ["meta", "done"]
        assert anew[0]["id"].partition(":")[0] != first[0]["id"].partition(":")[0]
        assert not any(f'"{id}"' in one["data"] for one in anew)
        again = events(after(client, anew[0]["id"], question=ANHOLM).text)
        assert again == anew[1:]


def test_what_was_not_drawn_yet_when_it_was_withdrawn_is_not_told_either() -> None:
    engine = Teller(answer_of(cites("a", "1"), cites("b", "2"), cites("a", "3")))
    with served(engine) as url:
        first = drop_after(url, 2)
        engine.articles.withdrawn.add("b")
        engine.answer = answer_of(cites("a", "1"), cites("a", "3"))
        rest = list(listen(url, first[-1]["id"]))
        lost = list(listen(url, first[-1]["id"]))
    for anew in (rest, lost):
        assert [one["event"] for one in anew] == ["meta", "statement", "statement", "done"]
        assert '"b"' not in "".join(one["data"] for one in anew)
    assert len({one["id"].partition(":")[0] for one in (*first, *rest, *lost)}) == 3


def test_a_new_version_lets_an_answer_be_told_on(engine: Engine) -> None:
    client = TestClient(create_app(engine), client=LOCAL)
    client.post("/articles", json=[FERRY, BRIDGE])
    whole = events(after(client, "", question=ANHOLM).text)
    client.put("/articles/ferry", json={**FERRY, "text": "The ferry to Anholm begins on 9 June."})
    for cut in range(1, len(whole)):
        rest = events(after(client, whole[cut - 1]["id"], question=ANHOLM).text)
        assert rest == whole[cut:]
