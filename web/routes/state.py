"""What the application holds, as its routes ask for it."""

from typing import Annotated

from fastapi import Depends, Request

from qa.engine import Engine
from web.streams import Streams


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


TheEngine = Annotated[Engine, Depends(_engine)]
TheStreams = Annotated[Streams, Depends(_streams)]
