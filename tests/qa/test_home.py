"""A home is opened whole, or with a part of retrieval taken away."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from embeddings.encoder import Encoder
from qa.config import Settings
from qa.dictionary import Dictionary, Unilingual
from qa.engine import Engine
from qa.home import Part, open_home
from qa.neutral import NeutralEncoder
from qa.ranking import SERVED, Weights
from qa.sources import read_paths
from qa.types import Query, Source

SEEDS = Path(__file__).parents[2] / "seeds"
QUESTIONS = (
    "上海2025年的目标是什么",
    "云帆制冷最新的营业收入是多少",
    "When does the museum open in March 2024?",
)


@pytest.fixture(scope="module")
def settings(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), cache=model_cache)


@pytest.fixture(scope="module")
def whole(settings: Settings) -> Engine:
    engine = open_home(settings=settings)
    assert not engine.corpus.add(read_paths([str(SEEDS)])).refused
    return engine


def found(engine: Engine) -> list[tuple[Source, ...]]:
    return [engine.search(Query(question, 20)) for question in QUESTIONS]


def test_opening_a_home_makes_no_index_yet(tmp_path: Path, settings: Settings) -> None:
    engine = open_home(tmp_path / "new", settings)
    assert engine.corpus.home.is_dir()
    assert engine.corpus.manifest() is None


def test_the_home_that_is_named_counts_more_than_the_settings(
    whole: Engine, tmp_path: Path, settings: Settings
) -> None:
    assert whole.corpus.home == settings.home
    assert open_home(tmp_path, settings).corpus.home == tmp_path


@pytest.mark.parametrize(
    ("without", "weights"),
    [
        ((), SERVED),
        ((Part.WORDS,), replace(SERVED, words=0.0)),
        ((Part.LATE,), replace(SERVED, match=0.0)),
        ((Part.LEAD,), replace(SERVED, lead=0.0)),
        ((Part.TIME,), replace(SERVED, time=0.0, fresh=0.0)),
        ((Part.LEAD, Part.LATE), replace(SERVED, lead=0.0, match=0.0)),
    ],
)
def test_a_part_that_is_taken_away_counts_nothing(
    whole: Engine,
    settings: Settings,
    dictionary: Dictionary,
    without: Collection[Part],
    weights: Weights,
) -> None:
    opened = open_home(settings=settings, without=without)
    assert found(opened) == found(Engine(whole.corpus, dictionary, weights))
    assert (found(opened) == found(whole)) == (not without)


def test_without_the_dictionary_words_of_another_language_are_not_found(
    whole: Engine, settings: Settings
) -> None:
    opened = open_home(settings=settings, without=[Part.DICTIONARY])
    assert found(opened) == found(Engine(whole.corpus, Unilingual()))
    assert found(opened) != found(whole)


def test_vectors_that_keep_their_language_are_another_models(
    tmp_path: Path, settings: Settings, encoder: Encoder
) -> None:
    opened = open_home(tmp_path, settings, without=[Part.NEUTRAL])
    plain, _ = opened.corpus.serving()
    assert not isinstance(plain, NeutralEncoder)
    assert plain.model == encoder.model


def test_token_vectors_can_be_switched_off_where_they_are_kept(
    whole: Engine, settings: Settings
) -> None:
    off = open_home(settings=settings.model_copy(update={"token_vectors": False}))
    assert found(off) == found(open_home(settings=settings, without=[Part.LATE]))
    manifest = whole.corpus.manifest()
    assert manifest
    assert manifest.token_vectors


def test_a_home_that_is_begun_without_token_vectors_keeps_none(
    tmp_path: Path, settings: Settings, whole: Engine, dictionary: Dictionary
) -> None:
    off = open_home(tmp_path, settings.model_copy(update={"token_vectors": False}))
    off.corpus.add(read_paths([str(SEEDS)]))
    manifest = off.corpus.manifest()
    assert manifest
    assert not manifest.token_vectors
    unmatched = Engine(whole.corpus, dictionary, replace(SERVED, match=0.0))
    for there, here in zip(found(unmatched), found(off), strict=True):
        assert [one.passage_id for one in here] == [one.passage_id for one in there]
