"""The reader's network, as it is trained: question and text, half read, to what answers.

The lower layers of an encoder read question and text each alone, as they do anyway; its upper
layers, copied and taught anew, go on with both together (Cao et al. 2020, DeFormer). A text answers
by what its own tokens say together, weighed by what they are worth, beside what is asked.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_FAR = -1e4
_QUESTION, _FRONT, _OWN = range(3)


class Network(nn.Module):
    """Question and text to a logit for the text and two for each of its tokens; see `forward`."""

    def __init__(self, upper: Iterable[Any], heads: int) -> None:
        """Begin with the `upper` layers of a BertModel, which have so many heads."""
        super().__init__()
        layers = [_Layer(layer, heads) for layer in upper]
        self.layers, self.width = nn.ModuleList(layers), layers[0].width
        self.kind = nn.Embedding(3, self.width)
        nn.init.normal_(self.kind.weight, std=0.02)
        self.worth = nn.Linear(self.width, 1)
        self.answers = nn.Sequential(
            nn.Linear(2 * self.width, self.width), nn.GELU(), nn.Linear(self.width, 1)
        )
        self.edges = nn.Linear(self.width, 2)

    def forward(
        self, question: Tensor, asked: Tensor, text: Tensor, part: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what answers.

        Args:
            question: float32[n, q, width], its tokens as the lower layers leave them.
            asked: bool[n, q], which of them are there.
            text: float32[n, t, width], its tokens alike.
            part: int64[n, t]: 1 where they are of the sentence, 0 of what stands in front of it, -1
                where there is none.

        Returns:
            float32[n], the logit that the sentence answers, against 0 for "nothing does", and
            float32[n, t, 2], of each token that the answer begins, and ends, with it.
        """
        count = question.shape[1]
        mask = torch.cat([asked, part >= 0], 1)
        kind = torch.cat([torch.full_like(asked, _QUESTION, dtype=torch.int64), part + _FRONT], 1)
        hidden = torch.cat([question, text], 1) + self.kind(kind.clamp(0, _OWN))
        away = torch.where(mask, 0.0, _FAR)[:, None, None]
        for layer in self.layers:
            hidden = layer(hidden, away)
        said, own = hidden[:, count:].float(), part == 1
        worth = torch.softmax(self.worth(said)[..., 0].masked_fill(~own, _FAR), -1)
        weighed = (worth[..., None] * said).sum(1)
        there = asked[..., None].float()
        whole = (hidden[:, :count].float() * there).sum(1) / there.sum(1).clamp(1)
        answers: Tensor = self.answers(torch.cat([weighed, whole], -1))[..., 0]
        return answers.float(), self.edges(said).float()


class _Layer(nn.Module):
    """A layer of BERT (Devlin et al. 2019), whose weights are another's to begin with."""

    def __init__(self, layer: Any, heads: int) -> None:
        super().__init__()
        attention, output = layer.attention.self, layer.attention.output
        self.width: int = output.dense.in_features
        self.heads = heads
        self.looks = nn.Linear(self.width, 3 * self.width)
        with torch.no_grad():
            parts = (attention.query, attention.key, attention.value)
            self.looks.weight.copy_(torch.cat([part.weight for part in parts]))
            self.looks.bias.copy_(torch.cat([part.bias for part in parts]))
        self.joined, self.first = _same(output.dense), _same(output.LayerNorm)
        self.inner, self.outer = _same(layer.intermediate.dense), _same(layer.output.dense)
        self.second = _same(layer.output.LayerNorm)

    def forward(self, hidden: Tensor, away: Tensor) -> Tensor:
        rows, tokens, width = hidden.shape
        looks = self.looks(hidden).view(rows, tokens, 3, self.heads, width // self.heads)
        query, key, value = looks.permute(2, 0, 3, 1, 4).unbind()
        # Written out, it is trained a fifth faster than by torch's own function.
        logits = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5 + away
        told = torch.softmax(logits, -1).to(value.dtype) @ value
        told = self.joined(told.transpose(1, 2).reshape(rows, tokens, width))
        hidden = self.first(hidden + told)
        deeper = self.outer(functional.gelu(self.inner(hidden)))
        further: Tensor = self.second(hidden + deeper)
        return further


def _same(module: nn.Module) -> nn.Module:
    """Return a module alike, with weights of its own."""
    return deepcopy(module).requires_grad_(True)
