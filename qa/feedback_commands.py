"""The verbs of `newsqa feedback`: what readers said of answers, listed and exported."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

from qa.cli import Home, Json, app, examples, failing, open_engine, say
from qa.feedback import PASSAGES, QUERIES, TO_LABEL, UNANSWERABLE, FeedbackStore, export

feedback = typer.Typer(help="What readers say of answers.", no_args_is_help=True)
app.add_typer(feedback, name="feedback")

_SIGNS = {"up": "+", "down": "-"}


@feedback.command("list", epilog=examples("newsqa feedback list --json"))
def listed(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """List what readers said, the last said last."""
    with failing():
        said = list(FeedbackStore(open_engine(context, home).corpus.generations).all())
    if json or context.obj["json"]:
        typer.echo(to_json({"feedback": said}, indent=2))
        return
    for one in said:
        typer.echo(f"{one.day}  {_SIGNS[one.rating]}  {one.question}  ({one.status})")
        for line in one.comment.splitlines():
            typer.echo(f"               {line}")


@feedback.command("export", epilog=examples("newsqa feedback export --to said/"))
def exported(
    context: typer.Context,
    to: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Made if it is not there.", file_okay=False),
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Write what readers said as questions for `newsqa evaluate`, with the articles to ask.

    What was praised is known; what was blamed goes to a file of its own, for somebody to label.
    """
    with failing():
        corpus = open_engine(context, home).corpus
        made = export(FeedbackStore(corpus.generations).all(), corpus.articles, to)
    if json or context.obj["json"]:
        typer.echo(to_json(made, indent=2))
        return
    typer.echo(f"{QUERIES}: {made.queries}, {UNANSWERABLE}: {made.unanswerable}")
    typer.echo(f"{TO_LABEL}: {made.to_label}, {PASSAGES}: {made.passages}")
    files = f"--passages {to / PASSAGES} --queries {to / QUERIES}"
    say(f"newsqa evaluate {files} --unanswerable {to / UNANSWERABLE}")
