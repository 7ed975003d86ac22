"""The names and quoted words in what is written, to whether they stand in what is cited."""

import re
from collections.abc import Iterator, Sequence

from qa.checking.evidence import Evidence
from qa.concepts import LONGEST, read_concepts
from qa.dictionary import Dictionary
from qa.lexical import ASKING, stem
from qa.names import sound
from qa.segmenter import cut, is_name
from qa.sounds import spelt
from qa.text import detect_language

QUOTED = 0.4
"""The share of a quotation's concepts that must be told, if it was translated."""

_HAN = re.compile("[\u3400-\u9fff]+")
_QUOTED = re.compile(r"[《〈“「『\"]([^《》〈〉“”「」『』\"]{2,})[》〉”」』\"]")
_LETTER = r"[^\W\d_\u2e80-\U0003ffff]"
_LATIN = re.compile(
    rf"(?<![^\W_\u2e80-\U0003ffff]){_LETTER}(?:(?:{_LETTER}|[\d.'’&@/:-])*(?:{_LETTER}|\d))?"
)
_PLACE = "市省县縣区區国國州镇鎮"
_NO_NAMES = frozenset(("mr", "mrs", "ms", "dr", "prof", "i", "no", "i.e", "e.g"))
_SAME_NAME = {
    name: re.compile(articles, re.IGNORECASE)
    for names, articles in (
        (
            "us u.s usa america american americans",
            r"美[国國方军軍媒]|中美|\bUnited States|\bU\.?S\b|\bAmerica",
        ),
        ("uk u.k britain british", r"英[国國]|\bUnited Kingdom|\bU\.?K\b|\bBrit"),
        ("eu europe european", r"[欧歐][盟洲]|\bEurope|\bEU\b"),
        ("china chinese", r"中[国國方华華]|[汉漢華华]|\bChin"),
        ("japan japanese", r"日[本方]|\bJapan"),
        ("russia russian", r"俄|\bRussia"),
        ("germany german", r"德[国國方]|\bGerman"),
        ("france french", r"法[国國方]|\bFrance|\bFrench"),
        ("korea korean", r"[韩韓][国國]|朝[鲜鮮]|\bKorea"),
        ("un u.n", r"[联聯]合[国國]|\bUnited Nations|\bU\.?N\b"),
        ("gdp", r"生[产產][总總]值|\bgross domestic product"),
        ("cpi", r"居民消[费費][价價]格|\bconsumer price"),
        ("ai", r"人工智能|人工智慧|\bartificial intelligence"),
        ("ceo", r"首席[执執]行官|[总總]裁|\bchief executive"),
        ("covid-19 covid", r"新冠|\bcoronavirus|\bcovid"),
    )
    for name in names.split()
}
"""How articles say what the dictionary has otherwise: nations by their people, and short forms."""


def are_quoted(plain: str, evidence: Evidence) -> bool:
    """Say whether all quoted words stand there; in the other language, whether what they say is."""
    return all(
        evidence.share(quoted) >= QUOTED if evidence.is_across(quoted) else evidence.has(quoted)
        for quoted in _QUOTED.findall(plain)
    )


def are_named(plain: str, evidence: Evidence) -> bool:
    """Say whether every name stands there, or what it is in the other language."""
    return all(
        _has_latin(run, evidence) for run in _latin_names(plain, evidence.dictionary)
    ) and all(_has_chinese(name, evidence) for name in _chinese_names(plain, evidence.dictionary))


def _has_latin(name: Sequence[str], evidence: Evidence) -> bool:
    """Say whether each word of a name is told, alone or with its neighbours."""
    return all(
        any(
            _is_told(" ".join(name[start : start + length]), evidence)
            for length in range(1, LONGEST + 1)
            for start in range(max(0, at - length + 1), at + 1)
        )
        for at in range(len(name))
    )


def _is_told(phrase: str, evidence: Evidence) -> bool:
    if all(map(evidence.tells, evidence.concepts(phrase))):
        return True
    same = _SAME_NAME.get(phrase.lower())
    return bool(same and same.search(evidence.titled)) or _is_heard(phrase, evidence)


def _is_heard(name: str, evidence: Evidence) -> bool:
    """Say whether a name is how two or more Chinese characters sound."""
    letters, syllables = re.sub("[^a-z]", "", name.lower()), evidence.syllables
    return any(
        "".join(syllables[start : start + count]) == letters
        for count in range(2, 7)
        for start in range(len(syllables))
    )


def _has_chinese(name: str, evidence: Evidence) -> bool:
    core = name[:-1] if len(name) > 2 and name[-1] in _PLACE else name
    return (
        core in evidence.titled
        or any(map(evidence.tells, read_concepts([core], evidence.dictionary)))
        or evidence.has(spelt(core))
    )


def _latin_names(plain: str, dictionary: Dictionary) -> Iterator[list[str]]:
    """Yield the runs of words that are names: in capitals, or in Chinese any that is Latin."""
    chinese = _HAN.search(plain) is not None and detect_language(plain) != "en"
    run: list[str] = []
    end = -1
    for found in _LATIN.finditer(plain):
        word = found[0].removesuffix("'s").removesuffix("’s")
        if found.start() != end + 1 and run:
            yield run
            run = []
        first = not plain[: found.start()].strip(" \"'“‘([")
        if _is_name(word, chinese) and not (first and _is_common(word, dictionary)):
            run.append(word)
            end = found.end()
    if run:
        yield run


def _is_name(word: str, chinese: bool) -> bool:
    if stem(word.lower()) in ASKING or word.lower() in _NO_NAMES:
        return False
    return chinese or not word.islower() or not word.isascii() or "." in word or "@" in word


def _is_common(word: str, dictionary: Dictionary) -> bool:
    """Say whether a word begins with a capital only because the sentence does."""
    translations = dictionary.chinese((stem(word.lower()),))
    return word[1:].islower() and bool(translations) and not any(map(is_name, translations[:2]))


def _chinese_names(plain: str, dictionary: Dictionary) -> Iterator[str]:
    for run in _HAN.findall(plain):
        for token in cut(run):
            if sound(token) or (is_name(token) and not _is_ordinary(token, dictionary)):
                yield token


def _is_ordinary(word: str, dictionary: Dictionary) -> bool:
    """Say whether the dictionary knows the word, and not as a name, which English spells by ear."""
    english = dictionary.english(word)
    return bool(english) and (stem(spelt(word)),) not in english
