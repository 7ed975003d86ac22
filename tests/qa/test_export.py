"""An export: the whole of one state, whoever writes meanwhile, and read again the same articles."""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import export as exports
from qa.articles import read_articles, read_record, record_of
from qa.corpus import Corpus
from qa.engine import Engine
from qa.errors import ArticleRefused, HomeBusy, HomeUnusable, NewsqaError
from qa.export import Exported, export
from qa.sources import read_paths
from qa.store import PassageStore
from qa.types import Article

from .conftest import HashingEncoder, make_article, named

SEEDS = Path(__file__).parents[2] / "seeds"
MANY = 40

Row = dict[str, Any]
Open = Callable[[str], Corpus]


@pytest.fixture
def open_corpus(tmp_path: Path, hashing: HashingEncoder) -> Open:
    """What opens a home of this name, with the small encoder."""
    return lambda name: Corpus(tmp_path / name, lambda _: hashing, "hashing")


@pytest.fixture
def corpus(open_corpus: Open) -> Corpus:
    opened = open_corpus("home")
    opened.add(read_paths([str(SEEDS)]))
    return opened


def lines(path: Path) -> list[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")] if text else []


def articles(corpus: Corpus) -> dict[str, Article]:
    """Return all articles by id, without what is their home's own."""
    return {one.id: replace(one, origin="", version=1) for one in corpus.articles.all()}


def test_another_home_has_the_same_articles_of_it(
    corpus: Corpus, open_corpus: Open, tmp_path: Path
) -> None:
    later = make_article("corrected", "Two.", title="T", published="2026-05-01T08:00:00+08:00")
    corpus.add([named(replace(later, text="One.")), named(later), named(later)])
    assert corpus.articles.get("corrected").version == 2
    for name in ("a.jsonl", "a.jsonl.gz"):
        told = export(corpus, tmp_path / name)
        size = (tmp_path / name).stat().st_size
        assert told == Exported(8, 0, size, str(tmp_path / name))
        other = open_corpus(f"other-{name}")
        report = other.add(read_paths([str(tmp_path / name)]))
        assert (report.count("added"), report.refused, report.warnings) == (8, (), ())
        assert articles(other) == articles(corpus)


WORDS = st.text(alphabet="ab云海 .。?？!\n&<#-'😀:：", max_size=30)
ZONES = st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.none() | st.datetimes(timezones=ZONES).map(datetime.isoformat)
RECORDS = st.fixed_dictionaries(
    {"text": WORDS.filter(str.strip)},
    optional={
        "id": st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True),
        "title": WORDS,
        "published": MOMENTS,
        "updated": MOMENTS,
        "publisher": WORDS,
        "author": WORDS,
        "categories": st.lists(WORDS, max_size=3),
        "url": st.sampled_from(["https://news.example/a?b=1", ""]),
        "lang": st.sampled_from(["zh", "zh-Hant", "en", "und", ""]),
    },
)


@given(RECORDS)
def test_an_article_is_read_again_from_its_record(record: Row) -> None:
    try:
        article = read_record(record, "sent").article
    except ArticleRefused:
        return
    again = read_record(json.loads(json.dumps(record_of(article))), "sent")
    assert again.article == article
    assert again.named
    assert again.removed == ()


@given(WORDS.filter(str.strip))
def test_so_is_one_that_was_plain_text(text: str) -> None:
    for reading in read_articles(text.encode(), "a.txt"):
        if not isinstance(reading, ArticleRefused):
            again = read_record(record_of(reading.article), "a.txt")
            assert again.article == reading.article


@pytest.mark.parametrize("text", ["Is it open?\nIt is, until ten.", "Storm hits\nIt rains."])
def test_a_title_made_of_the_text_leaves_the_text_whole(text: str) -> None:
    article = read_record({"text": text}, "").article
    assert article.title == text.split("\n")[0]
    assert record_of(article)["title"] is None
    assert read_record(record_of(article), "").article == article


def test_parquet_has_the_rows_that_lines_have(corpus: Corpus, tmp_path: Path) -> None:
    for passages, vectors in ((False, False), (True, False), (True, True)):
        export(corpus, tmp_path / "rows.jsonl", passages=passages, vectors=vectors)
        told = export(corpus, tmp_path / "rows.parquet", passages=passages, vectors=vectors)
        table = pq.read_table(tmp_path / "rows.parquet")
        rows = lines(tmp_path / "rows.jsonl")
        assert table.to_pylist() == rows
        assert table.column_names == list(rows[0])
        assert told.passages == (len(rows) if passages else 0)
        assert told.articles == 7


def test_passages_are_the_words_of_their_articles_and_vectors_the_index_s(
    corpus: Corpus, hashing: HashingEncoder, tmp_path: Path
) -> None:
    export(corpus, tmp_path / "p.parquet", passages=True, vectors=True)
    table = pq.read_table(tmp_path / "p.parquet")
    assert table.schema.metadata[b"newsqa.model"] == b"hashing"
    assert str(table.schema.field("vector").type) == "fixed_size_list<element: float>[64]"
    store = PassageStore(corpus.serving()[1].folder / "passages.sqlite")
    kept = {passage.id: vector for passage, vector in store.all()}
    store.close()
    assert len(kept) == len(table) == len(corpus.serving()[1].passages(list(range(1, 999))))
    for row in table.to_pylist():
        article = corpus.articles.get(row["article_id"])
        assert article.text[row["start"] : row["end"]] == row["text"]
        np.testing.assert_array_equal(np.float32(row["vector"]), kept[row["passage_id"]])
    assert hashing.model.dimension == 64


def test_what_was_published_before_stays_behind(corpus: Corpus, tmp_path: Path) -> None:
    corpus.add([named(make_article("undated", "Nobody knows when."))])
    # Already the second of May where it was written.
    corpus.add([named(make_article("zone", "Late.", published="2030-05-02T01:00:00+08:00"))])
    for since in (date(2024, 8, 15), date(2030, 5, 2), date(2030, 5, 3)):
        expected = {
            one.id
            for one in corpus.articles.all()
            if one.published and one.published.date() >= since
        }
        told = export(corpus, tmp_path / "a.jsonl", since=since)
        assert {row["id"] for row in lines(tmp_path / "a.jsonl")} == expected
        assert told.articles == len(expected)
        told = export(corpus, tmp_path / "p.jsonl", passages=True, since=since)
        assert {row["article_id"] for row in lines(tmp_path / "p.jsonl")} == expected
        assert told.articles == len(expected)
    assert pq.read_table(_written(corpus, tmp_path / "none.parquet")).num_rows == 0


def _written(corpus: Corpus, path: Path) -> Path:
    export(corpus, path, passages=True, vectors=True, since=date(2040, 1, 1))
    return path


def test_the_same_articles_are_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.jsonl.gz", "a.parquet"):
        export(corpus, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        export(corpus, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first


def test_what_is_withdrawn_is_not_there(corpus: Corpus, tmp_path: Path) -> None:
    gone = next(iter(articles(corpus)))
    corpus.remove([gone])
    export(corpus, tmp_path / "a.jsonl")
    assert gone not in {row["id"] for row in lines(tmp_path / "a.jsonl")}
    # Nor where whoever withdrew it was stopped before the index knew.
    other = next(iter(articles(corpus)))
    corpus.articles.remove([other])
    export(corpus, tmp_path / "p.jsonl", passages=True)
    assert {row["article_id"] for row in lines(tmp_path / "p.jsonl")} == set(articles(corpus))


def test_it_is_of_one_moment_while_others_write(
    corpus: Corpus, tmp_path: Path, open_corpus: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = articles(corpus)
    *_, last = before.values()
    changed = threading.Event()

    def write() -> None:
        other = open_corpus("home")
        other.add([named(make_article("new", "New.")), named(replace(last, title="Other"))])
        changed.set()

    def told_late(article: Article) -> Row:
        if not changed.is_set():
            writer = threading.Thread(target=write)
            writer.start()
            writer.join()
            assert changed.is_set()
        return record_of(article)

    monkeypatch.setattr(exports, "record_of", told_late)
    export(corpus, tmp_path / "a.jsonl")
    told = {row["id"]: row["title"] for row in lines(tmp_path / "a.jsonl")}
    assert told.keys() == before.keys()
    assert told[last.id] != "Other"
    export(corpus, tmp_path / "b.jsonl")
    assert {row["id"] for row in lines(tmp_path / "b.jsonl")} == set(articles(corpus))


def test_passages_are_always_those_of_articles_that_are_there(
    corpus: Corpus, tmp_path: Path, open_corpus: Open
) -> None:
    stop = threading.Event()

    def write() -> None:
        other = open_corpus("home")
        for number in range(MANY):
            if not stop.is_set():
                other.add([named(make_article(f"a{number}", f"Number {number} is here."))])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = []
        for _ in range(5):
            export(corpus, tmp_path / "p.jsonl", passages=True)
            seen.append({row["article_id"] for row in lines(tmp_path / "p.jsonl")})
    finally:
        stop.set()
        writer.join()
    for ids in seen:
        added = sorted(int(id[1:]) for id in ids if id[1:].isdigit() and id.startswith("a"))
        # They came one after another: none is missing in between.
        assert added == list(range(len(added)))


def test_a_generation_that_is_deleted_meanwhile_is_not_looked_for(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(corpus, tmp_path / "before.jsonl", passages=True)
    serving = [corpus.serving()]
    corpus.rebuild()
    corpus.remove([max(articles(corpus))])  # no earlier generation keeps what it said
    assert not serving[0][1].folder.exists()
    now = corpus.serving
    monkeypatch.setattr(corpus, "serving", lambda: serving.pop() if serving else now())
    export(corpus, tmp_path / "p.jsonl", passages=True)
    assert {row["article_id"] for row in lines(tmp_path / "p.jsonl")} == set(articles(corpus))


def test_who_is_kept_waiting_is_told(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(PassageStore, "article_seq", property(lambda _: -1))
    with pytest.raises(HomeBusy, match="the index is behind"):
        export(corpus, tmp_path / "p.jsonl", passages=True)
    assert not list(tmp_path.glob("*p.jsonl*"))


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_it_is_there_whole_or_not_at_all(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    export(corpus, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    broken = iter([*articles(corpus).values()][:3])

    def failing(_: Article) -> Row:
        if (article := next(broken, None)) is None:
            raise HomeUnusable("articles.sqlite: an article in it is damaged")
        return record_of(article)

    monkeypatch.setattr(exports, "record_of", failing)
    monkeypatch.setattr(exports, "GROUP_ROWS", 1)
    with pytest.raises(HomeUnusable, match="damaged"):
        export(corpus, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == [name]


def test_what_cannot_be_written_is_told(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.jsonl").mkdir()
    for to, words in (
        (tmp_path / "file" / "a.jsonl", "name a file that can be written"),
        (tmp_path / "nowhere" / "a.jsonl", "No such file or directory"),
        (tmp_path / "folder.jsonl", "no file"),
        (tmp_path / f"{'a' * 300}.jsonl", "File name too long"),
    ):
        with pytest.raises(HomeUnusable, match=words):
            export(corpus, to)
    with pytest.raises(NewsqaError, match=r"ends in .jsonl, .jsonl.gz or .parquet"):
        export(corpus, tmp_path / "a.csv")


def test_a_row_group_is_as_large_as_memory_should_hold(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(corpus, tmp_path / "whole.parquet")
    for limit in ("GROUP_ROWS", "GROUP_CHARACTERS"):
        monkeypatch.setattr(exports, limit, 2)
        export(corpus, tmp_path / "groups.parquet")
        groups = pq.ParquetFile(tmp_path / "groups.parquet").num_row_groups
        assert groups == (4 if limit == "GROUP_ROWS" else 7)
        whole, parts = (pq.read_table(tmp_path / f"{one}.parquet") for one in ("whole", "groups"))
        assert parts == whole


def test_the_served_index_is_exported(seeds_engine: Engine, tmp_path: Path) -> None:
    told = export(seeds_engine.corpus, tmp_path / "p.parquet", passages=True, vectors=True)
    vectors = np.array(pq.read_table(tmp_path / "p.parquet")["vector"].to_pylist())
    info = seeds_engine.corpus.serving()[1].info
    assert (told.articles, told.passages) == (info.articles, info.passages)
    assert vectors.shape == (info.passages, 384)
