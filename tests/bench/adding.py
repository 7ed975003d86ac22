"""How soon an article is found that is added to a home, whatever its size."""

from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

from tests.bench.clocks import seconds
from tests.bench.report import Figures
from tests.bench.served import Served, serving

ROUNDS = 15
SENTENCES = (
    "The harbour board will move the old lighthouse forty metres inland before the winter.",
    "Engineers say that the cliff below it loses half a metre in every storm.",
    "The work costs 2.4 million pounds, of which the county pays a third.",
    "Ferries will call at the southern quay until the rails have been taken up again.",
    "A public meeting is held in the town hall on Thursday at seven.",
)


def adding(home: Path) -> Figures:
    """Return the median from sending an article until a question for it has been answered with it.

    Every article is another, and is withdrawn again.
    """
    with serving(home) as served:
        served.until_answered("What does moving the lighthouse cost?")
        found, withdrawn = [], []
        for round_ in range(ROUNDS):
            name = uuid4().hex
            found.append(seconds(partial(_found, served, name)))
            withdrawn.append(seconds(partial(_withdrawn, served, name)))
            if not round_:
                found.clear()  # what the first writer opens for all
        return {"seconds": median(found), "withdraw_seconds": median(withdrawn)}


def _found(served: Served, name: str) -> None:
    """Add an article, and see that the next question finds it."""
    text = f"The lighthouse {name} moves. " + " ".join(SENTENCES)
    article = {"title": f"Lighthouse {name}", "text": text}
    served.client.put(f"/articles/{name}", json=article).raise_for_status()
    # What is made up matches by chance: it need not be the first.
    sources = served.ask(f"How much does moving lighthouse {name} cost?", top_k=100)["sources"]
    assert name in {source["article_id"] for source in sources}, sources


def _withdrawn(served: Served, name: str) -> None:
    served.client.delete(f"/articles/{name}").raise_for_status()
