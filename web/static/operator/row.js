/** Turns what happens to one parcel into a row of the list. */

import { make } from "../dom.js";
import { say } from "../i18n.js";

/** @import { Trouble } from "../ask.js" */
/** @import { About, Key } from "../i18n.js" */
/** @import { Parcel } from "./parcels.js" */
/** @import { Added } from "./sending.js" */

/** @typedef {"waiting" | "sending" | "done" | "refused" | "failed"} Fate */

/** @param {Added} added @returns {Record<string, number>} how many came to what */
function countsOf({ articles, refused }) {
  const counts = { added: 0, updated: 0, unchanged: 0, refused: refused.length };
  for (const { outcome } of articles) counts[outcome] += 1;
  return counts;
}

/** A parcel's row. */
export class Row {
  element = make("li");
  /** @type {Fate} */
  fate = "waiting";
  /** How many of its articles came to what. @type {Record<string, number>} */
  counts = {};
  #said = make("p", { class: "said" });
  #again;

  /** @param {Parcel} parcel @param {(row: Row) => void} again called to have it sent again */
  constructor(parcel, again) {
    this.parcel = parcel;
    this.#again = again;
    this.wait();
  }

  /** It is not its turn. */
  wait() {
    this.#show("waiting", "waiting");
  }

  /** It is on its way. */
  send() {
    this.#show("sending", this.parcel.sending, {}, make("progress", { "aria-hidden": "true" }));
  }

  /** So many of its articles are taken. @param {number} count */
  take(count) {
    say(this.#said, "taking", { count });
  }

  /** @param {Added} added */
  finish(added) {
    this.counts = countsOf(added);
    const refused = added.refused.map(({ origin, reason }) => this.#named(`${origin}: ${reason}`));
    this.#show(
      "done",
      "fate",
      this.counts,
      ...folded("refusedIn", refused),
      ...folded("remarks", added.warnings.map((remark) => this.#named(remark))),
    );
    this.element.classList.toggle("partly", refused.length > 0);
  }

  /** The server would take it neither now nor later. @param {Trouble} trouble */
  refuse(trouble) {
    this.counts = { refused: 1 };
    const why = this.#named(trouble.detail);
    this.#show("refused", "notTaken", {}, make("p", { class: "detail", lang: "en" }, why));
  }

  /** It may be taken another time. @param {Key} why @param {string} [detail] */
  fail(why, detail = "") {
    const again = say(make("button", { type: "button", class: "quiet" }), "tryAgain");
    again.addEventListener("click", () => this.#again(this));
    const more = detail ? [make("p", { class: "detail", lang: "en" }, detail)] : [];
    this.#show("failed", why, {}, ...more, again);
  }

  /** The server knows a file as the body it was sent. @param {string} told in the server's words */
  #named(told) {
    const { name, path } = this.parcel;
    return path === "/articles" ? told.replace(/^body(?:\.md|\.jsonl)?\b/, () => name) : told;
  }

  /** @param {Fate} fate @param {Key} words @param {About} [about] @param {...HTMLElement} more */
  #show(fate, words, about = {}, ...more) {
    this.fate = fate;
    this.element.className = fate;
    say(this.#said, words, about);
    this.element.replaceChildren(make("strong", {}, this.parcel.name), this.#said, ...more);
  }
}

/** A row of files that are not sent, and why. @param {{name: string, why: Key}[]} files */
export function unsent(files) {
  const list = files.map(({ name, why }) => make("li", {}, `${name}: `, say(make("span"), why)));
  const summary = say(make("summary"), "notSent", { count: files.length });
  const details = make("details", {}, summary, make("ul", {}, ...list));
  details.open = files.length <= 3;
  return make("li", { class: "refused" }, details);
}

/** @param {Key} key @param {string[]} lines in the server's words */
function folded(key, lines) {
  if (lines.length === 0) return [];
  const list = make("ul", { lang: "en" }, ...lines.map((line) => make("li", {}, line)));
  return [make("details", {}, say(make("summary"), key, { count: lines.length }), list)];
}
