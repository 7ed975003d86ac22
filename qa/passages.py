"""Article to passages: runs of whole sentences, sized for the encoder, each knowing its article."""

from collections.abc import Callable, Iterator, Sequence

from qa.types import Article, Passage, Span

TARGET_TOKENS = 200
"""Tokens of a passage's own text; the header comes on top."""

HEADER_TITLE = 100
"""Code points of the title that go in front of a passage: news titles fit, runaway ones are cut."""

CountTokens = Callable[[Sequence[str]], list[int]]


def split_passages(
    article: Article, count_tokens: CountTokens, room: int, target: int = TARGET_TOKENS
) -> tuple[Passage, ...]:
    """Return the article's passages: every sentence in exactly one, none cut, in order.

    A passage closes when the next sentence would bring it over `target` tokens, or at the end of a
    paragraph once it is at least half full. `room` is what the encoder can take, header included;
    only a single sentence longer than that makes a passage that exceeds it.
    """
    counts = count_tokens([span.of(article.text) for span in article.sentences])
    limit = min(target, room - count_tokens([embedded_text(article, "")])[0])
    return tuple(
        _passage(article, first, last) for first, last in _runs(article, counts, max(limit, 1))
    )


def embedded_text(article: Article, text: str) -> str:
    """Return what the encoder reads for `text`: the article's title and date in front of it."""
    date = article.published.date().isoformat() if article.published else ""
    header = " ".join(part for part in (article.title[:HEADER_TITLE], date) if part)
    return f"{header}\n{text}" if header else text


def _runs(article: Article, counts: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) sentence numbers of each passage."""
    first, used = 0, 0
    for number, count in enumerate(counts):
        if number > first:
            full = used + count > limit
            paragraph_ends = "\n" in _gap(article, number)
            if full or (paragraph_ends and used * 2 >= limit):
                yield first, number - 1
                first, used = number, 0
        used += count
    if counts:
        yield first, len(counts) - 1


def _gap(article: Article, number: int) -> str:
    """Return what lies between sentence `number` and the one before it."""
    return article.text[article.sentences[number - 1].end : article.sentences[number].start]


def _passage(article: Article, first: int, last: int) -> Passage:
    span = Span(article.sentences[first].start, article.sentences[last].end)
    return Passage(article.id, first, last, span, span.of(article.text))
