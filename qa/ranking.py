"""The evidence for a passage to one score: a sum with few weights, the same for every corpus.

    score = closeness + words * share + match * match + lead * lead + time * agreement
            + fresh * freshness

Every term is a cosine or a share, so none needs to know which languages meet: closeness and match
are freed of what a language gives anything said in it (qa/neutral.py), and where a question's words
find no translation, hardly any stand in the passage and meaning decides.
`make fit` finds the weights on the development sets, five-fold.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a passage.

    Attributes:
        closeness: in meaning, of the question's vector and the passage's.
        share: its BM25 as a share of the highest that the question could reach, in [0, 1).
        match: how well each token of the question finds its like in it (embeddings/late.py).
        lead: whether it opens its article, where news says what it is about.
        agreement: with the time that the question asks for, in [0, 1].
        freshness: in [0, 1], where the newest is asked for; else 0.
    """

    closeness: float = 0.0
    share: float = 0.0
    match: float = 0.0
    lead: bool = False
    agreement: float = 0.0
    freshness: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """What each kind of evidence counts beside closeness in meaning.

    `make fit` found .25, .38, .02 and .05 on 600 questions of ten kinds, and .16, .60, .02 and .12
    on 640, none over news. For questions left out of the fit it hardly matters which: less
    match is a little better over news (nDCG@10 .947 without it, .939 with .5), more across
    languages (.910 and .918, .922 and .935). How much being fresh counts is set by hand: hardly any
    development question asks for the latest.
    """

    words: float = 0.25
    match: float = 0.5
    lead: float = 0.02
    time: float = 0.05
    fresh: float = 0.1

    def score(self, evidence: Evidence) -> float:
        """Return how much speaks for the passage; higher is better."""
        return (
            evidence.closeness
            + self.words * evidence.share
            + self.match * evidence.match
            + self.lead * evidence.lead
            + self.time * evidence.agreement
            + self.fresh * evidence.freshness
        )


SERVED = Weights()
"""The weights that questions are answered with."""
