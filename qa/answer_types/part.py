"""A part of a sentence, and what its form tells of it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from qa.types import Span


class Part(NamedTuple):
    """A part of a sentence that may answer.

    Attributes:
        unit: of a number what it counts, of a time how fine it is, else empty.
        sure: whether its form is that of the kind of answer, or only allows it: a woman with a name
            against "the doctor", a date against "after the war".
        change: of a number, whether something grew or fell by it.
    """

    span: Span
    unit: str = ""
    sure: bool = True
    change: bool = False


def disjoint(parts: list[Part]) -> list[Part]:
    """Return the parts in order without those that overlap a surer one, or a longer before it."""
    kept: list[Part] = []
    for part in sorted(parts, key=lambda one: (not one.sure, one.span.start - one.span.end)):
        if all(
            part.span.end <= other.span.start or other.span.end <= part.span.start for other in kept
        ):
            kept.append(part)
    return sorted(kept)


_JOINED = re.compile(r"\s?(?:[、,]|和|与|以?及|\band\b)(?:\s?and\b)?\s?")


def enumerated(parts: Sequence[Part], low: str) -> list[Part]:
    """Return the runs of disjoint parts that are told side by side, each as one part."""
    runs: list[list[Part]] = []
    for part in parts:
        if runs and _JOINED.fullmatch(low, runs[-1][-1].span.end, part.span.start):
            runs[-1].append(part)
        else:
            runs.append([part])
    return [
        Part(Span(run[0].span.start, run[-1].span.end), sure=any(one.sure for one in run))
        for run in runs
        if len(run) > 1
    ]
