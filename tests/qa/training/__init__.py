"""A dozen questions of made-up texts with marked answers, and readers that have learnt little."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

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
    """Return a row whose answers begin where the text first has them."""
    told = tuple((answer, text.find(answer)) for answer in answers)
    return Row(question, text, title, told, language)


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


def make_network(dimension: int, seed: int = 0, spread: float = 0.3) -> Network:
    """Return a small network with a say of its own: what it adds to a logit, `spread` scales."""
    torch.manual_seed(seed)
    network = Network(dimension, width=32, inner=32, layers=1).eval()
    last = network.answers[-1]
    assert isinstance(last, nn.Linear)
    nn.init.normal_(last.weight, std=spread)
    nn.init.normal_(network.edges.weight, std=spread)
    return network
