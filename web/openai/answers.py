"""A question's events to the pieces of text that both of OpenAI's APIs tell, and what they cite.

The text is the answer's own, word for word, and every citation marks the part of it that an article
is cited for, in code points, half-open.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from qa.answer import SEPARATOR
from qa.corpus import Corpus
from qa.engine import fold
from qa.types import Answer, Citation, Done, Event, Meta, Statement


@dataclass(frozen=True, slots=True)
class Place:
    """What is cited for a part of the text: the publisher's page, or newsqa's where none is known.

    `start_index` and `end_index` count code points of the whole text, half-open.
    """

    start_index: int
    end_index: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of the text, and what is cited for it."""

    text: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """The answer when all of it is told.

    Attributes:
        question_tokens: of the question as it was searched for, by the encoder's tokenizer.
        answer_tokens: of the text, likewise.
    """

    answer: Answer
    question_tokens: int
    answer_tokens: int

    @property
    def refusal(self) -> str | None:
        """What is said in place of an answer, if the articles hold none."""
        return self.answer.answer if self.answer.status == "not_found" else None


Told = Generator[Meta | Piece | Whole, None, None]


def told(events: Generator[Event, None, None], corpus: Corpus, site: str) -> Told:
    """Yield Meta, the pieces as they are found, and the whole; `site` is our address to others.

    Closing it stops the work.
    """
    seen: list[Event] = []
    stated = False
    with closing(events):
        for event in events:
            seen.append(event)
            if isinstance(event, Meta):
                yield event
            elif isinstance(event, Statement):
                text = SEPARATOR + event.text if stated else event.text
                yield Piece(text, _places(event.citations, corpus, site))
                stated = True
            elif isinstance(event, Done) and not stated:
                yield Piece(event.answer)
    answer = fold(seen)
    encoder, _ = corpus.serving()
    yield Whole(answer, *encoder.count_tokens([answer.standalone_question, answer.answer]))


def _places(citations: Sequence[Citation], corpus: Corpus, site: str) -> tuple[Place, ...]:
    articles = corpus.articles.find({one.article_id for one in citations})
    return tuple(
        Place(
            one.answer_start,
            one.answer_end,
            article.title if article else one.article_id,
            article.url if article and article.url else site + one.url,
        )
        for one in citations
        for article in [articles.get(one.article_id)]  # none, if it was withdrawn just now
    )
