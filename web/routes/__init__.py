"""The HTTP contract: each route turns a request into a call of the engine or the corpus."""

from fastapi import APIRouter

from web.problems import DESCRIBED
from web.routes import addresses, articles, corpus, operation, questions

router = APIRouter(responses=DESCRIBED)
router.include_router(questions.router)
router.include_router(articles.router)
router.include_router(corpus.router)

operator = APIRouter(responses=DESCRIBED)
"""Of a server with an operator's key alone."""
operator.include_router(addresses.router)
operator.include_router(operation.router)
