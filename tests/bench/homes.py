"""The homes that are measured: the seeds, three thousand news articles, and as many as are made up.

They are kept in the cache, under names that change with the model and with the format of an index.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from embeddings.encoder import Encoder, open_encoder
from embeddings.vectors import Vectors
from qa.config import Settings
from qa.index import FORMAT
from qa.neutral import NeutralEncoder
from tests.bench.made_up import made_up, real_vectors
from tests.bench.served import NEWSQA
from tests.evaluation import DATA, ROOT

QUESTIONS = 40


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
    def questions(self) -> Sequence[str]:
        """Questions that the news answer."""
        path = self.articles.parent / "queries.jsonl"
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        asked = [row["question"] for row in rows if row["task"] == "qa1"]
        return asked[:: max(len(asked) // QUESTIONS, 1)][:QUESTIONS]

    def made_up(self, passages: int) -> Path:
        """Return a home with so many passages."""
        return made_up(passages, self.encoder, self.news, self.folder)

    def vectors(self) -> tuple[Vectors, Vectors]:
        """Return the vectors of the news and of the questions, float32[n, dim] both."""
        return real_vectors(self.news), self.encoder.encode(self.questions, "query").vectors

    def _of(self, name: str, articles: Path) -> Path:
        home = self.folder / f"{name}-{self.encoder.model.fingerprint}-{FORMAT}"
        subprocess.run([*NEWSQA, "add", str(articles), "--home", str(home)], check=True)
        return home
