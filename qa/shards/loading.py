"""Shards into a home: articles as they were read, passages as they were embedded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from qa.corpus import Corpus, Report
from qa.embedding import BATCH
from qa.errors import IndexUnusable, NewsqaError
from qa.shards.dealing import Kept, items_of
from qa.shards.manifest import AGAIN, ShardSet
from qa.shards.vectors import digest_of, missing, read_vectors
from qa.store import Embedding


class Shards:
    """The shards of a folder, read once from the first to the last.

    What is known of a text is told while its article is being taken in: a few shards are in memory.
    """

    def __init__(self, folder: Path) -> None:
        """Open the shards.

        Raises:
            NewsqaError: there are none, or some are not embedded yet.
        """
        self.folder = folder
        self.about = ShardSet.read(folder)
        left, all_ = len(missing(folder, self.about)), len(self.about.shards)
        if left or not all_:
            raise NewsqaError(f"{folder}: {left} of {all_} shards are not embedded; {AGAIN}")
        self._held: deque[tuple[int, Mapping[bytes, Embedding]]] = deque()

    def items(self) -> Iterator[Kept]:
        """Yield what was read, in its order.

        Raises:
            NewsqaError: a file is damaged.
        """
        for shard in self.about.shards:
            items = items_of(self.folder, shard)
            self._held.append((len(items), read_vectors(self.folder, self.about, shard)))
            # So many are taken in together, whatever shards they are from.
            while sum(count for count, _ in self._held) - self._held[0][0] > BATCH + len(items):
                self._held.popleft()
            yield from items

    def embeddings(self, embedded: Iterable[str]) -> dict[str, Embedding]:
        """Return what is known of these texts."""
        found: dict[str, Embedding] = {}
        for text in embedded:
            digest = digest_of(text)
            for _, vectors in reversed(self._held):
                if embedding := vectors.get(digest):
                    found[text] = embedding
                    break
        return found


def load(
    shards: Shards, corpus: Corpus, progress: Callable[[int], object] = lambda _: None
) -> Report:
    """Take the articles of shards into a home, as `Corpus.add` does, without encoding them again.

    A home without articles gets an index of the shards' model. A text that is not in the shards, as
    where this version cuts passages otherwise, is encoded.

    Raises:
        IndexUnusable: the home's index is made by another model, or has token vectors and the
            shards have not.
        NewsqaError: a shard is damaged; what came before it is in the home.
    """
    made, about = corpus.manifest(), shards.about
    if made is None and not len(corpus.articles):
        made = corpus.rebuild(about.model, token_vectors=None if about.token_vectors else False)
    if made is None:
        corpus.serving()
        made = corpus.manifest()
    if made is None or made.fingerprint != about.fingerprint:
        held = f"{made.model} ({made.fingerprint})" if made else "none"
        raise IndexUnusable(
            f"{shards.folder}: embedded by the model {about.model} ({about.fingerprint}), and the"
            f" home's index is by {held}; `newsqa rebuild --model {about.model}` makes it anew, or"
            " embed the articles again by the home's"
        )
    if made.token_vectors and not about.token_vectors:
        raise IndexUnusable(
            f"{shards.folder}: embedded without token vectors, which the home's index keeps;"
            " `NEWSQA_TOKEN_VECTORS=false newsqa rebuild` drops them, or embed the articles again"
        )
    return corpus.add(shards.items(), progress, known=[shards])
