"""Whatever is asked, every citation is true: over `seeds/`, and over samples of development sets.

The samples need NEWSQA_DATA; with NEWSQA_SLOW they are ten times as large, which takes minutes.
The engine is asked at a threshold of 0: what it would not state must be true as well.
"""

import gzip
import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.known import Known, read_known
from qa.sources import read_paths
from web.app import create_app

from .evaluation import DATA, SETS, SLOW

SIZE = 10 if os.environ.get("NEWSQA_SLOW") else 1
QUESTIONS = 10 * SIZE
"""Of each language and part of a set."""
EVERY = 400 // SIZE
"""Of so many articles of a set one is taken, beside those that the questions mean."""
SAMPLED = [name for name in SETS if name not in (SLOW, "xquad_mixed")]
"""xquad_mixed is xquad_zh and xquad_en, which lie in one index here."""

OPTIONS = (
    {"top_k": 5, "mode": "extractive"},
    {"top_k": 1, "mode": "extractive"},
    {"top_k": 20, "mode": "extractive"},
    {"top_k": 3, "mode": "passages"},
)
LINKED = 100
"""Answers whose links are visited."""

Json = dict[str, Any]


class Asked(NamedTuple):
    """What was sent to /ask and what came back."""

    body: Json
    answer: Json


class Library:
    """The application over some articles, and its answers to some questions."""

    def __init__(self, engine: Engine, dictionary: Dictionary, questions: Sequence[str]) -> None:
        self.client = TestClient(create_app(Engine(engine.corpus, dictionary, threshold=0.0)))
        self._articles: dict[str, Json] = {}
        bodies = [
            {"question": one, **options}
            for one, options in zip(questions, cycle(OPTIONS), strict=False)
        ]
        self.asked = [Asked(body, self.client.post("/ask", json=body).json()) for body in bodies]

    def article(self, path: str) -> Json:
        """Return the article at this address."""
        if path not in self._articles:
            response = self.client.get(path, headers={"Accept": "application/json"})
            assert response.status_code == 200
            self._articles[path] = response.json()
        return self._articles[path]

    def citations(self) -> Iterator[tuple[Json, Json]]:
        """Yield each answer and each of its citations."""
        for _, answer in self.asked:
            for citation in answer["citations"]:
                yield answer, citation


def sample(name: str, into: Path) -> tuple[list[Path], list[Known]]:
    """Return where the articles of a sample of a set lie, and its questions."""
    folder = DATA / name
    known = read_known(folder / "queries.jsonl", QUESTIONS, SETS[name].by or None)
    wanted = {id for one in known for id in one.relevant | one.files}
    paths = []
    for passages in (folder / path for path in SETS[name].passages):
        if passages.is_dir():
            files = sorted(passages.iterdir())
            paths += [f for at, f in enumerate(files) if f.name in wanted or at % EVERY == 0]
        else:
            opened = gzip.open if passages.suffix == ".gz" else open
            with opened(passages, "rt", encoding="utf-8") as lines:
                taken = [
                    line for at, line in enumerate(lines) if _id(line) in wanted or at % EVERY == 0
                ]
            paths.append(into / f"{name}.jsonl")
            paths[-1].write_text("".join(taken), "utf-8")
    return paths, known


def _id(line: str) -> str:
    """Return the id of an article on a line, without reading the whole of it."""
    found = re.match(r'\{"id": "([^"]+)"', line)
    assert found, "an article's line does not begin with its id"
    return found[1]


@pytest.fixture(scope="module", params=["seeds", "development sets"])
def library(
    request: pytest.FixtureRequest,
    open_engine: Callable[[Path], Engine],
    dictionary: Dictionary,
    tmp_path_factory: pytest.TempPathFactory,
) -> Library:
    """Answers to the sentences of the seeds, or to the questions of the development sets."""
    if request.param == "seeds":
        engine: Engine = request.getfixturevalue("seeds_engine")
        articles = [change.article for change in engine.corpus.articles.page(None, 1000)]
        sentences = [span.of(one.text) for one in articles if one for span in one.sentences]
        return Library(engine, dictionary, 2 * sentences)
    if not DATA.is_dir():
        pytest.skip("needs NEWSQA_DATA: the folder of the development sets")
    engine = open_engine(tmp_path_factory.mktemp("home"))
    questions = []
    for name in SAMPLED:
        paths, known = sample(name, tmp_path_factory.mktemp(name))
        report = engine.corpus.add(read_paths(map(str, paths)))
        assert report.taken
        questions += [one.question for one in known]
    return Library(engine, dictionary, questions)


def test_a_quote_stands_where_it_is_said_to_stand(library: Library) -> None:
    count = 0
    for answer, citation in library.citations():
        text = library.article(urlsplit(citation["url"]).path)["text"]
        quote = citation["quote"]
        assert quote.strip()
        assert text[citation["source_start"] : citation["source_end"]] == quote
        assert answer["answer"][citation["answer_start"] : citation["answer_end"]] == quote
        count += 1
    assert count >= len(library.asked)


def test_marks_lie_within_what_they_mark(library: Library) -> None:
    for _, citation in library.citations():
        at = citation["answer_start"]
        for start, end in citation["marks"]:
            assert at <= start < end <= citation["answer_end"]
            at = end


def test_citations_and_statements_are_numbered_from_one(library: Library) -> None:
    for _, answer in library.asked:
        citations = answer["citations"]
        assert [one["index"] for one in citations] == list(range(1, len(citations) + 1))
        statements = [one["statement"] for one in citations]
        assert statements == sorted(statements)
        assert set(statements) == set(range(1, len(set(statements)) + 1))


def test_what_is_cited_is_among_the_sources_of_which_there_are_top_k_at_most(
    library: Library,
) -> None:
    for body, answer in library.asked:
        sources = {one["passage_id"]: one for one in answer["sources"]}
        assert len(sources) == len(answer["sources"]) <= body["top_k"]
        for citation in answer["citations"]:
            source = sources[citation["passage_id"]]
            assert source["article_id"] == citation["article_id"]
            assert source["start"] <= citation["source_start"]
            assert citation["source_end"] <= source["end"]


def test_every_link_opens_what_it_is_said_to_open(library: Library) -> None:
    answered = [answer for _, answer in library.asked if answer["citations"]][:LINKED]
    assert len(answered) == LINKED
    shell = library.client.get("/").text
    opened = set()
    for answer in answered:
        for one in [*answer["citations"], *answer["sources"]]:
            path, fragment = urlsplit(one["url"]).path, urlsplit(one["url"]).fragment
            place = re.fullmatch(r"char=(\d+)-(\d+)", fragment)
            assert place, one["url"]
            start, end = map(int, place.groups())
            article = library.article(path)
            assert article["id"] == one["article_id"]
            assert 0 <= start < end <= len(article["text"])
            assert article["text"][start:end] == one.get("quote", one.get("text"))
            opened.add(path)
    for path in opened:
        page = library.client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assert page.text == shell
