/** Turns the citations of an answer into a way from one to the next, and the place on it. */

import { make } from "../dom.js";
import { say } from "../i18n.js";

/** The addresses of an answer's citations, walked one by one and round again. */
export class Trail {
  #before = step("previousCitation", "‹");
  #after = step("nextCitation", "›");
  #place = make("span", { role: "status" });
  /** @type {string[]} */
  #hrefs = [];

  /** What is pressed. It stays as it is from one article to the next, and so does the focus. */
  element = make("div", { class: "trail", hidden: "" }, this.#before, this.#place, this.#after);

  /** @param {string[]} hrefs in the order of the answer; one that comes again is no new place */
  set hrefs(hrefs) {
    this.#hrefs = [...new Set(hrefs)];
  }

  /**
   * Show where an address stands on the trail, and nothing if it does not.
   *
   * @param {URL} address
   * @returns {string[]} the other places of the trail in the same text
   */
  stand({ href }) {
    const { length } = this.#hrefs;
    const at = this.#hrefs.indexOf(href);
    this.element.hidden = at < 0 || length < 2;
    if (this.element.hidden) return [];
    this.#before.href = this.#hrefs[(at + length - 1) % length];
    this.#after.href = this.#hrefs[(at + 1) % length];
    say(this.#place, "place", { number: at + 1, count: length });
    return this.#hrefs.filter((other) => other !== href && textAt(other) === textAt(href));
  }
}

/** An address without the place in its text. @param {string} href */
function textAt(href) {
  return href.split("#", 1)[0];
}

/** @param {"previousCitation" | "nextCitation"} key @param {string} sign */
function step(key, sign) {
  const name = say(make("span", { class: "aside" }), key);
  return make("a", { class: "quiet" }, name, make("span", { "aria-hidden": "true" }, sign));
}
