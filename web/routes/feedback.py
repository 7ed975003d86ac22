"""What a reader says of an answer, over HTTP, to what the home keeps of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter

from qa.feedback import placed
from web.requests import FeedbackRequest
from web.routes.state import TheEngine, TheFeedback, TheMetrics

router = APIRouter(tags=["questions"])


@dataclass(frozen=True, slots=True)
class Kept:
    """The id of the answer of which something is kept, or no more."""

    id: str


@router.post("/feedback", status_code=HTTPStatus.CREATED)
def give_feedback(
    body: FeedbackRequest, engine: TheEngine, store: TheFeedback, metrics: TheMetrics
) -> Kept:
    """Say whether an answer was right, and why, in place of what was said of it before.

    With `rating` null it is taken back. For `newsqa feedback` is kept what is sent and the day,
    nothing of who sent it; what is quoted is read from the articles, which have to be there.
    """
    said = body.feedback(datetime.now(UTC).date())
    if said is None:
        store.take_back(body.answer)
    else:
        store.keep(replace(said, citations=placed(said.citations, engine.corpus.articles)))
    metrics.rated(body.rating)
    return Kept(body.answer)
