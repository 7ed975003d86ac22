"""Writers that are killed at random, and what must hold of a home after each: `make crash`.

A writer adds, updates and removes articles, keeps the home in step with a folder, rebuilds, backs
up, and tells of each call before it and after it has returned. It is killed with SIGKILL inside a
call, alone or with another beside it; so is who restores a backup. Then the home is opened: what a
call was asked for that returned must be there, of the one that was killed each article as before it
or as after it, and all parts of the home must agree.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import embeddings.vectors
import qa.embedding
import qa.following
from embeddings.encoder import open_encoder
from embeddings.models import BUILT_IN
from qa.backup import backup, restore
from qa.checkup import check
from qa.corpus import Corpus
from qa.lexical import words
from qa.sources import read_paths
from qa.store import Draft
from tests.qa.conftest import HashingEncoder, make_article, named

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("NEWSQA_DATA") or ROOT.parent / "shared" / "data")

ARTICLES = 120
"""How many articles a home grows to; then as many go as come."""

MAX_CHARS = 1_500
"""Of an article's text: the encoder of the tests reads 100,000 characters a second."""

WEIGHTS = {"add": 5, "update": 5, "remove": 4, "sync": 5, "rebuild": 4, "backup": 1}
"""How often a call is made and a writer is killed in it."""

State = dict[str, int | None]
"""Articles by id: the number of each one's text, None once it is removed."""

Texts = Sequence[str]


def texts() -> Texts:
    """Return texts of real articles: the seeds, and the development set where there is one."""
    seeds = read_paths([str(ROOT / "seeds")])
    found = [item.article.text for item in seeds if isinstance(item, Draft)]
    path = DATA / "crud_news" / "passages.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found += [
                json.loads(line)["text"] for line, _ in zip(lines, range(1_000), strict=False)
            ]
    return [text[:MAX_CHARS] for text in found]


def token(id: str, number: int) -> str:
    """Return a word that stands in this text alone."""
    return "q" + "".join(chr(ord(c) + 55) if c.isdigit() else c for c in f"{id}v{number}") + "zx"


def text_of(pool: Texts, id: str, number: int) -> str:
    """Return the text that the article has as its `number`-th."""
    chosen = Random(f"{id} {number}").choice(pool)
    return f"{chosen}\n最后一句：{token(id, number)}。"


def open_corpus(home: Path, real: bool) -> Corpus:
    """Open a home with an encoder of the tests, or the one that is served."""
    if real:
        cache = Path(os.environ.get("NEWSQA_CACHE") or Path.home() / ".cache" / "newsqa")
        return Corpus(home, lambda model: open_encoder(model, cache=cache), BUILT_IN)
    return Corpus(home, HashingEncoder, "hashing")


# What a writer does.


@dataclass
class Writer:
    """Makes calls without end, each told of in a journal before it and after it.

    Attributes:
        name: begins the ids of its articles, so that two writers do not touch each other's.
        state: of its articles, as far as it knows.
    """

    folder: Path
    name: str
    seed: int
    state: State
    real: bool
    pool: Texts = field(default_factory=texts)

    def run(self) -> None:
        # Files are written and merged at nearly every call, in a thread once there are some
        # vectors, and these are kept as sketches once there are more: now so and now so.
        qa.following.SAVE_AT_LEAST = embeddings.vectors.MERGE_AT_LEAST = 20
        qa.following.ASIDE, embeddings.vectors.LARGE = 60, 150
        qa.embedding.BATCH = 16
        self.random = Random(self.seed)
        # A folder that is as the home has it, and never empty.
        self.files = self.folder / f"{self.name}.files"
        self.files.mkdir(exist_ok=True)
        (self.files / "none.md").touch()
        self.write({id: at for id, at in self.state.items() if id.startswith(f"{self.name}f")})
        self.corpus = open_corpus(self.folder / "home", self.real)
        self.corpus.serving()
        self.journal = os.open(self.folder / f"{self.name}.journal", os.O_WRONLY | os.O_APPEND)
        while True:
            kind = self.random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
            changes = self.changes(kind)
            if changes is None:
                continue
            self.tell({"begin": kind, "changes": changes})
            self.call(kind, changes)
            self.state.update(changes)
            self.tell({"done": kind})

    def tell(self, row: Mapping[str, object]) -> None:
        os.write(self.journal, json.dumps({"at": time.monotonic(), **row}).encode() + b"\n")

    def changes(self, kind: str) -> State | None:
        """Return what becomes of which articles; None if there is nothing to do."""
        filed = kind == "sync"
        mine = {id: at for id, at in self.state.items() if id.startswith(f"{self.name}f") == filed}
        live = [id for id, at in mine.items() if at is not None]
        count = self.random.choice([1, 3, 3, 20])
        full = len(live) > ARTICLES / (4 if filed else 1.5)
        if kind in ("rebuild", "backup"):
            return {}
        if kind == "remove" or (filed and full):
            return dict.fromkeys(self.random.sample(live, min(count, len(live)))) or None
        if kind == "update" or (filed and live and self.random.random() < 0.5):
            chosen = self.random.sample(live, min(count, len(live)))
            return {id: self.random.randrange(1, 10**6) for id in chosen} or None
        if full:
            return None
        begin = len(mine)
        return {f"{self.name}{'f' if filed else ''}{begin + n}": 0 for n in range(count)}

    def call(self, kind: str, changes: State) -> None:
        if kind == "rebuild":
            self.corpus.rebuild()
        elif kind == "backup":
            made = backup(self.folder / "home", self.folder)
            made.replace(self.folder / f"{self.name}.zip")
        elif kind == "remove":
            self.corpus.remove([*changes])
        elif kind == "sync":
            self.write(changes)
            self.corpus.sweep(self.corpus.look([str(self.files)]), sync=True)
        else:
            self.corpus.add([self.draft(id, at) for id, at in changes.items() if at is not None])

    def draft(self, id: str, number: int) -> Draft:
        return named(make_article(id, text_of(self.pool, id, number), title=f"{id} {number}"))

    def write(self, changes: State) -> None:
        """Give the folder these files."""
        for id, number in changes.items():
            file = self.files / f"{id}.json"
            if number is None:
                file.unlink(missing_ok=True)
            else:
                fields = {"id": id, "title": id, "text": text_of(self.pool, id, number)}
                partial = file.with_suffix(".partial")
                partial.write_text(json.dumps(fields))
                partial.replace(file)


def write(folder: Path, name: str, seed: int, state: State, real: bool) -> None:
    Writer(folder, name, seed, state, real).run()


# Who kills, and looks what is left.


@dataclass(frozen=True, slots=True)
class Call:
    """What a journal says of a writer's last call."""

    kind: str
    changes: State
    returned: bool


@dataclass
class Trial:
    """One home through many kills.

    Attributes:
        state: of every article there ever was.
        killed: how many writers were, by the call they were in.
        traces: what the killed left that opening has to mend, by kind.
        seconds: how long calls take, by kind, as far as is known.
    """

    folder: Path
    seed: int
    real: bool = False
    state: State = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)
    traces: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.pool = texts()
        self.home = self.folder / "home"
        self.last: dict[str, Call] = {}

    def round(self) -> None:
        """Kill one writer, or two at once, and look."""
        names = ["a"] if self.random.random() < 0.7 else ["a", "b"]
        for name in names:
            (self.folder / f"{name}.journal").write_bytes(b"")
        self.last.clear()
        writers = [
            start(write, self.folder, name, self.random.randrange(2**32), self.own(name), self.real)
            for name in names
        ]
        kind = self.random.choices([*WEIGHTS], [*WEIGHTS.values()])[0]
        self.wait_for(kind, dict(zip(names, writers, strict=True)))
        time.sleep(self.random.uniform(0, 1.1 * self.seconds.get(kind, 0.1)))
        for writer in writers:
            kill(writer)
        for name in names:
            self.read(name)
            call = self.last.get(name)
            self.killed["between calls" if call is None or call.returned else call.kind] += 1
        under_way = [call.changes for call in self.last.values() if not call.returned]
        self.trace()
        self.look(under_way)

    def own(self, name: str) -> State:
        return {id: at for id, at in self.state.items() if id.startswith(name)}

    def wait_for(self, kind: str, writers: Mapping[str, ForkServerProcess]) -> None:
        """Return when a writer is in such a call."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for name in writers:
                self.read(name)
                call = self.last.get(name)
                if call and call.kind == kind and not call.returned:
                    return
            if not all(writer.is_alive() for writer in writers.values()):
                raise AssertionError("a writer failed; its error is above")
            time.sleep(0.001)

    def read(self, name: str) -> None:
        """Take in what a journal says that is new; what returned is so from now on."""
        begun = None
        for line in (self.folder / f"{name}.journal").read_bytes().splitlines():
            row = json.loads(line)
            if "begin" in row:
                begun = row
                self.last[name] = Call(row["begin"], row["changes"], returned=False)
            else:
                assert begun
                self.last[name] = Call(begun["begin"], begun["changes"], returned=True)
                self.state.update(begun["changes"])
                self.seconds[begun["begin"]] = row["at"] - begun["at"]

    def trace(self) -> None:
        """Count what was left half-way."""
        folder = next(iter(sorted(self.home.glob("generations/[!.]*"), reverse=True)), None)
        if (self.home / "generations" / ".building").exists():
            self.traces["a generation half built"] += 1
        if folder is None:
            return
        if list(folder.glob(".vectors-*")):
            self.traces["vectors half written"] += 1
        if (link := self.home / "current").is_symlink():
            folder = link.resolve()
        with (
            closing(sqlite3.connect(self.home / "articles.sqlite")) as articles,
            closing(sqlite3.connect(folder / "passages.sqlite")) as passages,
        ):
            (newest,) = articles.execute("SELECT max(seq) FROM articles").fetchone()
            (taken_in,) = passages.execute("SELECT max(article_seq) FROM progress").fetchone()
            (change,) = passages.execute("SELECT max(seq) FROM changes").fetchone()
        if (newest or 0) > (taken_in or 0):
            self.traces["articles kept, not indexed"] += 1
        cursor = folder / "words" / "cursor"
        if (change or 0) > (int(cursor.read_text()) if cursor.exists() else 0):
            self.traces["passages kept, not their words"] += 1

    def look(self, under_way: Sequence[State] = ()) -> None:
        """Open the home and compare it with what must be there."""
        allowed: dict[str, set[int | None]] = {id: {at} for id, at in self.state.items()}
        for changes in under_way:
            for id, at in changes.items():
                allowed.setdefault(id, {None}).add(at)
        corpus = open_corpus(self.home, self.real)
        encoder, index = corpus.serving()
        held = {change.id: change.article for change in corpus.articles.page(None, 10**6)}
        assert not held.keys() - allowed.keys(), "an article nobody added"
        tokens: dict[str, str] = {}  # by which each text is found
        gone: list[str] = []
        for id, numbers in allowed.items():
            article = held.get(id)
            matching = [
                number
                for number in numbers
                if (number is None) == (article is None)
                and (article is None or token(id, number or 0) in article.text)
            ]
            assert matching, f"{id}: neither as it was nor as it was to be"
            assert article is None or article.version == len(corpus.articles.versions(id))
            before = self.state.get(id)
            self.state[id] = matching[0]
            gone += [
                token(id, n) for n in {*numbers, before} - {matching[0], None} if n is not None
            ]
            if matching[0] is not None:
                tokens[id] = token(id, matching[0])
        self.find(corpus, tokens, gone)
        wrong = [one for one in check(self.home) if "left by" not in one.problem]
        assert not wrong, wrong
        assert index.info.articles == len(tokens)
        del encoder

    def find(self, corpus: Corpus, tokens: Mapping[str, str], gone: Sequence[str]) -> None:
        """See that every leg finds every article, and nothing of what is gone."""
        encoder, index = corpus.serving()
        (vector,) = encoder.encode(["茶"], "query").vectors
        near = index.dense(vector, 10**6)
        found = index.passages([row.key for row in near])
        assert len(found) == len(near) == index.info.passages
        assert {passage.article_id for passage in found.values()} == tokens.keys()
        assert index.token_vectors([*found]).keys() == found.keys()

        def by_word(token: str) -> set[str]:
            (word,) = words(token)
            rows = index.passages([row.key for row in index.lexical([((word,),)], 100)])
            return {passage.article_id for passage in rows.values()}

        for id, word in tokens.items():
            assert by_word(word) == {id}, f"{id}: not found by its words"
        assert not any(by_word(word) for word in gone), "found by words it no longer has"

    def restored(self) -> None:
        """Kill one who restores a backup over another state: it is the one or the other."""
        corpus = open_corpus(self.home, self.real)
        corpus.serving()
        made = backup(self.home, self.folder)
        before = dict(self.state)
        id = f"r{len(self.state)}"
        text = text_of(self.pool, id, 0)
        corpus.add([named(make_article(id, text, title=id))])
        live = [other for other, at in before.items() if at is not None]
        away = self.random.sample(live, min(3, len(live)))
        corpus.remove(away)
        after = before | dict.fromkeys(away) | {id: 0}
        process = start(put_back, made, self.home, self.folder / "began")
        while not (self.folder / "began").exists() and process.is_alive():
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 1.1 * self.seconds.get("restore", 0.3)))
        self.killed["restore" if process.is_alive() else "between calls"] += 1
        kill(process)
        (self.folder / "began").unlink()
        made.unlink()
        if (self.home / "restored").exists():
            self.traces["a restore decided, not done"] += 1
        # The server that was open all the while, and one that opens now.
        held = {
            change.id for change in open_corpus(self.home, self.real).articles.page(None, 10**6)
        }
        self.state = after if id in held else before | {id: None}
        self.look()
        self.find(corpus, {i: token(i, at) for i, at in self.state.items() if at is not None}, ())


def put_back(source: Path, home: Path, began: Path) -> None:
    began.touch()
    restore(source, home, force=True)


_processes = multiprocessing.get_context("forkserver")


def start(work: Any, *arguments: object) -> ForkServerProcess:
    """Start a process that has none of this one's threads and locks."""
    _processes.set_forkserver_preload([__name__])
    process = _processes.Process(target=work, args=arguments)
    process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def run(folder: Path, kills: int, seed: int, real: bool = False) -> Trial:
    """Kill writers so many times, in calls and not between them, and return what came of it."""
    trial = Trial(folder, seed, real)
    while trial.killed.total() - trial.killed["between calls"] < kills:
        trial.round()
        if trial.random.random() < 0.1:
            trial.restored()
    return trial


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counter.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=int, default=10, help="so many with the encoder served")
    asked = parser.parse_args()
    for real, kills in ((False, asked.kills), (True, asked.real)):
        folder = Path(tempfile.mkdtemp(prefix="newsqa-crash-"))
        begun = time.monotonic()
        trial = run(folder, kills, asked.seed, real)
        live = sum(at is not None for at in trial.state.values())
        sys.stdout.write(
            f"{'the encoder served' if real else 'the encoder of the tests'}: all whole\n"
            f"  {live} articles of {len(trial.state)}, {time.monotonic() - begun:.0f} s\n"
            f"  killed in: {_counts(trial.killed)}\n  mended: {_counts(trial.traces)}\n"
        )
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
