"""What a small encoder finds for the rows: examples to learn from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.training.learning import Half
from qa.training.mining import Example, Mine
from tests.qa.conftest import HashingEncoder

from . import ROWS, make_half


@dataclass(frozen=True, slots=True)
class Mining:
    """A mine in a folder, and the encoder that keeps count of what it encoded."""

    mine: Mine
    engines: dict[str, Engine]
    encoder: HashingEncoder
    folder: Path


OpenMine = Callable[[Path], Mining]


@pytest.fixture(scope="session")
def open_mine(dictionary: Dictionary) -> OpenMine:
    """Return what opens a mine in a folder, each with an encoder of its own."""

    def opened(folder: Path) -> Mining:
        encoder = HashingEncoder()
        engines: dict[str, Engine] = {}

        def open_engine(home: Path) -> Engine:
            engines[home.name] = Engine(Corpus(home, lambda _: encoder, encoder.name), dictionary)
            return engines[home.name]

        return Mining(Mine(open_engine, dictionary, folder), engines, encoder, folder)

    return opened


@pytest.fixture(scope="session")
def mining(open_mine: OpenMine, tmp_path_factory: pytest.TempPathFactory) -> Mining:
    """Return a mine whose texts are indexed. Shared: change nothing in it."""
    mining = open_mine(tmp_path_factory.mktemp("mine"))
    mining.mine.index(ROWS, lambda _: None)
    return mining


@pytest.fixture(scope="session")
def examples(mining: Mining) -> list[Example]:
    """Return the examples of all rows."""
    return [*mining.mine.examples(ROWS, lambda _: None)]


@pytest.fixture(scope="session")
def half() -> Half:
    """Return the lower half of a small model."""
    return make_half()
