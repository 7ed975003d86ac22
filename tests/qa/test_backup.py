"""A backup holds a home as of one moment, and restoring it leaves the old state or that one."""

import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

import qa.backup
from qa.backup import backup, finish_restore, restore
from qa.checkup import check
from qa.corpus import Corpus
from qa.errors import HomeBusy, HomeUnusable
from qa.types import Ranking

from .conftest import HashingEncoder, make_article, named


class Home:
    """A home, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encoder = HashingEncoder()
        self.corpus = Corpus(folder, lambda _: self.encoder, "hashing")

    def add(self, *ids: str, text: str = "茶 tea。") -> None:
        self.corpus.add([named(make_article(id, f"{id} {text}", title=id)) for id in ids])

    def holds(self) -> str:
        """Return the ids of the articles that are there, as every leg must have them."""
        _, index = self.corpus.serving()
        (vector,) = self.encoder.encode(["tea"], "query").vectors

        def ids(ranking: Ranking) -> str:
            found = index.passages([row.key for row in ranking])
            return "".join(sorted({passage.article_id for passage in found.values()}))

        kept = "".join(sorted(one.id for one in self.corpus.articles.page(None, 100)))
        assert ids(index.dense(vector, 100)) == ids(index.lexical([(("tea",),)], 100)) == kept
        return kept


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.add("a", "b")
    return made


@pytest.fixture
def saved(home: Home, tmp_path: Path) -> Path:
    """Return a backup of a home with the articles a and b."""
    return backup(home.folder, tmp_path / "saved.zip")


def test_what_was_backed_up_is_restored_and_nothing_is_embedded_again(
    home: Home, saved: Path, tmp_path: Path
) -> None:
    assert restore(saved, tmp_path / "new") == 2
    new = Home(tmp_path / "new")

    assert new.holds() == "ab"
    assert new.encoder.encoded == ["tea"]
    assert check(new.folder) == ()
    assert new.corpus.articles.find("ab") == home.corpus.articles.find("ab")
    new.add("c")
    assert new.holds() == "abc"


def test_a_backup_into_a_folder_is_named_by_its_time(home: Home, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()

    made = backup(home.folder, tmp_path / "backups")

    assert [*made.parent.iterdir()] == [made]
    assert made.name.startswith("newsqa-")
    assert restore(made, tmp_path / "new") == 2


def test_a_backup_while_others_write_is_of_one_moment(home: Home, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            home.add("c", "d")
            home.corpus.remove(["c", "d"])
            home.corpus.rebuild()

    writer = threading.Thread(target=write)
    writer.start()
    made = [backup(home.folder, tmp_path / f"{n}.zip") for n in range(6)]
    stop.set()
    writer.join()

    for one in made:
        restore(one, tmp_path / "new", force=True)
        assert Home(tmp_path / "new").holds() in ("ab", "abcd")
        assert check(tmp_path / "new") == ()


def test_who_serves_a_home_answers_by_what_is_restored(home: Home, saved: Path) -> None:
    home.add("c")
    home.corpus.remove(["a"])
    assert home.holds() == "bc"
    before = home.corpus.serving()[1].info.generation

    restore(saved, home.folder, force=True)

    assert home.holds() == "ab"
    assert home.corpus.serving()[1].info.generation != before
    home.add("d")
    assert home.holds() == "abd"
    assert check(home.folder) == ()


def test_a_home_with_articles_is_replaced_only_by_force(home: Home, saved: Path) -> None:
    home.add("c")

    with pytest.raises(HomeUnusable, match="--force"):
        restore(saved, home.folder)

    assert home.holds() == "abc"


def test_a_home_without_an_index_is_backed_up_without_one(home: Home, tmp_path: Path) -> None:
    bare = Home(tmp_path / "bare")
    bare.corpus.articles.put([named(make_article("x", "tea"))])

    restore(backup(bare.folder, tmp_path / "bare.zip"), home.folder, force=True)

    assert home.holds() == "x"


NOT_BACKUPS: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "bits": lambda path: path.write_bytes(path.read_bytes()[:2000].swapcase() + bytes(5000)),
    "another zip": lambda path: zipfile.ZipFile(path, "w").close(),
    "no database": lambda path: _zip(path, {"articles.sqlite": b"none"}),
    "other names": lambda path: _zip(path, {"articles.sqlite": b"", "../x": b""}),
    "no manifest": lambda path: _zip(path, {"articles.sqlite": b"", "passages.sqlite": b""}),
}


def _zip(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("spoil", NOT_BACKUPS.values(), ids=NOT_BACKUPS)
def test_what_is_no_backup_changes_nothing(
    home: Home, saved: Path, spoil: Callable[[Path], object]
) -> None:
    home.add("c")
    spoil(saved)

    with pytest.raises(HomeUnusable, match=r"saved\.zip"):
        restore(saved, home.folder, force=True)

    assert home.holds() == "abc"
    assert check(home.folder) == ()
    assert not list(home.folder.glob("*restored*"))


def test_a_damaged_home_is_not_backed_up(home: Home, tmp_path: Path) -> None:
    path = home.folder / "articles.sqlite"
    home.corpus.articles.remove([])  # empties the log
    del home.corpus
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)

    with pytest.raises(HomeUnusable, match=r"damaged|malformed"):
        backup(home.folder, tmp_path / "saved.zip")

    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_backup_overwrites_no_file_and_needs_articles(home: Home, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(HomeUnusable, match="there already"):
        backup(home.folder, tmp_path / "there")
    with pytest.raises(HomeUnusable, match="no articles"):
        backup(tmp_path / "absent", tmp_path / "saved.zip")
    with pytest.raises(HomeUnusable, match="no such folder"):
        backup(home.folder, tmp_path / "absent" / "saved.zip")


def test_a_damaged_store_is_restored(home: Home, saved: Path) -> None:
    (home.folder / "articles.sqlite").write_bytes(b"no database" * 1000)

    assert restore(saved, home.folder, force=True) == 2
    assert Home(home.folder).holds() == "ab"


def test_a_busy_home_is_said_to_be_busy(
    home: Home, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.backup, "WAIT_SECONDS", 0.05)
    with FileLock(home.folder / "writer.lock"), pytest.raises(HomeBusy, match="another process"):
        restore(saved, home.folder, force=True)


class Stopped(BaseException):
    """What stops it in the middle."""


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        ("qa.backup", "_verify"),
        ("qa.backup", "_follow"),
        ("qa.backup", "_replace"),
        ("qa.generations.Generations", "adopt"),
        ("qa.generations.Generations", "_swap"),
        ("qa.generations.Generations", "_keep_only"),
    ],
)
def test_stopped_anywhere_it_is_the_old_state_or_the_new(
    home: Home, saved: Path, monkeypatch: pytest.MonkeyPatch, owner: str, step: str
) -> None:
    home.add("c")
    with monkeypatch.context() as broken:

        def stop(*_: object) -> None:
            raise Stopped

        broken.setattr(f"{owner}.{step}", stop)
        with pytest.raises(Stopped):
            restore(saved, home.folder, force=True)

    decided = (home.folder / "restored").exists()
    expected = "ab" if decided else "abc"
    assert decided == (step not in ("_verify", "_follow"))
    assert Home(home.folder).holds() == expected
    home.add("d")
    assert home.holds() == expected + "d"
    finish_restore(home.folder)
    assert home.holds() == expected + "d"
