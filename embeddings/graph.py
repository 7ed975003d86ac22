"""Token ids -> vectors: an exported graph, run by OpenVINO.

The folder holds `model.xml` and `model.bin` (weights as 16-bit floats) and `embeddings.npy`, the
vector of every token, float16[v, dim], which is mapped, so that only what texts use is ever read.
The graph takes `embeddings`, float32[n, t, dim], and `mask`, int64[n, t], and gives `vector`,
float32[n, dim], unit rows, and of every token, float32[n, t, dim], what the last layer leaves,
`tokens`, and the one in the middle, `half`. It is made ready twice: up to there is a graph of its
own, made ready when it is first asked for.
"""

import mmap
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Numbers = Literal["bfloat16", "int8", "float32"]

# AMX works in tiles: 4 texts of 127 tokens took 18.5 ms each, of 128 tokens 14.0 ms.
TILE = 16

_REMEMBERED = 4096  # tokens, padding included


@dataclass(frozen=True, slots=True)
class Output:
    """What a graph says of one text.

    Attributes:
        vector: float32[dim], a unit vector; float32[0] of a text half read.
        tokens: float32[t, dim], of any length, one row for each id.
    """

    vector: Vectors
    tokens: Vectors


class Graph:
    """An exported graph, ready to run; as many threads as it was opened for may run it at a time.

    It computes with the numbers that are fastest here, see `_numbers`.
    """

    def __init__(self, folder: Path, *, max_length: int, threads: int) -> None:
        self._folder, self._max_length, self._threads = folder, max_length, threads
        self._table: Any = np.load(folder / "embeddings.npy", mmap_mode="r")
        self._mapped = [self._table]
        self._read = 0
        self._opening = Lock()
        self._half: SimpleQueue[Any] | None = None
        self._whole = self._open("vector", "tokens")

    def run(self, texts: Sequence[Ids], half: bool = False) -> list[Output]:
        """Return what the graph says of each text of a batch, or what its lower half does."""
        if not half:
            return self._run(self._whole, texts, "vector", "tokens")
        with self._opening:
            if self._half is None:
                self._half = self._open("half")
        return self._run(self._half, texts, "half")

    def _open(self, *outputs: str) -> SimpleQueue[Any]:
        """Return requests of what gives these outputs, one for each thread."""
        file, threads = self._folder / "model.xml", self._threads
        compiled, weights = open_graph(file, self._folder, threads, threads, outputs)
        self._mapped.append(weights)
        requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(threads):
            requests.put(compiled.create_infer_request())
        for length in (1, TILE + 1):  # another shape, another order of weights
            for _ in range(threads):  # requests come round
                some = np.zeros(min(length, self._max_length), dtype=np.int64)
                self._run(requests, [some], *outputs)
        self._forget()
        return requests

    def _run(self, requests: SimpleQueue[Any], texts: Sequence[Ids], *outputs: str) -> list[Output]:
        lengths = [len(ids) for ids in texts]
        padded = min(-(-max(lengths) // TILE) * TILE, self._max_length)
        ids = np.zeros((len(texts), padded), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, (text, length) in enumerate(zip(texts, lengths, strict=True)):
            ids[row, :length] = text
            mask[row, :length] = 1
        inputs = {"embeddings": self._table[ids].astype(np.float32), "mask": mask}
        request = requests.get()
        try:
            request.infer(inputs, share_inputs=True, share_outputs=True)
            *vectors, tokens = (request.get_tensor(name).data.copy() for name in outputs)
        finally:
            requests.put(request)
        self._read += ids.size
        if self._read > _REMEMBERED:
            self._forget()
        (told,) = vectors or (np.empty((len(texts), 0), np.float32),)
        return [
            Output(vector, rows[:length])
            for vector, rows, length in zip(told, tokens, lengths, strict=True)
        ]

    def _forget(self) -> None:
        """Let the mapped files' pages leave the process's memory; the system's cache keeps them.

        The graph has its weights in an order of its own once it has run, and each row that is read
        of the table brings 84 others along.
        """
        self._read = 0
        if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            for mapped in self._mapped:
                mapped._mmap.madvise(mmap.MADV_DONTNEED)


def import_openvino(module: str = "openvino") -> Any:
    """Return openvino or a module of it, imported so that it reports to nobody.

    As it comes, its import tells its maker over the network that it happened, and leaves a number
    for the user in their home folder. It does so in these modules, and works without them.
    """
    modules: dict[str, Any] = sys.modules
    for name in ("openvino_telemetry", "openvino.tools.ovc"):
        modules.setdefault(name, None)
    return import_module(module)


def open_graph(
    file: Path, cache: Path, threads: int, streams: int, outputs: Sequence[str] = ()
) -> tuple[Any, Any]:
    """Return a graph made ready for this processor, and the file that its weights are in.

    If `outputs` are named, it is as much of the graph as gives these. That file is kept in `cache`:
    without it, opening a model takes 0.5 s of a core, with it 0.2 s. Each of the `streams` works
    for one caller at a time, with its share of the threads.
    """
    openvino = import_openvino()
    core = openvino.Core()
    processor, numbers = processor_of(core)
    config = {
        "INFERENCE_PRECISION_HINT": "bf16" if numbers == "bfloat16" else "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,
        # Shapes of batches whose code is kept: with the 5,000 that are usual, a process that has
        # read every shape holds 50 MB more and is no faster.
        "CPU_RUNTIME_CACHE_CAPACITY": 64,
    }
    if numbers == "int8":
        config["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = 128
    made_for = f"{openvino.get_version()} {processor} {numbers} {config} {outputs}"
    kept = cache / f"compiled-{sha256(made_for.encode()).hexdigest()[:16]}.bin"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        model = core.read_model(file)
        if outputs:
            ends = [model.output(name) for name in outputs]
            model = openvino.Model(ends, model.get_parameters())
        if numbers == "int8":
            _quantise_weights(model)
        compiled = core.compile_model(model, "CPU", config)
        # Whole or not at all: another process may be opening the same.
        with TemporaryDirectory(dir=cache.parent, prefix=".compiling-") as temporary:
            made = Path(temporary) / kept.name
            made.write_bytes(compiled.export_model().getbuffer())
            made.replace(kept)
    # Nothing is written to it, but read-only memory is not taken.
    weights = np.memmap(kept, mode="c")
    return core.import_model(openvino.Tensor(weights, shared_memory=True), "CPU", config), weights


def processor_of(core: Any) -> tuple[str, Numbers]:
    """Return what processor an OpenVINO core runs on, and the numbers that graphs compute with."""
    capabilities = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return str(core.get_property("CPU", "FULL_DEVICE_NAME")), _numbers(capabilities)


def _numbers(capabilities: Sequence[str]) -> Numbers:
    """Return what this processor computes with, the fastest that stays true.

    Measured, one core, ms for a passage of 128 tokens in batches of 4, cosine to float32: with AMX
    bfloat16 13, .99998; with VNNI alone int8 26, .9995 (float32 46). Elsewhere int8 does not run.
    """
    if "BF16" in capabilities:
        return "bfloat16"
    flags = Path("/proc/cpuinfo")
    return "int8" if flags.exists() and "avx512_vnni" in flags.read_text() else "float32"


def _quantise_weights(model: Any) -> None:
    """Turn a model's matrices into int8 with a scale for each row; the rest stays as it is."""
    operations = import_openvino("openvino.opset13")
    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        stored = node.input_value(1).get_node()
        if stored.get_type_name() == "Convert":
            stored = stored.input_value(0).get_node()
        if stored.get_type_name() != "Constant" or not node.get_attributes()["transpose_b"]:
            continue
        matrix = stored.data.astype(np.float32)
        scales = np.abs(matrix).max(axis=-1, keepdims=True).clip(min=1e-12) / 127
        rounded = operations.constant(np.round(matrix / scales).astype(np.int8))
        scaled = operations.multiply(
            operations.convert(rounded, "f32"), operations.constant(scales)
        )
        node.input(1).replace_source_output(scaled.output(0))
