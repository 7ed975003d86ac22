"""Texts -> the token ids a model reads, and where in the text each token stands."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

Role = Literal["query", "passage"]


def role_prompts(prompts: Mapping[str, str | None]) -> dict[Role, str]:
    """Return what a model wants before a query and before a passage, out of its own prompts."""
    passages = (prompts.get(name) for name in ("passage", "document", "corpus"))
    return {"query": prompts.get("query") or "", "passage": next(filter(None, passages), "")}


class PromptTokenizer:
    """Puts a role's prompt before a text and cuts both into tokens.

    Args:
        tokenizer: taken over: it is not to be used by others.
        prompts: what stands before a text, by role.
        max_length: how many tokens the model reads, special ones included.

    Attributes:
        max_tokens: how many tokens of a passage, as `count` counts, fit beside prompt and specials.
    """

    def __init__(self, tokenizer: Tokenizer, prompts: dict[Role, str], max_length: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self._prompts = prompts
        # What the tokenizer puts around any text: seen best around one that is a single letter.
        probe = tokenizer.encode("a")
        special = probe.special_tokens_mask
        before = special.index(0)
        after = before + special.count(0)
        self._before, self._after = probe.ids[:before], probe.ids[after:]
        self._room = max_length - special.count(1)
        # White space at a prompt's end belongs to the first token of the text.
        prompt = tokenizer.encode(prompts["passage"].rstrip(), add_special_tokens=False)
        self._prompt_tokens = len(prompt)
        self.max_tokens = self._room - self._prompt_tokens

    def encode(self, texts: Sequence[str], role: Role) -> list[Encoding]:
        """Return prompt and text as tokens, uncut and without special tokens."""
        prompt = self._prompts[role]
        prompted = [prompt + text for text in texts]
        return self._tokenizer.encode_batch(prompted, add_special_tokens=False)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text adds to a passage's prompt and special tokens."""
        return [len(tokens) - self._prompt_tokens for tokens in self.encode(texts, "passage")]

    def ids(self, tokens: Encoding) -> list[int]:
        """Return what the model reads: cut to its length, between its special tokens."""
        return [*self._before, *tokens.ids[: self._room], *self._after]

    def spans(self, tokens: Encoding, role: Role) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return which of `ids(tokens)` are the text's own, and where they stand in it.

        Returns:
            Positions, int[t], and half-open code point offsets into the text, int32[t, 2]. A word's
            first token takes the space before it along.
        """
        offsets = np.array(tokens.offsets[: self._room], dtype=np.int32).reshape(-1, 2)
        offsets -= len(self._prompts[role])
        own = np.flatnonzero(offsets[:, 1] > 0)
        return own + len(self._before), offsets[own].clip(min=0)
