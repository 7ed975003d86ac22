import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.corpus import Report
from qa.errors import ArticleRefused, HomeBusy
from qa.fetching import FetchFailed, fetch
from qa.watching import Pace, Unrest, watch
from tests.news_site import NewsSite, Page

BRISK = Pace(quiet=0.3, burst=1.5, longest=3.0, retry=0.3)
NOTHING = Report((), (), ())
PATIENCE = 60.0


@dataclass
class Home:
    """What a home would hold if it took all files as articles, and what it was told.

    Attributes:
        states: what it held after each call for a folder.
        fails: raised by the calls to come, one each.
    """

    holds: dict[Path, bytes] = field(default_factory=dict)
    states: list[dict[Path, bytes]] = field(default_factory=list)
    told: list[tuple[str, Report | str]] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    reports: Callable[[str], Report] = lambda _: NOTHING

    def sync(self, folder: Path, moving: Collection[Path]) -> Report:
        if self.fails:
            raise self.fails.pop()
        there = {path for path in folder.resolve().rglob("*.md") if path.is_file()} - {*moving}
        # Other folders' threads add to it meanwhile.
        gone = {path for path in [*self.holds] if path.is_relative_to(folder.resolve())} - {*moving}
        for path in gone - there:
            del self.holds[path]
        self.holds |= {path: path.read_bytes() for path in there}
        self.states.append(dict(self.holds))
        return NOTHING

    def take_feed(self, address: str) -> Report:
        self.asked.append(address)
        return self.reports(address)

    def tell(self, place: str, outcome: Report | str) -> None:
        self.told.append((place, outcome))

    def complaints(self) -> list[str]:
        return [outcome for _, outcome in self.told if isinstance(outcome, str)]

    def texts(self) -> dict[str, bytes]:
        return {path.name: text for path, text in self.holds.items()}


@contextmanager
def watching(
    home: Home,
    *folders: Path,
    feeds: Collection[str] = (),
    every: float = 3600.0,
    poll: bool = False,
    pace: Pace = BRISK,
) -> Iterator[threading.Event]:
    """Watch in a thread; what it raises is raised here."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        interval = timedelta(seconds=every)
        try:
            watch(
                folders, [*feeds], home.sync, home.take_feed, home.tell, stop,
                every=interval, poll=poll, pace=pace,
            )  # fmt: skip
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    for error in raised:
        raise error


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "articles"
    here.mkdir()
    (here / "first.md").write_bytes(b"first")
    return here


# A poll tells by the second of a change: a second of quiet is needed there.
@pytest.mark.parametrize(("poll", "pace"), [(False, BRISK), (True, Pace())])
def test_a_home_follows_its_folder(folder: Path, poll: bool, pace: Pace) -> None:
    """What is written, changed, moved and removed, in folders old and new."""
    home = Home()
    os.utime(folder / "first.md", (0, 0))
    with watching(home, folder, poll=poll, pace=pace):
        until(lambda: home.texts() == {"first.md": b"first"})
        (folder / "second.md").write_bytes(b"second")
        (folder / "first.md").write_bytes(b"first, corrected")
        until(lambda: home.texts() == {"first.md": b"first, corrected", "second.md": b"second"})
        (folder / "first.md").unlink()
        (folder / "new" / "deep").mkdir(parents=True)
        (folder / "new" / "deep" / "third.md").write_bytes(b"third")
        until(lambda: home.texts() == {"second.md": b"second", "third.md": b"third"})
        (folder / "new" / "deep" / "fourth.md").write_bytes(b"fourth")
        until(lambda: "fourth.md" in home.texts())
        (folder / "new").rename(folder / "old")
        until(lambda: folder / "old" / "deep" / "third.md" in home.holds)
        assert folder / "new" / "deep" / "third.md" not in home.holds
        shutil.rmtree(folder / "old")
        until(lambda: home.texts() == {"second.md": b"second"})
    assert home.complaints() == []


def test_what_changed_while_nobody_watched_is_taken_first(folder: Path) -> None:
    home = Home({folder / "gone.md": b"gone"})
    with watching(home, folder):
        until(lambda: home.texts() == {"first.md": b"first"})


def test_the_last_article_of_a_folder_can_go(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        (folder / "first.md").unlink()
        until(lambda: not home.holds)


def test_folders_are_followed_each_on_its_own(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for one in folders:
        one.mkdir()
        (one / f"{one.name}.md").write_bytes(b"1")
    home = Home()
    with watching(home, *folders):
        until(lambda: len(home.holds) == 3)
        (folders[1] / "b.md").write_bytes(b"2")
        until(lambda: home.texts() == {"a.md": b"1", "b.md": b"2", "c.md": b"1"})
    assert sum(place == str(folders[0]) for place, _ in home.told) == 1


def _in_place(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def _truncated_first(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.flush()
        time.sleep(0.1)
        file.write(text)


def _vim(path: Path, text: bytes) -> None:
    """As with `backup` and `writebackup` set and a swap file: the old file becomes the backup."""
    swap = path.with_name(f".{path.name}.swp")
    swap.write_bytes(b"swap")
    probe = path.with_name("4913")
    probe.write_bytes(b"")
    probe.unlink()
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    time.sleep(0.1)
    path.write_bytes(text)
    backup.unlink()
    swap.unlink()


def _emacs(path: Path, text: bytes) -> None:
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("me@here.1:1")
    path.with_name(f"#{path.name}#").write_bytes(text)
    path.rename(path.with_name(f"{path.name}~"))
    time.sleep(0.1)
    path.write_bytes(text)
    path.with_name(f"#{path.name}#").unlink()
    lock.unlink()


def _temporary_and_rename(path: Path, text: bytes) -> None:
    temporary = path.with_name(f"{path.name}.tmp.1a2b")
    temporary.write_bytes(text)
    temporary.replace(path)


def _removed_and_written(path: Path, text: bytes) -> None:
    path.unlink()
    time.sleep(0.15)
    path.write_bytes(text)


EDITORS = (_in_place, _truncated_first, _vim, _emacs, _temporary_and_rename, _removed_and_written)


def test_however_an_editor_saves_it_is_an_update(tmp_path: Path) -> None:
    """The article is never away in between, nor half."""
    home = Home()
    files = {tmp_path / f"{save.__name__[1:]}.md": save for save in EDITORS}
    for file in files:
        file.write_bytes(b"first")
    with watching(home, tmp_path, pace=Pace()):
        until(lambda: home.holds)
        for file, save in files.items():
            save(file, b"corrected")
        until(lambda: set(home.holds.values()) == {b"corrected"})
    for file in files:
        assert {state.get(file) for state in home.states} == {b"first", b"corrected"}, file.name


def test_a_growing_file_is_waited_for(folder: Path) -> None:
    """And what is whole is not kept waiting by it for long."""
    home, text = Home(), b"line\n" * 45
    pace = Pace(quiet=0.6, burst=1.0, longest=60.0, retry=0.3)
    with watching(home, folder, pace=pace):
        until(lambda: home.holds)
        with (folder / "growing.md").open("wb", buffering=0) as file:
            (folder / "whole.md").write_bytes(b"whole")
            for line in text.splitlines(keepends=True):
                file.write(line)
                time.sleep(0.05)
            assert "whole.md" in home.texts()
        until(lambda: "growing.md" in home.texts())
    assert {state.get(folder / "growing.md") for state in home.states} == {None, text}


def test_a_burst_is_taken_at_once(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        for number in range(1000):
            (folder / f"{number}.md").write_bytes(b"x")
        until(lambda: len(home.holds) == 1001)
        time.sleep(BRISK.quiet * 2)
    assert len(home.states) <= 5


def test_files_that_are_no_articles_wake_nobody(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        (folder / ".first.md.swp").write_bytes(b"x")
        (folder / "picture.jpg").write_bytes(b"x")
        (folder / ".git").mkdir()
        (folder / ".git" / "HEAD.md").write_bytes(b"x")
        (folder / "download.part").write_bytes(b"x")
        time.sleep(BRISK.quiet * 3)
        assert len(home.states) == 1


def test_a_folder_that_is_gone_takes_nothing_with_it(folder: Path) -> None:
    """It is said once, and when the folder is back it is followed again."""
    home = Home()
    aside = folder.with_name("aside")
    with watching(home, folder):
        until(lambda: home.holds)
        folder.rename(aside)
        until(home.complaints)
        folder.mkdir()  # as a place is where a disk was mounted
        until(lambda: len(home.complaints()) == 2)
        assert home.texts() == {"first.md": b"first"}
        folder.rmdir()
        aside.rename(folder)
        (folder / "second.md").write_bytes(b"second")
        until(lambda: len(home.holds) == 2)
        (folder / "first.md").unlink()
        until(lambda: home.texts() == {"second.md": b"second"})
    assert all("nothing is withdrawn" in complaint for complaint in home.complaints())


def test_a_folder_is_waited_for(tmp_path: Path) -> None:
    home = Home({tmp_path / "late" / "a.md": b"1"})
    with watching(home, tmp_path / "late"):
        until(home.complaints)
        assert home.states == []
        (tmp_path / "late").mkdir()
        until(lambda: len(home.complaints()) == 2)
        assert home.states == []
        (tmp_path / "late" / "b.md").write_bytes(b"2")
        until(lambda: home.texts() == {"b.md": b"2"})


def test_a_folder_may_be_removed_and_made_anew(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        for number in range(2):
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / "new.md").write_bytes(b"%d" % number)
            until(lambda number=number: home.texts() == {"new.md": b"%d" % number})  # type: ignore[misc]
            (folder / "newer.md").write_bytes(b"x")
            until(lambda: "newer.md" in home.texts())


def test_a_link_to_a_folder_may_be_turned_to_another(folder: Path) -> None:
    """As releases are put in place."""
    link, other = folder.with_name("current"), folder.with_name("other")
    other.mkdir()
    (other / "second.md").write_bytes(b"second")
    link.symlink_to(folder)
    home = Home()
    with watching(home, link):
        until(lambda: "first.md" in home.texts())
        link.with_name("next").symlink_to(other)
        link.with_name("next").rename(link)
        until(lambda: "second.md" in home.texts())


def test_what_fails_is_told_once_and_tried_again(folder: Path) -> None:
    home = Home(fails=[OSError(28, "No space left on device"), *[HomeBusy("busy")] * 2])
    with watching(home, folder):
        until(lambda: home.holds)
    assert home.complaints() == ["busy", "[Errno 28] No space left on device"]


def test_a_name_that_is_no_text_stops_nothing(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        name = os.fsencode(folder) + b"/\xd0\xc2.md"
        try:
            with open(name, "wb") as file:  # noqa: PTH123  a Path has no bytes
                file.write(b"in GBK")
        except OSError:
            pytest.skip("this file system takes only names that are text")
        until(lambda: len(home.holds) == 2)
        (folder / "second.md").write_bytes(b"second")
        until(lambda: "second.md" in home.texts())


def test_links_that_lead_nowhere_stop_nothing(folder: Path) -> None:
    home = Home()
    with watching(home, folder):
        until(lambda: home.holds)
        (folder / "round.md").symlink_to(folder / "round.md")
        (folder / "nowhere.md").symlink_to(folder / "nothing.md")
        (folder / "itself").symlink_to(folder)
        until(lambda: len(home.states) == 2)
        (folder / "second.md").write_bytes(b"second")
        until(lambda: "second.md" in home.texts())


def test_a_change_that_nobody_told_of_is_found_in_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events get lost where too many come at once, and on network file systems."""
    monkeypatch.setattr("qa.watching._matters", lambda *_: False)
    home = Home()
    with watching(home, folder, every=0.5):
        until(lambda: home.holds)
        (folder / "second.md").write_bytes(b"second")
        until(lambda: "second.md" in home.texts())


def test_a_fault_of_newsqas_own_is_not_hidden(folder: Path) -> None:
    home = Home(fails=[ZeroDivisionError("a fault")])
    with pytest.raises(ZeroDivisionError), watching(home, folder, feeds=["http://a/"]):
        until(lambda: not home.fails)


def test_stopping_waits_for_no_more_than_what_is_being_done(folder: Path, site: NewsSite) -> None:
    home = Home()
    with watching(home, folder, feeds=[site.at("/feed")]) as stop:
        until(lambda: home.holds and home.asked)
        began = time.monotonic()
        stop.set()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("seed", range(2))
def test_random_histories_end_in_what_is_there(folder: Path, seed: int) -> None:
    """Whatever is done to a folder, the home holds in the end what the folder holds."""
    home, chance = Home(), random.Random(seed)
    with watching(home, folder):
        for _ in range(150):
            _do_something(folder, chance)
            time.sleep(chance.choice([0, 0, 0.01, 0.05]))
        there = {path: path.read_bytes() for path in folder.rglob("*.md")}
        until(lambda: home.holds == there)


def _do_something(folder: Path, chance: random.Random) -> None:
    place = folder / chance.choice(["", "a", "b", "a/c"])
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{chance.randrange(5)}.md"
    match chance.randrange(6):
        case 0 | 1 | 2:
            file.write_bytes(b"%d" % chance.randrange(10**6))
        case 3:
            file.unlink(missing_ok=True)
        case 4:
            other = folder / f"{chance.randrange(5)}.md"
            if file.exists():
                file.rename(other)
        case _:
            shutil.rmtree(folder / "a", ignore_errors=True)


times = st.floats(0, 100)
changes = st.lists(st.tuples(times, st.integers(0, 4)), max_size=40).map(sorted)


@given(changes, times)
def test_what_rests_is_due_in_time_and_what_moves_is_left(
    happened: list[tuple[float, int]], now: float
) -> None:
    pace, unrest = Pace(), Unrest()
    seen: dict[Path, list[float]] = {}
    for at, number in happened:
        if at <= now:
            unrest.saw([Path(str(number))], at)
            seen.setdefault(Path(str(number)), []).append(at)
    resting = {
        file
        for file, moments in seen.items()
        if now - moments[-1] >= pace.quiet or now - moments[0] >= pace.longest
    }
    assert unrest.moving(now) == seen.keys() - resting
    if any(now - seen[file][0] >= pace.burst for file in resting):
        assert unrest.due(now)
    if unrest.due(now):
        assert resting
    assert unrest.settle(now) == seen.keys() - resting
    assert unrest.moving(now) == seen.keys() - resting
    assert not unrest.due(now)
    # A little later, for what floating-point numbers lose.
    assert unrest.due(now + pace.quiet + 0.001) == bool(unrest.moving(now))


def taker(pages: Mapping[str, str]) -> Callable[[str], Report]:
    """Return what takes a feed, as a corpus does, under the etags it was told before."""
    etags = dict(pages)

    def take(address: str) -> Report:
        try:
            fetched = fetch(address, etags.get(address, ""))
        except FetchFailed as failure:
            return Report((), (failure,), ())
        if fetched is None:
            return NOTHING
        etags[address] = fetched.etag
        return Report(((fetched.body.decode(), "added"),), (), ())

    return take


def outcomes(home: Home, place: str) -> list[str]:
    """Return what was told of a place: what was taken, or why nothing was."""
    reports = [told for where, told in home.told if where == place and isinstance(told, Report)]
    return [
        report.refused[0].reason if report.refused else "".join(id for id, _ in report.taken)
        for report in reports
    ]


def test_a_feed_is_asked_again_and_again_and_taken_when_it_changed(site: NewsSite) -> None:
    feed = site.at("/feed")
    site.pages["/feed"] = Page(b"one", headers={"etag": "1"})
    home = Home(reports=taker({}))
    with watching(home, feeds=[feed], every=0.1):
        until(lambda: len(home.told) >= 3)
        site.pages["/feed"] = Page(status=500)
        until(lambda: "the server answers 500 Said" in outcomes(home, feed))
        site.pages["/feed"] = Page(b"two", headers={"etag": "2"})
        until(lambda: outcomes(home, feed)[-1] == "")
    told = outcomes(home, feed)
    assert [one for one in told if one in ("one", "two")] == ["one", "two"]
    assert told[:3] == ["one", "", ""]


def test_a_feed_that_asks_for_patience_is_left_alone(site: NewsSite) -> None:
    patient, other = site.at("/patient"), site.at("/other")
    site.pages["/patient"] = Page(status=429, headers={"retry-after": "1"})
    site.pages["/other"] = Page(b"here")
    home = Home(reports=taker({}))
    with watching(home, feeds=[patient, other], every=0.1):
        until(lambda: site.paths().count("/patient") == 2)
        assert site.paths().count("/other") > 3
    first, second, *_ = (one.at for one in site.asked if one.path == "/patient")
    assert second - first >= 1


def test_a_feed_that_is_gone_for_good_is_asked_no_more(site: NewsSite, folder: Path) -> None:
    site.pages["/gone"] = Page(status=410)
    home = Home(reports=taker({}))
    with watching(home, folder, feeds=[site.at("/gone")], every=0.05):
        until(lambda: home.holds and site.asked)
        time.sleep(0.5)
        assert site.paths() == ["/gone"]
        (folder / "second.md").write_bytes(b"second")
        until(lambda: "second.md" in home.texts())


def test_a_feed_that_fails_stops_neither_others_nor_folders(folder: Path) -> None:
    def take(address: str) -> Report:
        if address == "http://bad/":
            raise HomeBusy("busy")
        return Report((), (ArticleRefused(address, "no feed"),), ())

    home = Home(reports=take)
    with watching(home, folder, feeds=["http://bad/", "http://me:secret@good/"], every=0.1):
        until(lambda: home.asked.count("http://me:secret@good/") >= 3)
        (folder / "second.md").write_bytes(b"second")
        until(lambda: "second.md" in home.texts())
    assert ("http://bad/", "busy") in home.told
    assert not any("secret" in place for place, _ in home.told)
