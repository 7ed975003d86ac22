"""What was said before, as a follow-up takes it up."""

import re
from dataclasses import dataclass

from qa.conversation import nouns

LONGEST = 300
"""Code points of a question that is completed, or that completes another."""

_WHO = re.compile(r"谁|誰|哪位|何人|名字|\bwho\b", re.IGNORECASE)
_WHO_IS_NAMED = re.compile(r"\s*who\s+(?:is|was)\s+[A-Z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said before.

    Attributes:
        question: the last one, completed; empty if there was none.
        answer: the first line of what answered it.
    """

    question: str = ""
    answer: str = ""

    @property
    def topic(self) -> str:
        """What the question is about, or what its answer is if it names nothing; or nothing."""
        for text in (self.question, self.answer):
            if span := nouns.topic(text):
                named = span.of(text)
                return f"the {named[4:]}" if named.startswith("The ") else named
        return ""

    @property
    def person(self) -> str:
        """Who is spoken of: whom the answer names if that was asked, or else the topic."""
        asked_for = _WHO.search(self.question) and not _WHO_IS_NAMED.match(self.question)
        named = nouns.persons(self.answer if asked_for else self.question)
        found = (name for name in named if not asked_for or name not in self.question)
        return next(found, self.topic)
