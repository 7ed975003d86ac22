"""A message of the Model Context Protocol over HTTP to its answer."""

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from qa.errors import NewsqaError

if TYPE_CHECKING:
    from mcp.server import Server

# The protocol describes itself, to those who speak it.
router = APIRouter(include_in_schema=False)


@router.post("/mcp")
async def mcp(request: Request) -> Response:
    """Answer a message: streamable HTTP without sessions, so that any process may answer any."""
    body = await request.body()
    server = await run_in_threadpool(_opened, request.app)
    from web.mcp.server import Spoken

    return Spoken(server, body)


def _opened(app: FastAPI) -> "Server[Any]":
    """Return what answers, made when it is asked for first: its library takes half a second."""
    state = app.state
    if state.mcp is None:
        try:
            from web.mcp.server import speaker
        except NewsqaError as error:
            raise HTTPException(501, str(error)) from error
        from web.mcp.tools import Tools

        state.mcp = speaker(Tools(state.engine, state.asking, state.composing, state.hearers))
    server: Server[Any] = state.mcp
    return server
