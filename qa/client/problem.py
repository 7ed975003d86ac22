"""A request that was not answered to an error that says why: RFC 9457, as the server tells it."""

from dataclasses import dataclass
from datetime import datetime

import httpx2
from pydantic import TypeAdapter, ValidationError

MEDIA_TYPE = "application/problem+json"

PASSING = (429, 503)
"""What may be otherwise a little later."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field of a request, and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class _Document:
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    withdrawn: datetime | None = None
    retry_after: int | None = None


_DOCUMENT = TypeAdapter(_Document)


class Problem(Exception):
    """A question or another request was refused or failed.

    Attributes:
        status: of HTTP; 0 where the server could not be reached or the connection was lost.
        title: what kind of problem that is.
        detail: what is wrong, and often what would mend it.
        errors: the fields of the request that cannot be used.
        retry_after: seconds after which it may be tried again, if the server said so.
        withdrawn: when the article was withdrawn that was asked for.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        withdrawn: datetime | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}" if status else f"{title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.withdrawn = withdrawn

    def wait(self, patience: float) -> float | None:
        """Return after how many seconds to try again; None if it will not pass within patience."""
        passes = self.status in PASSING and self.retry_after is not None
        return self.retry_after if passes and (self.retry_after or 0) <= patience else None


def told(document: bytes | str, retry_after: int | None = None) -> Problem:
    """Return the problem of a problem document.

    Raises:
        pydantic.ValidationError: it is none.
    """
    one = _DOCUMENT.validate_json(document)
    later = retry_after if one.retry_after is None else one.retry_after
    return Problem(one.status, one.title, one.detail, one.errors, later, one.withdrawn)


def refused(response: httpx2.Response) -> Problem:
    """Return the problem of a response that has been read; it may be that of a proxy on the way."""
    after = response.headers.get("Retry-After", "")
    seconds = int(after) if after.isascii() and after.isdigit() else None
    if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        try:
            return told(response.content, seconds)
        except ValidationError:
            pass  # a server of other words: the status says it
    status = response.status_code
    return Problem(status, response.reason_phrase, "no more is told", retry_after=seconds)


def unreachable(error: httpx2.RequestError) -> Problem:
    """Return the problem of a connection that was not made, or lost."""
    return Problem(0, "The server cannot be reached", str(error) or type(error).__name__)


def unreadable(status: int, error: ValidationError) -> Problem:
    """Return the problem of an answer that is none of newsqa's."""
    return Problem(status, "The answer cannot be read", str(error))
