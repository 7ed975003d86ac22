"""A build that is stopped is taken up where it was: nothing is encoded twice."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qa.embedding
from embeddings.encoder import Encoding
from embeddings.tokens import Role
from qa.generations import Generations
from qa.index import LocalIndex
from qa.store import ArticleStore, PassageStore
from tests.qa.conftest import HashingEncoder, make_article, named

TEXTS = 4

WORD, WORDS = "茶", 150
"""What a line is made of, and how often: it fills a passage."""


class Stopped(BaseException):
    """As by Ctrl-C: nothing that catches errors catches it."""


@dataclass
class MortalEncoder(HashingEncoder):
    """Encodes for so many calls; the next one stops everything.

    Attributes:
        calls: what is left of them.
    """

    calls: int = 0

    def encode(
        self,
        texts: Sequence[str],
        role: Role,
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        if not self.calls:
            raise Stopped
        self.calls -= 1
        return super().encode(texts, role, tokens=tokens, progress=progress)


def kept(folder: Path, lengths: Sequence[int]) -> ArticleStore:
    """Return articles of so many passages each."""
    store = ArticleStore(folder / "articles.sqlite")
    for number, length in enumerate(lengths):
        lines = (f"{number} {at} {WORD * WORDS}" for at in range(length))
        store.put([named(make_article(f"a{number}", "\n".join(lines)))])
    return store


LENGTHS = st.lists(st.integers(1, 15), min_size=1, max_size=8)
LIVES = st.lists(st.integers(0, 3), max_size=6)


@settings(max_examples=8, deadline=None)
@given(lengths=LENGTHS, lives=LIVES, token_vectors=st.booleans())
def test_however_often_a_build_is_stopped_each_text_is_encoded_once(
    lengths: list[int], lives: list[int], token_vectors: bool
) -> None:
    with TemporaryDirectory() as folder, patch.object(qa.embedding, "TEXTS", TEXTS):
        articles, encoder = kept(Path(folder), lengths), MortalEncoder()
        index = built(Path(folder), articles, encoder, lives, token_vectors)
        assert len(encoder.encoded) == len(set(encoder.encoded)) == index.info.passages
        assert index.info.articles == len(lengths)
        assert not list(Path(folder, "generations").glob(".*"))
        index.close()


@settings(max_examples=8, deadline=None)
@given(lengths=LENGTHS, lives=LIVES)
def test_an_index_that_is_stopped_in_catching_up_encodes_nothing_again(
    lengths: list[int], lives: list[int]
) -> None:
    with TemporaryDirectory() as folder, patch.object(qa.embedding, "TEXTS", TEXTS):
        articles, encoder = kept(Path(folder), lengths), MortalEncoder()
        index = LocalIndex.create(Path(folder, "generation"), encoder.model)
        for calls in [*lives, 1_000]:
            encoder.calls = calls
            try:
                index.catch_up(articles, encoder)
            except Stopped:
                index = LocalIndex(index.folder, encoder.model)
        assert len(encoder.encoded) == len(set(encoder.encoded)) == index.info.passages
        index.close()


@settings(max_examples=8, deadline=None)
@given(lengths=LENGTHS, stops=st.lists(st.integers(0, 4), max_size=4))
def test_a_build_stopped_in_writing_loses_one_call_at_most(
    lengths: list[int], stops: list[int]
) -> None:
    take, keep = PassageStore.take, PassageStore.keep
    left = [0]

    def mortal(write: Callable[..., None]) -> Callable[..., None]:
        def writing(*arguments: object) -> None:
            if not left[0]:
                raise Stopped
            left[0] -= 1
            write(*arguments)

        return writing

    with (
        TemporaryDirectory() as folder,
        patch.object(qa.embedding, "TEXTS", TEXTS),
        patch.object(PassageStore, "take", mortal(take)),
        patch.object(PassageStore, "keep", mortal(keep)),
    ):
        articles, encoder = kept(Path(folder), lengths), MortalEncoder()
        for writes in stops:
            left[0] = writes
            with suppress(Stopped):
                built(Path(folder), articles, encoder)
        left[0] = 1_000
        index = built(Path(folder), articles, encoder)
        again = len(encoder.encoded) - index.info.passages
        assert again <= len(stops) * (2 * TEXTS - 1)
        index.close()


def test_the_tokens_of_many_articles_are_counted_in_few_calls(tmp_path: Path) -> None:
    """A call costs as much again as counting in it, where it is made for one article."""
    articles, encoder = kept(tmp_path, 4 * qa.embedding.COUNTED * [1]), MortalEncoder()
    with patch.object(MortalEncoder, "count_tokens", autospec=True) as counting:
        counting.side_effect = HashingEncoder.count_tokens
        built(tmp_path, articles, encoder).close()
    assert counting.call_count == 4


def built(
    home: Path,
    articles: ArticleStore,
    encoder: MortalEncoder,
    lives: Sequence[int] = (),
    token_vectors: bool | None = None,
) -> LocalIndex:
    """Return the index that comes of building again and again, of so many calls each time."""
    for calls in lives:
        encoder.calls = calls
        with suppress(Stopped):
            return Generations(home).build(articles, encoder, token_vectors=token_vectors)
    encoder.calls = 1_000
    return Generations(home).build(articles, encoder, token_vectors=token_vectors)


@pytest.mark.parametrize("tables", ["", "CREATE TABLE progress (article_seq INTEGER);"])
def test_a_build_stopped_before_it_had_its_tables_is_no_matter(tmp_path: Path, tables: str) -> None:
    articles, encoder = kept(tmp_path, [2]), HashingEncoder()
    begun = tmp_path / "generations" / ".building"
    LocalIndex.create(begun, encoder.model).close()
    for path in begun.glob("passages.*"):
        path.unlink()
    with closing(sqlite3.connect(begun / "passages.sqlite")) as file:
        file.executescript(f"PRAGMA journal_mode = WAL; {tables}")

    index = Generations(tmp_path).build(articles, encoder)

    assert index.info.passages == 2
    assert not [*(tmp_path / "generations").glob(".*")]
