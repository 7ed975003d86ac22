"""Each law of tests/fuzz holds of its seeds, and of what chance makes of them."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.laws import LAWS

LONGEST = 20.0
"""Seconds that any input may take; thousands of times what it does."""


@pytest.mark.parametrize("name", LAWS)
def test_the_law_holds_of_its_seeds(name: str) -> None:
    for seed in LAWS[name].seeds:
        LAWS[name].check(seed)


@pytest.mark.parametrize("name", LAWS)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_law_holds_of_what_chance_makes(name: str, data: st.DataObject) -> None:
    LAWS[name].check(data.draw(LAWS[name].inputs))


LONG = {
    "marks": "\u0301" * 4_000,
    "overrides": "\u202e\u2066" * 2_000,
    "digits": "9" * 4_000,
    "numerals": "一百亿" * 1_300,
    "years": "2025年" * 800,
    "quotes": "“‘《（" * 1_000,
    "stops": ".。…！" * 1_000,
    "spaces": " \u3000\t" * 1_300,
    "emoji": "\U0001f468\u200d" * 2_000,
    "who": "谁" * 4_000,
    "dates": "Jan 1 2025 to " * 300,
    "and": "and or the of " * 300,
    "lines": "x\n" * 2_000,
    "brackets": "[{(<" * 1_000,
    "NULs": "\0" * 4_000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("name", LAWS)
def test_the_law_holds_soon_of_what_repeats(name: str, kind: str) -> None:
    begun = time.thread_time()
    LAWS[name].check(LONG[kind].encode())
    LAWS[name].check(LAWS[name].seeds[0] + LONG[kind].encode())
    assert time.thread_time() - begun < LONGEST
