"""A feed's entries to the articles that they link to, each read from its page.

A page is asked for when its entry is new or has changed; what cannot be brought is refused, and
tried again the next time: what the feed says in short never stands in for the article.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from time import monotonic, sleep
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from qa.articles import MAX_ARTICLE_BYTES, Reading, read_articles, read_record
from qa.articles.feeds import Entry
from qa.errors import ArticleRefused
from qa.fetching import USER_AGENT, Fetched, FetchFailed, fetch
from qa.types import Article

PAUSE = 1.0
"""Seconds between two requests to one host."""
MAX_ROBOTS_BYTES = 500_000
"""Of a robots.txt; RFC 9309 asks that so many be read."""


class Pages:
    """The pages that one feed links to, asked for one after the other and as their sites allow.

    What a site allows is asked once; a site that asks to be left alone is, from then on.
    """

    def __init__(self, feed: str, pause: float = PAUSE) -> None:
        """Ask for the pages that `feed` links to: an address, or a file."""
        self._feed = feed
        self._pause = pause
        self._rules: dict[str, RobotFileParser | str] = {}
        self._asked: dict[str, float] = {}

    def fetch(self, address: str) -> Fetched:
        """Return the page at an address.

        Raises:
            FetchFailed: it cannot be brought, or its site does not wish it.
        """
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        rules = self._rules.get(site)
        if rules is None:
            rules = self._rules[site] = self._rules_of(site)
        if isinstance(rules, str):
            raise FetchFailed(address, rules)
        if not rules.can_fetch(USER_AGENT, address):
            raise FetchFailed(address, "its site does not wish programs to read it (robots.txt)")
        try:
            return self._get(address, site, MAX_ARTICLE_BYTES)
        except FetchFailed as failure:
            if failure.retry_after:
                self._rules[site] = f"its site asks to be left alone: {failure.reason}"
            raise

    def _rules_of(self, site: str) -> RobotFileParser | str:
        """Return what a site allows, or why nothing is to be asked of it."""
        rules = RobotFileParser()
        try:
            told = self._get(urljoin(site, "/robots.txt"), site, MAX_ROBOTS_BYTES)
        except FetchFailed as failure:
            if not failure.missing:
                return f"what its site allows cannot be known: robots.txt {failure.reason}"
            rules.parse([])
        else:
            rules.parse(told.body.decode("utf-8", "replace").splitlines())
        return rules

    def _get(self, address: str, site: str, max_bytes: int) -> Fetched:
        sleep(max(0.0, self._asked.get(site, 0.0) + self._pause - monotonic()))
        try:
            fetched = fetch(address, found_in=self._feed, max_bytes=max_bytes)
        finally:
            self._asked[site] = monotonic()
        assert fetched is not None  # no condition was set
        return fetched


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of an entry.

    Attributes:
        key: the entry's, in its feed.
        digest: of all that the feed says of it.
        outcome: its article, why there is none, or None: it is known as it is.
    """

    key: str
    digest: bytes
    outcome: Reading | ArticleRefused | None


def linked(
    entries: Iterable[Entry], pages: Pages, known: Callable[[str, bytes], bool]
) -> Iterator[Linked]:
    """Yield what came of each entry: its article is its page's, and what that does not say its own.

    An entry that is `known` under this key with this digest is not asked for again.
    """
    seen: set[str] = set()
    for entry in entries:
        if entry.key in seen:  # feeds begin with what is newest
            continue
        seen.add(entry.key)
        digest = sha256(json.dumps(entry.record, sort_keys=True).encode()).digest()
        outcome: Reading | ArticleRefused | None = None
        if not known(entry.key, digest):
            try:
                outcome = _article_of(entry, pages)
            except ArticleRefused as refusal:
                outcome = refusal
        yield Linked(entry.key, digest, outcome)


def _article_of(entry: Entry, pages: Pages) -> Reading:
    """Return the article that an entry links to.

    Raises:
        ArticleRefused: it cannot be brought or read.
    """
    address = str(entry.record.get("url") or "")
    if not address:
        raise ArticleRefused(entry.key, "url: the entry links to nothing")
    page = pages.fetch(address)
    read = list(islice(read_articles(page.body, page.address, page.declared), 2))
    if len(read) != 1:
        raise ArticleRefused(page.address, "no page of one article")
    if isinstance(read[0], ArticleRefused):
        raise read[0]
    reading = read[0]
    bodies = {"html": "", "markdown": "", "text": reading.article.text}
    said = read_record({**entry.record, **bodies}, page.address).article
    return replace(reading, article=_merged(reading.article, said, page.address))


def _merged(article: Article, entry: Article, address: str) -> Article:
    """Return the page's article, with what its entry says where the page says nothing."""
    # A page that gives no title has its first words for one.
    untitled = article.text.startswith(article.title.rstrip("…"))
    return replace(
        article,
        title=entry.title if untitled else article.title,
        published=article.published or entry.published,
        updated=article.updated or entry.updated,
        publisher=article.publisher or entry.publisher,
        author=article.author or entry.author,
        categories=article.categories or entry.categories,
        url=article.url or entry.url or address,
    )
