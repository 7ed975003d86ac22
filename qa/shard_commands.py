"""The verbs `newsqa embed` and `newsqa load`: articles to shards, and shards into a home."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from pydantic_core import to_json
from tqdm import tqdm

from embeddings.encoder import Encoder, open_encoder
from embeddings.models import BUILT_IN
from qa.articles import READER
from qa.cli import Home, Json, app, examples, failing, in_json, open_engine, say
from qa.config import Settings
from qa.errors import ArticleRefused
from qa.neutral import NeutralEncoder
from qa.sources import Item, Sweep, is_address
from qa.store import Outcome

if TYPE_CHECKING:
    from qa.shards import Shard, ShardSet


def passage_encoder(model: str) -> Encoder:
    """Return the encoder of a model as a home uses it, with one thread."""
    settings = Settings()
    return NeutralEncoder(open_encoder(model, cache=settings.cache, threads=1), settings.cache)


@app.command(
    epilog=examples(
        "newsqa embed news/ --shards /mnt/shards",
        "newsqa embed news/ --shards /mnt/shards --processes 16",
        "newsqa embed news/ --shards /mnt/shards --ray ray://head:10001",
    )
)
def embed(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="A file, a folder, a pattern, an address of the web, or - for standard input.",
            show_default=False,
        ),
    ],
    shards: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Where shards are kept; of a cluster every machine must reach it."
        ),
    ],
    articles: Annotated[int, typer.Option(min=1, help="How many articles a shard has.")] = 1_000,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1, help="How many cores to use, each by a process; by default all.", metavar="N"
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Embed on a Ray cluster: ray://HOST:10001, auto for the one that this machine"
            " belongs to, local to begin one here. Its machines need newsqa and the folder.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(help="A sentence-transformers model: a folder or a hub name.", metavar="NAME"),
    ] = BUILT_IN,
    no_token_vectors: Annotated[
        bool, typer.Option("--no-token-vectors", help="Keep one vector a passage and no more.")
    ] = False,
    json: Json = False,
) -> None:
    """Read articles and embed their passages, without a home, on as many machines as there are.

    What is done stays: the same command again goes on where it was stopped, and embeds what has
    changed since. `newsqa load` takes the shards into a home.
    """
    from qa import shards as sharding  # its formats
    from qa.shards.running import import_ray
    from qa.shards.vectors import import_parquet, opened

    if "" in paths:
        raise typer.BadParameter("a path is empty", param_hint="PATH")
    if within := [path for path in paths if _is_within(shards, path)]:
        raise typer.BadParameter(f"it lies in {within[0]}, which is read", param_hint="--shards")
    if ray == "":
        raise typer.BadParameter("it names no cluster", param_hint="--ray")
    if processes and ray not in (None, "local"):
        raise typer.BadParameter("a cluster says how many cores it has", param_hint="--processes")
    sweep = Sweep(paths)
    if sweep.found(_place(str(shards))):
        raise typer.BadParameter("what lies in it would be read", param_hint="--shards")
    cores = processes or Settings().threads or os.cpu_count() or 1
    with failing():
        import_parquet()
        if ray:
            import_ray()
        with sharding.alone(shards):
            about = opened(passage_encoder, model).model
            given = sharding.ShardSet(
                paths=tuple(path if _is_no_place(path) else _place(path) for path in paths),
                size=articles,
                model=about.name,
                fingerprint=about.fingerprint,
                dimension=about.dimension,
                max_tokens=about.max_tokens,
                token_vectors=not no_token_vectors,
                reader=READER,
            )
            dealt, refused = _deal(sweep, shards, given)
            left = sharding.missing(shards, dealt)
            with _bar("embedding", dealt.articles, left) as bar:

                def done(shard: sharding.Shard) -> None:
                    bar.update(shard.articles)

                if ray:
                    sharding.embed_on_ray(shards, left, passage_encoder, ray, processes, done)
                else:
                    sharding.embed_here(shards, left, passage_encoder, cores, done, _beside_bar)
            made = sharding.finished(shards, dealt)
    if in_json(context, json):
        _print(
            {
                "folder": str(shards),
                "model": made.model,
                "shards": len(made.shards),
                "embedded": len(left),
                "articles": made.articles,
                "passages": made.passages,
                "refused": _reasons(refused),
            }
        )
    else:
        typer.echo(
            f"{shards}: {made.articles} articles, {made.passages} passages in"
            f" {len(made.shards)} shards, {len(left)} of them embedded now;"
            f" {len(refused)} refused"
        )
    _complain(refused)


@app.command(
    epilog=examples(
        "newsqa load /mnt/shards",
        "newsqa load /mnt/shards --home news/ --json",
    )
)
def load(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Shards that `newsqa embed` has finished.",
            show_default=False,
            exists=True,
            file_okay=False,
        ),
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Add the articles of shards to a home, as `newsqa add` of their paths would: encoded already.

    Stopped, it goes on when it is run again: an article that is there costs little.
    """
    from qa import shards as sharding  # its formats

    with failing():
        shards = sharding.Shards(folder)
        with _bar("loading", shards.about.articles) as bar:
            report = sharding.load(shards, open_engine(context, home).corpus, bar.update)
    counts = {outcome: report.count(outcome) for outcome in get_args(Outcome)}
    if in_json(context, json):
        refused = _reasons(report.refused)
        _print({**counts, "copies": report.copies, "refused": refused, "warnings": report.warnings})
    else:
        always = ("added", "updated", "unchanged")
        told = [f"{n} {name}" for name, n in counts.items() if n or name in always]
        told += [f"{report.copies} of them copies"] if report.copies else []
        typer.echo(f"{', '.join(told)}, {len(report.refused)} refused")
    for warning in report.warnings:
        say(f"warning: {warning}")
    _complain(report.refused)


def _deal(sweep: Sweep, folder: Path, about: "ShardSet") -> "tuple[ShardSet, list[ArticleRefused]]":
    """Write the inputs of shards, with a bar that tells how far it is; return what was refused."""
    from qa.shards import deal_out

    refused: list[ArticleRefused] = []

    def read() -> Iterator[Item]:
        for item in sweep:
            if isinstance(item, ArticleRefused):
                refused.append(item)
            yield item
            bar.update(sweep.done - bar.n)

    with tqdm(
        desc="reading", total=sweep.total, unit="B", unit_scale=True, file=sys.stderr, disable=None
    ) as bar:
        return deal_out(read(), folder, about), refused


def _bar(what: str, total: int, left: "Sequence[Shard] | None" = None) -> "tqdm[Any]":
    there = 0 if left is None else total - sum(shard.articles for shard in left)
    return tqdm(
        desc=what, total=total, initial=there, unit=" articles", file=sys.stderr, disable=None
    )


def _beside_bar(line: str) -> None:
    tqdm.write(line, file=sys.stderr)


def _is_no_place(path: str) -> bool:
    return path == "-" or is_address(path)


def _place(path: str) -> str:
    """Return the absolute path; links are not followed, as where the store knows files by it."""
    return os.path.abspath(path)  # noqa: PTH100


def _is_within(folder: Path, path: str) -> bool:
    return not _is_no_place(path) and folder.resolve().is_relative_to(Path(path).resolve())


def _reasons(refused: Iterable[ArticleRefused]) -> list[dict[str, str]]:
    return [{"origin": one.origin, "reason": one.reason} for one in refused]


def _complain(refused: Sequence[ArticleRefused]) -> None:
    """Tell what was refused; then the exit status is 1."""
    for one in refused:
        say(f"refused: {one}")
    if refused:
        raise typer.Exit(1)


def _print(document: Any) -> None:
    sys.stdout.write(to_json(document, indent=2).decode() + "\n")
