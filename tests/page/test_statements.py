"""How the statements of an answer are read: marked, backed by several, at odds, or written."""

import pytest
from playwright.sync_api import Locator, expect

from .answers import (
    CORRECTION,
    LINE,
    TRAM,
    Said,
    done,
    event_stream,
    meta,
    source,
    statements,
    told,
    writing,
    written,
)
from .visitor import Visitor, ask

EMOJI = "🚋👩‍🚒 It carries 40,000 people a day."
LINE_SAYS = "该线平均每天运送4.2万人次，超过预期。"
CORRECTED = "三号线平均每天运送4.1万人次。"
ALSO: dict[str, object] = {**LINE, "id": "also", "publisher": "海湾快讯"}

ENGLISH = Said(TRAM, EMOJI, "40,000 people")
CHINESE = Said(LINE, LINE_SAYS, "4.2万人次")
CORRECTING = Said(CORRECTION, CORRECTED, "4.1万人次", correction=True)


def test_the_part_that_answers_is_marked_whatever_stands_before_it(visitor: Visitor) -> None:
    two = statements([ENGLISH], [Said(TRAM, "🚋👩‍🚒", "👩‍🚒"), CHINESE])
    visitor.answers = [told(two, [TRAM, LINE], "en")]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    marks = page.locator(".statements mark")
    expect(marks).to_have_text(["40,000 people", "👩‍🚒", "4.2万人次"])
    expect(page.locator(".statements .text")).to_have_text([EMOJI, "🚋👩‍🚒", LINE_SAYS])
    plain = page.locator(".statements .text").first.evaluate("e => getComputedStyle(e).fontWeight")
    bold = marks.first.evaluate("e => getComputedStyle(e).fontWeight")
    assert int(bold) > int(plain), "a mark is told by more than its colour"


def test_marks_that_meet_are_each_marked_once(visitor: Visitor) -> None:
    [one] = statements([ENGLISH])
    one["citations"][0]["marks"] = [[4, 15], [4, 7], [13, 22], [22, 28]]
    visitor.answers = [told([one], [TRAM], "en")]
    page = visitor.visit()
    ask(page, "tram")
    expect(page.locator(".statements .text")).to_have_text(EMOJI)
    marked = "".join(page.locator(".statements mark").all_inner_texts())
    assert marked == "".join(list(EMOJI)[4:28])


def test_others_that_say_the_same_are_folded_each_in_its_language(visitor: Visitor) -> None:
    visitor.answers = [told(statements([ENGLISH, CHINESE, CORRECTING]), [TRAM, LINE], "en")]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    first = page.locator(".statement > p")
    expect(first.locator(".text")).to_have_text(EMOJI)
    expect(first.locator(".text")).to_have_attribute("lang", "en")
    expect(first.locator(".note")).to_have_count(0)
    others = page.locator(".statement .quotes li")
    expect(others.first).to_be_hidden()
    page.get_by_text("Also said by 2 other sources").click()
    expect(others.locator(".text")).to_have_text([LINE_SAYS, CORRECTED])
    expect(others.first.locator(".text")).to_have_attribute("lang", "zh-Hans")
    expect(others.first.locator(".note")).to_have_text("Chinese original")
    expect(others.locator(".number")).to_have_text(["2", "3"])
    expect(others.locator(".correction")).to_have_text(["Correction"])
    page.locator("#language").click()
    expect(page.locator(".quotes summary")).to_have_text("另有 2 个来源也这样说")
    expect(others.locator(".correction")).to_have_text(["更正"])


def test_one_other_source_is_one(visitor: Visitor) -> None:
    visitor.answers = [told(statements([ENGLISH, CHINESE]), [TRAM, LINE], "en")]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    expect(page.locator(".quotes summary")).to_have_text("Also said by 1 other source")


def at_odds(language: str) -> bytes:
    also = Said(ALSO, LINE_SAYS, "4.2万人次")
    claims = statements([CORRECTING], [CHINESE, also], [ENGLISH])
    return told(claims, [CORRECTION, LINE, ALSO, TRAM], language, "conflicting")


def test_figures_that_differ_are_a_table_of_values_the_newer_first(visitor: Visitor) -> None:
    visitor.answers = [at_odds("en")]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    why = "These articles give different figures, the newer first:"
    expect(page.get_by_role("table", name=why).get_by_role("row")).to_have_count(4)
    cards = page.locator(".statement")
    expect(cards.locator(".value")).to_have_text(["4.1万人次", "4.2万人次", "40,000 people"])
    expect(cards.locator(".date time")).to_have_text(["9 Mar 2026", "5 Mar 2026", "1 Mar 2026"])
    expect(cards.locator(".date time").first).to_have_attribute("datetime", CORRECTION["published"])
    names = ["港城日报", "港城日报", "The Harbour Gazette"]
    expect(cards.locator(".from .name")).to_have_text(names)
    expect(cards.locator(".correction")).to_have_text(["Correction"])
    expect(cards.nth(1).locator("summary")).to_have_text("Also said by 1 other source")
    expect(cards.first.locator(".value span")).to_have_attribute("lang", "zh-Hans")
    page.locator("#language").click()
    expect(page.locator(".conflict")).to_have_text("这些文章给出的数字不同，较新的在前：")
    expect(cards.locator(".date time").first).to_have_text("2026年3月9日")


def left_edges(cells: Locator) -> set[float]:
    boxes = [cell.bounding_box() for cell in cells.all()]
    return {box["x"] for box in boxes if box}


@pytest.mark.parametrize(("width", "columns"), [(1280, 4), (360, 1)])
def test_what_is_known_of_a_value_stands_in_columns_where_there_is_room(
    visitor: Visitor, width: int, columns: int
) -> None:
    visitor.answers = [at_odds("zh")]
    page = visitor.visit(width=width)
    ask(page, "电车")
    expect(page.locator(".conflict")).to_be_visible()
    assert len(left_edges(page.locator(".statement td"))) == columns
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_difference_without_marks_is_still_told(visitor: Visitor) -> None:
    claims = statements([Said(LINE, LINE_SAYS)], [Said(TRAM, EMOJI)])
    visitor.answers = [told(claims, [LINE, TRAM], "zh", "conflicting")]
    page = visitor.visit()
    ask(page, "电车")
    expect(page.locator(".compared .text")).to_have_text([LINE_SAYS, EMOJI])
    expect(page.locator(".value")).to_have_count(0)


SENTENCE = "The tram carries about 42,000 people a day."


def test_a_written_sentence_shows_what_it_cites_and_who_wrote_it(visitor: Visitor) -> None:
    sentence = written(SENTENCE, CHINESE._replace(marked=""), ENGLISH._replace(marked=""))
    visitor.answers = [told([sentence], [LINE, TRAM], "en", writing=writing(dropped=2))]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    line = page.locator(".statement > p")
    expect(line.locator(".text")).to_have_text(SENTENCE)
    expect(line.locator(".note")).to_have_count(0)
    expect(line.locator(".number")).to_have_text(["1", "2"])
    line.locator(".chip").first.hover()
    expect(page.get_by_role("tooltip").locator("mark")).to_have_text(LINE_SAYS)
    page.get_by_text("What it cites: 2 sentences").click()
    expect(page.locator(".quotes .text")).to_have_text([LINE_SAYS, EMOJI])
    expect(page.locator(".quotes .note")).to_have_text(["Chinese original"])
    answer = page.locator("qa-answer")
    expect(answer).to_contain_text("Written by the language model tern-7b; each sentence was")
    expect(answer).to_contain_text("2 sentences were dropped because the articles do not bear")
    page.get_by_text("Sources (2)").click()
    expect(page.locator(".sources .fine").first).to_contain_text("Cited: 1")
    page.locator("#language").click()
    expect(answer).to_contain_text("由语言模型 tern-7b 撰写，每一句都已与所引原文核对。")
    expect(answer).to_contain_text("有 2 句在文章中没有依据，已略去。")


def test_a_model_that_fails_is_named_and_the_answer_is_quoted(visitor: Visitor) -> None:
    visitor.answers = [told(statements([ENGLISH]), [TRAM], "en", writing=writing(0, "unreachable"))]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    answer = page.locator("qa-answer")
    expect(answer).to_contain_text(
        "The language model tern-7b did not answer: its endpoint could not be reached."
    )
    expect(answer).to_contain_text("The answer is quoted from the articles instead.")
    expect(answer).not_to_contain_text("Written by")
    expect(page.locator(".statement .text")).to_have_text(EMOJI)


def test_a_model_that_stops_midway_is_said_to(visitor: Visitor) -> None:
    sentence = written(SENTENCE, ENGLISH._replace(marked=""))
    visitor.answers = [told([sentence], [TRAM], "zh", writing=writing(1, "interrupted"))]
    page = visitor.visit()
    ask(page, "电车")
    answer = page.locator("qa-answer")
    expect(answer).to_contain_text("语言模型 tern-7b 没有写完：回答中途断开。")
    expect(answer).to_contain_text("有 1 句在文章中没有依据")
    expect(answer).not_to_contain_text("改由文章原句作答")


def test_a_model_that_finds_nothing_leaves_no_answer(visitor: Visitor) -> None:
    end = done("not_found", "–", 0.1, writing(3))
    events = [("meta", meta("?", "en")), ("source", source(TRAM)), ("done", end)]
    visitor.answers = [event_stream(events)]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    expect(page.locator(".absence")).to_contain_text("Related, not an answer")
    answer = page.locator("qa-answer")
    expect(answer).to_contain_text("3 sentences were dropped")
    expect(answer).not_to_contain_text("quoted from the articles")
    expect(page.locator(".statement, .copy, .confidence")).to_have_count(0)


def test_an_answer_begun_anew_forgets_what_it_told(visitor: Visitor) -> None:
    begun = [("meta", meta("?", "zh")), ("source", source(LINE))]
    begun += [("statement", one) for one in statements([CHINESE])]
    anew = [("meta", meta("?", "en")), ("source", source(TRAM))]
    anew += [("statement", one) for one in statements([ENGLISH])]
    visitor.answers = [event_stream([*begun, *anew, ("done", done("answered", EMOJI))])]
    page = visitor.visit(locale="en-GB")
    ask(page, "tram")
    for _ in ("as it came", "as it is recalled"):
        expect(page.locator(".statement .text")).to_have_text([EMOJI])
        expect(page.locator(".folds summary").first).to_have_text("Sources (1)")
        page.reload()
