"""Trains a reader: `python -m qa.training --rows FILE ... --folder FOLDER --reader READER.onnx`.

Whoever is stopped runs the same again and goes on: texts are encoded once, questions are asked
once, and the network goes on from its last checkpoint.
"""

import argparse
import sys
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic

import torch
from tqdm import tqdm

from embeddings.models import BUILT_IN
from embeddings.reader import Card, ReaderUnusable
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.errors import QuestionRefused
from qa.home import open_home
from qa.training.learning import Learning, Plan, open_half
from qa.training.mining import Mine
from qa.training.rows import digest, read_rows
from qa.training.writing import write_reader

CHECKPOINT = 200
"""Steps between two checkpoints: some minutes."""


def main() -> None:
    """Index, find, learn and write, as far as the time goes."""
    options = argparse.ArgumentParser(prog="python -m qa.training", description=__doc__)
    options.add_argument("--rows", nargs="+", required=True, metavar="FILE[:COUNT]")
    options.add_argument("--folder", type=Path, required=True, help="what is kept between runs")
    options.add_argument("--reader", type=Path, required=True, help="the file to write, .onnx")
    options.add_argument("--begin", type=Path, help="a reader to go on from, .onnx")
    options.add_argument("--steps", type=int, default=Plan().steps)
    options.add_argument("--share", type=float, default=1.0, help="of the rows to learn from")
    options.add_argument("--seed", type=int, default=Plan().seed)
    options.add_argument("--minutes", type=float, default=110, help="after which it stops")
    chosen = options.parse_args()
    until = monotonic() + 60 * chosen.minutes
    try:
        files = [read_rows(file) for file in chosen.rows]
    except QuestionRefused as error:
        sys.exit(str(error))
    settings = Settings()
    engines = partial(open_home, settings=settings)
    mine = Mine(engines, Dictionary(settings.cache), chosen.folder)
    rows = [*chain.from_iterable(files)]
    with tqdm(desc="Indexing", unit="article") as bar:
        mine.index(rows, bar.update)
    with tqdm(desc="Asking", total=len(rows), unit="question") as bar:
        examples = [one for file in files for one in mine.examples(file, bar.update)]
    kept = round(len(examples) * chosen.share)
    examples = [examples[at * len(examples) // kept] for at in range(kept)]
    if all(one.right is None for one in examples):
        sys.exit("nothing to learn from: no row has an answer that stands in its text")
    plan = Plan(steps=chosen.steps, seed=chosen.seed)
    try:
        begin = Card.read(chosen.begin).sha256[:12] if chosen.begin else "encoder"
        name = f"{digest(rows)}-{begin}-{plan.steps}-{plan.seed}-{len(examples)}"
        checkpoint = chosen.folder / f"checkpoint-{name}.pt"
        half = open_half(BUILT_IN, settings.cache)
        learning = Learning(plan, examples, half, checkpoint, chosen.begin)
    except ReaderUnusable as error:
        sys.exit(str(error))
    with tqdm(desc="Learning", total=plan.steps, initial=learning.step, unit="step") as bar:

        def told(step: int, sentences: float, words: float) -> None:
            bar.update()
            if step % 20 == 0:
                bar.set_postfix_str(f"sentences {sentences:.2f}, words {words:.2f}")

        while learning.step < plan.steps:
            learning.run(learning.step - learning.step % CHECKPOINT + CHECKPOINT, told)
            learning.save()
            if learning.step < plan.steps and monotonic() > until:
                sys.exit(f"{learning.step} of {plan.steps} steps; the same command goes on")
    command = ["python -m qa.training --rows", *(Path(row).name for row in chosen.rows)]
    if chosen.begin:
        command.append(f"--begin {chosen.begin.name}")
    command.append(f"--steps {plan.steps} --share {chosen.share} --seed {plan.seed}")
    fingerprint = mine.encoder.fingerprint
    write_reader(learning.network, chosen.reader, fingerprint, " ".join(command))
    sys.stdout.write(f"{chosen.reader}: {chosen.reader.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    torch.set_num_threads(Settings().threads or torch.get_num_threads())
    main()
