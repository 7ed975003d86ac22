"""The operator's page and what it shows: the corpus, its index, what was refused, a rebuild."""

from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from http import HTTPStatus

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from qa.corpus import Corpus
from qa.errors import IndexUnusable
from web.access import DENIED, Operator
from web.page import serve_file
from web.problems import described
from web.rebuilds import Rebuild
from web.routes.state import TheEngine, TheRebuilds

MOST_REFUSED = 200
"""Refusals that are listed; `newsqa status --refused` lists all."""

router = APIRouter(tags=["operation"])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or an address that was refused, and when; it is tried again when it changes."""

    origin: str
    reason: str
    when: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """What the server holds and does.

    `generation` names the index that answers, as `index.generation` of an answer begins; the making
    of it began at `rebuilt`. `newest` is when an article was last taken or changed. `refused` are
    the newest of all `refusals`. `trouble` says why questions cannot be answered now, if they
    cannot.
    """

    articles: int
    passages: int
    model: str | None
    generation: str | None
    rebuilt: datetime | None
    newest: datetime | None
    refusals: int
    refused: tuple[Refusal, ...]
    rebuild: Rebuild
    trouble: str | None


@router.get("/operator", include_in_schema=False)
async def operator() -> Response:
    """Return the operator's page, which asks for the key."""
    return serve_file("operator.html")


@router.get("/operation", dependencies=[Operator], responses=DENIED)
def get_operation(request: Request, engine: TheEngine, rebuilds: TheRebuilds) -> Operation:
    """Return what the server holds and does, and how far a rebuild is."""
    corpus = engine.corpus
    state = request.app.state
    trouble = None if state.ready.is_set() else state.trouble or None
    folder = corpus.generations.current()
    try:
        manifest = corpus.generations.manifest(folder) if folder else None
    except IndexUnusable as error:
        manifest, trouble = None, str(error)
    refusals = corpus.articles.refusals()
    newest = nlargest(MOST_REFUSED, refusals, key=lambda one: one.at)
    return Operation(
        articles=len(corpus.articles),
        passages=manifest.passages if manifest else 0,
        model=manifest.model if manifest else None,
        generation=folder.name if folder else None,
        rebuilt=datetime.fromisoformat(manifest.created) if manifest else None,
        newest=_newest(corpus),
        refusals=len(refusals),
        refused=tuple(Refusal(one.origin, one.reason, one.at) for one in newest),
        rebuild=rebuilds.last,
        trouble=trouble,
    )


@router.post(
    "/operation/rebuild",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[Operator],
    responses={**DENIED, **described({HTTPStatus.CONFLICT: "A rebuild is running."})},
)
def begin_rebuild(rebuilds: TheRebuilds) -> Rebuild:
    """Begin to make the index anew from the articles; it takes the old one's place when it is done.

    Questions are answered meanwhile; articles that are sent wait for it, ten minutes at most.
    """
    begun = rebuilds.begin()
    if begun is None:
        raise HTTPException(HTTPStatus.CONFLICT, "a rebuild is running; wait for it to end")
    return begun


def _newest(corpus: Corpus) -> datetime | None:
    """Return when the last of the articles was taken, None if there is none or it is not known."""
    last = corpus.articles.page(None, 1)
    versions = corpus.articles.versions(last[0].id) if last else ()
    return versions[-1].taken if versions else None
