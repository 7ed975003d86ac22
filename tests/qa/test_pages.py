"""Saved web pages, invented but made as sites make theirs."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from qa.articles.errors import Unreadable
from qa.articles.fields import parse_date
from qa.articles.pages import read_page

ZH = [
    "昨天上午，滨江市举行跨江大桥开工仪式，市长和有关部门负责人出席，沿江两岸近千名居民到场观看。",
    "据介绍，大桥全长六公里，总投资四十二亿元，预计二〇二六年底建成通车。建成以后，两岸居民过江的时间将由四十分钟缩短到十分钟。",
    "“这座桥我们等了二十年。”家住南岸的张女士说。她每天坐轮渡上班，遇到大雾就要停航。",
    "市交通局表示，施工期间轮渡不会停运，并将增加班次；对沿线企业的补偿方案，也将在下个月公布。",
]
EN = [
    "The city’s new bridge will open in 2026, the mayor said on Tuesday, two years late and well "
    "over its first budget.",
    "Residents of the south bank have waited for it since the ferry lost its second boat. “We are "
    "tired of the fog,” said Ana Lopez, who crosses the river every day to teach.",
    "The council will publish a plan to compensate the firms on the quay next month, a spokesman "
    "said, and the ferry will run more often until the bridge is open.",
]
ZH_TITLE, EN_TITLE = (
    "滨江大桥开工 预计2026年通车",
    "Bridge over the river to open in 2026 - at last",
)

NAV = (
    "<div class='nav'><ul>"
    + "".join(f"<li><a href='/{n}'>栏目{n}号</a></li>" for n in range(9))
    + "</ul></div>"
)
FOOT = (
    "<div class='footer'><p><a>关于我们</a> | <a>联系方式</a></p>"
    "<p>Copyright © 1998-2023 示例网 版权所有</p></div>"
)
SHARE = "<div class='share'>分享到：<a href='#'>微信</a> <a href='#'>微博</a></div>"
RELATED = (
    "<div class='related'><h3>相关阅读</h3><ul>"
    + "".join(f"<li><a href='/a/{n}.html'>另外一件事情的第{n}次报道</a></li>" for n in range(6))
    + "</ul></div>"
)
CHROME = (
    "栏目", "关于我们", "版权所有", "分享到", "微博", "相关阅读", "另外一件事情", "评论", "登录",
    "Subscribe", "Most read",
)  # fmt: skip


def paragraphs(texts: list[str], indent: str = "") -> str:
    return "".join(f"<p>{indent}{text}</p>\n" for text in texts)


def script(content: str) -> str:
    return f"<script type='application/ld+json'>{content}</script><p>正文。</p>"


def linked(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(fields, ensure_ascii=False)}</script>"


@dataclass(frozen=True)
class Case:
    """A page, what stands in its article, and what it says of it."""

    markup: str
    texts: list[str]
    said: dict[str, object] = field(default_factory=dict)


PAGES = {
    "portal": Case(
        f"<!DOCTYPE html><html lang='zh-CN'><head><title>{ZH_TITLE}_国内新闻_示例网</title>"
        "<meta name='publishdate' content='2023-07-25'><meta name='author' content='104'>"
        "<meta name='source' content='来源：滨江日报'></head><body>"
        f"<div id='top'><a href='/in'>登录</a></div>{NAV}<div class='main'><h1>{ZH_TITLE}</h1>"
        "<div class='info'>2023年07月25日 18:41 <a>滨江日报</a> 作者：张三</div>"
        f"{SHARE}<div id='artibody'>{paragraphs(ZH, '　　')}</div>{SHARE}{RELATED}</div>"
        f"<div class='comments'><p>网友评论：支持，希望早日通车，大家出行都方便。</p></div>{FOOT}",
        ZH,
        {
            "title": ZH_TITLE,
            "published": "2023年07月25日 18:41",
            "publisher": "滨江日报",
            "author": "张三",
            "lang": "zh-CN",
        },
    ),
    "wordpress": Case(
        f"<html lang='en-US'><head><title>{EN_TITLE} – The Example</title>"
        f"<meta property='og:title' content='{EN_TITLE} – The Example'>"
        "<meta property='og:site_name' content='The Example'>"
        "<link rel='canonical' href='https://news.example/2023/07/bridge/'>"
        + linked(
            **{
                "@context": "https://schema.org",
                "@graph": [
                    {"@type": "WebSite", "name": "The Example"},
                    {
                        "@type": ["Article", "NewsArticle"],
                        "headline": EN_TITLE,
                        "datePublished": "2023-07-25T18:41:07+00:00",
                        "dateModified": "2023-07-26T08:00:00+00:00",
                        "author": {"@id": "#jane"},
                        "articleSection": ["City", "Transport"],
                    },
                    {"@type": "Person", "@id": "#jane", "name": "Jane Doe"},
                ],
            }
        )
        + f"</head><body><header><nav>{NAV}</nav></header><main><article class='post'>"
        f"<header><h1 class='entry-title'>{EN_TITLE}</h1></header>"
        f"<div class='entry-content'>{paragraphs(EN)}</div></article>"
        "<div id='comments' class='comments-area'><ol class='comment-list'><li><article>"
        "<p>评论一：写得很好，这个观点我非常赞同，谢谢分享这么多内容。</p></article></li></ol></div></main>"
        f"<aside><h2>Most read</h2></aside><footer>{FOOT}</footer>",
        EN,
        {
            "title": EN_TITLE,
            "published": "2023-07-25T18:41:07+00:00",
            "updated": "2023-07-26T08:00:00+00:00",
            "author": "Jane Doe",
            "publisher": "The Example",
            "url": "https://news.example/2023/07/bridge/",
            "categories": ["City", "Transport"],
            "lang": "en-US",
        },
    ),
    "drupal": Case(
        f"<html lang='en'><head><title>{EN_TITLE} | The Example</title>"
        "<meta name='dcterms.created' content='2023-07-25T18:41-04:00'>"
        "<meta name='dcterms.creator' content='Jane Doe'></head><body>"
        f"<header role='banner'>{NAV}</header><main role='main'><article class='node'>"
        f"<h1 class='page-title'>{EN_TITLE}</h1><div class='node__content'>"
        f"<div class='field--name-body'>{paragraphs(EN)}</div></div></article></main>"
        "<aside><div class='block'>Most read <ul><li><a>one</a></li></ul></div></aside>"
        "<div class='block-newsletter'><p>Subscribe to our letter</p></div>",
        EN,
        {"title": EN_TITLE, "published": "2023-07-25T18:41-04:00", "author": "Jane Doe"},
    ),
    "teasers in articles": Case(
        f"<html><head><title>{ZH_TITLE} | 示例新闻</title></head><body><article><h1>{ZH_TITLE}</h1>"
        f"<time datetime='2023-07-25T10:41:07Z'>两天前</time>{paragraphs(ZH)}</article>"
        + "".join(
            f"<article class='teaser'><h3><a href='/{n}'>另外一件事情{n}</a></h3>"
            "<p>另外一件事情的摘要，讲的完全不同，点击查看全文。</p></article>"
            for n in range(3)
        ),
        ZH,
        {"title": ZH_TITLE, "published": "2023-07-25T10:41:07Z"},
    ),
    "nested tables": Case(
        f"<html><head><title>{ZH_TITLE}-示例网</title></head><body><table><tr><td>{NAV}</td></tr>"
        "</table><table><tr><td><table>"
        + "".join(f"<tr><td><a href='{n}'>栏目{n}</a></td></tr>" for n in range(8))
        + f"</table></td><td><table><tr><td><b>{ZH_TITLE}</b></td></tr>"
        "<tr><td>2023-07-25 18:41:07　来源：滨江日报　作者：张三</td></tr>"
        f"<tr><td><table><tr><td>{'<br><br>　　'.join(ZH)}</td></tr></table></td></tr></table></td>"
        f"</tr></table><table><tr><td>{FOOT}</td></tr></table>",
        ZH,
        {
            "title": ZH_TITLE,
            "published": "2023-07-25 18:41:07",
            "publisher": "滨江日报",
            "author": "张三",
        },
    ),
    "plain blocks": Case(
        f"<html><head><title>{ZH_TITLE}</title></head><body><div>{NAV}<div><h1>{ZH_TITLE}</h1>"
        "<div>2023/7/25 下午6:41　文章来源：滨江日报</div><div>"
        + "".join(f"<div>{text}</div>" for text in ZH)
        + f"</div></div>{RELATED}{FOOT}",
        ZH,
        {"title": ZH_TITLE, "published": "2023/7/25 下午6:41", "publisher": "滨江日报"},
    ),
    "line breaks": Case(
        f"<html><head><title>{ZH_TITLE} - 示例网</title></head><body>{NAV}<h2>{ZH_TITLE}</h2>"
        f"<div id='zoom'>{'<br/>　　'.join(ZH)}</div>{RELATED}{FOOT}",
        ZH,
        {"title": ZH_TITLE},
    ),
    "microdata": Case(
        f"<html><head><title>{EN_TITLE}</title></head><body>"
        "<div itemscope itemtype='https://schema.org/NewsArticle'>"
        f"<h1 itemprop='headline'>{EN_TITLE}</h1><span itemprop='author' itemscope>By "
        "<span itemprop='name'>Jane Doe</span></span>"
        "<meta itemprop='datePublished' content='2023-07-25'>"
        f"<div itemprop='articleBody'>{paragraphs(EN)}</div></div>{RELATED}{FOOT}",
        EN,
        {"title": EN_TITLE, "author": "Jane Doe", "published": "2023-07-25"},
    ),
    "seen by readers only": Case(
        f"<html><head><title>{EN_TITLE}</title></head><body>{NAV}<h1>{EN_TITLE}</h1>"
        f"<p>By Jane Doe</p><p>July 25, 2023 6:41 pm</p><div>{paragraphs(EN)}</div>{FOOT}",
        EN,
        {"title": EN_TITLE, "author": "Jane Doe", "published": "July 25, 2023 6:41 pm"},
    ),
    "amp": Case(
        f"<!doctype html><html amp lang='zh'><head><title>{ZH_TITLE}</title>"
        "<style amp-boilerplate>body{visibility:hidden}</style>"
        "<link rel='canonical' href='/2023/bridge.html'>"
        + linked(
            **{
                "@type": "NewsArticle",
                "headline": ZH_TITLE,
                "url": "https://m.news.example/amp/2023/bridge.html",
                "datePublished": "2023-07-25T18:41:07+08:00",
                "dateModified": "2023-07-25T18:41:07+08:00",
                "author": [{"name": "张三"}, {"name": "李四"}],
                "publisher": {"@type": "Organization", "name": "滨江日报"},
            }
        )
        + f"</head><body><amp-sidebar>{NAV}</amp-sidebar><article><h1>{ZH_TITLE}</h1>"
        f"<amp-img src='a.jpg'></amp-img>{paragraphs(ZH)}</article>{FOOT}",
        ZH,
        {
            "title": ZH_TITLE,
            "author": "张三、李四",
            "publisher": "滨江日报",
            "updated": "",
            "url": "https://m.news.example/2023/bridge.html",
        },
    ),
    "paywall stub": Case(
        f"<html><head><title>{EN_TITLE}</title>"
        + linked(**{"@type": "NewsArticle", "headline": EN_TITLE, "articleBody": " ".join(EN * 3)})
        + f"</head><body>{NAV}<article><h1>{EN_TITLE}</h1>{paragraphs(EN[:1])}</article>"
        "<div class='paywall'><p>Subscribe to read on.</p></div>",
        EN[:1],
        {"title": EN_TITLE},
    ),
    "made by scripts": Case(
        f"<html><head><title>{ZH_TITLE}</title>"
        + linked(**{"@type": "NewsArticle", "headline": ZH_TITLE, "articleBody": "\n".join(ZH)})
        + "</head><body><div id='app'></div><noscript>栏目</noscript>",
        ZH,
        {"title": ZH_TITLE},
    ),
    "listed articles in json": Case(
        f"<html><head><title>{ZH_TITLE}_示例网</title>"
        + linked(
            **{"@type": "NewsArticle", "headline": "另外一件事情", "datePublished": "2020-01-01"}
        )
        + f'<script type="application/ld+json">\n//<![CDATA[\n{{"@type": "NewsArticle", "headline":'
        f' "{ZH_TITLE}", "datePublished": "2023-07-25", }}\n//]]></script></head>'
        f"<body><h1>{ZH_TITLE}</h1>{paragraphs(ZH)}",
        ZH,
        {"title": ZH_TITLE, "published": "2023-07-25"},
    ),
}


@pytest.mark.parametrize("case", PAGES.values(), ids=PAGES)
def test_the_article_is_all_there_and_nothing_else(case: Case) -> None:
    page = read_page(case.markup)

    assert [text for text in case.texts if text not in page.text] == []
    assert [word for word in CHROME if word in page.text] == []
    assert not page.text.startswith(str(page.fields["title"]))


@pytest.mark.parametrize("case", PAGES.values(), ids=PAGES)
def test_what_the_page_says_of_it_is_read(case: Case) -> None:
    fields = read_page(case.markup).fields

    assert {name: fields[name] for name in case.said} == case.said


@pytest.mark.parametrize("case", PAGES.values(), ids=PAGES)
def test_dates_that_are_given_can_be_read(case: Case) -> None:
    fields = read_page(case.markup).fields

    assert all(parse_date(str(fields[name])) for name in ("published", "updated") if fields[name])


def test_headings_lists_tables_and_captions_stay() -> None:
    page = read_page(
        f"<html><body>{NAV}<h1>{ZH_TITLE}</h1>{paragraphs(ZH[:2])}<h2>各方反应</h2>"
        "<ul><li>增加<b>轮渡</b>班次</li><li>补偿企业</li></ul><table><caption>表一 班次</caption>"
        "<tr><th>月份</th><th>班次</th></tr><tr><td>一月</td><td>120</td></tr></table>"
        f"<figure><img src='a.jpg'><figcaption>图为开工现场。</figcaption></figure>"
        f"{paragraphs(ZH[2:])}{RELATED}{FOOT}"
    )

    lines = page.text.split("\n")
    assert {"各方反应", "- 增加轮渡班次", "- 补偿企业", "表一 班次", "图为开工现场。"} <= set(lines)
    assert any("一月" in line and "120" in line for line in lines)
    assert [word for word in CHROME if word in page.text] == []


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("某地大桥今天开工_国内新闻_示例网", "某地大桥今天开工"),
        ("某地大桥今天开工-示例新闻网", "某地大桥今天开工"),
        ("某地大桥今天开工 - 示例", "某地大桥今天开工"),
        ("某地大桥今天开工——代表谈民生", "某地大桥今天开工——代表谈民生"),
        ("A bridge opens | The Example", "A bridge opens"),
        ("Covid-19 - what we know - The Example", "Covid-19 - what we know"),
        ("Well-known e-mail", "Well-known e-mail"),
    ],
)
def test_the_sites_name_is_no_part_of_the_title(title: str, read: str) -> None:
    markup = f"<html><head><title>{title}</title></head><body>{paragraphs(ZH)}"

    assert read_page(markup).fields["title"] == read


def test_an_address_is_the_one_a_browser_saved_if_the_page_has_none() -> None:
    markup = "<!-- saved from url=(0030)https://news.example/a/1.html -->" + paragraphs(ZH)

    assert read_page(f"<html>{markup}").fields["url"] == "https://news.example/a/1.html"


def test_a_template_s_language_does_not_overrule_the_text() -> None:
    assert read_page(f"<html lang='en'><body>{paragraphs(ZH)}").fields["lang"] == ""


@pytest.mark.parametrize("text", ["会议开了。", "Done.", "今天上午开会。\n下午休会。"])
def test_the_shortest_page_is_not_empty(text: str) -> None:
    body = paragraphs(text.split("\n"))

    assert read_page(f"<html><body><article>{body}</article>").text == text
    assert read_page(f"<html><body>{body}").text == text


def test_nothing_reaches_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a page was read over the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    read_page("<html><head><base href='http://localhost/'>" + PAGES["portal"].markup)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 25 Jul 2023 18:41:07 -0400", "2023-07-25T18:41:07-04:00"),
        ("Tue, 25 Jul 2023 18:41:07 EST", "2023-07-25T18:41:07-05:00"),
        ("2023-07-25T18:41:07.500Z", "2023-07-25T18:41:07.500000+00:00"),
        ("2023-07-25T18:41:07+0800", "2023-07-25T18:41:07+08:00"),
        ("2023-07-25 18:41:07", "2023-07-25T18:41:07+00:00"),
        ("20230725184107", "2023-07-25T18:41:07+00:00"),
        ("1690281667", "2023-07-25T10:41:07+00:00"),
        ("1690281667123", "2023-07-25T10:41:07+00:00"),
        ("2023/7/25 下午6:41", "2023-07-25T18:41:00+00:00"),
        ("2023年7月25日 星期二 18:41", "2023-07-25T18:41:00+00:00"),
        ("2023年7月25日 中午12:30", "2023-07-25T12:30:00+00:00"),
        ("July 25, 2023 6:41 pm", "2023-07-25T18:41:00+00:00"),
        ("Tuesday, July 25, 2023 at 12:05 AM", "2023-07-25T00:05:00+00:00"),
        ("25 Jul 2023", "2023-07-25T00:00:00+00:00"),
        ("Tue Jul 25 2023 18:41:07 GMT+0800 (China Standard Time)", "2023-07-25T18:41:07+08:00"),
    ],
)
def test_dates_are_read_as_feeds_and_pages_write_them(written: str, moment: str) -> None:
    read = parse_date(written)

    assert read is not None
    assert read.isoformat() == moment


@pytest.mark.parametrize(
    "written",
    [
        "Invalid Date", "yesterday", "3 days ago", "昨天 18:41", "2023", "2023-07", "May 5",
        "10:30", "12345", "20230725118", "20231399", "2023-13-45", "July 45, 2023",
        "2023-07-25 25:00", "10/27/2021", "第2023-07-25号", "1.2.3", "-" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(written: str) -> None:
    assert parse_date(written) is None


HOSTILE: dict[str, Callable[[], str]] = {
    "long json": lambda: script('{"@type": "Article", "headline": "' + "x" * 5_000_000 + '"}'),
    "deep json": lambda: script("[" * 100_000),
    "deep dicts": lambda: script('{"@graph":' * 9_000),
    "space in json": lambda: script(" " * 900_000 + "x"),
    "broken json": lambda: script(", " * 400_000 + "x"),
    "dashes": lambda: f"<title>{'-' * 1_000_000}</title><p>正文。",
    "many blocks": lambda: "<div>words, here and there.</div>" * 6_000,
    "blocks in blocks": lambda: ("<div>" * 180 + "<p>text</p>" + "</div>" * 180) * 65,
    "layout tables": lambda: ("<table><tr><td>" * 60 + "</table>" * 60) * 50,
    "many articles": lambda: "<article><p>words, here and there.</p></article>" * 6_000,
    "many properties": lambda: "<span itemprop='author'>" * 150 + "<b>x</b>" * 20_000,
    "long text": lambda: "<p>" + "word word, " * 300_000,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pages_are_read_or_refused_soon(markup: Callable[[], str]) -> None:
    page = f"<html><body>{markup()}"
    began = time.process_time()
    with suppress(Unreadable):
        read_page(page)
    # Loosely, as coverage is measured too: what is caught is a cost that grows with the square.
    assert time.process_time() - began < 60
