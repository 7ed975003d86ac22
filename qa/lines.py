"""An answer to lines of text, as a pipe is given them, and what any way of showing one needs."""

import re
from collections.abc import Iterator

from qa.types import Answer, AskedTime, Source

_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What an article might command a terminal by, and what turns the direction of what follows."""


def numbered(answer: Answer) -> Iterator[tuple[int, Source]]:
    """Yield the sources of an answer by the numbers that stand beside it."""
    by_passage = {source.passage_id: source for source in answer.sources}
    if not answer.citations:
        yield from enumerate(answer.sources, start=1)
    for one in answer.citations:
        yield one.index, by_passage[one.passage_id]


def plain(answer: Answer) -> str:
    """Return an answer as lines: its text, then where each citation stands."""
    by_passage = {source.passage_id: source for source in answer.sources}
    lines = [answer.answer, ""]
    if answer.time:
        lines.append(f"时间 / time: {reading(answer.time)}")
    if answer.citations:
        lines += (
            f"[{one.index}] {heading(by_passage[one.passage_id], one.url)}"
            for one in answer.citations
        )
    else:
        lines.append("相关 / related:")
        lines += (f"  - {heading(source, source.url)}" for source in answer.sources)
    return "\n".join(lines) + "\n"


def heading(source: Source, url: str = "") -> str:
    """Return a source in one line: title · publisher · day · address."""
    day = f"{source.published:%Y-%m-%d}" if source.published else ""
    return " · ".join(part for part in (source.title, source.publisher, day, url) if part)


def seen(text: str) -> str:
    r"""Return as many characters, those that cannot be seen as spaces.

    >>> seen("a\x1b[31mb\u202e\n")
    'a [31mb \n'
    """
    return _UNSEEN.sub(" ", text)


def reading(time: AskedTime) -> str:
    """Say how the question's time was read: "去年三季度" 2025-07-01 – 2025-09-30."""
    days = (
        f"{time.date_from or '…'} – {time.date_to or '…'}" if time.date_from or time.date_to else ""
    )
    newest = "最新在先 / newest first" if time.latest else ""
    return "  ".join(part for part in (f"“{time.expression}”", days, newest) if part)
