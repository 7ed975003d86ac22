"""The environment to settings: the only module that reads it."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_OWN_PORT = re.compile(r"http:.*:80|https:.*:443")
"""An origin as browsers name it, and one whose port they leave out."""

_KEYS = {"llm_url": "; a key goes into NEWSQA_LLM_KEY"}

_BOUND = "[1-9][0-9]{0,8}/(?:second|minute|hour|day)"
RATE = re.compile(f"{_BOUND}(?:;{_BOUND})*")
"""How many requests somebody may make."""


def _under_home(*parts: str) -> Path:
    return Path.home().joinpath(*parts)


class Settings(BaseSettings):
    """What an operator may set, as NEWSQA_HOME, NEWSQA_CACHE and so on; a flag overrides it.

    Raises:
        pydantic.ValidationError: a value is out of bounds; the message names the variable.
    """

    # What is wrong is named and not shown: it may be a key.
    model_config = SettingsConfigDict(env_prefix="NEWSQA_", frozen=True, hide_input_in_errors=True)

    home: Annotated[Path, Field(description="the folder with the articles and their index")] = (
        Field(default_factory=lambda: _under_home(".local", "share", "newsqa"))
    )
    cache: Annotated[Path, Field(description="where the exported model is kept")] = Field(
        default_factory=lambda: _under_home(".cache", "newsqa")
    )
    host: Annotated[str, Field(description="the address to serve on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="the port to serve on")] = 8000
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
            description="what reads the passages that were found: 'none', 'built-in' for the reader"
            " that comes with the built-in model, or another's file (.onnx, its card beside it)"
        ),
    ] = "none"
    origins: Annotated[
        tuple[str, ...],
        NoDecode,
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
        tuple[str, ...],
        NoDecode,
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

    @field_validator("origins", mode="before")
    @classmethod
    def _are_origins(cls, origins: str | tuple[str, ...]) -> tuple[str, ...]:
        named = origins.split(",") if isinstance(origins, str) else origins
        given = [name for one in named if (name := one.strip().lower())]
        for number, origin in enumerate(given, 1):
            if origin == "*":
                raise ValueError("name each origin: * would let any page on the web ask here")
            if not _ORIGIN.fullmatch(origin) or _OWN_PORT.fullmatch(origin):
                raise ValueError(
                    f"number {number} is no origin such as https://paper.example: http or https,"
                    " a host, a port if it is not the scheme's own, and nothing else"
                )
        return tuple(given)

    @field_validator("proxies", mode="before")
    @classmethod
    def _are_addresses(cls, proxies: str | tuple[str, ...]) -> tuple[str, ...]:
        named = proxies.split(",") if isinstance(proxies, str) else proxies
        return tuple(str(ip_network(name)) for one in named if (name := one.strip()))

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
            raise ValueError("NEWSQA_LLM_URL is set; name the model there with NEWSQA_LLM_MODEL")
        return self
