"""What the server does, to numbers for Prometheus: counted as it happens, told when asked for."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPMethod
from pathlib import Path
from time import perf_counter
from typing import Literal, TypeVar

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector
from prometheus_client import ProcessCollector as OneProcess
from prometheus_client import generate_latest as exposition
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import ValueClass
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embeddings import batches
from qa.corpus import Corpus, Report
from qa.errors import ArticleRefused, Overloaded
from web.gate import Gate
from web.gauges import HomeGauges, Processes
from web.rebuilds import Rebuilds
from web.told import STAGES, Told

Result = TypeVar("Result")

SECONDS = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
"""A question takes some 40 ms; a language model takes seconds."""

TEXTS = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64)

_METHODS = frozenset(HTTPMethod)


class Metrics:
    """The numbers of this process; where workers share a folder for them, of all of these.

    They do where PROMETHEUS_MULTIPROC_DIR names one before this is imported. No label has a value
    that a stranger could choose.
    """

    def __init__(self, corpus: Corpus, rebuilds: Rebuilds) -> None:
        self._counted = registry = CollectorRegistry()
        self._told = registry
        self._shared = ValueClass._multiprocess
        if self._shared:
            self._told = CollectorRegistry()
            MultiProcessCollector(self._told)  # type: ignore[no-untyped-call]
            self._told.register(Processes(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])))
        else:
            OneProcess(registry=registry)
        PlatformCollector(self._told)
        self._told.register(HomeGauges(corpus, rebuilds))

        self.requests = self._counter("requests", "Requests answered.", "method", "route", "status")
        self.request_seconds = Histogram(
            "newsqa_request_seconds",
            "Seconds until the answer began.",
            ["route"],
            registry=registry,
        )
        self._questions = self._counter(
            "questions", "Questions, by what became of them.", "status", "mode", "language"
        )
        stages = Histogram(
            "newsqa_stage_seconds",
            "Seconds that a question took, in all and by stage.",
            ["stage"],
            buckets=SECONDS,
            registry=registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in (*STAGES, "total")}
        self.queue_seconds = Histogram(
            "newsqa_queue_seconds",
            "Seconds that a question, or what follows in its stream, waited for its turn.",
            buckets=(0.001, *SECONDS, 30),
            registry=registry,
        )
        self.running = self._gauge("questions_running", "Questions that are worked on.")
        self.waiting = self._gauge("questions_waiting", "Questions whose turn has not come.")
        self.shed = self._counter("shed", "Questions refused because too many were waiting.")
        self._batches = Histogram(
            "newsqa_encoder_batch_texts",
            "Texts that the encoder read at once.",
            buckets=TEXTS,
            registry=registry,
        )
        batches.on_batch = self._batches.observe
        self._articles = self._counter(
            "articles", "Articles that came over HTTP, by what became of them.", "outcome"
        )
        for outcome in ("added", "updated", "unchanged", "withdrawn", "refused"):
            self._articles.labels(outcome)
        self._feedback = self._counter(
            "feedback",
            "What readers said of answers; `withdrawn`: that they take it back.",
            "rating",
        )
        for rating in ("up", "down", "withdrawn"):
            self._feedback.labels(rating)

    def exposition(self) -> bytes:
        """Return all of them in Prometheus's text format."""
        return exposition(self._told)

    def question(self, told: Told) -> None:
        """Count a question and what its time went to."""
        self._questions.labels(told.status, told.mode, told.language).inc()
        if told.timings:
            for stage, histogram in self._stages.items():
                histogram.observe(getattr(told.timings, stage) / 1e3)

    def taking(self, act: Callable[[], Report]) -> Report:
        """Return what became of articles, counted."""
        try:
            report = act()
        except ArticleRefused:
            self._articles.labels("refused").inc()
            raise
        for _, outcome in report.taken:
            self._articles.labels(outcome).inc()
        self._articles.labels("refused").inc(len(report.refused))
        self._articles.labels("withdrawn").inc(len(report.gone))
        return report

    def rated(self, rating: Literal["up", "down"] | None) -> None:
        """Count what a reader said of an answer; None: that he takes it back."""
        self._feedback.labels(rating or "withdrawn").inc()

    def close(self) -> None:
        """Take what this process does just now out of what all do: it ends."""
        if self._shared:
            mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"newsqa_{name}_total", words, labels, registry=self._counted)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"newsqa_{name}", words, registry=self._counted, multiprocess_mode="livesum")


class CountedGate(Gate):
    """A gate that tells who waits, who runs, how long they waited and who was refused."""

    def __init__(self, metrics: Metrics, at_once: int, waiting: int, deadline: float) -> None:
        super().__init__(at_once, waiting, deadline)
        self._metrics = metrics

    async def run(
        self, call: Callable[[], Result], request: Request | None = None, *, admitted: bool = False
    ) -> Result:
        """Return what a call returns, made in a thread in its turn."""
        metrics, came = self._metrics, perf_counter()
        with ExitStack() as waiting:
            waiting.enter_context(metrics.waiting.track_inprogress())

            def turn() -> Result:
                waiting.close()
                metrics.queue_seconds.observe(perf_counter() - came)
                with metrics.running.track_inprogress():
                    return call()

            return await super().run(turn, request, admitted=admitted)

    def _overloaded(self) -> Overloaded:
        self._metrics.shed.inc()
        return super()._overloaded()


class Counting:
    """Middleware that counts and times; made of functions it would take 0.5 ms of each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its answer begins."""
        begun = perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, never the address, and no invented method: labels stay few.
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                self._metrics.requests.labels(method, route, message["status"]).inc()
                self._metrics.request_seconds.labels(route).observe(perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, counted)
