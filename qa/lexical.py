"""Text to words, and words to the passages that hold them: jieba tokens ranked by BM25.

The index is tantivy's: it adds and deletes without rebuilding, and a commit survives a crash.
"""

import json
import logging
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import jieba
import tantivy

from qa.errors import HomeUnusable
from qa.names import sound
from qa.numbers import in_digits
from qa.types import Ranked, Ranking

jieba.setLogLevel(logging.WARNING)

K1 = 1.2
"""BM25's saturation, as tantivy has it (with b = 0.75)."""

TOLD = 4.0
"""What saying a concept at all adds to its BM25, in units of its weight: BM25+ (Lv and Zhai 2011),
which has 1. That much, because whether a question's words are told says more than how often."""

LISTED = 1_000
"""Keys that a query is limited to by naming them all: 800 take 3 ms. To pick from what an unlimited
query finds is faster for more: of 100,000 passages 5 ms where naming 29,000 took 25 to 47."""

MAX_TOKEN = 64
"""Code points of a token; longer runs (base64, hostile input) say nothing and are left out."""

# Kept whole: a date, 3rd, a decade, a fraction, 5G and 3nm, a number with its percent sign, a year,
# a month, a Latin name.
_WHOLE = re.compile(
    r"(?P<date>\d{1,2}月\d{1,2}日)"
    r"|(?P<nth>\d+)(?:st|nd|rd|th)(?![^\W_\u2e80-\U0003ffff])"
    r"|(?P<group>\d{4}年代|(?<![\d/])\d{1,2}/\d{1,3}(?![\d/]))"
    r"|(?P<mixed>\d+(?:\.\d+)?[^\W\d_\u2e80-\U0003ffff][^\W_\u2e80-\U0003ffff]*)"
    r"|(?P<number>\d+(?:,\d{3})+(?:\.\d+)?%?|\d+(?:\.\d+)*%?)(?P<unit>[年月])?"
    r"|(?P<money>[$€£¥])"
    r"|(?P<latin>[^\W\d_\u2e80-\U0003ffff]+(?:['’.&-]?[^\W_\u2e80-\U0003ffff]+)*)"
)
_MONEY = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yuan"}
_WORD = re.compile(r"\w")


Phrase = tuple[str, ...]
"""Tokens in their order."""

Concept = tuple[Phrase, ...]
"""The ways to say one thing; a passage that says any of them speaks of it."""

_MAGIC = (1337).to_bytes(4, "little")  # tantivy's, at the end of each file

SOUND = "~"
"""Begins a token that is not written in the text: how a name in it is spelt in English. Such tokens
have a field of their own, so that a passage full of names is not longer than others."""

_STEMMER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)


def keep_segmenter_in(folder: Path) -> None:
    """Have jieba keep its prepared dictionary in `folder`.

    Left alone it loads, unchecked, a file that any user may have put into the shared temporary
    folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jieba.dt.tmp_dir = str(folder)


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
    text = in_digits(unicodedata.normalize("NFKC", text)).casefold()
    found: list[str] = []
    at = 0
    for whole in _WHOLE.finditer(text):
        found += _chinese(text[at : whole.start()])
        found += _whole(whole)
        at = whole.end()
    found += _chinese(text[at:])
    return [token for token in found if len(token) <= MAX_TOKEN]


def heard(token: str) -> Phrase:
    """Return how English says a token that is a person's Chinese name, as stems; else nothing."""
    name = sound(token)
    return (stem(name[0]), stem(name[1])) if name else ()


def sound_token(surname: str, given: str) -> str:
    """Return the token that stands for a person's name spelt in English, given as stems."""
    return SOUND + surname + given


def _chinese(text: str) -> list[str]:
    found: list[str] = []
    for token in jieba.cut_for_search(text):
        if name := heard(token):
            found.append(sound_token(*name))
        if _WORD.search(token):
            found.append(token)
    return found


def _whole(match: re.Match[str]) -> list[str]:
    """Return the match, and before it the short form where people write it shorter.

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

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, or begin an empty one there.

        Raises:
            ValueError: a file of it is missing, or is not as it was written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        _verify(folder)
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
        self._seen = -1

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

    def _commit(self, added: Iterable[tuple[int, Sequence[str]]], removed: Iterable[int]) -> None:
        # One thread: the segments, and with them ties and statistics, come out the same each time.
        writer = self._index.writer(heap_size=64_000_000, num_threads=1)
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
            writer.wait_merging_threads()  # and lets go of the lock

    def __len__(self) -> int:
        """How many passages can be found."""
        return int(self._searcher().num_docs)

    def keys(self) -> list[int]:
        """Return the keys of all passages that can be found, ascending."""
        searcher = self._searcher()
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
        searcher = self._searcher()
        return [_idf(searcher, sum(_frequency(searcher, p) for p in c)) for c in concepts]

    def rank(
        self, concepts: Sequence[Concept], depth: int, allowed: Sequence[int] | None = None
    ) -> Ranking:
        """Return up to `depth` passages by BM25, limited to `allowed` if given.

        Of the ways to say a concept the one that a passage says best counts, with the concept's
        own weight.
        """
        searcher = self._searcher()
        wanted = [(tantivy.Occur.Should, self._query(searcher, concept)) for concept in concepts]
        if not wanted or depth < 1:
            return ()
        query = tantivy.Query.boolean_query(wanted)
        if allowed is not None and len(allowed) <= LISTED:
            within = [(tantivy.Occur.Should, self._under(key)) for key in allowed]
            listed = tantivy.Query.const_score_query(tantivy.Query.boolean_query(within), 0.0)
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, listed)]
            )
            allowed = None
        return _best(searcher, query, depth, None if allowed is None else frozenset(allowed))

    def _query(self, searcher: tantivy.Searcher, concept: Concept) -> tantivy.Query:
        weight = _idf(searcher, sum(_frequency(searcher, phrase) for phrase in concept))
        ways = [
            (self._phrase(phrase), weight / _own(searcher, phrase))
            for phrase in concept
            if _frequency(searcher, phrase)
        ]
        best = tantivy.Query.disjunction_max_query(
            [tantivy.Query.boost_query(way, boost) for way, boost in ways]
        )
        told = tantivy.Query.boolean_query([(tantivy.Occur.Should, way) for way, _ in ways])
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, best),
                (tantivy.Occur.Should, tantivy.Query.const_score_query(told, TOLD * weight)),
            ]
        )

    def _phrase(self, phrase: Phrase) -> tantivy.Query:
        if len(phrase) == 1:
            (token,) = phrase
            return tantivy.Query.term_query(self._schema, _field(token), token, index_option="freq")
        return tantivy.Query.phrase_query(self._schema, "words", list(phrase))

    def _under(self, key: int) -> tantivy.Query:
        # By query: delete_documents_by_term finds no unsigned number and says nothing (0.27).
        return tantivy.Query.term_query(self._schema, "key", key)

    def _searcher(self) -> tantivy.Searcher:
        """Return a searcher over all that was committed, by this process or another."""
        # The cursor is written after the commit: whoever reads it finds the commit there.
        if (cursor := self.cursor) != self._seen:
            self._index.reload()
            self._seen = cursor
        return self._index.searcher()


def _verify(folder: Path) -> None:
    """Compare each segment's files with the checksum that tantivy wrote behind them.

    Files of 100,000 passages, 40 MB, take 0.02 s.
    """
    meta = folder / "meta.json"
    if not meta.exists():
        return
    try:
        for segment in json.loads(meta.read_bytes())["segments"]:
            name = segment["segment_id"].replace("-", "")
            deleted = f"{segment['deletes']['opstamp']}.del" if segment["deletes"] else ""
            for path in folder.glob(f"{name}.*"):
                # A writer that was stopped may have left others.
                if path.suffix != ".del" or path.name == f"{name}.{deleted}":
                    # A merge may have deleted it by now.
                    with suppress(FileNotFoundError):
                        _verify_file(path)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{meta}: not as it was written") from error


def _verify_file(path: Path) -> None:
    """Raise ValueError unless the file ends with its own checksum.

    The end is a JSON object, its length and a number, 32 bits each.
    """
    content = memoryview(path.read_bytes())
    length = int.from_bytes(content[-8:-4], "little")
    body, footer = content[: -8 - length], bytes(content[-8 - length : -8])
    crc = re.search(rb'"crc":(\d+)}$', footer)
    if content[-4:] != _MAGIC or not crc or int(crc[1]) != zlib.crc32(body):
        raise ValueError(f"{path}: not as it was written")


def highest(weights: Iterable[float]) -> float:
    """Return what BM25+ would reach if concepts of these weights were told without end."""
    return (K1 + 1 + TOLD) * sum(weights)


def _best(
    searcher: tantivy.Searcher, query: tantivy.Query, depth: int, allowed: frozenset[int] | None
) -> Ranking:
    """Return the `depth` best of those that are allowed (None: all), ties by key."""
    limit = 2 * depth
    while True:
        hits = searcher.search(query, limit, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in hits])
        rows = [Ranked(int(k or 0), float(s)) for k, (s, _) in zip(keys, hits, strict=True)]
        kept = rows if allowed is None else [row for row in rows if row.key in allowed]
        # Of those that tie for the last places tantivy keeps any, as its segments have it.
        if len(hits) < limit or (len(kept) >= depth and rows[-1].score < kept[depth - 1].score):
            return tuple(sorted(kept, key=lambda row: (-row.score, row.key))[:depth])
        limit *= 4


def _frequency(searcher: tantivy.Searcher, phrase: Phrase) -> int:
    """Return how many passages may hold the phrase: as many as hold its rarest word."""
    return min(int(searcher.doc_freq(_field(token), token)) for token in phrase)


def _field(token: str) -> str:
    return "sounds" if token.startswith(SOUND) else "words"


def _idf(searcher: tantivy.Searcher, frequency: int) -> float:
    # As tantivy counts, who is gone is counted until its segment is merged; num_docs leaves it out.
    passages = int(searcher.doc_freq("all", "all"))
    held = min(frequency, passages)
    return math.log(1 + (passages - held + 0.5) / (held + 0.5))


def _own(searcher: tantivy.Searcher, phrase: Phrase) -> float:
    """Return the weight that tantivy gives a phrase: the sum of its words' idf."""
    return sum(_idf(searcher, _frequency(searcher, (token,))) for token in phrase)
