"""A corpus to the same corpus elsewhere: in a database, in an engine, or back in a folder.

No passage is encoded: embeddings go along. What was stopped goes on where it was, and at the end
the counts and the answers to a sample of questions are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice, zip_longest
from statistics import fmean

from qa.corpus import WAIT_SECONDS, Corpus
from qa.engine import MAX_QUESTION, Engine
from qa.errors import HomeUnusable
from qa.feedback import FeedbackStore
from qa.index import StoredIndex
from qa.store.copying import copy_articles
from qa.types import Query, Retriever

SAMPLE = 50
"""Titles that both are asked for."""

DEPTH = 10
"""Passages that each finds."""

Tell = Callable[[str, int, int], object]
"""Told what is being done, how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What is there now, and how alike both answer.

    Attributes:
        asked: how many questions both were asked.
        dense: the mean share of the first passages by meaning that both find.
        lexical: that by words.
    """

    articles: int
    passages: int
    asked: int
    dense: float
    lexical: float


def migrate(
    source: Engine,
    target: Engine,
    tell: Tell = lambda *_: None,
    *,
    apart: bool = True,
) -> Migrated:
    """Make `target` answer as `source` does, and return how well that went.

    Who writes to a source in a folder waits meanwhile; what is written to one in a database is
    brought as well. Where the two are not kept `apart`, the articles and passages of both are the
    same, and only what ranks them is made.

    Raises:
        HomeUnusable: the target holds other articles, or not all came over.
        IndexUnusable: the target is held by another model.
    """
    if apart:
        with source.corpus.generations.changing(WAIT_SECONDS):
            _carry(source.corpus, target.corpus, tell)
            _said(source.corpus, target.corpus)
            return _compared(source, target, tell)
    return _compared(source, target, tell)


def _carry(source: Corpus, target: Corpus, tell: Tell) -> None:
    """Copy the articles, and make of them an index with the embeddings that are there."""
    while True:
        last, (_, index) = source.articles.last_change, source.serving()
        total = len(source.articles)
        copy_articles(source.articles, target.articles, partial(_tell_of, tell, total))
        _index(target, index, tell, total)
        if source.articles.last_change == last:
            return


def _tell_of(tell: Tell, total: int, done: int) -> None:
    tell("articles", done, total)


def _said(source: Corpus, target: Corpus) -> None:
    """Copy what readers said, unless something is there already."""
    there = FeedbackStore(target.generations)
    if not any(True for _ in there.all()):
        for one in FeedbackStore(source.generations).all():
            there.keep(one)


def _index(target: Corpus, index: StoredIndex, tell: Tell, total: int) -> None:
    """Make the target's index of its articles with the embeddings that another has."""
    if _is_whole(target, index.manifest.fingerprint):
        return
    done = 0

    def count(finished: int) -> None:
        nonlocal done
        done += finished
        tell("passages of articles", done, total)

    target.rebuild(index.manifest.model, count, [index.store])
    if not _is_whole(target, index.manifest.fingerprint):  # one gone on with, of other articles
        target.generations.forget_earlier()
        target.rebuild(index.manifest.model, known=[index.store, target.serving()[1].store])


def _is_whole(corpus: Corpus, fingerprint: str) -> bool:
    """Say whether there is an index of all its articles by this model."""
    made = corpus.generations.made()
    if made is None or made.fingerprint != fingerprint:
        return False
    _, index = corpus.serving()
    if index.pending(corpus.articles):
        return False
    # Numbers may have been replaced by earlier ones, which nobody who follows sees.
    kept = corpus.articles.database.stream(
        "SELECT seq, id FROM articles WHERE article IS NOT NULL ORDER BY seq"
    )
    indexed = index.store.database.stream("SELECT seq, article_id FROM documents ORDER BY seq")
    return all(tuple(one or ()) == tuple(other or ()) for one, other in zip_longest(kept, indexed))


def _compared(source: Engine, target: Engine, tell: Tell) -> Migrated:
    counts = [_counts(engine.corpus) for engine in (source, target)]
    if counts[0] != counts[1]:
        raise HomeUnusable(
            f"of {counts[0][0]} articles and {counts[0][1]} passages {counts[1][0]} and"
            f" {counts[1][1]} came over; `newsqa migrate` again goes on"
        )
    titles = [*islice(_titles(source.corpus, counts[0][0]), SAMPLE)]
    found: dict[Retriever, list[float]] = {"dense": [], "lexical": []}
    for number, title in enumerate(titles, start=1):
        for retriever, shares in found.items():
            query = Query(title, DEPTH, retriever=retriever)
            theirs, ours = (
                {hit.passage_id for hit in engine.search(query)} for engine in (source, target)
            )
            if theirs:
                shares.append(len(theirs & ours) / len(theirs))
        tell("questions", number, len(titles))
    return Migrated(*counts[1], len(titles), *(fmean(one or [1.0]) for one in found.values()))


def _counts(corpus: Corpus) -> tuple[int, int]:
    _, index = corpus.serving()
    return len(corpus.articles), index.info.passages


def _titles(corpus: Corpus, articles: int) -> Iterator[str]:
    """Yield titles from the first to the last article, as many as are asked for or more."""
    every = max(1, articles // SAMPLE)
    for article in islice(corpus.articles.all(), 0, None, every):
        if title := article.title.strip()[:MAX_QUESTION]:
            yield title
