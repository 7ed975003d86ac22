"""A path to a file that is there whole or not at all."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from qa.errors import HomeUnusable


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written that has its name once it is.

    Raises:
        HomeUnusable: it cannot be written.
    """
    # One of its own for each process, also of those on other machines that share the folder.
    partial = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.partial")
    try:
        if path.exists() and not path.is_file():
            raise HomeUnusable(f"{path}: no file; name one")
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise HomeUnusable(
            f"{path}: {error.strerror or error}; see whether its disk is full or read-only, or name"
            " a file that can be written"
        ) from error
    finally:
        with suppress(OSError):  # it has its name by now, or could not be made
            partial.unlink()
