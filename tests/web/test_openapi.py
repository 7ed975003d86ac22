"""What the API's description says is what the application does, whatever is sent to it.

schemathesis makes requests of the description, such as fit it and such as do not, also one after
another where an answer holds what the next asks for, and holds the answers against it.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import schemathesis
from pydantic import SecretStr
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.schemas import BaseSchema

from qa.articles import Reading, read_articles
from qa.config import Settings
from qa.engine import Engine
from qa.sources import draft
from web.app import create_app

KEY = "a-key-that-is-none-elsewhere"
ARTICLE = b"---\ntitle: Shanghai\ndate: 2025-01-02\n---\nShanghai aims at growth of 5 % in 2025.\n"

SECONDS = int(os.environ.get("NEWSQA_FUZZ", "40"))
"""Given to it at most; of chance it makes so many requests of an operation for each ten."""

UNSAID = {
    # That an article is there; that there must be a text; that there is a language model for
    # `llm`, and that a day comes before another; that the article is there still.
    "POST /feedback": ["422"],
    "POST /articles": ["422"],
    "PUT /articles/{article_id}": ["422"],
    "GET /articles/{article_id}": ["410"],
    "DELETE /articles/{article_id}": ["410"],
    "POST /ask": ["422"],
    "GET /ask": ["422"],
    "POST /search": ["422"],
    # That a user said something, and that it is text; that the model's name is one of ours (404).
    "POST /v1/chat/completions": ["400"],
    "POST /v1/responses": ["400"],
}
"""How a request may be refused that fits the description: there is more to it than a schema says.
Where nothing stands here it must be accepted."""

UNKEYED = re.compile("Unsupported method [A-Z]+ returned 401")
"""What is not known to read asks for a key before it is looked at, and need not be known at all."""

ACCEPTED = ["2xx", "401", "403", "404", "409", "429", "503"]


@pytest.fixture
def engine(
    open_engine: Callable[[Path], Engine], tmp_path_factory: pytest.TempPathFactory
) -> Engine:
    """An engine over a home of these tests' own, with an article."""
    engine = open_engine(tmp_path_factory.mktemp("home"))
    readings = read_articles(ARTICLE, "a.md")
    engine.corpus.add(draft(one) for one in readings if isinstance(one, Reading))
    return engine


def test_the_application_does_as_its_description_says(engine: Engine) -> None:
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "max-time": SECONDS,
            "continue-on-failure": True,
            "generation": {"deterministic": True, "max-examples": SECONDS // 10},
            "auth": {"openapi": {"operator": {"bearer": KEY}}},
            "phases": {"stateful": {"max-steps": 4}},
            "operations": [
                {
                    "include-name": name,
                    "checks": {
                        "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, *statuses]}
                    },
                }
                for name, statuses in UNSAID.items()
            ],
        }
    )
    app = create_app(engine, Settings(operator_key=SecretStr(KEY)))
    description = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)

    # What it asks of the web is asked of tests/web/test_addresses.py.
    faults = list(_faults(description.exclude(path="/addresses")))

    assert not faults, "\n\n".join(dict.fromkeys(faults))


def _faults(description: BaseSchema) -> Iterator[str]:
    """Yield what an answer has against the description, and how to ask for it."""
    for event in from_schema(description).execute():
        if isinstance(event, FatalError | NonFatalError):
            yield str(event)
        if isinstance(event, ScenarioFinished):
            for checks in event.recorder.checks.values():
                for failure in (check.failure_info for check in checks if check.failure_info):
                    found = failure.failure
                    if UNKEYED.search(found.message):
                        continue
                    fault = f"{found.operation}: {found.title}\n{found.message}"
                    yield f"{fault}\n{failure.code_sample}"
