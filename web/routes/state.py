"""What the application holds, as its routes ask for it."""

from typing import Annotated

from fastapi import Depends, Request

from qa.engine import Engine
from qa.suggestions import Suggestions
from web.rebuilds import Rebuilds
from web.streams import Streams


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


def _rebuilds(request: Request) -> Rebuilds:
    rebuilds: Rebuilds = request.app.state.rebuilds
    return rebuilds


def _suggestions(request: Request) -> Suggestions:
    suggestions: Suggestions = request.app.state.suggestions
    return suggestions


TheSuggestions = Annotated[Suggestions, Depends(_suggestions)]
TheEngine = Annotated[Engine, Depends(_engine)]
TheStreams = Annotated[Streams, Depends(_streams)]
TheRebuilds = Annotated[Rebuilds, Depends(_rebuilds)]
