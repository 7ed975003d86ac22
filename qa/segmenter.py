"""Chinese text to words, and a word to what the segmenter's dictionary says of it: jieba.

jieba keeps its 349,045 words and whatever they begin with in a dict, which takes 0.6 s to read and
63 MB; the words' parts of speech would take another 0.24 s and 41 MB. Here both are a trie, read in
11 ms, of 6 MB, and cutting takes as long.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

import jieba
import marisa_trie
import numpy as np
from jieba import finalseg

from qa.prepared import prepared

LAYOUT = 1
"""Raised when the file in the cache changes shape or content."""

LONGEST = 16
"""Characters of the dictionary's longest word."""

REMEMBERED = 1_000
"""Pieces between two marks whose words are: for one question half of what is cut was cut before."""

KEPT = 5_000
"""Words remembered with those inside them, 1 MB."""

# What jieba cuts as one piece, and what is a word each; its twin in Rust is given Chinese alone.
_BLOCKS = re.compile("([\u4e00-\u9fd5a-zA-Z0-9+#&._%-]+)|(\r\n|.)", re.DOTALL)
_CHINESE = re.compile("[\u4e00-\u9fd5]+")
_LATIN_OR_ONE = re.compile("[a-zA-Z0-9]+|.")


def cut(text: str, *, unknown: bool = True) -> Iterator[str]:
    """Yield the words of a text; with `unknown` also such as the dictionary lacks.

    >>> list(cut("市长龚正")), list(cut("市长龚正", unknown=False))
    (['市长', '龚正'], ['市长', '龚', '正'])
    """
    for block, mark in _BLOCKS.findall(text):
        if mark:
            yield mark
        else:
            yield from _cut(block, unknown)


def cut_for_search(text: str) -> Iterator[str]:
    """Yield the words of a text, each behind those of two or three characters inside it.

    >>> list(cut_for_search("中小企业"))
    ['中小', '企业', '小企业', '中小企业']
    """
    rust = _in_rust[0] if _in_rust else None
    for block, mark in _BLOCKS.findall(text):
        if mark:
            yield mark
        elif rust and _CHINESE.fullmatch(block):
            yield from rust(block)
        else:
            for word in _cut(block, True):
                yield from _inside(word)
                yield word


def cut_in_bulk() -> None:
    """Have `cut_for_search` cut Chinese by jieba in Rust from now on, in a tenth of the time.

    That is worth its 0.1 s and 32 MB to who cuts thousands of passages, not to who answers. Of
    707,060 runs of news it cut one otherwise, between two that are equally likely.
    """
    import rjieba

    _in_rust[:] = [rjieba.cut_for_search]


_in_rust: list[Callable[[str], list[str]]] = []


def frequency(word: str) -> int:
    """Return how often the dictionary has counted a word; 0 for what it lacks."""
    return _words().get(word)


def part_of_speech(word: str, unknown: str = "") -> str:
    """Return the part of speech (n, ns, nr, v, ...) of a word; `unknown` of what has none.

    It is what `jieba.posseg` says of the dictionary's words, without its models.

    >>> part_of_speech("北京"), part_of_speech("Beijing")
    ('ns', '')
    """
    known = _words()
    key = known.keys_of.get(word)
    return unknown if key is None else known.tags[known.tag_of[key]]


def is_name(word: str) -> bool:
    """Say whether the dictionary has the word as a name: of a person, place, body or other thing.

    >>> is_name("北京"), is_name("目标")
    (True, False)
    """
    return len(word) > 1 and part_of_speech(word).startswith(("nr", "ns", "nt", "nz"))


@dataclass(frozen=True, slots=True)
class _Words:
    """The dictionary.

    Attributes:
        keys_of: each word's number.
        counts: by number; integers.
        weights: by number, the logarithm of its share in all that was counted.
        rarest: that of what was counted once.
        tag_of: by number, its part of speech in `tags`.
    """

    keys_of: marisa_trie.Trie
    counts: memoryview
    weights: memoryview
    rarest: float
    tag_of: memoryview
    tags: tuple[str, ...]

    def get(self, word: str) -> int:
        """Return how often a word was counted: 0 for what is none, as for a beginning of one."""
        key = self.keys_of.get(word)
        return 0 if key is None else self.counts[key]


@lru_cache(REMEMBERED)
def _cut(block: str, unknown: bool) -> tuple[str, ...]:
    """Return the words of a piece between two marks, as jieba finds them."""
    found: list[str] = []
    alone = at = 0  # from `alone` up to `at` each character is the likeliest word by itself
    for end in _ends(block):
        if end - at > 1:
            found += _joined(block[alone:at], unknown)
            found.append(block[at:end])
            alone = end
        at = end
    found += _joined(block[alone:], unknown)
    return tuple(found)


def _ends(block: str) -> Iterator[int]:
    """Yield where each of the likeliest words ends.

    jieba lists all words that there are and weighs them afterwards; at once it takes three quarters
    of the time.
    """
    words = _words()
    words_at, weights = words.keys_of.iter_prefixes_with_ids, words.weights
    likeliest = [0.0] * (len(block) + 1)  # by place, the weight of what follows
    ends = [0] * len(block)
    for at in range(len(block) - 1, -1, -1):
        most, last = -math.inf, 0
        for word, key in words_at(block[at : at + LONGEST]):  # the longest comes last
            end = at + len(word)
            weight = weights[key] + likeliest[end]
            if weight >= most:
                most, last = weight, end
        likeliest[at], ends[at] = (
            (most, last) if last else (words.rarest + likeliest[at + 1], at + 1)
        )
    at = 0
    while at < len(block):
        at = ends[at]
        yield at


def _joined(run: str, unknown: bool) -> Iterable[str]:
    """Return the words of a run of characters that stand alone: names, say, that none lists."""
    if len(run) < 2:
        return (run,) if run else ()
    if not unknown:
        return _LATIN_OR_ONE.findall(run)
    return run if frequency(run) else finalseg.cut(run)


@lru_cache(KEPT)
def _inside(word: str) -> tuple[str, ...]:
    """Return the words of two and then of three characters inside a longer word."""
    return tuple(
        inner
        for length in range(2, min(len(word), 4))
        for at in range(len(word) - length + 1)
        if frequency(inner := word[at : at + length])
    )


@cache
def _words() -> _Words:
    with np.load(prepared(f"words-{version('jieba')}-{LAYOUT}.npz", _prepare)) as table:
        return _Words(
            marisa_trie.Trie().frombytes(table["trie"].tobytes()),
            memoryview(table["counts"]),
            memoryview(table["weights"]),
            float(table["rarest"]),
            memoryview(table["tag_of"]),
            tuple(table["tags"].tolist()),
        )


def _prepare(path: Path) -> None:
    with jieba.dt.get_dict_file() as lines:
        rows = [line.decode().split() for line in lines]
    # A word that stands there twice counts as what the later line says, and the total as both.
    total = math.log(sum(int(count) for _, count, _ in rows))
    entries = {word: (int(count), tag) for word, count, tag in rows}
    trie = marisa_trie.Trie(entries)
    ordered = [entries[trie.restore_key(key)] for key in range(len(trie))]
    tags = sorted({tag for _, tag in ordered})
    np.savez(
        path,
        trie=np.frombuffer(trie.tobytes(), np.uint8),
        counts=np.array([count for count, _ in ordered], np.uint32),
        weights=np.array([math.log(count) - total for count, _ in ordered]),
        rarest=np.float64(math.log(1) - total),
        tag_of=np.array([tags.index(tag) for _, tag in ordered], np.uint8),
        tags=np.array(tags),
    )
