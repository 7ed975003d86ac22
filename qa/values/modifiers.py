"""The words beside a number to what they make of it: a bound, a rise, a target, a comparison."""

import re
from typing import Literal

Bound = Literal["exact", "about", "at least", "at most"]

GROWTH = re.compile(
    r"(?:增长|增加(?!值)|上涨|上升|下降|下跌|减少)(?!到|至)|增速|增幅|涨幅|降幅"
    r"|\b(?:grow\w*|gr[eo]w|ris(?:e|en|es)|rose|f[ea]ll(?:en)?|increas\w*|decreas\w*|drop\w*)\b",
    re.IGNORECASE,
)
"""What asks by how much something grew or fell."""


def bound_of(lead: str, trail: str) -> Bound:
    """Return how exactly a number is said between these words.

    >>> bound_of("营收超过", ""), bound_of("about ", " people"), bound_of("共", "以下")
    ('at least', 'about', 'at most')
    """
    for bound, leads, trails in _BOUNDS:
        if leads.search(lead) or trails.match(trail):
            return bound
    return "exact"


def change_of(lead: str, trail: str) -> int:
    """Return 1 for a number by which something grew, -1 if it fell, 0 for any other.

    >>> change_of("同比增长", ""), change_of("fell by ", ""), change_of("增至", "")
    (1, -1, 0)
    """
    found = _CHANGE.search(lead) or _CHANGED.match(trail) or _RATE.search(lead)
    if found is None:
        return 0
    return -1 if found.lastgroup else 1  # the groups are of falls


def is_compared(lead: str) -> bool:
    """Say whether what follows is what a value is compared with: 高于7月的, "up from".

    >>> is_compared("超过去年的"), is_compared("超过")
    (True, False)
    """
    found = _COMPARED.search(lead)
    # 超过 right before the number is a bound.
    return found is not None and not any(leads.fullmatch(found[0]) for _, leads, _ in _BOUNDS)


def is_target(text: str) -> bool:
    """Say whether a text speaks of what is planned or expected."""
    return _TARGET.search(text) is not None


def is_bare(lead: str) -> bool:
    """Say whether words say only how a number came about, not what it is of: 同比增长, 达到."""
    return _BARE.fullmatch(lead) is not None


_LESS = (
    r"下降|下跌|减少|降低|回落|缩小|收窄|下滑|缩减|[降跌减]"
    r"|down|f[ea]ll(?:en|s|ing)?|decreas\w+|declin\w+|dropp?\w*|slipp?\w*|shr[aiu]nk"
)
_MORE = (
    r"增长|增加|上涨|上升|提高|提升|扩大|升高|攀升|多增|(?<![至最])多|增|涨|升|(?<!最)高"
    r"|up|r[io]s(?:e|en|es|ing)|gr[eo]w(?:n|s|ing|th)?|increas\w+|gain\w*|climb\w*|jump\w*|surg\w+"
)
_SAID = (
    r"(?:about|约|大约|近|将近|超过?|逾|突破|不到|不足|又|了|over|more than|nearly|some|around"
    r"|almost|an?|by|of|at least|approximately|\s)*$"
)
_CHANGE = re.compile(rf"(?:(?P<less>{_LESS})|{_MORE}){_SAID}", re.IGNORECASE)
_BARE = re.compile(
    rf"(?:{_LESS}|{_MORE}|同比|环比|[比较](?:上年|去年|上月|年初)(?:同期)?|[应为达到约近了超\W]"
    r"|幅度?|about|an?|by|of|was)*+",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\s*(?:(?P<less>lower|fewer|less|decrease|decline|drop|fall)|more|higher|increase|rise|growth"
    r"|jump|gain)\b|的?(?:年|年化|同比)?(?:增长|增幅|涨幅|增速|(?P<fall>降幅|跌幅|下降))",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"增长(?:率|应?为)|增速|增幅|涨幅|升幅|(?P<less>降幅|跌幅)|\bgrowth rate\b", re.IGNORECASE
)
_COMPARED = re.compile(
    r"(?:而不是|不是|而非|并非|原为|由(?!于)|(?<!自)从|高于|低于|多于|少于|优于|相当于|前值|相比|较|超越|超过"
    r"|(?<![占对同环])比(?![例重率赛分])|预估值"
    r"|(?<!more )(?<!less )(?<!fewer )\b(?:from|than|versus|vs|against|not|instead of|rather than"
    r"|compared (?:with|to)|exceed\w*|beat\w*|out of)\b)[^，；;]*$",
    re.IGNORECASE,
)
_BOUNDS: tuple[tuple[Bound, re.Pattern[str], re.Pattern[str]], ...] = (
    (
        "at most",
        re.compile(
            r"(?:至多|最多|不超过|不到|不足|未超过|不高于|up to|at most|less than|fewer than|under"
            r"|below|no more than)\s*$",
            re.IGNORECASE,
        ),
        re.compile("以下|以内|之内"),
    ),
    (
        "at least",
        re.compile(
            r"(?:至少|不少于|不低于|超过?|超出|逾|突破|破|多达|more than|over|at least|above"
            r"|exceed\w*|no (?:less|fewer) than)了?\s*$",
            re.IGNORECASE,
        ),
        re.compile(r"以上|之上|\s?or more|\s?plus"),
    ),
    (
        "about",
        re.compile(
            r"(?:约|大约|近|将近|接近|大概|上下|about|around|some|roughly|nearly|almost|close to"
            r"|approximately)\s*$",
            re.IGNORECASE,
        ),
        re.compile("左右|上下|许"),
    ),
)
_TARGET = re.compile(
    r"目标|预期|预计|预测|预估|计划|规划|力争|争取|有望|(?<!即)[拟将](?!近)|确保|指标"
    r"|\b(?:target\w*|goals? (?:of|for|is|was)|aim(?:s|ed|ing)?|plan(?:s|ned|ning)?|expect\w*"
    r"|forecast\w*|project(?:ed|ions?)|intends?|will|would|seeks?|hopes?)\b",
    re.IGNORECASE,
)
