"""A question and what was said before to a question that stands alone, by rules.

What the earlier question was about, its time and what it asked of it carry over; what the follow-up
names takes the place of its like. A question that names its own topic stays as it was asked.
"""

from collections.abc import Sequence

from qa.answer import NOT_FOUND
from qa.conversation import chinese, english
from qa.conversation.earlier import LONGEST, Earlier
from qa.text import detect_language
from qa.types import Turn

REMEMBERED = 20
"""Turns that are looked back at; what stands before them has been left long ago."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question as it would be asked without what was said before.

    Each earlier question is completed first, by those before it. One that is longer than LONGEST
    code points counts as not asked, and none is completed to more.

    >>> standalone("那广州呢？", [Turn("user", "上海2025年的目标是什么")])
    '广州2025年的目标是什么'
    >>> standalone("and by 2035?", [Turn("user", "what targets did Shanghai set for 2025")])
    'what targets did Shanghai set by 2035'
    """
    earlier = Earlier()
    for turn in history[-REMEMBERED:]:
        if turn.role == "user":
            if turn.content.strip() and len(turn.content) <= LONGEST:
                earlier = Earlier(_completed(turn.content.strip(), earlier))
        else:
            earlier = Earlier(earlier.question, _first_statement(turn.content))
    return _completed(question, earlier)


def _completed(question: str, earlier: Earlier) -> str:
    if not earlier.question or len(question) > LONGEST:
        return question
    language = english if detect_language(question) == "en" else chinese
    completed = language.completed(question, earlier)
    return completed if completed and len(completed) <= LONGEST else question


def _first_statement(answer: str) -> str:
    """Return the first line of an answer, or nothing of one that only says that there is none."""
    first = answer[: 2 * LONGEST].strip().partition("\n")[0]
    return "" if first in NOT_FOUND.values() else first[:LONGEST]
