"""An installation to what is well with it and what is not, each with what to do about it.

Nothing is changed by looking: no folder is made, no file touched, no model prepared, nothing
downloaded. Of a network only the language model's endpoint is asked, if one is set.
"""

import locale
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

import httpx2
from packaging.requirements import Requirement

from embeddings.graph import Numbers, import_openvino, processor_of
from embeddings.models import BUILT_IN, ModelUnusable, built_in, read_checked
from qa.config import Settings, config_file, exposed
from qa.errors import HomeUnusable, IndexUnusable, NewsqaError
from qa.generations import Generations
from qa.index import Manifest
from qa.keys import Keys

State = Literal["ok", "warning", "problem"]

MB = 1_000_000

ROOM = {"home": 200 * MB, "cache": 600 * MB, "temporary files": 600 * MB}
"""Free space that is wanted. The built-in model takes 330 MB in the cache, and to be prepared 470
among the temporary files; a home has to hold the index once more while it is rebuilt."""

SECONDS = 5.0
"""How long the endpoint, or what listens at the port, may take to answer."""

_AGAIN = "install newsqa again: pip brings what it needs"
_READABLE = "let who runs newsqa read it; `newsqa serve` and `newsqa add` are best run by one"
_SPEEDS: dict[Numbers, str] = {
    "bfloat16": "",
    "int8": ", for want of bfloat16: takes twice as long",
    "float32": ", for want of bfloat16 and VNNI: takes three times as long",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and found.

    Attributes:
        state: `problem` where something does not work, `warning` where it soon or sometimes may
            not.
        remedy: what to do about it; empty where all is well.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Check]:
    """Yield what is found of the installation that these settings describe, part by part."""
    yield python()
    yield packages()
    for look in _LOOKS:
        try:
            found = look(settings)
        except PermissionError as error:
            closed = f"{error.filename}: {error.strerror}"
            found = Check(look.__name__, "problem", closed, _READABLE)
        yield found


def python() -> Check:
    """Look at the interpreter and its machine."""
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("python", "ok", f"{found}, in {sys.prefix}")


def packages() -> Check:
    """Compare what newsqa needs with what is installed."""
    try:
        own, needed = version("newsqa"), requires("newsqa") or []
    except PackageNotFoundError:
        found = "newsqa is run from a folder and not installed: what it needs is not known"
        return Check("packages", "warning", found, "`pip install` it")
    wrong, right = [], 0
    for requirement in map(Requirement, needed):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            there = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if requirement.specifier.contains(there, prereleases=True):
            right += 1
        else:
            wrong.append(f"{requirement.name} is {there}, not {requirement.specifier}")
    if wrong:
        return Check("packages", "problem", "; ".join(wrong), _AGAIN)
    return Check("packages", "ok", f"newsqa {own} and the {right} packages that it needs")


def configuration(_: Settings) -> Check:
    """Say where settings come from, and whether others may read a key there."""
    place = config_file()
    if place is None:
        return Check("settings", "ok", "of the environment, no file")
    if exposed(place):
        found = f"{place} holds a key and anybody on this machine may read it"
        return Check("settings", "warning", found, f"`chmod o-r {place}`")
    return Check("settings", "ok", f"of the environment and {place}")


def processor(settings: Settings) -> Check:
    """Say what the processor computes with."""
    try:
        name, numbers = processor_of(import_openvino().Core())
    except (ImportError, RuntimeError) as error:
        return Check("processor", "problem", f"OpenVINO does not run here: {error}", _AGAIN)
    cores = settings.threads or os.cpu_count()
    found = f"{name}, {cores} cores, computes in {numbers}{_SPEEDS[numbers]}"
    return Check("processor", "ok", found)


def model(settings: Settings) -> Check:
    """Look whether the model that the home is searched by is there and whole."""
    made = Generations(settings.home).made()
    name = made.model if made else BUILT_IN
    if name == BUILT_IN and (carried := built_in()):
        try:
            read_checked(carried)
        except ModelUnusable as error:
            return Check("model", "problem", f"{name}: {error.reason}", _AGAIN)
        return Check("model", "ok", f"{name}, its file is whole, {_prepared(settings)}")
    if Path(name).is_absolute() and not Path(name).is_dir():
        remedy = "bring it back, or `newsqa rebuild --model NAME` by another"
        return Check("model", "problem", f"{name}: there is no such folder", remedy)
    return Check("model", "ok", f"{name}, {'a folder' if Path(name).is_dir() else 'of the hub'}")


def cache(settings: Settings) -> Check:
    """Look whether what is prepared can be kept."""
    folder = settings.cache
    size = _size(folder)
    if (wrong := _barred(folder)) is None:
        return Check("cache", "ok", f"{folder}, {size / MB:,.0f} MB")
    remedy = "let who runs newsqa write there, or name another by NEWSQA_CACHE"
    return Check("cache", "warning" if size else "problem", f"{folder}: {wrong}", remedy)


def home(settings: Settings) -> Check:
    """Look whether articles can be read and kept."""
    folder = settings.home
    there = os.path.isdir(folder)  # noqa: PTH112 (as in _there)
    if there and not os.access(folder, os.R_OK | os.X_OK):
        return Check("home", "problem", f"{folder}: it cannot be read", _READABLE)
    wrong = _barred(folder)
    if wrong is None:
        found = f"{folder}" if there else f"{folder}, made when it is first used"
        return Check("home", "ok", found)
    remedy = "let who runs newsqa write there, or name another by NEWSQA_HOME"
    if there:
        return Check("home", "warning", f"{folder}: {wrong}; it is only read", remedy)
    return Check("home", "problem", f"{folder}: {wrong}", remedy)


def disk(settings: Settings) -> Check:
    """Look whether the disks have room for what is next."""
    index = Generations(settings.home).current()
    again = _size(index) if index else 0
    wanted = {"home": (settings.home, ROOM["home"] + again)}
    if not _is_prepared(settings):
        wanted["cache"] = settings.cache, ROOM["cache"]
        wanted["temporary files"] = Path(gettempdir()), ROOM["temporary files"]
    short, free = [], []
    for what, (folder, needed) in wanted.items():
        there = shutil.disk_usage(_there(folder)).free
        told = f"{there / MB:,.0f} MB free for {what}"
        free.append(told)
        if there < needed:
            short.append(f"{told}, and {needed / MB:,.0f} are wanted")
    if short:
        return Check("disk", "warning", "; ".join(short), "free some, or name a folder elsewhere")
    return Check("disk", "ok", "; ".join(free))


def index(settings: Settings) -> Check:
    """Look whether there is an index that this version reads."""
    if settings.database.get_secret_value():
        return Check("index", "ok", "kept with the articles: see the database and the engine")
    folder = Generations(settings.home).current()
    articles = settings.home / "articles.sqlite"
    if folder is None:
        found = "none yet: it is made of the articles when it is first needed"
        return Check("index", "ok", found if articles.exists() else "none yet, nor articles")
    try:
        manifest = Manifest.read(folder)
    except IndexUnusable as error:
        return Check("index", "problem", str(error), "`newsqa rebuild`")
    if missing := [one for one in (articles, folder / "passages.sqlite") if not one.exists()]:
        remedy = "`newsqa status --check` reads everything and says what mends it"
        return Check("index", "problem", f"{missing[0]}: it is missing", remedy)
    kept = "with" if manifest.token_vectors else "without"
    return Check(
        "index",
        "ok",
        f"of {manifest.created} by {manifest.model}, {kept} token vectors; `newsqa status --check`"
        " reads all of it",
    )


def database(settings: Settings) -> Check:
    """Look whether the database that servers share answers, if one is set."""
    if not (address := settings.database.get_secret_value()):
        return Check("database", "ok", "none is set; articles are kept in the home")
    try:
        from qa.store.postgres.server import ARTICLES, Server

        server = Server(address)
        there = ARTICLES in server.schemas()
    except NewsqaError as error:
        return _failing("database", error)
    return Check("database", "ok", f"{server}, {'with' if there else 'as yet without'} articles")


def engine(settings: Settings) -> Check:
    """Look whether the engine that ranks passages answers, if one is set."""
    if (address := settings.index.get_secret_value()) == "local":
        return Check("engine", "ok", "none is set; passages are ranked here")
    from qa.milvus import Address, Milvus

    try:
        milvus = Milvus(Address.parse(address))
        words = "vectors and words" if milvus.has_words else "vectors; words are kept here"
        found = f"{milvus.address}, version {milvus.version}: {words}"
        milvus.close()
    except NewsqaError as error:
        return _failing("engine", error)
    return Check("engine", "ok", found)


def _failing(name: str, error: NewsqaError) -> Check:
    found, _, remedy = str(error).rpartition("; ")
    return Check(name, "problem", found, remedy)


def locks(settings: Settings) -> Check:
    """Say whether somebody is writing."""
    held = [file.stem for file in sorted(settings.home.glob("*.lock")) if _is_held(file)]
    found = f"held by who writes just now: {', '.join(held)}" if held else "none is held"
    return Check("locks", "ok", found)


def keys(settings: Settings) -> Check:
    """Look whether the keys can be read by who serves, and by nobody else."""
    file = settings.home / "keys.json"
    try:
        held = Keys(settings.home).all()
    except HomeUnusable as error:
        return Check("keys", "problem", str(error), "see whose the file is")
    writing = sum(key.may == "write" for key in held) + bool(settings.operator_key)
    found = f"{writing} may write, {sum(key.may == 'read' for key in held)} may read"
    if file.exists() and file.stat().st_mode & 0o077:
        return Check("keys", "warning", f"{file}: others may read it", f"`chmod 600 {file}`")
    if settings.reading == "key" and not held and not settings.operator_key:
        remedy = "`newsqa key add NAME` makes one"
        return Check("keys", "warning", "who asks must send a key, and there is none", remedy)
    return Check("keys", "ok", found)


def port(settings: Settings) -> Check:
    """Look whether a server could listen where it is to, or does already."""
    host, number = settings.host, settings.port
    place = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as own:
            if os.name == "posix":  # elsewhere it would let two listen at once
                own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            own.bind(address)
    except OSError as error:
        if _is_ours(host, number):
            return Check("port", "ok", f"{place}, where newsqa is being served")
        remedy = "stop who has it, or name others by NEWSQA_HOST and NEWSQA_PORT"
        return Check("port", "problem", f"{place}: {error.strerror or error}", remedy)
    return Check("port", "ok", f"{place} is free")


def clock(settings: Settings) -> Check:
    """Look whether it may be now: "last month" is read against it."""
    now = datetime.now(UTC)
    known = [Path(__file__), *_there(settings.home).glob("*.sqlite")]
    latest = max(datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in known)
    shown = f"{now.astimezone():%Y-%m-%d %H:%M %Z}"
    if now + timedelta(hours=1) < latest:
        found = f"{shown}, and files here were written at {latest:%Y-%m-%d %H:%M} UTC"
        return Check("clock", "warning", found, "set it: last month is read against it")
    return Check("clock", "ok", shown)


def encoding(_: Settings) -> Check:
    """Look whether what is printed and the names of files can be Chinese."""
    written, named = sys.stdout.encoding, sys.getfilesystemencoding()
    if {written.lower().replace("-", ""), named.lower().replace("-", "")} == {"utf8"}:
        return Check("locale", "ok", f"{locale.setlocale(locale.LC_CTYPE)}, {written}")
    found = f"text is written as {written} and files are named in {named}: Chinese gets lost"
    return Check("locale", "warning", found, "set PYTHONUTF8=1, or LANG to C.UTF-8")


def endpoint(settings: Settings) -> Check:
    """Ask the language model's endpoint, if one is set, whether it has the model."""
    name, url = settings.llm_model, f"{settings.llm_url.rstrip('/')}/models"
    if not settings.llm_url:
        return Check("language model", "ok", "none is set; answers are quoted from the articles")
    secret = settings.llm_key.get_secret_value()
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    try:
        answer = httpx2.get(url, headers=headers, timeout=SECONDS, trust_env=False)
    except httpx2.HTTPError as error:
        remedy = "start it, or mend NEWSQA_LLM_URL; until then answers are quoted"
        return Check("language model", "problem", f"{url}: {error or type(error).__name__}", remedy)
    if answer.status_code in (401, 403):
        found = f"{url} refuses the key: {answer.status_code}"
        return Check("language model", "problem", found, "set NEWSQA_LLM_KEY to one that it takes")
    try:
        listed = {str(one["id"]) for one in answer.raise_for_status().json()["data"]}
    except (httpx2.HTTPStatusError, ValueError, KeyError, TypeError):
        found = f"{url} answers {answer.status_code} and lists no models"
        remedy = f"see whether NEWSQA_LLM_URL is right, and {name} there"
        return Check("language model", "warning", found, remedy)
    if name not in listed:
        some = ", ".join(sorted(listed)[:5])
        remedy = f"set NEWSQA_LLM_MODEL to one of it: {some}"
        return Check("language model", "problem", f"{url} has no model {name}", remedy)
    return Check("language model", "ok", f"{name} at {settings.llm_url}")


_LOOKS: tuple[Callable[[Settings], Check], ...] = (
    configuration,
    processor,
    model,
    cache,
    home,
    disk,
    index,
    database,
    engine,
    locks,
    keys,
    port,
    clock,
    encoding,
    endpoint,
)


def _size(folder: Path) -> int:
    """Return the bytes of the files in a folder; what is deleted meanwhile counts for nothing."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(place, name).lstat().st_size
    return size


def _there(folder: Path) -> Path:
    """Return a folder, or what of the way to it is there."""
    # What lies in a folder that is closed to us is not there, for us; Path.exists would raise.
    ways = (folder.absolute(), *folder.absolute().parents)
    return next(path for path in ways if os.path.exists(path))  # noqa: PTH110


def _barred(folder: Path) -> str | None:
    """Return why nothing can be written into a folder, or it not be made; None if it can be."""
    there = _there(folder)
    if not there.is_dir():
        return f"{there} is no folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} cannot be written"
    return None


def _is_prepared(settings: Settings) -> bool:
    carried = built_in()
    return bool(carried and any(settings.cache.glob(f"{carried.fingerprint}-*")))


def _prepared(settings: Settings) -> str:
    if _is_prepared(settings):
        return "prepared"
    return "prepared when it is first needed, which takes half a minute and 1.8 GB of memory"


def _is_held(file: Path) -> bool:
    """Say whether a process holds a lock; who does is not disturbed."""
    if sys.platform == "win32":
        return False  # nothing tells it there without taking the lock
    import fcntl

    with file.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _is_ours(host: str, number: int) -> bool:
    """Say whether it is newsqa that answers at a port."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    url = f"http://[{near}]:{number}" if ":" in near else f"http://{near}:{number}"
    try:
        told = httpx2.get(f"{url}/openapi.json", timeout=SECONDS, trust_env=False).json()
        return bool(told["info"]["title"] == "newsqa")
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return False
