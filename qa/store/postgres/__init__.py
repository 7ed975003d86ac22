"""The stores' tables in a PostgreSQL database, which servers on several machines share."""

from qa.errors import SettingsUnusable

try:
    import psycopg  # noqa: F401
except ImportError as missing:
    raise SettingsUnusable(
        "NEWSQA_DATABASE: PostgreSQL is spoken to by psycopg, which is not installed;"
        " `pip install 'newsqa[postgres]'` does so"
    ) from missing

from qa.store.postgres.schema import Schema
from qa.store.postgres.server import ARTICLES, Server

__all__ = ["ARTICLES", "Schema", "Server"]
