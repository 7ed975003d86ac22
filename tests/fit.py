"""Fits the weights of ranking, candidates and confidence: `make fit`. Prints them, changes nothing.

They are fitted on one half of the questions; every figure is of the other (`qa.known.held_out`).
Ranking and the choice of the sentence are conditional logistic regressions (McFadden 1974): of a
question's candidates the right ones should be likelier than the others. Confidence is a logistic
regression on questions about half of which have no answer in what they are asked of.
The sets are looked for in the folder that NEWSQA_DATA names, and their indexes among those that
`make eval` has made.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from embeddings.encoder import ModelInfo
from embeddings.reader import Reader
from qa.candidates import READ_WEIGHTS, WEIGHTS, Candidate, Signals, candidates, promising
from qa.confidence import COEFFICIENTS, READ_COEFFICIENTS, Signs, signs
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.evaluate import corpus_home
from qa.home import open_home, reader_for
from qa.known import Known, held_out, read_known, read_unanswerable
from qa.measures import auroc, calibration_error, hit, ndcg
from qa.ranking import SERVED, Evidence
from qa.search import Asked, Found, read_question, search
from qa.search import candidates as passages_of
from qa.text import detect_language
from qa.types import Query
from qa.when import read_time
from tests.evaluation import DATA, SETS, unlearned

FITTED = ("xquad_zh", "xquad_en", "xquad_mixed", "rgb_zh", "crud_news")
"""Sets that the built-in reader has not learned from, or only from a half that is left out."""

CLOSED = ("xquad_zh", "xquad_en")
"""Sets where nothing answers a question once its own article is left out."""

EVIDENCE = len(fields(Evidence))

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its candidates.

    Attributes:
        part: the set and language, by which figures are told.
        held: whether it is of the half that nothing is fitted on.
        rows: what is known of each candidate, float64[candidates, features].
        good: which are right, bool[candidates].
        names: what each counts as in a ranking: its article.
        relevant: the names that are right, whether they are candidates or not.
    """

    part: str
    held: bool
    rows: Rows
    good: NDArray[np.bool_]
    names: tuple[str, ...]
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """The best sentence for a question: what speaks for it, and whether it answers."""

    part: str
    held: bool
    row: Signs
    answers: bool


def main() -> None:
    """Fit what is asked for and print it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=int, default=150, help="questions of a set and language")
    options.add_argument("--reader", default=Settings().reader, help="as NEWSQA_READER")
    options.add_argument("sets", nargs="*", default=FITTED)
    chosen = options.parse_args()
    reader = reader_for(Settings(reader=chosen.reader))
    passages: list[Choice] = []
    sentences: list[Choice] = []
    stored: dict[str, list[bool]] = defaultdict(list)
    told: list[Told] = []
    for name in chosen.sets:
        folder = DATA / name
        engine = open_home(
            corpus_home([folder / one for one in SETS[name].passages], Settings().cache)
        )
        for known in _questions(name, chosen.limit):
            seen = _Seen(engine, known, reader)
            part = f"{name} {known.language} {known.part}".strip()
            passages.append(seen.passages(part, known))
            if known.answers:
                sentences.append(seen.sentences(part, known))
                stored[part] += seen.stored(known)
                told += seen.told(part, known)
            if name in CLOSED:
                told += seen.told(f"{part} left out", replace(known, answers=()), known.relevant)
        if (unanswerable := folder / "queries_unanswerable.jsonl").exists():
            for path in (unanswerable, DATA / "cdqa" / "queries.jsonl"):
                for known in read_unanswerable([path], chosen.limit):
                    told += _Seen(engine, known, reader).told(f"{path.parent.name} nothing", known)
        print(name, flush=True)
    _ranking(passages)
    read = chosen.reader != "none"
    _sentence(sentences, stored, READ_WEIGHTS if read else WEIGHTS)
    _confidence(told, READ_COEFFICIENTS if read else COEFFICIENTS)


def _questions(name: str, limit: int) -> Iterator[Known]:
    """Yield the questions of a set, so many of each language; of tasks the one that asks a fact."""
    parts: dict[str, list[Known]] = defaultdict(list)
    ids = {json.loads(line)["id"] for line in unlearned(DATA / name)} if SETS[name].half else None
    for known in read_known(DATA / name / "queries.jsonl", by=SETS[name].by or None):
        if ids is not None and f"{known.id}-{known.language}" not in ids:
            continue
        if known.part in ("", "task=qa1"):
            parts[known.language].append(known)
    for part in parts.values():
        most = min(limit, len(part))
        yield from (part[at * len(part) // most] for at in range(most))


class _Seen:
    """A question as an engine sees it."""

    def __init__(
        self, engine: Engine, known: Known, reader: Callable[[ModelInfo], Reader | None]
    ) -> None:
        question = known.question
        self._encoder, self._index = engine.corpus.serving()
        self._articles = engine.corpus.articles
        self._held = held_out(known)
        time = read_time(question, date.today())
        self._dictionary = Dictionary(Settings().cache)
        self._asked: Asked = read_question(question, self._encoder, self._dictionary, time)
        self._query = Query(question, 20)
        self._reader = reader(self._encoder.model)
        self._found: Found = search(self._asked, self._index, self._articles, self._query)

    def passages(self, part: str, known: Known) -> Choice:
        """Return the passages it has to choose from."""
        found = passages_of(self._asked, self._index, self._query, self._found.weights)
        return Choice(
            part,
            self._held,
            np.array([astuple(one.evidence) for one in found], float).reshape(-1, EVIDENCE),
            np.array([one.passage.article_id in known.relevant for one in found]),
            tuple(one.passage.article_id for one in found),
            known.relevant,
        )

    def sentences(self, part: str, known: Known) -> Choice:
        """Return the sentences it has to choose from."""
        found = self._candidates(frozenset())
        rows = [one.signals for one in found]
        good = [any(answer in one.text for answer in known.answers) for one in found]
        names = tuple(map(str, range(len(found))))
        relevant = frozenset(name for name, right in zip(names, good, strict=True) if right)
        return Choice(part, self._held, np.array(rows), np.array(good), names, relevant)

    def stored(self, known: Known) -> list[bool]:
        """Return whether the sentence answers that is best by what is stored, if it is held out."""
        best = promising(self._found.hits, self._found.weights)[:1]
        return [any(a in one.text for a in known.answers) for one in best if self._held]

    def told(self, part: str, known: Known, hidden: frozenset[str] = frozenset()) -> list[Told]:
        """Return what the best sentence looks like, `hidden` articles left out."""
        found, language = self._candidates(hidden), detect_language(known.question)
        time = self._asked.time
        return [
            Told(
                part,
                self._held,
                signs(known.question, language, time, found, self._dictionary),
                any(answer in found[0].text for answer in known.answers),
            )
            for _ in found[:1]
        ]

    def _candidates(self, hidden: frozenset[str]) -> list[Candidate]:
        hits = [hit for hit in self._found.hits if hit.article.id not in hidden]
        return candidates(
            self._asked,
            self._query.question,
            hits,
            self._encoder,
            self._found.weights,
            self._reader,
        )


def _ranking(choices: Sequence[Choice]) -> None:
    print("\npassages: nDCG@10 and hit@1\n" + " " * 28 + "served      fitted")
    served, fitted = np.array([1.0, *astuple(SERVED)]), _fitted(choices)
    for part, ones in _held(choices).items():
        cells = []
        for weights in (served, fitted):
            pairs = [(_ordered(one, one.rows @ weights), one.relevant) for one in ones]
            cells += [
                fmean(ndcg(*pair, 10) for pair in pairs),
                fmean(hit(*pair, 1) for pair in pairs),
            ]
        print(f"{part:28}" + " ".join(f"{cell:.3f}" for cell in cells))
    print(_named([field.name for field in fields(Evidence)], fitted / fitted[0]))


def _sentence(
    choices: Sequence[Choice], stored: Mapping[str, Sequence[bool]], weights: Sequence[float]
) -> None:
    print("\nsentences: the first answers\n" + " " * 28 + "served fitted unread")
    served, fitted = np.array(weights), _fitted(choices)
    for part, ones in _held(choices).items():
        cells = [
            fmean(one.good[np.argmax(one.rows @ weights)] for one in ones)
            for weights in (served, fitted)
        ]
        cells.append(fmean(stored[part]))
        print(f"{part:28}" + " ".join(f"{cell:.3f}" for cell in cells))
    hit = Signals._fields.index("hit")  # of all, it is the surest to count
    print(_named(Signals._fields, fitted * served[hit] / fitted[hit]))


def _confidence(told: Sequence[Told], served: Sequence[float]) -> None:
    coefficients = _logistic([one for one in told if not one.held], served)
    held = [one for one in told if one.held]
    rows = np.array([[*one.row, 1.0] for one in held], float)
    answers = np.array([one.answers for one in held])
    chances = 1 / (1 + np.exp(-rows @ coefficients))
    print(f"\nconfidence: AUROC {auroc(chances[answers], chances[~answers]):.3f}, expected", end="")
    print(f" calibration error {calibration_error(chances.tolist(), answers.tolist()):.3f}")
    for part in sorted({one.part for one in held}):
        here = np.array([one.part == part for one in held])
        print(
            f"{part:36}{fmean(answers[here]):.3f} answered rightly, at"
            + "".join(
                f"  {at}: {fmean(chances[here] >= at):.3f}" for at in (0.1, 0.2, 0.25, 0.3, 0.5)
            )
        )
    print(_named([*Signs._fields, "bias"], coefficients))


def _logistic(told: Sequence[Told], served: Sequence[float]) -> Rows:
    """Return the coefficients and the bias; those set by hand are as they are served."""
    by_hand = ("unnamed", "elsewhen", "deputy")
    free = np.array([name not in by_hand for name in (*Signs._fields, "bias")])
    rows = np.array([[*one.row, 1.0] for one in told], float)
    answers = np.array([one.answers for one in told], float)
    start = np.where(free, 0.0, [*served, 0.0])

    def loss(fitted: Rows) -> tuple[float, Rows]:
        logits = rows[:, free] @ fitted + rows[:, ~free] @ start[~free]
        likelihood = np.logaddexp(0, logits) - answers * logits
        slope = (1 / (1 + np.exp(-logits)) - answers) @ rows[:, free] / len(rows)
        return float(likelihood.mean() + 1e-6 * fitted @ fitted), slope + 2e-6 * fitted

    start[free] = minimize(loss, start[free], jac=True, method="L-BFGS-B").x
    return start


def _held(choices: Sequence[Choice]) -> dict[str, list[Choice]]:
    parts: dict[str, list[Choice]] = defaultdict(list)
    for one in choices:
        if one.held:
            parts[one.part].append(one)
    return dict(sorted(parts.items()))


def _named(names: Sequence[str], weights: Rows) -> dict[str, float]:
    return dict(zip(names, map(float, np.round(weights, 3)), strict=True))


def _fitted(choices: Sequence[Choice]) -> Rows:
    """Return the weights under which the right candidates are likeliest; each part counts alike."""
    fitted = (one for one in choices if not one.held)
    open_ones = [one for one in fitted if one.good.any() and not one.good.all()]
    size = {
        part: sum(one.part == part for one in open_ones) for part in {o.part for o in open_ones}
    }

    def loss(weights: Rows) -> tuple[float, Rows]:
        total, slope = 1e-6 * float(weights @ weights), 2e-6 * weights
        for one in open_ones:
            scores = one.rows @ weights
            odds = np.exp(scores - scores.max())
            right = odds[one.good]
            share = 1 / (size[one.part] * len(size))
            total -= share * float(np.log(right.sum() / odds.sum() + 1e-12))
            slope -= share * (
                right @ one.rows[one.good] / right.sum() - odds @ one.rows / odds.sum()
            )
        return total, slope

    found = minimize(loss, np.zeros(open_ones[0].rows.shape[1]), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def _ordered(choice: Choice, scores: Rows) -> list[str]:
    return list(dict.fromkeys(choice.names[at] for at in np.argsort(-scores, kind="stable")))


if __name__ == "__main__":
    main()
