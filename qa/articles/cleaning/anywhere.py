"""Machinery of a page, wherever it stands: whole lines of it, and what was written into a line."""

import re
from collections.abc import Iterator

from qa.articles.cleaning.lines import MAX_LINE, Line

_SHARED_TO = (
    r"微信(?:朋友圈|好友)?|朋友圈|(?:新浪|腾讯)?微博|QQ(?:空间|好友)?|豆瓣|人人网|钉钉|LINE|Line"
    r"|Facebook|FB|脸书|Twitter|X|Weibo|WeChat|WhatsApp|LinkedIn|Telegram|Reddit|Pinterest|Email"
    r"|E-mail|邮件|链接|复制链接|Copy link|Print|打印|收藏|更多"
)
_SIZES = r"(?:超?特?[大中小]|标准|A[+-]?|[+-]|[|/｜]|\s)"
_CONTROL = (
    r"打印(?:本页|本稿|文章)?|关闭(?:窗口|本页)?|纠错|我要纠错|收藏(?:本文)?|返回(?:顶部|首页|列表)"
    r"|回到顶部|字[号体][:：]?|举报|打印预览|推荐(?:朋友)?|分享|[大中小]|Print|Close"
)
_APP = r"(?:APP|App|app|客户端|应用)"
_ANY = r"[^，。！？；\n]"
_MACHINERY = re.compile(
    "|".join(
        (
            # share bars
            rf"(?:分享|转发)(?:本文|文章)?(?:到|至)?[:：]?\s*(?:(?:{_SHARED_TO})[\s、|/｜]*)*",
            r"(?:打开|使用)?[“「]?微信[”」]?[“「]?扫一扫[”」]?(?:[^。！？\n]{0,30}(?:分享|关注|朋友圈))?",
            rf"(?:请|点击|长按)?(?:扫描|扫一扫|识别|扫码){_ANY}{{0,10}}(?:二维码|码)"
            rf"(?:{_ANY}{{0,8}}(?:关注|下载|分享|加入|订阅){_ANY}{{0,16}})?",
            r"(?:Share|Tweet|SHARE|Pin it)(?: this)?(?: (?:article|story|post))?"
            rf"(?: (?:on|to|via|with))?[:：]?\s*(?:(?:{_SHARED_TO}|Share|Tweet|Pin)[\s,|/]*)*",
            # controls of the page
            rf"(?:[【\[](?:{_CONTROL})[】\]]\s*)+",
            r"(?:打印本页|关闭窗口|关闭本页|返回顶部|回到顶部|我要纠错|Back to top)",
            rf"(?:【|\[)?字[号体][:：]?\s*{_SIZES}*(?:】|\])?(?:\s*(?:打印|纠错|收藏|分享|关闭))*",
            r"(?:当前|您的?|你的?)(?:所在)?位置[:：].{0,80}",
            # advertising
            r"广告|[【\[（(](?:广告|推广|赞助内容)[】\]）)]|\[?(?:Advertisement|ADVERTISEMENT)\]?"
            r"|Sponsored(?: content)?",
            r"(?:Story|Article) continues (?:below|after)(?: (?:this )?advertisement)?\.?",
            r"[(（]?(?:广告)?[)）]?\s*[(（]?请继续往下(?:阅读|观看)[.…)）]*",
            rf"(?:点击|立即|马上|扫码|点此)(?:下载|打开){_ANY}{{0,12}}{_APP}{_ANY}{{0,12}}",
            rf"(?:下载|打开){_ANY}{{0,12}}{_APP}[，,]?\s*(?:查看|阅读|观看|看)(?:更多|全文|完整|精彩)"
            rf"{_ANY}{{0,12}}|(?:下载|打开){_APP}",
            rf"(?:欢迎|敬请|快来|扫码|长按)(?:扫码|点击|长按)?关注{_ANY}{{0,16}}"
            rf"(?:公众号|视频号|官方微博|微信号)(?:[，, ]{_ANY}{{0,20}})?",
            r"(?:Subscribe|Sign up)(?: now| here)? (?:to|for) (?:our|the)\b[^.\n]{0,60}"
            r"(?:newsletters?|alerts|bulletin|briefing)\b[^.\n]{0,60}\.?",
            # pages
            r"(?=[^\n]*[上下]一页)(?:(?:首页|[上下]一页|尾页|末页|\d{1,3}|[|｜/…<>«»‹›.]+)\s*)+",
            r"[\[(（【]?\s*第\s*\d+\s*页\s*[/／，,|]?\s*共\s*\d+\s*页\s*[\])）】]?",
            r"[\[(]?\s*(?:Page|PAGE|page)\s+\d+\s+(?:of|/)\s+\d+\s*[\])]?",
            r"(?:Next|Previous) page|Continue reading|Read more ?(?:>{1,3}|»|→|…)",
            r"展开(?:阅读)?全文|(?:点击)?(?:(?:阅读|查看)(?:全文|原文)|查看更多)(?:>{1,3}|»)?",
            r"[-=_*~·•—–#◆■●※\s]{3,}",
            # other articles, one a line
            r"(?:上一[篇条则]|下一[篇条则])(?:文章|新闻)?[:：].{0,100}",
            r"(?:(?:Previous|Next) (?:article|post|story)|Related|RELATED|Read more|READ MORE"
            r"|See also):\s*[^\n]{1,150}(?<![.。])",
            # players
            r"(?:视频|音频)?(?:正在)?加载(?:中|失败)[.…。，]*(?:请稍候|请稍后)?[.…。]*",
            r"(?:您|你)的(?:浏览器|设备)(?:暂)?不支持.{0,40}|Your browser does not support.{0,80}",
            r"Video Player is loading\.?|Play Video|(?:点击)?播放(?:视频|音频)|"
            r"(?:\d{1,2}:)?\d{1,2}:\d\d\s*/\s*(?:\d{1,2}:)?\d{1,2}:\d\d",
        )
    )
)
# A page's own script, known by the names of its libraries, not one that an article prints.
_SCRIPT = re.compile(
    r"(?:var|let|const)\s+(?:\w*[Pp]layer\w*|_hmt|_bdhm\w*|_czc|vid|videoId|jiathis\w*|ad_?\w*)\s*=.*"
    r"|(?:\$|jQuery)\(\s*(?:function\b|document\)).*"
    r"|window\.(?:_bd_share_config|onload|__INITIAL_STATE__|dataLayer)\s*=.*"
    r"|document\.write(?:ln)?\(.*"
    r"|\(function\s*\([\w, $]*\)\s*\{.*"
    r"|(?:_hmt\.push|googletag|\(?adsbygoogle|jwplayer|cyberplayer|videojs|swfobject|BAIDU_CLB)\b.*"
    r'|\{\s*"(?:video|player|vid|poster|autoplay|playUrl|mp4)\w*"\s*:.*'
)
_SCRIPT_END = re.compile(r"[\s{}()\[\];,]+")
_PAGE_MARK = re.compile(
    r".*(?:第\s*\d+\s*页|[上下]一页|[Pp]age\s+\d+\s+of\b).*|\d{1,3}(?:\s+\d{1,3})+"
)
# Style sheets, players, advertisements and labels that scraping wrote into a paragraph.
_INSERT = re.compile(
    r"(?:(?:(?<![A-Za-z])[a-z]{1,6})?\.[A-Za-z][\w-]{1,40}(?:[ :>]{1,2}[\w-]{1,20})*+"
    r" ?\{[^{}:]{1,60}:[^{}]{1,600}\}\s*)+"
    r"|(?<![A-Za-z.])showPlayer\(\{[^{}]{1,400}\}\);?"
    r"|(?:(?<=[。！？!?…”」）)×])|^)\s*广告 [^。×\n]{2,80} ×|广告 [^。，×\n]{2,60}[^\d。×\n]{3} ×"
    r"|^时间[:：]提示信息.{0,60}?确认取消"
)


def without_machinery(lines: list[Line], title: str, removed: list[Line]) -> Iterator[Line]:
    """Yield `lines` without lines of machinery, cut where machinery stands inside them."""
    header = lines[0].plain if lines else ""
    in_script = after_mark = False
    for line in lines:
        in_script = _is_script(line.plain) or (
            in_script and _SCRIPT_END.fullmatch(line.plain) is not None
        )
        machinery = len(line.plain) <= MAX_LINE and _MACHINERY.fullmatch(line.plain) is not None
        repeated = after_mark and line.plain in (header, title) and line is not lines[0]
        if in_script or machinery or repeated:
            removed.append(line)
        else:
            yield from _without_inserts(line, removed)
        after_mark = machinery and _PAGE_MARK.fullmatch(line.plain) is not None


def _is_script(plain: str) -> bool:
    return _SCRIPT.fullmatch(plain) is not None


def _without_inserts(line: Line, removed: list[Line]) -> Iterator[Line]:
    if "广告 " not in line.plain and "{" not in line.plain and "提示信息" not in line.plain:
        yield line
        return
    begun = 0
    for insert in _INSERT.finditer(line.plain):
        removed.append(line.part(*insert.span()))
        if (before := line.part(begun, insert.start())).text:
            yield before
        begun = insert.end()
    if (rest := line.part(begun, len(line.text))).text:
        yield rest
