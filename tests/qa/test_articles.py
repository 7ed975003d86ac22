"""Files and records into articles: each format's traps, hostile input, and a whole corpus."""

import codecs
import gzip
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.articles import Reading, article_id, exports, read_articles, read_record
from qa.errors import ArticleRefused
from qa.types import Article

SEEDS = Path(__file__).parents[2] / "seeds"
NEWS = Path(os.environ.get("NEWSQA_DATA", Path(__file__).parents[3] / "shared" / "data")) / (
    "hexo_news"
)


def read(document: str | bytes, origin: str = "post.md") -> Reading:
    data = document.encode() if isinstance(document, str) else document
    (reading,) = read_articles(data, origin)
    assert isinstance(reading, Reading), reading
    return reading


def refusal(document: str | bytes, origin: str = "post.md") -> str:
    data = document.encode() if isinstance(document, str) else document
    (refused,) = read_articles(data, origin)
    assert isinstance(refused, ArticleRefused), refused
    return refused.reason


def text_of(body: str) -> str:
    return read(f"---\ntitle: 标题\n---\n{body}").article.text


def assert_lawful(article: Article) -> None:
    """Only white space lies outside the sentences, and the date is aware or absent."""
    covered = "".join(span.of(article.text) for span in article.sentences)
    assert "".join(covered.split()) == "".join(article.text.split())
    assert article.published is None or article.published.tzinfo is not None
    assert article.title


# The seed's format.


def test_the_seed_is_read_whole() -> None:
    article = read((SEEDS / "000_dbdf8aaecd40fd02.txt").read_bytes(), "seed.txt").article

    assert article.title == "打造有世界影响力国际数字之都 上海提出16项具体指标"
    assert article.categories == ("金融", "证券时报网", "要闻")
    assert (article.publisher, article.author) == ("证券时报网", "证券时报网")
    assert article.published == datetime(2021, 10, 27, 11, 3, tzinfo=UTC)
    assert (article.language, article.origin) == ("zh", "seed.txt")
    assert article.text.startswith("10月27日，上海市副市长吴清介绍了")
    assert article.text.endswith("建立数字社会权益保护机制。")


def test_every_seed_is_read_without_warnings() -> None:
    readings = [read(path.read_bytes(), path.name) for path in sorted(SEEDS.iterdir())]

    assert not [reading.warnings for reading in readings if reading.warnings]
    assert {reading.article.language for reading in readings} == {"zh", "zh-Hant", "en"}


def test_a_post_with_every_trap_of_the_format() -> None:
    reading = read(
        "\n---\n"
        "title: Cloud v2.5.40: faster 'edge' nodes &amp; more\n"
        "categories:\n    - 编程\n    - 示例网 - 资讯\n"
        "headimg: 'https://picsum.photos/400/300?random=1'\n"
        "author: 示例网 - 资讯\ncomments: false\ndate: 2021-03-21 16:45:49\nthumbnail: \n---\n\n"
        "<div>   \n<div class='content'>\n"
        "<p>版本<a href='http://example.com'>示例云</a>发布。</p> \n<p>更新内容：</p>"
        "<ol> \n <li>优化<code>$&#123;home&#125;</code>目录</li> \n "
        "<li><p>修复\n问题。</p></li></ol>"
        "<p><img src='https://example.com/a.png' alt='a.png'></p></div>\n</div>\n            "
    )

    article = reading.article
    assert article.title == "Cloud v2.5.40: faster 'edge' nodes & more"
    assert article.published == datetime(2021, 3, 21, 16, 45, 49, tzinfo=UTC)
    assert article.categories == ("编程", "示例网 - 资讯")
    assert article.text == ("版本示例云发布。\n更新内容：\n1. 优化${home}目录\n2. 修复问题。")
    assert reading.warnings == ("title: read as if its value were quoted",)
    assert reading.article.id == article_id(reading.source)


def test_a_date_that_is_none_is_left_out_with_a_warning() -> None:
    reading = read("---\ntitle: 标题\ndate: Invalid Date\n---\n<p>正文。</p>")

    assert reading.article.published is None
    assert len(reading.warnings) == 1
    assert reading.warnings[0].startswith("published: 'Invalid Date'")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Wed, 27 Oct 2021 11:03:00 GMT", datetime(2021, 10, 27, 11, 3, tzinfo=UTC)),
        ("2021-10-27T11:03:00Z", datetime(2021, 10, 27, 11, 3, tzinfo=UTC)),
        ("2021-10-27 19:03:00+08:00",
         datetime(2021, 10, 27, 19, 3, tzinfo=timezone(timedelta(hours=8)))),
        ("2021-10-27", datetime(2021, 10, 27, tzinfo=UTC)),
        ("2021/3/5 7:05", datetime(2021, 3, 5, 7, 5, tzinfo=UTC)),
        ("2021年3月5日", datetime(2021, 3, 5, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_dates_are_aware(written: str, moment: datetime) -> None:
    published = read(f"---\ntitle: 标题\ndate: {written}\n---\n正文。").article.published

    assert published == moment
    assert published.tzinfo is not None


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: ' '", "第一句话。"),
        ("title:", "第一句话。"),
        ("title: null", "第一句话。"),
        ("title: 2023", "2023"),
        ("title: yes", "yes"),
        ("title: *ST示例 公告", "*ST示例 公告"),
        ("title: [快讯] 开工", "[快讯] 开工"),
        ("title: 'It's here: now'", "It's here: now"),
        ("title: '【独家】A：B'", "【独家】A：B"),
    ],
)
def test_titles_are_read_as_meant(line: str, title: str) -> None:
    article = read(f"---\n{line}\n---\n<p>第一句话。第二句话。</p>", "not-a-title.md").article

    assert article.title == title
    assert article.text == "第一句话。第二句话。"


def test_a_missing_title_is_the_heading_which_leaves_the_text() -> None:
    article = read("---\nauthor: 甲\n---\n# 开工典礼\n\n今天开工。").article

    assert (article.title, article.text) == ("开工典礼", "今天开工。")


@pytest.mark.parametrize(
    "document",
    [
        # Jekyll
        "---\nlayout: post\ntitle: 'Ferry: back'\ndate: 2021-10-27 19:03:00 +0800\n"
        "last_modified_at: 2021-10-28\ncategories: [news, ports]\nauthor: Ann Lee\n"
        "published: true\npermalink: /2021/ferry/\n...\nIt *sails* again.\n",
        # Hugo
        "+++\ntitle = 'Ferry: back'\ndate = 2021-10-27T19:03:00+08:00\nlastmod = 2021-10-28\n"
        "categories = ['news', 'ports']\nauthors = ['Ann Lee']\ndraft = false\nweight = 3\n"
        "url = '/ferry/'\n[params]\nfeatured = true\n+++\n\nIt *sails* again.\n",
        '{\n"title": "Ferry: back",\n"date": "2021-10-27T19:03:00+08:00",\n"lastmod": "2021-10-28",'
        '\n"categories": ["news", "ports"],\n"author": {"name": "Ann Lee"},\n"weight": 3\n}\n\n'
        "It *sails* again.\n",
        '{"title": "Ferry: back", "date": "2021-10-27T19:03:00+08:00", "lastmod": "2021-10-28",'
        ' "tags": ["news", "ports"], "authors": [{"name": "Ann Lee"}]}\nIt *sails* again.\n',
        # Hexo
        "title: 'Ferry: back'\ndate: 2021-10-27 19:03:00 +0800\nupdated: 2021-10-28\n"
        "categories:\n- news\n- ports\nauthor: Ann Lee\n---\nIt *sails* again.\n",
        '"title": "Ferry: back",\n"date": "2021-10-27 19:03:00 +0800",\n"updated": "2021-10-28",'
        '\n"categories": ["news", "ports"],\n"author": "Ann Lee"\n;;;\nIt *sails* again.\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_of_every_generator_says_the_same(document: str, newline: str) -> None:
    reading = read(document.replace("\n", newline), "post.md")

    article = reading.article
    assert (article.title, article.text) == ("Ferry: back", "It sails again.")
    assert (article.author, article.categories) == ("Ann Lee", ("news", "ports"))
    assert article.published == datetime(2021, 10, 27, 11, 3, tzinfo=UTC)
    assert article.updated == datetime(2021, 10, 28, tzinfo=UTC)
    assert (article.url, reading.warnings) == ("", ())


def test_prose_is_no_front_matter() -> None:
    article = read("Title: a play\n\nIt opens with words, not fields\n---\nand goes on.").article

    assert "It opens with words" in article.text


def test_front_matter_names_have_other_names() -> None:
    article = read(
        "---\ntitle: t\nsource: 乙报\nauthor: 甲\nlink: https://example.com/1\n"
        "categories: 要闻, 财经\nlang: zh-TW\n---\n正文"
    ).article

    assert (article.publisher, article.author) == ("乙报", "甲")
    assert article.url == "https://example.com/1"
    assert article.categories == ("要闻", "财经")
    assert article.language == "zh-Hant"


# What a reader sees.


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>甲<b>乙</b><i>丙</i></p><p>丁<br>戊</p>", "甲乙丙\n丁\n戊"),
        ("<div><div><p>a</p>b</div>c</div>", "a\nb\nc"),
        ("<p>&nbsp;　甲 　乙\u200b\u202e\x07</p>", "甲 乙"),
        ("<p>Cafe\u0301 &lt;b&gt;</p>", "Café <b>"),
        ("<p>上海\n提出，\n目标 and\nmore</p>", "上海提出，目标 and more"),
        ("<p>a</p><script>x()</script><style>p{}</style><!-- c --><svg><text>s</text></svg>", "a"),
        ("<p>a</p><p hidden>b</p><p style='color:red; display : none'>c</p>", "a"),
        ("<p>a</p><form><p>订阅</p><input><button>提交</button></form>", "a"),
        ("<figure><img alt='x.png'><figcaption>图注</figcaption></figure>", "图注"),
        ("<p>a&#xE000;b&#xE001; c&#xE000;</p>", "ab c"),
        ("<ul><li>a</li><li></li><li><p>b</p></li></ul>", "- a\n- b"),
        ("<ol start='3'><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "3. a\n4. b\n- c"),
        ("<pre>x = 1\ny = 2</pre>", "x = 1\ny = 2"),
        ("<table><tr><th>季度</th><th>收入</th></tr><tr><td><p>一</p></td><td>3.5</td></tr></table>",
         "季度 | 收入\n季度：一 | 收入：3.5"),
        ("<table><tr><td><p>甲</p><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>",
         "甲\n1 | 2"),
    ],
)  # fmt: skip
def test_the_text_is_what_a_reader_sees(body: str, text: str) -> None:
    assert text_of(f"<div>{body}</div>") == text


def test_markdown_is_rendered_before_it_is_read() -> None:
    body = (
        "第一段**重点**。\n第二行。\n\n- 甲\n- [乙](https://example.com)\n\n|a|b|\n|-|-|\n|1|2|\n"
    )

    assert text_of(body) == "第一段重点。\n第二行。\n- 甲\n- 乙\na | b\na: 1 | b: 2"


def test_shortcodes_are_what_a_reader_sees_of_them() -> None:
    body = (
        '{{< figure src="a.jpg" title="图为新桥" >}}\n\n大桥通车。\n\n{% include a.html %}\n\n'
        "{{% youtube id='x' %}}票价{{ 十 }}元，{% raw %}共{% endraw %}两班。"
    )

    assert text_of(body) == "图为新桥\n大桥通车。\n票价{{ 十 }}元，共两班。"


# Other formats.


def test_a_web_page_says_who_and_when() -> None:
    article = read(
        "<!DOCTYPE html><html lang='zh-CN'><head><title>开工 - 示例网</title>"
        "<meta property='article:published_time' content='2023-05-01T10:00:00+08:00'>"
        "<meta property='og:site_name' content='示例网'><meta name='author' content='甲'>"
        "<link rel='canonical' href='https://example.com/1'></head><body><nav>首页</nav>"
        "<article><h1>开工</h1><p>今天<b>开工</b>。</p></article><footer>版权</footer></body></html>",
        "page.html",
    ).article

    assert (article.title, article.text) == ("开工", "今天开工。")
    assert (article.publisher, article.author) == ("示例网", "甲")
    assert article.published == datetime(2023, 5, 1, 2, tzinfo=UTC)
    assert (article.url, article.language) == ("https://example.com/1", "zh")


def test_plain_text_may_open_with_its_title() -> None:
    titled = read("开工典礼\n\n今天开工。\n明天继续。", "a.txt").article
    untitled = read("今天开工了。明天继续。\n后天休息。", "a.txt").article

    assert (titled.title, titled.text) == ("开工典礼", "今天开工。\n明天继续。")
    assert (untitled.title, untitled.text) == ("今天开工了。", "今天开工了。明天继续。\n后天休息。")


def test_a_page_saved_with_its_pictures_is_read() -> None:
    page = "<html><head><title>t</title></head><body><h1>开工</h1><p>今天开工。</p></body></html>"
    message = EmailMessage()
    message["Subject"] = "saved"
    message.set_content(page, subtype="html", charset="gb18030")
    message.add_related(b"\x89PNG", "image", "png")

    reading = read(message.as_bytes(), "page.mht")

    assert (reading.article.title, reading.article.text) == ("开工", "今天开工。")
    assert reading.part == ""


def test_damage_in_a_saved_page_is_told() -> None:
    page = "<html><body><h1>开工</h1><p>今天开工，明天完工。</p></body></html>".encode()
    head = b"Content-Type: multipart/related; boundary=a\n\n--a\nContent-Type: text/html\n\n"

    reading = read(head + page.replace("明".encode(), b"\xff") + b"\n--a--\n", "page.mht")

    assert reading.article.text == "今天开工，\ufffd天完工。"
    assert reading.warnings == ("text: damaged in 1 place (read as UTF-8)",)


RECORDS = [
    {"id": f"n{n}", "title": f"第{n}条", "text": f"这是第{n}条新闻的正文。"} for n in range(3)
]


@pytest.mark.parametrize(
    "written",
    [
        "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS),
        "\r\n\r\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS) + "\r\n",
        json.dumps(RECORDS, ensure_ascii=False),
        json.dumps(RECORDS, ensure_ascii=False, indent=2),
        json.dumps({"total": 3, "articles": RECORDS}, ensure_ascii=False),
        json.dumps({"items": RECORDS, "next": None}, ensure_ascii=False, indent=2),
        json.dumps({"data": RECORDS}, ensure_ascii=False),
    ],
)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-be"]
)
def test_json_of_every_layout_and_encoding_holds_the_same(written: str, encoding: str) -> None:
    if encoding == "big5":
        written = written.replace("条", "條").replace("闻", "聞").replace("这", "這")
    results = list(read_articles(written.encode(encoding), "n.json"))
    readings = [one for one in results if isinstance(one, Reading)]

    assert results == readings
    assert [(one.article.id, one.part, one.named) for one in readings] == [
        (f"n{n}", None, True) for n in range(3)
    ]
    assert readings[2].article.text in {"这是第2条新闻的正文。", "這是第2條新聞的正文。"}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_single_object_is_the_whole_file(indent: int | None) -> None:
    written = json.dumps({"title": "t", "text": "One."}, indent=indent)

    assert read(written, "a.json").part == ""
    assert read(written + "\n", "a.jsonl").part == ""


def test_a_bad_element_is_refused_by_its_number_and_what_follows_it_is_read() -> None:
    first, bad, last = read_articles(b'[{"text": "a"}, 5, {"text": "b"}]', "a.json")

    assert isinstance(first, Reading)
    assert isinstance(last, Reading)
    assert str(bad) == "a.json:2: no JSON object: write an array of objects"


def test_an_array_that_breaks_off_is_read_up_to_there() -> None:
    first, broken = read_articles(b'[{"text": "a"}, {"text": "b"', "a.json")

    assert isinstance(first, Reading)
    assert str(broken).startswith("a.json:2: no JSON")


@given(st.integers(1, 200))
def test_an_array_is_read_alike_in_pieces_of_any_size(size: int) -> None:
    """However the pieces fall, an element is read once it is whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "BLOCK", size)
        results = list(read_articles(json.dumps(RECORDS).encode(), "a.json"))

    assert [one.article.id for one in results if isinstance(one, Reading)] == ["n0", "n1", "n2"]


def test_a_line_in_another_encoding_is_read_in_its_own() -> None:
    lines = [json.dumps(record, ensure_ascii=False) for record in RECORDS]
    data = b"\n".join([lines[0].encode(), lines[1].encode("gb18030"), lines[2].encode()])

    assert [one.article.text for one in read_articles(data, "n") if isinstance(one, Reading)] == [
        record["text"] for record in RECORDS
    ]


def test_a_record_says_when_it_was_changed() -> None:
    for name in ("updated", "modified"):
        article = read_record({"text": "a", name: "2021-10-28"}, "o").article
        assert article.updated == datetime(2021, 10, 28, tzinfo=UTC)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_json_lines_keep_ids_and_go_on_after_a_bad_line(pack: type[bytes]) -> None:
    lines = [
        '{"id": "a/1", "title": "甲", "text": "正文。", "date": "2023-05-01", "more": 1}',
        "",
        "not json",
        '{"id": "b", "html": "<p>乙</p>", "categories": ["要闻"], "publisher": null}',
        '{"title": 3, "text": "x"}',
        '{"id": 7, "text": "Databases count their articles."}',
    ]

    results = list(read_articles(pack("\n".join(lines).encode()), "n.jsonl"))

    first, bad, second, typed, counted = results
    assert isinstance(first, Reading)
    assert (first.article.id, first.article.title, first.article.origin) == ("a/1", "甲", "n.jsonl")
    assert first.source == lines[0].encode()
    assert isinstance(second, Reading)
    assert (second.article.text, second.article.categories) == ("乙", ("要闻",))
    assert str(bad) == "n.jsonl:3: no JSON object: write one object a line"
    assert str(typed) == "n.jsonl:5: title: must be a string, not int"
    assert isinstance(counted, Reading)
    assert (counted.article.id, counted.named) == ("7", True)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "text: give one of text, html, markdown; found none of them"),
        ({"text": " "}, "text: give one of text, html, markdown; found none of them"),
        ({"text": "a", "html": "b"}, "text: give one of text, html, markdown; found text and html"),
        ({"text": ["a"]}, "text: must be a string, not list"),
        ({"text": "a", "categories": [1]}, "categories: must be a string or a list of strings"),
        ({"text": "a", "id": "b c"},
         "id: use 1 to 200 visible characters, no spaces, and not . or .."),
        ({"text": "a", "url": "javascript:x"},
         "url: 'javascript:x' is no web address; write it with https://"),
        ({"text": "a", "published": "soon"},
         "published: 'soon' is no date; write it as 2021-10-27"),
        ({"html": "<script>x</script>"}, "the body is empty: put the article's text into it"),
    ],
)  # fmt: skip
def test_a_record_is_refused_by_field(record: dict[str, object], reason: str) -> None:
    with pytest.raises(ArticleRefused) as refused:
        read_record(record, "POST")

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "encoded",
    [
        "标题\n\n正文在这里，我们看见了。".encode(encoding)
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "gb18030")
    ]
    + [codecs.BOM_UTF16_BE + "标题\n\n正文在这里，我们看见了。".encode("utf-16-be")],
)
def test_encodings_of_chinese_are_read(encoded: bytes) -> None:
    article = read(encoded, "a.txt").article

    assert (article.title, article.text) == ("标题", "正文在这里，我们看见了。")


# Refusals, and input made to hurt.


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("---\ntitle: ' '\ndate: Invalid Date\n---\n<div> </div>", "the body is empty"),
        ("", "the body is empty"),
        ("---\ntitle: t\n\n正文", "the front matter does not end"),
        ("+++\ntitle = 't'\n正文", "the front matter does not end: put a line '+++'"),
        ("+++\ntitle = t\n+++\n正文", "the front matter is no TOML"),
        ("+++\na = " + "[" * 5_000 + "\n+++\nx", "the front matter is no TOML"),
        ("+++\n" + "a." * 3_000 + "b = 1\n+++\nx", "the front matter is nested too deeply"),
        (';;;\n"title": t\n;;;\n正文', "the front matter is no JSON"),
        ("---\ntitle: t\ndraft: true\n---\n正文", "draft: it is not published yet"),
        ("---\ntitle: t\npublished: false\n---\n正文", "draft: it is not published yet"),
        ("---\n- a\n---\nx", "the front matter is no list of fields"),
        ("---\na: &x [b]\nc: [*x, *x]\n---\nx", "the front matter is no YAML (an alias"),
        ("---\na: " + "[" * 50_000 + "\n---\nx", "the front matter is no YAML (it is nested"),
        ("---\na: " + "b" * 70_000 + "\n---\nx", "the front matter has more than"),
        ("<p>" * 60_000, "the body has more than"),
        ("<div>" * 40_000 + "x", "HTML nested deeper than"),
        ("---\nt: x\n---\n" + "<table><tr><td>" * 15_000 + "x", "HTML nested deeper than"),
        ("x" * 10_000_001, "longer than 10,000,000 bytes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "this is a PNG image"),
        (bytes(range(256)), "neither UTF-8"),
        (gzip.compress(b"text", mtime=0)[:-9], "the gzip file is damaged"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(document: str | bytes, reason: str) -> None:
    assert refusal(document).startswith(reason)


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_any_text_is_a_lawful_article_or_a_refusal(body: str) -> None:
    for document in (body, f"---\ntitle: t\n---\n<p>{body}", json.dumps({"html": body})):
        for result in read_articles(document.encode("utf-8", "replace"), "post"):
            if isinstance(result, Reading):
                assert_lawful(result.article)


@given(st.binary())
def test_any_bytes_are_lawful_articles_or_refusals(data: bytes) -> None:
    for result in read_articles(data, "post"):
        if isinstance(result, Reading):
            assert_lawful(result.article)


def test_a_source_read_again_gives_the_article_again() -> None:
    record = read_record({"markdown": "# 甲\n\n正文。", "categories": ["a", "b"]}, "o")
    (element,) = read_articles(b'[{"text": "One."}]', "o")
    assert isinstance(element, Reading)
    for reading in (record, element):
        assert read(reading.source, "o").article == reading.article
    for name in ("o", "o.md", "o.md.gz"):
        document = read("---\ntitle: t\n---\n正文。", name)
        assert read(document.source, name) == document


@pytest.mark.skipif(not NEWS.is_dir(), reason="needs NEWSQA_DATA with hexo_news in it")
def test_a_corpus_of_posts_is_read_or_refused_with_a_reason() -> None:
    paths = sorted(NEWS.rglob("*.md"))
    results = [result for path in paths for result in read_articles(path.read_bytes(), path.name)]
    articles = [result.article for result in results if isinstance(result, Reading)]
    refusals = [result for result in results if isinstance(result, ArticleRefused)]

    assert len(results) == len(paths)
    assert {refused.reason for refused in refusals} <= {
        "the body is empty: put the article's text into it"
    }
    for article in articles:
        assert_lawful(article)
        for leak in ("headimg", "picsum", "thumbnail:"):
            assert leak not in article.text


@pytest.mark.parametrize("text", [b"{", b"{oops", b'{"text": "a"', b"[1, 2", b'[{"text": "a"'])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_broken_json_is_no_plain_text(text: bytes, name: str) -> None:
    for one in read_articles(text, name):
        assert isinstance(one, ArticleRefused)
        assert "no JSON" in one.reason
    (written,) = read_articles(b"{oops", "a.txt")
    assert isinstance(written, Reading)
