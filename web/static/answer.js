/** Turns the events of an answer into what is read: statements, chips, sources, or why none. */

import { byline } from "./article.js";
import { make } from "./dom.js";
import { say, tagOf } from "./i18n.js";

/** @import { AnswerEvent, Citation, Done, Language } from "./ask.js" */
/** @import { Meta, Reason, Source, Statement, Time, Turn } from "./ask.js" */

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

/** One question and its answer, which grows sentence by sentence. */
export class QaAnswer extends HTMLElement {
  #question = "";
  #answer = "";
  /** @type {Meta | undefined} */
  #meta;
  /** What was found, by article. @type {Map<string, Source[]>} */
  #sources = new Map();
  /** Citation numbers, by article. @type {Map<string, number[]>} */
  #cited = new Map();

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

  /** Show the question and that the search is on. @param {string} question */
  begin(question) {
    this.#question = question;
    this.#heading.textContent = question;
    this.#heading.id = `question-${++begun}`;
    this.role = "article";
    this.setAttribute("aria-labelledby", this.#heading.id);
    this.ariaBusy = "true";
    this.replaceChildren(this.#heading, say(this.#progress, "searching"), this.#statements);
  }

  /** Take in the next event. @param {AnswerEvent} event */
  take({ event, data }) {
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
    again.addEventListener("click", () => this.dispatchEvent(new Event("again")));
    trouble.append(again);
    this.append(trouble, ...this.#sourceList());
  }

  /** @param {Meta} meta */
  #understand(meta) {
    this.#meta = meta;
    this.#heading.lang = tagOf(meta.language);
    if (meta.time) this.#heading.after(this.#timeLine(meta.time));
    if (meta.standalone_question === meta.question) return;
    const rewritten = make("span", { lang: tagOf(meta.language) }, meta.standalone_question);
    this.#heading.after(make("p", { class: "fine" }, say(make("span"), "understood"), rewritten));
  }

  /** How the question's time was read, and a way to ask without it. @param {Time} time */
  #timeLine({ date_from: from, date_to: to, latest }) {
    const line = make("p", { class: "fine time" });
    if (from || to) line.append(say(make("span"), "time", { from, to }));
    if (latest) line.append(say(make("span"), "newestFirst"));
    line.append(this.#untimed);
    say(this.#untimed, "untimed").addEventListener("click", () => {
      this.dispatchEvent(new Event("untimed"));
    });
    return line;
  }

  /** @param {Source} source */
  #found(source) {
    this.#sources.set(source.article_id, [...this.#sourcesIn(source.article_id), source]);
    say(this.#progress, "reading");
  }

  /** @param {Statement} statement */
  #state({ text, citations }) {
    const language = this.#languageOf(text, citations);
    const line = make("p", {}, make("span", { class: "text", lang: tagOf(language) }, text));
    if (isForeign(language, this.#meta?.language)) {
      line.append(" ", say(make("span", { class: "note" }), "original", { language }));
    }
    for (const citation of citations) line.append(" ", this.#chip(citation));
    this.#statements.append(line);
  }

  /**
   * A statement quoted word for word is in its article's language; any other in the question's.
   *
   * @param {string} text
   * @param {Citation[]} citations
   * @returns {Language}
   */
  #languageOf(text, citations) {
    const quoted = citations.find((citation) => text.includes(citation.quote));
    const [source] = this.#sourcesIn(quoted?.article_id ?? "");
    return source?.language ?? this.#meta?.language ?? "und";
  }

  /** @param {string} article */
  #sourcesIn(article) {
    return this.#sources.get(article) ?? [];
  }

  /** @param {Citation} citation */
  #chip({ article_id, index, url }) {
    const [source] = this.#sourcesIn(article_id);
    this.#cited.set(article_id, [...(this.#cited.get(article_id) ?? []), index]);
    const chip = make(
      "a",
      { class: "chip", href: url },
      say(make("span", { class: "aside" }), "citation"),
      " ",
      make("span", { class: "number" }, String(index)),
    );
    if (source) {
      chip.title = source.title;
      chip.append(" ", byline(source, source.title));
    }
    return chip;
  }

  /** @param {Done} done */
  #finish({ status, answer, confidence, timings_ms }) {
    this.#answer = answer;
    this.#settle();
    const articles = this.#meta?.index.articles ?? 0;
    const searched = say(make("span"), "searched", { articles, ms: timings_ms.total });
    if (status === "not_found") {
      this.append(this.#absence(), make("p", { class: "fine" }, searched));
      return;
    }
    if (status === "conflicting") {
      this.#statements.before(say(make("p", { class: "conflict" }), "conflicting"));
    }
    const level = levels.find(([least]) => confidence >= least)?.[1] ?? "low";
    const sure = say(make("span", { class: `confidence ${level}` }), level);
    this.append(make("p", { class: "fine" }, sure, searched), ...this.#sourceList());
  }

  /** What is said instead of an answer, with what came nearest set apart from one. */
  #absence() {
    const nothing = this.#meta?.index.articles === 0 ? "empty" : "notFound";
    const absence = make("div", { class: "absence" }, say(make("p"), nothing));
    if (this.#sources.size > 0) absence.append(say(make("h3"), "related"), this.#list());
    return absence;
  }

  #settle() {
    this.#progress.remove();
    this.#untimed.disabled = false;
    this.ariaBusy = "false";
  }

  /** The sources, folded; nothing if there are none. */
  #sourceList() {
    if (this.#sources.size === 0) return [];
    const summary = say(make("summary"), "sources", { count: this.#sources.size });
    return [make("details", {}, summary, this.#list())];
  }

  #list() {
    const items = [...this.#sources.values()].map((passages) => this.#item(passages));
    return make("ul", { class: "sources" }, ...items);
  }

  /** One article and what was found in it. @param {Source[]} passages */
  #item(passages) {
    const [best] = passages;
    const { article_id, url, title, copies } = best;
    const lang = tagOf(best.language);
    const about = make("p", { class: "fine" }, byline(best));
    const numbers = this.#cited.get(article_id);
    if (numbers) about.append(say(make("span"), "cited", { numbers: numbers.join(", ") }));
    if (copies.length > 0) about.append(say(make("span"), "copies", { count: copies.length }));
    const excerpts = passages.map(({ text }) => make("p", { class: "excerpt", lang }, text));
    return make("li", {}, make("a", { href: url, lang }, title), about, ...excerpts);
  }
}

/**
 * Whether a reader of one language would not expect the other.
 *
 * @param {Language} one
 * @param {Language} [other]
 */
function isForeign(one, other = "und") {
  if (one === "und" || other === "und") return false;
  return one.slice(0, 2) !== other.slice(0, 2);
}

customElements.define("qa-answer", QaAnswer);
