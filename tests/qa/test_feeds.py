"""Feeds on the web: their entries are articles, asked for only when they have changed."""

import json
from pathlib import Path

import pytest

import qa.linked
from qa.corpus import Corpus, Report
from tests.news_site import NewsSite, Page

from .conftest import HashingEncoder


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "home", HashingEncoder, "hashing")


def feed(*entries: dict[str, str], etag: str = "") -> Page:
    items = [{"id": one["url"], "title": "T", "content_text": "摘要。", **one} for one in entries]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": "报", "items": items}
    return Page(json.dumps(document).encode(), headers={"etag": etag} if etag else {})


def page(title: str, text: str) -> Page:
    return Page(
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>{text}</p></article></body></html>".encode(),
        headers={"content-type": "text/html; charset=utf-8"},
    )


def take(corpus: Corpus, address: str, *, linked: bool = False) -> Report:
    return corpus.sweep(corpus.look([address], linked=linked))


def test_entries_are_articles_and_keep_their_ids(corpus: Corpus, site: NewsSite) -> None:
    one, other = {"url": site.at("/1")}, {"url": site.at("/2")}
    site.pages["/feed"] = feed(one, other)
    report = take(corpus, site.at("/feed"))
    assert report.count("added") == 2
    (id, _), _ = report.taken
    assert corpus.articles.get(id).origin == site.at("/feed")
    assert (corpus.articles.get(id).publisher, corpus.articles.get(id).url) == ("报", site.at("/1"))

    # The first has changed, and the second has left the feed: it was not withdrawn.
    site.pages["/feed"] = feed({**one, "content_text": "改了。"})
    report = take(corpus, site.at("/feed"))
    assert (report.taken, report.gone) == (((id, "updated"),), ())
    assert (corpus.articles.get(id).version, len(corpus.articles)) == (2, 2)


def test_what_has_not_changed_is_not_sent_again(corpus: Corpus, site: NewsSite) -> None:
    site.pages["/feed"] = feed({"url": site.at("/1")}, etag='"1"')
    assert take(corpus, site.at("/feed")).count("added") == 1

    assert take(corpus, site.at("/feed")).count("unchanged") == 1

    assert site.asked[-1].headers["if-none-match"] == '"1"'


def test_a_feed_that_fails_is_refused_until_it_is_well(corpus: Corpus, site: NewsSite) -> None:
    site.pages["/feed"] = feed({"url": site.at("/1")}, etag='"1"')
    take(corpus, site.at("/feed"))
    well = site.pages.pop("/feed")

    (refused,) = take(corpus, site.at("/feed")).refused
    assert "404" in refused.reason
    assert [one.file for one in corpus.articles.refusals()] == [site.at("/feed")]

    site.pages["/feed"] = well
    assert take(corpus, site.at("/feed")).refused == ()
    assert corpus.articles.refusals() == []


def test_what_a_page_is_refused_for_is_said_each_time(corpus: Corpus, site: NewsSite) -> None:
    headers = {"content-type": "text/html", "etag": '"1"'}
    site.pages["/empty"] = Page(b"<html><body></body></html>", headers=headers)
    for _ in range(3):
        (refused,) = take(corpus, site.at("/empty")).refused
        assert [one.reason for one in corpus.articles.refusals()] == [refused.reason]

    site.pages["/empty"] = page("题", "开了。今天开工。")
    assert take(corpus, site.at("/empty")).count("added") == 1
    assert corpus.articles.refusals() == []


def test_linked_pages_are_read_only_when_asked_for_and_once(
    corpus: Corpus, site: NewsSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qa.linked.Pages.__init__, "__defaults__", (0.0,))  # no pause
    site.pages["/feed"] = feed({"url": site.at("/1")}, {"url": site.at("/2")})
    site.pages["/1"] = page("渡轮开航", "渡轮今天开航。票价十元。")
    site.pages["/robots.txt"] = Page(b"")

    take(corpus, site.at("/feed"))
    assert set(site.paths()) == {"/feed"}

    report = take(corpus, site.at("/feed2"), linked=True)
    assert [one.origin for one in report.refused] == [site.at("/feed2")]

    site.pages["/feed2"] = site.pages["/feed"]
    report = take(corpus, site.at("/feed2"), linked=True)
    ((id, outcome),) = report.taken
    assert (outcome, corpus.articles.get(id).title) == ("added", "渡轮开航")
    assert "票价十元。" in corpus.articles.get(id).text
    assert [one.reason for one in report.refused] == ["the server answers 404 Said"]

    # What was refused is tried again, though the feed has not changed; what was read is not.
    # The words of the entry do not take the place of the page that was read.
    report = take(corpus, site.at("/feed2"))
    assert [one for one in report.taken if one[0] == id] == []
    assert corpus.articles.get(id).version == 1
    site.pages["/2"] = page("大桥通车", "大桥明天通车。")
    site.asked.clear()
    report = take(corpus, site.at("/feed2"), linked=True)
    assert sorted(outcome for _, outcome in report.taken) == ["added", "unchanged"]
    assert set(site.paths()) == {"/feed2", "/robots.txt", "/2"}
    assert corpus.articles.refusals() == []
