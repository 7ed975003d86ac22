"""Question and sentence to the part that answers, by the kind of answer that is wanted.

Rules over text alone, made on one half of the texts and measured on the other. The sentence that
answers fits better than another of its text (AUROC) with .89 where a number is wanted, .78 a time,
.71 a reason, .68 a place and .65 a person in Chinese (CMRC 2018, 1,419 questions of all kinds);
.82, .84, .74, .59 and .60 in English (SQuAD 2, 1,313); .73 and .77 for numbers and times across
(XQuAD, 37 and 19 questions). In the right sentence a part is marked for .41, .27 and .13 of the
questions, and .94, .84 and .86 of these parts overlap the answer. Of the marks in whatever the
engine quotes .72 are right (119, for 185 questions about news, whose errors were learnt from).

To choose among the parts by the tokens' vectors too was right as often inside a language, and for
.64 instead of .60 across (on some 55 questions): they are left out.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from qa.answer_types.classification import Wanted, aspect_of, wanted
from qa.answer_types.clauses import items, reasons
from qa.answer_types.entities import named_in, organisations, persons, places, tells_a_thing, works
from qa.answer_types.gaps import gap
from qa.answer_types.numeric import numbers, times
from qa.answer_types.part import Part, disjoint, enumerated
from qa.answer_types.proximity import nearest
from qa.answer_types.question_words import AnswerType
from qa.lists import asks_for_several
from qa.numbers import in_digits
from qa.simplified import folded
from qa.text import without_titles
from qa.types import Span

__all__ = ["AnswerType", "Wanted", "fits", "marked", "named_in", "wanted"]

UNSURE = 0.5
NO_UNIT = 0.5
OTHER_UNIT = 0.2
OTHER_ASPECT = 0.7
"""What a sentence fits, of 1, if its part only may be of the kind, is a number of nothing named or
of something else, or if it tells of a result where a plan is asked for. Chosen, not fitted."""

SHORT = 0.8
"""Share of a sentence that a part may be, to be worth marking in it."""

_NAMED = frozenset((AnswerType.PERSON, AnswerType.PLACE, AnswerType.ORGANISATION, AnswerType.WORK))

_FINDERS: dict[AnswerType, Callable[[str, str], Iterable[Part]]] = {
    AnswerType.NUMBER: lambda _, low: numbers(without_titles(low)),
    AnswerType.DATE: lambda _, low: times(without_titles(low)),
    AnswerType.PERSON: persons,
    AnswerType.PLACE: places,
    AnswerType.ORGANISATION: organisations,
    AnswerType.WORK: works,
    AnswerType.REASON: lambda _, low: reasons(low),
    AnswerType.LIST: lambda _, low: items(low),
}


def fits(text: str, wanted: Wanted, question: str) -> float:
    """Return how well a sentence offers the kind of answer that is wanted, 0 to 1.

    Where the kind has no form to tell it by (OTHER, YES_NO) nothing speaks against a sentence: 1,
    unless a plan is asked for and it tells of a result, or the other way round.
    """
    best = 1.0
    if wanted.type in _FINDERS:
        best = max((_grade(one, wanted) for one in _parts(text, wanted, question)), default=0.0)
    aspect = aspect_of(folded(text)) if wanted.aspect else ""
    return best * (OTHER_ASPECT if aspect and aspect != wanted.aspect else 1.0)


def marked(text: str, wanted: Wanted, question: str) -> tuple[Span, ...]:
    """Return the part of a sentence that answers, to be marked in it; empty where that is unsure.

    It is the part nearest to the question's own words; of names, within the gap that the asking
    word leaves when the question is laid over the sentence, if there is one; where the kind has no
    form, that gap itself. Lists are not marked: what is told side by side mostly is of something
    else.
    """
    low, asked = folded(text), folded(question)
    between = gap(asked, low) if wanted.type in (*_NAMED, AnswerType.OTHER) else None
    if wanted.type == AnswerType.OTHER:
        part = "" if between is None else between.of(low)
        told = between and not _said(part, question) and tells_a_thing(part)
        return (between,) if between and told else ()
    found = _could_answer(_parts(text, wanted, question), low, wanted, question)
    if between:
        found = [part for part in found if _overlap(part.span, between)]
    least = NO_UNIT if wanted.type in (AnswerType.NUMBER, AnswerType.DATE) else 1.0
    graded = [(part, grade) for part in found if (grade := _grade(part, wanted)) >= least]
    best = nearest(graded, asked, low, name=wanted.type in _NAMED)
    return () if best is None or len(best.of(text)) > SHORT * len(text) else (best,)


def _could_answer(found: list[Part], low: str, wanted: Wanted, question: str) -> list[Part]:
    """Return those of the parts that are as many, or as much of a change, as is asked for."""
    if wanted.type == AnswerType.LIST:
        return []
    if wanted.type in _NAMED and asks_for_several(question):
        return enumerated(found, low)
    return [part for part in found if part.change] if wanted.change else found


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _parts(text: str, wanted: Wanted, question: str) -> list[Part]:
    finder = _FINDERS.get(wanted.type)
    if finder is None:
        return []
    low = folded(text)
    return disjoint(
        [
            part
            for part in finder(text, low)
            if part.span.of(text).strip() and not _said(part.span.of(low), question)
        ]
    )


def _grade(part: Part, wanted: Wanted) -> float:
    grade = 1.0 if part.sure else UNSURE
    if wanted.change and not part.change:
        grade *= OTHER_ASPECT
    if part.unit in wanted.units or (not wanted.units and part.unit != "rank"):
        return grade
    return grade * (OTHER_UNIT if part.unit else NO_UNIT)


def _said(part: str, question: str) -> bool:
    """Say whether a question says a part, both folded: its words, or all of its numbers."""
    asked, asked_numbers = _asked(question)
    part = part.strip()
    if part.isascii():
        if part in asked and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", asked):
            return True
    elif part in asked:
        return True
    told = _numbers(part)
    return bool(told) and asked_numbers.issuperset(told)


@lru_cache(maxsize=256)
def _asked(question: str) -> tuple[str, frozenset[str]]:
    """Return a question folded, and its numbers."""
    low = folded(question)
    return low, frozenset(_numbers(low))


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MAY_COUNT = re.compile(
    r"[\d〇零一二两三四五六七八九十百千万亿]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half)"
)


def _numbers(low: str) -> list[str]:
    return _NUMBER.findall(in_digits(low).replace(",", "")) if _MAY_COUNT.search(low) else []
