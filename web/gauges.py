"""What stands on disk and in the system to gauges, read when they are asked for."""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import get_args

from prometheus_client import ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from qa.corpus import Corpus
from qa.errors import NewsqaError
from qa.index import Manifest
from web.rebuilds import Rebuilds, State

KEPT_SECONDS = 30.0
"""How long the size of an index is not measured again; it takes a call of the system a file."""


class HomeGauges(Collector):
    """The index that answers, what stands refused, and the last rebuild, as the home tells of them.

    No model is opened for it. What cannot be read is left out, and the rest is told all the same.
    """

    def __init__(self, corpus: Corpus, rebuilds: Rebuilds) -> None:
        self._corpus = corpus
        self._rebuilds = rebuilds
        self._measured: tuple[Path, float, int] | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        rebuild = GaugeMetricFamily(
            "newsqa_rebuild_state", "1 for what became of the last rebuild.", labels=["state"]
        )
        last = self._rebuilds.last.state
        for state in get_args(State):
            rebuild.add_metric([state], last == state)
        yield rebuild
        with suppress(NewsqaError):
            refused = len(self._corpus.articles.refusals())
            yield _gauge("refusals", "Files and addresses that stand refused.", refused)
        with suppress(NewsqaError):
            folder = self._corpus.generations.current()
            if folder:
                yield from self._index(folder, self._corpus.generations.manifest(folder))

    def _index(self, folder: Path, manifest: Manifest) -> Iterator[Metric]:
        yield _gauge("index_articles", "Articles in the index.", manifest.articles)
        yield _gauge("index_passages", "Passages in the index.", manifest.passages)
        if (folder / "manifest.json").exists():  # else it is in a database
            yield _gauge("index_bytes", "Bytes of the index on disk.", self._bytes(folder))
        names = {"generation": folder.name, "model": manifest.model}
        yield InfoMetricFamily("newsqa_index", "The index that answers.", names)

    def _bytes(self, folder: Path) -> int:
        now, held = monotonic(), self._measured
        if held is None or held[0] != folder or held[1] + KEPT_SECONDS < now:
            held = self._measured = folder, now, _size(folder)
        return held[2]


class Processes(Collector):
    """Memory, processor time and open files of all workers that live, summed up.

    Each has a file of live gauges in `folder`, named for its process.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield what ProcessCollector yields of one, and as the start that of the first."""
        found: dict[str, tuple[Metric, list[float]]] = {}
        for file in sorted(self._folder.glob("gauge_livesum_*.db")):
            pid = file.stem.rpartition("_")[2]
            if not Path(f"/proc/{pid}").exists():
                file.unlink(missing_ok=True)  # killed: it could not do so itself
                continue
            for metric in ProcessCollector(pid=partial(str, pid), registry=None).collect():
                found.setdefault(metric.name, (metric, []))[1].append(metric.samples[0].value)
        for name, (metric, values) in found.items():
            value = min(values) if name.endswith("start_time_seconds") else sum(values)
            metric.samples = [metric.samples[0]._replace(value=value)]
            yield metric


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"newsqa_{name}", words, value)


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, of which some may just be going."""
    files = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return sum(file.stat().st_size for file in files if file.exists())
