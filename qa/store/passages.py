"""The passages of one generation, with their embeddings and a log of what changed."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.copies import SHARE, Runs, alike, fingerprint
from qa.passages import embedded_text
from qa.store.articles import Change
from qa.store.database import Connection, Database, Stepped
from qa.store.sqlite import SQLiteFile
from qa.types import Article, Facet, Facets, Filters, Passage, Span

_TABLES = """
CREATE TABLE IF NOT EXISTS progress (     -- one row
    article_seq INTEGER NOT NULL          -- the last change of the articles that was taken in
) STRICT;
CREATE TABLE IF NOT EXISTS documents (
    article_id TEXT PRIMARY KEY,
    day TEXT,                             -- ISO date of publication, in the article's own zone
    published INTEGER,                    -- the moment of it, in seconds since 1970
    seq INTEGER NOT NULL,                 -- the change of the articles by which it came as it is
    publisher TEXT NOT NULL,
    author TEXT NOT NULL,
    text INTEGER NOT NULL                 -- the same number for articles with the same text
) STRICT;
CREATE INDEX IF NOT EXISTS document_by_text ON documents (text);
CREATE INDEX IF NOT EXISTS document_by_publisher ON documents (publisher);
CREATE INDEX IF NOT EXISTS document_by_author ON documents (author);
CREATE INDEX IF NOT EXISTS document_by_day ON documents (day);
CREATE INDEX IF NOT EXISTS document_by_published ON documents (published, seq);
CREATE TABLE IF NOT EXISTS texts (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,          -- sha256 of the text
    sample BLOB NOT NULL                  -- uint64[n], the runs that its copies are found by
) STRICT;
CREATE TABLE IF NOT EXISTS runs (         -- where to look for copies (qa/copies.py)
    run INTEGER NOT NULL,
    text INTEGER NOT NULL,
    PRIMARY KEY (run, text)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS copies (       -- both ways round
    text INTEGER NOT NULL,
    copy INTEGER NOT NULL,
    PRIMARY KEY (text, copy)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS categories (
    article_id TEXT NOT NULL,
    category TEXT NOT NULL,
    PRIMARY KEY (article_id, category)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS article_by_category ON categories (category);
CREATE TABLE IF NOT EXISTS passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again
    article_id TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    span_start INTEGER NOT NULL,
    span_end INTEGER NOT NULL,
    text TEXT NOT NULL,
    embedded TEXT NOT NULL,               -- what the encoder and the word index read
    digest BLOB NOT NULL,                 -- sha256 of embedded
    vector BLOB NOT NULL                  -- float32[dimension]
) STRICT;
CREATE INDEX IF NOT EXISTS passage_by_article ON passages (article_id);
CREATE INDEX IF NOT EXISTS passage_by_digest ON passages (digest);
CREATE TABLE IF NOT EXISTS token_vectors ( -- apart from passages, so that scanning these stays fast
    key INTEGER PRIMARY KEY,
    packed BLOB NOT NULL                  -- embeddings/late.py
) STRICT;
CREATE TABLE IF NOT EXISTS ahead (        -- encoded before all of its article was
    digest BLOB PRIMARY KEY,
    vector BLOB NOT NULL,
    packed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (      -- a passage came or went
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS followers (    -- what is made of the passages elsewhere
    name TEXT PRIMARY KEY,
    seq INTEGER NOT NULL                  -- the last change that it has taken in
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tallies (      -- counted as rows come and go: to count them takes long
    what TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (what, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tally_by_number ON tallies (what, number DESC, value);
"""

TALLIED = (
    ("passage", "passages", "''"),
    ("article", "documents", "''"),
    ("source", "documents", "{row}.publisher"),
    ("author", "documents", "{row}.author"),
    ("category", "categories", "{row}.category"),
)
"""What is counted, the table whose rows are, and the value that each counts for."""

_SCHEMA = _TABLES + "".join(
    f"""
CREATE TRIGGER IF NOT EXISTS {what}_came AFTER INSERT ON {table} BEGIN
    INSERT OR IGNORE INTO tallies VALUES ('{what}', {value.format(row="new")}, 0);
    UPDATE tallies SET number = number + 1
        WHERE what = '{what}' AND value = {value.format(row="new")};
END;
CREATE TRIGGER IF NOT EXISTS {what}_went AFTER DELETE ON {table} BEGIN
    UPDATE tallies SET number = number - 1
        WHERE what = '{what}' AND value = {value.format(row="old")};
    DELETE FROM tallies
        WHERE what = '{what}' AND value = {value.format(row="old")} AND number = 0;
END;
"""
    for what, table, value in TALLIED
)

# The same in PostgreSQL, where many rows come in one statement, and are counted once. Vectors hold
# nothing to compress; an index alone tells the keys that filters let through, and one with those
# without a day last tells the newest; several take articles from one list (qa/store/queue.py).
_IN_POSTGRES = (
    "".join(
        f"""
CREATE FUNCTION {what}_came() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO tallies SELECT '{what}', {value.format(row="came")}, count(*) FROM came GROUP BY 2
        ON CONFLICT (what, value) DO UPDATE SET number = tallies.number + excluded.number;
    RETURN NULL;
END $$;
CREATE TRIGGER {what}_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION {what}_came();
CREATE FUNCTION {what}_went() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE tallies SET number = tallies.number - gone.number FROM (
        SELECT {value.format(row="went")} AS value, count(*) AS number FROM went GROUP BY 1
    ) AS gone WHERE what = '{what}' AND tallies.value = gone.value;
    DELETE FROM tallies WHERE what = '{what}' AND number = 0;
    RETURN NULL;
END $$;
CREATE TRIGGER {what}_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION {what}_went();
"""
        for what, table, value in TALLIED
    )
    + """
ALTER TABLE passages ALTER COLUMN vector SET STORAGE EXTERNAL;
ALTER TABLE token_vectors ALTER COLUMN packed SET STORAGE EXTERNAL;
DROP INDEX passage_by_article;
CREATE INDEX passage_by_article ON passages (article_id, key);
CREATE INDEX document_by_newest ON documents (published DESC NULLS LAST, seq DESC);
CREATE TABLE pending (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL
);
"""
)
_STEPS = (_TABLES + _IN_POSTGRES,)

# What a filter asks of a document, so that those that are set can use their indexes.
_PASSES = {
    "date_from": "day >= :date_from",
    "date_to": "day <= :date_to",
    "source": "publisher IN (SELECT value FROM json_each(:source))",
    "author": "author IN (SELECT value FROM json_each(:author))",
    "category": "article_id IN (SELECT article_id FROM categories"
    " WHERE category IN (SELECT value FROM json_each(:category)))",
}

_ALLOWED = """
SELECT key FROM documents CROSS JOIN passages USING (article_id) -- in this order, by their index
WHERE {passes}
"""

_SAME = """
    SELECT text FROM documents WHERE article_id = :id
    UNION ALL
    SELECT copy FROM documents JOIN copies USING (text) WHERE article_id = :id
"""

# By what the text is, not by what filters ask for: of that there are few.
_COPIES = f"""
SELECT article_id FROM documents INDEXED BY document_by_text
WHERE {{passes}} AND article_id != :id AND text IN ({_SAME})
ORDER BY article_id
"""

_EARLIER = f"""
SELECT other.article_id FROM documents AS own CROSS JOIN documents AS other
WHERE own.article_id = :id AND other.text IN ({_SAME})
  AND (other.published IS NULL, coalesce(other.published, 0), other.seq, other.article_id)
    < (own.published IS NULL, coalesce(own.published, 0), own.seq, own.article_id)
ORDER BY other.published IS NULL, other.published, other.seq, other.article_id
"""

_FACET = """
SELECT value, number FROM tallies WHERE what = ? AND value != ''
ORDER BY number DESC, value LIMIT ?
"""

_EMBEDDING = """
SELECT vector, packed FROM passages LEFT JOIN token_vectors USING (key) WHERE digest = ? LIMIT 1
"""

MOST_VALUES = 200
"""Of a facet that are offered, the most frequent."""

MOST = 100
"""Texts with one run that are looked at, the first that came: a run in more of them is a phrase or
a notice, or else that many copies will do. It bounds the time an article takes."""

ROWS = 1_000
"""Passages read at a time."""

Keys = NDArray[np.int64]
Vector = NDArray[np.float32]

_ANY = Filters()


@dataclass(frozen=True, slots=True)
class Embedding:
    """What an encoder makes of a passage.

    Attributes:
        vector: float32[dimension].
        tokens: its packed token vectors (embeddings/late.py); empty where none are kept.
    """

    vector: Vector
    tokens: bytes = b""


@dataclass(frozen=True, slots=True)
class Document:
    """What filters ask of the article that a passage is of.

    Attributes:
        day: ISO date of publication, in the article's own zone; None where it does not say.
    """

    day: str | None
    publisher: str
    author: str
    categories: tuple[str, ...]


class PassageStore:
    """Passages by key; every change is logged, so that indexes beside it can follow."""

    def __init__(self, place: Path | Stepped, *, as_is: bool = False) -> None:
        """Open a file, or what is in a database, or begin what is not there.

        With `as_is` it is not touched: it may be of an earlier version, which knows embeddings.
        """
        self._database: Database
        if isinstance(place, Path):
            schema = "" if as_is else _SCHEMA
            self._database = SQLiteFile(place, schema, read_only=as_is, derived=True)
        else:
            if not as_is:
                place.make(_STEPS)
            self._database = place

    @property
    def database(self) -> Database:
        """What the passages are kept in."""
        return self._database

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed, as where the disk cannot be written."""
        return self._database.read_only

    @property
    def article_seq(self) -> int:
        """The last change of the articles that this store has taken in."""
        return self._number("SELECT coalesce(max(article_seq), 0) FROM progress")

    @property
    def cursor(self) -> int:
        """The number of the newest change of passages, 0 if there was none."""
        return self._number("SELECT coalesce(max(seq), 0) FROM changes")

    @property
    def last_key(self) -> int:
        """The highest key of a passage that is there, 0 if there is none."""
        return self._number("SELECT coalesce(max(key), 0) FROM passages")

    def articles(self) -> int:
        """Return how many articles have passages."""
        return self._tally("article")

    def __len__(self) -> int:
        """How many passages there are."""
        return self._tally("passage")

    def take(
        self, changes: Sequence[Change], made: Sequence[tuple[Article, Passage, Embedding]]
    ) -> None:
        """Replace the passages of the changed articles by those that were made of them.

        One transaction: a reader sees the articles before or after, never between.
        """
        with self._database.transaction() as connection:
            self.replace(connection, changes, made)
            connection.execute("DELETE FROM ahead")
            if changes:
                proceed(connection, changes[-1].seq)
        if any(change.article is None for change in changes):
            self._database.forget()

    def replace(
        self,
        connection: Connection,
        changes: Sequence[Change],
        made: Sequence[tuple[Article, Passage, Embedding]],
    ) -> None:
        """Do so in a transaction that is open, and say nothing of how far the articles are."""
        changed = self._database.listed([change.id for change in changes])
        known = connection.execute(
            "SELECT article_id FROM documents"
            " WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (changed,),
        )
        for (article_id,) in known.fetchall():
            _forget(connection, article_id)
        _insert(connection, made)
        for change in changes:
            if change.article is not None:
                self._describe(connection, change.article, change.seq)

    def follower(self, name: str) -> int:
        """Return the last change that what follows under this name has taken in, 0 at first."""
        row = self._database.connection().execute(
            "SELECT seq FROM followers WHERE name = ?", (name,)
        )
        return int((row.fetchone() or (0,))[0])

    def set_follower(self, name: str, cursor: int) -> None:
        """Remember that what follows under this name has taken in the changes up to `cursor`."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO followers VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
                (name, cursor),
            )

    @property
    def ahead(self) -> bool:
        """Whether something is kept whose article was not taken in yet."""
        # A file of before knows of no such table.
        return self._database.has("ahead") and bool(
            self._number("SELECT count(*) FROM (SELECT 1 FROM ahead LIMIT 1) AS one")
        )

    def keep(self, embeddings: Mapping[str, Embedding]) -> None:
        """Keep what the encoder made of these texts until their articles are taken in."""
        rows = (
            (_digest(text), made.vector.astype(np.float32).tobytes(), made.tokens)
            for text, made in embeddings.items()
        )
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO ahead VALUES (?, ?, ?) ON CONFLICT (digest)"
                " DO UPDATE SET vector = excluded.vector, packed = excluded.packed",
                rows,
            )

    def embeddings(self, embedded: Iterable[str]) -> dict[str, Embedding]:
        """Return what is already known of these texts."""
        found: dict[str, Embedding] = {}
        wanted = dict.fromkeys(embedded)
        queries = [_EMBEDDING]
        if self.ahead:
            queries.insert(0, "SELECT vector, packed FROM ahead WHERE digest = ?")
        for query in queries:
            texts = [text for text in wanted if text not in found]
            known = self._database.connection().each(query, ((_digest(text),) for text in texts))
            for text, rows in zip(texts, known, strict=True):
                for vector, packed in rows:
                    found[text] = Embedding(np.frombuffer(vector, np.float32), packed or b"")
        return found

    def token_vectors(self, keys: Sequence[int]) -> dict[int, bytes]:
        """Return the packed token vectors of these passages, of those that have any."""
        rows = self._database.connection().execute(
            "SELECT key, packed FROM token_vectors WHERE key IN (SELECT value FROM json_each(?))",
            (self._database.listed(keys),),
        )
        return dict(rows.fetchall())

    def changed(self, cursor: int, until: int) -> tuple[list[int], list[int]]:
        """Return the keys that the changes after `cursor` up to `until` have to do with.

        Those that are there now, and those that are gone; both ascending.
        """
        rows = (
            self._database.connection()
            .execute(
                "SELECT DISTINCT changes.key, passages.key IS NULL FROM changes"
                " LEFT JOIN passages USING (key) WHERE seq > ? AND seq <= ? ORDER BY changes.key",
                (cursor, until),
            )
            .fetchall()
        )
        return [key for key, gone in rows if not gone], [key for key, gone in rows if gone]

    def texts(self, keys: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Yield the embedded texts of these passages, a few in memory at a time."""
        query = (
            "SELECT key, embedded FROM passages WHERE key IN (SELECT value FROM json_each(?))"
            " ORDER BY key"
        )
        for start in range(0, len(keys), ROWS):
            some = (self._database.listed(keys[start : start + ROWS]),)
            yield from self._database.connection().execute(query, some).fetchall()

    def keys(self) -> NDArray[np.int64]:
        """Return the keys of all passages, ascending: int64[n]."""
        return np.sort(self._database.numbers("SELECT key FROM passages"))  # of an index

    def vectors(self, keys: Sequence[int]) -> tuple[list[int], Vector]:
        """Return those of these keys that there are, ascending, and their vectors, end to end."""
        rows = (
            self._database.connection()
            .execute(
                "SELECT key, vector FROM passages WHERE key IN (SELECT value FROM json_each(?))"
                " ORDER BY key",
                (self._database.listed(keys),),
            )
            .fetchall()
        )
        return [key for key, _ in rows], np.frombuffer(b"".join(v for _, v in rows), np.float32)

    def passages(self, keys: Sequence[int]) -> dict[int, Passage]:
        """Return the passages that are still there under these keys."""
        rows = self._database.connection().execute(
            "SELECT key, article_id, first, last, span_start, span_end, text FROM passages"
            " WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key",
            (self._database.listed(keys),),
        )
        # All at once: one by one each row costs what the cursor's own words do (qa/store/sqlite).
        return {
            key: Passage(article_id, first, last, Span(start, end), text)
            for key, article_id, first, last, start, end, text in rows.fetchall()
        }

    def all(self, since: date | None = None) -> Generator[tuple[Passage, Vector], None, None]:
        """Yield the passages with their vectors, an article's together, one in memory at a time.

        With `since` those of the articles published on that day or later.
        """
        rows = self._database.stream(
            "SELECT article_id, first, last, span_start, span_end, passages.text, vector"
            f" FROM passages {'JOIN documents USING (article_id) WHERE day >= ?' if since else ''}"
            " ORDER BY key",
            (since.isoformat(),) if since else (),
        )
        for article_id, first, last, start, end, text, vector in rows:
            passage = Passage(article_id, first, last, Span(start, end), text)
            yield passage, np.frombuffer(vector, np.float32)

    @contextmanager
    def held(self) -> Iterator[None]:
        """See what is there at the first look inside, and nothing of what becomes of it."""
        with self._database.snapshot():
            yield

    def days(self, keys: Sequence[int]) -> dict[int, date]:
        """Return the day of publication of these passages' articles, of those that have one."""
        rows = self._database.connection().execute(
            "SELECT key, day FROM passages JOIN documents USING (article_id)"
            " WHERE key IN (SELECT value FROM json_each(?)) AND day IS NOT NULL",
            (self._database.listed(keys),),
        )
        return {key: date.fromisoformat(day) for key, day in rows.fetchall()}

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Return what filters ask of the articles that these passages are of, by passage."""
        connection = self._database.connection()
        rows = connection.execute(
            "SELECT key, article_id, day, publisher, author FROM passages"
            " JOIN documents USING (article_id)"
            " WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key",
            (self._database.listed(keys),),
        ).fetchall()
        categories: dict[str, list[str]] = {}
        for article_id, category in connection.execute(
            "SELECT article_id, category FROM categories"
            " WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY category",
            (self._database.listed({row[1] for row in rows}),),
        ):
            categories.setdefault(article_id, []).append(category)
        return {
            key: Document(day, publisher, author, tuple(categories.get(article_id, ())))
            for key, article_id, day, publisher, author in rows
        }

    def allowed(self, filters: Filters) -> Keys:
        """Return the keys of all passages that the filters let through, int64[n], ascending."""
        query, values = self._passing(_ALLOWED, filters)
        return np.sort(self._database.numbers(query, values))

    def facets(self) -> Facets:
        """Return what the filters can be set to: each value selects as many articles as it says."""
        days = ("SELECT min(day) FROM documents", "SELECT max(day) FROM documents")
        # All tell of one state.
        with self._database.snapshot() as connection:
            first, last = (connection.execute(query).fetchone()[0] for query in days)
            return Facets(
                categories=_facet(connection, "category"),
                sources=_facet(connection, "source"),
                authors=_facet(connection, "author"),
                date_from=date.fromisoformat(first) if first else None,
                date_to=date.fromisoformat(last) if last else None,
            )

    def newest(self, most: int) -> list[str]:
        """Return the articles that were published last, by id, the newest first.

        Those that do not say when come at the end, what came last before the others.
        """
        rows = self._database.connection().execute(
            "SELECT article_id FROM documents ORDER BY published DESC NULLS LAST, seq DESC LIMIT ?",
            (most,),
        )
        return [id for (id,) in rows]

    def copies(self, article_id: str, filters: Filters = _ANY) -> tuple[str, ...]:
        """Return the copies of an article that the filters let through, by id.

        Each is a copy of the other; what is a copy of a copy may be none.
        """
        query, values = self._passing(_COPIES, filters)
        rows = self._database.connection().execute(query, {**values, "id": article_id})
        return tuple(id for (id,) in rows)

    def earlier(self, article_id: str) -> tuple[str, ...]:
        """Return the copies that are earlier than an article, the earliest first.

        The earlier was published earlier or, where both were at once or neither says when, came
        earlier; one that says when comes before one that does not.
        """
        rows = self._database.connection().execute(_EARLIER, {"id": article_id})
        return tuple(id for (id,) in rows)

    def intact(self) -> bool:
        """Say whether the database finds all as it should be, and embeddings can be in it."""
        needed = ("progress", "passages", "token_vectors")
        return self._database.intact() and all(map(self._database.has, needed))

    def close(self) -> None:
        """Close this thread's connection."""
        self._database.close()

    def _passing(self, query: str, filters: Filters) -> tuple[str, dict[str, object]]:
        """Return a query limited to what the filters let through, and the values that it names."""
        several = {"source": filters.source, "author": filters.author, "category": filters.category}
        values: dict[str, object] = {
            name: self._database.listed(map(self._database.sought, given))
            for name, given in several.items()
            if given
        }
        if filters.date_from:
            values["date_from"] = filters.date_from.isoformat()
        if filters.date_to:
            values["date_to"] = filters.date_to.isoformat()
        passes = " AND ".join(asked for name, asked in _PASSES.items() if name in values)
        return query.format(passes=passes or "TRUE"), values

    def _describe(self, connection: Connection, article: Article, seq: int) -> None:
        published = article.published
        connection.execute(
            "INSERT INTO documents (article_id, day, published, seq, publisher, author, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                article.id,
                published.date().isoformat() if published else None,
                int(published.timestamp()) if published else None,
                seq,
                self._database.sought(article.publisher),
                self._database.sought(article.author),
                self._text(connection, article.text),
            ),
        )
        categories = dict.fromkeys(map(self._database.sought, article.categories))
        connection.executemany(
            "INSERT INTO categories VALUES (?, ?)", [(article.id, one) for one in categories]
        )

    def _text(self, connection: Connection, text: str) -> int:
        """Return the text's number; of a new one the copies are found."""
        digest = (_digest(text),)
        known = connection.execute("SELECT number FROM texts WHERE digest = ?", digest).fetchone()
        if known:
            return int(known[0])
        own = fingerprint(text)
        others = self._near(connection, own.sample)
        copies = [other for other in others if alike(own, fingerprint(_read(connection, other)))]
        (number,) = connection.execute(
            "INSERT INTO texts (digest, sample) VALUES (?, ?) RETURNING number",
            (*digest, own.sample.astype("<u8").tobytes()),
        ).fetchone()
        runs = ((run, number) for run in own.sample.tolist())
        connection.insert("runs", ("run", "text"), runs)
        for pair in ((number, other) for other in copies):
            connection.executemany("INSERT INTO copies VALUES (?, ?)", (pair, pair[::-1]))
        return int(number)

    def _near(self, connection: Connection, sample: Runs) -> list[int]:
        """Return the texts that share half as much of this sample, or theirs, as a copy should."""
        found = connection.each(
            "SELECT text FROM runs WHERE run = ? ORDER BY text LIMIT ?",
            ((run, MOST) for run in sample.tolist()),
        )
        shared = Counter(text for rows in found for (text,) in rows)
        if not shared:
            return []
        sizes = connection.execute(
            "SELECT number, length(sample) / 8 FROM texts"
            " WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
            (self._database.listed(shared),),
        )
        return [text for text, size in sizes if shared[text] >= SHARE / 2 * min(size, len(sample))]

    def _number(self, query: str) -> int:
        return int(self._database.connection().execute(query).fetchone()[0])

    def _tally(self, what: str) -> int:
        return self._number(f"SELECT coalesce(sum(number), 0) FROM tallies WHERE what = '{what}'")


def _facet(connection: Connection, what: str) -> tuple[Facet, ...]:
    rows = connection.execute(_FACET, (what, MOST_VALUES))
    return tuple(Facet(*row) for row in rows)


def _forget(connection: Connection, article_id: str) -> None:
    connection.execute(
        "INSERT INTO changes (key) SELECT key FROM passages WHERE article_id = ?", (article_id,)
    )
    connection.execute(
        "DELETE FROM token_vectors WHERE key IN (SELECT key FROM passages WHERE article_id = ?)",
        (article_id,),
    )
    text = connection.execute(
        "SELECT text FROM documents WHERE article_id = ?", (article_id,)
    ).fetchone()
    for table in ("passages", "documents", "categories"):
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (article_id,))
    if text:
        _forget_text(connection, text[0])


def _forget_text(connection: Connection, text: int) -> None:
    """Remove the text unless another article has it too."""
    row = connection.execute(
        "SELECT sample FROM texts WHERE number = :text"
        " AND NOT EXISTS (SELECT 1 FROM documents WHERE text = :text)",
        {"text": text},
    ).fetchone()
    if row:
        connection.executemany(
            "DELETE FROM runs WHERE run = ? AND text = ?", [(run, text) for run in _stored(row[0])]
        )
        connection.execute(
            "DELETE FROM copies WHERE (text, copy) IN"
            " (SELECT copy, text FROM copies WHERE text = :text"
            " UNION ALL SELECT text, copy FROM copies WHERE text = :text)",
            {"text": text},
        )
        connection.execute("DELETE FROM texts WHERE number = ?", (text,))


def _read(connection: Connection, text: int) -> str:
    """Return the text as the passages of an article tell it, which are all of its sentences."""
    rows = connection.execute(
        "SELECT text FROM passages"
        " WHERE article_id = (SELECT article_id FROM documents WHERE text = ? LIMIT 1)"
        " ORDER BY first",
        (text,),
    )
    return "\n".join(passage for (passage,) in rows)


def _stored(sample: bytes) -> list[int]:
    return list(np.frombuffer(sample, "<u8").tolist())


def proceed(connection: Connection, article_seq: int) -> None:
    """Note up to which change the articles have been taken in."""
    connection.execute("DELETE FROM progress")
    connection.execute("INSERT INTO progress (article_seq) VALUES (?)", (article_seq,))


_COLUMNS = (
    "article_id", "first", "last", "span_start", "span_end", "text", "embedded", "digest", "vector",
)  # fmt: skip


def _insert(connection: Connection, made: Sequence[tuple[Article, Passage, Embedding]]) -> None:
    """Put in passages in their order, each with a change under its new key."""
    if not made:
        return
    (last,) = connection.execute("SELECT coalesce(max(key), 0) FROM passages").fetchone()
    connection.insert("passages", _COLUMNS, (_row(*one) for one in made))
    keys = connection.execute("SELECT key FROM passages WHERE key > ? ORDER BY key", (last,))
    tokens = [
        (key, embedding.tokens)
        for (key,), (_, _, embedding) in zip(keys.fetchall(), made, strict=True)
        if embedding.tokens
    ]
    connection.insert("token_vectors", ("key", "packed"), tokens)
    connection.execute(
        "INSERT INTO changes (key) SELECT key FROM passages WHERE key > ? ORDER BY key", (last,)
    )


def _row(article: Article, passage: Passage, embedding: Embedding) -> tuple[object, ...]:
    embedded = embedded_text(article, passage.text)
    return (
        article.id,
        passage.first,
        passage.last,
        *passage.span,
        passage.text,
        embedded,
        _digest(embedded),
        embedding.vector.astype(np.float32).tobytes(),
    )


def digest_of(article: Article, passage: Passage) -> bytes:
    """Return by what the embedding of a passage is known."""
    return _digest(embedded_text(article, passage.text))


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
