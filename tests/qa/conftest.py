"""A small deterministic encoder, articles of a few words and a web site: tests need no more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

import numpy as np
import pytest

from embeddings.encoder import Encoding, HalfRead, ModelInfo, TokenVectors
from embeddings.tokens import Role
from embeddings.vectors import Vectors
from qa.articles import article_id
from qa.store import Draft
from qa.text import detect_language, split_sentences
from qa.types import Article, Hit, Passage, Scores, Span
from tests.news_site import NewsSite, news_site

DIMENSION = 64


@dataclass
class HashingEncoder:
    """Texts -> hashed bags of character pairs as unit vectors; a token is a character.

    White space makes no tokens, as in the tokenizers of real models.

    Attributes:
        encoded: the texts that were encoded so far, in order.
        halved: whether it tells of texts half read, as not all do.
    """

    name: str = "hashing"
    max_tokens: int = 512
    encoded: list[str] = field(default_factory=list)
    halved: bool = True

    @property
    def model(self) -> ModelInfo:
        return ModelInfo(self.name, f"{self.name}-bigrams-1", DIMENSION, self.max_tokens)

    def encode(
        self,
        texts: Sequence[str],
        role: Role,  # noqa: ARG002  both are read alike
        *,
        tokens: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Encoding:
        self.encoded += texts
        vectors = np.array([_vector(text) for text in texts], np.float32).reshape(-1, DIMENSION)
        if progress:
            progress(len(texts))
        return Encoding(vectors, tuple(map(_tokens, texts)) if tokens else ())

    def read_half(self, question: str, passages: Sequence[str]) -> list[HalfRead]:
        return [_half(text) for text in (question, *passages)] if self.halved else []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len("".join(text.split())) for text in texts]


def _vector(text: str) -> Vectors:
    counts = np.zeros(DIMENSION, np.float32)
    padded = f" {text.lower()} "
    for at in range(len(padded) - 1):
        pair = blake2b(padded[at : at + 2].encode(), digest_size=2).digest()
        counts[int.from_bytes(pair, "big") % DIMENSION] += 1
    return np.asarray(counts / np.linalg.norm(counts), np.float32)


def _tokens(text: str) -> TokenVectors:
    starts = [at for at, character in enumerate(text) if not character.isspace()]
    rows = np.array([_vector(text[at]) for at in starts], np.float32).reshape(-1, DIMENSION)
    return TokenVectors(rows, np.array([(at, at + 1) for at in starts], np.int32).reshape(-1, 2))


def _half(text: str) -> HalfRead:
    """Return the tokens between two that are the encoder's own."""
    own = _tokens(text)
    rows = np.concatenate([_vector("<")[None], own.vectors, _vector(">")[None]])
    return HalfRead(rows, np.pad(own.spans, ((1, 1), (0, 0)), constant_values=-1))


def make_article(
    id: str,
    text: str,
    *,
    title: str = "",
    published: str = "",
    publisher: str = "",
    author: str = "",
    categories: tuple[str, ...] = (),
) -> Article:
    """Return an article of this text; `published` is an ISO date and time with its zone."""
    return Article(
        id=id,
        title=title,
        text=text,
        sentences=split_sentences(text),
        language=detect_language(text),
        published=datetime.fromisoformat(published) if published else None,
        publisher=publisher,
        author=author,
        categories=categories,
    )


def make_hit(article: Article, first: int = 0, last: int | None = None) -> Hit:
    """Return a hit of the article's sentences from `first` to `last`, by default to its end."""
    end = len(article.sentences) - 1 if last is None else last
    span = Span(article.sentences[first].start, article.sentences[end].end)
    passage = Passage(article.id, first, end, span, span.of(article.text))
    return Hit(article, passage, Scores(0.5, None, 0.5))


def named(article: Article) -> Draft:
    """Return the draft of an article that came with its id."""
    return Draft(article, f"{article!r}".encode(), named=True)


def unnamed(text: str, location: str = "") -> Draft:
    """Return the draft of an article whose id is made of its bytes."""
    source = text.encode()
    return Draft(make_article(article_id(source), text), source, location)


@pytest.fixture
def hashing() -> HashingEncoder:
    """Return an encoder that has not encoded anything yet."""
    return HashingEncoder()


@pytest.fixture
def site() -> Iterator[NewsSite]:
    """Serve a web site of no pages yet."""
    with news_site() as serving:
        yield serving
