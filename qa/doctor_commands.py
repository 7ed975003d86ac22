"""`newsqa doctor`: an installation to lines that say what is well and what to do."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError
from pydantic_core import to_json

from qa.cli import Home, Json, app, examples
from qa.config import Settings, told
from qa.errors import SettingsUnusable

if TYPE_CHECKING:
    from qa.doctor import Check


@app.command(epilog=examples("newsqa doctor", "newsqa doctor --json"))
def doctor(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """Check the installation and say what to do; nothing is changed. 1 if there is a problem.

    What an index holds is read by `newsqa status --check`.
    """
    checks = []
    for check in _examined(home or context.obj["home"]):
        checks.append(check)
        if not json and not context.obj["json"]:
            typer.echo(f"{check.state:8} {check.name:14} {check.found}")
            if check.remedy:
                typer.echo(f"{'':23} -> {check.remedy}")
    sound = all(check.state != "problem" for check in checks)
    if json or context.obj["json"]:
        typer.echo(to_json({"sound": sound, "checks": [asdict(one) for one in checks]}, indent=2))
    if not sound:
        raise typer.Exit(1)


def _examined(home: Path | None) -> "Iterator[Check]":
    """Yield what is found as it is; where the settings are wrong, that and little else."""
    from qa.doctor import Check, examine, packages, python  # a tenth of a second

    try:
        settings = Settings()
    except (ValidationError, SettingsUnusable) as error:
        yield python()
        yield packages()
        for line in told(error) if isinstance(error, ValidationError) else [str(error)]:
            yield Check("settings", "problem", line, "mend it; the rest is looked at then")
        return
    yield from examine(settings.model_copy(update={"home": home}) if home else settings)
