"""The HTTP contract: each route turns a request into a call of the engine or the corpus."""

from fastapi import APIRouter

from web.problems import DESCRIBED
from web.routes import addresses, articles, corpus, feedback, operation, questions

router = APIRouter(responses=DESCRIBED)
router.include_router(questions.router)
router.include_router(feedback.router)
router.include_router(articles.router)
router.include_router(corpus.router)
router.include_router(addresses.router)
router.include_router(operation.router)
