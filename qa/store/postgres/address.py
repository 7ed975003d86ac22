"""The address of a PostgreSQL database to connections, and its errors to ours."""

import re
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from qa.errors import HomeBusy, HomeUnusable, IndexUnusable, NewsqaError, SettingsUnusable

CONNECT_SECONDS = 10

IDLE_SECONDS = 1800
"""After which what a transaction holds falls back if nothing comes from who has it."""

# A machine that vanished is noticed within a minute, and what it held falls back.
_OPTIONS = (
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    f" -c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
)
_UNREACHABLE = (
    "see whether it runs and has this database (`createdb` makes one), and the address, user and"
    " password in NEWSQA_DATABASE"
)
_BUSY = frozenset({"55P03", "40P01", "40001"})
_GONE = frozenset({"42P01", "3F000"})
_REMEDIES = {
    "25006": "it can only be read; name the server that is written to in NEWSQA_DATABASE",
    "42501": "let the user of NEWSQA_DATABASE make schemas in it, and write to its own",
    "54000": "a file or a feed has too long a name; shorten it",
    "53100": "free some space there and try again; what was committed is kept",
    "53300": "raise its max_connections, or let fewer ask it at once",
    "58": "see whether its disk is full or failing",
    "XX": "its files are damaged; see its log, and restore them from a backup",
}
"""By the code of an error (appendix A of PostgreSQL's manual), or the class that begins it."""

_FULL = ("too many clients", "too many connections", "remaining connection slots")
"""What is said where no connection is made: then there is no code."""

Link = psycopg.Connection[tuple[Any, ...]]


class Address:
    """Where a PostgreSQL database is.

    Attributes:
        name: the address without user and password.
    """

    def __init__(self, url: str) -> None:
        """Take the address; nothing is asked of it yet.

        Raises:
            SettingsUnusable: it is none.
        """
        try:
            self._parts = {**conninfo_to_dict(url)}
        except psycopg.ProgrammingError:
            # Its message shows a part of the address, which may be of the password.
            raise _no_address() from None
        host, port = (str(self._parts.get(part) or "") for part in ("host", "port"))
        database = str(self._parts.get("dbname") or "")
        # Where a password has one of @ / ? # as it is, a part of it is read as one of these.
        if "@" in host + database or not re.fullmatch(r"[0-9,]*", port):
            raise _no_address()
        self.name = f"postgresql://{host or 'localhost'}:{port or 5432}/{database}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __str__(self) -> str:
        return self.name

    def connect(self, schema: str = "") -> Link:
        """Return a new connection, of which each statement is a transaction of its own.

        Raises:
            HomeUnusable: there is no getting through.
        """
        options = f'{self._parts.get("options") or ""}{_OPTIONS} -c search_path="{schema}"'
        given = {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "newsqa",
            "client_encoding": "utf8",
            **self._parts,
            "options": options,
        }
        try:
            return psycopg.connect(autocommit=True, **given)  # type: ignore[arg-type]
        except psycopg.Error as error:
            # What it is raised from has the password.
            raise self.told(error) or HomeUnusable(f"{self.name}: {error}") from None

    def told(self, error: psycopg.Error, schema: str = "") -> NewsqaError | None:
        """Return the error that says what fails and the remedy; None if a statement is wrong.

        `schema` is named where it is derived from the articles.
        """
        code = error.sqlstate or ""
        said = " ".join(str(error).split())
        if code in _BUSY:
            return HomeBusy(f"{self.name}: another process is writing to it; try again")
        if code in _GONE and schema:
            return IndexUnusable(
                f"{self.name}: {schema}: {said}; `newsqa rebuild` makes the index anew"
            )
        if any(words in said for words in _FULL):
            code = "53300"
        remedy = _REMEDIES.get(code) or _REMEDIES.get(code[:2])
        if remedy is None and isinstance(error, psycopg.OperationalError):
            remedy = _UNREACHABLE
        return HomeUnusable(f"{self.name}: {said}; {remedy}") if remedy else None


def _no_address() -> SettingsUnusable:
    return SettingsUnusable(
        "NEWSQA_DATABASE: no address of a PostgreSQL database; write"
        " postgresql://user:password@host:5432/database, in the password %40 for @ and %2F for /"
    )
