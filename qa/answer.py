"""Claims to statements: every quote a citation, with its place in its article and in the answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote as percent_encoded

from qa.claims import Quote
from qa.types import Citation, Hit, Language, Source, Span, Statement

SEPARATOR = "\n"
"""Between statements: they come from different places, and a line each shows it."""

NOT_FOUND: Mapping[Language, str] = {
    "zh": "这些文章没有回答这个问题。",
    "zh-Hant": "這些文章沒有回答這個問題。",
    "en": "These articles do not answer this question.",
    "und": "These articles do not answer this question.",
}


def state(claims: Iterable[Sequence[Quote]]) -> Iterator[Statement]:
    """Yield one statement for each claim, quoting all that say it, with its place in the answer."""
    at, index = 0, 0
    for number, claim in enumerate(claims, start=1):
        citations = []
        for quote in claim:
            index += 1
            citations.append(_citation(quote, index, at, number))
            at = citations[-1].answer_end + len(SEPARATOR)
        yield Statement(SEPARATOR.join(one.quote for one in citations), tuple(citations))


def _citation(quote: Quote, index: int, at: int, statement: int) -> Citation:
    article, span = quote.hit.article, quote.span
    text = span.of(article.text)
    moved = at - span.start
    return Citation(
        index=index,
        article_id=article.id,
        passage_id=quote.hit.passage.id,
        quote=text,
        source_start=span.start,
        source_end=span.end,
        answer_start=at,
        answer_end=at + len(text),
        url=place_url(article.id, span),
        statement=statement,
        marks=tuple(Span(start + moved, end + moved) for start, end in quote.marks),
        correction=quote.correction,
    )


def source(hit: Hit) -> Source:
    """Return the hit as it leaves the house."""
    article, passage = hit.article, hit.passage
    return Source(
        article_id=article.id,
        passage_id=passage.id,
        title=article.title,
        publisher=article.publisher,
        author=article.author,
        categories=article.categories,
        published=article.published,
        language=article.language,
        url=place_url(article.id, passage.span),
        origin=article.origin,
        text=passage.text,
        start=passage.span.start,
        end=passage.span.end,
        score=hit.scores.fused,
        scores=hit.scores,
        copies=hit.copies,
        version=article.version,
        updated=article.updated,
    )


def place_url(article_id: str, span: Span) -> str:
    """Return the address of newsqa's own page, opened at a place in an article."""
    return f"/articles/{percent_encoded(article_id, safe='')}#char={span.start}-{span.end}"
