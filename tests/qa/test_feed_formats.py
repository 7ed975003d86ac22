"""Feeds of every kind into articles: which field says what, and what a feed cannot do."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from qa.articles import Reading, read_articles
from qa.errors import ArticleRefused

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>江城 &amp;amp; 晚报</title><link>https://example.com/news/</link>
<language>zh-cn</language>
<item>{}<title>大桥 &amp;lt;通车&amp;gt; &amp;amp; 开放</title><link>/news/1.html</link>
<guid isPermaLink="false">n-1</guid><pubDate>Wed, 27 Oct 2021 19:03:00 +0800</pubDate>
<category>要闻</category><category>交通</category><dc:creator>李明</dc:creator>
<description>摘要。</description>
<content:encoded><![CDATA[<p>大桥今天通车。</p><script>x()</script><p>全长三公里。</p>]]>
</content:encoded>
<media:content url="a.jpg">
<media:description>大桥，摄于今天早晨通车之前。</media:description>
</media:content></item></channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://example.com/x/">
<title type="html">Harbour &amp;amp; Hill</title><author><name>The Desk</name></author>
<entry><id>tag:example.com,2021:1</id><title>Ferry &lt;A> returns</title>
<link rel="alternate" href="1.html"/><published>2021-01-02T00:00:00+08:00</published>
<updated>2021-01-03T00:00:00+08:00</updated>
<author><name>Ann Lee</name></author><author><name>Bo Chen</name></author>
<category term="transport" label="Transport"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The ferry is <b>back</b>.</p>
<p>It sails daily.</p></div></content></entry></feed>"""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour",
    "language": "en-US",
    "authors": [{"name": "The Desk"}],
    "items": [
        {
            "id": "1",
            "url": "https://example.com/1",
            "title": "Ferry returns",
            "content_html": "<p>The ferry is back.</p>",
            "date_published": "2021-01-02T00:00:00+08:00",
            "date_modified": "2021-01-03T00:00:00+08:00",
            "tags": ["transport"],
        }
    ],
}


def entries(feed: str | bytes, origin: str = "feed.xml") -> list[Reading]:
    data = feed.encode() if isinstance(feed, str) else feed
    read = [one for one in read_articles(data, origin) if isinstance(one, Reading)]
    assert len(read) == len(list(read_articles(data, origin)))
    return read


def refused(feed: str) -> list[str]:
    found = read_articles(feed.encode(), "feed.xml")
    return [str(one) for one in found if isinstance(one, ArticleRefused)]


def test_rss_says_who_and_when() -> None:
    (reading,) = entries(RSS.format(""))

    article = reading.article
    assert (article.title, article.publisher) == ("大桥 <通车> & 开放", "江城 & 晚报")
    assert article.text == "大桥今天通车。\n全长三公里。"
    assert (article.author, article.categories) == ("李明", ("要闻", "交通"))
    assert article.url == "https://example.com/news/1.html"
    assert article.published == datetime(2021, 10, 27, 19, 3, tzinfo=timezone(timedelta(hours=8)))
    assert article.published.utcoffset() == timedelta(hours=8)
    assert (article.updated, article.language) == (None, "zh")
    assert (reading.part, reading.named, reading.warnings) == ("n-1", False, ())


@pytest.mark.parametrize("where", ["<media:description>图注。</media:description>", ""])
def test_captions_are_not_the_text(where: str) -> None:
    feed = RSS.format(where)
    start, end = feed.index("<content:encoded>"), feed.index("</content:encoded>") + 18

    (reading,) = entries(feed[:start] + feed[end:])

    assert reading.article.text == "摘要。"
    assert reading.warnings == ("text: only the feed's summary",)


def test_atom_says_who_and_when() -> None:
    (reading,) = entries(ATOM)

    article = reading.article
    assert (article.title, article.publisher) == ("Ferry <A> returns", "Harbour & Hill")
    assert article.text == "The ferry is back.\nIt sails daily."
    assert (article.author, article.categories) == ("Ann Lee, Bo Chen", ("Transport",))
    assert article.url == "https://example.com/x/1.html"
    assert article.published == datetime(2021, 1, 1, 16, tzinfo=UTC)
    assert article.updated == datetime(2021, 1, 2, 16, tzinfo=UTC)
    assert (reading.part, article.language) == ("tag:example.com,2021:1", "en")


def test_an_entry_without_a_date_of_its_own_is_as_old_as_its_last_change() -> None:
    start, end = ATOM.index("<published>"), ATOM.index("</published>") + 12
    (reading,) = entries(ATOM[:start] + ATOM[end:])

    assert reading.article.published == datetime(2021, 1, 2, 16, tzinfo=UTC)
    assert reading.article.updated is None


def test_rss_1_is_read() -> None:
    (reading,) = entries(
        '<?xml version="1.0"?><rdf:RDF xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old News</title></channel>'
        '<item rdf:about="https://example.com/1"><title>One</title>'
        "<link>https://example.com/1</link><dc:date>2021-01-02T00:00:00Z</dc:date>"
        "<description>It is the first.</description></item></rdf:RDF>"
    )

    assert (reading.article.publisher, reading.article.text) == ("Old News", "It is the first.")
    assert reading.article.published == datetime(2021, 1, 2, tzinfo=UTC)
    assert reading.part == "https://example.com/1"


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("version", ["1", "1.1"])
def test_a_json_feed_says_who_and_when(version: str, indent: int | None) -> None:
    feed = JSON_FEED | {"version": f"https://jsonfeed.org/version/{version}"}
    (reading,) = entries(json.dumps(feed, indent=indent), "feed.json")

    article = reading.article
    assert (article.title, article.text) == ("Ferry returns", "The ferry is back.")
    assert (article.publisher, article.author) == ("Harbour", "The Desk")
    assert (article.url, article.categories) == ("https://example.com/1", ("transport",))
    assert article.published == datetime(2021, 1, 1, 16, tzinfo=UTC)
    assert article.updated == datetime(2021, 1, 2, 16, tzinfo=UTC)
    assert (reading.part, article.language) == ("1", "en")


def test_a_json_feed_may_have_plain_text_or_only_a_summary_or_wrong_types() -> None:
    items: list[object] = [
        {"id": "1", "content_text": "Plain\ntext.", "title": 3, "tags": "x", "authors": 5},
        {"id": 2, "summary": "In short."},
        {"id": "3"},
        "no item",
    ]
    feed = json.dumps(JSON_FEED | {"items": items})

    first, second, *rest = read_articles(feed.encode(), "feed.json")

    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert first.article.text == "Plain\ntext."
    assert (second.part, second.warnings) == (None, ("text: only the feed's summary",))
    assert [str(one).partition(": ")[0] for one in rest] == ["feed.json:3", "feed.json:4"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_encodings_of_feeds_are_read(encoding: str) -> None:
    (reading,) = entries(RSS.format("").replace("utf-8", encoding, 1).encode(encoding))

    assert reading.article.text == "大桥今天通车。\n全长三公里。"


@pytest.mark.parametrize("feed", [RSS.format(""), ATOM, json.dumps(JSON_FEED)])
def test_the_source_of_an_entry_read_again_gives_the_article_again(feed: str) -> None:
    (reading,) = entries(feed)
    (again,) = read_articles(reading.source, "feed.xml")

    assert isinstance(again, Reading)
    assert again.article == reading.article


def test_an_entry_is_the_same_whatever_stands_around_it() -> None:
    """Feeds are made anew each time: another entry, or another day, changes no article."""
    more = "<item><guid>n-2</guid><title>乙</title><description>别的。</description></item>"
    grown = RSS.format("").replace("<item>", more + "<item>", 1)

    assert entries(grown)[1] == entries(RSS.format(""))[0]


def test_an_id_that_comes_twice_is_taken_once() -> None:
    item = "<item><guid>g</guid><description>Text {}.</description></item>"
    found = list(
        read_articles(
            f"<rss><channel>{item.format(1)}{item.format(2)}</channel></rss>".encode(), "f"
        )
    )

    assert isinstance(found[0], Reading)
    assert found[0].article.text == "Text 1."
    assert str(found[1]) == "f:2: id: 'g' is an earlier entry's; that one is taken"


def test_entries_of_broken_xml_are_read_but_for_one_that_breaks_off() -> None:
    item = "<item><guid>g{0}</guid><description>Text &nbsp; & number {0}.</description></item>"
    whole = f"<rss><channel>{item.format(1)}{item.format(2)}</channel></rss>"

    assert [one.article.text for one in entries(whole)] == [
        "Text & number 1.", "Text & number 2."
    ]  # fmt: skip
    (first, cut) = read_articles(whole[: whole.rindex("number")].encode(), "feed.xml")
    assert isinstance(first, Reading)
    assert str(cut) == (
        "feed.xml: the feed breaks off, its last entry is left out: fetch or save it again"
    )


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<opml version='2.0'><body><outline xmlUrl='a'/></body></opml>", "a list of feeds (OPML)"),
        ("<?xml version='1.0'?><urlset><url><loc>a</loc></url></urlset>", "a site map"),
        ("<?xml version='1.0'?><sitemapindex></sitemapindex>", "a list of site maps"),
        ("<?xml version='1.0'?><svg><text>a</text></svg>", "XML of a kind that is not read (svg)"),
        ("<rss><channel></channel>", "the feed breaks off"),
    ],
)
def test_other_xml_is_refused_by_its_kind(xml: str, reason: str) -> None:
    (found,) = refused(xml)

    assert found.startswith(f"feed.xml: {reason}")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/never.dtd">',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        '<!DOCTYPE rss [<!ENTITY x "hello">]>',
    ],
)
def test_entities_are_neither_fetched_nor_filled_in(prolog: str) -> None:
    feed = f'<?xml version="1.0"?>{prolog}<rss><channel><item><guid>g</guid>'
    feed += "<description>The text &x; goes on.</description></item></channel></rss>"

    (reading,) = entries(feed)

    assert reading.article.text == "The text &x; goes on."


def test_an_empty_feed_has_no_articles() -> None:
    assert entries("<rss><channel><title>News</title></channel></rss>") == []
