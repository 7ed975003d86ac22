"""A web address to the bytes that stand there, unless they are those of the last time.

Importing this takes a quarter of a second, for `httpx2`; who reads no address need not.
"""

import asyncio
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from io import BytesIO

import httpx2

from qa.errors import ArticleRefused

USER_AGENT = f"newsqa/{version('newsqa')}"
MAX_BYTES = 100_000_000
"""Of a body, unpacked: it is held in memory."""
MAX_REDIRECTS = 5
LONGEST_RETRY = timedelta(days=1)
"""A server that asks for more patience than this is asked again after this."""

# Of RFC 6052 and RFC 8215: an IPv6 number that stands for an IPv4 one, in public and in a house.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_OWN_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a server has: to take the call, and for everything."""

    connect: float = 10.0
    total: float = 60.0


class FetchFailed(ArticleRefused):
    """Nothing was brought from an address.

    Attributes:
        gone: the server says that there will be nothing any more.
        missing: it says that there is nothing, now or ever (any 4xx).
        retry_after: how long it asks to be left alone; zero where it does not say.
    """

    def __init__(
        self,
        address: str,
        reason: str,
        *,
        gone: bool = False,
        missing: bool = False,
        retry_after: timedelta = timedelta(),
    ) -> None:
        super().__init__(without_password(address), reason)
        self.gone = gone
        self.missing = missing
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stands at an address.

    Attributes:
        address: where it was found after redirects, without name and password.
        declared: the character encoding that the server names, "" if none.
        etag: with `last_modified`, what to send the next time, to be told whether it changed.
    """

    address: str
    body: bytes
    declared: str = ""
    etag: str = ""
    last_modified: str = ""


def fetch(
    address: str,
    etag: str = "",
    last_modified: str = "",
    *,
    found_in: str | None = None,
    max_bytes: int = MAX_BYTES,
    patience: Patience = Patience(),
) -> Fetched | None:
    """Return what stands at `address`, None if it is what `etag` or `last_modified` stands for.

    Redirects are followed, up to MAX_REDIRECTS. An address that the operator names is asked
    whatever it is; of one `found_in` a feed or a file, the author of that chose it, so it must lead
    out into the public network, and so must every redirect: nothing in this house is asked on an
    author's word, save the host and port that `found_in` itself is at. "" stands for somebody
    elsewhere, who has no such place. Not to be called inside an event loop.

    Raises:
        FetchFailed: it is no web address, cannot be reached, answers with an error, takes too long
            or is longer than `max_bytes` when unpacked.
    """
    conditions = {"if-none-match": etag, "if-modified-since": last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    try:
        # In a thread of its own: the caller's may have an event loop that is running.
        with ThreadPoolExecutor(1) as thread:
            coroutine = _fetch(address, headers, found_in, max_bytes, patience)
            return thread.submit(asyncio.run, coroutine).result()
    except _Inside as error:
        remedy = (
            "name it yourself to read it" if found_in else "let `newsqa add` at the server read it"
        )
        reason = f"leads to {error}, outside the public network: {remedy}"
        raise FetchFailed(address, reason) from error
    except TimeoutError as error:
        raise FetchFailed(address, f"took longer than {patience.total:g} seconds") from error
    except httpx2.ConnectTimeout as error:
        reason = f"cannot be reached within {patience.connect:g} seconds"
        raise FetchFailed(address, reason) from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise FetchFailed(address, "is no address that begins with http:// or https://") from error
    except httpx2.DecodingError as error:
        raise FetchFailed(address, "what it sends is packed wrongly") from error
    except httpx2.ConnectError as error:
        raise FetchFailed(address, f"cannot be reached: {_cause(error)}") from error
    except httpx2.HTTPError as error:
        raise FetchFailed(address, f"the connection broke off: {_cause(error)}") from error


def without_password(address: str) -> str:
    """Return the address without the name and password in it, as it may be shown."""
    return re.sub(r"(?<=//)[^/?#]*@", "", address, count=1)


async def _fetch(
    address: str,
    conditions: dict[str, str],
    found_in: str | None,
    max_bytes: int,
    patience: Patience,
) -> Fetched | None:
    async with (
        asyncio.timeout(patience.total),
        httpx2.AsyncClient(
            transport=_transport(found_in),
            headers={"user-agent": USER_AGENT},
            timeout=httpx2.Timeout(None, connect=patience.connect),
            trust_env=False,
        ) as client,
    ):
        request: httpx2.Request | None = client.build_request("GET", address, headers=conditions)
        for _ in range(MAX_REDIRECTS + 1):
            assert request is not None
            async with aclosing(await client.send(request, stream=True)) as response:
                request = response.next_request
                if request is None:
                    return await _taken(response, address, max_bytes)
        raise FetchFailed(address, f"redirects more than {MAX_REDIRECTS} times")


async def _taken(response: httpx2.Response, address: str, max_bytes: int) -> Fetched | None:
    """Return what the last of the servers sent."""
    asked = response.request.headers
    if response.status_code == 304 and ("if-none-match" in asked or "if-modified-since" in asked):
        return None
    if response.status_code != 200:
        raise _refusal(response, address)
    body = BytesIO()
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            body.write(chunk)
            if body.tell() > max_bytes:
                raise FetchFailed(address, f"is longer than {max_bytes:,} bytes")
    headers = response.headers
    return Fetched(
        without_password(str(response.url)),
        body.getvalue(),
        response.charset_encoding or "",
        headers.get("etag", ""),
        headers.get("last-modified", ""),
    )


def _refusal(response: httpx2.Response, address: str) -> FetchFailed:
    status = response.status_code
    if status == 410:
        return FetchFailed(address, "is gone for good (410)", gone=True, missing=True)
    known = f" {response.reason_phrase}" if response.reason_phrase else ""
    return FetchFailed(
        address,
        f"the server answers {status}{known}",
        missing=400 <= status < 500 and status not in (408, 429),
        retry_after=_retry_after(response.headers.get("retry-after", "")),
    )


def _retry_after(said: str) -> timedelta:
    """Return the time that a Retry-After gives, in seconds or as a date; zero if it is neither."""
    if re.fullmatch(r"[0-9]{1,9}", said):
        return min(timedelta(seconds=int(said)), LONGEST_RETRY)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return timedelta()
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(), min(until - datetime.now(UTC), LONGEST_RETRY))


def _cause(error: BaseException) -> str:
    """Return what lies at the bottom of an error of the network, in words."""
    while below := error.__cause__ or error.__context__:
        error = below
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError | socket.gaierror):
        return error.strerror or str(error)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error) or type(error).__name__


def _transport(found_in: str | None) -> httpx2.AsyncHTTPTransport:
    # No connection is kept: the next host may share this one's number and is to show its own
    # certificate.
    limits = httpx2.Limits(max_keepalive_connections=0)
    if found_in is None:
        return httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
    web = found_in.startswith(("http://", "https://"))
    return _Public(httpx2.URL(found_in if web else ""), limits)


class _Inside(Exception):
    """A host that is not in the public network."""


class _Public(httpx2.AsyncHTTPTransport):
    """Connects to public hosts only, and to the host and port of `beside`.

    A name is looked up once and the connection made to the number that was checked, so that it
    cannot come to stand for another in between.
    """

    def __init__(self, beside: httpx2.URL, limits: httpx2.Limits) -> None:
        super().__init__(trust_env=False, limits=limits)
        self._beside = _host_and_port(beside)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host, port = _host_and_port(request.url)
        if (host, port) == self._beside:
            return await super().handle_async_request(request)
        *others, last = await _public_numbers(host, port)
        for number in others:
            try:
                return await super().handle_async_request(_aimed(request, number))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await super().handle_async_request(_aimed(request, last))


def _host_and_port(url: httpx2.URL) -> tuple[str, int]:
    return url.host.lower(), url.port or (443 if url.scheme == "https" else 80)


def _aimed(request: httpx2.Request, number: str) -> httpx2.Request:
    """Return the request as it goes to the host of this number; Host and certificate stay."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=number),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode()},
    )


async def _public_numbers(host: str, port: int) -> Sequence[str]:
    """Return up to three of a host's numbers, IPv4 first.

    Raises:
        _Inside: one of its numbers is not public.
        httpx2.ConnectError: it has none.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx2.ConnectError(str(error)) from error
    numbers = sorted(
        {ipaddress.ip_address(address[0]) for *_, address in found},
        key=lambda one: (one.version, int(one)),
    )
    if not all(is_public(one) for one in numbers):
        raise _Inside(host)
    return [str(one) for one in numbers[:3]]


def is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether a host of this number can be anyone's: not this machine's, this house's, a group's.

    >>> is_public(ipaddress.ip_address("8.8.8.8"))
    True
    >>> is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    False
    """
    if isinstance(number, ipaddress.IPv6Address):
        # An IPv4 number in the clothes of an IPv6 one is what it is.
        inner = number.ipv4_mapped or number.sixtofour
        if number in _NAT64:
            inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if number.is_site_local or number.scope_id or number in _OWN_NAT64:
            return False
    return number.is_global and not number.is_multicast
