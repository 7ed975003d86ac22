"""The Containerfile and the unit of systemd; there is no engine here that could run them."""

import json
import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import which

import pytest

from qa.config import Settings
from tests.bench.served import serving
from web.serve import STOP_SECONDS

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "web" / "newsqa.service"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The Containerfile's instructions, each with what follows it."""
    text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Containerfile").read_text("utf-8"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(one, rest) for one, _, rest in (line.partition(" ") for line in lines if line)]


def last(steps: list[tuple[str, str]], name: str) -> str:
    return next(rest for one, rest in reversed(steps) if one == name)


def test_it_runs_as_nobody_that_matters(steps: list[tuple[str, str]]) -> None:
    user = last(steps, "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "a number is known without the image"
    after = [one for one, _ in steps][[*steps].index(("USER", user)) :]
    assert "RUN" not in after
    assert "COPY" not in after


def test_it_serves_and_keeps_where_it_says(steps: list[tuple[str, str]]) -> None:
    set_there = dict(one.split("=", 1) for one in last(steps, "ENV").split())
    names = {f"NEWSQA_{name}".upper() for name in Settings.model_fields}
    assert {name for name in set_there if name.startswith("NEWSQA_")} <= names
    kept = {set_there["NEWSQA_HOME"], set_there["NEWSQA_CACHE"]}
    assert {*json.loads(last(steps, "VOLUME"))} == kept
    assert last(steps, "EXPOSE") == set_there["NEWSQA_PORT"]
    assert all(folder in last(steps, "RUN") for folder in kept)
    assert json.loads(last(steps, "ENTRYPOINT")) + json.loads(last(steps, "CMD")) == [
        "newsqa",
        "serve",
    ]
    assert last(steps, "STOPSIGNAL") == "SIGTERM"


def test_what_is_installed_is_pinned_and_comes_from_no_named_host(
    steps: list[tuple[str, str]],
) -> None:
    assert re.search(r"pip install .*--constraint /constraints\.txt", last(steps, "RUN"))
    assert "//" not in "".join(rest for _, rest in steps if "127.0.0.1" not in rest)
    images = [rest.split()[0] for one, rest in steps if one == "FROM"]
    assert {*images} == {"python:3.11-slim"}


def test_its_health_is_whether_questions_can_be_answered(
    steps: list[tuple[str, str]], tmp_path: Path, model_cache: Path
) -> None:
    """The very command that the container runs, against a server."""
    options, _, command = last(steps, "HEALTHCHECK").partition("CMD ")
    assert "--start-period=" in options
    program, *arguments = json.loads(command)
    assert program == "python"

    def healthy(port: str) -> bool:
        done = subprocess.run(
            [sys.executable, *arguments],
            # An engine may give a container its own proxy, which does not lead back there.
            env={**os.environ, "NEWSQA_PORT": port, "http_proxy": "http://127.0.0.1:9"},
            capture_output=True,
        )
        return done.returncode == 0

    with serving(tmp_path, NEWSQA_CACHE=str(model_cache), NEWSQA_READING="key") as served:
        port = served.address.rpartition(":")[2]
        while not healthy(port):
            assert served.process.poll() is None
    assert not healthy(port)


class _Unit(ConfigParser):
    """Reads a unit, whose keys have capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.fixture(scope="module")
def service() -> dict[str, str]:
    unit = _Unit(interpolation=None, delimiters=("=",))
    unit.read(UNIT, "utf-8")
    return dict(unit["Service"])


def test_the_service_may_finish_what_it_began(service: dict[str, str]) -> None:
    assert int(service["TimeoutStopSec"]) > STOP_SECONDS
    assert service["KillMode"] == "mixed"
    assert service["Restart"] == "on-failure"


def test_the_service_is_kept_in_its_own_folders(service: dict[str, str]) -> None:
    assert service["User"] not in ("root", "0")
    assert service["ProtectSystem"] == "strict"
    assert service["ProtectHome"] == service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    explained = UNIT.read_text("utf-8")
    for kind, root in (("StateDirectory", "/var/lib"), ("CacheDirectory", "/var/cache")):
        assert f'"{root}/{service[kind]}"' in explained, "the file that is to be written names it"
    assert service["Environment"] == "NEWSQA_CONFIG=/etc/newsqa.toml"


@pytest.mark.skipif(not which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path, service: dict[str, str]) -> None:
    program = service["ExecStart"].split()[0]
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(f"={program} ", f"={sys.executable} "), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
