"""Rows -> examples: what newsqa itself finds for each question, and which of it answers.

The texts are indexed as articles are, and each question is asked: what is found beside the right
passage is what a reader must tell from it. Found examples are kept in files, some thousand each, so
that whoever is stopped goes on where they were.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Encoder
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.evaluate import index_articles
from qa.index import Index
from qa.passages import embedded_text
from qa.ranking import SERVED
from qa.search import candidates, read_question
from qa.training.rows import Row, digest, write_articles
from qa.training.switching import switched
from qa.types import Article, Passage, Query

DEPTH = 20
"""Passages that are kept for a question, the best by all other evidence."""

CHUNK = 2_000
"""Questions in a file."""

SWITCHING = 0.5
"""Share of the questions that are kept in the other language too."""

Half = NDArray[np.float16]
Numbers = NDArray[np.int64]
Progress = Callable[[int], object]

_Places = dict[str, list[tuple[int, Passage]]]
_AT_ONCE = 3  # questions


@dataclass(frozen=True, slots=True)
class Words:
    """The sentence that answers, read alone under its title, and which of its tokens do.

    Attributes:
        vectors: float16[t, dim], of its own tokens.
        first, last: the tokens that answer.
    """

    vectors: Half
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Example:
    """A question and what was found for it.

    Attributes:
        question: float16[q, dim], its tokens.
        switched: the same in the other language, float16[q, dim], or without a row.
        keys: of the passages that were found, the best first, and of those that answer.
        found: float32[n], the score of each; of what was not found, the least.
        right: int64[n, 2]: passage and part that answer.
        unsure: int64[n, 2]: passages and parts that hold the words of an answer elsewhere.
        words: of the first sentence that answers.
    """

    question: Half
    switched: Half
    keys: Numbers
    found: NDArray[np.float32]
    right: Numbers
    unsure: Numbers
    words: Words | None


class Mine:
    """Examples of rows in a folder, with the home that they were found in."""

    def __init__(self, engine: Engine, dictionary: Dictionary, folder: Path) -> None:
        """Look for examples by asking `engine`, and keep them in `folder`."""
        self._engine, self._dictionary, self._folder = engine, dictionary, folder

    def index(self, rows: Sequence[Row], progress: Progress) -> None:
        """Index the texts of the rows; those that were indexed are not encoded again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "articles.jsonl"
        write_articles(rows, path)
        index_articles(self._engine.corpus, [path], progress)

    def examples(self, rows: Sequence[Row], progress: Progress) -> Iterator[Example]:
        """Yield an example for each row whose answer stands in its text as it was kept."""
        for number, start in enumerate(range(0, len(rows), CHUNK)):
            # Of other rows the home has other passages, and their keys mean others.
            path = self._folder / f"examples-{digest(rows)}-{number:03}.npz"
            some = rows[start : start + CHUNK]
            if not path.exists():
                _save(path, self._found(some, progress))
            else:
                progress(len(some))
            yield from _load(path)

    def packed(self, keys: Iterable[int]) -> dict[int, bytes]:
        """Return the token vectors of these passages, as the index keeps them."""
        _, index = self._engine.corpus.serving()
        return index.token_vectors(sorted(keys))

    def _found(self, rows: Sequence[Row], progress: Progress) -> Iterator[Example]:
        encoder, index = self._engine.corpus.serving()
        places = _places(index)
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            told = threads.map(lambda row: self._example(row, encoder, index, places), rows)
            for example in told:
                progress(1)
                if example:
                    yield example

    def _example(
        self,
        row: Row,
        encoder: Encoder,
        index: Index,
        places: _Places,
    ) -> Example | None:
        own = places.get(row.article, [])
        if row.answers and not own:
            return None
        articles = self._engine.corpus.articles
        asked = read_question(row.question, encoder, self._dictionary)
        importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
        query = Query(row.question)
        ranked = candidates(asked, index, query, importance, SERVED)[:DEPTH]
        known = articles.find({one.passage.article_id for one in ranked} | {row.article})
        right: list[tuple[int, int]] = []
        words = None
        for answer, start in row.answers:
            if found := _answering(known[row.article], own, answer, start):
                key, passage, sentence, at = found
                right.append((key, sentence - passage.first))
                words = words or _words(known[row.article], sentence, at, answer, encoder)
        if row.answers and not right:
            return None
        passages = {one.key: one.passage for one in ranked}
        passages |= {key: passage for key, passage in own if key in {key for key, _ in right}}
        unsure = [
            (key, number - passage.first)
            for key, passage in passages.items()
            for number in range(passage.first, passage.last + 1)
            for sentence in [known[passage.article_id].sentences[number]]
            if any(
                answer in sentence.of(known[passage.article_id].text) for answer, _ in row.answers
            )
        ]
        other = np.zeros((0, asked.tokens.shape[1]), np.float16)
        random = Random(row.question)
        if random.random() < SWITCHING:
            question = switched(row.question, row.language, self._dictionary, random)
            (read,) = encoder.encode([question], "query", tokens=True).tokens
            other = read.vectors.astype(np.float16)
        scores = {one.key: one.scores.fused for one in ranked}
        least = min(scores.values(), default=0.0)
        return Example(
            question=asked.tokens.astype(np.float16),
            switched=other,
            keys=np.array([*passages], np.int64),
            found=np.array([scores.get(key, least) for key in passages], np.float32),
            right=_pairs(right),
            unsure=_pairs(unsure),
            words=words,
        )


def _places(index: Index) -> _Places:
    """Return the passages of each article."""
    places: _Places = {}
    for key, passage in index.passages(range(1, index.info.passages * 4)).items():
        places.setdefault(passage.article_id, []).append((key, passage))
    return places


def _answering(
    article: Article, places: Sequence[tuple[int, Passage]], answer: str, start: int
) -> tuple[int, Passage, int, int] | None:
    """Return passage and sentence where an answer stands nearest to `start`, and where in it."""
    found = [at for at in range(len(article.text)) if article.text.startswith(answer, at)]
    at = min(found, key=lambda at: abs(at - start), default=-1)
    for number, sentence in enumerate(article.sentences):
        if sentence.start <= at < sentence.end:
            for key, passage in places:
                if passage.first <= number <= passage.last:
                    return key, passage, number, at - sentence.start
    return None


def _words(article: Article, sentence: int, at: int, answer: str, encoder: Encoder) -> Words | None:
    text = article.sentences[sentence].of(article.text)
    whole = embedded_text(article, text)
    (read,) = encoder.encode([whole], "passage", tokens=True).tokens
    spans = read.spans - (len(whole) - len(text))
    own = spans[:, 0] >= 0
    begun = np.flatnonzero(spans[own][:, 1] > at)
    ended = np.flatnonzero(spans[own][:, 0] < at + len(answer))
    if not len(begun) or not len(ended) or begun[0] > ended[-1]:
        return None
    return Words(read.vectors[own].astype(np.float16), int(begun[0]), int(ended[-1]))


def _pairs(rows: Iterable[tuple[int, int]]) -> Numbers:
    return np.array([*dict.fromkeys(rows)], np.int64).reshape(-1, 2)


def _save(path: Path, examples: Iterable[Example]) -> None:
    """Write examples, whole or not at all: of each field all rows, and how many each has."""
    made = [*examples]
    nothing = np.zeros((0, 1), np.float16)
    columns: dict[str, list[NDArray[Any]]] = {
        "question": [one.question for one in made],
        "switched": [one.switched for one in made],
        "keys": [one.keys for one in made],
        "found": [one.found for one in made],
        "right": [one.right for one in made],
        "unsure": [one.unsure for one in made],
        "words": [one.words.vectors if one.words else nothing for one in made],
    }
    arrays: dict[str, NDArray[Any]] = {
        "ends": np.array(
            [(one.words.first, one.words.last) if one.words else (-1, -1) for one in made]
        )
    }
    for name, parts in columns.items():
        filled = [part for part in parts if len(part)]
        arrays[name] = np.concatenate(filled or parts[:1] or [nothing])
        arrays[f"{name}_counts"] = np.array([*map(len, parts)])
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(path)


def _load(path: Path) -> Iterator[Example]:
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    names = ("question", "switched", "keys", "found", "right", "unsure", "words")
    columns: list[list[NDArray[Any]]] = [
        np.split(arrays[name], np.cumsum(arrays[f"{name}_counts"])[:-1]) for name in names
    ]
    for row, (first, last) in enumerate(arrays["ends"].tolist()):
        question, other, keys, found, right, unsure, vectors = (column[row] for column in columns)
        words = Words(vectors, first, last) if first >= 0 else None
        yield Example(question, other, keys, found, right, unsure, words)
