"""Question to hits: rank by meaning and by words, fuse, group copies.

Fusion adds to the closeness in meaning how much of the question the passage says in its own words::

    fused = closeness + WORDS * BM25 / bound,   bound = (k1 + 1) * sum of idf over its concepts

The bound is what BM25 would reach if every word of the question stood in the passage without end,
so the share lies in [0, 1) and needs no weight for each pair of languages: where a question's words
find no translation, hardly any stand in the passage and meaning decides.
Closeness is a cosine freed of what languages give any passage (qa/neutral.py), so that passages of
both languages stand in one ranking.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

from embeddings.encoder import Encoder
from embeddings.vectors import Vectors
from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.index import Index
from qa.lexical import K1, Concept, words
from qa.store import ArticleStore
from qa.types import Hit, Query, Ranking, Scores

DEPTH = 100
"""Candidates from each retriever; at 100 the dense one alone holds .99 of the right passages."""

WORDS = 0.2
"""The weight of words. nDCG@10 on samples of 185 to 400 questions, for meaning alone and for the
weights .1, .15, .2: xquad_zh asked in Chinese .934 .974 .972 .971, in English .857 .921 .926 .931;
xquad_en in English .971 .982 .980 .981, in Chinese .800 .875 .886 .893; drcd .954 .987 .988 .991;
crud_news's short questions in a thousand articles .977 .988 .990 with words."""

PAGE = 10
"""Hits read from disk at a time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as retrieval sees it.

    Attributes:
        concepts: what it speaks of, each with the ways to say it.
        vector: float32[dim], of unit length.
        tokens: float32[t, dim], its tokens' vectors, of unit length.
    """

    concepts: tuple[Concept, ...]
    vector: Vectors
    tokens: Vectors
    encode_seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a question, best first, and how long finding them took.

    `weights` gives each concept of the question its weight in this corpus, its idf.
    """

    hits: tuple[Hit, ...]
    weights: Mapping[Concept, float]
    search_seconds: float


def read_question(text: str, encoder: Encoder, dictionary: Dictionary) -> Asked:
    """Return the question as retrieval sees it."""
    begun = perf_counter()
    encoding = encoder.encode([text], "query", tokens=True)
    concepts = read_concepts(words(text), dictionary)
    return Asked(concepts, encoding.vectors[0], encoding.tokens[0].vectors, perf_counter() - begun)


def search(asked: Asked, index: Index, articles: ArticleStore, query: Query) -> Found:
    """Return the best `query.top_k` passages; of articles with one text only the first has hits."""
    begun = perf_counter()
    weights = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    ranked = _ranked(asked, index, query, weights)
    hits = tuple(islice(_hits(ranked, index, articles), query.top_k))
    return Found(hits, weights, perf_counter() - begun)


def fuse(dense: Ranking, lexical: Ranking, bound: float) -> list[tuple[int, Scores]]:
    """Return the passages of both rankings, best first, ties by key.

    `bound` is the highest BM25 the question could reach, 0 if it has no words.
    """
    cosines, counts = dict(dense), dict(lexical)
    fused = {
        key: Scores(
            cosines.get(key),
            counts.get(key),
            cosines.get(key, 0.0) + (WORDS * counts.get(key, 0.0) / bound if bound else 0.0),
        )
        for key in cosines.keys() | counts.keys()
    }
    return sorted(fused.items(), key=lambda row: (-row[1].fused, row[0]))


def _ranked(
    asked: Asked, index: Index, query: Query, weights: Mapping[Concept, float]
) -> list[tuple[int, Scores]]:
    if query.retriever == "dense":
        ranking = index.dense(asked.vector, _depth(query), query.filters)
        return [(key, Scores(score, None, score)) for key, score in ranking]
    if query.retriever == "lexical":
        ranking = index.lexical(asked.concepts, _depth(query), query.filters)
        return [(key, Scores(None, score, score)) for key, score in ranking]
    dense = index.dense(asked.vector, _depth(query), query.filters)
    lexical = index.lexical(asked.concepts, _depth(query), query.filters)
    near = {key for key, _ in dense}
    told = {key for key, _ in lexical}
    # Each retriever also scores what only the other found: a missing score is not a low one.
    dense += index.dense(asked.vector, len(told), among=sorted(told - near))
    lexical += index.lexical(asked.concepts, len(near), among=sorted(near - told))
    return fuse(dense, lexical, (K1 + 1) * sum(weights.values()))


def _depth(query: Query) -> int:
    # Twice what is asked for, since copies fall out.
    return max(DEPTH, 2 * query.top_k)


def _hits(
    ranked: Sequence[tuple[int, Scores]], index: Index, articles: ArticleStore
) -> Iterator[Hit]:
    """Yield the hits, leaving out copies of what came before and what has just been removed."""
    copies: set[str] = set()
    for start in range(0, len(ranked), PAGE):
        rows = ranked[start : start + PAGE]
        passages = index.passages([key for key, _ in rows])
        known = articles.find({passage.article_id for passage in passages.values()})
        for key, scores in rows:
            passage = passages.get(key)
            article = known.get(passage.article_id) if passage else None
            if passage is None or article is None or article.id in copies:
                continue
            same = index.copies(article.id)
            copies.update(same)
            yield Hit(article, passage, scores, same)
