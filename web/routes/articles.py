"""The articles over HTTP: listed, opened as they are and as they were, kept, withdrawn."""

from collections.abc import Iterable
from dataclasses import fields, replace
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request
from fastapi.responses import Response
from pydantic_core import to_json

from qa.corpus import Report
from qa.engine import Engine
from qa.errors import ArticleNotFound, ArticleRefused
from qa.listing import Copy, Listed, Opened, Page, Version
from qa.sources import draft
from qa.store import ArticleStore, Draft
from qa.types import Article
from web import taken
from web.access import DENIED, Operator
from web.events import Accept
from web.page import serve_file
from web.problems import described, status_of
from web.routes.state import TheEngine
from web.sent import BODY, Sent, read_sent
from web.taken import Added, added, apart, as_json

router = APIRouter(tags=["articles"])

_MISSING = described(
    {
        HTTPStatus.NOT_FOUND: "No article has this id, or it has no such version.",
        HTTPStatus.GONE: "The article was withdrawn; `withdrawn` is the moment it was.",
    }
)


_BODIES = {
    **DENIED,
    **described(
        {
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More bytes than an article may have.",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of no kind that holds articles.",
        }
    ),
}

_NO_ID = described({HTTPStatus.NOT_FOUND: "No article can have this id: it has a line's end."})

MOST = 2**62
"""Numbers in an address go no higher: SQLite's end at 2**63."""

WhichVersion = Annotated[
    int | None, Query(ge=1, le=MOST, description="as the article was then; without it the newest")
]


@router.get("/articles")
def list_articles(
    engine: TheEngine,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=MOST)] = None,
) -> Page:
    """List the articles, the last changed first."""
    changes = engine.corpus.articles.page(cursor, limit)
    listed = tuple(
        Listed(**_values(change.article, Listed)) for change in changes if change.article
    )
    return Page(listed, changes[-1].seq if len(changes) == limit else None)


@router.get("/articles/{article_id:path}", response_model=Opened, responses=_MISSING)
def get_article(
    article_id: str,
    request: Request,
    engine: TheEngine,
    version: WhichVersion = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Return an article as it is quoted; a browser gets the page, which opens it.

    The offsets of a citation hold in the version that its source names.
    """
    articles = engine.corpus.articles
    if "text/html" in accept:
        # Where a key is asked for a browser sends none, and nobody else is told what there is.
        closed = request.app.state.closed
        status = HTTPStatus.OK if closed else _status(articles, article_id, version)
        return serve_file("index.html", status, {"Vary": "Accept"})
    article = articles.get(article_id, version)
    versions = (Version(one.number, one.taken, one.title) for one in articles.versions(article_id))
    copies = (Copy(**_values(one, Copy)) for one in engine.corpus.copies(article_id))
    opened = Opened(**_values(article, Article), versions=tuple(versions), copies=tuple(copies))
    # What is withdrawn is to be found nowhere, not even on a reader's disk.
    headers = {"Vary": "Accept", "Cache-Control": "no-store"}
    return Response(to_json(opened), headers=headers, media_type="application/json")


@router.post(
    "/articles",
    response_model=Added,
    responses={**taken.DESCRIBED, **_BODIES},
    openapi_extra=BODY,
    dependencies=[Operator],
)
async def add_articles(request: Request, engine: TheEngine, accept: Accept = "") -> Any:
    """Keep one article or several; the next question finds them.

    JSON is an article or a list of them. Any other body is a file, read by what it holds: Markdown,
    plain text, a web page, JSON lines, a feed, or a zip or gzip of these. Another text for a known
    article is its next version; one that was withdrawn is back.

    Of several, those that cannot be kept are named and the others are taken. 201 if anything is new
    or changed, 200 if all was known, 422 if nothing could be kept.

    With `Accept: text/event-stream` the answer comes as server-sent events: `progress` with how
    many are `finished`, time and again, then `done` with the same document or `error` with the
    problem. What was sent is taken to its end, even if the client goes away; a server that is
    stopped finishes the batch in hand.
    """
    sent = read_sent(request.headers, await request.body())
    closing = request.app.state.closing
    take = partial(engine.corpus.add, _drafts(sent), stop=closing.is_set)
    return await taken.answer(request, take, accept)


@router.put(
    "/articles/{article_id:path}",
    response_model=Added,
    responses={**taken.IN_JSON, **_BODIES, **_NO_ID},
    openapi_extra=BODY,
    dependencies=[Operator],
)
async def put_article(
    article_id: Annotated[str, Path(pattern=r"^\S{1,200}$")], request: Request, engine: TheEngine
) -> Any:
    """Keep one article under this id, in place of what is there: that stays as a version of it."""
    sent = read_sent(request.headers, await request.body())
    return as_json(added(await apart(request, partial(_put, engine, article_id, sent))))


@router.delete(
    "/articles/{article_id:path}",
    status_code=204,
    responses={**DENIED, **_MISSING},
    dependencies=[Operator],
)
async def delete_article(article_id: str, request: Request, engine: TheEngine) -> None:
    """Withdraw an article: every version is erased, and from now on no answer cites it."""
    await apart(request, partial(_withdraw, engine, article_id))


def _values(article: Article, kind: type[Article | Listed | Copy]) -> dict[str, Any]:
    """Return what an article says in the fields of `kind`."""
    return {field.name: getattr(article, field.name) for field in fields(kind)}


def _status(articles: ArticleStore, article_id: str, version: int | None) -> HTTPStatus:
    """Return the status of the page of an article, which tells of it in words."""
    try:
        articles.get(article_id, version)
    except ArticleNotFound as error:
        return status_of(error)
    return HTTPStatus.OK


def _drafts(sent: Iterable[Sent]) -> Iterable[Draft | ArticleRefused]:
    return (one if isinstance(one, ArticleRefused) else draft(one) for one in sent)


def _withdraw(engine: Engine, article_id: str) -> Report:
    removed = engine.corpus.remove([article_id])
    if not removed:
        # Says whether there was ever one.
        engine.corpus.articles.get(article_id)
    return Report((), (), (), gone=tuple(removed))


def _put(engine: Engine, article_id: str, sent: Iterable[Sent]) -> Report:
    drafts = list(islice(_drafts(sent), 2))
    if len(drafts) != 1:
        found = "several articles" if drafts else "no article"
        raise HTTPException(422, f"{found}; one is put under one id")
    named = drafts[0]
    if isinstance(named, ArticleRefused):
        raise named
    if named.named and named.article.id != article_id:
        raise ArticleRefused(f"articles/{article_id}", f"id: the body says {named.article.id!r}")
    article = replace(named.article, id=article_id)
    return engine.corpus.add([replace(named, article=article, named=True)])
