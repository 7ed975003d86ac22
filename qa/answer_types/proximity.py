"""The parts of a sentence that could answer, to the one that does, or none where that is unsure."""

import math
import re

from qa.answer_types.part import Part
from qa.lexical import ASKING, stem
from qa.types import Span

NEARNESS = 1.75
"""Weight of a part's nearness to the question's own words, beside how well it fits."""

LEAD = 0.25
LEAD_OF_NAMES = 0.5
"""By how much the best part must lead the next. With .5 instead of .25 a sixth to a fifth of the
names are marked no more; of the rest .85 instead of .82 are right where CMRC asks for persons, .81
instead of .72 where SQuAD does; of places .01 more."""

_WORD = re.compile(r"[a-z]+|\d+")
_PAIR = re.compile(r"(?=([\u4e00-\u9fff]{2}))")
_ASKING_PAIRS = re.compile(r"什么|多少|哪[一-鿿]|为何|怎[么样]|如何|何[时处地]|时候")


def nearest(graded: list[tuple[Part, float]], asked: str, low: str, name: bool) -> Span | None:
    """Return the part that fits best and stands nearest to the question's words; both folded.

    None if another does nearly as well, or if it is a `name` in a sentence that has no word of the
    question.
    """
    said = _said(asked, low)
    if name and not said:
        return None
    lead = LEAD_OF_NAMES if name else LEAD
    reach = 30 if low.isascii() else 10  # characters: some five words
    scores = sorted(
        (
            (grade + NEARNESS * _nearness(part.span, said, reach), part.span)
            for part, grade in graded
        ),
        reverse=True,
    )
    if not scores or (len(scores) > 1 and scores[0][0] - scores[1][0] < lead):
        return None
    return scores[0][1]


def _nearness(span: Span, said: list[int], reach: int) -> float:
    """Return about 0 to 2: the question's characters on both sides, nearer ones counting more."""
    away = (span.start - at if at < span.start else at - span.end + 1 for at in said)
    return sum(math.exp(-distance / reach) for distance in away if distance > 0) / reach


def _said(asked: str, low: str) -> list[int]:
    """Return which characters of a sentence the question says: words, numbers, pairs of Han."""
    words = {stem(word) for word in _WORD.findall(asked)} - ASKING
    pairs = set(_PAIR.findall(_ASKING_PAIRS.sub(" ", asked)))
    said = {
        at for word in _WORD.finditer(low) if stem(word[0]) in words for at in range(*word.span())
    }
    for pair in _PAIR.finditer(low):
        if pair[1] in pairs:
            said |= {pair.start(), pair.start() + 1}
    return sorted(said)
