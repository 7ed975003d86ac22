"""What is wrong with a home is found, whatever file it is in, and named with what mends it."""

import random
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

import qa.following
from qa.checkup import Finding, check
from qa.corpus import Corpus
from qa.errors import NewsqaError
from qa.following import WRITING

from .conftest import HashingEncoder, make_article, named


def open_corpus(home: Path) -> Corpus:
    return Corpus(home, HashingEncoder, "hashing")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with every kind of file: vectors on disk, a version, a copy, one withdrawn."""
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    corpus = open_corpus(tmp_path / "home")
    long = "\n".join(f"第{n}段，说的是茶。" + "很长的句子。" * 30 for n in range(4))
    corpus.add([named(make_article(id, f"{id}\n{long}")) for id in "abcd"])
    corpus.add([named(make_article("a", f"Corrected.\n{long}")), named(make_article("e", long))])
    corpus.remove(["d"])
    corpus.serving()[1].close()
    return tmp_path / "home"


def current(home: Path) -> Path:
    return (home / "current").resolve()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(statement.replace("NEWEST", "(SELECT max(key) FROM passages)"))


def parts(findings: tuple[Finding, ...]) -> set[str]:
    """Return the names of the files in which something is wrong."""
    return {Path(finding.part).name for finding in findings}


def test_a_sound_home_has_nothing_wrong(home: Path, tmp_path: Path) -> None:
    assert check(home) == ()
    assert check(tmp_path / "absent") == ()
    open_corpus(tmp_path / "new")
    assert check(tmp_path / "new") == ()


def test_a_home_is_sound_while_it_is_written_and_served(home: Path) -> None:
    stop = threading.Event()
    corpus = open_corpus(home)

    def write() -> None:
        for n in range(30):
            corpus.add([named(make_article(f"n{n % 7}", f"第{n}条。" + "茶。" * n))])
            if n % 5 == 4:
                corpus.remove([f"n{n % 7}"])
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    found = [check(home) for _ in iter(stop.is_set, True)]
    writer.join()

    assert found
    assert {finding for findings in found for finding in findings} == set()


PASSAGES: dict[str, str] = {
    "an article's passages are gone": "DELETE FROM passages WHERE article_id = 'b'",
    "an article is gone": "DELETE FROM documents WHERE article_id = 'b'",
    "an article nobody has": "INSERT INTO documents SELECT 'x', day, published, seq, publisher,"
    " author, text FROM documents WHERE article_id = 'b'",
    "another text": "UPDATE passages SET text = 'x' || substr(text, 2) WHERE key = NEWEST",
    "another embedded text": "UPDATE passages SET embedded = 'x' || embedded WHERE key = NEWEST",
    "a short vector": "UPDATE passages SET vector = x'00000000' WHERE key = NEWEST",
    "no token vectors": "DELETE FROM token_vectors WHERE key = NEWEST",
    "token vectors of nothing": "INSERT INTO token_vectors VALUES (999, x'00')",
    "a text of nobody": "INSERT INTO texts VALUES (999, x'00', x'00')",
    "a run of nothing": "INSERT INTO runs VALUES (1, 999)",
    "a copy one way": "DELETE FROM copies WHERE text < copy",
    "a tally too high": "UPDATE tallies SET number = number + 1 WHERE what = 'source'",
    "a tally of nothing": "INSERT INTO tallies VALUES ('author', 'nobody', 1)",
    "a tally gone": "DELETE FROM tallies WHERE what = 'passage'",
}


@pytest.mark.parametrize("statement", PASSAGES.values(), ids=PASSAGES)
def test_passages_that_do_not_agree_are_found_and_a_rebuild_mends_them(
    home: Path, statement: str
) -> None:
    change(current(home) / "passages.sqlite", statement)

    findings = check(home)

    assert parts(findings) >= {"passages.sqlite"}
    assert all(finding.remedy == "`newsqa rebuild`" for finding in findings)
    open_corpus(home).rebuild()
    assert check(home) == ()


def test_vectors_other_than_the_passages_are_found(home: Path) -> None:
    change(
        current(home) / "passages.sqlite",
        "UPDATE passages SET vector = zeroblob(length(vector)) WHERE key = NEWEST",
    )

    assert {Path(part).suffix for part in parts(check(home))} == {".faiss"}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path: Path) -> None:
    """Overwrite the first half with nothing."""
    content = path.read_bytes()
    path.write_bytes(bytes(len(content) // 2) + content[len(content) // 2 :])


def served(home: Path) -> str:
    """Return the ids of the articles that a home finds by a word, or what it says is wrong."""
    try:
        _, index = open_corpus(home).serving()
        found = index.passages([row.key for row in index.lexical([(("茶",),)], 100)])
        return "".join(sorted({passage.article_id for passage in found.values()}))
    except NewsqaError as error:
        return str(error)


FILES = ("articles.sqlite", "passages.sqlite", "manifest.json", "vectors-*.faiss", "*.term")


@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.parametrize("damage", [cut, zero, Path.unlink], ids=["cut", "zeros", "gone"])
def test_a_damaged_file_of_each_kind_is_found_and_is_no_stack_trace(
    home: Path, pattern: str, damage: Callable[[Path], object]
) -> None:
    """Served it answers right or says what is wrong; what is derived is mended by a rebuild."""
    damaged = max(home.rglob(pattern))
    damage(damaged)

    findings = check(home)

    expected = "words" if pattern == "*.term" else damaged.name
    if not (pattern.startswith("vectors") and damage is Path.unlink):
        assert expected in parts(findings)
    said = served(home)
    assert said == "abce" or (damaged.name in said and "`newsqa " in said)
    if damaged.name == "articles.sqlite":
        assert any("newsqa restore" in finding.remedy for finding in findings)
    else:
        open_corpus(home).rebuild()
        assert check(home) == ()


def test_a_lost_link_is_found_and_the_index_serves(home: Path) -> None:
    (home / "current").unlink()

    (finding,) = check(home)

    assert finding.part == "current"
    assert open_corpus(home).serving()[1].info.articles == 4


def test_an_article_that_was_changed_on_disk_is_found(home: Path) -> None:
    change(home / "articles.sqlite", "UPDATE articles SET source = x'00' WHERE id = 'b'")
    change(home / "articles.sqlite", "UPDATE versions SET source = x'00'")

    assert [finding.part for finding in check(home)] == ["articles.sqlite"] * 2


def test_what_a_stopped_writer_left_is_told_and_a_rebuild_clears_it(home: Path) -> None:
    (home / "generations" / ".building").mkdir()
    (current(home) / ".vectors-9.faiss.1").touch()

    findings = check(home)

    assert len(findings) == 2
    assert all("stopped" in finding.problem for finding in findings)
    open_corpus(home).rebuild()
    open_corpus(home).rebuild()
    assert check(home) == ()


def test_vectors_that_are_written_just_now_were_left_by_nobody(home: Path) -> None:
    with FileLock(current(home) / WRITING):
        (current(home) / ".vectors-9.faiss.1").touch()
        assert check(home) == ()
    assert parts(check(home)) == {".vectors-9.faiss.1"}


def test_articles_that_are_not_indexed_yet_are_told_and_the_next_opening_takes_them_in(
    home: Path,
) -> None:
    open_corpus(home).articles.put([named(make_article("late", "Tea."))])

    (finding,) = check(home)

    assert "1 changes" in finding.problem
    open_corpus(home).serving()
    assert check(home) == ()


@pytest.mark.parametrize("seed", range(20))
def test_bits_flipped_anywhere_are_no_stack_trace(home: Path, seed: int) -> None:
    """Nor do they find an article that is not there."""
    chosen = random.Random(seed)
    files = [path for path in home.rglob("*") if path.is_file() and path.stat().st_size]
    for path in chosen.sample(files, 3):
        content = bytearray(path.read_bytes())
        for _ in range(20):
            content[chosen.randrange(len(content))] ^= 1 << chosen.randrange(8)
        path.write_bytes(content)

    assert all(finding.remedy for finding in check(home))
    said = served(home)
    assert set(said) <= set("abce") or "`newsqa " in said
