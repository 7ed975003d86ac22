"""A question to what it is about: the words in it that name somebody or something."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from qa.conversation.times import times
from qa.names import sound
from qa.segmenter import cut, part_of_speech
from qa.simplified import folded
from qa.text import detect_language
from qa.types import Span

# What belongs to something else, and asks what to if that is not said.
_RELATIONAL = re.compile(
    r"(?:[市区县省镇州馆校院厂团队会部局董事]+长|经理|总裁|主席|书记|工程师|建筑师|设计师|负责人|创始人"
    r"|发言人|策展人|导演|作者|主编|教练|名称|名字|地址|地点|位置|时间|日期|结果|原因|目的|目标|影响|意义"
    r"|用途|内容|难点|特点|规划|计划)$"
)
_QUANTITY = re.compile(
    r"(?:价格?|费用?|投资|投入|成本|金|额|利润|收入|营收|[销产存容流重数总]?量|人数|总数|次数|面积|体积"
    r"|[长宽高深厚速]度|全长|总长|[风时车水流]速|同比|增长|增速|增幅|规模|比例|率|工期|座位|藏书|员工|得票)$"
)

ASKS = re.compile(
    r"什么|甚么|谁|哪|多少|几[^乎何内]|怎|如何|何[时处地人]|为何|是否|有没有|吗|多[大长高远深宽重久快厚]"
)
_DETERMINES = re.compile(r"(?:什么|哪.{0,2}|多少|几.?)$")
_NAMES = ("ns", "nr", "nt", "nz")

_ASKING_ENGLISH = (
    "who whom whose what which when where why how is are was were be do does did has have had can"
    " could will would should may must the a an and but so in on at by for of from to after before"
    " since i if as with about not there please tell list name mr mrs ms dr its their his her it he"
    " until till during between within without under over into near around among through up out"
    " than then also any all both each every some many much more most other such still only just"
    " while although though because"
    " she they this that these those ceo cfo"
)
_NOT_NAMES = frozenset(_ASKING_ENGLISH.split())
_CAPITALS = re.compile(
    r"(?:\b[Tt]he\s+)?(?P<name>(?:[A-Z]|[㐀-鿿])[\w.&’'-]*(?:\s+(?:(?:of|in|at|de|la|von|van)\s+)?"
    r"[A-Z][\w.&’-]*|\s+\d+(?![\w%]))*)"
)
_ABOUT = re.compile(r"\b(?:about|regarding)\s+(?:the\s+)?$", re.IGNORECASE)
# What an auxiliary leads: "does the night ferry begin".
_SUBJECT = re.compile(
    r"\b(?P<verb>(?i:does|did|do|will|would|can|could|should|is|was|are|were|has|have|had))\s+"
    r"(?P<noun>(?:the|an?)\s+(?!most\b|\w+est\b)[a-z][\w-]*(?:\s+(?!(?:in|on|at|by|for|of|to|from|with|about)\b)[\w-]+)*)"
)
# What is said of it, after is or was: "is the museum open".
_DONE = re.compile(r"\s+(?:\w+(?:ed|en)|built|held|made|shut)$")


class Token(NamedTuple):
    """A word in simplified characters, its part of speech as jieba has it, and its place."""

    text: str
    tag: str
    span: Span


_NOTHING = Token("", "x", Span(0, 0))


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text in order, those of time as one blank each character."""
    simple = folded(text)
    for span in times(text):
        simple = simple[: span.start] + " " * (span.end - span.start) + simple[span.end :]
    at = 0
    for word in cut(simple):
        # A word that the dictionary lacks is mostly a name.
        unknown = "nz" if word.isalpha() else "m" if word.isalnum() else "x"
        yield Token(word, part_of_speech(word, unknown), Span(at, at + len(word)))
        at += len(word)


def is_noun(token: Token) -> bool:
    """Say whether a word is a noun, or could be part of one."""
    if not token.text.strip() or ASKS.search(token.text):
        return False
    return token.tag[0] in "njbl" or token.tag == "vn"


def names_something(text: str) -> bool:
    """Say whether a Chinese text holds a name: a place, a person, or a word no dictionary has."""
    for token, after in pairwise([*tokens(text), _NOTHING]):
        # 那策, 展人: the segmenter cut 策展人, which is no name.
        cut = belongs(token.text + after.text) and not belongs(after.text)
        if token.tag.startswith(_NAMES) and not belongs(token.text) and not cut:
            return True
    return any(persons(text))


def is_place(text: str) -> bool:
    """Say whether a text is one word, and that a known place."""
    return [one.tag for one in tokens(text)] == ["ns"]


def belongs(noun: str) -> bool:
    """Say whether what a noun means always belongs to something else: a price, a mayor."""
    simple = folded(noun)
    return bool(_RELATIONAL.search(simple) or _QUANTITY.search(simple))


def is_quantity(noun: str) -> bool:
    """Say whether what a noun means can be measured or counted."""
    return bool(_QUANTITY.search(folded(noun)))


def topic(text: str) -> Span | None:
    """Return where the text names what it is about, None if it names nothing."""
    return _english_topic(text) if detect_language(text) == "en" else _chinese_topic(text)


def persons(text: str) -> Iterator[str]:
    """Yield who may be named in the text: in English all names in capitals."""
    if detect_language(text) == "en":
        yield from (span.of(text).removeprefix("The ") for span in _capitals(text))
        return
    for token, after in pairwise([*tokens(text), _NOTHING]):
        # The segmenter may cut a name that it does not know: 罗, 映川.
        joined = sound(token.text + after.text) if after.tag[0] in "na" else None
        if joined or sound(token.text):
            yield text[token.span.start : (after if joined else token).span.end]


def _chinese_topic(text: str) -> Span | None:
    """Return the first noun with the words that describe it, up to a verb or 的.

    Nouns that say what is asked for (哪位市长) and what belongs to it (大桥全长) are left out.
    """
    found: list[Token] = []
    words = list(tokens(text))
    for at, token in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if is_noun(token):
            if not found and at and _determined(words, at):
                continue
            found.append(token)
        elif found and not token.text.strip():
            if token.span.start == found[-1].span.end and not _goes_on(words, at):
                break
        elif found and token.tag == "v" and following and following.text in ("的", " "):
            found.append(token)
        elif found and token.tag in ("m", "q") and following and is_noun(following):
            if ASKS.search(token.text):
                break
            found.append(token)
        elif found:
            break
    while len(found) > 1 and belongs(found[-1].text):
        found.pop()
    return Span(found[0].span.start, found[-1].span.end) if found else None


def _determined(words: list[Token], at: int) -> bool:
    """Say whether the nouns up to a place follow a word that asks which."""
    while at and is_noun(words[at]):
        at -= 1
    return bool(_DETERMINES.search(words[at].text))


def _goes_on(words: list[Token], at: int) -> bool:
    return words[at].tag == "x" and at + 1 < len(words) and words[at + 1].tag in ("nz", "m")


def _english_topic(text: str) -> Span | None:
    if name := named(text):
        return name
    if found := _SUBJECT.search(text):
        start, end = found.span("noun")
        if found["verb"].lower() in ("is", "was", "are", "were"):
            return Span(start, end - len((_DONE.search(found["noun"]) or [""])[0]))
        words = text[start:end].split()
        return Span(start, start + len(text[start:end].rsplit(None, 1)[0])) if words[2:] else None
    return None


def named(text: str) -> Span | None:
    """Return where an English text names something: first what it says something about."""
    names = list(_capitals(text))
    about = (name for name in names if _ABOUT.search(text, 0, name.start))
    return next(about, names[0] if names else None)


def _capitals(text: str) -> Iterator[Span]:
    """Yield where an English text has names: words in capitals that neither ask nor date."""
    dated = times(text)
    for match in _CAPITALS.finditer(text):
        start, end = match.span()
        name = match["name"]
        first = name.split()[0]
        if first.lower() in _NOT_NAMES:
            inner = _CAPITALS.search(text, match.start("name") + len(first), end)
            if not inner:
                continue
            start = inner.start()
        if any(start < span.end and span.start < end for span in dated):
            continue
        yield Span(start, start + len(text[start:end].rstrip(".'’")))
