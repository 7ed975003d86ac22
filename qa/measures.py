"""A ranked list and what was relevant to a number: the measures of the field."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence


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


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a positive outranks a negative, ties half (Mann and Whitney 1947)."""
    ordered = sorted(negative)
    below = sum(_rank(ordered, value) for value in positive)
    return below / (len(positive) * len(negative))


def _rank(ordered: Sequence[float], value: float) -> float:
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2
