"""The verbs `work` and `migrate`: servers that share one corpus, and how a corpus gets there."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_core import to_json
from tqdm import tqdm

from qa.cli import Home, Json, app, examples, failing, in_json, open_engine, progress, until_stopped
from qa.config import Settings
from qa.home import open_home
from qa.migrate import DEPTH, migrate


@app.command(
    epilog=examples(
        "newsqa work",
    )
)
def work(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """Take articles into the index that others add to a shared database, until stopped.

    Any number of workers do so at once, on any machines; what one had who dies others take.
    """
    taken = 0
    stop = until_stopped()
    with failing(), progress("taken in", None) as bar:

        def tell(finished: int) -> None:
            nonlocal taken
            taken += finished
            bar.update(finished)

        open_engine(context, home).corpus.work(tell, stop.is_set)
    if in_json(context, json):
        typer.echo(to_json({"taken": taken}, indent=2))
    else:
        typer.echo(f"{taken} articles taken in")


@app.command(
    "migrate",
    epilog=examples(
        "newsqa migrate --to milvus://milvus/news --database postgresql://newsqa@db/news",
        "newsqa migrate --to local --database none --into ~/news",
    ),
)
def carry(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            metavar="INDEX", help="What is to rank passages: local, or milvus://host/name."
        ),
    ],
    database: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="The PostgreSQL database that is to have the articles, or none: the home; by"
            " default they stay where they are.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The home that is to have them, if another."),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Carry a corpus to a database, an engine, or back into a folder, and compare the answers.

    It is read from where the settings say, and stays there. No passage is encoded again; what was
    stopped goes on. Set NEWSQA_DATABASE and NEWSQA_INDEX to the new places when it is done.
    """
    with failing():
        settings = Settings()
        source_home = home or context.obj["home"] or settings.home
        before = settings.database.get_secret_value()
        after = before if database is None else "" if database == "none" else database
        target_home = into or source_home
        apart = after != before or (not after and target_home != source_home)
        if not apart and to == settings.index.get_secret_value():
            raise typer.BadParameter("it is there already", param_hint="--to")
        source = open_home(source_home, settings)
        # Token vectors go along, or are not there.
        kept = source.corpus.serving()[1].manifest.token_vectors
        there = Settings(
            home=target_home,
            index=SecretStr(to),
            database=SecretStr(after),
            token_vectors=kept,
        )
        target = open_home(target_home, there)
        with tqdm(file=sys.stderr, disable=None) as bar:

            def tell(what: str, done: int, total: int) -> None:
                bar.set_description_str(what, refresh=False)
                bar.total, bar.n = total, done
                bar.refresh()

            made = migrate(source, target, tell, apart=apart)
    if in_json(context, json):
        typer.echo(to_json(made, indent=2))
        return
    typer.echo(
        f"{made.articles} articles, {made.passages} passages; of the first {DEPTH} passages for"
        f" {made.asked} titles both find {made.dense:.1%} by meaning, {made.lexical:.1%} by words"
    )
