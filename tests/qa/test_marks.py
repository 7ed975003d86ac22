"""The words that answer are marked: by rules, or as a reader says where it is sure."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embeddings.reader import Reader, Reading, Words
from qa.answer_types import marked, wanted
from qa.candidates import Candidate, Signals, candidates
from qa.dictionary import Unilingual
from qa.marks import SURE, Marks
from qa.neutral import NeutralEncoder
from qa.search import read_question
from qa.training.writing import write_reader
from qa.types import Article, Span
from qa.when import read_time
from tests.qa.training import BRIDGE, LIBRARY, make_network

from .conftest import make_article, make_hit

QUESTIONS = ("临江大桥有多长？", "Who designed the wing?", "大桥何时通车？")
ARTICLES = (
    make_article("b", BRIDGE),
    make_article("l", LIBRARY, title="New wing"),
)


@pytest.fixture(scope="module")
def any_reader(neutral_encoder: NeutralEncoder, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Return a reader that sees something in everything."""
    folder = tmp_path_factory.mktemp("reader")
    write_reader(make_network(neutral_encoder.model.dimension), folder / "any.onnx", "any", "test")
    return Reader(folder / "any.onnx", folder, threads=1)


def ranked(
    question: str, encoder: NeutralEncoder, reader: Reader | None, *articles: Article
) -> list[Candidate]:
    """Return the sentences as the engine has them marked."""
    asked = read_question(question, encoder, Unilingual())
    weights = dict.fromkeys(asked.concepts, 1.0)
    return candidates(asked, question, [*map(make_hit, articles)], encoder, weights, reader)


def by_rules(question: str, one: Candidate) -> tuple[Span, ...]:
    told = marked(one.text, wanted(question), question)
    return tuple(Span(one.span.start + mark.start, one.span.start + mark.end) for mark in told)


@settings(max_examples=25)
@given(
    text=st.text(alphabet="上海大桥16 a.，。！\n😀－ﬁ～", min_size=1).filter(str.strip),
    title=st.sampled_from(["", "临江大桥", "16 a."]),
    question=st.sampled_from(QUESTIONS),
)
@example(text="\u3000１２８０米。 a", title="临江", question=QUESTIONS[0])
def test_a_mark_lies_within_its_sentence(
    neutral_encoder: NeutralEncoder, any_reader: Reader, text: str, title: str, question: str
) -> None:
    article = make_article("a", text, title=title)
    some = ranked(question, neutral_encoder, any_reader, article)
    told = Marks(question).of(some)
    assert len(told) == len(some) > 0
    for one, spans in zip(some, told, strict=True):
        assert one.reading
        words = one.reading.words
        assert words is None or 0 <= words.start < words.end <= len(one.text)
        for mark in spans:
            assert one.span.start <= mark.start < mark.end <= one.span.end


@pytest.mark.parametrize("question", QUESTIONS)
def test_rules_alone_mark_where_there_is_no_reader(
    neutral_encoder: NeutralEncoder, question: str
) -> None:
    some = ranked(question, neutral_encoder, None, *ARTICLES)
    ruled = [by_rules(question, one) for one in some]
    assert any(ruled)
    assert not any(one.reading for one in some)
    assert Marks(question).of(some) == ruled


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("sure", [SURE - 0.01, SURE])
def test_a_reader_marks_where_it_is_sure_or_rules_do_not(
    neutral_encoder: NeutralEncoder, question: str, sure: float
) -> None:
    some = ranked(question, neutral_encoder, None, *ARTICLES)
    ruled = [by_rules(question, one) for one in some]
    assert any(ruled)
    assert not all(ruled)
    told = [replace(one, reading=Reading(1.0, Words(0, 1, sure))) for one in some]
    for one, rule, spans in zip(told, ruled, Marks(question).of(told), strict=True):
        read = (Span(one.span.start, one.span.start + 1),)
        assert spans == (read if sure >= SURE else rule or read)
    wordless = [replace(one, reading=Reading(1.0, None)) for one in some]
    assert Marks(question).of(wordless) == ruled


@pytest.mark.parametrize(
    ("text", "run", "marked"),
    [
        ("It is open until 10 p.m. on Mondays.", " 10 p.m.", "10 p.m."),
        ("It opens on June 3.", " June 3.", "June 3"),
        ("It is run by Tidewater Lines, they say.", " Tidewater Lines,", "Tidewater Lines"),
        ("大桥由周岚设计。", "周岚设计。", "周岚设计"),
        ("大桥，全长1.5公里。", "，全长1.5公里", "全长1.5公里"),
        ("大桥。", "。", ""),
    ],
)
def test_marks_have_neither_blanks_nor_punctuation_at_their_ends(
    text: str, run: str, marked: str
) -> None:
    at = text.index(run)
    reading = Reading(1.0, Words(at, at + len(run), 1.0))
    signals = Signals(0, 0, 0, 0, 0, False, False)
    one = Candidate(make_hit(make_article("a", text)), 0, signals, reading)
    (spans,) = Marks("What?").of([one])
    assert [span.of(text) for span in spans] == ([marked] if marked else [])


@pytest.mark.parametrize(
    ("question", "heard"),
    [
        ("What will Linjiang be in 2025?", ["a port city"]),
        ("What will Linjiang be in 2035?", ["a port city", "a hub in 2035"]),
        ("What will Linjiang be?", ["a port city", "a hub in 2035"]),
        ("When will Linjiang be a hub, by the plan of 2025?", ["a port city", "a hub in 2035"]),
    ],
)
def test_what_a_reader_says_of_another_time_than_is_asked_about_is_not_marked(
    question: str, heard: list[str]
) -> None:
    text = "In 2025 Linjiang will be a port city, and a hub in 2035."
    time = read_time(question, date(2024, 1, 1))
    for words in ("a port city", "a hub in 2035"):
        at = text.index(words)
        reading = Reading(1.0, Words(at, at + len(words), 1.0))
        signals = Signals(0, 0, 0, 0, 0, False, False)
        one = Candidate(make_hit(make_article("a", text)), 0, signals, reading)
        (spans,) = Marks(question, time).of([one])
        assert (words in [span.of(text) for span in spans]) == (words in heard)


def test_where_there_is_no_sentence_there_is_no_mark() -> None:
    assert Marks(QUESTIONS[0]).of([]) == []
