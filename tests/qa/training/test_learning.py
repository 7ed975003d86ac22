"""Examples make a network step by step, and to be stopped between two changes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch

from embeddings.encoder import Encoder
from embeddings.models import BUILT_IN
from embeddings.reader import MOST_ASKED, MOST_TOKENS
from embeddings.tokens import Role
from qa.training.learning import Half, Learning, Plan, _ends, _parts, open_half
from qa.training.mining import Example, Text

from . import ROWS, make_half

PLAN = Plan(steps=5, questions=3, texts=3)


def state(learning: Learning) -> dict[str, torch.Tensor]:
    return {name: one.clone() for name, one in learning.network.state_dict().items()}


def equal(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one, others[name]) for name, one in some.items())


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(
    examples: list[Example], half: Half, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, torch.Tensor]:
    """Return the network that one run makes."""
    learning = Learning(PLAN, examples, half, tmp_path_factory.mktemp("whole") / "never.pt")
    learning.run(PLAN.steps)
    return state(learning)


@pytest.mark.parametrize("stops", [(0,), (1, 3), (5,)])
def test_to_go_on_is_the_same_as_never_to_have_stopped(
    examples: list[Example],
    half: Half,
    whole: dict[str, torch.Tensor],
    tmp_path: Path,
    stops: tuple[int, ...],
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    for stop in stops:
        learning = Learning(PLAN, examples, half, checkpoint)
        learning.run(stop)
        learning.save()
        # What is done behind the checkpoint is done again, and chance was used for something else.
        learning.run(stop + 1)
        torch.rand(7)
        np.random.default_rng().random(7)
    learning = Learning(PLAN, examples, half, checkpoint)
    assert learning.step == stops[-1]
    steps: list[int] = []
    learning.run(PLAN.steps + 5, lambda step, *_: steps.append(step))
    assert steps == [*range(stops[-1] + 1, PLAN.steps + 1)]
    assert equal(state(learning), whole)


def test_another_seed_makes_another_network(
    examples: list[Example], half: Half, whole: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    learning = Learning(replace(PLAN, seed=1), examples, half, tmp_path / "never.pt")
    learning.run(PLAN.steps)
    assert not equal(state(learning), whole)


def test_a_checkpoint_is_whole_or_the_one_before(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "checkpoint.pt"
    learning = Learning(PLAN, examples, half, checkpoint)
    learning.run(1)
    learning.save()
    learning.run(2)

    def broken(_: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    with patch.object(torch, "save", broken), pytest.raises(OSError, match="full"):
        learning.save()
    assert Learning(PLAN, examples, half, checkpoint).step == 1


def test_the_encoder_stays_as_it_is(examples: list[Example], tmp_path: Path) -> None:
    """Its upper layers are where a network begins, and are not the network's."""
    half = make_half()
    before = [one.clone() for layer in half.upper for one in layer.parameters()]
    learning = Learning(replace(PLAN, rate=0.1), examples, half, tmp_path / "never.pt")
    learning.run(2)
    after = [one for layer in half.upper for one in layer.parameters()]
    assert all(map(torch.equal, before, after))


def test_what_is_shown_again_and_again_is_learnt(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    plan = replace(PLAN, steps=400, rate=0.01, nothing=0.0, dropped=0.0, across=0.0)
    learning = Learning(plan, examples, half, tmp_path / "never.pt")
    losses: list[tuple[float, float]] = []
    learning.run(60, lambda _, *both: losses.append(both))
    before, after = np.mean(losses[:10], axis=0), np.mean(losses[-10:], axis=0)
    assert (after < 0.8 * before).all(), (before, after)


def test_each_example_is_seen_once_before_any_is_seen_again(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    learning = Learning(PLAN, examples[:7], half, tmp_path / "never.pt")
    seen: Counter[int] = Counter(dict.fromkeys(range(7), 0))
    for learning.step in range(20):
        seen.update(learning._drawn())
        assert max(seen.values()) - min(seen.values()) <= 1
    assert sum(seen.values()) == 60


def test_a_question_keeps_most_of_its_tokens(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    """And all that are not its own."""
    learning = Learning(replace(PLAN, dropped=1.0, across=0.0), examples, half, tmp_path / "no")
    random = np.random.default_rng(0)
    for one in examples:
        ids, places = half.tokens(one.question, "query")
        own = int((places[:, 0] >= 0).sum())
        drawn = [learning._asked(one, random) for _ in range(40)]
        assert all(told[0] == ids[0] and told[-1] == ids[-1] for told in drawn)
        lengths = [len(told) - len(ids) + own for told in drawn]
        assert 0 <= min(lengths) <= max(lengths) <= own
        assert 0.7 * own < np.mean(lengths) < own


def test_now_and_then_a_question_is_asked_in_the_other_language(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    """Where it is known in that; and of a long one the beginning is read."""
    plan = replace(PLAN, dropped=0.0, across=0.5)
    learning, random = Learning(plan, examples, half, tmp_path / "no"), np.random.default_rng(0)
    for one in (*examples, replace(examples[0], switched="")):
        known = {
            tuple(half.tokens(text, "query")[0][:MOST_ASKED].tolist())
            for text in (one.question, one.switched or one.question)
        }
        drawn = {tuple(learning._asked(one, random).tolist()) for _ in range(30)}
        assert drawn == known
    long = replace(examples[0], question="长" * 2 * MOST_ASKED, switched="")
    assert len(learning._asked(long, random)) == MOST_ASKED


def test_the_answer_is_left_out_now_and_then_and_others_come_in_any_order(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    for nothing in (0.0, 1.0):
        learning = Learning(replace(PLAN, nothing=nothing), examples, half, tmp_path / "no")
        for one in examples:
            for _ in range(20):
                chosen = learning._chosen(one, random)
                assert 0 < len(set(chosen)) == len(chosen) <= PLAN.texts
                assert set(chosen) <= set(one.texts)
                shown = any(text.answer for text in chosen)
                assert shown == (one.right is not None and (not nothing or len(one.texts) == 1))


def test_whatever_was_found_can_be_learnt_from(
    examples: list[Example], half: Half, tmp_path: Path
) -> None:
    """Nothing beside the answer, nothing that answers, and sentences that are not read so far."""
    right = next(one for one in examples if one.right is not None)
    assert right.right is not None
    alone = replace(right, texts=(right.texts[right.right],))
    none = replace(right, texts=(Text("无", 0),))
    header = "题" * (MOST_TOKENS + 20)
    start = len(header) + 1
    far = replace(right, texts=(Text(f"{header}\n答", start, (start, start + 1)),))
    losses: list[float] = []
    for nothing in (0.0, 1.0):
        for some in ([alone], [none], [far], [alone, none, far]):
            plan = replace(PLAN, nothing=nothing)
            learning = Learning(plan, some, half, tmp_path / "never.pt")
            learning.run(2, lambda _, *both: losses.extend(both))
    assert len(losses) == 32
    assert np.isfinite(losses).all()


def test_a_sentence_has_the_tokens_behind_its_start(examples: list[Example], half: Half) -> None:
    for one in examples:
        for text in one.texts:
            _, places = half.tokens(text.text, "passage")
            own = places[_parts(places, text.start) == 1]
            read = "".join(text.text[start:end] for start, end in own)
            assert read == "".join(text.text[text.start :].split())


def test_the_words_end_with_the_tokens_of_the_answer(examples: list[Example], half: Half) -> None:
    for one in examples:
        for text in one.texts:
            _, places = half.tokens(text.text, "passage")
            ends = _ends(places, text)
            assert (ends is None) == (text.answer is None)
            if ends and text.answer:
                assert (places[ends[0], 0], places[ends[1], 1]) == text.answer


def test_a_text_half_read_is_the_same_alone_and_among_others(half: Half) -> None:
    texts = [half.tokens(one.text, "passage")[0] for one in ROWS] * 3
    together = half.read(texts)
    for ids, rows in zip(texts, together, strict=True):
        (alone,) = half.read([ids])
        assert rows.shape == alone.shape == (len(ids), 16)
        torch.testing.assert_close(rows, alone, rtol=1e-3, atol=1e-4)


def test_who_learns_reads_what_is_read_where_it_is_served(
    neutral_encoder: Encoder, model_cache: Path
) -> None:
    half = open_half(BUILT_IN, model_cache)
    asked: dict[Role, list[str]] = {
        "passage": [one.text for one in ROWS],
        "query": [one.question for one in ROWS],
    }
    for role, texts in asked.items():
        served = (
            [neutral_encoder.read_half(text, [])[0] for text in texts]
            if role == "query"
            else neutral_encoder.read_half("", texts)[1:]
        )
        cut = [half.tokens(text, role) for text in texts]
        read = half.read([ids for ids, _ in cut])
        for (_, places), rows, one in zip(cut, read, served, strict=True):
            np.testing.assert_array_equal(places, one.spans)
            cosines = torch.cosine_similarity(rows, torch.from_numpy(one.rows))
            assert float(cosines.min()) > 0.999
