"""What is copied of an answer, in every format, to the letter."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from .answers import CORRECTION, LINE, QUOTE, TRAM, Said, statements, told, writing, written
from .visitor import Visitor, ask

LINE_SAYS = "该线平均每天运送4.2万人次，超过预期。"
CORRECTED = "三号线平均每天运送4.1万人次。"
BOTH = statements(
    [Said(TRAM, QUOTE), Said(LINE, LINE_SAYS)],
    [Said(TRAM, "Fares stay at two euros.")],
    [Said(LINE, LINE_SAYS)],
)
NAMES = {"plain": "Plain text", "markdown": "Markdown", "gbt": "GB/T 7714", "apa": "APA"}

COPIED = {
    "plain": """\
It carries 40,000 people a day. [1][2]
Fares stay at two euros. [1]
该线平均每天运送4.2万人次，超过预期。[2]

Sources
[1] Third tram line opens. The Harbour Gazette, 1 Mar 2026. https://example.org/tram
[2] 三号电车线开通一年. 港城日报, 5 Mar 2026. https://example.org/zh/line(3)""",
    "markdown": """\
It carries 40,000 people a day. [[1]](https://example.org/tram)\
[[2]](https://example.org/zh/line%283%29)

Fares stay at two euros. [[1]](https://example.org/tram)

该线平均每天运送4.2万人次，超过预期。[[2]](https://example.org/zh/line%283%29)

**Sources**

1. [Third tram line opens](https://example.org/tram). The Harbour Gazette, 1 Mar 2026.
2. [三号电车线开通一年](https://example.org/zh/line%283%29). 港城日报, 5 Mar 2026.""",
    "gbt": """\
[1] LIND J. Third tram line opens[N/OL]. The Harbour Gazette, 2026-03-01[2026-11-22]. \
https://example.org/tram.
[2] 林海, 陈默, 周岚, 等. 三号电车线开通一年[N/OL]. 港城日报, 2026-03-05[2026-11-22]. \
https://example.org/zh/line(3).""",
    "apa": """\
林海、陈默、周岚、何川（2026年3月5日）。三号电车线开通一年。港城日报。https://example.org/zh/line(3)
Lind, J. (2026, March 1). Third tram line opens. The Harbour Gazette. https://example.org/tram""",
}


def asked(visitor: Visitor, answer: bytes, locale: str = "en-GB") -> Page:
    visitor.answers = [answer]
    visitor.articles = {one["id"]: one for one in (TRAM, LINE, CORRECTION)}
    page = visitor.visit(locale=locale)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.set_fixed_time("2026-11-22T12:00:00")
    ask(page, "tram")
    return page


def copy(page: Page, name: str) -> str:
    page.locator(".copy summary").click()
    page.get_by_role("button", name=name).click()
    expect(page.locator(".copy [role=status]")).to_contain_text(name)
    copied: str = page.evaluate("navigator.clipboard.readText()")
    return copied


@pytest.mark.parametrize("name", COPIED)
def test_an_answer_is_copied_in_every_format(visitor: Visitor, name: str) -> None:
    page = asked(visitor, told(BOTH, [TRAM, LINE], "en"))
    assert copy(page, NAMES[name]) == COPIED[name]
    expect(page.locator(".copy [role=status]")).to_have_text(f"Copied: {NAMES[name]}")


def test_what_is_copied_is_in_the_readers_language(visitor: Visitor) -> None:
    claims = statements([Said(CORRECTION, CORRECTED, correction=True)], [Said(LINE, LINE_SAYS)])
    answer = told(claims, [CORRECTION, LINE], "zh", "conflicting")
    page = asked(visitor, answer, "zh-CN")
    link = visitor.url + claims[0]["citations"][0]["url"].replace("#", "?version=1#")
    expected = f"""\
这些文章给出的数字不同，较新的在前：
更正：三号线平均每天运送4.1万人次。[1]
该线平均每天运送4.2万人次，超过预期。[2]

来源
[1] 更正：三号电车线日均客流应为4.1万人次. 港城日报, 2026年3月9日. {link}
[2] 三号电车线开通一年. 港城日报, 2026年3月5日. https://example.org/zh/line(3)"""
    assert copy(page, "纯文本") == expected


def test_a_written_answer_says_so_when_it_is_copied(visitor: Visitor) -> None:
    sentence = written("About 42,000 people ride it.", Said(LINE, LINE_SAYS))
    page = asked(visitor, told([sentence], [LINE], "en", writing=writing(1)))
    assert copy(page, "Plain text").splitlines()[:3] == [
        "About 42,000 people ride it. [1]",
        "Written by the language model tern-7b; each sentence was checked against what it cites.",
        "",
    ]


def test_where_the_page_may_not_copy_the_text_is_there_to_take(visitor: Visitor) -> None:
    page = asked(visitor, told(BOTH, [TRAM, LINE], "en"))
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.locator(".copy summary").click()
    page.get_by_role("button", name="APA").click()
    area = page.get_by_label("The browser doesn’t let the page copy. Here is the text:")
    expect(area).to_have_value(COPIED["apa"])
    expect(area).to_be_focused()
    assert page.evaluate("getSelection().toString()") == COPIED["apa"]


def test_an_article_that_is_gone_is_not_copied_from_memory(visitor: Visitor) -> None:
    page = asked(visitor, told(BOTH, [TRAM, LINE], "en"))
    page.unroute("**/articles/*")

    def gone(route: Route) -> None:
        problem = {"title": "Gone", "status": 410, "withdrawn": "2026-11-20T09:00:00+00:00"}
        route.fulfill(status=410, json=problem, content_type="application/problem+json")

    page.route("**/articles/*", gone)
    page.locator(".copy summary").click()
    expect(page.locator(".copy [role=status]")).to_have_text(
        "This article was withdrawn on 20 Nov 2026."
    )
    expect(page.locator(".formats button:visible")).to_have_count(0)


FORMATS = """async ([format, articles]) => {
  const references = await import("/static/copying/references.js");
  const works = articles.map((one) => ({ ...one, link: one.url || "http://127.0.0.1/here" }));
  const told = { before: [], statements: [], after: [], works, today: "2026-11-22" };
  return references[format](told);
}"""


def reference(visitor: Visitor, style: str, *articles: dict[str, Any]) -> str:
    written: str = visitor.visit().evaluate(FORMATS, [style, articles])
    return written


ANYONE = {**TRAM, "author": ""}
UNKNOWN = {**ANYONE, "publisher": "", "published": None}


@pytest.mark.parametrize(
    ("article", "gbt", "apa"),
    [
        (
            {**TRAM, "author": "By Mary Ann Lind, Ludwig van Osten, J.-P. Rey and Bo Vik"},
            "LIND M A, VAN OSTEN L, REY J-P, et al. Third tram line opens[N/OL]. "
            "The Harbour Gazette, 2026-03-01[2026-11-22]. https://example.org/tram.",
            "Lind, M. A., van Osten, L., Rey, J.-P., & Vik, B. (2026, March 1). "
            "Third tram line opens. The Harbour Gazette. https://example.org/tram",
        ),
        (
            {**TRAM, "author": "Lind, Jane; Vik, Bo", "title": "Who rides?"},
            "LIND J, VIK B. Who rides?[N/OL]. "
            "The Harbour Gazette, 2026-03-01[2026-11-22]. https://example.org/tram.",
            "Lind, J., & Vik, B. (2026, March 1). "
            "Who rides? The Harbour Gazette. https://example.org/tram",
        ),
        (
            {**TRAM, "author": "Tern News Agency"},
            "Tern News Agency. Third tram line opens[N/OL]. "
            "The Harbour Gazette, 2026-03-01[2026-11-22]. https://example.org/tram.",
            "Tern News Agency. (2026, March 1). "
            "Third tram line opens. The Harbour Gazette. https://example.org/tram",
        ),
        (
            ANYONE,
            "Third tram line opens[N/OL]. "
            "The Harbour Gazette, 2026-03-01[2026-11-22]. https://example.org/tram.",
            "The Harbour Gazette. (2026, March 1). Third tram line opens. https://example.org/tram",
        ),
        (
            {**ANYONE, "publisher": ""},
            "Third tram line opens[EB/OL]. (2026-03-01)[2026-11-22]. https://example.org/tram.",
            "Third tram line opens. (2026, March 1). https://example.org/tram",
        ),
        (
            UNKNOWN,
            "Third tram line opens[EB/OL]. [2026-11-22]. https://example.org/tram.",
            "Third tram line opens. (n.d.). https://example.org/tram",
        ),
        ({**UNKNOWN, "url": ""}, "Third tram line opens[N].", "Third tram line opens. (n.d.)."),
        (
            CORRECTION,
            "更正：三号电车线日均客流应为4.1万人次[N]. 港城日报, 2026-03-09.",
            "港城日报（2026年3月9日）。更正：三号电车线日均客流应为4.1万人次。",
        ),
        (
            {**LINE, "author": "本报记者 林海 陈默", "published": None},
            "林海, 陈默. 三号电车线开通一年[N/OL]. 港城日报[2026-11-22]. "
            "https://example.org/zh/line(3).",
            "林海、陈默（无日期）。三号电车线开通一年。港城日报。https://example.org/zh/line(3)",
        ),
        (
            {**LINE, "author": "", "publisher": "", "language": "zh-Hant", "published": None},
            "三号电车线开通一年[EB/OL]. [2026-11-22]. https://example.org/zh/line(3).",
            "三号电车线开通一年（無日期）。https://example.org/zh/line(3)",
        ),
    ],
)
def test_a_reference_leaves_out_what_is_not_known(
    visitor: Visitor, article: dict[str, Any], gbt: str, apa: str
) -> None:
    assert reference(visitor, "gbt7714", article) == f"[1] {gbt}"
    assert reference(visitor, "apa", article) == apa


def test_apa_is_in_the_order_of_the_alphabet_and_gbt_in_that_of_citing(visitor: Visitor) -> None:
    alone = [{**TRAM, "author": "", "publisher": name} for name in ("The Wharf", "Anchor", "Sail")]
    lines = reference(visitor, "apa", *alone).splitlines()
    assert [line.partition(".")[0] for line in lines] == ["Anchor", "Sail", "The Wharf"]
    lines = reference(visitor, "gbt7714", *alone).splitlines()
    assert [line[:3] for line in lines] == ["[1]", "[2]", "[3]"]
    assert "The Wharf" in lines[0]


def test_markdown_shows_an_articles_words_as_they_are(visitor: Visitor) -> None:
    odd = "# 1 *star* _under_ [link](x) <b>bold</b> `code` ~~no~~ &amp; R&D"
    article = {**TRAM, "title": odd, "text": odd}
    page = asked(visitor, told(statements([Said(article, odd)]), [article], "en"))
    escaped = r"\# 1 \*star\* \_under\_ \[link\](x) \<b\>bold\</b\> \`code\` \~\~no\~\~ \&amp; R&D"
    assert copy(page, "Markdown").startswith(f"{escaped} [[1]](https://example.org/tram)")
