import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import segmenter
from qa.segmenter import LONGEST, cut, cut_for_search, frequency, part_of_speech


@pytest.fixture(scope="module", autouse=True)
def its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[jieba.Tokenizer]:
    """Yield jieba as it is, with all of its dictionary in memory."""
    jieba.setLogLevel("WARNING")
    jieba.dt.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    jieba.initialize()
    yield jieba.dt
    jieba.dt = jieba.Tokenizer()


def rows() -> list[tuple[str, int, str]]:
    with jieba.dt.get_dict_file() as lines:
        split = (line.decode().split() for line in lines)
        return [(word, int(count), tag) for word, count, tag in split]


WORDS = [word for word, _, _ in rows()]
TEXTS = st.lists(
    st.sampled_from(WORDS) | st.text(alphabet="上海的一不王丽𠀀龘a9%+.-· ，\n", max_size=4)
).map("".join)


@given(TEXTS)
def test_words_are_those_that_jieba_finds(text: str) -> None:
    assert list(cut(text)) == list(jieba.dt.cut(text))
    assert list(cut(text, unknown=False)) == list(jieba.dt.cut(text, HMM=False))
    assert list(cut_for_search(text)) == list(jieba.dt.cut_for_search(text))


def test_in_bulk_the_words_are_the_same() -> None:
    code = (
        "import sys; from qa.segmenter import cut_for_search, cut_in_bulk; cut_in_bulk();"
        "print([list(cut_for_search(text)) for text in sys.argv[1:]])"
    )
    texts = [
        *WORDS[::500],
        *map("".join, zip(*[iter(WORDS[::37])] * 9, strict=False)),
        "B超\r\n，%",
    ]
    run = [sys.executable, "-c", code, *texts]
    told = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert ast.literal_eval(told) == [list(jieba.dt.cut_for_search(text)) for text in texts]


def test_each_word_has_its_frequency_and_part_of_speech() -> None:
    # A word that stands there twice counts as the later line says.
    told = {word: (count, tag) for word, count, tag in rows()}
    assert {word: (frequency(word), part_of_speech(word)) for word in told} == told


@pytest.mark.parametrize("word", ["", "上海市闵行", "newsqa", "𠀀"])
def test_what_is_no_word_has_neither(word: str, its_own: jieba.Tokenizer) -> None:
    assert not its_own.FREQ.get(word)
    assert (frequency(word), part_of_speech(word), part_of_speech(word, "x")) == (0, "", "x")


def test_what_was_cut_is_not_cut_again() -> None:
    segmenter._cut.cache_clear()
    assert [*cut("市长龚正，市长龚正")] == ["市长", "龚正", "，", "市长", "龚正"]
    assert [*cut_for_search("市长龚正！")] == ["市长", "龚正", "！"]
    assert segmenter._cut.cache_info().misses == 1


def test_no_word_is_longer_than_is_looked_for() -> None:
    assert max(map(len, WORDS)) == LONGEST


def test_the_segmenter_trusts_no_file_of_the_shared_temporary_folder(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from qa.prepared import keep_prepared_in;"
        "from qa.lexical import words; keep_prepared_in(pathlib.Path(sys.argv[1])); words('重庆')"
    )
    mine, shared = tmp_path / "mine", tmp_path / "shared"
    shared.mkdir()
    environment = {**os.environ, "TMPDIR": str(shared)}
    subprocess.run([sys.executable, "-c", code, str(mine)], check=True, env=environment)
    assert [file.name.partition("-")[0] for file in mine.iterdir()] == ["words"]
    assert not list(shared.iterdir())
