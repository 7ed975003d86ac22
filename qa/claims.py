"""Candidates to claims: what the answer states, who says it, and whether they differ in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.answer_types import AnswerType, wanted
from qa.candidates import Candidate
from qa.conflicts import Told, asked_value, corrects, told, versions
from qa.dictionary import Dictionary
from qa.lexical import Concept, words
from qa.lists import asks_for_several, enumeration
from qa.marks import Marks
from qa.search import Asked
from qa.types import Hit, Passage, Span, Time
from qa.when import asked_for

MAX_STATEMENTS = 3

MAX_LISTED = 5
MAX_ITEMS = 20
"""Statements where several things are asked for, and items of a list, which is one statement."""

MAX_QUOTES = 5
"""Quotes for one claim."""

MARGIN = 0.03
"""A further sentence is stated only if it scores this close to the best. Of development questions
some statement then answers .90 of XQuAD's over Chinese, .88 over English, .87 of CMRC's, .82 of
crud_news's and .88 of RGB's (the first alone .86, .83, .82, .75 and .73), in 1.3 statements on
average, over news in 1.7; with .05, .91, .90, .89, .84 and .90 in 1.5 and 2."""

KNOWN = 0.1
"""A sentence comes first whose value is known to be of what is asked for, if it scores this close
to the best. Of 456 development questions for numbers it changed 13: over news 3 more were answered
rightly, elsewhere 3 fewer."""

LONG = 120
"""Code points; of a Chinese sentence that is longer, only the part between semicolons is quoted
that holds what answers, of an English one that is twice as long."""

REMEMBERED = 256
"""Sentences whose words are: eight for each question that is being answered, and some to spare."""

_CLAUSE = re.compile(r"(?:[^；;]|;(?!\s))+[；;]?")


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


Claim = tuple[Quote, ...]
"""What is stated, as one article says it or several do; of a list, item by item."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the answer states, and whether the articles contradict each other in it."""

    claims: tuple[Claim, ...] = ()
    conflicting: bool = False


def passages(ranked: Sequence[Candidate]) -> Claims:
    """Return the passages that the best of the candidates stand in, at least one, as claims."""
    hits = {one.hit.passage.id: one.hit for (one, *_) in chosen(ranked)}.values()
    return Claims(tuple((Quote(hit, hit.passage.span, (), corrects(hit.article)),) for hit in hits))


def claims(
    question: str,
    asked: Asked,
    ranked: Sequence[Candidate],
    weights: Mapping[Concept, float],
    dictionary: Dictionary,
    marks: Marks,
) -> Claims:
    """Return what the best of the candidates, at least one, state.

    `weights` gives each concept of the question its weight (inverse document frequency).
    """
    ranked = told_once(ranked)
    several = asks_for_several(question)
    if several and (items := listed(ranked[0])):
        return Claims((tuple(items),))
    groups = [group[:MAX_QUOTES] for group in chosen(ranked, several)]
    if wanted(question).type is not AnswerType.NUMBER:
        return Claims(_quoted(groups, marks))
    # What "the second quarter" is depends on the day, and its year on the article.
    period = asked.time.period if asked.time and not asked.time.relative else None
    value = asked_value(question, weights, period, dictionary)
    given = [
        (one, of)
        for one in ranked
        if (of := told(value, one.hit, one.span)) and _is_of(asked.time, of)
    ]
    if not given or given[0][0].score < ranked[0].score - KNOWN:
        return Claims(_quoted(groups, marks))
    found = versions([of for _, of in given], dictionary)
    return Claims(tuple(map(_given, found.groups[:MAX_LISTED])), found.verdict == "different")


def chosen(ranked: Sequence[Candidate], several: bool = False) -> list[list[Candidate]]:
    """Return the sentences to state: the best, and those close to it that say something else.

    They offer the kind of answer that is wanted as well as the best does. Each comes with those of
    other articles that say it in nearly the same words. Where `several` things are asked for, more
    are stated.
    """
    most = MAX_LISTED if several else MAX_STATEMENTS
    groups: list[list[Candidate]] = []
    for one in ranked:
        if one.score < ranked[0].score - MARGIN:
            break
        group = next((group for group in groups if _alike(one.text, group[0].text)), None)
        if group is None and len(groups) < most and one.signals.fit >= ranked[0].signals.fit:
            groups.append([one])
        elif group and all(one.hit.article.id != other.hit.article.id for other in group):
            group.append(one)
    return groups


def listed(best: Candidate) -> list[Quote]:
    """Return the items of the list that the best sentence begins or leads up to, else none.

    What goes on about an item answers by itself. Their hit is the best sentence's, widened to hold
    them all.
    """
    article, passage = best.hit.article, best.hit.passage
    items = enumeration(article, best.sentence)[:MAX_ITEMS]
    if best.sentence not in items:
        return []
    first, last = min(passage.first, items[0]), max(passage.last, items[-1])
    span = Span(article.sentences[first].start, article.sentences[last].end)
    wide = Passage(article.id, first, last, span, span.of(article.text))
    hit = replace(best.hit, passage=wide, matches=())
    return [Quote(hit, article.sentences[number]) for number in items]


def told_once(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates without those that an article repeats from one it is a copy of."""
    kept: list[Candidate] = []
    for one in ranked:
        originals = [other for other in kept if one.hit.article.id in other.hit.copies]
        if not any(_alike(one.text, other.text) for other in originals):
            kept.append(one)
    return kept


def _is_of(time: Time | None, of: Told) -> bool:
    return time is None or of.value.period is None or asked_for(time, of.value.period)


def _quoted(groups: Sequence[Sequence[Candidate]], marks: Marks) -> tuple[Claim, ...]:
    found = iter(marks.of([one for group in groups for one in group]))
    return tuple(tuple(_quote(one, next(found)) for one in group) for group in groups)


def _quote(one: Candidate, marks: tuple[Span, ...]) -> Quote:
    return Quote(one.hit, _short(one.hit, one.span, marks), marks, corrects(one.hit.article))


def _given(group: Iterable[Told]) -> Claim:
    return tuple(
        Quote(
            one.hit, _short(one.hit, one.span, (one.mark,)), (one.mark,), corrects(one.hit.article)
        )
        for one in group
    )[:MAX_QUOTES]


def _short(hit: Hit, span: Span, marks: Sequence[Span]) -> Span:
    """Return the part of a long sentence that holds the marks, the sentence if it is not long."""
    article = hit.article
    longest = 2 * LONG if article.language == "en" else LONG
    if not marks or span.end - span.start <= longest:
        return span
    for clause in _CLAUSE.finditer(article.text, *span):
        start, end = clause.span()
        start += len(clause[0]) - len(clause[0].lstrip())
        if all(start <= mark.start and mark.end <= end for mark in marks):
            return Span(start, end)
    return span


def _alike(one: str, other: str) -> bool:
    """Say whether two sentences use mostly the same words (Jaccard of 0.8 or more)."""
    ones, others = _word_set(one), _word_set(other)
    return len(ones & others) >= 0.8 * len(ones | others)


@lru_cache(REMEMBERED)
def _word_set(text: str) -> frozenset[str]:
    """Return the words of a sentence, which is compared with several."""
    return frozenset(words(text))
