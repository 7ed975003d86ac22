"""Persons by sound: who is taken for one, and that English and Chinese meet."""

import pytest

from qa.concepts import read_concepts
from qa.dictionary import Dictionary
from qa.lexical import SOUND, words
from qa.names import SURNAMES, sound, surname_sounds


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("龚正", ("gong", "zheng")),
        ("吴清", ("wu", "qing")),
        ("李强", ("li", "qiang")),
        ("任正非", ("ren", "zhengfei")),
        ("金壮龙", ("jin", "zhuanglong")),
        ("曾文甫", ("zeng", "wenfu")),
        ("单田芳", ("shan", "tianfang")),
        ("吕玉兰", ("lu", "yulan")),
        ("欧阳娜娜", ("ouyang", "nana")),
    ],
)
def test_a_persons_name_is_heard_as_english_spells_it(name: str, pinyin: tuple[str, str]) -> None:
    assert sound(name) == pinyin


NO_NAMES = "高兴 方面 马上 金融 白酒 王 李 上海 龚 任務 解決 韓國 农业 公正 一 zheng 2025 王某某某 "


@pytest.mark.parametrize("word", [*NO_NAMES.split(), ""])
def test_another_word_is_no_name(word: str) -> None:
    assert sound(word) is None


def test_every_surname_has_a_sound_in_plain_letters() -> None:
    assert all(surname.isascii() and surname.isalpha() for surname in surname_sounds())
    assert len(surname_sounds()) <= len(SURNAMES)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("What did Gong Zheng say?", "上海市市长龚正表示"),
        ("Who is Zheng Gong?", "上海市市长龚正表示"),
        ("Ren Zhengfei", "华为创始人任正非"),
        ("Ren Zheng-fei", "华为创始人任正非"),
        ("上海市市长龚正的目标", "Gong Zheng, the mayor, said"),
        ("上海市市长龚正的目标", "the mayor (Zheng Gong)"),
    ],
)
def test_a_person_is_found_in_the_other_language(
    dictionary: Dictionary, question: str, passage: str
) -> None:
    told = set(words(passage))
    concepts = read_concepts(words(question), dictionary)
    assert any(
        told.issuperset(way) and (len(way) == 2 or way[0].startswith(SOUND))
        for concept in concepts
        for way in concept
    )


def test_inside_chinese_a_name_is_what_is_written_not_what_it_sounds_like(
    dictionary: Dictionary,
) -> None:
    told = set(words("李蔷表示"))
    concepts = read_concepts(words("李强"), dictionary)
    assert [concept[0] for concept in concepts] == [("李强",)]
    assert not any(told.issuperset(way) for way in concepts[0])
