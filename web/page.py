"""The page and the API's documentation: our own files and Swagger UI's, none from elsewhere."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

import fastapi_swagger
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from web.assets import BARRED, EMBEDDED, STATIC, media_type, read_assets

DIGEST = re.compile(r"[0-9a-f]{12}")
LASTING = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> Response:
    """Return the page."""
    return serve_file("index.html")


@router.get("/docs")
async def documentation() -> Response:
    """Return the API's documentation, made of /openapi.json by Swagger UI."""
    return serve_file("docs.html")


@router.get("/embed.js")
async def embed(request: Request) -> Response:
    """Return a module that defines `<news-qa>` in whosever page loads it.

    In a page that may not embed newsqa the element says so: that alone any page may be told.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin not in request.app.state.origins:
        told = {"Access-Control-Allow-Origin": "*", "Vary": "Origin"}
        return serve_file(BARRED, headers=told)
    address = read_assets().address(EMBEDDED)
    return Response(f'import "{address}";\n', media_type="text/javascript")


@router.get("/client.js")
def client() -> Response:
    """Return the client for JavaScript as it was written, for whoever programs by it."""
    return Response((STATIC / "client.js").read_bytes(), media_type="text/javascript")


@router.get("/static/{path:path}")
async def static(path: str) -> Response:
    """Return one of our files, for good where its address holds the digest of all of them.

    Under another digest there is nothing, whatever is there now: a page of before must not mix its
    files with those of today.
    """
    assets = read_assets()
    first, _, rest = path.partition("/")
    if first == assets.digest and rest in assets.files:
        return serve_file(rest, headers={"Cache-Control": LASTING})
    if DIGEST.fullmatch(first):
        raise HTTPException(404, "no such file now", {"Cache-Control": "no-store"})
    if path not in assets.files:
        raise HTTPException(404, "no such file")
    return serve_file(path)


def serve_file(
    path: str,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return one of our files, such as a page, whose scripts do the rest."""
    return Response(read_assets().files[path], status, headers, media_type(path))


def mount_files(app: FastAPI) -> None:
    """Serve Swagger UI's files, which the fastapi-swagger package carries."""
    swagger = Path(str(files(fastapi_swagger))) / "resources"
    app.mount("/swagger", StaticFiles(directory=swagger))
