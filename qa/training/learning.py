"""Examples -> a trained network, step by step, going on from the last checkpoint.

Two losses, both of softmax regressions. Over the sentences that were found for a question, and
"none of them": the one that answers should be the likeliest; now and then it is left out, and
"none" is right. And over the tokens of the sentence that answers: where the words begin and end
that do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from embeddings.export import export, load, open_tokenizer
from embeddings.models import find_model, model_folder
from embeddings.reader import MOST_ASKED, MOST_TOKENS
from embeddings.tokens import PromptTokenizer, Role
from qa.training.mining import Example, Text
from qa.training.network import Network
from qa.training.writing import take_weights

Report = Callable[[int, float, float], object]

_TOGETHER = 16  # texts that are alike in length go through the network at a time
_WARM = 0.06  # share of the steps in which the rate rises
_FRESH = 5.0  # what was not trained before learns so many times as fast


@dataclass(frozen=True, slots=True)
class Plan:
    """How a reader is trained; the defaults are those of the reader that is built in.

    Attributes:
        steps: of which each sees `questions`, with `texts` sentences for each.
        across: the share of the questions asked in the other language.
        nothing: the share whose answer is left out.
        dropped: the share whose tokens are thinned out: readers type keywords.
    """

    steps: int = 1_600
    questions: int = 24
    texts: int = 2
    rate: float = 1.5e-4
    across: float = 0.25
    nothing: float = 0.15
    dropped: float = 0.2
    seed: int = 0


class Half:
    """The lower half of an encoder: texts to tokens as the layer in its middle leaves them."""

    def __init__(self, transformer: Any, tokenizer: PromptTokenizer) -> None:
        """Take a BertModel and the tokenizer that it is served with."""
        self._tokenizer, self._transformer = tokenizer, transformer
        layers = transformer.encoder.layer
        self.upper = layers[len(layers) // 2 :]
        self._lower = layers[: len(layers) // 2]
        self.heads: int = transformer.config.num_attention_heads

    def tokens(self, text: str, role: Role) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the ids of a text, int64[t], and where each stands in it, int32[t, 2].

        What is not of the text stands at (-1, -1).
        """
        (tokens,) = self._tokenizer.encode([text], role)
        ids = self._tokenizer.ids(tokens)
        own, spans = self._tokenizer.spans(tokens, role)
        places = np.full((len(ids), 2), -1, np.int32)
        places[own] = spans
        return ids, places

    @torch.no_grad()
    def read(self, texts: Sequence[NDArray[np.int64]]) -> list[Tensor]:
        """Return float[t, width] for the ids of each text."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        read: dict[int, Tensor] = {}
        for start in range(0, len(order), _TOGETHER):
            some = order[start : start + _TOGETHER]
            ids = pad_sequence([torch.from_numpy(texts[at]) for at in some], batch_first=True)
            lengths = torch.tensor([len(texts[at]) for at in some])
            there = torch.arange(ids.shape[1]) < lengths[:, None]
            away = torch.where(there, 0.0, -1e4)[:, None, None]
            hidden = self._transformer.embeddings(input_ids=ids)
            for layer in self._lower:
                told = layer(hidden, away.to(hidden.dtype))
                hidden = told[0] if isinstance(told, tuple) else told
            for at, rows in zip(some, hidden, strict=True):
                read[at] = rows[: len(texts[at])]
        return [read[at] for at in range(len(texts))]


def open_half(name: str, cache: Path) -> Half:
    """Return the lower half of the encoder called `name`.

    Raises:
        ModelUnusable: there is no such model.
    """
    model = find_model(name)
    with model_folder(model) as folder:
        transformer: Any = load(folder)[0]
    return Half(transformer.auto_model.eval(), open_tokenizer(export(model, cache)))


class Learning:
    """A network on its way, with a checkpoint that it goes on from."""

    def __init__(
        self,
        plan: Plan,
        examples: Sequence[Example],
        half: Half,
        checkpoint: Path,
        begin: Path | None = None,
    ) -> None:
        """Begin, with the reader `begin` if one is given, or go on from the checkpoint.

        Raises:
            ReaderUnusable: `begin` is no reader.
        """
        torch.manual_seed(plan.seed)
        self._plan, self._examples, self._half = plan, examples, half
        self._checkpoint = checkpoint
        self.network = Network(half.upper, half.heads)
        if begin:
            take_weights(self.network, begin)
        begun = [*self.network.layers.parameters()]
        fresh = [one for one in self.network.parameters() if all(one is not old for old in begun)]
        self._optimizer = torch.optim.AdamW(
            [{"params": begun, "times": 1.0}, {"params": fresh, "times": _FRESH}],
            plan.rate,
            betas=(0.9, 0.98),
            weight_decay=0.01,
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
                group["lr"] = self._plan.rate * group["times"] * self._pace()
            self._optimizer.zero_grad()
            # A processor that has no bfloat16 computes it all the same, slowly.
            with torch.autocast("cpu", torch.bfloat16):
                sentences, words = self._losses(random)
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
        """Return the share of the full rate: up, then straight down."""
        done = (self.step + 1) / self._plan.steps
        return min(done / _WARM, max(0.02, (1 - done) / (1 - _WARM)))

    def _losses(self, random: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return what is still wrong about the sentences of this step, and about the words."""
        asked: list[NDArray[np.int64]] = []
        chosen: list[Text] = []
        owners: list[int] = []
        for number, at in enumerate(self._drawn()):
            asked.append(self._asked(self._examples[at], random))
            texts = self._chosen(self._examples[at], random)
            chosen += texts
            owners += [number] * len(texts)
        cut = [self._half.tokens(one.text, "passage") for one in chosen]
        questions = self._half.read(asked)
        texts_read = self._half.read([ids[:MOST_TOKENS] for ids, _ in cut])
        answers: dict[int, Tensor] = {}
        words: list[Tensor] = []
        order = sorted(range(len(chosen)), key=lambda at: len(texts_read[at]))
        for start in range(0, len(order), _TOGETHER):
            some = order[start : start + _TOGETHER]
            parts = [_parts(cut[at][1][:MOST_TOKENS], chosen[at].start) for at in some]
            told, edges = self.network(
                *_filled([questions[owners[at]] for at in some]),
                pad_sequence([texts_read[at] for at in some], batch_first=True),
                pad_sequence([*map(torch.from_numpy, parts)], batch_first=True, padding_value=-1),
            )
            for row, at in enumerate(some):
                answers[at] = told[row]
                if ends := _ends(cut[at][1][:MOST_TOKENS], chosen[at]):
                    own = torch.from_numpy(parts[row] == 1)
                    logits = edges[row, : len(own)].masked_fill(~own[:, None], _FAR)
                    words.append(functional.cross_entropy(logits.T, torch.tensor(ends)))
        losses = []
        for number in range(len(asked)):
            own_texts = [at for at, owner in enumerate(owners) if owner == number]
            logits = torch.stack([*(answers[at] for at in own_texts), torch.zeros(())])
            right = [bool(chosen[at].answer) for at in own_texts]
            good = torch.tensor([*right, not any(right)])
            losses.append(logits.logsumexp(0) - logits[good].logsumexp(0))
        return torch.stack(losses).mean(), torch.stack(words).mean() if words else torch.zeros(())

    def _drawn(self) -> list[int]:
        """Return the examples of this step: each once before any comes again."""
        count, total = self._plan.questions, len(self._examples)
        turns = (divmod(at, total) for at in range(self.step * count, (self.step + 1) * count))
        return [int(_order(self._plan.seed, turn, total)[at]) for turn, at in turns]

    def _asked(self, example: Example, random: np.random.Generator) -> NDArray[np.int64]:
        """Return the question's ids, now and then of the other language, or some of them."""
        other = random.random() < self._plan.across and example.switched
        ids, places = self._half.tokens(other or example.question, "query")
        ids, places = ids[:MOST_ASKED], places[:MOST_ASKED]
        if random.random() < self._plan.dropped:
            kept = (random.random(len(ids)) < 0.88) | (places[:, 0] < 0)
            ids = ids[kept]
        return ids

    def _chosen(self, example: Example, random: np.random.Generator) -> list[Text]:
        """Return the texts that a question is shown with, those found first most often."""
        others = [at for at in range(len(example.texts)) if at != example.right]
        left_out = others and random.random() < self._plan.nothing
        right = [] if example.right is None or left_out else [example.right]
        if others:
            odds = 1 / np.arange(2, len(others) + 2)
            most = min(self._plan.texts - len(right), len(others))
            others = random.choice(others, most, replace=False, p=odds / odds.sum()).tolist()
        return [example.texts[at] for at in (*right, *others)]


_FAR = -1e4


@lru_cache(maxsize=4)
def _order(seed: int, turn: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, turn, count)).permutation(count)


def _parts(places: NDArray[np.int32], start: int) -> NDArray[np.int64]:
    """Return which tokens are of the sentence: 1, and 0 for those in front and the special ones."""
    return (places[:, 1] > start).astype(np.int64)


def _ends(places: NDArray[np.int32], text: Text) -> tuple[int, int] | None:
    """Return the tokens that the words of the answer begin and end with."""
    if not text.answer:
        return None
    first, last = text.answer
    within = np.flatnonzero(
        (places[:, 1] > max(first, text.start)) & (places[:, 0] < last) & (places[:, 0] >= 0)
    )
    return (int(within[0]), int(within[-1])) if len(within) else None


def _filled(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Return rows filled up to the longest, and which are there."""
    lengths = torch.tensor([len(one) for one in rows])
    filled = pad_sequence([*rows], batch_first=True)
    return filled, torch.arange(filled.shape[1]) < lengths[:, None]
