"""The candidates to the probability that the best of them answers."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from operator import mul
from statistics import fmean
from typing import NamedTuple

from qa.answer_types import named_in
from qa.candidates import Candidate
from qa.dictionary import Dictionary
from qa.lexical import ASKING, stem, words
from qa.segmenter import is_name
from qa.simplified import folded
from qa.types import Language, Time
from qa.when import elsewhen


class Signs(NamedTuple):
    """What confidence depends on.

    Attributes:
        share: of the question's concepts, as the best sentence tells them.
        match: of the question's tokens with the best sentence's.
        agreeing: the share of the sentences that were read that are of its article.
        ahead: how far its score lies above theirs on average.
        across: whether question and article are in two languages; even the best matches less then.
        unnamed: whether the question names somebody or something that neither its passage nor its
            title does. Of an English question and a Chinese article the dictionary tells it, if it
            has the name; the other way round nothing does, since English calls Germany's "German".
        elsewhen: whether it speaks of other times than the question, and not of that one.
        read: the logit that it answers, as the reader sees it; 0 where there is none.
    """

    share: float
    match: float
    agreeing: float
    ahead: float
    across: bool
    unnamed: bool
    elsewhen: bool
    read: float = 0.0


COEFFICIENTS: tuple[float, ...] = (3.15, 22.9, 1.14, 17.2, 2.04, -2.5, -4.0, 0.0)
BIAS = -8.74
"""A logistic regression on one half of the development questions, about half of which nothing
answers (`make fit`, 150 of each set and language). On the other half: AUROC .92 for whether the
sentence answers, expected calibration error .043. Those of names and times are set by hand: among
many articles the others tell as much, and few questions there name a time; in a small corpus they
cannot tell Beijing's plan from Shanghai's, nor the third quarter's profit from the second's."""

READ_COEFFICIENTS: tuple[float, ...] = (2.0, 19.3, 1.6, 9.8, 1.6, -2.5, -4.0, 0.31)
READ_BIAS = -7.27
"""The same where the built-in reader has read the sentences (80 of each set and language, none that
it learned from): AUROC .90, expected calibration error .055. Of its logit two languages make no
difference."""

THRESHOLD = 0.2
"""Confidence below which nothing is stated: an answer that is wrong costs a quarter of what a right
one is worth."""


def confidence(
    question: str,
    language: Language,
    time: Time | None,
    ranked: Sequence[Candidate],
    dictionary: Dictionary,
) -> float:
    """Return the probability that the best sentence answers the question, asking about a time.

    It is 0 if there is no sentence, or if the question asks about nothing: numbers and words that
    only ask.
    """
    if not ranked or not _asks_about_something(question):
        return 0.0
    coefficients, bias = COEFFICIENTS, BIAS
    if ranked[0].reading:
        coefficients, bias = READ_COEFFICIENTS, READ_BIAS
    logit = sum(map(mul, coefficients, signs(question, language, time, ranked, dictionary))) + bias
    return 1 / (1 + math.exp(-logit))


def signs(
    question: str,
    language: Language,
    time: Time | None,
    ranked: Sequence[Candidate],
    dictionary: Dictionary,
) -> Signs:
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
        unnamed=_unnamed(question, best, partial(_translated, dictionary) if across else _ways),
        elsewhen=time is not None and _elsewhen(time, best),
        read=best.signals.read,
    )


def _asks_about_something(question: str) -> bool:
    return any(not ASKING.issuperset((word,)) and word.isalpha() for word in words(question))


def _elsewhen(time: Time, best: Candidate) -> bool:
    published = best.hit.article.published
    return elsewhen(time, best.text, published.date() if published else None)


def _unnamed(question: str, best: Candidate, ways: Callable[[str], Sequence[str]]) -> bool:
    """Say whether a name of the question is told in none of the ways to say it, if it has any."""
    told = folded(f"{best.hit.article.title}\n{best.hit.passage.text}")
    said = map(ways, named_in(question))
    return any(own and not any(word in told for word in own) for own in said)


def _ways(name: str) -> Sequence[str]:
    """Return the parts of a name of which one is enough: 上海 of 上海市, "Gong" of "Gong Zheng"."""
    return name.split() if name.isascii() else (name, name.rstrip("省市县区"))


def _translated(dictionary: Dictionary, name: str) -> Sequence[str]:
    """Return an English name and its Chinese ones, 上海 of "Shanghai"; nothing if it has none."""
    known = map(folded, dictionary.chinese(map(stem, name.split()))) if name.isascii() else ()
    chinese = [*filter(is_name, known)]
    return (name, *chinese) if chinese else ()
