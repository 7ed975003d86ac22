"""What the corpus offers a reader over HTTP: values to filter by, and questions to begin with."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from qa.types import Facet
from web.routes.state import TheEngine, TheSuggestions

router = APIRouter(tags=["corpus"])


class Offered(BaseModel):
    """Values that the filters of a question take, the most frequent first, at most 200 of each.

    `articles` is how many articles a value lets through alone; `from` and `to` are the days of the
    earliest and the latest article, null if none is dated.
    """

    categories: tuple[Facet, ...]
    sources: tuple[Facet, ...]
    authors: tuple[Facet, ...]
    date_from: Annotated[date | None, Field(alias="from")]
    date_to: Annotated[date | None, Field(alias="to")]


@dataclass(frozen=True, slots=True)
class Suggested:
    """Questions that the articles answer, at most four; none while they are being prepared."""

    questions: tuple[str, ...]


@router.get("/facets")
def facets(engine: TheEngine) -> Offered:
    """Return what a question can be filtered by."""
    _, index = engine.corpus.serving()
    found = index.facets()
    return Offered.model_validate(
        {
            "categories": found.categories,
            "sources": found.sources,
            "authors": found.authors,
            "from": found.date_from,
            "to": found.date_to,
        }
    )


@router.get("/suggestions")
def suggestions(suggestions: TheSuggestions, language: Literal["zh", "en"]) -> Suggested:
    """Return questions to begin with, in the language of the reader.

    They are made of the newest articles, and newsqa has answered each of them with confidence. A
    change of the articles brings others a little later.
    """
    return Suggested(suggestions.questions(language))
