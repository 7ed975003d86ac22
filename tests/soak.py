"""Clients that ask without pause while articles change and the index is rebuilt: `make soak`.

Prints one JSON document: questions, failures, the median and the 99th percentile of the answers'
milliseconds and their ratio, and by how much the server's own memory has grown since the warm-up.
Exits 1 if an answer failed, the ratio is above MOST_RATIO, or the memory has grown by more than
MOST_GROWTH. Bounded in time and clients, over a home of its own, on loopback alone.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median, quantiles
from threading import Event, Lock
from urllib.parse import urlsplit

from tests.bench.served import NEWSQA, Served, serving
from tests.bench.starting import resident

SEEDS = Path(__file__).parent.parent / "seeds"
KEY = "the-operator-of-the-soak"
MOST_RATIO = 5.0
MOST_GROWTH = 0.05
WARM = 0.4
"""The part of the time after which memory may not grow any more."""

STATUSES = {"answered", "conflicting", "not_found"}
QUESTIONS = (
    "上海2025年的目标是什么",
    "六大工程有哪些",
    "what targets did Shanghai set for 2025",
    "How late is the Larkwater library open?",
    "How many members does the library have?",
    "海事博物館何時重新開放？",
    "青屿渡轮的末班船延到几点？",
    "云帆制冷2024年二季度营业收入是多少",
    "Who is the general manager of Yunfan?",
    "Who won the 2022 World Cup?",
    "谁将在2031年登上月球？",
)


@dataclass
class Told:
    """What the clients were told, by all their threads.

    Attributes:
        milliseconds: of each answer.
        failures: what came instead of one, and how often.
    """

    milliseconds: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, seconds: float) -> None:
        """Note an answer."""
        with self._lock:
            self.milliseconds.append(1e3 * seconds)

    def failure(self, what: str) -> None:
        """Note what is none."""
        with self._lock:
            self.failures[what] = self.failures.get(what, 0) + 1


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a server told and took.

    Attributes:
        failed: what came instead of answers, and how often.
        written: requests that wrote; `not_written` is what came instead.
        rebuilt: what came of the rebuilds.
        ratio: of the 99th percentile of the answers to their median.
        growth: by what part of it the server's own memory grew after the warm-up.
        memory_mb: that memory through the time.
    """

    seconds: float
    clients: int
    answered: int
    failed: dict[str, int]
    written: int
    not_written: dict[str, int]
    rebuilt: list[str]
    median_ms: float
    p99_ms: float
    ratio: float
    write_median_ms: float
    growth: float
    memory_mb: list[float]

    def broken(self) -> list[str]:
        """Return what is not as it must be."""
        return [
            name
            for name, kept in {
                "failed": not self.failed,
                "not_written": not self.not_written,
                "rebuilt": self.rebuilt == ["done", "done"],
                "ratio": self.ratio <= MOST_RATIO,
                "growth": self.growth <= MOST_GROWTH,
            }.items()
            if not kept
        ]


def soak(seconds: float, clients: int, articles: int, *options: str) -> Soaked:
    """Return what a server tells and takes, asked for so long by so many over so many articles.

    Every second client has its answers as streams. From a tenth of the time on articles are added,
    replaced and withdrawn, one a second, and a rebuild begins then, and another at a quarter. What
    they take of memory once is there when WARM of the time is over.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        _fill(home, Path(folder, "news"), articles)
        with serving(home, *options, NEWSQA_OPERATOR_KEY=KEY) as served:
            served.until_answered(QUESTIONS[0])
            return _soaked(served, seconds, clients)


def _soaked(served: Served, seconds: float, clients: int) -> Soaked:
    over, told, written = Event(), Told(), Told()
    begun = time.monotonic()
    memory: list[tuple[float, float]] = []
    with ThreadPoolExecutor(clients + 2) as pool:
        asking = [pool.submit(_ask, served, told, over, number) for number in range(clients)]
        writing = pool.submit(_write, served, written, over, seconds / 10)
        rebuilding = pool.submit(_rebuild, served, over, (seconds / 10, seconds / 4))
        try:
            while (passed := time.monotonic() - begun) < seconds:
                memory.append((passed, _memory(served.process.pid)))
                time.sleep(0.5)
        finally:
            over.set()
        for one in (*asking, writing):
            one.result()
    cut = quantiles(told.milliseconds, n=100)
    warm = [taken for passed, taken in memory if passed > WARM * seconds]
    part = max(1, len(warm) // 6)
    return Soaked(
        seconds=seconds,
        clients=clients,
        answered=len(told.milliseconds),
        failed=told.failures,
        written=len(written.milliseconds),
        not_written=written.failures,
        rebuilt=rebuilding.result(),
        median_ms=cut[49],
        p99_ms=cut[98],
        ratio=cut[98] / cut[49],
        write_median_ms=median(written.milliseconds),
        growth=median(warm[-part:]) / median(warm[:part]) - 1,
        memory_mb=[round(taken) for _, taken in memory[:: max(1, len(memory) // 30)]],
    )


def _memory(pid: int) -> float:
    """Return the megabytes that a process and those it started hold of their own."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return resident(pid)["own_mb"] + sum(_memory(int(child)) for child in started)


def _ask(served: Served, told: Told, over: Event, number: int) -> None:
    """Ask one question after another, each when the last one is answered."""
    random, stream = Random(number), number % 2 == 0
    while not over.is_set():
        body = {"question": random.choice(QUESTIONS), "top_k": random.choice((3, 5, 10))}
        begun = time.monotonic()
        status, content = _request(served, "POST", "/ask", {**body, "stream": stream})
        if status != 200:
            told.failure(str(status))
        elif (b"event: done" in content) if stream else json.loads(content)["status"] in STATUSES:
            told.answer(time.monotonic() - begun)
        else:
            told.failure("broken off")


def _write(served: Served, told: Told, over: Event, after: float) -> None:
    """Add articles, replace them and withdraw them, so that there are never many more."""
    texts = cycle(_texts(Random(0), 40))
    over.wait(after)
    for number, (title, text) in enumerate(texts):
        if over.is_set():
            return
        begun = time.monotonic()
        path = f"/articles/soak-{number % 20}"
        if number % 7 == 6:
            status, _ = _request(served, "DELETE", path)
        else:
            body = {"title": title, "text": f"{text} {number}."}
            status, _ = _request(served, "PUT", path, body)
        if status in (200, 201, 204, 404, 410):
            told.answer(time.monotonic() - begun)
        else:
            told.failure(str(status))
        over.wait(1.0)


def _rebuild(served: Served, over: Event, moments: Sequence[float]) -> list[str]:
    """Have the index made anew at these moments, and return what came of each."""
    begun, told = time.monotonic(), []
    for moment in moments:
        over.wait(max(0.0, moment - (time.monotonic() - begun)))
        _request(served, "POST", "/operation/rebuild")
        state = "running"
        while state == "running" and not over.wait(0.2):
            state = json.loads(_request(served, "GET", "/operation")[1])["rebuild"]["state"]
        told.append(state)
    return told


def _request(served: Served, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    """Send a request over a connection of its own and return its answer's status and body."""
    address = urlsplit(served.address)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body)
    with closing(HTTPConnection(str(address.hostname), address.port, timeout=120)) as connection:
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        return response.status, response.read()


def _fill(home: Path, news: Path, articles: int) -> None:
    """Make a home of the seeds and of `articles` more, composed of their sentences."""
    shutil.copytree(SEEDS, news)
    lines = [
        json.dumps({"id": f"composed-{number}", "title": title, "text": text})
        for number, (title, text) in enumerate(_texts(Random(1), articles))
    ]
    (news / "composed.jsonl").write_text("\n".join(lines))
    subprocess.run([*NEWSQA, "add", "--home", str(home), str(news)], check=True)


def _texts(random: Random, number: int) -> Iterator[tuple[str, str]]:
    """Yield titles and texts of twelve sentences each, drawn from the seeds'."""
    bodies = (path.read_text().split("\n---\n", 1)[-1] for path in sorted(SEEDS.iterdir()))
    sentences = [
        sentence
        for body in bodies
        for sentence in re.split(r"<[^>]*>|(?<=[。；])|(?<=\.)\s|\n", body)
        if len(sentence) > 20
    ]
    for place in range(number):
        drawn = random.sample(sentences, 12)
        yield f"{drawn[0][:30]} {place}", " ".join(drawn)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    found = soak(given.seconds, given.clients, given.articles, "--workers", str(given.workers))
    print(json.dumps({**asdict(found), "broken": found.broken()}, indent=1))  # noqa: T201
    sys.exit(bool(found.broken()))
