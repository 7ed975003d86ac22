"""Who holds an office, and who is only a deputy: 市长 and 副市长, "mayor" and "deputy mayor"."""

import re
from collections.abc import Iterator

from qa.dictionary import Dictionary
from qa.lexical import stem
from qa.simplified import folded
from qa.types import Language

_OFFICE = (
    r"[\u4e00-\u9fff]{0,3}?(?:(?<!副)长|主席|总统|总理|首相|总裁|经理|主任|书记|总监|大使|司令)"
)
_DEPUTY = re.compile(rf"(?<=副){_OFFICE}|(?:(?<=deputy[ -])|(?<=vice[ -]))[a-z]+(?: minister)?")
_BEFORE = "(?<!副)(?<!deputy[ -])(?<!vice[ -])"
_ASKED = r"(?=(?:现在|目前|如今)?的?(?:是|为|叫|姓|名字)|的?\s*[?？]?\s*$)"
_WHO_IS = re.compile(r"\b(?:who(?: is| was| are| were| became|['’]s)|names? of)\b")
_OF_IT = r"(?=\s*(?:$|\?|now\b|of\b|in\b|at\b|for\b))"


def only_a_deputy(question: str, language: Language, text: str, dictionary: Dictionary) -> bool:
    """Say whether a question asks who holds an office of which the text tells only a deputy.

    The dictionary tells it across languages, as far as it has the office.
    """
    asked, told = folded(question), folded(text)
    return any(
        not re.search(_BEFORE + office, told)
        and any(re.search(held, asked) for held in _asking(asked, language, office, dictionary))
        for office in {match[0] for match in _DEPUTY.finditer(told)}
    )


def _asking(asked: str, language: Language, office: str, dictionary: Dictionary) -> Iterator[str]:
    """Yield patterns of a question for who holds an office, in its language."""
    if language != "en":
        names = dictionary.chinese(map(stem, office.split())) if office.isascii() else (office,)
        yield from (f"{_BEFORE}{re.escape(folded(name))}{_ASKED}" for name in names)
    elif office.isascii():
        yield _held(asked, office)
    else:
        stems = {" ".join(phrase) for phrase in dictionary.english(office)}
        for match in re.finditer(r"[a-z]+(?: minister)?", asked):
            if " ".join(map(stem, match[0].split())) in stems:
                yield _held(asked, match[0])


def _held(asked: str, office: str) -> str:
    """Return the pattern for an office in English: it is asked who, or typed as keywords."""
    pattern = rf"{_BEFORE}\b{office}\b"
    return pattern + (_OF_IT if _WHO_IS.search(asked) else r"\s*\??\s*$")
