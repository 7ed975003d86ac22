"""Changed articles to passages with their embeddings: what is known is not encoded again."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise, repeat
from typing import Protocol

from embeddings.encoder import Encoder
from embeddings.late import count_parts, pack_each
from qa.passages import embedded_text, split_each
from qa.store import ArticleStore, Change, Embedding
from qa.types import Article, Passage

BATCH = 256
"""Articles taken in at a time at most: one transaction."""

TEXTS = 256
"""Passages that the encoder is given at a time, at least, and what is done again where a writer is
killed. The token vectors of each are held in full meanwhile, 0.3 MB."""

COUNTED = 32
"""Articles whose tokens are counted in one call: a fifth less than in one for each."""

_Parts = tuple[str, tuple[int, ...]]
"""An embedded text and where its parts begin."""


class Known(Protocol):
    """Where embeddings are kept that a model made before."""

    def embeddings(self, embedded: Iterable[str]) -> dict[str, Embedding]:
        """Return what is known of these texts."""
        ...


def changes_of(articles: ArticleStore, seq: int) -> Iterator[Change]:
    """Yield every change of the articles after `seq`."""
    while changes := articles.changes(seq, BATCH):
        yield from changes
        seq = changes[-1].seq


def cut(
    changes: Iterable[Change], encoder: Encoder
) -> Iterator[tuple[Change, tuple[Passage, ...]]]:
    """Yield each change with the passages of its article: none if that is gone."""
    coming = iter(changes)
    while some := [*islice(coming, COUNTED)]:
        articles = [change.article for change in some if change.article]
        made = split_each(articles, encoder.count_tokens, encoder.model.max_tokens)
        for change in some:
            yield change, next(made) if change.article else ()


class Batch:
    """Changed articles on their way into an index: as many as fill a call of the encoder.

    Attributes:
        changes: what has become of them.
    """

    def __init__(self, encoder: Encoder, known: Sequence[Known], token_vectors: bool) -> None:
        self._encoder = encoder
        self._known = known
        self._token_vectors = token_vectors
        self.clear()

    def clear(self) -> None:
        """Begin the next one."""
        self.changes: list[Change] = []
        self._made: list[tuple[Article, Passage, _Parts]] = []
        self._embeddings: dict[_Parts, Embedding] = {}
        self._missing: dict[_Parts, None] = {}

    @property
    def full(self) -> bool:
        """Whether there is enough to encode, or to take in at once."""
        return len(self._missing) >= TEXTS or len(self.changes) >= BATCH

    def add(self, change: Change, passages: Sequence[Passage]) -> None:
        """Look for what is known of the passages that an article was cut into."""
        self.changes.append(change)
        if (article := change.article) is None:
            return
        made = [(article, passage, _parts(article, passage)) for passage in passages]
        self._made += made
        wanted = dict.fromkeys(parts for _, _, parts in made)
        for store in self._known:
            wanted = dict.fromkeys(one for one in wanted if one not in self._embeddings)
            found = store.embeddings(text for text, _ in wanted) if wanted else {}
            for text, starts in wanted:
                embedding = found.get(text)
                if embedding and not self._token_vectors:
                    self._embeddings[text, starts] = Embedding(embedding.vector)
                elif (
                    embedding and embedding.tokens and count_parts(embedding.tokens) == len(starts)
                ):
                    self._embeddings[text, starts] = embedding
        self._missing.update((one, None) for one in wanted if one not in self._embeddings)

    def pieces(self) -> list[list[_Parts]]:
        """Return what is to be encoded, in pieces for a call each: one, but for long articles."""
        missing = [*self._missing]
        count = max(len(missing) // TEXTS, 1)
        bounds = [len(missing) * at // count for at in range(count + 1)]
        return [missing[start:end] for start, end in pairwise(bounds) if end > start]

    def encode(self, piece: Sequence[_Parts]) -> dict[str, Embedding]:
        """Encode a piece; return what is made of each text."""
        texts = [text for text, _ in piece]
        encoding = self._encoder.encode(texts, "passage", tokens=self._token_vectors)
        packed = (
            pack_each(encoding.tokens, texts, [starts for _, starts in piece])
            if self._token_vectors
            else repeat(b"")
        )
        made = dict(zip(piece, map(Embedding, encoding.vectors, packed), strict=False))
        self._embeddings |= made
        return {text: embedding for (text, _), embedding in made.items()}

    def embedded(self) -> list[tuple[Article, Passage, Embedding]]:
        """Return the passages of the articles, each with its embedding."""
        return [
            (article, passage, self._embeddings[parts]) for article, passage, parts in self._made
        ]


def _parts(article: Article, passage: Passage) -> _Parts:
    """Return the embedded text and where its parts begin: what stands in front, each sentence.

    One text has other parts where what is a title here is the first sentence there.
    """
    text = embedded_text(article, passage.text)
    front = len(text) - len(passage.text)
    sentences = article.sentences[passage.first : passage.last + 1]
    return text, (0, *(front + one.start - passage.span.start for one in sentences))
