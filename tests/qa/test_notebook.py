"""The notebook: its cells run one after the other, and what they show is what it promises."""

import ast
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import qa
from qa.figures import Parts
from qa.types import Answer, Article, Source

NOTEBOOK = Path(qa.__file__).with_name("first_steps.ipynb")


def cells() -> list[dict[str, Any]]:
    document = json.loads(NOTEBOOK.read_text("utf-8"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    listed: list[dict[str, Any]] = document["cells"]
    return listed


def shown_by(source: str, name: str, into: dict[str, Any]) -> Any:
    """Run a cell; return what it shows, the value of a last line that is an expression."""
    tree = ast.parse(source, name)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, name, "exec"), into)
        return None
    del tree.body[-1]
    exec(compile(tree, name, "exec"), into)
    return eval(compile(ast.Expression(last.value), name, "eval"), into)


def test_nothing_is_kept_in_it_of_a_run() -> None:
    assert len({cell["id"] for cell in cells()}) == len(cells())
    for cell in cells():
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
        assert "".join(cell["source"]).strip()


def test_every_cell_runs_and_shows_what_it_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(NOTEBOOK.parent)  # where an editor runs it
    notebook = ModuleType("__main__").__dict__
    code = ["".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code"]
    shown = [shown_by(one, f"<cell {number}>", notebook) for number, one in enumerate(code, 1)]

    answers = [one for one in shown if isinstance(one, Answer)]
    assert [one.status for one in answers] == ["answered", "conflicting", "not_found"]
    assert "10 p.m." in answers[0].answer
    assert "7 articles, 1 of them a copy" in shown
    (report,) = (one for one in shown if isinstance(one, Parts))
    assert report["all"]["recall@100"] == 1.0
    assert report["abstention"]["unanswerable"] == 4
    assert {Article, Source} <= {type(one) for one in shown}
    assert all(one._repr_html_() for one in shown if not isinstance(one, str) and one is not None)

    recall, risk = notebook["figure"].axes
    depths, recalls = recall.lines[0].get_data()
    assert list(recalls) == sorted(recalls)
    assert (list(depths), recalls[-1]) == (list(range(1, 8)), 1.0)
    coverage, risks = risk.lines[0].get_data()
    assert coverage[-1] == 1.0
    # Four of the twelve are answered by nothing, so where all are answered these are wrong.
    assert risks[-1] >= 4 / 12
    assert not Path(notebook["folder"].name).exists()
    notebook["plt"].close("all")
