"""Which articles of a store are copies: whatever came first, whatever was withdrawn."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.copies import alike, fingerprint
from qa.passages import split_passages
from qa.store import Change, Embedding, PassageStore
from qa.store.passages import MOST
from qa.types import Article, Filters

from .conftest import HashingEncoder, make_article


@pytest.fixture
def passages(tmp_path: Path) -> PassageStore:
    return PassageStore(tmp_path / "passages.sqlite")


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


def test_the_other_articles_with_the_same_text_are_copies(passages: PassageStore) -> None:
    same = [make_article(id, "同文。", title=id) for id in ("c", "a", "b")]
    take(passages, 1, *same, make_article("d", "异文。"))

    assert passages.copies("b") == ("a", "c")
    assert passages.copies("d") == passages.copies("absent") == ()


_WORDS = ["".join(Random(seed).choices("abcdefghij", k=6)) for seed in range(440)]

WINDOWS = {start: " ".join(_WORDS[start : start + 200]) + "." for start in (0, 55, 110, 240)}
"""Of 200 words each has 145 in common with the one 55 words on, 90 with the one 110 on."""


def test_near_copies_are_pairs_and_no_chain(passages: PassageStore) -> None:
    take(passages, 1, *(make_article(f"at {start}", WINDOWS[start]) for start in (0, 110, 55)))

    assert passages.copies("at 0") == ("at 55",)
    assert passages.copies("at 55") == ("at 0", "at 110")
    assert passages.copies("at 110") == ("at 55",)


def test_a_brief_and_the_report_are_copies_of_each_other(passages: PassageStore) -> None:
    take(passages, 1, make_article("report", " ".join(_WORDS)), make_article("brief", WINDOWS[0]))

    assert passages.copies("report") == ("brief",)
    assert passages.copies("brief") == ("report",)
    assert passages.copies("brief", Filters(source=("no one",))) == ()


_EVENTS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from([None, *WINDOWS.values(), "一。", "二。"]),
        st.sampled_from(["", "2025-01-19T09:00:00+08:00", "2025-01-19T02:00:00+00:00"]),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(_EVENTS)
def test_copies_depend_on_what_is_there_and_not_on_how_it_came(
    events: list[tuple[str, str | None, str]],
) -> None:
    there: dict[str, tuple[int, Article]] = {}
    with TemporaryDirectory() as folder:
        passages = PassageStore(Path(folder, "passages.sqlite"))
        for seq, (id, text, published) in enumerate(events, 1):
            if text is None:
                take(passages, seq, removed=(id,))
                there.pop(id, None)
            else:
                article = make_article(id, text, published=published)
                take(passages, seq, article)
                there[id] = seq, article
        found = {id: passages.copies(id) for id in "abcd"}
        earlier = {id: passages.earlier(id) for id in "abcd"}
        passages.close()

    made = {id: fingerprint(article.text) for id, (_, article) in there.items()}
    copies = {
        id: tuple(
            other
            for other in sorted(there.keys() - {id})
            if id in there
            and (there[other][1].text == there[id][1].text or alike(made[id], made[other]))
        )
        for id in "abcd"
    }
    assert found == copies
    assert earlier == {
        id: tuple(
            sorted(
                (other for other in others if came(*there[other]) < came(*there[id])),
                key=lambda other: came(*there[other]),
            )
        )
        for id, others in copies.items()
    }


def came(seq: int, article: Article) -> tuple[datetime, int]:
    """Return what orders articles, the earliest first."""
    return article.published or datetime.max.replace(tzinfo=UTC), seq


def test_when_the_earliest_is_withdrawn_the_next_is(passages: PassageStore) -> None:
    days = {"monday": "2025-01-20", "tuesday": "2025-01-21", "sunday": "2025-01-19"}
    for seq, (id, day) in enumerate(days.items(), 1):
        text = f"Seen by {id}.\n{WINDOWS[0]}"
        take(passages, seq, make_article(id, text, published=f"{day}T12:00:00+08:00"))
    assert passages.earlier("tuesday") == ("sunday", "monday")
    assert passages.earlier("monday") == ("sunday",)

    take(passages, 4, removed=("sunday",))
    assert passages.earlier("tuesday") == ("monday",)
    assert passages.copies("monday") == ("tuesday",)


def test_however_many_copies_there_are_another_one_is_told(passages: PassageStore) -> None:
    wire = [make_article(f"{n:03}", f"{_WORDS[n]}. {WINDOWS[0]}") for n in range(MOST + 20)]
    take(passages, 1, *wire)

    assert len(passages.copies("000")) == MOST + 19
    assert len(passages.copies(wire[-1].id)) >= MOST


def test_of_a_removed_text_nothing_is_left(tmp_path: Path) -> None:
    passages = PassageStore(tmp_path / "passages.sqlite")
    take(passages, 1, *(make_article(f"at {start}", text) for start, text in WINDOWS.items()))
    take(passages, 2, make_article("again", WINDOWS[0]))

    take(passages, 3, removed=tuple(f"at {start}" for start in WINDOWS))
    runs = len(fingerprint(WINDOWS[0]).sample)
    assert rows(tmp_path / "passages.sqlite") == {"texts": 1, "runs": runs, "copies": 0}
    take(passages, 4, removed=("again",))
    assert rows(tmp_path / "passages.sqlite") == {"texts": 0, "runs": 0, "copies": 0}


def rows(path: Path) -> dict[str, int]:
    """Return how many rows the tables of texts have."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("texts", "runs", "copies")
        }
