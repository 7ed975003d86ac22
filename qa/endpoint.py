"""Messages to the pieces of text that a language model answers: the talk with its endpoint.

Any endpoint that speaks OpenAI's chat completions will do, hosted or on this machine. It is told
the model's name and the messages and nothing else, since not all endpoints know further options.

Importing this takes half a second, for the `openai` library; who has no endpoint need not.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from qa.types import Failure
from qa.writer import WritingFailed

MAX_BYTES = 8_000_000
"""Of a response: an endless one is broken off. A token comes in some 250 bytes of JSON."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds the endpoint has: to take the call, between two pieces, and in all."""

    connect: float = 5.0
    silence: float = 60.0
    total: float = 180.0


class Endpoint:
    """An OpenAI-compatible endpoint; safe to share by threads. `key` may be empty."""

    def __init__(self, url: str, model: str, key: str, patience: Patience = Patience()) -> None:
        self.name = model
        self._client = openai.OpenAI(
            base_url=url,
            api_key=key or "none",  # the library wants one; it is not sent
            max_retries=0,
            timeout=httpx2.Timeout(patience.silence, connect=patience.connect),
            http_client=httpx2.Client(
                transport=_Sparing(key, patience), follow_redirects=False, trust_env=False
            ),
        )

    def answer(self, system: str, user: str) -> Generator[str]:
        """Yield the answer piece by piece; closing the generator hangs up.

        Raises:
            WritingFailed: the endpoint cannot be reached, refuses, falls silent, breaks off or
                talks nonsense.
        """
        messages: Sequence[ChatCompletionMessageParam] = (
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        )
        try:
            stream = self._client.chat.completions.create(
                model=self.name, messages=messages, stream=True
            )
            with closing(stream):
                yield from _texts(stream)
        except openai.APIStatusError as error:
            failure = _REFUSALS.get(error.status_code, "refused")
            raise WritingFailed(failure, f"HTTP {error.status_code}") from error
        except openai.APIConnectionError as error:
            raise WritingFailed(_break(error.__cause__)) from error
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError) as error:
            raise WritingFailed("unreadable", type(error).__name__) from error


_REFUSALS: Mapping[int, Failure] = {
    401: "unauthorized",
    403: "unauthorized",
    404: "no_such_model",
    429: "rate_limited",
}


def _break(cause: BaseException | None) -> Failure:
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return "unreachable"
    return "timeout" if isinstance(cause, httpx2.TimeoutException) else "interrupted"


def _texts(chunks: Iterable[object]) -> Iterator[str]:
    """Yield the text in the chunks; whatever the endpoint sent, the library takes it unchecked."""
    reason = None
    for chunk in chunks:
        for choice in getattr(chunk, "choices", None) or ():
            text = getattr(getattr(choice, "delta", None), "content", None)
            if isinstance(text, str):
                yield text
            reason = getattr(choice, "finish_reason", None) or reason
    if reason in ("length", "content_filter"):
        raise WritingFailed(reason)
    if reason is None:
        raise WritingFailed("interrupted")


class _Sparing(httpx2.HTTPTransport):
    """The network, by which only what was set here goes out and no more than is bearable comes in.

    The library would add headers about this machine, and others from OPENAI_* variables.
    """

    def __init__(self, key: str, patience: Patience) -> None:
        # No connection is kept: the answers are rare, and an old connection fails when used.
        super().__init__(trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0))
        self._key = key
        self._seconds = patience.total

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        until = monotonic() + self._seconds
        kept = ("host", "content-type", "content-length")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        headers |= {"accept": "text/event-stream", "accept-encoding": "identity"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        request.headers = httpx2.Headers(headers)
        response = super().handle_request(request)
        response.stream = _Bounded(response.stream, until)
        return response


class _Bounded(httpx2.SyncByteStream):
    """A response's bytes, up to a number and a time."""

    def __init__(self, stream: object, until: float) -> None:
        assert isinstance(stream, httpx2.SyncByteStream)
        self._stream = stream
        self._until = until

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            size += len(chunk)
            if size > MAX_BYTES:
                raise WritingFailed("length", f"more than {MAX_BYTES} bytes")
            if monotonic() > self._until:
                raise WritingFailed("timeout")
            yield chunk

    def close(self) -> None:
        self._stream.close()
