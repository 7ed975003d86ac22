"""The candidates to the probability that the best of them answers."""

import math
from collections.abc import Sequence
from operator import mul
from statistics import fmean
from typing import NamedTuple

from qa.answer_types import folded, named_in
from qa.candidates import Candidate
from qa.types import Language


class Signs(NamedTuple):
    """What confidence depends on.

    Attributes:
        share: of the question's concepts, as the best sentence tells them.
        match: of the question's tokens with the best sentence's.
        agreeing: the share of the sentences that were read that are of its article.
        ahead: how far its score lies above theirs on average.
        across: whether question and article are in two languages; even the best matches less then.
        unnamed: whether the question names somebody or something that neither its passage nor its
            title does. Between two languages that cannot be told.
    """

    share: float
    match: float
    agreeing: float
    ahead: float
    across: bool
    unnamed: bool


COEFFICIENTS: tuple[float, ...] = (3.37, 19.86, 1.27, 15.35, 2.19, -1.5)
BIAS = -8.44
"""A logistic regression on one half of the development questions, some of which nothing answers
(`make fit`, which tells the figures of the other half). That of `unnamed` is set by hand: in a
large corpus the others tell as much, in a small one they cannot tell Beijing's plan from
Shanghai's."""

THRESHOLD = 0.2
"""Confidence below which nothing is stated: an answer that is wrong costs a quarter of what a right
one is worth."""


def confidence(question: str, language: Language, ranked: Sequence[Candidate]) -> float:
    """Return the probability that the best sentence answers the question, 0 if there is none."""
    if not ranked:
        return 0.0
    logit = sum(map(mul, COEFFICIENTS, signs(question, language, ranked))) + BIAS
    return 1 / (1 + math.exp(-logit))


def signs(question: str, language: Language, ranked: Sequence[Candidate]) -> Signs:
    """Return what confidence in the best of at least one candidate depends on."""
    best, *others = ranked
    article = best.hit.article
    across = (language == "en") != (article.language == "en")
    return Signs(
        share=best.signals.share,
        match=best.signals.match,
        agreeing=fmean(one.hit.article.id == article.id for one in ranked),
        ahead=best.score - fmean(one.score for one in others) if others else 0.0,
        across=across,
        unnamed=not across and _unnamed(question, best),
    )


def _unnamed(question: str, best: Candidate) -> bool:
    told = folded(f"{best.hit.article.title}\n{best.hit.passage.text}")
    return any(not any(word in told for word in _ways(name)) for name in named_in(question))


def _ways(name: str) -> Sequence[str]:
    """Return the parts of a name of which one is enough: 上海 of 上海市, "Gong" of "Gong Zheng"."""
    return name.split() if name.isascii() else (name, name.rstrip("省市县区"))
