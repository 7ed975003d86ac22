"""VectorIndex against a dictionary and a product in numpy, over any history of changes."""

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import embeddings.exact
import embeddings.sketches
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

    @initialize(ahead=st.sampled_from([2, 32]))
    def begin(self, ahead: int) -> None:
        embeddings.exact.AHEAD = ahead
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
    monkeypatch.setattr(embeddings.exact, "AHEAD", 32)  # restored afterwards
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
        patch.setattr(embeddings.exact, "AHEAD", ahead)
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


def test_an_index_is_due_to_be_merged_after_many_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings.vectors, "MERGE_AT_LEAST", 10)
    few = VectorIndex.empty(DIMENSION).updated(np.arange(9), np.ones((9, DIMENSION), "f"), NONE)
    many = few.updated(array([9]), np.ones((1, DIMENSION), "f"), NONE)

    assert not few.due
    assert many.due
    assert not many.merged().due


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


SIZE = 24


class Truth:
    """Vectors by id, of which it counts how many are read at a time."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        self.held = dict(zip(ids.tolist(), vectors, strict=True))
        self.most = self.read = 0

    def __call__(self, ids: Ids) -> tuple[Ids, Vectors]:
        there = [id for id in ids.tolist() if id in self.held]
        self.read += len(there)
        self.most = max(self.most, len(there))
        return array(there), np.array([self.held[id] for id in there], "f").reshape(-1, SIZE)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sketches of few vectors, and few of these looked at."""
    monkeypatch.setattr(embeddings.vectors, "LARGE", 1_000)
    monkeypatch.setattr(embeddings.sketches, "HEAD", 400)
    monkeypatch.setattr(embeddings.sketches, "FEW", 40)


def made_up(count: int, seed: int = 0) -> tuple[Truth, Ids, Vectors]:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, SIZE)).astype(np.float32)
    ids = np.sort(random.choice(10 * count, count, replace=False))
    return Truth(ids, vectors), ids, vectors


def recall(index: VectorIndex, truth: Truth, allowed: Ids | None = None) -> float:
    """Return the share of the ten nearest to twenty questions; check what a search promises."""
    ids = np.intersect1d(index.ids(), index.ids() if allowed is None else allowed)
    _, vectors = truth(ids)
    right = 0
    for query in np.random.default_rng(9).normal(size=(20, SIZE)).astype(np.float32):
        found = index.search(query, 10, allowed)
        products = dict(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))
        exact = sorted(products, key=lambda id: (-products[id], id))[:10]
        assert found == sorted(found, key=lambda row: (-row[1], row[0]))
        for id, score in found:
            assert score == pytest.approx(products[id], abs=1e-4)
        right += len({id for id, _ in found} & set(exact))
    return right / 200


@pytest.mark.usefixtures("soon")
def test_many_are_kept_as_sketches_and_found_as_if_they_were_not() -> None:
    truth, ids, _ = made_up(3_000)
    index = VectorIndex.of(ids, truth, SIZE)

    assert index.kind.name == "sketched"
    assert index.kind.recall >= 0.99
    assert recall(index, truth) >= 0.99


@pytest.mark.usefixtures("soon")
def test_a_million_would_take_450_bytes_each_and_be_read_a_block_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 384 components; what stays the same however many there are is taken off."""
    monkeypatch.setattr(embeddings.sketches, "_ROWS", 500)
    monkeypatch.setattr(embeddings.sketches, "_SAMPLE", 600)
    sizes = []
    for count in (1_500, 3_000):
        vectors = np.random.default_rng(0).normal(size=(count, 384)).astype(np.float32)
        most = 0

        def truth(ids: Ids, vectors: Vectors = vectors) -> tuple[Ids, Vectors]:
            nonlocal most
            most = max(most, len(ids))
            return ids, vectors[ids]

        path = tmp_path / "vectors.faiss"
        VectorIndex.of(np.arange(count), truth, 384).save(path)
        sizes.append(path.stat().st_size)
        assert most <= 600
    assert (sizes[1] - sizes[0]) / 1_500 <= 450


@pytest.mark.usefixtures("soon")
def test_of_many_a_share_is_scanned_and_what_is_alike_is_found_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question reads the lists that are near to it, before and after the index was saved."""
    monkeypatch.setattr(embeddings.sketches, "SCANNED", 1)
    monkeypatch.setattr(embeddings.sketches, "_TOLD", 60)
    random = np.random.default_rng(1)
    middles = random.normal(size=(60, SIZE))
    near = middles[np.arange(6_000) % 60] + 0.3 * random.normal(size=(6_000, SIZE))
    truth, ids = Truth(np.arange(6_000), near.astype("f")), np.arange(6_000)
    index = VectorIndex.of(ids, truth, SIZE)
    index.save(tmp_path / "vectors.faiss")

    counted: Any = faiss.cvar
    for one in (index, VectorIndex.load(tmp_path / "vectors.faiss", truth)):
        counted.indexIVF_stats.reset()
        assert recall(one, truth) >= 0.95
        assert 0 < counted.indexIVF_stats.ndis <= 0.3 * 20 * len(ids)


@pytest.mark.usefixtures("soon")
def test_sketches_that_were_made_otherwise_are_not_loaded(tmp_path: Path) -> None:
    """Who loads them makes them anew from the truth."""
    truth, ids, vectors = made_up(1_200)
    index = VectorIndex.of(ids, truth, SIZE)
    with pytest.MonkeyPatch.context() as patch:
        flat = faiss.IndexRefineFlat(faiss.IndexPQFastScan(SIZE, SIZE // 2, 4))
        flat.train(vectors)
        patch.setattr(index._sealed, "_index", flat)
        index.save(tmp_path / "vectors.faiss")

    with pytest.raises(ValueError, match="no longer made"):
        VectorIndex.load(tmp_path / "vectors.faiss", truth)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("share", [0.005, 0.2, 0.7])
def test_a_filter_limits_sketches_exactly(share: float) -> None:
    truth, ids, _ = made_up(4_000)
    index = VectorIndex.of(ids, truth, SIZE)
    allowed = ids[np.random.default_rng(3).random(len(ids)) < share]

    assert recall(index, truth, allowed) >= 0.99
    assert {id for id, _ in index.search(np.ones(SIZE, "f"), 50, allowed)} <= set(allowed.tolist())


@pytest.mark.usefixtures("soon")
@given(data=st.data())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sketches_follow_changes_and_are_loaded_as_they_were_saved(
    tmp_path: Path, data: st.DataObject
) -> None:
    truth, ids, _ = made_up(1_500)
    index, present, last = VectorIndex.of(ids, truth, SIZE), set(ids.tolist()), int(ids[-1])
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    for _ in range(data.draw(st.integers(1, 4))):
        new = np.arange(last + 1, last + 1 + data.draw(st.integers(0, 30)))
        last += len(new)
        vectors = random.normal(size=(len(new), SIZE)).astype(np.float32)
        left = random.choice(sorted(present), data.draw(st.integers(0, 200)), replace=False)
        truth.held |= dict(zip(new.tolist(), vectors, strict=True))
        for id in left.tolist():
            del truth.held[id]
        present = (present | set(new.tolist())) - set(left.tolist())
        # What is told twice, as when a writer is followed that was stopped, is there once.
        twice = np.concatenate([new, array(sorted(present)[:3])])
        index = index.updated(*truth(np.unique(twice)), left)
        if data.draw(st.booleans()):
            index.save(tmp_path / "vectors.faiss")
            index = VectorIndex.load(tmp_path / "vectors.faiss", truth)
        elif data.draw(st.booleans()):
            index = index.merged()
        assert index.ids().tolist() == sorted(present)
        assert len(index) == len(present)
        assert recall(index, truth) >= 0.97


@pytest.mark.usefixtures("soon")
def test_an_article_that_comes_to_many_reads_and_trains_nothing() -> None:
    """What a question waits for does not grow with the index."""
    truth, ids, _ = made_up(3_000)
    index = VectorIndex.of(ids, truth, SIZE)
    truth.read = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embeddings.sketches.Sketches, "of", None)
        patch.setattr(embeddings.sketches.Sketches, "followed", None)
        changed = index.updated(array([40_000]), np.full((1, SIZE), 9, "f"), ids[:2])

    assert truth.read == 0
    assert changed.search(np.ones(SIZE, "f"), 1)[0][0] == 40_000
    assert index.search(np.ones(SIZE, "f"), 1)[0][0] != 40_000


@pytest.mark.usefixtures("soon")
def test_what_grows_or_shrinks_past_a_boundary_becomes_of_the_other_kind() -> None:
    truth, ids, vectors = made_up(1_200)
    exact = VectorIndex.empty(SIZE, truth).updated(ids[:900], vectors[:900], NONE)
    grown = exact.updated(ids[900:], vectors[900:], NONE)

    assert (exact.due, exact.merged().kind.name) == (False, "exact")
    assert (grown.due, grown.merged().kind.name) == (True, "sketched")
    for id in ids[400:].tolist():
        del truth.held[id]
    shrunk = grown.merged().updated(NONE, np.empty((0, SIZE), "f"), ids[400:])
    assert (shrunk.due, shrunk.merged().kind.name) == (True, "exact")
    assert shrunk.merged().ids().tolist() == ids[:400].tolist()


@pytest.mark.usefixtures("soon")
def test_sketches_tell_other_vectors_from_theirs() -> None:
    truth, ids, vectors = made_up(1_200)
    index = VectorIndex.of(ids, truth, SIZE)

    assert index.holds(ids[:100], vectors[:100])
    assert not index.holds(ids[:100], vectors[1:101])
    assert not index.holds(array([-1]), vectors[:1])
