"""A sentence-transformers model -> files to serve it without torch, checked against the original.

An export is a folder: the graph (embeddings/graph.py), the tokenizer (embeddings/pieces.py, or
`tokenizer.json` where that cannot hold it) and `encoder.json` (the fields of `Export`).
"""

import gc
import json
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from embeddings.graph import Graph, import_openvino
from embeddings.models import ExportRefused, Model, ModelUnusable, model_folder
from embeddings.pieces import Pieces, has_pieces, write_pieces
from embeddings.tokens import PromptTokenizer, Role, WholeVocabulary, role_prompts, special_tokens

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tqdm import tqdm

_VERSION = 1  # to be raised by every change that changes vectors
_FILES = 2  # to be raised by every other change of what an export holds
_STEPS = 5  # assemble, load, convert, write, check
_LENGTH = 512  # of texts that are read by a model without a limit of its own
_REMEDY = "run it with sentence-transformers instead (runtime 'torch')"

_MIN_COSINE = 0.995
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
        special: ids of the tokens before and after any text.
    """

    name: str
    fingerprint: str
    dimension: int
    max_length: int
    prompts: dict[Role, str]
    special: tuple[list[int], list[int]]

    @classmethod
    def read(cls, folder: Path) -> "Export":
        """Return the description of the export in `folder`."""
        return cls(**json.loads((folder / "encoder.json").read_text(encoding="utf-8")))


def export(model: Model, cache: Path) -> Path:
    """Return the folder of the exported model in `cache`, exporting it first if need be.

    An export appears in `cache` all at once, when it has passed its check. For the built-in model
    it takes 30 s and 1.8 GB of memory at most; progress is shown on standard error.

    Raises:
        ExportRefused: the model is of a kind that cannot be exported, or came out unlike itself.
        ModelUnusable: the model cannot be loaded.
    """
    fingerprint = f"{model.fingerprint}-openvino-{_VERSION}"
    folder = cache / f"{fingerprint}-{_FILES}"
    if folder.is_dir():
        return folder
    from tqdm import tqdm

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


def open_tokenizer(folder: Path) -> PromptTokenizer:
    """Return the tokenizer of the export in `folder`."""
    description = Export.read(folder)
    cutter = Pieces(folder) if has_pieces(folder) else _whole(folder)
    return PromptTokenizer(cutter, description.special, description.prompts, description.max_length)


def _whole(folder: Path) -> WholeVocabulary:
    return WholeVocabulary(Tokenizer.from_file(str(folder / "tokenizer.json")))


def load(folder: Path) -> "SentenceTransformer":
    """Load a sentence-transformers folder for the CPU, without transformers' report of it.

    Raises:
        ModelUnusable: sentence-transformers cannot make a model of the folder.
    """
    from sentence_transformers import SentenceTransformer

    try:
        with _without_reports():
            return SentenceTransformer(str(folder), device="cpu")
    except (OSError, ValueError) as error:
        raise ModelUnusable(str(folder), f"cannot be loaded; is it whole? ({error})") from error


@contextmanager
def _without_reports() -> Iterator[None]:
    """Keep transformers from telling what it does, which stands in the way of our own progress."""
    from transformers.utils import logging

    reports: Any = logging  # its functions are not typed
    verbosity = reports.get_verbosity()
    reports.set_verbosity_error()
    reports.disable_progress_bar()
    try:
        yield
    finally:
        reports.set_verbosity(verbosity)
        reports.enable_progress_bar()


def _export(model: Model, fingerprint: str, folder: Path, bar: "tqdm[Any]") -> None:
    """Write the export into the empty `folder`."""
    with ExitStack() as original_files:
        with _step(bar, "assemble"):
            source = original_files.enter_context(model_folder(model))
        with _step(bar, "load"):
            original = load(source)
            description = _describe(original, model.name, fingerprint)
        with _step(bar, "convert"):
            try:
                graph = _convert(original)
            # Tracing runs whatever code the model brings, and that may raise whatever it likes.
            except Exception as error:
                reason = f"it cannot be converted ({error}); {_REMEDY}"
                raise ExportRefused(model.name, reason) from error
        with _step(bar, "write"):
            _write(original, graph, description, folder)
        with _step(bar, "check"):
            _check(original, folder)


@contextmanager
def _step(bar: "tqdm[Any]", name: str) -> Iterator[None]:
    bar.set_postfix_str(name)
    yield
    gc.collect()  # graphs refer to themselves and would outlive their step
    bar.update()


def _describe(original: "SentenceTransformer", name: str, fingerprint: str) -> Export:
    """Return what an encoder must know of a model, once it is known that it can be exported."""
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    kinds = [type(module) for module in original]
    if kinds not in ([Transformer, Pooling], [Transformer, Pooling, Normalize]):
        stages = ", ".join(kind.__name__ for kind in kinds)
        raise ExportRefused(
            name, f"only Transformer, Pooling, Normalize export, not {stages}; {_REMEDY}"
        )
    transformer, pooling = _stages(original)
    model = transformer.auto_model
    if "inputs_embeds" not in signature(model.forward).parameters:
        raise ExportRefused(name, f"its {type(model).__name__} reads only token ids; {_REMEDY}")
    if not pooling.include_prompt:
        raise ExportRefused(name, f"pooling {pooling.get_config_dict()} does not export; {_REMEDY}")
    if not getattr(original.tokenizer, "is_fast", False):
        raise ExportRefused(name, f"it has no tokenizer.json; {_REMEDY}")
    positions = _positions(model)
    return Export(
        name=name,
        fingerprint=fingerprint,
        dimension=int(original.get_embedding_dimension() or 0),
        max_length=min(transformer.max_seq_length or positions, positions),
        prompts=role_prompts(original.prompts),
        special=special_tokens(_tokenizer(original)),
    )


def _positions(model: Any) -> int:
    """Return how many tokens a transformer has positions for."""
    positions = getattr(model.config, "max_position_embeddings", None) or _LENGTH
    embeddings = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(embeddings, "padding_idx", None)
    # The roberta family counts positions from the one after the padding's.
    return int(positions) - (0 if padding is None else padding + 1)


def _stages(original: "SentenceTransformer") -> tuple[Any, Any]:
    """Return transformer and pooling; Any, because torch takes every attribute for a Tensor."""
    return original[0], original[1]


def _tokenizer(original: "SentenceTransformer") -> Tokenizer:
    """Return a copy of the tokenizer, that of the model is set up anew for every batch."""
    tokenizer = Tokenizer.from_str(original.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _convert(original: "SentenceTransformer") -> Any:
    """Return OpenVINO's graph of transformer, pooling and unit length, from vectors of tokens."""
    import torch

    frontends = import_openvino("openvino.frontend")
    tracing = import_openvino("openvino.frontend.pytorch.ts_decoder")
    transformer, pooling = _stages(original)

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer.auto_model

        def forward(
            self, embeddings: torch.Tensor, mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            told = self.transformer(
                inputs_embeds=embeddings, attention_mask=mask, output_hidden_states=True
            )
            # What enters the first layer comes first, what leaves the last one last.
            tokens, states = told[0], told.hidden_states
            pooled = pooling({"token_embeddings": tokens, "attention_mask": mask})
            vector = torch.nn.functional.normalize(pooled["sentence_embedding"], dim=-1)
            return vector, tokens, states[(len(states) - 1) // 2]

    width = transformer.auto_model.get_input_embeddings().weight.shape[1]
    example = {
        "embeddings": torch.randn(2, 7, width, generator=torch.Generator().manual_seed(0)),
        "mask": torch.tensor([[1] * 7, [1] * 5 + [0] * 2]),
    }
    with warnings.catch_warnings(), _without_reports(), torch.no_grad():
        # Tracing fears of every shape it sees that it may be a constant, and models' code of every
        # version of its own libraries; the check is run on other shapes than these.
        warnings.simplefilter("ignore")
        decoder = tracing.TorchScriptPythonDecoder(Graph().eval(), example_input=example)
    frontend = frontends.FrontEndManager().load_by_framework("pytorch")
    graph = frontend.convert(frontend.load(decoder))
    for output, name in zip(graph.outputs, ("vector", "tokens", "half"), strict=True):
        output.get_tensor().set_names({name})
    return graph


def _write(original: "SentenceTransformer", graph: Any, description: Export, folder: Path) -> None:
    import_openvino().save_model(graph, folder / "model.xml", compress_to_fp16=True)
    table = _stages(original)[0].auto_model.get_input_embeddings().weight
    np.save(folder / "embeddings.npy", table.detach().numpy().astype(np.float16))
    tokenizer = _tokenizer(original)
    if not write_pieces(tokenizer, folder):
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    content = json.dumps(asdict(description), indent=2, ensure_ascii=False)
    (folder / "encoder.json").write_text(content, encoding="utf-8")


def _check(original: "SentenceTransformer", folder: Path) -> None:
    """Refuse an export whose vectors are not the original's: alone, in a batch, short or long."""
    description = Export.read(folder)
    tokenizer = open_tokenizer(folder)
    whole = " ".join(_SENTENCES)
    texts = [*_SENTENCES, whole, whole * (1 + description.max_length // 100)]
    encoded = [tokenizer.ids(tokens) for tokens in tokenizer.encode(texts, "passage")]
    original.max_seq_length = description.max_length
    prompt = description.prompts["passage"]
    expected = original.encode(texts, prompt=prompt, normalize_embeddings=True)
    try:
        graph = Graph(folder, max_length=description.max_length, threads=1)
        batch, alone = graph.run(encoded), [graph.run([ids])[0] for ids in encoded]
    except RuntimeError as error:
        raise ExportRefused(
            description.name, f"its graph does not run ({error}); {_REMEDY}"
        ) from error
    exported = np.array([[output.vector for output in outputs] for outputs in (batch, alone)])
    lowest = (exported * expected).sum(axis=-1).min()
    if not lowest >= _MIN_COSINE:  # nor is NaN
        reason = f"its vectors are only within cosine {lowest:.3f} of its own, not {_MIN_COSINE}"
        raise ExportRefused(description.name, f"{reason}; {_REMEDY}")
