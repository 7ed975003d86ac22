"""A reader reads the sentences that may answer, and has its say in which comes first."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from embeddings.encoder import ModelInfo
from embeddings.reader import BUILT_IN, Card, Reader, ReaderUnusable
from qa.candidates import READ_WEIGHTS, Candidate, candidates
from qa.config import Settings
from qa.context import in_context
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.home import reader_for
from qa.search import read_question, search
from qa.training.writing import write_reader
from qa.types import Query
from tests.qa.training import make_network

from .conftest import HashingEncoder, make_article, make_hit

QUESTIONS = ("上海2025年的目标是什么", "When does the museum open in March 2024?")


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


def ranked(
    engine: Engine, dictionary: Dictionary, question: str, reader: Reader | None
) -> list[Candidate]:
    encoder, index = engine.corpus.serving()
    asked = read_question(question, encoder, dictionary)
    found = search(asked, index, engine.corpus.articles, Query(question, 20))
    return candidates(asked, question, found.hits, encoder, found.weights, reader)


def places(some: list[Candidate]) -> set[tuple[str, int]]:
    return {(one.hit.article.id, one.sentence) for one in some}


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_sentence_is_read_as_it_is_alone_in_its_context(
    seeds_engine: Engine, dictionary: Dictionary, any_reader: Reader, question: str
) -> None:
    some = ranked(seeds_engine, dictionary, question, any_reader)
    encoder, _ = seeds_engine.corpus.serving()
    for one in some:
        text, start = in_context(one.hit.article, one.sentence)
        asked, half = encoder.read_half(question, [text])
        (alone,) = any_reader.read(asked, [half], [start])
        assert one.signals.read == pytest.approx(alone.logit, rel=0.05, abs=0.5)
        assert one.reading
        assert one.reading.words
        assert 0 <= one.reading.words.start < one.reading.words.end <= len(one.text)


@pytest.mark.parametrize("question", QUESTIONS)
def test_with_a_reader_the_same_sentences_are_read_and_matched_by_what_is_stored(
    seeds_engine: Engine, dictionary: Dictionary, any_reader: Reader, question: str
) -> None:
    read = ranked(seeds_engine, dictionary, question, any_reader)
    unread = ranked(seeds_engine, dictionary, question, None)
    assert places(read) == places(unread)
    own = {(one.hit.article.id, one.sentence): one.signals for one in unread}
    for one in read:
        other = own[one.hit.article.id, one.sentence]
        stored = one.hit.matches[one.sentence - one.hit.passage.first]
        assert one.signals == other._replace(closeness=0.0, match=stored, read=one.signals.read)
        assert stored == pytest.approx(other.match, abs=0.2)
    assert len({one.signals.read for one in read}) > 1
    assert {(one.signals.read, one.reading) for one in unread} == {(0.0, None)}


def test_where_no_token_vectors_are_stored_the_encoder_reads_to_match(
    any_reader: Reader, seeds_engine: Engine, dictionary: Dictionary
) -> None:
    encoder, index = seeds_engine.corpus.serving()
    asked = read_question(QUESTIONS[0], encoder, dictionary)
    found = search(asked, index, seeds_engine.corpus.articles, Query(QUESTIONS[0], 20))
    hits = [replace(hit, matches=()) for hit in found.hits]
    read, unread = (
        candidates(asked, QUESTIONS[0], hits, encoder, found.weights, one)
        for one in (any_reader, None)
    )
    own = {(one.hit.article.id, one.sentence): one.signals for one in unread}
    for one in read:
        other = own[one.hit.article.id, one.sentence]
        assert one.signals.match == pytest.approx(other.match, abs=1e-3)
        assert one.signals.read


def test_of_like_sentences_the_one_comes_first_that_the_reader_prefers(
    any_reader: Reader, seeds_engine: Engine, dictionary: Dictionary
) -> None:
    with patch("qa.candidates.READ_WEIGHTS", (*[0.0] * (len(READ_WEIGHTS) - 1), 1.0)):
        some = ranked(seeds_engine, dictionary, QUESTIONS[0], any_reader)
    said = [one.signals.read for one in some]
    assert said == sorted(said, reverse=True)


def test_where_the_encoder_does_not_tell_the_question_half_read_nothing_is_read(
    any_reader: Reader, dictionary: Dictionary
) -> None:
    """As one that is run by torch does not."""
    encoder = HashingEncoder(halved=False)
    question, hit = "票价", make_hit(make_article("a", "票价60元。周一闭馆。"))
    asked = read_question(question, encoder, dictionary)
    weights = dict.fromkeys(asked.concepts, 1.0)
    told = [candidates(asked, question, [hit], encoder, weights, x) for x in (any_reader, None)]
    assert told[0] == told[1] != []


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
