"""A sentence-transformers model -> an int8 ONNX model to serve it, checked against the original.

An export is a folder: `model.onnx`, `tokenizer.json` and `encoder.json` (the fields of `Export`).
The graph takes `input_ids` and `attention_mask`, int64[n, t], and gives `sentence_embedding`,
float32[n, dim], unit rows, and `token_embeddings`, float32[n, t, dim].
"""

import gc
import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto
from tokenizers import Tokenizer
from tqdm import tqdm

from embeddings.models import ExportRefused, Model, ModelUnusable, model_folder
from embeddings.tokens import Role, role_prompts

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_VERSION = 1  # to be raised by every change that changes vectors
_STEPS = 6  # assemble, load, trace, optimise, quantise, check
_OPSET = 17

# What onnxruntime's optimiser for BERT was seen to fuse, and what one protobuf file can hold.
_ARCHITECTURES = ("bert", "roberta", "xlm-roberta")
_MAX_BYTES = 2**31

_MIN_COSINE = 0.99
_SENTENCES = (
    "上海地铁十四号线首列车于今日清晨驶出封浜站。",
    "央行宣布下调存款准备金率0.5个百分点，释放长期资金约1万亿元。",
    "谁赢得了2022年世界杯决赛？",
    "颱風過後，花蓮縣的列車已恢復行駛。",
    "The Bank of England raised interest rates by a quarter of a point on Thursday.",
    "Who designed the new museum that opened in Oslo last week?",
    "Shares in the chip maker fell 7% after it cut its forecast for the third quarter.",
    "Hello",
)


@dataclass(frozen=True, slots=True)
class Export:
    """What must be known to run an exported model.

    Attributes:
        name: the model, as it was asked for.
        fingerprint: the original's, and how it was exported.
        dimension: of its vectors.
        max_length: how many tokens it reads, special ones included.
        prompts: what stands before a text, by role.
    """

    name: str
    fingerprint: str
    dimension: int
    max_length: int
    prompts: dict[Role, str]

    @classmethod
    def read(cls, folder: Path) -> "Export":
        """Return the description of the export in `folder`."""
        return cls(**json.loads((folder / "encoder.json").read_text(encoding="utf-8")))


def export(model: Model, cache: Path) -> Path:
    """Return the folder of the exported model in `cache`, exporting it first if need be.

    An export appears in `cache` all at once, when it has passed its check. For the built-in model
    it takes 45 s and 5 GB of memory at most; progress is shown on standard error.

    Raises:
        ExportRefused: the model is of a kind that cannot be exported, or came out unlike itself.
        ModelUnusable: the model cannot be loaded.
    """
    fingerprint = f"{model.fingerprint}-int8-{_VERSION}"
    folder = cache / fingerprint
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=cache, prefix=".exporting-") as temporary,
        tqdm(total=_STEPS, desc=f"Preparing {model.name}", unit="step") as bar,
    ):
        made = Path(temporary) / fingerprint
        made.mkdir()
        _export(model, fingerprint, made, bar)
        try:
            made.rename(folder)
        except OSError:
            # Another process has put the same export there in the meantime.
            if not folder.is_dir():
                raise
    return folder


def load(folder: Path, **options: Any) -> "SentenceTransformer":
    """Load a sentence-transformers folder for the CPU, without transformers' report of it.

    Raises:
        ModelUnusable: sentence-transformers cannot make a model of the folder.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    reports: Any = logging  # its functions are not typed
    verbosity = reports.get_verbosity()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        return SentenceTransformer(str(folder), device="cpu", model_kwargs=options)
    except (OSError, ValueError) as error:
        raise ModelUnusable(str(folder), f"cannot be loaded; is it whole? ({error})") from error
    finally:
        reports.set_verbosity(verbosity)
        reports.enable_progress_bar()


def _export(model: Model, fingerprint: str, folder: Path, bar: "tqdm[Any]") -> None:
    """Write the export into the empty `folder`; what comes about on the way stays beside it."""
    traced, optimised = folder.with_name("traced.onnx"), folder.with_name("optimised.onnx")
    with ExitStack() as original_files:
        with _step(bar, "assemble"):
            source = original_files.enter_context(model_folder(model))
        with _step(bar, "load"):
            # The legacy exporter can trace eager attention, and the optimiser knows it.
            original = load(source, attn_implementation="eager")
            description = _describe(original, model.name, fingerprint)
        with _step(bar, "trace"):
            _trace(original, traced)
        with _step(bar, "optimise"):
            _optimise(original, traced, optimised)
        with _step(bar, "quantise"):
            _quantise(optimised, folder / "model.onnx")
        original.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        content = json.dumps(asdict(description), indent=2, ensure_ascii=False)
        (folder / "encoder.json").write_text(content, encoding="utf-8")
        with _step(bar, "check"):
            _check(original, folder)


@contextmanager
def _step(bar: "tqdm[Any]", name: str) -> Iterator[None]:
    bar.set_postfix_str(name)
    yield
    gc.collect()  # the optimiser's graph refers to itself: 2.3 GB that would outlive its step
    bar.update()


def _describe(original: "SentenceTransformer", name: str, fingerprint: str) -> Export:
    """Return what an encoder must know of a model, once it is known that it can be exported."""
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    remedy = "run it with sentence-transformers instead (runtime 'torch')"
    kinds = [type(module) for module in original]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        stages = ", ".join(kind.__name__ for kind in kinds)
        raise ExportRefused(
            name, f"only Transformer, Pooling, Normalize export, not {stages}; {remedy}"
        )
    transformer, pooling = _stages(original)
    config = transformer.auto_model.config
    if config.model_type not in _ARCHITECTURES:
        raise ExportRefused(name, f"its architecture is {config.model_type}; {remedy}")
    if pooling.pooling_mode not in ("mean", "cls") or not pooling.include_prompt:
        raise ExportRefused(name, f"pooling {pooling.get_config_dict()} does not export; {remedy}")
    if not original.tokenizer.is_fast:
        raise ExportRefused(name, f"it has no tokenizer.json; {remedy}")
    if sum(tensor.nbytes for tensor in original.state_dict().values()) > _MAX_BYTES:
        raise ExportRefused(name, f"its weights are over 2 GB; {remedy}")
    # The roberta family counts positions from the one after the padding's.
    reserved = 0 if config.model_type == "bert" else config.pad_token_id + 1
    positions = config.max_position_embeddings - reserved
    return Export(
        name=name,
        fingerprint=fingerprint,
        dimension=int(config.hidden_size),
        max_length=min(transformer.max_seq_length or positions, positions),
        prompts=role_prompts(original.prompts),
    )


def _stages(original: "SentenceTransformer") -> tuple[Any, Any]:
    """Return transformer and pooling; Any, because torch takes every attribute for a Tensor."""
    return original[0], original[1]


def _trace(original: "SentenceTransformer", path: Path) -> None:
    """Write the float32 graph: transformer, pooling and unit length."""
    import torch
    from torch.jit._trace import TracerWarning

    transformer, pooling = _stages(original)

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer.auto_model

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask)[0]
            pooled = pooling({"token_embeddings": tokens, "attention_mask": attention_mask})
            unit = torch.nn.functional.normalize(pooled["sentence_embedding"], dim=-1)
            return unit, tokens

    batch = original.tokenizer(list(_SENTENCES[:2]), padding=True, return_tensors="pt")
    rows, columns = {0: "n"}, {0: "n", 1: "t"}
    with warnings.catch_warnings(), torch.no_grad():
        # The legacy exporter is deprecated, fears of every shape it sees that it may be a constant,
        # and of every index that it may be negative; the check is run on other shapes than these.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", TracerWarning)
        warnings.filterwarnings("ignore", "Exporting aten::index", UserWarning)
        torch.onnx.export(
            Graph().eval(),
            (batch["input_ids"], batch["attention_mask"]),
            path,
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding", "token_embeddings"],
            dynamic_axes={
                "input_ids": columns,
                "attention_mask": columns,
                "sentence_embedding": rows,
                "token_embeddings": columns,
            },
            opset_version=_OPSET,
            dynamo=False,
        )


def _optimise(original: "SentenceTransformer", traced: Path, path: Path) -> None:
    """Write the graph with attention, layer norms and activations fused."""
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata
    from onnxruntime.transformers import optimizer

    transformer, _ = _stages(original)
    config = transformer.auto_model.config
    optimised = optimizer.optimize_model(
        str(traced),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
    )
    add_pre_process_metadata(optimised.model)  # this is the preparation that quantising asks for
    optimised.save_model_to_file(str(path))


def _quantise(optimised: Path, path: Path) -> None:
    """Write the graph with int8 weights; activations are quantised as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        optimised,
        path,
        per_channel=True,
        weight_type=QuantType.QInt8,
        # The optimiser's own operators have no type inference; what they give is float32.
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )


def _check(original: "SentenceTransformer", folder: Path) -> None:
    """Refuse an export whose vectors are not the original's."""
    from onnxruntime import InferenceSession

    session = InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    expected = original.encode(list(_SENTENCES), prompt="", normalize_embeddings=True)
    lowest = 1.0
    for text, vector in zip(_SENTENCES, expected, strict=True):
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        (exported,) = session.run(["sentence_embedding"], inputs)
        lowest = min(lowest, float(exported[0] @ vector))
    if not lowest >= _MIN_COSINE:
        reason = (
            f"its int8 vectors are only within cosine {lowest:.3f} of its own, not {_MIN_COSINE}"
        )
        raise ExportRefused(
            Export.read(folder).name,
            f"{reason}; run it with sentence-transformers (runtime 'torch')",
        )
