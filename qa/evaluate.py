"""Questions with known answers to a report: is the right article first, and the right sentence.

Articles are judged, not passages: of an article's passages the best counts. Measures are those of
the field: nDCG@10 (binary gains, log2 discount), reciprocal rank, recall, share of hits at 1 and 5.
"""

import gzip
import hashlib
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, quantiles
from time import perf_counter

from qa.answer import THRESHOLD
from qa.engine import Engine
from qa.errors import QuestionRefused
from qa.text import detect_language
from qa.types import Answer, Query, Retriever

DEPTH = 100
"""Passages looked at for recall@100."""

Progress = Callable[[int], object]
Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Known:
    """A question whose answer is known: strings that answer it, and the articles that hold them."""

    question: str
    language: str
    answers: tuple[str, ...]
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What newsqa made of a known question: the articles found, best first, and its answer."""

    known: Known
    found: tuple[str, ...]
    first_passage: str
    answer: Answer
    milliseconds: float


def corpus_home(passages: Path, cache: Path) -> Path:
    """Return the folder in `cache` where the index of this file's articles is made.

    It is named by the file's content, so that a second evaluation of it finds the vectors of the
    first; it may be deleted at any time.
    """
    with passages.open("rb") as file:
        return cache / "evaluations" / hashlib.file_digest(file, "sha256").hexdigest()[:16]


def read_known(path: Path, limit: int | None = None) -> list[Known]:
    """Return the questions of a JSONL file, evenly thinned to `limit` if there are more.

    Raises:
        QuestionRefused: a line is no question with its relevant ids; the field names file and line.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        known = [_known(line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip()]
    if limit is None or limit >= len(known):
        return known
    return [known[at * len(known) // limit] for at in range(limit)]


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
    """Return the figures of all questions, of each question language, and of abstention."""
    parts = {"all": _figures(outcomes)}
    for language in sorted({outcome.known.language for outcome in outcomes}):
        own = [outcome for outcome in outcomes if outcome.known.language == language]
        parts[language] = _figures(own)
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


def ndcg(found: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    """Return normalised discounted cumulative gain (Jarvelin and Kekalainen 2002), gains 0 or 1."""
    gain = sum(1 / math.log2(at + 2) for at, id in enumerate(found[:depth]) if id in relevant)
    ideal = sum(1 / math.log2(at + 2) for at in range(min(depth, len(relevant))))
    return gain / ideal


def hit(found: Sequence[str], relevant: frozenset[str], depth: int) -> bool:
    """Say whether a relevant article is among the first `depth`."""
    return not relevant.isdisjoint(found[:depth])


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str]) -> float:
    """Return 1 / the rank of the first relevant article, 0 if there is none."""
    return next((1 / rank for rank, id in enumerate(found, 1) if id in relevant), 0.0)


def recall(found: Sequence[str], relevant: frozenset[str], depth: int) -> float:
    """Return the share of the relevant articles among the first `depth`."""
    return len(relevant.intersection(found[:depth])) / len(relevant)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Return the chance that a positive outranks a negative, ties half (Mann and Whitney 1947)."""
    ordered = sorted(negative)
    below = sum(_rank(ordered, value) for value in positive)
    return below / (len(positive) * len(negative))


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
    return "\n".join(f"{row[0]:20}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in rows)


def _known(line: str, where: str) -> Known:
    try:
        row = json.loads(line)
        question = row["question"]
        language = row.get("lang") or detect_language(question)
        return Known(question, language, tuple(row.get("answers", ())), frozenset(row["relevant"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionRefused(where, f"no question with its relevant ids: {error!r}") from error


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


def _rank(ordered: Sequence[float], value: float) -> float:
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
