"""Texts -> the token ids a model reads, and where in the text each token stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Role = Literal["query", "passage"]


def role_prompts(prompts: Mapping[str, str | None]) -> dict[Role, str]:
    """Return what a model wants before a query and before a passage, out of its own prompts."""
    passages = (prompts.get(name) for name in ("passage", "document", "corpus"))
    return {"query": prompts.get("query") or "", "passage": next(filter(None, passages), "")}


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text in tokens, uncut and without special ones.

    Attributes:
        ids: int64[t].
        offsets: int32[t, 2], half-open code point offsets into the text.
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int32]


class Cutter(Protocol):
    """Cuts texts into tokens; threads may share one."""

    def cut(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text in tokens."""
        ...


class WholeVocabulary:
    """Cuts with a tokenizer as it is.

    Args:
        tokenizer: taken over: it is not to be used by others.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def cut(self, texts: Sequence[str]) -> list[Tokens]:
        """Return each text in tokens."""
        # One by one: `encode_batch` would take every core, whatever the threads allowed.
        cut = (self._tokenizer.encode(text, add_special_tokens=False) for text in texts)
        return [Tokens(np.array(x.ids, np.int64), offsets(x.offsets)) for x in cut]


def offsets(pairs: Sequence[tuple[int, int]]) -> NDArray[np.int32]:
    """Return a tokenizer's offsets as int32[t, 2]."""
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


def special_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return what a tokenizer puts before and after any text."""
    probe = tokenizer.encode("a")  # seen best around a text that is a single letter
    special = probe.special_tokens_mask
    before = special.index(0)
    return probe.ids[:before], probe.ids[before + special.count(0) :]


class PromptTokenizer:
    """Puts a role's prompt before a text and cuts both into tokens.

    Args:
        cutter: cuts texts into the model's tokens.
        special: ids of what stands before and after any text.
        prompts: what stands before a text, by role.
        max_length: how many tokens the model reads, special ones included.

    Attributes:
        max_tokens: how many tokens of a passage, as `count` counts, fit beside prompt and specials.
    """

    def __init__(
        self,
        cutter: Cutter,
        special: tuple[list[int], list[int]],
        prompts: dict[Role, str],
        max_length: int,
    ) -> None:
        self._cutter = cutter
        self._prompts = prompts
        self._before, self._after = (np.array(ids, dtype=np.int64) for ids in special)
        self._room = max_length - len(self._before) - len(self._after)
        # White space at a prompt's end belongs to the first token of the text.
        (prompt,) = cutter.cut([prompts["passage"].rstrip()])
        self._prompt_tokens = len(prompt.ids)
        self.max_tokens = self._room - self._prompt_tokens

    def encode(self, texts: Sequence[str], role: Role) -> list[Tokens]:
        """Return prompt and text as tokens, uncut and without special tokens."""
        prompt = self._prompts[role]
        return self._cutter.cut([prompt + text for text in texts])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text adds to a passage's prompt and special tokens."""
        return [len(tokens.ids) - self._prompt_tokens for tokens in self.encode(texts, "passage")]

    def ids(self, tokens: Tokens) -> NDArray[np.int64]:
        """Return what the model reads: cut to its length, between its special tokens."""
        return np.concatenate([self._before, tokens.ids[: self._room], self._after])

    def spans(self, tokens: Tokens, role: Role) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return which of `ids(tokens)` are the text's own, and where they stand in it.

        Returns:
            Positions, int[t], and half-open code point offsets into the text, int32[t, 2]. A word's
            first token takes the space before it along.
        """
        shifted = tokens.offsets[: self._room] - np.int32(len(self._prompts[role]))
        own = np.flatnonzero(shifted[:, 1] > 0)
        return own + len(self._before), shifted[own].clip(min=0)
