"""A question laid over a sentence: the gap that its asking word leaves there."""

import re
from collections.abc import Iterator

from qa.lexical import ASKING, stem
from qa.types import Span

LONGEST = 24
"""Characters of Chinese, of English two and a half times as many: more is no short answer."""

_ASKED = re.compile(
    r"什么(?:样的?)?|哪[一些个两三几]*[个种类项座部本条家所位支国里]?|怎样的?|何[种处地人]?|谁|多少"
)
_HAN = re.compile(r"[\u4e00-\u9fff《》「」a-z0-9·]+")
_LOOSE = "是叫为作了的在于以被由把与和过着用做即有到"
_ASIDE = r"(?:\s|（[^（）]*）|\([^()]*\))*"
_LINK = r"(?:主要|通常|一般|[则就便而被也又还都曾即了的是为叫称作做名在于有由以与和到：“])\s*"
_JOINING = re.compile(f"{_ASIDE}(?:{_LINK})*")
_CLAUSE = re.compile(
    r"(?:“[^”]*”|（[^）]*）(?![，,。；;：:！!？?]|$)|[^，,。；;：:！!？?（）()“”])*"
)


def gap(asked: str, low: str) -> Span | None:
    """Return what follows in a sentence where in the question the asking word does; both folded.

    >>> gap("1885年明治政府将太政官制改为什么？", "明治政府在1885年将太政官制改为内阁制度。")
    Span(start=17, end=21)
    """
    found = next(_english(asked, low) if asked.isascii() else _chinese(asked, low), None)
    limit = LONGEST if not low.isascii() else 5 * LONGEST // 2
    if found and 2 <= found.end - found.start <= min(limit, 4 * len(low) // 5):
        return found
    return None


def _chinese(asked: str, low: str) -> Iterator[Span]:
    word = _ASKED.search(asked)
    if word is None:
        return
    before = re.split("[，,]", asked[: word.start()])[-1]
    after = asked[word.end() :].strip("？? ")
    # As it is written, the verb with it (改为), or without: 前身是, then 前身为.
    for lead, shortest in ((before, 3), (before.rstrip(_LOOSE), 2)):
        for length in range(min(8, len(lead)), shortest - 1, -1):
            said = lead[-length:]
            if _HAN.fullmatch(said) and low.count(said) == 1:
                joining = _JOINING.match(low, low.index(said) + length)
                start = joining.end() if joining else 0
                end = _end(low, start, after)
                if end - start >= 2:
                    yield Span(start, end)


def _end(low: str, start: int, after: str) -> int:
    """Return where the gap ends: where the question goes on, or the clause does not."""
    end = clause.end() if (clause := _CLAUSE.match(low, start)) else start
    for length in range(min(6, len(after)), 1, -1):
        at = low.find(after[:length], start, end)
        if at > start:
            return at
    return end


_WORD = re.compile(r"[a-z][\w'’-]*")
_NAMED = re.compile(
    r"\b(?:called|named|known as|termed|referred to as)\s(?:as\s|the\s|an?\s|[\"“])*"
)
_DOES = re.compile(r"^(?:\w+ )?(?:what|which|who|whom)\b.{0,40}? (?:did|do|does) (?P<rest>.+)")
_WITH = re.compile(r"\b(?P<verb>[a-z]+) (?P<by>by|with|from|to|on|for|in|of|as|into)\W*$")
_PREPOSITION = re.compile(
    r"\s(?:in|on|at|to|from|with|for|by|as|of|during|after|before|into|about|between|among)\s.*"
)
_PHRASE_END = re.compile(
    r"[,.;:!?()\"”]|\s(?:in|on|at|by|when|which|that|who|where|while|after|before|during|because"
    r"|since|from|with|but|if|for|as)\s|$"
)
_ARTICLES = re.compile(r"\s*(?:(?:the|an?|that|to|of|by|with|for|as|both)\s)*")


def _english(asked: str, low: str) -> Iterator[Span]:
    """Yield what follows "called", or the question's verb, where that stands but once."""
    if not re.match(r"(?:\w+ )?(?:what|which|who|whom)\b", asked):
        return
    if re.search(r"\b(?:called|named|known as|termed|name of)\b", asked):
        named = list(_NAMED.finditer(low))
        if len(named) == 1:
            yield _phrase(low, named[0].end())
    elif does := _DOES.match(asked):
        verbs = _WORD.findall(_PREPOSITION.sub("", does["rest"]))
        yield from _following(verbs[-1:], "", low)
    elif ends := _WITH.search(asked):
        yield from _following([ends["verb"]], ends["by"], low)


def _following(verbs: list[str], preposition: str, low: str) -> Iterator[Span]:
    roots = {stem(verb) for verb in verbs} - ASKING
    ends = [word.end() for word in _WORD.finditer(low) if stem(word[0]) in roots]
    if len(ends) == 1 and low[ends[0] :].lstrip().startswith(preposition):
        yield _phrase(low, ends[0])


def _phrase(low: str, start: int) -> Span:
    lead = _ARTICLES.match(low, start)
    start = lead.end() if lead else start
    end = _PHRASE_END.search(low, start)
    return Span(start, end.start() if end else len(low))
