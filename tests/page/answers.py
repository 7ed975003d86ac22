"""Turns an article and a quote into the events that the server would send."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

TRAM: dict[str, Any] = {
    "id": "tram/1",
    "title": "Third tram line opens",
    "text": "The line opened. 🚋👩‍🚒 It carries 40,000 people a day.\n\nFares stay at two euros.",
    "sentences": [],
    "language": "en",
    "published": "2026-03-01T23:30:00-05:00",
    "publisher": "The Harbour Gazette",
    "author": "J. Lind",
    "categories": ["Transport"],
    "url": "https://example.org/tram",
    "origin": "tram.md",
}
NOT_FOUND = "These articles do not answer this question."
QUOTE = "It carries 40,000 people a day."


def address(article: Mapping[str, Any], start: int, end: int) -> str:
    return f"/articles/{quote(article['id'], safe='')}#char={start}-{end}"


def source(article: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "article_id": article["id"],
        "passage_id": f"{article['id']}:0-1",
        **{name: article[name] for name in ("title", "publisher", "author", "categories")},
        **{name: article[name] for name in ("published", "language", "origin", "text")},
        "url": address(article, 0, len(article["text"])),
        "start": 0,
        "end": len(article["text"]),
        "score": 0.5,
        "scores": {"dense": 0.8, "lexical": None, "fused": 0.5},
        "copies": [],
    }


def statement(article: Mapping[str, Any], text: str) -> dict[str, Any]:
    start = article["text"].index(text)
    end = start + len(text)
    citation = {
        "index": 1,
        "article_id": article["id"],
        "passage_id": f"{article['id']}:0-1",
        "quote": text,
        "source_start": start,
        "source_end": end,
        "answer_start": 0,
        "answer_end": len(text),
        "url": address(article, start, end),
    }
    return {"text": text, "citations": [citation]}


def meta(question: str, language: str, time: Mapping[str, object] | None = None) -> dict[str, Any]:
    index = {"generation": "1", "model": "m", "articles": 12, "passages": 34}
    same = {"question": question, "standalone_question": question}
    return {"id": "1", **same, "language": language, "index": index, "time": time}


def time_read(
    date_from: str | None, date_to: str | None, *, latest: bool = False
) -> dict[str, Any]:
    read = {"expression": "?", "date_from": date_from, "date_to": date_to, "relative": True}
    return {**read, "latest": latest, "as_of": "2026-11-22"}


def done(status: str, answer: str, confidence: float = 0.9) -> dict[str, Any]:
    timings = {"encode": 1, "search": 2, "answer": 3, "total": 6}
    return {"status": status, "answer": answer, "confidence": confidence, "timings_ms": timings}


def answered(
    article: Mapping[str, Any] = TRAM,
    text: str = QUOTE,
    language: str = "en",
    time: Mapping[str, object] | None = None,
) -> bytes:
    return event_stream(
        [
            ("meta", meta("?", language, time)),
            ("source", source(article)),
            ("statement", statement(article, text)),
            ("done", done("answered", text)),
        ]
    )


def not_found() -> bytes:
    return event_stream(
        [
            ("meta", meta("?", "en")),
            ("source", source(TRAM)),
            ("done", done("not_found", NOT_FOUND, 0.1)),
        ]
    )


def event_stream(events: Sequence[tuple[str, Mapping[str, object]]]) -> bytes:
    """Write events as the server does."""
    return "".join(
        f"id: {number}\nevent: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for number, (name, data) in enumerate(events)
    ).encode()
