"""An answer to what is printed of it: drawn on a terminal, in plain lines where a pipe leads on."""

import sys
from collections.abc import Callable
from pathlib import Path

from qa.lines import heading, numbered, plain, seen
from qa.sources import is_address
from qa.store import ArticleStore
from qa.types import Answer, Source

Link = Callable[[Source], str]
"""Where a source can be opened from a terminal; empty if nowhere."""


def links(articles: ArticleStore) -> Link:
    """Return what leads to the publisher's page of an article, or else to its file."""

    def link(source: Source) -> str:
        article = articles.find([source.article_id]).get(source.article_id)
        file = articles.file(source.article_id)
        places = (article.url if article else "", file, source.origin)
        if address := next((one for one in places if is_address(one)), ""):
            return address
        return Path(file).as_uri() if file and Path(file).is_absolute() else ""

    return link


def tell(answer: Answer, link: Link) -> None:
    """Print an answer: drawn for whoever reads it, in plain lines for what a pipe leads to."""
    if sys.stdout.isatty():
        from qa.drawing import draw, drawn  # a fifth of a second, for its library

        draw(drawn(answer, link))
    else:
        sys.stdout.write(plain(answer))
        sys.stdout.flush()


def tell_sources(answer: Answer, link: Link, number: int | None = None) -> bool:
    """Print the passages an answer rests on, or one of them in full; say whether there is any.

    They are numbered as the answer numbers them; if it cites none, as they were found.
    """
    chosen = [(n, source) for n, source in numbered(answer) if number in (None, n)]
    if sys.stdout.isatty():
        from qa.drawing import draw, line

        for n, source in chosen:
            draw(line([n], source, link(source)), *([seen(source.text)] if number else []))
    else:
        for n, source in chosen:
            text = f"{source.text}\n" if number else ""
            sys.stdout.write(f"[{n}] {heading(source, source.url)}\n{text}")
        sys.stdout.flush()
    return bool(chosen)
