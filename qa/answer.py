"""Hits to an answer: the sentences that answer, each cited, and how sure it is that they do."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul
from urllib.parse import quote as percent_encoded

from embeddings.encoder import Encoder, Vectors
from qa.lexical import Concept, words
from qa.lists import enumeration
from qa.search import Asked
from qa.types import Citation, Hit, Language, Passage, Source, Span, Statement

CANDIDATE_HITS = 10
CANDIDATE_SENTENCES = 8
"""Hits whose sentences are considered, and how many of these are read: the most promising by their
words, their stored token vectors and their hit. Reading 16 found no better ones: the first sentence
then answers .74 of the questions of XQuAD, DRCD, CMRC, RGB and crud_news either way."""

PROMISE = 0.23
"""The weight of a sentence's shared concepts for choosing which to read, beside its hit's score and
its stored token vectors' match (logistic regression on the same questions)."""

MAX_STATEMENTS = 3

MAX_LISTED = 5
MAX_ITEMS = 20
"""Statements where several things are asked for, and items of a list that answers."""

MARGIN = 0.05
"""A further sentence is stated only if it scores this close to the best. Of 100 questions of XQuAD
each, some statement then answers .92 inside Chinese, .94 inside English and .89 across, in 1.3, 1.3
and 1.8 statements on average; with .03, .91, .89 and .88."""

SHARE = 0.2
MATCH = 0.3
HIT = 0.9
"""Weights of a sentence's shared concepts, its tokens' match and its hit's score, beside its
closeness (`make fit`). Of questions left out of the fit the sentence that answers came first for
.77 inside XQuAD's Chinese, .85 inside its English, .70 across, .78 of CMRC's, .85 of DRCD's and .60
of crud_news's."""

THRESHOLD = 0.2
"""Confidence below which nothing is stated. At .2, .82 to .98 of the answerable development
questions are answered inside a language and .82 to .90 across; so are .25 of those that nothing in
crud_news answers, and where the article that answers is taken out from among others on the same
subject, .08 to .22 inside a language and .45 across."""

CONFIDENCE = (15.5, 3.65, 18.2, 2.1)
BIAS = -7.7
"""Of the logistic regression over `features`."""

SEPARATOR = "\n"
"""Between statements: they come from different places, and a line each shows it."""

NOT_FOUND: Mapping[Language, str] = {
    "zh": "这些文章没有回答这个问题。",
    "zh-Hant": "這些文章沒有回答這個問題。",
    "en": "These articles do not answer this question.",
    "und": "These articles do not answer this question.",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit that may answer.

    Attributes:
        closeness: of the sentence alone to the question, in meaning.
        share: of the question's concepts (by weight) that it or its title tells, 0 to 1.
        match: how well each token of the question finds one like it here, on average: MaxSim
            (Khattab and Zaharia 2020), -1 to 1.
        score: the four put together, for ranking.
    """

    hit: Hit
    sentence: int
    closeness: float
    share: float
    match: float
    score: float

    @property
    def span(self) -> Span:
        """Where the sentence stands in its article."""
        return self.hit.article.sentences[self.sentence]

    @property
    def text(self) -> str:
        """The sentence, in the article's own words."""
        return self.span.of(self.hit.article.text)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article that the answer quotes.

    Attributes:
        marks: where in the article's text the part stands that answers.
        correction: whether the article corrects what an earlier one said.
    """

    hit: Hit
    span: Span
    marks: tuple[Span, ...] = ()
    correction: bool = False


def candidates(
    asked: Asked, hits: Sequence[Hit], encoder: Encoder, weights: Mapping[Concept, float]
) -> list[Candidate]:
    """Return the sentences of the first hits that may answer, best first.

    `weights` gives each concept of the question its weight (inverse document frequency).
    """
    places = _promising(hits[:CANDIDATE_HITS], weights)
    texts = [hit.article.sentences[number].of(hit.article.text) for hit, number, _ in places]
    encoding = encoder.encode(texts, "passage", tokens=True)
    found = []
    for (hit, number, share), vector, tokens in zip(
        places, encoding.vectors, encoding.tokens, strict=True
    ):
        closeness = float(vector @ asked.vector)
        match = _match(asked.tokens, tokens.vectors)
        score = closeness + SHARE * share + MATCH * match + HIT * hit.scores.fused
        found.append(Candidate(hit, number, closeness, share, match, score))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.sentence))


def chosen(ranked: Sequence[Candidate], several: bool = False) -> list[Candidate]:
    """Return the sentences to state: the best and those close to it that say something else.

    Where `several` things are asked for, more are.
    """
    most = MAX_LISTED if several else MAX_STATEMENTS
    stated: list[Candidate] = []
    for candidate in ranked:
        if len(stated) == most or candidate.score < ranked[0].score - MARGIN:
            break
        if not any(_alike(candidate.text, other.text) for other in stated):
            stated.append(candidate)
    return stated


def listed(best: Candidate) -> list[Quote]:
    """Return the items of the list that the best sentence stands in, none if it is in none.

    Their hit is the best sentence's, widened to hold them all.
    """
    article, passage = best.hit.article, best.hit.passage
    items = enumeration(article, best.sentence)[:MAX_ITEMS]
    if not items:
        return []
    first, last = min(passage.first, items[0]), max(passage.last, items[-1])
    span = Span(article.sentences[first].start, article.sentences[last].end)
    wide = Passage(article.id, first, last, span, span.of(article.text))
    hit = replace(best.hit, passage=wide, matches=())
    return [Quote(hit, article.sentences[number]) for number in items]


def state(claims: Iterable[Sequence[Quote]]) -> Iterator[Statement]:
    """Yield one statement for each claim, quoting all that say it, with its place in the answer."""
    at, index = 0, 0
    for number, claim in enumerate(claims, start=1):
        citations = []
        for quote in claim:
            index += 1
            citations.append(_citation(quote, index, at, number))
            at = citations[-1].answer_end + len(SEPARATOR)
        yield Statement(SEPARATOR.join(one.quote for one in citations), tuple(citations))


def _citation(quote: Quote, index: int, at: int, statement: int) -> Citation:
    article, span = quote.hit.article, quote.span
    text = span.of(article.text)
    moved = at - span.start
    return Citation(
        index=index,
        article_id=article.id,
        passage_id=quote.hit.passage.id,
        quote=text,
        source_start=span.start,
        source_end=span.end,
        answer_start=at,
        answer_end=at + len(text),
        url=place_url(article.id, span),
        statement=statement,
        marks=tuple(Span(start + moved, end + moved) for start, end in quote.marks),
        correction=quote.correction,
    )


def source(hit: Hit) -> Source:
    """Return the hit as it leaves the house."""
    article, passage = hit.article, hit.passage
    return Source(
        article_id=article.id,
        passage_id=passage.id,
        title=article.title,
        publisher=article.publisher,
        author=article.author,
        categories=article.categories,
        published=article.published,
        language=article.language,
        url=place_url(article.id, passage.span),
        origin=article.origin,
        text=passage.text,
        start=passage.span.start,
        end=passage.span.end,
        score=hit.scores.fused,
        scores=hit.scores,
        copies=hit.copies,
    )


def place_url(article_id: str, span: Span) -> str:
    """Return the address of newsqa's own page, opened at a place in an article."""
    return f"/articles/{percent_encoded(article_id, safe='')}#char={span.start}-{span.end}"


def confidence(question: Language, best: Candidate) -> float:
    """Return the probability that the best sentence answers a question in that language.

    A logistic regression on 1,080 development questions, 480 of them without an answer in what they
    are asked of (`make fit`, 60 of each kind). Of questions left out of it: AUROC .88, expected
    calibration error .03.
    """
    logit = sum(map(mul, CONFIDENCE, features(question, best))) + BIAS
    return 1 / (1 + math.exp(-logit))


def features(question: Language, best: Candidate) -> tuple[float, ...]:
    """Return what confidence depends on.

    Closeness, share, match, and whether two languages meet: then even the best matches less well.
    """
    across = (question == "en") != (best.hit.article.language == "en")
    return (best.closeness, best.share, best.match, float(across))


def _promising(
    hits: Sequence[Hit], weights: Mapping[Concept, float]
) -> list[tuple[Hit, int, float]]:
    """Return the sentences worth reading: hit, sentence, and the share of the question it tells."""
    total = sum(weights.values()) or 1.0
    places = []
    for hit in hits:
        # News names its subject in the title and then says "the museum".
        title = set(words(hit.article.title))
        for number in range(hit.passage.first, hit.passage.last + 1):
            told = title.union(words(hit.article.sentences[number].of(hit.article.text)))
            said = sum(weight for one, weight in weights.items() if _says(told, one))
            places.append((hit, number, said / total))
    # The sort is stable: of equal ones those of the better hit come first.
    places.sort(key=_promise, reverse=True)
    return places[:CANDIDATE_SENTENCES]


def _promise(place: tuple[Hit, int, float]) -> float:
    hit, number, share = place
    match = hit.matches[number - hit.passage.first] if hit.matches else 0.0
    return hit.scores.fused + match + PROMISE * share


def _says(told: set[str], concept: Concept) -> bool:
    return any(told.issuperset(phrase) for phrase in concept)


def _match(question: Vectors, sentence: Vectors) -> float:
    if not len(question) or not len(sentence):
        return 0.0
    return float((question @ sentence.T).max(axis=1).mean())


def _alike(one: str, other: str) -> bool:
    """Say whether two sentences use mostly the same words (Jaccard of 0.8 or more)."""
    ones, others = set(words(one)), set(words(other))
    return len(ones & others) >= 0.8 * len(ones | others)
