"""A table that is slow to read to a file that is not, made once in the cache.

Libraries bring their tables as text, and a process that reads them waits for seconds and keeps
hundreds of megabytes of Python's objects.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from qa.config import Settings

_kept: list[Path] = []


def keep_prepared_in(folder: Path) -> None:
    """Have this process keep what it prepares in `folder`, not in that of its settings."""
    _kept[:] = [folder]


def prepared(name: str, write: Callable[[Path], None]) -> Path:
    """Return the file `name` in the cache, which `write` makes first if it is not there.

    What changes the content, such as the version of the library that it is made from, belongs into
    the name.
    """
    return made((_kept[0] if _kept else Settings().cache) / name, write)


def made(path: Path, write: Callable[[Path], None]) -> Path:
    """Return the path of a file, which `write` makes first if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # In a folder of its own: several processes may be at it, and the last rename stands.
        with TemporaryDirectory(dir=path.parent) as folder:
            write(Path(folder, path.name))
            Path(folder, path.name).replace(path)
    return path
