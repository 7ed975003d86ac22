"""Chinese text to its syllables in pinyin, as pypinyin reads it.

pypinyin keeps 47,111 phrases and 41,923 characters as Python's objects, which takes 0.16 s of each
start and 55 MB. Here they are a trie of 1 MB in a file that is mapped, and twice as fast.
"""

import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import marisa_trie

from qa.prepared import prepared

LAYOUT = 1
"""Raised when the file in the cache changes shape or content."""

LONGEST = 10
"""Characters of the longest phrase that has a reading of its own."""


def syllables(text: str) -> list[str]:
    """Return how each Chinese character is read, without its tone; what is not Chinese in one.

    It is pypinyin's `lazy_pinyin`, which reads the longest phrase that it knows at each place.

    >>> syllables("重庆, 重要"), syllables("女")
    (['chong', 'qing', ', ', 'zhong', 'yao'], ['nv'])
    """
    readings = _readings()
    found: list[str] = []
    at = foreign = 0
    while at < len(text):
        # A NUL divides keys from values inside the trie: it must not be asked for one.
        known = readings.prefixes(text[at : at + LONGEST].partition("\0")[0])
        if not known:
            at += 1
            continue
        if foreign < at:
            found.append(text[foreign:at])
        found += readings[known[-1]][0].decode().split()
        at += len(known[-1])
        foreign = at
    return [*found, text[foreign:]] if foreign < at else found


def spelt(word: str) -> str:
    """Return how a Chinese word is spelt in English, in one lower-case word.

    >>> spelt("吕梁")
    'luliang'
    """
    return "".join(syllables(word)).replace("v", "u")


@cache
def _readings() -> marisa_trie.BytesTrie:
    path = prepared(f"sounds-{version('pypinyin')}-{LAYOUT}.marisa", _prepare)
    return marisa_trie.BytesTrie().mmap(str(path))


def _prepare(path: Path) -> None:
    # Only here: reading its tables is what is to be done once.
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PHRASES_DICT, RE_HANS

    # Characters without a reading, too: they stand for themselves, and each alone.
    characters = (one for one in map(chr, range(sys.maxunicode + 1)) if RE_HANS.match(one))
    texts = {*PHRASES_DICT, *characters}
    trie = marisa_trie.BytesTrie((text, " ".join(lazy_pinyin(text)).encode()) for text in texts)
    trie.save(str(path))
