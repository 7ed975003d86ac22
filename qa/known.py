"""A file of questions whose answers are known to the articles they mean in an index."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from qa.errors import QuestionRefused
from qa.text import detect_language


@dataclass(frozen=True, slots=True)
class Known:
    """A question whose answer is known: strings that answer it, and the articles that hold them.

    Attributes:
        relevant: the articles' ids.
        files: the names of the files they stand in, for articles that come without an id.
        part: the part of the report it also counts in, "task=qa1"; empty if in none.
        id: what it is called in its file, without its language: the same wherever it is asked.
    """

    question: str
    language: str
    answers: tuple[str, ...]
    relevant: frozenset[str]
    files: frozenset[str] = frozenset()
    part: str = ""
    id: str = ""

    def answered_by(self, text: str) -> bool:
        """Say whether one of the strings that answer it stands in the text."""
        return any(answer in text for answer in self.answers)


def read_known(
    path: Path, limit: int | None = None, by: str | None = None, *, answerable: bool = True
) -> list[Known]:
    """Return the questions of a JSONL file.

    `by` is the field whose values part them; each language of a part (of all of them, without `by`)
    is evenly thinned to `limit` questions if it has more.

    Raises:
        QuestionRefused: a line is no question, has no field `by`, or names nothing relevant though
            `answerable`; the field names file and line.
    """
    parts: dict[tuple[str, str], list[Known]] = defaultdict(list)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                known = _known(line, f"{path}:{number}", by)
                if answerable and not (known.relevant or known.files):
                    raise QuestionRefused(
                        f"{path}:{number}", "nothing is relevant to it; give it as unanswerable"
                    )
                parts[known.part, known.language].append(known)
    return [known for part in parts.values() for known in _thinned(part, limit)]


def read_unanswerable(paths: Iterable[Path], limit: int | None = None) -> list[Known]:
    """Return the questions of these files as ones that nothing answers, whatever they name.

    Of each language of a file at most `limit`.
    """
    return [
        replace(known, relevant=frozenset(), files=frozenset())
        for path in paths
        for known in read_known(path, limit, answerable=False)
    ]


def located(known: Iterable[Known], files: Mapping[str, set[str]]) -> tuple[list[Known], int]:
    """Return the questions with ids of articles that are there, and how many mean none of these.

    A question whose ids are all unknown means the articles in its files, `files` being their ids by
    file name. One that means nothing that is there will count as missed.
    """
    there = {id for ids in files.values() for id in ids}
    placed = [
        replace(one, relevant=_ids_in_files(one, files) or one.relevant or one.files)
        if there.isdisjoint(one.relevant)
        else one
        for one in known
    ]
    return placed, sum(there.isdisjoint(one.relevant) for one in placed)


def held_out(known: Known) -> bool:
    """Say whether a question is of the half that nothing is fitted on, to report on.

    Its id tells, or its words if it has none: a question that is asked of several sets, or in two
    languages under ids that end in "-zh" and "-en", lies in one half.
    """
    return crc32((known.id or known.question).encode()) % 2 == 1


def learned_from(title: str) -> bool:
    """Say whether articles of this title are of the half of a parallel set that a reader learns.

    The other half is left to report on. Texts of one title are of one half, in every language.
    """
    return crc32(title.encode()) % 2 == 0


def _known(line: str, where: str, by: str | None) -> Known:
    try:
        row = json.loads(line)
        question = row["question"]
        if not isinstance(question, str):
            raise TypeError("question is no string")
        language = row.get("lang") or detect_language(question)
        return Known(
            question,
            language,
            tuple(_strings(row, "answers")),
            frozenset(_strings(row, "relevant")),
            frozenset(_strings(row, "relevant_files")),
            f"{by}={row[by]}" if by else "",
            str(row.get("id") or "").removesuffix(f"-{language}"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QuestionRefused(where, f"no question with its relevant ids: {error!r}") from error


def _strings(row: Mapping[str, Any], field: str) -> Iterator[str]:
    values = row.get(field) or []
    if not isinstance(values, list):
        raise TypeError(f"{field} is no list")
    return (str(value) for value in values if value != "")


def _thinned(known: Sequence[Known], limit: int | None) -> Iterator[Known]:
    most = len(known) if limit is None else min(limit, len(known))
    return (known[at * len(known) // most] for at in range(most))


def _ids_in_files(known: Known, files: Mapping[str, set[str]]) -> frozenset[str]:
    return frozenset(id for name in known.files for id in files.get(name, ()))
