"""A document into its front matter's fields and its body.

Known are YAML between lines of dashes (the seed's format, Jekyll, Hugo, Hexo), also without the
first of them (Hexo), TOML between lines of plus signs and a JSON object (Hugo), and JSON without
its braces above a line of semicolons (Hexo).
"""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from typing import NamedTuple

import yaml

from qa.articles.errors import Unreadable

MAX_CHARACTERS = 64_000
"""Longer front matter is refused: the seed's has 300."""
MAX_TOML = 8_000
"""Likewise, in TOML: a name of 30,000 parts takes its parser 7 s and 3 GB, one of 4,000 a tenth of
a second and 60 MB."""
MAX_DEPTH = 8

_OPENING = re.compile(r"\s*(---|\+\+\+|;;;)[ \t]*\r?\n")
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$\n?", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*\r?$\n?", re.MULTILINE),
    ";;;": re.compile(r"^;;;[ \t]*\r?$\n?", re.MULTILINE),
}
# Without a first mark, the block is known by its first field, and that it has nothing but fields.
_HEXO = re.compile(
    r"""\s*"?(?:title|date|layout|author|tags|categories|category|updated|permalink)"?[ \t]*:"""
)
_HEXO_LINE = re.compile(r"""[\w"-][\w -]*"?[ \t]*:|[ \t#\]]|-[ \t]|\Z""")
_HEXO_END = re.compile(r"^(---|;;;)[ \t]*\r?$\n?", re.MULTILINE)
_JSON = re.compile(r'\s*\{\s*["}]')
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_TEXT_FIELD = re.compile(
    r"^(title|subtitle|description|summary|excerpt|author|publisher|source|date|url|link|permalink)"
    r"[ \t]*:[ \t]+(\S.*)$",
    re.MULTILINE,
)


class Parts(NamedTuple):
    """A document's fields, its body, and what was mended in reading the fields.

    The fields' values are strings, lists and mappings: nothing is made of dates, numbers or `yes`.
    """

    fields: Mapping[str, object]
    body: str
    warnings: tuple[str, ...] = ()


def split_front_matter(text: str) -> Parts | None:
    """Return the parts of a document, None if it does not begin with front matter.

    Raises:
        Unreadable: the front matter does not end, is too long, or is not what its mark says.
    """
    if opening := _OPENING.match(text):
        mark = opening[1]
        closing = _CLOSING[mark].search(text, opening.end())
        if closing is None:
            raise Unreadable(
                f"the front matter does not end: put a line '{mark}' after its last field"
            )
        return _parts(mark, text[opening.end() : closing.start()], text[closing.end() :])
    if _HEXO.match(text):
        closing = _HEXO_END.search(text, 0, MAX_CHARACTERS)
        block = text[: closing.start()].strip() if closing else ""
        if closing and all(_HEXO_LINE.match(line) for line in block.splitlines()):
            return _parts(closing[1], block, text[closing.end() :])
    if _JSON.match(text):
        try:
            fields, end = _DECODER.raw_decode(text, text.index("{"))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"the front matter is no JSON ({error}): mend it") from error
        return Parts(_plain(fields), text[end:])
    return None


def _parts(mark: str, block: str, body: str) -> Parts:
    most = MAX_TOML if mark == "+++" else MAX_CHARACTERS
    if len(block) > most:
        raise Unreadable(f"the front matter has more than {most:,} characters: shorten it")
    block = block.replace("\r\n", "\n")
    if mark == "---":
        fields, warnings = _yaml(block)
        return Parts(fields, body, warnings)
    try:
        read = tomllib.loads(block) if mark == "+++" else _DECODER.decode(f"{{{block}}}")
    except (ValueError, RecursionError) as error:
        kind = "TOML" if mark == "+++" else "JSON"
        raise Unreadable(f"the front matter is no {kind} ({error}): mend it") from error
    return Parts(_plain(read), body)


def _plain(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Return fields of TOML or JSON with their values as YAML's are read.

    Raises:
        Unreadable: they are nested too deeply.
    """

    def plain(value: object, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise Unreadable("the front matter is nested too deeply: leave out what is no field")
        match value:
            case dict():
                return {str(key): plain(item, depth + 1) for key, item in value.items()}
            case list():
                return [plain(item, depth + 1) for item in value]
            case bool():
                return str(value).lower()
            case date() | time():
                return value.isoformat()
            case None:
                return ""
            case _:
                return str(value)

    return {name: plain(value, 1) for name, value in fields.items()}


def _yaml(block: str) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """Return the fields of a block of YAML, and warnings of those it was mended for."""
    warnings: tuple[str, ...] = ()
    try:
        fields = _load(block)
    except yaml.YAMLError as error:
        mended, names = _quote_text_fields(block)
        if not names:
            raise Unreadable(f"the front matter is no YAML ({_where(error)})") from error
        try:
            fields = _load(mended)
        except yaml.YAMLError as again:
            raise Unreadable(f"the front matter is no YAML ({_where(again)})") from again
        warnings = tuple(f"{name}: read as if its value were quoted" for name in names)
    if not fields:
        return {}, warnings
    if not isinstance(fields, dict):
        raise Unreadable("the front matter is no list of fields: write 'title: ...' and so on")
    return fields, warnings


class _Loader(yaml.BaseLoader):
    """YAML of strings, lists and mappings only, without aliases and not nested deeply."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*) is used")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError("it is nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _load(block: str) -> object:
    return yaml.load(block, _Loader)


def _quote_text_fields(block: str) -> tuple[str, list[str]]:
    """Return `block` with the text fields YAML cannot read quoted, and the names of those."""
    mended: list[str] = []

    def quote(line: re.Match[str]) -> str:
        try:
            if isinstance(_load(line.group()), dict):
                return line.group()
        except yaml.YAMLError:
            pass
        name, value = line[1], line[2].rstrip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        mended.append(name)
        return f"{name}: '{value.replace(chr(39), chr(39) * 2)}'"

    return _TEXT_FIELD.sub(quote, block), mended


def _where(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem}, line {error.problem_mark.line + 2}; quote the value or mend it"
    return f"{error}; quote the value or mend it"
