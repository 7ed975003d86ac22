"""`newsqa chat`: questions one after another to answers, each understood by those before it."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import typer
from pydantic_core import to_json

from qa.cli import (
    AsOf,
    Author,
    Category,
    DateFrom,
    DateTo,
    Home,
    Json,
    Modes,
    NoTime,
    Publisher,
    TopK,
    app,
    asked,
    examples,
    failing,
    in_json,
    open_engine,
    say,
    say_failure,
)
from qa.engine import Engine
from qa.errors import QuestionRefused
from qa.showing import Link, links, tell, tell_sources
from qa.types import Answer, Query, Turn

MOST_TURNS = 50
"""Messages of a conversation that are remembered."""

HELP = "/sources N: the passage behind [N]; /sources: all; /new: forget the conversation; /quit"


class Conversation:
    """A conversation with an engine: what is asked is read by what was asked before."""

    def __init__(self, engine: Engine, query: Query) -> None:
        self._engine = engine
        self._query = query
        self._turns: list[Turn] = []
        self.last: Answer | None = None

    def ask(self, question: str) -> Answer:
        """Return the answer, and remember both.

        Raises:
            QuestionRefused: the question cannot be asked; nothing of it is remembered.
        """
        query = replace(self._query, question=question, history=tuple(self._turns))
        answer = self._engine.ask(query)
        turns = (Turn("user", question), Turn("assistant", answer.answer))
        self._turns = [*self._turns, *turns][-MOST_TURNS:]
        self.last = answer
        return answer

    def forget(self) -> None:
        """Begin anew."""
        self._turns = []
        self.last = None


@app.command(
    epilog=examples(
        "newsqa chat",
        "newsqa chat --category 科技 --mode passages",
        "newsqa chat --json < questions.txt > answers.jsonl",
    )
)
def chat(
    context: typer.Context,
    top_k: TopK = 5,
    mode: Modes = "extractive",
    date_from: DateFrom = None,
    date_to: DateTo = None,
    category: Category = None,
    source: Publisher = None,
    author: Author = None,
    as_of: AsOf = None,
    no_time: NoTime = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask one question after another; "and by 2035?" is read by what was asked before.

    At a terminal it prompts, until Ctrl-D or /quit: /new forgets the conversation, /sources lists
    the passages of the last answer and /sources N shows one. From a pipe it takes a question a
    line. With --json each answer is a document on a line of its own. Nothing that is asked is kept.
    """
    as_json, refused = in_json(context, json), False
    with failing():
        query = asked(
            "", top_k, date_from, date_to, category, source, author, as_of, no_time, mode=mode
        )
        engine = open_engine(context, home)
        link = links(engine.corpus.articles)
        conversation = Conversation(engine, query)
        for line in _lines():
            if line.startswith("/"):
                if line == "/quit":
                    break
                _obey(line, conversation, link)
                continue
            try:
                answer = conversation.ask(line)
            except QuestionRefused as error:
                say(f"error: {error}")
                refused = True
                continue
            except KeyboardInterrupt:
                say("stopped")
                continue
            if as_json:
                sys.stdout.write(to_json(answer).decode() + "\n")
                sys.stdout.flush()
            else:
                tell(answer, link)
                print()
            say_failure(answer)
    if refused and not _prompts():
        raise typer.Exit(1)


def _obey(line: str, conversation: Conversation, link: Link) -> None:
    command, _, argument = line.partition(" ")
    if command == "/new":
        conversation.forget()
    elif command == "/sources" and (argument.isdecimal() or not argument):
        number = int(argument) if argument else None
        if not (conversation.last and tell_sources(conversation.last, link, number)):
            say("the last answer has none such" if conversation.last else "nothing was asked yet")
    else:
        say(HELP)


def _prompts() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _lines() -> Iterator[str]:
    """Yield what is typed at a prompt, or the lines of standard input; none that is blank."""
    if not _prompts():
        yield from (line for one in sys.stdin if (line := one.strip()))
        return
    with suppress(ImportError):  # there is none on Windows, whose console edits lines itself
        import readline  # by which what is typed can be edited

        # What is asked is nobody else's: it is not even there to be gone back to.
        readline.set_auto_history(False)
    say(HELP)
    while True:
        try:
            if line := input("> ").strip():
                yield line
        except KeyboardInterrupt:
            print()
        except EOFError:
            print()
            return
