"""The `newsqa` command: the verbs of `qa.cli`, and `serve`."""

import gc

YOUNG = 100_000
"""Objects that are made before the newest are searched for garbage. Importing makes none, and with
Python's own 700 the search takes a sixth of a server's start."""


def main() -> None:
    """Run the command."""
    gc.set_threshold(YOUNG)
    from web.serve import app  # only now, so that it holds for what this imports

    app()
