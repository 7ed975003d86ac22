"""Shards to whoever embeds them: this process, others beside it, or a Ray cluster.

All run one function, qa.shards.vectors.embed_shard; what it has done it does not do again.
"""

import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from qa.errors import NewsqaError
from qa.shards.manifest import Shard
from qa.shards.vectors import OpenEncoder, embed_shard

TRIES = 3
"""How often a shard is tried whose worker is killed, as where memory is short."""

_ASKED = 1_000
"""Tasks that a cluster is asked for at a time; it may grow by them."""

_SPAWN = get_context("spawn")  # a fork of a process with threads may hang

Progress = Callable[[Shard], object]
Tell = Callable[[str], object]


def embed_here(
    folder: Path,
    shards: Sequence[Shard],
    open_encoder: OpenEncoder,
    processes: int = 1,
    progress: Progress = lambda _: None,
    tell: Tell = lambda _: None,
) -> None:
    """Embed shards on this machine: one process is this one, more are others, with a core each.

    `progress` is told each that is done, `tell` if a worker was killed and its shard is tried
    again.

    Raises:
        NewsqaError: a shard cannot be embedded, or its worker was killed `TRIES` times.
    """
    if processes == 1:
        for shard in shards:
            embed_shard(folder, shard.name, open_encoder)
            progress(shard)
        return
    waiting, tries = deque(shards), Counter[str]()
    with _workers(folder, open_encoder) as workers:
        while waiting or any(worker.shard for worker in workers):
            while waiting and (worker := workers.free(processes)):
                worker.begin(waiting.popleft())
            for worker, shard in workers.ready():
                if worker.ended():
                    progress(shard)
                    continue
                workers.lose(worker)
                tries[shard.name] += 1
                _again(shard, tries[shard.name], tell)
                waiting.appendleft(shard)


class _Workers(list["_Worker"]):
    """Processes that embed shards of a folder; with a limit, for there are only so many cores."""

    def __init__(self, folder: Path, open_encoder: OpenEncoder) -> None:
        super().__init__()
        self._begun = folder, open_encoder

    def free(self, most: int) -> "_Worker | None":
        """Return one that has nothing to do, begun if there are not as many; else None."""
        for worker in self:
            if worker.shard is None:
                return worker
        if len(self) == most:
            return None
        self.append(_Worker(*self._begun))
        return self[-1]

    def ready(self) -> "list[tuple[_Worker, Shard]]":
        """Wait; return those that have done their shard or were killed, with it."""
        busy = [(worker, worker.shard) for worker in self if worker.shard]
        heard = wait([worker.pipe for worker, _ in busy])
        return [(worker, shard) for worker, shard in busy if worker.pipe in heard]

    def lose(self, worker: "_Worker") -> None:
        """Do without one that was killed."""
        worker.stop()
        self.remove(worker)


@contextmanager
def _workers(folder: Path, open_encoder: OpenEncoder) -> Iterator[_Workers]:
    """Return workers, none at first; all end with this."""
    workers = _Workers(folder, open_encoder)
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def _again(shard: Shard, tries: int, tell: Tell) -> None:
    if tries == TRIES:
        raise NewsqaError(
            f"{shard.name}: whoever embedded it was killed {TRIES} times; see whether memory is"
            " short, and try fewer processes"
        )
    tell(f"{shard.name}: whoever embedded it was killed; it is tried again")


class _Worker:
    """A process that embeds one shard after the other.

    Attributes:
        pipe: something can be read from it when its shard is done, or it is gone itself.
        shard: what it embeds now.
    """

    shard: Shard | None = None

    def __init__(self, folder: Path, open_encoder: OpenEncoder) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        arguments = (theirs, folder, open_encoder)
        self._process = _SPAWN.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, shard: Shard) -> None:
        """Have it embed a shard."""
        self.shard = shard
        with suppress(OSError):  # it was killed meanwhile, as `ended` tells
            self.pipe.send(shard.name)

    def ended(self) -> bool:
        """Say whether its shard is done; if not it was killed.

        Raises:
            NewsqaError: the shard cannot be embedded.
        """
        try:
            error = self.pipe.recv()
        except (EOFError, OSError):
            return False
        if error:
            raise error
        self.shard = None
        return True

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection, folder: Path, open_encoder: OpenEncoder) -> None:
    """Embed what is asked for, as long as somebody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks ends this
    with suppress(EOFError, OSError):
        while True:
            name = pipe.recv()
            try:
                embed_shard(folder, name, open_encoder)
                pipe.send(None)
            except NewsqaError as error:
                pipe.send(error)


def embed_on_ray(
    folder: Path,
    shards: Sequence[Shard],
    open_encoder: OpenEncoder,
    address: str,
    processes: int | None = None,
    progress: Progress = lambda _: None,
) -> None:
    """Embed shards as tasks of a Ray cluster, one core each; the folder is one that all share.

    `address` is that of the cluster, "auto" for the one this machine belongs to, or "local" for one
    that is begun here with `processes` cores and ended when all is done. Ray tries again what was
    killed, `TRIES` times in all.

    Raises:
        NewsqaError: Ray is not installed, no cluster is there, or a shard cannot be embedded.
    """
    with _cluster(address, processes) as ray:
        # A process ends with its encoder after a while: not every task opens another.
        task = ray.remote(num_cpus=1, max_retries=TRIES - 1)(embed_shard)
        waiting, running = iter(shards), dict[Any, Shard]()
        while True:
            for shard in islice(waiting, _ASKED - len(running)):
                running[task.remote(folder.absolute(), shard.name, open_encoder)] = shard
            if not running:
                return
            (done, *_), _ = ray.wait([*running], num_returns=1)
            shard = running.pop(done)
            try:
                ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise NewsqaError(f"{shard.name}: {error.cause}") from error
            except ray.exceptions.RayError as error:
                raise NewsqaError(f"{shard.name}: Ray gave it up: {error}") from error
            progress(shard)


@contextmanager
def _cluster(address: str, processes: int | None) -> Iterator[Any]:
    """Return ray, connected."""
    ray = import_ray()
    own = {"num_cpus": processes, "include_dashboard": False} if address == "local" else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level="warning", **own)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise NewsqaError(
            f"{address}: no Ray cluster is there ({error}); `ray start --head` begins one"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def import_ray() -> Any:
    """Return ray, which reports to nobody then.

    Raises:
        NewsqaError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        return import_module("ray")
    except ImportError as error:
        raise NewsqaError("Ray is not installed: pip install 'newsqa[ray]'") from error
