"""Questions that ask for several things, and the enumerations in articles that answer them."""

import re
from collections.abc import Sequence

from qa.types import Article

REACH = 8
"""Sentences from the beginning of one item to that of the next, at most."""

_SEVERAL = re.compile(
    r"哪些|哪几|哪幾|哪(?:[两兩二三四五六七八九十]|\d+)[个個项項大点點种種家位条條]"
    r"|有什[么麼]|分别是|分別是|包括什[么麼]|列出"
    r"|\b(?:what|which)\s+(?:are|were)\b|\blist\b|\bname\s+(?:the|all)\b"
    r"|\b(?:what|which)\s+(?:[\w-]+\s+){0,3}[\w-]+[^\Ws]s\s+(?:are|were|did|do|does|have|has|had|will"
    r"|would|can|could|may|should)\b",
    re.IGNORECASE,
)

_DIGITS = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_SPELT = {
    "首先": 1, "其次": 2, "再次": 3, "first": 1, "firstly": 1, "second": 2, "secondly": 2,
    "third": 3, "thirdly": 3, "fourth": 4, "fifth": 5, "sixth": 6,
}  # fmt: skip
_MARK = re.compile(
    rf"(?P<counted>[{_DIGITS}])是"
    rf"|第(?P<nth>[{_DIGITS}])(?=[，,、：:])"
    rf"|[（(](?P<inside>[{_DIGITS}]|\d{{1,2}})[)）]"
    rf"|(?P<headed>[{_DIGITS}])、"
    r"|(?P<number>\d{1,2})(?:[、．)）]|\.(?!\d))"
    rf"|(?P<circled>[{_CIRCLED}])"
    rf"|(?P<spelt>{'|'.join(_SPELT)})(?=[，,\s])"
    r"|(?P<dot>[-–•●◆■▪*])\s?(?=\S)",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Say whether a question asks for more than one thing.

    >>> asks_for_several("六大工程有哪些"), asks_for_several("what targets did Shanghai set")
    (True, True)
    >>> asks_for_several("净利润是多少"), asks_for_several("What is the address?")
    (False, False)
    """
    return _SEVERAL.search(question) is not None


def enumeration(article: Article, sentence: int) -> tuple[int, ...]:
    """Return the sentences that begin the items of the list a sentence stands in.

    The sentence that leads up to the list comes first, if there is one. Empty if the sentence
    neither stands in a list nor leads up to one.
    """
    texts = [span.of(article.text) for span in article.sentences]
    for first, text in enumerate(texts):
        if _mark(text)[1] != 1 and not _dotted(texts, first):
            continue
        items = _items(texts, first)
        leads = first > 0 and texts[first - 1][-1] in "：:"
        if len(items) > 1 and first - leads <= sentence <= items[-1]:
            return ((first - 1,) if leads else ()) + items
    return ()


def _items(texts: Sequence[str], first: int) -> tuple[int, ...]:
    kind, ordinal = _mark(texts[first])
    items = [first]
    at = first + 1
    while at < len(texts) and at - items[-1] <= REACH:
        if _mark(texts[at]) == (kind, ordinal + 1 if ordinal else 0):
            items.append(at)
            ordinal += bool(ordinal)
        elif not ordinal:  # dots have no number: the list ends where they end
            break
        at += 1
    return tuple(items)


def _dotted(texts: Sequence[str], at: int) -> bool:
    """Say whether a run of dotted items begins here."""
    return _mark(texts[at])[0] == "dot" and (at == 0 or _mark(texts[at - 1])[0] != "dot")


def _mark(text: str) -> tuple[str, int]:
    """Return the kind of mark that a sentence begins with and its number; 0 if it has none."""
    found = _MARK.match(text)
    if found is None or found.lastgroup is None:
        return "", 0
    sign = found[found.lastgroup].lower()
    if sign.isdecimal():
        return found.lastgroup, int(sign)
    for signs in (_DIGITS, _CIRCLED):
        if sign in signs:
            return found.lastgroup, signs.index(sign) + 1
    return found.lastgroup, _SPELT.get(sign, 0)
