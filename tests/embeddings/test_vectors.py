"""VectorIndex against a dictionary and a product in numpy, over any history of changes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import embeddings.vectors
from embeddings.vectors import Ids, VectorIndex, Vectors

DIMENSION = 3
NONE = np.empty(0, np.int64)

# Small whole numbers: products are exact in float32, and ties are frequent.
_components = st.integers(-2, 2)
_vectors = st.tuples(*[_components] * DIMENSION)
_ids = st.integers(0, 30) | st.integers(2**62, 2**62 + 2)

Model = dict[int, tuple[int, ...]]


def array(ids: list[int]) -> Ids:
    return np.array(ids, np.int64)


def rows(vectors: list[tuple[int, ...]]) -> Vectors:
    return np.array(vectors, np.float32).reshape(-1, DIMENSION)


def brute_force(
    model: Model, query: tuple[int, ...], depth: int, allowed: list[int] | None = None
) -> list[tuple[int, float]]:
    found = [
        (id, float(np.dot(vector, query)))
        for id, vector in model.items()
        if allowed is None or id in allowed
    ]
    return sorted(found, key=lambda row: (-row[1], row[0]))[:depth]


class VectorIndexMachine(RuleBasedStateMachine):
    """Every index there ever was goes on answering as its own model does."""

    folder: Path

    @initialize(merge_at_least=st.sampled_from([4, 1_000]), ahead=st.sampled_from([2, 32]))
    def begin(self, merge_at_least: int, ahead: int) -> None:
        embeddings.vectors.MERGE_AT_LEAST = merge_at_least
        embeddings.vectors.AHEAD = ahead
        self.versions: list[tuple[VectorIndex, Model]] = [(VectorIndex.empty(DIMENSION), {})]

    def push(self, index: VectorIndex, model: Model) -> None:
        self.versions = [*self.versions[-4:], (index, model)]

    @rule(added=st.dictionaries(_ids, _vectors, max_size=8), removed=st.sets(_ids, max_size=4))
    def update(self, added: Model, removed: set[int]) -> None:
        index, model = self.versions[-1]
        kept = {id: vector for id, vector in model.items() if id not in removed}
        changed = index.updated(array(list(added)), rows(list(added.values())), array([*removed]))
        self.push(changed, kept | added)

    @rule()
    def merge(self) -> None:
        index, model = self.versions[-1]
        self.push(index.merged(), model)

    @rule()
    def save_and_load(self) -> None:
        index, model = self.versions[-1]
        index.save(self.folder / "vectors.faiss")
        self.push(VectorIndex.load(self.folder / "vectors.faiss"), model)

    @rule(
        query=_vectors,
        depth=st.integers(0, 12),
        allowed=st.none() | st.lists(_ids, max_size=8, unique=True),
    )
    def search(self, query: tuple[int, ...], depth: int, allowed: list[int] | None) -> None:
        chosen = None if allowed is None else array(allowed)
        for index, model in self.versions:
            found = index.search(np.array(query, np.float32), depth, chosen)
            assert found == brute_force(model, query, depth, allowed)

    @invariant()
    def holds_what_it_should(self) -> None:
        for index, model in getattr(self, "versions", []):
            assert len(index) == len(model)
            assert index.ids().tolist() == sorted(model)


def test_any_history_searches_like_brute_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for constant in ("MERGE_AT_LEAST", "AHEAD"):  # restored afterwards
        monkeypatch.setattr(embeddings.vectors, constant, 1_000)
    monkeypatch.setattr(VectorIndexMachine, "folder", tmp_path, raising=False)
    run_state_machine_as_test(
        VectorIndexMachine,
        settings=settings(max_examples=25, stateful_step_count=12),
    )


@given(seed=st.integers(0, 2**32 - 1), depth=st.integers(1, 40))
@settings(max_examples=25)
def test_real_numbers_are_ranked_by_their_product(seed: int, depth: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(100, 16)).astype(np.float32)
    query = random.normal(size=16).astype(np.float32)
    index = VectorIndex.empty(16).updated(np.arange(60), vectors[:60], NONE).merged()
    index = index.updated(np.arange(60, 100), vectors[60:], np.arange(0))

    found = index.search(query, depth)

    products = vectors @ query
    assert [id for id, _ in found] == np.argsort(-products)[:depth].tolist()
    np.testing.assert_allclose([score for _, score in found], np.sort(-products)[:depth] * -1, 1e-4)


@given(
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(1, 40),
    ahead=st.sampled_from([2, 32]),
    spread=st.sampled_from([1.0, 1e-2, 1e-4]),
    some=st.booleans(),
)
@settings(max_examples=50)
def test_what_bytes_cannot_tell_apart_is_told_apart(
    seed: int, depth: int, ahead: int, spread: float, some: bool
) -> None:
    """Fewer are the first of more, of all or of some, however much the vectors are alike."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=16) + spread * random.normal(size=(500, 16)) ** 3
    query = random.normal(size=16).astype(np.float32)
    index = VectorIndex.empty(16).updated(np.arange(500), vectors.astype("f"), NONE).merged()
    allowed = np.flatnonzero(random.random(500) < 0.5) if some else None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings.vectors, "AHEAD", ahead)
        found = index.search(query, depth, allowed)

    assert found == index.search(query, 500, allowed)[:depth]


@pytest.mark.parametrize("sealed", [0, 150, 300])
def test_of_many_equals_the_lowest_ids_are_found(sealed: int) -> None:
    """Copies of an article have one vector, and may be more than are asked for."""
    ids = np.random.default_rng(5).permutation(300)
    same = np.ones((300, DIMENSION), np.float32)
    index = VectorIndex.empty(DIMENSION).updated(ids[:sealed], same[:sealed], NONE).merged()
    index = index.updated(ids[sealed:], same[sealed:], NONE)

    found = index.search(np.ones(DIMENSION, np.float32), 120)

    assert [id for id, _ in found] == list(range(120))


def test_many_changes_are_merged_and_few_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings.vectors, "MERGE_AT_LEAST", 10)
    few = VectorIndex.empty(DIMENSION).updated(np.arange(9), np.ones((9, DIMENSION), "f"), NONE)
    many = few.updated(array([9]), np.ones((1, DIMENSION), "f"), NONE)

    assert few.merged() is not few
    assert many.merged() is many


def test_a_save_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vectors.faiss"
    one = VectorIndex.empty(DIMENSION).updated(array([1]), rows([(1, 0, 0)]), NONE)
    one.save(path)

    def fail(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        one.updated(array([2]), rows([(0, 1, 0)]), NONE).save(path)

    assert VectorIndex.load(path).ids().tolist() == [1]
    assert list(tmp_path.iterdir()) == [path]


def test_what_the_disk_refuses_is_an_error_of_the_disk(tmp_path: Path) -> None:
    one = VectorIndex.empty(DIMENSION).updated(array([1]), rows([(1, 0, 0)]), NONE)

    with pytest.raises(OSError, match="cannot be written"):
        one.save(tmp_path / "absent" / "vectors.faiss")


@pytest.mark.parametrize("content", [b"", b"no", b"no index", None])
def test_what_is_no_index_is_not_loaded(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vectors.faiss"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises((ValueError, FileNotFoundError)):
        VectorIndex.load(path)


@given(data=st.data())
@settings(max_examples=50)
def test_an_index_with_a_bit_flipped_or_its_end_cut_off_is_not_loaded(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "vectors.faiss"
    VectorIndex.empty(DIMENSION).updated(np.arange(50), np.ones((50, 3), "f"), NONE).save(path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[at:]
    path.write_bytes(content)

    with pytest.raises(ValueError, match="not as it was written"):
        VectorIndex.load(path)
