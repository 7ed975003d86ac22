"""A question and what was said before to a question that stands alone."""

import re
from collections.abc import Sequence

from qa.types import Turn

# What a question says when it leans on the one before: a pronoun, or an opening that goes on.
_LEANS = re.compile(
    r"^(?:还有|還有|其中|为什么|為什麼|什么时候|什麼時候|何时|何時)[^，,]{0,8}$"
    r"|^那|(?<!其)[它他她]|其中|(?<!应)(?<!應)[该該]|这[个家位些项次里]|這[個家位些項次裡]"
    r"|呢\s*[?？]?$|^.{1,8}[吗嗎]\s*[?？]?$"
    # Not if it names somebody or something, in capitals.
    r"|^(?:and|what about|how about)\b[^,]{0,16}$"
    r"|^(?:why|when|where|who|how many|how much)\b(?-i:[^,A-Z]{0,16})$"
    r"|\b(?:it|its|they|them|their|he|she|him|his|her|that|those|these|this one)\b",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question as it would be asked without what was said before.

    A question that leans on the conversation gets the last question that did not in front of it;
    any other is returned as it is.

    >>> standalone("那广州呢？", [Turn("user", "上海2025年的目标是什么")])
    '上海2025年的目标是什么 那广州呢？'
    """
    if not history or not _LEANS.search(question):
        return question
    asked = [turn.content for turn in history if turn.role == "user"]
    for earlier in reversed(asked):
        if earlier.strip() and not _LEANS.search(earlier):
            return f"{earlier} {question}"
    return question
