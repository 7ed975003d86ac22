"""What is kept: one article an id, all or nothing, changes that only grow, removals that erase.

The same in a file and in PostgreSQL.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from qa.articles import article_id
from qa.errors import ArticleNotFound
from qa.passages import split_passages
from qa.store import ArticleStore, Change, Document, Draft, Embedding, Finished, PassageStore
from qa.store.postgres import Server
from qa.types import Article, Facet, Filters

from .conftest import DIMENSION, HashingEncoder, make_article, named, unnamed

Place = Callable[[], Any]
"""Makes the place of a new store."""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return what names places for new stores, where nothing is yet."""
    numbers = count()
    if request.param == "sqlite":
        return lambda: tmp_path / f"{next(numbers)}.sqlite"
    server = Server(request.getfixturevalue("postgres"))
    return lambda: server.passages(f"store_{next(numbers)}")


@pytest.fixture
def articles(place: Place) -> ArticleStore:
    return ArticleStore(place())


# Articles.


def test_what_is_put_is_what_comes_back(articles: ArticleStore) -> None:
    article = make_article(
        "a",
        "第一句。Second 😀 sentence.\n第三句。",
        title="标题",
        published="2021-10-27T11:03:00+08:00",
        publisher="报",
        author="记者",
        categories=("要闻", "金融"),
    )

    assert articles.put([named(article)]) == [("a", "added")]
    assert articles.get("a") == article
    assert articles.find(["a", "b"]) == {"a": article}
    assert len(articles) == 1


def test_an_absent_article_is_not_found(articles: ArticleStore) -> None:
    with pytest.raises(ArticleNotFound, match="'a'"):
        articles.get("a")


def test_the_same_again_is_unchanged_and_has_no_change_number(articles: ArticleStore) -> None:
    articles.put([unnamed("文。", "/1.md")])
    before = articles.changes(0, 10)

    assert articles.put([unnamed("文。", "/1.md")])[0][1] == "unchanged"
    assert articles.changes(0, 10) == before


def test_a_reader_that_improved_updates_the_same_bytes(articles: ArticleStore) -> None:
    draft = unnamed("文。", "/1.md")
    articles.put([draft])

    better = replace(draft, article=replace(draft.article, title="标题"))

    assert articles.put([better]) == [(draft.article.id, "updated")]
    assert articles.get(draft.article.id).title == "标题"


def test_the_same_bytes_elsewhere_are_one_article(articles: ArticleStore) -> None:
    articles.put([unnamed("文。", "/1.md")])

    assert articles.put([unnamed("文。", "/2.md")]) == [(article_id("文。".encode()), "unchanged")]
    assert len(articles) == 1


def test_a_rewritten_file_keeps_its_id(articles: ArticleStore) -> None:
    ((id, _),) = articles.put([unnamed("旧文。", "/1.md")])

    assert articles.put([unnamed("新文。", "/1.md")]) == [(id, "updated")]
    assert articles.get(id).text == "新文。"
    assert articles.put([unnamed("新文。", "/1.md")]) == [(id, "unchanged")]


def test_the_old_text_of_a_rewritten_file_is_another_article(articles: ArticleStore) -> None:
    articles.put([unnamed("旧文。", "/1.md")])
    articles.put([unnamed("新文。", "/1.md")])

    ((id, outcome),) = articles.put([unnamed("旧文。", "/2.md")])

    assert outcome == "added"
    assert {a.text for a in articles.find([id, article_id("旧文。".encode())]).values()} == {
        "旧文。",
        "新文。",
    }
    assert articles.put([unnamed("旧文。", "/2.md")]) == [(id, "unchanged")]


def test_an_id_that_came_with_the_article_is_kept(articles: ArticleStore) -> None:
    one, other = make_article("n1", "文。"), make_article("n2", "文。")
    articles.put([Draft(one, b"bytes", "/1", named=True)])

    assert articles.put([Draft(other, b"bytes", "/1", named=True)]) == [("n2", "added")]
    assert articles.put([Draft(replace(one, text="新。"), b"new", named=True)]) == [
        ("n1", "updated")
    ]
    assert len(articles) == 2


def test_what_was_sent_twice_from_nowhere_is_not_one_place(articles: ArticleStore) -> None:
    articles.put([unnamed("一。")])
    articles.put([unnamed("二。")])

    assert len(articles) == 2


def test_a_reading_that_began_earlier_withdraws_nothing_that_a_later_one_found(
    articles: ArticleStore,
) -> None:
    """Two servers may read one folder at once, each to its end."""
    tea, ferry = (
        replace(
            named(make_article(id, f"{id} is news.")), file="/news.jsonl", location=f"/news#{id}"
        )
        for id in ("tea", "ferry")
    )
    finished = Finished("/news.jsonl", b"1")
    articles.put([tea], reading=1)
    articles.put([tea, ferry], reading=2)
    articles.put([ferry, finished], reading=1)
    articles.put([finished], reading=2)

    assert articles.leave(["/news.jsonl"]) == []
    articles.put([tea, finished], reading=3)
    assert articles.leave(["/news.jsonl"]) == ["ferry"]


def test_all_or_none_are_put(articles: ArticleStore) -> None:
    def drafts() -> Iterator[Draft]:
        yield unnamed("一。")
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        articles.put(drafts())

    assert (len(articles), articles.changes(0, 10)) == (0, [])
    articles.put([unnamed("二。")])  # the connection is free again


def test_two_of_one_id_in_one_batch_leave_the_last(articles: ArticleStore) -> None:
    outcomes = articles.put([named(make_article("a", "一。")), named(make_article("a", "二。"))])

    assert outcomes == [("a", "added"), ("a", "updated")]
    assert articles.get("a").text == "二。"


def test_what_is_removed_is_gone_and_can_come_back(articles: ArticleStore) -> None:
    draft = unnamed("文。", "/1.md")
    id = draft.article.id
    articles.put([draft])

    assert articles.remove([id, "absent", id]) == [id]
    assert articles.remove([id]) == []
    assert (len(articles), articles.find([id])) == (0, {})
    assert articles.put([draft]) == [(id, "added")]


def test_a_removal_is_a_change(articles: ArticleStore) -> None:
    articles.put([named(make_article("a", "一。")), named(make_article("b", "二。"))])
    seen = articles.changes(0, 10)[-1].seq

    articles.remove(["a"])

    (change,) = articles.changes(seen, 10)
    assert (change.id, change.article) == ("a", None)
    assert articles.pending(seen) == 1


def files_containing(folder: Path, content: bytes) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if content in path.read_bytes())


def test_a_removed_article_is_erased_from_the_disk(tmp_path: Path) -> None:
    articles = ArticleStore(tmp_path / "articles.sqlite")
    secret = "The witness lives in Elm Street. " * 300
    ((id, _), _) = articles.put([unnamed(secret, "/1.md"), unnamed("其他。")])
    assert files_containing(tmp_path, b"Elm Street")

    articles.remove([id])

    assert files_containing(tmp_path, b"Elm Street") == []


def test_pages_visit_every_article_once_newest_first(articles: ArticleStore) -> None:
    articles.put([unnamed(f"第{n}。") for n in range(23)])
    articles.remove([articles.changes(0, 1)[0].id])

    visited: list[Change] = []
    while page := articles.page(visited[-1].seq if visited else None, 5):
        assert len(page) <= 5
        visited += page

    assert len({change.id for change in visited}) == len(visited) == 22
    assert [c.seq for c in visited] == sorted((c.seq for c in visited), reverse=True)


_places = st.sampled_from(["", "/1", "/2", "/3"])
_texts = st.sampled_from(["一。", "二。", "三。"])
_names = st.sampled_from(["a", "b"])


class ArticleStoreMachine(RuleBasedStateMachine):
    """Ids are unique, what was put last is what is there, and change numbers only grow."""

    new_place: Place

    @initialize()
    def begin(self) -> None:
        self.place = type(self).new_place()
        self.articles = ArticleStore(self.place)
        self.model: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self.last = 0

    def keep(self, draft: Draft) -> None:
        ((id, outcome),) = self.articles.put([draft])
        assert outcome == ("added" if id not in self.model else outcome)
        assert (outcome == "unchanged") <= (self.model.get(id) == draft.article.text)
        assert (outcome == "added") == (id not in self.model)
        if draft.named:
            assert id == draft.article.id
        elif draft.location:
            # What stood there last is what becomes another text there.
            assert (outcome == "updated") <= (self.places.get(draft.location, id) == id)
            assert (outcome == "added") <= (draft.location not in self.places)
            self.places[draft.location] = id
        self.model[id] = draft.article.text
        newest = self.articles.changes(self.last, 10)
        assert [change.id for change in newest] == ([] if outcome == "unchanged" else [id])
        self.last = newest[-1].seq if newest else self.last

    @rule(text=_texts, place=_places)
    def put_unnamed(self, text: str, place: str) -> None:
        self.keep(unnamed(text, place))

    @rule(id=_names, text=_texts)
    def put_named(self, id: str, text: str) -> None:
        self.places = {place: known for place, known in self.places.items() if known != id}
        self.keep(Draft(make_article(id, text), text.encode(), named=True))

    @rule(data=st.data())
    def put_over_a_chosen_id(self, data: st.DataObject) -> None:
        if self.model:
            self.put_named(data.draw(st.sampled_from(sorted(self.model))), data.draw(_texts))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.sampled_from([*sorted(self.model), "absent"]), max_size=2))
        removed = self.articles.remove(ids)
        assert removed == [id for id in dict.fromkeys(ids) if id in self.model]
        self.model = {id: text for id, text in self.model.items() if id not in removed}
        self.places = {place: id for place, id in self.places.items() if id not in removed}
        for change in self.articles.changes(self.last, 10):
            self.last = change.seq

    @rule()
    def open_again(self) -> None:
        self.articles = ArticleStore(self.place)

    @invariant()
    def everything_is_there_once(self) -> None:
        if hasattr(self, "articles"):
            assert {c.id: c.article.text for c in self.articles.page(None, 100) if c.article} == (
                self.model
            )
            numbers = [change.seq for change in self.articles.changes(0, 100)]
            assert numbers == sorted(set(numbers))


def test_any_history_keeps_what_was_put_last(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ArticleStoreMachine, "new_place", staticmethod(place), raising=False)
    run_state_machine_as_test(
        ArticleStoreMachine,
        settings=settings(max_examples=20, stateful_step_count=12),
    )


def test_readers_see_whole_batches_while_another_thread_writes(articles: ArticleStore) -> None:
    stop = threading.Event()
    counts: list[int] = []

    def read() -> None:
        while not stop.is_set():
            counts.append(len(articles))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for batch in range(10):
        articles.put([unnamed(f"第{batch}-{n}。") for n in range(5)])
    stop.set()
    for reader in readers:
        reader.join()

    assert len(articles) == 50
    assert not [count for count in counts if count % 5]


# Passages.


@pytest.fixture
def passages(place: Place) -> PassageStore:
    return PassageStore(place())


def take(store: PassageStore, seq: int, *articles: Article, removed: tuple[str, ...] = ()) -> None:
    """Take in these articles, a sentence a passage."""
    encoder = HashingEncoder()
    made = [
        (article, passage, Embedding(encoder.encode([passage.text], "passage").vectors[0], b"t"))
        for article in articles
        for passage in split_passages(article, encoder.count_tokens, 500, target=1)
    ]
    gone = [Change(seq, id, None) for id in removed]
    store.take([*gone, *(Change(seq, article.id, article) for article in articles)], made)


def came(store: PassageStore) -> list[int]:
    """Return the keys of all passages."""
    return store.changed(0, store.cursor)[0]


def texts(store: PassageStore, keys: list[int]) -> list[str]:
    return [passage.text for passage in store.passages(keys).values()]


def test_passages_come_back_as_they_were_made(passages: PassageStore) -> None:
    article = make_article("a", "一。二。", title="题")
    take(passages, 7, article)

    keys, went = passages.changed(0, passages.cursor)

    assert went == []
    assert [*passages.texts(keys)] == [*zip(keys, ["题\n一。", "题\n二。"], strict=True)]
    held, vectors = passages.vectors(keys)
    assert (held, vectors.size, str(vectors.dtype)) == (keys, 2 * DIMENSION, "float32")
    assert tuple(passages.passages(keys).values()) == split_passages(
        article, HashingEncoder().count_tokens, 500, target=1
    )
    assert (passages.article_seq, passages.articles(), len(passages)) == (7, 1, 2)


def test_what_changed_is_the_net_effect(passages: PassageStore) -> None:
    take(passages, 1, make_article("a", "一。"), make_article("b", "二。"))
    start = passages.cursor
    (first, second) = came(passages)

    take(passages, 2, make_article("a", "三。"))
    take(passages, 3, make_article("a", "四。"))
    take(passages, 4, removed=("b",))

    keys, went = passages.changed(start, passages.cursor)
    assert [text for _, text in passages.texts(keys)] == ["四。"]
    assert {first, second} <= set(went)
    assert keys == came(passages)
    assert passages.changed(passages.cursor, passages.cursor) == ([], [])


def test_following_in_any_steps_ends_in_the_same_state(passages: PassageStore) -> None:
    """An index that looked after each change and one that looked once hold the same keys."""
    often: set[int] = set()
    cursor = 0
    for seq, (text, removed) in enumerate(
        [("一。二。", ()), ("二。三。", ()), ("", ("a",)), ("一。", ()), ("一。四。", ())], 1
    ):
        take(passages, seq, *[make_article("a", text)] * bool(text), removed=removed)
        keys, went = passages.changed(cursor, passages.cursor)
        often = (often | set(keys)) - set(went)
        cursor = passages.cursor

    assert often == set(came(passages))
    assert texts(passages, sorted(often)) == ["一。", "四。"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "甲", "乙"]), st.integers(0, 3)),
        max_size=8,
    )
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_counted_as_it_comes_and_goes_is_what_there_is(
    place: Place, history: list[tuple[str, str, int]]
) -> None:
    store = PassageStore(place())
    there: dict[str, tuple[str, int]] = {}
    for seq, (id, name, sentences) in enumerate(history, 1):
        if sentences:
            there[id] = name, sentences
            text = "".join(f"{id}{n}。" for n in range(sentences))
            categories = (name, "要闻") if name else ()
            take(store, seq, make_article(id, text, publisher=name, categories=categories))
        else:
            there.pop(id, None)
            take(store, seq, removed=(id,))

    names = Counter(name for name, _ in there.values() if name)
    expected = [Facet(name, names[name]) for name in sorted(names, key=lambda n: (-names[n], n))]
    assert (store.articles(), len(store)) == (len(there), sum(n for _, n in there.values()))
    assert list(store.facets().sources) == expected
    of_all = [Facet("要闻", names.total())][: len(names)]
    assert set(store.facets().categories) == {*expected, *of_all}


def test_a_key_is_never_used_again(passages: PassageStore) -> None:
    take(passages, 1, make_article("a", "一。"))
    (old,) = came(passages)
    take(passages, 2, removed=("a",))
    take(passages, 3, make_article("a", "一。"))

    assert old not in set(came(passages))
    assert passages.passages([old]) == {}


def test_known_texts_have_their_embeddings(passages: PassageStore) -> None:
    take(passages, 1, make_article("a", "一。"))

    known = passages.embeddings(["一。", "二。", "一。"])

    assert list(known) == ["一。"]
    vector = HashingEncoder().encode(["一。"], "passage").vectors[0]
    assert np.array_equal(known["一。"].vector, vector)
    assert known["一。"].tokens == b"t"


def test_token_vectors_come_and_go_with_their_passages(passages: PassageStore) -> None:
    take(passages, 1, make_article("a", "一。"), make_article("b", "二。三。"))
    keys = came(passages)
    assert passages.token_vectors(keys) == dict.fromkeys(keys, b"t")

    take(passages, 2, removed=("b",))
    (kept,) = came(passages)
    assert passages.token_vectors(keys) == {kept: b"t"}


def test_passages_know_their_day_where_the_article_does(passages: PassageStore) -> None:
    dated = make_article("a", "一。", published="2025-01-19T23:00:00+08:00")
    take(passages, 1, dated, make_article("b", "二。"))
    (first, second) = came(passages)
    assert passages.days([first, second]) == {first: date(2025, 1, 19)}


def test_what_filters_ask_is_told_of_each_passage(passages: PassageStore) -> None:
    day, names = "2025-01-19T23:00:00+08:00", ("要闻", "b", "B")
    dated = make_article("a", "一。二。", published=day, publisher="报", categories=names)
    take(passages, 1, dated, make_article("b", "三。", author="记者"))
    first, second, third = came(passages)

    told = Document("2025-01-19", "报", "", ("B", "b", "要闻"))
    assert passages.documents([second, first, 99]) == {first: told, second: told}
    assert passages.documents([third]) == {third: Document(None, "", "记者", ())}
    assert passages.documents([]) == {}


def test_how_far_each_follower_has_come_is_kept(place: Place) -> None:
    where = place()
    passages = PassageStore(where)
    assert passages.follower("a") == 0

    passages.set_follower("a", 7)
    passages.set_follower("b", 3)
    passages.set_follower("a", 9)

    again = PassageStore(where)
    assert (again.follower("a"), again.follower("b"), again.follower("c")) == (9, 3, 0)


def test_a_removed_articles_passages_are_erased_from_the_disk(tmp_path: Path) -> None:
    passages = PassageStore(tmp_path / "passages.sqlite")
    take(passages, 1, make_article("a", "The witness lives in Elm Street. " * 50))
    take(passages, 2, make_article("b", "其他。"))
    assert files_containing(tmp_path, b"Elm Street")

    take(passages, 3, removed=("a",))

    assert files_containing(tmp_path, b"Elm Street") == []


def test_no_filters_allow_everything(passages: PassageStore) -> None:
    take(passages, 1, make_article("a", "一。二。"))

    assert passages.allowed(Filters()).tolist() == came(passages)


@pytest.mark.parametrize("value", ["'; DROP TABLE passages; --", '"', "%", "[", "\\", "啊"])
def test_filter_values_are_only_values(passages: PassageStore, value: str) -> None:
    take(
        passages,
        1,
        make_article("a", "一。", publisher=value, author=value, categories=(value, value)),
        make_article("b", "二。"),
    )

    for filters in (Filters(source=(value,)), Filters(author=(value,)), Filters(category=(value,))):
        assert texts(passages, passages.allowed(filters).tolist()) == ["一。"]


def test_the_day_is_the_articles_own(passages: PassageStore) -> None:
    """Late in the evening in Shanghai it is still the day before in Greenwich, not here."""
    take(passages, 1, make_article("a", "一。", published="2021-10-27T00:30:00+08:00"))

    def found(day: date) -> int:
        return len(passages.allowed(Filters(date_from=day, date_to=day)))

    assert (found(date(2021, 10, 26)), found(date(2021, 10, 27))) == (0, 1)
