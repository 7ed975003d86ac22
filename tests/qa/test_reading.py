"""A reader reads the best of what was found, and changes nothing in it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoder import ModelInfo
from embeddings.reader import BUILT_IN, Card, Reader, ReaderUnusable
from qa import search as module
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.home import reader_for
from qa.ranking import SERVED
from qa.search import Asked, Candidate, candidates, read, read_question, search
from qa.training.writing import write_reader
from qa.types import Query, Retriever
from tests.qa.training import make_network

QUESTIONS = ("上海2025年的目标是什么", "When does the museum open in March 2024?")
Ranked = tuple[Asked, list[Candidate]]


@pytest.fixture(scope="module")
def graph(seeds_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a reader that has its own mind about everything."""
    encoder, _ = seeds_engine.corpus.serving()
    path = tmp_path_factory.mktemp("reader") / "any.onnx"
    network = make_network(encoder.model.dimension, spread=5.0)
    write_reader(network, path, encoder.model.fingerprint, "by a test")
    return path


@pytest.fixture(scope="module")
def any_reader(graph: Path) -> Reader:
    return Reader(graph, graph.parent, threads=1)


@pytest.fixture(scope="module")
def ranked(seeds_engine: Engine, dictionary: Dictionary) -> Callable[[str, Retriever], Ranked]:
    """Return what ranks the passages for a question."""

    def found(question: str, retriever: Retriever = "hybrid") -> Ranked:
        encoder, index = seeds_engine.corpus.serving()
        asked = read_question(question, encoder, dictionary)
        importance = dict(zip(asked.concepts, index.weights(asked.concepts), strict=True))
        query = Query(question, 100, retriever=retriever)
        return asked, candidates(asked, index, query, importance)

    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_first_are_read_and_all_stay_as_they_are(
    seeds_engine: Engine,
    any_reader: Reader,
    ranked: Callable[[str, Retriever], Ranked],
    monkeypatch: pytest.MonkeyPatch,
    question: str,
) -> None:
    monkeypatch.setattr(module, "READ", 5)
    _, index = seeds_engine.corpus.serving()
    asked, before = ranked(question, "hybrid")
    after = read(asked, index, before, any_reader)
    assert [replace(one, reads=()) for one in after] == before
    assert [len(one.reads) for one in after[:5]] == [len(one.matches) for one in after[:5]]
    assert not any(one.reads for one in after[5:])


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_sentence_of_a_hit_has_its_own_logit(
    seeds_engine: Engine,
    dictionary: Dictionary,
    any_reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
) -> None:
    """Also where passages that touch make one hit, and only some of them were read."""
    monkeypatch.setattr(module, "READ", 3)
    encoder, index = seeds_engine.corpus.serving()
    asked = read_question(question, encoder, dictionary)
    articles, query = seeds_engine.corpus.articles, Query(question, 20)
    hits = search(asked, index, articles, query, SERVED, any_reader).hits
    assert any(hit.reads for hit in hits)
    for hit in hits:
        assert len(hit.reads) in (0, hit.passage.last - hit.passage.first + 1)


@pytest.mark.parametrize("retriever", ["dense", "lexical"])
def test_what_one_retriever_alone_found_is_not_read(
    seeds_engine: Engine,
    any_reader: Reader,
    ranked: Callable[[str, Retriever], Ranked],
    retriever: Retriever,
) -> None:
    _, index = seeds_engine.corpus.serving()
    asked, before = ranked(QUESTIONS[0], retriever)
    assert before
    assert read(asked, index, before, any_reader) == before


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_engine_finds_with_a_reader_what_it_finds_without(
    seeds_engine: Engine, dictionary: Dictionary, any_reader: Reader, question: str
) -> None:
    reading = Engine(seeds_engine.corpus, dictionary, reader=lambda _: any_reader)
    query = Query(question, 100)
    assert reading.search(query) == seeds_engine.search(query)
    answer = reading.ask(Query(question))
    for citation in answer.citations:
        article = seeds_engine.corpus.articles.get(citation.article_id)
        assert article.text[citation.source_start : citation.source_end] == citation.quote


def test_a_home_reads_as_its_settings_say(
    seeds_engine: Engine, graph: Path, tmp_path: Path
) -> None:
    encoder, _ = seeds_engine.corpus.serving()
    model = encoder.model
    other = ModelInfo("another", "another-1", model.dimension, model.max_tokens)
    assert reader_for(Settings(reader="none"))(model) is None
    opened = reader_for(Settings(reader=str(graph), cache=tmp_path))
    own = opened(model)
    assert own is not None
    assert own is opened(model)
    assert own.card == Card.read(graph)
    with pytest.raises(ReaderUnusable, match="set NEWSQA_READER to") as told:
        opened(other)
    assert told.value.path == graph
    for named in (model.fingerprint, "another-1"):
        assert named in str(told.value)
    missing = tmp_path / "missing.onnx"
    with pytest.raises(ReaderUnusable, match=r"missing\.json"):
        reader_for(Settings(reader=str(missing), cache=tmp_path))(model)


def test_the_built_in_reader_is_left_out_for_another_model(
    graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.home.BUILT_IN_READER", graph)
    opened = reader_for(Settings(cache=tmp_path))
    assert opened(ModelInfo("another", "another-1", 8, 512)) is None
    assert BUILT_IN.name == "reader.onnx"
