"""The verbs of the command to a table of them in README.md: `python -m tests.readme`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from web.cli import command

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->"
BAR = r"\|"
EVERYWHERE = {"--help", "--home", "--json"}
"""Options that the text above the table names for all verbs."""


def verbs() -> Iterator[tuple[str, Any]]:
    """Yield the verbs, each with its click command, in the order of their names."""
    yield from _verbs("", get_command(command()))


def _verbs(above: str, group: Any) -> Iterator[tuple[str, Any]]:
    for name, one in sorted(group.commands.items()):
        if one.hidden:
            continue
        if hasattr(one, "commands"):
            yield from _verbs(f"{above}{name} ", one)
        else:
            yield f"{above}{name}", one


def parameters(verb: Any) -> list[Any]:
    """Return the arguments and options of a verb that its help shows."""
    return [one for one in verb.params if not getattr(one, "hidden", False)]


def table() -> str:
    """Return the table: each verb as it is called, what it does, and its flags."""
    rows = ["| verb | | flags |", "|---|---|---|"]
    for name, verb in verbs():
        taken = [
            one.metavar or one.name.upper()
            for one in parameters(verb)
            if one.param_type_name == "argument"
        ]
        flags = [
            option
            for one in parameters(verb)
            if one.param_type_name == "option"
            for option in one.opts
            if option.startswith("--") and option not in EVERYWHERE
        ]
        summary = verb.help.partition("\n\n")[0].replace("\n", " ")
        told = " ".join(f"`{flag}`" for flag in flags)
        cells = (f"`{' '.join((name, *taken))}`", summary, told)
        rows.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Return README's text with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"README.md: no place between {BEGIN.strip()} and {END}")
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
