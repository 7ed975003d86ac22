r"""A served newsqa's address to its answers, as the dataclasses of `qa.types`.

    from qa.client import Client

    with Client("http://127.0.0.1:8000", key="...") as newsqa:
        answer = newsqa.ask("what targets did Shanghai set for 2025")
        print(answer.answer, *(one.url for one in answer.citations), sep="\n")

`AsyncClient` has the same methods, to be awaited. Importing either opens no model and no index, and
needs none of what these are made of. What the server adds to its answers one day is passed over;
what it tells today has to be there, and of its type.
"""

from qa.client.asynchronous import AsyncClient
from qa.client.blocking import Client
from qa.client.calls import Record
from qa.client.nouns import Added, Ready, Refused, Taken
from qa.client.problem import FieldError, Problem
from qa.listing import Copy, Listed, Opened, Version

__all__ = [
    "Added",
    "AsyncClient",
    "Client",
    "Copy",
    "FieldError",
    "Listed",
    "Opened",
    "Problem",
    "Ready",
    "Record",
    "Refused",
    "Taken",
    "Version",
]
