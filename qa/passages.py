"""Article to passages: runs of whole sentences, sized for the encoder, each knowing its article."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

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
    (passages,) = split_each([article], count_tokens, room, target)
    return passages


def split_each(
    articles: Sequence[Article],
    count_tokens: CountTokens,
    room: int,
    target: int = TARGET_TOKENS,
) -> Iterator[tuple[Passage, ...]]:
    """Yield each article's passages, as `split_passages` makes them, counting once for all."""
    texts = [[embedded_text(article, ""), *_sentences(article)] for article in articles]
    counted = iter(count_tokens([text for own in texts for text in own]))
    for article, own in zip(articles, texts, strict=True):
        header, *counts = islice(counted, len(own))
        limit = max(min(target, room - header), 1)
        yield tuple(_passage(article, *run) for run in _runs(article, counts, limit))


def _sentences(article: Article) -> list[str]:
    return [span.of(article.text) for span in article.sentences]


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
