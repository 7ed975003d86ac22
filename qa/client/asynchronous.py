"""Calls of a server to what it answers: the client for coroutines."""

from asyncio import sleep
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import date
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2
from pydantic import ValidationError

from qa.client import calls
from qa.client.calls import ANY, JSON, Call, Rating, Record
from qa.client.listening import Listening, broken_off
from qa.client.nouns import Added, Ready
from qa.client.problem import Problem, refused, unreachable, unreadable
from qa.listing import Listed, Opened
from qa.types import Answer, Event, Facets, Filters, Mode, Retriever, Source, Turn

T = TypeVar("T")


class AsyncClient:
    """A newsqa server, by its address; of one event loop, under asyncio.

    Every method raises Problem where the server refuses, fails or cannot be reached.

    Args:
        address: such as http://127.0.0.1:8000.
        key: what `newsqa key add` printed, where the server asks for one.
        patience: seconds that a busy server (503, 429) is waited for, once, if it names them.
        timeout: seconds without a sign of the server after which it is given up.
        transport: what carries the requests, in place of the network.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8000",
        *,
        key: str = "",
        patience: float = 0.0,
        timeout: float = 60.0,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._timeout = timeout
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.AsyncClient(base_url=address, headers=headers, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters = ANY,
        history: Sequence[Turn] = (),
        mode: Mode = "extractive",
        as_of: date | None = None,
        time: bool = True,
    ) -> Answer:
        """Return the answer to a question, each sentence cited.

        Its options are those of `qa.types.Query`.
        """
        return await self._send(calls.ask(question, top_k, filters, history, mode, as_of, time))

    async def stream(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters = ANY,
        history: Sequence[Turn] = (),
        mode: Mode = "extractive",
        as_of: date | None = None,
        time: bool = True,
    ) -> AsyncIterator[Event]:
        """Yield Meta, the Sources, the Statements as they are found, and Done.

        Where the connection is lost the answer is taken up behind the last event. If the server has
        forgotten it meanwhile a second Meta comes, and what came before that is void.
        """
        call = calls.ask(question, top_k, filters, history, mode, as_of, time, stream=True)
        listening = Listening(self._patience)
        while not listening.over:
            try:
                async with aclosing(self._events(call, listening)) as events:
                    async for event in events:
                        yield event
            except Problem as problem:
                await sleep(listening.pause(problem))

    async def search(
        self,
        query: str,
        *,
        top_k: int = 5,
        filters: Filters = ANY,
        retriever: Retriever = "hybrid",
        as_of: date | None = None,
        time: bool = True,
    ) -> tuple[Source, ...]:
        """Return the best passages, without making an answer of them."""
        return await self._send(calls.search(query, top_k, filters, retriever, as_of, time))

    async def feedback(self, answer: Answer, rating: Rating | None, comment: str = "") -> None:
        """Say whether an answer was right, and why, in place of what was said of it before.

        With None for a rating it is taken back.
        """
        await self._send(calls.feedback(answer, rating, comment))

    async def articles(self, *, limit: int = 200) -> AsyncIterator[Listed]:
        """Yield all articles, the last changed first, asking for `limit` at a time."""
        cursor: int | None = None
        while True:
            page = await self._send(calls.articles(cursor, limit))
            for article in page.articles:
                yield article
            if (cursor := page.next) is None:
                return

    async def article(self, id: str, version: int | None = None) -> Opened:
        """Return an article as it is quoted, as it is now or as it was in a version."""
        return await self._send(calls.article(id, version))

    async def add(self, articles: Record | Sequence[Record] | bytes, *, kind: str = JSON) -> Added:
        """Have articles kept: records, or a file's bytes and its media type as `kind`."""
        return await self._send(calls.add(articles, kind))

    async def add_address(self, address: str, *, linked: bool = False) -> Added:
        """Have a page or a feed of the web read; if `linked`, what the feed links to."""
        return await self._send(calls.add_address(address, linked))

    async def put(self, id: str, article: Record | bytes, *, kind: str = JSON) -> Added:
        """Have one article kept under this id, in place of what is there."""
        return await self._send(calls.put(id, article, kind))

    async def remove(self, id: str) -> None:
        """Withdraw an article: from now on no answer cites it."""
        await self._send(calls.remove(id))

    async def facets(self) -> Facets:
        """Return what questions can be filtered by."""
        return await self._send(calls.facets())

    async def suggestions(self, language: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return questions that the articles answer, none while they are being prepared."""
        return await self._send(calls.suggestions(language))

    async def ready(self) -> Ready:
        """Return how questions can be answered; a Problem of status 503 until they can."""
        return await self._send(calls.ready())

    async def _send(self, call: Call[T]) -> T:
        try:
            return await self._once(call)
        except Problem as problem:
            seconds = problem.wait(self._patience)
            if seconds is None:
                raise
        await sleep(seconds)
        return await self._once(call)

    async def _once(self, call: Call[T]) -> T:
        try:
            response = await self._http.request(**call.request(self._timeout))
        except httpx2.RequestError as error:
            raise unreachable(error) from error
        if not response.is_success:
            raise refused(response)
        try:
            return call.read(response.content)
        except ValidationError as error:
            raise unreadable(response.status_code, error) from error

    async def _events(
        self, call: Call[Answer], listening: Listening
    ) -> AsyncGenerator[Event, None]:
        """Yield what follows the last event that was heard; raises Problem where it breaks off."""
        request = call.request(self._timeout)
        request["headers"] |= listening.headers
        try:
            async with self._http.stream(**request) as response:
                if not response.is_success:
                    await response.aread()
                    raise refused(response)
                async for sent in httpx2.EventSource(response):
                    if event := listening.take(sent):
                        yield event
                    if listening.over:
                        return
        except httpx2.RequestError as error:
            raise unreachable(error) from error
        raise broken_off()
