"""What an operator sets is checked, wherever it stands, and what is secret is not shown."""

import logging
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from qa import config
from qa.config import FILE, OF_THE_PROJECT, PREFIX, Settings, config_file, told
from qa.errors import SettingsUnusable

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file, which is still to be written."""
    file = tmp_path / "newsqa.toml"
    monkeypatch.setenv(FILE, str(file))
    return file


def refused() -> list[str]:
    """Return what is told of the settings, which are wrong."""
    with pytest.raises(ValidationError) as error:
        Settings()
    return [*told(error.value)]


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


def test_a_file_sets_what_the_environment_does_not(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(
        """
        home = "~/news"
        port = 9000
        reading = "key"
        log_questions = true
        deadline = 2.5
        origins = ["https://Paper.example", "http://localhost:3000"]
        proxies = "10.0.0.2, 10.1.0.0/16"
        """
    )
    settings = Settings()
    assert settings.home == Path.home() / "news"
    assert (settings.port, settings.reading, settings.deadline) == (9000, "key", 2.5)
    assert settings.log_questions
    assert settings.origins == ("https://paper.example", "http://localhost:3000")
    assert settings.proxies == ("10.0.0.2/32", "10.1.0.0/16")
    monkeypatch.setenv("NEWSQA_PORT", "9001")
    assert (Settings().port, Settings().reading) == (9001, "key")
    assert Settings(port=9002).port == 9002


@given(st.data())
def test_every_setting_stands_in_a_file_as_in_the_environment(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(Settings.model_fields)))
    variable = f"{PREFIX}{name}".upper()
    value = data.draw(st.sampled_from(["1", "true", "none", "key", "json", "1/day", "::1", "x"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable, value)
        by_variable = _settings_or_complaint()
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        place = Path(folder, "newsqa.toml")
        place.write_text(f'{name} = "{value}"')
        place.chmod(0o600)
        patch.setenv(FILE, str(place))
        by_file = _settings_or_complaint()
    if isinstance(by_variable, list) and isinstance(by_file, list):
        assert [one.replace(variable, f"{place}: {name}") for one in by_variable] == by_file
    else:
        assert by_variable == by_file


def _settings_or_complaint() -> Settings | list[str]:
    try:
        return Settings()
    except ValidationError as error:
        return [*told(error)]


def test_where_the_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_file() is None
    usual = tmp_path / "newsqa.toml"
    usual.touch()
    assert config_file() == usual
    monkeypatch.setenv(FILE, "")
    assert config_file() is None, "empty: none is read"
    monkeypatch.setenv(FILE, str(tmp_path / "other.toml"))
    assert config_file() == tmp_path / "other.toml"
    monkeypatch.delenv(FILE)
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_file() is None
    (tmp_path / ".config").mkdir()
    usual.rename(tmp_path / ".config" / usual.name)
    assert config_file() == tmp_path / ".config" / "newsqa.toml"
    monkeypatch.setenv("XDG_CONFIG_HOME", ".")
    monkeypatch.chdir(tmp_path / ".config")
    assert config_file() is None, "a folder that depends on where one stands"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"port = ", "Invalid value"),
        (b"port = 1\nport = 2", "Cannot overwrite"),
        (b'llm_model = "\xff"', "decode"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(file: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsUnusable, match=re.escape(f"{file}: ")) as error:
        Settings()
    assert said in str(error.value)


def test_what_is_no_file_is_not_passed_over(file: Path) -> None:
    file.mkdir(mode=0o700)
    with pytest.raises(SettingsUnusable, match="no file"):
        Settings()


def test_the_folder_of_another_is_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.delenv("NEWSQA_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(Path, "exists", closed)
    assert config_file() is None


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("NEWSQA_OPERATER_KEY", "NEWSQA_OPERATOR_KEY"),
        ("NEWSQA_ORIGIN", "NEWSQA_ORIGINS"),
        ("newsqa_prot", "NEWSQA_PORT"),
        ("NEWSQA_CONFIGURATION", "NEWSQA_CONFIG"),
        ("NEWSQA_LLMKEY", "NEWSQA_LLM_KEY"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_right_one(
    variable: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "sk-secret")
    assert refused() == [f"{variable.upper()}: no such setting; did you mean {meant}?"]


def test_a_variable_like_none_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQA_8000_TCP_ADDR", "10.0.0.1")
    assert refused() == ["NEWSQA_8000_TCP_ADDR: no such setting"]


def test_a_mistyped_name_in_the_file_is_refused_with_the_right_one(file: Path) -> None:
    file.write_text("[newsqa]\nport = 1\n")
    assert refused() == [f"{file}: newsqa: no such setting"]
    file.write_text('operater_key = "sk-secret"\nNEWSQA_PORT = 1\n')
    assert refused() == [
        f"{file}: operater_key: no such setting; did you mean operator_key?",
        f"{file}: NEWSQA_PORT: no such setting; did you mean port?",
    ]


def test_a_wrong_value_is_told_of_where_it_stands(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = "many"\norigins = [1]\nreading = "all"\noperator_key = "short"')
    file.chmod(0o600)
    monkeypatch.setenv("NEWSQA_READING", "nobody")
    lines = refused()
    assert [line.rpartition(": ")[0] for line in lines if "reading" not in line.lower()] == [
        f"{file}: port",
        f"{file}: origins",
        f"{file}: operator_key",
    ]
    assert any(line.startswith("NEWSQA_READING: ") for line in lines)


def test_the_projects_own_variables_are_known_and_all_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside settings nothing reads a NEWSQA_ variable but tests, and these are let through."""
    for variable in OF_THE_PROJECT:
        monkeypatch.setenv(variable, "x")
    Settings()
    settings = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {FILE}
    read = re.compile(r"environ(?:\.get\(|\[)\"(NEWSQA_[A-Z_]+)\"")
    used = {
        name
        for place in ("tests", "qa", "web", "embeddings")
        for path in (PROJECT / place).rglob("*.py")
        for name in read.findall(path.read_text("utf-8"))
    }
    assert used - settings == OF_THE_PROJECT


def test_a_key_in_a_file_that_anybody_may_read_is_warned_of_once(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(f'operator_key = "{"x" * 16}"')
    file.chmod(0o640)
    with caplog.at_level(logging.WARNING):
        Settings()
        assert not caplog.records
        file.chmod(0o644)
        Settings()
        Settings()
    assert [one.getMessage() for one in caplog.records] == [
        f"{file}: it holds a key and anybody here may read it; `chmod o-r` it"
    ]


def test_a_file_without_a_key_may_be_read_by_anybody(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("port = 9000")
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert Settings().port == 9000
    assert not caplog.records


def test_every_key_is_known_to_be_secret() -> None:
    keys = {name for name in Settings.model_fields if name.endswith("key")}
    assert keys | {"database", "index"} == config.SECRET
