"""Question to hits: find by meaning and by words, weigh the evidence, group what says the same.

Both retrievers' heads are put together and each scores what only the other found. The best of them
by meaning and words are then matched token by token, by vectors that were kept when the passages
were embedded. No passage is read by the encoder again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, islice
from time import perf_counter

from embeddings.encoder import Encoder
from embeddings.late import match
from embeddings.vectors import Vectors
from qa.concepts import read_concepts
from qa.copies import adds
from qa.dictionary import Dictionary
from qa.index import Index
from qa.lexical import Concept, highest, words
from qa.ranking import SERVED, Evidence, Weights
from qa.store import ArticleStore
from qa.types import Article, Filters, Hit, Passage, Query, Scores, Span, Time
from qa.when import agreement, freshness, spoken_of

DEPTH = 100
"""Candidates from each retriever, and how many of both are matched token by token. At 100 the dense
one alone holds .99 of the right passages."""

MERGEABLE = 20
MERGED = 3
"""Where passages of one article touch, up to three of a round's best twenty make one hit."""

LIFTED = 20
"""Hits whose order the time asked for is sure to have its say in."""

ALIKE = 0.5
"""The newest is preferred among passages with this share of the best one's score."""

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
    asked: Asked,
    index: Index,
    articles: ArticleStore,
    query: Query,
    weights: Weights = SERVED,
) -> Found:
    """Return the best `query.top_k` hits.

    Passages of an article that touch are one hit; of articles that are copies the first has hits.
    Fewer hits are the first of more, and there are fewer than asked for only if no others exist.
    """
    begun = perf_counter()
    importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
    rounds = _rounds(asked, index, query, importance, weights)
    hits = tuple(islice(_hits(rounds, index, articles, query.filters), query.top_k))
    return Found(hits, importance, perf_counter() - begun)


def _rounds(
    asked: Asked,
    index: Index,
    query: Query,
    importance: Mapping[Concept, float],
    weights: Weights,
) -> Iterator[list[Candidate]]:
    """Yield the candidates until there are no more, each round twice as deep as the one before.

    One round is enough unless nearly a hundred hits are asked for, or copies are that many.
    """
    depth, seen = DEPTH, set[int]()
    while found := candidates(asked, index, query, importance, weights, depth, seen):
        yield found
        seen.update(one.key for one in found)
        if len(seen) < depth:  # Neither retriever has others.
            return
        depth *= 2


def candidates(
    asked: Asked,
    index: Index,
    query: Query,
    importance: Mapping[Concept, float],
    weights: Weights = SERVED,
    depth: int = DEPTH,
    seen: Collection[int] = (),
) -> list[Candidate]:
    """Return up to `depth` passages that may be hits, best first, ties by key; none of the `seen`.

    A question to one retriever alone is answered by that one's ranking.
    """
    if query.retriever == "dense":
        ranking = index.dense(asked.vector, depth, query.filters)
        return _alone(
            index, {k: Scores(score, None, score) for k, score in ranking if k not in seen}
        )
    if query.retriever == "lexical":
        ranking = index.lexical(asked.concepts, depth, query.filters)
        return _alone(
            index, {k: Scores(None, score, score) for k, score in ranking if k not in seen}
        )
    dense, lexical = _both(asked, index, query, depth)
    bound = highest(importance.values())
    evidence = {
        key: Evidence(dense.get(key, 0.0), lexical.get(key, 0.0) / bound if bound else 0.0)
        for key in (dense.keys() | lexical.keys()) - set(seen)
    }
    head = sorted(evidence, key=lambda key: (-weights.score(evidence[key]), key))[:depth]
    passages = index.passages(head)
    matches = _matches(asked, index, head) if weights.match else {}
    days = index.days(head) if asked.time else {}
    told: dict[int, Evidence] = {}
    for key, passage in passages.items():
        whole, _ = matches.get(key, (0.0, ()))
        # Made anew: dataclasses.replace would take as long as all the rest of this.
        known = evidence[key]
        told[key] = Evidence(known.closeness, known.share, whole, passage.first == 0)
    if asked.time and any(asked.time.period):
        told = _timed(told, passages, days, asked.time, weights)
    if asked.time and asked.time.latest:
        told = _freshened(told, days, asked.time, weights)
    found = [
        Candidate(
            key,
            passages[key],
            Scores(dense.get(key), lexical.get(key), weights.score(one)),
            one,
            matches.get(key, (0.0, ()))[1],
        )
        for key, one in told.items()
    ]
    return sorted(found, key=lambda one: (-one.scores.fused, one.key))


def _timed(
    told: Mapping[int, Evidence],
    passages: Mapping[int, Passage],
    days: Mapping[int, date],
    time: Time,
    weights: Weights,
) -> dict[int, Evidence]:
    """Return the evidence with how well passages agree with the time asked for.

    Reading what times a passage speaks of takes 0.1 ms: only those are read that it can bring among
    the first LIFTED.
    """
    scores = {key: weights.score(one) for key, one in told.items()}
    first = sorted(scores.values(), reverse=True)[:LIFTED]
    near = [key for key, score in scores.items() if score >= first[-1] - weights.time]
    agreeing = {
        key: agreement(time, days.get(key), spoken_of(passages[key].text, days.get(key)))
        for key in near
    }
    return {**told, **{key: replace(told[key], agreement=agreeing[key]) for key in near}}


def _freshened(
    told: Mapping[int, Evidence], days: Mapping[int, date], time: Time, weights: Weights
) -> dict[int, Evidence]:
    """Return the evidence with how fresh those passages are that say nearly as much as the best.

    The others speak of something else. Today's news of that would come before last year's of what
    is asked for, or make the newest of these seem as old as the one before. What was published
    after the time asked for ("as of March") is not fresh but too late.
    """
    scores = {key: weights.score(one) for key, one in told.items()}
    best = max(scores.values(), default=0.0)
    enough = max(best * ALIKE, best - weights.fresh)
    end = time.period.date_to or date.max
    alike = {
        key: days[key]
        for key, score in scores.items()
        if score >= enough and key in days and days[key] <= end
    }
    newest = max(alike.values(), default=date.min)
    fresh = {
        key: replace(told[key], freshness=freshness(day, newest)) for key, day in alike.items()
    }
    return {**told, **fresh}


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
    return {key: (one.whole, one.parts[1:]) for key, one in zip(packed, found, strict=True)}


def _hits(
    rounds: Iterable[Sequence[Candidate]], index: Index, articles: ArticleStore, filters: Filters
) -> Iterator[Hit]:
    """Yield the hits, leaving out what has been changed since and what copies repeat.

    What several copies say is told by the earliest published of those that were found with it, and
    once; another of them is a hit only for what the articles before do not say.
    """
    shown: dict[str, Article] = {}
    for ranked in rounds:
        groups = _touching(ranked)
        found: dict[str, list[list[Candidate]]] = {}
        for group in groups:
            found.setdefault(group[0].passage.article_id, []).append(group)
        for start in range(0, len(groups), PAGE):
            page = groups[start : start + PAGE]
            known = articles.find({group[0].passage.article_id for group in page})
            for group in page:
                article = known.get(group[0].passage.article_id)
                if article is None or group not in found[article.id]:
                    continue
                if not all(_stands(one.passage, article) for one in group):
                    continue
                same = index.copies(article.id, filters)
                if any(id in shown and _repeats(article, group, shown[id]) for id in same):
                    continue
                # What has no copies has none that is earlier.
                before = index.earlier(article.id) if same or filters else ()
                if earlier := [id for id in before if id in found]:
                    there = articles.find(earlier)
                    originals = [there[id] for id in earlier if id in there]
                    article, group = _original(article, group, originals, found)
                    same = index.copies(article.id, filters)
                found[article.id].remove(group)
                shown[article.id] = article
                yield _hit(article, group, same)


def _original(
    article: Article,
    group: list[Candidate],
    earlier: Iterable[Article],
    found: Mapping[str, Sequence[list[Candidate]]],
) -> tuple[Article, list[Candidate]]:
    """Return where the same was found in the first of the earlier copies that says it all."""
    text = _text(article, group)
    for one in earlier:
        if not adds(text, one.text):
            for other in found[one.id]:
                if all(_stands(piece.passage, one) for piece in other) and (
                    not adds(text, _text(one, other)) or not adds(_text(one, other), text)
                ):
                    return one, other
    return article, group


def _repeats(article: Article, group: Sequence[Candidate], before: Article) -> bool:
    return not adds(_text(article, group), before.text)


def _text(article: Article, group: Sequence[Candidate]) -> str:
    """Return the text of candidates that touch."""
    spans = [one.passage.span for one in group]
    return Span(min(span.start for span in spans), max(span.end for span in spans)).of(article.text)


def _stands(passage: Passage, article: Article) -> bool:
    """Say whether the article has the passage, or was updated and its index not yet."""
    sentences = article.sentences[passage.first : passage.last + 1]
    return (
        bool(sentences)
        and passage.span == Span(sentences[0].start, sentences[-1].end)
        and passage.text == passage.span.of(article.text)
    )


def _touching(ranked: Sequence[Candidate]) -> list[list[Candidate]]:
    """Return the candidates in groups that make one hit each, the best of a group first."""
    groups: list[list[Candidate]] = []
    for one in ranked[:MERGEABLE]:
        near: list[list[Candidate]] = []
        for group in groups:
            fits = 1 + sum(map(len, near)) + len(group) <= MERGED
            if fits and any(_touch(one.passage, other.passage) for other in group):
                near.append(group)
        if near:
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
