"""What is kept: the articles, and the passages that a generation made of them.

In SQLite, or in PostgreSQL where several machines share them.
"""

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
from qa.store.passages import Document, Embedding, PassageStore

__all__ = [
    "ArticleStore",
    "Change",
    "Document",
    "Draft",
    "Embedding",
    "Finished",
    "Known",
    "Outcome",
    "PassageStore",
    "Refusal",
    "Version",
]
