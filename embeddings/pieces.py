"""A Unigram vocabulary -> files of which a text reads only the pieces that stand in it.

Loading the built-in model's 250,002 pieces into a tokenizer takes 0.7 s and 230 MB. But how a text
is cut depends on nothing except the pieces that stand in it, the special tokens, and the least of
all scores, by which what is unknown is scored. So every call makes a tokenizer of those alone: the
same tokens, out of 10 MB of mapped files.
"""

import json
from collections.abc import Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models

from embeddings.tokens import Tokens, offsets

_FRAME, _HASHES, _ROWS, _TEXTS = "frame.json", "hashes.npy", "pieces.npy", "pieces.txt"

# What is known of a piece; `start` and `end` are its bytes in the file of texts.
_ROW = np.dtype([("score", "<f8"), ("id", "<u4"), ("start", "<u4"), ("end", "<u4")])
_BASE = 0x9E3779B97F4A7C15  # any odd number with bits all over
_SIEVE_BITS = 22  # of a hash, that say soonest that it is no piece's: for 64 passages 67 ms -> 19
_WINDOW = 2**15  # code points of texts that share one small vocabulary: 8 MB while it is found


def write_pieces(tokenizer: Tokenizer, folder: Path) -> bool:
    """Write a tokenizer into `folder` as `Pieces` reads it, unless it is of another kind.

    Returns:
        Whether it was written.
    """
    whole = json.loads(tokenizer.to_str())
    model, added = whole["model"], whole["added_tokens"]
    if model["type"] != "Unigram" or model["unk_id"] is None or model["byte_fallback"]:
        return False
    texts = [text for text, _ in model["vocab"]]
    hashes = _whole_hashes(texts)
    if (
        not all(texts)
        or len(np.unique(hashes)) < len(texts)
        or any(texts[token["id"] : token["id"] + 1] != [token["content"]] for token in added)
    ):
        return False
    ends = np.cumsum([len(text.encode()) for text in texts])
    rows = np.zeros(len(texts), dtype=_ROW)
    rows["score"] = [score for _, score in model["vocab"]]
    rows["id"] = np.arange(len(texts))
    rows["start"][1:], rows["end"] = ends[:-1], ends
    # These stand first in every small vocabulary, so that their places in it never change.
    fixed = [model["unk_id"], int(rows["score"].argmin()), *(token["id"] for token in added)]
    fixed = list(dict.fromkeys(fixed))
    frame = {
        "fixed": fixed,
        "longest": max(map(len, texts)),
        "tokenizer": {
            **whole,
            "added_tokens": [{**token, "id": fixed.index(token["id"])} for token in added],
            "model": {**model, "unk_id": 0, "vocab": [model["vocab"][place] for place in fixed]},
            "post_processor": None,
            "truncation": None,
            "padding": None,
        },
    }
    order = hashes.argsort()
    (folder / _TEXTS).write_bytes("".join(texts).encode())
    np.save(folder / _ROWS, rows[order])
    np.save(folder / _HASHES, hashes[order])
    (folder / _FRAME).write_text(json.dumps(frame), encoding="utf-8")
    return True


def has_pieces(folder: Path) -> bool:
    """Return whether `write_pieces` wrote into `folder`."""
    return (folder / _FRAME).exists()


class Pieces:
    """Cuts texts as the tokenizer would of which `write_pieces` wrote the files."""

    def __init__(self, folder: Path) -> None:
        frame = json.loads((folder / _FRAME).read_text(encoding="utf-8"))
        self._fixed: NDArray[np.int64] = np.array(frame["fixed"])
        self._longest: int = frame["longest"]
        self._frame: str = json.dumps(frame["tokenizer"])
        self._first = [(text, score) for text, score in frame["tokenizer"]["model"]["vocab"]]
        self._hashes: NDArray[np.uint64] = np.load(folder / _HASHES, mmap_mode="r")
        self._rows: NDArray[Any] = np.load(folder / _ROWS, mmap_mode="r")
        with (folder / _TEXTS).open("rb") as file:
            self._texts = mmap(file.fileno(), 0, access=ACCESS_READ)
        self._sieve = np.zeros(2**_SIEVE_BITS, dtype=bool)
        self._sieve[_sieved(self._hashes)] = True
        self._own = local()

    def cut(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text in tokens."""
        return [tokens for window in _windows(texts) for tokens in self._cut(window)]

    def _cut(self, texts: Sequence[str]) -> list[Tokens]:
        splitter, tokenizer = self._tokenizers()
        # Knowing no piece, the splitter leaves whole whatever the model is to cut.
        split = (splitter.encode(text, add_special_tokens=False).tokens for text in texts)
        found = self._rows[self._standing_in({word for words in split for word in words})]
        pieces = [
            (self._texts[start:end].decode(), score)
            for score, start, end in found[["score", "start", "end"]].tolist()
        ]
        tokenizer.model = models.Unigram([*self._first, *pieces], unk_id=0, byte_fallback=False)
        ids = np.concatenate([self._fixed, found["id"].astype(np.int64)])
        cut = (tokenizer.encode(text, add_special_tokens=False) for text in texts)
        return [Tokens(ids[x.ids], offsets(x.offsets)) for x in cut]

    def _standing_in(self, words: set[str]) -> NDArray[np.intp]:
        """Return the rows of pieces that stand in the words, and perhaps of a few that do not."""
        hashes = _hashes("\0".join(words), self._longest)
        hashes = hashes[self._sieve[_sieved(hashes)]]
        rows = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
        rows = np.unique(rows[self._hashes[rows] == hashes])
        return rows[np.isin(self._rows["id"][rows], self._fixed, invert=True)]

    def _tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """Return this thread's tokenizers: one that knows no piece, one for the pieces found."""
        if not hasattr(self._own, "pair"):
            self._own.pair = tuple(Tokenizer.from_str(self._frame) for _ in range(2))
        pair: tuple[Tokenizer, Tokenizer] = self._own.pair
        return pair


def _windows(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the texts in runs of about as many code points."""
    begun = length = 0
    for end, text in enumerate(texts, 1):
        length += len(text)
        if length >= _WINDOW or end == len(texts):
            yield texts[begun:end]
            begun, length = end, 0


def _hashes(text: str, longest: int) -> NDArray[np.uint64]:
    """Return the hash of every part of `text` of 1 to `longest` code points.

    A part's hash is the sum of its code points, each times a power of the base, modulo 2 ** 64.
    """
    points = np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint64)
    sums = np.zeros(len(points), dtype=np.uint64)
    power, every = 1, [sums[:0]]
    for length in range(1, min(longest, len(points)) + 1):
        count = len(points) - length + 1
        sums = sums[:count] + points[length - 1 :] * np.uint64(power)
        power = power * _BASE % 2**64
        every.append(sums)
    return np.concatenate(every)


def _whole_hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the hash of each text: the last and longest of its parts'."""
    points = np.frombuffer("".join(texts).encode("utf-32-le"), "<u4").astype(np.uint64)
    lengths = np.array([len(text) for text in texts])
    starts = lengths.cumsum() - lengths
    powers = np.array([pow(_BASE, x, 2**64) for x in range(lengths.max())], dtype=np.uint64)
    places = np.arange(len(points)) - np.repeat(starts, lengths)
    return np.add.reduceat(points * powers[places], starts)


def _sieved(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return hashes >> np.uint64(64 - _SIEVE_BITS)
