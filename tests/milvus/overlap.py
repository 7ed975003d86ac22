"""Whether a Milvus ranks as the index on disk does: `python -m tests.milvus.overlap HOME`.

The passages of a home are written to a Milvus under another name, both are asked the same, and the
share of the ten best that both have is printed for each leg, with how long each took. The home may
be in use: it is copied first.
"""

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from embeddings.encoder import open_encoder
from qa.dictionary import Dictionary
from qa.following import LocalLegs
from qa.index import Manifest
from qa.legs import ANY, Keys, Legs
from qa.milvus import Address, Milvus, MilvusRetrieval
from qa.neutral import NeutralEncoder
from qa.search import Asked, read_question
from qa.store import PassageStore
from qa.store.articles import Change
from qa.types import Ranking
from tests.engines import Engine, milvus_lite, milvus_server
from tests.evaluation import DATA

TOP = 10

DEPTH = 100
"""How many a search asks each leg for."""

Rank = Callable[[Legs, Asked, Keys], Ranking]


@dataclass(frozen=True)
class Compared:
    """What two rankings of a leg have to do with each other, over all questions.

    Attributes:
        overlap: of the ten best.
        order: the share of questions whose best is the same.
        score: the greatest difference of a passage's scores.
        milliseconds: a ranking's median here and there.
    """

    overlap: float
    order: float
    score: float
    milliseconds: tuple[float, float]


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as temporary, _engine(asked.engine) as engine:
        address = engine.address if engine else os.environ["MILVUS_URI"]
        folder = Path(temporary)
        manifest = _copied(asked.home, folder)
        store = PassageStore(folder / "passages.sqlite")
        _limit(store, asked.most)
        local = LocalLegs(folder, store, manifest.dimension)
        local.follow()
        retrieval = MilvusRetrieval(
            Milvus(Address.parse(f"{address.rstrip('/')}/overlap")), "overlap"
        )
        retrieval.keep_only(())
        try:
            legs = retrieval.open(
                "compared", folder, store, manifest.dimension, manifest.fingerprint
            )
            begun = time.perf_counter()
            legs.follow()
            _tell(f"{len(store)} passages written in {time.perf_counter() - begun:.1f} s")
            time.sleep(asked.wait)
            questions = list(_questions(asked.questions))
            for name, rank in (("dense", _dense), ("lexical", _lexical)):
                _tell(f"{name}: {_compared(rank, local, legs, questions)}")
        finally:
            retrieval.keep_only(())
            local.settle()


def _dense(legs: Legs, asked: Asked, among: Keys) -> Ranking:
    return legs.dense(asked.vector, DEPTH, ANY, among)


def _lexical(legs: Legs, asked: Asked, among: Keys) -> Ranking:
    return legs.lexical(asked.concepts, DEPTH, ANY, among)


def _compared(rank: Rank, here: Legs, there: Legs, questions: Sequence[Asked]) -> Compared:
    overlaps, same, scores = [], [], [0.0]
    times: tuple[list[float], list[float]] = [], []
    for asked in questions:
        own = _timed(rank, here, asked, times[0])
        other = _timed(rank, there, asked, times[1])
        first = {row.key for row in own[:TOP]}
        overlaps.append(len(first & {row.key for row in other[:TOP]}) / max(1, len(first)))
        same.append(own[:1] == other[:1] or own[0].key == other[0].key)
        known = dict(other)
        scores += [abs(known[key] - value) for key, value in own if key in known]
        among = sorted(first)
        assert {row.key for row in rank(there, asked, among)} == set(among)
    milliseconds = median(times[0]) * 1_000, median(times[1]) * 1_000
    return Compared(mean(overlaps), mean(same), max(scores), milliseconds)


def _timed(rank: Rank, legs: Legs, asked: Asked, spent: list[float]) -> Ranking:
    begun = time.perf_counter()
    ranking = rank(legs, asked, None)
    spent.append(time.perf_counter() - begun)
    return ranking


def _copied(home: Path, folder: Path) -> Manifest:
    """Copy the newest generation's passages of a home, and return what they are made of."""
    newest = max(home.glob("generations/*/manifest.json")).parent
    with (
        closing(sqlite3.connect(newest / "passages.sqlite")) as source,
        closing(sqlite3.connect(folder / "passages.sqlite")) as copy,
    ):
        source.backup(copy)
        copy.execute("DELETE FROM followers") if _follows(copy) else None
        copy.commit()
    return Manifest.read(newest)


def _follows(copy: sqlite3.Connection) -> bool:
    query = "SELECT count(*) FROM sqlite_master WHERE name = 'followers'"
    return bool(copy.execute(query).fetchone()[0])


def _limit(store: PassageStore, most: int) -> None:
    """Take articles out until there are no more passages than that."""
    keys = store.keys().tolist()
    beyond = {one.article_id for one in store.passages(keys[most:]).values()}
    seq = store.article_seq
    store.take([Change(seq, id, None) for id in sorted(beyond)], [])


def _questions(most: int) -> Iterator[Asked]:
    cache = Path(os.environ.get("NEWSQA_CACHE") or Path.home() / ".cache" / "newsqa")
    encoder = NeutralEncoder(open_encoder(cache=cache), cache)
    dictionary = Dictionary(cache)
    lines = (DATA / "crud_news" / "queries.jsonl").read_text("utf-8").splitlines()
    step = max(1, len(lines) // most)
    for line in lines[::step][:most]:
        yield read_question(json.loads(line)["question"], encoder, dictionary)


def _engine(name: str) -> AbstractContextManager[Engine | None]:
    if name == "lite":
        return milvus_lite()
    return milvus_server() if name == "server" else nullcontext()


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("home", type=Path, help="that has articles of crud_news")
    parser.add_argument(
        "--engine", choices=("lite", "server", "own"), default="own", help="own: MILVUS_URI"
    )
    parser.add_argument("--most", type=int, default=10**9, help="passages")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--wait", type=float, default=0.0, help="seconds, till indexes are built")
    return parser.parse_args()


if __name__ == "__main__":
    main()
