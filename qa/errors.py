"""The errors a caller can act on.

NewsqaError
├── ArticleRefused      one article cannot be taken; the others go on
├── ArticleNotFound     no article has that id
│   └── ArticleGone     one had it, and was withdrawn
├── IndexUnusable       the index on disk cannot answer; rebuild, or name the other model
├── HomeUnusable        the home's files cannot be read or written: damaged, or the disk full
├── SyncRefused         nothing is left where articles were; that may be a missing disk
├── HomeBusy            another process is writing to this home
├── SettingsUnusable    the configuration file cannot be read
├── EngineUnreachable   a server that keeps the index does not answer
├── Overloaded          too many ask at once; ask again later
└── QuestionRefused     the question or its options cannot be used as they are
"""

from datetime import datetime


class NewsqaError(Exception):
    """Base of the errors raised on purpose; the message says what is wrong and the remedy."""


class ArticleRefused(NewsqaError):
    """One article cannot be taken.

    Attributes:
        origin: the file or address it came from.
        reason: what is wrong and what would mend it, naming the field where there is one.
        file: the file or feed that was read, as far as it is to be read again; else empty.
    """

    def __init__(self, origin: str, reason: str, file: str = "") -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason
        self.file = file


class ArticleNotFound(NewsqaError):
    """No article has the id that was asked for, or it has no such version."""

    def __init__(self, article_id: str, version: int | None = None) -> None:
        super().__init__(
            f"no article has the id {article_id!r}"
            if version is None
            else f"the article {article_id!r} has no version {version}"
        )
        self.article_id = article_id


class ArticleGone(ArticleNotFound):
    """The article that had this id was withdrawn.

    Attributes:
        when: the moment it was.
    """

    def __init__(self, article_id: str, when: datetime) -> None:
        super().__init__(article_id)
        self.args = (f"the article {article_id!r} was withdrawn on {when:%Y-%m-%d}",)
        self.when = when


class IndexUnusable(NewsqaError):
    """The index on disk was made by another model or format, or is damaged."""


class HomeUnusable(NewsqaError):
    """The home's files cannot be read or written: one is damaged, or the disk full or read-only."""


class SyncRefused(NewsqaError):
    """A folder that articles came from holds no file any more; none of them is withdrawn."""


class HomeBusy(NewsqaError):
    """Another process holds the home's writer lock."""


class SettingsUnusable(NewsqaError):
    """The configuration file cannot be read, or is no TOML."""


class EngineUnreachable(NewsqaError):
    """A server that keeps the index does not answer, or refuses what it is asked for."""


class Overloaded(NewsqaError):
    """More is asked at once than can be answered in time.

    Attributes:
        seconds: after how long to ask again.
    """

    def __init__(self, seconds: int = 1) -> None:
        super().__init__(f"more is asked than can be answered in time; ask again in {seconds} s")
        self.seconds = seconds


class QuestionRefused(NewsqaError):
    """A question, or an option sent with it, cannot be used.

    Attributes:
        field: the field to change.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
