"""HTML or Markdown into the lines a reader would see: one paragraph, item or table row a line."""

import re
import unicodedata
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, Tag
from markdown_it import MarkdownIt

MAX_TAGS = 50_000
"""A page with more is refused: 100,000 take 2 to 4 s to read, and news pages have 500 to 5,000."""
MAX_DEPTH = 200
"""A page nested deeper is refused, lest looking into its elements cost the square of their number;
news pages are 10 to 40 deep."""
MAX_MARKDOWN = 200_000
"""Code points; longer Markdown is refused: brackets that close nothing take its parser 2 to 4 s."""

_BLOCKS = re.compile(
    r"address|article|blockquote|body|br|caption|center|d[dlt]|details|dialog|div|fieldset"
    r"|figcaption|figure|form|h[1-6]|header|hgroup|hr|html|legend|li|main|[ou]l|p|pre|section"
    r"|summary|table|tbody|t[dhr]|tfoot|thead"
)
_UNSEEN = re.compile(
    r"head|title|script|style|noscript|template|iframe|object|embed|svg|canvas|audio|video|map"
    r"|button|input|select|textarea|datalist|img|nav|aside|footer|rp|rt"
)
_HIDING = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
# A cell longer than this lays out a page rather than states a figure.
_MAX_CELL = 200

_CONTROL = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_INVISIBLE = re.compile(
    rf"[{_CONTROL}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
# Putting stacked accents in order takes the square of their number; Unicode's stream-safe format
# (UAX 15) allows 30. Accents are neither letters nor spaces, so few runs have to be looked into.
_STACK = re.compile(r"[^\w\s!-~]{31,}")
_BREAK = re.compile(r"[\n\x0b\x0c\x85\u2028\u2029]|\r\n?")
_SPACES = re.compile(r"\s+")
_WIDE = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60"
# An item's mark stands between two private characters (the text has none left) until it is known
# what it marks: it moves to the item's first line, and goes where an item is empty.
_IDLE_MARK = re.compile("\ue000[^\ue000\ue001]*\ue001\\s*(?=\ue000|\\Z)")
_MARK_END = re.compile("\ue001\\s*")
# Source lines of Chinese are broken anywhere; no space is meant there.
_WRAPPED = re.compile(rf"(?<=[{_WIDE}])[ \t]*[\r\n]\s*(?=[{_WIDE}])")
# Chinese posts put a paragraph on each line; the engines they are written for keep those breaks.
_SENTENCE_LINE = re.compile(r"(?<=[。！？；：”」…])\r?\n(?=\S)")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")


class Unreadable(Exception):
    """The body cannot be turned into text; the message says why and the remedy."""


def tidy(text: str) -> str:
    """Return `text` in NFC, a paragraph a line, without characters no reader sees."""
    visible = unicodedata.normalize("NFC", _STACK.sub(_unstack, _INVISIBLE.sub("", text)))
    lines = (_SPACES.sub(" ", line).strip() for line in _BREAK.split(visible))
    return "\n".join(line for line in lines if line)


def _unstack(run: re.Match[str]) -> str:
    kept, height = [], 0
    for character in run.group():
        height = height + 1 if unicodedata.combining(character) else 0
        if height <= 30:
            kept.append(character)
    return "".join(kept)


def tidy_line(text: str) -> str:
    """Return `text` tidied into a single line."""
    return tidy(text).replace("\n", " ")


def parse_html(html: str) -> BeautifulSoup:
    """Return the tree of a page or a fragment of one.

    Raises:
        Unreadable: it has more than MAX_TAGS tags.
    """
    if html.count("<") > MAX_TAGS:
        raise Unreadable(f"the body has more than {MAX_TAGS:,} HTML tags: send the article alone")
    # The opening tag keeps the parser from taking a bare word for a file or an address.
    return BeautifulSoup("<html>" + _XML_DECLARATION.sub("", _INVISIBLE.sub("", html), 1), "lxml")


def html_to_text(root: Tag) -> str:
    """Return what a reader sees of `root`, blocks on lines of their own.

    Raises:
        Unreadable: it is nested deeper than MAX_DEPTH.
    """
    marked = _IDLE_MARK.sub("", "".join(_pieces(root)))
    return tidy(_MARK_END.sub("", marked))


def markdown_to_html(markdown: str) -> str:
    """Return `markdown` (CommonMark, tables, HTML let through) as HTML.

    Raises:
        Unreadable: it is longer than MAX_MARKDOWN.
    """
    if len(markdown) > MAX_MARKDOWN:
        raise Unreadable(f"Markdown of more than {MAX_MARKDOWN:,} characters: split the article")
    markdown = _SENTENCE_LINE.sub("  \n", markdown)
    return str(MarkdownIt("commonmark").enable("table").render(markdown))


def heading_of(root: Tag, text: str) -> str:
    """Return the heading that names the article of this `text`: an h1, or one it opens with."""
    for heading in root.find_all(["h1", "h2", "h3"], limit=5):
        line = html_to_text(heading).replace("\n", " ")
        if line and (heading.name == "h1" or text.startswith(line + "\n")):
            return line
    return ""


def _pieces(root: Tag) -> Iterator[str]:
    """Yield the text of `root` in reading order, newlines only where a reader sees them.

    The walk keeps its own stack: what is still to come and how deep it stands.
    """
    stack: list[tuple[PageElement | str, int]] = [(root, 0)]
    numbers: dict[int, int] = {}
    while stack:
        node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise Unreadable(
                f"HTML nested deeper than {MAX_DEPTH} elements: send the article alone"
            )
        if isinstance(node, Tag):
            if _is_unseen(node):
                continue
            edge = "\n" if _BLOCKS.fullmatch(node.name) else ""
            yield edge
            if node.name == "pre":
                yield f"\n{_INVISIBLE.sub('', node.get_text())}\n"
            elif node.name == "table" and (rows := _table_rows(node)) is not None:
                yield "\n".join(rows)
                yield edge
            else:
                if node.name == "li":
                    yield f"\ue000{_item_mark(node, numbers)}\ue001"
                stack.append((edge, depth))
                stack.extend((child, depth + 1) for child in reversed(node.contents))
        elif type(node) in (NavigableString, CData):
            yield _SPACES.sub(" ", _WRAPPED.sub("", _INVISIBLE.sub("", str(node))))
        elif type(node) is str:
            yield node


def _is_unseen(tag: Tag) -> bool:
    if _UNSEEN.fullmatch(tag.name) or tag.has_attr("hidden"):
        return True
    if _HIDING.search(str(tag.get("style") or "")):
        return True
    # A form is a page's machinery, unless (as some site builders do) the page stands inside it.
    # Only the body's own forms are asked, so no element is looked at for more than one of them.
    if tag.name != "form":
        return False
    holds_page = tag.parent is not None and tag.parent.name == "body"
    return not holds_page or len(tag.find_all("p", limit=3)) < 3


def _item_mark(item: Tag, numbers: dict[int, int]) -> str:
    """Return what stands before a list item: its number or a dash; `numbers` counts by list."""
    parent = item.parent
    if parent is None or parent.name != "ol":
        return "- "
    start = str(parent.get("start") or "")
    first = int(start) if re.fullmatch(r"-?\d{1,6}", start) else 1
    number = numbers.get(id(parent), first)
    numbers[id(parent)] = number + 1
    return f"{number}. "


def _table_rows(table: Tag) -> list[str] | None:
    """Return a table of figures a row a line, its caption first; None if it lays out a page."""
    if table.find("table"):
        return None
    rows = []
    for row in table.find_all(["caption", "tr"]):
        if _is_unseen(row):
            continue
        cells = [row] if row.name == "caption" else row.find_all(["td", "th"], recursive=False)
        texts = [html_to_text(cell).replace("\n", " ") for cell in cells if not _is_unseen(cell)]
        if any(len(text) > _MAX_CELL for text in texts):
            return None
        if any(texts):
            rows.append(" | ".join(texts))
    return rows
