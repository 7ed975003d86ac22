"""What happens to folders and feeds to calls that keep a home in step with them.

What the calls do is their giver's; here is decided when, and for which folder or feed.
"""

import os
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock
from time import monotonic

import watchfiles
from watchfiles import Change
from watchfiles._rust_notify import WatchfilesRustInternalError

from qa.articles import SUFFIXES
from qa.corpus import Report
from qa.errors import NewsqaError
from qa.fetching import FetchFailed, without_password

Sync = Callable[[Path, Collection[Path]], Report]
"""Takes a whole folder as it is now, less these files in it: they are still being written."""
TakeFeed = Callable[[str], Report]
"""Takes what is new at an address."""
Tell = Callable[[str, Report | str], None]
"""Is told a folder or feed and what came of it, or what is wrong with it; by one thread a time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is waited for files to come to rest, in seconds.

    Attributes:
        quiet: a file that has not changed for so long is whole.
        burst: while others go on changing, one that is whole waits for them no longer than this.
        longest: a file that never rests is taken as it is after this.
        retry: what failed is tried again after this.
    """

    quiet: float = 1.0
    burst: float = 10.0
    longest: float = 60.0
    retry: float = 60.0


class Unrest:
    """The files that changed and are not taken yet."""

    def __init__(self, pace: Pace = Pace()) -> None:
        self._pace = pace
        self._seen: dict[Path, tuple[float, float]] = {}

    def saw(self, files: Iterable[Path], now: float) -> None:
        """Note that these changed."""
        for file in files:
            first, _ = self._seen.get(file, (now, now))
            self._seen[file] = first, now

    def due(self, now: float) -> bool:
        """Say whether it is time to take those that rest."""
        moving = self.moving(now)
        resting = [first for file, (first, _) in self._seen.items() if file not in moving]
        return bool(resting) and (not moving or now - min(resting) >= self._pace.burst)

    def moving(self, now: float) -> frozenset[Path]:
        """Return those that are still being written."""
        return frozenset(
            file
            for file, (first, last) in self._seen.items()
            if now - last < self._pace.quiet and now - first < self._pace.longest
        )

    def settle(self, now: float) -> frozenset[Path]:
        """Forget those that rest, as they are taken now; return the others."""
        moving = self.moving(now)
        self._seen = {file: seen for file, seen in self._seen.items() if file in moving}
        return moving


def watch(
    folders: Sequence[Path],
    feeds: Sequence[str],
    sync: Sync,
    take_feed: TakeFeed,
    tell: Tell,
    stop: Event,
    *,
    every: timedelta,
    poll: bool = False,
    pace: Pace = Pace(),
) -> None:
    """Keep a home in step with folders and feeds, until `stop` is set.

    Each folder is taken once at the start, again whenever something below it has changed and come
    to rest, and `every` so often besides, for a change that nobody was told of. A folder that is
    not there, or is there and empty before it was ever seen full, is waited for and not taken: so
    nothing is withdrawn because a disk is not mounted. Each feed is asked `every` so often, or as
    its server asks for; one that is gone for good is not asked again.

    Folders and feeds are watched by a thread each, so `sync` and `take_feed` may be called at once
    for different ones. What these raise as a `NewsqaError` or `OSError` is told, and tried again.
    With `poll` files are looked at again and again instead of waiting for the system to tell, which
    a network file system may never do.
    """
    telling = Lock()

    def told(place: str, outcome: Report | str) -> None:
        with telling:
            tell(place, outcome)

    with ThreadPoolExecutor(max_workers=len(folders) + 1) as threads:
        try:
            works = [threads.submit(_watch_feeds, feeds, take_feed, told, stop, every)]
            for folder in folders:
                one = _Folder(folder, sync, told, stop, every.total_seconds(), poll, pace)
                works.append(threads.submit(one.watch))
            for work in as_completed(works):
                work.result()
        finally:
            stop.set()


class _Folder:
    """One folder, and how it is watched."""

    def __init__(
        self,
        folder: Path,
        sync: Sync,
        tell: Tell,
        stop: Event,
        every: float,
        poll: bool,
        pace: Pace,
    ) -> None:
        self._folder = folder
        self._sync = sync
        self._tell = tell
        self._stop = stop
        self._every = every
        self._poll = poll
        self._pace = pace
        self._trouble = ""

    def watch(self) -> None:
        """Follow the folder whenever it is there, until told to stop."""
        while not self._stop.is_set():
            trouble = _wrong_with(self._folder)
            if not trouble:
                try:
                    self._follow()
                except (OSError, WatchfilesRustInternalError) as error:
                    trouble = f"cannot be watched: {error}"
            if trouble:
                self._complain(trouble)
            self._stop.wait(self._pace.quiet)

    def _follow(self) -> None:
        """Take the folder, and again when it has changed, until it is not there any more."""
        unrest = Unrest(self._pace)
        root, identity, due = self._folder.resolve(), _identity(self._folder), 0.0
        # The watch stands when it first yields, so what changes during the first sync is seen.
        ticks = watchfiles.watch(
            root,
            watch_filter=lambda change, path: _matters(change, Path(path), root),
            step=50,
            debounce=100,
            rust_timeout=200,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            force_polling=self._poll or None,
            ignore_permission_denied=True,
        )
        with closing(ticks):
            for changes in ticks:
                # A folder made anew may get the number of the one before.
                if (Change.deleted, str(root)) in changes or _identity(self._folder) != identity:
                    return
                now = monotonic()
                unrest.saw((Path(os.path.realpath(path)) for _, path in changes), now)
                if now >= due or unrest.due(now):
                    taken = self._take(unrest.settle(now))
                    due = monotonic() + (self._every if taken else self._pace.retry)

    def _take(self, moving: Collection[Path]) -> bool:
        """Have the folder taken; return whether it was."""
        try:
            report = self._sync(self._folder, moving)
        except (NewsqaError, OSError) as error:
            self._complain(str(error))
            return False
        self._trouble = ""
        self._tell(str(self._folder), report)
        return True

    def _complain(self, trouble: str) -> None:
        """Tell what is wrong, unless that was the last that was told."""
        if trouble != self._trouble:
            self._tell(str(self._folder), trouble)
        self._trouble = trouble


def _wrong_with(folder: Path) -> str:
    """Say why a folder is not to be taken, "" if it is."""
    try:
        with os.scandir(folder) as entries:
            return "" if any(entries) else "is empty; nothing is withdrawn, and it is waited for"
    except OSError as error:
        return f"{error.strerror}; nothing is withdrawn, and it is waited for"


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another that has come into its place; None: it is gone."""
    try:
        about = folder.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _matters(change: Change, path: Path, root: Path) -> bool:
    """Whether a change may have to do with an article; what is gone may have been a folder."""
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return False
    return change == Change.deleted or path.suffix.lower() in SUFFIXES or path.is_dir()


def _watch_feeds(
    feeds: Iterable[str], take_feed: TakeFeed, tell: Tell, stop: Event, every: timedelta
) -> None:
    """Ask each feed when its time has come, until told to stop or all are gone."""
    due = dict.fromkeys(feeds, 0.0)
    while due:
        feed = min(due, key=due.__getitem__)
        if stop.wait(max(0.0, due[feed] - monotonic())):
            return
        failure: FetchFailed | None
        outcome: Report | str
        try:
            outcome = take_feed(feed)
            failure = _failure_of(feed, outcome)
        except (NewsqaError, OSError) as error:
            outcome, failure = str(error), error if isinstance(error, FetchFailed) else None
        tell(without_password(feed), outcome)
        if failure and failure.gone:
            del due[feed]
            continue
        # Not all feeds, and not all of newsqa's users, are to ask in the same second.
        pause = every * random.uniform(0.9, 1.1)
        asked = failure.retry_after if failure else timedelta()
        due[feed] = monotonic() + max(pause, asked).total_seconds()


def _failure_of(feed: str, report: Report) -> FetchFailed | None:
    """Return why the feed itself could not be brought, None if it was."""
    address = without_password(feed)
    failures = (one for one in report.refused if isinstance(one, FetchFailed))
    return next((one for one in failures if one.origin == address), None)
