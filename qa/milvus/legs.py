"""Both retrievers of a generation as a Milvus has them, which follow the log of its passages."""

import logging
import math
import re
from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from uuid import uuid4

from embeddings.vectors import Ids, Kind, Vectors
from qa.errors import IndexUnusable
from qa.following import IN_BULK, FollowingWords
from qa.legs import Allowed, Keys
from qa.lexical import Concept, words
from qa.milvus.collection import (
    BLOCK,
    CATEGORIES,
    LISTED,
    MOST,
    Asked,
    Collection,
    Moment,
    Row,
    day_number,
    expression,
    number,
    numbers,
    within,
)
from qa.milvus.frequencies import Frequencies, Known
from qa.milvus.said import Told, document, score
from qa.milvus.server import Milvus
from qa.segmenter import cut_in_bulk
from qa.store import PassageStore
from qa.types import Filters, Ranked, Ranking

logger = logging.getLogger(__name__)

FORMAT = 1
"""Raised when rows change shape: a collection of another format is refused."""

FOLLOWED = 10_000
"""Changes taken in at a time: so much is done again if it is stopped, half a minute's work."""

GROWING = 4_000
"""Passages that Milvus is to index as soon as so many were written. Until it does it searches them
by an index in passing, exactly up to some 5,000; of 9,900 it finds .92 of the ten nearest, .75 of
the hundred."""

SPARE = 16
"""Neighbours asked for beyond the depth, so that equals at the end come out by key."""

DECIMALS = 6
"""Of a cosine: the same two vectors differ beyond that from one segment to another."""

FOUND, AT_LEAST = 3, 300
"""Passages whose words are compared with a question, times the depth and at least: the BM25 of
Milvus, which finds them, takes each word for itself."""


class MilvusRetrieval:
    """Legs in a Milvus, one collection a generation.

    `corpus`, letters and digits, tells its collections from those of others. `alone`: of an older
    Milvus, each server has folders with the words of its own.
    """

    def __init__(self, milvus: Milvus, corpus: str, *, alone: bool = False) -> None:
        self._milvus = milvus
        self._own = f"{milvus.address.name}__{corpus}__"
        self._alone = alone

    def open(
        self, name: str, folder: Path, store: PassageStore, dimension: int, fingerprint: str
    ) -> "MilvusLegs":
        """Return the legs of the generation of that name, begun if need be.

        Raises:
            IndexUnusable: the name in the address is another corpus'.
        """
        self._looked_up()
        collection = self._collection(name)
        return MilvusLegs(
            self._milvus, collection, folder, store, dimension, fingerprint, alone=self._alone
        )

    def serve(self, name: str) -> None:
        """Let the alias stand for this generation, for whoever looks into the Milvus.

        Raises:
            IndexUnusable: it stands for one of another corpus.
        """
        self._looked_up()
        self._milvus.set_alias(self._milvus.address.name, self._collection(name))

    def _looked_up(self) -> None:
        alias = self._milvus.address.name
        known = self._milvus.alias(alias)
        if known and not known.startswith(self._own):
            raise IndexUnusable(
                f"{self._milvus.address}: the name {alias!r} is another corpus'; give this one a"
                " name of its own in NEWSQA_INDEX=milvus://host/name"
            )

    def keep_only(self, names: AnyOf[str]) -> None:
        """Delete the collections of this corpus that belong to none of these generations."""
        kept = {self._collection(name) for name in names}
        for collection in self._milvus.collections():
            if collection.startswith(self._own) and collection not in kept:
                self._milvus.drop(collection)

    def _collection(self, name: str) -> str:
        """Return what the collection of a generation is called."""
        return self._own + re.sub(r"\W", "_", name, flags=re.ASCII)


class MilvusLegs:
    """Both legs in one collection; of a Milvus that has no BM25 the words are in `folder`."""

    def __init__(
        self,
        milvus: Milvus,
        collection: str,
        folder: Path,
        store: PassageStore,
        dimension: int,
        fingerprint: str,
        *,
        alone: bool = False,
    ) -> None:
        """Open them, and make the collection if there is none.

        Raises:
            IndexUnusable: the collection was made by another model, of another home's articles, or
                in another format.
            EngineUnreachable: the Milvus does not answer.
        """
        self._milvus = milvus
        self._store = store
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._name = collection
        self._collection = Collection(milvus, collection, words=milvus.has_words)
        self._follower = self._made()
        self._words: FollowingWords | None = None
        if not self._collection.has_words:
            self._words = FollowingWords(folder / "words", store, alone=alone)
        self._allowed = Allowed(store)
        self._frequencies = Frequencies(self._collection)
        self._counted = -1, 0
        self._unflushed = 0
        self._mended = store.follower(f"{self._follower}-mended")
        self._damaged = not self._accounts_for_all()

    def _made(self) -> str:
        """Return the name by which the store knows the collection, which is made if need be."""
        noted = self._collection.properties()
        if noted is None:
            self._make()
            noted = self._collection.properties() or {}
        return self._own(noted)

    def _make(self) -> None:
        follower = f"milvus-{uuid4().hex}"
        # By that it is known as one of this store's, also if its making is stopped.
        self._store.set_follower(f"{follower}-made", 1)
        self._collection.create(
            self._dimension,
            {
                "newsqa.format": str(FORMAT),
                "newsqa.fingerprint": self._fingerprint,
                "newsqa.follower": follower,
            },
        )

    def _own(self, noted: Mapping[str, str]) -> str:
        if (made := noted.get("newsqa.format")) != str(FORMAT):
            self._refuse(f"of format {made}, this version reads {FORMAT}")
        if (model := noted.get("newsqa.fingerprint")) != self._fingerprint:
            self._refuse(f"made by another model ({model}, not {self._fingerprint})")
        follower = noted.get("newsqa.follower", "")
        if not self._store.follower(f"{follower}-made"):
            self._refuse("made of another home's articles: name this one's otherwise")
        return follower

    def _refuse(self, reason: str) -> None:
        raise IndexUnusable(
            f"{self._milvus.address}: the collection {self._name} is {reason}; `newsqa rebuild`"
            " makes a new one, NEWSQA_INDEX=milvus://host/name gives its name"
        )

    def _accounts_for_all(self) -> bool:
        """Say whether there are as many rows as passages, unless some are still to come or go."""
        before = self._store.follower(self._follower)
        many, there = self._collection.count(self._asked("")), len(self._store)
        # Of a database that was set back to a backup: as many, but some of later.
        later = self._collection.count(self._asked(f"key > {self._store.last_key}"))
        still = before == self._store.follower(self._follower) == self._store.cursor
        if still and (many != there or later):
            logger.warning(
                "%s: %d passages of %d, and %d of none; it is made anew",
                self._name,
                many - later,
                there,
                later,
            )
            return False
        return True

    @property
    def cursor(self) -> int:
        """The last change of the passages that both legs have taken in."""
        taken = self._store.follower(self._follower)
        return taken if self._words is None else min(taken, self._words.cursor)

    @property
    def kind(self) -> Kind:
        """How the vectors are kept; how many of the nearest Milvus finds is not known."""
        return Kind(f"milvus {self._milvus.address.index}", len(self), math.nan)

    @property
    def behind(self) -> bool:
        """Whether a writer is to have them follow."""
        taken = self._store.follower(self._follower)
        lag = taken < self._store.cursor or self._damaged
        return lag or (self._words is not None and self._words.behind)

    def __len__(self) -> int:
        """How many passages can be found."""
        return self.state()[1]

    def ready(self) -> None:
        """Ask for one row.

        Raises:
            EngineUnreachable: the Milvus does not answer.
        """
        self._collection.keys(self._asked("key >= 0"), 1)

    def state(self) -> tuple[int, int]:
        """Return the last change that a question finds by its meaning, and how many passages."""
        cursor = self._store.follower(self._follower)
        if self._counted[0] != cursor:
            self._counted = cursor, self._collection.count(self._asked(""))
        return self._counted

    def dense(self, vector: Vectors, depth: int, filters: Filters, among: Keys) -> Ranking:
        """Rank by cosine, as exactly as the index in Milvus allows; at most 16,384."""
        if depth < 1:
            return ()
        if among is not None:
            return _best(self._compared(vector, self._let_through(filters, among)), depth)
        asked, most = self._asked(expression(filters)), depth + SPARE
        while True:
            found = self._collection.nearest(vector, most, asked)
            cosines = [round(cosine, DECIMALS) for _, cosine in found]
            # Of those that tie for the last places Milvus returns any.
            if most >= MOST or len(found) < most or cosines[-1] < cosines[depth - 1]:
                keys = (key for key, _ in found)
                return _best(dict(zip(keys, cosines, strict=True)), depth)
            most *= 4

    def _compared(self, vector: Vectors, keys: Sequence[int]) -> dict[int, float]:
        """Return the cosines of passages, from where they are kept.

        Milvus finds not all of those it is told to look among: of 10 among 9,972 that had just been
        written some were missing for a third of the questions.
        """
        there, flat = self._store.vectors(keys)
        cosines = flat.reshape(-1, self._dimension) @ vector
        return {
            key: round(cosine, DECIMALS)
            for key, cosine in zip(there, cosines.tolist(), strict=True)
        }

    def _let_through(self, filters: Filters, among: Sequence[int] | Ids) -> list[int]:
        """Return those of these keys that the filters let through."""
        if not filters:
            return [int(key) for key in among]
        return [
            key
            for asked in self._each(filters, among)
            for key in self._collection.keys(asked, LISTED)
        ]

    def lexical(
        self, concepts: Sequence[Concept], depth: int, filters: Filters, among: Keys
    ) -> Ranking:
        """Rank by BM25."""
        if self._words is not None:
            return self._words.fresh().rank(concepts, depth, self._allowed(filters, among))
        known, told = self._told(concepts)
        ways = [way for concept in told for way in concept.ways]
        if not ways or depth < 1:
            return ()
        scores = {
            key: score(told, said, known.lengths)
            for asked in self._each(filters, among)
            for key, said in self._candidates(ways, depth, asked, among)
        }
        return _best({key: value for key, value in scores.items() if value > 0}, depth)

    def weights(self, concepts: Sequence[Concept]) -> list[float]:
        """Return each concept's inverse document frequency."""
        if self._words is not None:
            return self._words.fresh().weights(concepts)
        return [concept.asked for concept in self._told(concepts)[1]]

    def follow(self) -> None:
        """Take in what came and went; doing it again changes nothing. One at a time."""
        if self._damaged:
            self._mend()
        while (cursor := self._store.follower(self._follower)) < (newest := self._store.cursor):
            self._take(cursor, min(cursor + FOLLOWED, newest))
        if self._unflushed >= GROWING:
            self._collection.flush()
            self._unflushed = 0
        if self._words is not None:
            self._words.follow()

    def settle(self) -> None:
        """Wait until nothing is at work any more that `follow` began."""
        if self._words is not None:
            self._words.settle()

    def _mend(self) -> None:
        """Begin anew, unless another has since the damage was found."""
        mended = f"{self._follower}-mended"
        if self._store.follower(mended) == self._mended:
            self._store.set_follower(mended, self._mended + 1)
            self._store.set_follower(self._follower, 0)
            self._collection.clear()
        self._damaged = False

    def _take(self, cursor: int, until: int) -> None:
        came, went = self._store.changed(cursor, until)
        if len(came) > IN_BULK:
            cut_in_bulk()
        for start in range(0, len(came), BLOCK):
            self._collection.upsert(self._rows(came[start : start + BLOCK]))
        self._collection.delete(went)
        self._unflushed += len(came)
        # First the moment: whoever reads that the changes are in asks for an answer with them.
        self._store.set_follower(f"{self._follower}-written", self._milvus.now())
        self._store.set_follower(self._follower, until)

    def _rows(self, keys: Sequence[int]) -> list[Row]:
        """Return the rows of these passages, of those that have not gone by now."""
        there, flat = self._store.vectors(keys)
        vectors = dict(zip(there, flat.reshape(-1, self._dimension), strict=True))
        texts = dict(self._store.texts(there)) if self._collection.has_words else {}
        rows = []
        for key, about in self._store.documents(there).items():
            day = date.fromisoformat(about.day) if about.day else None
            row: Row = {
                "key": key,
                "vector": vectors[key],
                "day": day_number(day),
                "publisher": number(about.publisher),
                "author": number(about.author),
                "categories": numbers(about.categories)[:CATEGORIES],
            }
            if self._collection.has_words:
                row["words"] = document(words(texts[key]))
            rows.append(row)
        return rows

    def _told(self, concepts: Sequence[Concept]) -> tuple[Known, list[Told]]:
        """Return the concepts as the passages have them, and what is known of all."""
        cursor, since = self._store.follower(self._follower), self._since()
        known = self._frequencies.at(cursor, since)
        tokens = chain.from_iterable(chain.from_iterable(concepts))
        held = self._frequencies.held(known, tokens, since)
        return known, [Told.of(concept, known.passages, held) for concept in concepts]

    def _candidates(
        self, ways: Sequence[str], depth: int, asked: Asked, among: Keys
    ) -> Iterable[tuple[int, str]]:
        """Return the words of passages that may tell something, by key."""
        if among is not None:
            return self._collection.documents(asked, LISTED).items()
        tokens = dict.fromkeys(chain.from_iterable(way.split() for way in ways))
        most = max(FOUND * depth, AT_LEAST)
        return self._collection.saying(" ".join(tokens), most, asked).items()

    def _each(self, filters: Filters, among: Keys) -> Iterator[Asked]:
        """Yield what narrows a search: the filters, or some of the keys at a time and the filters.

        Both legs see what was written before: the moment of it is read here.
        """
        filtered = expression(filters)
        narrowed = [filtered] if among is None else within([int(key) for key in among], filtered)
        for one in narrowed:
            yield self._asked(one)

    def _asked(self, narrowed: str) -> Asked:
        return Asked(narrowed, self._since())

    def _since(self) -> Moment:
        """Return when the last change was written; 0 if that is not known."""
        return self._store.follower(f"{self._follower}-written")


def _best(scores: Mapping[int, float], depth: int) -> Ranking:
    """Return the `depth` best, ties by key."""
    best = nsmallest(depth, scores.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Ranked(key, value) for key, value in best)
