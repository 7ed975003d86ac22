"""Paths to drafts: what is read, under which origin, and what is refused."""

import gzip
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from qa.articles import article_id
from qa.errors import ArticleRefused
from qa.sources import read_paths
from qa.store import ArticleStore, Draft

SEEDS = Path(__file__).parents[2] / "seeds"


def origins(paths: Iterable[str]) -> list[str]:
    """Return the origins of the articles read, and of those refused behind an exclamation mark."""
    return [
        f"!{row.origin}" if isinstance(row, ArticleRefused) else row.article.origin
        for row in read_paths(paths)
    ]


def drafts(*paths: str) -> list[Draft]:
    rows = list(read_paths(paths))
    assert not [row for row in rows if isinstance(row, ArticleRefused)]
    return [row for row in rows if isinstance(row, Draft)]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of articles, which is also the current one."""
    for name in (
        "b.md",
        "a.txt",
        "LOUD.HTML",
        "notes.docx",
        ".hidden.md",
        "2021/c.markdown",
        "2021/10/d.md",
        ".git/e.md",
        "folder.md/f.md",
    ):
        path = tmp_path / "news" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<p>{name}的正文。</p>" if name == "LOUD.HTML" else f"{name}的正文。")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_is_searched_to_the_bottom_in_order(tree: Path) -> None:
    expected = ["2021/10/d.md", "2021/c.markdown", "LOUD.HTML", "a.txt", "b.md", "folder.md/f.md"]

    assert origins(["news"]) == origins([str(tree / "news")]) == origins(["news/"]) == expected


def test_a_hidden_folder_that_is_named_is_searched(tree: Path) -> None:
    assert origins([str(tree / "news" / ".git")]) == ["e.md"]


@pytest.mark.parametrize("name", ["news/b.md", "news/notes.docx", "news/.hidden.md"])
def test_a_file_that_is_named_is_read_whatever_it_is_called(tree: Path, name: str) -> None:
    assert origins([name]) == origins([str(tree / name)]) == [Path(name).name]


def test_globs_are_relative_or_absolute(tree: Path) -> None:
    assert origins(["news/*.md"]) == origins([str(tree / "news/*.md")])
    assert {"b.md", "f.md"} <= set(origins(["news/*.md"]))
    assert origins(["news/20*"]) == ["10/d.md", "c.markdown"]
    assert origins(["news/**/d.md"]) == ["d.md"]
    assert origins([f"../{tree.name}/news/b.*"]) == ["b.md"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_glob(tree: Path) -> None:
    (tree / "[1].md").write_text("正文。")

    assert origins(["[1].md"]) == ["[1].md"]


@pytest.mark.parametrize("path", ["missing.md", "missing/*.md", "a**b", "***", "/missing", "x\0y"])
@pytest.mark.usefixtures("tree")
def test_a_path_without_articles_is_refused_and_the_others_are_read(path: str) -> None:
    assert origins([path, "news/b.md"]) == [f"!{path}", "b.md"]


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    (refusal,) = read_paths([str(tmp_path)])

    assert isinstance(refusal, ArticleRefused)
    assert "no articles" in refusal.reason


def test_a_bad_file_is_refused_and_the_others_are_read(tree: Path) -> None:
    (tree / "news" / "a.txt").write_bytes(b"\xff\xfe\x00\x01binary\x80")

    assert "!a.txt" in origins(["news"])
    assert "b.md" in origins(["news"])


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, "---\ntitle: 标题\n---\n正文。\n".encode())

    (draft,) = drafts("-")

    assert (draft.article.title, draft.article.origin, draft.location) == ("标题", "-", "")


def test_json_lines_keep_their_ids(tmp_path: Path) -> None:
    lines = [{"id": f"n{n}", "title": "题", "text": f"第{n}条。"} for n in range(3)]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    (tmp_path / "news.jsonl").write_bytes(data)
    (tmp_path / "news.jsonl.gz").write_bytes(gzip.compress(data))

    for name in ("news.jsonl", "news.jsonl.gz"):
        read = drafts(str(tmp_path / name))
        assert [(d.article.id, d.named, d.location) for d in read] == [
            (f"n{n}", True, "") for n in range(3)
        ]


def test_a_bad_line_is_refused_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "news.jsonl").write_text('{"id":"a","text":"一。"}\n{"id":"b"}\n{"text":"三。"}\n')

    found = origins([str(tmp_path / "news.jsonl")])

    assert found == ["news.jsonl", "!news.jsonl:2", "news.jsonl"]


def test_a_document_is_known_by_its_place_and_its_bytes(tree: Path) -> None:
    (draft,) = drafts("news/b.md")

    source = (tree / "news/b.md").read_bytes()
    assert draft.location == str((tree / "news/b.md").resolve())
    assert draft.source == source
    assert (draft.article.id, draft.named) == (article_id(source), False)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.md", "旧文。", "新文。"),
        ("a.html", "<p>旧文。</p>", "<p>新文。</p>"),
        ("a.json", '{"id": "n", "text": "旧文。"}', '{"id": "n", "text": "新文。"}'),
        ("a.json", '{"text": "旧文。"}', '{"text": "新文。"}'),
        ("a.json", '{\n"text": "旧文。"\n}', '{\n"text": "新文。"\n}'),
    ],
)
def test_a_file_that_is_rewritten_stays_one_article(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    articles = ArticleStore(tmp_path / "articles.sqlite")
    path = tmp_path / name
    path.write_text(old)
    ((id, _),) = articles.put(drafts(str(path)))
    path.write_text(new)

    assert articles.put(drafts(str(path))) == [(id, "updated")]


def test_the_seeds_are_read() -> None:
    read = drafts(str(SEEDS))

    assert [draft.article.origin for draft in read] == sorted(p.name for p in SEEDS.iterdir())
    assert len({draft.article.id for draft in read}) == len(read)
    assert not any(draft.warnings for draft in read)
