"""An address of the web to the articles that stand there, kept."""

from typing import Any

from fastapi import APIRouter, Request

from qa.corpus import Report
from qa.index import Progress
from web import taken
from web.access import DENIED, Operator
from web.events import Accept
from web.requests import AddressRequest
from web.routes.state import TheEngine
from web.taken import Added

router = APIRouter(tags=["articles"], dependencies=[Operator], responses=DENIED)


@router.post("/addresses", response_model=Added, responses=taken.DESCRIBED)
async def add_address(
    body: AddressRequest, request: Request, engine: TheEngine, accept: Accept = ""
) -> Any:
    """Read a page or a feed of the web and keep its articles, as `newsqa add URL` does.

    Of a feed the entries are taken as they stand in it or, if `linked`, from the pages that they
    link to, a second apart and as far as their sites allow. What has not changed since it was read
    last is not read again.

    The address, where it redirects to and what it links to must be in the public network, unless
    the server was started with NEWSQA_PRIVATE_ADDRESSES. What cannot be reached or holds no article
    is refused with 422 and why.

    With `Accept: text/event-stream` the answer comes as events, as that of `POST /articles` does.
    """
    state, corpus = request.app.state, engine.corpus

    def take(tell: Progress) -> Report:
        public = not state.private_addresses
        sweep = corpus.look([body.address], linked=body.linked, public=public)
        return corpus.sweep(sweep, tell, state.closing.is_set)

    return await taken.answer(request, take, accept)
