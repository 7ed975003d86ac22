"""The verb `newsqa export`: the articles or passages of a home, to a file."""

from datetime import datetime
from typing import Annotated

import typer
from pydantic_core import to_json

from qa.cli import Home, Json, app, examples, failing, open_engine, say


@app.command(
    epilog=examples(
        "newsqa export --to articles.jsonl.gz", "newsqa export --to p.parquet --passages --vectors"
    )
)
def export(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(metavar="FILE", help="Ends in .jsonl, .jsonl.gz or .parquet; or - for lines."),
    ],
    passages: Annotated[
        bool, typer.Option("--passages", help="The passages that are searched, not the articles.")
    ] = False,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With --passages: and the vector of each.")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="What was published on this day or later.",
        ),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the articles to a file, JSON lines or Parquet, while the home is served and written to.

    `newsqa add` of the articles' lines makes the same articles in another home.
    """
    from qa import export as exports  # its formats

    as_json = json or context.obj["json"]
    if vectors and not passages:
        raise typer.BadParameter(
            "only passages have vectors: add --passages", param_hint="--vectors"
        )
    if as_json and to == exports.STANDARD_OUTPUT:
        raise typer.BadParameter("it would stand among the lines: name a file", param_hint="--json")
    with failing():
        written = exports.export(
            open_engine(context, home).corpus,
            to,
            passages=passages,
            vectors=vectors,
            since=since.date() if since else None,
        )
    if as_json:
        typer.echo(to_json(written, indent=2))
        return
    told = f"{written.articles} articles"
    if passages:
        told = f"{written.passages} passages of {told}"
    if written.bytes is None:
        say(told)
    else:
        typer.echo(f"{written.file}: {told}, {written.bytes:,} bytes")
