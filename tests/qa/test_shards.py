"""Shards: every article is in one, whoever embeds makes the same bytes, and a home takes them."""

import gzip
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoder import Encoder, Encoding
from embeddings.models import ModelUnusable
from embeddings.tokens import Role
from qa.articles import READER
from qa.corpus import Corpus
from qa.embedding import BATCH
from qa.errors import ArticleRefused, HomeUnusable, IndexUnusable, NewsqaError
from qa.shards import (
    TRIES,
    Shards,
    ShardSet,
    alone,
    deal,
    deal_out,
    embed_here,
    embed_shard,
    finished,
    items_of,
    load,
    missing,
)
from qa.shards.dealing import Kept
from qa.shards.vectors import opened
from qa.shared import SharedGenerations
from qa.sources import Item, Sweep, Unchanged
from qa.store import Draft, Finished
from qa.store.postgres import Server

from .conftest import DIMENSION, HashingEncoder, make_article, named

SEEDS = Path(__file__).parents[2] / "seeds"
SIZE = 3

Files = dict[str, bytes]


def open_hashing(model: str) -> Encoder:
    """Return the small encoder, under the name that is asked for."""
    return HashingEncoder(model)


def open_other(_: str) -> Encoder:
    """Return an encoder of another model than was asked for, as a machine may have."""
    return HashingEncoder("other")


def open_nothing(model: str) -> Encoder:
    """Fail, as where the model is not there."""
    raise ModelUnusable(model, "it is not here")


@dataclass
class Dying(HashingEncoder):
    """An encoder whose process is killed in the middle of its first shard.

    Its name is that of a file, which says that it was; or of a folder, and it is each time.
    """

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        if self.encoded and not Path(self.name).is_file():
            if not Path(self.name).is_dir():
                Path(self.name).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, role, tokens=tokens, progress=progress)


def open_dying(model: str) -> Encoder:
    """Return an encoder that is killed while it embeds."""
    return Dying(model)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Have each test open its encoders itself."""
    opened.cache_clear()
    yield
    opened.cache_clear()


def set_of(*paths: str, model: str = "hashing", size: int = SIZE, tokens: bool = True) -> ShardSet:
    """Return what shards of these paths have in common."""
    info = HashingEncoder(model).model
    return ShardSet(
        paths, size, model, info.fingerprint, DIMENSION, info.max_tokens, tokens, READER
    )


def drafts(count: int, sentences: int = 4) -> list[Draft]:
    """Return articles, some of several passages; every fifth says what the one before it does."""
    texts = [
        " ".join(
            f"Ferry {number - (number % 5 == 4)} called at quay {at}." for at in range(sentences)
        )
        for number in range(count)
    ]
    return [named(make_article(f"a{number}", text)) for number, text in enumerate(texts)]


def made(folder: Path, items: Sequence[Item], about: ShardSet) -> ShardSet:
    """Deal and embed here; return what there is then."""
    with alone(folder):
        dealt = deal_out(items, folder, about)
        embed_here(folder, missing(folder, dealt), open_hashing)
        return finished(folder, dealt)


def files(folder: Path) -> Files:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("[!.]*"))}


def rows(file: Path, table: str, without: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Return what stands in a table, less the columns that tell the time."""
    with closing(sqlite3.connect(file)) as connection:
        held = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        columns = ", ".join(name for name in held if name not in without)
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()


def content(corpus: Corpus) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that a home holds, byte for byte, but for when it was taken."""
    index = corpus.serving()[1].folder / "passages.sqlite"
    derived = ("documents", "texts", "copies", "categories", "passages", "token_vectors")
    kept = ("articles", "versions", "places", "files", "refusals")
    return {
        **{table: rows(index, table) for table in derived},
        **{
            table: rows(corpus.home / "articles.sqlite", table, ("taken", "reading", "at"))
            for table in kept
        },
    }


def open_corpus(home: Path, encoder: Encoder, token_vectors: bool | None = None) -> Corpus:
    return Corpus(home, lambda _: encoder, encoder.model.name, token_vectors)


def _item(kind: str, number: int) -> Item:
    if kind == "article":
        return named(make_article(f"a{number}", "One."))
    if kind == "refused":
        return ArticleRefused(f"f{number}", "no text")
    file = f"f{number}"
    return Finished(file, b"digest") if kind == "finished" else Unchanged(file)


@given(
    st.lists(st.sampled_from(["article", "refused", "finished", "unchanged"]), max_size=40),
    st.integers(1, 7),
)
def test_every_article_is_dealt_once_and_in_order(kinds: list[str], size: int) -> None:
    items = [_item(kind, number) for number, kind in enumerate(kinds)]
    dealt = [*deal(items, size)]
    assert [one for some in dealt for one in some] == [
        one for one in items if not isinstance(one, Unchanged)
    ]
    counts = [sum(isinstance(one, Draft) for one in some) for some in dealt]
    assert all(count == size for count in counts[:-1])
    assert all(0 < count <= size for count in counts[-1:]) or "article" not in kinds


def test_an_input_holds_what_was_read(tmp_path: Path) -> None:
    """The very drafts: source, place, what was mended and cut off; refusals and ends of files."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "bad.jsonl").write_text('{"id": "x", "title": "no text"}\n')
    (tmp_path / "news" / "good.txt").write_text("Harbour\n\nThe ferry sails. 上海发布规划。😀\n")
    items = [*Sweep([str(SEEDS), str(tmp_path / "news")])]
    (tmp_path / "s").mkdir()
    about = deal_out(items, tmp_path / "s", set_of())
    back = [item for shard in about.shards for item in items_of(tmp_path / "s", shard)]
    assert [_comparable(item) for item in back] == [_comparable(item) for item in items]
    assert {type(item) for item in back} == {Draft, Finished, ArticleRefused}


def _comparable(item: object) -> object:
    if isinstance(item, ArticleRefused):
        return item.origin, item.reason, item.file
    return item


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    """Wherever the folder is, and however many processes there are."""
    items = drafts(20, sentences=100)
    first = made(tmp_path / "one", items, set_of("/news"))
    with alone(tmp_path / "two"):
        dealt = deal_out(iter(items), tmp_path / "two", set_of("/news"))
        done: list[str] = []
        embed_here(
            tmp_path / "two", dealt.shards, open_hashing, 2, lambda shard: done.append(shard.name)
        )
        second = finished(tmp_path / "two", dealt)
    assert first == second
    assert first.articles == 20
    assert sorted(done) == [shard.name for shard in first.shards]
    assert first.passages > 40
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    items = drafts(10)
    before = made(tmp_path, items, set_of())
    held = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("shard-*")}
    assert made(tmp_path, items, set_of()) == before
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("shard-*")} == held


def test_what_has_changed_is_done_again(tmp_path: Path) -> None:
    """The shards of articles that changed, no others; and those there are no articles for go."""
    items = drafts(11)
    made(tmp_path, items, set_of())
    items[4] = named(make_article("a4", "It was never built."))
    dealt = deal_out(items[:8], tmp_path, set_of())
    assert [shard.name for shard in missing(tmp_path, dealt)] == ["shard-00001", "shard-00002"]
    assert {path.name for path in tmp_path.glob("shard-00003*")} == set()
    made(tmp_path, items[:8], set_of())
    other = tmp_path.with_name(f"{tmp_path.name}-other")
    made(other, items[:8], set_of())
    assert files(tmp_path) == files(other)


def test_a_home_is_as_if_its_articles_were_added(tmp_path: Path) -> None:
    """The same articles, passages and vectors, to the byte, and nothing is encoded."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "bad.jsonl").write_text('{"id": "x", "title": "no text"}\n')
    paths = [str(SEEDS), str(tmp_path / "news")]
    made(tmp_path / "shards", [*Sweep(paths)], set_of(*paths))
    adding, loading = HashingEncoder(), HashingEncoder()
    added, loaded = open_corpus(tmp_path / "a", adding), open_corpus(tmp_path / "b", loading)
    one = added.add(Sweep(paths))
    other = load(Shards(tmp_path / "shards"), loaded)
    assert content(added) == content(loaded)
    assert loading.encoded == []
    assert adding.encoded
    assert (one.taken, one.warnings) == (other.taken, other.warnings)
    assert [*map(str, one.refused)] == [*map(str, other.refused)]
    # What was read is known: the same paths are not read again.
    assert all(isinstance(item, Unchanged | ArticleRefused) for item in loaded.look(paths))


@pytest.mark.parametrize("size", [1, 7, BATCH, 2 * BATCH + 1])
def test_nothing_is_encoded_whatever_the_size_of_shards(tmp_path: Path, size: int) -> None:
    """Some are taken in together that are of many shards."""
    items = drafts(2 * BATCH + 30, sentences=2)
    made(tmp_path / "shards", items, set_of(size=size))
    encoder = HashingEncoder()
    finished_: list[int] = []
    corpus = open_corpus(tmp_path / "home", encoder)
    report = load(Shards(tmp_path / "shards"), corpus, finished_.append)
    assert report.count("added") == len(items) == sum(finished_)
    assert encoder.encoded == []


def test_a_database_that_servers_share_takes_shards_too(tmp_path: Path, postgres: str) -> None:
    items = drafts(BATCH + 30, sentences=2)
    made(tmp_path / "shards", items, set_of(size=50))
    encoder = HashingEncoder()
    shared = Corpus(
        tmp_path / "home",
        lambda _: encoder,
        "hashing",
        None,
        lambda home: SharedGenerations(home, Server(postgres)),
    )

    report = load(Shards(tmp_path / "shards"), shared)

    assert report.count("added") == len(items) == shared.serving()[1].info.articles
    assert encoder.encoded == []


def test_loading_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    items = drafts(BATCH + 20, sentences=2)
    made(tmp_path / "shards", items, set_of(size=50))
    encoder = HashingEncoder()
    corpus = open_corpus(tmp_path / "home", encoder)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(Shards(tmp_path / "shards"), corpus, stop)
    report = load(Shards(tmp_path / "shards"), corpus)
    assert (report.count("unchanged"), report.count("added")) == (BATCH, 20)
    assert encoder.encoded == []


def test_a_home_without_token_vectors_takes_shards_with(tmp_path: Path) -> None:
    made(tmp_path / "shards", drafts(5), set_of())
    encoder = HashingEncoder()
    corpus = open_corpus(tmp_path / "home", encoder, token_vectors=False)
    load(Shards(tmp_path / "shards"), corpus)
    assert encoder.encoded == []
    assert content(corpus)["token_vectors"] == []
    assert content(corpus)["passages"]


def test_shards_without_token_vectors(tmp_path: Path) -> None:
    made(tmp_path / "shards", drafts(5), set_of(tokens=False))
    encoder = HashingEncoder()
    keeping = open_corpus(tmp_path / "with", encoder)
    keeping.add([named(make_article("tea", "Tea is sold."))])
    with pytest.raises(IndexUnusable, match=r"without token vectors.* newsqa rebuild"):
        load(Shards(tmp_path / "shards"), keeping)
    encoder.encoded.clear()
    for name, wanted in (("without", False), ("new", None)):
        corpus = open_corpus(tmp_path / name, encoder, wanted)
        load(Shards(tmp_path / "shards"), corpus)
        manifest = corpus.manifest()
        assert manifest
        assert not manifest.token_vectors
    assert encoder.encoded == []


def test_shards_of_another_model_are_refused(tmp_path: Path) -> None:
    made(tmp_path / "shards", drafts(5), set_of())
    encoder = HashingEncoder("other")
    corpus = open_corpus(tmp_path / "home", encoder)
    corpus.add(drafts(1))
    with pytest.raises(IndexUnusable, match=r"hashing.*other.*newsqa rebuild --model hashing"):
        load(Shards(tmp_path / "shards"), corpus)
    assert len(corpus.articles) == 1


def test_a_home_of_articles_without_an_index_keeps_its_model(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    corpus = open_corpus(tmp_path / "home", encoder)
    corpus.articles.put(drafts(1))
    made(tmp_path / "shards", drafts(5), set_of())
    assert load(Shards(tmp_path / "shards"), corpus).count("added") == 4
    assert len(set(encoder.encoded)) == 1


def test_unfinished_shards_are_refused(tmp_path: Path) -> None:
    dealt = deal_out(drafts(7), tmp_path, set_of())
    embed_shard(tmp_path, "shard-00001", open_hashing)
    assert [shard.name for shard in missing(tmp_path, dealt)] == ["shard-00000", "shard-00002"]
    with pytest.raises(NewsqaError, match="2 of 3 shards are not embedded; `newsqa embed`"):
        Shards(tmp_path)
    with pytest.raises(NewsqaError, match="no shards are there; `newsqa embed`"):
        Shards(tmp_path / "none")
    assert [shard.passages for shard in finished(tmp_path, dealt).shards] == [None, 2, None]


@pytest.mark.parametrize(
    "other",
    [
        {"paths": ("/elsewhere",)},
        {"model": "other"},
        {"fingerprint": "other"},
        {"token_vectors": False},
        {"size": 4},
    ],
    ids=lambda other: next(iter(other)),
)
def test_shards_of_others_are_not_mixed_in(tmp_path: Path, other: dict[str, Any]) -> None:
    made(tmp_path, drafts(4), set_of("/news"))
    before = files(tmp_path)
    with pytest.raises(NewsqaError, match=r"name another folder, or delete"):
        deal_out(drafts(4), tmp_path, replace(set_of("/news"), **other))
    assert files(tmp_path) == before


def test_shards_without_a_manifest_are_left_alone(tmp_path: Path) -> None:
    made(tmp_path, drafts(4), set_of())
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(NewsqaError, match=r"no manifest.json; name another folder"):
        deal_out(drafts(4), tmp_path, set_of())


@pytest.mark.parametrize(
    ("manifest", "told"),
    [("{", "it is no manifest of shards"), ("[]", "it is no manifest of shards")],
)
def test_a_damaged_manifest_is_told(tmp_path: Path, manifest: str, told: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(NewsqaError, match=told):
        Shards(tmp_path)


def test_a_manifest_of_another_format_is_told(tmp_path: Path) -> None:
    replace(set_of(), format=99).write(tmp_path)
    with pytest.raises(NewsqaError, match="format 99, this version reads"):
        Shards(tmp_path)


@pytest.mark.parametrize("kind", ["cut", "other", "no gzip", "gone"])
def test_a_damaged_input_is_refused(tmp_path: Path, kind: str) -> None:
    about = made(tmp_path, drafts(4), set_of())
    path = tmp_path / "shard-00000.articles.jsonl.gz"
    data = path.read_bytes()
    if kind == "gone":
        path.unlink()
    else:
        path.write_bytes(
            {"cut": data[:-20], "other": gzip.compress(b"{}\n"), "no gzip": b"?"}[kind]
        )
    with pytest.raises(NewsqaError, match=r"shard-00000.articles.jsonl.gz: .*newsqa embed"):
        items_of(tmp_path, about.shards[0])
    if kind == "gone":  # and dealing writes it again
        deal_out(drafts(4), tmp_path, set_of())
        assert path.read_bytes() == data


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_damaged_vectors_are_refused(tmp_path: Path, at: float) -> None:
    """Wherever a bit has turned over, it is not taken into a home."""
    made(tmp_path / "s", drafts(4), set_of())
    path = tmp_path / "s" / "shard-00000.parquet"
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 4
    path.write_bytes(data)
    corpus = open_corpus(tmp_path / "home", HashingEncoder())
    with pytest.raises(NewsqaError, match=r"damaged|not embedded"):
        load(Shards(tmp_path / "s"), corpus)
    assert len(corpus.articles) == 0


def test_vectors_that_are_cut_off_are_made_again(tmp_path: Path) -> None:
    about = made(tmp_path, drafts(4), set_of())
    path = tmp_path / "shard-00000.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    assert [shard.name for shard in missing(tmp_path, about)] == ["shard-00000"]
    made(tmp_path, drafts(4), set_of())
    assert path.read_bytes() == data


def test_vectors_that_go_between_are_told(tmp_path: Path) -> None:
    made(tmp_path / "s", drafts(4), set_of())
    shards = Shards(tmp_path / "s")
    (tmp_path / "s" / "shard-00001.parquet").unlink()
    with pytest.raises(NewsqaError, match=r"shard-00001.parquet: missing"):
        load(shards, open_corpus(tmp_path / "home", HashingEncoder()))


def test_a_shard_that_is_not_there(tmp_path: Path) -> None:
    made(tmp_path, drafts(4), set_of())
    with pytest.raises(NewsqaError, match="shard-00009: no such shard"):
        embed_shard(tmp_path, "shard-00009", open_hashing)


def test_a_shard_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    dealt = deal_out(drafts(4), tmp_path, set_of())
    (tmp_path / "shard-00001.parquet").mkdir()
    embed_shard(tmp_path, "shard-00000", open_hashing)
    with pytest.raises(HomeUnusable, match=r"shard-00001.parquet: no file"):
        embed_shard(tmp_path, "shard-00001", open_hashing)
    assert not [*tmp_path.glob(".*.partial")]
    assert missing(tmp_path, dealt) == [dealt.shards[1]]


def test_another_model_on_one_machine_is_told(tmp_path: Path) -> None:
    deal_out(drafts(4), tmp_path, set_of())
    with pytest.raises(IndexUnusable, match=r"another here .*other.* on every machine"):
        embed_shard(tmp_path, "shard-00000", open_other)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_killed_worker_is_replaced(tmp_path: Path, processes: int) -> None:
    """In the middle of a shard; what comes of it are the bytes that would have come of it."""
    name, items = str(tmp_path / "killed"), drafts(20, sentences=100)
    about = set_of(model=name, size=10)
    whole = made(tmp_path / "whole", items, about)
    with alone(tmp_path / "s"):
        dealt = deal_out(items, tmp_path / "s", about)
        told: list[str] = []
        # More than one are others than this process.
        embed_here(tmp_path / "s", dealt.shards[:processes], open_dying, 2, tell=told.append)
        assert told
        assert "was killed; it is tried again" in told[0]
        assert Path(name).is_file()
        embed_here(tmp_path / "s", missing(tmp_path / "s", dealt), open_hashing)
        assert finished(tmp_path / "s", dealt) == whole
    assert files(tmp_path / "s") == files(tmp_path / "whole")


def test_a_worker_that_is_always_killed_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "always").mkdir()
    dealt = deal_out(
        drafts(10, sentences=100), tmp_path, set_of(model=str(tmp_path / "always"), size=10)
    )
    told: list[str] = []
    with pytest.raises(NewsqaError, match=f"killed {TRIES} times; see whether memory is short"):
        embed_here(tmp_path, dealt.shards, open_dying, 2, tell=told.append)
    assert len(told) == TRIES - 1
    assert missing(tmp_path, dealt) == [*dealt.shards]
    with alone(tmp_path):
        assert not [*tmp_path.glob(".*.partial")]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_fails_in_a_worker_is_told(tmp_path: Path, processes: int) -> None:
    dealt = deal_out(drafts(4), tmp_path, set_of())
    with pytest.raises(NewsqaError, match="it is not here"):
        embed_here(tmp_path, dealt.shards, open_nothing, processes)


def test_one_at_a_time_works_in_a_folder(tmp_path: Path) -> None:
    with (
        alone(tmp_path),
        pytest.raises(NewsqaError, match="another process embeds it"),
        alone(tmp_path),
    ):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match="name another folder"), alone(tmp_path / "file"):
        pass


def test_no_articles_make_no_shards(tmp_path: Path) -> None:
    assert made(tmp_path, [], set_of()).shards == ()
    with pytest.raises(NewsqaError, match="0 of 0 shards"):
        Shards(tmp_path)


def test_a_shard_of_refusals_alone(tmp_path: Path) -> None:
    """It has no passage, and what it tells comes into the home."""
    items: list[Kept] = [ArticleRefused("bad.txt", "no text", "/news/bad.txt")]
    about = made(tmp_path / "s", items, set_of())
    assert [(shard.articles, shard.passages) for shard in about.shards] == [(0, 0)]
    corpus = open_corpus(tmp_path / "home", HashingEncoder())
    assert [*map(str, load(Shards(tmp_path / "s"), corpus).refused)] == ["bad.txt: no text"]
    assert [one.origin for one in corpus.articles.refusals()] == ["bad.txt"]
