"""What questions cost a server beside its models: one at a time, many, and in a rebuild.

What the models alone take, encoder and reader, is measured in this process, with the very texts
that each question has them read.
"""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from threading import Event, local
from typing import cast
from urllib.parse import urlsplit

from embeddings.encoder import Encoder, Encoding, HalfRead, ModelInfo
from embeddings.reader import Reader, Reading
from embeddings.tokens import Role
from qa.config import Settings
from qa.corpus import Corpus
from qa.engine import Engine
from qa.home import open_home, reader_for
from qa.search import DEPTH
from qa.types import Query
from tests.bench.clocks import cpu_seconds, cpu_seconds_of, seconds
from tests.bench.report import Figures
from tests.bench.served import NEWSQA, Served, serving

CLIENTS = 16
ROUNDS = 3
Call = Callable[[], object]


class Noted:
    """An encoder that notes what it is asked to read."""

    def __init__(self, encoder: Encoder, calls: list[Call]) -> None:
        self.encoder, self.calls = encoder, calls

    @property
    def model(self) -> ModelInfo:
        """Return which model this is."""
        return self.encoder.model

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        """Return the vectors of `texts`."""
        read = partial(self.encoder.encode, tuple(texts), role, tokens=tokens)
        self.calls.append(read)
        return self.encoder.encode(texts, role, tokens=tokens, progress=progress)

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        """Return question and passages half read."""
        self.calls.append(partial(self.encoder.read_half, question, tuple(passages)))
        return self.encoder.read_half(question, passages)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text takes."""
        return self.encoder.count_tokens(texts)


class NotedReader:
    """A reader that notes what it is asked to read."""

    def __init__(self, reader: Reader, calls: list[Call]) -> None:
        self.reader, self.calls = reader, calls

    def read(
        self, question: HalfRead, texts: Sequence[HalfRead], starts: Sequence[int]
    ) -> list[Reading]:
        """Return what is said of each text."""
        self.calls.append(partial(self.reader.read, question, texts, starts))
        return self.reader.read(question, texts, starts)


def alone(home: Path, questions: Sequence[str]) -> Figures:
    """Return what `/ask` takes over HTTP, one question at a time, against its models' time.

    Both are the medians of the questions' fastest of ROUNDS, `ratio` that of each question's own.
    """
    read = _read(home, questions)
    reading = [_fastest(partial(_repeat, calls)) for calls in read]
    with serving(home) as served:
        served.until_answered(questions[0])
        asking = [_fastest(partial(served.ask, question)) for question in questions]
    return {
        "models_ms": 1e3 * median(reading),
        "ask_ms": 1e3 * median(asking),
        "ratio": median(ask / one for ask, one in zip(asking, reading, strict=True)),
    }


def together(
    home: Path, questions: Sequence[str], most: int = 300, clients: int = CLIENTS
) -> Figures:
    """Return how many questions a second many clients have answered, and the models' alone.

    `share` is the part of the models' throughput that is left; `cpu_ms` is the server's for one
    question, `models_cpu_ms` the models' alone, which other work on the machine blurs less.
    """
    read = _read(home, questions)
    bodies = [json.dumps({"question": question}).encode() for question in questions]
    rates, cpu, reading = [], [], []
    with serving(home) as served:
        served.until_answered(questions[0])
        post = _poster(served)
        for _ in range(ROUNDS):
            begun = time.process_time()
            only = _rate(_repeat, islice(cycle(read), most), clients)
            reading.append((time.process_time() - begun) / most)
            begun = cpu_seconds_of(served.process.pid)
            rates.append((_rate(post, islice(cycle(bodies), most), clients), only))
            cpu.append((cpu_seconds_of(served.process.pid) - begun) / most)
    return {
        "clients": clients,
        "questions_per_second": median(rate for rate, _ in rates),
        "models_per_second": median(only for _, only in rates),
        "share": median(rate / only for rate, only in rates),
        "cpu_ms": 1e3 * median(cpu),
        "models_cpu_ms": 1e3 * median(reading),
    }


def during_a_rebuild(home: Path, questions: Sequence[str]) -> Figures:
    """Return what `/ask` takes before and while another process rebuilds a copy of the home.

    It is rebuilt again and again, vectors taken over: everything that questions might wait for
    takes place many times, and new generations come into use between them.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(home, Path(folder, "home"), symlinks=True))
        with serving(copy) as served:
            served.until_answered(questions[0])
            calm = [seconds(partial(served.ask, question)) for question in questions]
            with _rebuilding(copy):
                busy = [seconds(partial(served.ask, question)) for question in questions]
    return {
        "calm_ms": 1e3 * median(calm),
        "rebuilding_ms": 1e3 * median(busy),
        "slowest_calm_ms": 1e3 * max(calm),
        "slowest_rebuilding_ms": 1e3 * max(busy),
        "ratio": median(busy) / median(calm),
    }


def searching(home: Path, questions: Sequence[str]) -> Figures:
    """Return what a search takes, question and all, and what its vectors do of one core."""
    engine = open_home(home)
    encoder, index = engine.corpus.serving()
    for question in questions:
        engine.search(Query(question))
    every = ROUNDS * 6 * [*questions]
    asked = {question: encoder.encode([question], "query").vectors[0] for question in questions}
    return {
        "search_ms": 1e3 * median(seconds(partial(engine.search, Query(one))) for one in every),
        "vectors_ms": 1e3
        * median(cpu_seconds(partial(index.dense, asked[one], DEPTH)) for one in every),
    }


@contextmanager
def _rebuilding(home: Path) -> Iterator[None]:
    """Rebuild the home, in one process after another, as long as the context lasts."""
    over = Event()

    def rebuild() -> None:
        while not over.is_set():
            subprocess.run([*NEWSQA, "rebuild", "--home", str(home)], check=True)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(rebuild)
        try:
            yield
        finally:
            over.set()
        done.result()


def _read(home: Path, questions: Sequence[str]) -> list[list[Call]]:
    """Return what each question has the models of a home do."""
    own = open_home(home)
    encoder, _ = own.corpus.serving()
    calls: list[Call] = []
    noted = Noted(encoder, calls)
    reader = reader_for(Settings())(encoder.model)
    corpus = Corpus(home, lambda _: noted, encoder.model.name)
    engine = Engine(
        corpus,
        own._dictionary,
        reader=lambda _: cast(Reader, NotedReader(reader, calls)) if reader else None,
    )
    read = []
    for question in questions:
        calls.clear()
        engine.ask(Query(question))
        read.append([*calls])
    return read


def _repeat(calls: Sequence[Call]) -> None:
    for call in calls:
        call()


def _fastest(call: Callable[[], object]) -> float:
    return min(seconds(call) for _ in range(ROUNDS))


def _rate(call: Callable[..., object], arguments: "islice[object]", clients: int) -> float:
    """Return how many calls a second so many threads make."""
    each = list(arguments)
    with ThreadPoolExecutor(clients) as pool:
        begun = time.perf_counter()
        list(pool.map(call, each))
        return len(each) / (time.perf_counter() - begun)


def _poster(served: Served) -> Callable[[bytes], bytes]:
    """Return what asks by a connection of each thread's own; a client's library takes 2 ms."""
    held = local()
    place = urlsplit(served.address).netloc

    def post(body: bytes) -> bytes:
        if not hasattr(held, "connection"):
            held.connection = HTTPConnection(place, timeout=120)
        held.connection.request("POST", "/ask", body, {"Content-Type": "application/json"})
        response = held.connection.getresponse()
        said: bytes = response.read()
        assert response.status == 200, said
        return said

    return post
