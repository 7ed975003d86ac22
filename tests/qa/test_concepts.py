"""The dictionary, and what a question speaks of with its help."""

import threading
from pathlib import Path

import pytest

from qa import dictionary as module
from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.lexical import ASKING, Concept, stem, words


def concepts(question: str, dictionary: Dictionary) -> tuple[Concept, ...]:
    return read_concepts(words(question), dictionary)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("mayor", "市长"),
        ("target", "目标"),
        ("economy", "经济"),
        ("net profit", "净利润"),
        ("stock market", "股市"),
        ("shanghai", "上海"),
    ],
)
def test_what_is_said_in_one_language_is_found_in_the_other(
    dictionary: Dictionary, english: str, chinese: str
) -> None:
    stems = tuple(stem(word) for word in english.split())
    assert chinese in dictionary.chinese(stems)
    assert stems in dictionary.english(chinese)


def test_an_unknown_word_has_no_translation(dictionary: Dictionary) -> None:
    assert dictionary.chinese(("larkwat",)) == ()
    assert dictionary.english("云帆制冷") == ()
    assert dictionary.other_script("人") == ()
    assert dictionary.chinese(()) == ()
    assert dictionary.english("' OR 1=1 --") == ()


@pytest.mark.parametrize(("simplified", "traditional"), [("博物馆", "博物館"), ("市长", "市長")])
def test_a_word_is_known_in_both_scripts(
    dictionary: Dictionary, simplified: str, traditional: str
) -> None:
    assert traditional in dictionary.other_script(simplified)
    assert simplified in dictionary.other_script(traditional)
    assert dictionary.english(simplified) == dictionary.english(traditional)


def test_no_word_that_asks_translates_anything(dictionary: Dictionary) -> None:
    for asking in ASKING:
        assert not {(word,) for word in ASKING} & set(dictionary.english(asking))
        assert not ASKING & set(dictionary.chinese((asking,)))


def test_translations_are_few_and_the_usual_come_first(dictionary: Dictionary) -> None:
    city = dictionary.chinese(("citi",))
    assert len(city) <= module.MOST
    assert city.index("城市") < 5


def test_a_concept_begins_with_the_questions_own_word(dictionary: Dictionary) -> None:
    (mayor,) = concepts("mayor", dictionary)
    assert mayor[0] == ("mayor",)
    assert {("市长",), ("市長",)} <= set(mayor)
    (books,) = concepts("圖書", dictionary)
    assert books[0] == ("圖書",)
    assert ("图书",) in books
    assert ("book",) in books


def test_what_only_asks_is_no_concept(dictionary: Dictionary) -> None:
    for question in ("Who is it?", "什么是？", "how many are there", "", "？？？"):
        assert concepts(question, dictionary) == ()
    own = {concept[0] for concept in concepts("上海2025年的目标是什么", dictionary)}
    assert {("上海",), ("2025年",), ("目标",)} <= own
    assert not own & {(word,) for word in ASKING}


def test_the_longest_phrase_the_dictionary_knows_is_one_concept(dictionary: Dictionary) -> None:
    found = concepts("stock market tax", dictionary)
    assert [concept[0] for concept in found] == [("stock", "market"), ("tax",)]


def test_a_phrase_of_more_than_words_is_no_concept(dictionary: Dictionary) -> None:
    found = concepts("stock 2025 market", dictionary)
    assert [concept[0] for concept in found] == [("stock",), ("2025",), ("market",)]


def test_each_concept_counts_once(dictionary: Dictionary) -> None:
    once = concepts("mayor of Shanghai", dictionary)
    assert concepts("mayor mayor of Shanghai Shanghai mayor", dictionary) == once


def test_the_file_is_made_at_the_first_look_up_once_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = 0
    entries = [("市長", "市长", [(0, "mayor")]), ("目標", "目标", [(0, "target"), (1, "goal")])]

    def few() -> list[tuple[str, str, list[tuple[int, str]]]]:
        nonlocal built
        built += 1
        return entries

    monkeypatch.setattr(module, "_entries", few)
    cache = tmp_path / "cache"
    dictionary = Dictionary(cache)
    assert not cache.exists()

    seen: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: seen.append(dictionary.chinese(("mayor",))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [("市长", "市長")] * 8 or seen == [("市長", "市长")] * 8
    assert Dictionary(cache).english("目标") == (("target",), ("goal",))
    assert built == 1
    assert len(list(cache.iterdir())) == 1


def test_a_making_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("no space left")

    monkeypatch.setattr(module, "_entries", broken)
    with pytest.raises(OSError, match="no space left"):
        Dictionary(tmp_path).chinese(("mayor",))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr(module, "_entries", lambda: [("市長", "市长", [(0, "mayor")])])
    assert Dictionary(tmp_path).english("市长") == (("mayor",),)
