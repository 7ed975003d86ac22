"""What README.md and `--help` say of verbs and settings is what the code has."""

import re
import shlex
from typing import Any

import pytest

from qa.config import OF_THE_PROJECT, Settings

from .readme import README, parameters, verbs, written

TEXT = README.read_text()
VERBS = dict(verbs())
SILENT = {"serve", "mcp"}
"""Verbs that print no result: what they answer goes over HTTP, or by a protocol of its own."""

CONFIGURATION = TEXT.partition("## Configuration")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in CONFIGURATION.splitlines()
    if line.startswith("| `NEWSQA_")
]
TESTS_OWN = OF_THE_PROJECT | {"NEWSQA_CONFIG"}
"""Named by tests and the Makefile, or what names the file of settings itself."""


def test_the_table_of_verbs_is_that_of_the_code() -> None:
    assert written(TEXT) == TEXT, "run `python -m tests.readme`"


@pytest.mark.parametrize("name", VERBS)
def test_help_says_what_a_verb_does_and_what_each_of_its_parameters_is(name: str) -> None:
    verb = VERBS[name]
    assert verb.help
    for one in parameters(verb):
        assert one.help, f"{name}: {one.name}"


@pytest.mark.parametrize("name", VERBS)
def test_examples_use_flags_that_there_are(name: str) -> None:
    verb = VERBS[name]
    lines = [line.strip() for line in (verb.epilog or "").splitlines()[1:] if line.strip()]
    assert lines, f"{name}: its help ends without an example"
    known = {option for one in verb.params for option in one.opts}
    for line in lines:
        called = next(part for part in line.split("|") if "newsqa " in part)
        words = shlex.split(called.partition("<")[0].partition(">")[0])
        assert words[: 1 + len(name.split())] == ["newsqa", *name.split()], line
        assert {word for word in words if re.match("--?[a-z]", word)} <= known, line


@pytest.mark.parametrize("name", sorted(VERBS.keys() - SILENT))
def test_what_prints_a_result_prints_it_as_json_too(name: str) -> None:
    assert any("--json" in one.opts for one in VERBS[name].params)


def shown(value: Any) -> str:
    """Return a default as the table shows it, without its quotes."""
    value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def told() -> dict[str, str]:
    """Return the settings that the table names, with the default that it tells of each."""
    found: dict[str, str] = {}
    for names, _, default, _ in ROWS:
        variables = re.findall(r"`(NEWSQA_\w+)`", names)
        defaults = [one.strip("` ") for one in default.split(", ")]
        if len(defaults) != len(variables):
            defaults = [default.strip("` ")] * len(variables)
        found.update(zip(variables, defaults, strict=True))
    return found


def test_every_setting_is_in_the_table_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"NEWSQA_{name.upper()}", raising=False)
    home = str(Settings.model_fields["home"].get_default(call_default_factory=True))
    user = home.removesuffix("/.local/share/newsqa")
    defaults = {
        f"NEWSQA_{name.upper()}": shown(field.get_default(call_default_factory=True))
        for name, field in Settings.model_fields.items()
    }
    expected = {name: value.replace(user, "~").lower() for name, value in defaults.items()}
    assert {name: value.lower() for name, value in told().items()} == expected


def test_readme_names_no_setting_that_there_is_not() -> None:
    names = set(re.findall(r"\bNEWSQA_[A-Z_]+[A-Z]\b", TEXT))
    known = {f"NEWSQA_{name.upper()}" for name in Settings.model_fields}
    assert names - TESTS_OWN <= known
