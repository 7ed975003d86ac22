from pathlib import Path

import pytest

from qa.prepared import made


def test_a_table_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "table"
    written: list[Path] = []

    def write(to: Path) -> None:
        written.append(to)
        to.write_text("made")

    assert made(path, write) == made(path, write) == path
    assert (path.read_text(), len(written)) == ("made", 1)


def test_what_was_not_finished_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "table"

    def stopped(to: Path) -> None:
        to.write_text("ma")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        made(path, stopped)
    assert list(tmp_path.iterdir()) == []
    made(path, Path.touch)
    assert path.exists()
