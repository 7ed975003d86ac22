"""The articles on disk, in SQLite: the truth that everything else is derived from."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from qa.errors import ArticleNotFound
from qa.store.database import Database
from qa.types import Article

Outcome = Literal["added", "updated", "unchanged"]

_ARTICLE = TypeAdapter(Article)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- of the article's last change; never used again
    id TEXT NOT NULL UNIQUE,
    location TEXT NOT NULL,                 -- where it is read from; empty if it was sent
    digest BLOB NOT NULL,                   -- sha256 of source
    source BLOB,                            -- the bytes it came from; NULL once removed
    article TEXT                            -- as JSON; NULL once removed
) STRICT;
CREATE INDEX IF NOT EXISTS article_by_location ON articles (location) WHERE location != '';
CREATE INDEX IF NOT EXISTS article_by_digest ON articles (digest);
CREATE INDEX IF NOT EXISTS article_by_presence ON articles (seq) WHERE article IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that was read and is to be kept.

    `source` is what it was read from, byte for byte. `location` is where the same article will be
    found when it is read again (an absolute path, an address), empty if it was sent. `named` says
    that the id came with the article; otherwise the id is newsqa's own choice and an article known
    by its location or its bytes keeps the one it has. `warnings` are what reading it had to mend.
    """

    article: Article
    source: bytes
    location: str = ""
    named: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What an article has become: its newest state, or None where it was removed."""

    seq: int
    id: str
    article: Article | None


class ArticleStore:
    """Articles by id, each with the bytes it came from and the number of its last change."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA)

    def put(self, drafts: Iterable[Draft]) -> list[tuple[str, Outcome]]:
        """Keep the articles, all or none; return the id and the outcome of each, in their order.

        The same bytes under another name are one article, which keeps its id.
        """
        with self._database.transaction() as connection:
            return [_put(connection, draft) for draft in drafts]

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Erase these articles' content, all or none; return the ids that were there."""
        with self._database.transaction() as connection:
            present = [id for id in dict.fromkeys(ids) if _holds(connection, id)]
            for id in present:
                _write(connection, id, "", b"", None, None)
        self._database.forget()
        return present

    def get(self, id: str) -> Article:
        """Return the article.

        Raises:
            ArticleNotFound: there is none under that id, or it was removed.
        """
        try:
            return self.find([id])[id]
        except KeyError:
            raise ArticleNotFound(id) from None

    def find(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return those of the articles that are there, by id."""
        rows = self._database.connection().execute(
            "SELECT id, article FROM articles"
            " WHERE id IN (SELECT value FROM json_each(?)) AND article IS NOT NULL",
            (json.dumps(list(ids)),),
        )
        return {id: _ARTICLE.validate_json(article) for id, article in rows}

    def page(self, before: int | None, limit: int) -> list[Change]:
        """Return up to `limit` articles changed before change number `before`, newest first."""
        rows = self._database.connection().execute(
            "SELECT seq, id, article FROM articles WHERE article IS NOT NULL AND seq < ?"
            " ORDER BY seq DESC LIMIT ?",
            (2**62 if before is None else before, limit),
        )
        return [_change(row) for row in rows]

    def changes(self, since: int, limit: int) -> list[Change]:
        """Return up to `limit` articles whose last change came after `since`, oldest first."""
        rows = self._database.connection().execute(
            "SELECT seq, id, article FROM articles WHERE seq > ? ORDER BY seq LIMIT ?",
            (since, limit),
        )
        return [_change(row) for row in rows]

    def pending(self, since: int) -> int:
        """Return how many articles changed after `since`."""
        query = "SELECT count(*) FROM articles WHERE seq > ?"
        return int(self._database.connection().execute(query, (since,)).fetchone()[0])

    def __len__(self) -> int:
        """How many articles there are."""
        query = "SELECT count(*) FROM articles WHERE article IS NOT NULL"
        return int(self._database.connection().execute(query).fetchone()[0])


def _put(connection: sqlite3.Connection, draft: Draft) -> tuple[str, Outcome]:
    article, digest = draft.article, sha256(draft.source).digest()
    id = article.id if draft.named else _known_id(connection, draft, digest)
    if id is None:
        id = _free_id(connection, article.id)
    article = replace(article, id=id)
    held = connection.execute(
        "SELECT digest, article FROM articles WHERE id = ? AND article IS NOT NULL", (id,)
    ).fetchone()
    if held and held[0] == digest:
        known = _ARTICLE.validate_json(held[1])
        # Not the origin: the same bytes may lie in two files. But a reader that improved counts.
        if known == replace(article, origin=known.origin):
            return id, "unchanged"
    stored = _ARTICLE.dump_json(article).decode()
    _write(connection, id, draft.location, digest, draft.source, stored)
    return id, "updated" if held else "added"


def _known_id(connection: sqlite3.Connection, draft: Draft, digest: bytes) -> str | None:
    """Return the id of the article read from this place before, or else from the same bytes."""
    for column, value in (("location", draft.location), ("digest", digest)):
        row = connection.execute(
            f"SELECT id FROM articles WHERE {column} = ? AND {column} != ''"
            " AND article IS NOT NULL ORDER BY seq LIMIT 1",
            (value,),
        ).fetchone()
        if row:
            return str(row[0])
    return None


def _free_id(connection: sqlite3.Connection, wanted: str) -> str:
    """Return `wanted`, or with a number behind it where another article has it by now.

    That happens when a file was rewritten and its earlier text turns up again in another file.
    """
    names = (wanted if n == 1 else f"{wanted}-{n}" for n in count(1))
    return next(name for name in names if not _holds(connection, name))


def _holds(connection: sqlite3.Connection, id: str) -> bool:
    query = "SELECT 1 FROM articles WHERE id = ? AND article IS NOT NULL"
    return connection.execute(query, (id,)).fetchone() is not None


def _write(
    connection: sqlite3.Connection,
    id: str,
    location: str,
    digest: bytes,
    source: bytes | None,
    article: str | None,
) -> None:
    """Give the article a new state under a new change number."""
    connection.execute("DELETE FROM articles WHERE id = ?", (id,))
    connection.execute(
        "INSERT INTO articles (id, location, digest, source, article) VALUES (?, ?, ?, ?, ?)",
        (id, location, digest, source, article),
    )


def _change(row: tuple[int, str, str | None]) -> Change:
    seq, id, article = row
    return Change(seq, id, _ARTICLE.validate_json(article) if article is not None else None)
