"""What a notebook shows: everything that is told, nothing that runs, and links to the web alone."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.engine import Engine
from qa.figures import ABSTENTION, ALL, Parts, as_table
from qa.html_repr import html_of
from qa.types import Answer, Citation, IndexInfo, Query, Scores, Source, Span, Status, Timings

from .conftest import make_article, make_hit

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&lt;b&gt;\u202egnp"
ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,<script>",
    " javascript:x",
    "//elsewhere.example/",
    "https://[",
    "",
)
TEXT = st.text(alphabet="a<>&\"'\n/=:;云\u202e\u2067 ", max_size=40)
SOURCE = Source(
    article_id="ferry",
    passage_id="ferry:0-0",
    title="The ferry",
    publisher="Harbour News",
    author="Ann",
    categories=("Sea",),
    published=datetime(2026, 5, 1, tzinfo=UTC),
    language="en",
    url="https://news.example/ferry?a=1&b=2",
    origin="ferry.md",
    text="It leaves at ten.",
    start=0,
    end=17,
    score=0.5,
    scores=Scores(0.5, None, 0.5),
    copies=(),
)


class Page(HTMLParser):
    """What a browser makes of a fragment: its elements, their attributes, and its text."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.marked = ""
        self.feed(fragment)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self.open:
            self.marked += data

    def links(self) -> list[str | None]:
        return [given["href"] for tag, given in self.elements if tag == "a"]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.elements if name == tag]


def answer(text: str = "", *quoted: Citation, status: Status = "answered") -> Answer:
    return Answer(
        id="ask-1",
        status=status,
        question="When?",
        standalone_question="When?",
        language="en",
        answer=text,
        confidence=0.9,
        index=IndexInfo("1", "model", 1, 1),
        timings_ms=Timings(),
        citations=quoted,
        sources=(SOURCE,),
    )


def citation(index: int, start: int, end: int, *marks: tuple[int, int]) -> Citation:
    spans = tuple(Span(*mark) for mark in marks)
    place = f"/articles/ferry#char={start}-{end}"
    return Citation(index, "ferry", "ferry:0-0", "", start, end, start, end, place, index, spans)


def nouns(text: str, url: str) -> Iterator[object]:
    """Yield one of each kind with this text wherever it may stand."""
    article = replace(
        make_article(
            "ferry", text or "a", title=text, publisher=text, author=text, categories=(text,)
        ),
        url=url,
    )
    hit = make_hit(article) if article.sentences else None
    source = replace(
        SOURCE, title=text, publisher=text, author=text, text=text, url=url, passage_id=text
    )
    yield from (article, source)
    if hit:
        yield from (hit, hit.passage)
    one = replace(citation(1, 0, len(text), (0, len(text) // 2)), url=url, passage_id=text)
    for status in ("answered", "conflicting"):
        told = answer(text, one, status=status)
        yield replace(told, question=text, sources=(source,))
    yield Parts({ALL: {text: 0.5}, text: {text: None}})


@given(text=TEXT | st.just(HOSTILE), url=st.sampled_from(ADDRESSES) | TEXT)
def test_nothing_that_is_told_becomes_an_element(text: str, url: str) -> None:
    for noun in nouns(text, url):
        page = Page(noun._repr_html_())  # type: ignore[attr-defined]
        used = {tag for tag, _ in page.elements}
        assert used <= {
            "div", "bdi", "sup", "mark", "details", "summary", "table", "tr", "th", "td",
        }  # fmt: skip
        given_names = {name for _, given in page.elements for name in given}
        assert given_names <= {"style", "dir", "title"}


@given(TEXT)
def test_an_article_is_shown_word_for_word(text: str) -> None:
    article = make_article("ferry", text, title="Ferry")
    assert text in Page(article._repr_html_()).text


def test_a_citation_leads_to_the_publisher_and_nowhere_else() -> None:
    told = answer("It leaves at ten.", citation(1, 0, 17, (13, 16)))
    page = Page(html_of(told))
    assert page.links() == [SOURCE.url, SOURCE.url]  # the number, and the source
    assert all(given["rel"] == "noopener noreferrer" for given in page.all("a"))
    # Nobody serves a home that was opened here: its own pages are nowhere.
    unknown = replace(told, sources=(replace(SOURCE, url=""),))
    assert Page(html_of(unknown)).links() == []
    assert "[1]" in Page(html_of(unknown)).text
    # A server says where it is.
    served = replace(citation(1, 0, 17), url="http://127.0.0.1:8000/articles/ferry#char=0-17")
    assert Page(html_of(replace(unknown, citations=(served,)))).links() == [served.url]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), max_size=4),
    st.integers(0, 20),
)
def test_what_is_marked_is_set_off_once_and_the_answer_stays_whole(
    marks: list[list[int]], cut: int
) -> None:
    text = "abcdefghijklmnopqrst"
    spans = [(start, end) for start, end in marks]
    told = answer(text, citation(1, 0, cut, *spans[:2]), citation(2, cut, 20, *spans[2:]))
    page = Page(html_of(replace(told, sources=())))
    covered = {at for start, end in spans for at in range(start, end)}
    assert page.marked == "".join(letter for at, letter in enumerate(text) if at in covered)
    body = page.text.partition("When?")[2].partition("answered")[0]
    assert body.replace("[1]", "").replace("[2]", "") == text
    assert body.index("[1]") == cut


def test_what_is_at_odds_is_a_row_each() -> None:
    text = "At ten.\nAt nine."
    corrected = replace(citation(2, 8, 16, (11, 15)), correction=True)
    page = Page(html_of(answer(text, citation(1, 0, 7), corrected, status="conflicting")))
    assert len(page.all("tr")) == 2
    assert "at odds" in page.text
    assert "correction" in page.text
    assert page.marked == "nine"


def test_a_report_shows_its_table() -> None:
    parts = Parts({ALL: {"hit@1": 0.5}, "en": {"hit@1": None}, ABSTENTION: {"auroc": 1.0}})
    page = Page(parts._repr_html_())
    assert len(page.all("table")) == 2
    words = as_table(parts).split()
    assert [word for word in words if word in unescape(page.text)] == words


def test_real_answers_are_shown_in_their_language(seeds_engine: Engine) -> None:
    shown = seeds_engine.ask("云帆制冷第二季度净利润是多少？")._repr_html_()
    page = Page(shown)
    assert "说法不一" in page.text
    assert "更正" in page.text
    assert "1.54亿元" in page.marked
    assert len(page.all("tr")) >= 2
    english = Page(seeds_engine.ask("How much do visitors pay?")._repr_html_())
    assert "answered · " in english.text


def test_a_question_alone_is_asked_as_usual(seeds_engine: Engine) -> None:
    question = "How much do visitors pay?"
    assert seeds_engine.search(question) == seeds_engine.search(Query(question))
    plain, whole = seeds_engine.ask(question), seeds_engine.ask(Query(question))
    assert (plain.answer, plain.citations) == (whole.answer, whole.citations)
    assert [type(one) for one in seeds_engine.stream(question)]


def test_how_a_noun_is_shown_is_none_of_its_fields() -> None:
    assert "_repr_html_" not in {one.name for one in fields(SOURCE)}
    assert repr(SOURCE).startswith("Source(article_id='ferry'")
    with pytest.raises(TypeError, match="int is not shown"):
        html_of(1)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys, qa; light = {'numpy', 'faiss', 'openvino', 'qa.home', 'qa.html_repr'};"
        "assert light.isdisjoint(sys.modules), light & set(sys.modules);"
        "from qa import Filters, Query;"
        "assert light.isdisjoint(sys.modules), light & set(sys.modules);"
        "from qa import open_home; assert callable(open_home);"
        "assert not hasattr(qa, 'nothing');"
        "assert all(hasattr(qa, name) for name in qa.__all__)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
