"""Words and BM25: tables of awkward tokens, laws for any text, and the formula by hand."""

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tantivy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa import lexical
from qa.lexical import K1, MAX_TOKEN, TOLD, Concept, WordIndex, is_latin, stem, words

B = 0.75

WHOLE = [
    ("增长3.5%。", "3.5%"),
    ("增长３．５％。", "3.5%"),
    ("投资1,234.5元", "1234.5"),
    ("投资1,234.5万元", "12345000"),
    ("2025年", "2025年"),
    ("推出5G手机", "5g"),
    ("量产3nm芯片", "3nm"),
    ("到2025年10月27日止", "10月27日"),
    ("10月27号", "10月27日"),
    ("10月27日", "10月27日"),
    ("October 27, 2025", "10月27日"),
    ("the 3rd quarter", "3rd"),
    ("占三分之一", "1/3"),
    ("上世纪八十年代", "1980年代"),
    ("US$30 million", "30000000"),
    ("US$30 million", "dollar"),
    ("10月", "10月"),
    ("v2.5.40", "v2.5.40"),
    ("GPT-4发布", "gpt-4"),
    ("ＡＴ＆Ｔ", "at&t"),
    ("O’Brien said", "o'brien"),
    ("iPhone15", "iphone15"),
    ("Müller", "müller"),
    ("Москва", "москва"),
]
SHORT_FORMS = [
    ("2025年", "2025"),
    ("10月27日", "10月"),
    ("80%", "80"),
    ("13th", "13"),
    ("上海市", "上海"),
]


@pytest.mark.parametrize(("text", "token"), WHOLE)
def test_numbers_dates_and_names_stay_whole(text: str, token: str) -> None:
    assert token in words(text)


@pytest.mark.parametrize(("text", "token"), SHORT_FORMS)
def test_the_shorter_way_to_write_it_is_found_too(text: str, token: str) -> None:
    assert {text, token} <= set(words(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＩｏＴ ８０％", "aiot 80%"),
        ("TARGETS", "targets"),
        ("Straße", "STRASSE"),
        ("targets", "target"),
        ("Beijing's", "Beijing"),
        ("Beijing’s", "Beijing's"),
        ("1,234,567", "1234567"),
        ("占百分之八十", "占80%"),
        ("eighty per cent of THEM", "80% of them"),
        ("第三方平台", "第3方平台"),
    ],
)
def test_ways_to_write_one_thing_are_one(one: str, other: str) -> None:
    assert words(one) == words(other)


@given(st.text() | st.text("年月日号%,.'’-&_ 0123456789abcABC上海市\u0307\u200d\ud800"))
@example("")
@example("\0")
@example("\ud800")
@example("'s")
@example("İ")
@settings(max_examples=300)
def test_any_text_has_words_that_can_be_indexed(text: str) -> None:
    for token in words(text):
        assert 0 < len(token) <= MAX_TOKEN
        assert token == "".join(token.split()), "the index cuts at white space"
        assert token == token.casefold()
        is_latin(token)
        token.encode()


@given(st.text())
def test_width_and_case_do_not_matter(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)

    assert words(wide) == words(text)


@pytest.mark.parametrize("run", ["a" * 100_000, "9" * 100_000, "9.9" * 30_000, "a.a" * 50_000])
def test_a_runaway_token_is_left_out(run: str) -> None:
    assert words(f"前 {run} after") == ["前", "after"]


def test_threads_stem_alike() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(stem, ["running"] * 500)) == {"run"}


def test_a_word_in_latin_letters_is_told_from_chinese_and_numbers() -> None:
    assert is_latin("aiot")
    assert is_latin("é")
    assert not is_latin("上海")
    assert not is_latin("2025")


# The index.


def one(word: str) -> Concept:
    return ((word,),)


def keys(index: WordIndex, *concepts: Concept, depth: int = 100) -> list[int]:
    return [row.key for row in index.rank(concepts, depth)]


@pytest.fixture
def index(tmp_path: Path) -> WordIndex:
    return WordIndex(tmp_path / "words")


def test_how_a_name_sounds_is_found_and_adds_nothing_to_the_length_of_a_passage(
    index: WordIndex,
) -> None:
    index.apply([(1, ["tea", "~gongzheng", "龚正"]), (2, ["tea", "龚正"])], [], 1)
    assert keys(index, one("~gongzheng")) == [1]
    assert keys(index, one("gongzheng")) == []
    assert keys(index, (("tea", "龚正"),)) == [1, 2]
    first, second = index.rank([one("tea")], 2)
    assert first.score == second.score


def test_what_is_added_is_found_and_what_is_removed_is_not(index: WordIndex) -> None:
    index.apply([(1, ["tea"]), (2, ["tea", "milk"]), (3, ["milk"])], [], 1)
    assert keys(index, one("tea")) == [1, 2]

    index.apply([], [1, 3], 2)
    assert keys(index, one("tea")) == [2]
    assert (keys(index, one("milk")), len(index)) == ([2], 1)

    index.apply([(1, ["milk"])], [2], 3)
    assert (keys(index, one("tea")), keys(index, one("milk")), len(index)) == ([], [1], 1)


def test_a_key_that_is_added_again_is_replaced(index: WordIndex) -> None:
    index.apply([(1, ["tea"])], [], 1)
    index.apply([(1, ["milk"])], [], 2)

    assert (keys(index, one("tea")), keys(index, one("milk")), len(index)) == ([], [1], 1)


_tokens = st.lists(st.sampled_from(["tea", "milk", "上海"]), min_size=1, max_size=4)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(1, 6), _tokens, max_size=4),
            st.sets(st.integers(1, 6), max_size=3),
        ),
        max_size=4,
    )
)
@settings(max_examples=5)
def test_applying_twice_is_applying_once(
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[tuple[dict[int, list[str]], set[int]]],
) -> None:
    """A crash between commit and cursor is repaired by repeating."""
    index = WordIndex(tmp_path_factory.mktemp("words"))
    model: dict[int, list[str]] = {}
    for cursor, (added, removed) in enumerate(batches, 1):
        came = {key: tokens for key, tokens in added.items() if key not in removed}
        for _ in range(2):
            index.apply(came.items(), removed, cursor)
        model = {key: tokens for key, tokens in model.items() if key not in removed} | came
        for word in ("tea", "milk", "上海"):
            assert set(keys(index, one(word))) == {k for k, t in model.items() if word in t}
        assert (len(index), index.cursor) == (len(model), cursor)


def test_an_apply_that_fails_is_repaired_by_repeating_it(index: WordIndex) -> None:
    index.apply([(1, ["tea"])], [], 1)

    def broken() -> Iterator[tuple[int, list[str]]]:
        yield 2, ["milk"]
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        index.apply(broken(), [1], 2)

    assert index.cursor == 1
    index.apply([(2, ["milk"]), (3, ["milk"])], [1], 2)
    assert (keys(index, one("tea")), keys(index, one("milk")), len(index)) == ([], [2, 3], 2)


def test_a_commit_does_not_wait_for_segments_to_be_merged(
    index: WordIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = threading.Event()
    merge = WordIndex._merge

    def slow(self: WordIndex, writer: tantivy.IndexWriter) -> None:
        merging.wait(60)
        merge(self, writer)

    monkeypatch.setattr(WordIndex, "_merge", slow)

    index.apply([(1, ["tea"])], [], 1)
    assert keys(index, one("tea")) == [1]

    later = threading.Thread(target=index.apply, args=([(2, ["tea"])], [], 2))
    other = threading.Thread(target=WordIndex(index.folder).apply, args=([(3, ["tea"])], [], 3))
    later.start()
    other.start()
    assert keys(index, one("tea")) == [1]
    merging.set()
    for each in (later, other):
        each.join()
    index.settle()
    index._seen = -1, index._seen[1]
    assert keys(index, one("tea")) == [1, 2, 3]


def test_a_concept_is_looked_up_once_until_the_next_commit(
    index: WordIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[int] = []
    idf = lexical._idf

    def noted(passages: int, frequency: int) -> float:
        looked_up.append(frequency)
        return idf(passages, frequency)

    monkeypatch.setattr(lexical, "_idf", noted)
    index.apply([(1, ["tea"]), (2, ["tea", "pot"])], [], 1)

    asked = [one("tea")]
    (before,) = index.weights(asked)
    once = len(looked_up)
    assert [key for key, _ in index.rank(asked, 5)] == [1, 2]
    assert [key for key, _ in index.rank(asked, 5, [2])] == [2]
    assert index.weights(asked) == [before]
    assert len(looked_up) == once

    index.apply([(3, ["pot"])], [], 2)
    assert index.weights(asked) > [before]


def test_files_that_were_found_whole_are_read_again_only_when_they_change(
    index: WordIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    verify = lexical._verify_file

    def noted(path: Path) -> None:
        read.append(path.name)
        verify(path)

    index.apply([(1, ["tea"])], [], 1)
    index.settle()
    monkeypatch.setattr(lexical, "_verify_file", noted)

    WordIndex(index.folder)
    first, read[:] = set(read), []
    assert first
    WordIndex(index.folder)
    assert read == []
    WordIndex(index.folder, thorough=True)
    assert set(read) == first

    read.clear()
    index.apply([(2, ["milk"])], [], 2)
    index.settle()
    WordIndex(index.folder)
    assert read
    assert first.isdisjoint(read)

    (terms,) = (index.folder / name for name in first if name.endswith(".term"))
    content = bytearray(terms.read_bytes())
    content[len(content) // 2] ^= 1
    terms.write_bytes(content)
    with pytest.raises(ValueError, match="not as it was written"):
        WordIndex(index.folder)


def test_the_cursor_outlives_the_object(tmp_path: Path) -> None:
    assert WordIndex(tmp_path).cursor == 0
    WordIndex(tmp_path).apply([(1, ["tea"])], [], 17)
    assert WordIndex(tmp_path).cursor == 17


def test_two_objects_over_a_folder_see_each_others_commits(tmp_path: Path) -> None:
    one_side, other_side = WordIndex(tmp_path), WordIndex(tmp_path)
    for cursor in range(1, 6):
        writer, reader = (one_side, other_side) if cursor % 2 else (other_side, one_side)
        writer.apply([(cursor + 2, ["tea"])], [cursor], cursor)
        expected = [key for key in (cursor + 1, cursor + 2) if key > 2]
        assert keys(reader, one("tea")) == keys(writer, one("tea")) == expected


# The formula.

DOCUMENTS = {
    1: "shanghai port port ship",
    2: "shanghai ship",
    3: "beijing port ship ship ship rail rail",
    4: "beijing rail",
    5: "shanghai beijing rail rail rail port road road road road",
    6: "road",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> WordIndex:
    index = WordIndex(tmp_path_factory.mktemp("words"))
    index.apply([(key, text.split()) for key, text in DOCUMENTS.items()], [], 1)
    return index


def idf(*alternatives: str) -> float:
    total = len(DOCUMENTS)
    held = sum(word in text.split() for word in alternatives for text in DOCUMENTS.values())
    held = min(held, total)
    return math.log(1 + (total - held + 0.5) / (held + 0.5))


def saturation(word: str, text: str) -> float:
    """Return BM25's part that depends on the document."""
    tokens = text.split()
    average = sum(len(t.split()) for t in DOCUMENTS.values()) / len(DOCUMENTS)
    count = tokens.count(word)
    return count * (K1 + 1) / (count + K1 * (1 - B + B * len(tokens) / average))


def bm25(*concepts: tuple[str, ...]) -> dict[int, float]:
    """Return the scores of the documents, each concept given by its one-word ways to say it."""
    scores = {
        key: sum(
            idf(*words) * (best + TOLD * (best > 0))
            for words in concepts
            for best in [max(saturation(word, text) for word in words)]
        )
        for key, text in DOCUMENTS.items()
    }
    return {key: score for key, score in scores.items() if score}


@pytest.mark.parametrize(
    "concepts",
    [
        [("shanghai",)],
        [("port",), ("ship",)],
        [("shanghai",), ("beijing",), ("rail",), ("road",)],
        [("shanghai", "beijing"), ("port",)],
        [("ship", "rail", "absent"), ("road",)],
    ],
)
def test_scores_are_bm25_plus(corpus: WordIndex, concepts: list[tuple[str, ...]]) -> None:
    """A concept weighs by all its ways to say it; the one that a passage says best counts."""
    expected = bm25(*concepts)

    ranking = corpus.rank([tuple((word,) for word in words) for words in concepts], 10)

    assert [row.key for row in ranking] == sorted(expected, key=lambda k: (-expected[k], k))
    assert dict(ranking) == pytest.approx(expected, rel=1e-4)


def test_scores_are_bm25_after_removals_too(corpus: WordIndex, index: WordIndex) -> None:
    """The removed are counted on until their segment is merged, in every number alike."""
    index.apply([(key, text.split()) for key, text in DOCUMENTS.items()], [], 1)
    index.apply([], [2, 4], 2)
    concepts = [(("shanghai",), ("beijing",)), one("port"), one("road")]

    assert index.rank(concepts, 10) == corpus.rank(concepts, 10, [1, 3, 5, 6])
    assert index.weights(concepts) == corpus.weights(concepts)


def test_the_weight_of_a_concept_is_that_of_all_its_ways_together(corpus: WordIndex) -> None:
    both = (("shanghai",), ("beijing",))

    assert corpus.weights([one("road"), both]) == pytest.approx(
        [idf("road"), idf("shanghai", "beijing")]
    )


def test_a_rare_translation_scores_no_more_than_the_common_word(index: WordIndex) -> None:
    common = [(key, ["government", "news"]) for key in range(1, 20)]
    index.apply([*common, (20, ["政府", "news"])], [], 1)

    alone = index.rank([one("政府")], 1)[0]
    together = index.rank([(("government",), ("政府",))], 20)

    assert together[0].score == pytest.approx(together[-1].score)
    assert together[0].score < alone.score / 5


def test_a_phrase_needs_its_words_side_by_side_and_in_order(index: WordIndex) -> None:
    index.apply(
        [
            (1, ["new", "york", "times"]),
            (2, ["york", "new"]),
            (3, ["new", "old", "york"]),
        ],
        [],
        1,
    )

    assert keys(index, (("new", "york"),)) == [1]
    assert keys(index, (("new", "york"), ("old",))) == [1, 3]
    assert keys(index, (("york", "times"),)) == [1]


@pytest.mark.parametrize("listed", [0, 1_000])
def test_only_the_allowed_are_ranked_and_with_the_same_scores(
    corpus: WordIndex, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    monkeypatch.setattr("qa.lexical.LISTED", listed)
    everything = corpus.rank([one("port"), one("rail")], 10)

    some = corpus.rank([one("port"), one("rail")], 10, [4, 5, 99])

    assert some == tuple(row for row in everything if row.key in (4, 5))
    assert corpus.rank([one("port")], 10, []) == ()


def test_ties_are_ordered_by_key(index: WordIndex) -> None:
    index.apply([(key, ["tea"]) for key in (5, 3, 9)], [], 1)
    index.apply([(1, ["tea"])], [], 2)

    assert keys(index, one("tea")) == [1, 3, 5, 9]


@pytest.mark.parametrize("listed", [0, 1_000])
def test_the_allowed_are_found_behind_many_better_ones(
    index: WordIndex, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    monkeypatch.setattr("qa.lexical.LISTED", listed)
    index.apply([(key, ["tea"] + ["milk"] * (key // 50)) for key in range(200)], [], 1)

    found = index.rank([one("tea")], 2, [3, 160, 170, 199])

    assert [row.key for row in found] == [3, 160]


def test_of_many_equals_the_lowest_keys_are_found_whatever_came_first(index: WordIndex) -> None:
    for cursor, key in enumerate([12, 5, 9, 1, 7, 3, 11, 2, 10, 4, 8, 6], 1):
        index.apply([(key, ["tea"])], [], cursor)

    assert keys(index, one("tea"), depth=5) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "token", ['"', "a AND b", "key:1", "*", "(", "\\", "\0", "-tea", "", "x" * 70_000, "\U0010ffff"]
)
def test_a_hostile_token_is_only_a_token(index: WordIndex, token: str) -> None:
    index.apply([(1, ["tea"]), (2, [token, "milk"])], [], 1)

    assert 1 not in keys(index, one(token))
    assert keys(index, one("milk")) == [2]
    index.weights([one(token), ((token, token),)])


def test_nothing_asked_finds_nothing(corpus: WordIndex) -> None:
    assert corpus.rank([], 5) == ()
    assert corpus.rank([one("port")], 0) == ()
    assert corpus.rank([()], 5) == ()
    assert corpus.rank([one("nowhere")], 5) == ()


def test_an_empty_index_answers(index: WordIndex) -> None:
    assert index.rank([one("tea")], 5) == ()
    assert len(index.weights([one("tea")])) == 1
    assert len(index) == 0


def test_many_threads_search_while_another_writes(index: WordIndex) -> None:
    """Each sees a whole commit: keys come in pairs."""
    index.apply([(1, ["tea"]), (2, ["tea"])], [], 1)

    def read(_: int) -> int:
        return len(keys(index, one("tea"))) % 2

    with ThreadPoolExecutor(4) as pool:
        odd = pool.map(read, range(200))
        for cursor in range(2, 8):
            index.apply([(cursor * 2, ["tea"]), (cursor * 2 + 1, ["tea"])], [], cursor)
        assert not any(odd)
