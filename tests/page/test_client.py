"""The client for JavaScript in a browser: in our own page, where it is imported by its address."""

from .visitor import Visitor

USE = """async (question) => {
  const { Newsqa, Problem } = await import("/client.js");
  const newsqa = new Newsqa(location.origin);
  const answer = await newsqa.ask(question);
  const events = [];
  for await (const { event } of newsqa.stream(question, { top_k: 2 })) events.push(event);
  const listed = [];
  for await (const { id } of newsqa.articles({ limit: 3 })) listed.push(id);
  const problem = await newsqa.article("none").catch((error) => error);
  const aborted = new AbortController();
  const stopped = (async () => {
    for await (const _ of newsqa.stream(question, { signal: aborted.signal })) aborted.abort();
  })();
  return {
    status: answer.status,
    events,
    listed,
    problem: [problem instanceof Problem, problem.status],
    stopped: await stopped.catch((error) => error.name),
  };
}"""


def test_it_asks_streams_and_lists(visitor: Visitor) -> None:
    page = visitor.visit()
    told = page.evaluate(USE, "上海2025年的目标是什么")
    assert told["status"] == "answered"
    assert told["events"][0] == "meta"
    assert told["events"][-1] == "done"
    assert told["events"].count("source") == 2
    assert len(set(told["listed"])) == len(told["listed"]) > 3
    assert told["problem"] == [True, 404]
    assert told["stopped"] in ("AbortError", None)
