"""The homes that are measured: the seeds, three thousand news articles, and as many as are made up.

Vectors alone are measured on those of ten thousand news articles.

They are kept in the cache, under names that change with the model and with the format of an index.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from embeddings.encoder import Encoder, open_encoder
from embeddings.vectors import Vectors
from qa.config import Settings
from qa.index import FORMAT
from qa.neutral import NeutralEncoder
from tests.bench.made_up import made_up, real_vectors
from tests.bench.served import NEWSQA
from tests.evaluation import DATA, ROOT

QUESTIONS = 40
MORE_QUESTIONS = 150
"""Of each of two sets, asked of vectors alone."""
MORE_ARTICLES = 7_000
"""With 20,000 passages, which take two cores four minutes, once."""


class Homes:
    """Makes each home when it is first asked for."""

    def __init__(self) -> None:
        self.cache = Settings().cache
        self.folder = self.cache / "bench"

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of all of them, as newsqa opens it."""
        return NeutralEncoder(open_encoder(cache=self.cache), self.cache)

    @cached_property
    def seeds(self) -> Path:
        """The articles that come with newsqa."""
        return self._of("seeds", ROOT / "seeds")

    @cached_property
    def articles(self) -> Path:
        """The folder of news articles; exits where the evaluation sets are not there."""
        folder = DATA / "hexo_news" / "converted"
        if not folder.is_dir():
            sys.exit(f"{folder}: no such folder; NEWSQA_DATA says where the sets are")
        return folder

    @cached_property
    def news(self) -> Path:
        """Some 10,000 passages."""
        return self._of("news", self.articles)

    @cached_property
    def more_news(self) -> Path:
        """Some 20,000 passages of other news, without token vectors."""
        path = self.folder / "more_news.jsonl"
        if not path.exists():
            every = DATA / "crud_news" / "passages.jsonl.gz"
            with gzip.open(every, "rt", encoding="utf-8") as lines:
                path.write_text("".join(islice(lines, MORE_ARTICLES)), "utf-8")
        return self._of("more_news", path, NEWSQA_TOKEN_VECTORS="false")

    @cached_property
    def questions(self) -> Sequence[str]:
        """Questions that the news answer."""
        return _evenly(_asked("hexo_news", "qa1"), QUESTIONS)

    def made_up(self, passages: int) -> Path:
        """Return a home with so many passages."""
        return made_up(passages, self.encoder, self.news, self.folder)

    def vectors(self) -> tuple[Vectors, Vectors]:
        """Return the vectors of all news, mixed, and of questions to them, float32[n, dim] both."""
        news = np.concatenate([real_vectors(home) for home in (self.news, self.more_news)])
        sets = [_asked("hexo_news"), _asked("crud_news")]
        questions = [one for asked in sets for one in _evenly(asked, MORE_QUESTIONS)]
        return (
            np.random.default_rng(0).permutation(news),
            self.encoder.encode(questions, "query").vectors,
        )

    def _of(self, name: str, articles: Path, **settings: str) -> Path:
        home = self.folder / f"{name}-{self.encoder.model.fingerprint}-{FORMAT}"
        command = [*NEWSQA, "add", str(articles), "--home", str(home)]
        subprocess.run(command, check=True, env={**os.environ, **settings})
        return home


def _asked(name: str, task: str = "") -> Sequence[str]:
    """Return the questions of a set, or those of one kind."""
    rows = map(json.loads, (DATA / name / "queries.jsonl").read_text("utf-8").splitlines())
    return [row["question"] for row in rows if task in ("", row["task"])]


def _evenly(questions: Sequence[str], count: int) -> Sequence[str]:
    return questions[:: max(len(questions) // count, 1)][:count]
