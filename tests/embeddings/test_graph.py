"""One graph says the same whatever numbers the processor is best at."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings.encoder import ExportedEncoder
from embeddings.export import export
from embeddings.models import find_model

_TEXTS = ["上海地铁今日开通", "who won the cup final?", "a " * 40]


@pytest.mark.skipif(
    not (flags := Path("/proc/cpuinfo")).exists() or "avx512_vnni" not in flags.read_text(),
    reason="this processor has no VNNI",
)
@pytest.mark.parametrize("isa", ["AVX512_CORE_VNNI", "AVX2"])
@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_processors_without_bfloat16_give_the_same_vectors(
    isa: str, kind: str, make_model: Any, tmp_path: Path
) -> None:
    folder = export(find_model(str(make_model(kind))), tmp_path)
    expected = ExportedEncoder(folder).encode(_TEXTS, "passage").vectors
    numbers = "int8" if "VNNI" in isa else "float32"
    program = f"""
import sys
from pathlib import Path
import numpy as np
from embeddings import graph
graph._numbers = lambda _: {numbers!r}
from embeddings.encoder import ExportedEncoder
np.save(sys.argv[2], ExportedEncoder(Path(sys.argv[1])).encode({_TEXTS!r}, "passage").vectors)
"""
    made = tmp_path / "vectors.npy"
    subprocess.run(
        [sys.executable, "-c", program, str(folder), str(made)],
        check=True,
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": isa},
        cwd=Path(__file__).parents[2],
    )
    assert (np.load(made) * expected).sum(axis=1).min() > 0.995


def _resident(name: str) -> int:
    """Return how much of the mapped files of that name is in this process's memory, in kB."""
    lines = Path("/proc/self/smaps").read_text().splitlines()
    starts = [place for place, line in enumerate(lines) if line.endswith(name)]
    told = (next(line for line in lines[place:] if line.startswith("Rss:")) for place in starts)
    return sum(int(line.split()[1]) for line in told)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="resident pages are not told")
def test_mapped_files_leave_the_memory(
    make_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = export(find_model(str(make_model("bert"))), tmp_path)
    table = f"{folder.name}/embeddings.npy"
    encoder = ExportedEncoder(folder, threads=1)
    assert _resident(table) == 0
    encoder.encode(_TEXTS, "passage")
    assert _resident(table) > 0
    monkeypatch.setattr("embeddings.graph._REMEMBERED", 0)
    encoder.encode(_TEXTS, "passage")
    assert _resident(table) == 0
