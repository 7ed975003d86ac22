"""Rankings and confidences, and what was right, to numbers: the measures of the field."""

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

_SIGNS = re.compile(r"[^\w\s]|_")
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_ARTICLES = frozenset({"a", "an", "the"})


def ndcg(found: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    """Return normalised discounted cumulative gain (Jarvelin and Kekalainen 2002), gains 0 or 1."""
    gain = sum(1 / math.log2(at + 2) for at, id in enumerate(found[:depth]) if id in relevant)
    ideal = sum(1 / math.log2(at + 2) for at in range(min(depth, len(relevant))))
    return gain / ideal


def hit(found: Sequence[str], relevant: frozenset[str], depth: int) -> bool:
    """Say whether a relevant article is among the first `depth`."""
    return not relevant.isdisjoint(found[:depth])


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str]) -> float:
    """Return 1 / the rank of the first relevant article, 0 if there is none."""
    return next((1 / rank for rank, id in enumerate(found, 1) if id in relevant), 0.0)


def recall(found: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    """Return the share of the relevant articles among the first `depth`."""
    return len(relevant.intersection(found[:depth])) / len(relevant)


def overlap_f1(told: str, answers: Iterable[str]) -> float:
    """Return the F1 of the tokens told against those of a known answer, the best over the answers.

    As SQuAD 1.1 has it (Rajpurkar et al. 2016): tokens in any order, without case, punctuation and
    English articles. Each Chinese character is a token, as in CMRC 2018 (Cui et al. 2019), whose
    own score counts the longest run in common only.
    """
    own = _tokens(told)
    return max((_f1(own, _tokens(answer)) for answer in answers), default=0.0)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a positive outranks a negative, ties half (Mann and Whitney 1947)."""
    ordered = sorted(negative)
    below = sum(_rank(ordered, value) for value in positive)
    return below / (len(positive) * len(negative))


def selective_risks(confidences: Sequence[float], right: Sequence[bool]) -> list[float]:
    """Return the risk-coverage curve of selective answering (El-Yaniv and Wiener 2010).

    For each question, the surest first: the share of wrong ones among those answered with at least
    its confidence. Questions of equal confidence, which no threshold parts, share one value.
    """
    risks: list[float] = []
    wrong = 0
    ordered = sorted(zip(confidences, right, strict=True), reverse=True)
    for _, equals in groupby(ordered, key=itemgetter(0)):
        misses = [not good for _, good in equals]
        wrong += sum(misses)
        risks += [wrong / (len(risks) + len(misses))] * len(misses)
    return risks


def risk_at(risks: Sequence[float], percent: int) -> float:
    """Return the risk where so many percent of the questions are answered, or just more."""
    return risks[-(-percent * len(risks) // 100) - 1]


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Return the expected calibration error (Guo et al. 2017), in bins of equal width.

    That is how far the mean confidence of a bin lies from its share of right ones, on average over
    the questions.
    """
    gaps = [0.0] * bins
    for confidence, good in zip(confidences, right, strict=True):
        gaps[min(int(confidence * bins), bins - 1)] += confidence - good
    return sum(map(abs, gaps)) / len(confidences)


def _tokens(text: str) -> Counter[str]:
    tokens = _TOKEN.findall(_SIGNS.sub("", text.lower()))
    return Counter(token for token in tokens if token not in _ARTICLES)


def _f1(told: Counter[str], known: Counter[str]) -> float:
    common = (told & known).total()
    return 2 * common / (told.total() + known.total()) if common else 0.0


def _rank(ordered: Sequence[float], value: float) -> float:
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2
