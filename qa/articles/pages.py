"""A saved web page into the article it carries: what the page says of itself, and its main text."""

import logging
import re
from collections.abc import Set
from configparser import ConfigParser
from copy import deepcopy
from itertools import compress

import trafilatura
from bs4 import BeautifulSoup
from bs4.element import Tag
from trafilatura.settings import DEFAULT_CONFIG

from qa.articles.finishing import Parsed
from qa.articles.html import html_to_text, is_hidden, parse_html, tidy
from qa.articles.metadata import body_of, read_fields

_LEAST_EXTRACTED = 50
"""Characters; below trafilatura's own 250 it gives all of a page. Of 96 pages with one or two
paragraphs (8 layouts) 67 % then had a menu or a footer in their text; with 50 it is 3 % of 416."""
_LONGEST_CELL = 100
"""Characters; a cell of more lays out a page rather than states a figure."""
_UNSEEN = ["script", "style", "noscript", "template", "iframe", "svg", "rp", "rt"]
_MENU_BLOCKS = ["ul", "ol"]
_NO_WORD = re.compile(r"[\W_]+")
_ITEM_MARK = re.compile(r"\A(?:- |\d+\. )")
_TELLING = 8
"""Letters; a shorter line may stand in an article by chance."""
_WINDOW, _NEAR = 20_000, 20
_MENU = re.compile(
    r"share|social|relat|recommend|comment|advert|promo|newsletter|subscri|toolbar|breadcrumb"
    r"|sidebar|footer|copyright|tags?\b|\bnav|\bad\b",
    re.IGNORECASE,
)
_CELLS = ["td", "th"]
_TABLE_PARTS = ["table", "thead", "tbody", "tfoot", "tr", "td", "th"]
_BLOCKS = ["p", "div", "table", "ul", "ol", "h1", "h2", "h3", "blockquote", "section"]
# What cannot be used of a page is no one's concern: the article is checked below.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def read_page(markup: str) -> Parsed:
    """Return the article of a web page; its heading does not stand in its text.

    Raises:
        Unreadable: the page has more tags, or is nested deeper, than any article.
    """
    root = parse_html(markup)
    seen = html_to_text(root)  # refuses what is nested too deeply for the steps that follow
    text = _main_text(markup, seen.split("\n"))
    if len(text) < _LEAST_EXTRACTED:
        text = max(text, _marked_text(markup), _stated_text(root), key=len)
    fields = read_fields(markup, root, seen.split("\n"), text)
    heading, rest = _opening_heading(text, str(fields["title"]))
    return Parsed(fields, rest, heading)


def _settings() -> ConfigParser:
    config = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(_LEAST_EXTRACTED)
    return config


_SETTINGS = _settings()


def _main_text(markup: str, lines: list[str]) -> str:
    """Return the lines of a page that lie where trafilatura finds its article; "" if nowhere.

    It says where the article begins and ends. Between, what it leaves out is kept (it drops
    headings, lists and captions of pages that do not mark their text) unless it is a menu.
    """
    root = parse_html(markup)
    _prepare(root)
    found = trafilatura.extract(
        str(root), include_comments=False, include_formatting=False, config=_SETTINGS
    )
    headings = {_NO_WORD.sub("", tag.get_text()) for tag in root.find_all(["title", "h1"])}
    kept = _kept(lines, _NO_WORD.sub("", found or ""), headings)
    for menu in root.find_all(_is_menu):
        menu.decompose()
    quiet = set(html_to_text(root).split("\n"))
    own = [is_kept and line in quiet for line, is_kept in zip(lines, kept, strict=True)]
    # An article may be a list of links; one that is not neither begins nor ends with a menu.
    bounds = own if 2 * _size(lines, own) >= _size(lines, kept) else kept
    if True not in bounds:
        return ""
    first, end = bounds.index(True), len(bounds) - bounds[::-1].index(True)
    return "\n".join(
        line
        for line, is_kept in zip(lines[first:end], kept[first:end], strict=True)
        if is_kept or line in quiet
    )


def _size(lines: list[str], kept: list[bool]) -> int:
    return sum(map(len, compress(lines, kept)))


def _kept(lines: list[str], found: str, headings: Set[str]) -> list[bool]:
    """Say of each line whether it stands in `found`; short ones must follow the one before there.

    Looking no farther than a window keeps the cost in proportion to the page.
    """
    kept, at = [], 0
    for line in lines:
        parts = [_NO_WORD.sub("", part) for part in _parts(line)]
        length = sum(map(len, parts))
        start, room = (max(0, at - _WINDOW), _WINDOW) if length >= _TELLING else (at, _NEAR)
        ends = [
            place + len(part) if (place := found.find(part, start, at + length + room)) >= 0 else -1
            for part in parts
            if part
        ]
        kept.append("".join(parts) not in headings and min(ends, default=-1) > 0)
        if kept[-1]:
            at = max(ends)
    return kept


def _parts(line: str) -> list[str]:
    """Return what trafilatura has of a line: no item's mark, a row's cells without their heads."""
    if " | " in line:
        return [cell.rpartition("：")[2] for cell in line.split(" | ")]
    return [_ITEM_MARK.sub("", line)]


def _prepare(root: BeautifulSoup) -> None:
    """Put a page into the form trafilatura reads best.

    What no reader sees goes, with the scripts that may hold another text of the article; tables
    that lay out the page become its blocks.
    """
    for tag in root.find_all(lambda tag: tag.name in _UNSEEN or is_hidden(tag)):
        tag.decompose()
    _unmake_layout(root)


def _is_menu(tag: Tag) -> bool:
    """Say whether an element is there to lead elsewhere: named so, or links for the most part."""
    if _MENU.search(f"{tag.get('class') or ''} {tag.get('id') or ''}"):
        return tag.name not in {"html", "body", "main", "article"} and tag.find("h1") is None
    if tag.name not in _MENU_BLOCKS:
        return False
    links = sum(len(link.get_text()) for link in tag.find_all("a"))
    return 2 * links > len(tag.get_text())


def _unmake_layout(root: BeautifulSoup) -> None:
    """Make blocks of the tables that lay out a page.

    They are those that hold others, that hold whole paragraphs, or that have a single column.
    Their cells become paragraphs where they hold nothing but text.
    """
    parts = [(part, part.find_parent("table")) for part in root.find_all(_TABLE_PARTS)]
    figures = {id(owner) for part, owner in parts if part.name in _CELLS and _has_neighbour(part)}
    layout = {id(part) for part, _ in parts if part.name == "table" and id(part) not in figures}
    layout |= {id(owner) for part, owner in parts if part.name == "table"}
    layout |= {
        id(owner)
        for part, owner in parts
        if part.name in _CELLS and id(owner) not in layout and len(part.get_text()) > _LONGEST_CELL
    }
    for part, owner in parts:
        if id(part) in layout or (part.name != "table" and id(owner) in layout):
            if part.name in _CELLS and part.find(_BLOCKS) is None:
                part.name = "p"
                part.wrap(root.new_tag("div"))
            else:
                part.name = "div"


def _has_neighbour(cell: Tag) -> bool:
    return cell.find_next_sibling(_CELLS) is not None


def _marked_text(markup: str) -> str:
    """Return the text of the page's own <article> or <main> if it marks one, else of all of it.

    Menus are left out, unless there is nothing else.
    """
    root = parse_html(markup)
    articles = root.find_all("article", limit=2)
    marked = articles[0] if len(articles) == 1 else root.find("main") or root
    text = html_to_text(marked)
    for menu in marked.find_all(_is_menu):
        menu.decompose()
    return html_to_text(marked) or text or html_to_text(root)


def _stated_text(root: BeautifulSoup) -> str:
    """Return the text that JSON-LD gives, for pages that scripts fill with theirs."""
    stated = body_of(root)
    return html_to_text(parse_html(stated)) if "</" in stated else tidy(stated)


def _opening_heading(text: str, title: str) -> tuple[str, str]:
    """Return the heading that `text` opens with if it is the title, and the text below it."""
    first, _, rest = text.partition("\n")
    if rest and title and "".join(first.split()) == "".join(title.split()):
        return first, rest
    return "", text
