"""Examples -> a trained network, step by step, going on from the last checkpoint.

Two losses, both of softmax regressions. Over all sentences of a right passage and of several wrong
ones, and "none of them": the sentence that answers should be the likeliest; in some examples the
right passage is left out, and "none" is right. And over the tokens of the sentence that answers:
where the words begin and end that do.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from embeddings.late import unpack
from embeddings.reader import MOST_ASKED, MOST_TOKENS
from qa.training.mining import Example, Half, Numbers
from qa.training.network import Network

Report = Callable[[int, float, float], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a reader is trained; the defaults are those of the reader that is built in.

    Attributes:
        steps: of which each sees `questions`, with `wrong` passages for each.
        across: the share of the questions asked in the other language.
        nothing: the share whose answer is left out.
        dropped: the share whose tokens are thinned out: readers type keywords.
    """

    steps: int = 3_000
    questions: int = 16
    wrong: int = 4
    spans: int = 24
    rate: float = 5e-4
    across: float = 0.3
    nothing: float = 0.15
    dropped: float = 0.3
    seed: int = 0


class Learning:
    """A network on its way, with a checkpoint that it goes on from."""

    def __init__(
        self,
        plan: Plan,
        examples: Sequence[Example],
        packed: Mapping[int, bytes],
        checkpoint: Path,
    ) -> None:
        """Begin, or go on from the checkpoint if there is one."""
        torch.manual_seed(plan.seed)
        self._plan, self._examples, self._packed = plan, examples, packed
        self._spans = [at for at, one in enumerate(examples) if one.words]
        self._checkpoint = checkpoint
        self.network = Network(examples[0].question.shape[1])
        self._optimizer = torch.optim.AdamW(
            self.network.parameters(), plan.rate, betas=(0.9, 0.98), weight_decay=0.02
        )
        self.step = 0
        if checkpoint.exists():
            kept = torch.load(checkpoint, weights_only=True)
            self.network.load_state_dict(kept["network"])
            self._optimizer.load_state_dict(kept["optimizer"])
            self.step = kept["step"]

    def run(self, until: int, report: Report = lambda *_: None) -> None:
        """Take the steps before `until`; `report` is told the step and the two losses of each."""
        self.network.train()
        while self.step < min(until, self._plan.steps):
            # Its own source of chance for each step: to go on is the same as never to have stopped.
            random = np.random.default_rng((self._plan.seed, self.step))
            torch.manual_seed(self._plan.seed + self.step)
            for group in self._optimizer.param_groups:
                group["lr"] = self._plan.rate * self._pace()
            self._optimizer.zero_grad()
            # A processor that has no bfloat16 computes it all the same, slowly.
            with torch.autocast("cpu", torch.bfloat16):
                sentences, words = self._sentences(random), self._words(random)
            (sentences + words / 2).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self._optimizer.step()
            self.step += 1
            report(self.step, float(sentences.detach()), float(words.detach()))

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(
            {
                "network": self.network.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "step": self.step,
            },
            partial,
        )
        partial.replace(self._checkpoint)

    def _pace(self) -> float:
        """Return the share of the full rate: up over 200 steps, then down by half a cosine."""
        done = self.step / self._plan.steps
        return min((self.step + 1) / 200, max(0.02, (1 + math.cos(math.pi * done)) / 2))

    def _sentences(self, random: np.random.Generator) -> Tensor:
        count = 1 + self._plan.wrong
        questions: list[Half] = []
        chosen: list[list[int]] = []
        found: list[float] = []
        right: list[set[tuple[int, int]]] = []
        unsure: list[set[tuple[int, int]]] = []
        for at in self._drawn(range(len(self._examples)), self._plan.questions):
            example = self._examples[at]
            answering = [*dict.fromkeys(int(key) for key, _ in example.right)]
            others = [int(key) for key in example.keys if key not in answering]
            left_out = others and random.random() < self._plan.nothing
            kept = [] if left_out else answering[:1]
            if others:
                odds = 1 / np.arange(2, len(others) + 2)
                most = min(count - len(kept), len(others))
                others = random.choice(others, most, replace=False, p=odds / odds.sum()).tolist()
            questions.append(self._asked(example, random))
            chosen.append([*kept, *others])
            scores = dict(zip(example.keys.tolist(), example.found.tolist(), strict=True))
            found += (scores[key] for key in chosen[-1])
            right.append({(int(key), int(part)) for key, part in example.right if key in kept})
            unsure.append({(int(key), int(part)) for key, part in example.unsure})
        texts = [unpack(self._packed[key]) for keys in chosen for key in keys]
        rows = [text.rows[:MOST_TOKENS] for text in texts]
        part = [np.repeat(np.arange(len(text.counts)), text.counts) for text in texts]
        asked = [question for question, keys in zip(questions, chosen, strict=True) for _ in keys]
        parts = max(len(text.counts) for text in texts) - 1
        answers, _ = self.network(
            *_batch(asked, rows, part), torch.arange(1, parts + 1), torch.tensor(found)
        )
        losses = []
        at = 0
        for keys, own, same in zip(chosen, right, unsure, strict=True):
            told, counts = [], []
            for key in keys:
                length = len(texts[at].counts) - 1
                for place in range(length):
                    if (key, place) in own or (key, place) not in same:
                        told.append(answers[at, place])
                        counts.append((key, place) in own)
                at += 1
            logits = torch.stack([*told, answers.new_zeros(())])
            good = torch.tensor([*counts, not any(counts)])
            losses.append(logits.logsumexp(0) - logits[good].logsumexp(0))
        return torch.stack(losses).mean()

    def _words(self, random: np.random.Generator) -> Tensor:
        some = [self._examples[at] for at in self._drawn(self._spans, self._plan.spans)]
        rows: list[NDArray[Any]] = []
        ends = []
        for one in some:
            assert one.words
            rows.append(one.words.vectors[:MOST_TOKENS])
            ends.append((one.words.first, min(one.words.last, MOST_TOKENS - 1)))
        part = [np.ones(len(one), np.int64) for one in rows]
        asked = [self._asked(one, random) for one in some]
        question, there, text, places = _batch(asked, rows, part)
        _, edges = self.network(
            question, there, text, places, torch.arange(1, 2), torch.zeros(len(text))
        )
        logits = edges.masked_fill(places[..., None] < 0, -1e4)
        target = torch.tensor(ends).clamp(max=logits.shape[1] - 1)
        begins, ends_at = (
            functional.cross_entropy(logits[..., side], target[:, side]) for side in (0, 1)
        )
        return begins + ends_at

    def _drawn(self, among: Sequence[int], count: int) -> list[int]:
        """Return the examples of this step: each once before any comes again."""
        turns = (divmod(at, len(among)) for at in range(self.step * count, (self.step + 1) * count))
        return [among[int(_order(self._plan.seed, turn, len(among))[at])] for turn, at in turns]

    def _asked(self, example: Example, random: np.random.Generator) -> Half:
        """Return the question's tokens, now and then of the other language, or some of them."""
        tokens = example.question
        switched = len(example.switched) and random.random() < self._plan.across * 2
        if switched:
            tokens = example.switched
        if random.random() < self._plan.dropped:
            kept = random.random(len(tokens)) < 0.88
            tokens = tokens[kept] if kept.sum() > 2 else tokens
        return tokens[:MOST_ASKED]


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, count: int) -> Numbers:
    return np.random.default_rng((seed, turn, count)).permutation(count)


def _batch(
    asked: Sequence[Half], rows: Sequence[NDArray[Any]], part: Sequence[NDArray[Any]]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return questions and texts, each filled up to the longest, as the network takes them."""
    width = asked[0].shape[1]
    question = np.zeros((len(asked), max(map(len, asked)), width), np.float32)
    there = np.zeros(question.shape[:2], bool)
    text = np.zeros((len(rows), max(map(len, rows)), width), np.float32)
    places = np.full(text.shape[:2], -1, np.int64)
    for at, (tokens, own, place) in enumerate(zip(asked, rows, part, strict=True)):
        question[at, : len(tokens)] = tokens
        there[at, : len(tokens)] = True
        text[at, : len(own)] = own.reshape(-1, width)  # what has no token has no width
        places[at, : len(own)] = place[: len(own)]
    return (
        torch.from_numpy(question),
        torch.from_numpy(there),
        torch.from_numpy(text),
        torch.from_numpy(places),
    )
