"""A sentence of an article -> what is read of it, which tells what it speaks of.

News names its subject once and goes on with "it", 该公司, "the latter". So a sentence is read under
its article's title and date, and one that leans on the sentence before it behind that one.
"""

import re

from qa.passages import embedded_text
from qa.simplified import folded
from qa.types import Article

MOST_BEFORE = 240
"""UTF-8 bytes of the sentence before that are read, its end: 80 Chinese characters, or 40 English
words. More tells the reader no more, and takes it longer."""

_LEANS = re.compile(
    r"[“「\"]?(?:他|她|它|其|该|此|这|那|前者|后者|两者|当时|同年|当年|同时|随后|之后|后来|最终|结果"
    r"|也|并|但|而|因此|于是|然后|然而|不过|另外|对此|由于此|甚至|有"
    r"|(?:He|She|It|They|His|Her|Its|Their|This|That|These|Those|Such|Both|Another|There"
    r"|But|And|Also|However|Instead|Then|Thus|Therefore|In addition"
    r"|The (?:former|latter|same|two|new|company|city|group|plan|team|area))\b)",
    re.IGNORECASE,
)
"""Pronouns and connectives, of which the sentence before tells what they stand for."""


def leans(sentence: str) -> bool:
    """Say whether a sentence begins with what the one before it explains."""
    return _LEANS.match(folded(sentence)) is not None


def in_context(article: Article, number: int) -> tuple[str, int]:
    """Return what is read of sentence `number`, which ends it, and where in that it begins."""
    own = article.sentences[number]
    sentence, before = own.of(article.text), ""
    if number and leans(sentence):
        before = _end(article.text[article.sentences[number - 1].start : own.start])
    text = embedded_text(article, before + sentence)
    return text, len(text) - len(sentence)


def _end(text: str) -> str:
    """Return as much of the end of a text as is read."""
    return text.encode()[-MOST_BEFORE:].decode(errors="ignore")
