"""What readers say of answers to what is kept of it, and that to questions whose answer is known.

Of a reader nothing is kept but these words: no address, no key, and of the time the day. Of an
article nothing is kept but where it was cited, so that what is withdrawn is gone from here too.
"""

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from qa.articles import record_of
from qa.errors import ArticleNotFound, HomeUnusable, QuestionRefused
from qa.generations import Kept
from qa.store import ArticleStore
from qa.store.database import Database
from qa.text import detect_language
from qa.types import Article, Span, Status

Rating = Literal["up", "down"]
Row = dict[str, Any]

FEEDBACK = "feedback"
"""What it is called among what is kept beside the articles."""

MOST = 20_000
"""Answers of which is kept what was said; beyond it the oldest give way, for readers never stop."""

QUERIES, UNANSWERABLE, TO_LABEL, PASSAGES = (
    "queries.jsonl",
    "unanswerable.jsonl",
    "queries-to-label.jsonl",
    "passages.jsonl",
)

_PAGE = 500
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters but the newline, and those that turn the direction of what follows."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    answer TEXT NOT NULL UNIQUE,
    rating TEXT NOT NULL,
    question TEXT NOT NULL,
    status TEXT NOT NULL,
    citations TEXT NOT NULL,                -- as JSON
    comment TEXT NOT NULL,
    day TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Cited:
    """Where an answer quoted an article: code points into the text of that version of it.

    Attributes:
        marks: the parts of it that answer, within these words; none if it was not marked.
    """

    article_id: str
    version: int
    start: int
    end: int
    marks: tuple[Span, ...] = ()

    @property
    def span(self) -> Span:
        """The words."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader says of an answer.

    Attributes:
        answer: its id.
        question: what it answers, as it is understood without what was asked before.
        day: when it was said last.
    """

    answer: str
    rating: Rating
    question: str
    status: Status
    citations: tuple[Cited, ...] = ()
    comment: str = ""
    day: date = date.min


@dataclass(frozen=True, slots=True)
class Exported:
    """How many lines each of the files has."""

    queries: int
    unanswerable: int
    to_label: int
    passages: int


@dataclass(frozen=True, slots=True)
class _Quote:
    """Words of an article that an answer cited; `lasts`: its newest version has them still."""

    article: Article
    cited: Cited
    lasts: bool

    @property
    def words(self) -> str:
        return self.cited.span.of(self.article.text)

    @property
    def answers(self) -> tuple[str, ...]:
        """The marked words, else the whole sentence; of more than one nobody can say which."""
        span = self.cited.span
        if self.cited.marks:
            return tuple(mark.of(self.article.text) for mark in self.cited.marks)
        one = any(s.start <= span.start and span.end <= s.end for s in self.article.sentences)
        return (self.words,) if one else ()


_CITATIONS: TypeAdapter[tuple[Cited, ...]] = TypeAdapter(tuple[Cited, ...])


class FeedbackStore:
    """What is kept of readers, beside the articles, once the first of them says something."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._made: Database | None = None

    def keep(self, said: Feedback) -> None:
        """Keep what was said of an answer, in place of what was said of it before."""
        row = (
            said.answer,
            said.rating,
            said.question,
            said.status,
            _CITATIONS.dump_json(said.citations).decode(),
            said.comment,
            said.day.isoformat(),
        )
        database = self._database(make=True)
        assert database
        with database.transaction() as connection:
            # Under a new number: it is the last that was said.
            connection.execute("DELETE FROM feedback WHERE answer = ?", (said.answer,))
            connection.execute(
                "INSERT INTO feedback"
                " (answer, rating, question, status, citations, comment, day)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute(
                "DELETE FROM feedback WHERE seq <= (SELECT max(seq) FROM feedback) - ?", (MOST,)
            )

    def take_back(self, answer: str) -> None:
        """Forget what was said of an answer, if anything was."""
        if database := self._database():
            with database.transaction() as connection:
                connection.execute("DELETE FROM feedback WHERE answer = ?", (answer,))

    def all(self) -> Iterator[Feedback]:
        """Yield what is kept, the last said last."""
        if not (database := self._database()):
            return
        rows = database.connection().execute(
            "SELECT answer, rating, question, status, citations, comment, day"
            " FROM feedback ORDER BY seq"
        )
        for answer, rating, question, status, citations, comment, day in rows:
            cited = _CITATIONS.validate_json(citations)
            on = date.fromisoformat(day)
            yield Feedback(answer, rating, question, status, cited, comment, on)

    def _database(self, *, make: bool = False) -> Database | None:
        if self._made is None:
            self._made = self._kept.beside(FEEDBACK, _SCHEMA, make=make)
        return self._made


def cleaned(words: str) -> str:
    r"""Return a reader's words without what cannot be seen in them.

    >>> cleaned("\x1b[31mwrong\u202e!\n")
    '[31mwrong !'
    """
    return _UNSEEN.sub(" ", words).strip()


def placed(citations: Iterable[Cited], articles: ArticleStore) -> tuple[Cited, ...]:
    """Return citations as they are kept: of the newest version where none (0) is named.

    Raises:
        QuestionRefused: an article has no such version, or none any more, or the place is not in
            it; the field says which.
    """
    get = cache(articles.get)  # an article may be large, and cited fifty times
    return tuple(_placed(cited, f"citations.{at}", get) for at, cited in enumerate(citations))


def _placed(cited: Cited, field: str, get: Callable[..., Article]) -> Cited:
    try:
        article = get(cited.article_id)
    except ArticleNotFound as error:
        raise QuestionRefused(f"{field}.article_id", str(error)) from error
    try:
        article = get(cited.article_id, cited.version) if cited.version else article
    except ArticleNotFound as error:
        raise QuestionRefused(f"{field}.version", str(error)) from error
    if not 0 <= cited.start < cited.end <= len(article.text):
        raise QuestionRefused(f"{field}.source_end", "no words of the article stand there")
    if not all(cited.start <= start < end <= cited.end for start, end in cited.marks):
        raise QuestionRefused(f"{field}.marks", "each begins and ends within the words cited")
    return replace(cited, version=article.version)


def export(said: Iterable[Feedback], articles: ArticleStore, folder: Path) -> Exported:
    """Write what was said as files that `newsqa evaluate` and `qa.training` take.

    An answer that is praised makes a known question: the articles it cites are relevant, and it is
    answered by what is marked in the quotes, or by the quotes. Praise for having found nothing
    makes an unanswerable one. Whatever else was said goes to the questions to be labelled, for
    somebody who fills in `relevant` and `answers` and moves the line to the known ones: answers
    that are blamed, and those whose words no article has any more. With them go all articles.

    Raises:
        HomeUnusable: the folder cannot be written.
    """
    # Before the articles, so that what they cite is among these unless it is withdrawn.
    kept = list(said)
    rows: dict[str, list[Row]] = {QUERIES: [], UNANSWERABLE: [], TO_LABEL: []}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there: set[str] = set()
        passages = _write(folder / PASSAGES, _passages(articles, there))
        for one in kept:
            quotes = _quotes(one, articles, there)
            name, row = _known(one, quotes)
            rows[name].append(row)
        for name, made in rows.items():
            _write(folder / name, made)
    except OSError as error:
        raise HomeUnusable(f"{folder}: {error.strerror}; name a folder to be written") from error
    return Exported(len(rows[QUERIES]), len(rows[UNANSWERABLE]), len(rows[TO_LABEL]), passages)


def _known(said: Feedback, quotes: Sequence[_Quote]) -> tuple[str, Row]:
    """Return the line that comes of what was said, and the name of the file it belongs in."""
    row: Row = {
        "id": said.answer,
        "question": said.question,
        "lang": detect_language(said.question),
        "answers": [],
        "relevant": [],
    }
    usable = [quote for quote in quotes if quote.lasts]
    if said.rating == "up" and said.status == "not_found":
        return UNANSWERABLE, row
    if said.rating == "up" and usable:
        row["answers"] = list(dict.fromkeys(words for one in usable for words in one.answers))
        row["relevant"] = list(dict.fromkeys(one.article.id for one in usable))
        return QUERIES, row
    cited = [
        {"id": one.article.id, "title": one.article.title, "quote": one.words} for one in quotes
    ]
    told = {"rating": said.rating, "status": said.status, "comment": said.comment}
    return TO_LABEL, {**row, **told, "cited": cited}


def _quotes(said: Feedback, articles: ArticleStore, there: Container[str]) -> list[_Quote]:
    """Return what was cited, as the store has it; without what was withdrawn."""
    found = []
    for cited in said.citations:
        if cited.article_id not in there:
            continue
        try:
            now = articles.get(cited.article_id)
            article = articles.get(cited.article_id, cited.version)
        except ArticleNotFound:
            continue
        found.append(_Quote(article, cited, cited.span.of(article.text) in now.text))
    return found


def _passages(articles: ArticleStore, there: set[str]) -> Iterator[Row]:
    """Yield all articles as lines that are read again as they are; note their ids."""
    since = 0
    while changes := articles.changes(since, _PAGE):
        for change in changes:
            since = change.seq
            if article := change.article:
                there.add(article.id)
                yield record_of(article)


def _write(path: Path, rows: Iterable[Row]) -> int:
    """Write a file of JSON lines, whole or not at all; return how many."""
    partial = path.with_name(f".{path.name}.partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count
