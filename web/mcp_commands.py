"""`newsqa mcp`: a home's articles to a language model on this machine, by standard input."""

import asyncio

import typer

from qa.cli import Home, app, examples, failing, open_engine
from qa.config import Settings


@app.command(epilog=examples("newsqa mcp --home news/"))
def mcp(context: typer.Context, home: Home = None) -> None:
    """Answer a language model's program by the Model Context Protocol, on standard input.

    Such a program starts this itself, with what its configuration says: the command `newsqa`, the
    arguments `mcp --home DIR`. A server that runs answers the same at /mcp.
    """
    with failing():
        settings = Settings()
        engine = open_engine(context, home)
        from web.mcp.server import converse, speaker  # with its library a second
        from web.mcp.tools import Tools

    from web.app import AT_ONCE
    from web.gate import Gate
    from web.logs import configure

    configure(settings)
    gate = Gate(AT_ONCE, settings.waiting, settings.deadline)
    asyncio.run(converse(speaker(Tools(engine, gate, gate))))
