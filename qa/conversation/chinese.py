"""A follow-up in Chinese to a question that stands alone."""

import re

from qa.conversation import nouns
from qa.conversation.earlier import Earlier
from qa.conversation.times import retimed, times
from qa.segmenter import cut
from qa.simplified import folded
from qa.text import detect_language
from qa.types import Span

MAX_FRAGMENT = 16
"""Code points of what 呢 may follow to be a piece of a question, not one of its own."""

_OPENING = re.compile(r"(?:那么|那|还有|以及|另外|然后|所以|好的)[，,\s]*")
_ENDING = re.compile(r"(?:的|的话)?呢?[\s？?。！!]*$")
_MARKS = re.compile(r"[\s？?。！!]*$")
_MORE = re.compile(r"(?:还有|其他|其它|别的|另外|还有其他|还有别的)?(?:什么|哪些|的|吗)*呢?")
_LATER = re.compile(r"(?:后来|之后|接着|接下来|结果)呢?")
# What asks again of the whole question before. Which is the second is not told from an answer.
_BARE = re.compile(
    r"为什么|为何|为啥|(?:第[一二三四五六七八九十\d]+|最后一)[个项条座家位种款](?:呢|是(?:什么|谁|哪[个位]))?"
)
_WHO_SAID = re.compile(r"(?:(?:这|那|此)(?:句?话|个)?)?(?:都?是)?(?P<who>谁(?:这[么样])?\w{1,3}的)")
_PRONOUN = re.compile(
    r"(?<!其)[它他她]们?|(?<![应活不])该(?!不)|(?<![尤与极])其(?![他它她实余次])中?"
    r"|这(?:(?=是|有|会|能|对|意味)|[个座条家项位本届所款件次部场些](?!世界|地球|社会|时代))"
)
_THIS = "该这个座条家项位本届所款件次部场些"
# When, where, why or how, and no more than a verb after it.
_WHEN_DONE = re.compile(
    r"(?:在|是|从)?(?:什么时候|何时|几时|几点|[哪几]一?[年月天日]|星期几|周几|为什么|为何|怎么|怎样|如何"
    r"|在?哪里?|何处|多[久大长高远深宽重快厚]|是否|能否|有没有)(?:要|会|能|才|就|没有|不)*[^，,]{0,4}?[的了过]*"
)
_ASKED = re.compile(
    r"(?:分别|一共|总共)?(?P<be>是|有|叫|为|达)?"
    r"(?:什么|多少|哪些|哪里|哪儿|哪[位个]|谁|怎么样|怎样|如何|几)[^，,的]{0,4}$|吗$"
)
_SEVERAL = re.compile(r"[是有](?P<what>什么(?!时候|地方)|哪些)")
_COUNTS = re.compile("多少|几")
_PEOPLE = re.compile("(?:[成老]人|[学考]生|[儿兒]童|青少年|会员|乘客|游客|居民)$")


def completed(question: str, earlier: Earlier) -> str | None:
    """Return the question with what it leaves to the one before; None if it leaves nothing."""
    body = _unopened(question)
    words = _MARKS.sub("", folded(body))
    asked = _MARKS.sub("", earlier.question)
    if _MORE.fullmatch(words):
        return _others(asked)
    if _LATER.fullmatch(words):
        return f"{asked}，{body}"
    if _BARE.fullmatch(words):
        return f"{asked}？{body}"
    if said := _WHO_SAID.fullmatch(words):
        matter = _matter(earlier.question)
        return f"{matter}是{body[slice(*said.span('who'))]}？" if matter else f"{asked}？{body}"
    pieced = body != question or words.endswith("呢") or times(words) == (Span(0, len(words)),)
    return (
        (_fragment(body, earlier) if pieced else None)
        or _with_pronoun(body, earlier)
        or _without_topic(body, earlier)
        or _named(body, earlier)
    )


def _unopened(question: str) -> str:
    """Return the question without 那 and its like, if that is not part of a name (那不勒斯)."""
    simple = folded(question)
    opening = _OPENING.match(simple)
    if not opening or next(cut(simple, unknown=False)) not in opening[0]:
        return question
    return question[opening.end() :]


def _others(asked: str) -> str:
    """Return the question for what else there is."""
    asking = _SEVERAL.search(folded(asked))
    if not asking:
        return f"{asked}，还有呢？"
    return f"{asked[: asking.start()]}还有{asked[asking.start('what') :]}？"


def _matter(question: str) -> str:
    """Return what the question asks for: X of "X是什么"; or nothing."""
    asking = _ASKED.search(_MARKS.sub("", folded(question)))
    return question[: asking.start()] if asking and asking["be"] else ""


def _fragment(body: str, earlier: Earlier) -> str | None:
    """广州呢, 2035年呢, 票价呢: what it names replaces its like in the question before."""
    ending = _ENDING.search(folded(body))
    words = body[: ending.start()] if ending else body
    spans = times(words)
    thing = words
    for start, end in reversed(spans):
        thing = thing[:start] + thing[end:]
    thing = thing.strip(" 的在到于对，,、是")
    if nouns.ASKS.search(folded(thing)) or len(thing) > MAX_FRAGMENT:
        return None
    question = retimed(earlier.question, words, spans[0]) if spans else earlier.question
    return _of(question, thing, earlier) if thing else question


def _of(question: str, thing: str, earlier: Earlier) -> str:
    """Return the question asked of another thing, or of another side of the same."""
    for token in nouns.tokens(question) if _PEOPLE.search(folded(thing)) else ():
        if _PEOPLE.search(token.text):  # 成人票 gives way to 学生票
            return question[: token.span.start] + thing + question[token.span.end :]
    owner, _, side = thing.rpartition("的")
    pronoun = _PRONOUN.match(folded(thing))
    if pronoun:
        owner, side = "", thing[_reach(thing, pronoun) :].lstrip("的")
    elif not owner and _is_like_topic(thing, question):
        owner, side = thing, ""
    if owner:
        question = _about(question, owner)
    return _owning(question, side, earlier) if side else question


def _is_like_topic(thing: str, question: str) -> bool:
    topic = nouns.topic(question)
    alike = topic is not None and folded(topic.of(question))[-1] == folded(thing)[-1]
    return alike or nouns.names_something(thing)


def _about(question: str, thing: str) -> str:
    """Return the question with another topic; where only the place is another, with that."""
    topic = nouns.topic(question)
    if topic is None:
        return thing + question
    first = next(nouns.tokens(topic.of(question)))
    if nouns.is_place(thing) and nouns.is_place(first.text):
        topic = Span(topic.start, topic.start + first.span.end)
    return question[: topic.start] + thing + question[topic.end :]


def _owning(question: str, side: str, earlier: Earlier) -> str:
    """Return the question for another side of its topic: 票价 in place of 全长."""
    topic = nouns.topic(question)
    if topic is None or detect_language(question) == "en":
        asks = "是多少" if nouns.is_quantity(side) else "呢？"
        return f"{earlier.topic}的{side}{asks}" if earlier.topic else f"{question} {side}？"
    asked = _ASKED.search(_MARKS.sub("", folded(question)), topic.end)
    at = asked.start() if asked else len(question)
    kept = [span.end for span in times(question) if topic.end <= span.start < at]
    head, tail = question[: max(kept, default=topic.end)], question[at:]
    if nouns.is_quantity(side):
        return f"{head}的{side}是多少"
    return f"{head}的{side}{'呢？' if nouns.belongs(side) or '多少' not in tail else tail}"


def _with_pronoun(body: str, earlier: Earlier) -> str | None:
    """它何时开工, 该市的总投资: with what the pronoun stands for."""
    found = _PRONOUN.search(folded(body))
    if not found or nouns.names_something(body[: found.start()]):
        return None
    end = _reach(body, found)
    thing = _meant(folded(body)[found.start() : end], earlier)
    if not thing:
        return f"{_MARKS.sub('', earlier.question)}？{body}"
    return body[: found.start()] + thing + body[end:]


def _reach(body: str, pronoun: re.Match[str]) -> int:
    """Return where a pronoun ends, with the noun it points to: 该项目."""
    end = pronoun.end()
    if pronoun[0][0] in "该这":
        first = next(nouns.tokens(body[end:]), None)
        if first and nouns.is_noun(first):
            return end + first.span.end
    return end


def _meant(pronoun: str, earlier: Earlier) -> str:
    """Return what a pronoun stands for, or nothing."""
    if pronoun[0] in "他她":
        return earlier.person
    if pronoun == "其中":
        return f"{_matter(earlier.question) or earlier.topic}中"
    noun = pronoun.lstrip(_THIS)
    topic = nouns.topic(earlier.question)
    if topic and len(noun) > 1:  # 市 may be that of 市长
        at = folded(earlier.question).find(noun, topic.end)
        if at >= 0:  # 该工厂, of 启澜汽车的新工厂建在哪里
            return earlier.question[topic.start : at + len(noun)]
    return earlier.topic


def _without_topic(body: str, earlier: Earlier) -> str | None:
    """何时通车, 总投资是多少: what has it or does it was said before."""
    words = _MARKS.sub("", folded(body))
    if not nouns.ASKS.search(words) or not earlier.topic:
        return None
    if _WHEN_DONE.fullmatch(words):
        return earlier.topic + body
    phrases = _phrases(body)
    if nouns.names_something(body) or not all(map(nouns.belongs, phrases)):
        return None
    return earlier.topic + ("的" if phrases and body.startswith(phrases[0]) else "") + body


def _phrases(body: str) -> list[str]:
    """Return the runs of nouns in a question, but for what is counted: 多少场演出."""
    found: list[str] = []
    last, counted = -1, False
    for token in nouns.tokens(body):
        noun = nouns.is_noun(token)
        counted = bool(_COUNTS.search(token.text)) or (counted and (noun or token.tag[0] in "mq"))
        # 设计, 施工 are tagged as nouns and are what is done; 收入 may be tagged as a verb.
        if counted or not (nouns.belongs(token.text) or (noun and token.tag != "vn")):
            continue
        if last == token.span.start:
            found[-1] += token.span.of(body)
        else:
            found.append(token.span.of(body))
        last = token.span.end
    return found


def _named(body: str, earlier: Earlier) -> str | None:
    """大桥何时开工: with the bridge as it was named in full before."""
    topic, short = earlier.topic, nouns.topic(body)
    word = short.of(body) if short else ""
    if short is None or not topic.endswith(word):
        return None
    return body[: short.start] + topic + body[short.end :]
