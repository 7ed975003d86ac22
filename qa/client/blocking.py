"""Calls of a server to what it answers: the client that waits for it."""

from collections.abc import Iterator, Sequence
from datetime import date
from time import sleep
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


class Client:
    """A newsqa server, by its address; safe to share by threads.

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
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._patience = patience
        self._timeout = timeout
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx2.Client(base_url=address, headers=headers, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
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
        return self._send(calls.ask(question, top_k, filters, history, mode, as_of, time))

    def stream(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters = ANY,
        history: Sequence[Turn] = (),
        mode: Mode = "extractive",
        as_of: date | None = None,
        time: bool = True,
    ) -> Iterator[Event]:
        """Yield Meta, the Sources, the Statements as they are found, and Done.

        Where the connection is lost the answer is taken up behind the last event. If the server has
        forgotten it meanwhile a second Meta comes, and what came before that is void.
        """
        call = calls.ask(question, top_k, filters, history, mode, as_of, time, stream=True)
        listening = Listening(self._patience)
        while not listening.over:
            try:
                yield from self._events(call, listening)
            except Problem as problem:
                sleep(listening.pause(problem))

    def search(
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
        return self._send(calls.search(query, top_k, filters, retriever, as_of, time))

    def feedback(self, answer: Answer, rating: Rating | None, comment: str = "") -> None:
        """Say whether an answer was right, and why, in place of what was said of it before.

        With None for a rating it is taken back.
        """
        self._send(calls.feedback(answer, rating, comment))

    def articles(self, *, limit: int = 200) -> Iterator[Listed]:
        """Yield all articles, the last changed first, asking for `limit` at a time."""
        cursor: int | None = None
        while True:
            page = self._send(calls.articles(cursor, limit))
            yield from page.articles
            if (cursor := page.next) is None:
                return

    def article(self, id: str, version: int | None = None) -> Opened:
        """Return an article as it is quoted, as it is now or as it was in a version."""
        return self._send(calls.article(id, version))

    def add(self, articles: Record | Sequence[Record] | bytes, *, kind: str = JSON) -> Added:
        """Have articles kept: records, or a file's bytes and its media type as `kind`."""
        return self._send(calls.add(articles, kind))

    def add_address(self, address: str, *, linked: bool = False) -> Added:
        """Have a page or a feed of the web read; if `linked`, what the feed links to."""
        return self._send(calls.add_address(address, linked))

    def put(self, id: str, article: Record | bytes, *, kind: str = JSON) -> Added:
        """Have one article kept under this id, in place of what is there."""
        return self._send(calls.put(id, article, kind))

    def remove(self, id: str) -> None:
        """Withdraw an article: from now on no answer cites it."""
        self._send(calls.remove(id))

    def facets(self) -> Facets:
        """Return what questions can be filtered by."""
        return self._send(calls.facets())

    def suggestions(self, language: Literal["zh", "en"]) -> tuple[str, ...]:
        """Return questions that the articles answer, none while they are being prepared."""
        return self._send(calls.suggestions(language))

    def ready(self) -> Ready:
        """Return how questions can be answered; a Problem of status 503 until they can."""
        return self._send(calls.ready())

    def _send(self, call: Call[T]) -> T:
        try:
            return self._once(call)
        except Problem as problem:
            seconds = problem.wait(self._patience)
            if seconds is None:
                raise
        sleep(seconds)
        return self._once(call)

    def _once(self, call: Call[T]) -> T:
        try:
            response = self._http.request(**call.request(self._timeout))
        except httpx2.RequestError as error:
            raise unreachable(error) from error
        if not response.is_success:
            raise refused(response)
        try:
            return call.read(response.content)
        except ValidationError as error:
            raise unreadable(response.status_code, error) from error

    def _events(self, call: Call[Answer], listening: Listening) -> Iterator[Event]:
        """Yield what follows the last event that was heard; raises Problem where it breaks off."""
        request = call.request(self._timeout)
        request["headers"] |= listening.headers
        try:
            with self._http.stream(**request) as response:
                if not response.is_success:
                    response.read()
                    raise refused(response)
                for sent in httpx2.EventSource(response):
                    if event := listening.take(sent):
                        yield event
                    if listening.over:
                        return
        except httpx2.RequestError as error:
            raise unreachable(error) from error
        raise broken_off()
