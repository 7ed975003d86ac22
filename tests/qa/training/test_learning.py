"""Examples make a network step by step, and to be stopped between two changes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch

from embeddings.encoder import TokenVectors
from embeddings.late import pack
from qa.training import learning as module
from qa.training.learning import Learning, Plan
from qa.training.mining import Example
from qa.training.network import Network
from tests.qa.conftest import DIMENSION

PLAN = Plan(steps=5, questions=3, wrong=2, spans=3)
Packed = dict[int, bytes]


def state(learning: Learning) -> dict[str, torch.Tensor]:
    return {name: one.clone() for name, one in learning.network.state_dict().items()}


def equal(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one, others[name]) for name, one in some.items())


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Let the networks be small, and one thread do it: what is tested is not what they know."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with patch.object(module, "Network", partial(Network, width=32, inner=32, layers=1)):
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(
    examples: list[Example], packed: Packed, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, torch.Tensor]:
    """Return the network that one run makes."""
    learning = Learning(PLAN, examples, packed, tmp_path_factory.mktemp("whole") / "never.pt")
    learning.run(PLAN.steps)
    return state(learning)


@pytest.mark.parametrize("stops", [(0,), (1, 3), (5,)])
def test_to_go_on_is_the_same_as_never_to_have_stopped(
    examples: list[Example],
    packed: Packed,
    whole: dict[str, torch.Tensor],
    tmp_path: Path,
    stops: tuple[int, ...],
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    for stop in stops:
        learning = Learning(PLAN, examples, packed, checkpoint)
        learning.run(stop)
        learning.save()
        # What is done behind the checkpoint is done again, and chance was used for something else.
        learning.run(stop + 1)
        torch.rand(7)
        np.random.default_rng().random(7)
    learning = Learning(PLAN, examples, packed, checkpoint)
    assert learning.step == stops[-1]
    steps: list[int] = []
    learning.run(PLAN.steps + 5, lambda step, *_: steps.append(step))
    assert steps == [*range(stops[-1] + 1, PLAN.steps + 1)]
    assert equal(state(learning), whole)


def test_another_seed_makes_another_network(
    examples: list[Example], packed: Packed, whole: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    learning = Learning(replace(PLAN, seed=1), examples, packed, tmp_path / "never.pt")
    learning.run(PLAN.steps)
    assert not equal(state(learning), whole)


def test_a_checkpoint_is_whole_or_the_one_before(
    examples: list[Example], packed: Packed, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    learning = Learning(PLAN, examples, packed, checkpoint)
    learning.run(1)
    learning.save()
    learning.run(2)

    def broken(_: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    with patch.object(torch, "save", broken), pytest.raises(OSError, match="full"):
        learning.save()
    assert Learning(PLAN, examples, packed, checkpoint).step == 1


def test_what_is_shown_again_and_again_is_learnt(
    examples: list[Example], packed: Packed, tmp_path: Path
) -> None:
    plan = replace(PLAN, steps=400, rate=0.05, nothing=0.0, dropped=0.0, across=0.0)
    learning = Learning(plan, examples, packed, tmp_path / "never.pt")
    losses: list[tuple[float, float]] = []
    learning.run(25, lambda _, *both: losses.append(both))
    before, after = np.mean(losses[:5], axis=0), np.mean(losses[-5:], axis=0)
    assert (after < 0.8 * before).all(), (before, after)


def test_each_example_is_seen_once_before_any_is_seen_again(
    examples: list[Example], packed: Packed, tmp_path: Path
) -> None:
    learning = Learning(PLAN, examples, packed, tmp_path / "never.pt")
    seen: Counter[int] = Counter(dict.fromkeys(range(7), 0))
    for learning.step in range(20):
        seen.update(learning._drawn(range(7), 3))
        assert max(seen.values()) - min(seen.values()) <= 1
    assert sum(seen.values()) == 60


def test_a_question_keeps_most_of_its_tokens(
    examples: list[Example], packed: Packed, tmp_path: Path
) -> None:
    plan = replace(PLAN, dropped=1.0, across=0.0)
    learning = Learning(plan, examples, packed, tmp_path / "never.pt")
    random = np.random.default_rng(0)
    for one in examples:
        lengths = [len(learning._asked(one, random)) for _ in range(40)]
        assert 0 < min(lengths) <= max(lengths) <= len(one.question)
        assert np.mean(lengths) > 0.7 * len(one.question)
    switched = Learning(replace(PLAN, dropped=0.0, across=0.5), examples, packed, tmp_path / "no")
    for one in examples:
        told = switched._asked(one, random)
        np.testing.assert_array_equal(told, one.switched if len(one.switched) else one.question)


def test_a_passage_alone_and_a_text_without_tokens_can_be_learnt_from(
    examples: list[Example], packed: Packed, tmp_path: Path
) -> None:
    """Nothing else was found, or what was found has neither letter nor digit."""
    rows, spans = np.zeros((0, DIMENSION), np.float32), np.zeros((0, 2), np.int32)
    empty = max(packed) + 1
    one = next(one for one in examples if len(one.right))
    key = int(one.right[0, 0])
    alone = replace(one, keys=np.array([key]), found=np.array([0.5], np.float32))
    beside = replace(one, keys=np.array([key, empty]), found=np.array([0.5, 0.4], np.float32))
    every = {**packed, empty: pack(TokenVectors(rows, spans), "", [0, 0])}
    losses: list[float] = []
    for plan, some in (
        (replace(PLAN, nothing=1.0), [alone]),
        (replace(PLAN, nothing=0.0), [beside]),
        (replace(PLAN, nothing=1.0), [alone, beside]),
    ):
        learning = Learning(plan, some, every, tmp_path / "never.pt")
        learning.run(2, lambda _, *both: losses.extend(both))
    assert len(losses) == 12
    assert np.isfinite(losses).all()
