"""Bytes to a reader, a splitter, an understanding of questions, and what must hold of each.

A law is broken by any exception: its own assertions, and whatever the code under it raises that is
no refusal of the domain's.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from hypothesis import strategies as st
from pydantic import ValidationError

from qa.answer_types import fits, marked
from qa.answer_types.classification import wanted
from qa.articles import MAX_ARTICLE_BYTES, Reading, read_articles, read_record
from qa.conversation import standalone
from qa.conversation.earlier import LONGEST
from qa.dates import read_dates
from qa.dictionary import Dictionary
from qa.engine import MAX_QUESTION, MAX_TOP_K
from qa.errors import ArticleRefused
from qa.lexical import words
from qa.lists import asks_for_several, enumeration
from qa.passages import split_passages
from qa.search import read_question
from qa.telling import Telling
from qa.text import MAX_SENTENCE, detect_language, split_sentences
from qa.types import Article, Turn
from qa.values import read_values
from qa.when import agreement, elsewhen, read_time, spoken_of
from tests.qa.conftest import HashingEncoder
from web.requests import AskRequest, SearchRequest

TODAY = date(2026, 11, 23)
ROOM = 400
CACHE = Path.home() / ".cache" / "newsqa"

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_NAMES = ("a.md", "a.txt", "a.html", "a.json", "a.jsonl", "a.xml", "a.mht", "a.zip", "a.gz", "a")


@dataclass(frozen=True, slots=True)
class Law:
    """What must hold whatever the bytes.

    Attributes:
        check: raises if it does not hold.
        share: of all inputs, the part that tries this one.
        seeds: bytes that it is begun with.
    """

    check: Callable[[bytes], None]
    share: float
    seeds: tuple[bytes, ...]

    @property
    def inputs(self) -> st.SearchStrategy[bytes]:
        """Bytes and text of any kind, and what becomes of the seeds when parts are exchanged."""
        pieces = st.sampled_from(
            [piece for seed in self.seeds for piece in re.split(rb"(?<=[\s,;:.<>\[\]{}\"])", seed)]
        )
        whole = st.lists(pieces | st.text(max_size=6).map(str.encode), max_size=30).map(b"".join)
        return whole | st.text().map(str.encode) | st.binary()


def text_of(data: bytes) -> str:
    """Return the text that these bytes are, as far as they are any."""
    return data.decode(errors="replace")


def documents(data: bytes) -> None:
    """Files of every kind are read to articles that are whole and clean, or refused."""
    for one in read_articles(data[1:], _NAMES[data[0] % len(_NAMES)] if data else "a"):
        if isinstance(one, Reading):
            assert_whole(one.article, len(data))
            assert len(one.source) <= MAX_ARTICLE_BYTES
        else:
            assert isinstance(one, ArticleRefused)


def records(data: bytes) -> None:
    """JSON objects are read likewise."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        text = text_of(data)
        field = ("text", "html", "markdown", "title", "published", "url", "categories", "id")
        record = {"text": text, field[len(text) % len(field)]: text}
    if not isinstance(record, dict):
        return
    try:
        assert_whole(read_record(record, "a").article, len(data))
    except ArticleRefused:
        return


def assert_whole(article: Article, size: int) -> None:
    """Check that an article is what the rest of the house takes it for."""
    said = (article.text, article.title, article.author, article.publisher, *article.categories)
    assert not any(_UNSEEN.search(one) for one in said)
    assert len(article.text) <= 10 * size + 100
    assert article.id
    assert article.title
    assert_tiled(article.text, article.sentences)


def assert_tiled(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    """Check that these are the sentences of a text: in order, and nothing lies between them."""
    at = 0
    for start, end in spans:
        assert not text[at:start].strip()
        assert at <= start < end <= at + len(text)
        assert text[start:end] == text[start:end].strip()
        assert end - start <= MAX_SENTENCE
        at = end
    assert not text[at:].strip()


def passages(data: bytes) -> None:
    """The sentences of a text tile it, its passages its sentences, and each is the text's own."""
    text = text_of(data)
    sentences = split_sentences(text)
    assert_tiled(text, sentences)
    article = Article("a", text[:50], text, sentences, detect_language(text))
    next_one = 0
    for passage in split_passages(article, lambda texts: [len(one) for one in texts], ROOM):
        assert passage.first == next_one <= passage.last
        assert passage.text == passage.span.of(text)
        next_one = passage.last + 1
    assert next_one == len(sentences)


@cache
def _understanding() -> tuple[HashingEncoder, Dictionary]:
    return HashingEncoder(), Dictionary(CACHE)


def questions(data: bytes) -> None:
    """A question is understood, whatever it says, in bounded words."""
    question = text_of(data)[:MAX_QUESTION]
    if not question.strip():
        return
    time = read_time(question, TODAY)
    if time:
        assert time.expression in question or len(time.expression) <= len(question) + 10
        first, last = time.period
        assert first is None or last is None or first <= last
    asked = read_question(question, *_understanding(), time)
    assert len(asked.concepts) <= len(question) + 1
    assert all(phrase and all(phrase) for concept in asked.concepts for phrase in concept)
    wanted(question)
    asks_for_several(question)


def conversations(data: bytes) -> None:
    """A question after others is completed to one that is not too long, or stays as it is."""
    *said, question = text_of(data).split("\n")
    history = [Turn("assistant" if number % 2 else "user", one) for number, one in enumerate(said)]
    alone = standalone(question[:MAX_QUESTION], history)
    assert alone == question[:MAX_QUESTION] or 0 < len(alone) <= LONGEST


def times(data: bytes) -> None:
    """Dates stand in the text in order, none over another; their days are in order."""
    text = text_of(data)[:2_000]
    at = 0
    for found in read_dates(text, TODAY, "past"):
        assert at <= found.span.start < found.span.end <= len(text)
        first, last = found.period
        assert first is None or last is None or first <= last
        at = found.span.end
    periods = spoken_of(text, TODAY)
    time = read_time(text, TODAY)
    if time:
        assert 0 <= agreement(time, TODAY, periods) <= 1
        elsewhen(time, text, TODAY)


def sentences(data: bytes) -> None:
    """What is marked of a sentence, and the figures in it, stand in it."""
    question, _, sentence = text_of(data).partition("\n")
    question, sentence = question[:MAX_QUESTION], sentence[:MAX_SENTENCE]
    kind = wanted(question)
    fits(sentence, kind, question)
    for span in marked(sentence, kind, question):
        assert 0 <= span.start < span.end <= len(sentence)
    read_values(sentence, TODAY)
    asked = {word for word in words(question) if word}
    telling = Telling(sentence, asked)
    assert telling.says <= telling.may_say <= asked
    text = sentence or "x"
    article = Article("a", "a", text, split_sentences(text), "und")
    if article.sentences:
        assert all(0 <= item < len(article.sentences) for item in enumeration(article, 0))


def requests(data: bytes) -> None:
    """What is no question is refused, and one that is taken keeps within its bounds."""
    try:
        sent = json.loads(data)
    except (ValueError, RecursionError):
        return
    for kind in (AskRequest, SearchRequest):
        try:
            taken = kind.model_validate(sent)
        except ValidationError:
            continue
        query = taken.query() if isinstance(taken, AskRequest) else taken.to_query()
        assert 1 <= len(query.question) <= MAX_QUESTION
        assert query.question.strip()
        assert 1 <= query.top_k <= MAX_TOP_K
        first, last = query.filters.date_from, query.filters.date_to
        assert first is None or last is None or first <= last
        assert query.question.encode().decode() == query.question


def _seeds(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


def _documents() -> Iterator[bytes]:
    bodies = (
        "---\ntitle: 上海\ndate: 2025-01-02\ntags: [a, b]\nauthor: {name: x}\n---\n"
        "# 上海\n\n- 5%\n|a|b|\n|-|-|\n|1|2|",
        "第一行\n上海2025年的目标是5%。他说：“好。”\n记者 张三 编辑 李四",
        "<html><head><title>t</title><meta property='og:title' content='x'></head><body><article>"
        "<h1>t</h1><p onclick='a()'>One.</p><table><tr><th>a<td>b</table><script>x</script>",
        '{"id":"a","title":"t","html":"<p>x</p>","published":"2025-01-02T03:04:05Z","categories":["a"]}',
        '{"text":"One. Two."}\n{"text":"二。","url":"https://a.example/x"}\n',
        '<?xml version="1.0"?><rss><channel><item><title>t</title><link>https://a.example</link>'
        "<description>&lt;p&gt;x&lt;/p&gt;</description>"
        "<pubDate>Mon, 06 Jan 2025 01:02:03 GMT</pubDate>"
        "</item></channel></rss>",
        "Content-Type: multipart/related; boundary=b\n\n"
        "--b\nContent-Type: text/html\n\n<p>x\n--b--",
        '[{"text":"x"},{"markdown":"# y"}]',
        '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","content_html":"<p>x"}]}',
        "+++\ntitle = 'x'\ndate = 2025-01-02\n+++\n\n**x** &amp;amp; {{< figure caption=\"y\" >}}",
    )
    for number, body in enumerate(bodies):
        yield bytes([number % len(_NAMES)]) + body.encode()
    yield b"\x01" + bodies[1].encode("gb18030")
    yield b"\x01" + bodies[1].encode("utf-16")


_TEXT = _seeds(
    "上海2025年的目标是5%。“好！”他说。《你好，李焕英。》上映；票房54亿元…（完）\n"
    "第二段：一、二、三。",
    'Dr. Smith of the U.S. Treasury said: "No." It rose 5.2% to '
    "$3.4 billion. (Reuters) e.g. a.m. 3.",
    "a\u0301\u0301 \U0001f468\u200d\U0001f469 \u202eabc\u202c "
    "١٢٣ ｆｕｌｌ １２３ 〇一二三四五六七八九十百千万亿",
)
_QUESTIONS = _seeds(
    "去年三季度上海的GDP增长了多少？",
    "2024年7月至9月有哪些人说了什么，为什么，在哪里，几点？",
    "How many people did Mr. Wang's company hire between June and August last year?",
    "who said what at the latest summit in Q3 2019, and why? since 2019/03/04 as of now",
    "\U0001f600 ？？？ 《》 \u0300\u0301 ...",
)
_DIALOGUES = _seeds(
    "上海2025年的目标是什么\n目标是5%。\n那广州呢？",
    "what targets did Shanghai set for 2025\n5 %.\nand by 2035?",
    "谁说的\n他。\n还有呢",
)
_SENTENCES = tuple(question + b"\n" + text for question in _QUESTIONS for text in _TEXT[:2])
_REQUESTS = _seeds(
    '{"question":"x","top_k":5,"filters":{"date_from":"2025-01-02","date_to":"2025-01-03",'
    '"category":["a"]},"history":[{"role":"user","content":"y"}],"mode":"passages","as_of":"2025-01-02"}',
    '{"query":"x","retriever":"dense","time":false,"top_k":100}',
    '{"question":"\\ud83d\\ude00 \\u0000","stream":true}',
)
_RECORDS = _seeds(
    '{"id":"a","title":"t","text":"x。","date":"2025年1月2日","updated":"1735689600","url":"https://a",'
    '"publisher":"p","author":"q","categories":"a,b","lang":"zh-TW"}',
    '{"html":"<ol start=3><li>x<li>y</ol><pre> a\\n b</pre>","published":"Jan 2, 2025 6:41 pm"}',
    '{"markdown":"# x\\n\\n> y\\n\\n|a|b|\\n|-|-|\\n|1|2|\\n","categories":["a",["b"]]}',
)  # fmt: skip

LAWS: Mapping[str, Law] = {
    "documents": Law(documents, 0.1, tuple(_documents())),
    "records": Law(records, 0.1, _RECORDS),
    "passages": Law(passages, 0.2, _TEXT),
    "questions": Law(questions, 0.1, _QUESTIONS),
    "conversations": Law(conversations, 0.1, _DIALOGUES),
    "times": Law(times, 0.1, _QUESTIONS + _TEXT),
    "sentences": Law(sentences, 0.1, _SENTENCES),
    "requests": Law(requests, 0.2, _REQUESTS),
}
