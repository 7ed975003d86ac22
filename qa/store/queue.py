"""Changed articles to those who take them into an index, in PostgreSQL: each by one worker.

A worker claims some, encodes them while nobody waits for it, and writes what it has made in the
transaction in which it claimed them. One that dies has claimed nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qa.errors import HomeUnusable
from qa.store.articles import ArticleStore, Change
from qa.store.passages import Embedding, PassageStore, digest_of, proceed
from qa.store.postgres import Schema
from qa.store.postgres.schema import Apart
from qa.types import Article, Passage

DRAINED = 10_000
"""Changes that are put into the list at a time at most: a tenth of a second."""

_FOLLOWER = "queue"

# Before there was a list, articles were taken in as far as the store says.
_LISTED = """
SELECT greatest(coalesce((SELECT max(article_seq) FROM progress), 0),
                coalesce((SELECT seq FROM followers WHERE name = :name), 0))
"""


class Queue:
    """What has changed of the articles and is not in a generation yet, in the order it came."""

    def __init__(self, articles: ArticleStore, passages: PassageStore) -> None:
        """Take both stores, which are in one database.

        Raises:
            HomeUnusable: they are not.
        """
        there, here = articles.database, passages.database
        if not (isinstance(there, Schema) and isinstance(here, Schema)):
            raise HomeUnusable("several workers share a queue only in a PostgreSQL database")
        if there.server.name != here.server.name:
            raise HomeUnusable(f"{there.server} and {here.server}: a queue is in one database")
        self._articles = articles
        self._passages = passages
        self._here = here
        self._log = f'"{there.name}".articles'

    def pending(self) -> int:
        """Return how many changes the generation has not taken in."""
        return self.pending_until(2**62)

    def pending_until(self, seq: int) -> int:
        """Return how many changes up to this one it has not taken in."""
        listed = "SELECT count(*) FROM pending WHERE seq <= :until"
        coming = f"SELECT count(*) FROM {self._log} WHERE seq > ({_LISTED}) AND seq <= :until"
        (number,) = self._here.execute(
            f"SELECT ({listed}) + ({coming})", {"until": seq, "name": _FOLLOWER}
        ).fetchone()
        return int(number)

    @contextmanager
    def claim(self, most: int) -> Iterator["Claim"]:
        """Give up to `most` changed articles that nobody else has, the first that came.

        None where others have all there are, or there are none. Without a call of its `take` they
        fall back at the end; an exception undoes that too.
        """
        self._list()
        with self._here.apart() as apart:
            with apart.joined():
                changes = self._claimed(most)
            yield Claim(self, apart, changes)

    def _list(self) -> None:
        """Put what has changed into the list of what is to be done."""
        if self._articles.last_change <= self._listed():
            return
        with self._here.transaction() as connection:
            since = self._listed()  # another may have been first
            (until,) = connection.execute(
                "WITH listed AS (INSERT INTO pending (seq, id) SELECT seq, id"
                f" FROM {self._log} WHERE seq > ? ORDER BY seq LIMIT ? RETURNING seq)"
                " SELECT coalesce(max(seq), ?) FROM listed",
                (since, DRAINED, since),
            ).fetchone()
            self._passages.set_follower(_FOLLOWER, until)

    def _listed(self) -> int:
        """Return up to which change all are in the list, or were."""
        return int(self._here.execute(_LISTED, {"name": _FOLLOWER}).fetchone()[0])

    def _claimed(self, most: int) -> list[Change]:
        """Return articles whose rows in the list are held from now on, to the transaction's end."""
        while rows := self._here.execute(
            "SELECT seq, id FROM pending ORDER BY seq LIMIT ? FOR UPDATE SKIP LOCKED", (most,)
        ).fetchall():
            states = self._articles.states([id for _, id in rows])
            changes = [states[id] for seq, id in rows if id in states and states[id].seq == seq]
            # What has changed again has another row, or is going to.
            self.strike({seq for seq, _ in rows}.difference(change.seq for change in changes))
            if changes:
                return changes
        return []

    def strike(self, seqs: set[int]) -> None:
        """Take changes off the list, in the transaction that is open."""
        if seqs:
            self._here.execute(
                "DELETE FROM pending WHERE seq IN (SELECT value FROM json_each(?))",
                (self._here.listed(seqs),),
            )

    def finish(
        self, changes: Sequence[Change], made: Sequence[tuple[Article, Passage, Embedding]]
    ) -> None:
        """Replace the passages of claimed articles, in the transaction that is open.

        Not of those that have changed again meanwhile: who has the newer change does that.
        """
        seqs = {change.seq for change in changes}
        rows = self._here.execute(
            f"SELECT seq FROM {self._log} WHERE seq IN (SELECT value FROM json_each(?))",
            (self._here.listed(seqs),),
        )
        present = {seq for (seq,) in rows}
        current = [change for change in changes if change.seq in present]
        ids = {change.id for change in current}
        self._passages.replace(self._here, current, [one for one in made if one[0].id in ids])
        if self._passages.ahead:  # others have theirs there
            own = [(digest_of(article, passage),) for article, passage, _ in made]
            self._here.executemany("DELETE FROM ahead WHERE digest = ?", own)
        self.strike(seqs)
        (first,) = self._here.execute("SELECT min(seq) FROM pending").fetchone()
        proceed(self._here, self._listed() if first is None else first - 1)


class Claim:
    """Changed articles that are one worker's, until the block ends.

    Attributes:
        changes: what has become of them.
    """

    def __init__(self, queue: Queue, apart: Apart, changes: Sequence[Change]) -> None:
        self.changes = changes
        self._queue = queue
        self._apart = apart

    def take(self, made: Sequence[tuple[Article, Passage, Embedding]]) -> None:
        """Replace the articles' passages by those that were made of them; once, at the end.

        Other writers wait from now on, until the block ends: then all of it is there.
        """
        with self._apart.joined(writing=True):
            self._queue.finish(self.changes, made)
