"""A trained network -> a reader: its graph as an ONNX file, and the card beside it."""

import json
import warnings
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from embeddings.reader import Card
from qa.training.network import Network


class _Served(nn.Module):
    """The network for one question, all of whose tokens are there."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, question: Tensor, text: Tensor, part: Tensor, parts: Tensor, found: Tensor
    ) -> tuple[Tensor, Tensor]:
        each = question[None].expand(text.shape[0], -1, -1)
        asked = torch.ones_like(each[..., 0], dtype=torch.bool)
        answers: tuple[Tensor, Tensor] = self.network(each, asked, text, part, parts, found)
        return answers


def write_reader(network: Network, graph: Path, encoder: str, command: str) -> None:
    """Write `graph` and its card: which encoder's token vectors it reads, and what made it."""
    width = network.entry.in_features
    example = (
        torch.randn(9, width),
        torch.randn(3, 20, width),
        torch.randint(-1, 4, (3, 20)),
        torch.arange(1, 4),
        torch.randn(3),
    )
    partial = graph.with_suffix(".partial")
    with warnings.catch_warnings():
        # The newer exporter needs two more libraries; tracing fears that shapes are constants.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Served(network).eval(),
            example,
            str(partial),
            input_names=["question", "text", "part", "parts", "found"],
            output_names=["answers", "edges"],
            dynamic_axes={
                "question": {0: "q"},
                "text": {0: "n", 1: "t"},
                "part": {0: "n", 1: "t"},
                "parts": {0: "p"},
                "found": {0: "n"},
            },
            opset_version=18,
            dynamo=False,
        )
    card = Card(encoder, sha256(partial.read_bytes()).hexdigest(), command)
    graph.with_suffix(".json").write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")
    partial.replace(graph)
