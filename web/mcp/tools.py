"""A tool's name and arguments, as a language model sends them, to its result."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from threading import Event
from time import monotonic
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from qa.answer import place_url
from qa.engine import Engine, fold
from qa.errors import QuestionRefused
from qa.sources import is_address
from qa.types import (
    Article,
    Citation,
    Mode,
    Query,
    Source,
    Span,
    Statement,
)
from web.gate import Gate
from web.mcp.results import (
    About,
    Document,
    Excerpt,
    Found,
    Quoted,
    Reply,
    Result,
    Results,
    Stated,
)
from web.requests import MOST_PLACE, AsOf, FiltersRequest, Question, Strict, Time, TopK
from web.told import Hear, telling

RESOURCES = "newsqa:/"
"""What an article's own path follows where no server shows its page: the address of a resource."""

_PLACE = re.compile(r"(.+)#char=([0-9]{1,9})-([0-9]{1,9})", re.DOTALL)


class SearchArguments(FiltersRequest):
    """What to search for, and in which articles."""

    query: Question
    top_k: TopK = 5
    as_of: AsOf = None
    time: Time = True

    def asked(self) -> Query:
        """Return it as the domain has it."""
        return Query(self.query, self.top_k, self.filters(), as_of=self.as_of, time=self.time)


class AskArguments(FiltersRequest):
    """A question that can be understood alone, and which articles may answer."""

    question: Question
    top_k: TopK = 5
    mode: Mode = "extractive"
    as_of: AsOf = None
    time: Time = True

    def asked(self) -> Query:
        """Return it as the domain has it."""
        return Query(
            self.question,
            self.top_k,
            self.filters(),
            mode=self.mode,
            as_of=self.as_of,
            time=self.time,
        )


class FetchArguments(Strict):
    """Which article to read, by its own id or by that of a passage or a quote of it."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=250)]
    version: Annotated[
        int | None,
        Field(ge=1, le=MOST_PLACE, description="as the article was then; by default the newest"),
    ] = None


@dataclass(frozen=True, slots=True)
class Tool:
    """What a model is told of a tool, beside its name."""

    title: str
    description: str
    arguments: type[SearchArguments | FetchArguments | AskArguments]
    result: type[Result]


_FILTERS = (
    " `date_from` and `date_to` are days, both inclusive; of `category`, `source` (the publisher)"
    " and `author` any value of the list will do. A time that the question names counts by itself."
)

TOOLS: Mapping[str, Tool] = {
    "search": Tool(
        "Search the news articles",
        "Find the passages of the news articles that fit a query best, in Chinese or English; the"
        " articles may be in the other language." + _FILTERS,
        SearchArguments,
        Results,
    ),
    "fetch": Tool(
        "Read a news article",
        "Return the whole text of an article, by its id or by an id that `search` or `ask` told;"
        " of these `metadata.passage` says where in the text the passage stands.",
        FetchArguments,
        Document,
    ),
    "ask": Tool(
        "Ask the news articles",
        "Answer a question from the news articles, in Chinese or English. Each statement of the"
        " answer is quoted from an article and cited. Ask so that the question can be understood"
        " alone. `mode`: `extractive` quotes sentences, `passages` whole passages; with `llm` a"
        " language model of newsqa's writes, where its operator has named one." + _FILTERS,
        AskArguments,
        Reply,
    ),
}


class Tools:
    """Calls the tools, each call in its turn: at `composing` what a language model writes.

    The hearers are told what became of the questions that are asked.
    """

    def __init__(
        self, engine: Engine, asking: Gate, composing: Gate, hearers: Iterable[Hear] = ()
    ) -> None:
        self.engine = engine
        self._asking = asking
        self._composing = composing
        self._hearers = tuple(hearers)

    async def call(self, name: str, sent: Mapping[str, Any], base: str) -> Result:
        """Return what a tool returns.

        `base` is the address of the server that shows the articles' pages; where there is none an
        article is cited as a resource. What is given up by whoever called is worked on no more.

        Raises:
            KeyError: there is no such tool.
            pydantic.ValidationError: the arguments are none of its.
            NewsqaError: it cannot be done, and why.
        """
        arguments = TOOLS[name].arguments.model_validate(sent)
        gate, given_up = self._asking, Event()
        act: Callable[[], Result]
        match arguments:
            case SearchArguments():
                act = partial(self._search, arguments.asked(), base)
            case FetchArguments():
                act = partial(self._fetch, arguments.id, arguments.version, base)
            case AskArguments():
                gate = self._composing if arguments.mode == "llm" else self._asking
                until = monotonic() + gate.deadline
                act = partial(self._ask, arguments.asked(), base, until, given_up)
        try:
            return await gate.run(act)
        finally:
            given_up.set()

    def _search(self, query: Query, base: str) -> Results:
        sources = self.engine.search(query)
        return Results(_found(sources, self._articles(sources), base))

    def _fetch(self, id: str, version: int | None, base: str) -> Document:
        article, span = self._place(id, version)
        excerpt = Excerpt(*span, span.of(article.text)) if span else None
        about = About(
            article=article.id,
            publisher=article.publisher,
            author=article.author,
            published=article.published,
            updated=article.updated,
            categories=article.categories,
            language=article.language,
            version=article.version,
            passage=excerpt,
        )
        url = _url(article.id, span, article, base)
        return Document(id, article.title, article.text, url, about)

    def _place(self, id: str, version: int | None) -> tuple[Article, Span | None]:
        """Return the article that an id names, and where in it.

        Raises:
            ArticleNotFound: there is none, or no such version.
            QuestionRefused: it has no such place.
        """
        articles = self.engine.corpus.articles
        place = _PLACE.fullmatch(id)
        # An article's own id may look like a place, for it may be anything.
        if place is None or articles.find([id]):
            return articles.get(id, version), None
        article = articles.get(place[1], version)
        span = Span(int(place[2]), int(place[3]))
        if not span.start < span.end <= len(article.text):
            raise QuestionRefused(
                "id", f"the text has {len(article.text)} characters; fetch {article.id!r}"
            )
        return article, span

    def _ask(self, query: Query, base: str, until: float, given_up: Event) -> Reply:
        with closing(telling(self._hearers, query, self.engine.stream(query, until))) as told:
            # Where it was given up nobody hears that there is no end.
            events = tuple(takewhile(lambda _: not given_up.is_set(), told))
        answer = fold(events)
        articles = self._articles(answer.sources)
        sources = {source.passage_id: source for source in answer.sources}

        def quoted(one: Citation) -> Quoted:
            source, span = sources[one.passage_id], Span(one.source_start, one.source_end)
            return Quoted(
                index=one.index,
                id=_id(one.article_id, span),
                quote=one.quote,
                title=source.title,
                publisher=source.publisher,
                published=source.published,
                url=_url(one.article_id, span, articles.get(one.article_id), base),
                correction=one.correction,
            )

        return Reply(
            status=answer.status,
            answer=answer.answer,
            confidence=answer.confidence,
            language=answer.language,
            statements=tuple(
                Stated(one.text, tuple(map(quoted, one.citations)))
                for one in events
                if isinstance(one, Statement)
            ),
            sources=_found(answer.sources, articles, base),
            time=answer.time,
            writing=answer.writing,
        )

    def _articles(self, sources: Sequence[Source]) -> Mapping[str, Article]:
        return self.engine.corpus.articles.find({one.article_id for one in sources})


def _found(
    sources: Iterable[Source], articles: Mapping[str, Article], base: str
) -> tuple[Found, ...]:
    return tuple(
        Found(
            id=_id(one.article_id, span := Span(one.start, one.end)),
            title=one.title,
            text=one.text,
            url=_url(one.article_id, span, articles.get(one.article_id), base),
            publisher=one.publisher,
            author=one.author,
            published=one.published,
            language=one.language,
            version=one.version,
        )
        for one in sources
    )


def _id(article_id: str, span: Span) -> str:
    return f"{article_id}#char={span.start}-{span.end}"


def _url(article_id: str, span: Span | None, article: Article | None, base: str) -> str:
    """Return by what address a place is cited; None: the article was withdrawn this moment."""
    if article and is_address(article.url):
        return article.url
    page = place_url(article_id, span or Span(0, 0))
    return (base or RESOURCES) + (page if span else page.partition("#")[0])
