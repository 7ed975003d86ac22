"""The engines that the legs are tried on: Milvus Lite, the real 2.3.5, or an operator's own."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from qa.index import LocalIndex
from qa.milvus import Address, Milvus, MilvusLegs, MilvusRetrieval
from qa.sources import read_paths
from qa.store import ArticleStore, PassageStore
from qa.types import Article
from tests.conftest import SEEDS
from tests.engines import REQUIRED, Engine, installed, milvus_lite, milvus_server
from tests.qa.conftest import HashingEncoder, make_article, named

OWN = os.environ.get("MILVUS_URI", "")
"""An operator's server, on which all is tried instead, under names that begin with `newsqatest`."""

CORPUS = "test"
"""What tells the collections of the tests from others."""

HOSTILE = (
    '" or key >= 0 or publisher == "',
    "'; drop collection --",
    "back\\slash\n\ttab \N{GRINNING FACE} {} [] %s",
    "长" * 70_000,
)
"""Names of a publisher."""

Start = Callable[[], AbstractContextManager[Engine]]


def _running(start: Start, program: str) -> Iterator[Engine]:
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("an engine for each process beside the others is too much: make test-milvus")
    if not installed(program):
        if REQUIRED:
            pytest.fail(f"{program} is not installed: see tests/engines.py")
        pytest.skip(f"{program} is not installed: see tests/engines.py")
    with start() as engine:
        yield engine


@pytest.fixture(scope="session")
def lite() -> Iterator[Engine]:
    """Return a Milvus Lite, which has BM25."""
    yield from _running(milvus_lite, "milvus-lite")


@pytest.fixture(scope="session")
def server() -> Iterator[Engine]:
    """Return the real Milvus 2.3.5, which has none."""
    yield from _running(milvus_server, "milvus-server")


@pytest.fixture(scope="session", params=["own"] if OWN else ["lite", "server"])
def address(request: pytest.FixtureRequest) -> str:
    """Return the address of every engine."""
    return OWN or str(request.getfixturevalue(request.param).address)


@contextmanager
def connected(address: str) -> Iterator[Milvus]:
    """Yield a Milvus under a name of its own, of which nothing is left afterwards."""
    plain, _, options = address.partition("?")
    host = "/".join(plain.split("/")[:3])
    milvus = Milvus(Address.parse(f"{host}/newsqatest{uuid4().hex[:8]}?{options}".rstrip("?")))
    try:
        yield milvus
    finally:
        MilvusRetrieval(milvus, CORPUS).keep_only(())
        milvus.close()


@pytest.fixture
def milvus(address: str) -> Iterator[Milvus]:
    """Return every engine, under a name of this test's own."""
    with connected(address) as one:
        yield one


@dataclass
class Corpus:
    """Articles, the index on disk that is the measure, and the legs in Milvus that follow it.

    Attributes:
        retrieval: where the legs are; they are those of the generation `one`.
    """

    folder: Path
    milvus: Milvus
    encoder: HashingEncoder = field(default_factory=HashingEncoder)

    def __post_init__(self) -> None:
        self.articles = ArticleStore(self.folder / "articles.sqlite")
        self.local = LocalIndex.create(self.folder / "generation", self.encoder.model)
        self.retrieval = MilvusRetrieval(self.milvus, CORPUS)
        self.legs = self.opened()

    @property
    def store(self) -> PassageStore:
        """The passages that both follow."""
        return self.local.store

    def opened(self, fingerprint: str = "", name: str = "one") -> MilvusLegs:
        """Open legs over the passages, as another process would."""
        model = self.encoder.model
        return self.retrieval.open(
            name, self.folder, self.store, model.dimension, fingerprint or model.fingerprint
        )

    def put(self, *articles: Article) -> None:
        """Take these articles into the passages and the index on disk alone."""
        self.articles.put([named(article) for article in articles])
        self.local.catch_up(self.articles, self.encoder)

    def add(self, *articles: Article) -> None:
        """Take these articles in everywhere."""
        self.put(*articles)
        self.legs.follow()

    def remove(self, *ids: str) -> None:
        """Take these articles out everywhere."""
        self.articles.remove(ids)
        self.local.catch_up(self.articles, self.encoder)
        self.legs.follow()

    def close(self) -> None:
        """Finish what writes to files."""
        self.legs.settle()
        self.local.close()


@pytest.fixture
def corpus(milvus: Milvus, tmp_path: Path) -> Iterator[Corpus]:
    """Return an empty corpus on every engine."""
    made = Corpus(tmp_path, milvus)
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    """Return a corpus of the seeds and of articles by the hostile. Shared: change nothing."""
    with connected(address) as milvus:
        made = Corpus(tmp_path_factory.mktemp("filled"), milvus)
        seeds = [one.article for one in read_paths([str(SEEDS)]) if not isinstance(one, Exception)]
        made.add(
            *seeds,
            *(
                make_article(f"hostile-{at}", "龚正说，金价昨天上涨。Gold rose.", publisher=name)
                for at, name in enumerate(HOSTILE)
            ),
            *(make_article(f"same-{at}", "同一句话。The same words.") for at in range(30)),
        )
        yield made
        made.close()
