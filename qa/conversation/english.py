"""A follow-up in English to a question that stands alone."""

import re

from qa.conversation import nouns
from qa.conversation.earlier import Earlier
from qa.conversation.times import led, retimed, times
from qa.types import Span

MAX_FRAGMENT = 8
"""Words of a piece of a question, without one that asks."""


def _pattern(*ways: str) -> re.Pattern[str]:
    return re.compile("|".join(ways), re.IGNORECASE)


_OPENING = _pattern(
    r"\s*(?:(?:and|but|so|then|also|ok(?:ay)?|well)\b[\s,]*)+(?:(?:what|how)\s+about\b\s*)?",
    r"\s*(?:what|how)\s+about\b\s*",
)
_MARKS = re.compile(r"[\s?.!]*$")
_ASKS = _pattern(
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can"
    r"|could|will|would|should|may|must|tell|list|name|(?:by|for|in|at|to|from)\s+(?:how|wh\w+))\b"
)
# What asks again of the whole question before.
_BARE = _pattern(
    r"(?:what|who|where|anything|anyone|any|something)\s+else(?:\s+\w+)?|any\s+more",
    r"(?:why|when|where|who|how|how\s+(?:many|much|long|come|so))(?:\s+(?:so|not|then|exactly))?",
    r"(?:when|why|how)\s+(?:was|is|were|did)\s+(?:that|this|it)(?:\s+happen)?",
    r"(?:what\s+is\s+)?the\s+(?:first|second|third|fourth|fifth|sixth|last|other)(?:\s+ones?)?",
    r"who\s+(?:says|said|claims|claimed|told\s+\w+)(?:\s+(?:so|that|this|it))?|says\s+who",
    r"(?:by|for|in|at|to|from)\s+(?:how\s+(?:many|much)|which|what)(?:\s+[a-z-]+){1,3}",
)
_HOW_MANY = _pattern(r"how\s+many(?:\s+[a-z-]+)?\s+(?:(?!(?:is|was|has|does)\b)[a-z-]+s|people)")
_IS_THERE = _pattern(r"(?:is|are)\s+there\s+(?P<what>(?:an?|any)\s+[a-z-]+)")
_WITHOUT_TOPIC = _pattern(
    r"^(?:how\s+(?:many|much)|which|what)(?:\s+[a-z-]+){1,3}$",
    rf"^{_IS_THERE.pattern}$",
    r"\b(?:any(?:one|body|thing)|some(?:one|body|thing)|how\s+many\s+(?:are|were))\b",
)

_PERSONAL = _pattern(r"he|him|his|she|her")
_POSSESSIVE = _pattern(r"(?:its|their|his|her)\s+\w")
_THIS = r"\b(?:this|that|these|those)\b"
_PRONOUN = _pattern(
    r"\b(?:its?|they|them|their|he|him|his|she|her)\b",
    rf"{_THIS}(?=[\s?.!]*$|\s+(?:is|was|are|were|will|happen|mean|cost|take)\b)",
    r"(?<=\bdoes\s)(?:this|that)\b|(?<=\bdid\s)(?:this|that)\b",
    rf"{_THIS}\s+(?!(?:year|month|week|day|morning|evening|time)\b)[a-z-]+"
    r"(?=[\s?.!]*$|\s+(?:is|was|are|were|be|will|happen|mean|cost|take|open|start|begin)\b)",
)
_LEADS_OBJECT = _pattern(r"\b(?:about|of|with|by|in|on)\s+$")
# It rains; it is true that; it takes an hour to.
_IMPERSONAL = _pattern(
    r"\b(?:is|was|will|does|did|has|would)\s+it\s+(?:be\s+|been\s+|going\s+to\s+)*(?:"
    r"(?:rain|snow|hot|cold|warm|dark|sunny|windy|freez)\w*|takes?\s.*\bto\b"
    r"|(?:true|possible|legal|illegal|safe|likely|important|necessary|easy|hard|difficult|common"
    r"|normal|okay|ok|good|bad|better|worth)\s+(?:that|to|for|if|\w+ing)\b)",
    r"\b(?:time|day|date)\s+is\s+it\b",
)

_KIND = r"(?:company|firm|city|town|country|team|organi[sz]ation|group|bank)"
_SIDE = (
    r"(?:ceo|chief\s+executive|chair\w*|director|head|founder|owner|operator|mayor|leader|manager"
    r"|spokes\w+|architect|designer|builder|author|organi[sz]er|curator|price|cost|fee|fare|length"
    r"|height|width|size|area|capacity|budget|revenue|turnover|profit|income|number|population"
    r"|share|rate|address|location|name|deadline|plan|project|programme|goal|target|reason|result)s?"
)
_IS_SIDE = _pattern(rf"(?:[a-z]+\s+){{0,2}}{_SIDE}(?:\s+(?:of|in|for)\s.*)?")
_HAS_SIDE = _pattern(rf"\bthe\s+(?:[a-z]+\s+)?{_SIDE}\b(?!\s+(?:of|in|at|for)\b)")
_DEFINITE = _pattern(r"\bthe\s+(?P<noun>[a-z][\w-]+)\b(?!\s+(?:of|in|that|who|which)\b)")
_WHOSE = _pattern(r"(?:the|its|their|his|her)\s+")
_LED = _pattern(r"(?P<lead>(?:in|at|for|by|from|to|on|with|of)\s).+")


def completed(question: str, earlier: Earlier) -> str | None:
    """Return the question with what it leaves to the one before; None if it leaves nothing."""
    opening = _OPENING.match(question)
    body = question[opening.end() :] if opening else question
    words = _unmarked(body).strip()
    if _BARE.fullmatch(words) or not words:
        return _both(earlier.question, words or question)
    pieced = opening or times(words) or _WHOSE.match(words)
    if pieced and not _ASKS.match(words) and len(words.split()) <= MAX_FRAGMENT:
        return _fragment(words, earlier)
    found = _with_pronoun(body, earlier)
    if not found and earlier.topic and not _name(body):
        found = _with_definite(body, earlier.topic, earlier.question)
        if not found and (opening or _WITHOUT_TOPIC.search(words)):
            found = _with_topic(words, earlier.topic)
    return found


def _fragment(words: str, earlier: Earlier) -> str:
    """In 2035, Beijing, the price: it takes the place of its like in the question before."""
    question = earlier.question
    if _LED.fullmatch(words):
        words = words[0].lower() + words[1:]
    if spans := times(words):
        question = retimed(question, words, spans[0])
        words = words[: led(words, spans[0]).start] + words[spans[-1].end :]
        words = re.sub(r"^(?:the|in|of)?\s*$", "", words.strip(), flags=re.IGNORECASE)
    topic = nouns.topic(question)
    if not words:
        return question
    if topic and (name := _name(words)):
        lead = _LED.fullmatch(words)
        if lead and not question[: topic.start].lower().endswith(lead["lead"].lower()):
            return f"{_unmarked(question)} {words}?"
        return _put(question, topic, name)
    whose = _WHOSE.match(words)
    if whose or _IS_SIDE.fullmatch(words):
        return _owning(question, words[whose.end() :] if whose else words, earlier)
    return _both(question, words)


def _owning(question: str, side: str, earlier: Earlier) -> str:
    """Return the question for another side of its topic: the price, in place of the length."""
    if not earlier.topic:
        return _both(question, f"the {side}")
    told = [led(question, span).of(question) for span in times(question)]
    return f"What is the {' '.join([side, 'of', earlier.topic, *told])}?"


def _with_pronoun(body: str, earlier: Earlier) -> str | None:
    """How much will it cost: with what the pronoun stands for."""
    found = _PRONOUN.search(body)
    if not found or _IMPERSONAL.search(body):
        return None
    before = body[: found.start()]
    if _name(before) and not _LEADS_OBJECT.search(before):
        return None  # it may stand for what was named just before it
    thing = earlier.person if _PERSONAL.fullmatch(found[0]) else earlier.topic
    if not thing:
        return _both(earlier.question, body)
    if _POSSESSIVE.match(body, found.start()):
        thing += "'" if thing.endswith("s") else "'s"
    return _put(body, Span(*found.span()), thing)


def _with_definite(body: str, topic: str, asked: str) -> str | None:
    """The storm, the company, the mayor: of what was named before."""
    for found in _DEFINITE.finditer(body):
        place = Span(*found.span())
        noun = re.compile(rf"\b{re.escape(found['noun'])}\b", re.IGNORECASE)
        if noun.search(topic) or re.fullmatch(_KIND, found["noun"], re.IGNORECASE):
            return _put(body, place, topic)
        if noun.search(asked):
            return _put(body, place, f"{found[0]} of {topic}")
    if side := _HAS_SIDE.search(body):
        return _put(body, Span(*side.span()), f"{side[0]} of {topic}")
    return None


def _with_topic(words: str, topic: str) -> str:
    """How many rooms, is there a toll: asked of what was named before."""
    if _HOW_MANY.fullmatch(words):
        return f"{_capital(words)} does {topic} have?"
    if there := _IS_THERE.fullmatch(words):
        return f"Does {topic} have {there['what']}?"
    return _capital(f"{topic}: {words[:1].lower()}{words[1:]}?")


def _name(words: str) -> str:
    """Return the name that the words give somebody or something, or nothing."""
    span = nouns.named(words)
    return span.of(words) if span else ""


def _put(text: str, place: Span, words: str) -> str:
    return text[: place.start] + words + text[place.end :]


def _unmarked(question: str) -> str:
    return _MARKS.sub("", question)


def _both(question: str, words: str) -> str:
    """Return the question before, and the one that asks again of all of it."""
    return f"{_unmarked(question)}? {_capital(_unmarked(words))}?"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
