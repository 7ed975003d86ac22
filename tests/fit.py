"""Fits the weights of qa/ranking.py and qa/answer.py: `make fit`. Prints them; changes nothing.

Every figure is of questions that were left out of the fit (five folds). Ranking and the choice of
the sentence are conditional logistic regressions (McFadden 1974): of a question's candidates the
right ones should be likelier than the others. Confidence is a logistic regression on questions half
of which have no answer in what they are asked of.
The sets are looked for in the folder that NEWSQA_DATA names, and their indexes among those that
`make eval` has made.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from statistics import fmean
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from qa.answer import Candidate, candidates, features
from qa.config import Settings
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.evaluate import corpus_home
from qa.home import open_home
from qa.known import Known, read_known
from qa.measures import auroc, hit, ndcg
from qa.ranking import SERVED, Evidence
from qa.search import Asked, Found, read_question, search
from qa.search import candidates as passages_of
from qa.text import detect_language
from qa.types import Query
from qa.when import read_time
from tests.evaluation import DATA, SETS

FOLDS = 5
FITTED = ("xquad_zh", "xquad_en", "xquad_mixed", "drcd", "cmrc2018", "rgb_zh", "crud_news")
CLOSED = ("xquad_zh", "xquad_en", "drcd", "cmrc2018")
"""Sets where nothing answers a question once its own article is left out."""

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with its candidates.

    Attributes:
        part: the set and language, by which figures are told.
        fold: the same for a question wherever it is asked.
        rows: what is known of each candidate, float64[candidates, features].
        good: which are right, bool[candidates].
        names: what each counts as in a ranking: its article.
        relevant: the names that are right, whether they are candidates or not.
    """

    part: str
    fold: int
    rows: Rows
    good: NDArray[np.bool_]
    names: tuple[str, ...]
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """The best sentence for a question: its features, and whether it answers."""

    part: str
    fold: int
    row: tuple[float, ...]
    answers: bool


def main() -> None:
    """Fit what is asked for and print it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--limit", type=int, default=150, help="questions of a set and language")
    options.add_argument("sets", nargs="*", default=FITTED)
    chosen = options.parse_args()
    passages: list[Choice] = []
    sentences: list[Choice] = []
    told: list[Told] = []
    for name in chosen.sets:
        folder = DATA / name
        engine = open_home(
            corpus_home([folder / one for one in SETS[name].passages], Settings().cache)
        )
        for known in _questions(name, chosen.limit):
            seen = _Seen(engine, known.question)
            part = f"{name} {known.language} {known.part}".strip()
            passages.append(seen.passages(part, known))
            if known.answers:
                sentences.append(seen.sentences(part, known))
                told += seen.told(part, known)
            if name in CLOSED:
                told += seen.told(f"{part} left out", replace(known, answers=()), known.relevant)
        if (unanswerable := folder / "queries_unanswerable.jsonl").exists():
            for known in (
                *read_known(unanswerable, chosen.limit, answerable=False),
                *read_known(DATA / "cdqa" / "queries.jsonl", chosen.limit, answerable=False),
            ):
                told += _Seen(engine, known.question).told("nothing", replace(known, answers=()))
        print(name, flush=True)
    _ranking(passages)
    _sentence(sentences)
    _confidence(told)


def _questions(name: str, limit: int) -> Iterator[Known]:
    """Yield the questions of a set, so many of each language; of tasks the one that asks a fact."""
    parts: dict[str, list[Known]] = defaultdict(list)
    for known in read_known(DATA / name / "queries.jsonl", by=SETS[name].by or None):
        if known.part in ("", "task=qa1"):
            parts[known.language].append(known)
    for part in parts.values():
        most = min(limit, len(part))
        yield from (part[at * len(part) // most] for at in range(most))


class _Seen:
    """A question as an engine sees it."""

    def __init__(self, engine: Engine, question: str) -> None:
        self._encoder, self._index = engine.corpus.serving()
        self._articles = engine.corpus.articles
        self._fold = crc32(question.encode()) % FOLDS
        time = read_time(question, date.today())
        dictionary = Dictionary(Settings().cache)
        self._asked: Asked = read_question(question, self._encoder, dictionary, time)
        self._query = Query(question, 20)
        self._found: Found = search(self._asked, self._index, self._articles, self._query)

    def passages(self, part: str, known: Known) -> Choice:
        """Return the passages it has to choose from."""
        found = passages_of(self._asked, self._index, self._query, self._found.weights)
        return Choice(
            part,
            self._fold,
            np.array([astuple(one.evidence) for one in found], float),
            np.array([one.passage.article_id in known.relevant for one in found]),
            tuple(one.passage.article_id for one in found),
            known.relevant,
        )

    def sentences(self, part: str, known: Known) -> Choice:
        """Return the sentences it has to choose from."""
        found = self._candidates(frozenset())
        rows = [(o.closeness, o.share, o.match, o.hit.scores.fused) for o in found]
        good = [
            one.hit.article.id in known.relevant and any(a in one.text for a in known.answers)
            for one in found
        ]
        names = tuple(map(str, range(len(found))))
        relevant = frozenset(name for name, right in zip(names, good, strict=True) if right)
        return Choice(part, self._fold, np.array(rows), np.array(good), names, relevant)

    def told(self, part: str, known: Known, hidden: frozenset[str] = frozenset()) -> list[Told]:
        """Return what the best sentence looks like, `hidden` articles left out."""
        found = self._candidates(hidden)
        return [
            Told(
                part,
                self._fold,
                features(detect_language(known.question), one),
                one.hit.article.id in known.relevant and any(a in one.text for a in known.answers),
            )
            for one in found[:1]
        ]

    def _candidates(self, hidden: frozenset[str]) -> list[Candidate]:
        hits = [hit for hit in self._found.hits if hit.article.id not in hidden]
        return candidates(self._asked, hits, self._encoder, self._found.weights)


def _ranking(choices: Sequence[Choice]) -> None:
    names = [field.name for field in fields(Evidence)]
    served = np.array([1.0, *astuple(SERVED)])
    print("\npassages: nDCG@10 and hit@1\n" + " " * 28 + "served   fitted")
    scores = _left_out(choices)
    for part in sorted({one.part for one in choices}):
        here = [at for at, one in enumerate(choices) if one.part == part]
        cells = []
        for rank in (lambda at: choices[at].rows @ served, lambda at: scores[at]):
            lists = [_ordered(choices[at], rank(at)) for at in here]
            pairs = list(zip(lists, (choices[at].relevant for at in here), strict=True))
            cells += [
                fmean(ndcg(*pair, 10) for pair in pairs),
                fmean(hit(*pair, 1) for pair in pairs),
            ]
        print(f"{part:28}" + " ".join(f"{cell:.3f}" for cell in cells))
    weights = _fitted(choices)
    print(dict(zip(names, np.round(weights / weights[0], 3), strict=True)))


def _sentence(choices: Sequence[Choice]) -> None:
    print("\nsentences: the first answers")
    scores = _left_out(choices)
    for part in sorted({one.part for one in choices}):
        first = [
            choices[at].good[np.argmax(scores[at])]
            for at in range(len(choices))
            if choices[at].part == part
        ]
        print(f"{part:28}{fmean(first):.3f}")
    weights = _fitted(choices)
    print(
        dict(
            zip(
                ("closeness", "share", "match", "hit"),
                np.round(weights / weights[0], 3),
                strict=True,
            )
        )
    )


def _confidence(told: Sequence[Told]) -> None:
    rows = np.array([one.row for one in told])
    answers = np.array([one.answers for one in told])
    chances = np.empty(len(told))
    for fold in range(FOLDS):
        out = np.array([one.fold == fold for one in told])
        chances[out] = _logistic(rows[~out], answers[~out]).predict_proba(rows[out])[:, 1]
    print(f"\nconfidence: AUROC {auroc(chances[answers], chances[~answers]):.3f}")
    for part in sorted({one.part for one in told}):
        here = np.array([one.part == part for one in told])
        print(
            f"{part:36}{fmean(answers[here]):.3f} answered rightly, at"
            + "".join(
                f"  {at}: {fmean(chances[here] >= at):.3f}" for at in (0.1, 0.2, 0.25, 0.3, 0.5)
            )
        )
    bins = [(chances >= low / 10) & (chances < (low + 1) / 10) for low in range(10)]
    error = sum(abs(chances[b].sum() - answers[b].sum()) for b in bins if b.any()) / len(told)
    print(f"expected calibration error {error:.3f}")
    model = _logistic(rows, answers)
    print(np.round(model.coef_[0], 2), np.round(model.intercept_, 2))


def _logistic(rows: Rows, answers: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=1_000.0, max_iter=1_000).fit(rows, answers)


def _left_out(choices: Sequence[Choice]) -> list[Rows]:
    """Return each question's scores by the weights that were fitted on the other folds."""
    scores: list[Rows] = [np.empty(0)] * len(choices)
    for fold in range(FOLDS):
        weights = _fitted([one for one in choices if one.fold != fold])
        for at, one in enumerate(choices):
            if one.fold == fold:
                scores[at] = one.rows @ weights
    return scores


def _fitted(choices: Sequence[Choice]) -> Rows:
    """Return the weights under which the right candidates are likeliest; each part counts alike."""
    open_ones = [one for one in choices if one.good.any() and not one.good.all()]
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
