"""Paths to drafts: what is read, under which origin, and what is refused."""

import gzip
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.articles import article_id
from qa.errors import ArticleRefused
from qa.sources import Sweep, Unchanged, read_paths
from qa.store import ArticleStore, Draft, Finished, Known

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
    (tree / "news" / "a.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00binary\x80")

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


# Sweeps.


def swept(sweep: Sweep) -> dict[str, list[str]]:
    """Return the names of files by what became of them."""
    names: dict[str, list[str]] = {}
    for item in sweep:
        kind = type(item).__name__
        names.setdefault(kind, []).append(
            item.article.origin
            if isinstance(item, Draft)
            else item.origin
            if isinstance(item, ArticleRefused)
            else Path(item.file).name
        )
    return names


def test_a_file_is_finished_after_its_articles(tree: Path) -> None:
    (tree / "news" / "b.md").write_text("")

    items = list(Sweep(["news"]))

    finished = [item for item in items if isinstance(item, Finished)]
    assert [Path(one.file).name for one in finished] == [
        "d.md", "c.markdown", "LOUD.HTML", "a.txt", "b.md", "f.md",
    ]  # fmt: skip
    assert [one.whole for one in finished] == [True, True, True, True, False, True]
    refusal = items[items.index(finished[4]) - 1]
    assert isinstance(refusal, ArticleRefused)
    assert refusal.file == finished[4].file


def test_only_what_changed_is_read_again(tree: Path) -> None:
    known = {one.file: Known(one.digest) for one in Sweep(["news"]) if isinstance(one, Finished)}
    (tree / "news" / "b.md").write_text("新的正文。")
    (tree / "news" / "new.md").write_text("新的正文。")

    names = swept(Sweep(["news"], known))

    assert names["Draft"] == ["b.md", "new.md"]
    assert sorted(names["Unchanged"]) == ["LOUD.HTML", "a.txt", "c.markdown", "d.md", "f.md"]
    # Whoever names the very file an article was withdrawn from wants it back.
    withheld = {file: Known(one.digest, withheld=True) for file, one in known.items()}
    assert swept(Sweep(["news/a.txt"], withheld)) == {"Draft": ["a.txt"], "Finished": ["a.txt"]}
    assert swept(Sweep(["news/*.txt"], withheld)) == {"Unchanged": ["a.txt"]}
    assert isinstance(next(iter(Sweep(["news/a.txt"], known))), Unchanged)


def test_only_an_article_that_is_named_itself_is_asked_for(tree: Path) -> None:
    lines = tree / "news" / "lines.jsonl"
    lines.write_text('{"text": "一。"}\n{"text": "二。"}\n')

    def asked(*paths: str) -> set[bool]:
        return {not item.swept for item in Sweep(paths) if isinstance(item, Draft)}

    assert asked("news/a.txt") == asked("news/a.txt", "news/b.md") == {True}
    assert asked("news") == asked("news/*.md") == asked(str(lines)) == {False}


def test_a_sweep_tells_how_far_it_is(tree: Path) -> None:
    sweep = Sweep([str(tree / "news")])

    seen = [sweep.done for item in sweep if isinstance(item, Finished)]

    assert seen == sorted(seen)
    assert 0 < seen[0] < sweep.done == sweep.total


def test_links_are_followed_once_and_loops_end(tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "linked.md").write_text("链接里的正文。")
    news = tree / "news"
    (news / "loop").symlink_to(news)
    (news / "2021" / "up").symlink_to("..")
    (news / "other").symlink_to(other)
    (news / "self.md").symlink_to("self.md")
    (news / "nowhere.md").symlink_to("absent.md")

    read = origins(["news"])

    assert [one for one in read if one.endswith("linked.md")] == ["other/linked.md"]
    assert sorted(one for one in read if one.startswith("!")) == ["!nowhere.md", "!self.md"]
    assert len(read) == len(set(read)) == 9


def test_what_is_no_file_is_refused_and_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "news" / "pipe.md")

    refused = [one for one in read_paths(["news"]) if isinstance(one, ArticleRefused)]

    assert [(one.origin, one.reason) for one in refused] == [("pipe.md", "cannot be read: a pipe")]
    (refusal,) = read_paths(["news/pipe.md"])
    assert isinstance(refusal, ArticleRefused)


def test_a_name_that_is_no_text_is_refused(tree: Path) -> None:
    (tree / "news" / os.fsdecode("新闻.md".encode("gbk"))).write_text("正文。")

    (refused,) = [one for one in read_paths(["news"]) if isinstance(one, ArticleRefused)]

    assert "not UTF-8" in str(refused)
    assert str(refused).encode()


def test_a_file_that_is_still_written_is_left_for_another_time(tree: Path) -> None:
    file = (tree / "news" / "b.md").resolve()
    sweep = Sweep(["news"], moving=[file])

    assert "b.md" not in swept(sweep)["Draft"]
    assert sweep.there(str(file))


def test_what_could_not_be_looked_for_is_not_said_to_be_missing(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = os.walk

    def shut(top: Path, *, onerror: Callable[[OSError], None], followlinks: bool) -> Iterator[Any]:
        # As for a folder whose rights do not let anyone in: it is listed and nothing of it is.
        onerror(PermissionError(13, "Permission denied", str(Path(top, "2021"))))
        places = walk(top, followlinks=followlinks)
        return ((place, *rest) for place, *rest in places if "2021" not in place)

    monkeypatch.setattr(os, "walk", shut)
    sweep = Sweep(["news"])

    assert "2021" in swept(sweep)["ArticleRefused"]
    news = tree.resolve() / "news"
    assert sweep.there(str(news / "2021" / "c.markdown"))
    assert sweep.there(str(news / "b.md"))
    assert not sweep.there(str(news / "absent.md"))
