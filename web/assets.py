"""The files of web/static to what is sent of them: small, and named by what they hold."""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from web.modules import bundle, minify

STATIC = Path(__file__).parent / "static"

_ADDRESS = re.compile(r'(?<=")/static/(?=[^"]+")')
_MODULE = re.compile(r'<script type="module" src="/static/([^"]+)"')
_STYLE = re.compile(r'<link rel="stylesheet" href="/static/([^"]+)">')
_STYLE_LINK = re.compile(rf"\s*{_STYLE.pattern}")
EMBEDDED = "embed/news-qa.js"
"""The module that defines the element `<news-qa>`."""
BARRED = "embed/barred.js"
"""The one that defines it in a page that may not embed it: it says so."""

_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
"""What the machine's own table of types may say otherwise."""


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by their paths below the folder.

    Attributes:
        digest: of all of them, so that no two sets of files are ever served at one address.
    """

    digest: str
    files: Mapping[str, bytes]

    def address(self, path: str) -> str:
        """Return where a file is served for good."""
        return f"/static/{self.digest}/{path}"


@cache
def read_assets(folder: Path = STATIC) -> Assets:
    """Return the files of a folder, read once: who edits them starts the server again.

    Modules are without their comments. A page's modules are one, and so are its style sheets, so
    that it is there after three requests; it names its files by addresses that hold the digest, for
    which a browser keeps them for good.
    """
    read = {
        path.relative_to(folder).as_posix(): _read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    pages = {path: content.decode() for path, content in read.items() if path.endswith(".html")}
    entries = {module for page in pages.values() for module in _MODULE.findall(page)}
    bundles = {path: bundle(read, path) for path in {*entries, EMBEDDED} & read.keys()}
    sheets = {_sheet(path): _joined(read, page) for path, page in pages.items()}
    files = {**read, **bundles, **sheets}
    digest = _digest({**files, **read})
    named = {path: _page(page, path, digest) for path, page in pages.items()}
    return Assets(digest, {**files, **named})


def media_type(path: str) -> str:
    """Return what kind of file has such a name."""
    known = _MEDIA_TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0]
    return known or "application/octet-stream"


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    return minify(content) if path.suffix == ".js" else content


def _digest(files: Mapping[str, bytes]) -> str:
    hashed = sha256()
    for path, content in files.items():
        hashed.update(f"{path}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()[:12]


def _sheet(page: str) -> str:
    """Return what a page's style sheets are called together."""
    return page.removesuffix(".html") + ".css"


def _joined(files: Mapping[str, bytes], page: str) -> bytes:
    """Return the style sheets of a page as one, in their order."""
    return b"".join(files[path] for path in _STYLE.findall(page) if path in files)


def _page(page: str, path: str, digest: str) -> bytes:
    """Return a page that names its files as they are served."""
    sheets = iter([f'<link rel="stylesheet" href="/static/{_sheet(path)}">'])
    page = _STYLE_LINK.sub(lambda _: next(sheets, ""), page)
    return _ADDRESS.sub(f"/static/{digest}/", page).encode()
