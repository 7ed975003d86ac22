"""An answer to what a terminal draws of it: bold where it answers, its citations links."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from string import punctuation
from urllib.parse import quote

from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from qa.lines import heading, reading, seen
from qa.types import Answer, Citation, Language, Source

_WORDS = {
    "conflicting": (
        "These articles give different figures, the newer first:",
        "这些文章给出的数字不同，较新的在前：",
    ),
    "date": ("Date", "日期"),
    "said": ("What is said", "原文"),
    "publisher": ("Source", "来源"),
    "related": ("Related, not an answer:", "相关内容，并非答案："),
    "time": ("Time:", "时间："),
    "correction": ("correction", "更正"),
    "undated": ("undated", "日期不详"),
}


def drawn(answer: Answer, link: Callable[[Source], str]) -> RenderableType:
    """Return an answer as a terminal shows it.

    What answers is bold, and each citation a number that opens its article. Figures that contradict
    each other are a table.
    """
    by_passage = {source.passage_id: source for source in answer.sources}
    opened = {source.article_id: link(source) for source in answer.sources}
    parts: list[RenderableType] = []
    if answer.status == "conflicting":
        parts.append(_compared(answer, by_passage, opened))
    else:
        parts.append(_cited(answer, answer.citations, 0, len(answer.answer), opened))
    parts.append(Text())
    if answer.time:
        words = f"{_word('time', answer.language)} {seen(reading(answer.time))}"
        parts.append(Text(words, style="dim"))
    if answer.citations:
        shown: dict[str, list[int]] = {}
        for one in answer.citations:
            shown.setdefault(one.passage_id, []).append(one.index)
        for passage, numbers in shown.items():
            source = by_passage[passage]
            parts.append(line(numbers, source, opened[source.article_id]))
    elif answer.sources:
        parts.append(Text(_word("related", answer.language), style="dim"))
        for number, source in enumerate(answer.sources, start=1):
            parts.append(line([number], source, opened[source.article_id]))
    return Group(*parts)


def draw(*parts: RenderableType) -> None:
    """Print what was drawn, if the terminal can do more than print; NO_COLOR is heeded.

    A string is printed as it is: nothing in it is markup.
    """
    Console(highlight=False, markup=False, emoji=False).print(*parts, sep="\n")


def _cited(
    answer: Answer, citations: Iterable[Citation], start: int, end: int, opened: dict[str, str]
) -> Text:
    """Return a part of an answer with what is marked in bold, and the numbers of its citations."""
    cited = sorted(citations, key=lambda one: (one.answer_end, one.index))
    whole = Text(seen(answer.answer))
    for one in cited:
        for mark in one.marks:
            whole.stylize("bold", *mark)
    told, at = Text(), start
    for place, ones in groupby(cited, key=lambda one: one.answer_end):
        told.append_text(whole[at:place])
        for one in ones:
            told.append(" ")
            told.append_text(_number(one.index, opened[one.article_id]))
            if one.correction:
                told.append(f" ({_word('correction', answer.language)})", style="italic")
        at = place
    return told.append_text(whole[at:end])


def _compared(answer: Answer, by_passage: dict[str, Source], opened: dict[str, str]) -> Table:
    """Return a table of what each statement says, in their order: the newer first."""
    columns = [_word(name, answer.language) for name in ("date", "said", "publisher")]
    title = _word("conflicting", answer.language)
    table = Table(title=title, title_justify="left", title_style="bold")
    for name, fixed in zip(columns, (True, False, False), strict=True):
        table.add_column(name, no_wrap=fixed)
    for _, group in groupby(answer.citations, key=lambda one: one.statement):
        ones = list(group)
        first = by_passage[ones[0].passage_id]
        day = f"{first.published:%Y-%m-%d}" if first.published else ""
        start, end = min(one.answer_start for one in ones), max(one.answer_end for one in ones)
        said = _cited(answer, ones, start, end, opened)
        publishers = dict.fromkeys(by_passage[one.passage_id].publisher for one in ones)
        table.add_row(
            day or _word("undated", answer.language),
            said,
            Text(seen("\n".join(one for one in publishers if one))),
        )
    return table


def line(numbers: Sequence[int], source: Source, address: str) -> Text:
    """Return a source in one line, behind the numbers by which it is cited."""
    told = Text()
    for number in numbers:
        told.append_text(_number(number, address))
    told.append(f" {seen(heading(source))}", style=_linked(address))
    return told


def _number(number: int, address: str) -> Text:
    return Text(f"[{number}]", style=Style(color="cyan") + _linked(address))


def _linked(address: str) -> Style:
    # Nothing in an address may end the sequence that it stands in.
    return Style(link=quote(address, safe=punctuation)) if address else Style()


def _word(name: str, language: Language) -> str:
    return _WORDS[name][language.startswith("zh")]
