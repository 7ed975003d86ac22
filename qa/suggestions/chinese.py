"""A Chinese article to questions that its sentences answer, in simplified characters.

Chinese asks where it tells: 园区占地476亩 becomes 园区占地多少亩. So a clause makes a good question
if it can stand alone, which is what most of this is about: it begins with its subject, names
somebody or something, and points neither back (他, 该) nor to the day of the report (今年, 目前).
"""

import re
from collections.abc import Iterator

from qa.names import SURNAMES
from qa.segmenter import cut, is_name, part_of_speech
from qa.simplified import simplified
from qa.suggestions.patterns import (
    AMOUNT,
    BAD_TAIL,
    CLAUSE,
    COUNTED,
    DATED,
    DATELINE,
    ENDS_LIKE_A_BODY,
    FISCAL,
    HAPPENS,
    HOLDS,
    JOINED,
    LIKE_A_NAME,
    MEASURE,
    MOVES,
    NO_BODY,
    NO_SUBJECT,
    NUMBER,
    ODD,
    OF_A_PERIOD,
    OF_ROLE,
    OPENING,
    PART_OF_YEAR,
    PERIOD,
    POINTS,
    REACHES,
    REGION,
    REPORTED,
    TAKES,
    TIMED,
    VAGUE,
    YEARS,
)
from qa.suggestions.suggestion import READ, Kind, Suggestion
from qa.types import Article

SHORTEST, LONGEST = 8, 26
"""Characters of a question: fewer say too little, and more are not read on a button."""

_REACHED = {"达": "达到", "达到": "达到", "多达": "达到", "高达": "达到", "突破": "突破"}


class _Reader:
    """One article, its title and what it is about.

    Attributes:
        about: the name that its title begins with and its text has too; empty if there is none.
        period: the time that the title tells its figures of.
        subject: the same name while the text goes on telling of it, empty where it tells of others.
        told: in which sentence that name stood last.
    """

    def __init__(self, article: Article) -> None:
        self.text = simplified(article.text)
        self.title = simplified(article.title)
        self.year = f"{article.published.year}年" if article.published else ""
        self.about = next(filter(None, map(self._leading, CLAUSE.findall(self.title))), "")
        told = PART_OF_YEAR.search(self.title)
        self.period = told[0] if told else ""
        self.subject, self.told = self.about, 0

    def _leading(self, part: str) -> str:
        """Return the nouns that a part of the title begins with and the text has too: a name."""
        name = ""
        # Where the title only repeats how the text begins, it says nothing of what that is about.
        repeated = self.text.startswith(self.title[:10])
        for word in cut(part):
            noun = part_of_speech(word, "n").startswith(("n", "j", "b", "vn", "a"))
            # Where the text begins so too, a verb may be part of a name: 云帆制冷.
            noun = noun or (not repeated and bool(name) and self.text.startswith(name + word))
            if name + word not in self.text or not noun or ODD.search(word) or NUMBER.search(word):
                break
            name += word
        if NO_SUBJECT.search(name) or len(name) < 2 or MEASURE.search(name):
            return ""
        if repeated and self.text.count(name) < 3:
            return ""
        return name if _named(name) or len(name) >= 4 else ""

    def asked(self, number: int, sentence: str) -> Iterator[tuple[str, Kind, str]]:
        """Yield questions of a sentence, what each asks for and the words that tell it."""
        yield from self._who(sentence)
        told = FISCAL.search(sentence)
        fiscal = told[0] if told else self.period
        clauses = [OPENING.sub("", clause) for clause in CLAUSE.findall(sentence)]
        for before, clause in zip(("", *clauses), clauses, strict=False):
            if self.about and self.about in clause:
                self.subject, self.told = self.about, number
            elif number > self.told + 1 or _stands_alone(clause[:12]):
                self.subject = ""
            on_a_day_of_report = len(before) <= 8 and POINTS.search(before)
            if on_a_day_of_report or ODD.search(clause) or REPORTED.search(clause):
                continue
            if DATED.fullmatch(before):
                yield from _happens(clause, before)
            yield from _when(clause)
            yield from self._how_many(before, clause, fiscal)

    def _how_many(self, before: str, clause: str, fiscal: str) -> Iterator[tuple[str, Kind, str]]:
        amount = AMOUNT.search(clause)
        if amount is None:
            return
        lead, unit, tail = clause[: amount.start()], amount["unit"], amount["tail"]
        if NUMBER.search(YEARS.sub("", lead)) or NUMBER.search(tail) or BAD_TAIL.search(tail):
            return
        if JOINED.search(lead) or VAGUE.fullmatch(amount["told"]):
            return
        measured = MEASURE.search(lead.rstrip("为达到是至有约")) is not None
        lead = re.sub("(?:实现|完成|录得)(?!了)", "", lead) if measured else lead
        if not _stands_alone(YEARS.sub("", lead)):
            lead = re.sub("^(?:公司)?(?:当季)?", "", lead.removeprefix(self.subject))
            if not (measured and self.subject and _begins_with_noun(lead)):
                return
            period = fiscal if OF_A_PERIOD.search(lead) and not FISCAL.search(lead) else ""
            lead = f"{self.subject}{period}{lead}"
        elif period := self._period(before):
            lead = f"{period}{lead}"
        if (OF_A_PERIOD.search(lead) and not re.search("年|季度", lead)) or MOVES.search(lead):
            return
        reaches = _REACHED.get(amount["about"], "")
        if measured:
            reaches = "" if REACHES.search(lead) else reaches or "是"
        elif not (reaches or REACHES.search(lead) or _is_verb(list(cut(lead))[-1])):
            return
        if tail and unit not in COUNTED:
            return
        if unit in COUNTED and not tail and unit not in "人户" and not measured:
            return
        many = "多少" if measured or unit in ("%", "个百分点") else f"多少{unit}"
        yield f"{lead}{reaches}{many}{tail}？", Kind.AMOUNT, amount["told"]

    def _period(self, before: str) -> str:
        """Return the clause before if it is a time of which a figure may be, with its year."""
        told = PERIOD.fullmatch(before)
        if told is None or not before:
            return ""
        return f"{told['year'] or self.year}{told['part'] or ''}"

    def _who(self, sentence: str) -> Iterator[tuple[str, Kind, str]]:
        for found in HOLDS.finditer(sentence):
            body, role, told = found["body"], found["role"], found["told"]
            if not ("·" in told or is_name(told) or _is_person(told)):
                continue
            if self._is_the_subject(body, role):
                yield f"{self.about}{role}是谁？", Kind.PERSON, told
            elif _is_body(body):
                yield f"{body}{role}是谁？", Kind.PERSON, told

    def _is_the_subject(self, body: str, role: str) -> bool:
        """Say whether the role is one in what the article is about: 馆长, 公司总经理."""
        if body:
            return bool(self.about) and body in ("公司", "集团")
        return self.about.endswith(OF_ROLE.get(role, "?"))


def chinese(article: Article) -> Iterator[Suggestion]:
    """Yield questions that the article answers, those of its title first."""
    reader = _Reader(article)
    sentences = [reader.text[start:end] for start, end in article.sentences[:READ]]
    seen: set[str] = set()
    for number, sentence in enumerate((reader.title, *sentences)):
        for question, kind, told in reader.asked(number, DATELINE.sub("", sentence)):
            if SHORTEST <= len(question) <= LONGEST and question not in seen:
                seen.add(question)
                yield Suggestion(question, kind, told, article.id, article.version)


def _when(clause: str) -> Iterator[tuple[str, Kind, str]]:
    timed = TIMED.fullmatch(clause)
    if timed and HAPPENS.search(timed["does"]):
        subject = _bare(timed["subject"])
        if _stands_alone(subject):
            yield f"{subject}什么时候{timed['does']}？", Kind.TIME, timed["told"]


def _happens(clause: str, told: str) -> Iterator[tuple[str, Kind, str]]:
    """Yield when what a clause tells of takes place, on the day that was told before it."""
    happens = list(HAPPENS.finditer(clause))
    if not happens or happens[-1].end() != len(clause) or NUMBER.search(clause):
        return
    subject = _bare(clause[: happens[-1].start()].partition("在")[0])
    if TAKES.search(happens[-1][0]) and ENDS_LIKE_A_BODY.search(subject):
        return
    if _stands_alone(subject) and len(subject) >= 4 and not _is_verb(list(cut(subject))[-1]):
        dated = DATED.fullmatch(told)
        day = dated["told"] if dated else told
        yield f"{subject}什么时候{happens[-1][0]}？", Kind.TIME, day


def _stands_alone(lead: str) -> bool:
    """Say whether a clause that begins so can be understood alone."""
    return _begins_with_noun(lead) and _named(lead)


def _begins_with_noun(lead: str) -> bool:
    if not lead or POINTS.search(lead) or ODD.search(lead):
        return False
    first = next(iter(cut(lead)))
    kind = part_of_speech(first, "n")
    return len(first) >= 2 and kind.startswith(("n", "j", "s", "b", "vn", "eng", "l", "i"))


def _named(text: str) -> bool:
    return LIKE_A_NAME.search(text) is not None or any(map(_is_proper, cut(text)))


def _is_proper(word: str) -> bool:
    """Say whether a word is a name, but of no person: the dictionary says that of 高峰 and 顾客."""
    kind = part_of_speech(word)
    named = kind.startswith(("ns", "nt")) or (kind == "nz" and len(word) > 2)
    return named and len(word) > 1 and REGION.fullmatch(word) is None


def _bare(subject: str) -> str:
    """Return a subject without what describes it: 关闭两年的博物馆 is 博物馆 if that has a name."""
    _, of, rest = subject.rpartition("的")
    return rest.rstrip("将已") if of and _named(rest) else subject.rstrip("将已")


def _is_body(text: str) -> bool:
    if NO_BODY.search(text) or POINTS.search(text):
        return False
    return is_name(text) or (ENDS_LIKE_A_BODY.search(text) is not None and _named(text))


def _is_verb(word: str) -> bool:
    return part_of_speech(word).startswith("v")


def _is_person(word: str) -> bool:
    return len(word) in (2, 3) and word[0] in SURNAMES
