"""`newsqa doctor`: each thing that can be broken is broken, named, and told with a remedy."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock
from pydantic import SecretStr
from typer.testing import CliRunner, Result

import qa.doctor_commands  # noqa: F401 (registers its verb)
from embeddings import graph, models
from qa import cli, doctor
from qa.config import Settings
from qa.corpus import Corpus
from qa.doctor import Check, examine
from qa.keys import Keys
from tests.qa.conftest import HashingEncoder, make_article, named

Run = Callable[..., Result]
KEY = "sk-that-nobody-may-see"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with an article and its index, which stay open."""
    home = tmp_path / "home"
    corpus = Corpus(home, lambda _: HashingEncoder(models.BUILT_IN), models.BUILT_IN)
    corpus.add([named(make_article("tea", "Tea costs 3 euro."))])
    yield home
    del corpus


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return Settings(home=home, cache=tmp_path / "cache", port=0)


def look(settings: Settings, name: str, **changed: object) -> Check:
    """Return what is found of one part."""
    (found,) = (one for one in examine(settings.model_copy(update=changed)) if one.name == name)
    assert bool(found.remedy) == (found.state != "ok")
    return found


def everything(*folders: Path) -> dict[Path, object]:
    """Return every file under the folders as it is."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for folder in folders
        for path in (folder, *folder.rglob("*"))
    }


def test_a_sound_installation_has_no_problem_and_nothing_is_changed(
    settings: Settings, home: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(home, tmp_path / "copy", symlinks=True)
    settings = settings.model_copy(update={"home": copy})
    before = everything(copy)
    checks = [*examine(settings)]
    assert [one for one in checks if one.state != "ok"] == []
    names = [one.name for one in checks]
    assert len(names) == len({*names})
    assert models.BUILT_IN in look(settings, "index").found
    assert everything(copy) == before
    assert not settings.cache.exists()


def test_nothing_is_there_yet_and_that_is_well(settings: Settings, tmp_path: Path) -> None:
    checks = [*examine(settings.model_copy(update={"home": tmp_path / "a" / "b"}))]
    assert [one for one in checks if one.state != "ok"] == []
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "cache").exists()


def test_a_package_that_is_too_old_or_missing_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name == "faiss-cpu":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "typer" else metadata.version(name)

    monkeypatch.setattr(doctor, "version", version)
    found = look(settings, "packages")
    assert found.state == "problem"
    assert "faiss-cpu is missing" in found.found
    assert "typer is 0.1, not >=" in found.found


def test_a_model_file_that_is_damaged_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    carried = models.built_in()
    assert carried
    damaged = tmp_path / "e5.bin"
    damaged.write_bytes(carried.files.read_bytes()[:-1] + b"?")
    monkeypatch.setattr(
        doctor, "built_in", lambda: models.Model(carried.name, carried.fingerprint, damaged)
    )
    found = look(settings, "model")
    assert found.state == "problem"
    assert f"{damaged} is damaged" in found.found


def test_a_model_whose_folder_is_gone_is_told(
    settings: Settings, home: Path, tmp_path: Path
) -> None:
    (manifest,) = home.glob("generations/*/manifest.json")
    fields = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**fields, "model": str(tmp_path / "gone")}))
    found = look(settings, "model")
    assert (found.state, found.found) == (
        "problem",
        f"{tmp_path / 'gone'}: there is no such folder",
    )


def test_a_processor_on_which_openvino_does_not_run_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> object:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(doctor, "processor_of", refuse)
    assert "no such instruction" in look(settings, "processor").found


@pytest.mark.parametrize("numbers", ["bfloat16", "int8", "float32"])
def test_what_the_processor_computes_with_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, numbers: graph.Numbers
) -> None:
    monkeypatch.setattr(doctor, "processor_of", lambda _: ("a processor", numbers))
    assert f"computes in {numbers}" in look(settings, "processor").found


@pytest.mark.parametrize("what", ["home", "cache"])
def test_a_file_where_a_folder_is_to_be_is_told(
    settings: Settings, what: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        found = look(settings, what, **{what: place})
        assert found.state == "problem"
        assert f"{file} is no folder" in found.found


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Mount a folder upon itself so that it cannot be written, even by root."""
    mount = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts")
def test_folders_that_cannot_be_written_are_told(settings: Settings, home: Path) -> None:
    with read_only(home):
        found = look(settings, "home")
        assert found.state == "warning"
        assert "only read" in found.found
        assert look(settings, "cache", cache=home / "cache").state == "problem"
        assert look(settings, "cache", cache=home).state == "warning"


def test_what_its_owner_keeps_to_himself_is_told(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root, who may run this, is let in everywhere.
    def denied(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    (home / "write.lock").touch()
    with monkeypatch.context() as changed:
        changed.setattr(doctor, "_is_held", denied)
        found = look(settings, "locks")
        assert (found.state, found.found) == (
            "problem",
            f"{min(home.glob('*.lock'))}: Permission denied",
        )
    with monkeypatch.context() as changed:
        changed.setattr(Path, "stat", denied)
        states = {one.name: one.state for one in examine(settings)}
    assert states["index"] == states["model"] == "problem"
    assert {"home", "disk", "clock", "language model"} <= {*states}


def test_a_disk_that_is_nearly_full_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: there(path)._replace(free=99_000_000))
    found = look(settings, "disk")
    assert found.state == "warning"
    assert "99 MB free for home" in found.found
    assert "99 MB free for temporary files" in found.found, "the model is to be prepared yet"


@pytest.mark.parametrize("broken", ["{", '{"format": 1}', None])
def test_an_index_that_cannot_be_used_is_told(
    settings: Settings, home: Path, broken: str | None
) -> None:
    (manifest,) = home.glob("generations/*/manifest.json")
    if broken is None:
        manifest.unlink()
    else:
        manifest.write_text(broken)
    found = look(settings, "index")
    assert (found.state, found.remedy) == ("problem", "`newsqa rebuild`")
    assert str(manifest) in found.found


@pytest.mark.parametrize("gone", ["articles.sqlite", "generations/*/passages.sqlite"])
def test_a_file_that_is_gone_is_told(settings: Settings, home: Path, gone: str) -> None:
    (file,) = home.glob(gone)
    file.unlink()
    assert look(settings, "index").found == f"{file}: it is missing"


def test_who_writes_is_seen_and_not_disturbed(settings: Settings, home: Path) -> None:
    assert look(settings, "locks").found == "none is held"
    with FileLock(home / "writer.lock"):
        assert look(settings, "locks").found.endswith(": writer")


def test_keys_that_others_may_read_or_nobody_can_are_told(settings: Settings, home: Path) -> None:
    Keys(home).add("desk", "write")
    assert look(settings, "keys").found == "1 may write, 0 may read"
    file = home / "keys.json"
    file.chmod(0o644)
    found = look(settings, "keys")
    assert (found.state, found.remedy) == ("warning", f"`chmod 600 {file}`")
    file.write_text("[")
    assert look(settings, "keys").state == "problem"


def test_reading_by_key_without_a_key_is_told(settings: Settings) -> None:
    assert look(settings, "keys", reading="key").state == "warning"
    assert look(settings, "keys", reading="key", operator_key=SecretStr("x" * 16)).state == "ok"


class _Answers(BaseHTTPRequestHandler):
    """Answers what the server was given, and keeps what it was asked."""

    server: "Answering"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        status, body = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Answering(ThreadingHTTPServer):
    """A server that is not newsqa."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.answer = 200, b'{"data": [{"id": "small"}, {"id": "large"}]}'
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def other() -> Iterator[Answering]:
    with Answering() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def test_a_port_that_another_has_is_told(settings: Settings, other: Answering) -> None:
    found = look(settings, "port", port=other.server_port)
    assert found.state == "problem"
    assert found.found.startswith(f"127.0.0.1:{other.server_port}: ")
    other.shutdown()
    other.server_close()
    assert look(settings, "port", port=other.server_port).state == "ok"
    assert look(settings, "port", host="192.0.2.1").state == "problem", "another machine's address"
    assert look(settings, "port", host="no such host").state == "problem"


def test_newsqa_itself_at_the_port_is_well(settings: Settings, other: Answering) -> None:
    other.answer = 200, b'{"info": {"title": "newsqa"}}'
    for host in ("127.0.0.1", "0.0.0.0", "localhost"):
        found = look(settings, "port", host=host, port=other.server_port)
        assert found.state == "ok"
        assert found.found.endswith("where newsqa is being served")


def asked_for(settings: Settings, other: Answering, model: str) -> Check:
    url = f"http://127.0.0.1:{other.server_port}/v1"
    key = SecretStr(KEY)
    return look(settings, "language model", llm_url=url, llm_model=model, llm_key=key)


def test_an_endpoint_is_asked_only_if_one_is_set(settings: Settings, other: Answering) -> None:
    assert look(settings, "language model").state == "ok"
    assert not other.asked
    assert asked_for(settings, other, "small").state == "ok"
    assert other.asked == [("/v1/models", f"Bearer {KEY}")]


@pytest.mark.parametrize(
    ("model", "answer", "state", "said"),
    [
        ("tiny", (200, b'{"data": [{"id": "small"}]}'), "problem", "no model tiny"),
        ("small", (401, b""), "problem", "refuses the key"),
        ("small", (404, b""), "warning", "lists no models"),
        ("small", (200, b"<html>"), "warning", "lists no models"),
        ("small", (200, b'["small"]'), "warning", "lists no models"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_told(
    settings: Settings,
    other: Answering,
    model: str,
    answer: tuple[int, bytes],
    state: str,
    said: str,
) -> None:
    other.answer = answer
    found = asked_for(settings, other, model)
    assert found.state == state
    assert said in found.found
    assert KEY not in f"{found}"


def test_an_endpoint_that_is_not_there_is_told(settings: Settings, other: Answering) -> None:
    other.shutdown()
    other.server_close()
    assert asked_for(settings, other, "small").state == "problem"


def test_a_clock_that_is_behind_is_told(settings: Settings, home: Path) -> None:
    ahead = time.time() + 86_400
    os.utime(home / "articles.sqlite", (ahead, ahead))
    assert look(settings, "clock").state == "warning"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path) -> Run:
    """What runs `newsqa doctor` in this process."""
    monkeypatch.setenv("NEWSQA_HOME", str(home))
    monkeypatch.setenv("NEWSQA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NEWSQA_PORT", "0")
    monkeypatch.setenv("PYTHONUTF8", "1")

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(cli.app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_it_prints_a_line_each_or_one_document(run: Run) -> None:
    lines = run("doctor")
    assert lines.exit_code == 0
    told = json.loads(run("doctor", "--json").stdout)
    assert told["sound"]
    assert told.keys() == json.loads(run("--json", "doctor").stdout).keys()
    assert [line.split()[0] for line in lines.stdout.splitlines()] == [
        one["state"] for one in told["checks"]
    ]
    for one in told["checks"]:
        assert one.keys() == {"name", "state", "found", "remedy"}
        assert one["name"] == "disk" or one["found"] in lines.stdout  # what is free changes


def test_a_problem_is_1_and_comes_with_what_to_do(run: Run, home: Path) -> None:
    (manifest,) = home.glob("generations/*/manifest.json")
    manifest.unlink()
    broken = run("doctor")
    assert broken.exit_code == 1
    assert "-> `newsqa rebuild`" in broken.stdout
    assert run("doctor", "--json").exit_code == 1
    assert run("doctor", "--home", str(home.parent / "other")).exit_code == 0


def test_a_warning_alone_is_0(run: Run, home: Path) -> None:
    Keys(home).add("desk")
    (home / "keys.json").chmod(0o644)
    warned = run("doctor")
    assert warned.exit_code == 0
    assert "warning  keys" in warned.stdout


def test_settings_that_are_wrong_are_told_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSQA_PROT", "1")
    monkeypatch.setenv("NEWSQA_OPERATER_KEY", KEY)
    told = run("doctor")
    assert told.exit_code == 1
    assert told.stdout.count("problem  settings") == 2
    assert "NEWSQA_PROT: no such setting; did you mean NEWSQA_PORT?" in told.stdout
    assert KEY not in told.output


def test_an_encoding_that_loses_chinese_is_told(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from web.cli import main; main()", "doctor", "--json"],
        env={**os.environ, "NEWSQA_HOME": str(home), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    (found,) = (one for one in json.loads(done.stdout)["checks"] if one["name"] == "locale")
    assert found["state"] == "warning"
    assert "PYTHONUTF8=1" in found["remedy"]


def test_a_key_in_a_file_that_others_may_read_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "newsqa.toml"
    file.write_text(f'operator_key = "{KEY}"')
    monkeypatch.setenv("NEWSQA_CONFIG", str(file))
    file.chmod(0o644)
    assert f"`chmod o-r {file}`" in run("doctor").stdout
    file.chmod(0o640)
    assert f"of the environment and {file}" in run("doctor").stdout
