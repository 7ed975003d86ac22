"""Files of questions with marked answers -> rows, and the articles that they are asked of."""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from qa.errors import QuestionRefused
from qa.known import learned_from

_TITLE = 30
_SOME = re.compile(r":(\d+|half)$")
_CLAUSE = re.compile(r"[，。,.;；:：(（?？!！]")


@dataclass(frozen=True, slots=True)
class Row:
    """A question asked of one text.

    Attributes:
        answers: each with where it begins in the text as it was given; empty where that does not
            answer.
        language: the text's, as its file calls it.
        asked_in: the question's.
        date: when the text was published, as its file says; empty where that is not known.
    """

    question: str
    text: str
    title: str
    answers: tuple[tuple[str, int], ...]
    language: str
    asked_in: str
    date: str = ""

    @property
    def article(self) -> str:
        """The id of the article that the text is kept as."""
        return sha256(f"{self.title}\n{self.text}".encode()).hexdigest()[:20]

    @property
    def home(self) -> str:
        """Where the text is indexed: with the others of its language, however that is written."""
        return "zh" if self.language.lower().startswith("zh") else "en"

    def answered_by(self, text: str) -> bool:
        """Say whether one of the strings that answer the question stands in the text."""
        return any(answer in text for answer, _ in self.answers)


def read_rows(file: str) -> list[Row]:
    """Return the rows of a file.

    It is JSONL (gzip or not) of `{"question", "context", "answers": [{"text", "start"}], "lang",
    "title"?}`, or a folder with `passages.jsonl` and `queries.jsonl` as `newsqa evaluate` takes
    them; what has no answers there is not told by the passage that it names. `FILE:2000` means
    2,000 of its rows, evenly chosen; `FOLDER:half` those whose passages have a title of the half
    that is learned from (`qa.known.learned_from`).

    Raises:
        QuestionRefused: the file cannot be read, or a row is none; the field names file and line.
    """
    name, _, most = file.rpartition(":") if _SOME.search(file) else (file, "", "")
    path = Path(name)
    rows = [*(_of_folder(path) if path.is_dir() else _of_file(path))]
    if most == "half":
        rows = [row for row in rows if learned_from(row.title)]
    count = min(int(most), len(rows)) if most.isdecimal() else len(rows)
    return [rows[at * len(rows) // count] for at in range(count)]


def digest(rows: Iterable[Row]) -> str:
    """Return what tells these rows from any others, by which what is made of them is named."""
    whole = sha256()
    for row in rows:
        whole.update(repr(row).encode())
    return whole.hexdigest()[:12]


def write_articles(rows: Sequence[Row], path: Path) -> None:
    """Write the texts of the rows as articles, each once, to be indexed."""
    articles = {row.article: row for row in rows}
    with path.open("w", encoding="utf-8") as file:
        for id, row in articles.items():
            article = {"id": id, "title": row.title, "text": row.text, "lang": row.language}
            article |= {"date": row.date} if row.date else {}
            file.write(json.dumps(article, ensure_ascii=False) + "\n")


def _of_file(path: Path) -> Iterator[Row]:
    for where, row in _lines(path):
        try:
            text = str(row["context"])
            answers = tuple((str(one["text"]), int(one["start"])) for one in row["answers"])
            title = str(row.get("title") or _title(text))
            language = str(row["lang"])
            yield Row(str(row["question"]), text, title, answers, language, language)
        except (KeyError, TypeError, ValueError) as error:
            raise QuestionRefused(where, f"no question with its context: {error!r}") from error


def _of_folder(folder: Path) -> Iterator[Row]:
    texts = {row.get("id"): row for _, row in _lines(folder / "passages.jsonl")}
    for where, row in _lines(folder / "queries.jsonl"):
        try:
            article = texts[row["relevant"][0]]
            text = str(article["text"])
            answers = tuple((str(one), text.find(str(one))) for one in row["answers"])
            title = str(article.get("title") or "")
            asked_in = str(row["lang"])
            language = str(article.get("lang") or asked_in)
            date = str(article.get("date") or "")
            yield Row(str(row["question"]), text, title, answers, language, asked_in, date)
        except (KeyError, IndexError, TypeError) as error:
            raise QuestionRefused(where, f"no question of one passage: {error!r}") from error


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{path}:{number}", _object(f"{path}:{number}", line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise QuestionRefused(str(path), f"it cannot be read: {error}") from error


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        told: object = json.loads(line)
    except ValueError as error:
        raise QuestionRefused(where, f"no JSON: {error}") from error
    if not isinstance(told, dict):
        raise QuestionRefused(where, "no JSON object")
    return told


def _title(text: str) -> str:
    """Return a title for every second text that has none: what it begins with; news has titles."""
    if sha256(text.encode()).digest()[0] % 2:
        return ""
    return _CLAUSE.split(text, maxsplit=1)[0][:_TITLE]
