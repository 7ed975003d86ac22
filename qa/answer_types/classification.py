"""A question to the kind of answer it wants: a number of people, a year, a person, a reason."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from qa.answer_types.question_words import (
    CHINESE,
    CLASSIFIERS,
    ENGLISH,
    GRAINS,
    MEASURED,
    NOUNS,
    AnswerType,
)
from qa.lists import asks_for_several
from qa.simplified import folded
from qa.values.modifiers import GROWTH, is_target
from qa.values.units import kind_of

Aspect = Literal["", "target", "result"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question wants.

    Attributes:
        type: the kind of answer.
        units: what a number should count, by the kinds of `Unit`, or the word that stands for it
            in the question (家, "teams"); of a time, how fine it should be: clock, day, month, year
            or age. Any of them will do; empty: the question does not tell.
        aspect: whether what is planned is asked for, or what was reached.
        change: whether a number is wanted by which something grew or fell.
    """

    type: AnswerType
    units: frozenset[str] = frozenset()
    aspect: Aspect = ""
    change: bool = False


# What is asked for by "what" or "which": the last word before the verb.
_NOUN = re.compile(
    r"\b(?:what|which)\s(?P<of>(?:types?|kinds?|sorts?|forms?|names?) of\s)?"
    r"(?P<noun>(?:[\w'’-]+\s){0,4}?[\w'’-]+)"
    r"(?=\s(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|may|might|should"
    r"|of|in|to|for|that|on|by|at|with|from)\b|[?,]|$)"
)
_BE = re.compile(
    r"\b(?:what|which)(?:['’]s|\s(?:is|are|was|were))\s(?:the|its|their|his|her)\s"
    r"(?P<noun>(?:[\w'’-]+\s){0,4}?[\w'’-]+)"
    r"(?=\s(?:of|in|for|that|on|by|at|with|from|to|who|when|where)\b|[?,]|$)"
)
_KIND_OF_NOUN = {noun: kind for kind, nouns in NOUNS.items() for noun in nouns.split()}

# Somebody named: the answer is what they are, but of "the author" the name.
_DEFINED = re.compile(
    r"^[^，,的]{1,20}(?<![者人长長家员員手师師父母亲親友官王后统統理席练練授民子军軍名])"
    r"(?:是[谁誰]|是什[么麼]人|是何人)[?？]?$"
    r"|^[Ww]ho (?:is|was|are|were) (?:[A-Z]\S*\s?)+\?*$"
)


DURATIONS = frozenset(("year", "month", "week", "day", "hour", "minute", "second"))
_PLANNED = frozenset(
    (AnswerType.NUMBER, AnswerType.DATE, AnswerType.LIST, AnswerType.YES_NO, AnswerType.OTHER)
)


@lru_cache(maxsize=256)
def wanted(question: str) -> Wanted:
    """Return what a question wants.

    >>> wanted("How many people live in Shanghai?").units
    frozenset({'people'})
    >>> wanted("上海2025年的生产总值目标是多少？").aspect
    'target'
    """
    asked = folded(question).strip()
    kind = AnswerType.OTHER if _DEFINED.search(question.strip()) else _kind(asked)
    if kind in (AnswerType.OTHER, AnswerType.YES_NO) and asks_for_several(asked):
        kind = AnswerType.LIST
    units = frozenset[str]()
    if kind == AnswerType.NUMBER:
        units = _counted(asked)
    elif kind == AnswerType.DATE:
        units = frozenset(grain for grain, pattern in _FINE if pattern.search(asked))
    aspect = aspect_of(asked) if kind in _PLANNED else ""
    change = kind == AnswerType.NUMBER and GROWTH.search(asked) is not None
    return Wanted(kind, units, aspect, change)


def _kind(asked: str) -> AnswerType:
    for kind, pattern in _RULES:
        if pattern.search(asked):
            return kind
    for pattern in (_NOUN, _BE):
        if (found := pattern.search(asked)) and not found.groupdict().get("of"):
            words = found["noun"].split()
            if words[-1] == "area" and pattern is _BE:
                return AnswerType.NUMBER  # "what is the area", but "which area"
            # "Which fast train", and "which train goes to": there the verb is no auxiliary.
            kinds = (_KIND_OF_NOUN.get(word) for word in (words[-1], words[0]))
            if asked_for := next(filter(None, kinds), None):
                return asked_for
    return AnswerType.OTHER


_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in (*CHINESE, *ENGLISH))

_MEASURES = tuple((unit, re.compile(pattern)) for unit, pattern in MEASURED)
_COUNTED = re.compile(
    r"(?:多少|几)(?P<zh>[^\W\da-z]{1,4})"
    r"|\bhow many (?:(?:more|of|the|other|different|new|total|thousand|million|billion) )*"
    r"(?P<en>[a-z-]+(?: [a-z-]+){0,2})"
)
_PEOPLE = re.compile(r".[员工生众客民者兵]")  # 员工, 学生, 观众
_FINE = tuple((grain, re.compile(pattern)) for grain, pattern in GRAINS)


def _counted(asked: str) -> frozenset[str]:
    """Return what a question that asks for a number counts."""
    if "第几" in asked:
        return frozenset(["rank"])
    if (found := _COUNTED.search(asked)) and (unit := _unit(found["zh"], found["en"])):
        return frozenset([unit])
    units = {unit for unit, pattern in _MEASURES if pattern.search(asked)}
    if "ratio" in units:  # of incomes or of people, it is told in percent
        return frozenset(["percent"])
    return frozenset(units - {"duration"} | DURATIONS if "duration" in units else units)


def _unit(han: str | None, english: str | None) -> str:
    """Return the unit that words after 多少 or "how many" begin with, or what stands for one."""
    if han := (han or "").lstrip("百千万亿"):
        if _PEOPLE.match(han):
            return "people"
        units = (kind_of(han[:end]) for end in range(len(han), 0, -1))
        return next(filter(None, units), han[0] if han[0] in CLASSIFIERS else "")
    words = (english or "").split()
    units = (kind_of(" ".join(words[:end])) for end in range(len(words), 0, -1))
    return next(filter(None, (*units, *(word for word in words if word.endswith("s")))), "")


_RESULT = re.compile(
    r"完成|实现|达到|达成|实际|录得|\b(?:achieved?|reach(?:ed)?|actual(?:ly)?|completed?|attained?|met)\b"
)


def aspect_of(low: str) -> Aspect:
    """Return whether a folded text speaks of a plan or of a result; empty if of neither."""
    return "target" if is_target(low) else "result" if _RESULT.search(low) else ""
