"""The verbs of `newsqa key`: who may use the home over HTTP, let in and shut out again."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import to_json

from qa.cli import Home, Json, app, examples, failing, say
from qa.config import Settings
from qa.keys import Key, Keys, May

key = typer.Typer(help="Who may use a served home over HTTP.", no_args_is_help=True)
app.add_typer(key, name="key")


@key.command(
    epilog=examples(
        "newsqa key add desk --may write", "newsqa key add screen --rate 1000/minute > key"
    )
)
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose it is; no two keys have the same.")],
    may: Annotated[
        May, typer.Option(help="Read and ask, or write articles and operate as well.")
    ] = "read",
    rate: Annotated[
        str, typer.Option(help="Requests it may make, such as 1000/minute; else NEWSQA_RATE.")
    ] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a key and print it, this once: what is kept of it lets nobody in.

    A server that runs knows it at its next request. It is sent as `Authorization: Bearer KEY`.
    """
    with failing():
        try:
            made, secret = _keys(context, home).add(name, may, rate)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
    if json or context.obj["json"]:
        _print({**_told(made), "key": secret})
    else:
        typer.echo(secret)
        say(f"{made.id} may {made.may}; keep it: it is shown this once")


@key.command("list", epilog=examples("newsqa key list --json"))
def listed(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """List the keys, the oldest first, without what is to be sent."""
    with failing():
        keys = _keys(context, home).all()
    if json or context.obj["json"]:
        _print({"keys": [_told(one) for one in keys]})
        return
    for one in keys:
        rate = f"  {one.rate}" if one.rate else ""
        typer.echo(f"{one.id}  {one.created:%Y-%m-%d}  {one.may:5}  {one.name}{rate}")


@key.command(epilog=examples("newsqa key revoke desk"))
def revoke(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="ID|NAME", help="Which.", show_default=False)],
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a key worthless; a server that runs refuses it at its next request."""
    with failing():
        revoked = _keys(context, home).revoke(named)
    if revoked is None:
        say(f"no key has the id or name {named!r}")
        raise typer.Exit(1)
    if json or context.obj["json"]:
        _print({"revoked": _told(revoked)})
    else:
        typer.echo(f"{revoked.id} ({revoked.name}) is revoked")


def _keys(context: typer.Context, home: Path | None) -> Keys:
    """Return the keys of the home that was named, before the verb or after it."""
    return Keys(home or context.obj["home"] or Settings().home)


def _told(key: Key) -> dict[str, Any]:
    return {name: value for name, value in asdict(key).items() if name != "digest"}


def _print(document: Any) -> None:
    typer.echo(to_json(document, indent=2))
