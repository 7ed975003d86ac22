"""A trained network -> a reader: its graph as an ONNX file, and the card beside it; and back."""

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from embeddings.graph import import_openvino
from embeddings.reader import Card, ReaderUnusable
from qa.training.network import Network


class _Rounded(nn.Module):
    """A linear layer whose matrix is kept in 8 bits, with a scale for each row."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        matrix = layer.weight.detach()
        scales = matrix.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
        self.scales, self.bias = nn.Buffer(scales), nn.Buffer(layer.bias.detach())
        self.matrix = nn.Buffer((matrix / scales).round().to(torch.int8))

    def forward(self, rows: Tensor) -> Tensor:
        return functional.linear(rows, self.matrix.float() * self.scales, self.bias)


class _Served(nn.Module):
    """The network for one question and several texts."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = deepcopy(network)
        for name, module in network.named_modules():
            if isinstance(module, nn.Linear):
                self.network.set_submodule(name, _Rounded(module))

    def forward(
        self, question: Tensor, asked: Tensor, text: Tensor, part: Tensor
    ) -> tuple[Tensor, Tensor]:
        count = text.shape[0]
        each = question[None].expand(count, -1, -1)
        answers: tuple[Tensor, Tensor] = self.network(
            each, asked[None].expand(count, -1), text, part
        )
        return answers


def take_weights(network: Network, reader: Path) -> None:
    """Give a network the weights of a reader, as they were rounded.

    Raises:
        ReaderUnusable: it is no reader, or another kind of network.
    """
    Card.read(reader)
    try:
        read = import_openvino().Core().read_model(reader)
        found = {
            one.friendly_name.removeprefix("network."): torch.from_numpy(one.data.copy())
            for one in read.get_ops()
            if one.get_type_name() == "Constant"
        }
        network.load_state_dict({name: _weight(found, name) for name in network.state_dict()})
    except (RuntimeError, KeyError) as error:
        reason = f"it is no reader to begin with ({error!r}); name one that was trained here"
        raise ReaderUnusable(reader, reason) from error


def _weight(found: Mapping[str, Tensor], name: str) -> Tensor:
    if name in found:
        return found[name]
    layer = name.removesuffix(".weight")
    return found[f"{layer}.matrix"].float() * found[f"{layer}.scales"]


def write_reader(network: Network, graph: Path, encoder: str, command: str) -> None:
    """Write `graph` and its card: which encoder it goes on from, and what made it."""
    example = (
        torch.randn(9, network.width),
        torch.ones(9, dtype=torch.bool),
        torch.randn(3, 20, network.width),
        torch.randint(-1, 2, (3, 20)),
    )
    partial = graph.with_suffix(".partial")
    with warnings.catch_warnings():
        # The newer exporter needs two more libraries; tracing fears that shapes are constants.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Served(network).eval(),
            example,
            str(partial),
            input_names=["question", "asked", "text", "part"],
            output_names=["answers", "edges"],
            dynamic_axes={
                "question": {0: "q"},
                "asked": {0: "q"},
                "text": {0: "n", 1: "t"},
                "part": {0: "n", 1: "t"},
            },
            do_constant_folding=False,  # or its matrices would be of 32 bits again
            opset_version=18,
            dynamo=False,
        )
    card = Card(encoder, sha256(partial.read_bytes()).hexdigest(), command)
    graph.with_suffix(".json").write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")
    partial.replace(graph)
