"""Stores in PostgreSQL: many machines see one state, and what one had who died others take."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import pytest
from filelock import Timeout

import qa.store.articles
import qa.store.passages
import qa.store.postgres.schema
import qa.store.queue
from qa.errors import ArticleRefused, HomeBusy, HomeUnusable, IndexUnusable, SettingsUnusable
from qa.passages import split_passages
from qa.store import ArticleStore, Change, Draft, Embedding, PassageStore
from qa.store.postgres import Schema, Server
from qa.store.postgres.dialect import tables
from qa.store.queue import Queue
from qa.types import Article, Facet, Filters, Passage
from tests.postgres import Cluster

from .conftest import HashingEncoder, make_article, named

SECONDS = 60.0
"""Until what is waited for must have come."""


@pytest.fixture
def server(postgres: str) -> Server:
    return Server(postgres)


@pytest.fixture
def articles(server: Server) -> ArticleStore:
    return ArticleStore(server.articles())


@pytest.fixture
def passages(server: Server) -> PassageStore:
    return PassageStore(server.passages("generation"))


@pytest.fixture
def queue(articles: ArticleStore, passages: PassageStore) -> Queue:
    return Queue(articles, passages)


def made(changes: Sequence[Change]) -> list[tuple[Article, Passage, Embedding]]:
    """Return the passages of changed articles, a sentence each, with embeddings."""
    encoder = HashingEncoder()
    return [
        (change.article, passage, Embedding(encoder.encode([passage.text], "passage").vectors[0]))
        for change in changes
        if change.article
        for passage in split_passages(change.article, encoder.count_tokens, 500, target=1)
    ]


def work(queue: Queue, most: int = 10) -> list[str]:
    """Take in some articles; return their ids."""
    with queue.claim(most) as claimed:
        claimed.take(made(claimed.changes))
    return [change.id for change in claimed.changes]


def put(articles: ArticleStore, **texts: str) -> None:
    articles.put([named(make_article(id, text)) for id, text in texts.items()])


def texts(passages: PassageStore) -> list[str]:
    keys = passages.keys().tolist()
    return sorted(passage.text for passage in passages.passages(keys).values())


def until(done: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def in_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread


# The database.


def test_what_one_server_writes_another_reads(server: Server, postgres: str) -> None:
    there = ArticleStore(Server(postgres).articles())

    ArticleStore(server.articles()).put([named(make_article("a", "一。"))])

    assert there.get("a").text == "一。"


def test_what_is_not_committed_nobody_else_sees(articles: ArticleStore) -> None:
    seen: list[int] = []

    def drafts() -> Iterator[Draft]:
        yield named(make_article("a", "一。"))
        in_thread(lambda: seen.append(len(articles))).join()
        yield named(make_article("b", "二。"))

    articles.put(drafts())

    assert (seen, len(articles)) == ([0], 2)


def test_writers_take_turns_so_that_no_change_is_committed_before_an_earlier(
    server: Server, articles: ArticleStore
) -> None:
    """Or else who has read up to the later would never see the earlier."""
    order: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[Draft]:
        yield named(make_article("slow", "一。"))
        begun.set()
        go_on.wait(SECONDS)

    first = in_thread(lambda: articles.put(slow()))
    begun.wait(SECONDS)
    second = in_thread(
        lambda: ArticleStore(server.articles()).put([named(make_article("quick", "二。"))])
    )
    time.sleep(0.2)
    order.append(articles.last_change)
    go_on.set()
    first.join()
    second.join()

    assert order == [0]
    assert [change.id for change in articles.changes(0, 10)] == ["slow", "quick"]


def test_a_writer_that_waits_too_long_says_so(
    server: Server, articles: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.store.postgres.schema, "WAIT_SECONDS", 1)
    with server.articles().transaction(), pytest.raises(HomeBusy, match="another process"):
        put(articles, a="一。")

    put(articles, a="一。")


def test_readers_in_a_snapshot_see_one_state(
    articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。")
    queue = Queue(articles, passages)
    work(queue)

    with passages.held(), closing(passages.all()) as rows:
        before = len(passages)
        first = next(rows)
        put(articles, a="三。四。")
        in_thread(lambda: work(queue)).join()
        assert (before, len(passages), len(passages.facets().categories)) == (2, 2, 0)
        assert [first[0].text, *(passage.text for passage, _ in rows)] == ["一。", "二。"]

    assert texts(passages) == ["三。", "二。", "四。"]


def test_a_stream_that_is_left_holds_nothing(articles: ArticleStore) -> None:
    put(articles, **{f"a{n}": "一。" for n in range(5)})
    for _ in range(2 * qa.store.postgres.schema.MOST):
        with closing(articles.all()) as stream:
            assert next(stream).id == "a0"
    assert [article.id for article in articles.all()] == [f"a{n}" for n in range(5)]


def test_more_threads_than_connections_take_turns(articles: ArticleStore) -> None:
    put(articles, a="一。")
    found: list[int] = []

    def ask() -> None:
        for _ in range(20):
            found.append(len(articles.find(["a", "b"])))

    for thread in [in_thread(ask) for _ in range(3 * qa.store.postgres.schema.MOST)]:
        thread.join()

    assert found == [1] * 20 * 3 * qa.store.postgres.schema.MOST


@pytest.mark.parametrize(
    "text", ["a\0b", "😀𠀀", "%s %(name)s ? :name", "'; DROP TABLE articles", ""]
)
def test_names_are_only_names(articles: ArticleStore, text: str) -> None:
    """No article has a NUL, but an entry of a feed may be named so."""
    draft = Draft(make_article("a", "一。", title="题"), b"1", f"/feed#{text}", file="/feed")
    articles.put([draft])

    assert articles.put([draft]) == [("a", "unchanged")]
    assert articles.file("a") == "/feed"
    assert articles.beginning("a", 1) == [("a", "题")]


def test_no_name_is_too_long(articles: ArticleStore, passages: PassageStore, queue: Queue) -> None:
    """An index of PostgreSQL takes 2,700 bytes; filters go by what begins a name."""
    one, other = (
        "".join(chr(Random(n).randrange(0x4E00, 0x9FFF)) for n in range(9_000)) for _ in "ab"
    )
    long = make_article("😀" * 200, "一。", publisher=one, author=one, categories=(one, other, "b"))
    articles.put(
        [Draft(long, b"1", f"/feed#{one}", file="/feed"), ArticleRefused(one, other, "/feed")]
    )

    work(queue)

    for asked in (Filters(source=(one,)), Filters(author=(one,)), Filters(category=(one,))):
        assert len(passages.allowed(asked)) == 1
    assert passages.facets().sources == (Facet(one[:400], 1),)
    assert [refusal.origin for refusal in articles.refusals()] == [one]


def test_an_article_with_a_nul_comes_back_as_it_is(articles: ArticleStore) -> None:
    article = make_article("a", "一\0二。", title="\0")
    articles.put([named(article)])

    assert articles.get("a") == article
    assert articles.remove(["a"]) == ["a"]


def test_text_is_ordered_by_code_points(articles: ArticleStore) -> None:
    ids = ["B", "a", "b", "ä", "中", "国"]
    put(articles, **dict.fromkeys(ids, "一。"))

    assert [id for id, _ in articles.beginning("", 10)] == sorted(ids)


def test_a_lost_connection_is_made_anew(
    postgres_cluster: Cluster, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。")

    def look_twice() -> None:
        with passages.held():
            assert len(passages) == 0
            postgres_cluster.stop()
            postgres_cluster.start()
            len(passages)  # of a state that is gone

    with pytest.raises(HomeUnusable, match="see whether it runs"):
        look_twice()
    assert len(articles) == 1
    put(articles, b="二。")
    assert (len(articles), len(passages)) == (2, 0)


def test_what_cannot_be_reached_is_told_without_the_password(
    postgres_cluster: Cluster, articles: ArticleStore, caplog: pytest.LogCaptureFixture
) -> None:
    put(articles, a="一。")
    caplog.set_level(logging.DEBUG)
    postgres_cluster.stop()
    try:
        with pytest.raises(HomeUnusable, match=r"127\.0\.0\.1.*see whether it runs") as lost:
            len(articles)
    finally:
        postgres_cluster.start()
    wrong = postgres_cluster.url().replace(postgres_cluster.password, "verysecret")
    with pytest.raises(HomeUnusable, match="password") as refused:
        Server(wrong).schemas()
    with pytest.raises(HomeUnusable, match="createdb"):
        Server(postgres_cluster.url("absent")).schemas()

    told = f"{lost.value!r} {refused.value!r} {Server(wrong)!r} {Server(wrong)} {caplog.text}"
    assert not [word for word in ("verysecret", postgres_cluster.password) if word in told]


@pytest.mark.parametrize("password", ["se%zzcret", "se@cret", "se/cret"])
def test_what_is_no_address_is_told_without_it(password: str) -> None:
    """As where a password has letters that an address has for itself."""
    with pytest.raises(SettingsUnusable, match="postgresql://user:password@host") as refused:
        Server(f"postgresql://newsqa:{password}@host/db")

    assert "cret" not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert Server("postgresql://newsqa:se?cret#@host/db").name == "postgresql://host:5432/db"


def test_a_database_of_other_letters_is_refused(postgres_cluster: Cluster) -> None:
    url = postgres_cluster.database("ENCODING SQL_ASCII TEMPLATE template0")
    with pytest.raises(HomeUnusable, match="encoding"):
        ArticleStore(Server(url).articles())


def test_too_many_connections_are_told_as_that(postgres_cluster: Cluster) -> None:
    url = postgres_cluster.database()
    postgres_cluster.ask("CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 0")
    address = url.replace(f"newsqa:{postgres_cluster.password}", "few:few")

    with pytest.raises(HomeUnusable, match="max_connections"):
        Server(address).schemas()


def test_who_drops_a_generation_waits_for_those_who_work_in_it(
    server: Server, queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    articles.put([named(make_article("tea", "Tea is sold."))])
    with queue.claim(1) as claim:
        dropping = threading.Thread(target=server.drop, args=("generation",))
        dropping.start()
        dropping.join(0.5)
        assert dropping.is_alive()
        claim.take(made(claim.changes))
    dropping.join(SECONDS)

    assert not dropping.is_alive()
    assert "generation" not in server.schemas()
    with pytest.raises(IndexUnusable):
        len(passages)


def test_a_generation_that_was_dropped_is_to_be_rebuilt(
    server: Server, passages: PassageStore
) -> None:
    assert server.schemas() == ["generation"]
    server.drop("generation")

    with pytest.raises(IndexUnusable, match="newsqa rebuild"):
        len(passages)
    assert server.schemas() == []


def test_a_database_that_can_only_be_read_is_read(
    postgres_cluster: Cluster, articles: ArticleStore, server: Server
) -> None:
    put(articles, a="一。")
    name = server.name.rsplit("/", 1)[1]
    postgres_cluster.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    there = ArticleStore(Server(postgres_cluster.url(name)).articles())
    assert there.database.read_only
    assert there.get("a").text == "一。"
    with pytest.raises(HomeUnusable, match="can only be read"):
        put(there, b="二。")


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a;b", "x" * 64])
def test_no_other_name_is_a_schemas(server: Server, name: str) -> None:
    with pytest.raises(ValueError, match="name a schema"):
        server.passages(name)


# Locks.


def test_a_lock_is_one_process_s_until_it_lets_go(server: Server, postgres: str) -> None:
    other = Server(postgres)
    with server.lock("building", 1), server.lock("building", 1):  # who has it may take it again
        with pytest.raises(Timeout), other.lock("building", 0.1):
            pass
        with pytest.raises(Timeout), other.lock("building", SECONDS, lambda: True):
            pass
        with other.try_lock("building") as held, other.try_lock("else") as else_held:
            assert (held, else_held) == (False, True)
    with other.try_lock("building") as held:
        assert held


def _hold(url: str, holding: Path) -> None:
    with Server(url).lock("building", 1):
        holding.touch()
        time.sleep(SECONDS)


def test_a_lock_falls_back_when_its_process_dies(
    server: Server, postgres: str, tmp_path: Path
) -> None:
    mark = tmp_path / "holding"
    process = start(_hold, postgres, mark)
    until(mark.exists)
    with server.try_lock("building") as held:
        assert not held
    kill(process)

    with server.lock("building", SECONDS):
        pass


# Steps.


def test_no_step_that_was_published_is_ever_changed() -> None:
    """What it made stands in databases: another step changes that."""
    steps = (*qa.store.articles._STEPS, *qa.store.passages._STEPS)
    digests = [sha256(tables(step).encode()).hexdigest()[:8] for step in steps]
    assert digests == PUBLISHED


PUBLISHED = ["f1059954", "004e4db5"]


def test_steps_are_taken_in_order_once(server: Server) -> None:
    first = "CREATE TABLE a (n INTEGER PRIMARY KEY) STRICT;"
    second = "INSERT INTO a VALUES (7);"
    schema = server.schema("stepped", first)
    assert schema.execute("SELECT count(*) FROM a").fetchone() == (0,)

    for _ in range(2):
        schema = server.schema("stepped", first, second)
        assert schema.execute("SELECT n FROM a").fetchall() == [(7,)]


def test_a_step_that_fails_leaves_nothing(server: Server) -> None:
    steps = ("CREATE TABLE a (n INTEGER);", "SELECT nonsense;")
    with pytest.raises(Exception, match="nonsense"):
        server.schema("stepped", *steps)

    assert server.schemas() == []


def test_a_newer_versions_database_is_refused(server: Server) -> None:
    server.schema("stepped", "SELECT 1;", "SELECT 2;")

    with pytest.raises(HomeUnusable, match="newer version"):
        server.schema("stepped", "SELECT 1;")


def test_many_may_begin_at_once(postgres: str) -> None:
    begun: list[int] = []
    threads = [
        in_thread(lambda: begun.append(len(ArticleStore(Server(postgres).articles()))))
        for _ in range(6)
    ]
    for thread in threads:
        thread.join()

    assert begun == [0] * 6


# The queue.


def test_what_changed_is_taken_in_once_and_in_order(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。三。", c="四。")
    assert queue.pending() == 3

    assert work(queue, 2) == ["a", "b"]
    assert (queue.pending(), passages.article_seq) == (1, 2)
    assert (work(queue, 2), work(queue, 2)) == (["c"], [])

    articles.remove(["b"])
    put(articles, a="五。")
    assert work(queue) == ["b", "a"]
    assert texts(passages) == ["五。", "四。"]
    assert (queue.pending(), passages.article_seq) == (0, articles.last_change)
    assert (passages.articles(), len(passages)) == (2, 2)


def test_two_workers_have_different_articles(queue: Queue, articles: ArticleStore) -> None:
    put(articles, a="一。", b="二。", c="三。")
    with queue.claim(2) as one, queue.claim(2) as other, queue.claim(2) as third:
        assert [[change.id for change in each.changes] for each in (one, other, third)] == [
            ["a", "b"],
            ["c"],
            [],
        ]
    assert queue.pending() == 3


def test_others_write_while_one_encodes(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。")
    with queue.claim(1) as slow:
        put(articles, c="三。")
        assert in_turn(lambda: work(queue)) == ["b", "c"]
        assert queue.pending_until(1) == 1
        assert passages.article_seq == 0
        slow.take(made(slow.changes))

    assert queue.pending_until(1) == 0
    assert texts(passages) == ["一。", "三。", "二。"]


def in_turn(call: Callable[[], list[str]]) -> list[str]:
    """Return what it returns in another thread."""
    found: list[str] = []
    in_thread(lambda: found.extend(call())).join()
    return found


def test_what_changed_again_while_it_was_encoded_is_left_to_the_newer_change(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。")
    with queue.claim(2) as slow:
        stale = made(slow.changes)
        put(articles, a="新。")
        assert in_turn(lambda: work(queue)) == ["a"]
        slow.take(stale)

    assert texts(passages) == ["二。", "新。"]
    assert queue.pending() == 0


def test_what_changed_twice_before_anybody_looked_is_taken_in_once(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。")
    with queue.claim(1):
        pass  # both are in the list now
    put(articles, a="三。")
    put(articles, a="四。")

    assert (work(queue, 1), work(queue, 1), work(queue, 1)) == (["b"], ["a"], [])
    assert texts(passages) == ["二。", "四。"]


def test_what_fails_is_given_back_as_it_was(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。")

    def fail(late: bool) -> None:
        with queue.claim(1) as claimed:
            if late:
                claimed.take(made(claimed.changes))
            raise OSError("unplugged")

    for late in (False, True):
        with pytest.raises(OSError, match="unplugged"):
            fail(late)
        assert (queue.pending(), len(passages), passages.cursor) == (1, 0, 0)

    assert work(queue) == ["a"]


def test_a_list_longer_than_is_listed_at_once_is_all_taken(
    queue: Queue, articles: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.store.queue, "DRAINED", 2)
    put(articles, **{f"a{n}": "一。" for n in range(5)})

    taken = [id for _ in range(5) for id in work(queue, 3)]

    assert taken == [f"a{n}" for n in range(5)]


def test_what_was_taken_in_before_there_was_a_list_is_not_taken_again(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。")
    changes = articles.changes(0, 10)
    passages.take(changes, made(changes))
    put(articles, b="二。")

    assert queue.pending() == 1
    assert work(queue) == ["b"]


def test_others_keep_what_they_encoded_ahead(
    queue: Queue, articles: ArticleStore, passages: PassageStore
) -> None:
    put(articles, a="一。", b="二。")
    known = {
        text: Embedding(HashingEncoder().encode([text], "passage").vectors[0])
        for text in ("一。", "别。")
    }
    passages.keep(known)

    work(queue, 1)

    assert passages.ahead
    assert [*passages.embeddings(["一。", "别。"])] == ["别。", "一。"]


def test_a_queue_is_of_one_database(articles: ArticleStore, postgres_cluster: Cluster) -> None:
    elsewhere = PassageStore(Server(postgres_cluster.database()).passages("g"))
    with pytest.raises(HomeUnusable, match="one database"):
        Queue(articles, elsewhere)


# Workers that die.


_processes = multiprocessing.get_context("forkserver")


def start(call: Callable[..., None], *arguments: object) -> ForkServerProcess:
    _processes.set_forkserver_preload([__name__])
    process = _processes.Process(target=call, args=arguments, daemon=True)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def _worker(url: str, seed: int) -> None:
    """Take in articles without end, with pauses where encoding would take its time."""
    random, server = Random(seed), Server(url)
    queue = Queue(ArticleStore(server.articles()), PassageStore(server.passages("generation")))
    while True:
        with queue.claim(random.randint(1, 4)) as claimed:
            time.sleep(random.random() * 0.02)
            if claimed.changes:
                claimed.take(made(claimed.changes))
            time.sleep(random.random() * 0.01)  # written, and not committed


@dataclass
class _Follower:
    """What follows the log of passages as an index does, in small steps."""

    passages: PassageStore
    cursor: int = 0
    keys: set[int] = field(default_factory=set)

    def follow(self) -> None:
        newest = self.passages.cursor
        came, went = self.passages.changed(self.cursor, newest)
        self.keys = (self.keys | set(came)) - set(went)
        self.cursor = newest


def test_killed_workers_lose_and_double_nothing(
    postgres: str, articles: ArticleStore, passages: PassageStore, queue: Queue
) -> None:
    """Three at a time, one killed every tenth of a second, while articles come, change and go."""
    random = Random(5)
    expected: dict[str, str] = {}
    follower, stop = _Follower(passages), threading.Event()

    def follow() -> None:
        while not stop.is_set():
            follower.follow()

    following = in_thread(follow)
    workers = [start(_worker, postgres, seed) for seed in range(3)]
    for number in range(30):
        batch = {
            f"a{random.randrange(60)}": f"文{number}甲。" + "乙。" * random.randrange(4)
            for _ in range(5)
        }
        put(articles, **batch)
        expected |= batch
        if gone := [id for id in expected if random.random() < 0.02]:
            articles.remove(gone)
            expected = {id: text for id, text in expected.items() if id not in gone}
        time.sleep(0.05)
        if number % 2:
            place = random.randrange(len(workers))
            kill(workers[place])
            workers[place] = start(_worker, postgres, 100 + number)
    last = articles.last_change
    until(lambda: queue.pending_until(last) == 0)
    for worker in workers:
        kill(worker)
    stop.set()
    following.join()
    follower.follow()

    there: dict[str, list[str]] = {}
    for passage in passages.passages(passages.keys().tolist()).values():
        there.setdefault(passage.article_id, []).append(passage.text)
    assert there == {
        id: [f"{sentence}。" for sentence in text.split("。")[:-1]] for id, text in expected.items()
    }
    assert follower.keys == set(passages.keys().tolist())
    assert (passages.articles(), len(passages)) == (len(there), sum(map(len, there.values())))
    assert (queue.pending(), passages.article_seq) == (0, last)
    log = [seq for (seq,) in schema_of(passages).execute("SELECT seq FROM changes ORDER BY seq")]
    assert all(earlier < later for earlier, later in pairwise(log))


def schema_of(store: PassageStore) -> Schema:
    assert isinstance(store.database, Schema)
    return store.database
