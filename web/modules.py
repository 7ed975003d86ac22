"""JavaScript modules to smaller ones: without comments and spare space, and several as one."""

from collections.abc import Iterator, Mapping
from functools import cache
from posixpath import dirname, join, normpath

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

_OPENING = b"{([,;=:"
_CLOSING = b"})]"
_LITERALS = {"string", "template_string", "regex"}
_REFERRING = {"import_statement", "export_statement"}

Cut = tuple[int, int, bytes]
"""Where in a module something goes, and what stands there instead."""


def minify(module: bytes) -> bytes:
    r"""Return a module of the same tokens with as little between them as may be.

    Where a line ended one ends still, for a statement may end with it, except behind what opens.
    Where a space was there is one still, except beside a bracket or the like, which merges with no
    other token. What cannot be parsed is returned as it is.

    >>> minify(b"/** Twice. */\nexport const twice = (x) => {  // or more\n  return x + x\n}")
    b'export const twice=(x)=>{return x + x\n}'
    """
    tree = _parser().parse(module)
    if tree.root_node.has_error:
        return module
    parts: list[bytes] = []
    written = 0
    for token in _tokens(tree.root_node):
        start, end = token.start_byte, token.end_byte
        if parts:
            parts.append(_between(module[written - 1], module[written:start], module[start]))
        parts.append(module[start:end])
        written = end
    return b"".join(parts)


def imports(module: bytes, path: str) -> tuple[str, ...]:
    """Return the paths of the modules that the one at `path` imports, as it names them in order.

    >>> imports(b'import { say } from "../i18n.js";', "answer/copies.js")
    ('i18n.js',)
    """
    named = (
        node.child_by_field_name("source")
        for node in _parser().parse(module).root_node.children
        if node.type in _REFERRING
    )
    addresses = (module[node.start_byte + 1 : node.end_byte - 1].decode() for node in named if node)
    return tuple(normpath(join(dirname(path), address)) for address in addresses)


def bundle(modules: Mapping[str, bytes], entry: str) -> bytes:
    """Return one module that does what the one at the path `entry` does with all that it imports.

    Each becomes a function that returns what it exports, behind those that it imports itself. They
    are such as web/static has: named imports, exported declarations, no circles.

    Raises:
        ValueError: a module has an import or export of another kind, or imports itself in a circle.
    """
    order: dict[str, bytes] = {}
    _gather(modules, entry, order, ())
    return b"\n".join(order.values())


def _gather(
    modules: Mapping[str, bytes], path: str, order: dict[str, bytes], above: tuple[str, ...]
) -> None:
    if path in above:
        raise ValueError(f"{path} imports itself by way of {above[-1]}")
    for imported in imports(modules[path], path):
        if imported not in order:
            _gather(modules, imported, order, (*above, path))
    names = {path: f"_{number}" for number, path in enumerate([*order, path])}
    order[path] = _as_function(modules[path], path, names)


def _as_function(module: bytes, path: str, names: Mapping[str, str]) -> bytes:
    """Return a module as the definition of what it exports, given how the others are called."""
    cuts: list[Cut] = []
    exported: list[str] = []
    for node in _parser().parse(module).root_node.children:
        if node.type == "import_statement":
            (target,) = imports(_text(node), path)
            cuts.append((node.start_byte, node.end_byte, _taken(node, names[target])))
        elif node.type == "export_statement":
            declaration = node.child_by_field_name("declaration")
            if declaration is None:
                raise ValueError(f"{path}: only declarations are exported")
            cuts.append((node.start_byte, declaration.start_byte, b""))
            exported += _declared(declaration)
    for start, end, instead in reversed(cuts):
        module = module[:start] + instead + module[end:]
    returned = f"\nreturn{{{','.join(exported)}}}}})();"
    return f"const {names[path]}=(()=>{{".encode() + module.strip() + returned.encode()


def _taken(statement: Node, name: str) -> bytes:
    """Return the definition of what a statement imports, from the module of this name."""
    clause = next((one for one in statement.children if one.type == "import_clause"), None)
    if clause is None:
        return b""
    named = clause.children[0]
    if named.type != "named_imports":
        raise ValueError(f"{_text(statement).decode()}: imports go by name")
    taken = []
    for specifier in named.named_children:
        original, *other = specifier.named_children
        taken.append(b":".join(_text(node) for node in (original, *other)))
    return b"const{" + b",".join(taken) + b"}=" + name.encode() + b";"


def _declared(declaration: Node) -> Iterator[str]:
    if declaration.type == "lexical_declaration":
        declarations = [one for one in declaration.children if one.type == "variable_declarator"]
    else:
        declarations = [declaration]
    for one in declarations:
        if name := one.child_by_field_name("name"):
            yield _text(name).decode()


def _text(node: Node) -> bytes:
    return node.text or b""


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


def _tokens(node: Node) -> Iterator[Node]:
    """Yield a tree's tokens, a literal as one; what the parser adds of itself is empty."""
    if node.type in _LITERALS or not node.children:
        if node.type != "comment" and node.end_byte > node.start_byte:
            yield node
        return
    for child in node.children:
        yield from _tokens(child)


def _between(before: int, gap: bytes, after: int) -> bytes:
    """Return what has to stand in place of a gap, given the characters around it."""
    if not gap or before in _OPENING:
        return b""
    if b"\n" in gap:
        return b"\n"
    return b"" if before in _CLOSING or after in _OPENING + _CLOSING else b" "
