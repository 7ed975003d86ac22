"""A disk that is full or cannot be written: what is there is served, and what fails says why."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qa.backup import backup
from qa.checkup import check
from qa.corpus import Corpus
from qa.errors import HomeUnusable

from .conftest import HashingEncoder, make_article, named

PROJECT = Path(__file__).parents[2]


def open_corpus(home: Path) -> Corpus:
    return Corpus(home, HashingEncoder, "hashing")


def found(corpus: Corpus) -> set[str]:
    """Return the ids of the articles that both legs find, each the same."""
    by_meaning, by_word = legs(corpus)
    assert by_meaning == by_word
    return by_word


def legs(corpus: Corpus) -> tuple[set[str], set[str]]:
    """Return the ids of the articles that are found by meaning, and by a word."""
    encoder, index = corpus.serving()
    (vector,) = encoder.encode(["tea"], "query").vectors
    rankings = index.dense(vector, 1_000), index.lexical([(("tea",),)], 1_000)
    by_meaning, by_word = (
        {passage.article_id for passage in index.passages([row.key for row in ranking]).values()}
        for ranking in rankings
    )
    return by_meaning, by_word


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something at a folder, where this process may."""
    if sys.platform != "linux":
        pytest.skip("mounts as Linux does")
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    with mounted(home, "--bind", str(home)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(home)], check=True)
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with two articles that nobody has open."""
    home = tmp_path / "home"
    subprocess.run(
        [sys.executable, "-c", _ADD, str(home), "2"], cwd=PROJECT, check=True, timeout=120
    )
    return home


_ADD = """
import sys
from pathlib import Path
from qa.errors import NewsqaError
from tests.qa.test_disk import open_corpus
from tests.qa.conftest import make_article, named
home, count = Path(sys.argv[1]), int(sys.argv[2])
try:
    for n in range(count):
        open_corpus(home).add([named(make_article(f"{n}", f"tea {n} " + "茶。" * 3000 * (n > 1)))])
        print(n, flush=True)
except NewsqaError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def test_a_home_that_cannot_be_written_is_served_and_checked(home: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    with read_only(home):
        corpus = open_corpus(home)

        assert found(corpus) == {"0", "1"}
        assert corpus.articles.get("0").text.startswith("tea")
        assert check(home) == ()
        for write in (
            lambda: corpus.add([named(make_article("x", "tea"))]),
            lambda: corpus.remove(["0"]),
            corpus.rebuild,
        ):
            with pytest.raises(HomeUnusable, match=r"[Rr]ead-only"):
                write()
        backup(home, tmp_path / "saved.zip")
        assert found(open_corpus(home)) == {"0", "1"}
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_who_reads_only_sees_what_others_write(home: Path, tmp_path: Path) -> None:
    """As where one container writes to a folder that another may only read."""
    view = tmp_path / "view"
    view.mkdir()
    with mounted(view, "--bind", str(home)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(view)], check=True)
        reader = open_corpus(view)
        assert found(reader) == {"0", "1"}
        writer = open_corpus(home)
        writer.add([named(make_article("x", "tea"))])
        assert found(reader) == {"0", "1", "x"}
        writer.remove(["0"])
        assert found(reader) == {"1", "x"}
        writer.rebuild()
        assert found(reader) == {"1", "x"}


def test_a_full_disk_keeps_what_was_acknowledged_and_serves_it(tmp_path: Path) -> None:
    home = tmp_path / "small"
    home.mkdir()
    with mounted(home, "-t", "tmpfs", "-o", "size=8m", "tmpfs"):
        writer = subprocess.run(
            [sys.executable, "-c", _ADD, str(home / "home"), "1000"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert writer.returncode == 1
        assert "HomeUnusable" in writer.stderr
        assert "Traceback" not in writer.stderr
        acknowledged = set(writer.stdout.split())
        assert len(acknowledged) > 3
        corpus = open_corpus(home / "home")
        # Of what was not acknowledged one leg may have had no room any more.
        assert all(acknowledged <= leg for leg in legs(corpus))
        corpus.articles._database.close()
        corpus.serving()[1].close()


def test_a_file_that_may_not_grow_is_no_stack_trace(tmp_path: Path) -> None:
    """As on a full disk, where nothing can be mounted."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    writer = subprocess.run(
        [sys.executable, "-c", _ADD, str(tmp_path / "home"), "1000"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limit,
    )

    assert writer.returncode == 1
    assert "HomeUnusable" in writer.stderr
    assert "Traceback" not in writer.stderr
    corpus = open_corpus(tmp_path / "home")
    assert set(writer.stdout.split()) <= found(corpus)
    assert check(tmp_path / "home") == ()
