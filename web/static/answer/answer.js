/** Turns the events of an answer into what is read: statements, chips, sources, or why none. */

import { inVersion } from "../article/versions.js";
import { questionEditor } from "../asking/editor.js";
import { freshId } from "../asking/keeping.js";
import { addressOf } from "../asking/links.js";
import { without } from "../asking/withdrawn.js";
import { copyFold } from "../copying/copy.js";
import { make } from "../dom.js";
import { say, tagOf, word } from "../i18n.js";
import { actionRow } from "./actions.js";
import { comparison } from "./comparison.js";
import { confidenceLine } from "./confidence.js";
import { feedbackRow } from "./feedback.js";
import { readings } from "./readings.js";
import { sourceList } from "./sources.js";
import { spanNote } from "./span.js";
import { statementBlock } from "./statement.js";
import { timeline } from "./timeline.js";
import { noteLine, notesOn } from "./writing.js";

/** @import { About, AnswerEvent, Citation, Done, Filters, Hindrance, Meta, Options, Reason, Source, Statement, Turn, Waiting } from "../ask.js" */
/** @import { Key } from "../i18n.js" */
/** @import { Said } from "./feedback.js" */
/** @import { Context } from "./statement.js" */
/** @import { Note } from "./writing.js" */

/**
 * @typedef {object} Exchange a question and all that was answered
 * @property {string} id
 * @property {string} question
 * @property {Options} options
 * @property {AnswerEvent[]} events
 * @property {Said} [said] what the reader said of it
 */

/**
 * @typedef {object} Again how a question is to be asked once more
 * @property {string} question
 * @property {Options} options
 * @property {boolean} [edited] whether it takes the place of the one it was
 * @property {(filters: Filters) => Filters} [drop] takes away what was taken from its filters
 */

/** @type {Record<Hindrance, Key>} */
const waits = {
  offline: "waitOffline",
  lost: "waitLost",
  away: "waitAway",
  starting: "waitStarting",
  crowded: "waitCrowded",
};

/** How many answers this page has begun: a name for each. */
let begun = 0;

/**
 * One question and its answer, which grows sentence by sentence. Where the reader wants it asked
 * once more, sends `ask`, whose detail is an `Again`; where they said what they think of it, `said`.
 */
export class QaAnswer extends HTMLElement {
  #id = "";
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
  /** @type {Said | null} */
  #said = null;

  #heading = make("h2");
  #progress = make("p", { class: "progress", role: "status" });
  #statements = make("div", { class: "statements" });
  #tags = make("div", { class: "tags" });
  /** @type {HTMLFormElement | undefined} */
  #editor;
  #held = false;

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
    const [id, question, options, events] = [this.#id, this.#question, this.#options, this.#events];
    return { id, question, options, events, ...(this.#said && { said: this.#said }) };
  }

  /**
   * Whether nothing can be asked once more for now: one question is answered at a time.
   *
   * @param {boolean} held
   */
  set held(held) {
    this.#held = held;
    if (held) this.#endEdit();
    for (const button of this.querySelectorAll("button:is(.tag, .act)")) {
      button.ariaDisabled = String(held);
    }
  }

  /**
   * Show the question and that the search is on.
   *
   * @param {string} question
   * @param {Options} [options] how it is asked
   * @param {string} [id] of the exchange
   * @param {Said | null} [said] of its answer
   */
  begin(question, options = {}, id = freshId(), said = null) {
    this.#id = id;
    this.#said = said;
    this.#question = question;
    this.#options = options;
    this.#heading.textContent = question;
    this.#heading.id = `question-${++begun}`;
    this.role = "article";
    this.setAttribute("aria-labelledby", this.#heading.id);
    this.ariaBusy = "true";
    this.#empty();
  }

  /** Take in the next event. @param {AnswerEvent | Waiting} told */
  take(told) {
    const { event, data } = told;
    if (event === "waiting") {
      this.#say(waits[data], told.about);
      return;
    }
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
   * @param {About} [about]
   */
  giveUp(reason, detail = "", about) {
    this.#settle();
    const trouble = make("div", { class: "trouble" }, say(make("p"), reason, about));
    if (detail) trouble.append(make("p", { class: "detail", lang: "en" }, detail));
    this.append(trouble, ...this.#folded, this.#actions);
  }

  /** Let the question be edited where it stands. */
  edit() {
    if (this.#held || this.#editor) return;
    const { time: _, as_of: __, history: ___, ...options } = this.#options;
    const { activeElement } = /** @type {Document | ShadowRoot} */ (this.getRootNode());
    const leave = () => {
      this.#endEdit();
      if (activeElement instanceof HTMLElement) activeElement.focus();
    };
    this.#editor = questionEditor(
      this.#question,
      (question) => this.#ask({ question, options, edited: true }),
      leave,
    );
    this.#heading.classList.add("aside");
    this.#heading.after(this.#editor);
  }

  #endEdit() {
    this.#editor?.remove();
    this.#editor = undefined;
    this.#heading.classList.remove("aside");
  }

  /**
   * Forget what an article said that was withdrawn; say whether anything is forgotten.
   *
   * @param {string} article
   * @param {string} iso when it was withdrawn
   */
  withdraw(article, iso) {
    const events = without(this.#events, article, iso);
    if (events === this.#events) return false;
    this.begin(this.#question, this.#options, this.#id, this.#said);
    for (const event of events) this.take(event);
    return true;
  }

  /** Want the question asked once more. @param {Again} detail */
  #ask(detail) {
    if (this.#held) return;
    this.dispatchEvent(new CustomEvent("ask", { bubbles: true, composed: true, detail }));
  }

  /** @param {Meta} meta */
  #understand(meta) {
    if (this.#meta) this.#empty();
    this.#meta = meta;
    this.#heading.lang = tagOf(meta.language);
    this.#showTags();
  }

  /** Nothing is told, or what was told is void: the question is answered anew. */
  #empty() {
    this.#meta = undefined;
    this.#endEdit();
    this.#sources.clear();
    this.#told = [];
    this.#statements.replaceChildren();
    this.#showTags();
    this.#say("searching");
    // Above the statements, where it moves none of them: its line is the confidence's in the end.
    this.replaceChildren(this.#heading, this.#progress, this.#tags, this.#statements);
  }

  /** Say how far it is, unless that is what is said already. @param {Key} key @param {About} [about] */
  #say(key, about) {
    if (this.#progress.dataset.say !== key) say(this.#progress, key, about);
  }

  /** Show how the question was read. */
  #showTags() {
    const asked = { question: this.#question, options: this.#options };
    const tags = readings(asked, this.#meta, (again) => this.#ask(again));
    for (const tag of tags) tag.ariaDisabled = String(this.#held);
    this.#tags.replaceChildren(...tags);
    this.#tags.hidden = tags.length === 0;
  }

  get #actions() {
    const again = { question: this.#question, options: this.#options };
    const { standalone_question: alone = this.#question, time } = this.#meta ?? {};
    // "Last month" is to mean the same month tomorrow.
    const asOf = time?.relative ? { as_of: time.as_of } : {};
    const address = addressOf(alone, { ...this.#options, ...asOf });
    return actionRow(address, () => this.#ask(again), () => this.edit());
  }

  /** @param {Source} source */
  #found(source) {
    const { article_id: article } = source;
    this.#sources.set(article, [...(this.#sources.get(article) ?? []), source]);
    this.#say("reading");
  }

  /** @param {Statement} statement */
  #state(statement) {
    this.#say("reading");
    if (statement.withdrawn !== undefined) {
      const about = { iso: statement.withdrawn };
      this.#statements.append(say(make("p", { class: "gone" }), "gone", about));
      return;
    }
    this.#told.push(statement);
    this.#statements.append(statementBlock(statement, this.#context));
  }

  /** @returns {Context} */
  get #context() {
    const sourceOf = (/** @type {Citation} */ { article_id, passage_id }) =>
      this.#sources.get(article_id)?.find((source) => source.passage_id === passage_id);
    return { sourceOf, asked: this.#meta?.language ?? "und" };
  }

  /** @param {Done} done */
  #finish({ status, answer, confidence, timings_ms, writing }) {
    this.#answer = answer;
    if (status === "not_found") this.append(this.#absence());
    if (status === "conflicting" && this.#told.length > 0) {
      const gone = this.#statements.querySelectorAll(".gone");
      this.#statements.replaceChildren(comparison(this.#told, this.#context), ...gone);
    }
    if (status === "answered") this.append(...timeline(this.#citations, this.#context));
    const notes = notesOn(writing, this.#told);
    const articles = this.#meta?.index.articles ?? 0;
    const searched = say(make("span"), "searched", { articles, ms: timings_ms.total });
    const about = make("p", { class: "fine" }, searched);
    this.append(...notes.map(noteLine), about);
    if (status !== "not_found" && this.#told.length > 0) {
      this.#progress.replaceWith(confidenceLine(confidence));
      const copying = this.#copying(status === "conflicting", notes);
      this.append(make("div", { class: "folds" }, ...this.#folded, copying));
    }
    this.append(this.#actions, ...this.#feedback(status));
    this.#settle();
  }

  /** Where the reader says what they think of the answer. @param {Done["status"]} status */
  #feedback(status) {
    if (!this.#meta) return [];
    const { sourceOf } = this.#context;
    const citations = this.#citations.map((one) => ({ ...one, version: sourceOf(one)?.version }));
    return [
      feedbackRow({ meta: this.#meta, status, citations }, this.#said, (said) => {
        this.#said = said;
        this.dispatchEvent(new Event("said", { bubbles: true }));
      }),
    ];
  }

  /** @param {boolean} conflicting @param {Note[]} notes */
  #copying(conflicting, notes) {
    return copyFold(this.#citations, this.#context.sourceOf, () => ({
      before: conflicting ? [word("conflicting")] : [],
      statements: this.#told,
      after: notes.flatMap(({ key, about }) => (key === "written" ? word(key, about) : [])),
    }));
  }

  /** The addresses of what is cited, in order. */
  get trail() {
    const { sourceOf } = this.#context;
    return this.#citations.map((citation) => {
      return new URL(inVersion(citation.url, sourceOf(citation)?.version), import.meta.url).href;
    });
  }

  get #citations() {
    return this.#told.flatMap((statement) => statement.citations);
  }

  get #list() {
    return sourceList(this.#sources, this.#citations);
  }

  /** What is said instead of an answer, with what came nearest set apart from one. */
  #absence() {
    const nothing = this.#meta?.index.articles === 0 ? "empty" : "notFound";
    const span = spanNote(this.#meta?.time);
    const absence = make("div", { class: "absence" }, say(make("p"), nothing), ...span);
    if (this.#sources.size > 0) absence.append(say(make("h3"), "related"), this.#list);
    return absence;
  }

  #settle() {
    this.#progress.remove();
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
