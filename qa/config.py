"""The environment and a file to settings: the only module that reads either."""

import logging
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from stat import S_IROTH
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qa.errors import SettingsUnusable

logger = logging.getLogger(__name__)

PREFIX = "NEWSQA_"

FILE = "NEWSQA_CONFIG"
"""The variable that names the configuration file; empty, none is read."""

OF_THE_PROJECT = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "DATA",
        "ENGINES",
        "FUZZ",
        "REQUIRE_BROWSER",
        "REQUIRE_ENGINES",
        "REQUIRE_POSTGRES",
        "SLOW",
        "URL",
    )
)
"""Variables that the project's own tests read: no settings, and not mistyped either."""

_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_OWN_PORT = re.compile(r"http:.*:80|https:.*:443")
"""An origin as browsers name it, and one whose port they leave out."""

_KEYS = {"llm_url": "; a key goes into NEWSQA_LLM_KEY"}

_BOUND = "[1-9][0-9]{0,8}/(?:second|minute|hour|day)"
RATE = re.compile(f"{_BOUND}(?:;{_BOUND})*")
"""How many requests somebody may make."""


def _under_home(*parts: str) -> Path:
    return Path.home().joinpath(*parts)


def _divided(given: object) -> object:
    """Return the parts of what stands in a variable; in a file it is a list already."""
    return given.split(",") if isinstance(given, str) else given


_Folder = Annotated[Path, AfterValidator(Path.expanduser)]
_Several = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_divided)]


class Settings(BaseSettings):
    """What an operator may set: a flag goes before the environment, and that before the file.

    In the environment the names are NEWSQA_HOME, NEWSQA_CACHE and so on, in the file (TOML, see
    `config_file`) `home`, `cache` and so on.

    Raises:
        pydantic.ValidationError: a value is out of bounds, or there is no such setting; `told` says
            which, and where.
        SettingsUnusable: the file cannot be read.
    """

    # What is wrong is named and not shown: it may be a key.
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, hide_input_in_errors=True)

    home: Annotated[_Folder, Field(description="the folder with the articles and their index")] = (
        Field(default_factory=lambda: _under_home(".local", "share", "newsqa"))
    )
    cache: Annotated[_Folder, Field(description="where the exported model is kept")] = Field(
        default_factory=lambda: _under_home(".cache", "newsqa")
    )
    host: Annotated[str, Field(description="the address to serve on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="the port to serve on")] = 8000
    database: Annotated[
        SecretStr,
        Field(
            description="a PostgreSQL database that servers share, where articles and passages are:"
            " postgresql://user:password@host/name; empty: in the home"
        ),
    ] = SecretStr("")
    index: Annotated[
        SecretStr,
        Field(
            description="what ranks passages: local, in the home, or a Milvus that servers share,"
            " milvus://user:password@host:19530/name"
        ),
    ] = SecretStr("local")
    token_vectors: Annotated[
        bool | None,
        Field(
            description="keep vectors of the passages' tokens, 6 kB a passage, and rank by them;"
            " unset: an index keeps what it has, and a new one keeps them"
        ),
    ] = None
    reader: Annotated[
        str,
        Field(
            description="what reads the sentences that were found: 'none', 'built-in' for the"
            " reader that comes with the built-in model, or another's file (.onnx, its card"
            " beside it)"
        ),
    ] = "built-in"
    origins: Annotated[
        _Several,
        Field(description="whose pages may embed <news-qa>: https://paper.example,..."),
    ] = ()
    threads: Annotated[int, Field(ge=0, description="encoder threads; 0 takes every core")] = 0
    llm_url: Annotated[
        str, Field(description="an OpenAI-compatible endpoint that writes answers; empty: none")
    ] = ""
    llm_model: Annotated[str, Field(description="the model's name there")] = ""
    llm_key: Annotated[SecretStr, Field(description="the key it asks for, if any")] = SecretStr("")
    operator_key: Annotated[
        SecretStr,
        Field(
            description="one more key that may write over HTTP, beside those of `newsqa key add`"
        ),
    ] = SecretStr("")
    reading: Annotated[
        Literal["open", "key"],
        Field(description="who may ask and read: whoever reaches the server, or who sends a key"),
    ] = "open"
    rate: Annotated[
        str,
        Field(
            description="how many requests one address, or one key, may make: 60/minute, or"
            " several bounds as 5/second;1000/day; empty: as many as it likes"
        ),
    ] = ""
    proxies: Annotated[
        _Several,
        Field(description="addresses of proxies that say whom they ask for: 10.0.0.2,..."),
    ] = ("127.0.0.1", "::1")
    workers: Annotated[int, Field(ge=1, le=64, description="processes that serve the home")] = 1
    waiting: Annotated[
        int,
        Field(ge=0, le=10_000, description="questions that may wait, in each of them; others 503"),
    ] = 128
    deadline: Annotated[
        float, Field(gt=0, le=3_600, description="seconds in which a question is answered, or 503")
    ] = 30.0
    log: Annotated[
        Literal["text", "json"],
        Field(description="what standard error tells: text, what is wrong; json, each request too"),
    ] = "text"
    log_questions: Annotated[
        bool, Field(description="whether a request's record tells what was asked, not only that")
    ] = False
    traces: Annotated[
        str,
        Field(
            description="where OpenTelemetry traces go, by OTLP over HTTP: http://127.0.0.1:4318;"
            " empty: nowhere"
        ),
    ] = ""
    private_addresses: Annotated[
        bool,
        Field(
            description="an address that an operator names over HTTP may lead into the server's"
            " own network, not only into the public one"
        ),
    ] = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (by this name they are given)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, what goes before first."""
        place = config_file()
        if place is None:
            return init_settings, env_settings
        try:
            if place.exists() and not place.is_file():  # what reads it passes over that
                raise ValueError("it is no file")
            file = TomlConfigSettingsSource(settings_cls, place)
            if exposed(place):
                _warn_of(place)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise SettingsUnusable(f"{place}: it is no TOML that can be read: {reason}") from error
        return init_settings, env_settings, file

    @model_validator(mode="before")
    @classmethod
    def _are_named_right(cls, given: dict[str, Any]) -> dict[str, Any]:
        wrong = [*_mistyped(given)]
        if wrong:
            raise ValueError("\n".join(wrong))
        return given

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        given = [name for one in origins if (name := one.strip().lower())]
        for number, origin in enumerate(given, 1):
            if origin == "*":
                raise ValueError("name each origin: * would let any page on the web ask here")
            if not _ORIGIN.fullmatch(origin) or _OWN_PORT.fullmatch(origin):
                raise ValueError(
                    f"number {number} is no origin such as https://paper.example: http or https,"
                    " a host, a port if it is not the scheme's own, and nothing else"
                )
        return tuple(given)

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(name)) for one in proxies if (name := one.strip()))

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, rate: str) -> str:
        if rate and not RATE.fullmatch(rate):
            raise ValueError("it is such as 60/minute, or 5/second;1000/day")
        return rate

    @field_validator("llm_url", "traces")
    @classmethod
    def _is_address(cls, url: str, field: ValidationInfo) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("it is an address such as http://127.0.0.1:11434")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(f"it is an address alone{_KEYS.get(field.field_name or '', '')}")
        return url

    @field_validator("database")
    @classmethod
    def _is_database(cls, database: SecretStr) -> SecretStr:
        address = database.get_secret_value()
        if address and not address.startswith(("postgresql://", "postgres://")):
            raise ValueError("it is such as postgresql://user:password@host/name")
        return database

    @field_validator("index")
    @classmethod
    def _is_index(cls, index: SecretStr) -> SecretStr:
        address = index.get_secret_value()
        if address != "local" and not address.startswith("milvus://"):
            raise ValueError("it is local, or such as milvus://127.0.0.1:19530/newsqa")
        return index

    @field_validator("operator_key")
    @classmethod
    def _cannot_be_guessed(cls, key: SecretStr) -> SecretStr:
        if key and not re.fullmatch(r"[!-~]{16,}", key.get_secret_value()):
            raise ValueError(
                "it is at least 16 ASCII characters without spaces, such as `openssl rand -hex 24`"
                " prints"
            )
        return key

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if self.llm_url and not self.llm_model:
            raise ValueError(
                "an endpoint is named by llm_url or NEWSQA_LLM_URL; name the model there by"
                " llm_model or NEWSQA_LLM_MODEL"
            )
        return self


SECRET = frozenset(
    name for name, field in Settings.model_fields.items() if field.annotation is SecretStr
)
"""The settings that are keys, or addresses that may hold a password."""


def config_file() -> Path | None:
    """Return the file that settings are read from; None if there is none.

    It is the one that NEWSQA_CONFIG names, which must be there; else `newsqa.toml` in
    $XDG_CONFIG_HOME, or in ~/.config.
    """
    if (named := os.environ.get(FILE)) is not None:
        return Path(named).expanduser() if named else None
    with suppress(RuntimeError, PermissionError):  # nobody's home is known here, or it is another's
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
        place = folder / "newsqa.toml"
        return place if folder.is_absolute() and place.exists() else None
    return None


def exposed(file: Path) -> bool:
    """Say whether a configuration file holds a key and anybody on this machine may read it."""
    if not file.stat().st_mode & S_IROTH:
        return False
    held = tomllib.loads(file.read_text("utf-8"))
    # Of addresses those that hold one.
    return any(
        value and name.lower() in SECRET and (name.lower().endswith("key") or "@" in str(value))
        for name, value in held.items()
    )


def told(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong with settings, a line each: the variable, or the file and the name."""
    place = config_file()
    given = {name.upper() for name in os.environ}
    for one in error.errors():
        message = one["msg"].removeprefix("Value error, ")
        if not one["loc"]:
            yield from message.splitlines()
            continue
        name = str(one["loc"][0])
        variable = f"{PREFIX}{name}".upper()
        in_file = place and variable not in given
        yield f"{place}: {name}: {message}" if in_file else f"{variable}: {message}"


def _mistyped(given: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each name in the environment, and of those given, that is no setting's."""
    names = [*Settings.model_fields]
    variables = {f"{PREFIX}{name}".upper(): name for name in names} | {FILE: FILE}
    for variable in sorted(name.upper() for name in os.environ):
        if variable.startswith(PREFIX) and variable not in {*variables, *OF_THE_PROJECT}:
            yield f"{variable}: no such setting{_meant(variable, [*variables])}"
    for name in given:
        if name not in names:
            where = f"{place}: " if (place := config_file()) else ""
            like = name.lower().removeprefix(PREFIX.lower())
            yield f"{where}{name}: no such setting{_meant(like, names)}"


def _meant(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


@cache
def _warn_of(place: Path) -> None:
    logger.warning("%s: it holds a key and anybody here may read it; `chmod o-r` it", place)
