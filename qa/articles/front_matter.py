"""A document into its front matter's fields and its body."""

import re
from collections.abc import Mapping

import yaml

MAX_CHARACTERS = 64_000
"""Longer front matter is refused: the seed's has 300."""
MAX_DEPTH = 8

_OPENING = re.compile(r"\s*---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*\r?$\n?", re.MULTILINE)
_TEXT_FIELD = re.compile(
    r"^(title|author|publisher|source|date|url|link|permalink)[ \t]*:[ \t]+(\S.*)$",
    re.MULTILINE,
)


class Malformed(Exception):
    """The front matter cannot be read; the message says why and the remedy."""


def begins_with_front_matter(text: str) -> bool:
    """Say whether `text` opens with a line of three dashes, blank lines aside."""
    return _OPENING.match(text) is not None


def split_front_matter(text: str) -> tuple[Mapping[str, object], str, tuple[str, ...]]:
    """Return the fields, the body and warnings of a document that begins with front matter.

    Values are strings, lists and mappings: nothing is made of dates, numbers or `yes`.

    Raises:
        Malformed: it does not end, is too long, or is no YAML mapping.
    """
    opening = _OPENING.match(text)
    start = opening.end() if opening else 0
    closing = _CLOSING.search(text, start)
    if closing is None:
        raise Malformed("the front matter does not end: put a line '---' after its last field")
    block, body = text[start : closing.start()].replace("\r\n", "\n"), text[closing.end() :]
    if len(block) > MAX_CHARACTERS:
        raise Malformed(f"the front matter has more than {MAX_CHARACTERS:,} characters: shorten it")
    warnings: tuple[str, ...] = ()
    try:
        fields = _load(block)
    except yaml.YAMLError as error:
        mended, names = _quote_text_fields(block)
        if not names:
            raise Malformed(f"the front matter is no YAML ({_where(error)})") from error
        try:
            fields = _load(mended)
        except yaml.YAMLError as again:
            raise Malformed(f"the front matter is no YAML ({_where(again)})") from again
        warnings = tuple(f"{name}: read as if its value were quoted" for name in names)
    if fields is None:
        fields = {}
    if not isinstance(fields, dict):
        raise Malformed("the front matter is no list of fields: write 'title: ...' and so on")
    return fields, body, warnings


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
