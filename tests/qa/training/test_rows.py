"""Files of questions with marked answers are read as they are meant, or refused by line."""

import gzip
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import QuestionRefused
from qa.known import learned_from
from qa.training.rows import Row, read_rows, write_articles

from . import BRIDGE, CHESS, LIBRARY, ROWS, row, write_rows


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_rows([one for one in ROWS if one.title], path)
    return path


def test_rows_come_as_they_stand_in_their_files(file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    titled = [one for one in ROWS if one.title]
    assert read_rows(str(file)) == read_rows(str(packed)) == titled


@given(count=st.integers(0, 12))
def test_some_of_a_files_rows_are_evenly_chosen(file: Path, count: int) -> None:
    rows = read_rows(str(file))
    some = read_rows(f"{file}:{count}")
    places = [rows.index(one) for one in some]
    assert len(some) == min(count, len(rows))
    assert places == sorted(set(places))
    steps = [after - before for before, after in pairwise(places)]
    assert not steps or max(steps) - min(steps) <= 1


def test_a_folder_is_read_as_evaluate_reads_it(tmp_path: Path) -> None:
    passages = [
        {"id": "b", "text": BRIDGE, "title": "大桥", "date": "2024-05-17"},
        {"id": "l", "text": LIBRARY, "lang": "en"},
    ]
    queries = [
        {"question": "多长？", "relevant": ["b"], "answers": ["1280米"], "lang": "zh"},
        {"question": "谁？", "relevant": ["l"], "answers": ["Nora Pell", "Nora"], "lang": "zh"},
        {"question": "谁？", "relevant": ["b"], "answers": [], "lang": "zh"},
    ]
    for name, lines in (("passages", passages), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    at = LIBRARY.find("Nora Pell")
    assert read_rows(str(tmp_path)) == [
        Row(
            "多长？", BRIDGE, "大桥", (("1280米", BRIDGE.find("1280米")),), "zh", "zh", "2024-05-17"
        ),
        Row("谁？", LIBRARY, "", (("Nora Pell", at), ("Nora", at)), "en", "zh"),
        Row("谁？", BRIDGE, "大桥", (), "zh", "zh", "2024-05-17"),
    ]
    (tmp_path / "queries.jsonl").write_text(json.dumps({**queries[0], "relevant": ["nowhere"]}))
    with pytest.raises(QuestionRefused) as told:
        read_rows(str(tmp_path))
    assert told.value.field == f"{tmp_path / 'queries.jsonl'}:1"


def test_of_parallel_folders_the_same_titles_are_learned_from(tmp_path: Path) -> None:
    titles = [f"title {at}" for at in range(40)]
    learned = []
    for language in ("zh", "en"):
        folder = tmp_path / language
        folder.mkdir()
        for name, key in (("passages", "id"), ("queries", "relevant")):
            lines = [
                {key: title if key == "id" else [title], "title": title, "text": BRIDGE,
                 "question": "?", "answers": [], "lang": language}
                for title in titles
            ]  # fmt: skip
            (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
        learned.append({one.title for one in read_rows(f"{folder}:half")})
    assert learned[0] == learned[1] == {title for title in titles if learned_from(title)}
    assert 10 < len(learned[0]) < 30


@pytest.mark.parametrize(
    "line",
    [
        '{"question": "q", "context": ',
        '["question", "context"]',
        '{"question": "q", "answers": [], "lang": "en"}',
        '{"question": "q", "context": "c", "answers": [["a", 0]], "lang": "en"}',
        '{"question": "q", "context": "c", "answers": [{"text": "a", "start": "?"}], "lang": "en"}',
        '{"question": "q", "context": "c", "answers": null, "lang": "en"}',
    ],
)
def test_what_is_no_row_is_refused_by_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(ROWS[:2], path)
    path.write_text(f"{path.read_text()}\n{line}\n")
    with pytest.raises(QuestionRefused) as told:
        read_rows(str(path))
    assert told.value.field == f"{path}:4"


@pytest.mark.parametrize("damage", ["missing", "no gzip", "cut short", "changed", "no UTF-8"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, file: Path, damage: str) -> None:
    whole = gzip.compress(file.read_bytes())
    path = tmp_path / "rows.jsonl.gz"
    told = {
        "no gzip": b"text",
        "cut short": whole[: len(whole) // 2],
        "changed": whole[:20] + bytes(200) + whole[220:],
        "no UTF-8": gzip.compress(b"\xff"),
    }
    if damage in told:
        path.write_bytes(told[damage])
    with pytest.raises(QuestionRefused, match="cannot be read") as refused:
        read_rows(str(path))
    assert refused.value.field == str(path)


def test_each_text_is_an_article_once(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    write_articles(ROWS, path)
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert {one["id"] for one in told} == {one.article for one in ROWS}
    assert len(told) == len({(one.title, one.text) for one in ROWS})


def test_an_article_has_the_date_of_its_text(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    write_articles([replace(ROWS[0], date="2024-05-17"), row("谁？", CHESS)], path)
    dated, undated = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert dated["date"] == "2024-05-17"
    assert "date" not in undated


def test_some_texts_without_a_title_are_given_one_that_they_begin_with(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows([row("?", f"{at} {LIBRARY}", language="en") for at in range(20)], path)
    titles = [one.title for one in read_rows(str(path))]
    assert "" in titles
    assert any(titles)
    assert all(one.text.startswith(one.title) for one in read_rows(str(path)))
