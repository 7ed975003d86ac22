"""What a page has above its article: the title again, old titles, dates and credits."""

import re

from qa.articles.cleaning.lines import MAX_LINE, MAX_PIECES, NAMES, REPORTER, Line

_DAY = (
    r"\d{4}\s?[-年/.]\s?\d{1,2}\s?[-月/.]\s?\d{1,2}日?"
    r"(?:[T\s]*\d{1,2}:\d{2}(?::\d{2})?)?(?:\s*(?:星期|周)[一二三四五六日天])?"
)
_ABOVE = re.compile(
    r"(?>(?:"
    rf"(?:发布|发表|更新|发稿)?(?:时间|日期)?[:：]?\s*{_DAY}"
    r"|(?:文章|信息|稿件|消息|本文)?来源[:：][^，。！？；\n]{1,30}?(?=[\s|｜]|\Z)"
    rf"|(?:作者|记者|编辑|责任编辑|责编|稿源|出处|发布者|发布人|点击|浏览|阅读|评论)(?:数|量|次数)?[:：]"
    r"[^，。！？；：\n]{0,20}?(?=[\s|｜]|\Z)"
    r")[\s|｜·]*)+"
    # A longer one, or one that breaks off, has the article's own words behind it.
    r"|原标题[:：](?![^（(]*[（(][^）)]*\Z)[^。\n]{1,44}[^。，、；：“（(\n]"
    r"|[（(]原(?:标)?题(?:为)?[:：].{1,100}[）)]"
    rf"|{REPORTER}"
    rf"|(?:采写|撰文|文|文图|图文|文[/／、]图)\s?[/／|｜:：]{NAMES}|图\s?[/／|｜]{NAMES}"
    r"|(?:By|BY) (?:[A-Z][\w.'’-]+ ?){1,5}(?:,? (?:and|AND) (?:[A-Z][\w.'’-]+ ?){1,4})?"
    r"(?:,? (?:Staff|STAFF|Special)\b[\w ]{0,30})?"
)
_AGENCY = (
    r"(?:新华社|中新社|中新网|人民网|央视网|海外网|环球网|中国侨网|中国网|光明网|参考消息网|财联社"
    r"|智通财经APP|红网|大众网|极目新闻|九派新闻|澎湃新闻|界面新闻|红星新闻|封面新闻|上游新闻|本报|本网)"
)
_BEFORE = re.compile(
    # The old title ends where a dateline begins; where no end can be told, it stays, unnamed.
    rf"原标题[:：]\s*(?:[^。\n]{{4,70}}?(?={_AGENCY}[^。，\n]{{0,14}}(?:电|讯|消息)))?"
    r"|[（(]原标题[:：][^（）()\n]{1,80}[）)]"
    r"|本文转自[:：]?\s*[【\[][^【】\[\]\n]{1,30}[】\]]\s*[；;]?"
)


def without_head(lines: list[Line], title: str, removed: list[Line]) -> list[Line]:
    """Return `lines` without the title said again, old titles, dates and credits above them."""
    wanted = _letters(title)
    gone: list[Line] = []
    rest = list(reversed(lines))
    while rest and len(gone) <= MAX_PIECES:
        line = rest.pop()
        if rest and (_is_title(line.plain, wanted) or _stands_above(line.plain)):
            gone.append(line)
        elif end := _head_end(line.plain, title):
            gone.append(line.part(0, end))
            if (left := line.part(end, len(line.text))).text:
                rest.append(left)
        else:
            rest.append(line)
            break
    if len(gone) > MAX_PIECES:
        return lines
    removed.extend(line for line in gone if line.text)
    return rest[::-1]


def _is_title(plain: str, wanted: str) -> bool:
    # A title made of the first sentence leaves the sentence where it can be quoted.
    return len(plain) <= MAX_LINE and plain[-1:] not in "。." and wanted == _letters(plain) != ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _stands_above(plain: str) -> bool:
    return len(plain) <= MAX_LINE and _ABOVE.fullmatch(plain) is not None


def _head_end(plain: str, title: str) -> int:
    """Return where the furniture that a first line begins with ends; 0 where there is none."""
    label = _BEFORE.match(plain)
    if label is None:
        return 0
    end = label.end()
    if title and plain.startswith(title, end):
        return end + len(title)
    return end
