"""A sentence to its clauses that tell why, and to things told side by side."""

import re
from collections.abc import Iterator

from qa.answer_types.part import Part
from qa.types import Span

_CLAUSE = r"[^，,。；;！!？?]"
_BECAUSE = re.compile(
    rf"(?:因为|由于|因(?![此而素])|为了|为(?=纪念|避免|防止)|鉴于|以便|旨在|目的是|归因于"
    rf"|原因(?:是|在于|为)){_CLAUSE}{{2,}}?"
    r"(?=[，,。；;！!？?]|所以|因此|因而|而(?!且)|故(?![事乡障宫])|$)"
    r"|\b(?:because|due to|as a result of|owing to|thanks to|in order to|so that|for fear)\s"
    r"[^,.;]{3,}"
)
_MAY_BE = re.compile(
    rf"(?:^|(?<=[，,。；;]))(?P<before>{_CLAUSE}{{3,}})[，,]?(?:所以|因此|因而|故(?![事乡障宫])|导致|以致|使得|从而)"
    r"|\b(?P<to>(?:to (?!the\b|a\b|an\b|his\b|its\b)[a-z]+|since|as)\s[^,.;]{3,})"
    r"|(?:^|(?<=[,.;] ))(?P<so>[^,.;]{3,})(?:, so|[,;] (?:hence|therefore|thus)"
    r"|, (?:resulting|causing|leading)|\b(?:caused|causes|led to|resulted in)\b)"
    r"|(?:[，]|^)(?P<for>以(?=[免求期防减增提加便])[^，。；]{3,})"
)


def reasons(low: str) -> Iterator[Part]:
    """Yield the clauses of a folded text that tell why."""
    for match in _BECAUSE.finditer(low):
        yield Part(Span(match.start(), match.end()))
    for match in _MAY_BE.finditer(low):
        yield Part(Span(*match.span(match.lastgroup or 0)), sure=False)


_THING = r"[^，,。；;：:、！!？?\s]"
_ITEMS = re.compile(
    rf"{_THING}{{1,20}}(?:、{_THING}{{1,20}})+"
    r"|\b[\w’'-]+(?: [\w’'-]+){0,3}(?:, (?:and |or )?[\w’' -]{2,30}){1,8},? (?:and|or)"
    r" [\w’'-]+(?: [\w’'-]+){0,2}"
)
_PAIR = re.compile(
    r"[^，,。；;：:、！!？?\s的]{2,12}[和与及][^，,。；;：:、！!？?\s的]{2,12}"
    r"|\b[\w-]+ and [\w-]+\b"
)


def items(low: str) -> Iterator[Part]:
    """Yield runs of things told side by side."""
    for match in _ITEMS.finditer(low):
        yield Part(Span(*match.span()))
    for match in _PAIR.finditer(low):
        yield Part(Span(*match.span()), sure=False)
