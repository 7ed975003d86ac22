"""Questions with known answers to outcomes: which articles were found, and was the answer right.

The engine is asked for its best sentence whatever its confidence, so that one pass tells what any
threshold does; the served one is applied here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from time import perf_counter

from qa.confidence import THRESHOLD
from qa.corpus import Corpus, Report
from qa.engine import Engine
from qa.errors import ArticleRefused
from qa.known import Known
from qa.measures import overlap_f1
from qa.sources import read_paths
from qa.store import Draft
from qa.types import Answer, Query, Retriever

DEPTH = 100
"""Passages looked at for recall@100."""

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What newsqa made of a known question: the articles found, best first, and its answer.

    Attributes:
        found: each article with the copies that its hit names; empty where nothing is relevant.
        answer: with the best sentence, however low its confidence.
    """

    known: Known
    found: tuple[str, ...]
    first_passage: str
    answer: Answer
    milliseconds: float

    @property
    def answered(self) -> bool:
        """Whether the answer is stated at the served threshold."""
        return bool(self.answer.citations) and self.answer.confidence >= THRESHOLD

    @property
    def right(self) -> bool:
        """Whether the first sentence cited answers: one of the known strings stands in it.

        Where none is known it is right if it is of a relevant article; where nothing is relevant it
        is always wrong.
        """
        if not self.known.relevant or not self.answer.citations:
            return False
        first = self.answer.citations[0]
        if self.known.answers:
            return self.known.answered_by(first.quote)
        return first.article_id in self.known.relevant

    @property
    def marked(self) -> str:
        """The words marked as answering in the first sentence cited; empty if none are."""
        marks = self.answer.citations[0].marks if self.answer.citations else ()
        return " ".join(mark.of(self.answer.answer) for mark in marks)

    @property
    def marked_f1(self) -> float:
        """How far the words marked are those of a known answer, 0 to 1; 0 if none are marked."""
        return overlap_f1(self.marked, self.known.answers)


def corpus_home(paths: Iterable[Path], cache: Path) -> Path:
    """Return the folder in `cache` where the index of the articles at these paths is made.

    It is named by what the files hold, so that a second evaluation of them finds the vectors of the
    first; it may be deleted at any time.
    """
    digest = sha256()
    for path in paths:
        for file in sorted(file for file in (path, *path.rglob("*")) if file.is_file()):
            digest.update(file.read_bytes())
    return cache / "evaluations" / digest.hexdigest()[:16]


def index_articles(
    corpus: Corpus, paths: Iterable[Path], progress: Progress = lambda _: None
) -> tuple[Report, dict[str, set[str]]]:
    """Index the articles at these paths; return what became of them, and the ids by file name."""
    if len(corpus.articles):
        # Kept from an evaluation before: made anew by today's code, with the vectors it has.
        corpus.rebuild()
    names: list[str] = []

    def noted() -> Iterator[Draft | ArticleRefused]:
        for draft in read_paths(map(str, paths)):
            if isinstance(draft, Draft):
                names.append(PurePosixPath(draft.article.origin).name)
            yield draft

    report = corpus.add(noted(), progress)
    files: dict[str, set[str]] = defaultdict(set)
    for name, (id, _) in zip(names, report.taken, strict=True):
        files[name].add(id)
    return report, files


def run(
    engine: Engine,
    known: Iterable[Known],
    retriever: Retriever = "hybrid",
    progress: Progress = lambda _: None,
) -> list[Outcome]:
    """Return what the engine, which states at any confidence, makes of each question."""
    outcomes = []
    for one in known:
        wide = Query(one.question, DEPTH, retriever=retriever)
        sources = engine.search(wide) if one.relevant else ()
        begun = perf_counter()
        answer = engine.ask(Query(one.question, retriever=retriever))
        milliseconds = 1e3 * (perf_counter() - begun)
        # The copies that a hit names are found with it, and take up the places behind it.
        found = tuple(
            dict.fromkeys(id for source in sources for id in (source.article_id, *source.copies))
        )
        first = sources[0].text if sources else ""
        outcomes.append(Outcome(one, found, first, answer, milliseconds))
        progress(1)
    return outcomes
