"""The body of a request to the articles in it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.message import Message

from fastapi import HTTPException

from qa.articles import Reading, read_articles, read_record
from qa.errors import ArticleRefused
from web.problems import told
from web.requests import ArticleRequest

Sent = Reading | ArticleRefused

_TEXTS = (
    "text/markdown", "text/html", "text/plain", "application/x-ndjson", "application/jsonl",
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/xml",
    "text/xml",
)  # fmt: skip
_NAMES = {
    "text/markdown": "body.md",
    "application/x-ndjson": "body.jsonl",
    "application/jsonl": "body.jsonl",
}
_ARCHIVES = ("application/zip", "application/gzip")
_RECORD = ArticleRequest.model_json_schema()
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_RECORD, {"type": "array", "items": _RECORD}]}
            },
            # Of these it says nothing: what is no article of their kind is read as text.
            **{kind: {} for kind in _TEXTS},
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in _ARCHIVES},
        },
    }
}
"""What the API's description says of it."""


def read_sent(headers: Mapping[str, str], body: bytes) -> Iterator[Sent]:
    """Return the articles of a body, read one at a time; JSON is checked strictly.

    Raises:
        HTTPException: 415 for a kind that holds no articles, 422 for JSON that is none.
    """
    about = Message()
    about["content-type"] = headers.get("content-type", "")
    kind = about["content-type"].partition(";")[0].strip().lower()
    if kind == "application/json":
        return _records(body)
    if kind not in (*_TEXTS, *_ARCHIVES):
        known = ", ".join(("application/json", *_TEXTS, *_ARCHIVES))
        raise HTTPException(415, f"{kind or 'no'} content; send one of {known}")
    # What it is called tells Markdown from plain text, and what was to be JSON; the rest is told by
    # what it holds.
    name = _NAMES.get(kind, "body")
    declared = about.get_content_charset("")
    return (_placeless(one) for one in read_articles(body, name, declared))


def _records(body: bytes) -> Iterator[Sent]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"the body is no JSON: {error}") from error
    records = sent if isinstance(sent, list) else [sent]
    return (_placeless(_record(record, f"articles[{n}]")) for n, record in enumerate(records))


def _record(record: object, origin: str) -> Sent:
    if not isinstance(record, dict):
        return ArticleRefused(origin, "an article is a JSON object")
    if unknown := sorted(record.keys() - ArticleRequest.model_fields.keys()):
        return ArticleRefused(origin, f"{told(unknown[0])}: no such field")
    try:
        return read_record(record, origin)
    except ArticleRefused as refusal:
        return refusal


def _placeless(one: Sent) -> Sent:
    """Tell where in the body an article stood in its warnings alone: it is no place to find it."""
    if isinstance(one, ArticleRefused):
        return one
    warnings = tuple(f"{one.article.origin}: {warning}" for warning in one.warnings)
    article = replace(one.article, origin="")
    return replace(one, part=None, article=article, warnings=warnings)
