"""A home keeps articles and index in step, whoever writes and whenever one is stopped."""

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import qa.corpus
import qa.embedding
from embeddings.encoder import Encoder
from qa.corpus import Corpus
from qa.errors import ArticleRefused, HomeBusy, IndexUnusable, SyncRefused
from qa.index import StoredIndex
from qa.sources import read_paths
from qa.store import Draft

from .conftest import HashingEncoder, make_article, named

SEEDS = Path(__file__).parents[2] / "seeds"


def open_corpus(home: Path) -> Corpus:
    return Corpus(home, HashingEncoder, "hashing")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every question wait until what another has rebuilt is open."""
    monkeypatch.setattr("qa.corpus.PATIENCE_SECONDS", 60.0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def corpus(home: Path) -> Corpus:
    return open_corpus(home)


def found(corpus: Corpus, word: str) -> set[str]:
    """Return the ids of the articles that hold a word, after asking for their vectors too."""
    encoder, index = corpus.serving()
    (vector,) = encoder.encode([word], "query").vectors
    near = {row.key for row in index.dense(vector, 10_000)}
    keys = [row.key for row in index.lexical([((word,),)], 10_000)]
    assert near.issuperset(keys)
    return {passage.article_id for passage in index.passages(keys).values()}


def drafts(prefix: str, count: int) -> list[Draft]:
    """Return articles that all hold `tea`, in three passages each."""
    text = "\n".join(f"茶 tea 第{n}段。" + "很长的句子。" * 30 for n in range(3))
    return [named(make_article(f"{prefix}{n}", text, title=f"{prefix} {n}")) for n in range(count)]


# One process.


def test_a_new_home_is_made_and_answers_nothing(corpus: Corpus, home: Path) -> None:
    assert home.is_dir()
    assert corpus.manifest() is None
    assert found(corpus, "tea") == set()
    assert corpus.manifest() is not None


def test_what_is_added_is_found_when_the_call_returns(corpus: Corpus) -> None:
    report = corpus.add(drafts("a", 2))

    assert report.taken == (("a0", "added"), ("a1", "added"))
    assert (report.count("added"), report.count("updated")) == (2, 0)
    assert found(corpus, "tea") == {"a0", "a1"}


def test_what_is_removed_is_not_found_when_the_call_returns(corpus: Corpus) -> None:
    corpus.add(drafts("a", 2))

    assert corpus.remove(["a0", "absent"]) == ["a0"]
    assert found(corpus, "tea") == {"a1"}


def test_the_refused_are_reported_and_the_others_go_on(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.corpus, "BATCH", 2)
    refusals = [ArticleRefused("one.md", "empty"), ArticleRefused("two.md", "empty")]
    good = drafts("a", 3)
    told: list[int] = []

    report = corpus.add([refusals[0], good[0], good[1], refusals[1], good[2]], told.append)

    assert report.refused == tuple(refusals)
    assert [id for id, _ in report.taken] == ["a0", "a1", "a2"]
    assert found(corpus, "tea") == {"a0", "a1", "a2"}
    assert sum(told) == 5


def test_warnings_name_their_origin(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: 题\ndate: 昨天\n---\n正文。\n")

    (warning,) = corpus.add(read_paths([str(tmp_path / "a.md")])).warnings

    assert warning.startswith("a.md: published:")


def test_the_seeds_are_taken_and_taken_again_unchanged(corpus: Corpus) -> None:
    first = corpus.add(read_paths([str(SEEDS)]))
    again = open_corpus(corpus.home).add(read_paths([str(SEEDS)]))

    assert not first.refused
    assert first.count("added") == again.count("unchanged") == len(list(SEEDS.iterdir()))


def test_what_was_added_before_a_source_failed_is_found(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.corpus, "BATCH", 1)

    def unplugged() -> Iterable[Draft]:
        yield from drafts("a", 2)
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        corpus.add(unplugged())

    assert found(corpus, "tea") == {"a0", "a1"}
    assert found(open_corpus(corpus.home), "tea") == {"a0", "a1"}


def test_an_encoder_that_fails_loses_nothing(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.add(drafts("a", 1))
    with monkeypatch.context() as broken:
        broken.setattr(HashingEncoder, "encode", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            corpus.add(drafts("b", 1))

    # What was kept is indexed as soon as that is possible.
    assert found(corpus, "tea") == {"a0", "b0"}
    assert found(open_corpus(corpus.home), "tea") == {"a0", "b0"}


def test_a_rebuild_with_another_model_is_served_by_it(corpus: Corpus) -> None:
    corpus.add(drafts("a", 2))
    reader = open_corpus(corpus.home)
    assert found(reader, "tea") == {"a0", "a1"}

    manifest = corpus.rebuild("other")

    assert (manifest.model, manifest.articles, manifest.passages) == ("other", 2, 6)
    for each in (corpus, reader, open_corpus(corpus.home)):
        assert each.serving()[0].model.name == "other"
        assert found(each, "tea") == {"a0", "a1"}
    assert corpus.rebuild().model == "other"


def test_the_index_before_answers_while_another_processes_is_opened(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless something came or went since: that counts at once."""
    corpus.add(drafts("a", 2))
    reader, opening = open_corpus(corpus.home), threading.Event()
    _, before = reader.serving()
    opened = reader._open

    def slowly(folder: Path) -> object:
        opening.wait(60)
        return opened(folder)

    monkeypatch.setattr(reader, "_open", slowly)
    monkeypatch.setattr("qa.corpus.PATIENCE_SECONDS", 0.0)
    corpus.rebuild()

    assert found(reader, "tea") == {"a0", "a1"}
    assert reader.serving()[1] is before
    threading.Timer(0.1, opening.set).start()
    corpus.add(drafts("b", 1))
    assert found(reader, "tea") == {"a0", "a1", "b0"}
    assert reader.serving()[1] is not before


def test_the_index_of_a_changed_model_is_refused_and_a_rebuild_mends_it(
    corpus: Corpus, home: Path
) -> None:
    corpus.add(drafts("a", 2))

    def larger(name: str) -> Encoder:
        return HashingEncoder(name + "-v2") if name == "hashing" else HashingEncoder(name)

    changed = Corpus(home, larger, "hashing")
    with pytest.raises(IndexUnusable, match="newsqa rebuild"):
        changed.serving()

    changed.rebuild()

    assert found(changed, "tea") == {"a0", "a1"}


def test_a_home_without_token_vectors_gets_them_by_a_rebuild_and_loses_them_by_one(
    home: Path,
) -> None:
    """What is set counts for an index that is made; one that is there goes on as it was begun."""

    def kept(corpus: Corpus) -> bool:
        _, index = corpus.serving()
        keys = [row.key for row in index.lexical([(("tea",),)], 10_000)]
        packed, manifest = index.token_vectors(keys), corpus.manifest()
        assert manifest
        assert len(packed) == (len(keys) if manifest.token_vectors else 0)
        return manifest.token_vectors

    encoder = HashingEncoder()
    lean = Corpus(home, lambda _: encoder, "hashing", token_vectors=False)
    lean.add(drafts("a", 2))
    assert not kept(lean)

    assert not Corpus(home, lambda _: encoder, "hashing").rebuild().token_vectors

    full = Corpus(home, lambda _: encoder, "hashing", token_vectors=True)
    full.add(drafts("b", 1))
    assert not kept(full)
    assert found(full, "tea") == {"a0", "a1", "b0"}

    assert full.rebuild().token_vectors
    assert kept(full)
    assert kept(lean)
    lean.add(drafts("c", 1))
    assert kept(lean)

    encoder.encoded.clear()
    full.rebuild()
    assert not lean.rebuild().token_vectors
    assert encoder.encoded == []
    assert not kept(full)
    assert found(full, "tea") == {"a0", "a1", "b0", "c0"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_withdrawal_that_is_stopped_leaves_nothing_in_the_generation_before(
    corpus: Corpus, home: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    corpus.add([named(make_article("a", "Tea.")), named(make_article("b", "Coffee."))])
    corpus.rebuild()
    catch_up = StoredIndex.catch_up

    def stopped(*arguments: Any) -> None:
        if when == "after":
            catch_up(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as stopping:
        stopping.setattr(StoredIndex, "catch_up", stopped)
        with pytest.raises(KeyboardInterrupt):
            corpus.remove(["a"])
    again = Corpus(home, lambda _: HashingEncoder(), "hashing")

    assert found(again, "tea") == set()
    assert len(list((home / "generations").iterdir())) == 1


def test_nothing_is_left_of_the_token_vectors_of_what_is_removed(
    corpus: Corpus, home: Path
) -> None:
    """Not in the generation before either."""
    corpus.add([named(make_article("a", "Tea.")), named(make_article("b", "Coffee."))])
    corpus.rebuild()
    _, index = corpus.serving()
    keys = [row.key for row in index.lexical([(("tea",),)], 10)]
    (packed,) = index.token_vectors(keys).values()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(packed in path.read_bytes() for path in files)

    corpus.remove(["a"])

    files = [path for path in home.rglob("*") if path.is_file()]
    assert not any(packed in path.read_bytes() for path in files)


@pytest.mark.parametrize("name", ["manifest.json", "passages.sqlite"])
def test_a_damaged_index_is_refused_and_a_rebuild_mends_it(
    corpus: Corpus, home: Path, name: str
) -> None:
    corpus.add(drafts("a", 2))
    corpus.serving()[1].close()
    current = (home / "current").resolve()
    (current / name).write_bytes(b"\x00 no such thing \xff" * 400)
    opened = open_corpus(home)

    with pytest.raises(IndexUnusable, match="newsqa rebuild"):
        opened.serving()
    opened.rebuild()

    assert found(opened, "tea") == {"a0", "a1"}


def test_threads_that_open_a_home_at_once_share_one_index(corpus: Corpus) -> None:
    served: list[StoredIndex] = []
    threads = [threading.Thread(target=lambda: served.append(corpus.serving()[1])) for _ in "12345"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(served) == 5
    assert len({index.folder for index in served}) == 1


def held(home: Path) -> AbstractContextManager[object]:
    """Hold the writer's lock, as another process would."""
    return FileLock(home / "writer.lock")


def test_a_busy_home_is_said_to_be_busy_and_goes_on_answering(
    corpus: Corpus, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.add(drafts("a", 1))
    monkeypatch.setattr(qa.corpus, "WAIT_SECONDS", 0.05)

    with held(home):
        for write in (
            lambda: corpus.add(drafts("b", 1)),
            lambda: corpus.remove([]),
            corpus.rebuild,
        ):
            with pytest.raises(HomeBusy, match="another process"):
                write()
        assert found(corpus, "tea") == {"a0"}
        assert found(open_corpus(home), "tea") == {"a0"}

    assert corpus.add(drafts("b", 1)).count("added") == 1


def test_a_reader_that_opens_behind_a_writer_answers_by_what_there_is(
    corpus: Corpus, home: Path
) -> None:
    corpus.add(drafts("a", 1))
    corpus.articles.put(drafts("b", 1))  # what a writer has done half-way

    with held(home):
        assert found(open_corpus(home), "tea") == {"a0"}

    assert found(open_corpus(home), "tea") == {"a0", "b0"}


# Keeping in step.


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.md").write_text(f"# Story {n}\n\nWe drank tea on day {n}.")
    return folder


def test_what_is_gone_from_a_folder_is_withdrawn_only_when_it_is_to_be_in_step(
    corpus: Corpus, news: Path
) -> None:
    ids = {id for id, _ in corpus.sweep(corpus.look([str(news)])).taken}
    (news / "1.md").rename(news / "moved.md")
    (news / "2.md").unlink()

    assert corpus.sweep(corpus.look([str(news)])).gone == ()
    assert found(corpus, "tea") == ids
    report = corpus.sweep(corpus.look([str(news)]), sync=True)
    assert (len(report.gone), report.count("unchanged")) == (1, 2)
    assert found(corpus, "tea") == ids - set(report.gone)
    # It comes back with its file.
    (news / "2.md").write_text("# Story 2\n\nWe drank tea on day 2.")
    again = corpus.sweep(corpus.look([str(news)]), sync=True)
    assert [id for id, outcome in again.taken if outcome == "added"] == list(report.gone)


def test_an_empty_folder_withdraws_nothing(corpus: Corpus, news: Path) -> None:
    corpus.sweep(corpus.look([str(news)]))
    for file in news.iterdir():
        file.unlink()

    with pytest.raises(SyncRefused, match="3 articles"):
        corpus.sweep(corpus.look([str(news)]), sync=True)
    news.rmdir()
    with pytest.raises(SyncRefused, match="3 articles"):
        corpus.sweep(corpus.look([str(news)]), sync=True)
    assert corpus.sweep(corpus.look([str(news)])).gone == ()
    assert len(corpus.articles) == 3

    # Unless that is what is meant.
    assert len(corpus.sweep(corpus.look([str(news)]), sync=True, emptied=True).gone) == 3


def test_a_link_that_is_set_to_another_folder_is_an_update(corpus: Corpus, tmp_path: Path) -> None:
    """As exports do that come whole or not at all."""
    for release, texts in (("r1", ("一 tea。", "二 tea。")), ("r2", ("三 tea。",))):
        (tmp_path / release).mkdir()
        for n, text in enumerate(texts):
            (tmp_path / release / f"{n}.md").write_text(text)
    current = tmp_path / "current"
    current.symlink_to("r1")
    corpus.sweep(corpus.look([str(current)]), sync=True)
    current.unlink()
    current.symlink_to("r2")

    report = corpus.sweep(corpus.look([str(current)]), sync=True)

    assert (report.count("updated"), len(report.gone), len(corpus.articles)) == (1, 1, 1)


def test_a_file_that_a_search_passes_over_stays_while_it_is_there(
    corpus: Corpus, news: Path
) -> None:
    odd = news / "odd.news"
    odd.write_text("Tea in an odd file.")
    corpus.sweep(corpus.look([str(odd)]))

    assert corpus.sweep(corpus.look([str(news)]), sync=True).gone == ()
    odd.unlink()
    assert len(corpus.sweep(corpus.look([str(news)]), sync=True).gone) == 1


def test_a_home_among_the_news_is_no_news(corpus: Corpus, news: Path) -> None:
    open_corpus(news / "home").add(drafts("a", 1))

    report = corpus.sweep(corpus.look([str(news)]))

    assert (report.count("added"), report.refused) == (3, ())


def test_what_was_refused_is_told_until_its_file_is_mended(corpus: Corpus, news: Path) -> None:
    (news / "empty.md").write_text("")
    for _ in range(2):
        report = corpus.sweep(corpus.look([str(news)]))
        assert [one.origin for one in report.refused] == ["empty.md"]
    assert [one.origin for one in corpus.articles.refusals()] == ["empty.md"]

    (news / "empty.md").write_text("Tea at last.")

    assert corpus.sweep(corpus.look([str(news)])).refused == ()
    assert corpus.articles.refusals() == []


def test_an_article_that_could_not_be_read_again_stays(corpus: Corpus, news: Path) -> None:
    corpus.sweep(corpus.look([str(news)]))
    (news / "1.md").write_bytes(b"\0" * 100)

    report = corpus.sweep(corpus.look([str(news)]), sync=True)

    assert ([one.origin for one in report.refused], report.gone) == (["1.md"], ())
    assert len(corpus.articles) == 3


def test_what_was_withdrawn_stays_so_in_sweeps_and_after_a_rebuild(
    corpus: Corpus, news: Path
) -> None:
    ids = [id for id, _ in corpus.sweep(corpus.look([str(news)])).taken]
    corpus.remove([ids[1]])

    corpus.rebuild()
    (news / "1.md").write_text("# Story 1\n\nWe drank tea on day 1, it was said.")
    report = corpus.sweep(corpus.look([str(news)]), sync=True)

    assert (report.count("withdrawn"), report.gone) == (1, ())
    assert found(corpus, "tea") == {ids[0], ids[2]}
    report = corpus.sweep(corpus.look([str(news / "1.md")]))
    assert report.taken == ((ids[1], "added"),)
    assert found(corpus, "tea") == set(ids)


def test_another_writer_has_its_turn_during_a_long_addition(corpus: Corpus, home: Path) -> None:
    other = open_corpus(home)
    seen = []

    def long() -> Iterable[Draft]:
        yield from drafts("a", qa.embedding.BATCH)
        seen.append(other.add(drafts("b", 1)).count("added"))
        yield from drafts("c", 1)

    corpus.add(long())

    assert seen == [1]
    assert len(found(corpus, "tea")) == qa.embedding.BATCH + 2


# Several processes.

_processes = multiprocessing.get_context("forkserver")


def start(work: Callable[..., None], *args: object) -> ForkServerProcess:
    """Start a process that has none of this one's threads and locks."""
    _processes.set_forkserver_preload([__name__])
    process = _processes.Process(target=work, args=args)
    process.start()
    return process


def add_one_by_one(home: Path, prefix: str, count: int) -> None:
    corpus = open_corpus(home)
    for draft in drafts(prefix, count):
        corpus.add([draft])


def test_processes_that_add_at_once_lose_nothing(home: Path) -> None:
    """Not even where the home is not there yet."""
    writers = [start(add_one_by_one, home, prefix, 3) for prefix in "abc"]
    for writer in writers:
        writer.join(60)

    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    expected = {f"{prefix}{n}" for prefix in "abc" for n in range(3)}
    assert found(open_corpus(home), "tea") == expected


def test_a_reader_sees_what_another_process_adds(corpus: Corpus, home: Path) -> None:
    assert found(corpus, "tea") == set()

    writer = start(add_one_by_one, home, "a", 3)
    seen: list[int] = []
    while writer.is_alive():
        seen.append(len(found(corpus, "tea")))
    writer.join()

    assert writer.exitcode == 0
    assert seen == sorted(seen)
    assert found(corpus, "tea") == {"a0", "a1", "a2"}
