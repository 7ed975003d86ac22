"""What is printed of an answer: the same plain lines to every pipe, and safe ones to a terminal."""

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from qa.drawing import drawn
from qa.lines import plain, seen
from qa.showing import links, tell_sources
from qa.store import ArticleStore, Draft
from qa.types import Answer, AskedTime, Citation, IndexInfo, Scores, Source, Span, Status, Timings

from .conftest import make_article

SEQUENCE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
"""What we write ourselves: weight and colour, and the beginning and end of a link."""


def source(id: str, text: str, publisher: str = "The Gazette", day: int = 1) -> Source:
    published = datetime(2026, 3, day, tzinfo=UTC)
    return Source(
        id, f"{id}:0-0", f"Title of {id}", publisher, "", (), published, "en",
        f"/articles/{id}#char=0-9", "", text, 0, len(text), 0.5, Scores(None, 1.0, 0.5), (),
    )  # fmt: skip


def answer(*sources: Source, status: Status = "answered", marks: tuple[Span, ...] = ()) -> Answer:
    """Return an answer that quotes each source in a statement of its own."""
    citations, at = [], 0
    for number, one in enumerate(sources, start=1):
        end = at + len(one.text)
        citations.append(
            Citation(
                number, one.article_id, one.passage_id, one.text, 0, len(one.text), at, end,
                f"/articles/{one.article_id}#char=0-{len(one.text)}", number,
                marks if number == 1 else (),
            )
        )  # fmt: skip
        at = end + 1
    text = "\n".join(one.text for one in sources)
    return Answer(
        "ask-1", status, "?", "?", "en", text, 0.9, IndexInfo("g", "m", 1, 1), Timings(),
        tuple(citations), sources,
    )  # fmt: skip


def shown(one: Answer, link: str = "", width: int = 80, *, colour: bool = True) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        force_terminal=True,
        width=width,
        highlight=False,
        color_system="standard" if colour else None,
    )
    console.print(drawn(one, lambda _: link))
    return file.getvalue()


def read(text: str) -> str:
    """Return what a reader sees of it."""
    return SEQUENCE.sub("", text)


TRAM = source("tram", "It carries 40,000 people a day.")
LINE = source("line", "It carries 41,000 people a day.", "港城日报", 9)


def test_a_pipe_is_given_lines() -> None:
    time = AskedTime("last month", date(2026, 2, 1), None, True, True, date(2026, 3, 1))
    assert plain(replace(answer(TRAM, LINE), time=time)) == (
        "It carries 40,000 people a day.\nIt carries 41,000 people a day.\n\n"
        "时间 / time: “last month”  2026-02-01 – …  最新在先 / newest first\n"
        "[1] Title of tram · The Gazette · 2026-03-01 · /articles/tram#char=0-31\n"
        "[2] Title of line · 港城日报 · 2026-03-09 · /articles/line#char=0-31\n"
    )
    nothing = replace(answer(TRAM), status="not_found", answer="None.", citations=())
    assert plain(nothing) == (
        "None.\n\n相关 / related:\n"
        "  - Title of tram · The Gazette · 2026-03-01 · /articles/tram#char=0-9\n"
    )


def test_what_answers_is_bold_and_each_citation_opens_its_article() -> None:
    told = shown(answer(TRAM, marks=(Span(11, 17),)), "https://example.org/tram")
    assert "\x1b[1m40,000\x1b[0m" in told
    linked = re.findall(r"\x1b\]8;[^;]*;(https://[^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\", told)
    assert [(address, read(text).strip()) for address, text in linked] == [
        ("https://example.org/tram", "[1]"),
        ("https://example.org/tram", "[1]"),
        ("https://example.org/tram", "Title of tram · The Gazette · 2026-03-01"),
    ]
    assert read(told).splitlines()[0] == "It carries 40,000 people a day. [1]"


def test_figures_that_differ_are_a_table() -> None:
    told = read(shown(answer(LINE, TRAM, status="conflicting")))
    rows = [line for line in told.splitlines() if "[1] │" in line or "[2] │" in line]
    assert [re.findall(r"2026-03-0\d", row) for row in rows] == [["2026-03-09"], ["2026-03-01"]]
    assert "港城日报" in rows[0]
    assert "different figures" in told


def test_where_nothing_answers_the_nearest_are_numbered() -> None:
    nothing = replace(answer(TRAM, LINE), status="not_found", answer="None.", citations=())
    lines = read(shown(nothing)).splitlines()
    assert lines[0] == "None."
    assert [line[:3] for line in lines if line.startswith("[")] == ["[1]", "[2]"]


def test_without_colour_there_is_none() -> None:
    told = shown(answer(TRAM, marks=(Span(11, 17),)), "https://example.org/", colour=False)
    assert not re.search(r"\x1b\[[0-9;]*m", told)


HOSTILE = st.text(
    alphabet="\x00\x07\x1b\x9b\x9d]8;[m2J\\\r\u202e\u2066 a中🚋/:[bold][/]", max_size=40
)


@given(HOSTILE, HOSTILE, HOSTILE, st.sampled_from(["answered", "conflicting", "not_found"]))
def test_nothing_in_an_article_commands_the_terminal(
    text: str, title: str, address: str, status: Status
) -> None:
    one = replace(source("a", f"x{text}"), title=title, publisher=title)
    told = shown(answer(one, status=status), f"https://{address}")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", read(told))


def test_nothing_in_an_article_is_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = source("a", "See [link=https://evil.example]this[/link] [/b] :smile:")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert tell_sources(answer(one), lambda _: "", 1)
    assert capsys.readouterr().out.splitlines()[1] == one.text


@given(HOSTILE)
def test_what_is_seen_has_as_many_characters(text: str) -> None:
    assert len(seen(text)) == len(text)


@pytest.mark.parametrize(
    ("url", "file", "origin", "expected"),
    [
        ("https://paper.example/1", "/n/a.md", "a.md", "https://paper.example/1"),
        ("javascript:alert(1)", "/n/a b.md", "a b.md", "file:///n/a%20b.md"),
        ("", "https://paper.example/feed", "", "https://paper.example/feed"),
        ("", "", "", ""),
    ],
)
def test_a_link_leads_to_the_publisher_or_else_to_the_file(
    tmp_path: Path, url: str, file: str, origin: str, expected: str
) -> None:
    store = ArticleStore(tmp_path / "articles.sqlite")
    article = replace(make_article("a", "It is."), url=url, origin=origin)
    store.put([Draft(article, b"{}", named=True, file=file)])
    assert links(store)(source("a", "It is.")) == expected
    assert links(store)(source("gone", "It is.")) == ""


def test_ids_are_found_by_how_they_begin(tmp_path: Path) -> None:
    store = ArticleStore(tmp_path / "articles.sqlite")
    for id in ("a%1", "a_2", "b3"):
        store.put([Draft(make_article(id, "It is.", title=id.upper()), id.encode(), named=True)])
    assert store.beginning("a", 9) == [("a%1", "A%1"), ("a_2", "A_2")]
    assert store.beginning("a_", 9) == [("a_2", "A_2")]
    assert store.beginning("", 1) == [("a%1", "A%1")]
    store.remove(["b3"])
    assert store.beginning("b", 9) == []
