"""What the tests of several packages share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from embeddings.encoder import Encoder, open_encoder
from embeddings.models import BUILT_IN
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.neutral import NeutralEncoder
from qa.sources import read_paths
from tests.postgres import postgres, postgres_cluster

__all__ = ["postgres", "postgres_cluster"]  # fixtures of all tests

# What is first to need the segmenter or the model waits for it: time says nothing here.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What the developer has configured for themselves is none of the tests'.
os.environ["NEWSQA_CONFIG"] = ""

SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Return the product's own cache, so that the built-in model is exported once a machine."""
    return Path(os.environ.get("NEWSQA_CACHE") or Path.home() / ".cache" / "newsqa")


@pytest.fixture(scope="session")
def encoder(model_cache: Path) -> Encoder:
    """Return the encoder that is served: the built-in model by OpenVINO."""
    return open_encoder(cache=model_cache)


@pytest.fixture(scope="session")
def neutral_encoder(encoder: Encoder, model_cache: Path) -> NeutralEncoder:
    """Return the encoder as a home uses it."""
    return NeutralEncoder(encoder, model_cache)


@pytest.fixture(scope="session")
def dictionary(model_cache: Path) -> Dictionary:
    """Return the dictionary of the product's own cache."""
    return Dictionary(model_cache)


@pytest.fixture(scope="session")
def open_engine(
    neutral_encoder: NeutralEncoder, dictionary: Dictionary
) -> Callable[[Path], Engine]:
    """Return what opens an engine over a folder, all with one model."""
    return lambda home: Engine(Corpus(home, lambda _: neutral_encoder, BUILT_IN), dictionary)


@pytest.fixture(scope="session")
def seeds_engine(
    open_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    """Return an engine over `seeds/`. Shared: ask it, and change nothing in it."""
    engine = open_engine(tmp_path_factory.mktemp("seeds"))
    report = engine.corpus.add(read_paths([str(SEEDS)]))
    assert not report.refused
    return engine
