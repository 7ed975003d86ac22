"""What a page has below its article: other articles, credits, notices and appeals."""

import re

from qa.articles.cleaning.lines import HAN_NAMES, MAX_LINE, MAX_PIECES, NAMES, REPORTER, Line

_MAX_NOTICE = 400
"""Code points: a longer text at the end is no notice."""
_MAX_TITLE = 100
"""Code points: a longer line is no title of another article."""
_MAX_RELATED = 60
"""Lines: a longer list at the end is no list of related articles."""

_RELATED = re.compile(
    r"[【\[■◆●▼>☆★✦\s]*(?:"
    r"(?:相关|延伸|推荐|更多|拓展|扩展|往期|热门|精彩|精选|猜你|大家都在|你可能也?|您可能也?|热点)"
    r"(?:阅读|报道|报导|新闻|文章|链接|推荐|内容|资讯|专题|回顾|话题|喜欢|看|感兴趣的?(?:内容|文章)?)"
    r"|(?:精彩推荐|热门排行|热点排行|阅读排行|为您推荐|编辑推荐|今日推荐|更多精彩|更多新闻)"
    r"|Related(?: (?:articles?|stories|news|content|coverage|links|topics))?"
    r"|(?:Read|READ) (?:more|next|also)|More (?:from|on|stories|news)\b.{0,40}|See also"
    r"|Recommended(?: (?:for you|reading|stories|articles))?|Most (?:read|popular|viewed)"
    r"|You (?:may|might) also like|What to read next|Trending(?: now)?|Don't miss"
    r")[】\]\s:：…>»▼↓]*"
)
_LABELS = (
    r"(?:责任|见习|流程|执行|本文|值班|实习|文字|新媒体|网络|美术|视觉)?编辑|责编|编审|校对|审校|审核"
    r"|审签|审定|终审|初审|复审|[一二三]审|审读|签发|监制|(?:执行)?主编|统筹|值班(?:主任|编委|总编)"
    r"|编译|排版|美编|制图"
    r"|(?:文章|信息|稿件|消息|本文|内容)?来源|稿源|转自|转载自?|作者|供稿|撰文|撰稿|文字?[/／|｜丨]|图[/／|｜丨]"
    r"|供图"
)
# Credits, as they follow one another at the end of a line: 编辑：甲 校对 乙(责编：丙)
_CREDIT = re.compile(
    r"(?:"
    r"[（(【\[]原(?:标)?题为?[:：《][^（）()【】\[\]\n]{1,80}[）)】\]]"
    rf"|[（(【\[]\s*(?:{_LABELS})\s*[\s:：/／|｜丨][^（）()【】\[\]。！？\n]{{0,60}}[）)】\]]"
    rf"|(?:[▍▌|｜丨*#]\s*)?(?:{_LABELS})\s*(?:[:：]|(?<=[/／|｜丨])|[/／|｜丨]){NAMES}"
    rf"|(?:责任编辑|责编|编辑|(?:责任)?校对|主编|[一二三终]审)\s+{HAN_NAMES}"
    rf"|{REPORTER}"
    r")\s*\Z"
)
# Nothing but furniture says these, whatever stands before them.
_SURE = re.compile(
    r"(?:"
    rf"返回搜狐，查看更多(?:\s*责任编辑[:：]{NAMES})?"
    rf"|(?:责任|流程)编辑[:：]{NAMES}|分享让更多人看到|【本文结束】"
    r"|广告声明[:：]文内含有.{1,120}|以上内容由证券之星[^。\n]{1,60}。"
    r"|本文属于原创文章，如若转载，请注明来源[:：].{1,150}https?://[\w./-]+"
    r"|版权归属?(?:原作者|原作者所有|作者所有)(?:，[^。\n]{1,30})?"
    r"|《\s*[^《》\n]{2,8}\s*》\s*[（(]\s*\d{4}年\s*\d+月\s*\d+日\s*\d+\s*版\s*[）)]"
    r"|[（(](?:完|本文完|全文完)[）)]"
    r"|【纠错】|〖\s*证星[^〖〗\n]{1,12}〗"
    r"|更多精彩内容[，,]?请(?:进入|关注)[^。，\n]{1,16}"
    r")\s*\Z"
)
_S = r"[^。！？\n]"
_ANY = r"[^，。！？；\n]"
# A sentence that speaks of the page, its rights or its publisher, not of the news.
_NOTICE = re.compile(
    r"[（(【\[*※★●]?\s*(?:"
    + "|".join(
        (
            # rights and disclaimers
            r"(?:(?:广告|免责|版权|特别|郑重|重要|转载|稿件|本[报网站号社刊]|平台|新浪){0,2}"
            r"(?:声明|申明)|(?:版权|转载|特别)说明)[:：](?=.{0,200}(?:转载|版权|侵权|仅供参考"
            r"|投资建议|不代表|仅代表|与本[报网站]无关|跳转链接)).{1,390}",
            rf"版权声明(?=[^，。：]{{0,14}}(?:各平台|本[报网站])){_S}{{1,200}}",
            rf"[本此](?:文|内容|文章|稿|资料|图文|信息){_S}{{0,40}}(?:原创文章|原创作品|独家稿件"
            rf"|投资建议|投资意见|仅供参考|不代表本|不代表{_S}{{0,12}}(?:观点|立场)|来自网络"
            rf"|机器人撰写|版权归){_S}{{0,160}}",
            rf"[*＊][^。！？，\n]{{1,12}}稿件，{_S}{{0,30}}转载{_S}{{0,20}}",
            rf"(?:以上|上述|文中|文内|文章)(?:内容|信息|数据|资讯|观点|图片){_S}{{0,60}}(?:仅供参考"
            rf"|不代表本|投资建议|立场无关|版权归|侵权|来自网络){_S}{{0,120}}",
            r"[^，。！？\n]{2,12}力求但不保证该信息.{0,250}",
            rf"(?:股市|基市|市场|投资|入市|理财)有风险[，,]?\s?{_S}{{0,24}}(?:谨慎|慎重){_S}{{0,12}}",
            rf"风险提示[:：](?={_S}{{0,120}}(?:投资建议|谨慎|参考)){_S}{{1,300}}",
            rf"未经许可即使用{_S}{{0,60}}著作权{_S}{{0,60}}",
            r"(?:[^，。！？（）()\n]{2,8}版权作品，)?未经[^，。\n]{0,16}(?:授权|许可|允许|同意)[，,]?"
            r"(?:任何[^，。\n]{1,16})?(?:不得|禁止|请勿|谢绝|严禁)(?:以任何[^，。\n]{1,6})?"
            r"(?:[、或及和]?(?:转载|摘编|复制|镜像|使用|引用)){1,6}(?:本[^。\n]{1,20})?",
            rf"(?:注[:：])?(?:请在|如需|如若|欢迎|任何)?转载{_S}{{0,10}}注明"
            rf"(?:出处|来源|来自|作者){_S}{{0,60}}",
            r"版权归[^，。\n]{1,16}所有(?:[，,。]\s?(?:如|若|未经|转载|侵权|请)[^。\n]{1,60})?",
            rf"版权所有[，,\s:：©]{_S}{{0,60}}|版权侵权联系{_S}{{0,40}}|如遇作品内容、版权{_S}{{0,80}}",
            rf"(?:如有|若有|如涉及|如存在){_S}{{0,16}}侵权(?={_S}{{0,30}}(?:联系|删)){_S}{{0,60}}",
            rf"(?:我社|本[报网站社])保留(?:一切)?追究{_S}{{0,40}}",
            # the publisher's own appeals
            rf"[【\[]?投稿、{_S}{{1,60}}|新闻线索报料通道[:：].{{1,160}}|欢迎提供新闻线索{_S}{{0,60}}",
            rf"【爆料】{_S}{{0,40}}|欲加入[^，。\n]{{1,16}}群，{_S}{{1,60}}|点击视频，一看究竟",
            rf"更多[^，。！？\n]{{0,8}}资讯，(?:请)?(?:下载|关注|点击){_S}{{1,60}}",
            rf"(?:更多|欢迎|敬请|请|快来){_ANY}{{0,24}}(?:关注|下载|订阅|点击|扫码){_ANY}{{0,24}}"
            rf"(?:公众号|视频号|微信号|APP|App|app|二维码|阅读原文){_S}{{0,20}}",
            rf"点击[“「]?(?:阅读原文|查看原文)[”」]?{_S}{{0,12}}|[标星]星{_ANY}{{0,20}}",
            r"(?:投稿|报料|爆料)(?:邮箱|热线|电话)[:：]\s*[\w.@#+-]{5,40}",
            # other articles
            r"(?:相关|延伸)阅读[:：]?\s*(?:《[^《》\n]{2,80}》[、，\s]*)+",
            # English
            r"This (?:article|story|piece|post|report) (?:was |is |has been )?"
            r"(?:originally |first |also )+(?:published|appeared|posted)\b.{0,160}",
            r"(?:Copyright|©|\(c\))\s?(?:©\s?|\(c\)\s?)?(?:\d{4}|by\b)[^\"“”\n]{0,160}",
            r"[^\"“”.\n]{0,60}All rights reserved",
            r"The (?:views|opinions) expressed (?:in this|here|are)\b.{0,160}",
            r"Reprinted (?:with|by) permission.{0,100}",
            r"(?:Subscribe|Sign up)\b[^.\n]{0,20} (?:to|for) (?:our|the)\b[^.\n]{0,60}"
            r"(?:newsletters?|alerts|updates|channel|podcast|app)\b[^.\n]{0,40}",
            r"Follow (?:us|the author|@\w+)\b[^.\n]{0,20} on [A-Z][^.\n]{0,60}",
        )
    )
    + r")[。.！？”’）)】\]\s]*"
)
_SENTENCE_START = re.compile(
    r"(?:^|(?<=[。！？!?…”’）)】\]》〗」』；.×])\s*|(?<=\s)(?=[^\sA-Za-z])|(?=[*＊※]))(?=[^\sa-z])"
)
_CONTACT = re.compile(r"(?:联系方式|邮箱(?:地址)?|联系电话|电话)[:：]\s*[\w.@+ -]{6,40}")
_STARTS_AFTER = frozenset("。！？!?…”’）)】]》〗」』；.× 日摄")
_BRACKETS = frozenset("（(【[▍▌|｜")


def without_tail(lines: list[Line], removed: list[Line]) -> list[Line]:
    """Return `lines` without the lists, credits and notices below them."""
    headings = [number for number, line in enumerate(lines) if _is_related(line.plain)]
    gone: list[Line] = []
    rest = list(lines)
    while rest and len(gone) <= MAX_PIECES:
        while headings and headings[-1] >= len(rest):
            headings.pop()
        if headings and _are_titles(rest[headings[-1] + 1 :]):
            gone.extend(rest[headings[-1] :])
            del rest[headings[-1] :]
            continue
        line = rest.pop()
        stop = 0 if rest and _is_contact_of(line.plain, rest[-1].plain) else _tail_start(line.plain)
        if stop == len(line.plain):
            rest.append(line)
            break
        if (left := line.part(0, stop)).text:
            rest.append(left)
        gone.append(line.part(stop, len(line.text)))
    if len(gone) > MAX_PIECES:
        return lines
    removed.extend(line for line in gone if line.text)
    return rest


def _is_related(plain: str) -> bool:
    return len(plain) <= MAX_LINE and _RELATED.fullmatch(plain) is not None


def _are_titles(lines: list[Line]) -> bool:
    """Say whether each line may be the title of another article."""
    return len(lines) <= _MAX_RELATED and all(
        len(line.plain) <= _MAX_TITLE and line.plain[-1:] not in "。；.;" and "|" not in line.plain
        for line in lines
    )


def _is_contact_of(plain: str, above: str) -> bool:
    """Say whether a line is an address for what the line above it gives notice of."""
    return _CONTACT.fullmatch(plain) is not None and _notice_start(above, len(above)) < len(above)


def _tail_start(plain: str) -> int:
    """Return where the furniture begins that a last line ends with; its length if there is none."""
    kept = at = len(plain)
    for _ in range(MAX_PIECES):
        if not at:
            break
        if sure := _SURE.search(plain, max(0, at - 250), at):
            kept = at = sure.start()
        elif (start := _notice_start(plain, at)) < at:
            kept = at = start
        elif credit := _CREDIT.search(plain, max(0, at - 100), at):
            # One may follow another with nothing between, 编辑：甲校对：乙, but not a sentence.
            at = credit.start()
            if not at or plain[at] in _BRACKETS or plain[at - 1] in _STARTS_AFTER:
                kept = at
        else:
            break
    else:
        return len(plain)
    return kept


def _notice_start(plain: str, end: int) -> int:
    """Return where a notice begins that goes on to plain[end]; `end` if there is none."""
    for start in _SENTENCE_START.finditer(plain, max(0, end - _MAX_NOTICE), end):
        if _NOTICE.fullmatch(plain, start.end(), end):
            return start.end()
    return end
