"""The routes of a server with an operator's key alone, which others need not import."""

from fastapi import APIRouter

from web.problems import DESCRIBED
from web.routes import addresses, operation

router = APIRouter(responses=DESCRIBED)
router.include_router(addresses.router)
router.include_router(operation.router)
