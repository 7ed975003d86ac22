"""What is on disk, in SQLite: the articles, and the passages that a generation made of them."""

from qa.store.articles import (
    ArticleStore,
    Change,
    Draft,
    Finished,
    Known,
    Outcome,
    Refusal,
    Version,
)
from qa.store.passages import Embedding, PassageStore

__all__ = [
    "ArticleStore",
    "Change",
    "Draft",
    "Embedding",
    "Finished",
    "Known",
    "Outcome",
    "PassageStore",
    "Refusal",
    "Version",
]
