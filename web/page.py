"""The page and the API's documentation: our own files and Swagger UI's, none from elsewhere."""

from importlib.resources import files
from pathlib import Path

import fastapi_swagger
from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"
SHELL = STATIC / "index.html"

router = APIRouter(include_in_schema=False)


@router.get("/")
def page() -> FileResponse:
    """Return the page."""
    return FileResponse(SHELL)


@router.get("/docs")
def documentation() -> FileResponse:
    """Return the API's documentation, made of /openapi.json by Swagger UI."""
    return FileResponse(STATIC / "docs.html")


def mount_files(app: FastAPI) -> None:
    """Serve the page's files and Swagger UI's, which the fastapi-swagger package carries."""
    app.mount("/static", StaticFiles(directory=STATIC))
    swagger = Path(str(files(fastapi_swagger))) / "resources"
    app.mount("/swagger", StaticFiles(directory=swagger))
