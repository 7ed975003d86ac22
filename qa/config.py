"""The environment to settings: the only module that reads it."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    threads: Annotated[int, Field(ge=0, description="encoder threads; 0 takes every core")] = 0
    llm_url: Annotated[
        str, Field(description="an OpenAI-compatible endpoint that writes answers; empty: none")
    ] = ""
    llm_model: Annotated[str, Field(description="the model's name there")] = ""
    llm_key: Annotated[SecretStr, Field(description="the key it asks for, if any")] = SecretStr("")

    @field_validator("llm_url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("it is an address such as http://127.0.0.1:11434/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("it is an address alone; a key goes into NEWSQA_LLM_KEY")
        return url

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if self.llm_url and not self.llm_model:
            raise ValueError("NEWSQA_LLM_URL is set; name the model there with NEWSQA_LLM_MODEL")
        return self
