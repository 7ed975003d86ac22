"""The words by which a value is known to be of one thing and not of another, in both languages.

Chinese is in simplified characters: what is looked up has been simplified.
"""

import re

from qa.lexical import ASKING, Concept
from qa.simplified import simplified

_COMMON_WORDS = """
实现 达到 完成 应为 约为 共有 总计 合计 共计 全部 目前 已经 公司 集团 记者 获悉 据悉 公布 发布
披露 报告 数据 显示 表示 消息 同比 增长 上涨 下降 增加 减少 超过 突破 接近 左右 以上 以下 其中 一共
总共 当季 当年 全年 报告期 造成 导致 已致 发现 确认 人数 至少 全市 全省 全国 全县 因灾 事故 此次
此轮 本次 元 人民币
人民 升至 增至 转为 归母 归属 股东 上市公司 再次 这起 当地 死亡数
year earlier report said say show reach total about around near nearli more than compani group
quarter rose fell up down increas decreas grew yuan rmb dollar us million billion percent post
record period from after over also which had been stood came least
"""
COMMON = frozenset(_COMMON_WORDS.split()) | ASKING
"""Words that stand beside numbers of any thing, in jieba's tokens and English stems."""

_GENERIC_WORDS = "总额 金额 数量 总数 规模 比例 钱 peopl person"
GENERIC = frozenset(_GENERIC_WORDS.split())
"""Words for a number that do not say of what."""

_SYNONYMS = """
死亡 遇难 身亡 丧生 罹难 死者 die dead death kill
受伤 伤者 injur wound hurt
失踪 失联 miss
野火 山火 大火 火灾 林火 wildfir fire blaze
暴雨 大暴雨 强降雨 降雨 洪灾 洪水 洪涝 rainstorm rain flood
地震 earthquak quak
营收 营业收入 revenu turnov
净利润 净利 profit
员工 职工 雇员 employe worker staff
"""
_SAME: dict[str, Concept] = {
    word: tuple((other,) for other in line.split())
    for line in _SYNONYMS.strip().splitlines()
    for word in line.split()
}

TIME = re.compile(r"^\d{1,4}$|[年月日号时]$|季|上半|下半|^第.$|quart|^(?:half|year|first)$")
"""A token that says when."""

_KINDS = re.compile(
    r"(?P<each>人均|每股|\bper (?:capita|share|person)\b)|(?P<mean>平均|均值|年均|\baverage\b)"
    r"|(?P<core>核心|\bcore\b)|(?P<adjusted>调整后|扣非|扣除非|non-gaap|非公认|\badjusted\b)"
    r"|(?P<most>最高|最大|峰值|\bmaximum\b|\bhighest\b|\bpeak\b)"
    r"|(?P<least>最低|最小|\bminimum\b|\blowest\b)|(?P<before>环比|\b(?:month|quarter)[- ]on[- ])"
    r"|(?P<new>新增|又|另有|再有|\banother\b|\bmore\b(?! than)|\bnew cases\b)"
    r"|(?P<loss>亏损|\bloss(?:es)?\b)|(?P<day>首日|单日|当日|日均|\bdaily\b)"
    r"|(?P<effect>影响|拉动|贡献)|(?P<sum>累计|\bcumulative\b)"
    r"|(?P<share>占|\bshare of\b|\baccount\w* for\b)",
    re.IGNORECASE,
)


def widened(concept: Concept) -> Concept:
    """Return a concept with the other words that news has for it, and in simplified characters.

    >>> widened((("失聯",),))
    (('失聯',), ('失联',), ('失踪',), ('失联',), ('miss',))
    """
    ways = (*concept, *(tuple(map(simplified, phrase)) for phrase in concept))
    return ways + tuple(way for phrase in ways for way in _SAME.get(phrase[-1], ()))


def kinds(text: str) -> frozenset[str]:
    """Return what a text says of the kind of a number: a mean, a maximum, a share, a loss.

    >>> sorted(kinds("扣非净利润占比")), kinds("净利润")
    (['adjusted', 'share'], frozenset())
    """
    return frozenset(match.lastgroup or "" for match in _KINDS.finditer(text))
