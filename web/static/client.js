/**
 * Turns a newsqa server's address into what it answers: one file, which needs no other, for browsers
 * and for Node from 18 on. It is served as /client.js; save it, or import it from there.
 *
 *     import { Newsqa } from "https://news.example/client.js";
 *     const newsqa = new Newsqa("https://news.example", { key: "…" });
 *     const { answer, citations } = await newsqa.ask("what targets did Shanghai set for 2025");
 */

/** @typedef {"zh" | "zh-Hant" | "en" | "und"} Language */
/** @typedef {"extractive" | "passages" | "llm"} Mode */
/** @typedef {"answered" | "not_found" | "conflicting"} Status */

/**
 * @typedef {object} Scores
 * @property {number | null} dense
 * @property {number | null} lexical
 * @property {number} fused
 */

/**
 * @typedef {object} Source a passage that was found; offsets here are code points: `[...text]`
 * @property {string} article_id
 * @property {string} passage_id
 * @property {string} title
 * @property {string} publisher
 * @property {string} author
 * @property {string[]} categories
 * @property {string | null} published
 * @property {Language} language
 * @property {string} url the server's own page, opened at the passage
 * @property {string} origin
 * @property {string} text
 * @property {number} start
 * @property {number} end
 * @property {number} score
 * @property {Scores} scores
 * @property {string[]} copies
 * @property {number} version
 * @property {string | null} updated
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
 * @property {string} url the server's own page, opened at the quote
 * @property {number} statement
 * @property {[number, number][]} marks
 * @property {boolean} correction
 */

/**
 * @typedef {object} IndexInfo
 * @property {string} generation
 * @property {string} model
 * @property {number} articles
 * @property {number} passages
 */

/**
 * @typedef {object} AskedTime
 * @property {string} expression
 * @property {string | null} date_from
 * @property {string | null} date_to
 * @property {boolean} relative
 * @property {boolean} latest
 * @property {string} as_of
 */

/**
 * @typedef {object} Timings milliseconds
 * @property {number} encode
 * @property {number} search
 * @property {number} answer
 * @property {number} total
 */

/**
 * @typedef {object} Writing
 * @property {string} model
 * @property {number} dropped
 * @property {string | null} failure
 */

/**
 * @typedef {object} Answer
 * @property {string} id
 * @property {Status} status
 * @property {string} question
 * @property {string} standalone_question
 * @property {Language} language
 * @property {string} answer
 * @property {number} confidence
 * @property {IndexInfo} index
 * @property {Timings} timings_ms
 * @property {Citation[]} citations
 * @property {Source[]} sources
 * @property {AskedTime | null} time
 * @property {Writing | null} writing
 */

/**
 * @typedef {Pick<Answer, "id" | "question" | "standalone_question" | "language" | "index" | "time">
 *   } Meta
 * @typedef {{text: string, citations: Citation[]}} Statement
 * @typedef {Pick<Answer, "status" | "answer" | "confidence" | "timings_ms" | "writing">} Done
 * @typedef {{event: "meta", data: Meta} | {event: "source", data: Source}
 *   | {event: "statement", data: Statement} | {event: "done", data: Done}} AnswerEvent
 */

/**
 * @typedef {object} FiltersRequest days such as 2021-10-27, both inclusive
 * @property {string | null} [date_from]
 * @property {string | null} [date_to]
 * @property {string[]} [category]
 * @property {string[]} [source]
 * @property {string[]} [author]
 */

/** @typedef {{role: "user" | "assistant", content: string}} TurnRequest */
/** @typedef {{signal?: AbortSignal}} Stoppable */

/**
 * @typedef {object} AskRequest
 * @property {number} [top_k]
 * @property {FiltersRequest} [filters]
 * @property {TurnRequest[]} [history]
 * @property {Mode} [mode]
 * @property {string | null} [as_of]
 * @property {boolean} [time]
 */

/**
 * @typedef {object} SearchRequest
 * @property {number} [top_k]
 * @property {FiltersRequest} [filters]
 * @property {"hybrid" | "dense" | "lexical"} [retriever]
 * @property {string | null} [as_of]
 * @property {boolean} [time]
 */

/**
 * @typedef {object} ArticleRequest one of `text`, `html` and `markdown`
 * @property {string | null} [id]
 * @property {string | null} [title]
 * @property {string | null} [text]
 * @property {string | null} [html]
 * @property {string | null} [markdown]
 * @property {string | null} [published]
 * @property {string | null} [date]
 * @property {string | null} [updated]
 * @property {string | null} [modified]
 * @property {string | null} [url]
 * @property {string | null} [publisher]
 * @property {string | null} [author]
 * @property {string | string[] | null} [categories]
 * @property {string | null} [lang]
 */

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {string} title
 * @property {Language} language
 * @property {string | null} published
 * @property {string} publisher
 * @property {string} author
 * @property {string[]} categories
 * @property {string} url
 * @property {string} origin
 * @property {number} version
 * @property {string | null} updated
 */

/**
 * @typedef {object} Opened
 * @property {string} id
 * @property {string} title
 * @property {string} text
 * @property {[number, number][]} sentences
 * @property {Language} language
 * @property {string | null} published
 * @property {string} publisher
 * @property {string} author
 * @property {string[]} categories
 * @property {string} url
 * @property {string} origin
 * @property {number} version
 * @property {string | null} updated
 * @property {{version: number, taken: string | null, title: string}[]} versions
 * @property {Pick<Listed, "id" | "title" | "publisher" | "published" | "language">[]} copies
 */

/**
 * @typedef {object} Added
 * @property {{id: string, outcome: string}[]} articles
 * @property {{origin: string, reason: string}[]} refused
 * @property {string[]} warnings
 */

/** @typedef {{value: string, articles: number}} Facet */

/**
 * @typedef {object} Offered
 * @property {Facet[]} categories
 * @property {Facet[]} sources
 * @property {Facet[]} authors
 * @property {string | null} from
 * @property {string | null} to
 */

/**
 * @typedef {object} Ready
 * @property {"ready"} status
 * @property {Mode[]} modes
 * @property {string | null} model
 */

/** @typedef {{field: string, message: string}} FieldError */

/** Milliseconds before each attempt to take a lost stream up again: it is kept for half a minute. */
const pauses = [200, 500, 1000, 2000, 4000, 8000];

/** What is taken of an answer that is judged: code points, citations, and marks of each. */
const [mostAsked, mostCited, mostMarked] = [1000, 50, 20];

/** Why there is no answer: RFC 9457, as the server tells it. */
export class Problem extends Error {
  /**
   * @param {number} status of HTTP; 0 where the server was not reached or the connection was lost
   * @param {string} title what kind of problem that is
   * @param {string} detail what is wrong, and often what would mend it
   * @param {{errors?: FieldError[], retry_after?: number | null, withdrawn?: string | null}} [more]
   */
  constructor(status, title, detail, { errors = [], retry_after = null, withdrawn = null } = {}) {
    super(`${status ? `${status} ` : ""}${title}: ${detail}`);
    this.name = "Problem";
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    /** Seconds after which it may be tried again, if the server said so. */
    this.retry_after = retry_after;
    /** When the article was withdrawn that was asked for. */
    this.withdrawn = withdrawn;
  }
}

/** A server; every method throws Problem, or what an AbortSignal throws that is given as `signal`. */
export class Newsqa {
  #address;
  #key;
  #patience;

  /**
   * @param {string} address such as http://127.0.0.1:8000
   * @param {{key?: string, patience?: number}} [options] `key`: what `newsqa key add` printed;
   *   `patience`: seconds that a busy server (503, 429) is waited for, once, if it names them
   */
  constructor(address, { key = "", patience = 0 } = {}) {
    this.#address = address.replace(/\/*$/, "/");
    this.#key = key;
    this.#patience = patience;
  }

  /**
   * The answer to a question, each sentence cited.
   *
   * @param {string} question
   * @param {AskRequest & Stoppable} [options]
   * @returns {Promise<Answer>}
   */
  ask(question, { signal, ...options } = {}) {
    return this.#patiently("POST", "ask", { json: { question, ...options }, signal });
  }

  /**
   * What was understood, the sources, the statements as they are found, and `done`.
   *
   * Where the connection is lost the answer is taken up behind the last event. If the server has
   * forgotten it meanwhile a second `meta` comes, and what came before that is void.
   *
   * @param {string} question
   * @param {AskRequest & Stoppable} [options]
   * @returns {AsyncGenerator<AnswerEvent>}
   */
  async *stream(question, { signal, ...options } = {}) {
    const json = { question, ...options, stream: true };
    let [last, losses, patience] = ["", 0, this.#patience];
    for (;;) {
      let problem = new Problem(0, "The connection was lost", "the answer broke off before its end");
      try {
        const response = await this.#request("POST", "ask", { json, signal, last });
        for await (const { id, event, data } of eventsOf(response)) {
          if (event === "error") {
            last = ""; // Nothing follows it: what is asked again is answered anew.
            const { status, title, detail, ...more } = JSON.parse(data);
            throw new Problem(status, title, detail, more);
          }
          if (!["meta", "source", "statement", "done"].includes(event)) continue;
          last = id;
          yield /** @type {AnswerEvent} */ ({ event, data: JSON.parse(data) });
          if (event === "done") return;
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Problem)) throw error;
        problem = error;
      }
      // A server that is started again says 503 until it is ready.
      const { status, retry_after } = problem;
      if (last && (status === 0 || (status === 503 && !retry_after)) && losses < pauses.length) {
        await wait(pauses[losses], signal);
        losses += 1;
      } else {
        await wait(1000 * secondsOf(problem, patience), signal);
        patience = -1; // once
      }
    }
  }

  /**
   * The best passages, without an answer made of them.
   *
   * @param {string} query
   * @param {SearchRequest & Stoppable} [options]
   * @returns {Promise<Source[]>}
   */
  async search(query, { signal, ...options } = {}) {
    return (await this.#patiently("POST", "search", { json: { query, ...options }, signal })).hits;
  }

  /**
   * Says whether an answer was right, in place of what was said of it before; null takes it back.
   *
   * @param {Answer} answer
   * @param {"up" | "down" | null} rating
   * @param {string} [comment]
   * @returns {Promise<void>}
   */
  async feedback(answer, rating, comment = "") {
    const versions = new Map(answer.sources.map((one) => [one.passage_id, one.version]));
    const json = {
      answer: answer.id,
      rating,
      question: [...answer.standalone_question].slice(0, mostAsked).join(""),
      status: answer.status,
      citations: answer.citations.slice(0, mostCited).map((one) => {
        return { ...placeOf(one), version: versions.get(one.passage_id) ?? null };
      }),
      comment,
    };
    await this.#patiently("POST", "feedback", { json });
  }

  /**
   * All articles, the last changed first, asked for `limit` at a time.
   *
   * @param {{limit?: number} & Stoppable} [options]
   * @returns {AsyncGenerator<Listed>}
   */
  async *articles({ limit = 200, signal } = {}) {
    let cursor;
    do {
      const query = { limit, cursor };
      const page = await this.#patiently("GET", "articles", { query, signal });
      yield* page.articles;
      cursor = page.next;
    } while (cursor !== null);
  }

  /**
   * An article as it is quoted, as it is now or as it was in a version.
   *
   * @param {string} id
   * @param {{version?: number} & Stoppable} [options]
   * @returns {Promise<Opened>}
   */
  article(id, { version, signal } = {}) {
    return this.#patiently("GET", pathOf(id), { query: { version }, signal });
  }

  /**
   * Has articles kept: one, several, or a file, whose media type is then the `kind`.
   *
   * @param {ArticleRequest | ArticleRequest[] | Blob | string} articles
   * @param {{kind?: string} & Stoppable} [options]
   * @returns {Promise<Added>}
   */
  add(articles, { kind, signal } = {}) {
    return this.#patiently("POST", "articles", { ...sent(articles, kind), signal });
  }

  /**
   * Has a page or a feed of the web read; if `linked`, what the feed links to.
   *
   * @param {string} address
   * @param {{linked?: boolean} & Stoppable} [options]
   * @returns {Promise<Added>}
   */
  addAddress(address, { linked = false, signal } = {}) {
    return this.#patiently("POST", "addresses", { json: { address, linked }, signal });
  }

  /**
   * Has one article kept under this id, in place of what is there.
   *
   * @param {string} id
   * @param {ArticleRequest | Blob | string} article
   * @param {{kind?: string} & Stoppable} [options]
   * @returns {Promise<Added>}
   */
  put(id, article, { kind, signal } = {}) {
    return this.#patiently("PUT", pathOf(id), { ...sent(article, kind), signal });
  }

  /**
   * Withdraws an article: from now on no answer cites it.
   *
   * @param {string} id
   * @returns {Promise<void>}
   */
  async remove(id) {
    await this.#patiently("DELETE", pathOf(id), {});
  }

  /**
   * What questions can be filtered by.
   *
   * @returns {Promise<Offered>}
   */
  facets() {
    return this.#patiently("GET", "facets", {});
  }

  /**
   * Questions that the articles answer, none while they are being prepared.
   *
   * @param {"zh" | "en"} language
   * @returns {Promise<string[]>}
   */
  async suggestions(language) {
    return (await this.#patiently("GET", "suggestions", { query: { language } })).questions;
  }

  /**
   * How questions can be answered; a Problem of status 503 until they can.
   *
   * @returns {Promise<Ready>}
   */
  ready() {
    return this.#patiently("GET", "readyz", {});
  }

  /**
   * What a request is answered with, if need be at the second time.
   *
   * @param {string} method @param {string} path @param {Sending} sending
   * @returns {Promise<any>}
   */
  async #patiently(method, path, sending) {
    let response;
    try {
      response = await this.#request(method, path, sending);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await wait(1000 * secondsOf(error, this.#patience), sending.signal);
      response = await this.#request(method, path, sending);
    }
    const body = await response.text().catch((error) => {
      sending.signal?.throwIfAborted();
      throw lostBy(error);
    });
    try {
      return body && JSON.parse(body);
    } catch (error) {
      throw new Problem(response.status, "The answer cannot be read", String(error));
    }
  }

  /**
   * @typedef {object} Sending
   * @property {unknown} [json]
   * @property {Blob | string} [file]
   * @property {string} [kind] of the file
   * @property {Record<string, string | number | undefined>} [query]
   * @property {string} [last] the id of the last event; without it, no events are wanted
   * @property {AbortSignal} [signal]
   */

  /**
   * The response to a request.
   *
   * @param {string} method @param {string} path @param {Sending} sending
   * @throws {Problem}
   */
  async #request(method, path, { json, file, kind = "", query = {}, last, signal }) {
    const address = new URL(path, this.#address);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    /** @type {Record<string, string>} */
    const headers = { Accept: last === undefined ? "application/json" : "text/event-stream" };
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`;
    if (json !== undefined) headers["Content-Type"] = "application/json";
    if (kind) headers["Content-Type"] = kind;
    if (last) headers["Last-Event-ID"] = last;
    const body = json === undefined ? file : JSON.stringify(json);
    const response = await fetch(address, { method, headers, body, signal }).catch((error) => {
      if (signal?.aborted) throw error;
      throw new Problem(0, "The server cannot be reached", String(error.cause ?? error));
    });
    if (response.ok) return response;
    const { status, statusText } = response;
    const after = Number(response.headers.get("Retry-After")) || null;
    const type = response.headers.get("Content-Type") ?? "";
    const document = type.startsWith("application/problem+json") ? response.json() : null;
    const told = await document?.catch(() => null); // cut off, or a proxy's on the way
    if (!told) throw new Problem(status, statusText, "no more is told", { retry_after: after });
    const { title, detail, ...more } = told;
    throw new Problem(status, title, detail, { ...more, retry_after: more.retry_after ?? after });
  }
}

/** @param {string} id */
function pathOf(id) {
  return `articles/${encodeURIComponent(id)}`;
}

/** @param {unknown} articles @param {string} [kind] @returns {Sending} */
function sent(articles, kind) {
  if (articles instanceof Blob) return { file: articles, kind: kind ?? articles.type };
  return typeof articles === "string" ? { file: articles, kind } : { json: articles };
}

/**
 * Where an answer quotes an article, and what it marks there.
 *
 * @param {Citation} citation
 */
function placeOf({ article_id, source_start, source_end, answer_start, answer_end, marks }) {
  // A sentence that a language model wrote is none of the article's: what is marked in it neither.
  const quoted = answer_end - answer_start === source_end - source_start;
  const moved = source_start - answer_start;
  const marked = quoted ? marks.slice(0, mostMarked) : [];
  return {
    article_id,
    source_start,
    source_end,
    marks: marked.map(([start, end]) => [start + moved, end + moved]),
  };
}

/**
 * After how many seconds to try again.
 *
 * @param {Problem} problem @param {number} patience
 * @throws {Problem} this one, if it will not pass by then
 */
function secondsOf(problem, patience) {
  const { status, retry_after } = problem;
  const passes = (status === 429 || status === 503) && retry_after !== null;
  if (!passes || retry_after > patience) throw problem;
  return retry_after;
}

/** @param {Error} error */
function lostBy(error) {
  return new Problem(0, "The connection was lost", String(error.cause ?? error));
}

/** @param {number} milliseconds @param {AbortSignal} [signal] cuts it short */
async function wait(milliseconds, signal) {
  signal?.throwIfAborted();
  await new Promise((end, stop) => {
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      stop(signal.reason);
    });
  });
}

/**
 * The server-sent events of a response, however the network cut it.
 *
 * @param {Response} response
 * @returns {AsyncGenerator<{id: string, event: string, data: string}>} `id`: the last that came
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
async function* eventsOf({ body }) {
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, id, event] = ["", "", "message"];
  /** @type {string[]} */
  let told = [];
  try {
    for (;;) {
      const { value = "", done } = await reader.read().catch((error) => {
        throw lostBy(error);
      });
      if (done) return;
      // A carriage return at the end waits: the next bytes tell whether a line feed belongs to it.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (told.length > 0) yield { id, event, data: told.join("\n") };
          [event, told] = ["message", []];
        } else {
          const [, name, text = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
          if (name === "id") id = text;
          if (name === "event") event = text;
          if (name === "data") told.push(text);
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // of a connection that is lost nothing is left to cancel
  }
}
