/** Turns a question into the events of its answer: POST /ask, read as server-sent events. */

import { door } from "./key.js";

/** @typedef {"zh" | "zh-Hant" | "en" | "und"} Language */

/**
 * @typedef {object} Time what a question says of time, and how it was read
 * @property {string} expression the question's own words
 * @property {string | null} date_from a day, as date_to; both inclusive
 * @property {string | null} date_to
 * @property {boolean} relative
 * @property {boolean} latest whether the newest is asked for
 * @property {string} as_of the day of asking
 */

/**
 * @typedef {object} Meta
 * @property {string} id
 * @property {string} question
 * @property {string} standalone_question
 * @property {Language} language
 * @property {{generation: string, model: string, articles: number, passages: number}} index
 * @property {Time | null} time
 */

/**
 * @typedef {object} Source
 * @property {string} article_id
 * @property {string} passage_id
 * @property {string} title
 * @property {string} publisher
 * @property {string} author
 * @property {string[]} categories
 * @property {string | null} published
 * @property {Language} language
 * @property {string} url newsqa's own page, opened at the passage
 * @property {string} origin
 * @property {string} text the passage
 * @property {number} start code points into the article's text, as every offset here
 * @property {number} end
 * @property {number} score
 * @property {string[]} copies ids of articles that say the same
 * @property {number} version of the article, from 1
 * @property {string | null} updated when it was changed last
 */

/**
 * @typedef {object} Citation
 * @property {number} index
 * @property {string} article_id
 * @property {string} passage_id
 * @property {string} quote
 * @property {number} source_start
 * @property {number} source_end
 * @property {number} answer_start
 * @property {number} answer_end
 * @property {string} url newsqa's own page, opened at the quote
 * @property {number} statement which one it stands behind, from 1
 * @property {[number, number][]} marks where in the answer the parts stand that answer
 * @property {boolean} correction whether its article corrects an earlier one
 */

/**
 * @typedef {object} Statement
 * @property {string} text
 * @property {Citation[]} citations
 * @property {string} [withdrawn] when its article was withdrawn, where that is why it is empty
 */

/**
 * @typedef {object} Done
 * @property {"answered" | "not_found" | "conflicting"} status
 * @property {string} answer
 * @property {number} confidence 0 to 1
 * @property {{encode: number, search: number, answer: number, total: number}} timings_ms
 * @property {{model: string, dropped: number, failure: Failure | null} | null} writing where a
 *   language model was asked to write it
 */

/**
 * @typedef {"unreachable" | "unauthorized" | "no_such_model" | "rate_limited" | "refused"
 *   | "timeout" | "interrupted" | "unreadable" | "length" | "content_filter" | "empty"
 *   | "ungrounded"} Failure why a language model did not write, or not to the end
 */

/**
 * @typedef {{title?: string, status?: number, detail?: string, withdrawn?: string,
 *   retry_after?: number}} Problem RFC 9457
 */
/** @typedef {{role: "user" | "assistant", content: string}} Turn */

/**
 * @typedef {{event: "meta", data: Meta} | {event: "source", data: Source}
 *   | {event: "statement", data: Statement} | {event: "done", data: Done}} AnswerEvent
 */

/**
 * @typedef {"offline" | "lost" | "away" | "starting" | "crowded"} Hindrance what is in the way of an
 *   answer and may pass
 */

/** @typedef {{event: "waiting", data: Hindrance, about: About}} Waiting until the next attempt */
/** @typedef {{iso: string, seconds: number}} About what the words of a trouble need to know */

/**
 * @typedef {object} Filters which articles may answer; days are inclusive
 * @property {string} [date_from]
 * @property {string} [date_to]
 * @property {string[]} [category]
 * @property {string[]} [source]
 * @property {string[]} [author]
 */

/**
 * @typedef {object} Options how a question is asked, where not as usual
 * @property {Filters} [filters]
 * @property {false} [time] its time is not read
 * @property {"llm"} [mode]
 * @property {string} [as_of] the day of asking, if not today
 * @property {[]} [history] it is read by itself, whatever was asked before
 */

/**
 * @typedef {"refused" | "locked" | "missing" | "gone" | "busy" | "crowded" | "unready"
 *   | "broken" | "unreachable" | "offline" | "interrupted"} Reason
 */

/** Why there is no answer: a reason the reader can be told, and the server's own words for it. */
export class Trouble extends Error {
  /** @param {Reason} reason @param {string} [detail] @param {Partial<About>} [about] */
  constructor(reason, detail = "", { iso = "", seconds = 0 } = {}) {
    super(detail || reason);
    this.reason = reason;
    this.detail = detail;
    /** @type {About} */
    this.about = { iso, seconds };
  }

  /** @param {Problem} problem @param {number} [seconds] after which it may be tried again */
  static from(
    { status = 500, title = "", detail = "", withdrawn = "", retry_after = 0 },
    seconds = retry_after,
  ) {
    const later = seconds > 0 ? "crowded" : "unready";
    /** @type {Record<number, Reason>} */
    const known = { 401: "locked", 404: "missing", 410: "gone", 429: "busy", 503: later };
    const reason = known[status] ?? (status < 500 ? "refused" : "broken");
    return new Trouble(reason, detail || title, { iso: withdrawn, seconds });
  }
}

/**
 * Before each attempt to read an answer, in milliseconds: 30 s in all, since a server that is
 * started again takes 4 to 10 s.
 */
const pauses = [0, 500, 1000, 1500, 2500, 3500, 4000, 5000, 6000, 6000];

/** Attempts to reach a server that was never there. */
const attempts = 6;

/** What a reader is kept waiting for at most, where the server says when to come again. */
const patience = 60;

/**
 * The response to a request to newsqa itself, which carries the reader's key unless it has its own.
 *
 * @param {string} path
 * @param {RequestInit & {headers?: Record<string, string>}} options
 * @returns {Promise<Response>}
 * @throws {Trouble} when the server cannot be reached or answers with an error
 */
export async function request(path, options) {
  /** @type {Record<string, string>} */
  const headers = { ...door.headers, ...options.headers };
  const address = new URL(path, import.meta.url);
  const response = await fetch(address, { ...options, headers }).catch((error) => {
    throw options.signal?.aborted ? error : new Trouble("unreachable");
  });
  if (response.ok) return response;
  const { status } = response;
  // Who may read without a key is kept out only by one that is not taken.
  if (status === 401 && !options.headers?.Authorization && door.refuse(headers.Authorization)) {
    return request(path, options);
  }
  const explained = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  throw Trouble.from(explained ? await response.json() : { status }, seconds);
}

/**
 * The events of one answer as they arrive; the last is `done`.
 *
 * Where the connection breaks, the answer is taken up behind the last event; before each wait comes
 * `waiting`. If the server has forgotten the answer, it answers anew, and a second `meta` comes:
 * what was told before it is void. Where too many ask, it is asked once more when the server says.
 *
 * @param {string} question
 * @param {Turn[]} history the conversation before it, oldest first
 * @param {Options} options
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<AnswerEvent | Waiting>}
 * @throws {Trouble} when there is no answer, or not all of one
 */
export async function* ask(question, history, options, signal) {
  const body = JSON.stringify({ question, history, stream: true, ...options });
  let [last, trouble, crowded] = ["", new Trouble("interrupted"), false];
  for (const [attempt, pause] of pauses.entries()) {
    if (attempt > 0) await wait(1000 * trouble.about.seconds || pause, signal);
    try {
      for await (const { id, event, data } of listen(body, last, signal)) {
        const value = JSON.parse(data);
        if (event === "error") {
          last = ""; // Nothing follows it: what is asked again is answered anew.
          throw Trouble.from(value);
        }
        last = id;
        yield /** @type {AnswerEvent} */ ({ event, data: value });
        if (event === "done") return;
      }
      trouble = new Trouble("interrupted");
    } catch (error) {
      trouble = passing(error);
    }
    if (trouble.reason === "unreachable" && last === "" && attempt + 1 >= attempts) break;
    if (trouble.reason === "crowded") {
      if (crowded || trouble.about.seconds > patience) throw trouble;
      crowded = true;
    }
    yield { event: "waiting", data: hindrance(trouble, last), about: trouble.about };
  }
  if (!navigator.onLine) throw new Trouble("offline");
  throw last ? new Trouble("interrupted") : trouble;
}

/** @type {Set<Reason>} */
const passes = new Set(["unreachable", "unready", "crowded"]);

/**
 * Why there is no answer so far, where that may pass; any other error is thrown.
 *
 * @param {unknown} error
 */
function passing(error) {
  // A connection that breaks while it is read is a TypeError in every browser.
  if (error instanceof TypeError) return new Trouble("interrupted");
  if (error instanceof Trouble && passes.has(error.reason)) return error;
  throw error;
}

/** @param {Trouble} trouble @param {string} last @returns {Hindrance} */
function hindrance({ reason }, last) {
  if (!navigator.onLine) return "offline";
  if (reason === "unready") return "starting";
  if (reason === "crowded") return "crowded";
  return last || reason === "interrupted" ? "lost" : "away";
}

/** @param {number} milliseconds @param {AbortSignal} signal cuts it short, as the network does */
function wait(milliseconds, signal) {
  return new Promise((end) => {
    setTimeout(end, milliseconds);
    signal.addEventListener("abort", end, { once: true });
    addEventListener("online", end, { once: true });
  });
}

/** @param {string} body @param {string} last @param {AbortSignal} signal */
async function* listen(body, last, signal) {
  const headers = {
    "Content-Type": "application/json",
    Accept: "text/event-stream",
    "Last-Event-ID": last,
  };
  const response = await request("/ask", { method: "POST", headers, body, signal });
  if (response.body) yield* readEvents(response.body);
}

/**
 * The server-sent events in a stream of bytes, however the network cut it.
 *
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes
 * @returns {AsyncGenerator<{id: string, event: string, data: string}>} `id`: the last that came
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readEvents(bytes) {
  let [id, event] = ["", "message"];
  /** @type {string[]} */
  let data = [];
  for await (const line of readLines(bytes)) {
    if (line === "") {
      if (data.length > 0) yield { id, event, data: data.join("\n") };
      [event, data] = ["message", []];
    } else {
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "id") id = value;
      if (field === "event") event = value;
      if (field === "data") data.push(value);
    }
  }
}

/** @param {ReadableStream<Uint8Array<ArrayBuffer>>} bytes @returns {AsyncGenerator<string>} */
async function* readLines(bytes) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value = "", done } = await reader.read();
      if (done) return;
      // A carriage return at the end waits: the next bytes tell whether a line feed belongs to it.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    await reader.cancel();
  }
}
