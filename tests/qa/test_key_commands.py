"""`newsqa key`: made and printed once, listed without what lets in, revoked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import qa.key_commands  # noqa: F401 (registers its verbs)
from qa import cli
from qa.keys import Keys

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "new" / "home"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, home: Path) -> Run:
    """What runs `newsqa key` in this process."""
    monkeypatch.setenv("NEWSQA_HOME", str(home))

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(cli.app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_key_is_printed_alone_and_lets_in(run: Run, home: Path) -> None:
    result = run("key", "add", "desk", "--may", "write", "--rate", "1000/minute")
    assert result.exit_code == 0
    found = Keys(home).find(result.stdout.removesuffix("\n"))
    assert found
    assert (found.name, found.may, found.rate) == ("desk", "write", "1000/minute")
    assert "this once" in result.stderr
    assert result.stdout.strip() not in result.stderr


def test_in_json_it_comes_with_what_is_kept_of_it(run: Run, home: Path) -> None:
    made = document(run("--json", "key", "add", "screen"))
    assert made.keys() == {"id", "name", "may", "rate", "created", "key"}
    assert (made["name"], made["may"], made["rate"]) == ("screen", "read", "")
    found = Keys(home).find(made["key"])
    assert found
    assert found.id == made["id"]


def test_keys_are_listed_without_what_lets_in(run: Run) -> None:
    assert document(run("key", "list", "--json")) == {"keys": []}
    made = [document(run("key", "add", name, "--json")) for name in ("desk", "屏幕")]
    sent = [one.pop("key") for one in made]
    listed = run("key", "list", "--json")
    assert sorted(document(listed)["keys"], key=lambda one: one["name"]) == made
    told = listed.output + run("key", "list").output
    assert all(one["id"] in told and one["name"] in told for one in made)
    assert not [part for one in sent for part in one.split("_")[2:] if part in told]
    assert "digest" not in told


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_key_is_revoked_by_its_id_or_name(run: Run, home: Path, by: str) -> None:
    made = document(run("key", "add", "desk", "--json"))
    assert document(run("key", "revoke", made[by], "--json"))["revoked"]["id"] == made["id"]
    assert Keys(home).find(made["key"]) is None
    again = run("key", "revoke", made[by])
    assert (again.exit_code, again.stdout) == (1, "")
    assert made[by] in again.stderr


@pytest.mark.parametrize(
    "wrong", [("desk",), ("x", "--rate", "often"), ("x", "--may", "all"), ("0123abcd",), ()]
)
def test_wrong_usage_is_2_and_makes_nothing(run: Run, home: Path, wrong: tuple[str, ...]) -> None:
    run("key", "add", "desk")
    result = run("key", "add", *wrong)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [one.name for one in Keys(home).all()] == ["desk"]


def test_a_damaged_file_is_an_error_that_names_it(run: Run, home: Path) -> None:
    run("key", "add", "desk")
    (home / "keys.json").write_text("[")
    for arguments in (("list",), ("add", "x"), ("revoke", "desk")):
        result = run("key", *arguments)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"error: {home / 'keys.json'}: it is damaged")


def test_a_home_named_before_or_after_the_verb_is_meant(run: Run, tmp_path: Path) -> None:
    run("--home", str(tmp_path / "a"), "key", "add", "one")
    run("key", "add", "two", "--home", str(tmp_path / "a"))
    assert {one.name for one in Keys(tmp_path / "a").all()} == {"one", "two"}
