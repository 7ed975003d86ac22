"""Bytes into characters: the encoding found, nothing guessed at that does not fit."""

import codecs
import re
from dataclasses import dataclass
from itertools import accumulate

from bs4.dammit import EncodingDetector

from qa.articles.errors import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with UTF-16's mark: asked first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "utf-8": "UTF-8", "gb18030": "GB 18030", "cp950": "Big5", "big5hkscs": "Big5",
    "cp1252": "Windows-1252", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
    "utf-32": "UTF-32", "utf-32-le": "UTF-32", "utf-32-be": "UTF-32",
}  # fmt: skip

# Read where it is declared and nothing else fits. Not every codec Python has: unicode_escape,
# punycode and the like would make text of anything.
_DECLARABLE = re.compile(
    r"(windows-|cp)125[0-8]|iso-?8859-([1-9]|1[013-6])|koi8-[ru]|shift[-_]jis|euc[-_](jp|kr)"
)
_CHINESE = {"gb18030": re.compile("gb|cp936|x-gbk"), "big5hkscs": re.compile("big5|cp950")}

_SAMPLE = 200_000
"""Bytes, from the first that is not ASCII on, by which the encoding of all of them is told."""
_LEAST_FREQUENT = 0.15
"""Of 5,400 pieces of 60 characters of news, read rightly, 99.9 % have 0.2 or more of the frequent
characters below; read in a wrong encoding, 99.9 % have 0.12 or less, random bytes at most 0.02."""
_DECLARED = 0.1
"""What a declaration adds to that share: it decides for a title, and yields to a paragraph."""
_MOST_UNLIKE_UTF_8 = 0.2
"""Of 60 characters in another Chinese encoding, 0.6 and more of what is not ASCII is no UTF-8."""
_LEAST_LONE = 0.8
"""Of bytes that are not ASCII nearly all stand alone in Western text, under half in Chinese."""
_MOST_DAMAGE = 0.02
"""Of what is not ASCII; what is damaged more is refused."""
_ONE_PLACE = 4
"""A single byte too many or too few damages up to four characters: borne in the shortest text."""
_MOST_CONTROLS = 0.02
"""Of all characters; text has none."""

# The 120 most frequent of simplified and of traditional news with the marks of English: 47 to 50 %
# of an article that is not ASCII.
_FREQUENT = re.compile(
    "[“”、。「」‘’–—…《》；（），："
    "一万上下不世业並个中为主之也了事于亞产人他代以任会但位体作使來保信個元內全公关其出分利到前力加务动"
    "動化北区區南及发可司合同名后员和品因国國在地场外多大學安定实家对將对展州工市年府度建开後得德成战所"
    "报据提政教文斯新方於日时是時更最會月有期本机来東查業機此民法海為爾现現理生用由电發的示立第等管統經"
    "统經经网美者而能自與行表被西要警资軍车过这进這通進過部都重金長长開高]"
)
_OUTSIDE_ASCII = re.compile(r"[^\x00-\x7f]")
_PLAIN = re.compile(r"[\t\n\r -~]")
_DAMAGED = "\ufffd"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_ODD_RUN = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?:[\x80-\xff]{2})++(?![\x80-\xff])")
_FREQUENT_PAIRS = frozenset(c.encode("gb18030") for c in _FREQUENT.pattern.strip("[]"))

_BINARY = tuple(
    (re.compile(beginning, re.DOTALL), kind)
    for beginning, kind in (
        (rb"%PDF-", "a PDF document"),
        (rb"PK\x03\x04", "a ZIP archive or an office document (docx, xlsx, epub)"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document (doc, xls, ppt)"),
        (rb"\{\\rtf", "an RTF document"),
        (rb"\xff\xd8\xff", "a JPEG image"),
        (rb"\x89PNG\r\n\x1a\n", "a PNG image"),
        (rb"GIF8[79]a", "a GIF image"),
        (rb"RIFF....(?:WEBP|WAVE|AVI )", "a WebP image, a sound or a film"),
        (rb"....ftyp", "a film or an image (mp4, heic, avif)"),
        (rb"ID3[\x02-\x04]|OggS\x00|fLaC\x00", "a sound (mp3, ogg, flac)"),
        (rb"\x1aE\xdf\xa3", "a film (mkv, webm)"),
        (rb"BZh[1-9]1AY&SY|\xfd7zXZ\x00|\x28\xb5\x2f\xfd", "a packed file (bzip2, xz, zstd)"),
        (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07", "an archive (7z, rar)"),
        (rb"SQLite format 3\x00", "a SQLite database"),
        (rb"\x7fELF|MZ.\x00", "a program"),
    )
)
_NO_TEXT = "neither UTF-8, UTF-16, GB 18030 nor Big5: save it as UTF-8"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a file's bytes say.

    Attributes:
        encoding: the name people know it by.
        damaged: how many characters of `text` are U+FFFD in place of bytes that say nothing.
    """

    text: str
    encoding: str
    damaged: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell of the damage; nothing where there is none."""
        if not self.damaged:
            return ()
        return (f"text: {_damage(self.damaged, self.encoding)}",)


def read_text(data: bytes, declared: str = "") -> Decoded:
    """Return the text of `data` and what is damaged of it.

    A byte order mark says the encoding, else the bytes do: UTF-8, UTF-16 and UTF-32 by their form,
    GB 18030 (with GBK and GB 2312), Big5 (with its Hong Kong characters) and Windows-1252 by what
    they read as. `declared` (from an HTTP header) or what the page declares decides where they
    leave a doubt. A few bytes that say nothing become U+FFFD.

    Raises:
        Unreadable: it is no text, or too much of it is damaged.
    """
    encoding = _marked(data)
    if not encoding:
        _refuse_binary(data)
        encoding = _told_by_content(_sample(data), (declared or _declaration(data)).lower())
    if encoding == "gb18030":
        data = _in_step(data)
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    name, damaged = _NAMES.get(encoding, encoding), text.count(_DAMAGED)
    if damaged > _ONE_PLACE and damaged > _outside_ascii(text) * _MOST_DAMAGE:
        raise Unreadable(f"{_damage(damaged, name)}: save it again as UTF-8")
    if len(_CONTROL.findall(text)) > 2 + len(text) * _MOST_CONTROLS:
        raise Unreadable(_NO_TEXT)
    return Decoded(text, name, damaged)


def _damage(places: int, encoding: str) -> str:
    return f"damaged in {places:,} {'place' if places == 1 else 'places'} (read as {encoding})"


def _marked(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def _refuse_binary(data: bytes) -> None:
    for beginning, kind in _BINARY:
        if beginning.match(data):
            raise Unreadable(f"this is {kind}, no text: save its text as UTF-8")


def _declaration(data: bytes) -> str:
    return EncodingDetector.find_declared_encoding(data[:4096], True) or ""


def _sample(data: bytes) -> bytes:
    """Return the part that tells; it begins where a character does, of four bytes even."""
    first = re.search(rb"[\x00\x80-\xff]", data)
    start = first.start() & ~3 if first else 0
    return data[start : start + _SAMPLE]


def _told_by_content(sample: bytes, declared: str) -> str:
    """Return the encoding that a sample reads best in.

    Raises:
        Unreadable: it reads in none.
    """
    if b"\0" in sample and (wide := _wide(sample)):
        return wide
    text = _read(sample, "utf-8")
    if text.count(_DAMAGED) <= _MOST_UNLIKE_UTF_8 * _outside_ascii(text):
        return "utf-8"
    shares = {
        encoding: _frequent(_read(sample, encoding)) + _DECLARED * bool(names.match(declared))
        for encoding, names in _CHINESE.items()
    }
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= _LEAST_FREQUENT:
        return _dialect(sample) if best == "big5hkscs" else best
    if wide := _wide(sample):
        return wide
    runs = _HIGH_RUN.findall(sample)
    if sum(len(run) == 1 for run in runs) >= _LEAST_LONE * sum(map(len, runs)):
        return "cp1252"
    if _DECLARABLE.fullmatch(declared):
        return declared
    raise Unreadable(_NO_TEXT)


def _read(sample: bytes, encoding: str) -> str:
    """Return a sample's text; a character that its end cuts in two is no damage."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(sample, final=len(sample) < _SAMPLE)


def _wide(sample: bytes) -> str:
    """Return which of UTF-32 and UTF-16 a sample is, "" if none."""
    for encoding in ("utf-32-le", "utf-32-be"):
        if _DAMAGED not in _read(sample, encoding):
            return encoding
    texts = {encoding: _read(sample, encoding) for encoding in ("utf-16-le", "utf-16-be")}
    shares = {
        # Zeros and letters in turn: that much of the text may be ASCII.
        encoding: (len(_FREQUENT.findall(text)) + len(_PLAIN.findall(text))) / max(1, len(text))
        for encoding, text in texts.items()
    }
    best = max(shares, key=shares.__getitem__)
    return best if shares[best] >= _LEAST_FREQUENT else ""


def _dialect(sample: bytes) -> str:
    """Return which Big5: Windows' says what pages mean by a dozen signs, Hong Kong's has more."""
    return min("cp950", "big5hkscs", key=lambda name: _read(sample, name).count(_DAMAGED))


def _in_step(data: bytes) -> bytes:
    """Return GB 18030 with what is lost or too much in a run of Chinese marked as damaged.

    One byte too few shifts every pair up to the next ASCII character, and most pairs are some
    character. The byte is where the frequent characters are in step before it and after it.
    """

    def mark(found: re.Match[bytes]) -> bytes:
        run = found[0]
        frequent = [run[i : i + 2] in _FREQUENT_PAIRS for i in range(len(run) - 1)]
        before = list(accumulate(frequent[::2], initial=0))
        after = list(accumulate(frequent[-1::-2], initial=0))[::-1]
        both = [b + a for b, a in zip(before, after, strict=True)]
        # Of places that are as good, one whose byte can begin no character.
        best = max(range(len(both)), key=lambda at: (both[at], run[2 * at] in b"\x80\xff"))
        if both[best] < both[-1] + 2:
            return run
        return run[: 2 * best] + b"\xff" + run[2 * best + 1 :]

    return _ODD_RUN.sub(mark, data)


def _frequent(text: str) -> float:
    """Return the share of frequent characters among those that are not ASCII."""
    return len(_FREQUENT.findall(text)) / max(1, _outside_ascii(text))


def _outside_ascii(text: str) -> int:
    return len(_OUTSIDE_ASCII.findall(text))
