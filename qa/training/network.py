"""The reader's network, as it is trained: question and text, token by token, to what answers.

The tokens of both, as an encoder left them, go through a few layers together (Vaswani et al. 2017,
normalised before, Xiong et al. 2020). So that nothing has to be learnt to see which tokens are
alike, every token is told the cosine of its like on the other side, and the first two heads of each
layer attend by the cosines of tokens as well. A part of the text is what its tokens say together,
weighed by what they are worth. What the network says of a part is added to what is known without
it: how well its text was found, and how well the question's tokens find their like in the part.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

PARTS = 24
"""Parts that are told apart by number; further ones count as the last."""

_FAR = -1e4
_HEADS = 4
_BY_COSINE = (8.0, 4.0, 0.0, 0.0)
_QUESTION, _TEXT, _FRONT = range(3)


class Network(nn.Module):
    """Question and text to a logit for each part and each token; see `forward`."""

    def __init__(
        self, dimension: int, width: int = 192, inner: int = 512, layers: int = 2, drop: float = 0.1
    ) -> None:
        """Make a network of `layers` layers for token vectors of `dimension` components."""
        super().__init__()
        self.scale = math.sqrt(dimension) / 4
        self.entry = nn.Linear(dimension, width)
        self.kind = nn.Embedding(3, width)
        self.place = nn.Embedding(PARTS, width)
        self.alike = nn.Linear(1, width)
        for table in (self.kind, self.place):
            nn.init.normal_(table.weight, std=0.02)
        self.drop = nn.Dropout(drop)
        self.layers = nn.ModuleList(_Layer(width, inner, drop) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.worth = nn.Linear(width, 1)
        last = nn.Linear(width, 1)
        # So that before it has learnt anything a network ranks as would be done without it.
        nn.init.zeros_(last.weight)
        self.answers = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), last)
        self.edges = nn.Linear(width, 2)
        self.known = nn.Parameter(torch.tensor([10.0, 10.0, -12.0]))
        self.by_cosine = nn.Buffer(torch.tensor(_BY_COSINE), persistent=False)

    def forward(
        self,
        question: Tensor,
        asked: Tensor,
        text: Tensor,
        part: Tensor,
        parts: Tensor,
        found: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return what answers.

        Args:
            question: float32[n, q, dimension], its tokens.
            asked: bool[n, q], which of them are there.
            text: float32[n, t, dimension], its tokens.
            part: int64[n, t], the part that each is of; 0 stands in front and answers nothing, -1
                is not there.
            parts: int64[p], the numbers of the parts that are asked for.
            found: float32[n], how well each text was found: the score of its passage.

        Returns:
            float32[n, p], the logit of each part, against 0 for "nothing does", and
            float32[n, t, 2], of each token that the answer begins, and ends, with it.
        """
        count = question.shape[1]
        there = part >= 0
        mask = torch.cat([asked, there], 1)
        tokens = torch.cat([question, text], 1)
        unit = functional.normalize(tokens, dim=-1)
        cosines = unit @ unit.transpose(1, 2)
        best = torch.cat(
            [
                cosines[:, :count, count:].masked_fill(~there[:, None], -1.0).amax(2),
                cosines[:, count:, :count].masked_fill(~asked[:, None], -1.0).amax(2),
            ],
            1,
        )
        text_kind = torch.where(part > 0, _TEXT, _FRONT)
        kind = torch.cat([torch.full_like(asked, _QUESTION, dtype=torch.int64), text_kind], 1)
        place = torch.cat([torch.zeros_like(asked, dtype=torch.int64), part], 1)
        hidden = self.entry(tokens * self.scale) + self.kind(kind)
        hidden = hidden + self.place(place.clamp(0, PARTS - 1)) + self.alike(best[..., None])
        hidden = self.drop(hidden)
        away = torch.where(mask, 0.0, _FAR)[:, None, None]
        leaning = cosines[:, None] * self.by_cosine[None, :, None, None] + away
        for layer in self.layers:
            hidden = layer(hidden, leaning)
        hidden = self.norm(hidden).float()
        said = hidden[:, count:]
        own = part[:, None] == parts[None, :, None]
        worth = self.worth(said).transpose(1, 2).float().masked_fill(~own, _FAR)
        weighed = (torch.softmax(worth, -1) * own) @ said
        whole = (hidden[:, :count] * asked[..., None]).sum(1) / asked.sum(1, keepdim=True).clamp(1)
        pairs = torch.cat([weighed, whole[:, None].expand_as(weighed)], -1)
        like = cosines[:, :count, count:][:, None].masked_fill(~own[:, :, None], -1.0).amax(3)
        match = (like * asked[:, None]).sum(2) / asked.sum(1, keepdim=True).clamp(1)
        by_text, by_part, none = self.known.unbind()
        known = by_text * found[:, None] + by_part * match + none
        return self.answers(pairs)[..., 0].float() + known, self.edges(said).float()


class _Layer(nn.Module):
    def __init__(self, width: int, inner: int, drop: float) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.heads, self.joined = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.drop = nn.Dropout(drop)

    def forward(self, hidden: Tensor, leaning: Tensor) -> Tensor:
        rows, tokens, width = hidden.shape
        heads = self.heads(self.first(hidden)).view(rows, tokens, 3, _HEADS, width // _HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind()
        told = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=leaning.to(query.dtype)
        )
        hidden = hidden + self.joined(told.transpose(1, 2).reshape(rows, tokens, width))
        deeper: Tensor = self.drop(self.outer(functional.gelu(self.inner(self.second(hidden)))))
        return hidden + deeper
