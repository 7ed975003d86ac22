"""A question's words to concepts: each with the ways to say it, in Chinese and in English.

An article in the other language shares no words with the question, but it says the same things.
With translations as alternatives, words alone find the right passage across languages at an nDCG@10
of .82 (.16 and .14 without, on XQuAD), and both retrievers together at .93 and .89 (.86 and .80).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from qa.dictionary import Dictionary
from qa.lexical import (
    ASKING,
    SOUND,
    Concept,
    Phrase,
    heard,
    is_latin,
    sound_token,
    stem,
    words,
)
from qa.names import surname_sounds
from qa.numbers import in_digits

LONGEST = 3
"""Words of an English phrase that the dictionary knows."""

# The dictionary has 美元 as "US dollar" alone, and no abbreviations and no British spellings.
_SAME = """
50% 1/2 half 一半 半数 半數
dollar 美元
yuan rmb renminbi 元 人民币 人民幣
pound 英镑 英鎊
kilometer kilometre km 公里 千米
meter metre 米 公尺
centimeter centimetre cm 厘米 公分
kilogram kg 公斤 千克
"""
_EQUAL: dict[str, Concept] = {
    word: tuple((other,) for other in group if other != word)
    for line in _SAME.split("\n")
    for group in [
        [stem(word) if word.isalpha() and word.isascii() else word for word in line.split()]
    ]
    for word in group
}
"""What is the same as a word, beyond the dictionary."""


def read_concepts(tokens: Sequence[str], dictionary: Dictionary) -> tuple[Concept, ...]:
    """Return what the question speaks of, each concept once; words that only ask are left out.

    A concept's first phrase is the question's own; the others are its translations, and for Chinese
    words the same in the other script.
    """
    found: dict[Concept, None] = {}
    at = 0
    while at < len(tokens):
        concept, taken = _concept(tokens, at, dictionary)
        if concept:
            found[concept] = None
        at += taken
    return tuple(found)


def _concept(tokens: Sequence[str], at: int, dictionary: Dictionary) -> tuple[Concept, int]:
    """Return the concept that begins at a token and how many tokens it takes."""
    for length in range(min(LONGEST, len(tokens) - at), 1, -1):
        phrase = tuple(tokens[at : at + length])
        if ASKING.issuperset(phrase) or not all(map(_is_english, phrase)):
            continue
        if translations := dictionary.chinese(phrase):
            return _ways(phrase, map(_said, translations)), length
    token = tokens[at]
    if token in ASKING or token.startswith(SOUND):
        return (), 1
    equal = _EQUAL.get(token, ())
    if is_latin(token):
        sounds = _sounds(tokens, at)
        return _ways((token,), equal, map(_said, dictionary.chinese((token,))), sounds), 1
    scripts = ((word,) for word in dictionary.other_script(token))
    names = [name, name[::-1]] if (name := heard(token)) else []
    return _ways((token,), equal, scripts, dictionary.english(token), names), 1


def _sounds(tokens: Sequence[str], at: int) -> Iterator[Phrase]:
    """Yield how passages in Chinese have a person whose surname or given name the token may be."""
    for start in {max(0, at - 1), at}:
        pair = tuple(token.replace("-", "") for token in tokens[start : start + 2])
        if len(pair) == 2 and all(map(is_latin, pair)) and ASKING.isdisjoint(pair):
            for surname, given in (pair, pair[::-1]):
                if surname in surname_sounds():
                    yield (sound_token(surname, given),)


def _is_english(token: str) -> bool:
    return is_latin(token) or token[0].isdecimal()


def _ways(own: Phrase, *others: Iterable[Phrase]) -> Concept:
    """Return a concept, each way to say it once: its weight counts the passages that say each."""
    return tuple(dict.fromkeys(chain((own,), *others)))


def _said(word: str) -> Phrase:
    """Return a Chinese word as passages have it: its numbers in digits."""
    return (word,) if in_digits(word) == word else tuple(words(word))
