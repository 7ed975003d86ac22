"""What all routes have in common that answer with server-sent events."""

from typing import Annotated, Any

from fastapi import Header

EVENTS = "text/event-stream"

PING_SECONDS = 15
"""A comment goes out this often while an answer is being made, so that no proxy hangs up."""

IN_WORDS: dict[str, Any] = {EVENTS: {}}
"""Their content, in the API's description; what is in an event each route says in words."""

Accept = Annotated[str, Header(description=f"{EVENTS} for server-sent events")]
