"""HTML or Markdown into the lines a reader would see: one paragraph, item or table row a line."""

import html
import re
import unicodedata
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, PageElement, Tag
from ftfy import TextFixerConfig, fix_encoding
from markdown_it import MarkdownIt

from qa.articles.errors import Unreadable

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

# References that were escaped twice, or whose semicolon is lost; < and > stay as an article may
# write of them, and so do addresses (?a=1&copy=2).
_REFERENCE = re.compile(
    r"&(?:(?:amp|#38|#x26);)*"
    r"(?:#\d{1,6}(?:;|(?!\d))|#[xX][\da-fA-F]{1,5}(?:;|(?![\da-fA-F]))"
    r"|(?:amp|quot|apos|nbsp|e[nm]sp|thinsp|[lr][sd]quo|[sb]d?quo|[lr]aquo|[nm]dash|hellip|middot"
    r"|bull|prime|times|deg|copy|reg|trade|yen|pound|euro|shy|zwn?j)(?:;|(?![A-Za-z0-9_=;])))"
)
_ESCAPED = re.compile(r"(?:(?:amp|#38|#x26);)+(?=[#\w])")
# UTF-8 read as a single-byte encoding: a lead byte and what follows it, as Latin-1 or cp1252 has
# them; × is a sign of its own. ftfy decides, over whole lines: given parts of lines it takes ×“ for
# a Hebrew letter (46 of 74,577 Chinese articles). Nothing else of it is used, lest it narrow wide
# signs or straighten quotes.
_MOJIBAKE = re.compile(
    "[\u00c2-\u00d6\u00d8-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
_ONLY_ENCODING = TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    decode_inconsistent_utf8=False,
    fix_c1_controls=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)
_LOST = re.compile("\ufffd{2,}")

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


def tidy(text: str) -> str:
    """Return `text` in NFC, a paragraph a line, mended, without characters no reader sees."""
    visible = _LOST.sub("\ufffd", _INVISIBLE.sub("", _mended(text)))
    visible = unicodedata.normalize("NFC", _STACK.sub(_unstack, visible))
    lines = (_SPACES.sub(" ", line).strip() for line in _BREAK.split(visible))
    return "\n".join(line for line in lines if line)


def _mended(text: str) -> str:
    """Return `text` with references read and characters as they were meant to be encoded."""
    return _decoded(_REFERENCE.sub(_referred, text) if "&" in text else text)


def _referred(reference: re.Match[str]) -> str:
    once = _ESCAPED.sub("", reference.group(), 1)
    return html.unescape(once if once.endswith(";") else once + ";")


def _decoded(text: str) -> str:
    """Return `text` with UTF-8 that was read as Latin-1 or cp1252 read as UTF-8, line by line."""
    if _MOJIBAKE.search(text) is None:
        return text
    return "\n".join(
        fix_encoding(line, _ONLY_ENCODING) if _MOJIBAKE.search(line) else line
        for line in text.split("\n")
    )


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


def parse_html(markup: str) -> BeautifulSoup:
    """Return the tree of a page or a fragment of one.

    Raises:
        Unreadable: it has more than MAX_TAGS tags.
    """
    if markup.count("<") > MAX_TAGS:
        raise Unreadable(f"the body has more than {MAX_TAGS:,} HTML tags: send the article alone")
    # The opening tag keeps the parser from taking a bare word for a file or an address.
    visible = _INVISIBLE.sub("", _decoded(markup))
    return BeautifulSoup("<html>" + _XML_DECLARATION.sub("", visible, 1), "lxml")


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


def is_hidden(tag: Tag) -> bool:
    """Say whether an element's own attributes keep it from being seen."""
    return tag.has_attr("hidden") or _HIDING.search(str(tag.get("style") or "")) is not None


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
    if _UNSEEN.fullmatch(tag.name) or is_hidden(tag):
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
    rows: list[str] = []
    header: list[str] = []
    for row in table.find_all(["caption", "tr"]):
        if _is_unseen(row):
            continue
        cells = [row] if row.name == "caption" else row.find_all(["td", "th"], recursive=False)
        cells = [cell for cell in cells if not _is_unseen(cell)]
        texts = [html_to_text(cell).replace("\n", " ") for cell in cells]
        if any(len(text) > _MAX_CELL for text in texts):
            return None
        if any(texts):
            rows.append(_row(header, texts))
        if len(texts) > 1 and all(
            cell.name == "th" and cell.get("colspan") is None for cell in cells
        ):
            header = texts
    return rows


def _row(header: list[str], texts: list[str]) -> str:
    """Return a row as it is quoted, alone: each cell under the name of its column, if it has one.

    >>> _row(["票种", "价格"], ["成人票", "20元"])
    '票种：成人票 | 价格：20元'
    """
    if len(header) != len(texts):
        return " | ".join(texts)
    return " | ".join(
        f"{name}{': ' if name.isascii() else '：'}{text}" if name else text
        for name, text in zip(header, texts, strict=True)
        if text
    )
