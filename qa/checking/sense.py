"""What is written and cited, to whether the one turns the sense of the other round.

Only by words that show it: what rose and fell, denials, and what is planned told as done.
"""

import re
from collections.abc import Iterable, Sequence

from qa.checking.evidence import Evidence
from qa.lexical import Concept, words

_CLAUSE = re.compile(r"[，,；;：:。.!?！？\n]+(?!\d)")
_DENIED = re.compile(
    r"没有|沒有|没能|未(?:能|有|经|經|曾|获|獲|予|见|見|被|对|對|在|发|發|按)|并未|並未|尚未|并非|並非"
    r"|[无無]法|不(?:是|会|會|能|得|再|予|准|许|許|支持|同意|接受|存在)|否[认認定]|拒[绝絕]"
    r"|\b(?:not(?!-)|no longer|never|cannot|den(?:y|ies|ied)|refus(?:es?|ed)|fail(?:s|ed)? to)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(
    rf"{_DENIED.pattern}|不(?![仅僅但断斷少同久过過管论論])|没|沒|未(?![来來])|[无無](?!人[机機])"
    r"|非(?![常洲])|否|免|\b(?:un(?!i|til|der)|non)\w{3,}|\bdis(?:a|contin|ob|sat)\w+"
    r"|\bin(?:eq|ad|ca|ef|comp|corr|suf|stab|val|vis|div)\w+|\bim(?:pos|perf|mun|prob)\w+"
    r"|\b(?:no|without|neither|nor|none|lack\w*|exclu\w+|reject\w*|ban\w*|stop\w*|only|few|little)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"[预預][计計期]|[计計][划劃]|力[争爭]|[拟擬]|有望|争取|爭取|目[标標]"
    r"|\b(?:will|plan(?:s|ned)?|aim(?:s|ed)?|targets?|goals?|expect(?:s|ed)?|forecasts?"
    r"|due to|set to)\b",
    re.IGNORECASE,
)
_TENTATIVE = re.compile(
    rf"{_PLANNED.pattern}|[将將要会會可]|未[来來]|希望|展望|[规規][划劃]|[预預][测測]"
    r"|\b(?:would|could|may|might|should|to be|schedul\w+|intend\w*|hop(?:e|es|ed|ing)|seek\w*"
    r"|propos\w+|project(?:s|ed)|planning|expect\w*|target\w*|by 20\d\d|is to|are to|going to)\b",
    re.IGNORECASE,
)
_OPPOSED = tuple(
    (re.compile(one, re.IGNORECASE), re.compile(other, re.IGNORECASE))
    for one, other in (
        (
            r"\b(?:ris(?:es?|en|ing)|rose|gr[eo]w\w*|increas\w*|climb\w*|gain\w*|surg\w*|jump\w*|higher|up)\b"
            r"|[增升涨漲]",
            r"\b(?:fall\w*|fell|drop\w*|declin\w*|decreas\w*|shr[aiu]nk\w*|plung\w*|lower\w*|down)\b"
            r"|[减減降跌缩縮]|下滑",
        ),
        (
            r"\b(?:over|above|more than|exceed\w*|at least)\b|超|高于|高於|至少|不低于|[多余]",
            r"\b(?:under|below|less than|fewer than|at most)\b|不足|不到|低于|低於|少于|至多|不超",
        ),
        (r"\bexport\w*|出口", r"\bimport\w*|[进進]口"),
        (r"\bprofit\w*|[盈赢]利", r"\bloss\w*|[亏虧][损損]"),
        (r"\b(?:won|wins?|beat\w*)\b|[胜勝赢贏]", r"\b(?:lost|los(?:es?|ing))\b|[输輸负負败敗]"),
        (r"\bapprov\w*|批准|通[过過]|同意", r"\breject\w*|\bveto\w*|否[决決]|[驳駁]回|拒[绝絕]"),
        (
            r"\bopen(?:s|ed|ing)?\b|[开開][业業放幕通]",
            r"\bclos(?:es?|ed|ing)\b|[关關][闭閉]|停[业業]|[闭閉]幕",
        ),
        (
            r"\b(?:bought|buys?|acquir\w+)\b|收[购購]|[买買]入",
            r"\b(?:sold|sells?|selling)\b|出售|[卖賣]出",
        ),
    )
)


def is_turned(plain: str, evidence: Evidence) -> bool:
    """Say whether the sense is turned: the opposite, a denial, or what is planned told as done."""
    if any(_is_opposite(plain, evidence.plain, *pair) for pair in _OPPOSED):
        return True
    cited = [(clause, frozenset(words(clause))) for clause in _clauses(evidence.plain)]
    for clause in _clauses(plain):
        nearest = _nearest(evidence.concepts(clause), cited) or evidence.plain
        if (
            (_says(_PLANNED, nearest) and not _says(_TENTATIVE, plain))
            or (_says(_DENIED, nearest) and not _says(_NEGATIVE, plain))
            or (_says(_DENIED, clause) and not _says(_NEGATIVE, nearest))
        ):
            return True
    return False


def _clauses(plain: str) -> list[str]:
    return [clause for clause in _CLAUSE.split(plain) if clause.strip()]


def _nearest(
    concepts: Sequence[Concept], cited: Iterable[tuple[str, frozenset[str]]]
) -> str | None:
    """Return the cited clause that tells most of some concepts, None if none tells any."""
    most, nearest = 0, None
    for clause, told in cited:
        shared = sum(any(told.issuperset(phrase) for phrase in ways) for ways in concepts)
        if shared > most:
            most, nearest = shared, clause
    return nearest


def _is_opposite(plain: str, cited: str, one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    """Say whether each side says one of two opposites, and not the same."""
    written, stated = ((_says(one, text), _says(other, text)) for text in (plain, cited))
    return {written, stated} == {(True, False), (False, True)}


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None
