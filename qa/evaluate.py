"""Questions with known answers to a report: is the right article first, and the right sentence.

Articles are judged, not passages: of an article's passages the best counts. Measures are those of
the field: nDCG@10 (binary gains, log2 discount), reciprocal rank, recall, and the share of
questions with a hit among the first 1, 5 and 10.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from statistics import fmean, median, quantiles
from time import perf_counter

from qa.answer import THRESHOLD
from qa.corpus import Corpus, Report
from qa.engine import Engine
from qa.errors import ArticleRefused
from qa.known import Known
from qa.measures import auroc, hit, ndcg, recall, reciprocal_rank
from qa.sources import read_paths
from qa.store import Draft
from qa.types import Answer, Query, Retriever

DEPTH = 100
"""Passages looked at for recall@100."""

Progress = Callable[[int], object]
Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What newsqa made of a known question: the articles found, best first, and its answer."""

    known: Known
    found: tuple[str, ...]
    first_passage: str
    answer: Answer
    milliseconds: float


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
    """Return what the engine makes of each question."""
    outcomes = []
    for one in known:
        sources = engine.search(Query(one.question, DEPTH, retriever=retriever))
        begun = perf_counter()
        answer = engine.ask(Query(one.question, retriever=retriever))
        milliseconds = 1e3 * (perf_counter() - begun)
        found = tuple(dict.fromkeys(source.article_id for source in sources))
        first = sources[0].text if sources else ""
        outcomes.append(Outcome(one, found, first, answer, milliseconds))
        progress(1)
    return outcomes


def figures_of(
    outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome] = ()
) -> dict[str, Figures]:
    """Return the figures of all questions, of each language and part of them, and of abstention."""
    parts = {"all": _figures(outcomes)}
    languages = {outcome.known.language for outcome in outcomes}
    fields = {outcome.known.part for outcome in outcomes} - {""}
    for name in (*sorted(languages), *sorted(fields)):
        own = [one for one in outcomes if name in (one.known.language, one.known.part)]
        parts[name] = _figures(own)
    if unanswerable:
        parts["abstention"] = abstention(outcomes, unanswerable)
    return parts


def _figures(outcomes: Sequence[Outcome]) -> Figures:
    """Return the means over these questions; a measure no question can be judged by is None."""
    times = [outcome.milliseconds for outcome in outcomes]
    return {
        "questions": len(outcomes),
        "ndcg@10": _mean(ndcg(o.found, o.known.relevant, 10) for o in outcomes),
        "hit@1": _mean(hit(o.found, o.known.relevant, 1) for o in outcomes),
        "hit@5": _mean(hit(o.found, o.known.relevant, 5) for o in outcomes),
        "hit@10": _mean(hit(o.found, o.known.relevant, 10) for o in outcomes),
        "mrr": _mean(reciprocal_rank(o.found, o.known.relevant) for o in outcomes),
        "recall@100": _mean(recall(o.found, o.known.relevant, 100) for o in outcomes),
        "answer_hit@1": _mean(_answers(o.known, _first_quote(o.answer)) for o in _judged(outcomes)),
        "answer_hit@passage": _mean(_answers(o.known, o.first_passage) for o in _judged(outcomes)),
        "answered": _mean(o.answer.status != "not_found" for o in outcomes),
        "median_ms": median(times) if times else None,
        "p99_ms": quantiles(times, n=100)[98] if len(times) > 1 else None,
    }


def abstention(outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome]) -> Figures:
    """Return how well confidence tells questions with an answer from those without.

    `coverage` is the share of answerable questions that are answered at the served threshold,
    `error` the share of all answered questions whose first sentence does not answer.
    """
    told = [o.answer.confidence for o in outcomes], [o.answer.confidence for o in unanswerable]
    answered = [o for o in (*outcomes, *unanswerable) if o.answer.confidence >= THRESHOLD]
    return {
        "unanswerable": len(unanswerable),
        "auroc": auroc(*told),
        "threshold": THRESHOLD,
        "coverage": _mean(value >= THRESHOLD for value in told[0]),
        "error": _mean(not _right(o) for o in answered),
    }


def as_table(parts: Mapping[str, Figures]) -> str:
    """Return the report for a person: a column for each part, a row for each measure."""
    columns = [name for name in parts if name != "abstention"]
    tables = [_table(parts, columns)]
    if "abstention" in parts:
        tables.append(_table(parts, ["abstention"]))
    return "\n\n".join(tables)


def _table(parts: Mapping[str, Figures], columns: Sequence[str]) -> str:
    rows = [["", *columns]]
    rows += [[key, *(_shown(parts[name][key]) for name in columns)] for key in parts[columns[0]]]
    width = max(12, *(len(name) + 2 for name in columns))
    return "\n".join(
        f"{row[0]:20}" + "".join(f"{cell:>{width}}" for cell in row[1:]) for row in rows
    )


def _judged(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Yield those whose answer can be judged by strings."""
    return (outcome for outcome in outcomes if outcome.known.answers)


def _answers(known: Known, text: str) -> bool:
    return any(answer in text for answer in known.answers)


def _first_quote(answer: Answer) -> str:
    return answer.citations[0].quote if answer.citations else ""


def _right(outcome: Outcome) -> bool:
    known, answer = outcome.known, outcome.answer
    if known.answers:
        return _answers(known, _first_quote(answer))
    return bool(answer.citations) and answer.citations[0].article_id in known.relevant


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
