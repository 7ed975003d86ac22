"""A dozen questions of made-up texts with marked answers, and readers that have learnt little."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertModel

from embeddings.tokens import PromptTokenizer, Role, Tokens, offsets
from qa.training.learning import Half
from qa.training.network import Network
from qa.training.rows import Row

BRIDGE = (
    "临江大桥昨日合龙。大桥全长1280米，由周岚设计。工程历时三年，投资四亿元。"
    "桥面设双向六车道。通车时间定在十月。"
)
ORCHARD = "青山果园今年收获苹果四十二吨。园主李禾说，雨水比往年多。果园明年将改种梨树。"
LIBRARY = (
    "The Harbour Library opens its new wing on Friday. The wing was designed by Nora Pell and cost"
    " 12 million pounds. It holds 40,000 books for children. Admission is free."
)
FERRY = (
    "The island ferry will stop at noon because of the storm. About 300 passengers were told to"
    " take the bus instead. The company, Tidewater Lines, expects to sail again on Sunday."
)
CHESS = "棋手陈果以三比一战胜对手，获得冠军。比赛在南城体育馆举行。"
WELL = "A dry summer emptied the town's well. The mayor, Ada Brook, asked people to save water."


def row(question: str, text: str, *answers: str, title: str = "", language: str = "zh") -> Row:
    """Return a row whose answers begin where the text first has them, asked in its language."""
    told = tuple((answer, text.find(answer)) for answer in answers)
    return Row(question, text, title, told, language, language)


NOWHERE = row("谁设计了大桥？", BRIDGE, "吴桐", title="临江大桥合龙")
"""A row whose answer does not stand in its text."""

UNANSWERED = row("果园有多少工人？", ORCHARD)
"""A row that its text does not answer."""

ROWS = (
    row("临江大桥有多长？", BRIDGE, "1280米", title="临江大桥合龙"),
    row("大桥由谁设计？", BRIDGE, "周岚", title="临江大桥合龙"),
    row("大桥何时通车？", BRIDGE, "十月", title="临江大桥合龙"),
    row("青山果园收获了多少苹果？", ORCHARD, "四十二吨", "苹果四十二吨"),
    row("Who designed the new wing?", LIBRARY, "Nora Pell", title="New wing", language="en"),
    NOWHERE,
    row("What did the wing cost?", LIBRARY, "12 million pounds", title="New wing", language="en"),
    row("Why will the ferry stop?", FERRY, "because of the storm", language="en"),
    UNANSWERED,
    row("Which company runs the ferry?", FERRY, "Tidewater Lines", language="en"),
    row("比赛在哪里举行？", CHESS, "南城体育馆"),
    row("Who is the mayor?", WELL, "Ada Brook", language="en"),
)

KEPT = tuple(one for one in ROWS if one is not NOWHERE)
"""The rows that examples are made of."""


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as a file that they can be read from."""
    lines = [
        {
            "question": one.question,
            "context": one.text,
            "title": one.title,
            "answers": [{"text": answer, "start": start} for answer, start in one.answers],
            "lang": one.language,
        }
        for one in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


class _Characters:
    """Cuts texts into their characters, white space left out."""

    def cut(self, texts: Sequence[str]) -> list[Tokens]:
        places = [[at for at, one in enumerate(text) if not one.isspace()] for text in texts]
        return [
            Tokens(
                np.array([3 + ord(text[at]) % (_VOCABULARY - 3) for at in own], np.int64),
                offsets([(at, at + 1) for at in own]),
            )
            for text, own in zip(texts, places, strict=True)
        ]


_VOCABULARY = 997


def make_model(dimension: int, seed: int = 0) -> Any:
    """Return a small BertModel of two layers, in each of which any two tokens tell each other."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=_VOCABULARY,
        hidden_size=dimension,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=2 * dimension,
        initializer_range=0.2,
        max_position_embeddings=300,
    )
    model: Any = BertModel(config)  # it is not typed
    return model.eval()


def make_half(dimension: int = 16) -> Half:
    """Return the lower half of a small model, whose tokens are characters."""
    prompts: dict[Role, str] = {"query": "query: ", "passage": "passage: "}
    tokenizer = PromptTokenizer(_Characters(), ([1], [2]), prompts, 300)
    return Half(make_model(dimension), tokenizer)


def make_network(dimension: int, seed: int = 0, spread: float = 0.3) -> Network:
    """Return a small network with a say of its own: its logits are as far apart as `spread`."""
    network = Network(make_model(dimension, seed).encoder.layer[1:], heads=2).eval()
    last = network.answers[-1]
    assert isinstance(last, nn.Linear)
    for one in (last, network.edges, network.worth):
        nn.init.normal_(one.weight, std=spread)
    return network
