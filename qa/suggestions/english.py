"""An English article to questions that its sentences answer.

English asks in another order than it tells, so each rule knows one way to tell: who founded what,
what was opened when, what costs how much. A question must name what it is about; where a sentence
says "the longer hours" the name that its article is about is put to it.
"""

import re
from collections import Counter
from collections.abc import Iterator

from qa.answer_types import named_in
from qa.suggestions.suggestion import READ, Kind, Suggestion
from qa.types import Article

SHORTEST, LONGEST = 20, 90
"""Characters of a question, as for Chinese."""

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_DATE = (
    rf"(?:(?:(?:{_DAYS}),? )?(?:\d{{1,2}} (?:{_MONTHS})|(?:{_MONTHS}) \d{{1,2}})(?:,? \d{{4}})?"
    rf"|(?:{_MONTHS}),? \d{{4}}|(?:1\d|20)\d\d)(?![\d-])"
)
_MONEY = (
    r"(?:US|A|C|HK)?[$€£¥]\d[\d,.]*(?<=\d)(?: (?:thousand|million|billion|trillion))?"
    r"|\d[\d,.]*(?<=\d)(?: (?:thousand|million|billion))?"
    r" (?:dollars|euros|pounds|yuan|yen|kronor|francs)"
)
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?(?: (?:thousand|million|billion))?"
_ABOUT = (
    r"(?:(?:about|around|some|nearly|almost|over|more than|at least|up to|approximately|roughly"
    r"|an estimated) )?"
)
_WORD = r"[\w’'.&-]+"
_SUBJECT = rf"(?P<subject>(?:{_WORD} ){{0,8}}?{_WORD})"
_MIDDLE = rf"(?P<rest>(?: {_WORD}){{0,5}}?)"

_POINTS = re.compile(
    r"\b(?:he|she|it|they|we|you|i|him|her|his|hers|its|their|our|my|your|them|us|this|that|these|those|there"
    r"|who|which|what|whose|also|another|other|both|each|such|same|here|then|now|first|last|next|latter|former|one|when|while|"
    r"if|because|although|since|after|before|but|and|or|so|not|no|never|at|by|from|during|despite|with)\b",
    re.IGNORECASE,
)

# The past and the participle of each, and the verb itself.
_VERBS = {
    "founded": "found", "established": "establish", "built": "build", "opened": "open",
    "completed": "complete", "launched": "launch", "created": "create", "released": "release",
    "published": "publish", "formed": "form", "inaugurated": "inaugurate", "adopted": "adopt",
    "discovered": "discover", "invented": "invent", "acquired": "acquire", "designed": "design",
    "directed": "direct", "developed": "develop", "introduced": "introduce", "signed": "sign",
    "painted": "paint", "composed": "compose", "won": "win", "held": "hold", "led": "lead",
    "reopened": "reopen", "closed": "close", "started": "start", "ended": "end", "died": "die",
    "joined": "join", "moved": "move", "merged": "merge", "resigned": "resign", "arrived": "arrive",
    "retired": "retire", "collapsed": "collapse",
}  # fmt: skip
_PARTICIPLES = {**{verb: verb for verb in _VERBS}, "written": "wrote", "begun": "began"}
_PASSIVE = "|".join((*_PARTICIPLES, "born", "elected", "killed"))
_HAS = {
    "has": ("does", "have"), "have": ("do", "have"), "had": ("did", "have"),
    "employs": ("does", "employ"), "employed": ("did", "employ"), "contains": ("does", "contain"),
    "includes": ("does", "include"), "operates": ("does", "operate"), "owns": ("does", "own"),
    "serves": ("does", "serve"), "sold": ("did", "sell"), "produced": ("did", "produce"),
    "scored": ("did", "score"), "won": ("did", "win"), "attracted": ("did", "attract"),
}  # fmt: skip

_WAS_WHEN = re.compile(
    rf"{_SUBJECT} (?P<was>was|were) (?P<verb>{_PASSIVE}){_MIDDLE} (?:in|on) (?P<told>{_DATE})"
)
_BY_WHOM = re.compile(
    rf"{_SUBJECT} (?:was|were) (?P<verb>{'|'.join(_PARTICIPLES)}) by"
    r" (?P<told>(?:[A-Z]\. |[A-Z][\w’'-]+ ){0,3}[A-Z][\w’'-]+)(?=[.,;]| in | on |$)"
)
_WILL_WHEN = re.compile(
    rf"{_SUBJECT} will (?P<verb>(?!not\b)[a-z]+){_MIDDLE} (?:on|in) (?P<told>{_DATE})"
)
_DID_WHEN = re.compile(
    rf"{_SUBJECT} (?P<verb>{'|'.join(_VERBS)}){_MIDDLE} (?:on|in) (?P<told>{_DATE})"
)
_COSTS = re.compile(
    rf"{_SUBJECT} (?P<verb>will cost|costs|cost) (?P<rest>(?:(?:the |a )?{_WORD} ){{0,3}}?){_ABOUT}"
    rf"(?P<told>{_MONEY})(?P<each> (?:a|per) (?:year|month|week|day|night))?"
)
_COUNTS = re.compile(
    rf"{_SUBJECT} (?P<verb>{'|'.join(_HAS)}) {_ABOUT}(?P<told>{_NUMBER})"
    r"(?P<things>(?: (?!(?:in|on|at|of|and|to|for|from|with|by|percent)\b)[a-z-]+){1,3})"
    r"(?=[.,;]| in | on | at | and | for | with | from | across |$)"
)
_UNTIL = re.compile(
    rf"{_SUBJECT} will (?P<verb>(?!not\b)[a-z]+){_MIDDLE} until"
    r" (?P<told>\d{1,2}(?:[:.]\d\d)? ?(?:[ap]\.?m\b\.?)|midnight|noon)"
)
_ROLE = re.compile(
    r"(?P<told>(?:[A-Z][\w’'-]+|[A-Z]\.)(?: (?:[A-Z][\w’'-]+|[A-Z]\.)){1,3}), the"
    r" (?P<role>(?:(?!(?:first|former|last|late|new)\b)[a-z-]+ ){0,3}"
    r"(?:president|director|librarian|chairman|chairwoman|chair|mayor"
    r"|manager|executive|minister|secretary|editor|head|coach|curator|conductor|governor|principal"
    r"|chancellor|spokesman|spokeswoman|spokesperson|commissioner|architect|engineer|scientist"
    r"|economist|captain))"
    r"(?: of (?P<body>(?:the )?[A-Z][\w’'-]+(?: (?:of |and )?[A-Z][\w’'-]+){0,4}))?(?=[.,;]|$)"
)
_FINITE = re.compile(
    r"\b(?:[a-z]+ed|is|are|was|were|has|have|had|will|would|can|could|be|been|to)\b"
)
_NAME = re.compile(
    r"(?P<the>\b[Tt]he )?(?P<name>[A-Z][\w’'-]+(?: (?:of |and )?[A-Z][\w’'-]+){1,4})"
)
_BODY = re.compile(
    r"(?:Library|Museum|University|College|School|Institute|Company|Corporation|Group|Bank|Hospital"
    r"|Council|Orchestra|Theatre|Theater|Club|Society|Foundation|Association|Agency|Authority"
    r"|Commission|Gallery|Zoo|Airport|Port|Motors|Airlines|Railway|Railways|Festival)$"
)


def english(article: Article) -> Iterator[Suggestion]:
    """Yield questions that the article answers, in its order."""
    about = _about(article.text)
    seen: set[str] = set()
    for start, end in article.sentences[:READ]:
        for question, kind, told in _asked(article.text[start:end], about):
            if SHORTEST <= len(question) <= LONGEST and question not in seen:
                seen.add(question)
                yield Suggestion(question, kind, told, article.id, article.version)


def _asked(sentence: str, about: str) -> Iterator[tuple[str, Kind, str]]:
    if found := _UNTIL.match(sentence):
        yield from _of_subject(
            found, about, "Until what time will {subject} {verb}{rest}?", Kind.TIME
        )
    if found := _WAS_WHEN.match(sentence):
        yield from _of_subject(found, about, "When {was} {subject} {verb}{rest}?", Kind.TIME)
    elif found := _WILL_WHEN.match(sentence):
        yield from _of_subject(found, about, "When will {subject} {verb}{rest}?", Kind.TIME)
    elif found := _DID_WHEN.match(sentence):
        base = _VERBS[found["verb"]]
        yield from _of_subject(found, about, f"When did {{subject}} {base}{{rest}}?", Kind.TIME)
    if found := _BY_WHOM.match(sentence):
        past = _PARTICIPLES[found["verb"]]
        yield from _of_subject(found, about, f"Who {past} {{subject}}?", Kind.PERSON)
    if found := _COSTS.match(sentence):
        does = {"will cost": "will", "costs": "does", "cost": "did"}[found["verb"]]
        rest = found["rest"] and f" {found['rest'].strip()}"
        question = f"How much {does} {{subject}} cost{rest}{found['each'] or ''}?"
        yield from _of_subject(found, about, question, Kind.AMOUNT)
    if found := _COUNTS.match(sentence):
        does, verb = _HAS[found["verb"]]
        question = f"How many{found['things']} {does} {{subject}} {verb}?"
        yield from _of_subject(found, about, question, Kind.AMOUNT)
    for found in _ROLE.finditer(sentence):
        body = found["body"] or about
        if body:
            question = f"Who is the {found['role']} of {body}?"
            yield question, Kind.PERSON, found["told"]


def _of_subject(
    found: re.Match[str], about: str, question: str, kind: Kind
) -> Iterator[tuple[str, Kind, str]]:
    """Yield a question about a subject that has a name, its own or the article's."""
    subject, parts = found["subject"], found.groupdict("")
    if _FINITE.search(subject) or _POINTS.search(subject) or _POINTS.search(parts.get("rest", "")):
        return
    the, _, rest = subject.partition(" ")
    if the in ("The", "A", "An"):
        subject = f"{the.lower()} {rest}"
    if not named_in(subject):
        if not (about and subject.startswith("the ")):
            return
        subject = f"{subject} of {about}"
    yield question.format_map({**parts, "subject": subject}), kind, found["told"]


def _about(text: str) -> str:
    """Return the body that an article is about, with its article; empty if there is none."""
    names = Counter(
        f"{'the ' if found['the'] else ''}{found['name']}"
        for found in _NAME.finditer(text)
        if _BODY.search(found["name"])
    )
    return max(names, key=lambda name: names[name], default="")
