"""Settings to a corpus and an engine: where the pieces are put together."""

from collections.abc import Callable, Collection
from dataclasses import replace
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from embeddings.encoder import Encoder, ModelInfo, open_encoder
from embeddings.models import BUILT_IN
from embeddings.reader import BUILT_IN as BUILT_IN_READER
from embeddings.reader import Card, Reader, ReaderUnusable
from qa.confidence import THRESHOLD
from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary, Unilingual
from qa.engine import Engine
from qa.generations import Generations, Kept
from qa.legs import Retrieval
from qa.neutral import NeutralEncoder
from qa.prepared import keep_prepared_in, made
from qa.ranking import SERVED

if TYPE_CHECKING:
    from qa.writer import Writer


class Part(StrEnum):
    """What retrieval is made of beside vectors; each can be taken away, to see what it adds."""

    WORDS = "words"
    LATE = "late"
    LEAD = "lead"
    TIME = "time"
    DICTIONARY = "dictionary"
    NEUTRAL = "neutral"


_WEIGHTS = {
    Part.WORDS: ("words",),
    Part.LATE: ("match",),
    Part.LEAD: ("lead",),
    Part.TIME: ("time", "fresh"),
}


def open_home(
    home: str | Path | None = None,
    settings: Settings | None = None,
    without: Collection[Part] = (),
    threshold: float = THRESHOLD,
) -> Engine:
    """Return an engine over a home folder, made if it is not there; `home` overrides the settings.

    Nothing heavy happens yet: the first question opens the model, or exports it if it never was.
    """
    settings = settings or Settings()
    keep_prepared_in(settings.cache)

    kept = kept_as(settings)

    def encoder(model: str) -> Encoder:
        opened = open_encoder(model, cache=settings.cache, threads=settings.threads)
        return opened if Part.NEUTRAL in without else NeutralEncoder(opened, settings.cache)

    folder = Path(home or settings.home)
    corpus = Corpus(folder, encoder, BUILT_IN, settings.token_vectors, kept)
    dictionary = Unilingual() if Part.DICTIONARY in without else Dictionary(settings.cache)
    away = {*without, *((Part.LATE,) if settings.token_vectors is False else ())}
    none = {name: 0.0 for part in _WEIGHTS if part in away for name in _WEIGHTS[part]}
    weights = replace(SERVED, **none)
    writer = _writer(settings, dictionary)
    return Engine(corpus, dictionary, weights, threshold, writer, reader_for(settings))


def kept_as(settings: Settings) -> Callable[[Path], Kept]:
    """Return what tells where a home's articles and index are: in its folder, or beyond it.

    Raises:
        SettingsUnusable: an address is none, or what speaks to it is not installed.
    """
    ranked = _ranked(settings.index.get_secret_value())
    if not (database := settings.database.get_secret_value()):
        return lambda home: Generations(home, ranked and ranked(_identity(home), alone=False))
    from qa.shared import SharedGenerations, identity
    from qa.store.postgres import Server

    server = Server(database)
    return lambda home: SharedGenerations(
        home, server, ranked and ranked(identity(server), alone=True)
    )


def _ranked(index: str) -> "Callable[..., Retrieval] | None":
    """Return what ranks the passages of a corpus, given what tells it from others; None: nothing.

    That is where each generation ranks its own.
    """
    if index == "local":
        return None
    from qa.milvus import Address, Milvus, MilvusRetrieval

    return partial(MilvusRetrieval, Milvus(Address.parse(index)))


def _identity(home: Path) -> str:
    """Return what tells a home from others, which is made up once."""

    def write(path: Path) -> None:
        path.write_text(uuid4().hex[:12])

    return made(home / "corpus-id", write).read_text()


def reader_for(settings: Settings) -> Callable[[ModelInfo], Reader | None]:
    """Return what opens the reader for a model, once: None where none is wanted or was trained.

    It raises ReaderUnusable where the operator's own reader was trained for another model.
    """

    @cache
    def opened(model: ModelInfo) -> Reader | None:
        built_in = settings.reader == "built-in"
        if settings.reader == "none":
            return None
        graph = BUILT_IN_READER if built_in else Path(settings.reader)
        card = Card.read(graph)
        if card.encoder == model.fingerprint:
            return Reader(graph, settings.cache, settings.threads)
        if not built_in:
            raise ReaderUnusable(
                graph,
                f"it reads for the model {card.encoder}, and the index is made by {model.name}"
                f" ({model.fingerprint}); set NEWSQA_READER to one for this model, or to none",
            )
        return None

    return opened


def _writer(settings: Settings, dictionary: Dictionary) -> "Writer | None":
    """Return what writes answers, if the operator has named a language model."""
    if not settings.llm_url:
        return None
    from qa.endpoint import Endpoint  # half a second, for its library
    from qa.writer import Writer

    key = settings.llm_key.get_secret_value()
    return Writer(Endpoint(settings.llm_url, settings.llm_model, key), dictionary)
