"""Text to a plain form in which a word is written one way, each character where it was."""

import unicodedata

from qa.simplified import simplified


def folded(text: str) -> str:
    """Return `text` in lower case, normal width and simplified characters, as long as before."""
    if not text.isascii():
        text = simplified("".join(map(_narrow, text)))
    low = text.lower()
    return low if len(low) == len(text) else text


def _narrow(character: str) -> str:
    if character < "\uff00":
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
