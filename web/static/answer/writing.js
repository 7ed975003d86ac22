/** Turns what became of a language model's writing into notes on the answer. */

import { make } from "../dom.js";
import { say } from "../i18n.js";
import { isQuoted } from "./statement.js";

/** @import { Done, Statement } from "../ask.js" */
/** @import { About, Key } from "../i18n.js" */

/** @typedef {{key: Key, about: About}} Note */

/**
 * Who wrote the answer, why it is not written, and how much of it is left out.
 *
 * @param {Done["writing"]} writing
 * @param {Statement[]} statements
 * @returns {Note[]}
 */
export function notesOn(writing, statements) {
  if (!writing) return [];
  const { model, dropped, failure } = writing;
  const wrote = statements.some((statement) => !isQuoted(statement));
  /** @type {Note[]} */
  const notes = [];
  if (wrote) notes.push({ key: "written", about: { model } });
  if (failure) notes.push({ key: wrote ? "unfinished" : "unwritten", about: { model, failure } });
  if (dropped > 0) notes.push({ key: "dropped", about: { count: dropped } });
  if (!wrote && statements.length > 0) notes.push({ key: "quotedInstead", about: {} });
  return notes;
}

/** A note as it is read. @param {Note} note */
export function noteLine({ key, about }) {
  return say(make("p", { class: "fine writing" }), key, about);
}
