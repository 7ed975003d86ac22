"""`newsqa serve`, beside the verbs of `qa.cli`."""

from typing import Annotated

import typer

from qa.cli import Home, app, failing, open_engine, say
from qa.config import Settings

__all__ = ["app", "serve"]


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address (or NEWSQA_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port (or NEWSQA_PORT).")
    ] = None,
    home: Home = None,
) -> None:
    """Serve the page and the API."""
    import uvicorn  # with the application a third of a second

    from web.app import create_app

    with failing():
        settings = Settings()
        engine = open_engine(context, home)
    address = host or settings.host
    where = settings.port if port is None else port
    shown = f"[{address}]" if ":" in address else address
    say(f"newsqa serves http://{shown}:{where}")
    if settings.operator_key:
        say(f"the operator's page is http://{shown}:{where}/operator")
    application = create_app(engine, settings)
    uvicorn.run(application, host=address, port=where, log_level="warning")
