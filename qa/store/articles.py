"""The articles: the truth that everything else is derived from.

Beside them stands where they came from: the places each was found at, the files that were read
whole, and what was refused. So a folder that is read again costs only what changed in it, and what
is gone from it can be told.
"""

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from qa.errors import ArticleGone, ArticleNotFound, ArticleRefused, HomeUnusable
from qa.store.database import Connection, Database, Stepped
from qa.store.sqlite import SQLiteFile
from qa.types import Article

Outcome = Literal["added", "updated", "unchanged", "withdrawn"]
"""What became of an article; `withdrawn`: it stays so, whatever file it lies in."""

RESEMBLANCE = 0.3
"""Articles from one web address are versions of one if they share a title or this many sentences;
otherwise the address is that of a page that shows now this, now that."""

_ARTICLE: TypeAdapter[Article] = TypeAdapter(Article)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- of the article's last change; never used again
    id TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,                   -- sha256 of source; stays when it is withdrawn
    source BLOB,                            -- the bytes it came from; NULL once withdrawn
    article TEXT,                           -- as JSON; NULL once withdrawn
    taken TEXT NOT NULL DEFAULT '',         -- when this version was
    address BLOB NOT NULL DEFAULT x'',      -- sha256 of the publisher's address; empty if unknown
    withdrawn TEXT,                         -- when it was
    last INTEGER NOT NULL DEFAULT 0,        -- the number of the last version that was withdrawn
    kept_out INTEGER NOT NULL DEFAULT 0     -- withdrawn by name, not because its file was gone
) STRICT;
CREATE TABLE IF NOT EXISTS versions (       -- the earlier ones
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    taken TEXT NOT NULL,
    digest BLOB NOT NULL,
    source BLOB NOT NULL,
    article TEXT NOT NULL,
    PRIMARY KEY (id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS places (         -- where an article was found
    file TEXT NOT NULL,                     -- the file or feed; empty if it was sent
    location TEXT NOT NULL,                 -- where just this article stands; empty if unknown
    id TEXT NOT NULL,
    reading INTEGER NOT NULL,               -- the last that found it there
    gone INTEGER NOT NULL DEFAULT 0,        -- 1 once it was looked for there and not found
    digest BLOB NOT NULL DEFAULT x'',       -- sha256 of the bytes that stand there
    PRIMARY KEY (file, location, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS place_by_location ON places (location) WHERE location != '';
CREATE INDEX IF NOT EXISTS place_by_id ON places (id);
CREATE TABLE IF NOT EXISTS withheld (       -- bytes of what was withdrawn by name, to know it again
    digest BLOB PRIMARY KEY,
    id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (          -- read to their end
    file TEXT PRIMARY KEY,
    digest BLOB NOT NULL,                   -- sha256 of its bytes
    reader INTEGER NOT NULL,                -- which version of qa.articles read it
    etag TEXT NOT NULL,                     -- of a feed, as its server named them
    last_modified TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refusals (
    file TEXT NOT NULL,
    origin TEXT NOT NULL,                   -- the file, with a line or a part if it has several
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    reading INTEGER NOT NULL,
    PRIMARY KEY (file, origin)
) STRICT, WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX IF NOT EXISTS article_by_digest ON articles (digest);
CREATE INDEX IF NOT EXISTS article_by_address ON articles (address) WHERE address != x'';
CREATE INDEX IF NOT EXISTS article_by_presence ON articles (seq) WHERE article IS NOT NULL;
"""
# What makes the tables in PostgreSQL, from nothing and from each of the states before: a step that
# was ever published stays as it is, and what is to change is another. An entry of its B-trees has
# 2,700 bytes at most, and a place none: one is found by half of its name.
_STEPS = (
    _SCHEMA
    + _INDEXES
    + """
ALTER TABLE places DROP CONSTRAINT places_pkey;
CREATE INDEX place_by_file ON places (file);
DROP INDEX place_by_location;
CREATE INDEX place_by_location ON places USING hash (location) WHERE location != '';
ALTER TABLE refusals DROP CONSTRAINT refusals_pkey;
CREATE INDEX refusal_by_file ON refusals (file);
""",
)
# Homes of before had one place to an article, in a column, and no versions.
_UPGRADE = """
ALTER TABLE articles ADD COLUMN taken TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN address BLOB NOT NULL DEFAULT x'';
ALTER TABLE articles ADD COLUMN withdrawn TEXT;
ALTER TABLE articles ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN kept_out INTEGER NOT NULL DEFAULT 0;
INSERT INTO places SELECT location, location, id, 0, 0, digest FROM articles
    WHERE article IS NOT NULL;
INSERT OR IGNORE INTO withheld SELECT digest, id FROM articles WHERE article IS NULL;
DROP INDEX article_by_location;
ALTER TABLE articles DROP COLUMN location;
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article that was read and is to be kept.

    Attributes:
        source: what it was read from, byte for byte.
        location: where just this article will be found when its file is read again (an absolute
            path, a part of an archive, an entry of a feed); empty if unknown.
        named: the id came with the article; otherwise the id is newsqa's own choice, and an article
            known by its location, its bytes or its web address keeps the one it has.
        warnings: what reading it had to mend.
        removed: the lines that a page had put around it, which are not kept.
        file: the file or the feed that was read; empty if the article was sent.
        swept: nobody asked for this very article: if it was withdrawn by name it stays so.
    """

    article: Article
    source: bytes
    location: str = ""
    named: bool = False
    warnings: tuple[str, ...] = ()
    file: str = ""
    swept: bool = False
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that was read to its end.

    Attributes:
        digest: sha256 of its bytes.
        whole: nothing in it was refused, so that what it held before and holds no more is gone.
    """

    file: str
    digest: bytes
    whole: bool = True
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was when it was read last.

    Attributes:
        withheld: an article that it holds was withdrawn by name.
        refused: something in it was refused, or it could not be read the last time.
    """

    digest: bytes
    etag: str = ""
    last_modified: str = ""
    withheld: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused, and when; it is tried again when its file changes."""

    origin: str
    reason: str
    at: datetime
    file: str


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an article: its number, when it was taken (None: before that was kept)."""

    number: int
    taken: datetime | None
    title: str


@dataclass(frozen=True, slots=True)
class Change:
    """What an article has become: its newest state, or None where it was withdrawn."""

    seq: int
    id: str
    article: Article | None


class ArticleStore:
    """Articles by id, each with the bytes it came from and the number of its last change."""

    def __init__(self, place: Path | Stepped) -> None:
        """Open a file, or what is in a database, or begin what is not there."""
        self._database: Database
        if isinstance(place, Path):
            self._database = _opened(place)
        else:
            place.make(_STEPS)
            self._database = place

    @property
    def database(self) -> Database:
        """What the articles are kept in."""
        return self._database

    def put(
        self,
        items: Iterable[Draft | ArticleRefused | Finished],
        reading: int = 0,
        reader: int = 0,
    ) -> list[tuple[str, Outcome]]:
        """Keep the articles, all or none; return the id and the outcome of each, in their order.

        The same bytes under another name are one article, which keeps its id; another text of a
        known one is its next version. What was refused is kept in mind, and that a file was read,
        by this version of the reader.
        """
        taken: list[tuple[str, Outcome]] = []
        with self._database.transaction() as connection:
            for item in items:
                if isinstance(item, Draft):
                    taken.append(_put(connection, item, reading))
                elif isinstance(item, Finished):
                    _finish(connection, item, reading, reader)
                elif item.file:
                    _refuse(connection, item, reading)
        return taken

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Withdraw these articles, all or none; return the ids that were there.

        Every version is erased, and no sweep over files brings one back.
        """
        with self._database.transaction() as connection:
            present = [id for id in dict.fromkeys(ids) if _holds(connection, id)]
            for id in present:
                _withdraw(connection, id, kept_out=True)
        self._database.forget()
        return present

    def miss(self, roots: Sequence[str], there: Callable[[str], bool]) -> None:
        """Note which of the files under `roots` (folders or files) are not there any more."""
        with self._database.transaction() as connection:
            for root in roots:
                for file in _files_under(connection, root):
                    if not there(file):
                        for table in ("files", "refusals"):
                            connection.execute(f"DELETE FROM {table} WHERE file = ?", (file,))
                        connection.execute("UPDATE places SET gone = 1 WHERE file = ?", (file,))
            # Where another text of an article stands still, that is to be read again.
            connection.execute(
                "DELETE FROM files WHERE file IN (SELECT there.file FROM places AS there"
                " JOIN articles USING (id) JOIN places AS before USING (id)"
                " WHERE there.gone = 0 AND before.gone = 1 AND there.digest != articles.digest"
                " AND before.digest = articles.digest)"
            )

    def leave(self, roots: Sequence[str]) -> list[str]:
        """Withdraw what was found under `roots` and is found nowhere now; return its ids.

        All or none. If its file comes back it does too.
        """
        with self._database.transaction() as connection:
            found = dict.fromkeys(id for root in roots for id in _only_gone(connection, root))
            left = [id for id in found if _holds(connection, id)]
            for id in left:
                _withdraw(connection, id, kept_out=False)
        if left:
            self._database.forget()
        return left

    def known_files(self, reader: int) -> dict[str, Known]:
        """Return the files that this version of the reader has read, as they were then."""
        connection = self._database.connection()
        withheld = {
            file
            for (file,) in connection.execute(
                "SELECT file FROM places JOIN articles USING (id) WHERE kept_out = 1"
            )
        }
        refused = {file for (file,) in connection.execute("SELECT file FROM refusals")}
        rows = connection.execute(
            "SELECT file, digest, etag, last_modified FROM files WHERE reader = ?", (reader,)
        )
        return {
            file: Known(digest, etag, last_modified, file in withheld, file in refused)
            for file, digest, etag, last_modified in rows
        }

    def held_by(self, files: Sequence[str]) -> list[tuple[str, Outcome]]:
        """Return the articles that stand in these files unchanged, or were withdrawn by name."""
        rows = self._database.connection().execute(
            "SELECT DISTINCT id, article IS NULL FROM places JOIN articles USING (id)"
            " WHERE file IN (SELECT value FROM json_each(?)) AND gone = 0"
            " AND (article IS NOT NULL OR kept_out = 1)",
            (self._database.listed(files),),
        )
        return [(id, "withdrawn" if withdrawn else "unchanged") for id, withdrawn in rows]

    def held_under(self, root: str) -> int:
        """Return how many articles stood in this file, or in the files of this folder."""
        held = self.held_by(_files_under(self._database.connection(), root))
        return sum(outcome == "unchanged" for _, outcome in held)

    def refusals(self, files: Sequence[str] | None = None) -> list[Refusal]:
        """Return what is refused now, or of these files, by origin."""
        chosen = "" if files is None else "WHERE file IN (SELECT value FROM json_each(?))"
        rows = self._database.connection().execute(
            f"SELECT origin, reason, at, file FROM refusals {chosen} ORDER BY origin",
            () if files is None else (self._database.listed(files),),
        )
        return [
            Refusal(origin, reason, datetime.fromisoformat(at), file)
            for origin, reason, at, file in rows
        ]

    def get(self, id: str, version: int | None = None) -> Article:
        """Return the article as it is now, or as it was in that version.

        Raises:
            ArticleNotFound: there is none under that id, or no such version.
            ArticleGone: it was withdrawn.
        """
        connection = self._database.connection()
        row = connection.execute(
            "SELECT article, withdrawn FROM articles WHERE id = ?", (id,)
        ).fetchone()
        if row is None:
            raise ArticleNotFound(id)
        if row[0] is None:
            raise ArticleGone(id, datetime.fromisoformat(row[1]))
        article = _article(row[0])
        if version is None or version == article.version:
            return article
        earlier = connection.execute(
            "SELECT article FROM versions WHERE id = ? AND number = ?", (id, version)
        ).fetchone()
        if earlier is None:
            raise ArticleNotFound(id, version)
        return _article(earlier[0])

    def versions(self, id: str) -> tuple[Version, ...]:
        """Return the versions of an article, oldest first; none if it is not there."""
        rows = self._database.connection().execute(
            "SELECT taken, article FROM versions WHERE id = :id UNION ALL"
            " SELECT taken, article FROM articles WHERE id = :id AND article IS NOT NULL",
            {"id": id},
        )
        states = (
            Version(
                _version(article),
                datetime.fromisoformat(taken) if taken else None,
                json.loads(article)["title"],
            )
            for taken, article in rows
        )
        return tuple(sorted(states, key=lambda state: state.number))

    def find(self, ids: Iterable[str]) -> dict[str, Article]:
        """Return those of the articles that are there, by id."""
        rows = self._database.connection().execute(
            "SELECT id, article FROM articles"
            " WHERE id IN (SELECT value FROM json_each(?)) AND article IS NOT NULL",
            (self._database.listed(ids),),
        )
        return {id: _article(article) for id, article in rows}

    def states(self, ids: Iterable[str]) -> dict[str, Change]:
        """Return what has become of these articles last, by id; of those that ever were."""
        rows = self._database.connection().execute(
            "SELECT seq, id, article FROM articles WHERE id IN (SELECT value FROM json_each(?))",
            (self._database.listed(ids),),
        )
        return {change.id: change for change in map(_change, rows)}

    def all(self) -> Generator[Article, None, None]:
        """Yield the articles there are at this moment, whatever becomes of them, by last change."""
        query = "SELECT article FROM articles WHERE article IS NOT NULL ORDER BY seq"
        for (article,) in self._database.stream(query):
            yield _article(article)

    def file(self, id: str) -> str:
        """Return the file or feed where an article stands, the first by name; else empty."""
        row = self._database.connection().execute(
            "SELECT min(file) FROM places WHERE id = ? AND gone = 0 AND file != ''", (id,)
        )
        return str(row.fetchone()[0] or "")

    def beginning(self, letters: str, limit: int) -> list[tuple[str, str]]:
        """Return the ids that begin so, with the title of each, in order."""
        rows = self._database.connection().execute(
            "SELECT id, article FROM articles"
            " WHERE substr(id, 1, :length) = :letters AND article IS NOT NULL"
            " ORDER BY id LIMIT :limit",
            {"letters": letters, "length": len(letters), "limit": limit},
        )
        return [(id, json.loads(article)["title"]) for id, article in rows]

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

    @property
    def last_change(self) -> int:
        """The number of the newest change, 0 if there was none."""
        query = "SELECT coalesce(max(seq), 0) FROM articles"
        return int(self._database.connection().execute(query).fetchone()[0])

    def pending(self, since: int) -> int:
        """Return how many articles changed after `since`."""
        query = "SELECT count(*) FROM articles WHERE seq > ?"
        return int(self._database.connection().execute(query, (since,)).fetchone()[0])

    def __len__(self) -> int:
        """How many articles there are."""
        query = "SELECT count(*) FROM articles WHERE article IS NOT NULL"
        return int(self._database.connection().execute(query).fetchone()[0])


def _opened(path: Path) -> SQLiteFile:
    """Return the articles of a file, with today's tables."""
    file = SQLiteFile(path, _SCHEMA)
    columns = {row[1] for row in file.connection().execute("PRAGMA table_info(articles)")}
    if "location" in columns:
        _upgrade(file)
    file.connection().executescript(_INDEXES)
    return file


def _upgrade(file: SQLiteFile) -> None:
    """Give a home of before today's tables, all or none."""
    with file.transaction() as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(articles)")]
        if "location" not in columns:  # another process was first
            return
        for statement in _UPGRADE.strip().split(";\n"):
            connection.execute(statement.removesuffix(";"))
        connection.execute(
            "UPDATE articles SET withdrawn = ?, kept_out = 1 WHERE article IS NULL",
            (_now().isoformat(),),
        )
        addresses = connection.execute(
            "SELECT article ->> 'url', id FROM articles WHERE article IS NOT NULL"
        ).fetchall()
        connection.executemany(
            "UPDATE articles SET address = ? WHERE id = ?",
            [(_address(url), id) for url, id in addresses],
        )


def _article(stored: str) -> Article:
    """Return an article as it was kept.

    Raises:
        HomeUnusable: what was kept is no article any more.
    """
    try:
        return _ARTICLE.validate_json(stored)
    except ValidationError as error:
        raise HomeUnusable(
            "articles.sqlite: an article in it is damaged; `newsqa status --check` names it, and"
            " `newsqa restore` of a backup mends it"
        ) from error


def _version(stored: str) -> int:
    """Return the number of an article's state; before there were several it had none."""
    return int(json.loads(stored).get("version", 1))


def _put(connection: Connection, draft: Draft, reading: int) -> tuple[str, Outcome]:
    article, digest = draft.article, sha256(draft.source).digest()
    id = article.id if draft.named else _known_id(connection, draft, digest)
    if id is None:
        id = _free_id(connection, article.id)
    held = connection.execute(
        "SELECT digest, article, kept_out, last FROM articles WHERE id = ?", (id,)
    ).fetchone()
    here = (draft.file, draft.location, id)
    # Another may be reading the same file, and have begun later.
    later = connection.execute(
        "DELETE FROM places WHERE file = ? AND location = ? AND id = ? RETURNING reading", here
    ).fetchall()
    reading = max(reading, *(other for (other,) in later)) if later else reading
    connection.execute("INSERT INTO places VALUES (?, ?, ?, ?, 0, ?)", (*here, reading, digest))
    # One place has one article: what stood there before does so no more.
    connection.execute(
        "UPDATE places SET gone = 1 WHERE location = ? AND location != '' AND id != ?",
        (draft.location, id),
    )
    if held is None or held[1] is None:
        if held and held[2] and draft.swept:
            connection.execute(
                "INSERT INTO withheld VALUES (?, ?)"
                " ON CONFLICT (digest) DO UPDATE SET id = excluded.id",
                (digest, id),
            )
            return id, "withdrawn"
        connection.execute("DELETE FROM withheld WHERE id = ?", (id,))
        # Its number goes on, so that an address with a version never means another text.
        article = replace(article, id=id, version=held[3] + 1 if held else 1)
        _write(connection, article, digest, draft.source)
        return id, "added"
    known = _article(held[1])
    article = replace(
        article, id=id, version=known.version, updated=article.updated or known.updated
    )
    if held[0] == digest:
        # Not the origin: the same bytes may lie in two files. But a reader that improved counts.
        article = replace(article, origin=known.origin)
        if article == known:
            return id, "unchanged"
    elif (article.title, article.text) != (known.title, known.text):
        if _superseded(connection, id, digest, draft):
            return id, "unchanged"
        _keep_version(connection, known)
        # What was said of the version before says nothing of this one.
        updated = article.updated if article.updated != known.updated else _now()
        article = replace(article, version=known.version + 1, updated=updated)
    elif article == known:
        # Other bytes say the same: nothing has to be indexed again.
        connection.execute(
            "UPDATE articles SET digest = ?, source = ? WHERE id = ?", (digest, draft.source, id)
        )
        return id, "unchanged"
    _write(connection, article, digest, draft.source)
    return id, "updated"


def _known_id(connection: Connection, draft: Draft, digest: bytes) -> str | None:
    """Return the id of the article with the same bytes, or of the same place or web address.

    What was withdrawn is known too, but what is there comes first.
    """
    # What still stands as it is in another place has not become what stands here now: it was
    # copied and the copy rewritten, or moved and its name given to another. (What was sent stands
    # in no place that could be looked at.)
    by_place = (
        "SELECT id, gone FROM places AS here JOIN articles USING (id)"
        " WHERE location = :location AND location != '' AND (kept_out = 1 OR NOT EXISTS ("
        " SELECT 1 FROM places WHERE id = here.id AND gone = 0 AND file != ''"
        " AND location != :location AND places.digest = articles.digest))"
    )
    by_bytes = "SELECT id, 0 AS gone FROM articles WHERE digest = :digest"
    withheld = (
        "SELECT id, 0 AS gone FROM withheld JOIN articles USING (id)"
        " WHERE withheld.digest = :digest"
    )
    for query in (by_bytes + " AND article IS NOT NULL", by_place, withheld, by_bytes):
        row = connection.execute(
            query + " ORDER BY gone, article IS NULL, seq LIMIT 1",
            {"location": draft.location, "digest": digest},
        ).fetchone()
        if row:
            return str(row[0])
    # An article that still stands in a place of its own has not moved to this one.
    rows = connection.execute(
        "SELECT id, article FROM articles WHERE address = ? AND address != x''"
        " AND (article IS NULL OR NOT EXISTS ("
        " SELECT 1 FROM places WHERE id = articles.id AND location != '' AND gone = 0))"
        " ORDER BY article IS NULL, seq",
        (_address(draft.article.url),),
    )
    for id, article in rows:
        if article is None or _resembles(_article(article), draft.article):
            return str(id)
    return None


def _superseded(connection: Connection, id: str, digest: bytes, draft: Draft) -> bool:
    """Say whether these bytes are an earlier version, and the newer one stands elsewhere still."""
    row = connection.execute(
        "SELECT 1 FROM versions WHERE id = :id AND digest = :digest AND EXISTS ("
        " SELECT 1 FROM places JOIN articles USING (id) WHERE id = :id AND gone = 0"
        " AND file != '' AND file != :file AND places.digest = articles.digest)",
        {"id": id, "digest": digest, "file": draft.file},
    ).fetchone()
    return row is not None


def _resembles(known: Article, article: Article) -> bool:
    """Say whether two articles from one address are versions of one."""
    if known.title == article.title:
        return True
    ours, theirs = ({span.of(a.text) for span in a.sentences} for a in (known, article))
    return len(ours & theirs) >= RESEMBLANCE * min(len(ours), len(theirs))


def _address(url: str) -> bytes:
    """Return by what an address is known, b"" where it names no page of its own.

    >>> _address("https://News.example/a/1.html#top") == _address("http://news.example/a/1.html/")
    True
    >>> _address("https://news.example/"), _address("")
    (b'', b'')
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not (path or parts.query):
        return b""
    return sha256(f"{parts.netloc.lower()}{path}?{parts.query}".encode()).digest()


def _free_id(connection: Connection, wanted: str) -> str:
    """Return `wanted`, or with a number behind it where another article has it by now.

    That happens when a file was rewritten and its earlier text turns up again in another file.
    """
    names = (wanted if n == 1 else f"{wanted}-{n}" for n in count(1))
    return next(name for name in names if not _holds(connection, name))


def _holds(connection: Connection, id: str) -> bool:
    query = "SELECT 1 FROM articles WHERE id = ? AND article IS NOT NULL"
    return connection.execute(query, (id,)).fetchone() is not None


def _write(connection: Connection, article: Article, digest: bytes, source: bytes) -> None:
    """Give the article a new state under a new change number."""
    connection.execute("DELETE FROM articles WHERE id = ?", (article.id,))
    connection.execute(
        "INSERT INTO articles (id, digest, source, article, taken, address)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            article.id,
            digest,
            source,
            _ARTICLE.dump_json(article).decode(),
            _now().isoformat(),
            _address(article.url),
        ),
    )


def _keep_version(connection: Connection, article: Article) -> None:
    """Keep the article's present state as an earlier version."""
    connection.execute(
        "INSERT INTO versions"
        " SELECT id, ?, taken, digest, source, article FROM articles WHERE id = ?"
        " ON CONFLICT (id, number) DO UPDATE SET taken = excluded.taken,"
        " digest = excluded.digest, source = excluded.source, article = excluded.article",
        (article.version, article.id),
    )


def _withdraw(connection: Connection, id: str, *, kept_out: bool) -> None:
    """Erase every version; what stays tells that it was there, and how to know it again."""
    digest, address, article = connection.execute(
        "SELECT digest, address, article FROM articles WHERE id = ?", (id,)
    ).fetchone()
    if kept_out:
        connection.execute(
            "INSERT INTO withheld SELECT digest, id FROM articles WHERE id = :id"
            " UNION SELECT digest, id FROM versions WHERE id = :id"
            " ON CONFLICT (digest) DO UPDATE SET id = excluded.id",
            {"id": id},
        )
    for table in ("articles", "versions"):
        connection.execute(f"DELETE FROM {table} WHERE id = ?", (id,))
    if not kept_out:
        connection.execute("DELETE FROM places WHERE id = ?", (id,))
    connection.execute(
        "INSERT INTO articles (id, digest, address, last, withdrawn, kept_out)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (id, digest, address, _version(article), _now().isoformat(), int(kept_out)),
    )


def _refuse(connection: Connection, refused: ArticleRefused, reading: int) -> None:
    part = (refused.file, refused.origin)
    connection.execute("DELETE FROM refusals WHERE file = ? AND origin = ?", part)
    connection.execute(
        "INSERT INTO refusals VALUES (?, ?, ?, ?, ?)",
        (*part, refused.reason, _now().isoformat(), reading),
    )


def _finish(connection: Connection, finished: Finished, reading: int, reader: int) -> None:
    connection.execute(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?) ON CONFLICT (file) DO UPDATE SET"
        " digest = excluded.digest, reader = excluded.reader, etag = excluded.etag,"
        " last_modified = excluded.last_modified",
        (finished.file, finished.digest, reader, finished.etag, finished.last_modified),
    )
    connection.execute(
        "DELETE FROM refusals WHERE file = ? AND reading < ?", (finished.file, reading)
    )
    if finished.whole:
        connection.execute(
            "UPDATE places SET gone = 1 WHERE file = ? AND reading < ?", (finished.file, reading)
        )


def _files_under(connection: Connection, root: str) -> list[str]:
    """Return the file of this name and those of the folder, as far as any was ever read."""
    folder = root.rstrip("/") + "/"
    rows = connection.execute(
        "SELECT file FROM (SELECT file FROM places UNION SELECT file FROM files"
        " UNION SELECT file FROM refusals) AS known WHERE file = ? OR file >= ? AND file < ?",
        (root, folder, folder[:-1] + "0"),  # "0" follows "/"
    )
    return [file for (file,) in rows]


def _only_gone(connection: Connection, root: str) -> list[str]:
    """Return the articles that were found under `root` and are not found anywhere by now."""
    rows = []
    for file in _files_under(connection, root):
        rows += connection.execute(
            "SELECT id FROM places AS here WHERE file = ? AND gone = 1 AND NOT EXISTS ("
            " SELECT 1 FROM places WHERE id = here.id AND gone = 0)",
            (file,),
        ).fetchall()
    return [id for (id,) in rows]


def _now() -> datetime:
    return datetime.now(UTC)


def _change(row: tuple[int, str, str | None]) -> Change:
    seq, id, article = row
    return Change(seq, id, _article(article) if article is not None else None)
