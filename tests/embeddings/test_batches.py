"""What waits is batched, what is urgent goes first, and no more cores work than are allowed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, groupby
from threading import Event, Lock, Semaphore

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.batches import MAX_TOKENS, Batches
from embeddings.graph import Ids, Output


class _Graph:
    """Says of a text what its ids are; works only once it may, and remembers every batch."""

    def __init__(self) -> None:
        self.may_work, self.working = Event(), Semaphore(0)
        self.batches: list[list[int]] = []
        self.halves: list[bool] = []
        self.at_once = self.most_at_once = 0
        self._lock = Lock()

    def run(self, texts: Sequence[Ids], half: bool) -> list[Output]:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.batches.append([len(text) for text in texts])
            self.halves.append(half)
        self.working.release()
        assert self.may_work.wait(30)
        with self._lock:
            self.at_once -= 1
        if any((text < 0).any() for text in texts):
            raise ValueError("no such token")
        none = np.empty((0, 1), np.float32)
        return [Output(text.astype(np.float32), none) for text in texts]


def _texts(*lengths: int) -> list[Ids]:
    return [np.full(length, number) for number, length in enumerate(lengths, 1)]


@given(st.lists(st.integers(1, 600), max_size=40), st.integers(1, 3), st.booleans())
def test_every_text_gets_its_own_within_the_budget(
    lengths: list[int], threads: int, urgent: bool
) -> None:
    graph, texts = _Graph(), _texts(*lengths)
    graph.may_work.set()
    finished = dict(Batches(graph.run, threads).submit(texts, urgent=urgent))
    assert sorted(finished) == list(range(len(texts)))
    for place, output in finished.items():
        np.testing.assert_array_equal(output.vector, texts[place])
    assert graph.most_at_once <= threads
    for batch in graph.batches:
        assert len(batch) == 1 or max(batch) * len(batch) <= MAX_TOKENS


def test_callers_that_wait_share_a_batch_and_urgent_ones_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embeddings.batches.PATIENCE", 60.0)
    graph = _Graph()
    batches = Batches(graph.run, 1)
    first = batches.submit(_texts(100), urgent=False)
    assert graph.working.acquire(timeout=30)
    patient = batches.submit(_texts(100, 100), urgent=False)
    urgent = [batches.submit(_texts(10 + number), urgent=True) for number in range(4)]
    graph.may_work.set()
    for outputs in (first, patient, *urgent):
        assert [place for place, _ in outputs] == list(range(2 if outputs is patient else 1))
    assert graph.batches == [[100], [10, 11, 12, 13], [100, 100]]


def test_who_is_patient_has_a_batch_now_and_then_however_much_is_urgent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph, now = _Graph(), count()  # a batch takes a second
    monkeypatch.setattr("embeddings.batches.monotonic", lambda: float(next(now)))
    monkeypatch.setattr("embeddings.batches.PATIENCE", 3.5)
    batches = Batches(graph.run, 1)
    first = batches.submit(_texts(500), urgent=True)
    assert graph.working.acquire(timeout=30)
    patient = batches.submit(_texts(400, 400), urgent=False)
    urgent = batches.submit(_texts(*[300] * 12), urgent=True)
    graph.may_work.set()
    for outputs in (first, patient, urgent):
        list(outputs)
    order = [batch[0] for batch in graph.batches]
    assert order.count(300) == 12
    between = [len(list(run)) for length, run in groupby(order) if length == 300]
    assert len(between) == 3
    assert all(3 <= run <= 4 for run in between[:2])


def test_texts_of_like_length_go_together_whosever_they_are() -> None:
    graph = _Graph()
    batches = Batches(graph.run, 1)
    first = batches.submit(_texts(100), urgent=True)
    assert graph.working.acquire(timeout=30)
    waiting = [batches.submit(_texts(*each), urgent=True) for each in ([128, 40, 20], [125, 38])]
    graph.may_work.set()
    for outputs in (first, *waiting):
        list(outputs)
    assert graph.batches == [[100], [125, 128], [20, 38, 40]]


def test_what_is_half_read_has_batches_of_its_own() -> None:
    graph = _Graph()
    batches = Batches(graph.run, 1)
    first = batches.submit(_texts(100), urgent=True)
    assert graph.working.acquire(timeout=30)
    whole = batches.submit(_texts(30, 31), urgent=True)
    half = batches.submit(_texts(30, 32), urgent=True, half=True)
    graph.may_work.set()
    for outputs in (first, whole, half):
        list(outputs)
    assert graph.batches == [[100], [30, 31], [30, 32]]
    assert graph.halves == [False, False, True]


def test_idle_cores_share_one_call() -> None:
    graph = _Graph()
    outputs = Batches(graph.run, 2).submit(_texts(*[30] * 8), urgent=True)
    assert all(graph.working.acquire(timeout=30) for _ in range(2))
    graph.may_work.set()
    assert len(list(outputs)) == 8
    assert sorted(map(len, graph.batches)) == [4, 4]


def test_a_failure_is_raised_where_the_texts_came_from() -> None:
    graph = _Graph()
    graph.may_work.set()
    batches = Batches(graph.run, 1)
    with pytest.raises(ValueError, match="no such token"):
        list(batches.submit([np.array([-1])], urgent=True))
    assert len(list(batches.submit(_texts(3), urgent=True))) == 1


def test_many_threads_ask_at_once() -> None:
    graph = _Graph()
    graph.may_work.set()
    batches = Batches(graph.run, 2)
    with ThreadPoolExecutor(16) as pool:
        asked = pool.map(lambda _: dict(batches.submit(_texts(5, 7, 9), urgent=True)), range(200))
        assert all(sorted(finished) == [0, 1, 2] for finished in asked)
    assert graph.most_at_once <= 2
