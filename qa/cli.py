"""The verbs of the `newsqa` command, less `serve`, which is the web's.

Each opens a home, does one thing and says what came of it.

Results go to standard output, as one JSON document with `--json`; progress and warnings to standard
error. Exit status: 0 done, 1 failed, 2 wrong usage.
"""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Annotated, Any, get_args

import typer
from pydantic import SecretStr, ValidationError
from pydantic_core import to_json
from tqdm import tqdm

from embeddings.models import ModelUnusable
from qa import backup as backups
from qa import checkup
from qa.config import Settings, told
from qa.corpus import Corpus, Report
from qa.engine import Engine
from qa.errors import ArticleRefused, HomeUnusable, NewsqaError
from qa.evaluate import corpus_home, index_articles, run
from qa.figures import as_table, figures_of
from qa.home import Part, open_home
from qa.known import located, read_known, read_unanswerable
from qa.lines import heading
from qa.showing import links, tell
from qa.sources import Sweep, is_address, is_glob
from qa.store import ArticleStore, Draft, Outcome
from qa.types import FAILURES, Answer, Filters, Mode, Query, Retriever

MOST_COMPLETED = 50
"""Articles that a shell is told of."""

app = typer.Typer(
    help="Questions over news articles; every sentence of an answer is cited.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Where the data lives (or NEWSQA_HOME)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
TopK = Annotated[int, typer.Option(min=1, max=100, help="How many passages to find.")]
Modes = Annotated[
    Mode,
    typer.Option(
        help="What the answer is made of: the articles' sentences, passages, or sentences of the"
        " language model at NEWSQA_LLM_URL."
    ),
]
By = Annotated[Retriever, typer.Option(help="Find by words, by meaning, or both.")]
_DAY = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD"}
DateFrom = Annotated[
    datetime | None, typer.Option(help="Only what was published on this day or later.", **_DAY)
]
DateTo = Annotated[
    datetime | None, typer.Option(help="Only what was published on this day or before.", **_DAY)
]
Category = Annotated[
    list[str] | None, typer.Option(help="Only of this category; may be given several times.")
]
Publisher = Annotated[
    list[str] | None, typer.Option(help="Only of this publisher; may be given several times.")
]
Author = Annotated[
    list[str] | None, typer.Option(help="Only by this author; may be given several times.")
]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        help='The day of asking, against which "last week" is read; by default today.', **_DAY
    ),
]
NoTime = Annotated[bool, typer.Option("--no-time", help="Do not read the question's time.")]
Linked = Annotated[
    bool, typer.Option("--linked", help="Of a feed, read the pages that its entries link to.")
]


def examples(*commands: str) -> str:
    """Return the end of a verb's help: how it is used, a line each."""
    return "\n\n".join(("Examples:", *(f"  {command}" for command in commands)))


def _ids(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the articles that begin so, for a shell to complete; a home is not made for that."""
    file = _folder(context, context.params.get("home")) / backups.ARTICLES
    # Those in a database are not asked for at each key.
    return ArticleStore(file).beginning(incomplete, MOST_COMPLETED) if file.exists() else []


@app.callback()
def everywhere(context: typer.Context, home: Home = None, json: Json = False) -> None:
    """Take the options that may also stand before the verb."""
    context.obj = {"home": home, "json": json}


@app.command(
    epilog=examples(
        "newsqa add news/ export.jsonl.gz page.html",
        "newsqa add https://news.example/feed.xml --linked",
        "newsqa add --sync news/",
        "newsqa add --dry-run news/",
        "curl -s https://news.example/a.html | newsqa add -",
    )
)
def add(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="A file, a folder, a pattern, an address of the web, or - for standard input.",
            show_default=False,
        ),
    ],
    if_empty: Annotated[
        bool, typer.Option("--if-empty", help="Do nothing if there are articles already.")
    ] = False,
    sync: Annotated[
        bool, typer.Option("--sync", help="Withdraw, too, what these paths hold no more.")
    ] = False,
    emptied: Annotated[
        bool, typer.Option("--emptied", help="With --sync: a folder may hold nothing any more.")
    ] = False,
    linked: Linked = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what is read and what is cut off; keep nothing.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Add articles, or newer versions of them: files, folders, globs, feeds on the web, or -.

    `-` is standard input. A file that is as it was when it was read last is not read again.
    """
    if "" in paths:
        raise typer.BadParameter("a path is empty", param_hint="PATH")
    if sync and (wrong := [p for p in paths if p == "-" or is_address(p) or is_glob(p)]):
        raise typer.BadParameter(f"{wrong[0]} is no folder or file", param_hint="--sync")
    if dry_run:
        _show(Sweep(paths, linked=linked), in_json(context, json))
        return
    with failing():
        corpus = open_engine(context, home).corpus
        chosen = () if if_empty and len(corpus.articles) else paths
        report = _sweep(corpus, chosen, sync=sync, emptied=emptied, linked=linked)
    if in_json(context, json):
        _print(_told(report))
    else:
        print(_summary(report))
    _complain(report)
    if report.refused:
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        "newsqa watch news/ https://news.example/feed.xml",
        "newsqa watch --poll --every 60 /mnt/news",
    )
)
def watch(
    context: typer.Context,
    places: Annotated[
        list[str],
        typer.Argument(
            metavar="FOLDER|FEED...",
            help="A folder, or a feed's address on the web.",
            show_default=False,
        ),
    ],
    every: Annotated[
        float, typer.Option(min=0.1, help="Ask the feeds so often.", metavar="MINUTES")
    ] = 15,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at files again and again, as on a network disk.")
    ] = False,
    linked: Linked = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Keep in step with folders and feeds, as they change: what is gone from a folder is withdrawn.

    Runs until it is stopped (Ctrl-C); anything may be asked, added and removed meanwhile. With
    --json what became of each change is a document on a line of its own.
    """
    from qa.watching import watch as follow  # a quarter of a second

    if wrong := [place for place in places if Path(place).is_file()]:
        raise typer.BadParameter(f"{wrong[0]} is no folder", param_hint="FOLDER|FEED")
    refused = dict[str, set[str]]()
    as_json = in_json(context, json)

    def tell(place: str, outcome: Report | str) -> None:
        if isinstance(outcome, str):
            say(f"{place}: {outcome}")
            return
        before, now = refused.get(place, set()), {str(one) for one in outcome.refused}
        refused[place] = now
        if outcome.changed or now != before:
            document = {"place": place, **_told(outcome)} if as_json else None
            line = to_json(document).decode() if document else f"{place}: {_summary(outcome)}"
            print(line, flush=True)
        for one in sorted(now - before):
            say(f"refused: {one}")

    stop = until_stopped()
    with failing():
        corpus = open_engine(context, home).corpus
        follow(
            [Path(place) for place in places if not is_address(place)],
            [place for place in places if is_address(place)],
            # It is asked for a folder only after it was seen with files in it.
            lambda folder, moving: corpus.sweep(
                corpus.look([str(folder)], moving), stop=stop.is_set, sync=True, emptied=True
            ),
            lambda feed: corpus.sweep(corpus.look([feed], linked=linked), stop=stop.is_set),
            tell,
            stop,
            every=timedelta(minutes=every),
            poll=poll,
        )


@app.command(
    epilog=examples(
        "newsqa remove 40420b43da2a5dbafb26",
    )
)
def remove(
    context: typer.Context,
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...",
            help="An article's id, as it stands in the address of a citation.",
            autocompletion=_ids,
            show_default=False,
        ),
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Withdraw articles: no answer cites them any more, and no folder or feed brings them back."""
    with failing():
        removed = open_engine(context, home).corpus.remove(ids)
    missing = [id for id in ids if id not in removed]
    if in_json(context, json):
        _print({"removed": removed, "missing": missing})
    else:
        print(f"{len(removed)} removed")
    for id in missing:
        say(f"no article has the id {id!r}")
    if missing:
        raise typer.Exit(1)


@app.command(
    epilog=examples(
        "newsqa rebuild",
        "newsqa rebuild --model BAAI/bge-small-zh-v1.5",
    )
)
def rebuild(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(help="A sentence-transformers model: a folder or a hub name.", metavar="NAME"),
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make the index anew from the articles, and swap it in when it is done."""
    with failing():
        corpus = open_engine(context, home).corpus
        total = corpus.articles.pending(0)
        with progress("rebuilding", total) as bar:

            def tell(finished: int) -> None:
                # What follows takes half a millisecond a passage: of a million, minutes.
                if bar.n + finished >= total:
                    bar.set_postfix_str("writing words and vectors", refresh=False)
                bar.update(finished)

            manifest = corpus.rebuild(model, tell)
            bar.set_postfix_str("")
    if in_json(context, json):
        _print(asdict(manifest))
    else:
        print(
            f"{manifest.articles} articles, {manifest.passages} passages, by {manifest.model},"
            f" {'with' if manifest.token_vectors else 'without'} token vectors"
        )


@app.command(
    epilog=examples(
        "newsqa ask 上海2025年的目标是什么",
        'newsqa ask "what was announced last month" --as-of 2026-03-01 --category Transport',
        "newsqa ask --json 谁是新任市长 | jq .citations",
    )
)
def ask(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(help="The question, in Chinese or English.", show_default=False)
    ],
    top_k: TopK = 5,
    mode: Modes = "extractive",
    date_from: DateFrom = None,
    date_to: DateTo = None,
    category: Category = None,
    source: Publisher = None,
    author: Author = None,
    as_of: AsOf = None,
    no_time: NoTime = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Answer a question, each sentence cited."""
    with failing():
        query = asked(
            question, top_k, date_from, date_to, category, source, author, as_of, no_time, mode=mode
        )
        engine = open_engine(context, home)
        answer = engine.ask(query)
    if in_json(context, json):
        _print(answer)
    else:
        tell(answer, links(engine.corpus.articles))
    say_failure(answer)


@app.command(
    epilog=examples(
        'newsqa search "night ferry" --top-k 10',
        "newsqa search 数字化转型 --retriever lexical --json",
    )
)
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A question, or words.", show_default=False)],
    top_k: TopK = 5,
    retriever: By = "hybrid",
    date_from: DateFrom = None,
    date_to: DateTo = None,
    category: Category = None,
    source: Publisher = None,
    author: Author = None,
    as_of: AsOf = None,
    no_time: NoTime = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Find the best passages, without making an answer of them."""
    with failing():
        query_ = asked(
            query,
            top_k,
            date_from,
            date_to,
            category,
            source,
            author,
            as_of,
            no_time,
            retriever=retriever,
        )
        hits = open_engine(context, home).search(query_)
    if in_json(context, json):
        _print({"hits": hits})
    else:
        for number, hit in enumerate(hits, start=1):
            print(f"[{number}] {heading(hit, hit.url)}  ({hit.score:.3f})\n    {hit.text}\n")


@app.command(
    epilog=examples(
        "newsqa evaluate --passages articles.jsonl --queries questions.jsonl",
        "newsqa evaluate --passages news/ --queries q.jsonl --unanswerable u.jsonl --by task",
    )
)
def evaluate(
    context: typer.Context,
    passages: Annotated[
        list[Path],
        typer.Option(
            help="Articles to ask: a file, or a folder of files. May be given several times.",
            exists=True,
        ),
    ],
    queries: Annotated[
        Path,
        typer.Option(
            help="Questions with `relevant` ids, or `relevant_files`.", exists=True, dir_okay=False
        ),
    ],
    unanswerable: Annotated[
        list[Path] | None,
        typer.Option(
            help="Questions that nothing answers. May be given several times.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    retriever: By = "hybrid",
    by: Annotated[
        str | None,
        typer.Option(
            help="Report by this field of the questions as well, such as `task`.", metavar="FIELD"
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Ask so many in each language, spread evenly; with --by, of each value."
        ),
    ] = None,
    without: Annotated[
        list[Part] | None,
        typer.Option(help="Take a part of retrieval away, to see what it adds.", hidden=True),
    ] = None,
    json: Json = False,
) -> None:
    """Ask questions with known answers of a throw-away index, and report how well it did."""
    with failing():
        known = read_known(queries, limit, by)
        unanswered = read_unanswerable(unanswerable or (), limit)
        taken = without or []
        # Vectors that keep their language are others: they have an index of their own.
        cache = Settings().cache / "with-language" if Part.NEUTRAL in taken else Settings().cache
        # In a folder, whatever database others share.
        own = Settings(database=SecretStr(""), index=SecretStr("local"))
        home = corpus_home(passages, cache)
        engine = open_home(home, settings=own, without=taken, threshold=0.0)
        with progress("adding", None) as bar:
            report, files = index_articles(engine.corpus, passages, bar.update)
        known, lost = located(known, files)
        with progress("asking", len(known) + len(unanswered), " questions") as bar:
            outcomes = run(engine, known, retriever, bar.update)
            nothing = run(engine, unanswered, retriever, bar.update)
    for one in report.refused:
        say(f"refused: {one}")
    if lost:
        say(f"warning: articles of {lost} question(s) are not there: counted as missed")
    figures = figures_of(outcomes, nothing)
    if in_json(context, json):
        _print(figures)
    else:
        print(as_table(figures))


@app.command(
    epilog=examples(
        "newsqa status",
        "newsqa status --refused",
        "newsqa status --check --json",
    )
)
def status(
    context: typer.Context,
    refused: Annotated[
        bool, typer.Option("--refused", help="List what was refused, and why.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every file and compare them; 1 if one is damaged.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say what a home holds and by which model it is searched."""
    if check:
        with failing():
            folder = _own_folder(context, home)
        _check(folder, in_json(context, json))
        return
    with failing():
        corpus = open_engine(context, home).corpus
        refusals = corpus.articles.refusals()
        manifest = None if refused else corpus.manifest()
        facts: dict[str, Any] = {
            "home": str(corpus.home),
            "articles": len(corpus.articles),
            "refused": len(refusals),
            "index": asdict(manifest) if manifest else None,
        }
    if refused:
        if in_json(context, json):
            _print({"refused": refusals})
            return
        for one in refusals:
            place = one.file if one.file.endswith(one.origin) else f"{one.file} ({one.origin})"
            print(f"{one.at:%Y-%m-%d %H:%M}  {place}: {one.reason}")
        say(f"{len(refusals)} refused; each is tried again when its file or feed changes")
        return
    if in_json(context, json):
        _print(facts)
        return
    print(f"{facts['home']}: {facts['articles']} articles")
    if refusals:
        print(f"{len(refusals)} refused: `newsqa status --refused` lists them")
    if manifest:
        kept, wanted = manifest.token_vectors, Settings().token_vectors
        print(
            f"index of {manifest.created} by {manifest.model}: {manifest.passages} passages,"
            f" {'with' if kept else 'without'} token vectors"
        )
        if kept and wanted is False:
            print(
                "token vectors are switched off: unused, and dropped by the next `newsqa rebuild`"
            )
        if not kept and wanted is not False:
            print(
                "`NEWSQA_TOKEN_VECTORS=true newsqa rebuild` adds token vectors, by which passages"
                " are ranked better"
            )
    else:
        print("no index yet: the first `newsqa add` makes it")


@app.command(
    epilog=examples(
        "newsqa backup news.zip",
    )
)
def backup(
    context: typer.Context,
    destination: Annotated[
        Path, typer.Argument(help="The file to write; it must not exist.", show_default=False)
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Write a home to one file, while it is served and written to."""
    with failing():
        written = backups.backup(_own_folder(context, home), destination)
    size = written.stat().st_size
    if in_json(context, json):
        _print({"file": str(written), "bytes": size})
    else:
        print(f"{written}: {size:,} bytes")


@app.command(
    epilog=examples(
        "newsqa restore news.zip --home restored/",
        "newsqa restore --force news.zip",
    )
)
def restore(
    context: typer.Context,
    source: Annotated[
        Path,
        typer.Argument(
            help="A file that `newsqa backup` wrote.",
            show_default=False,
            exists=True,
            dir_okay=False,
        ),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the articles that are there.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a home what it was at a backup."""
    with failing():
        count = backups.restore(source, _own_folder(context, home), force=force)
    if in_json(context, json):
        _print({"articles": count})
    else:
        print(f"{count} articles")


def _folder(context: typer.Context, home: Path | None) -> Path:
    """Return the home that was named; a damaged one need not be opened for that."""
    before = context.obj or (context.parent.params if context.parent else {})
    named: Path | None = home or before.get("home")
    return named or Settings().home


def _own_folder(context: typer.Context, home: Path | None) -> Path:
    """Return the home that was named, which holds its articles itself.

    Raises:
        HomeUnusable: they are in a database.
    """
    if Settings().database.get_secret_value():
        raise HomeUnusable(
            "the articles are in the database that NEWSQA_DATABASE names: back it up, restore and"
            " check it by PostgreSQL's own programs (pg_dump), or have a copy in a folder by"
            " `newsqa migrate --to local --database none --into DIR`"
        )
    return _folder(context, home)


def _check(home: Path, as_json: bool) -> None:
    with failing():
        findings = checkup.check(home)
    if as_json:
        _print({"sound": not findings, "findings": findings})
    else:
        for one in findings:
            print(f"{one.part}: {one.problem}; mended by {one.remedy}")
        print(f"{home}: {'sound' if not findings else f'{len(findings)} problem(s)'}")
    if findings:
        raise typer.Exit(1)


def open_engine(context: typer.Context, home: Path | None) -> Engine:
    """Return the engine over the home that was named, before the verb or after it."""
    return open_home(home or context.obj["home"])


def until_stopped() -> Event:
    """Return what is set once the process is asked to stop."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def in_json(context: typer.Context, json: bool) -> bool:
    """Say whether one JSON document is wanted, by the flag before the verb or after it."""
    return bool(json or context.obj["json"])


@contextmanager
def failing() -> Iterator[None]:
    """Turn the errors a user can act on into a line and exit status 1."""
    try:
        yield
    except ValidationError as error:
        for line in told(error):
            say(f"error: {line}")
        raise typer.Exit(1) from error
    except (NewsqaError, ModelUnusable) as error:
        say(f"error: {error}")
        raise typer.Exit(1) from error


def _sweep(
    corpus: Corpus, paths: Sequence[str], *, sync: bool, emptied: bool, linked: bool
) -> Report:
    """Read these paths, with a bar that tells how far it is."""
    sweep = corpus.look(paths, linked=linked)
    articles = 0
    with tqdm(
        desc="adding", total=sweep.total, unit="B", unit_scale=True, file=sys.stderr, disable=None
    ) as bar:

        def tell(finished: int) -> None:
            nonlocal articles
            articles += finished
            bar.set_postfix_str(f"{articles:,} articles", refresh=False)
            bar.update(sweep.done - bar.n)

        return corpus.sweep(sweep, tell, sync=sync, emptied=emptied)


def _show(sweep: Sweep, as_json: bool) -> None:
    """Tell of each article how it is read, and of the others why they are not."""
    articles = []
    for item in sweep:
        if isinstance(item, ArticleRefused):
            say(f"refused: {item}")
        if not isinstance(item, Draft):
            continue
        article = item.article
        if as_json:
            articles.append({**asdict(article), "warnings": item.warnings, "removed": item.removed})
            continue
        day = f"{article.published:%Y-%m-%d}" if article.published else ""
        told = (article.title, article.publisher, day, f"{len(article.sentences)} sentences")
        print(f"{article.origin}: {' · '.join(part for part in told if part)}")
        for line in item.removed:
            print(f"  - {line}")
        for warning in item.warnings:
            print(f"  ! {warning}")
    if as_json:
        _print({"articles": articles})


def _told(report: Report) -> dict[str, Any]:
    return {
        **{outcome: report.count(outcome) for outcome in get_args(Outcome)},
        "copies": report.copies,
        "gone": report.gone,
        "refused": [{"origin": one.origin, "reason": one.reason} for one in report.refused],
        "warnings": report.warnings,
        "articles": [{"id": id, "outcome": outcome} for id, outcome in report.taken],
    }


def _summary(report: Report) -> str:
    """Say what became of the articles, in one line."""
    counts = {"added": 0, "updated": 0, "unchanged": 0} | {
        outcome: count for outcome in get_args(Outcome) if (count := report.count(outcome))
    }
    if report.copies:
        counts["of them copies"] = report.copies
    if report.gone:
        counts["gone"] = len(report.gone)
    counts["refused"] = len(report.refused)
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _complain(report: Report) -> None:
    for warning in report.warnings:
        say(f"warning: {warning}")
    if held_back := [id for id, outcome in report.taken if outcome == "withdrawn"]:
        say(
            f"{len(held_back)} were withdrawn before and stay so: who names an article's own file,"
            " or sends it, takes it back"
        )
    for one in report.refused:
        say(f"refused: {one}")


def asked(
    question: str,
    top_k: int,
    date_from: datetime | None,
    date_to: datetime | None,
    category: list[str] | None,
    source: list[str] | None,
    author: list[str] | None,
    as_of: datetime | None,
    no_time: bool,
    *,
    mode: Mode = "extractive",
    retriever: Retriever = "hybrid",
) -> Query:
    """Return what is asked by these flags."""
    if date_from and date_to and date_to < date_from:
        raise typer.BadParameter("it must not lie before --date-from", param_hint="--date-to")
    filters = Filters(
        date_from.date() if date_from else None,
        date_to.date() if date_to else None,
        tuple(category or ()),
        tuple(source or ()),
        tuple(author or ()),
    )
    return Query(
        question,
        top_k,
        filters,
        mode=mode,
        retriever=retriever,
        as_of=as_of.date() if as_of else None,
        time=not no_time,
    )


def say_failure(answer: Answer) -> None:
    """Say why a language model did not write an answer to its end, if that is so."""
    if (writing := answer.writing) and writing.failure:
        say(f"warning: the language model {writing.model}: {FAILURES[writing.failure]}")


def progress(what: str, total: int | None, unit: str = " articles") -> "tqdm[Any]":
    """Return a bar on standard error that tells how far something is."""
    return tqdm(desc=what, total=total, unit=unit, file=sys.stderr, disable=None)


def _print(document: Any) -> None:
    sys.stdout.write(to_json(document, indent=2).decode() + "\n")


def say(line: str) -> None:
    """Print a line for the user, beside the results."""
    print(line, file=sys.stderr)
