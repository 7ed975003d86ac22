"""Turns an article and a quote into the events that the server would send."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from qa.types import Failure

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
    "version": 1,
    "updated": None,
    "versions": [{"version": 1, "taken": None, "title": "Third tram line opens"}],
}
LINE: dict[str, Any] = {
    "id": "line-3",
    "title": "三号电车线开通一年",
    "text": "🚋三号线开通已满一年。该线平均每天运送4.2万人次，超过预期。\n票价仍为两欧元。",
    "sentences": [],
    "language": "zh",
    "published": "2026-03-05T08:00:00+08:00",
    "publisher": "港城日报",
    "author": "林海、陈默、周岚、何川",
    "categories": ["交通"],
    "url": "https://example.org/zh/line(3)",
    "origin": "line.md",
    "version": 1,
    "updated": None,
    "versions": [{"version": 1, "taken": None, "title": "三号电车线开通一年"}],
}
CORRECTION: dict[str, Any] = {
    **LINE,
    "id": "line-3-correction",
    "title": "更正：三号电车线日均客流应为4.1万人次",
    "text": "本报3月5日的报道有误。三号线平均每天运送4.1万人次。",
    "published": "2026-03-09T08:00:00+08:00",
    "author": "港城日报",
    "url": "",
    "origin": "correction.md",
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
        **{name: article[name] for name in ("version", "updated")},
        "url": address(article, 0, len(article["text"])),
        "start": 0,
        "end": len(article["text"]),
        "score": 0.5,
        "scores": {"dense": 0.8, "lexical": None, "fused": 0.5},
        "copies": [],
    }


class Said(NamedTuple):
    """A quote of an article, the part of it that is marked, and whether it corrects another."""

    article: Mapping[str, Any]
    quote: str
    marked: str = ""
    correction: bool = False


def statements(*claims: Sequence[Said]) -> list[dict[str, Any]]:
    """Return one statement for each claim, placed in the answer as the server places them."""
    told: list[dict[str, Any]] = []
    at, index = 0, 0
    for number, claim in enumerate(claims, start=1):
        citations = []
        for said in claim:
            index += 1
            citations.append(citation(said, index, number, at))
            at += len(said.quote) + 1
        told.append({"text": "\n".join(said.quote for said in claim), "citations": citations})
    return told


def citation(said: Said, index: int, statement: int, at: int) -> dict[str, Any]:
    article, quote, marked, correction = said
    start = article["text"].index(quote)
    end = start + len(quote)
    begin = at + quote.index(marked)
    return {
        "index": index,
        "article_id": article["id"],
        "passage_id": f"{article['id']}:0-1",
        "quote": quote,
        "source_start": start,
        "source_end": end,
        "answer_start": at,
        "answer_end": at + len(quote),
        "url": address(article, start, end),
        "statement": statement,
        "marks": [[begin, begin + len(marked)]] if marked else [],
        "correction": correction,
    }


def statement(article: Mapping[str, Any], text: str) -> dict[str, Any]:
    return statements([Said(article, text)])[0]


def written(sentence: str, *cited: Said) -> dict[str, Any]:
    """Return a sentence that a language model wrote, as the whole of an answer."""
    citations = [
        {**citation(said, index, 1, 0), "answer_end": len(sentence)}
        for index, said in enumerate(cited, start=1)
    ]
    return {"text": sentence, "citations": citations}


def meta(question: str, language: str, time: Mapping[str, object] | None = None) -> dict[str, Any]:
    index = {"generation": "1", "model": "m", "articles": 12, "passages": 34}
    same = {"question": question, "standalone_question": question}
    return {"id": "1", **same, "language": language, "index": index, "time": time}


def time_read(
    date_from: str | None, date_to: str | None, *, latest: bool = False
) -> dict[str, Any]:
    read = {"expression": "?", "date_from": date_from, "date_to": date_to, "relative": True}
    return {**read, "latest": latest, "as_of": "2026-11-22"}


def writing(dropped: int = 0, failure: Failure | None = None) -> dict[str, Any]:
    return {"model": "tern-7b", "dropped": dropped, "failure": failure}


def done(
    status: str,
    answer: str,
    confidence: float = 0.9,
    writing: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    timings = {"encode": 1, "search": 2, "answer": 3, "total": 6}
    told = {"status": status, "answer": answer, "confidence": confidence}
    return {**told, "timings_ms": timings, "writing": writing}


def answered(
    article: Mapping[str, Any] = TRAM,
    text: str = QUOTE,
    language: str = "en",
    time: Mapping[str, object] | None = None,
) -> bytes:
    return told([statement(article, text)], [article], language, time=time)


def told(
    statements: Sequence[Mapping[str, Any]],
    articles: Sequence[Mapping[str, Any]],
    language: str,
    status: str = "answered",
    *,
    time: Mapping[str, object] | None = None,
    writing: Mapping[str, object] | None = None,
) -> bytes:
    """Return a whole answer: what was found, what is stated, and how it ended."""
    answer = "\n".join(one["text"] for one in statements)
    return event_stream(
        [
            ("meta", meta("?", language, time)),
            *(("source", source(article)) for article in articles),
            *(("statement", one) for one in statements),
            ("done", done(status, answer, writing=writing)),
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
