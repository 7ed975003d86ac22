"""The setting NEWSQA_INDEX to where a Milvus is and what of it is used."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from qa.errors import SettingsUnusable

FORM = "milvus://[user:password@]host[:19530][/name][?secure=true&database=...&index=HNSW]"

INDEXES = ("HNSW", "FLAT", "IVF_SQ8", "DISKANN")
"""How Milvus may keep vectors. Of 9,900 passages of news 2.3.5 finds these shares of the ten and of
the hundred nearest: HNSW .999 and .986, in memory, 1.7 kB a passage; FLAT all, comparing each time
with each; IVF_SQ8 in a quarter of the memory; DISKANN from disk."""

# Two underscores set off the generation.
_NAME = re.compile(r"(?!.*__)[A-Za-z][A-Za-z0-9_]{0,99}(?<!_)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a Milvus is, and which corpus of it; shown without the password.

    Attributes:
        name: what collections and their alias are called after; each corpus needs its own.
        user: empty where the password is a token.
        secure: whether it is spoken to by TLS.
        database: empty for the one that Milvus takes if none is named.
        index: one of INDEXES.
    """

    host: str
    port: int = 19530
    name: str = "newsqa"
    user: str = ""
    password: str = field(default="", repr=False)
    secure: bool = False
    database: str = ""
    index: str = INDEXES[0]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what an address says.

        Raises:
            SettingsUnusable: it is none.
        """
        try:
            parts = urlsplit(text)
            port = parts.port or 19530
            asked = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
        except ValueError:
            raise _unusable("it cannot be read") from None
        if parts.scheme != "milvus" or not parts.hostname or parts.fragment:
            raise _unusable("it names no host")
        name = unquote(parts.path).strip("/") or "newsqa"
        if not _NAME.fullmatch(name):
            raise _unusable(f"the name {name!r} is not made of letters, digits and single _")
        secure, database = asked.pop("secure", "false"), asked.pop("database", "")
        index = asked.pop("index", INDEXES[0])
        if secure not in ("true", "false"):
            raise _unusable("secure is true or false")
        if index not in INDEXES:
            raise _unusable(f"index is one of {', '.join(INDEXES)}")
        if asked:
            raise _unusable(f"{', '.join(sorted(asked))} is not known")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port, name, user, password, secure == "true", database, index)

    def __str__(self) -> str:
        """Return it without user and password."""
        return f"milvus://{self._place}/{self.name}"

    @property
    def uri(self) -> str:
        """The address as pymilvus wants it."""
        return f"{'https' if self.secure else 'http'}://{self._place}"

    @property
    def token(self) -> str:
        """What tells the server who asks; empty where it does not want to know."""
        return f"{self.user}:{self.password}" if self.user else self.password

    @property
    def _place(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def _unusable(reason: str) -> SettingsUnusable:
    # Not what was given: there may be a password in it.
    return SettingsUnusable(f"NEWSQA_INDEX: {reason}; it is to be {FORM}")
