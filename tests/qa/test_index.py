"""What every index promises, and what the one on disk survives."""

import json
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import embeddings.vectors
import qa.embedding
import qa.following
import qa.index
from embeddings.vectors import VectorIndex
from qa.errors import HomeUnusable, IndexUnusable
from qa.generations import Generations
from qa.index import FORMAT, LocalIndex, Manifest
from qa.lexical import WordIndex
from qa.store import ArticleStore, PassageStore
from qa.types import Article

from .conftest import DIMENSION, HashingEncoder, make_article, named
from .index_contract import *  # noqa: F403
from .index_contract import SHIP, TEA, UNDATED, Indexed, answers, dense, lexical, tokens, vector


class LocalCorpus:
    """A LocalIndex and its articles."""

    def __init__(self, folder: Path) -> None:
        self.encoder = HashingEncoder()
        self.articles = ArticleStore(folder / "articles.sqlite")
        self.index = LocalIndex.create(folder / "generation", self.encoder.model)

    def add(self, *articles: Article) -> None:
        self.articles.put([named(article) for article in articles])
        self.index.catch_up(self.articles, self.encoder)

    def remove(self, *ids: str) -> None:
        self.articles.remove(ids)
        self.index.catch_up(self.articles, self.encoder)

    def open_again(self) -> LocalIndex:
        return LocalIndex(self.index.folder, self.encoder.model)


@pytest.fixture(params=[LocalCorpus], ids=["local"])
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> Indexed:
    """Return an empty index of every kind."""
    make: Callable[[Path], Indexed] = request.param
    return make(tmp_path)


# The index on disk.


@pytest.fixture
def local(tmp_path: Path) -> LocalCorpus:
    return LocalCorpus(tmp_path)


def test_no_question_goes_through_all_there_is(local: LocalCorpus, tmp_path: Path) -> None:
    """What it costs does not grow with the articles: SQLite says of no statement that it scans."""
    local.add(TEA, SHIP, UNDATED)
    index, articles, asked = local.index, local.articles, list[str]()
    for store in (index._store, articles):
        connection: Any = store._database.connection()
        connection.set_trace_callback(asked.append)

    keys = [row.key for row in index.dense(vector("tea"), 10)]
    index.lexical([(("tea",),)], 10)
    for ask in (index.passages, index.token_vectors, index.days):
        ask(keys)
    for tell in (index.copies, index.earlier):
        tell("tea")
    assert index.info
    assert index.facets()
    assert index.newest(2)
    index.behind(articles)
    articles.find(["tea"])
    assert articles.last_change

    plans = set()
    for path in (index.folder / "passages.sqlite", tmp_path / "articles.sqlite"):
        with closing(sqlite3.connect(path)) as file:
            tables = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
            for query in asked:
                if query.startswith("SELECT") and tables & set(re.findall(r"\w+", query)):
                    with suppress(sqlite3.OperationalError):  # it is about the other file
                        plans |= {row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {query}")}
    assert len(plans) > 10
    # What is asked for, one row, and the newest, of which the first few are read.
    short = "SCAN json_each", "SCAN progress", "SCAN documents USING INDEX document_by_published"
    assert [one for one in plans if "SCAN" in one and not one.startswith(short)] == []


def test_opened_again_it_answers_alike(local: LocalCorpus) -> None:
    local.add(TEA, SHIP, UNDATED)
    local.remove("undated")

    assert answers(local.open_again()) == answers(local.index)


def test_any_history_ends_like_building_at_once(local: LocalCorpus, tmp_path: Path) -> None:
    """Ties aside, which keys order, only what there is now counts."""
    local.add(UNDATED)
    local.add(TEA)
    local.add(make_article("ship", "Nothing yet."))
    local.remove("undated")
    local.add(SHIP)

    (tmp_path / "once").mkdir()
    once = LocalCorpus(tmp_path / "once")
    once.add(TEA, SHIP)

    assert answers(local.index)[0] == answers(once.index)[0]
    assert answers(local.index)[3:] == answers(once.index)[3:]


def test_an_open_reader_sees_what_another_writes(local: LocalCorpus) -> None:
    reader = local.open_again()
    local.add(TEA)
    assert dense(reader) == lexical(reader, "tea") == ["tea"]

    local.add(SHIP)
    local.remove("tea")
    assert dense(reader) == lexical(reader, "harbour") == ["ship"]
    assert lexical(reader, "tea") == []


class Crash(BaseException):
    """What stops a writer in the middle."""


def crash(*_: object, **__: object) -> None:
    raise Crash


@pytest.mark.parametrize(
    ("owner", "step"),
    [
        (PassageStore, "take"),
        (WordIndex, "apply"),
        (VectorIndex, "save"),
        (Manifest, "write"),
    ],
    ids=["before passages", "before words", "before vectors", "before manifest"],
)
def test_a_crash_anywhere_is_repaired_by_catching_up(
    local: LocalCorpus,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    owner: type,
    step: str,
) -> None:
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    local.add(TEA, SHIP)
    with monkeypatch.context() as broken:
        broken.setattr(owner, step, crash)
        with pytest.raises(Crash):
            local.add(UNDATED, make_article("tea", "Tea is out. Only tea.", title="茶"))

    opened = local.open_again()
    opened.catch_up(local.articles, local.encoder)

    assert not opened.behind(local.articles)
    (tmp_path / "once").mkdir()
    once = LocalCorpus(tmp_path / "once")
    once.add(SHIP, UNDATED, make_article("tea", "Tea is out. Only tea.", title="茶"))
    assert answers(opened)[0] == answers(once.index)[0]
    assert sorted(lexical(opened, "tea")) == ["tea", "undated"]
    assert Manifest.read(opened.folder).passages == opened.info.passages


def test_a_crash_between_commit_and_cursor_is_repaired(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.add(TEA)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", crash)
        with pytest.raises(Crash):
            local.add(SHIP)

    opened = local.open_again()
    assert opened.behind(local.articles)
    opened.catch_up(local.articles, local.encoder)

    assert lexical(opened, "harbour") == ["ship"]
    assert len(WordIndex(opened.folder / "words")) == 2


@pytest.mark.parametrize("known", [True, False], ids=["of its own", "of another"])
def test_words_are_taken_out_though_a_stopped_commit_left_its_files(
    local: LocalCorpus, tmp_path: Path, known: bool
) -> None:
    """Tantivy gives them the same names again; what it cannot write is no silent loss."""
    local.add(TEA, SHIP, UNDATED)
    folder = local.index.folder / "words"
    shutil.copytree(folder, tmp_path / "words")
    local.remove("tea")
    (left,) = (path.name for path in folder.glob("*.del"))
    local.index.close()
    shutil.rmtree(folder)
    (tmp_path / "words").rename(folder)
    (folder / left).touch()
    if known:
        managed = folder / ".managed.json"
        managed.write_text(json.dumps([*json.loads(managed.read_text()), left]))

    opened = local.open_again()
    assert opened.behind(local.articles)
    if not known:
        with pytest.raises(HomeUnusable, match="FileAlreadyExists"):
            opened.catch_up(local.articles, local.encoder)
        assert opened.behind(local.articles)
        return
    opened.catch_up(local.articles, local.encoder)

    assert lexical(opened, "tea") == ["undated"]
    assert len(WordIndex(folder)) == 2


def test_vectors_are_saved_now_and_then_and_only_the_rest_is_read(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    for n in range(5):
        local.add(make_article(f"n{n}", f"第{n}条。tea"))

    saved = list(local.index.folder.glob("vectors-*.faiss"))
    assert 1 <= len(saved) <= 2
    for path in saved:  # without them, the log has everything
        path.unlink()
    assert answers(local.open_again()) == answers(local.index)


def test_an_index_that_grows_is_of_another_kind_without_a_gap(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before answers until the index is made, what comes meanwhile included."""
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    monkeypatch.setattr(embeddings.vectors, "LARGE", 40)
    local.add(*(make_article(f"n{n:02}", f"第{n}条。") for n in range(39)))
    monkeypatch.setattr(qa.following, "ASIDE", 30)
    making, go_on = threading.Event(), threading.Event()
    merged = VectorIndex.merged

    def slowly(index: VectorIndex) -> VectorIndex:
        if threading.current_thread() is not threading.main_thread():
            making.set()
            assert go_on.wait(60)
        return merged(index)

    monkeypatch.setattr(VectorIndex, "merged", slowly)
    local.add(*(make_article(f"m{n:02}", f"第{n}件。") for n in range(5)))
    assert making.wait(60)
    local.add(TEA)
    assert local.index.kind.name == "exact"
    assert "tea" in dense(local.index, depth=100)

    go_on.set()
    local.index.close()

    assert local.index.kind.name == "sketched"
    assert len(dense(local.index, depth=100)) == 45
    assert local.open_again().kind.name == "sketched"
    assert answers(local.open_again()) == answers(local.index)


def test_what_another_writes_just_now_is_left_and_what_it_was_stopped_in_is_cleared_away(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    half = local.index.folder / ".vectors-9.faiss.1"
    with FileLock(local.index.folder / qa.following.WRITING):
        half.touch()
        local.add(TEA)
        assert half.exists()
        assert not list(local.index.folder.glob("vectors-*.faiss"))

    local.add(SHIP)

    assert not half.exists()
    assert list(local.index.folder.glob("vectors-*.faiss"))


def test_a_question_merges_nothing_itself(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = local.open_again()
    merging: list[threading.Thread] = []
    merged = VectorIndex.merged

    def told(index: VectorIndex) -> VectorIndex:
        merging.append(threading.current_thread())
        return merged(index)

    local.add(TEA, SHIP)
    monkeypatch.setattr(embeddings.vectors, "MERGE_AT_LEAST", 1)
    monkeypatch.setattr(VectorIndex, "merged", told)
    assert sorted(dense(reader)) == ["ship", "tea"]
    reader.close()

    assert merging
    assert threading.current_thread() not in merging


def test_updating_one_article_encodes_only_what_changed(local: LocalCorpus) -> None:
    paragraphs = [f"第{n}段。" + "很长的句子。" * 30 for n in range(4)]
    local.add(make_article("long", "\n".join(paragraphs)), TEA, SHIP)
    local.encoder.encoded.clear()

    paragraphs[2] = "改写的一段。" + "很长的句子。" * 30
    local.add(make_article("long", "\n".join(paragraphs)))

    assert len(local.encoder.encoded) == 1
    assert "改写的一段" in local.encoder.encoded[0]


def test_a_text_is_encoded_once_however_often_it_occurs(local: LocalCorpus) -> None:
    local.add(*[make_article(f"n{n}", "同文。") for n in range(5)])
    local.add(make_article("later", "同文。"))

    assert local.encoder.encoded == ["同文。"]
    assert local.index.info.passages == 6


def test_progress_counts_every_article_once(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.embedding, "BATCH", 3)
    local.articles.put([named(make_article(f"n{n}", f"第{n}条。")) for n in range(8)])
    told: list[int] = []

    local.index.catch_up(local.articles, local.encoder, told.append)

    assert told == [3, 3, 2]


def test_threads_ask_while_another_adds(local: LocalCorpus) -> None:
    local.add(TEA)
    stop = threading.Event()
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                assert "tea" in dense(local.index, depth=100)
                assert "tea" in lexical(local.index, "tea")
                local.index.info  # noqa: B018  reading it is the test
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            local.index.close()

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for n in range(8):
        local.add(make_article(f"n{n}", f"第{n}条 ferry。"))
    stop.set()
    for reader in readers:
        reader.join()

    assert not failures
    assert len(dense(local.index, depth=100)) == 9


def test_nothing_is_left_of_removed_token_vectors(local: LocalCorpus) -> None:
    def holds(packed: bytes) -> bool:
        return any(packed in one.read_bytes() for one in local.index.folder.rglob("*.sqlite*"))

    local.add(TEA, SHIP)
    gone, kept = (tokens(local.index)[id] for id in ("tea:0-1", "ship:0-0"))
    assert holds(gone)

    local.remove("tea")

    assert holds(kept)
    assert not holds(gone)


def test_token_vectors_are_of_passages_that_are_there(local: LocalCorpus) -> None:
    local.add(TEA, SHIP, UNDATED)
    for text in ("One.", "One. Two.\n" * 60, "Three."):
        local.add(make_article("tea", text))
    local.remove("ship")

    with closing(sqlite3.connect(local.index.folder / "passages.sqlite")) as file:
        packed, passages = (
            file.execute(f"SELECT key FROM {table} ORDER BY key").fetchall()
            for table in ("token_vectors", "passages")
        )
    assert packed == passages


# What cannot be used.


def test_the_index_of_another_model_is_refused(local: LocalCorpus) -> None:
    with pytest.raises(IndexUnusable, match=r"hashing.*newsqa rebuild --model other"):
        LocalIndex(local.index.folder, HashingEncoder("other").model)


@pytest.mark.parametrize("earlier", range(FORMAT))
def test_another_format_is_refused(local: LocalCorpus, earlier: int) -> None:
    path = local.index.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": earlier}))

    with pytest.raises(IndexUnusable, match=rf"format {earlier}.*newsqa rebuild"):
        local.open_again()


def damage(path: Path) -> None:
    path.write_bytes(b"\x00 no such thing \xff" * 400)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Turn one bit over, in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def newest(folder: Path) -> Path:
    return max(folder.glob("vectors-*.faiss"))


def terms(folder: Path) -> Path:
    return next((folder / "words").glob("*.term"))


FATAL: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "manifest": lambda folder: damage(folder / "manifest.json"),
    "manifest, a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "manifest, other fields": lambda folder: (folder / "manifest.json").write_text('{"format":3}'),
    "passages": lambda folder: damage(folder / "passages.sqlite"),
    "passages, cut": lambda folder: cut(folder / "passages.sqlite"),
    "no passages": lambda folder: (folder / "passages.sqlite").unlink(),
}
DERIVED: dict[str, Callable[[Path], object]] = {
    "vectors": lambda folder: damage(newest(folder)),
    "vectors, cut": lambda folder: cut(newest(folder)),
    "vectors, a bit": lambda folder: flip(newest(folder)),
    "no vectors": lambda folder: newest(folder).unlink(),
    "words": lambda folder: damage(folder / "words" / "meta.json"),
    "words, emptied": lambda folder: (folder / "words" / "meta.json").unlink(),
    "words, cut": lambda folder: cut(terms(folder)),
    "words, a bit": lambda folder: flip(terms(folder)),
    "words, a file gone": lambda folder: terms(folder).unlink(),
    "words, too few": lambda folder: (folder / "words" / "meta.json").write_text(
        (folder / "words" / "meta.json").read_text().replace('"max_doc": 2', '"max_doc": 1')
    ),
}
DAMAGES = FATAL | DERIVED


@pytest.fixture
def damaged(
    request: pytest.FixtureRequest, local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> LocalCorpus:
    """Return an index with words and vectors on disk, damaged in one of these ways."""
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    local.add(TEA, SHIP)
    local.index.close()
    DAMAGES[request.param](local.index.folder)
    return local


@pytest.mark.parametrize("damaged", FATAL, indirect=True)
def test_a_damaged_index_is_refused_with_the_remedy(damaged: LocalCorpus) -> None:
    with pytest.raises(IndexUnusable, match="newsqa rebuild"):
        damaged.open_again()


@pytest.mark.parametrize("damaged", DERIVED, indirect=True)
def test_damaged_words_and_vectors_are_read_anew_from_the_passages(
    damaged: LocalCorpus, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """It answers as if nothing were wrong and says so in the log; the next writer mends them."""
    opened = damaged.open_again()

    assert sorted(dense(opened)) == ["ship", "tea"]
    assert lexical(opened, "harbour") == ["ship"]
    harmless = "no vectors" in request.node.name
    assert bool(opened.behind(damaged.articles)) == bool(caplog.records) == (not harmless)

    damaged.articles.put([named(UNDATED)])
    writer = damaged.open_again()
    writer.catch_up(damaged.articles, damaged.encoder)
    for index in (opened, writer, damaged.open_again()):
        assert sorted(dense(index)) == ["ship", "tea", "undated"]
        assert sorted(lexical(index, "tea")) == ["tea", "undated"]
    caplog.clear()
    assert not damaged.open_again().behind(damaged.articles)
    assert not caplog.records
    assert not list(damaged.index.folder.glob(".*"))


def test_words_whose_cursor_is_lost_are_taken_in_again(local: LocalCorpus) -> None:
    local.add(TEA, SHIP)
    (local.index.folder / "words" / "cursor").write_text("")

    opened = local.open_again()
    assert opened.behind(local.articles)
    opened.catch_up(local.articles, local.encoder)

    assert answers(opened) == answers(local.index)


def test_lost_words_and_vectors_are_made_again(
    local: LocalCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They follow the passages' log, from its beginning if need be."""
    monkeypatch.setattr(qa.following, "SAVE_AT_LEAST", 1)
    local.add(TEA, SHIP)
    local.remove("ship")
    shutil.rmtree(local.index.folder / "words")
    for path in local.index.folder.glob("vectors-*.faiss"):
        path.unlink()
    local.encoder.encoded.clear()

    opened = local.open_again()
    assert opened.behind(local.articles)
    opened.catch_up(local.articles, local.encoder)

    assert dense(opened) == lexical(opened, "tea") == ["tea"]
    assert lexical(opened, "harbour") == []
    assert local.encoder.encoded == []


# Generations.


@pytest.fixture
def generations(tmp_path: Path, local: LocalCorpus) -> Generations:
    local.add(TEA, SHIP, UNDATED)
    return Generations(tmp_path)


def test_before_the_first_build_there_is_none(tmp_path: Path) -> None:
    assert Generations(tmp_path).current() is None


def test_a_build_answers_like_an_index_that_grew(
    generations: Generations, local: LocalCorpus
) -> None:
    built = generations.build(local.articles, local.encoder)

    assert answers(built) == answers(local.index)
    assert generations.current() == built.folder
    manifest = Manifest.read(built.folder)
    assert (manifest.articles, manifest.passages) == (3, 3)
    assert (manifest.model, manifest.dimension) == ("hashing", DIMENSION)


def test_building_again_with_the_same_model_encodes_nothing(
    generations: Generations, local: LocalCorpus
) -> None:
    generations.build(local.articles, local.encoder)
    local.encoder.encoded.clear()

    again = generations.build(local.articles, local.encoder)

    assert local.encoder.encoded == []
    assert answers(again) == answers(local.index)


def test_an_index_without_token_vectors_answers_like_one_with_them(
    generations: Generations, local: LocalCorpus
) -> None:
    local.encoder.encoded.clear()
    lean = generations.build(local.articles, local.encoder, token_vectors=False)
    assert len(local.encoder.encoded) == 3
    assert answers(lean) == answers(local.index)
    assert tokens(lean) == {}
    assert not Manifest.read(lean.folder).token_vectors

    local.add(make_article("new", "New tea."))
    lean.catch_up(local.articles, local.encoder)
    assert tokens(lean) == {}
    assert answers(lean) == answers(local.index)


def test_a_build_brings_token_vectors_and_takes_them_away(
    generations: Generations, local: LocalCorpus
) -> None:
    generations.build(local.articles, local.encoder, token_vectors=False)
    full = generations.build(local.articles, local.encoder, token_vectors=True)
    assert tokens(full) == tokens(local.index)
    assert Manifest.read(full.folder).token_vectors

    local.encoder.encoded.clear()
    again = generations.build(local.articles, local.encoder)
    assert tokens(again) == tokens(full)
    lean = generations.build(local.articles, local.encoder, token_vectors=False)
    assert tokens(lean) == {}
    assert local.encoder.encoded == []


def test_a_build_keeps_token_vectors_or_none_as_before(
    generations: Generations, local: LocalCorpus
) -> None:
    assert tokens(generations.build(local.articles, local.encoder))
    generations.build(local.articles, local.encoder, token_vectors=False)
    assert not tokens(generations.build(local.articles, local.encoder))


@pytest.mark.parametrize("earlier", [FORMAT - 1, None])
def test_a_build_takes_the_vectors_of_an_earlier_format_and_leaves_its_files_alone(
    generations: Generations, local: LocalCorpus, earlier: int | None
) -> None:
    """Even where the manifest is lost: the folder's name tells the model."""
    old = generations.build(local.articles, local.encoder).folder
    manifest = old / "manifest.json"
    if earlier is None:
        manifest.unlink()
    else:
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": earlier}))
        with closing(sqlite3.connect(old / "passages.sqlite")) as file:
            file.executescript(
                "DROP TABLE categories; DROP TABLE changes; PRAGMA user_version = 7;"
            )
    before = (old / "passages.sqlite").read_bytes()
    local.encoder.encoded.clear()

    built = generations.build(local.articles, local.encoder)

    assert local.encoder.encoded == []
    assert answers(built) == answers(local.index)
    assert tokens(built) == tokens(local.index)
    assert (old / "passages.sqlite").read_bytes() == before


def test_what_made_a_home_is_known_whatever_its_format(
    generations: Generations, local: LocalCorpus
) -> None:
    assert generations.made() is None
    built = generations.build(local.articles, HashingEncoder("other"), token_vectors=False)
    path = built.folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 1}))
    made = generations.made()
    assert made
    assert (made.model, made.token_vectors) == ("other", False)

    generations.build(local.articles, local.encoder)
    current = generations.current()
    assert current
    damage(current / "manifest.json")
    assert generations.made() == made  # of the one before


def test_a_lost_link_leads_to_the_newest_generation(
    generations: Generations, local: LocalCorpus, tmp_path: Path
) -> None:
    generations.build(local.articles, local.encoder)
    built = generations.build(local.articles, local.encoder).folder
    link = tmp_path / "current"

    link.unlink()
    assert generations.current() == built
    link.write_bytes(b"no link")
    assert generations.current() == built
    link.unlink()
    link.symlink_to("generations/gone")
    assert generations.current() == built

    again = generations.build(local.articles, local.encoder).folder
    assert link.resolve() == generations.current() == again
    shutil.rmtree(tmp_path / "generations")
    assert generations.current() == again


def test_building_with_another_model_encodes_everything(
    generations: Generations, local: LocalCorpus
) -> None:
    generations.build(local.articles, local.encoder)
    other = HashingEncoder("other")

    built = generations.build(local.articles, other)

    assert len(other.encoded) == built.info.passages == 3
    assert Manifest.read(built.folder).fingerprint == other.model.fingerprint


def test_who_holds_the_old_generation_keeps_answering(
    generations: Generations, local: LocalCorpus
) -> None:
    old = generations.build(local.articles, local.encoder)
    before = answers(old)
    during: list[object] = []

    local.articles.put([named(make_article("new", "New tea."))])
    new = generations.build(
        local.articles,
        local.encoder,
        lambda _: during.append((answers(old), generations.current())),
    )

    assert during == [(before, old.folder)]
    assert answers(old) == before
    assert new.folder == generations.current() != old.folder
    assert "new" in lexical(new, "tea")


def test_at_most_two_generations_are_kept(
    generations: Generations, local: LocalCorpus, tmp_path: Path
) -> None:
    built = [generations.build(local.articles, local.encoder).folder for _ in range(4)]

    assert len(set(built)) == 4
    assert sorted((tmp_path / "generations").iterdir()) == sorted(built[-2:])


def test_a_generation_is_deleted_while_somebody_merges_there(
    generations: Generations, local: LocalCorpus
) -> None:
    built = [generations.build(local.articles, local.encoder) for _ in range(2)]
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with suppress(FileNotFoundError):
                (built[0].folder / f"{number}").touch()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        generations.forget_earlier()
    finally:
        stop.set()
        writer.join()
    assert generations.all() == [built[1].folder]


@pytest.mark.parametrize("step", ["catch_up", "close"])
def test_a_build_that_fails_changes_nothing_and_the_next_succeeds(
    generations: Generations, local: LocalCorpus, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = generations.build(local.articles, local.encoder)
    with monkeypatch.context() as broken:
        broken.setattr(LocalIndex, step, crash)
        with pytest.raises(Crash):
            generations.build(local.articles, local.encoder)

    assert generations.current() == first.folder
    assert answers(first) == answers(generations.build(local.articles, local.encoder))


def test_a_build_reuses_nothing_of_a_file_with_a_damaged_page(
    generations: Generations, local: LocalCorpus
) -> None:
    local.add(*[make_article(f"n{n}", f"第{n}条。" * 40) for n in range(40)])
    first = generations.build(local.articles, local.encoder)
    first.close()
    with (first.folder / "passages.sqlite").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size // 2)
        file.write(b"\xff" * 4096 * 4)

    assert answers(generations.build(local.articles, local.encoder)) == answers(local.index)


@pytest.mark.parametrize("damaged", DAMAGES, indirect=True)
def test_a_build_mends_any_damage(damaged: LocalCorpus, tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    (tmp_path / "generations").mkdir()
    damaged.index.folder.rename(tmp_path / "generations" / "broken")
    (tmp_path / "current").symlink_to("generations/broken")

    built = generations.build(damaged.articles, damaged.encoder)

    assert sorted(dense(built)) == ["ship", "tea"]
    assert lexical(built, "harbour") == ["ship"]
