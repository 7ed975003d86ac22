import time
from collections.abc import Collection
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from qa.articles import Reading
from qa.articles.feeds import Entry
from qa.errors import ArticleRefused
from qa.fetching import FetchFailed
from qa.linked import Linked, Pages, linked
from qa.types import Article
from tests.news_site import NewsSite, Page

HTML = {"content-type": "text/html; charset=utf-8"}
TEXT = "The bridge over the river was opened on Monday after two years of work."


def pages_of(site: NewsSite, pause: float = 0.0) -> Pages:
    return Pages(site.at("/feed"), pause)


def entry(site: NewsSite, path: str = "/a", **fields: str) -> Entry:
    return Entry(path, {"url": site.at(path), "title": "", "html": "In short."} | fields)


def taken(site: NewsSite, *entries: Entry, known: Collection[bytes] = ()) -> list[Linked]:
    return list(linked(entries, pages_of(site), lambda _, digest: digest in known))


def articles(items: list[Linked]) -> list[Article]:
    return [one.outcome.article for one in items if isinstance(one.outcome, Reading)]


def refusals(items: list[Linked]) -> dict[str, str]:
    """Return the reasons, by key."""
    return {one.key: one.outcome.reason for one in items if isinstance(one.outcome, ArticleRefused)}


def page(head: str = "", body: str = f"<p>{TEXT}</p>") -> Page:
    html = f"<html><head>{head}</head><body><article>{body}</article></body></html>"
    return Page(html.encode(), headers=HTML)


def test_an_article_is_read_from_its_page_and_told_more_of_by_its_entry(site: NewsSite) -> None:
    site.pages["/a"] = page()
    published = "2022-05-01T08:00:00+00:00"
    told = entry(site, title="Bridge opened", published=published, author="A. Writer")
    (one,) = taken(site, told)
    assert isinstance(one.outcome, Reading)
    article = one.outcome.article
    assert (article.text, article.title, article.author) == (TEXT, "Bridge opened", "A. Writer")
    assert article.published == datetime(2022, 5, 1, 8, tzinfo=UTC)
    assert article.url == site.at("/a")
    assert TEXT.encode() in one.outcome.source


def test_what_the_page_says_of_itself_goes_first(site: NewsSite) -> None:
    site.pages["/a"] = page(
        '<meta property="og:title" content="The page\'s own title">'
        '<meta property="article:published_time" content="2022-05-02T09:00:00+08:00">'
    )
    told = entry(site, title="Feed", published="2022-05-01T08:00:00Z")
    (article,) = articles(taken(site, told))
    assert article.title == "The page's own title"
    assert str(article.published) == "2022-05-02 09:00:00+08:00"


def test_an_entry_without_text_has_its_article_all_the_same(site: NewsSite) -> None:
    site.pages["/a"] = page()
    assert articles(taken(site, entry(site, html="")))


def test_an_entry_is_asked_for_again_only_when_it_changed(site: NewsSite) -> None:
    site.pages["/a"] = page()
    (first,) = taken(site, entry(site))
    assert taken(site, entry(site), known=[first.digest]) == [Linked("/a", first.digest, None)]
    assert site.paths().count("/a") == 1
    assert articles(taken(site, entry(site, updated="2022-05-03"), known=[first.digest]))
    assert site.paths().count("/a") == 2


def test_a_page_that_fails_is_refused_and_the_others_are_taken(site: NewsSite) -> None:
    """What the feed says in short is not taken for the article."""
    site.pages |= {"/a": Page(status=500), "/b": page(), "/c": page(body="")}
    items = taken(site, entry(site, "/a"), entry(site, "/b"), entry(site, "/c"), Entry("d", {}))
    assert [one.text for one in articles(items)] == [TEXT]
    assert refusals(items).keys() == {"/a", "/c", "d"}
    assert "500" in refusals(items)["/a"]


def test_a_page_of_many_articles_is_none(site: NewsSite) -> None:
    lines = b'{"title": "a", "text": "One."}\n{"title": "b", "text": "Two."}\n'
    site.pages["/a"] = Page(lines)
    assert "one article" in refusals(taken(site, entry(site)))["/a"]


def test_what_a_site_does_not_wish_is_not_asked(site: NewsSite) -> None:
    site.pages |= {"/a": page(), "/private/b": page()}
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /private/\n")
    items = taken(site, entry(site, "/a"), entry(site, "/private/b"))
    assert len(articles(items)) == 1
    assert "robots.txt" in refusals(items)["/private/b"]
    assert site.paths() == ["/robots.txt", "/a"]


def test_newsqa_may_be_named(site: NewsSite) -> None:
    site.pages["/a"] = page()
    site.pages["/robots.txt"] = Page(b"User-agent: newsqa\nDisallow: /\n")
    assert refusals(taken(site, entry(site)))


def test_where_what_a_site_wishes_cannot_be_known_it_is_not_asked(site: NewsSite) -> None:
    site.pages |= {"/a": page(), "/b": page(), "/robots.txt": Page(status=503)}
    assert len(refusals(taken(site, entry(site, "/a"), entry(site, "/b")))) == 2
    assert site.paths() == ["/robots.txt"]


def test_a_site_that_asks_to_be_left_alone_is(site: NewsSite) -> None:
    site.pages |= {"/a": Page(status=429, headers={"retry-after": "60"}), "/b": page()}
    assert len(refusals(taken(site, entry(site, "/a"), entry(site, "/b")))) == 2
    assert site.paths() == ["/robots.txt", "/a"]


def test_requests_to_one_host_are_spaced(site: NewsSite) -> None:
    site.pages |= {"/a": page(), "/b": page()}
    pages = pages_of(site, pause=0.3)
    began = time.monotonic()
    assert len(list(linked([entry(site), entry(site, "/b")], pages, lambda *_: False))) == 2
    assert time.monotonic() - began >= 0.6
    times = [one.at for one in site.asked]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.3


def test_a_feed_from_elsewhere_leads_to_nothing_in_this_house(site: NewsSite) -> None:
    site.pages["/a"] = page()
    for feed in ("https://news.example/feed", "export.xml"):
        with pytest.raises(FetchFailed, match="public network"):
            Pages(feed, 0.0).fetch(site.at("/a"))
    assert site.asked == []


def test_an_article_comes_from_where_redirects_led(site: NewsSite) -> None:
    site.pages["/a"] = Page(status=302, headers={"location": "/article"})
    site.pages["/article"] = page()
    (article,) = articles(taken(site, entry(site)))
    assert article.origin == site.at("/article")


def test_of_two_entries_with_one_key_the_newer_is_taken(site: NewsSite) -> None:
    site.pages |= {"/new": page(body="<p>The new text of it.</p>"), "/old": page()}
    new, old = Entry("1", {"url": site.at("/new")}), Entry("1", {"url": site.at("/old")})
    (article,) = articles(taken(site, new, old))
    assert article.text == "The new text of it."
    assert "/old" not in site.paths()
