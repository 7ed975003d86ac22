"""Evidence adds up, and none speaks against a passage."""

from dataclasses import astuple, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ranking import SERVED, Evidence, Weights

NAMES = [field.name for field in fields(Evidence)]
SHARES = st.floats(0, 1)
EVIDENCE = st.builds(
    Evidence, st.floats(-1, 1), SHARES, st.floats(-1, 1), st.booleans(), SHARES, SHARES
)
WEIGHTS = st.builds(Weights, *[st.floats(0, 2)] * len(fields(Weights)))


@given(WEIGHTS, EVIDENCE)
def test_the_score_is_the_sum_of_what_each_kind_of_evidence_tells_alone(
    weights: Weights, evidence: Evidence
) -> None:
    alone = [Evidence(**{name: getattr(evidence, name)}) for name in NAMES]
    assert weights.score(evidence) == pytest.approx(sum(map(weights.score, alone)), abs=1e-12)


@given(WEIGHTS, EVIDENCE, st.floats(0, 1))
def test_half_the_evidence_is_half_the_score(
    weights: Weights, evidence: Evidence, part: float
) -> None:
    evidence = replace(evidence, lead=False)  # which is there or not
    less = Evidence(*(part * value for value in astuple(evidence)))
    assert weights.score(less) == pytest.approx(part * weights.score(evidence), abs=1e-12)


@given(WEIGHTS, EVIDENCE, st.sampled_from(NAMES), st.floats(0, 2))
def test_more_evidence_of_any_kind_never_lowers_the_score(
    weights: Weights, evidence: Evidence, name: str, more: float
) -> None:
    told = getattr(evidence, name)
    stronger = replace(evidence, **{name: True if name == "lead" else told + more})
    assert weights.score(stronger) >= weights.score(evidence)


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_evidence_counts_as_served(name: str) -> None:
    assert SERVED.score(Evidence(**{name: True})) > SERVED.score(Evidence()) == 0
