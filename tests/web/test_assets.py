"""How the page's files are served: small, for good where their address says so, never mixed."""

import gzip
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
import tree_sitter_javascript
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from web.assets import STATIC, read_assets
from web.modules import bundle, imports, minify

from .problem import assert_problem

MODULES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js"))
PAGES = sorted(path.name for path in STATIC.glob("*.html"))
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())

TRICKY = [
    "const a = `x  // y ${ `in  ner // z ${b}` }  /* q */`  // c",
    "const split = (s) => /[/'\"]  \\/\\//u.test(s) /* c */ / 2 / x",
    "async () => { await /a  b/v.exec(c) }",
    "class A extends B { #p = 1\n static #q() { return this . #p }\n get x() { return 1 } }",
    "function f() {\n  return\n  {}\n}",
    "const r = a\n++b\nc\n--d",
    "let x = a + +b - -c + ++d",
    "x = a /* one */ / /* two */ /re  x/.y",
    "const t = c ? .5 : d ?. e ?? f ** 2",
    "a\n// a comment\n(b)",
    "a = b /* over\n lines */\nc",
    "if (x) /re  x/.test(s)",
    "label: for (const x of /** @type {A} */ (y)) { continue label }",
    "const { a, ...b } = c, [ d = /=/ ] = e",
    'export { a as b } from "./c.js"\nexport default async function* () { yield [1] }',
    "x => ({})\n;[y] = z\n`a\n  b`",
    "let é = 1, 问 = '  //  '",
]


def parsed(module: bytes) -> list[str | bytes]:
    """Return what a module means: its tree without places and comments, its tokens' own bytes."""

    def told(node: Node) -> Iterator[str | bytes]:
        if node.type == "comment":
            return
        yield node.type
        if node.type in {"string", "template_string", "regex"} or not node.children:
            yield module[node.start_byte : node.end_byte]
        else:
            for child in node.children:
                yield from told(child)
            yield "end"

    tree = Parser(Language(tree_sitter_javascript.language())).parse(module)
    assert not tree.root_node.has_error
    return list(told(tree.root_node))


@pytest.mark.parametrize("module", [*TRICKY, *((STATIC / path).read_text() for path in MODULES)])
def test_a_module_means_the_same_without_its_comments(module: str) -> None:
    small = minify(module.encode())
    assert parsed(small) == parsed(module.encode())
    assert minify(small) == small


GAPS = st.sampled_from([" ", "\n", "  ", "/* c */", "// c\n", "/** c */\n  "])


@given(st.lists(GAPS, min_size=9, max_size=9))
def test_whatever_stands_between_tokens_means_the_same_made_small(gaps: list[str]) -> None:
    tokens = ["const a", "=", "b", "+", "+c", ";", "f", "(", "/d  e/", ")"]
    module = tokens[0] + "".join(gap + token for gap, token in zip(gaps, tokens[1:], strict=True))
    assert parsed(minify(module.encode())) == parsed(module.encode())


def test_what_is_no_module_is_served_as_it_is() -> None:
    assert minify(b"const  = ;  // what") == b"const  = ;  // what"


@pytest.mark.parametrize("path", MODULES)
def test_a_served_module_is_read_by_another_engine_too(path: str, tmp_path: Path) -> None:
    if not (node := shutil.which("node")):
        pytest.skip("node is not on the PATH")
    served = tmp_path / "module.mjs"
    served.write_bytes(read_assets().files[path])
    subprocess.run([node, "--check", served], check=True)


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_file_is_kept_for_good_at_the_address_with_the_digest(
    client: TestClient, path: str, coding: str
) -> None:
    assets = read_assets()
    response = client.get(assets.address(path), headers={"Accept-Encoding": coding})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    # What is small comes as it is to everybody.
    small = len(response.content) < 500
    packed = coding == "gzip" and not small
    assert response.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert response.headers.get("Vary") == (None if small else "Accept-Encoding")
    types = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    told = response.headers["Content-Type"].removesuffix("; charset=utf-8")
    assert told == types.get(Path(path).suffix, "image/svg+xml")
    assert response.content == assets.files[path]


@pytest.mark.parametrize("path", FILES)
def test_without_the_digest_it_is_asked_for_anew(client: TestClient, path: str) -> None:
    response = client.get(f"/static/{path}")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.content == read_assets().files[path]


@pytest.mark.parametrize("path", ["app.js", "nothing.js", ""])
def test_a_page_of_before_never_gets_a_file_of_today(client: TestClient, path: str) -> None:
    response = client.get(f"/static/0123456789ab/{path}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.status_code == 404
    assert response.json()["detail"]


def test_no_file_no_answer(client: TestClient) -> None:
    assert_problem(client.get("/static/nothing.js"), 404)
    digest = read_assets().digest
    assert client.get(f"/static/{digest}/nothing.js").status_code == 404
    assert client.get(f"/static/{digest}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_every_file_by_the_digest_and_few_of_them(path: str) -> None:
    """So that a browser keeps all and asks for little; what the page names is there."""
    assets = read_assets()
    page = assets.files[path].decode()
    named = re.findall(r'"/static/([^"]*)"', page)
    assert named
    assert {name.partition("/")[0] for name in named} == {assets.digest}
    told = {name.partition("/")[2] for name in named}
    assert told <= assets.files.keys()
    for suffix in (".js", ".css"):
        assert sum(name.endswith(suffix) for name in told) <= 1
    assert not any(imports(assets.files[name], name) for name in told if name.endswith(".js"))


def test_the_style_sheets_of_a_page_are_one_in_their_order() -> None:
    named = re.findall(r'"stylesheet" href="/static/([^"]*)"', (STATIC / "index.html").read_text())
    assert len(named) > 1
    joined = b"".join((STATIC / name).read_bytes() for name in named)
    assert read_assets().files["index.css"] == joined


APART = {
    "main.js": """
        import "./effect.js"
        import { add, One as First } from "./lib/add.js"
        import { told } from "./lib/told.js"
        export const all = [...told, add(1, 2), new First().n]
        console.log(JSON.stringify(all))""",
    "effect.js": "import { told } from './lib/told.js'\ntold.push('effect')",
    "lib/add.js": """
        import { told } from "./told.js"
        const hidden = 40
        told.push("add")
        export function add(a, b) { return a + b + hidden }
        export class One { n = add(0, 1) }""",
    "lib/told.js": "export const told = ['told'], other = 1\nconst hidden = 'not that of add.js'",
}


def test_modules_made_one_do_what_they_do_apart(tmp_path: Path) -> None:
    if not (node := shutil.which("node")):
        pytest.skip("node is not on the PATH")
    modules = {path: minify(text.encode()) for path, text in APART.items()}
    for folder, files in (("apart", modules), ("one", {"main.js": bundle(modules, "main.js")})):
        for path, content in {"package.json": b'{"type": "module"}', **files}.items():
            place = tmp_path / folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    told = [
        subprocess.run(
            [node, tmp_path / folder / "main.js"], check=True, capture_output=True
        ).stdout
        for folder in ("apart", "one")
    ]
    assert told[0] == told[1] == b'["told","effect","add",43,41]\n'


@pytest.mark.parametrize(
    "modules",
    [
        {"a.js": 'import { b } from "./b.js"', "b.js": 'import { a } from "./a.js"'},
        {"a.js": 'import b from "./b.js"', "b.js": ""},
        {"a.js": 'import * as b from "./b.js"', "b.js": ""},
        {"a.js": "const a = 1\nexport { a }"},
        {"a.js": "export default 1"},
    ],
)
def test_modules_that_cannot_be_made_one_are_told(modules: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"[ab]\.js"):
        bundle({path: text.encode() for path, text in modules.items()}, "a.js")


@pytest.mark.parametrize("path", MODULES)
def test_the_modules_that_one_imports_are_found(path: str) -> None:
    text = minify((STATIC / path).read_bytes()).decode()
    statements = re.findall(r'^(?:import|export)\b[^"]*?(?:from)?"(\.[^"]*)"', text, re.MULTILINE)
    found = imports(text.encode(), path)
    assert {normpath(join(dirname(path), name)) for name in statements} <= set(found)
    assert set(found) <= set(MODULES)


def test_the_digest_is_of_every_name_and_byte(tmp_path: Path) -> None:
    digests = []
    for number, files in enumerate([{"a.js": "x"}, {"a.js": "y"}, {"b.js": "x"}, {"a.css": "x"}]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content)
        digests.append(read_assets(folder).digest)
    assert len(set(digests)) == 4


@pytest.mark.parametrize("path", ["/", "/articles/none"])
def test_a_page_is_asked_for_anew_and_comes_packed(client: TestClient, path: str) -> None:
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}
    response = client.get(path, headers=headers)
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]


def test_everything_a_reader_loads_is_under_40_kB() -> None:
    assets = read_assets()
    page = assets.files["index.html"]
    named = set(re.findall(r'"/static/[^/"]*/([^"]*)"', page.decode()))
    loaded = [page, *(assets.files[name] for name in named)]
    assert sum(len(gzip.compress(content)) for content in loaded) < 40_000


def test_an_answer_comes_packed_and_its_events_as_they_are(seeds: TestClient) -> None:
    ask = {"question": "Shanghai"}
    headers = {"Accept-Encoding": "gzip"}
    answer = seeds.post("/ask", json=ask, headers=headers)
    assert answer.headers["Content-Encoding"] == "gzip"
    events = seeds.post("/ask", json={**ask, "stream": True}, headers=headers)
    assert "Content-Encoding" not in events.headers
    assert events.text.count("event: ") > 2
