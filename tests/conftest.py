"""What the tests of several packages share."""

import os
from pathlib import Path

import pytest

from embeddings.encoder import Encoder, open_encoder


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """Return the product's own cache, so that the built-in model is exported once a machine."""
    return Path(os.environ.get("NEWSQA_CACHE") or Path.home() / ".cache" / "newsqa")


@pytest.fixture(scope="session")
def encoder(model_cache: Path) -> Encoder:
    """Return the encoder that is served: the built-in model by ONNX Runtime."""
    return open_encoder(cache=model_cache)
