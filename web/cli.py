"""The `newsqa` command: the verbs of `qa.cli`, and `serve`."""

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

YOUNG = 100_000
"""Objects that are made before the newest are searched for garbage. Importing makes none, and with
Python's own 700 the search takes a sixth of a server's start."""


def main() -> None:
    """Run the command."""
    gc.set_threshold(YOUNG)
    try:
        verbs = command()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "embeddings", "qa", "web"):
            raise
        sys.exit(f"error: the package {package!r} is missing; install newsqa again, with its needs")
    verbs()


def command() -> "typer.Typer":
    """Return the command with all its verbs: they register themselves when they are imported."""
    # Only now, so that the threshold holds for what these import.
    import qa.chat_commands
    import qa.doctor_commands
    import qa.export_commands
    import qa.feedback_commands
    import qa.key_commands
    import qa.shard_commands
    import qa.shared_commands  # noqa: F401
    import web.mcp_commands  # noqa: F401
    from web.serve import app

    return app
