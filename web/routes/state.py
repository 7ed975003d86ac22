"""What the application holds, as its routes ask for it.

They are coroutines because what is none is run in a thread of its own, for each request.
"""

from typing import Annotated

from fastapi import Depends, Request

from qa.engine import Engine
from qa.feedback import FeedbackStore
from qa.suggestions import Suggestions
from qa.types import Mode
from web.gate import Gate
from web.metrics import Metrics
from web.rebuilds import Rebuilds
from web.streams import Streams


async def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


async def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


async def _rebuilds(request: Request) -> Rebuilds:
    rebuilds: Rebuilds = request.app.state.rebuilds
    return rebuilds


async def _suggestions(request: Request) -> Suggestions:
    suggestions: Suggestions = request.app.state.suggestions
    return suggestions


async def _feedback(request: Request) -> FeedbackStore:
    store: FeedbackStore = request.app.state.feedback
    return store


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


TheSuggestions = Annotated[Suggestions, Depends(_suggestions)]
TheFeedback = Annotated[FeedbackStore, Depends(_feedback)]
TheMetrics = Annotated[Metrics, Depends(_metrics)]
TheEngine = Annotated[Engine, Depends(_engine)]
TheStreams = Annotated[Streams, Depends(_streams)]
TheRebuilds = Annotated[Rebuilds, Depends(_rebuilds)]


def asking(request: Request, mode: Mode = "extractive") -> Gate:
    """Return the gate of questions; those that a language model writes wait for it elsewhere."""
    state = request.app.state
    gate: Gate = state.composing if mode == "llm" else state.asking
    return gate
