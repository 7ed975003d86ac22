/** Turns the probability that an answer is right into words. */

import { make } from "../dom.js";
import { say } from "../i18n.js";

/**
 * The words, and the least probability that earns each.
 *
 * @type {[number, "high" | "medium" | "low"][]}
 */
const levels = [
  [0.75, "high"],
  [0.45, "medium"],
  [0, "low"],
];

/** @param {number} confidence 0 to 1 */
export function confidenceLine(confidence) {
  const level = levels.find(([least]) => confidence >= least)?.[1] ?? "low";
  return say(make("p", { class: `confidence ${level}` }), level);
}
