"""The lines of a page into the lines of its article: what the page put around it goes.

Page furniture is told by its own words and by its place: some stands nowhere but in furniture (a
share bar), some is furniture only above the article (原标题) or below it (责任编辑). Inside the
article nothing goes but machinery, so a sentence of the article is never touched.
"""

from dataclasses import dataclass

from qa.articles.cleaning.above import without_head
from qa.articles.cleaning.anywhere import without_machinery
from qa.articles.cleaning.below import without_tail
from qa.articles.cleaning.lines import Line, lines_of
from qa.simplified import simplified

__all__ = ["Cleaned", "clean"]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article's text, and what was taken out of it, in order: whole lines and ends of lines."""

    text: str
    removed: tuple[str, ...]


def clean(text: str, title: str = "") -> Cleaned:
    """Return `text` (tidied: a paragraph, item or table row a line) without what is not its own.

    Each line that is left is a line of `text`, or one with a head or a tail taken off, or a part
    of one that was cut in two. Cleaning twice changes nothing more, and if nothing would be left,
    all is.
    """
    plain = simplified(title)
    lines = lines_of(text)
    removed: list[Line] = []
    while (kept := _cleaned_once(lines, plain, removed)) != lines:
        lines = kept
    if not lines:
        return Cleaned(text, ())
    return Cleaned(
        "\n".join(line.text for line in lines), tuple(line.text for line in sorted(removed))
    )


def _cleaned_once(lines: list[Line], title: str, removed: list[Line]) -> list[Line]:
    """Return `lines` with one round of each rule applied, adding what went to `removed`."""
    kept = without_head(list(without_machinery(lines, title, removed)), title, removed)
    return without_tail(kept, removed)
