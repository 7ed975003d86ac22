/** Turns the events of an answer into what is read: statements, chips, sources, or why none. */

import { copyFold } from "../copying/copy.js";
import { make } from "../dom.js";
import { say, tagOf, word } from "../i18n.js";
import { sourceList } from "./sources.js";
import { statementBlock, valueLine } from "./statement.js";
import { noteLine, notesOn } from "./writing.js";

/** @import { AnswerEvent, Done, Meta, Options, Reason, Source, Statement, Time, Turn } from "../ask.js" */
/** @import { Context } from "./statement.js" */
/** @import { Note } from "./writing.js" */

/**
 * @typedef {object} Exchange a question and all that was answered
 * @property {string} question
 * @property {Options} options
 * @property {AnswerEvent[]} events
 */

/**
 * Confidence in words, and the least probability of being right that earns each.
 *
 * @type {[number, "high" | "medium" | "low"][]}
 */
const levels = [
  [0.75, "high"],
  [0.45, "medium"],
  [0, "low"],
];

/** How many answers this page has begun: a name for each. */
let begun = 0;

/**
 * One question and its answer, which grows sentence by sentence. Where the reader wants it asked
 * once more, sends `ask` with the question and how to ask it.
 */
export class QaAnswer extends HTMLElement {
  #question = "";
  /** @type {Options} */
  #options = {};
  #answer = "";
  /** What was told, from the last beginning on. @type {AnswerEvent[]} */
  #events = [];
  /** @type {Meta | undefined} */
  #meta;
  /** What was found, by article. @type {Map<string, Source[]>} */
  #sources = new Map();
  /** @type {Statement[]} */
  #told = [];

  #heading = make("h2");
  #progress = make("p", { class: "progress", role: "status" });
  #statements = make("div", { class: "statements" });
  /** Nothing to press until the answer is there: one question is answered at a time. */
  #untimed = make("button", { type: "button", class: "quiet", disabled: "" });

  /** What the next question may refer to. @returns {Turn[]} */
  get turns() {
    /** @type {Turn[]} */
    const both = [
      { role: "user", content: this.#question },
      { role: "assistant", content: this.#answer },
    ];
    return both.filter((turn) => turn.content !== "");
  }

  /** What can be told again; null while the answer is not there to its end. @returns {Exchange | null} */
  get exchange() {
    if (this.#events.at(-1)?.event !== "done") return null;
    return { question: this.#question, options: this.#options, events: this.#events };
  }

  /**
   * Show the question and that the search is on.
   *
   * @param {string} question
   * @param {Options} [options] how it is asked
   */
  begin(question, options = {}) {
    this.#question = question;
    this.#options = options;
    this.#heading.textContent = question;
    this.#heading.id = `question-${++begun}`;
    this.role = "article";
    this.setAttribute("aria-labelledby", this.#heading.id);
    this.ariaBusy = "true";
    say(this.#untimed, "untimed").addEventListener("click", () => {
      this.#ask({ ...this.#options, time: false });
    });
    this.replaceChildren(this.#heading, say(this.#progress, "searching"), this.#statements);
  }

  /** Take in the next event. @param {AnswerEvent} told */
  take(told) {
    const { event, data } = told;
    this.#events = event === "meta" ? [told] : [...this.#events, told];
    if (event === "meta") this.#understand(data);
    else if (event === "source") this.#found(data);
    else if (event === "statement") this.#state(data);
    else this.#finish(data);
  }

  /**
   * End without an answer, or with part of one.
   *
   * @param {Reason | "stopped"} reason
   * @param {string} [detail] the server's own words
   */
  giveUp(reason, detail = "") {
    this.#settle();
    const trouble = make("div", { class: "trouble" }, say(make("p"), reason));
    if (detail) trouble.append(make("p", { class: "detail", lang: "en" }, detail));
    const again = say(make("button", { type: "button", class: "quiet" }), "again");
    again.addEventListener("click", () => this.#ask(this.#options));
    trouble.append(again);
    this.append(trouble, ...this.#folded);
  }

  /** Want the question asked once more. @param {Options} options */
  #ask(options) {
    const detail = { question: this.#question, options };
    this.dispatchEvent(new CustomEvent("ask", { bubbles: true, detail }));
  }

  /** @param {Meta} meta */
  #understand(meta) {
    if (this.#meta) this.#forget();
    this.#meta = meta;
    this.#heading.lang = tagOf(meta.language);
    if (meta.time) this.#heading.after(this.#timeLine(meta.time));
    if (meta.standalone_question === meta.question) return;
    const rewritten = make("span", { lang: tagOf(meta.language) }, meta.standalone_question);
    this.#heading.after(make("p", { class: "fine" }, say(make("span"), "understood"), rewritten));
  }

  /** What was told is void: the question is answered anew. */
  #forget() {
    this.#sources.clear();
    this.#told = [];
    this.#statements.replaceChildren();
    this.replaceChildren(this.#heading, this.#progress, this.#statements);
  }

  /** How the question's time was read, and a way to ask without it. @param {Time} time */
  #timeLine({ date_from: from, date_to: to, latest }) {
    const line = make("p", { class: "fine time" });
    if (from || to) line.append(say(make("span"), "time", { from, to }));
    if (latest) line.append(say(make("span"), "newestFirst"));
    line.append(this.#untimed);
    return line;
  }

  /** @param {Source} source */
  #found(source) {
    const { article_id: article } = source;
    this.#sources.set(article, [...(this.#sources.get(article) ?? []), source]);
    say(this.#progress, "reading");
  }

  /** @param {Statement} statement */
  #state(statement) {
    this.#told.push(statement);
    this.#statements.append(statementBlock(statement, this.#context));
  }

  /** @returns {Context} */
  get #context() {
    const sourceOf = (/** @type {string} */ article) => this.#sources.get(article)?.[0];
    return { sourceOf, asked: this.#meta?.language ?? "und" };
  }

  /** @param {Done} done */
  #finish({ status, answer, confidence, timings_ms, writing }) {
    this.#answer = answer;
    if (status === "not_found") this.append(this.#absence());
    if (status === "conflicting") this.#compare();
    const notes = notesOn(writing, this.#told);
    const articles = this.#meta?.index.articles ?? 0;
    const searched = say(make("span"), "searched", { articles, ms: timings_ms.total });
    const about = make("p", { class: "fine" }, searched);
    this.append(...notes.map(noteLine), about);
    if (status !== "not_found") {
      const level = levels.find(([least]) => confidence >= least)?.[1] ?? "low";
      about.prepend(say(make("span", { class: `confidence ${level}` }), level));
      const copying = this.#copying(status === "conflicting", notes);
      this.append(make("div", { class: "folds" }, ...this.#folded, copying));
    }
    this.#settle();
  }

  /** @param {boolean} conflicting @param {Note[]} notes */
  #copying(conflicting, notes) {
    return copyFold(this.#citations, () => ({
      before: conflicting ? [word("conflicting")] : [],
      statements: this.#told,
      after: notes.flatMap(({ key, about }) => (key === "written" ? word(key, about) : [])),
    }));
  }

  get #citations() {
    return this.#told.flatMap((statement) => statement.citations);
  }

  /** Set side by side what the articles say differently. */
  #compare() {
    const why = say(make("p", { class: "conflict", id: `${this.#heading.id}-why` }), "conflicting");
    this.#statements.before(why);
    this.#statements.classList.add("compared");
    this.#statements.role = "list";
    this.#statements.setAttribute("aria-labelledby", why.id);
    for (const [at, block] of [...this.#statements.children].entries()) {
      block.role = "listitem";
      block.prepend(...valueLine(this.#told[at], this.#context));
    }
  }

  get #list() {
    return sourceList(this.#sources, this.#citations);
  }

  /** What is said instead of an answer, with what came nearest set apart from one. */
  #absence() {
    const nothing = this.#meta?.index.articles === 0 ? "empty" : "notFound";
    const absence = make("div", { class: "absence" }, say(make("p"), nothing));
    if (this.#sources.size > 0) absence.append(say(make("h3"), "related"), this.#list);
    return absence;
  }

  #settle() {
    this.#progress.remove();
    this.#untimed.disabled = false;
    this.ariaBusy = "false";
  }

  /** The sources, folded; nothing if there are none. */
  get #folded() {
    if (this.#sources.size === 0) return [];
    const summary = say(make("summary"), "sources", { count: this.#sources.size });
    return [make("details", {}, summary, this.#list)];
  }
}

customElements.define("qa-answer", QaAnswer);
