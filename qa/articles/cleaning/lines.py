"""What the rules of cleaning share: lines that can be cut, and how credits write names.

Patterns are written in simplified characters and matched against `Line.plain`: they read both
scripts.
"""

from typing import NamedTuple

from qa.simplified import simplified

MAX_LINE = 300
"""Code points: a longer line is no line of furniture."""
MAX_PIECES = 200
"""A page has a handful above its article and below it; text with more is none, and stays."""

NAMES = r"[^，。！？；：:…“”《》（）()【】\[\]\n]{0,24}"
HAN_NAMES = r"[一-鿿·]{2,4}(?:[\s、,，]+[一-鿿·]{2,4}){0,5}"
REPORTER = (
    r"(?:(?:(?![的为是在给了])[一-鿿/A-Za-z ]){2,20}记者|(?<!\w\s)记者(?=[\s:：]))\s?[:：]?\s?"
    rf"(?!手记|观察|调查|见闻){HAN_NAMES}(?<!摄)(?:\s*(?:通讯员|实习生)\s?[:：]?\s?{HAN_NAMES}){{0,2}}"
    r"(?:\s*(?:文|图|文/图|(?:整理|摄影)?报道)){0,2}"
)


class Line(NamedTuple):
    """A line, or what is left of it: its number and where it began, itself, and simplified."""

    number: int
    start: int
    text: str
    plain: str

    def part(self, start: int, end: int) -> "Line":
        """Return text[start:end] of it, trimmed."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        end = start + len(text.strip())
        return Line(self.number, self.start + start, self.text[start:end], self.plain[start:end])


def lines_of(text: str) -> list[Line]:
    """Return the lines of `text`."""
    return [Line(number, 0, line, simplified(line)) for number, line in enumerate(text.split("\n"))]
