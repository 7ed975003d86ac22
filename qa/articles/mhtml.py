"""A page saved with its pictures (MHTML) into its HTML."""

import email
import email.policy
import re

from qa.articles.decoding import Decoded, read_text
from qa.articles.errors import Unreadable

_HEADER = re.compile(rb"\s*[A-Za-z][A-Za-z-]*:")
_RELATED = re.compile(rb"^Content-Type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
# A page has one part in parts, one with frames a few; the parser calls itself for each.
_MAX_NESTED = 20


def is_mhtml(opening: bytes) -> bool:
    """Say whether a file that begins so is a page saved with its pictures."""
    return bool(_HEADER.match(opening) and _RELATED.search(opening))


def html_of(data: bytes) -> Decoded:
    """Return the page's HTML.

    Raises:
        Unreadable: there is none, or it is in no encoding that is known.
    """
    if len(re.findall(rb"(?i)multipart/", data)) > _MAX_NESTED:
        raise Unreadable("the saved page has parts nested in parts: save it as HTML")
    for part in email.message_from_bytes(data, policy=email.policy.default).walk():
        page = part.get_payload(decode=True)
        if part.get_content_type() in _PAGES and isinstance(page, bytes):
            return read_text(page, part.get_content_charset(""))
    raise Unreadable("the saved page has no HTML in it: save it again as HTML")
