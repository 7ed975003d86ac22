"""The candidates to the probability that the best of them answers."""

import math
from collections.abc import Iterable, Iterator, Sequence
from operator import mul
from statistics import fmean
from typing import NamedTuple

from qa.answer_types import named_in
from qa.candidates import Candidate
from qa.dictionary import Dictionary
from qa.lexical import ASKING, stem, words
from qa.names import surname_sounds
from qa.offices import only_a_deputy
from qa.segmenter import part_of_speech
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
        deputy: whether the question asks who holds an office, and it tells only a deputy.
        read: the logit that it answers, as the reader sees it; 0 where there is none.
    """

    share: float
    match: float
    agreeing: float
    ahead: float
    across: bool
    unnamed: bool
    elsewhen: bool
    deputy: bool
    read: float = 0.0


COEFFICIENTS: tuple[float, ...] = (3.15, 22.9, 1.14, 17.2, 2.04, -2.5, -4.0, -4.0, 0.0)
BIAS = -8.74
"""A logistic regression on one half of the development questions, about half of which nothing
answers (`make fit`, 150 of each set and language). On the other half: AUROC .92 for whether the
sentence answers, expected calibration error .043. Those of names, times and deputies are set by
hand: among many articles the others tell as much, and few questions there name a time or ask for an
office; in a small corpus they cannot tell Beijing's plan from Shanghai's, nor the third quarter's
profit from the second's."""

READ_COEFFICIENTS: tuple[float, ...] = (2.37, 20.4, 0.82, 5.5, 0.99, -3.0, -4.0, -4.0, 0.21)
READ_BIAS = -6.59
"""The same where the built-in reader has read the sentences (110 of each set and language, none
that it learned from): AUROC .92, expected calibration error .04, each half by what was fitted on
the other. Of its logit two languages make no difference."""

THRESHOLD = 0.2
"""Confidence below which nothing is stated: an answer that is wrong costs a quarter of what a right
one is worth."""


_SURE = ("ns", "nrt")
"""Places and names from abroad: the segmenter's other names are words, too."""

_SLIPPED = 3
"""Characters of a Chinese name of which one may be a word of its own beside it."""


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
        unnamed=_unnamed(question, best, across, dictionary),
        elsewhen=time is not None and _elsewhen(time, best),
        deputy=only_a_deputy(question, language, best.text, dictionary),
        read=best.signals.read,
    )


def _asks_about_something(question: str) -> bool:
    return any(not ASKING.issuperset((word,)) and word.isalpha() for word in words(question))


def _elsewhen(time: Time, best: Candidate) -> bool:
    published = best.hit.article.published
    return elsewhen(time, best.text, published.date() if published else None)


def _unnamed(question: str, best: Candidate, across: bool, dictionary: Dictionary) -> bool:
    """Say whether something is told in none of the ways to say it that the question names."""
    told = folded(f"{best.hit.article.title}\n{best.hit.passage.text}")
    names = named_in(question)
    said = _translated(names, dictionary) if across else map(_ways, names)
    return any(not any(word in told for word in ways) for ways in said)


def _ways(name: str) -> Sequence[str]:
    """Return the parts of a name of which one is enough: 上海 of 上海市, "Gong" of "Gong Zheng".

    Of 和威尔 and 雨林中, which the segmenter takes for names, 威尔 and 雨林 are.
    """
    if name.isascii():
        return name.split()
    return (
        name,
        name.rstrip("省市县区"),
        *((name[1:], name[:-1]) if len(name) == _SLIPPED else ()),
    )


def _translated(names: Iterable[str], dictionary: Dictionary) -> Iterator[Sequence[str]]:
    """Yield the English names that have Chinese ones with these: "shanghai", 上海.

    Of a name that has none its words may: "shanghai's gdp"; but no surname is a place.
    """
    for name in filter(str.isascii, names):
        words = [word.removesuffix("'s") for word in name.replace("’", "'").split()]
        if ways := _chinese(words, dictionary):
            yield name, *ways
        else:
            alone = ((word, *_chinese([word], dictionary)) for word in words)
            yield from (ways for ways in alone if ways[1:] and ways[0] not in surname_sounds())


def _chinese(words: Iterable[str], dictionary: Dictionary) -> list[str]:
    known = map(folded, dictionary.chinese(map(stem, words)))
    return [word for word in known if part_of_speech(word) in _SURE]
