"""The environment to settings: the only module that reads it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _under_home(*parts: str) -> Path:
    return Path.home().joinpath(*parts)


class Settings(BaseSettings):
    """What an operator may set, as NEWSQA_HOME, NEWSQA_CACHE and so on; a flag overrides it.

    Raises:
        pydantic.ValidationError: a value is out of bounds; the message names the variable.
    """

    model_config = SettingsConfigDict(env_prefix="NEWSQA_", frozen=True)

    home: Annotated[Path, Field(description="the folder with the articles and their index")] = (
        Field(default_factory=lambda: _under_home(".local", "share", "newsqa"))
    )
    cache: Annotated[Path, Field(description="where the exported model is kept")] = Field(
        default_factory=lambda: _under_home(".cache", "newsqa")
    )
    host: Annotated[str, Field(description="the address to serve on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="the port to serve on")] = 8000
    token_vectors: Annotated[
        bool,
        Field(description="keep vectors of the passages' tokens, 6 kB a passage, and rank by them"),
    ] = True
    threads: Annotated[int, Field(ge=0, description="encoder threads; 0 takes every core")] = 0
