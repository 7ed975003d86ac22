"""A question that asks for a value to what that value is of."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from qa.concepts import read_concepts
from qa.conflicts.vocabulary import COMMON, GENERIC, TIME, kinds, widened
from qa.dictionary import Dictionary
from qa.lexical import SOUND, Concept, words
from qa.simplified import normal
from qa.types import Period
from qa.values.modifiers import GROWTH, is_target
from qa.values.quantities import unit_after, without_unit


@dataclass(frozen=True, slots=True)
class AskedValue:
    """What a question that asks for a value asks.

    Attributes:
        weights: its concepts, each with its weight.
        head: the concepts that say what is counted; the words beside an answering value tell half
            of them or more. None if the question names nothing else: "what is the profit?" could
            mean anyone's.
        unit: the unit it names (多少人, "how many people"), empty if none.
        change: whether it asks by how much something grew or fell.
        target: whether it asks for a plan.
        kinds: what it says of the kind of number: 人均, 核心, "average".
        period: the time it asks about, if any.
    """

    weights: Mapping[Concept, float]
    head: frozenset[Concept]
    unit: str
    change: bool
    target: bool
    kinds: frozenset[str]
    period: Period | None

    def share(self, tokens: Collection[str]) -> float:
        """Return what share of the question, by weight, these words tell."""
        told = frozenset(tokens)
        total = sum(self.weights.values()) or 1.0
        return sum(weight for one, weight in self.weights.items() if tells(told, one)) / total

    def names(self, tokens: Collection[str]) -> bool:
        """Say whether these words name what is counted."""
        told = frozenset(tokens)
        return bool(self.head) and 2 * sum(tells(told, one) for one in self.head) >= len(self.head)

    def unasked(self, tokens: Collection[str]) -> frozenset[str]:
        """Return the words that say something the question does not; none that any number has."""
        asked = {token for one in self.weights for phrase in one for token in phrase}
        return frozenset(
            token
            for token in tokens
            if token not in asked
            and (token[:-1] not in asked or token[-1] not in _PLACES)
            and _says(token)
            and (token.isdecimal() or (len(token) > 1 and not TIME.search(token)))
        )


def asked_value(
    question: str, weights: Mapping[Concept, float], period: Period | None, dictionary: Dictionary
) -> AskedValue:
    """Return what value a question asks for; `period` is the time it speaks of, if any."""
    question = normal(question)
    named = _HOW_MANY.search(question)
    after = question[named.end() :] if named else ""
    # The unit is compared as such, the time by its days.
    apart = COMMON.union(words(after.removesuffix(without_unit(after))))
    return AskedValue(
        {
            widened(one): weight
            for one, weight in weights.items()
            if apart.isdisjoint(one[0]) and not TIME.search(one[0][-1])
        },
        _head(question, dictionary),
        unit_after(after),
        GROWTH.search(question) is not None,
        is_target(question),
        kinds(question),
        period,
    )


def tells(tokens: frozenset[str], concept: Concept) -> bool:
    """Say whether these words say a concept in one of its ways."""
    return any(tokens.issuperset(phrase) for phrase in concept)


_HOW_MANY = re.compile(r"多少|几(?![乎何])|\bhow many\b", re.IGNORECASE)
_NOUN = (
    r"(?P<noun> .+?)(?= (?:did|do|does|were|was|are|is|has|have|had|will|would|can|of|in|for|at|on"
    r"|during|by|last|this|reported|after)\b|[?,]|$)"
)
_HOW_MUCH = re.compile(rf"\bhow (?:many|much){_NOUN}", re.IGNORECASE)
_WHAT = re.compile(rf"\bwhat(?:'s| (?:is|was|were|are|will be)){_NOUN}", re.IGNORECASE)
_NOUN_ENDS = re.compile(r"[的了和与及（，、？?！：。\s]")
_PLACES = "省市县州区国"
"""What follows the name of a place: 夏威夷州 is 夏威夷."""
_VERBS = re.compile("(?:[是为达到有了约会已超破近逾致至满均共]|突破|[？?])*$")


def _head(question: str, dictionary: Dictionary) -> frozenset[Concept]:
    noun, rest = _noun(question)
    naming, others = _naming(noun), _naming(rest)
    if not naming:
        naming, others = others[-1:], others[:-1]
    elif not others:
        naming, others = naming[-1:], naming[:-1]
    return frozenset(map(widened, read_concepts(naming, dictionary))) if others else frozenset()


def _noun(question: str) -> tuple[str, str]:
    """Return the words that name what is counted, and the others.

    They follow 多少 and "how many"; they end what stands after "what was".
    """
    if found := _HOW_MUCH.search(question):
        return found["noun"], question.replace(found[0], " ")
    if found := _WHAT.search(question):
        return "", f"{question.replace(found[0], ' ')} {found['noun']}"
    asked = _HOW_MANY.search(question)
    if asked is None:
        return "", _VERBS.sub("", question)
    after = _NOUN_ENDS.split(without_unit(question[asked.end() :]))[0]
    return after, _VERBS.sub("", question[: asked.start()])


def _naming(text: str) -> list[str]:
    """Return the words that name something: no times, growth, nor what is said of any number."""
    return [
        word
        for word in words(text)
        if _says(word)
        and word not in GENERIC
        and not TIME.search(word)
        and not GROWTH.fullmatch(word)
    ]


def _says(token: str) -> bool:
    return token not in COMMON and not token.startswith(SOUND)
