"""Question to hits: find by meaning and by words, weigh the evidence, group what says the same.

Both retrievers' heads are put together and each scores what only the other found. The best of them
by meaning and words are then matched token by token, from vectors that were kept when the passages
were embedded: no passage is read by the encoder again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from time import perf_counter

from embeddings.encoder import Encoder
from embeddings.late import match
from embeddings.vectors import Vectors
from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.index import Index
from qa.lexical import Concept, highest, words
from qa.ranking import SERVED, Evidence, Weights
from qa.store import ArticleStore
from qa.types import Article, Hit, Passage, Query, Scores, Span, Time
from qa.when import agreement, freshness, spoken_of

DEPTH = 100
"""Candidates from each retriever; at 100 the dense one alone holds .99 of the right passages."""

MATCHED = 100
"""Candidates that are matched token by token, and may be hits; twice the hits asked for if more."""

MERGEABLE = 20
MERGED = 3
"""Where passages of one article touch, up to three of the best twenty make one hit."""

PAGE = 10
"""Articles read from disk at a time."""

NOTHING = Evidence()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as retrieval sees it.

    Attributes:
        concepts: what it speaks of, each with the ways to say it.
        vector: float32[dim], of unit length.
        tokens: float32[t, dim], its tokens' vectors, of unit length.
        time: what it says of time, if that is to count.
    """

    concepts: tuple[Concept, ...]
    vector: Vectors
    tokens: Vectors
    time: Time | None
    encode_seconds: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may be a hit.

    Attributes:
        evidence: what speaks for it; of a ranking by one retriever, nothing.
        matches: of each of its sentences; empty where the index keeps no token vectors.
    """

    key: int
    passage: Passage
    scores: Scores
    evidence: Evidence = NOTHING
    matches: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a question, best first, and how long finding them took.

    `weights` gives each concept of the question its weight in this corpus, its idf.
    """

    hits: tuple[Hit, ...]
    weights: Mapping[Concept, float]
    search_seconds: float


def read_question(
    text: str, encoder: Encoder, dictionary: Dictionary, time: Time | None = None
) -> Asked:
    """Return the question as retrieval sees it."""
    begun = perf_counter()
    encoding = encoder.encode([text], "query", tokens=True)
    concepts = read_concepts(words(text), dictionary)
    if time and time.relative and time.words:
        # "Last year" stands in no article of last year: its number does.
        concepts += (tuple(tuple(words(way)) for way in time.words),)
    seconds = perf_counter() - begun
    return Asked(concepts, encoding.vectors[0], encoding.tokens[0].vectors, time, seconds)


def search(
    asked: Asked, index: Index, articles: ArticleStore, query: Query, weights: Weights = SERVED
) -> Found:
    """Return the best `query.top_k` hits.

    Passages of an article that touch are one hit; of articles that are copies the first has hits.
    """
    begun = perf_counter()
    importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    ranked = candidates(asked, index, query, importance, weights)
    hits = tuple(islice(_hits(ranked, index, articles), query.top_k))
    return Found(hits, importance, perf_counter() - begun)


def candidates(
    asked: Asked,
    index: Index,
    query: Query,
    importance: Mapping[Concept, float],
    weights: Weights = SERVED,
) -> list[Candidate]:
    """Return the passages that may be hits, best first, ties by key.

    A question to one retriever alone is answered by that one's ranking.
    """
    depth = max(DEPTH, 2 * query.top_k)  # Twice what is asked for, since copies fall out.
    if query.retriever == "dense":
        ranking = index.dense(asked.vector, depth, query.filters)
        return _alone(index, {key: Scores(score, None, score) for key, score in ranking})
    if query.retriever == "lexical":
        ranking = index.lexical(asked.concepts, depth, query.filters)
        return _alone(index, {key: Scores(None, score, score) for key, score in ranking})
    dense, lexical = _both(asked, index, query, depth)
    bound = highest(importance.values())
    evidence = {
        key: Evidence(dense.get(key, 0.0), lexical.get(key, 0.0) / bound if bound else 0.0)
        for key in dense.keys() | lexical.keys()
    }
    best = sorted(evidence, key=lambda key: (-weights.score(evidence[key]), key))
    head = best[: max(MATCHED, 2 * query.top_k)]
    passages = index.passages(head)
    matches = _matches(asked, index, head) if weights.match else {}
    days = index.days(head) if asked.time else {}
    newest = max(days.values(), default=None)
    found = []
    for key in head:
        passage = passages.get(key)
        if passage is None:  # gone by now
            continue
        whole, sentences = matches.get(key, (0.0, ()))
        told = replace(evidence[key], match=whole, lead=passage.first == 0)
        if asked.time:
            day = days.get(key)
            told = replace(
                told,
                agreement=agreement(asked.time, day, spoken_of(passage.text, day)),
                freshness=freshness(day, newest) if asked.time.latest and newest else 0.0,
            )
        scores = Scores(dense.get(key), lexical.get(key), weights.score(told))
        found.append(Candidate(key, passage, scores, told, sentences))
    return sorted(found, key=lambda one: (-one.scores.fused, one.key))


def _alone(index: Index, scores: Mapping[int, Scores]) -> list[Candidate]:
    passages = index.passages(list(scores))
    return [Candidate(key, passages[key], scores[key]) for key in scores if key in passages]


def _both(
    asked: Asked, index: Index, query: Query, depth: int
) -> tuple[dict[int, float], dict[int, float]]:
    """Return what each retriever says of the passages that either of them found."""
    dense = dict(index.dense(asked.vector, depth, query.filters))
    lexical = dict(index.lexical(asked.concepts, depth, query.filters))
    told, near = sorted(lexical.keys() - dense.keys()), sorted(dense.keys() - lexical.keys())
    # A missing score is not a low one.
    dense |= dict(index.dense(asked.vector, len(told), among=told))
    lexical |= dict(index.lexical(asked.concepts, len(near), among=near))
    return dense, lexical


def _matches(
    asked: Asked, index: Index, keys: Sequence[int]
) -> dict[int, tuple[float, tuple[float, ...]]]:
    """Return the match of each passage that has token vectors, and of each of its sentences."""
    packed = index.token_vectors(keys)
    found = match(asked.tokens, list(packed.values()))
    return {
        key: (one.whole, tuple(map(float, one.parts[1:])))
        for key, one in zip(packed, found, strict=True)
    }


def _hits(ranked: Sequence[Candidate], index: Index, articles: ArticleStore) -> Iterator[Hit]:
    """Yield the hits, leaving out copies of what came before and what has been removed."""
    copies: set[str] = set()
    groups = _touching(ranked)
    for start in range(0, len(groups), PAGE):
        page = groups[start : start + PAGE]
        known = articles.find({group[0].passage.article_id for group in page})
        for group in page:
            article = known.get(group[0].passage.article_id)
            if article is None or article.id in copies:
                continue
            same = index.copies(article.id)
            copies.update(same)
            yield _hit(article, group, same)


def _touching(ranked: Sequence[Candidate]) -> list[list[Candidate]]:
    """Return the candidates in groups that make one hit each, the best of a group first."""
    groups: list[list[Candidate]] = []
    for one in ranked[:MERGEABLE]:
        near = [group for group in groups if any(_touch(one.passage, it.passage) for it in group)]
        if near and 1 + sum(map(len, near)) <= MERGED:
            near[0] += [one, *chain.from_iterable(near[1:])]
            groups = [group for group in groups if group not in near[1:]]
        else:
            groups.append([one])
    return groups + [[one] for one in ranked[MERGEABLE:]]


def _touch(one: Passage, other: Passage) -> bool:
    return one.article_id == other.article_id and (
        one.last + 1 == other.first or other.last + 1 == one.first
    )


def _hit(article: Article, group: Sequence[Candidate], copies: tuple[str, ...]) -> Hit:
    """Return candidates that touch as one hit, with the scores of the best."""
    pieces = sorted(group, key=lambda one: one.passage.first)
    first, last = pieces[0].passage, pieces[-1].passage
    span = Span(first.span.start, last.span.end)
    passage = Passage(article.id, first.first, last.last, span, span.of(article.text))
    matches = tuple(chain.from_iterable(one.matches for one in pieces))
    return Hit(article, passage, group[0].scores, copies, matches)
