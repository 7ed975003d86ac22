"""English text to its names, which are runs of capitalised words, and what each looks like."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from qa.types import Span


class Name(NamedTuple):
    """A run of capitalised words.

    Attributes:
        titled: whether a title or "by" comes before.
        placed: whether a preposition of place comes before.
        body: whether it has a word that names of organisations have.
        abode: whether it has a word that names of places have.
        plain: whether it is none of these, nor an adjective, nor a sentence's mere first word.
    """

    span: Span
    titled: bool
    placed: bool
    body: bool
    abode: bool
    plain: bool


# Chinese goes on without a blank, and is no part of the name: "Galor和Zeira指出".
_LETTER = r"[^\W\u4e00-\u9fff]"
_CAPITAL = rf"[A-ZÀ-Þ](?:{_LETTER}|[’'&-]|\.(?={_LETTER}))*\.?"
_RUN = re.compile(
    rf"(?<!\w){_CAPITAL}"
    rf"(?:\s(?:(?:of|the|de|van|von|der|la|du|da|al|bin|ibn|for|and the|of the)\s)?{_CAPITAL})*"
)
_LEADING = """
the a an it he she they we you i this that these those there its his her their our my your in on at
by to for from with as if when while after before since until once but and or so yet however
meanwhile also although though because some many most all no not both each only then now here what
who why how where which during under over between among about one two three mr mrs ms dr january
february march april may june july august september october november december monday tuesday
wednesday thursday friday saturday sunday according despite several another such other new of first
second third unlike early late more mondays tuesdays wednesdays thursdays fridays saturdays sundays
"""
_COMMON = frozenset(_LEADING.split())
_BODY = re.compile(
    r"\b(?:Inc|Corp|Co|Ltd|LLC|PLC|Company|Corporation|Group|Bank|University|College|School"
    r"|Institute|Ministry|Department|Party|Committee|Commission|Council|Agency|Union|Association"
    r"|Organi[sz]ation|Court|Parliament|Congress|Senate|Church|Museum|Hospital|Club|United|FC|Army"
    r"|Navy|Foundation|Office|Bureau|Board|League|Press|Times|Authority|Service|Society|Team"
    r"|Academy)\b|^[A-Z]{2,6}$"
)
_ABODE = re.compile(
    r"\b(?:City|River|Lake|Mountains?|Islands?|Street|Avenue|Road|Valley|Bay|Sea|Ocean|Park|Square"
    r"|County|Province|District|Kingdom|Republic|States|Stadium|Palace|Castle|Bridge|Airport|Hall"
    r"|House|Centre|Center|Fort|University|Museum|School|Coast)\b"
)
_DEMONYM = re.compile(r"(?:ish|ese|[ie]ans?|French|Dutch|German|Greek|Muslim|Jews)$")
_AT = re.compile(
    r"\b(?:in|at|near|from|to|through|across|outside|around|into|towards?|between|of)\s(?:the\s)?"
    r"(?:(?:north|south|east|west|central)(?:ern)?\s)?$"
)
_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sir|Prof|President|King|Queen|Emperor|Minister|Senator|General|Pope|Lord"
    r"|Captain|Secretary|Chairman|Mayor|Governor|by)\.?\s$"
)


def names(text: str) -> Iterator[Name]:
    """Yield the names, without common words at their beginning."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        words = match[0].split()
        while words and words[0].rstrip(".").lower() in _COMMON:
            start += len(words.pop(0)) + 1
        end = start + len(_TAIL.sub("", text[start:end]))
        if words and end > start and any(word[0].isupper() for word in words):
            yield _name(text, Span(start, end), alone=len(words) == 1)


_TAIL = re.compile(r"(?:['’]s?|[.,])+$")


def _name(text: str, span: Span, alone: bool) -> Name:
    told, before = span.of(text), text[max(0, span.start - 24) : span.start]
    titled, placed = bool(_TITLE.search(before)), bool(_AT.search(before))
    body, abode = bool(_BODY.search(told)), bool(_ABODE.search(told))
    first = alone and not text[: span.start].strip()
    plain = not (placed or body or abode or first or _DEMONYM.search(told))
    return Name(span, titled, placed, body, abode, plain)
