"""Rows -> examples: the sentences newsqa itself would read for each question, and which answers.

The texts are indexed as articles are, and each question is asked: what is promising beside the
right sentence is what a reader must tell from it. Each language has a home of its own: a question
of the other one finds there what it must tell apart, and no parallel text that answers as well.
Found examples are kept in files, some thousand each, so that whoever is stopped, or adds rows, goes
on where they were.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from embeddings.encoder import ModelInfo
from qa.candidates import CANDIDATE_HITS, promising
from qa.context import in_context
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.evaluate import index_articles
from qa.search import read_question, search
from qa.training.rows import Row, digest, write_articles
from qa.training.switching import switched
from qa.types import Article, Query

CHUNK = 2_000
"""Questions in a file."""

Progress = Callable[[int], object]

_AT_ONCE = 3  # questions


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence as it is read, and what is known of it.

    Attributes:
        text: the sentence in its context, which it ends.
        start: where in `text` it begins.
        answer: where in `text` the words of the answer begin and end, if this sentence answers.
    """

    text: str
    start: int
    answer: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and the sentences that were found for it.

    Attributes:
        question: as it was asked.
        switched: the same in the other language, word for word.
        texts: the most promising first; one that answers and was not found comes last. Those that
            hold the words of the answer elsewhere are left out.
    """

    question: str
    switched: str
    texts: tuple[Text, ...]

    @property
    def right(self) -> int | None:
        """Which of the texts answers; None where nothing does."""
        return next((at for at, one in enumerate(self.texts) if one.answer), None)


class Mine:
    """Examples of rows in a folder, with the homes that they were found in."""

    def __init__(
        self, open_engine: Callable[[Path], Engine], dictionary: Dictionary, folder: Path
    ) -> None:
        """Keep examples, and the homes whose engines are asked for them, in `folder`."""
        self._open_engine, self._dictionary, self._folder = open_engine, dictionary, folder
        self._engines: dict[str, Engine] = {}

    @property
    def encoder(self) -> ModelInfo:
        """Which encoder's texts were found, once some are indexed."""
        return next(iter(self._engines.values())).corpus.serving()[0].model

    def index(self, rows: Sequence[Row], progress: Progress) -> None:
        """Index the texts of the rows; those that were indexed are not encoded again."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for home in sorted({row.home for row in rows}):
            path = self._folder / f"articles-{home}.jsonl"
            write_articles([row for row in rows if row.home == home], path)
            self._engines[home] = self._open_engine(self._folder / f"home-{home}")
            index_articles(self._engines[home].corpus, [path], progress)

    def examples(self, rows: Sequence[Row], progress: Progress) -> Iterator[Example]:
        """Yield an example for each of a file's rows whose answer stands in its text as kept.

        What was found for a file's rows stays what it is when other files come to be indexed.
        """
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            path = self._folder / f"examples-{digest(some)}.jsonl"
            if not path.exists():
                _save(path, self._found(some, progress))
            else:
                progress(len(some))
            yield from _load(path)

    def _found(self, rows: Sequence[Row], progress: Progress) -> Iterator[Example]:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for example in threads.map(self._example, rows):
                progress(1)
                if example:
                    yield example

    def _example(self, row: Row) -> Example | None:
        corpus = self._engines[row.home].corpus
        encoder, index = corpus.serving()
        article = corpus.articles.find({row.article}).get(row.article)
        right = _answering(article, row.answers) if article else None
        if row.answers and not right:
            return None
        asked = read_question(row.question, encoder, self._dictionary)
        query = Query(row.question, CANDIDATE_HITS)
        found = search(asked, index, corpus.articles, query)
        texts = []
        for place in promising(found.hits, found.weights):
            if right and (place.hit.article.id, place.sentence) == (row.article, right[0]):
                texts.append(right[1])
                right = None
            elif not row.answered_by(place.text):
                texts.append(Text(*in_context(place.hit.article, place.sentence)))
        texts += [right[1]] if right else []
        other = switched(row.question, row.asked_in, self._dictionary, Random(row.question))
        return Example(row.question, other, tuple(texts)) if texts else None


def _answering(article: Article, answers: Iterable[tuple[str, int]]) -> tuple[int, Text] | None:
    """Return the sentence in which the first answer stands nearest to where it is said to."""
    for answer, start in answers:
        found = [at for at in range(len(article.text)) if article.text.startswith(answer, at)]
        at = min(found, key=lambda at: abs(at - start), default=-1)
        for number, sentence in enumerate(article.sentences):
            if sentence.start <= at < sentence.end:
                read = Text(*in_context(article, number))
                first = read.start + at - sentence.start
                last = min(first + len(answer), len(read.text))  # some run on into the next
                return number, Text(read.text, read.start, (first, last))
    return None


def _save(path: Path, examples: Iterable[Example]) -> None:
    """Write examples, whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(asdict(example), ensure_ascii=False) + "\n")
    partial.replace(path)


def _load(path: Path) -> Iterator[Example]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            texts = (
                Text(one["text"], one["start"], one["answer"] and tuple(one["answer"]))
                for one in told["texts"]
            )
            yield Example(told["question"], told["switched"], tuple(texts))
