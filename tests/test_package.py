"""What is built of the tree holds all that is needed, and works where there is no tree."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shipping import QUESTION, ROOT, build, environment, install, until_answered

PACKAGES = ("qa", "embeddings", "web")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of this tree."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> Path:
    return built[0]


@pytest.fixture(scope="module")
def sdist(built: tuple[Path, Path]) -> Path:
    return built[1]


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_every_file_of_the_packages_but_news_to_learn_from(wheel: Path) -> None:
    held = {name for name in contents(wheel) if ".dist-info/" not in name}
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    news = {name for name in there if name.startswith("qa/training/news/")}
    assert held == there - news
    assert news


@pytest.mark.parametrize(
    "file",
    [
        "embeddings/reader/reader.onnx",
        "embeddings/reader/reader.json",
        "qa/first_steps.ipynb",
        "web/grafana.json",
        "web/newsqa.service",
        "web/static/app.js",
        "web/static/embed/news-qa.js",
        *(f"{package}/py.typed" for package in PACKAGES),
    ],
)
def test_what_is_no_program_travels_too(wheel: Path, file: str) -> None:
    assert contents(wheel)[file] == (ROOT / file).read_bytes()


def test_it_says_what_it_is(wheel: Path) -> None:
    files = contents(wheel)
    (about,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    head, _, long = files[about].decode().partition("\n\n")
    assert long == (ROOT / "README.md").read_text("utf-8")
    for line in ("Name: newsqa", "License-Expression: MIT", "License-File: LICENSE"):
        assert line in head.splitlines()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in files)


def test_the_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    again, _ = build(source, tmp_path / "again")
    assert again.name == wheel.name
    assert contents(again) == contents(wheel)


def test_the_sdist_holds_what_its_makefile_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"Makefile", "constraints.txt", "README.md", "LICENSE", "CHANGELOG.md", ".ci/run"}
    assert {*needed, "Containerfile", "tests/conftest.py", "tests/page/package.json"} <= held
    assert any(name.startswith("seeds/") for name in held)
    assert not [name for name in held if "node_modules" in name or "__pycache__" in name]


def test_what_goes_into_the_container_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """`.dockerignore` lets in what it names, and that is enough."""
    source = tmp_path / "source"
    source.mkdir()
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        if (ROOT / name).is_dir():
            copytree(ROOT / name, source / name, ignore=ignore_patterns("__pycache__"))
        else:
            copy2(ROOT / name, source / name)
    again, _ = build(source, tmp_path / "again")
    assert contents(again) == contents(wheel)


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel; what it needs is found in this one."""
    folder = tmp_path_factory.mktemp("environment")
    programs = environment(folder)
    install(programs, "--no-deps", "--no-index", str(wheel))
    paths = {"base": str(folder), "platbase": str(folder)}
    there = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    (there / "beside.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return programs


@pytest.fixture
def variables(tmp_path: Path, model_cache: Path) -> dict[str, str]:
    """An environment in which nothing leads to the tree."""
    own = {"NEWSQA_HOME": str(tmp_path / "home"), "NEWSQA_CACHE": str(model_cache)}
    return {**{name: one for name, one in os.environ.items() if name != "PYTHONPATH"}, **own}


def test_it_works_where_there_is_no_tree(
    programs: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    def run(*command: str) -> str:
        program = str(programs / command[0])
        done = subprocess.run(
            [program, *command[1:]], cwd=tmp_path, env=variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run("python", "-c", "import qa, web, embeddings; print(qa.__file__)")
    assert Path(where.strip()).is_relative_to(programs.parent)
    assert "Questions over news articles" in run("newsqa", "--help")
    assert json.loads(run("newsqa", "add", str(ROOT / "seeds"), "--json"))["refused"] == []
    answer = json.loads(run("newsqa", "ask", QUESTION, "--json"))
    assert answer["status"] == "answered"
    assert "10 p.m." in answer["answer"]
    assert json.loads(run("newsqa", "doctor", "--json"))["checks"][1]["state"] == "ok"
    assert until_answered(programs / "newsqa", variables, tmp_path) > 0


def test_a_package_that_is_missing_is_named_with_the_remedy(
    wheel: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    programs = environment(tmp_path / "bare")
    install(programs, "--no-deps", "--no-index", str(wheel))
    done = subprocess.run(
        [programs / "newsqa", "doctor"], env=variables, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    said = r"error: the package '\w+' is missing; install newsqa again.*\n"
    assert re.fullmatch(said, done.stderr)


def requirements() -> Iterator[Requirement]:
    """Yield what newsqa needs to be served, developed and built."""
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *PROJECT["build-system"]["requires"]]:
        yield Requirement(line)
    for line in (line for extra in extras.values() for line in extra):
        requirement = Requirement(line)
        if requirement.name == project["name"]:
            assert requirement.extras <= extras.keys()
        else:
            yield requirement


@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or sys.platform != "linux",
    reason="constraints.txt is made by Python 3.11 on Linux",
)
def test_all_that_is_installed_is_pinned_and_no_more() -> None:
    """Each package that `make` brings in, itself or by another, stands once in constraints.txt."""
    pinned = [
        canonicalize_name(Requirement(line).name)
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert len(pinned) == len(set(pinned))
    needed = set[str]()
    known = set[tuple[str, str]]()
    ahead = [*requirements()]
    while ahead:
        one = ahead.pop()
        if one.marker and not one.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(one.name)
        needed.add(name)
        for extra in {"", *one.extras} - {extra for at, extra in known if at == name}:
            known.add((name, extra))
            for line in requires(name) or ():
                brought = Requirement(line)
                if brought.marker is None or brought.marker.evaluate({"extra": extra}):
                    brought.marker = None
                    ahead.append(brought)
    assert needed == set(pinned)


def test_the_changelog_keeps_its_form() -> None:
    """As Keep a Changelog 1.1.0 has it."""
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert lines[0] == "# Changelog"
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    kinds: list[str] = []
    for line in lines:
        if line.startswith("## "):
            assert re.fullmatch(r"## \[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d)\]?", line)
            kinds = []
        elif line.startswith("### "):
            assert line[4:] in {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
            assert line not in kinds
            kinds.append(line)
        elif kinds and line:
            assert re.match(r"- |  \S", line), line
