"""Outcomes to a report: is the right article first, the right sentence, and does confidence know.

Articles are judged, not passages: of an article's passages the best counts. Measures are those of
the field: nDCG@10 (binary gains, log2 discount), reciprocal rank, recall, and the share of
questions with a hit among the first 1, 5 and 10.

`answer_f1` is the F1 of the words that the first sentence cited marks as answering, on average over
the questions with known answers: 0 where nothing is answered or nothing marked. `mark_f1` is the
mean over those answered with a mark.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean, median, quantiles

from qa.confidence import THRESHOLD
from qa.evaluate import Outcome
from qa.html_repr import table
from qa.known import held_out
from qa.measures import (
    auroc,
    calibration_error,
    hit,
    ndcg,
    recall,
    reciprocal_rank,
    risk_at,
    selective_risks,
)

COVERAGES = (50, 80, 95)
"""Percent of the questions answered at which the error is told."""

ALL, ABSTENTION, HELD = "all", "abstention", "abstention held"
"""Parts of a report."""

Figures = dict[str, float | int | None]


class Parts(dict[str, Figures]):
    """A report: the figures of each part, by its name."""

    def _repr_html_(self) -> str:
        """Return the tables of `as_table` as HTML."""
        return "".join(map(table, _tables(self)))


def figures_of(outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome] = ()) -> Parts:
    """Return the figures of all questions, of each language and part of them, and of abstention.

    Those of abstention are "abstention", "abstention zh" and so on, and "abstention held" and
    "abstention held zh" of the half of the questions that nothing is fitted on.
    """
    parts = {part: _figures(_of(part, outcomes)) for part in _parts(outcomes)}
    held = [[one for one in ones if held_out(one.known)] for ones in (outcomes, unanswerable)]
    parts |= _abstention(ABSTENTION, outcomes, unanswerable)
    parts |= _abstention(HELD, *held)
    return Parts(parts)


def _parts(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return what to report by: all, each language, and each value of a field."""
    languages, fields = set(), set()
    for outcome in outcomes:
        languages.add(outcome.known.language)
        fields.add(outcome.known.part)
    return (ALL, *sorted(languages), *sorted(fields - {""}))


def _of(part: str, outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if part in (ALL, one.known.language, one.known.part)]


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
        "answer_hit@1": _mean(o.answered and o.right for o in _judged(outcomes)),
        "answer_hit@passage": _mean(
            o.known.answered_by(o.first_passage) for o in _judged(outcomes)
        ),
        "answer_f1": _mean(o.answered * o.marked_f1 for o in _judged(outcomes)),
        "mark_f1": _mean(o.marked_f1 for o in _judged(outcomes) if o.answered and o.marked),
        "answered": _mean(o.answered for o in outcomes),
        "median_ms": median(times) if times else None,
        "p99_ms": quantiles(times, n=100)[98] if len(times) > 1 else None,
    }


def _abstention(
    name: str, outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome]
) -> dict[str, Figures]:
    """Return the figures of abstention of all questions and of each part, under this name.

    A language's are told against the unanswerable questions in it, a field's against all of them;
    what has nothing to tell apart is left out.
    """
    figures = {}
    for part in _parts(outcomes):
        own = _of(part, outcomes)
        others = unanswerable if "=" in part else _of(part, unanswerable)
        if own and others:
            figures[name if part == ALL else f"{name} {part}"] = abstention(own, others)
    return figures


def abstention(outcomes: Sequence[Outcome], unanswerable: Sequence[Outcome]) -> Figures:
    """Return how well confidence tells what is right, of questions with an answer and without one.

    Right is a question whose answer is (`Outcome.right`), whether confidence lets it be stated or
    not; one that nothing answers never is. `auroc` tells the answerable from the others, `coverage`
    is the share of the answerable that is answered at the served threshold, `error` the share of
    all answered ones that is wrong. `risk@80` is that error if the surest 80 % of all questions,
    with and without an answer, were answered, and `aurc` its mean over all coverages: the area
    under the risk-coverage curve. `ece` is the expected calibration error of confidence as the
    probability of being right.
    """
    everything = (*outcomes, *unanswerable)
    told = [one.answer.confidence for one in everything]
    right = [one.right for one in everything]
    risks = selective_risks(told, right)
    return {
        "questions": len(outcomes),
        "unanswerable": len(unanswerable),
        "auroc": auroc(told[: len(outcomes)], told[len(outcomes) :]),
        "threshold": THRESHOLD,
        "coverage": _mean(one.answered for one in outcomes),
        "error": _mean(not one.right for one in everything if one.answered),
        **{f"risk@{percent}": risk_at(risks, percent) for percent in COVERAGES},
        "aurc": fmean(risks),
        "ece": calibration_error(told, right),
    }


def as_table(parts: Mapping[str, Figures]) -> str:
    """Return the report for a person: measures by parts, and below them abstention's, turned."""
    return "\n\n".join(map(_aligned, _tables(parts)))


def _tables(parts: Mapping[str, Figures]) -> list[list[list[str]]]:
    told = [name for name in parts if name.startswith(ABSTENTION)]
    asked = [name for name in parts if name not in told]
    by_measure = [["", *asked]]
    by_measure += [[key, *(_shown(parts[name][key]) for name in asked)] for key in parts[ALL]]
    tables = [by_measure]
    if told:
        by_part = [["", *parts[told[0]]]]
        by_part += [[name, *map(_shown, parts[name].values())] for name in told]
        tables.append(by_part)
    return tables


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def _judged(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Yield those whose answer can be judged by strings."""
    return (outcome for outcome in outcomes if outcome.known.answers)


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
