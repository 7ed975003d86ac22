"""A sentence to the persons, places, organisations and works that it names."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from qa.answer_types.english_names import names
from qa.answer_types.part import Part
from qa.names import SURNAMES
from qa.segmenter import cut, is_name, part_of_speech
from qa.simplified import folded
from qa.types import Span

_SOMEBODY = re.compile(
    r"\b(?:the|an?|his|her|their|its|some|many|\w+ly|by)\s(?:[a-z-]+\s){0,2}[a-z]+"
    r"(?:men|man|er|ers|or|ors|ist|ists|ian|ians|ent|ents|people|king|leader|clerk|family|group)\b"
)
_SOMEWHERE = re.compile(
    r"\b(?:in|at|on|near|to|from|along)\s(?:the|an?|its|their)\s(?:[a-z-]+\s?){1,3}"
)


# Chinese: what the segmenter's dictionary knows, and what a word ends in.

_DOTTED = re.compile(r"[\u4e00-\u9fff]{1,8}(?:[·•‧・][a-z\u4e00-\u9fff]{1,9})+")
_PLACE_END = re.compile(
    r"(?:[省市县区州镇乡村岛山河湖海江路街国洲港湾站寺宫庙城郡府岭峡]|半岛|地区|广场|公园|机场|大道|高原|盆地|平原"
    r"|大街|山脉|海峡|王国|共和国|自治区|公路|大桥|体育馆|体育场|球场|教堂|大学|学院|博物馆|中心|剧院|酒店)$"
)
_BODY_END = re.compile(
    r"(?:公司|集团|银行|大学|学院|医院|委员会|协会|中心|研究所|研究院|法院|政府|俱乐部|出版社|电视台|联盟|基金会"
    r"|机构|中学|小学|学校|联合会|组织|电台|乐团|乐队|唱片|航空|电视|公社|商会|酒店|工会|通讯社|日报|晚报|事务所"
    r"|交易所|(?<![全内外东西南北中大])部|[局委队党报军会社院署处厅台厂店])$"
)
_ROLE_END = re.compile(
    r"(?:[人家员者们师长军队民族王帝子]|公司|政府|集团|学生|教授|警方|官员|机构|组织|社|会)$"
)
_TRANSLITERATED = frozenset(
    "阿埃艾爱安奥巴班拜保贝本比彼宾波伯博勃布查茨达戴丹道德登狄迪蒂杜顿多俄厄恩尔伐法范菲费芬丰佛夫弗福盖冈戈哥格"
    "根古哈海汉豪赫亨胡华霍基吉加贾杰金卡凯坎康柯科克肯孔库奎拉莱赖兰朗劳勒雷里利莉丽列林琳龙隆卢鲁路伦罗洛马玛迈"
    "麦曼梅门蒙米密明莫默姆穆纳娜南内尼涅宁纽努诺欧帕潘庞培佩蓬皮匹平珀普奇恰强乔琴丘曲让热荣茹儒瑞若萨塞赛桑瑟森"
    "沙莎山尚绍舍圣施什史士斯丝思松苏索塔泰坦汤唐陶特腾提廷图托瓦万旺威韦维魏温文翁沃乌吾武西希锡夏显香肖歇谢辛欣"
    "雄休许雅亚延扬耶叶伊依易英永尤约宰赞泽扎詹珍芝治朱兹卓佐"
)
_NOMINAL = ("n", "j", "s", "b", "vn")
_LOCATED = re.compile(
    r"(?:位于|坐落[于在]|[设驻葬产死卒位]于|设在|栖息[于在]|生活[于在]|生[于在]|分布[于在]|来自|源自|前往|[毕就]业于|地处)"
    r"(?P<where>[^，。；：]{2,30})"
)
_HELD = re.compile(
    r"(?:[在于至到从赴])(?P<where>[^，。；：在于]{2,16}?)"
    r"(?=举[行办]|召开|[进举]行|开[幕业]|[^，。]?[成建]立|出生|逝世|生活|工作|取得|获|上[演映]|[，。]|$)"
)


class _Word(NamedTuple):
    span: Span
    word: str
    kind: str


@lru_cache(maxsize=256)  # what fits is read again to be marked
def _words(low: str) -> tuple[_Word, ...]:
    if low.isascii():
        return ()
    found, at = [], 0
    for word in cut(low):
        found.append(_Word(Span(at, at + len(word)), word, part_of_speech(word)))
        at += len(word)
    return tuple(found)


def _noun_runs(words: Sequence[_Word]) -> Iterator[tuple[Span, _Word]]:
    """Yield for each noun the run of nouns that ends with it, and the noun."""
    begun = None
    for word in words:
        # What the segmenter's dictionary lacks is mostly a name.
        nominal = not word.kind or word.kind.startswith(_NOMINAL)
        if not nominal or not word.word.isalnum() or _COUNT.match(word.word):
            begun = None
            continue
        begun = word.span.start if begun is None else begun
        yield Span(begun, word.span.end), word


def named_in(text: str) -> tuple[str, ...]:
    """Return the names in a text, Chinese ones in simplified characters and all in lower case.

    >>> named_in("北京2025年的目标是什么"), named_in("When did Gong Zheng visit Paris?")
    (('北京',), ('gong zheng', 'paris'))
    """
    low = folded(text)
    known = (one.word for one in _words(low) if is_name(one.word))
    return (*known, *(name.span.of(low) for name in names(text)))


def tells_a_thing(low: str) -> bool:
    """Say whether folded words are more than verbs, numbers and times: 表示 and 2025年 are not."""
    if low.isascii():
        return any(map(str.isalpha, low))
    return any(
        (not word.kind or word.kind.startswith((*_NOMINAL, "l", "i", "a"))) and word.word.isalpha()
        for word in _words(low)
    )


_COUNT = re.compile(r"[\d一二三四五六七八九十两几数多某各该本此这那]")


# Who writes is nobody the news is about: 新华社电（记者 张三）, 记者/张三 通讯员/李四.
_BYLINE = re.compile(
    r"(?<=[电讯])\s?(?:（[^）]*）|\([^)]*\))|(?:记者|通讯员|编辑|摄影)[/：:\s]\s?[\u4e00-\u9fff]{2,4}"
)


def persons(text: str, low: str) -> Iterator[Part]:
    """Yield who is named, then who is only spoken of: 学生们, "a vote clerk"."""
    low = _BYLINE.sub(lambda byline: " " * len(byline[0]), low)
    for name in names(text):
        yield Part(name.span, sure=name.titled or name.plain)
    for match in _SOMEBODY.finditer(low):
        yield Part(Span(*match.span()), sure=False)
    for match in _DOTTED.finditer(low):
        yield Part(Span(*match.span()))
    for run, word in _noun_runs(_words(low)):
        if _is_person(word.word, word.kind):
            yield Part(word.span)
        elif _ROLE_END.search(word.word):
            yield Part(run, sure=False)


def _is_person(word: str, kind: str) -> bool:
    if kind == "nr":  # as is many a word that is no name: 智慧
        return len(word) > 1 and (word[0] in SURNAMES or set(word) <= _TRANSLITERATED)
    if kind:
        return kind.startswith("nr") and len(word) > 1
    if not 2 <= len(word) <= 6 or word.isascii():
        return False
    if word[0] in SURNAMES:
        return len(word) <= 4 and not (_BODY_END.search(word) or _PLACE_END.search(word))
    return set(word) <= _TRANSLITERATED


def places(text: str, low: str) -> Iterator[Part]:
    """Yield the places that are named, then what stands where a place would."""
    for name in names(text):
        yield Part(name.span, sure=name.placed or name.abode)
    for match in _SOMEWHERE.finditer(low):
        yield Part(Span(match.start(), match.end() - match[0].endswith(" ")), sure=False)
    words = _words(low)
    yield from _adjoined(
        [run for run, word in _noun_runs(words) if _is_place(word.word, word.kind, run)]
    )
    if words:
        for match in _LOCATED.finditer(low):
            yield Part(Span(*match.span("where")), sure=False)
        for match in _HELD.finditer(low):
            yield Part(Span(*match.span("where")), sure=False)


def _is_place(word: str, kind: str, run: Span) -> bool:
    if kind.startswith("ns"):
        return True
    if word.isascii() or kind in ("nr", "nrt"):
        return False
    if _PLACE_END.search(word):
        return run.end - run.start > 2
    return not kind and len(word) > 1 and set(word) <= _TRANSLITERATED


def _adjoined(runs: list[Span]) -> Iterator[Part]:
    """Yield the longest of runs that begin alike: 上海市, 上海市浦东新区."""
    for at, run in enumerate(runs):
        if at + 1 == len(runs) or runs[at + 1].start != run.start:
            yield Part(run)


def organisations(text: str, low: str) -> Iterator[Part]:
    """Yield the bodies that are named, then other names, which may be some."""
    for name in names(text):
        yield Part(name.span, sure=name.body)
    words = _words(low)
    bodies = [
        run
        for run, word in _noun_runs(words)
        if word.kind == "nt"
        or ((end := _BODY_END.search(word.word)) and run.end - run.start > len(end[0]))
    ]
    yield from _adjoined(bodies)
    for run, word in _noun_runs(words):
        if word.kind in ("", "nz", "ns", "nr", "j") and len(word.word) > 1:
            yield Part(run, sure=False)


_QUOTED = re.compile(r"《[^《》]+》|「[^「」]+」|『[^『』]+』|“[^“”]+”|\"[^\"]+\"")


def works(text: str, low: str) -> Iterator[Part]:  # noqa: ARG001  capitals and marks are enough
    """Yield titles: what stands in quotation marks, then other names."""
    for match in _QUOTED.finditer(text):
        yield Part(Span(*match.span()))
    for name in names(text):
        yield Part(name.span, sure=False)
