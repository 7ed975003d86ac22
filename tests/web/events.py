"""Server-sent events as a browser would read them."""

from collections.abc import Iterable, Iterator


def events(text: str) -> list[dict[str, str]]:
    """Return the events of a whole stream."""
    return list(read_events(text.replace("\r\n", "\n").split("\n")))


def read_events(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Yield the events as their lines arrive, comments left out."""
    event: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name:
            assert name not in event, "one data line to an event"
            event[name] = value
        elif not line and event:
            yield event
            event = {}
