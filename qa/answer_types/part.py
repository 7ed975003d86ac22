"""A part of a sentence, and what its form tells of it."""

from typing import NamedTuple

from qa.types import Span


class Part(NamedTuple):
    """A part of a sentence that may answer.

    Attributes:
        unit: of a number what it counts, of a time how fine it is, else empty.
        sure: whether its form is that of the kind of answer, or only allows it: a woman with a name
            against "the doctor", a date against "after the war".
    """

    span: Span
    unit: str = ""
    sure: bool = True


def disjoint(parts: list[Part]) -> list[Part]:
    """Return the parts in order without those that overlap a surer one, or a longer before it."""
    kept: list[Part] = []
    for part in sorted(parts, key=lambda one: (not one.sure, one.span.start - one.span.end)):
        if all(
            part.span.end <= other.span.start or other.span.end <= part.span.start for other in kept
        ):
            kept.append(part)
    return sorted(kept)
