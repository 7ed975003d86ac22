"""The nouns of the domain to HTML, as a notebook shows them.

What stands in articles, questions and addresses is anybody's: all of it is escaped, an address is
followed only where it leads to the web, and text that turns its direction turns no other. Colours
are the page's own, so that it reads by day and by night.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from qa.types import Answer, Article, Citation, Hit, Language, Passage, Source, Span, Status

_LINE = "1px solid rgba(128,128,128,.35)"
_BOX = "border-left:3px solid rgba(128,128,128,.35);padding:.1em 0 .1em .8em;max-width:60em"
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0"
_TITLE = "font-weight:600"
_SMALL = "opacity:.7;font-size:90%;margin:.3em 0"
_MARK = "background:rgba(255,196,0,.35);color:inherit"
_CELL = f"border:{_LINE};padding:.2em .6em;text-align:left;vertical-align:top"

_Words = Literal["zh", "zh-Hant", "en"]
_STATUS: Mapping[_Words, Mapping[Status, str]] = {
    "zh": {"answered": "已回答", "not_found": "没有答案", "conflicting": "说法不一"},
    "zh-Hant": {"answered": "已回答", "not_found": "沒有答案", "conflicting": "說法不一"},
    "en": {"answered": "answered", "not_found": "not found", "conflicting": "at odds"},
}
_SURE: Mapping[_Words, str] = {"zh": "把握", "zh-Hant": "把握", "en": "confidence"}
_SOURCES: Mapping[_Words, str] = {"zh": "来源", "zh-Hant": "來源", "en": "sources"}
_CORRECTS: Mapping[_Words, str] = {"zh": "更正", "zh-Hant": "更正", "en": "correction"}


@singledispatch
def html_of(noun: object) -> str:
    """Return a noun as HTML: a fragment, every word of it escaped."""
    raise TypeError(f"{type(noun).__name__} is not shown as HTML")


@html_of.register
def _answer(answer: Answer) -> str:
    words = _words(answer.language)
    sources = {source.passage_id: source for source in answer.sources}
    told = f"{_STATUS[words][answer.status]} · {_SURE[words]} {answer.confidence:.2f}"
    if answer.writing:
        told += f" · {answer.writing.model}"
    said = (
        _conflict(answer, sources, words)
        if answer.status == "conflicting"
        else _block(_TEXT, "".join(_cited(answer, sources)))
    )
    return _block(
        _BOX,
        _block(_TITLE, escape(answer.question)),
        said,
        _block(_SMALL, escape(told)),
        _listed(answer, words),
    )


@html_of.register
def _article(article: Article) -> str:
    return _block(
        _BOX,
        _block(_TITLE, _link(article.title, article.url)),
        _about(article.publisher, article.published, article.author, *article.categories),
        _block(_TEXT, escape(article.text)),
        _block(_SMALL, escape(article.id)),
    )


@html_of.register
def _source(source: Source) -> str:
    return _block(
        _BOX,
        _block(_TITLE, _link(source.title, source.url)),
        _about(source.publisher, source.published, source.author, f"{source.score:.3f}"),
        _block(_TEXT, escape(source.text)),
        _block(_SMALL, escape(source.passage_id)),
    )


@html_of.register
def _passage(passage: Passage) -> str:
    return _block(_BOX, _block(_TEXT, escape(passage.text)), _block(_SMALL, escape(passage.id)))


@html_of.register
def _hit(hit: Hit) -> str:
    article = hit.article
    return _block(
        _BOX,
        _block(_TITLE, _link(article.title, article.url)),
        _about(article.publisher, article.published, f"{hit.scores.fused:.3f}"),
        html_of(hit.passage),
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table, its head first, of cells that are not HTML."""
    head, *others = [[escape(cell) for cell in row] for row in rows]
    return _table([("th", head), *(("td", row) for row in others)])


def _table(rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a table of rows of cells that are HTML, each row with the name of its cells."""
    lines = ""
    for name, row in rows:
        cells = (f'<{name} dir="auto" style="{_CELL}">{cell}</{name}>' for cell in row)
        lines += f"<tr>{''.join(cells)}</tr>"
    return f'<table style="border-collapse:collapse;margin:.5em 0">{lines}</table>'


def _conflict(answer: Answer, sources: Mapping[str, Source], words: _Words) -> str:
    """Return what articles say that are at odds, a row each."""
    rows = []
    for one in answer.citations:
        source = sources.get(one.passage_id)
        said = "".join(_marked(answer.answer, Span(one.answer_start, one.answer_end), [one]))
        who = [source.publisher, _day(source.published)] if source else []
        if one.correction:
            who.append(_CORRECTS[words])
        rows.append(("td", [_reference(one, source), said, _joined(who)]))
    return _table(rows)


def _cited(answer: Answer, sources: Mapping[str, Source]) -> Iterator[str]:
    """Yield the answer with what is marked in it, and behind each quote what it is cited from."""
    at = 0
    for end in sorted({one.answer_end for one in answer.citations}):
        yield from _marked(answer.answer, Span(at, end), answer.citations)
        for one in answer.citations:
            if one.answer_end == end:
                yield f"<sup>{_reference(one, sources.get(one.passage_id))}</sup>"
        at = end
    yield escape(answer.answer[at:])


def _marked(text: str, part: Span, citations: Iterable[Citation]) -> Iterator[str]:
    """Yield a part of an answer, what is marked in it set off."""
    at = part.start
    for mark in sorted({mark for one in citations for mark in one.marks}):
        start, end = max(mark.start, at), min(mark.end, part.end)
        if start < end:
            yield escape(text[at:start])
            yield f'<mark style="{_MARK}">{escape(text[start:end])}</mark>'
            at = end
    yield escape(text[at : part.end])


def _reference(citation: Citation, source: Source | None) -> str:
    """Return a citation's number, linked to the publisher, or to a page of newsqa's on the web.

    Where there is neither, as in an open home that nobody serves, it says what it is.
    """
    addresses = [source.url if source else "", citation.url]
    title = source.title if source else citation.article_id
    return _link(f"[{citation.index}]", next(filter(_is_web, addresses), ""), title)


def _listed(answer: Answer, words: _Words) -> str:
    """Return the sources, to be unfolded."""
    if not answer.sources:
        return ""
    lines = []
    for source in answer.sources:
        cited = [f"[{c.index}]" for c in answer.citations if c.passage_id == source.passage_id]
        about = _joined([" ".join(cited), source.publisher, _day(source.published)])
        lines.append(_block("margin:.2em 0", f"{_link(source.title, source.url)} {about}"))
    summary = f"<summary>{_SOURCES[words]} ({len(lines)})</summary>"
    return f'<details style="{_SMALL}">{summary}{"".join(lines)}</details>'


def _about(*parts: str | datetime | None) -> str:
    """Return a line of what is known, in small letters."""
    texts = [one if isinstance(one, str) else _day(one) for one in parts]
    return _block(_SMALL, _joined(texts))


def _joined(parts: Iterable[str]) -> str:
    """Return words side by side, none of which turns the direction of another."""
    return " · ".join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def _link(text: str, address: str, title: str = "") -> str:
    """Return a text, as a link if the address is of the web."""
    about = f' title="{escape(title)}"' if title else ""
    shown = f"<bdi{'' if _is_web(address) else about}>{escape(text)}</bdi>"
    if not _is_web(address):
        return shown
    to = f'href="{escape(address)}" target="_blank" rel="noopener noreferrer"'
    return f"<a {to}{about}>{shown}</a>"


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _block(style: str, *content: str) -> str:
    return f'<div dir="auto" style="{style}">{"".join(content)}</div>'


def _words(language: Language) -> _Words:
    return "en" if language == "und" else language
