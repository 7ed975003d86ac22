/** Turns what narrows a question down into chips, each of which takes its part away. */

import { make } from "../dom.js";
import { say } from "../i18n.js";

/** @import { Filters, Options } from "../ask.js" */
/** @import { About, Key } from "../i18n.js" */

/**
 * @typedef {object} Part of what narrows a question down
 * @property {[Key, About][]} words
 * @property {(filters: Filters) => Filters} drop the filters without it
 */

const lists = /** @type {const} */ ([
  ["category", "inCategory"],
  ["source", "fromSource"],
  ["author", "byAuthor"],
]);

/** The parts of filters: the period, and each value. @param {Filters} filters @returns {Part[]} */
export function partsOf(filters) {
  const { date_from: from = null, date_to: to = null } = filters;
  /** @type {Part[]} */
  const parts = [];
  if (from || to) parts.push({ words: [["inPeriod", { from, to }]], drop: undated });
  for (const [name, key] of lists) {
    for (const value of filters[name] ?? []) {
      const drop = (/** @type {Filters} */ all) => toggled(all, name, value, false);
      parts.push({ words: [[key, { value }]], drop });
    }
  }
  return parts;
}

/** @param {Filters} filters */
function undated({ date_from, date_to, ...rest }) {
  return rest;
}

/**
 * Filters with a value or without it.
 *
 * @param {Filters} filters
 * @param {"category" | "source" | "author"} name
 * @param {string} value
 * @param {boolean} wanted
 * @returns {Filters}
 */
export function toggled(filters, name, value, wanted) {
  const { [name]: values = [], ...rest } = filters;
  const others = values.filter((one) => one !== value);
  const left = wanted ? [...others, value] : others;
  return left.length > 0 ? { ...rest, [name]: left } : rest;
}

/** Options with these filters for theirs. @param {Options} options @param {Filters} filters */
export function filtered({ filters: _, ...rest }, filters) {
  return Object.keys(filters).length > 0 ? { ...rest, filters } : rest;
}

/**
 * A chip that says its part; pressing it takes the part away.
 *
 * @param {[Key, About][]} words
 * @param {() => void} remove
 */
export function chipOf(words, remove) {
  const said = words.map(([key, about]) => say(make("span"), key, about));
  const chip = make("button", { type: "button", class: "tag" });
  chip.append(say(make("span", { class: "aside" }), "remove"), make("span", {}, ...said));
  chip.addEventListener("click", remove);
  return chip;
}
