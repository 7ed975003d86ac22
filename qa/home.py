"""Settings to a corpus and an engine: where the pieces are put together."""

from pathlib import Path

from embeddings.encoder import open_encoder
from embeddings.models import BUILT_IN
from qa.config import Settings
from qa.corpus import Corpus
from qa.dictionary import Dictionary
from qa.engine import Engine
from qa.lexical import keep_segmenter_in
from qa.neutral import NeutralEncoder


def open_home(home: Path | None = None, settings: Settings | None = None) -> Engine:
    """Return an engine over a home folder, made if it is not there; `home` overrides the settings.

    Nothing heavy happens yet: the first question opens the model, or exports it if it never was.
    """
    settings = settings or Settings()
    keep_segmenter_in(settings.cache)

    def encoder(model: str) -> NeutralEncoder:
        opened = open_encoder(model, cache=settings.cache, threads=settings.threads)
        return NeutralEncoder(opened, settings.cache)

    corpus = Corpus(home or settings.home, encoder, BUILT_IN)
    return Engine(corpus, Dictionary(settings.cache))
