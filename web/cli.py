"""The `newsqa` command: the verbs of `qa.cli`, and `serve`."""

import gc

YOUNG = 100_000
"""Objects that are made before the newest are searched for garbage. Importing makes none, and with
Python's own 700 the search takes a sixth of a server's start."""


def main() -> None:
    """Run the command."""
    gc.set_threshold(YOUNG)
    # Only now, so that it holds for what these import; the verbs register themselves.
    import qa.feedback_commands
    import qa.key_commands  # noqa: F401
    from web.serve import app

    app()
