import asyncio
import ipaddress
import socket
import time
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.fetching import (
    LONGEST_RETRY,
    MAX_REDIRECTS,
    USER_AGENT,
    Fetched,
    FetchFailed,
    Patience,
    fetch,
    is_public,
    without_password,
)
from tests.news_site import NewsSite, Page, news_site


def refusal(address: str, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(address, **options)  # type: ignore[arg-type]
    return caught.value


def test_who_fetches_may_have_an_event_loop_running(site: NewsSite) -> None:
    site.pages["/feed"] = Page(b"news")

    async def inside() -> Fetched | None:
        return fetch(site.at("/feed"))

    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already
        fetched = thread.submit(lambda: asyncio.run(inside())).result()
    assert fetched
    assert fetched.body == b"news"


def test_brings_what_stands_there_and_what_the_server_says_of_it(site: NewsSite) -> None:
    headers = {"content-type": 'Text/HTML; charset="gb18030"', "etag": '"1"', "last-modified": "x"}
    site.pages["/a"] = Page("新闻".encode("gb18030"), headers=headers)
    fetched = fetch(site.at("/a"))
    assert fetched
    assert fetched.body.decode(fetched.declared) == "新闻"
    assert (fetched.address, fetched.etag, fetched.last_modified) == (site.at("/a"), '"1"', "x")
    assert site.asked[0].headers["user-agent"] == USER_AGENT
    assert "if-none-match" not in site.asked[0].headers


def test_what_did_not_change_is_not_brought_again(site: NewsSite) -> None:
    site.pages["/feed"] = Page(b"<rss/>", headers={"etag": '"1"'})
    first = fetch(site.at("/feed"))
    assert first
    assert fetch(site.at("/feed"), first.etag, "Sat, 01 Jan 2022 00:00:00 GMT") is None
    assert site.asked[1].headers["if-modified-since"] == "Sat, 01 Jan 2022 00:00:00 GMT"
    site.pages["/feed"] = Page(b"<rss></rss>", headers={"etag": '"2"'})
    again = fetch(site.at("/feed"), first.etag)
    assert again
    assert (again.body, again.etag) == (b"<rss></rss>", '"2"')


def test_redirects_are_followed(site: NewsSite) -> None:
    places = ["/a", "/b", "/c", "/d", "/e"]
    for here, there, status in zip(places, places[1:], (301, 302, 307, 308), strict=False):
        site.pages[here] = Page(status=status, headers={"location": there})
    site.pages["/e"] = Page(b"here")
    fetched = fetch(site.at("/a"))
    assert fetched
    assert (fetched.address, fetched.body) == (site.at("/e"), b"here")


def test_redirects_end(site: NewsSite) -> None:
    site.pages["/a"] = Page(status=302, headers={"location": "/a"})
    assert "redirects more than 5 times" in refusal(site.at("/a")).reason
    assert len(site.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/", "http://[", "gopher:x"])
def test_a_redirect_leads_nowhere_but_into_the_web(site: NewsSite, location: str) -> None:
    site.pages["/a"] = Page(status=302, headers={"location": location})
    assert refusal(site.at("/a"))


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a/", "feed.xml", "", "http://", "http://[::1"]
)
def test_what_is_no_web_address_is_refused(address: str) -> None:
    assert "http" in refusal(address).reason


@given(st.text(max_size=20), st.sampled_from(["", "http://", "https://127.0.0.1:", "http://[::1]"]))
def test_no_address_breaks_it(rest: str, scheme: str) -> None:
    """An address out of a feed may be anything; names are not looked up here."""
    address = scheme + rest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _nobody)
        refusal(address, found_in="feed.xml")


def _nobody(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502, 204, 300])
def test_an_error_is_told_with_its_status(site: NewsSite, status: int) -> None:
    site.pages["/a"] = Page(b"text that is no article", status)
    failure = refusal(site.at("/a"))
    assert str(status) in failure.reason
    assert failure.origin == site.at("/a")
    assert failure.missing == (400 <= status < 500)
    assert not failure.gone


def test_what_is_gone_is_told_as_such(site: NewsSite) -> None:
    site.pages["/a"] = Page(status=410)
    failure = refusal(site.at("/a"))
    assert failure.gone
    assert "gone" in failure.reason


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("999999999", LONGEST_RETRY.total_seconds()),
        ("soon", 0),
        ("-5", 0),
        ("Sat, 01 Jan 2022 00:00:00 GMT", 0),
        ("9" * 5000, 0),
    ],
)
def test_a_server_that_asks_for_patience_is_heard(
    site: NewsSite, status: int, said: str, seconds: float
) -> None:
    site.pages["/a"] = Page(status=status, headers={"retry-after": said})
    failure = refusal(site.at("/a"))
    assert failure.retry_after == timedelta(seconds=seconds)
    assert not failure.missing


def test_a_date_to_wait_for_is_read(site: NewsSite) -> None:
    until = datetime.now(UTC) + timedelta(seconds=100)
    site.pages["/a"] = Page(
        status=503, headers={"retry-after": format_datetime(until, usegmt=True)}
    )
    waiting = refusal(site.at("/a")).retry_after
    assert timedelta(seconds=90) < waiting <= timedelta(seconds=100)


def test_a_body_is_cut_off_at_its_bound(site: NewsSite) -> None:
    site.pages["/a"] = Page(b"x" * 1000)
    assert fetch(site.at("/a"), max_bytes=1000)
    assert "longer than 999 bytes" in refusal(site.at("/a"), max_bytes=999).reason


def test_a_bomb_is_measured_unpacked(site: NewsSite) -> None:
    """200 MB of zeros, packed into 200 kB, take no more memory than is allowed."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    site.pages["/a"] = Page(bomb, headers={"content-encoding": "gzip"})
    tracemalloc.start()
    try:
        assert "longer than" in refusal(site.at("/a"), max_bytes=5_000_000).reason
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_what_was_packed_for_the_way_is_unpacked(site: NewsSite) -> None:
    packed = zlib.compress("新闻".encode(), wbits=31)
    site.pages["/a"] = Page(packed, headers={"content-encoding": "gzip"})
    fetched = fetch(site.at("/a"))
    assert fetched
    assert fetched.body.decode() == "新闻"
    site.pages["/a"] = Page(b"not gzip", headers={"content-encoding": "gzip"})
    assert "packed" in refusal(site.at("/a")).reason


def test_what_breaks_off_is_not_taken(site: NewsSite) -> None:
    site.pages["/a"] = Page(b"half of it", missing=10)
    assert "broke off" in refusal(site.at("/a")).reason


@pytest.mark.parametrize(
    "page",
    [
        Page([b"x"] * 100, pause=0.1),
        Page(b"", headers={f"x-{number}": "1" for number in range(100)}, pause=0.1),
        Page(b"", pause=5.0),
    ],
    ids=["body", "head", "silence"],
)
def test_a_slow_server_has_its_time_in_all(site: NewsSite, page: Page) -> None:
    """However it spends it: each byte may come in time and the whole never."""
    site.pages["/a"] = page
    began = time.monotonic()
    assert "longer than 0.5 seconds" in refusal(site.at("/a"), patience=Patience(0.3, 0.5)).reason
    assert time.monotonic() - began < 3


def test_who_cannot_be_reached_is_told_why(site: NewsSite) -> None:
    with socket.socket() as held:  # bound and not listening: nobody else can be there
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}/"
        assert "refused" in refusal(address).reason.lower()
    assert "cannot be reached: " in refusal("http://nowhere.invalid/").reason
    no_tls = refusal(site.at("/").replace("http:", "https:"))
    assert "SSL" in no_tls.reason.upper()


def test_a_password_goes_to_the_server_and_nowhere_else(site: NewsSite) -> None:
    site.pages["/a"] = Page(b"here")
    address = site.at("/a").replace("//", "//me:secret@")
    fetched = fetch(address)
    assert fetched
    assert site.asked[0].headers["authorization"].startswith("Basic ")
    assert fetched.address == site.at("/a")
    assert "secret" not in str(refusal(address.replace("/a", "/none")))


def test_a_password_is_not_taken_along_to_another_host(site: NewsSite) -> None:
    with news_site() as other:
        other.pages["/b"] = Page(b"here")
        site.pages["/a"] = Page(status=302, headers={"location": other.at("/b")})
        assert fetch(site.at("/a").replace("//", "//me:secret@"))
        assert "authorization" not in other.asked[0].headers


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@a.example/feed", "https://a.example/feed"),
        ("https://a.example/@me", "https://a.example/@me"),
        ("https://a.example/?q=a@b", "https://a.example/?q=a@b"),
        ("https://me:se@cret@a.example/", "https://a.example/"),
    ],
)
def test_only_the_password_is_left_out_of_what_is_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_a_link_in_a_feed_stays_out_of_the_house(site: NewsSite) -> None:
    site.pages["/a"] = Page(b"here")
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
        failure = refusal(site.at("/a", host), found_in="https://news.example/feed")
        assert "public network" in failure.reason, host
    assert site.asked == []


def test_a_link_may_lead_to_where_its_feed_is(site: NewsSite) -> None:
    """A newsroom's own feed links into the newsroom's own house; one door, not every door."""
    site.pages["/a"] = Page(b"here")
    assert fetch(site.at("/a"), found_in=site.at("/feed"))
    with news_site() as other:
        assert refusal(other.at("/a"), found_in=site.at("/feed"))
        site.pages["/b"] = Page(status=302, headers={"location": other.at("/a")})
        assert "public network" in refusal(site.at("/b"), found_in=site.at("/feed")).reason
        assert other.asked == []


def test_a_name_is_looked_up_once_and_asked_by_the_number_that_was_checked(
    site: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its owner could name a public number first, and one in this house then."""
    looked_up: list[object] = []
    genuine = socket.getaddrinfo

    def lookup(host: object, *rest: object, **options: object) -> list[object]:
        looked_up.append(host)
        if host == "news.example":
            number = "127.0.0.1" if len(looked_up) > 1 else "93.184.215.14"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, site.server_port))]
        return genuine(host, *rest, **options)  # type: ignore[arg-type, return-value]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr("qa.fetching.is_public", lambda number: str(number) == "93.184.215.14")
    refusal(site.at("/a", "news.example"), found_in="feed.xml", patience=Patience(0.2, 1))
    assert looked_up.count("news.example") == 1
    assert site.asked == []


def test_the_server_is_told_the_name_it_was_asked_by(
    site: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.fetching.is_public", lambda _: True)
    site.pages["/a"] = Page(b"here")
    assert fetch(site.at("/a", "localhost"), found_in="feed.xml")
    assert site.asked[0].headers["host"] == f"localhost:{site.server_port}"


@pytest.mark.parametrize(
    "number",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"),
        *("198.18.0.1", "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254"),
        *("ff02::1", "fec0::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "2001:db8::1", "64:ff9b:1::1"),
    ],
)
def test_numbers_that_are_not_anyones(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@given(st.ip_addresses(v=4))
def test_a_number_is_the_same_in_other_clothes(number: ipaddress.IPv4Address) -> None:
    public = is_public(number)
    assert is_public(ipaddress.ip_address(f"::ffff:{number}")) == public
    assert is_public(ipaddress.ip_address(f"64:ff9b::{number}")) == public
    if any(number in network for network in _PRIVATE):
        assert not public


_PRIVATE = [ipaddress.IPv4Network(one) for one in ("10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16")]


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_numbers_that_are_anyones(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))
