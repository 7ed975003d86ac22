"""What every problem document has in common; OpenAI's clients are told of it otherwise."""

from typing import Any

from web.headers import HEADERS
from web.openai import errors as openai
from web.problems import MEDIA_TYPE


def assert_problem(response: Any, status: int, *fields: str) -> None:
    """Check that a response is the problem document of a status, naming these fields."""
    assert response.status_code == status, response.text
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    document = response.json()
    if response.request.url.path.startswith(openai.ROOT):
        assert document["error"]["message"]
        return
    assert response.headers["content-type"] == MEDIA_TYPE
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert {error["field"] for error in document.get("errors", [])} == set(fields)
    assert all(error["message"] for error in document.get("errors", []))
