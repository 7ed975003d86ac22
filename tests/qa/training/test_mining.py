"""Rows are found as questions are, each once, and kept whole."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.candidates import CANDIDATE_SENTENCES
from qa.context import in_context
from qa.search import read_question
from qa.training import mining as module
from qa.training.mining import Example, Text, _load, _save
from qa.training.rows import digest
from qa.types import Article

from . import BRIDGE, KEPT, LIBRARY, NOWHERE, ROWS, UNANSWERED, row
from .conftest import Mining, OpenMine

HAN = re.compile(r"[\u4e00-\u9fff]")


def sentences(articles: list[Article]) -> set[Text]:
    """Return every sentence as it is read."""
    return {
        Text(*in_context(article, number))
        for article in articles
        for number in range(len(article.sentences))
    }


def articles_of(mining: Mining) -> list[Article]:
    ids = {one.article for one in ROWS}
    return [
        article
        for engine in mining.engines.values()
        for article in engine.corpus.articles.find(ids).values()
    ]


def test_each_row_whose_answer_stands_in_its_text_is_an_example(
    mining: Mining, examples: list[Example]
) -> None:
    known = sentences(articles_of(mining))
    for one, source in zip(examples, KEPT, strict=True):
        assert one.question == source.question
        assert one.switched
        own = [Text(text.text, text.start) for text in one.texts]
        assert set(own) <= known
        assert 0 < len(own) == len(set(own)) <= CANDIDATE_SENTENCES + 1
        assert (one.right is None) == (not source.answers)
    assert UNANSWERED in KEPT
    assert NOWHERE not in KEPT


def test_the_sentence_that_answers_holds_the_answer_where_it_says(examples: list[Example]) -> None:
    for one, source in zip(examples, KEPT, strict=True):
        marked = [text for text in one.texts if text.answer]
        assert len(marked) == bool(source.answers)
        for text in marked:
            assert one.right is not None
            assert one.texts[one.right] is text
            assert text.answer
            first, last = text.answer
            assert text.start <= first
            assert text.text[first:last] == source.answers[0][0]
            assert text.text[text.start : last] in source.text


def test_no_other_sentence_holds_the_words_of_the_answer(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    """It might answer as well: nobody has looked."""
    some = [
        row("大桥全长多少？", BRIDGE, "1280米", title="临江大桥"),
        row("大桥怎样？", "大桥全长1280米，众所周知。大桥很美。", title="另一篇"),
        row("大桥由谁设计？", BRIDGE + "周岚再次到场。", "周岚", title="又一篇"),
    ]
    mining = open_mine(tmp_path)
    mining.mine.index(some, lambda _: None)
    for one, source in zip(mining.mine.examples(some, lambda _: None), some, strict=True):
        others = [text for at, text in enumerate(one.texts) if at != one.right]
        assert others
        for text in others:
            assert not any(answer in text.text[text.start :] for answer, _ in source.answers)


def test_an_answer_that_stands_in_a_text_twice_is_where_its_row_says(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    text = "周岚到场。大桥由周岚设计。周岚离开。"
    some = replace(row("大桥由谁设计？", text), answers=(("周岚", text.find("由周岚")),))
    mining = open_mine(tmp_path)
    mining.mine.index([some], lambda _: None)
    (one,) = mining.mine.examples([some], lambda _: None)
    assert one.right is not None
    right = one.texts[one.right]
    assert right.text[right.start :] == "大桥由周岚设计。"


def test_a_question_of_the_other_language_is_shown_texts_of_one(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    """Or whoever learns would tell the answer by its language; and a parallel text answers, too."""
    some = [one for one in KEPT if one.language == "en"]
    across = replace(row("谁设计了新楼？", LIBRARY, "Nora Pell", language="en"), asked_in="zh")
    parallel = row("谁设计了新楼？", "新楼由诺拉·佩尔设计。", "诺拉·佩尔")
    mining = open_mine(tmp_path)
    mining.mine.index([*some, across, parallel], lambda _: None)
    found = [*mining.mine.examples([across, parallel], lambda _: None)]
    first, second = ([text.text for text in one.texts] for one in found)
    assert len(first) > 1
    assert not any(HAN.search(text) for text in first)
    assert {text.rpartition("\n")[2] for text in second} == {"新楼由诺拉·佩尔设计。"}
    assert HAN.search(found[1].question)
    assert "who" in found[0].switched


def test_what_was_found_stays_when_more_files_come(open_mine: OpenMine, tmp_path: Path) -> None:
    first, second = ROWS[:7], ROWS[7:]
    mining = open_mine(tmp_path)
    mining.mine.index(first, lambda _: None)
    found = [*mining.mine.examples(first, lambda _: None)]
    more = open_mine(tmp_path)
    more.mine.index([*first, *second], lambda _: None)
    with patch.object(module, "read_question", wraps=read_question) as reading:
        assert [*more.mine.examples(first, lambda _: None)] == found
        reading.assert_not_called()
        assert [*more.mine.examples(second, lambda _: None)]
        assert reading.call_count == len(second)


def test_what_was_found_is_neither_encoded_nor_asked_again(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    first = open_mine(tmp_path)
    with patch.object(module, "CHUNK", 5):
        first.mine.index(ROWS, lambda _: None)
        found = [*first.mine.examples(ROWS, lambda _: None)]
        assert len([*tmp_path.glob("examples-*.jsonl")]) == 3
        again = open_mine(tmp_path)
        asked: list[int] = []
        with patch.object(module, "read_question", side_effect=AssertionError("asked again")):
            again.mine.index(ROWS, lambda _: None)
            assert [*again.mine.examples(ROWS, asked.append)] == found
        assert again.encoder.encoded == []
        assert sum(asked) == len(ROWS)
        (tmp_path / f"examples-{digest(ROWS[5:10])}.jsonl").unlink()
        with patch.object(module, "read_question", wraps=read_question) as reading:
            assert [*again.mine.examples(ROWS, lambda _: None)] == found
        assert {call.args[0] for call in reading.call_args_list} == {
            one.question for one in ROWS[5:10] if one is not NOWHERE
        }


def test_a_file_of_examples_is_whole_or_absent(open_mine: OpenMine, tmp_path: Path) -> None:
    mining = open_mine(tmp_path)
    mining.mine.index(ROWS, lambda _: None)

    def stopped() -> Iterator[int]:
        yield from (1, 1, 1)
        raise KeyboardInterrupt

    coming = stopped()
    with pytest.raises(KeyboardInterrupt):
        [*mining.mine.examples(ROWS, lambda _: next(coming))]
    assert not [*tmp_path.glob("examples-*.jsonl")]
    with (
        patch.object(json, "dumps", side_effect=OSError("the disk is full")),
        pytest.raises(OSError, match="full"),
    ):
        [*mining.mine.examples(ROWS, lambda _: None)]
    assert not [*tmp_path.glob("examples-*.jsonl")]
    assert len([*mining.mine.examples(ROWS, lambda _: None)]) == len(KEPT)
    assert [path.suffix for path in tmp_path.glob("examples-*")] == [".jsonl"]


def test_rows_of_which_none_is_answered_give_no_example(
    open_mine: OpenMine, tmp_path: Path
) -> None:
    """An article without a text is not taken, and its questions are left out like others."""
    rows = [NOWHERE, row("多长？", "", "1280米", title="大桥")]
    mining = open_mine(tmp_path)
    mining.mine.index([*rows, row("?", BRIDGE)], lambda _: None)
    assert [*mining.mine.examples(rows, lambda _: None)] == []
    assert [*mining.mine.examples(rows, lambda _: None)] == []


counts = st.integers(0, 2**40)
some_texts = st.builds(Text, st.text(), counts, st.none() | st.tuples(counts, counts))
some_examples = st.builds(
    Example, st.text(), st.text(), st.lists(some_texts, max_size=4).map(tuple)
)


@settings(max_examples=50)
@given(some=st.lists(some_examples, max_size=4))
def test_examples_are_loaded_as_they_were_saved(
    tmp_path_factory: pytest.TempPathFactory, some: list[Example]
) -> None:
    path = tmp_path_factory.mktemp("saved") / "examples-000.jsonl"
    _save(path, some)
    assert [*_load(path)] == some
