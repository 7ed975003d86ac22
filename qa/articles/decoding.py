"""Bytes into characters: gzip opened, the encoding found, nothing guessed at that does not fit."""

import codecs
import gzip
import io
import re
import zlib

from bs4.dammit import EncodingDetector

_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with UTF-16's mark: asked first
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FREQUENT = re.compile(r"[，。、：；“”「」的一是在了有不和中国國大人]")


class Undecodable(Exception):
    """The bytes cannot be read as text; the message says why and the remedy."""


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """Return `data` unpacked if it is gzip, as it is if not.

    Raises:
        Undecodable: the packing is damaged, or what it holds is longer than `max_bytes`.
    """
    if data.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(max_bytes + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise Undecodable(f"the gzip file is damaged ({error}): pack it again") from error
    if len(data) > max_bytes:
        raise Undecodable(f"longer than {max_bytes:,} bytes: split it into several files")
    return data


def decode(data: bytes) -> str:
    """Return `data` as text: by its byte order mark, as UTF-8, as the page declares, or GB 18030.

    Raises:
        Undecodable: none of these gives text.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = _decoded(data, name)
            break
    else:
        text = _decoded(data, "utf-8")
        if text is None and (
            declared := EncodingDetector.find_declared_encoding(data[:2048], True)
        ):
            text = _decoded(data, declared)
        if text is None:
            text = _decoded(data, "gb18030")
            if text is not None and not _reads_as_chinese(text):
                text = None
    # A tenth of NULs is UTF-16 that has lost its mark, or no text at all.
    if text is None or text.count("\0") * 10 > len(text):
        raise Undecodable("neither UTF-8, UTF-16 with a mark, nor GB 18030: save it as UTF-8")
    return text.removeprefix("\ufeff")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return str(codecs.decode(data, encoding))
    except (LookupError, ValueError):
        return None


def _reads_as_chinese(text: str) -> bool:
    """Say whether `text` is Chinese: almost any bytes are valid GB 18030, but few read as it."""
    # Articles have 10-25 % of these among their other characters, misread bytes under 1 %.
    foreign = [c for c in text if not c.isascii()]
    return len(_FREQUENT.findall(text)) * 25 >= len(foreign)
