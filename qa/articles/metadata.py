"""What a web page says of its article, in its head and above its text, into fields.

Trusted in this order: schema.org's JSON-LD, OpenGraph, Dublin Core and the names that sites and
their systems use for <meta> and itemprop, what stands visibly between heading and text.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Comment, Tag

from qa.articles.fields import parse_date, parse_url
from qa.articles.html import tidy_line
from qa.text import detect_language

MAX_JSON = 1_000_000
"""Characters; longer JSON-LD is not read: an article's has 1,000 to 50,000."""

# In lower case, best first.
_NAMES = {
    "title": ("og:title", "headline", "dc.title", "dcterms.title", "twitter:title"),
    "published": (
        "article:published_time", "og:published_time", "og:release_date", "datepublished",
        "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "parsely-pub-date",
        "sailthru.date", "publishdate", "publish_time", "publish-date", "publishtime", "pubdate",
        "pub_date", "pubtime", "apub:time", "weibo: article:create_at", "date",
    ),
    "updated": (
        "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
        "dc.date.modified", "weibo: article:update_at",
    ),
    "publisher": (
        "og:site_name", "publisher", "dc.publisher", "dcterms.publisher", "dc.source",
        "application-name", "mediaid", "source", "apub:from", "contentsource",
    ),
    "author": (
        "author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "byl",
        "sailthru.author",
    ),
    "categories": ("article:section", "articlesection", "parsely-section", "dc.subject.category"),
    "lang": ("inlanguage", "dc.language", "og:locale", "content-language"),
}  # fmt: skip

_ARTICLE_TYPE = re.compile(r"(?:\w*Article|\w*BlogPosting|Report)\Z")
_BETWEEN = " \t\r\n;/*"
_COMMA_TOO_MANY = re.compile(r",\s*([\]}])")
_HEAD = 5_000
_HTML_LANG = re.compile(r"<html\b[^>]*?\slang\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")

_DATE_SEEN = re.compile(
    r"(?<!\d)\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2})"
    r"(?:\s*(?:上午|下午|晚上|凌晨|中午)?\s*\d{1,2}:\d{2}(?::\d{2})?)?(?!\d)"
    r"|(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8}),? \d{4}"
    r"(?:,?(?: at)? \d{1,2}:\d{2}(?: ?[AaPp]\.?[Mm]\b\.?)?)?"
)
_SOURCE_SEEN = re.compile(
    r"(?:来源|來源|稿源|文章来源|信息来源|Source)\s*[：:]\s*([^\s|｜,，：:]{2,30})"
)
_AUTHOR_SEEN = re.compile(
    r"(?:作者|撰文|记者|記者|Author)\s*[：:]\s*([^\s|｜：:]{2,30})"
    r"|^By ([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3})(?=$| [|·•,-])",
    re.MULTILINE,
)
_LABEL = re.compile(r"\A(?:来源|來源|稿源|作者|Source|Author|By)\s*[：:]?\s*(?=\S)")
_SEPARATOR_LAST = re.compile(r"[\s_|｜·»–—-]+\Z")
_LONGEST_BYLINE = 120
_LONGEST_TITLE = 1_000
_ITEMS = re.compile(r"(?:headline|datePublished|dateModified|author|articleSection)\Z")
_NO_AUTHOR = re.compile(r"\d+|admin(?:istrator)?|editor|https?://\S*", re.IGNORECASE)

_SITE_AFTER_SPACE = re.compile(r"\s+[|｜\-–—_·»]+\s+|\s*[|｜_]+\s*")
_SITE_AFTER_DASH = re.compile(
    r"(?<=\S)[-–—]+([^-–—]{0,12}(?:网|網|报|報|社|台|臺|新闻|新聞|频道|頻道|在线|中心|资讯|客户端|\.com|\.cn))\Z"
)


def read_fields(markup: str, root: BeautifulSoup, lines: list[str], text: str) -> dict[str, object]:
    """Return what a page says of the article with this `text`, "" or empty where it says nothing.

    `lines` are all that a reader sees of the page. Values are as written; dates that can be read
    are preferred to others, and `updated` is given only if it is later than `published`.
    """
    linked, said = _linked_article(root), _said(root)
    heading = _heading(root)
    seen = "\n".join(_byline(lines, heading, text))

    publisher = _first(
        [
            *_strings(linked.get("publisher")),
            *_named(said, "publisher"),
            *_group(_SOURCE_SEEN, seen),
        ]
    )
    published = _date(
        [*_strings(linked.get("datePublished")), *_named(said, "published")],
        [*_group(_DATE_SEEN, seen), *_time_under(heading)],
    )
    updated = _date([*_strings(linked.get("dateModified")), *_named(said, "updated")], [])
    return {
        "title": _title(
            root, heading, [*_strings(linked.get("headline")), *_named(said, "title")], publisher
        ),
        "published": published,
        "updated": updated if _later(updated, published) else "",
        "url": _url(root, linked, said),
        "publisher": publisher,
        "author": _author(_strings(linked.get("author")), _named(said, "author"), seen),
        "categories": _strings(linked.get("articleSection")) or _named(said, "categories"),
        "lang": _language(
            [*_html_lang(markup), *_strings(linked.get("inLanguage")), *_named(said, "lang")], text
        ),
    }


def body_of(root: BeautifulSoup) -> str:
    """Return the text that JSON-LD gives of the article, "" if it gives none."""
    body = _linked_article(root).get("articleBody")
    return body if isinstance(body, str) else ""


# JSON-LD.


def _linked_article(root: BeautifulSoup) -> Mapping[str, object]:
    """Return the page's article in JSON-LD, what it refers to put in place; empty if none."""
    nodes = [
        node
        for script in root.find_all("script", type=re.compile("ld\\+json", re.IGNORECASE), limit=50)
        for node in _nodes(_load(script.get_text()))
    ]
    articles = [node for node in nodes if any(map(_ARTICLE_TYPE.match, _types(node)))]
    if not articles:
        return {}
    title = root.title.get_text() if root.title else ""
    # A page of one article may list others.
    named = [a for a in articles if (h := _first(_strings(a.get("headline")))) and h in title]
    by_id = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 1}
    return {
        name: [
            by_id.get(str(v.get("@id")), v) if isinstance(v, dict) else v for v in _listed(value)
        ]
        if name in {"author", "publisher"}
        else value
        for name, value in (named or articles)[0].items()
    }


def _load(script: str) -> object:
    """Return the JSON of a script, written as carelessly as pages do; None if it is none."""
    if len(script) > MAX_JSON:
        return None
    plain = script.strip(_BETWEEN).removeprefix("<!--").removeprefix("<![CDATA[")
    plain = plain.removesuffix("-->").rstrip(_BETWEEN).removesuffix("]]>").strip(_BETWEEN)
    for attempt in (plain, _COMMA_TOO_MANY.sub(r"\1", plain)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: object) -> Iterator[dict[str, object]]:
    """Yield the things a page describes: alone, in lists, in a graph, as its main one."""
    waiting, looked = [value], 0
    while waiting and looked < 1_000:
        value, looked = waiting.pop(0), looked + 1
        if isinstance(value, list):
            waiting.extend(value[:1_000])
        elif isinstance(value, dict):
            yield value
            waiting.extend(value[key] for key in ("@graph", "mainEntity") if key in value)


def _types(node: Mapping[str, object]) -> list[str]:
    return [kind for kind in _listed(node.get("@type")) if isinstance(kind, str)]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _strings(value: object) -> list[str]:
    """Return the texts, or the names of things, that a JSON-LD value holds."""
    named = [v.get("name") if isinstance(v, dict) else v for v in _listed(value)[:50]]
    lines = [tidy_line(v) for each in named for v in _listed(each) if isinstance(v, str)]
    return [line for line in lines if line]


# <meta> and itemprop.


def _said(root: BeautifulSoup) -> dict[str, list[str]]:
    """Return what each name is given as, in the order of the page."""
    said: dict[str, list[str]] = {}
    items = root.find_all(itemprop=_ITEMS, limit=20)
    for tag in [*root.find_all(["meta", "time"]), *items]:
        value = tag.get("content") or tag.get("datetime")
        if value is None and tag.name not in {"meta", "time"}:
            inner = tag.find(itemprop="name")
            value = (inner if isinstance(inner, Tag) else tag).get_text()[:300]
        line = _LABEL.sub("", tidy_line(str(value or "")))
        for key in ("property", "name", "itemprop", "http-equiv"):
            if line and (name := str(tag.get(key) or "").lower()):
                said.setdefault(name, []).append(line)
    return said


def _named(said: Mapping[str, list[str]], field: str) -> list[str]:
    return [value for name in _NAMES[field] for value in said.get(name, [])]


# What a reader sees.


def _heading(root: BeautifulSoup) -> Tag | None:
    """Return the heading of the page: the one its title begins with, or its only h1."""
    title = _key(root.title.get_text()) if root.title else ""
    headings = [tag for tag in root.find_all(["h1", "h2", "h3"], limit=20) if _key(tag.get_text())]
    for tag in headings:
        if title.startswith(_key(tag.get_text())):
            return tag
    firsts = [tag for tag in headings if tag.name == "h1"]
    return firsts[0] if len(firsts) == 1 else None


def _byline(lines: list[str], heading: Tag | None, text: str) -> list[str]:
    """Return the short lines between the heading and the text, and the first of the text."""
    title = _key(heading.get_text()) if heading else ""
    opening = [line for line in text.split("\n", 3)[:3] if len(line) <= _LONGEST_BYLINE]
    start = next((i + 1 for i, line in enumerate(lines) if title and _key(line) == title), 0)
    first = next((line for line in text.split("\n") if len(line) > 30), text)
    end = next((i for i, line in enumerate(lines) if i >= start and line == first), start + 8)
    above = lines[max(start, end - 12) : end][:8] if title else lines[max(0, end - 6) : end]
    return [line for line in above if len(line) <= _LONGEST_BYLINE] + opening


def _time_under(heading: Tag | None) -> list[str]:
    time = heading.find_next("time", datetime=True) if heading else None
    return [str(time["datetime"])] if isinstance(time, Tag) else []


def _group(pattern: re.Pattern[str], text: str) -> list[str]:
    found = pattern.search(text)
    if found is None:
        return []
    return [tidy_line(next((group for group in found.groups() if group), found[0]))]


# One value of many.


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _author(linked: list[str], named: list[str], seen: str) -> str:
    """Return the author, or the authors that JSON-LD lists; an editor's number is no name."""
    authors = [name for name in dict.fromkeys(linked) if not _NO_AUTHOR.fullmatch(name)]
    if authors:
        return (", " if authors[0].isascii() else "、").join(authors)
    return _first([*(n for n in named if not _NO_AUTHOR.fullmatch(n)), *_group(_AUTHOR_SEEN, seen)])


def _date(said: list[str], seen: list[str]) -> str:
    """Return the first date that can be read; one that is seen may add the time of the same day."""
    readable = [value for value in (*said, *seen) if parse_date(value)]
    if not readable:
        return _first(said)
    best = readable[0]
    if ":" not in best:
        day = parse_date(best)
        for value in readable[1:]:
            moment = parse_date(value)
            if ":" in value and day and moment and moment.date() == day.date():
                return value
    return best


def _later(updated: str, published: str) -> bool:
    after, before = parse_date(updated), parse_date(published)
    return after is not None and (before is None or after > before)


def _url(root: BeautifulSoup, linked: Mapping[str, object], said: Mapping[str, list[str]]) -> str:
    page = linked.get("mainEntityOfPage")
    candidates = [
        *(str(link.get("href") or "") for link in root.find_all("link", rel="canonical", limit=1)),
        *_strings(linked.get("url")),
        str(page.get("@id") or "") if isinstance(page, dict) else str(page or ""),
        *said.get("og:url", []),
        *(
            found[1]
            for comment in root.find_all(string=lambda s: isinstance(s, Comment), limit=5)
            if (found := _SAVED_FROM.search(comment))
        ),
    ]
    addresses = [address for address in map(parse_url, candidates) if address]
    if not addresses:
        return ""
    if candidates[0].startswith("/"):
        return str(urljoin(addresses[0], candidates[0]))
    # Some sites call their front page every article's canonical one.
    return _first(a for a in addresses if urlsplit(a).path.strip("/")) or addresses[0]


def _html_lang(markup: str) -> list[str]:
    found = _HTML_LANG.search(markup[:_HEAD])
    return [found[1]] if found else []


def _language(said: list[str], text: str) -> str:
    """Return the language the page gives, "" where it is plainly another: templates say en."""
    given, read = _first(said), detect_language(text)
    return given if read == "und" or given[:2].lower() == read[:2] else ""


def _title(root: BeautifulSoup, heading: Tag | None, said: list[str], publisher: str) -> str:
    """Return the article's title without the site's name."""
    own = tidy_line(heading.get_text()) if heading else ""
    given = _first(said)
    if own and (not given or _key(given).startswith(_key(own))):
        return own
    return _without_site(
        given or (tidy_line(root.title.get_text()) if root.title else ""), publisher
    )


def _without_site(title: str, publisher: str) -> str:
    """Return `title` (cut to _LONGEST_TITLE) without what follows it to name a section or the site.

    >>> _without_site("某地开工_国内新闻_示例网", "")
    '某地开工'
    >>> _without_site("A bridge - and a ferry - The Example", "")
    'A bridge - and a ferry'
    """
    title = title[:_LONGEST_TITLE]
    if publisher and title.endswith(publisher):
        title = _SEPARATOR_LAST.sub("", title[: -len(publisher)]) or title
    separators = list(_SITE_AFTER_SPACE.finditer(title))
    underscore = next((s for s in separators if "_" in s[0] and s.start() >= 4), None)
    if underscore:
        title = title[: underscore.start()]
    elif separators and (last := separators[-1]).start() >= max(4, len(title) - last.end()):
        title = title[: last.start()]
    dash = _SITE_AFTER_DASH.search(title)
    return title[: dash.start()] if dash and dash.start() >= 4 else title


def _key(text: str) -> str:
    """Return what two ways to write a title have in common."""
    return "".join(text.split())
