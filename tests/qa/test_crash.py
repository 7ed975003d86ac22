"""A short run of `make crash`: what is killed at random leaves a home that is whole."""

from pathlib import Path

from tests.crash import run


def test_killed_in_any_call_a_home_is_as_before_it_or_after_it(tmp_path: Path) -> None:
    trial = run(tmp_path, kills=6, seed=5)

    assert trial.killed.total() >= 6
    assert any(at is not None for at in trial.state.values())
