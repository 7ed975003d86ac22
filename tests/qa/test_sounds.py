import sys

from hypothesis import example, given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, RE_HANS

from qa.sounds import LONGEST, syllables

PHRASES = sorted(PHRASES_DICT)
TEXTS = st.lists(st.sampled_from(PHRASES) | st.text(max_size=4)).map("".join)


@given(TEXTS)
@example("一定不是\0")
@example("\0一\0\0定")
def test_a_text_sounds_as_pypinyin_reads_it(text: str) -> None:
    assert syllables(text) == lazy_pinyin(text)


def test_each_phrase_and_character_sounds_so() -> None:
    characters = (one for one in map(chr, range(sys.maxunicode + 1)) if RE_HANS.match(one))
    for text in (*PHRASES[::7], *list(characters)[::7]):
        assert syllables(text) == lazy_pinyin(text)


def test_no_phrase_is_longer_than_is_looked_for() -> None:
    assert max(map(len, PHRASES)) == LONGEST
