"""The tree -> a wheel and an sdist; the wheel -> an environment of its own, timed and sized.

`python -m tests.shipping` leaves both in dist/ and installs the wheel with all that it needs, from
whatever index pip is configured for. It takes minutes; what it prints stands in README.md.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from tests.bench.served import PATIENCE, Served

ROOT = Path(__file__).parents[1]
QUESTION = "How late is the Larkwater library open on Mondays?"


def build(source: Path, folder: Path) -> tuple[Path, Path]:
    """Return the wheel and the sdist of a tree, built into `folder` by what is installed here."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder.absolute())],
        cwd=source,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def environment(folder: Path) -> Path:
    """Return the programs of a new virtual environment, in which nothing is installed."""
    venv.create(folder, symlinks=os.name != "nt")
    return folder / ("Scripts" if os.name == "nt" else "bin")


def install(programs: Path, *arguments: str) -> None:
    """Install into an environment by the pip of this one."""
    python = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    subprocess.run([*python, "install", "--quiet", "--no-compile", *arguments], check=True)


def until_answered(newsqa: Path, variables: Mapping[str, str], folder: Path) -> float:
    """Serve as the variables say, from `folder`, and return the seconds until an answer came."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    begun = time.perf_counter()
    process = subprocess.Popen([newsqa, "serve", "--port", port], env=variables, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        with closing(httpx2.Client(base_url=address, timeout=PATIENCE)) as client:
            assert "<html" in _page(client, process)
            return Served(process, client, address, begun).until_answered(QUESTION)
    finally:
        process.terminate()
        process.wait()


def _page(client: httpx2.Client, process: "subprocess.Popen[bytes]") -> str:
    while True:
        try:
            client.get("/readyz").raise_for_status()
            return client.get("/").raise_for_status().text
        except (httpx2.TransportError, httpx2.HTTPStatusError):
            assert process.poll() is None
            time.sleep(0.01)


def main() -> None:
    """Build, install, ask; print what it took."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    wheel, sdist = build(ROOT, ROOT / "dist")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        programs = environment(folder / "environment")
        begun = time.perf_counter()
        install(programs, "--constraint", str(ROOT / "constraints.txt"), str(wheel))
        took = {"install": time.perf_counter() - begun}
        newsqa = programs / "newsqa"
        variables = {
            **os.environ,
            "NEWSQA_HOME": str(folder / "home"),
            "NEWSQA_CACHE": str(folder / "cache"),
            "NEWSQA_CONFIG": "",
        }
        subprocess.run([newsqa, "doctor"], check=True, env=variables, cwd=folder)
        begun = time.perf_counter()
        seeds = str(ROOT / "seeds")
        subprocess.run([newsqa, "add", seeds], check=True, env=variables, cwd=folder)
        took["first add"] = time.perf_counter() - begun
        took["start to first answer"] = until_answered(newsqa, variables, folder)
        sizes = {
            path.name: sum(file.lstat().st_size for file in [path, *path.rglob("*")])
            for path in (wheel, sdist, folder / "environment", folder / "cache")
        }
    print(
        json.dumps(
            {
                "seconds": {name: round(seconds, 1) for name, seconds in took.items()},
                "megabytes": {name: round(size / 1e6, 1) for name, size in sizes.items()},
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
