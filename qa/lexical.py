"""Text to words, and words to the passages that hold them: jieba tokens ranked by BM25.

The index is tantivy's: it adds and deletes without rebuilding, and a commit survives a crash.
"""

import json
import logging
import math
import os
import re
import threading
import time
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Self

import numpy as np
import tantivy
from numpy.typing import NDArray

from qa.errors import HomeUnusable
from qa.names import sound
from qa.numbers import in_digits
from qa.segmenter import cut_for_search
from qa.types import Ranked, Ranking

logger = logging.getLogger(__name__)

K1 = 1.2
"""BM25's saturation, as tantivy has it (with b = 0.75)."""

TOLD = 4.0
"""What saying a concept at all adds to its BM25, in units of its weight: BM25+ (Lv and Zhai 2011),
which has 1. That much, because whether a question's words are told says more than how often."""

LISTED = 1_000
"""Keys that a query is limited to by naming them all: 900 take 3 ms among 100,000 passages and 4
among a million, 3,000 take 11 and 17. To pick from what an unlimited query finds takes 2 ms among
100,000, whatever the share, and up to 16 among a million."""

SOUGHT = 256
"""Concepts that are remembered as one commit has them: each of a question's is asked for three
times, for its weight and by two rankings."""

WAIT_SECONDS = 600.0
"""How long a writer waits for another process's merging."""

KEPT = 5_000
"""Words of Chinese remembered with what they count as, 1 MB."""

MAX_TOKEN = 64
"""Code points of a token; longer runs (base64, hostile input) say nothing and are left out."""

# Kept whole: a date, 3rd, a decade, a fraction, 5G and 3nm, a number with its percent sign, a year,
# a month, a Latin name.
_WHOLE = re.compile(
    # What none of them begins with comes first: each character of Chinese is looked at.
    r"(?![\u2e80-\U0003ffff])(?:(?P<date>\d{1,2}月\d{1,2}日)"
    r"|(?P<nth>\d+)(?:st|nd|rd|th)(?![^\W_\u2e80-\U0003ffff])"
    r"|(?P<group>\d{4}年代|(?<![\d/])\d{1,2}/\d{1,3}(?![\d/]))"
    r"|(?P<mixed>\d+(?:\.\d+)?[^\W\d_\u2e80-\U0003ffff][^\W_\u2e80-\U0003ffff]*)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?%?|\d+(?:\.\d+)*%?)(?P<unit>[年月])?"
    r"|(?P<money>[$€£¥])"
    r"|(?P<latin>[^\W\d_\u2e80-\U0003ffff]+(?:['’.&-]?[^\W_\u2e80-\U0003ffff]+)*))"
)
_MONEY = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yuan"}
_WORD = re.compile(r"\w")


Phrase = tuple[str, ...]
"""Tokens in their order."""

Concept = tuple[Phrase, ...]
"""The ways to say one thing; a passage that says any of them speaks of it."""

Keys = NDArray[np.int64]

_MAGIC = (1337).to_bytes(4, "little")  # tantivy's, at the end of each file
_FOOTER = 1_000  # bytes before it that hold the checksum, and more
_BLOCK = 2**20

SOUND = "~"
"""Begins a token that is not written in the text: how a name in it is spelt in English. Such tokens
have a field of their own, so that a passage full of names is not longer than others."""

_STEMMER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def stem(word: str) -> str:
    """Return the stem of an English word in lower case (Snowball's English stemmer)."""
    return _STEMMER.analyze(word)[0]


def is_latin(token: str) -> bool:
    """Say whether a token is a word in Latin letters, not Chinese and not a number."""
    return token[0].isalpha() and token[0] < "\u2e80"


_ASKING = """
什么 什麼 甚麼 谁 誰 哪 哪个 哪個 哪些 哪位 哪里 哪裡 哪裏 哪儿 哪年 哪一 哪一年 哪一个
哪几 几 幾 多少 多 怎么 怎麼 怎样 怎樣 怎么样 怎麼樣 如何 为什么 為什麼 为何 為何
何 何时 何時 何处 何處 是否 有没有 有沒有 请问 請問 请 請 吗 嗎 呢 吧 么 麼 嘛 啊
的 了 是 在 有 个 個 一个 一個 一种 一種
who whom whose what which when where why how is are was were be been do does did has have had
can could will would should many much a an the of in on at to for from by with and or that
this these those it its there their as s
"""
ASKING = frozenset(stem(word) if word.isascii() else word for word in _ASKING.split())
"""Words that ask or only join; what answers need not say them. In a small corpus, where many of
them never occur, they would look rare and weighty. On crud_news leaving them out of the question
raised nDCG@10 from .986 to .988, elsewhere it changed .003 at most."""


def words(text: str) -> list[str]:
    """Return the tokens of `text` that retrieval counts, in order.

    Chinese is cut by jieba in search mode (long words and the words inside them); numbers,
    percentages, dates and Latin names stay whole, in one form however they are written; before a
    person's Chinese name stands its sound; width and case are folded, English is stemmed.

    >>> words("到2025年，比例达到八成。October 27 AIoT targets")
    ['到', '2025', '2025年', '比例', '达到', '80', '80%', '10月', '10月27日', 'aiot', 'target']
    >>> words("市长龚正")
    ['市长', '~gongzheng', '龚正']
    """
    found: list[str] = []
    for piece in pieces(text):
        found += cut(piece) if isinstance(piece, str) else whole(piece)
    return [token for token in found if len(token) <= MAX_TOKEN]


def pieces(text: str) -> Iterator[str | re.Match[str]]:
    """Yield what of `text` is a `whole` token, and the Chinese to `cut` that stands between."""
    text = in_digits(unicodedata.normalize("NFKC", text)).casefold()
    at = 0
    for match in _WHOLE.finditer(text):
        if at < match.start():
            yield text[at : match.start()]
        yield match
        at = match.end()
    if at < len(text):
        yield text[at:]


def heard(token: str) -> Phrase:
    """Return how English says a token that is a person's Chinese name, as stems; else nothing."""
    name = sound(token)
    return (stem(name[0]), stem(name[1])) if name else ()


def sound_token(surname: str, given: str) -> str:
    """Return the token that stands for a person's name spelt in English, given as stems."""
    return SOUND + surname + given


def cut(text: str) -> list[str]:
    """Return the tokens of a piece of Chinese."""
    return [said for token in cut_for_search(text) for said in _said(token)]


@lru_cache(KEPT)
def _said(token: str) -> tuple[str, ...]:
    """Return what a word counts as: itself, after its sound if it is a person's name."""
    name = heard(token)
    sounds = (sound_token(*name),) if name else ()
    return (*sounds, token) if _WORD.search(token) else sounds


def whole(match: re.Match[str]) -> list[str]:
    """Return the tokens of a piece that is whole: itself, after a short form that people write.

    The whole comes last, so that in a phrase it stands beside the word that follows.
    """
    if date := match["date"]:
        return [date[: date.index("月") + 1], date]
    if nth := match["nth"]:
        return [nth, match[0]]
    if group := match["group"] or match["mixed"]:
        return [group]
    if number := match["number"]:
        number = number.replace(",", "")
        unit = match["unit"] or ""
        forms = [number.rstrip("%"), number + unit]
        return list(dict.fromkeys(forms)) if unit != "月" else forms[1:]
    if money := match["money"]:
        return [_MONEY[money]]
    return [stem(match["latin"].replace("’", "'").removesuffix("'s"))]


class WordIndex:
    """BM25 over the words of passages, each under an integer key, in `folder` on disk."""

    def __init__(self, folder: Path, *, thorough: bool = False) -> None:
        """Open the index in `folder`, or begin an empty one there.

        A file that was found whole is not read again to see whether it is until it changes, unless
        this is to be `thorough`.

        Raises:
            ValueError: a file of it is missing, or is not as it was written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        _verify(folder, {} if thorough else _found_whole(folder))
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("key", indexed=True, fast=True)
        builder.add_text_field("words", tokenizer_name="whitespace", index_option="position")
        builder.add_text_field("sounds", tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field("all", tokenizer_name="raw", index_option="basic")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self.folder = folder
        self._cursor = folder / "cursor"
        # The cursor tells when to look, so that no thread of its own need watch the files.
        self._index.config_reader(reload_policy="manual")
        self._seen = -1, _View.of(self._index.searcher(), self._schema)
        self._merging: threading.Thread | None = None

    @property
    def cursor(self) -> int:
        """The last change this index has taken in, 0 if none, or if that cannot be read."""
        try:
            return int(self._cursor.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0

    def apply(
        self, added: Iterable[tuple[int, Sequence[str]]], removed: Iterable[int], cursor: int
    ) -> None:
        """Take in changes up to `cursor`.

        Doing it again changes nothing, so a crash is repaired by repeating.

        Raises:
            HomeUnusable: the disk refuses it.
        """
        try:
            self._commit(added, removed)
        except ValueError as error:  # whatever befalls tantivy
            raise HomeUnusable(
                f"{self.folder}: {error}; see whether its disk is full or failing, and try again"
            ) from error
        partial = self._cursor.with_suffix(".partial")
        partial.write_text(str(cursor))
        partial.replace(self._cursor)

    def settle(self) -> None:
        """Wait until nothing is at work in the folder any more that came of the last `apply`."""
        if self._merging:
            self._merging.join()
            self._merging = None

    def _commit(self, added: Iterable[tuple[int, Sequence[str]]], removed: Iterable[int]) -> None:
        self.settle()
        writer = self._writer()
        try:
            # A writer that was stopped may have left files under the names that come next: with
            # those there a commit fails.
            writer.garbage_collect_files()
            for key in removed:
                writer.delete_documents_by_query(self._under(key))
            for key, tokens in added:
                writer.delete_documents_by_query(self._under(key))
                document = tantivy.Document()
                document.add_unsigned("key", key)
                for field in ("words", "sounds"):
                    document.add_text(field, " ".join(t for t in tokens if _field(t) == field))
                document.add_text("all", "all")
                writer.add_document(document)
            writer.commit()  # says what fails; at the end of a with-block it would not
        finally:
            # Every seventh commit or so small segments are made one, which takes 0.2 s for 10,000
            # passages, and now and then large ones: none waits for that, but the process's end.
            self._merging = threading.Thread(target=self._merge, args=[writer], name="merging")
            self._merging.start()

    def _merge(self, writer: tantivy.IndexWriter) -> None:
        """Let segments be merged, and let go of the lock."""
        try:
            writer.wait_merging_threads()
        except ValueError as error:
            # What is committed stays as it is, and the next commit tries again.
            logger.warning("%s: its segments cannot be merged: %s", self.folder, error)

    def _writer(self) -> tantivy.IndexWriter:
        """Return what writes, as soon as no other process is merging after its last commit."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                # One thread: the segments, and with them ties and statistics, come out the same
                # each time.
                return self._index.writer(heap_size=64_000_000, num_threads=1)
            except ValueError as error:
                if "LockBusy" not in str(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)

    def __len__(self) -> int:
        """How many passages can be found."""
        return int(self._view().searcher.num_docs)

    def keys(self) -> list[int]:
        """Return the keys of all passages that can be found, ascending."""
        searcher = self._view().searcher
        if not searcher.num_docs:
            return []
        hits = searcher.search(tantivy.Query.all_query(), searcher.num_docs, count=False).hits
        found = searcher.fast_field_values("key", [address for _, address in hits])
        return sorted(int(key or 0) for key in found)

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency (Robertson and Zaragoza 2009).

        A concept is as frequent as all the ways to say it together (Pirkola 1998), so a rare
        translation does not make a common word weighty.
        """
        view = self._view()
        return [view.sought(concept).weight for concept in concepts]

    def rank(
        self, concepts: Sequence[Concept], depth: int, allowed: Sequence[int] | Keys | None = None
    ) -> Ranking:
        """Return up to `depth` passages by BM25, limited to `allowed` (ascending) if given.

        Of the ways to say a concept the one that a passage says best counts, with the concept's
        own weight.
        """
        view = self._view()
        wanted = [
            (tantivy.Occur.Should, part)
            for concept in concepts
            for part in view.sought(concept).parts
        ]
        if not wanted or depth < 1:
            return ()
        if allowed is not None and len(allowed) <= LISTED:
            within = [(tantivy.Occur.Should, self._under(int(key))) for key in allowed]
            listed = tantivy.Query.const_score_query(tantivy.Query.boolean_query(within), 0.0)
            # What must be there is gone through, and of the rest only what stands beside it.
            wanted.insert(0, (tantivy.Occur.Must, listed))
            allowed = None
        query = tantivy.Query.boolean_query(wanted)
        return _best(view.searcher, query, depth, None if allowed is None else np.asarray(allowed))

    def _under(self, key: int) -> tantivy.Query:
        # By query: delete_documents_by_term finds no unsigned number and says nothing (0.27).
        return tantivy.Query.term_query(self._schema, "key", key)

    def _view(self) -> "_View":
        """Return a view of all that was committed, by this process or another."""
        # The cursor is written after the commit: whoever reads it finds the commit there.
        cursor, view = self._seen
        if (newest := self.cursor) != cursor:
            self._index.reload()
            view = _View.of(self._index.searcher(), self._schema)
            self._seen = newest, view
        return view


@dataclass(frozen=True, slots=True)
class _Sought:
    """A concept as the passages of a view have it.

    Attributes:
        weight: its inverse document frequency.
        parts: queries whose scores add up to the concept's; none if nothing tells it.
    """

    weight: float
    parts: tuple[tantivy.Query, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """The passages as of one commit."""

    searcher: tantivy.Searcher
    sought: Callable[[Concept], _Sought]

    @classmethod
    def of(cls, searcher: tantivy.Searcher, schema: tantivy.Schema) -> Self:
        return cls(searcher, lru_cache(SOUGHT)(partial(_sought, searcher, schema)))


def _sought(searcher: tantivy.Searcher, schema: tantivy.Schema, concept: Concept) -> _Sought:
    """Return a concept as the searcher's passages have it.

    One query of all that add up takes two thirds of the time that a query of queries does.
    """
    # As tantivy counts, who is gone is counted until its segment is merged; num_docs leaves it out.
    passages = int(searcher.doc_freq("all", "all"))
    held = {
        token: int(searcher.doc_freq(_field(token), token))
        for token in chain.from_iterable(concept)
    }
    # As many may hold a phrase as hold its rarest word.
    each = [(phrase, min(held[token] for token in phrase)) for phrase in concept]
    told = {phrase: n for phrase, n in each if n}
    asked = _idf(passages, sum(n for _, n in each))  # a way that is named twice counts twice
    if not told:
        return _Sought(asked, ())
    weight = _idf(passages, sum(told.values()))
    ways = []
    for phrase in told:
        # What tantivy gives it: the sum of its words' idf.
        own = sum(_idf(passages, held[token]) for token in phrase)
        ways.append((_phrase(schema, phrase), weight / own))
    best = tantivy.Query.disjunction_max_query(
        [tantivy.Query.boost_query(way, boost) for way, boost in ways]
    )
    said = tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way, _ in ways])
    return _Sought(asked, (best, tantivy.Query.const_score_query(said, TOLD * weight)))


def _phrase(schema: tantivy.Schema, phrase: Phrase) -> tantivy.Query:
    if len(phrase) == 1:
        (token,) = phrase
        return tantivy.Query.term_query(schema, _field(token), token, index_option="freq")
    return tantivy.Query.phrase_query(schema, "words", list(phrase))


def _idf(passages: int, frequency: int) -> float:
    held = min(frequency, passages)
    return math.log(1 + (passages - held + 0.5) / (held + 0.5))


_Stamps = dict[str, list[int]]
"""What changes of each file when anybody writes to it, by its name."""


def _verify(folder: Path, known: _Stamps) -> None:
    """Compare each segment's files with the checksum that tantivy wrote behind them.

    Those are left out that are `known` to be whole. The files of a million passages, 207 MB, take
    0.1 s of one core and more from a disk; known ones 1 ms.
    """
    meta = folder / "meta.json"
    if not meta.exists():
        return
    stamps: _Stamps = {}
    try:
        for segment in json.loads(meta.read_bytes())["segments"]:
            name = segment["segment_id"].replace("-", "")
            deleted = f"{segment['deletes']['opstamp']}.del" if segment["deletes"] else ""
            for path in folder.glob(f"{name}.*"):
                # A writer that was stopped may have left others.
                if path.suffix != ".del" or path.name == f"{name}.{deleted}":
                    # A merge may have deleted it by now.
                    with suppress(FileNotFoundError):
                        stamp = _stamp(path)
                        if known.get(path.name) != stamp:
                            _verify_file(path)
                        stamps[path.name] = stamp
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{meta}: not as it was written") from error
    if stamps != known:
        partial = folder / "whole.partial"
        with suppress(OSError):  # on a full disk: then all is read again the next time
            partial.write_text(json.dumps(stamps))
            partial.replace(folder / "whole.json")


def _found_whole(folder: Path) -> _Stamps:
    """Return the files that were found whole, as they were then; none if that is not known."""
    try:
        stamps = json.loads((folder / "whole.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _stamp(path: Path) -> list[int]:
    file = path.stat()
    return [file.st_size, file.st_mtime_ns, file.st_ctime_ns]


def _verify_file(path: Path) -> None:
    """Raise ValueError unless the file ends with its own checksum.

    The end is a JSON object, its length and a number, 32 bits each.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _FOOTER))
        end = file.read()
        footer = end[-8 - int.from_bytes(end[-8:-4], "little") : -8]
        said = re.search(rb'"crc":(\d+)}$', footer)
        left, crc = size - 8 - len(footer), 0
        file.seek(0)
        while block := file.read(min(_BLOCK, left)):
            crc = zlib.crc32(block, crc)
            left -= len(block)
    if end[-4:] != _MAGIC or not said or int(said[1]) != crc:
        raise ValueError(f"{path}: not as it was written")


def highest(weights: Iterable[float]) -> float:
    """Return what BM25+ would reach if concepts of these weights were told without end."""
    return (K1 + 1 + TOLD) * sum(weights)


def _best(
    searcher: tantivy.Searcher, query: tantivy.Query, depth: int, allowed: Keys | None
) -> Ranking:
    """Return the `depth` best of those that are allowed (None: all), ties by key."""
    limit = 2 * depth
    if allowed is not None:
        limit *= max(1, searcher.num_docs // len(allowed))
    while True:
        hits = searcher.search(query, limit, count=False).hits
        keys = np.array(searcher.fast_field_values("key", [place for _, place in hits]), np.int64)
        scores = np.array([score for score, _ in hits], np.float32)
        kept = scores > 0  # what is only listed says nothing of what is asked
        if allowed is not None:
            kept &= _among(allowed, keys)
        last = scores[kept][depth - 1 : depth]
        # Of those that tie for the last places tantivy keeps any, as its segments have it.
        if len(hits) < limit or not scores[-1] or (len(last) and scores[-1] < last):
            best = np.lexsort((keys[kept], -scores[kept]))[:depth]
            rows = zip(keys[kept][best].tolist(), scores[kept][best].tolist(), strict=True)
            return tuple(Ranked(key, score) for key, score in rows)
        limit *= 4


def _among(allowed: Keys, keys: Keys) -> NDArray[np.bool_]:
    """Say of each key whether it is allowed."""
    places = np.minimum(np.searchsorted(allowed, keys), len(allowed) - 1)
    there: NDArray[np.bool_] = allowed[places] == keys
    return there


def _field(token: str) -> str:
    return "sounds" if token.startswith(SOUND) else "words"
