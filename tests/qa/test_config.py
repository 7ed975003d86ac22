"""What an operator sets is checked, and what is secret is not shown."""

import pytest
from pydantic import ValidationError

from qa.config import Settings


@pytest.mark.parametrize(
    ("url", "model", "named"),
    [
        ("http://127.0.0.1:11434/v1", "", "NEWSQA_LLM_MODEL"),
        ("127.0.0.1:11434", "small", "an address such as"),
        ("file:///etc/passwd", "small", "an address such as"),
        ("http://user:sk-secret@host/v1", "small", "NEWSQA_LLM_KEY"),
        ("http://host/v1?key=sk-secret", "small", "NEWSQA_LLM_KEY"),
    ],
)
def test_a_language_model_that_cannot_be_asked_is_refused(
    url: str, model: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSQA_LLM_URL", url)
    monkeypatch.setenv("NEWSQA_LLM_MODEL", model)
    monkeypatch.setenv("NEWSQA_LLM_KEY", "sk-secret")
    with pytest.raises(ValidationError, match=named) as refused:
        Settings()
    assert "sk-secret" not in str(refused.value)


def test_no_language_model_is_set_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = Settings()
    assert (settings.llm_url, settings.llm_model) == ("", "")
    assert settings.llm_key.get_secret_value() == ""


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQA_LLM_URL", "http://127.0.0.1:11434/v1")
    monkeypatch.setenv("NEWSQA_LLM_MODEL", "small")
    monkeypatch.setenv("NEWSQA_LLM_KEY", "sk-secret")
    settings = Settings()
    assert settings.llm_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r}{settings.model_dump()}"


@pytest.mark.parametrize("key", ["hunter2", "x" * 15, "key with a space in it", "钥匙" * 10])
def test_an_operators_key_that_could_be_guessed_or_not_be_sent_is_refused(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSQA_OPERATOR_KEY", key)
    with pytest.raises(ValidationError, match="at least 16 ASCII characters") as refused:
        Settings()
    assert key not in str(refused.value)


def test_an_operators_key_is_not_shown_and_none_is_set_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = Settings()
    assert not settings.operator_key
    assert not settings.private_addresses
    monkeypatch.setenv("NEWSQA_OPERATOR_KEY", "x" * 16)
    settings = Settings()
    assert settings.operator_key.get_secret_value() == "x" * 16
    assert "x" * 16 not in f"{settings!r}{settings.model_dump()}"
