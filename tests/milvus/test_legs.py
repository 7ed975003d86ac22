"""What both legs promise, in a Milvus as on disk."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.errors import EngineUnreachable, IndexUnusable
from qa.legs import ANY, Keys
from qa.lexical import Concept
from qa.milvus import Milvus, MilvusRetrieval
from qa.milvus.frequencies import Frequencies
from qa.store import PassageStore
from qa.types import Filters, Ranking
from tests.engines import Engine
from tests.qa.conftest import make_article
from tests.qa.index_contract import SHIP, TEA, UNDATED, vector

from .conftest import CORPUS, HOSTILE, OWN, Corpus, connected

ROOT = Path(__file__).parents[2]

RECONNECT_SECONDS = 90.0

ASKED: Sequence[Sequence[Concept]] = (
    [(("tea",),)],
    [(("渡轮",), ("ferri",)), (("港口",), ("harbour",)), (("museum",),)],
    [(("gong", "zheng"), ("~gongzheng",), ("龚正",)), (("金价",), ("gold",))],
    [(("green", "tea"),), (("same",), ("same",), ("nowhere",))],
    [(("nowhere",),)],
    [],
)

FILTERS = (
    ANY,
    Filters(date_from=date.min),
    Filters(date_to=date.max),
    Filters(date_from=date(2021, 10, 28), date_to=date(2025, 1, 1)),
    Filters(source=(HOSTILE[0], HOSTILE[3])),
    Filters(source=("",)),
    Filters(author=("nobody",)),
    Filters(category=("要闻", "city")),
)


def agree(own: Ranking, there: Ranking) -> bool:
    """Say whether two rankings say the same of the same passages, best first, ties by key."""
    ordered = all((-a.score, a.key) < (-b.score, b.key) for a, b in pairwise(own))
    return ordered and dict(own) == pytest.approx(dict(there), rel=1e-4, abs=1e-5)


def keys(ranking: Ranking) -> list[int]:
    return [row.key for row in ranking]


def test_nothing_answers_nothing(corpus: Corpus) -> None:
    legs = corpus.legs

    assert legs.dense(vector("tea"), 5, ANY, None) == ()
    assert legs.dense(vector("tea"), 5, ANY, [1]) == ()
    assert legs.lexical(ASKED[0], 5, ANY, None) == ()
    assert (legs.state(), legs.cursor) == ((0, 0), 0)
    assert not legs.behind


def test_what_came_changed_and_went_is_followed(corpus: Corpus) -> None:
    corpus.add(TEA, SHIP, UNDATED)
    assert corpus.legs.state() == (3, 3)

    corpus.put(make_article("ship", "The ferry sank.", publisher="Harbour News"))
    assert (corpus.legs.behind, corpus.legs.cursor) == (True, 3)
    corpus.remove("tea")

    assert (corpus.legs.behind, corpus.legs.cursor) == (False, corpus.store.cursor)
    assert len(corpus.legs) == 2
    for asked in ASKED:  # on disk who is gone is counted until segments are merged
        there = corpus.local.lexical(asked, 9)
        assert keys(corpus.legs.lexical(asked, 9, ANY, None)) == keys(there)
    assert agree(
        corpus.legs.dense(vector("ferry"), 9, ANY, None), corpus.local.dense(vector("ferry"), 9)
    )


@pytest.mark.parametrize("filters", FILTERS, ids=repr)
def test_rankings_are_those_of_the_index_on_disk(filled: Corpus, filters: Filters) -> None:
    """By meaning and by words, of all and of some, whatever the filters let through."""
    local, legs = filled.local, filled.legs
    some: Sequence[Keys] = (None, filled.store.keys()[::3], [10**9], [])
    for among in some:
        for text in ("ferry", "金价", "The same words."):
            query = vector(text)
            assert agree(
                legs.dense(query, 200, filters, among), local.dense(query, 200, filters, among)
            )
        for asked in ASKED:
            assert agree(
                legs.lexical(asked, 200, filters, among), local.lexical(asked, 200, filters, among)
            )


def test_weights_are_those_of_the_index_on_disk(filled: Corpus) -> None:
    for asked in ASKED:
        assert filled.legs.weights(asked) == pytest.approx(filled.local.weights(asked))


def test_equals_come_out_by_key_however_few_are_asked_for(filled: Corpus) -> None:
    query = vector("同一句话。The same words.")
    equal = keys(filled.legs.dense(query, 30, ANY, None))

    assert equal == sorted(equal)
    for depth in (1, 5, 14):
        assert keys(filled.legs.dense(query, depth, ANY, None)) == equal[:depth]
        assert keys(filled.legs.lexical([(("same",),)], depth, ANY, None)) == equal[:depth]
    assert filled.legs.dense(query, 0, ANY, None) == ()
    assert filled.legs.lexical([(("same",),)], 0, ANY, None) == ()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text() | st.sampled_from(HOSTILE), max_size=3).map(tuple),
    st.lists(st.text() | st.sampled_from(HOSTILE), max_size=3).map(tuple),
    st.lists(st.text() | st.sampled_from(HOSTILE), max_size=3).map(tuple),
)
def test_what_filters_name_is_only_a_name(
    filled: Corpus, source: tuple[str, ...], author: tuple[str, ...], category: tuple[str, ...]
) -> None:
    filters = Filters(source=source, author=author, category=category)
    query = vector("gold")

    own = filled.local.dense(query, 100, filters)

    assert agree(filled.legs.dense(query, 100, filters, None), own)


def test_words_are_counted_one_by_one_as_they_are_all_at_once(filled: Corpus) -> None:
    """Of a corpus too large to be read, whose lengths are a sample's."""
    legs = filled.legs
    if filled.milvus.has_words:
        since = legs._since()
        each, all_of_them = (Frequencies(legs._collection, read=read) for read in (40, 10_000))
        tokens = ["ferri", "harbour", "same", "龚正", "~gongzheng", "nowhere"]
        known = each.at(legs.cursor, since)
        whole = all_of_them.at(legs.cursor, since)

        assert (known.whole, whole.whole) == (False, True)
        assert known.passages == whole.passages == len(filled.store)
        assert each.held(known, tokens, since) == all_of_them.held(whole, tokens, since)
        assert known.lengths.words == pytest.approx(whole.lengths.words, rel=0.5)


def test_who_was_stopped_follows_again(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between what is written there and what is remembered of it here."""
    corpus.add(TEA)
    corpus.put(SHIP, UNDATED)
    corpus.articles.remove(["tea"])
    corpus.local.catch_up(corpus.articles, corpus.encoder)
    with monkeypatch.context() as patched:
        patched.setattr(PassageStore, "set_follower", _stopped)
        with pytest.raises(KeyboardInterrupt):
            corpus.legs.follow()

    assert corpus.legs.behind
    corpus.legs = corpus.opened()
    corpus.legs.follow()

    assert corpus.legs.state() == (corpus.store.cursor, 2)
    found = corpus.legs.dense(vector("tea"), 9, ANY, None)
    assert agree(found, corpus.local.dense(vector("tea"), 9))


def _stopped(_store: PassageStore, _name: str, _cursor: int) -> None:
    raise KeyboardInterrupt


def test_rows_that_were_lost_are_written_again(
    corpus: Corpus, caplog: pytest.LogCaptureFixture
) -> None:
    corpus.add(TEA, SHIP, UNDATED)
    corpus.legs._collection.delete(corpus.store.keys().tolist()[:1])
    corpus.store.set_follower(f"{corpus.legs._follower}-written", corpus.milvus.now())

    corpus.legs = corpus.opened()
    assert (corpus.legs.behind, len(corpus.legs)) == (True, 2)
    assert "2 passages of 3" in caplog.text
    another = corpus.opened()
    corpus.add(make_article("later", "后来的茶。Tea later."))

    another.follow()  # which has been mended meanwhile
    for legs in (corpus.legs, another, corpus.opened()):
        assert (legs.behind, len(legs)) == (False, 4)


def test_rows_of_passages_that_a_backup_does_not_know_are_taken_out(
    corpus: Corpus, tmp_path: Path
) -> None:
    corpus.add(TEA, SHIP)
    file = corpus.folder / "generation" / "passages.sqlite"
    with closing(sqlite3.connect(file)) as there:
        there.execute("VACUUM INTO ?", (str(tmp_path / "backup"),))
    corpus.remove("ship")
    corpus.add(UNDATED)  # as many as there were

    corpus.store.close()
    with (
        closing(sqlite3.connect(tmp_path / "backup")) as kept,
        closing(sqlite3.connect(file)) as to,
    ):
        kept.backup(to)
    legs = corpus.opened()
    assert legs.behind
    legs.follow()

    found = [row.key for row in legs.dense(vector("ferry"), 10, ANY, None)]
    assert sorted(found) == corpus.store.keys().tolist() == [1, 2]


def test_a_collection_that_was_released_is_loaded_by_the_next_question(corpus: Corpus) -> None:
    corpus.add(TEA, SHIP)
    corpus.milvus.client.release_collection(corpus.legs._collection._name)

    corpus.legs.ready()

    assert len(corpus.legs.dense(vector("tea"), 10, ANY, None)) == 2


def test_what_is_written_is_seen_by_another_process_at_once(corpus: Corpus) -> None:
    corpus.add(*(make_article(f"old-{at}", f"旧闻{at}。") for at in range(5)))
    address = corpus.milvus.address
    password = f"{address.user}:{address.password}@" if address.password else ""
    place = str(address).replace("milvus://", f"milvus://{password}")
    options = f"?secure={str(address.secure).lower()}&database={address.database}"
    command = [sys.executable, "-m", "tests.milvus.reader", place + options, str(corpus.folder)]
    with subprocess.Popen(
        [*command, corpus.encoder.model.fingerprint],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        for at in range(5):
            corpus.add(make_article(f"new-{at}", f"新闻{at}，{'一二三四五'[at]}。"))
            reader.stdin.write(f"{corpus.store.keys().max()}\n")
            reader.stdin.flush()
            assert reader.stdout.readline().strip() == "found"
            gone = corpus.store.keys().max()
            corpus.remove(f"new-{at}")
            assert gone not in dict(corpus.legs.dense(vector(f"新闻{at}"), 99, ANY, None))
        reader.stdin.close()
        assert reader.wait(30) == 0


def test_an_alias_names_the_generation_that_answers(corpus: Corpus) -> None:
    milvus, retrieval, name = corpus.milvus, corpus.retrieval, corpus.milvus.address.name
    corpus.add(TEA)
    assert milvus.alias(name) is None
    retrieval.serve("one")
    assert milvus.alias(name) == f"{name}__{CORPUS}__one"

    corpus.opened(name="2026-11-23").follow()
    retrieval.serve("2026-11-23")
    retrieval.serve("2026-11-23")
    assert milvus.alias(name) == f"{name}__{CORPUS}__2026_11_23"
    assert len(corpus.legs) == 1
    retrieval.keep_only(["2026-11-23"])

    there = [one for one in milvus.collections() if one.startswith(name)]
    assert there == [f"{name}__{CORPUS}__2026_11_23"]
    with pytest.raises(IndexUnusable, match=f"{name}.*newsqa rebuild"):
        corpus.legs.dense(vector("tea"), 1, ANY, None)


def test_what_another_corpus_has_under_the_same_name_is_left_alone(corpus: Corpus) -> None:
    corpus.add(TEA)
    corpus.retrieval.serve("one")
    foreign = MilvusRetrieval(corpus.milvus, "foreign")

    foreign.keep_only(())
    with pytest.raises(IndexUnusable, match="another corpus"):
        foreign.serve("one")

    assert [row.key for row in corpus.legs.dense(vector("tea"), 1, ANY, None)] == [1]


def test_only_what_this_model_made_of_these_articles_is_opened(
    corpus: Corpus, tmp_path: Path
) -> None:
    with pytest.raises(IndexUnusable, match="another model"):
        corpus.opened("other")

    (tmp_path / "other").mkdir()
    with pytest.raises(IndexUnusable, match="another home"):
        Corpus(tmp_path / "other", corpus.milvus)


def test_those_who_begin_at_once_begin_one(milvus: Milvus, tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, milvus)
    corpus.retrieval.keep_only(())
    opened = []
    threads = [
        threading.Thread(target=lambda: opened.append(corpus.opened()._follower)) for _ in range(3)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(opened) == 3
    assert len(set(opened)) == 1
    corpus.close()


def reconnected(milvus: Milvus) -> None:
    """Wait until the connection has come back by itself, which may take more than one attempt."""
    deadline = time.monotonic() + RECONNECT_SECONDS
    while True:
        try:
            milvus.collections()
            return
        except EngineUnreachable:
            if time.monotonic() > deadline:
                raise


@pytest.mark.skipif(bool(OWN), reason="an operator's server is not killed")
def test_a_server_that_is_killed_loses_nothing(server: Engine, tmp_path: Path) -> None:
    """Nor does who was connected to it need to begin again."""
    with connected(server.address) as milvus:
        reconnected(milvus)
        corpus = Corpus(tmp_path, milvus)
        corpus.add(TEA, SHIP, UNDATED)
        corpus.remove("ship")
        corpus.retrieval.serve("one")

        server.restart()
        reconnected(milvus)

        legs = corpus.opened()
        assert (legs.state(), legs.behind) == ((corpus.store.cursor, 2), False)
        assert milvus.alias(milvus.address.name) == f"{milvus.address.name}__{CORPUS}__one"
        for asked in ASKED:
            there = corpus.local.lexical(asked, 9)
            assert keys(corpus.legs.lexical(asked, 9, ANY, None)) == keys(there)
        assert agree(legs.dense(vector("tea"), 9, ANY, None), corpus.local.dense(vector("tea"), 9))
        corpus.add(SHIP)
        assert len(corpus.legs) == 3
        corpus.close()
